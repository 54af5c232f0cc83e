/* The scores of two curves with their covariances, from the examples that both sides answered. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/comparisons_internal.h"
#include "analysis/outcomes_internal.h"
#include "base/memory_internal.h"
#include "bigsweep/metric.h"

static const char CALIBRATION[] = "expected_calibration_error";

void bs_pairing_free(bs_pairing *pairing) {
  free(pairing->scales);
  free(pairing->values);
  free(pairing->covariance);
  free(pairing->rows);
  bs_cluster_numbers_free(&pairing->clusters);
  bs_example_matrix_free(&pairing->first);
  bs_example_matrix_free(&pairing->second);
  *pairing = (bs_pairing){0};
}

/* The influences of all examples, group by group. */
static bs_status fill_influences(double *to, const bs_tables *results, bs_error *err) {
  const bs_metric *metric = bs_metric_find(CALIBRATION);
  bs_outcomes outcomes;
  bs_estimate estimate;
  bs_status status = bs_outcomes_open(&outcomes, results, err);
  for (size_t i = 0; i < results->n_examples; i++)
    to[i] = NAN;
  while (status == BS_OK && bs_outcomes_next(&outcomes)) {
    if (results->examples[outcomes.first].n_choices == 0)
      continue;
    status = bs_outcomes_fill(&outcomes, false, err);
    if (status == BS_OK)
      status = bs_metric_influences(metric, outcomes.all, outcomes.n, &estimate,
                                    to + outcomes.first, err);
  }
  bs_outcomes_close(&outcomes);
  return status;
}

bs_status bs_pairing_source_open(bs_pairing_source *source, const bs_analysis *analysis,
                                 const bs_tables *results, bs_error *err) {
  *source = (bs_pairing_source){.analysis = analysis, .results = results};
  bs_status status = bs_example_index_make(&source->index, results, err);
  if (status == BS_OK && bs_interner_find(&analysis->metrics, CALIBRATION, &(uint32_t){0})) {
    source->influences = bs_array_new(results->n_examples, sizeof *source->influences, err);
    status = source->influences != NULL ? fill_influences(source->influences, results, err)
                                        : BS_ERR_MEMORY;
  }
  if (status != BS_OK)
    bs_pairing_source_close(source);
  return status;
}

void bs_pairing_source_close(bs_pairing_source *source) {
  bs_example_index_free(&source->index);
  free(source->influences);
  *source = (bs_pairing_source){0};
}

static double influence_value(const void *user, size_t row) {
  const double *influences = user;
  return influences[row];
}

/* What the examples of the metric are: values, or influences; false where they are not known. */
static bool find_values(const bs_pairing_source *source, const char *name,
                        bs_example_column *column, bs_example_source *to) {
  const bs_metric *metric = bs_metric_find(name);
  *column = (bs_example_column){source->results, bs_tables_column(source->results, name)};
  bool is_mean = metric == NULL || metric->corpus == NULL;
  if (is_mean && column->column != SIZE_MAX)
    *to = (bs_example_source){.value = bs_example_column_value, .user = column};
  else if (strcmp(name, CALIBRATION) == 0 && source->influences != NULL)
    *to = (bs_example_source){.value = influence_value, .user = source->influences};
  else
    return false;
  return true;
}

/* Scales and scores of a curve's points; their standard errors as variances. */
static void place_points(bs_pairing *to, const bs_scale_point *points, size_t n, size_t first) {
  size_t m = to->pair.n_first + to->pair.n_second;
  for (size_t k = 0; k < n; k++) {
    to->scales[first + k] = points[k].scale;
    to->values[first + k] = points[k].value;
    to->covariance[(first + k) * m + first + k] =
        points[k].standard_error * points[k].standard_error;
    to->n = points[k].n < to->n ? points[k].n : to->n;
  }
}

