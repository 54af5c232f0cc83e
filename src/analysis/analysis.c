#include "bigsweep/analysis.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/analysis_internal.h"
#include "base/memory_internal.h"
#include "statistics/linearity_internal.h"

bs_status bs_analysis_new(bs_analysis **out, bs_error *err) {
  *out = NULL;
  bs_analysis *analysis = bs_array_new(1, sizeof *analysis, err);
  if (analysis == NULL)
    return BS_ERR_MEMORY;
  analysis->arena = bs_arena_new();
  if (analysis->arena == NULL) {
    bs_analysis_free(&analysis);
    return bs_error_set(err, BS_ERR_MEMORY, "cannot allocate an analysis");
  }
  *out = analysis;
  return BS_OK;
}

void bs_analysis_free(bs_analysis **analysis) {
  if (analysis == NULL || *analysis == NULL)
    return;
  bs_analysis *of = *analysis;
  free(of->models);
  free(of->tasks);
  free(of->scores);
  free(of->aggregates);
  free(of->spreads);
  free(of->spread_places);
  free(of->humans);
  free(of->prompts);
  free(of->linearity);
  free(of->linearity_task);
  free(of->points);
  free(of->first_point);
  bs_names_free(&of->families);
  bs_names_free(&of->metrics);
  bs_names_free(&of->aggregate_names);
  bs_arena_free(&of->arena);
  free(of);
  *analysis = NULL;
}

static bs_status copy_string(bs_analysis *analysis, const char *from, const char **out,
                             bs_error *err) {
  from = from != NULL ? from : "";
  *out = bs_arena_string(analysis->arena, from, strlen(from));
  return *out != NULL ? BS_OK : bs_error_set(err, BS_ERR_MEMORY, "cannot copy a name");
}

bs_status bs_analysis_add_model(bs_analysis *analysis, const char *name, const char *family,
                                double scale, bs_error *err) {
  bs_analysis_model_row row = {.scale = scale};
  void *models = analysis->models;
  bs_status status = bs_array_reserve(&models, &analysis->cap_models, analysis->n_models, 1,
                                      sizeof *analysis->models, err);
  analysis->models = models;
  if (status == BS_OK)
    status = copy_string(analysis, name, &row.name, err);
  if (status == BS_OK)
    status = bs_names_add(&analysis->families, analysis->arena, family != NULL ? family : "",
                          &row.family_number, err);
  if (status != BS_OK)
    return status;
  row.family = analysis->families.strings[row.family_number];
  analysis->models[analysis->n_models++] = row;
  return BS_OK;
}

bs_status bs_analysis_add_task(bs_analysis *analysis, const char *name,
                               const char *preferred_metric, bs_error *err) {
  bs_analysis_task_row row = {0};
  void *tasks = analysis->tasks;
  bs_status status = bs_array_reserve(&tasks, &analysis->cap_tasks, analysis->n_tasks, 1,
                                      sizeof *analysis->tasks, err);
  analysis->tasks = tasks;
  if (status == BS_OK)
    status = copy_string(analysis, name, &row.name, err);
  if (status == BS_OK)
    status = copy_string(analysis, preferred_metric, &row.preferred_metric, err);
  if (status == BS_OK)
    analysis->tasks[analysis->n_tasks++] = row;
  return status;
}

bs_status bs_analysis_add_score(bs_analysis *analysis, const bs_score_row *row, bs_error *err) {
  uint32_t metric = 0;
  void *scores = analysis->scores;
  bs_status status = bs_array_reserve(&scores, &analysis->cap_scores, analysis->n_scores, 1,
                                      sizeof *analysis->scores, err);
  analysis->scores = scores;
  if (status == BS_OK)
    status = bs_names_add(&analysis->metrics, analysis->arena, row->metric, &metric, err);
  if (status != BS_OK)
    return status;
  bs_score_row *copy = &analysis->scores[analysis->n_scores++];
  *copy = *row;
  copy->metric = analysis->metrics.strings[metric];
  return BS_OK;
}

