/* Curves as series to forecast: on which axis, in which unit, and which of them cannot be forecast
   at all. */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/forecasts_internal.h"
#include "base/memory_internal.h"
#include "bigsweep/metric.h"
#include "statistics/forecast_internal.h"

const char *bs_forecasting_text(bs_forecasting *f, bs_error *err, const char *format, ...) {
  char text[256];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  const char *copy = bs_arena_string(f->analysis->tables->arena, text, strlen(text));
  if (copy == NULL)
    bs_error_set(err, BS_ERR_MEMORY, "cannot copy a text");
  return copy;
}

/* Compute is the axis where it is known of all models of a family. */
static void find_axes(bs_forecasting *f) {
  const bs_analysis *of = f->analysis;
  for (size_t k = 0; k < of->families.n; k++)
    f->has_compute[k] = true;
  for (size_t i = 0; i < of->n_models; i++)
    if (isnan(of->models[i].compute))
      f->has_compute[of->models[i].family_number] = false;
}

static double size_of(const bs_forecasting *f, uint32_t model) {
  const bs_analysis_model_row *row = &f->analysis->models[model];
  return f->has_compute[row->family_number] ? row->compute : row->scale;
}

/* Losses fall as models get better, without an end: laws read them, nothing forecasts them. */
int bs_loss_sign(const char *metric) {
  static const char *const LOSSES[] = {"bpb", "bits_per_byte", "loss", "nll", "cross_entropy"};
  static const char *const LIKELIHOODS[] = {"log_likelihood", "log_likelihood_per_token"};
  for (size_t i = 0; i < sizeof LOSSES / sizeof *LOSSES; i++)
    if (strcmp(metric, LOSSES[i]) == 0)
      return 1;
  for (size_t i = 0; i < sizeof LIKELIHOODS / sizeof *LIKELIHOODS; i++)
    if (strcmp(metric, LIKELIHOODS[i]) == 0)
      return -1;
  return 0;
}

/* The scores that count as 0 and 1: of a metric that is not known here 0 and 1 themselves. */
static void set_range(bs_series *series) {
  const bs_metric *metric = bs_metric_find(series->metric);
  series->low = metric != NULL ? metric->low_score : 0;
  series->high = metric != NULL                                     ? metric->high_score
                 : strcmp(series->metric, BS_AGGREGATE_METRIC) == 0 ? 100
                                                                    : 1;
}

static double to_unit(const bs_series *series, double score) {
  return (score - series->low) / (series->high - series->low);
}

/* Rounding may leave a score a little outside. */
static bool is_within(double unit) { return unit >= -1e-9 && unit <= 1 + 1e-9; }

typedef struct point {
  double axis, y, error;
  uint32_t model;
} point;

static int compare_points(const void *left, const void *right) {
  const point *a = left, *b = right;
  BS_ORDER(a->axis, b->axis);
  BS_ORDER(a->model, b->model);
  return 0;
}

/* Takes the curve's points that have a score; returns how many. */
static size_t take_points(const bs_forecasting *f, size_t row, point *to) {
  size_t n, n_taken = 0;
  const bs_scale_point *points = bs_analysis_curve(f->analysis, row, &n);
  for (size_t k = 0; k < n; k++)
    if (isfinite(points[k].value))
      to[n_taken++] = (point){size_of(f, points[k].model), points[k].value,
                              points[k].standard_error, points[k].model};
  qsort(to, n_taken, sizeof *to, compare_points);
  return n_taken;
}

static const char *refusal_of(const bs_series *series, const point *points) {
  bool is_mean = strcmp(series->metric, BS_AGGREGATE_METRIC) == 0;
  bool is_unknown = !is_mean && bs_metric_find(series->metric) == NULL;
  if (bs_loss_sign(series->metric) != 0 || isnan(series->low))
    return "a metric without two ends is not forecast";
  for (size_t k = 0; k < series->n; k++)
    if (!is_within(to_unit(series, points[k].y)))
      return is_unknown
                 ? "outside 0 to 1, and the metric's range is not known (divide percentages by 100)"
             : is_mean ? "outside the metric's range, which is 0 to 100"
                       : "outside the metric's range";
  for (size_t k = 1; k < series->n; k++)
    if (points[k].axis == points[k - 1].axis)
      return "several models of one size that are not repeats of one training";
  return NULL;
}

/* Fills the series' arrays from its points. */
static void set_numbers(bs_forecasting *f, bs_series *series, const point *points, size_t first) {
  double *axis = f->numbers + 3 * first, *y = axis + series->n, *errors = y + series->n;
  for (size_t k = 0; k < series->n; k++) {
    axis[k] = points[k].axis;
    y[k] = series->refusal == NULL ? bs_within_unit(to_unit(series, points[k].y)) : points[k].y;
    errors[k] = fabs(points[k].error / (series->high - series->low));
    f->models[first + k] = points[k].model;
  }
  series->axis = axis;
  series->y = y;
  series->errors = errors;
  series->models = f->models + first;
}