static bs_status start(bs_pairing *to, const bs_scale_point *first, size_t n_first,
                       const bs_scale_point *second, size_t n_second, bs_error *err) {
  size_t m = n_first + n_second, n_squares;
  if (!bs_size_mul(m, m, &n_squares))
    return bs_error_set(err, BS_ERR_MEMORY, "cannot compare %zu models", m);
  bs_status status = bs_reserve(&to->scales, &to->cap_scales, 0, m, err);
  if (status == BS_OK)
    status = bs_reserve(&to->values, &to->cap_values, 0, m, err);
  if (status == BS_OK)
    status = bs_reserve(&to->covariance, &to->cap_covariance, 0, n_squares, err);
  if (status != BS_OK)
    return status;
  for (size_t i = 0; i < n_squares; i++)
    to->covariance[i] = 0;
  to->n = UINT64_MAX;
  to->pair = (bs_curve_pair){n_first, n_second, to->scales, to->values, to->covariance, INFINITY};
  place_points(to, first, n_first, 0);
  place_points(to, second, n_second, n_first);
  to->n = to->n == UINT64_MAX ? 0 : to->n;
  to->pair.n_free = to->n > 1 ? (double)(to->n - 1) : (double)INFINITY;
  return BS_OK;
}

/* Brings the rows of the examples that both matrices have together. Returns their number. */
static size_t join(bs_pairing *to, const bs_tables *results) {
  const bs_example_matrix *a = &to->first, *b = &to->second;
  size_t n = 0, m = a->n_models + b->n_models;
  for (size_t i = 0, j = 0; i < a->n && j < b->n;) {
    if (a->examples[i] != b->examples[j]) {
      *(a->examples[i] < b->examples[j] ? &i : &j) += 1;
      continue;
    }
    for (size_t k = 0; k < m; k++)
      to->rows[n * m + k] = k < a->n_models ? a->values[i * a->n_models + k]
                                            : b->values[j * b->n_models + k - a->n_models];
    to->clusters.keys[n].cluster = results->examples[a->rows[i]].cluster;
    n++;
    i++;
    j++;
  }
  return n;
}

static void take_means(bs_pairing *to, size_t n, size_t m) {
  for (size_t k = 0; k < m; k++) {
    double sum = 0;
    for (size_t j = 0; j < n; j++)
      sum += to->rows[j * m + k];
    to->values[k] = sum / (double)n;
  }
}

static void forget_errors(bs_pairing *to) {
  size_t m = to->pair.n_first + to->pair.n_second;
  for (size_t i = 0; i < m * m; i++)
    to->covariance[i] = 0;
}

/* Examples that both sides answered. */
static bs_status from_common(bs_pairing *to, const bs_tables *results, bool is_mean,
                             bs_error *err) {
  size_t m = to->pair.n_first + to->pair.n_second, n_values;
  size_t most = bs_size_min(to->first.n, to->second.n);
  if (!bs_size_mul(most, m, &n_values))
    return bs_error_set(err, BS_ERR_MEMORY, "%zu examples of %zu models are too many", most, m);
  bs_status status = bs_reserve(&to->rows, &to->cap_rows, 0, n_values, err);
  if (status == BS_OK)
    status = bs_cluster_numbers_reserve(&to->clusters, most, err);
  size_t n = status == BS_OK ? join(to, results) : 0;
  if (status == BS_OK)
    status = bs_cluster_numbers_make(&to->clusters, n, err);
  to->n = n;
  to->pair.n_free = n > 1 ? (double)(to->clusters.of.n - 1) : 0;
  if (status != BS_OK || n < 2)
    return status;
  if (is_mean)
    take_means(to, n, m);
  forget_errors(to);
  return bs_add_covariance(to->covariance, 1, to->rows, n, m, to->clusters.of, err);
}

static bs_status gather(bs_example_matrix *to, const bs_pairing_source *source,
                        const bs_example_source *values, size_t row, bs_error *err) {
  size_t n;
  const bs_scale_point *points = bs_analysis_curve(source->analysis, row, &n);
  bs_example_source of = *values;
  of.task = source->analysis->linearity_task[row];
  of.shots = source->analysis->tables->linearity[row].shots;
  bs_status status =
      bs_example_matrix_of_curve(to, &source->index, &of, source->analysis, points, n, err);
  if (status == BS_OK)
    bs_example_matrix_average(to);
  return status;
}

