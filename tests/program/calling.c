/* Calls of the program through a shell, and looks at what they gave. */
#include "calling.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "harness.h"

void outcome_free(outcome *o) {
  bs_text_free(&o->out);
  bs_text_free(&o->err);
}

outcome run(const char *input, const char *format, ...) {
  char arguments[8192], line[16384];
  va_list values;
  va_start(values, format);
  vsnprintf(arguments, sizeof arguments, format, values);
  va_end(values);
  const char *in = bs_test_write("stdin", input, strlen(input));
  const char *out = bs_test_path("stdout"), *err = bs_test_path("stderr");
  snprintf(line, sizeof line, "%s %s <%s >%s 2>%s", BS_PROGRAM, arguments, in, out, err);
  int status = system(line);
  outcome o = {.code = WIFEXITED(status) ? WEXITSTATUS(status) : -1};
  o.out = bs_test_read(out);
  o.err = bs_test_read(err);
  return o;
}

bs_json *json_line(const bs_text *text, size_t i) {
  bs_error err = {0};
  bs_json *json = NULL;
  const char *at = text->data != NULL ? text->data : "";
  for (; i > 0 && at != NULL; i--)
    at = strchr(at, '\n') != NULL ? strchr(at, '\n') + 1 : NULL;
  CU_ASSERT_PTR_NOT_NULL_FATAL(at);
  BS_TEST_OK(bs_json_parse(&json, at, strcspn(at, "\n"), "line", &err), err);
  CU_ASSERT_PTR_NOT_NULL_FATAL(json);
  return json;
}

bool has(const bs_text *text, const char *part) {
  bool found = text->data != NULL && strstr(text->data, part) != NULL;
  if (!found)
    printf("\n    no \"%s\" in: %s", part, text->data != NULL ? text->data : "");
  return found;
}

const char *ladder(const char *size) {
  static char path[4096];
  snprintf(path, sizeof path, "%s/models/ladder/s1/%s", BS_SOURCE_DIR, size);
  return path;
}
