/* Spreads over variants, means over tasks and what people score, against plain loops. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyses.h"
#include "bigsweep/statistics.h"
#include "bigsweep/store.h"
#include "harness.h"
#include "synthetic.h"

#define CLOSE(a, b) CU_ASSERT_DOUBLE_EQUAL(a, b, 1e-10)

enum { MODELS = 3, SHOTS = 2 };

/* Kinds of synthetic tasks by turns: choices, text, choices. */
static const struct {
  const char *name, *variant;
  double average, best; /* 0: not known */
} TASKS[] = {
    {"facts", "", 0.75, 1},      {"parent:sum", "", 0.5, 0.9}, {"facts@b", "b", 0.75, 1},
    {"parent:x", "", 0, 0},      {"alone@c", "c", 0, 0},       {"facts@a", "a", 0.75, 1},
    {"parent:x@a", "a", 0.4, 0}, {"parent:sum@a", "a", 0, 0},
};
enum { N_TASKS = sizeof TASKS / sizeof *TASKS };

static bs_tables *grouped_results(void) {
  bs_tables *results = synthetic_results((synthetic_size){MODELS, N_TASKS, SHOTS, 40}, false);
  for (size_t i = 0; i < N_TASKS; i++) {
    bs_task_row *task = &results->tasks[i];
    task->name = TASKS[i].name;
    task->variant = TASKS[i].variant;
    task->human_average = TASKS[i].average != 0 ? TASKS[i].average : NAN;
    task->human_best = TASKS[i].best != 0 ? TASKS[i].best : NAN;
  }
  return results;
}

static double score(const bs_analysis *analysis, uint32_t model, uint32_t shots, const char *task,
                    const char *metric) {
  const bs_score_row *rows = bs_analysis_tables(analysis)->scores;
  for (size_t i = 0; i < bs_analysis_tables(analysis)->n_scores; i++)
    if (rows[i].model == model && rows[i].shots == shots && strcmp(rows[i].metric, metric) == 0 &&
        strcmp(bs_analysis_task(analysis, rows[i].task), task) == 0)
      return rows[i].value;
  CU_FAIL("no such score");
  return NAN;
}

static const bs_spread_row *spread_of(const bs_analysis *analysis, uint32_t model, uint32_t shots,
                                      const char *task, const char *metric) {
  const bs_spread_row *rows = bs_analysis_tables(analysis)->spreads;
  for (size_t i = 0; i < bs_analysis_tables(analysis)->n_spreads; i++)
    if (rows[i].model == model && rows[i].shots == shots && strcmp(rows[i].metric, metric) == 0 &&
        strcmp(rows[i].task, task) == 0)
      return &rows[i];
  return NULL;
}

