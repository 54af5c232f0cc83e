/* From scores to curves: the points of each family, task, number of shots and metric, and how they
   move with scale. */
#include <math.h>
#include <stdlib.h>

#include "analysis/analysis_internal.h"
#include "base/memory_internal.h"
#include "statistics/linearity_internal.h"

/* A score or an aggregate on its way into the curves. */
typedef struct curve_key {
  uint32_t family, task, shots, metric; /* aggregates are numbered behind the tasks */
  double scale;
  uint32_t repeat, model; /* repeat: the first of the models that it is averaged with */
  size_t score;           /* aggregates are numbered behind the scores */
  double value, standard_error;
  uint64_t n;
} curve_key;

static int compare_curves(const curve_key *a, const curve_key *b) {
  BS_ORDER(a->family, b->family);
  BS_ORDER(a->task, b->task);
  BS_ORDER(a->shots, b->shots);
  BS_ORDER(a->metric, b->metric);
  return 0;
}

static int compare_keys(const void *left, const void *right) {
  const curve_key *a = left, *b = right;
  int order = compare_curves(a, b);
  if (order != 0)
    return order;
  BS_ORDER(a->scale, b->scale);
  BS_ORDER(a->repeat, b->repeat);
  BS_ORDER(a->model, b->model);
  BS_ORDER(a->score, b->score);
  return 0;
}

static bs_status make_keys(bs_analysis *analysis, curve_key *keys, bs_error *err) {
  for (size_t i = 0; i < analysis->tables->n_scores; i++) {
    const bs_score_row *score = &analysis->tables->scores[i];
    const bs_analysis_model_row *model = &analysis->models[score->model];
    uint32_t metric = 0;
    bs_status status =
        bs_interner_add(&analysis->metrics, analysis->tables->arena, score->metric, &metric, err);
    if (status != BS_OK)
      return status;
    keys[i] = (curve_key){.family = model->family_number,
                          .task = score->task,
                          .shots = score->shots,
                          .metric = metric,
                          .scale = model->scale,
                          .repeat = model->first_repeat,
                          .model = score->model,
                          .score = i,
                          .value = score->value,
                          .standard_error = score->standard_error,
                          .n = score->n};
  }
  return BS_OK;
}

static bs_status make_aggregate_keys(bs_analysis *analysis, curve_key *keys, bs_error *err) {
  uint32_t metric = 0;
  if (analysis->tables->n_aggregates == 0)
    return BS_OK;
  bs_status status = bs_interner_add(&analysis->metrics, analysis->tables->arena,
                                     BS_AGGREGATE_METRIC, &metric, err);
  for (size_t i = 0; status == BS_OK && i < analysis->tables->n_aggregates; i++) {
    const bs_aggregate_row *row = &analysis->tables->aggregates[i];
    const bs_analysis_model_row *model = &analysis->models[row->model];
    uint32_t number = 0;
    bs_interner_find(&analysis->aggregate_names, row->tasks, &number);
    keys[i] = (curve_key){.family = model->family_number,
                          .task = (uint32_t)analysis->n_tasks + number,
                          .shots = row->shots,
                          .metric = metric,
                          .scale = model->scale,
                          .repeat = model->first_repeat,
                          .model = row->model,
                          .score = analysis->tables->n_scores + i,
                          .value = row->value,
                          .standard_error = row->standard_error,
                          .n = row->n};
  }
  return status;
}

/* What an analysis without examples can say of the mean's error: repeats that answer the same
   examples err together, at most by the mean of their errors. */
static bs_common_error largest_error(const curve_key *keys, size_t n) {
  bs_common_error error = {0};
  for (size_t i = 0; i < n; i++) {
    error.standard_error += keys[i].standard_error / (double)n;
    error.n = keys[i].n > error.n ? keys[i].n : error.n;
  }
  return error;
}

static bs_common_error error_of(const bs_analysis *analysis, const curve_key *keys, size_t n) {
  if (n == 1)
    return (bs_common_error){keys->standard_error, keys->n};
  if (keys->score >= analysis->tables->n_scores)
    return analysis->common_aggregate_errors != NULL
               ? analysis->common_aggregate_errors[keys->score - analysis->tables->n_scores]
               : largest_error(keys, n);
  return analysis->common_errors != NULL ? analysis->common_errors[keys->score]
                                         : largest_error(keys, n);
}

/* The scores of keys[0..n), all of one curve and of repeats of one model. Repeats without a score
   do not count; a mean over tasks needs all of them. */
static bs_scale_point point_of(const bs_analysis *analysis, curve_key *keys, size_t n) {
  bs_scale_point point = {.curve = analysis->tables->n_linearity,
                          .scale = keys[0].scale,
                          .model = keys[0].repeat,
                          .standard_deviation = NAN};
  bool is_aggregate = keys[0].score >= analysis->tables->n_scores;
  size_t n_kept = 0;
  for (size_t i = 0; i < n; i++)
    if (n == 1 || is_aggregate || !isnan(keys[i].value))
      keys[n_kept++] = keys[i];
  n_kept = n_kept > 0 ? n_kept : 1; /* all without: one of them stands for it */
  for (size_t i = 0; i < n_kept; i++)
    point.value += keys[i].value;
  point.value /= (double)n_kept;
  double squares = 0;
  for (size_t i = 0; i < n_kept; i++)
    squares += (keys[i].value - point.value) * (keys[i].value - point.value);
  if (n_kept > 1)
    point.standard_deviation = sqrt(squares / (double)(n_kept - 1));
  bs_common_error error = error_of(analysis, keys, n_kept);
  point.standard_error = isnan(point.value) ? NAN : error.standard_error;
  point.n = error.n;
  point.n_models = (uint32_t)n_kept;
  return point;
}