/* A score or an aggregate on its way into the curves. */
typedef struct curve_key {
  uint32_t family, task, shots, metric; /* aggregates are numbered behind the tasks */
  double scale;
  uint32_t model;
  size_t score; /* aggregates are numbered behind the scores */
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
  BS_ORDER(a->model, b->model);
  BS_ORDER(a->score, b->score);
  return 0;
}

static bs_status make_keys(bs_analysis *analysis, curve_key *keys, bs_error *err) {
  for (size_t i = 0; i < analysis->n_scores; i++) {
    const bs_score_row *score = &analysis->scores[i];
    const bs_analysis_model_row *model = &analysis->models[score->model];
    uint32_t metric = 0;
    bs_status status =
        bs_names_add(&analysis->metrics, analysis->arena, score->metric, &metric, err);
    if (status != BS_OK)
      return status;
    keys[i] = (curve_key){.family = model->family_number,
                          .task = score->task,
                          .shots = score->shots,
                          .metric = metric,
                          .scale = model->scale,
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
  if (analysis->n_aggregates == 0)
    return BS_OK;
  bs_status status =
      bs_names_add(&analysis->metrics, analysis->arena, BS_AGGREGATE_METRIC, &metric, err);
  for (size_t i = 0; status == BS_OK && i < analysis->n_aggregates; i++) {
    const bs_aggregate_row *row = &analysis->aggregates[i];
    const bs_analysis_model_row *model = &analysis->models[row->model];
    uint32_t number = 0;
    bs_names_find(&analysis->aggregate_names, row->tasks, &number);
    keys[i] = (curve_key){.family = model->family_number,
                          .task = (uint32_t)analysis->n_tasks + number,
                          .shots = row->shots,
                          .metric = metric,
                          .scale = model->scale,
                          .model = row->model,
                          .score = analysis->n_scores + i,
                          .value = row->value,
                          .standard_error = row->standard_error,
                          .n = row->n};
  }
  return status;
}

/* The scores of keys[0..n), all of one curve and scale. */
static bs_scale_point point_of(const curve_key *keys, size_t n) {
  bs_scale_point point = {.scale = keys[0].scale, .n_models = (uint32_t)n};
  double variance = 0;
  for (size_t i = 0; i < n; i++) {
    point.value += keys[i].value;
    variance += keys[i].standard_error * keys[i].standard_error;
    point.n += keys[i].n;
  }
  if (n == 1) {
    point.standard_error = keys[0].standard_error;
    return point;
  }
  point.value /= (double)n;
  point.standard_error = sqrt(variance) / (double)n;
  return point;
}

static size_t curve_length(const curve_key *keys, size_t n) {
  size_t end = 1;
  while (end < n && compare_curves(keys, keys + end) == 0)
    end++;
  return end;
}

/* One curve: keys[0..n) become points and a row. */
static void add_curve(bs_analysis *analysis, const curve_key *keys, size_t n, double *y,
                      double *squares) {
  size_t first = analysis->first_point[analysis->n_linearity], n_points = 0;
  for (size_t at = 0; at < n;) {
    size_t end = at + 1;
    while (end < n && keys[end].scale == keys[at].scale)
      end++;
    bs_scale_point point = point_of(keys + at, end - at);
    analysis->points[first + n_points] = point;
    y[n_points++] = point.value;
    at = end;
  }
  size_t row = analysis->n_linearity++;
  analysis->first_point[row + 1] = first + n_points;
  bool is_task = keys->task < analysis->n_tasks;
  analysis->linearity_task[row] = is_task ? keys->task : UINT32_MAX;
  analysis->linearity[row] = (bs_linearity_row){
      .family = analysis->families.strings[keys->family],
      .task = is_task ? analysis->tasks[keys->task].name
                      : analysis->aggregate_names.strings[keys->task - analysis->n_tasks],
      .metric = analysis->metrics.strings[keys->metric],
      .shots = keys->shots,
      .of = bs_linearity_with(y, n_points, squares)};
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

static void add_curves(bs_analysis *analysis, const curve_key *keys, size_t n_keys, double *y,
                       double *squares) {
  for (size_t at = 0; at < n_keys;) {
    size_t n = curve_length(keys + at, n_keys - at);
    add_curve(analysis, keys + at, n, y, squares);
    at += n;
  }
}

bs_status bs_analysis_finish(bs_analysis *analysis, size_t repeated[2], bs_error *err) {
  size_t n = analysis->n_scores + analysis->n_aggregates;
  curve_key *keys = bs_array_new(n, sizeof *keys, err);
  double *y = bs_array_new(n, sizeof *y, err), *squares = bs_array_new(n, sizeof *squares, err);
  analysis->linearity = bs_array_new(n, sizeof *analysis->linearity, err);
  analysis->linearity_task = bs_array_new(n, sizeof *analysis->linearity_task, err);
  analysis->points = bs_array_new(n, sizeof *analysis->points, err);
  analysis->first_point = bs_array_new(n + 1, sizeof *analysis->first_point, err);
  bs_status status = BS_ERR_MEMORY;
  if (keys == NULL || y == NULL || squares == NULL || analysis->linearity == NULL ||
      analysis->linearity_task == NULL || analysis->points == NULL || analysis->first_point == NULL)
    goto cleanup;
  status = make_keys(analysis, keys, err);
  if (status == BS_OK)
    status = make_aggregate_keys(analysis, keys + analysis->n_scores, err);
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

size_t bs_analysis_n_models(const bs_analysis *analysis) { return analysis->n_models; }
size_t bs_analysis_n_scores(const bs_analysis *analysis) { return analysis->n_scores; }

const bs_score_row *bs_analysis_scores(const bs_analysis *analysis) { return analysis->scores; }

const char *bs_analysis_model(const bs_analysis *analysis, uint32_t model) {
  return model < analysis->n_models ? analysis->models[model].name : NULL;
}

double bs_analysis_scale(const bs_analysis *analysis, uint32_t model) {
  return model < analysis->n_models ? analysis->models[model].scale : NAN;
}

const char *bs_analysis_task(const bs_analysis *analysis, uint32_t task) {
  return task < analysis->n_tasks ? analysis->tasks[task].name : NULL;
}

const char *bs_analysis_preferred_metric(const bs_analysis *analysis, uint32_t task) {
  return task < analysis->n_tasks ? analysis->tasks[task].preferred_metric : NULL;
}

size_t bs_analysis_n_aggregates(const bs_analysis *analysis) { return analysis->n_aggregates; }

const bs_aggregate_row *bs_analysis_aggregates(const bs_analysis *analysis) {
  return analysis->aggregates;
}

size_t bs_analysis_n_spreads(const bs_analysis *analysis) { return analysis->n_spreads; }

const bs_spread_row *bs_analysis_spreads(const bs_analysis *analysis) { return analysis->spreads; }

size_t bs_analysis_n_humans(const bs_analysis *analysis) { return analysis->n_humans; }

const bs_human_row *bs_analysis_humans(const bs_analysis *analysis) { return analysis->humans; }

size_t bs_analysis_n_linearity(const bs_analysis *analysis) { return analysis->n_linearity; }

const bs_linearity_row *bs_analysis_linearity(const bs_analysis *analysis) {
  return analysis->linearity;
}

const bs_scale_point *bs_analysis_curve(const bs_analysis *analysis, size_t row, size_t *n) {
  *n =
      row < analysis->n_linearity ? analysis->first_point[row + 1] - analysis->first_point[row] : 0;
  return *n > 0 ? analysis->points + analysis->first_point[row] : NULL;
}

uint32_t bs_analysis_linearity_task(const bs_analysis *analysis, size_t row) {
  return row < analysis->n_linearity ? analysis->linearity_task[row] : UINT32_MAX;
}