static void scores_spread_over_variants(void) {
  static const char *const WAYS[] = {"facts", "facts@b", "facts@a"}, *const NAMES[] = {"", "b",
                                                                                       "a"};
  bs_tables *results = grouped_results();
  bs_analysis *analysis = of_results(results);
  /* facts: two metrics; parent:x: likelihood and grade; parent:sum: likelihood, exact match */
  CU_ASSERT_EQUAL(bs_analysis_tables(analysis)->n_spreads, MODELS * SHOTS * 3 * 2);
  for (uint32_t model = 0; model < MODELS; model++)
    for (uint32_t shots = 0; shots < SHOTS; shots++) {
      const bs_spread_row *row = spread_of(analysis, model, shots, "facts", "log_likelihood");
      CU_ASSERT_PTR_NOT_NULL_FATAL(row);
      double y[3], mean = 0, squares = 0;
      size_t low = 0, high = 0;
      for (size_t i = 0; i < 3; i++) {
        y[i] = score(analysis, model, shots, WAYS[i], "log_likelihood");
        mean += y[i] / 3;
        low = y[i] < y[low] ? i : low;
        high = y[i] > y[high] ? i : high;
      }
      for (size_t i = 0; i < 3; i++)
        squares += (y[i] - mean) * (y[i] - mean);
      CU_ASSERT_EQUAL(row->n, 3);
      CLOSE(row->mean, mean);
      CLOSE(row->standard_deviation, sqrt(squares / 2));
      CU_ASSERT_EQUAL(row->minimum, y[low]);
      CU_ASSERT_EQUAL(row->maximum, y[high]);
      CU_ASSERT_EQUAL(row->range, y[high] - y[low]);
      CU_ASSERT_STRING_EQUAL(row->minimum_variant, NAMES[low]);
      CU_ASSERT_STRING_EQUAL(row->maximum_variant, NAMES[high]);
      CU_ASSERT_PTR_NULL(spread_of(analysis, model, shots, "alone", "log_likelihood"));
    }
  const bs_spread_row *rows = bs_analysis_tables(analysis)->spreads;
  CU_ASSERT_TRUE(rows[0].model == 0 && rows[0].shots == 0);
  CU_ASSERT_STRING_EQUAL(rows[0].task, "facts");
  CU_ASSERT_STRING_EQUAL(rows[0].metric, "multiple_choice_grade");
  CU_ASSERT_STRING_EQUAL(rows[4].task, "parent:sum");
  bs_analysis_free(&analysis);
  bs_tables_free(&results);
}

/* Only variants that share the metric count, and one that any model lacks takes the spread away. */
static void unlike_variants_do_not_spread(void) {
  bs_tables *results = grouped_results();
  results->tasks[2].metrics = "log_likelihood"; /* facts@b has no grade */
  bs_analysis *analysis = of_results(results);
  const bs_spread_row *row = spread_of(analysis, 1, 1, "facts", "multiple_choice_grade");
  CU_ASSERT_PTR_NOT_NULL_FATAL(row);
  CU_ASSERT_EQUAL(row->n, 2);
  CLOSE(row->range, fabs(score(analysis, 1, 1, "facts", "multiple_choice_grade") -
                         score(analysis, 1, 1, "facts@a", "multiple_choice_grade")));
  CLOSE(row->standard_deviation, row->range / sqrt(2));
  CU_ASSERT_EQUAL(spread_of(analysis, 1, 1, "facts", "log_likelihood")->n, 3);
  bs_analysis_free(&analysis);
  results->tasks[5].metrics = "log_likelihood"; /* nor has facts@a */
  analysis = of_results(results);
  CU_ASSERT_PTR_NULL(spread_of(analysis, 1, 1, "facts", "multiple_choice_grade"));
  bs_analysis_free(&analysis);
  /* the last model did not get to the last task, parent:sum@a, with 1 shot */
  results->n_examples -= 40;
  size_t n_samples = 0;
  for (size_t i = 0; i < results->n_examples; i++)
    n_samples += results->examples[i].n_samples;
  results->n_samples = n_samples;
  analysis = of_results(results);
  row = spread_of(analysis, MODELS - 1, 1, "parent:sum", "exact_str_match");
  CU_ASSERT_PTR_NOT_NULL_FATAL(row);
  CU_ASSERT_EQUAL(row->n, 2);
  CU_ASSERT_TRUE(isnan(row->mean) && isnan(row->minimum) && isnan(row->maximum));
  CU_ASSERT_TRUE(isnan(row->range) && isnan(row->standard_deviation));
  CU_ASSERT_STRING_EQUAL(row->minimum_variant, "");
  CU_ASSERT_TRUE(isfinite(spread_of(analysis, 0, 1, "parent:sum", "exact_str_match")->range));
  bs_analysis_free(&analysis);
  bs_tables_free(&results);
}

static double normalised(const bs_analysis *analysis, const bs_tables *results, uint32_t model,
                         uint32_t shots, size_t task) {
  const bs_task_row *row = &results->tasks[task];
  double value = score(analysis, model, shots, row->name, row->preferred_metric);
  return 100 * (value - row->low_score) / (row->high_score - row->low_score);
}

