/* Linearity and breakthroughness by hand, and the scores of results, against plain loops. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "analyses.h"
#include "bigsweep/metric.h"
#include "bigsweep/statistics.h"
#include "bigsweep/store.h"
#include "harness.h"
#include "synthetic.h"

#define CLOSE(a, b) CU_ASSERT_DOUBLE_EQUAL(a, b, 1e-12)

static void linearity_by_hand(void) {
  bs_linearity of = bs_linearity_of((double[]){1, 2, 3, 4}, 4); /* a straight line */
  CU_ASSERT_EQUAL(of.n, 4);
  CLOSE(of.improvement, 3);
  CLOSE(of.linearity, 3);
  CLOSE(of.breakthroughness, 3);
  CLOSE(of.linearity_per_step, 1);
  of = bs_linearity_of((double[]){0, 0, 0, 1, 1.25}, 5); /* a jump: squares 0 0 1 0.0625 */
  CLOSE(of.improvement, 1.25);
  CLOSE(of.root_mean_square, sqrt(1.0625 / 4));
  CLOSE(of.root_median_square, sqrt(0.03125));
  CLOSE(of.linearity, 1.25 / sqrt(1.0625 / 4));
  CLOSE(of.breakthroughness, 1.25 / sqrt(0.03125));
  of = bs_linearity_of((double[]){5, 3, 1, 2}, 4); /* falling: the largest comes first */
  CLOSE(of.improvement, -4);
  CLOSE(of.root_median_square, 2);
  CLOSE(of.linearity, -4 / sqrt(3));
  CLOSE(of.breakthroughness, -2);
  of = bs_linearity_of((double[]){0, 1, 0, 1}, 4); /* the first place on a tie */
  CLOSE(of.improvement, 1);
  of = bs_linearity_of((double[]){1, 0, 1, 0}, 4);
  CLOSE(of.improvement, -1);
}

static void undefined_is_nan(void) {
  bs_linearity of = bs_linearity_of((double[]){2, 2, 2}, 3); /* constant */
  CU_ASSERT_EQUAL(of.improvement, 0);
  CU_ASSERT_EQUAL(of.root_mean_square, 0);
  CU_ASSERT_TRUE(isnan(of.linearity) && isnan(of.breakthroughness));
  CU_ASSERT_TRUE(isnan(of.linearity_per_step));
  of = bs_linearity_of((double[]){0, 0, 0, 1}, 4); /* one step: the median is 0, the mean is not */
  CLOSE(of.linearity, sqrt(3));
  CU_ASSERT_TRUE(isnan(of.breakthroughness));
  of = bs_linearity_of((double[]){1, 2}, 2);
  CLOSE(of.improvement, 1);
  CU_ASSERT_TRUE(isnan(of.linearity) && isnan(of.breakthroughness));
  of = bs_linearity_of((double[]){7}, 1);
  CU_ASSERT_EQUAL(of.n, 1);
  CU_ASSERT_EQUAL(of.improvement, 0);
  CU_ASSERT_TRUE(isnan(of.root_mean_square) && isnan(of.linearity));
  of = bs_linearity_of(NULL, 0);
  CU_ASSERT_TRUE(of.n == 0 && isnan(of.improvement) && isnan(of.linearity));
  of = bs_linearity_of((double[]){1, NAN, 2, 3}, 4);
  CU_ASSERT_TRUE(of.n == 4 && isnan(of.improvement) && isnan(of.linearity));
  of = bs_linearity_of((double[]){1, 2, INFINITY}, 3);
  CU_ASSERT_TRUE(isnan(of.improvement) && isnan(of.linearity));
  of = bs_linearity_of((double[]){-1e300, 1e300, -1e300}, 3); /* squares overflow */
  CU_ASSERT_TRUE(isnan(of.linearity) && isnan(of.breakthroughness));
  double many[200];
  for (size_t i = 0; i < 200; i++)
    many[i] = (double)i;
  of = bs_linearity_of(many, 200);
  CLOSE(of.linearity_per_step, 1);
  CLOSE(of.breakthroughness, 199);
}

static const bs_score_row *score_of(const bs_analysis *analysis, uint32_t model, uint32_t task,
                                    uint32_t shots, const char *metric) {
  const bs_score_row *rows = bs_analysis_tables(analysis)->scores;
  for (size_t i = 0; i < bs_analysis_tables(analysis)->n_scores; i++)
    if (rows[i].model == model && rows[i].task == task && rows[i].shots == shots &&
        strcmp(rows[i].metric, metric) == 0)
      return &rows[i];
  return NULL;
}

