/* Task files that are cut, changed byte by byte, of wrong types, too deep or too large. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bigsweep/task.h"
#include "harness.h"
#include "reading.h"

#define HEAD                                                                                       \
  "{\"metrics\": [\"multiple_choice_grade\"], \"preferred_score\": \"multiple_choice_grade\", "
#define TEXT_HEAD "{\"metrics\": [\"exact_str_match\"], \"preferred_score\": \"exact_str_match\", "

static const char SMALL[] =
    "\xEF\xBB\xBF{\"name\": \"n\", \"description\": \"d\", \"keywords\": [\"k\", \"l\"], "
    "\"metrics\": [\"multiple_choice_grade\", \"exact_str_match\"], \"preferred_score\": "
    "\"exact_str_match\",\n\"task_prefix\": \"p\\n\", \"stop_string\": \"\\n\", \"output_regex\": "
    "\"(a+)$\", \"append_choices_to_input\": false, \"choice_prefix\": \" \",\n"
    "\"examples\": [{\"input\": \"\\u00e9\\\"\", \"target_scores\": {\"a\": 1, \"b\\\\\": -0.5e1}, "
    "\"comment\": {\"x\": [[], {}, null]}}, {\"input\": \"j\", \"target\": [\"u\", 2.50, 3]}]}";

static void cut_files_are_refused(void) {
  size_t n = sizeof SMALL - 1;
  bs_error err = {0};
  for (size_t i = 0; i < n; i++) {
    bs_task *task = NULL;
    char *copy = malloc(i + 1); /* of exact size, so that a sanitizer sees one byte too many */
    CU_ASSERT_PTR_NOT_NULL_FATAL(copy);
    memcpy(copy, SMALL, i);
    CU_ASSERT_EQUAL(bs_task_parse(&task, copy, i, "t", NULL, NULL, &err), BS_ERR_INPUT);
    CU_ASSERT_PTR_NULL(task);
    free(copy);
    bs_error_clear(&err);
  }
  bs_task *task = NULL;
  BS_TEST_OK(bs_task_parse(&task, SMALL, n, "t", NULL, NULL, &err), err);
  bs_task_free(&task);
}

/* Whatever stands in the file: an answer, and a task only where there is no fault. */
static void try_text(const char *text, size_t n) {
  bs_error err = {0};
  bs_task *task = NULL;
  heard = (findings){.n = 0};
  bs_status status = bs_task_parse(&task, text, n, "t", hear, &heard, &err);
  CU_ASSERT_EQUAL(status == BS_OK, task != NULL);
  CU_ASSERT_EQUAL(status == BS_OK, heard.n_errors == 0);
  CU_ASSERT_EQUAL(status, err.status);
  if (task != NULL) {
    CU_ASSERT_TRUE(task->n_examples > 0);
    CU_ASSERT_PTR_NOT_NULL(task->preferred_metric);
    CU_ASSERT_PTR_NOT_NULL(task->keywords);
  }
  bs_task_free(&task);
}

static void changed_bytes_are_survived(void) {
  static const char bytes[] = "\"{}[],:0-.eE\\ \nnt\x01\x7F\xC3\xFF";
  char text[sizeof SMALL];
  for (size_t i = 0; i < sizeof SMALL - 1; i++) {
    for (size_t j = 0; j < sizeof bytes; j++) {
      memcpy(text, SMALL, sizeof SMALL);
      text[i] = bytes[j];
      try_text(text, sizeof SMALL - 1);
    }
  }
}