static void variants_are_no_further_tasks(void) {
  bs_tables *results = grouped_results();
  bs_analysis *analysis = of_results(results);
  static const char *const NAMES[] = {BS_ALL_TASKS,        BS_HUMAN_TASKS,    "parent",
                                      BS_ALL_TASKS "@b",   BS_ALL_TASKS "@c", BS_ALL_TASKS "@a",
                                      BS_HUMAN_TASKS "@a", "parent@a"};
  enum { N = sizeof NAMES / sizeof *NAMES };
  CU_ASSERT_EQUAL_FATAL(bs_analysis_tables(analysis)->n_aggregates, MODELS * SHOTS * N);
  for (uint32_t model = 0; model < MODELS; model++)
    for (uint32_t shots = 0; shots < SHOTS; shots++) {
      const bs_aggregate_row *rows =
          bs_analysis_tables(analysis)->aggregates + (model * SHOTS + shots) * N;
      double y[N_TASKS];
      for (size_t t = 0; t < N_TASKS; t++)
        y[t] = normalised(analysis, results, model, shots, t);
      const double expected[N] = {(y[0] + (y[1] + y[3]) / 2) / 2,
                                  (y[0] + y[1]) /
                                      2, /* of the parent the one part that people did */
                                  (y[1] + y[3]) / 2,
                                  y[2],
                                  y[4],
                                  (y[5] + (y[6] + y[7]) / 2) / 2,
                                  (y[5] + y[6]) / 2,
                                  (y[6] + y[7]) / 2};
      static const uint64_t counts[N] = {2, 2, 2, 1, 1, 2, 2, 2};
      for (size_t k = 0; k < N; k++) {
        CU_ASSERT_STRING_EQUAL(rows[k].tasks, NAMES[k]);
        CU_ASSERT_TRUE(rows[k].model == model && rows[k].shots == shots);
        CU_ASSERT_EQUAL(rows[k].n, counts[k]);
        CLOSE(rows[k].value, expected[k]);
      }
    }
  bs_analysis_free(&analysis);
  bs_tables_free(&results);
}

static const bs_aggregate_row *aggregate_of(const bs_analysis *analysis, uint32_t model,
                                            const char *name) {
  const bs_tables *tables = bs_analysis_tables(analysis);
  for (size_t i = 0; i < tables->n_aggregates; i++)
    if (tables->aggregates[i].model == model && tables->aggregates[i].shots == 0 &&
        strcmp(tables->aggregates[i].tasks, name) == 0)
      return &tables->aggregates[i];
  return NULL;
}

/* A keyword's mean counts subtasks as one task; those of one task, or of all, are none. */
static void keywords_have_means(void) {
  static const char *const KEYWORDS[N_TASKS] = {"all,non-English",
                                                "all,non-English,emoji,non-English",
                                                "",
                                                "all,emoji,non-English",
                                                "",
                                                "all,non-English",
                                                "all,non-English",
                                                "all"};
  bs_tables *results = grouped_results();
  for (size_t t = 0; t < N_TASKS; t++)
    results->tasks[t].keywords = KEYWORDS[t];
  bs_analysis *analysis = of_results(results);
  for (uint32_t model = 0; model < MODELS; model++) {
    double y[N_TASKS];
    for (size_t t = 0; t < N_TASKS; t++)
      y[t] = normalised(analysis, results, model, 0, t);
    /* of the plain tasks "all" and "non-English" are of all three, "emoji" of one with subtasks */
    CU_ASSERT_PTR_NULL(aggregate_of(analysis, model, "(keyword: all)"));
    CU_ASSERT_PTR_NULL(aggregate_of(analysis, model, "(keyword: emoji)"));
    CU_ASSERT_PTR_NULL(aggregate_of(analysis, model, "(keyword: non-English)"));
    const bs_aggregate_row *row = aggregate_of(analysis, model, "(keyword: non-English)@a");
    CU_ASSERT_PTR_NOT_NULL_FATAL(row);
    CU_ASSERT_EQUAL(row->n, 2);
    CLOSE(row->value, (y[5] + y[6]) / 2);
  }
  bs_analysis_free(&analysis);
  results->tasks[3].keywords = "emoji";
  results->tasks[0].keywords = "emoji,all";
  analysis = of_results(results);
  double whole = normalised(analysis, results, 1, 0, 0),
         first = normalised(analysis, results, 1, 0, 1),
         second = normalised(analysis, results, 1, 0, 3);
  const bs_aggregate_row *row = aggregate_of(analysis, 1, "(keyword: all)");
  CU_ASSERT_PTR_NOT_NULL_FATAL(row);
  CLOSE(row->value, (whole + first) / 2);
  CU_ASSERT_PTR_NULL(aggregate_of(analysis, 1, "(keyword: emoji)")); /* of all */
  CLOSE(aggregate_of(analysis, 1, BS_ALL_TASKS)->value, (whole + (first + second) / 2) / 2);
  bs_analysis_free(&analysis);
  bs_tables_free(&results);
}