/* Every task as its file has it, without human scores. */
static bs_tables *plain_results(synthetic_size size) {
  bs_tables *results = synthetic_results(size, false);
  for (size_t i = 0; i < results->n_tasks; i++) {
    results->tasks[i].variant = "";
    results->tasks[i].human_average = results->tasks[i].human_best = NAN;
  }
  return results;
}

static void scores_are_means_of_columns(void) {
  bs_tables *results = plain_results((synthetic_size){5, 4, 2, 60});
  bs_analysis *analysis = of_results(results);
  CU_ASSERT_EQUAL(bs_analysis_tables(analysis)->n_scores, 5 * 4 * 2 * 2);
  CU_ASSERT_EQUAL(bs_analysis_tables(analysis)->n_linearity, (4 * 2 + 1) * 2); /* and all tasks */
  double sum = 0, squares = 0;
  size_t first = ((3 * 4 + 1) * 2 + 1) * 60; /* model 3, task 1, 1 shot */
  for (size_t i = 0; i < 60; i++)
    sum += results->metric_values[(first + i) * SYNTHETIC_METRICS];
  for (size_t i = 0; i < 60; i++) {
    double d = results->metric_values[(first + i) * SYNTHETIC_METRICS] - sum / 60;
    squares += d * d;
  }
  const bs_score_row *score = score_of(analysis, 3, 1, 1, "exact_str_match");
  CU_ASSERT_PTR_NOT_NULL_FATAL(score);
  CLOSE(score->value, sum / 60);
  CLOSE(score->standard_error, sqrt(squares / 59 / 60));
  CU_ASSERT_EQUAL(score->n, 60);
  CU_ASSERT_PTR_NULL(score_of(analysis, 3, 1, 1, "multiple_choice_grade"));
  CU_ASSERT_STRING_EQUAL(bs_analysis_preferred_metric(analysis, 1), "exact_str_match");
  size_t n = 0;
  const bs_scale_point *points = bs_analysis_curve(analysis, 0, &n);
  CU_ASSERT_EQUAL_FATAL(n, 5);
  CU_ASSERT_EQUAL(points[4].value, score_of(analysis, 4, 0, 0, "multiple_choice_grade")->value);
  bs_analysis_free(&analysis);
  bs_tables_free(&results);
}

/* Corpus metrics and metrics without a column are computed from choices, targets and texts. */
static void outcomes_are_rebuilt(void) {
  bs_tables *results = synthetic_results((synthetic_size){3, 2, 1, 50}, false);
  results->tasks[0].metrics = "expected_calibration_error,calibration_multiple_choice_brier_score,"
                              "multiple_choice_grade";
  results->tasks[1].metrics = "exact_str_match,bleu";
  results->tasks[1].output_regex = ""; /* the target is the first line, cut by the stop string */
  results->tasks[1].stop_string = "\n";
  bs_analysis *analysis = of_results(results);
  for (uint32_t model = 0; model < 3; model++) {
    bs_error err = {0};
    bs_outcome outcomes[50];
    double logprobs[50][4], targets[50][4];
    size_t first = model * 100;
    for (size_t i = 0; i < 50; i++) {
      const bs_example_row *row = &results->examples[first + i];
      for (size_t k = 0; k < 4; k++) {
        logprobs[i][k] = results->choices[row->first_choice + k].logprob;
        targets[i][k] = results->choices[row->first_choice + k].target_score;
      }
      outcomes[i] =
          (bs_outcome){.n_choices = 4, .choice_logprobs = logprobs[i], .target_scores = targets[i]};
    }
    static const char *const NAMES[] = {"expected_calibration_error",
                                        "calibration_multiple_choice_brier_score"};
    for (size_t i = 0; i < 2; i++) {
      bs_estimate estimate;
      BS_TEST_OK(bs_metric_evaluate(bs_metric_find(NAMES[i]), outcomes, 50, &estimate, &err), err);
      const bs_score_row *score = score_of(analysis, model, 0, 0, NAMES[i]);
      CU_ASSERT_PTR_NOT_NULL_FATAL(score);
      CU_ASSERT_TRUE(isfinite(score->value) && score->value > 0);
      CU_ASSERT_EQUAL(score->value, estimate.value);
      CU_ASSERT_EQUAL(score->n, 50);
    }
  }
  /* texts: of the model that is always right, every prediction ends where the target does, but for
     the newline that the stop string keeps or drops; a wrong one has another number */
  const bs_score_row *poor = score_of(analysis, 0, 1, 0, "bleu");
  const bs_score_row *good = score_of(analysis, 2, 1, 0, "bleu");
  CU_ASSERT_PTR_NOT_NULL_FATAL(poor);
  CU_ASSERT_PTR_NOT_NULL_FATAL(good);
  CU_ASSERT_TRUE(good->value > 95 && poor->value < 80);
  CU_ASSERT_EQUAL(good->n, 50);
  bs_analysis_free(&analysis);
  bs_tables_free(&results);
}

