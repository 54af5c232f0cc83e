/* Reading a text as a task, and hearing what is found in it. */
#include "reading.h"

#include <stdio.h>
#include <string.h>

#include "bigsweep/metric.h"
#include "bigsweep/prompt.h"

findings heard;

void hear(void *user, bool is_error, const char *message) {
  (void)user;
  heard.n_errors += is_error;
  if (heard.n < MAX_FINDINGS) {
    snprintf(heard.messages[heard.n], sizeof heard.messages[heard.n], "%s", message);
    heard.is_error[heard.n] = is_error;
  }
  heard.n++;
}

bool found(bool is_error, const char *part) {
  for (size_t i = 0; i < heard.n && i < MAX_FINDINGS; i++)
    if (heard.is_error[i] == is_error && strstr(heard.messages[i], part) != NULL)
      return true;
  for (size_t i = 0; i < heard.n && i < MAX_FINDINGS; i++)
    printf("\n    %s: %s", heard.is_error[i] ? "fault" : "warning", heard.messages[i]);
  printf("\n    expected \"%s\"", part);
  return false;
}

bs_task *parse(const char *text, const char *path, bs_task_format format) {
  bs_error err = {0};
  bs_task *task = NULL;
  heard = (findings){.n = 0};
  BS_TEST_OK(bs_task_parse_as(&task, text, strlen(text), path, format, hear, NULL, &err), err);
  CU_ASSERT_PTR_NOT_NULL_FATAL(task);
  return task;
}

void refuse(const char *text, const char *path, bs_task_format format, const char *first) {
  bs_error err = {0};
  bs_task *task = NULL;
  heard = (findings){.n = 0};
  BS_TEST_FAILS(bs_task_parse_as(&task, text, strlen(text), path, format, hear, NULL, &err),
                BS_ERR_INPUT, err, first);
  CU_ASSERT_PTR_NULL(task);
  CU_ASSERT_TRUE(heard.n_errors > 0);
}

void prompt_is(const bs_task *task, size_t i, size_t shots, const char *expected) {
  bs_error err = {0};
  bs_prompter *prompter = NULL;
  bs_text text = {0};
  BS_TEST_OK(bs_prompter_new(&prompter, task, shots, 42, &err), err);
  CU_ASSERT_PTR_NOT_NULL_FATAL(prompter);
  BS_TEST_OK(bs_prompter_append(prompter, i, &text, &err), err);
  CU_ASSERT_PTR_NOT_NULL_FATAL(text.data);
  CU_ASSERT_STRING_EQUAL(text.data, expected);
  bs_text_free(&text);
  bs_prompter_free(&prompter);
}

void prediction_is(const bs_task *task, const char *generated, const char *expected) {
  bs_error err = {0};
  bs_text text = {0};
  BS_TEST_OK(bs_postprocess(generated, strlen(generated), task->max_length, task->stop_string,
                            task->output_regex, &text, &err),
             err);
  CU_ASSERT_STRING_EQUAL(text.data != NULL ? text.data : "", expected);
  bs_text_free(&text);
}

bool has_metric(const bs_task *task, const char *name) {
  const bs_metric *metrics[256];
  size_t n = bs_task_metrics(task, metrics);
  for (size_t i = 0; i < n; i++)
    if (strcmp(metrics[i]->name, name) == 0)
      return true;
  return false;
}