static void aggregates_move_with_scale(void) {
  bs_tables *results = grouped_results();
  bs_analysis *analysis = of_results(results);
  const bs_linearity_row *rows = bs_analysis_tables(analysis)->linearity;
  size_t n_found = 0, n_rows = bs_analysis_tables(analysis)->n_linearity;
  for (size_t i = 0; i < n_rows; i++) {
    if (strcmp(rows[i].metric, BS_AGGREGATE_METRIC) != 0) {
      CU_ASSERT_NOT_EQUAL(bs_analysis_linearity_task(analysis, i), UINT32_MAX);
      CU_ASSERT_EQUAL(n_found, 0); /* aggregates stand behind the tasks */
      continue;
    }
    CU_ASSERT_EQUAL(bs_analysis_linearity_task(analysis, i), UINT32_MAX);
    size_t n;
    double y[MODELS];
    const bs_scale_point *points = bs_analysis_curve(analysis, i, &n);
    CU_ASSERT_EQUAL_FATAL(n, MODELS);
    for (size_t k = 0; k < bs_analysis_tables(analysis)->n_aggregates; k++) {
      const bs_aggregate_row *row = &bs_analysis_tables(analysis)->aggregates[k];
      if (row->shots != rows[i].shots || strcmp(row->tasks, rows[i].task) != 0)
        continue;
      y[row->model] = row->value;
      CU_ASSERT_EQUAL(points[row->model].value, row->value);
      CU_ASSERT_EQUAL(points[row->model].standard_error, row->standard_error);
      CU_ASSERT_EQUAL(points[row->model].n, row->n);
    }
    bs_linearity of = bs_linearity_of(y, MODELS);
    CU_ASSERT_EQUAL(rows[i].linearity, of.linearity);
    CU_ASSERT_EQUAL(rows[i].breakthroughness, of.breakthroughness);
    n_found++;
  }
  CU_ASSERT_EQUAL(n_found, 8 * SHOTS);
  bs_analysis_free(&analysis);
  bs_tables_free(&results);
}

static const bs_human_row *human_of(const bs_analysis *analysis, const char *task) {
  const bs_human_row *rows = bs_analysis_tables(analysis)->humans;
  for (size_t i = 0; i < bs_analysis_tables(analysis)->n_humans; i++)
    if (strcmp(rows[i].task, task) == 0)
      return &rows[i];
  return NULL;
}

