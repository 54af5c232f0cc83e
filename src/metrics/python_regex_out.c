/* What the translation of Python's regular expressions writes: the pattern, or the first fault. */
#include <stdarg.h>
#include <stdio.h>

#include "metrics/python_regex_internal.h"

void bs_python_fault(bs_python_regex *r, size_t at, const char *format, ...) {
  if (r->status != BS_OK)
    return;
  char message[256];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(message, sizeof message, format, arguments);
  va_end(arguments);
  r->status = bs_error_set(r->err, BS_ERR_INPUT, "%s (at byte %zu)", message, at);
}

void bs_python_put(bs_python_regex *r, const char *string) {
  if (r->status == BS_OK)
    r->status = bs_text_append_string(r->out, string, r->err);
}
