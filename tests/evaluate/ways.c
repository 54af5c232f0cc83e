/* Ways to put a task, and votes by counting. */
#include "ways.h"

#include <stdlib.h>
#include <string.h>

#include "harness.h"

const char MIXED[] =
    "{\"metrics\": [\"multiple_choice_grade\", \"exact_str_match\", \"bleu\"], "
    "\"preferred_score\": \"multiple_choice_grade\", \"example_input_prefix\": \"\\nQ: \", "
    "\"example_output_prefix\": \"\\nA: \", \"examples\": ["
    "{\"input\": \"home rovog\", \"target\": [\"moor\", \"hill\"], \"target_scores\": {\"moor\": "
    "1, "
    "\"hill\": 0, \"isle\": 0}},"
    "{\"input\": \"home bozus\", \"target_scores\": {\"wood\": 0, \"fort\": 0, \"camp\": 1}},"
    "{\"input\": \"12+13\", \"target\": \"25\"},"
    "{\"input\": \"say gulig\", \"target\": [\"gulig\", \"gulug\"], \"target_scores\": {\"gulig\": "
    "0.5, \"gulug\": 0.5, \"gul\": -1, \"\": 0}},"
    "{\"input\": \"sort kdbz\", \"target\": \"bdkz\"}]}";

static bs_task *load(const char *json_or_path) {
  bs_task *task = NULL;
  bs_error err = {0};
  if (json_or_path[0] == '{')
    BS_TEST_OK(
        bs_task_parse(&task, json_or_path, strlen(json_or_path), "mixed.json", NULL, NULL, &err),
        err);
  else
    BS_TEST_OK(bs_task_load(&task, json_or_path, NULL, NULL, &err), err);
  CU_ASSERT_PTR_NOT_NULL_FATAL(task);
  return task;
}

static char *copy(const char *text) { return text != NULL ? strdup(text) : NULL; }

const way ONE_STEP = {.output_regex = "[^\\n]+", .n_samples = 0, .reasoning_prompt = "say "};
const way TWO_STEPS = {
    .reasoning_prompt = "end ", .reasoning_stop = "\n", .answer_prompt = "\nA: "};
const way TEXT_VOTES = {.output_regex = "[^\\n]+",
                        .n_samples = 9,
                        .temperature = 1.2,
                        .top_p = 0.95,
                        .max_new_tokens = 7};
const way STEP_VOTES = {.reasoning_prompt = " ",
                        .reasoning_stop = "\n",
                        .answer_prompt = "\nQ: home rovog\nA: ",
                        .output_regex = "[a-z0-9]+",
                        .n_samples = 8,
                        .temperature = 1.5};

bs_task *put(const char *json_or_path, const way *w) {
  bs_task *task = load(json_or_path);
  task->reasoning_prompt = copy(w->reasoning_prompt);
  task->reasoning_stop = copy(w->reasoning_stop);
  task->answer_prompt = copy(w->answer_prompt);
  if (w->stop_string != NULL) {
    free(task->stop_string);
    task->stop_string = copy(w->stop_string);
  }
  if (w->output_regex != NULL) {
    free(task->output_regex);
    task->output_regex = copy(w->output_regex);
  }
  task->n_samples = w->n_samples;
  task->max_new_tokens = w->max_new_tokens;
  task->temperature = w->temperature;
  task->top_p = w->top_p;
  return task;
}

size_t count_votes(const char *const *answers, size_t n, bool with_empty, size_t *most) {
  size_t winner = 0;
  *most = 0;
  for (int again = 0; again < 2 && *most == 0; again++) {
    for (size_t i = 0; i < n; i++) {
      size_t count = 0;
      for (size_t k = 0; k < n; k++)
        count += strcmp(answers[k], answers[i]) == 0;
      bool counts = with_empty || again == 1 || answers[i][0] != '\0';
      if (counts && count > *most) {
        winner = i;
        *most = count;
      }
    }
  }
  return winner;
}