static size_t curve_length(const curve_key *keys, size_t n) {
  size_t end = 1;
  while (end < n && compare_curves(keys, keys + end) == 0)
    end++;
  return end;
}

/* Where a family has no single curve, all is undefined but the number of scales. */
static bs_linearity linearity_of(const bs_scale_point *points, size_t n, bool has_curve, double *y,
                                 double *squares) {
  size_t n_scales = 0;
  for (size_t i = 0; i < n; i++) {
    n_scales += i == 0 || points[i].scale != points[i - 1].scale;
    y[i] = points[i].value;
  }
  bs_linearity of = bs_linearity_with(y, has_curve ? n : 0, squares);
  of.n = n_scales;
  return of;
}

/* One curve: keys[0..n) become points and a row. */
static void add_curve(bs_analysis *analysis, curve_key *keys, size_t n, double *y,
                      double *squares) {
  size_t first = analysis->first_point[analysis->tables->n_linearity], n_points = 0;
  const curve_key of = keys[0];
  for (size_t at = 0, end; at < n; at = end) {
    for (end = at + 1; end < n && keys[end].repeat == keys[at].repeat;)
      end++;
    analysis->tables->points[first + n_points++] = point_of(analysis, keys + at, end - at);
  }
  size_t row = analysis->tables->n_linearity++;
  analysis->first_point[row + 1] = analysis->tables->n_points = first + n_points;
  bool is_task = of.task < analysis->n_tasks;
  uint64_t shared_scales = analysis->shared_scales[of.family];
  bs_linearity linearity =
      linearity_of(analysis->tables->points + first, n_points, shared_scales == 0, y, squares);
  analysis->linearity_task[row] = is_task ? of.task : UINT32_MAX;
  analysis->tables->linearity[row] = (bs_linearity_row){
      .family = analysis->families.strings[of.family],
      .task = is_task ? analysis->tasks[of.task].name
                      : analysis->aggregate_names.strings[of.task - analysis->n_tasks],
      .metric = analysis->metrics.strings[of.metric],
      .shots = of.shots,
      .n = linearity.n,
      .improvement = linearity.improvement,
      .linearity = linearity.linearity,
      .breakthroughness = linearity.breakthroughness,
      .root_mean_square = linearity.root_mean_square,
      .root_median_square = linearity.root_median_square,
      .linearity_per_step = linearity.linearity_per_step,
      .shared_scales = shared_scales};
}

static bool is_repeated(const curve_key *keys, size_t n, size_t repeated[2]) {
  for (size_t i = 1; i < n; i++)
    if (compare_curves(&keys[i - 1], &keys[i]) == 0 && keys[i - 1].model == keys[i].model) {
      repeated[0] = keys[i - 1].score;
      repeated[1] = keys[i].score;
      return true;
    }
  return false;
}

static void add_curves(bs_analysis *analysis, curve_key *keys, size_t n_keys, double *y,
                       double *squares) {
  for (size_t at = 0; at < n_keys;) {
    size_t n = curve_length(keys + at, n_keys - at);
    add_curve(analysis, keys + at, n, y, squares);
    at += n;
  }
}

bs_status bs_analysis_finish(bs_analysis *analysis, size_t repeated[2], bs_error *err) {
  size_t n = analysis->tables->n_scores + analysis->tables->n_aggregates;
  curve_key *keys = bs_array_new(n, sizeof *keys, err);
  double *y = bs_array_new(n, sizeof *y, err), *squares = bs_array_new(n, sizeof *squares, err);
  analysis->tables->linearity = bs_array_new(n, sizeof *analysis->tables->linearity, err);
  analysis->linearity_task = bs_array_new(n, sizeof *analysis->linearity_task, err);
  analysis->tables->points = bs_array_new(n, sizeof *analysis->tables->points, err);
  analysis->first_point = bs_array_new(n + 1, sizeof *analysis->first_point, err);
  bs_status status = BS_ERR_MEMORY;
  if (keys == NULL || y == NULL || squares == NULL || analysis->tables->linearity == NULL ||
      analysis->linearity_task == NULL || analysis->tables->points == NULL ||
      analysis->first_point == NULL)
    goto cleanup;
  status = make_keys(analysis, keys, err);
  if (status == BS_OK)
    status = make_aggregate_keys(analysis, keys + analysis->tables->n_scores, err);
  if (status == BS_OK)
    qsort(keys, n, sizeof *keys, compare_keys);
  if (status == BS_OK && is_repeated(keys, n, repeated))
    status = BS_ERR_INPUT;
  else if (status == BS_OK)
    add_curves(analysis, keys, n, y, squares);
cleanup:
  free(keys);
  free(y);
  free(squares);
  return status;
}
