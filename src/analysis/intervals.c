/* Intervals and shapes of the curves: the examples that all models of a curve answered, resampled
   together. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/analysis_internal.h"
#include "analysis/outcomes_internal.h"
#include "base/memory_internal.h"
#include "base/text_internal.h"
#include "bigsweep/metric.h"

/* The examples of one model, task and number of shots, which are neighbours. */
typedef struct example_group {
  uint32_t model, task, shots;
  size_t first, n;
} example_group;

typedef struct filling {
  bs_analysis *analysis;
  const bs_tables *results; /* NULL: there are no examples */
  example_group *groups;
  size_t n_groups;
  /* [n examples][n models]: sums over the repeats, and how many they are of. Used again. */
  double *scores;
  uint32_t *counts;
  size_t cap_scores, cap_counts;
} filling;

static int compare_groups(const void *left, const void *right) {
  const example_group *a = left, *b = right;
  BS_ORDER(a->model, b->model);
  BS_ORDER(a->task, b->task);
  BS_ORDER(a->shots, b->shots);
  return 0;
}

static bs_status find_groups(filling *f, bs_error *err) {
  const bs_example_row *rows = f->results->examples;
  size_t capacity = 0;
  for (size_t i = 0; i < f->results->n_examples; i++) {
    example_group group = {rows[i].model, rows[i].task, rows[i].shots, i, 1};
    if (f->n_groups > 0 && compare_groups(&f->groups[f->n_groups - 1], &group) == 0) {
      f->groups[f->n_groups - 1].n++;
      continue;
    }
    bs_status status = bs_reserve(&f->groups, &capacity, f->n_groups, 1, err);
    if (status != BS_OK)
      return status;
    f->groups[f->n_groups++] = group;
  }
  return BS_OK;
}

static const example_group *group_of(const filling *f, uint32_t model, uint32_t task,
                                     uint32_t shots) {
  const example_group key = {.model = model, .task = task, .shots = shots};
  return f->n_groups > 0 ? bsearch(&key, f->groups, f->n_groups, sizeof key, compare_groups) : NULL;
}

/* The same for all families: these meet the same resampled examples. */
static bs_status seed_of(const bs_linearity_row *row, uint64_t *seed, bs_error *err) {
  bs_text name = {0};
  unsigned char digest[32] = {0};
  bs_status status =
      bs_text_printf(&name, err, "%s/%s/%u", row->task, row->metric, (unsigned)row->shots);
  if (status == BS_OK)
    status = bs_sha256(name.data, name.n_bytes, digest, err);
  *seed = 0;
  for (size_t i = 0; i < 8; i++)
    *seed |= (uint64_t)digest[i] << 8 * i;
  bs_text_free(&name);
  return status;
}

/* What is resampled: the examples' values in a column of the results, for all points of a curve. */
typedef struct sampling {
  const bs_scale_point *points;
  size_t n_points, column, n_examples; /* the most that a group has, by the examples' numbers */
  uint32_t task, shots;
} sampling;

static bool is_repeat_of(const bs_analysis *analysis, size_t model, const bs_scale_point *point) {
  return analysis->models[model].first_repeat == point->model;
}

static size_t last_example(const filling *f, const example_group *group) {
  return f->results->examples[group->first + group->n - 1].example;
}

/* Adds the values of one model to those of its point. */
static void add_model(filling *f, const sampling *of, const example_group *group, size_t point) {
  const bs_tables *results = f->results;
  for (size_t i = group->first; i < group->first + group->n; i++) {
    double value = results->metric_values[i * results->n_metrics + of->column];
    size_t cell = results->examples[i].example * of->n_points + point;
    if (!isfinite(value))
      continue;
    f->scores[cell] += value;
    f->counts[cell]++;
  }
}

/* Keeps the examples that every model of every point has a value for; returns how many. */
static size_t keep_common(filling *f, const sampling *of) {
  size_t m = of->n_points, kept = 0;
  for (size_t j = 0; j < of->n_examples; j++) {
    bool is_common = true;
    for (size_t k = 0; k < m; k++)
      is_common = is_common && f->counts[j * m + k] == of->points[k].n_models;
    for (size_t k = 0; is_common && k < m; k++)
      f->scores[kept * m + k] = f->scores[j * m + k] / f->counts[j * m + k];
    kept += is_common;
  }
  return kept;
}