static void people_are_scored_as_models(void) {
  bs_tables *results = grouped_results();
  bs_analysis *analysis = of_results(results);
  const bs_human_row *row = human_of(analysis, "facts");
  CU_ASSERT_PTR_NOT_NULL_FATAL(row);
  CU_ASSERT_STRING_EQUAL(row->metric, "multiple_choice_grade");
  CU_ASSERT_TRUE(row->average == 0.75 && row->best == 1 && row->n == 1);
  CLOSE(row->normalized_average, 100 * (0.75 - 0.25) / 0.75);
  CLOSE(row->normalized_best, 100);
  CU_ASSERT_PTR_NULL(human_of(analysis, "parent:x"));
  CU_ASSERT_PTR_NULL(human_of(analysis, BS_ALL_TASKS)); /* nor of all, then */
  CU_ASSERT_PTR_NULL(human_of(analysis, "parent"));
  row = human_of(analysis, BS_HUMAN_TASKS);
  CU_ASSERT_PTR_NOT_NULL_FATAL(row);
  CU_ASSERT_EQUAL(row->n, 2);
  CU_ASSERT_TRUE(isnan(row->average) && isnan(row->best));
  CLOSE(row->normalized_average, (100 * (0.75 - 0.25) / 0.75 + 50) / 2);
  CLOSE(row->normalized_best, (100 + 90) / 2.0);
  row = human_of(analysis, BS_HUMAN_TASKS "@a"); /* facts@a and parent:x@a, whose best is unknown */
  CU_ASSERT_PTR_NOT_NULL_FATAL(row);
  CLOSE(row->normalized_average, (100 * (0.75 - 0.25) / 0.75 + 100 * (0.4 - 0.25) / 0.75) / 2);
  CU_ASSERT_TRUE(isnan(row->normalized_best));
  CU_ASSERT_PTR_NOT_NULL(human_of(analysis, BS_ALL_TASKS "@b")); /* all of its tasks are known */
  bs_analysis_free(&analysis);
  results->tasks[0].low_score = NAN; /* no normalised score */
  analysis = of_results(results);
  row = human_of(analysis, "facts");
  CU_ASSERT_PTR_NOT_NULL_FATAL(row);
  CU_ASSERT_TRUE(row->average == 0.75 && isnan(row->normalized_average));
  CU_ASSERT_EQUAL(human_of(analysis, BS_HUMAN_TASKS)->n, 1);
  bs_analysis_free(&analysis);
  bs_tables_free(&results);
}

static void tables_for_people_hold_it(void) {
  bs_tables *results = grouped_results();
  bs_analysis *analysis = of_results(results);
  bs_error err = {0};
  FILE *to = fopen(bs_test_path("printed"), "w");
  CU_ASSERT_PTR_NOT_NULL_FATAL(to);
  BS_TEST_OK(bs_report_tables(analysis, to, &err), err);
  fclose(to);
  bs_text text = bs_test_read(bs_test_path("printed"));
  static const char *const EXPECTED[] = {
      "raters  best rater\n", "\n(all tasks)@a ", "normalized_aggregate_score   2",
      "spread over prompts, family ladder",
      "task        shots  metric                 ways        ladder-0        ladder-1        "
      "ladder-2\n"
      "facts           0  multiple_choice_grade     3  0."};
  for (size_t i = 0; i < sizeof EXPECTED / sizeof *EXPECTED; i++)
    if (strstr(text.data, EXPECTED[i]) == NULL) {
      printf("\nexpected \"%s\" in\n%s", EXPECTED[i], text.data);
      CU_FAIL("not printed");
    }
  bs_text_free(&text);
  bs_analysis_free(&analysis);
  bs_tables_free(&results);
}

int main(void) {
  static const bs_test tests[] = {
      {"scores spread over variants", scores_spread_over_variants},
      {"unlike variants do not spread", unlike_variants_do_not_spread},
      {"variants are no further tasks", variants_are_no_further_tasks},
      {"keywords have means", keywords_have_means},
      {"aggregates move with scale", aggregates_move_with_scale},
      {"people are scored as models", people_are_scored_as_models},
      {"tables for people hold it", tables_for_people_hold_it},
  };
  return bs_test_main("groups", tests, sizeof tests / sizeof *tests);
}
