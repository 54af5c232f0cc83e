/* What is told of answers that match only because white space at the ends is left out, and of those
   that can never match, from records made by hand. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bigsweep/analysis.h"
#include "bigsweep/evaluate.h"
#include "bigsweep/metric.h"
#include "bigsweep/tables.h"
#include "harness.h"

static const char CAPITALS[] =
    "{\"metrics\": [\"exact_str_match\"], \"examples\": ["
    "{\"input\": \"France\", \"target\": \"Paris\"}, {\"input\": \"Italy\", \"target\": [\"Roma\", "
    "\"Rome \"]}, {\"input\": \"Peru\", \"target\": \"Lima\"}, {\"input\": \"Chad\", \"target\": "
    "\"N'Djamena.\"}, {\"input\": \"Ohio\", \"target\": \"a.b\"}]}";
static const char CHOICES[] =
    "{\"metrics\": [\"exact_str_match\", \"multiple_choice_grade\"], \"examples\": [{\"input\": "
    "\"Is it?\", \"target_scores\": {\"yes\": 1, \"no\": 0}}]}";

typedef struct told {
  size_t n;
  char last[512];
} told;

static void take(void *user, const char *message) {
  told *t = user;
  t->n++;
  snprintf(t->last, sizeof t->last, "%s", message);
}

static void add_task(bs_tables *results, const char *json, const char *name) {
  bs_task *task = NULL;
  bs_error err = {0};
  BS_TEST_OK(bs_task_parse(&task, json, strlen(json), name, NULL, NULL, &err), err);
  CU_ASSERT_PTR_NOT_NULL_FATAL(task);
  BS_TEST_OK(bs_tables_add_task_of(results, task, &err), err);
  bs_task_free(&task);
}

static void add_row(bs_tables *results, bs_example_row row, const bs_choice_row *choices) {
  double values[64];
  bs_error err = {0};
  for (size_t i = 0; i < sizeof values / sizeof *values; i++)
    values[i] = NAN;
  row.target_logprob = -1;
  BS_TEST_OK(bs_tables_add_example(results, &row, choices, NULL, values, &err), err);
}

/* Of five answers two match as they stand or not at all, and two when they are stripped; the last
   example is not evaluated. */
static bs_tables *made(void) {
  static const struct {
    uint32_t example;
    const char *generated, *prediction;
  } rows[] = {{0, " Paris. And", " Paris"},
              {1, "Rome \n", "Rome "},
              {1, "Roma\t", "Roma\t"},
              {2, "Li ma", "Li ma"},
              {3, " N'Djamena.", " N'Djamena"}};
  bs_tables *results = NULL;
  bs_error err = {0};
  size_t n;
  const char *const *names = bs_example_metric_names(&n);
  BS_TEST_OK(bs_tables_new(&results, names, n, &err), err);
  CU_ASSERT_PTR_NOT_NULL_FATAL(results);
  bs_model_row model = {.name = "m", .family = "f", .scale = 1};
  BS_TEST_OK(bs_tables_add_model(results, &model, &err), err);
  add_task(results, CAPITALS, "capitals");
  add_task(results, CHOICES, "choices");
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
    add_row(results,
            (bs_example_row){.shots = i == 2,
                             .example = rows[i].example,
                             .prediction = rows[i].prediction,
                             .generated = rows[i].generated},
            NULL);
  static const bs_choice_row choices[] = {
      {.choice = 0, .tokens = 1, .logprob = -1, .target_score = 1},
      {.choice = 1, .tokens = 1, .logprob = -2}};
  add_row(
      results,
      (bs_example_row){.task = 1, .n_choices = 2, .prediction = "no", .generated = "\n yes. For"},
      choices);
  BS_TEST_OK(bs_tables_sort(results, &err), err);
  return results;
}

static void white_space_that_mattered_is_told(void) {
  bs_tables *results = made(), *again = NULL;
  bs_error err = {0};
  told t = {0};
  BS_TEST_OK(bs_analysis_tell_white_space(results, take, &t, &err), err);
  CU_ASSERT_EQUAL(t.n, 2);
  /* a task of choices: its text is the generated one, not the chosen choice */
  CU_ASSERT_STRING_EQUAL(t.last, "choices: exact_str_match: 1 of 1 answers match only because "
                                 "white space at the ends is left out");
  results->n_examples--; /* without it */
  results->n_choices = 0;
  t = (told){0};
  BS_TEST_OK(bs_analysis_tell_white_space(results, take, &t, &err), err);
  CU_ASSERT_EQUAL(t.n, 1);
  CU_ASSERT_STRING_EQUAL(t.last, "capitals: exact_str_match: 2 of 5 answers match only because "
                                 "white space at the ends is left out");
  /* scored again it is the same, and the metric says so */
  BS_TEST_OK(bs_analysis_rescore(&again, results, NULL, 0, NULL, NULL, &err), err);
  CU_ASSERT_PTR_NOT_NULL_FATAL(again);
  t = (told){0};
  BS_TEST_OK(bs_analysis_tell_white_space(again, take, &t, &err), err);
  CU_ASSERT_PTR_NOT_NULL(strstr(t.last, "2 of 5 answers"));
  double sum = 0;
  size_t column = 0;
  while (strcmp(again->metric_names[column], "exact_str_match") != 0)
    column++;
  for (size_t i = 0; i < again->n_examples; i++)
    sum += again->metric_values[i * again->n_metrics + column];
  CU_ASSERT_EQUAL(sum, 3);
  bs_tables_free(&again);
  bs_tables_free(&results);
}

static void answers_that_can_never_match_are_told(void) {
  bs_tables *results = made();
  bs_error err = {0};
  told t = {0};
  BS_TEST_OK(bs_analysis_tell_reach(results, take, &t, &err), err);
  CU_ASSERT_EQUAL(t.n, 1);
  CU_ASSERT_PTR_NOT_NULL(
      strstr(t.last, "capitals: exact_str_match: of 4 examples 1 can never match"));
  CU_ASSERT_PTR_NOT_NULL(strstr(t.last, "example 3's \"N'Djamena.\" is left \"N'Djamena\""));
  bs_tables_free(&results);
}

int main(void) {
  static const bs_test tests[] = {
      {"white space that mattered is told", white_space_that_mattered_is_told},
      {"answers that can never match are told", answers_that_can_never_match_are_told},
  };
  return bs_test_main("match notes", tests, sizeof tests / sizeof *tests);
}
