/* Examples that hang together: standard errors of scores and of comparisons, against plain loops.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analyses.h"
#include "analysis/analysis_internal.h"
#include "bigsweep/store.h"
#include "harness.h"
#include "synthetic.h"

#define CLOSE(a, b) CU_ASSERT_DOUBLE_EQUAL(a, b, 1e-12)

enum { N = 60, CLUSTERS = 15 };

/* Of task 0, 15 clusters of three examples each (0 to 44) and 15 examples by themselves. */
static bs_tables *clustered_results(void) {
  bs_tables *results = synthetic_results((synthetic_size){4, 3, 1, N}, false);
  results->tasks[0].metrics = "multiple_choice_grade,log_likelihood,expected_calibration_error";
  for (size_t i = 0; i < results->n_examples; i++) {
    bs_example_row *row = &results->examples[i];
    if (row->task == 0 && row->example < 3 * CLUSTERS)
      row->cluster = 1000 + 7 * (uint64_t)(row->example % CLUSTERS);
  }
  return results;
}

static const double *values_of(const bs_tables *results, uint32_t model, size_t column) {
  static double values[N];
  for (size_t i = 0; i < results->n_examples; i++) {
    const bs_example_row *row = &results->examples[i];
    if (row->model == model && row->task == 0)
      values[row->example] = results->metric_values[i * results->n_metrics + column];
  }
  return values;
}

/* Sums of deviations, cluster by cluster; those by themselves are clusters of one. */
static double plain_error(const double *values) {
  double mean = 0, sums[2 * CLUSTERS] = {0}, squares = 0;
  for (size_t j = 0; j < N; j++)
    mean += values[j] / N;
  for (size_t j = 0; j < N; j++)
    sums[j < 3 * CLUSTERS ? j % CLUSTERS : j - 2 * CLUSTERS] += values[j] - mean;
  for (size_t c = 0; c < 2 * CLUSTERS; c++)
    squares += sums[c] * sums[c];
  return sqrt(2. * CLUSTERS / (2. * CLUSTERS - 1) * squares) / N;
}

static const bs_score_row *score_of(const bs_analysis *analysis, uint32_t model, uint32_t task,
                                    const char *metric) {
  const bs_tables *tables = bs_analysis_tables(analysis);
  for (size_t i = 0; i < tables->n_scores; i++)
    if (tables->scores[i].model == model && tables->scores[i].task == task &&
        strcmp(tables->scores[i].metric, metric) == 0)
      return &tables->scores[i];
  return NULL;
}

static void scores_have_errors_between_clusters(void) {
  bs_tables *results = clustered_results();
  bs_analysis *analysis = of_results(results);
  for (uint32_t model = 0; model < 4; model++) {
    const bs_score_row *grade = score_of(analysis, model, 0, "multiple_choice_grade");
    CU_ASSERT_PTR_NOT_NULL_FATAL(grade);
    CU_ASSERT_EQUAL(grade->n, N);
    CU_ASSERT_EQUAL(grade->n_clusters, 2 * CLUSTERS);
    CLOSE(grade->standard_error, plain_error(values_of(results, model, 1)));
    const bs_score_row *likelihood = score_of(analysis, model, 0, "log_likelihood");
    CLOSE(likelihood->standard_error, plain_error(values_of(results, model, 2)));
  }
  bs_analysis_free(&analysis);
  bs_tables_free(&results);
}

/* The task without clusters, and the scores of all, are what they are without the column. */
static void others_stay_the_same(void) {
  bs_tables *with = clustered_results(), *without = clustered_results();
  for (size_t i = 0; i < without->n_examples; i++)
    without->examples[i].cluster = 0;
  bs_analysis *a = of_results(with), *b = of_results(without);
  const bs_tables *x = bs_analysis_tables(a), *y = bs_analysis_tables(b);
  size_t n_wider = 0;
  CU_ASSERT_EQUAL_FATAL(x->n_scores, y->n_scores);
  for (size_t i = 0; i < x->n_scores; i++) {
    CU_ASSERT_EQUAL(x->scores[i].value, y->scores[i].value);
    CU_ASSERT_EQUAL(x->scores[i].n, y->scores[i].n);
    CU_ASSERT_EQUAL(y->scores[i].n_clusters, y->scores[i].n);
    if (x->scores[i].task != 0)
      CU_ASSERT_EQUAL(x->scores[i].standard_error, y->scores[i].standard_error);
    n_wider += x->scores[i].standard_error != y->scores[i].standard_error;
  }
  CU_ASSERT_EQUAL(n_wider, 4 * 3); /* the metric over all examples at once too */
  bs_analysis_free(&a);
  bs_analysis_free(&b);
  bs_tables_free(&with);
  bs_tables_free(&without);
}

/* Every example is its own cluster, with a name: nothing changes. */
static void clusters_of_one(void) {
  bs_tables *results = clustered_results();
  bs_analysis *before = NULL, *after = NULL;
  for (size_t i = 0; i < results->n_examples; i++)
    results->examples[i].cluster = 0;
  before = of_results(results);
  for (size_t i = 0; i < results->n_examples; i++)
    results->examples[i].cluster = 1 + results->examples[i].example;
  after = of_results(results);
  for (size_t i = 0; i < bs_analysis_tables(after)->n_scores; i++) {
    const bs_score_row *row = &bs_analysis_tables(after)->scores[i];
    CU_ASSERT_EQUAL(row->n_clusters, row->n);
    CLOSE(row->standard_error, bs_analysis_tables(before)->scores[i].standard_error);
  }
  bs_analysis_free(&before);
  bs_analysis_free(&after);
  bs_tables_free(&results);
}