bs_status bs_pairing_make(bs_pairing *to, const bs_pairing_source *source, size_t first_row,
                          size_t second_row, bs_error *err) {
  size_t n_first, n_second;
  const bs_scale_point *first = bs_analysis_curve(source->analysis, first_row, &n_first);
  const bs_scale_point *second = bs_analysis_curve(source->analysis, second_row, &n_second);
  bs_example_column column;
  bs_example_source values;
  bs_status status = start(to, first, n_first, second, n_second, err);
  if (status != BS_OK ||
      !find_values(source, source->analysis->tables->linearity[first_row].metric, &column, &values))
    return status;
  bool is_mean = values.value == bs_example_column_value;
  status = gather(&to->first, source, &values, first_row, err);
  if (status == BS_OK)
    status = gather(&to->second, source, &values, second_row, err);
  if (status != BS_OK || to->first.n_models != n_first || to->second.n_models != n_second)
    return status;
  return from_common(to, source->results, is_mean, err);
}

/* The covariances of one side's scores, columns [at, at + n_models) of the pair, from its own
   examples; and where values are means these. */
static bs_status add_side(bs_pairing *to, const bs_tables *results, const bs_example_matrix *side,
                          size_t at, bool is_mean, bs_error *err) {
  size_t m = to->pair.n_first + to->pair.n_second, n_values;
  if (!bs_size_mul(side->n, m, &n_values))
    return bs_error_set(err, BS_ERR_MEMORY, "%zu examples of %zu models are too many", side->n, m);
  bs_status status = bs_reserve(&to->rows, &to->cap_rows, 0, n_values, err);
  if (status == BS_OK)
    status = bs_cluster_numbers_reserve(&to->clusters, side->n, err);
  if (status != BS_OK)
    return status;
  for (size_t j = 0; j < side->n; j++) {
    for (size_t k = 0; k < m; k++)
      to->rows[j * m + k] =
          k >= at && k < at + side->n_models ? side->values[j * side->n_models + k - at] : 0;
    to->clusters.keys[j].cluster = results->examples[side->rows[j]].cluster;
  }
  status = bs_cluster_numbers_make(&to->clusters, side->n, err);
  if (status != BS_OK)
    return status;
  for (size_t k = at; is_mean && k < at + side->n_models; k++) {
    double sum = 0;
    for (size_t j = 0; j < side->n; j++)
      sum += to->rows[j * m + k];
    to->values[k] = sum / (double)side->n;
  }
  to->n = side->n < to->n ? side->n : to->n;
  to->pair.n_free = fmin(to->pair.n_free, (double)(to->clusters.of.n - 1));
  return bs_add_covariance(to->covariance, 1, to->rows, side->n, m, to->clusters.of, err);
}

bs_status bs_pairing_make_apart(bs_pairing *to, const bs_pairing_source *source, size_t first_row,
                                size_t second_row, bs_error *err) {
  size_t n_first, n_second;
  const bs_scale_point *first = bs_analysis_curve(source->analysis, first_row, &n_first);
  const bs_scale_point *second = bs_analysis_curve(source->analysis, second_row, &n_second);
  bs_example_column column;
  bs_example_source values;
  bs_status status = start(to, first, n_first, second, n_second, err);
  if (status != BS_OK ||
      !find_values(source, source->analysis->tables->linearity[first_row].metric, &column, &values))
    return status;
  status = gather(&to->first, source, &values, first_row, err);
  if (status == BS_OK)
    status = gather(&to->second, source, &values, second_row, err);
  if (status != BS_OK || to->first.n_models != n_first || to->second.n_models != n_second ||
      to->first.n < 2 || to->second.n < 2)
    return status;
  bool is_mean = values.value == bs_example_column_value;
  forget_errors(to);
  to->n = UINT64_MAX;
  to->pair.n_free = INFINITY;
  status = add_side(to, source->results, &to->first, 0, is_mean, err);
  return status == BS_OK ? add_side(to, source->results, &to->second, n_first, is_mean, err)
                         : status;
}