static void wrong_types_are_survived(void) {
  static const char *const fields[] = {
      "name",          "description",           "keywords",
      "metrics",       "preferred_score",       "task_prefix",
      "stop_string",   "output_regex",          "append_choices_to_input",
      "examples",      "example_input_prefix",  "few_shot_example_separator",
      "choice_prefix", "example_output_prefix", "subtasks"};
  static const char *const example_fields[] = {"input", "target", "target_scores", "comment"};
  static const char *const values[] = {"null",
                                       "true",
                                       "0",
                                       "-1.5e9",
                                       "\"\"",
                                       "\"x\"",
                                       "[]",
                                       "[1]",
                                       "[null]",
                                       "[[\"a\"]]",
                                       "{}",
                                       "{\"a\": null}",
                                       "[{}]",
                                       "{\"\": 1}",
                                       "[\"a\", {}]",
                                       "1e999",
                                       "{\"a\": {\"b\": 1}}",
                                       "[\"\"]"};
  char text[1024];
  for (size_t v = 0; v < sizeof values / sizeof *values; v++) {
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
      int n = snprintf(text, sizeof text,
                       TEXT_HEAD "\"examples\": [{\"input\": \"i\", \"target\": \"t\"}], \"%s\": "
                                 "%s}",
                       fields[i], values[v]);
      try_text(text, (size_t)n);
    }
    for (size_t i = 0; i < 4; i++) {
      int n = snprintf(text, sizeof text,
                       HEAD "\"examples\": [{\"input\": \"i\", \"target_scores\": {\"t\": 1}, "
                            "\"%s\": %s}]}",
                       example_fields[i], values[v]);
      try_text(text, (size_t)n);
    }
  }
}

static void deep_nesting_is_survived(void) {
  bs_error err = {0};
  static const size_t depths[] = {10, 900, 2000, 200000};
  for (size_t i = 0; i < sizeof depths / sizeof *depths; i++) {
    bs_text text = {0};
    bs_text_append_string(
        &text, TEXT_HEAD "\"examples\": [{\"input\": \"i\", \"target\": \"t\", \"x\": ", &err);
    for (size_t j = 0; j < depths[i]; j++)
      bs_text_append_string(&text, j % 2 == 0 ? "[" : "{\"k\": ", &err);
    bs_text_append_string(&text, "1", &err);
    for (size_t j = depths[i]; j > 0; j--)
      bs_text_append_string(&text, j % 2 == 1 ? "]" : "}", &err);
    bs_text_append_string(&text, "}]}", &err);
    bs_task *task = NULL;
    bs_status status = bs_task_parse(&task, text.data, text.n_bytes, "t", NULL, NULL, &err);
    CU_ASSERT_EQUAL(status, depths[i] < 1000 ? BS_OK : BS_ERR_INPUT);
    bs_task_free(&task);
    bs_error_clear(&err);
    bs_text_free(&text);
  }
}

static void many_keys_take_no_quadratic_time(void) {
  /* 200,000 choices, half of them repeated, and as many unknown fields: seconds if quadratic. */
  bs_error err = {0};
  bs_text text = {0};
  bs_text_append_string(&text, HEAD, &err);
  for (int i = 0; i < 200000; i++)
    bs_text_printf(&text, &err, "\"u%d\": 0, ", i);
  bs_text_append_string(&text, "\"examples\": [{\"input\": \"i\", \"target_scores\": {", &err);
  for (int i = 0; i < 200000; i++)
    bs_text_printf(&text, &err, "%s\"c%d\": %d", i > 0 ? ", " : "", i % 100000, i >= 100000);
  bs_text_append_string(&text, "}}]}", &err);
  bs_task *task = NULL;
  BS_TEST_OK(bs_task_parse(&task, text.data, text.n_bytes, "t", NULL, NULL, &err), err);
  CU_ASSERT_PTR_NOT_NULL_FATAL(task);
  CU_ASSERT_EQUAL(task->examples[0].n_choices, 100000);
  CU_ASSERT_EQUAL(bs_task_chance(task), 1);
  bs_task_free(&task);
  bs_text_free(&text);
}

int main(void) {
  static const bs_test tests[] = {
      {"cut files are refused", cut_files_are_refused},
      {"changed bytes are survived", changed_bytes_are_survived},
      {"wrong types are survived", wrong_types_are_survived},
      {"deep nesting is survived", deep_nesting_is_survived},
      {"many keys take no quadratic time", many_keys_take_no_quadratic_time},
  };
  return bs_test_main("damaged_tasks", tests, sizeof tests / sizeof *tests);
}