static void models_are_compared_between_clusters(void) {
  bs_tables *results = clustered_results();
  bs_model_comparison *rows = NULL;
  size_t n = 0;
  bs_error err = {0};
  double differences[N];
  BS_TEST_OK(
      bs_analysis_compare_models(&rows, &n, results, results, &(bs_model_pair){1, 3}, 1, &err),
      err);
  CU_ASSERT_EQUAL_FATAL(n, 3 * 2);
  CU_ASSERT_STRING_EQUAL(rows[0].metric, "multiple_choice_grade");
  const double *of = values_of(results, 1, 1);
  for (size_t j = 0; j < N; j++)
    differences[j] = of[j];
  of = values_of(results, 3, 1);
  for (size_t j = 0; j < N; j++)
    differences[j] -= of[j];
  CU_ASSERT_EQUAL(rows[0].n_clusters, 2 * CLUSTERS);
  CLOSE(rows[0].of.difference.standard_error, plain_error(differences));
  CU_ASSERT_EQUAL(rows[0].of.difference.n_free, 2 * CLUSTERS - 1);
  CU_ASSERT_EQUAL(rows[0].p, rows[0].of.difference.p); /* McNemar's test knows no clusters */
  CU_ASSERT_EQUAL(rows[2].n_clusters, N);
  CU_ASSERT_EQUAL(rows[2].p, rows[2].of.exact_p);
  free(rows);
  bs_tables_free(&results);
}

static size_t curve_of(const bs_analysis *analysis, const char *task, const char *metric) {
  const bs_tables *tables = bs_analysis_tables(analysis);
  for (size_t i = 0; i < tables->n_linearity; i++)
    if (strcmp(tables->linearity[i].task, task) == 0 &&
        strcmp(tables->linearity[i].metric, metric) == 0)
      return i;
  CU_FAIL_FATAL("there is no such curve");
  return 0;
}

/* Clusters are numbered in the order of their names, behind the examples that stand alone. */
static uint32_t number_of(size_t example) {
  return (uint32_t)(example < 3 * CLUSTERS ? CLUSTERS + example % CLUSTERS
                                           : example - 3 * CLUSTERS);
}

/* Intervals and shapes resample whole clusters. */
static void curves_are_resampled_by_clusters(void) {
  bs_tables *results = clustered_results();
  bs_analysis *analysis = of_results(results);
  size_t n, at = curve_of(analysis, results->tasks[0].name, "multiple_choice_grade");
  const bs_linearity_row *row = &bs_analysis_tables(analysis)->linearity[at];
  const bs_scale_point *points = bs_analysis_curve(analysis, at, &n);
  double scores[4 * N];
  uint32_t numbers[N];
  const size_t n_seeds[4] = {1, 1, 1, 1};
  CU_ASSERT_EQUAL_FATAL(n, 4);
  for (size_t k = 0; k < n; k++) {
    const double *values = values_of(results, points[k].model, 1);
    for (size_t j = 0; j < N; j++)
      scores[j * n + k] = values[j];
  }
  for (size_t j = 0; j < N; j++)
    numbers[j] = number_of(j);
  bs_curve expected, blind;
  bs_error err = {0};
  uint64_t seed = 0;
  BS_TEST_OK(bs_analysis_stream(row->task, row->metric, row->shots, &seed, &err), err);
  BS_TEST_OK(bs_curve_from_repeats(&expected, scores, n_seeds, N, n,
                                   (bs_clusters){numbers, 2 * CLUSTERS}, seed, &err),
             err);
  BS_TEST_OK(bs_curve_from_examples(&blind, scores, N, n, seed, &err), err);
  CU_ASSERT_EQUAL(row->improvement_low, expected.improvement.low);
  CU_ASSERT_EQUAL(row->improvement_high, expected.improvement.high);
  CU_ASSERT_EQUAL(row->shape_p, expected.shape_p);
  CU_ASSERT_NOT_EQUAL(row->improvement_low, blind.improvement.low);
  bs_analysis_free(&analysis);
  bs_tables_free(&results);
}

/* Two seeds of a model: what a cluster does to both is added before it is squared. */
static void means_over_repeats(void) {
  bs_tables *results = clustered_results();
  double means[N];
  for (uint32_t model = 2; model < 4; model++) {
    results->models[model].scale = results->models[2].scale;
    results->models[model].seed = model;
  }
  for (uint32_t model = 2; model < 4; model++) {
    const double *values = values_of(results, model, 1);
    for (size_t j = 0; j < N; j++)
      means[j] = model == 2 ? values[j] / 2 : means[j] + values[j] / 2;
  }
  bs_analysis *analysis = of_results(results);
  size_t n, at = curve_of(analysis, results->tasks[0].name, "multiple_choice_grade");
  const bs_scale_point *points = bs_analysis_curve(analysis, at, &n);
  CU_ASSERT_EQUAL_FATAL(n, 3);
  CU_ASSERT_EQUAL(points[2].n_models, 2);
  CU_ASSERT_EQUAL(points[2].n, N);
  CLOSE(points[2].standard_error, plain_error(means));
  bs_analysis_free(&analysis);
  bs_tables_free(&results);
}

int main(void) {
  static const bs_test tests[] = {
      {"scores have errors between clusters", scores_have_errors_between_clusters},
      {"others stay the same", others_stay_the_same},
      {"clusters of one", clusters_of_one},
      {"models are compared between clusters", models_are_compared_between_clusters},
      {"curves are resampled by clusters", curves_are_resampled_by_clusters},
      {"means over repeats", means_over_repeats},
  };
  return bs_test_main("clusters", tests, sizeof tests / sizeof *tests);
}