static bs_status gather(filling *f, sampling *of, size_t *n_common, bs_error *err) {
  size_t n_cells;
  for (uint32_t model = 0; model < f->analysis->n_models; model++) {
    const example_group *group = group_of(f, model, of->task, of->shots);
    if (group != NULL && last_example(f, group) >= of->n_examples)
      of->n_examples = last_example(f, group) + 1;
  }
  if (!bs_size_mul(of->n_examples, of->n_points, &n_cells))
    return bs_error_set(err, BS_ERR_MEMORY, "cannot resample %zu examples", of->n_examples);
  bs_status status = bs_reserve(&f->scores, &f->cap_scores, 0, n_cells, err);
  if (status == BS_OK)
    status = bs_reserve(&f->counts, &f->cap_counts, 0, n_cells, err);
  if (status != BS_OK)
    return status;
  for (size_t i = 0; i < n_cells; i++) {
    f->scores[i] = 0;
    f->counts[i] = 0;
  }
  for (size_t k = 0; k < of->n_points; k++)
    for (uint32_t model = 0; model < f->analysis->n_models; model++) {
      const example_group *group = group_of(f, model, of->task, of->shots);
      if (group != NULL && is_repeat_of(f->analysis, model, &of->points[k]))
        add_model(f, of, group, k);
    }
  *n_common = keep_common(f, of);
  return BS_OK;
}

static bs_status fill_from_errors(bs_curve *curve, const bs_scale_point *points, size_t n,
                                  uint64_t seed, bs_error *err) {
  double *numbers = bs_array_new(2 * n, sizeof *numbers, err);
  if (numbers == NULL)
    return BS_ERR_MEMORY;
  uint64_t n_examples = points[0].n;
  bool is_known = true;
  for (size_t k = 0; k < n; k++) {
    numbers[k] = points[k].value;
    numbers[n + k] = points[k].standard_error;
    n_examples = points[k].n < n_examples ? points[k].n : n_examples;
    is_known = is_known && isfinite(points[k].value) && isfinite(points[k].standard_error);
  }
  bs_status status = BS_OK;
  if (is_known)
    status = bs_curve_from_errors(curve, numbers, numbers + n, n, n_examples, seed, err);
  free(numbers);
  return status;
}

/* The column of a metric that is the mean of its examples' values; SIZE_MAX where it is not. */
static size_t column_of(const filling *f, const char *name) {
  const bs_metric *metric = bs_metric_find(name);
  bool is_mean = metric == NULL || metric->corpus == NULL;
  return f->results != NULL && is_mean ? bs_tables_column(f->results, name) : SIZE_MAX;
}

/* The scale at a place between models, on a logarithmic axis. */
static double scale_at(const bs_scale_point *points, size_t n, double place) {
  if (isnan(place))
    return NAN;
  size_t k = (size_t)place < n - 1 ? (size_t)place : n - 2;
  double share = place - (double)k;
  return points[k].scale * pow(points[k + 1].scale / points[k].scale, share);
}

static void set_curve(bs_linearity_row *row, const bs_curve *curve, const bs_scale_point *points,
                      size_t n) {
  row->improvement_low = curve->improvement.low;
  row->improvement_high = curve->improvement.high;
  row->improvement_corrected = curve->improvement_corrected;
  row->linearity_low = curve->linearity.low;
  row->linearity_high = curve->linearity.high;
  row->linearity_corrected = curve->linearity_corrected;
  row->breakthroughness_low = curve->breakthroughness.low;
  row->breakthroughness_high = curve->breakthroughness.high;
  row->sign_share = curve->sign_share;
  row->shape = bs_shape_name(curve->shape);
  row->shape_p = curve->shape_p;
  row->half_rise_scale = scale_at(points, n, curve->half_rise);
  row->half_rise_scale_low = scale_at(points, n, curve->half_rise_interval.low);
  row->half_rise_scale_high = scale_at(points, n, curve->half_rise_interval.high);
}

static bs_status fill_row(filling *f, size_t i, bs_error *err) {
  bs_linearity_row *row = &f->analysis->tables->linearity[i];
  size_t n, n_common = 0;
  const bs_scale_point *points = bs_analysis_curve(f->analysis, i, &n);
  bs_curve curve;
  bs_status status = bs_curve_from_errors(&curve, NULL, NULL, 0, 0, 0, err); /* undefined */
  set_curve(row, &curve, points, n);
  if (n < 2 || isnan(row->improvement))
    return status;
  uint64_t seed = 0;
  sampling of = {.points = points,
                 .n_points = n,
                 .column = column_of(f, row->metric),
                 .task = f->analysis->linearity_task[i],
                 .shots = row->shots};
  status = seed_of(row, &seed, err);
  bool has_examples = of.task != UINT32_MAX && of.column != SIZE_MAX;
  if (status == BS_OK && has_examples)
    status = gather(f, &of, &n_common, err);
  if (status == BS_OK && has_examples)
    status = bs_curve_from_examples(&curve, f->scores, n_common, n, seed, err);
  else if (status == BS_OK)
    status = fill_from_errors(&curve, points, n, seed, err);
  if (status == BS_OK)
    set_curve(row, &curve, points, n);
  return status;
}

bs_status bs_analysis_fill_curves(bs_analysis *analysis, const bs_tables *results, bs_error *err) {
  filling f = {.analysis = analysis, .results = results};
  bs_status status = results != NULL ? find_groups(&f, err) : BS_OK;
  for (size_t i = 0; status == BS_OK && i < analysis->tables->n_linearity; i++)
    status = fill_row(&f, i, err);
  free(f.groups);
  free(f.scores);
  free(f.counts);
  return status;
}