/* Normalised scores, and their means over tasks and over the subtasks of one. */
static void normalised_scores_are_averaged(void) {
  bs_tables *results = plain_results((synthetic_size){2, 4, 2, 40});
  results->tasks[1].name = "parent:x";
  results->tasks[2].name = "parent:y";
  results->tasks[3].preferred_metric = "log_likelihood"; /* has no low score: counts nowhere */
  results->tasks[3].low_score = NAN;
  bs_analysis *analysis = of_results(results);
  double y[3], error[3];
  for (uint32_t task = 0; task < 3; task++) {
    const bs_task_row *row = &results->tasks[task];
    const bs_score_row *score = score_of(analysis, 1, task, 1, row->preferred_metric);
    CU_ASSERT_PTR_NOT_NULL_FATAL(score);
    y[task] = 100 * (score->value - row->low_score) / (row->high_score - row->low_score);
    error[task] = 100 * score->standard_error / (row->high_score - row->low_score);
    CLOSE(score->normalized, y[task]);
    CU_ASSERT_TRUE(isnan(score_of(analysis, 1, task, 1, "log_likelihood")->normalized));
  }
  CU_ASSERT_TRUE(isnan(score_of(analysis, 1, 3, 1, "log_likelihood")->normalized));
  CU_ASSERT_EQUAL_FATAL(bs_analysis_tables(analysis)->n_aggregates, 2 * 2 * 2);
  const bs_aggregate_row *all = &bs_analysis_tables(analysis)->aggregates[6], *parent = all + 1;
  CU_ASSERT_EQUAL(all->model, 1);
  CU_ASSERT_EQUAL(all->shots, 1);
  CU_ASSERT_STRING_EQUAL(all->tasks, BS_ALL_TASKS);
  CU_ASSERT_STRING_EQUAL(parent->tasks, "parent");
  CU_ASSERT_EQUAL(parent->n, 2);
  CLOSE(parent->value, (y[1] + y[2]) / 2);
  CLOSE(parent->standard_error, sqrt(error[1] * error[1] + error[2] * error[2]) / 2);
  CU_ASSERT_EQUAL(all->n, 2); /* the first task and the parent */
  CLOSE(all->value, (y[0] + parent->value) / 2);
  bs_text text = printed(analysis, false);
  CU_ASSERT_PTR_NOT_NULL(strstr(text.data, "(all tasks)"));
  bs_text_free(&text);
  bs_analysis_free(&analysis);
  /* a model without a score for one of the tasks has no mean over them; 40 rows each */
  memmove(results->examples + 40, results->examples + 80,
          (results->n_examples - 80) * sizeof *results->examples);
  memmove(results->metric_values + 40 * SYNTHETIC_METRICS,
          results->metric_values + 80 * SYNTHETIC_METRICS,
          (results->n_examples - 80) * SYNTHETIC_METRICS * sizeof(double));
  size_t n_gone = results->examples[40].first_choice - 40 * 4;
  memmove(results->choices + 160, results->choices + 160 + n_gone,
          (results->n_choices - 160 - n_gone) * sizeof *results->choices);
  results->n_choices -= n_gone;
  results->n_examples -= 40;
  for (size_t i = 0, next = 0, next_sample = 0; i < results->n_examples; i++) {
    results->examples[i].first_choice = next;
    for (size_t k = 0; k < results->examples[i].n_choices; k++)
      results->choices[next++].row = i;
    for (size_t k = 0; k < results->examples[i].n_samples; k++)
      results->samples[next_sample++].row = i;
  }
  analysis = of_results(results);
  CU_ASSERT_EQUAL_FATAL(bs_analysis_tables(analysis)->n_aggregates, 2 * 2 * 2);
  CU_ASSERT_TRUE(isnan(bs_analysis_tables(analysis)->aggregates[2].value)); /* model 0, 1 shot */
  CU_ASSERT_EQUAL(bs_analysis_tables(analysis)->aggregates[2].n, 2);
  CU_ASSERT_TRUE(isfinite(bs_analysis_tables(analysis)->aggregates[0].value));
  CU_ASSERT_TRUE(isfinite(bs_analysis_tables(analysis)->aggregates[3].value));
  bs_analysis_free(&analysis);
  bs_tables_free(&results);
}

