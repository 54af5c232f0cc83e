/* Losses and scores seen on the way of the trainings: what the second of two steps learns from. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/forecasts_internal.h"
#include "base/memory_internal.h"
#include "statistics/forecast_internal.h"

static int compare_moments(const void *left, const void *right) {
  const bs_moment *a = left, *b = right;
  BS_ORDER(a->task, b->task);
  BS_ORDER(a->shots, b->shots);
  BS_ORDER(a->model, b->model);
  BS_ORDER(a->checkpoint, b->checkpoint);
  BS_ORDER(a->metric, b->metric);
  return 0;
}

/* The model of this name; those of several seeds stand behind their first. UINT32_MAX: there is
   none. */
static bs_status model_named(const bs_analysis *of, const char *name, uint32_t *out,
                             bs_error *err) {
  *out = UINT32_MAX;
  for (uint32_t i = 0; i < of->n_models; i++) {
    const bs_analysis_model_row *row = &of->models[i];
    if (strcmp(row->name, name) != 0)
      continue;
    if (*out != UINT32_MAX && of->models[*out].family_number != row->family_number)
      return bs_error_set(err, BS_ERR_INPUT,
                          "trajectories: \"%s\" is a model of two families of the scores, \"%s\" "
                          "and \"%s\": give them different names",
                          name, of->models[*out].family, row->family);
    if (*out == UINT32_MAX)
      *out = row->first_repeat;
  }
  return BS_OK;
}

/* What the trajectories' numbers are in the analysis; UINT32_MAX: nothing. */
typedef struct numbering {
  uint32_t *model; /* [families of the trajectories] */
  uint32_t *task;  /* [their tasks] */
} numbering;

static bs_status number_names(const bs_forecasting *f, const bs_analysis *from, numbering *to,
                              bs_error *err) {
  to->model = bs_array_new(from->families.n, sizeof *to->model, err);
  to->task = bs_array_new(from->n_tasks, sizeof *to->task, err);
  bs_status status = to->model != NULL && to->task != NULL ? BS_OK : BS_ERR_MEMORY;
  for (size_t i = 0; i < from->families.n && status == BS_OK; i++)
    status = model_named(f->analysis, from->families.strings[i], &to->model[i], err);
  for (size_t i = 0; i < from->n_tasks && status == BS_OK; i++) {
    to->task[i] = UINT32_MAX;
    for (uint32_t k = 0; k < f->analysis->n_tasks && to->task[i] == UINT32_MAX; k++)
      if (strcmp(f->analysis->tasks[k].name, from->tasks[i].name) == 0)
        to->task[i] = k;
  }
  return status;
}

static bs_status nothing_in_common(const bs_analysis *from, bs_error *err) {
  return bs_error_set(
      err, BS_ERR_INPUT,
      "trajectories: nothing in them belongs to the scores: expected the name of a model of the "
      "scores in the column family (the first is \"%s\"), checkpoints in the column model, and "
      "tasks and metrics of the scores",
      from->families.n > 0 ? from->families.strings[0] : "");
}

bs_status bs_forecasting_read_trajectories(bs_forecasting *f, bs_error *err) {
  const bs_analysis *from = f->request->trajectories;
  if (from == NULL)
    return BS_OK;
  numbering numbers = {0};
  f->moments = bs_array_new(from->tables->n_scores, sizeof *f->moments, err);
  bs_status status = f->moments != NULL ? number_names(f, from, &numbers, err) : BS_ERR_MEMORY;
  for (size_t i = 0; i < from->tables->n_scores && status == BS_OK; i++) {
    const bs_score_row *row = &from->tables->scores[i];
    bs_moment at = {.task = numbers.task[row->task],
                    .model = numbers.model[from->models[row->model].family_number],
                    .shots = row->shots,
                    .checkpoint = row->model,
                    .value = row->value};
    if (at.task != UINT32_MAX && at.model != UINT32_MAX && isfinite(at.value) &&
        bs_interner_find(&f->analysis->metrics, row->metric, &at.metric))
      f->moments[f->n_moments++] = at;
  }
  if (status == BS_OK && f->n_moments == 0)
    status = nothing_in_common(from, err);
  if (status == BS_OK)
    qsort(f->moments, f->n_moments, sizeof *f->moments, compare_moments);
  free(numbers.model);
  free(numbers.task);
  return status;
}

/* The moments of a model on the series' task: [first, end). */
static size_t moments_of(const bs_forecasting *f, const bs_series *series, uint32_t model,
                         size_t *end) {
  const bs_moment key = {.task = series->task_number, .shots = series->shots, .model = model};
  size_t low = 0, high = f->n_moments;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    if (compare_moments(&f->moments[middle], &key) < 0)
      low = middle + 1;
    else
      high = middle;
  }
  *end = low;
  while (*end < f->n_moments && f->moments[*end].task == key.task &&
         f->moments[*end].shots == key.shots && f->moments[*end].model == model)
    ++*end;
  return low;
}

static bs_status add_point(const bs_forecasting *f, const bs_series *series, bs_law_points *to,
                           const bs_moment *at, double loss, double score, bs_error *err) {
  if (!(loss > 0))
    return BS_OK;
  double unit = (score - series->low) / (series->high - series->low);
  if (!(unit >= -1e-9 && unit <= 1 + 1e-9))
    return bs_error_set(err, BS_ERR_INPUT,
                        "trajectories: %s of \"%s\" on \"%s\" is %g, which is outside the metric's "
                        "range %g to %g",
                        series->metric, f->request->trajectories->models[at->checkpoint].name,
                        series->task, score, fmin(series->low, series->high),
                        fmax(series->low, series->high));
  to->losses[to->n] = loss;
  to->scores[to->n++] = bs_within_unit(unit);
  return BS_OK;
}

/* The checkpoints of a model that have both a loss and a score. */
static bs_status add_model(const bs_forecasting *f, const bs_series *series, uint32_t model,
                           uint32_t loss_metric, int sign, bs_law_points *to, bs_error *err) {
  size_t end, first = moments_of(f, series, model, &end);
  bs_status status = BS_OK;
  for (size_t at = first, next; at < end && status == BS_OK; at = next) {
    double loss = NAN, score = NAN;
    for (next = at; next < end && f->moments[next].checkpoint == f->moments[at].checkpoint;
         next++) {
      if (f->moments[next].metric == loss_metric)
        loss = sign * f->moments[next].value;
      if (f->moments[next].metric == series->metric_number)
        score = f->moments[next].value;
    }
    if (isfinite(loss) && isfinite(score))
      status = add_point(f, series, to, &f->moments[at], loss, score, err);
  }
  return status;
}

bs_status bs_forecasting_law_points(const bs_forecasting *f, const bs_series *series,
                                    uint32_t loss_metric, int sign, const double *losses,
                                    bs_law_points *to, bs_error *err) {
  bs_status status = BS_OK;
  bool has_any = false;
  to->n = 0;
  for (size_t k = 0; k < series->n && status == BS_OK; k++) {
    size_t before = to->n;
    status = add_model(f, series, series->models[k], loss_metric, sign, to, err);
    has_any = has_any || to->n > before;
    if (to->n == before) { /* its end is all that is known of it */
      to->losses[to->n] = losses[k];
      to->scores[to->n++] = series->y[k];
    }
    to->end[k] = to->n;
  }
  to->n = has_any ? to->n : 0;
  return status;
}