static size_t read_row(bs_forecasting *f, size_t row, point *points, size_t first) {
  const bs_linearity_row *of = &f->analysis->tables->linearity[row];
  bs_series *series = &f->series[f->n_series++];
  *series = (bs_series){.row = row,
                        .task = of->task,
                        .metric = of->metric,
                        .shots = of->shots,
                        .task_number = f->analysis->linearity_task[row],
                        .shape = ""};
  size_t n_points;
  series->family =
      f->analysis->models[bs_analysis_curve(f->analysis, row, &n_points)->model].family_number;
  bs_interner_find(&f->analysis->metrics, of->metric, &series->metric_number);
  set_range(series);
  series->n = take_points(f, row, points);
  series->n_known = series->n - (series->n < f->request->n_held ? series->n : f->request->n_held);
  series->refusal = refusal_of(series, points);
  double known =
      bs_analysis_chance(f->analysis, f->results, series->task_number, series->metric_number);
  double chance = to_unit(series, isnan(known) ? series->low : known);
  bool is_usable = chance >= 0 && chance < 1;
  if (series->refusal == NULL && f->results == NULL && !is_usable)
    series->refusal = "the chance is not within the metric's range";
  series->chance = is_usable ? chance : 0;
  set_numbers(f, series, points, first);
  return series->n;
}

static int compare_numbers(const void *left, const void *right) {
  BS_ORDER(*(const double *)left, *(const double *)right);
  return 0;
}

/* One step beyond the largest size, the step being the median ratio of neighbouring sizes. */
static double next_size(double *sizes, size_t n) {
  size_t n_distinct = 0;
  qsort(sizes, n, sizeof *sizes, compare_numbers);
  for (size_t i = 0; i < n; i++)
    if (n_distinct == 0 || sizes[n_distinct - 1] != sizes[i])
      sizes[n_distinct++] = sizes[i];
  if (n_distinct < 2)
    return NAN;
  double last = sizes[n_distinct - 1];
  for (size_t i = 0; i + 1 < n_distinct; i++)
    sizes[i] = sizes[i + 1] / sizes[i];
  size_t n_steps = n_distinct - 1;
  qsort(sizes, n_steps, sizeof *sizes, compare_numbers);
  return last * (n_steps % 2 == 1 ? sizes[n_steps / 2]
                                  : sqrt(sizes[n_steps / 2 - 1] * sizes[n_steps / 2]));
}

static bs_status find_next_sizes(bs_forecasting *f, bs_error *err) {
  double *sizes = bs_array_new(f->analysis->n_models, sizeof *sizes, err);
  if (sizes == NULL)
    return BS_ERR_MEMORY;
  for (uint32_t family = 0; family < f->analysis->families.n; family++) {
    size_t n = 0;
    for (uint32_t i = 0; i < f->analysis->n_models; i++)
      if (f->analysis->models[i].family_number == family)
        sizes[n++] = size_of(f, i);
    f->next[family] = next_size(sizes, n);
  }
  free(sizes);
  return BS_OK;
}

bs_status bs_forecasting_read_series(bs_forecasting *f, bs_error *err) {
  const bs_tables *tables = f->analysis->tables;
  size_t n_families = f->analysis->families.n, n_numbers, first = 0;
  if (!bs_size_mul(tables->n_points, 3, &n_numbers))
    return bs_error_set(err, BS_ERR_MEMORY, "cannot forecast %zu points", tables->n_points);
  f->has_compute = bs_array_new(n_families, sizeof *f->has_compute, err);
  f->next = bs_array_new(n_families, sizeof *f->next, err);
  f->numbers = bs_array_new(n_numbers, sizeof *f->numbers, err);
  f->models = bs_array_new(tables->n_points, sizeof *f->models, err);
  f->series = bs_array_new(tables->n_linearity, sizeof *f->series, err);
  f->cap_series = tables->n_linearity;
  point *points = bs_array_new(tables->n_points, sizeof *points, err);
  bs_status status = BS_ERR_MEMORY;
  if (f->has_compute == NULL || f->next == NULL || f->numbers == NULL || f->models == NULL ||
      f->series == NULL || points == NULL)
    goto cleanup;
  find_axes(f);
  status = find_next_sizes(f, err);
  for (size_t row = 0; status == BS_OK && row < tables->n_linearity; row++)
    if (f->analysis->linearity_task[row] != UINT32_MAX)
      first += read_row(f, row, points, first);
  f->n_tasks_series = f->n_series;

cleanup:
  free(points);
  return status;
}