static void unfit_results_are_refused(void) {
  bs_error err = {0};
  bs_analysis *analysis = NULL;
  bs_tables *results = synthetic_results((synthetic_size){2, 3, 1, 4}, true);
  BS_TEST_FAILS(bs_analysis_from_tables(&analysis, results, &err), BS_ERR_INPUT, err,
                "not in order");
  BS_TEST_OK(bs_tables_sort(results, &err), err);
  results->tasks[1].metrics = "no_such_metric";
  BS_TEST_FAILS(bs_analysis_from_tables(&analysis, results, &err), BS_ERR_INPUT, err,
                "task addition: metric \"no_such_metric\" is neither known");
  results->tasks[1].metrics = "log_likelihood,log_likelihood";
  BS_TEST_FAILS(bs_analysis_from_tables(&analysis, results, &err), BS_ERR_INPUT, err,
                "lists metric \"log_likelihood\" twice");
  results->tasks[1].metrics = "bleu";
  results->tasks[1].output_regex = "(";
  BS_TEST_FAILS(bs_analysis_from_tables(&analysis, results, &err), BS_ERR_INPUT, err,
                "task addition");
  CU_ASSERT_PTR_NULL(analysis);
  bs_tables_free(&results);
  BS_TEST_OK(bs_tables_new(&results, NULL, 0, &err), err);
  analysis = of_results(results);
  CU_ASSERT_EQUAL(bs_analysis_tables(analysis)->n_scores, 0);
  bs_text text = printed(analysis, false);
  CU_ASSERT_STRING_EQUAL(text.data, "no scores\n");
  bs_text_free(&text);
  bs_analysis_free(&analysis);
  bs_tables_free(&results);
}

/* Written, read, analysed again: the same file, byte for byte. */
static void analysis_is_a_function_of_the_rows(void) {
  bs_error err = {0};
  bs_tables *results = synthetic_results((synthetic_size){4, 3, 2, 30}, true);
  BS_TEST_OK(bs_tables_sort(results, &err), err);
  bs_analysis *analysis = of_results(results);
  BS_TEST_OK(bs_store_write(bs_test_path("a.h5"), results, bs_analysis_tables(analysis), &err),
             err);
  bs_tables *back = NULL;
  BS_TEST_OK(bs_store_read(&back, bs_test_path("a.h5"), &err), err);
  CU_ASSERT_PTR_NOT_NULL_FATAL(back);
  bs_analysis *again = of_results(back);
  BS_TEST_OK(bs_store_write(bs_test_path("b.h5"), back, bs_analysis_tables(again), &err), err);
  bs_text a = bs_test_read(bs_test_path("a.h5")), b = bs_test_read(bs_test_path("b.h5"));
  CU_ASSERT_TRUE(a.n_bytes == b.n_bytes && memcmp(a.data, b.data, a.n_bytes) == 0);
  bs_text_free(&a);
  bs_text_free(&b);
  bs_analysis_free(&again);
  bs_analysis_free(&analysis);
  bs_tables_free(&back);
  bs_tables_free(&results);
}

int main(void) {
  static const bs_test tests[] = {
      {"linearity by hand", linearity_by_hand},
      {"undefined is NaN", undefined_is_nan},
      {"scores are means of columns", scores_are_means_of_columns},
      {"outcomes are rebuilt", outcomes_are_rebuilt},
      {"normalised scores are averaged", normalised_scores_are_averaged},
      {"unfit results are refused", unfit_results_are_refused},
      {"analysis is a function of the rows", analysis_is_a_function_of_the_rows},
  };
  return bs_test_main("analysis", tests, sizeof tests / sizeof *tests);
}
