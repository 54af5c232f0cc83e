/* Forecasts of more than ten times the largest size: the median of laws of scores, and of losses
   where a table has them. */
#include <math.h>
#include <stdlib.h>

#include "analysis/forecasts_internal.h"
#include "base/memory_internal.h"
#include "statistics/forecast_internal.h"

/* What the runs of a series are known by, beside their scores. */
typedef struct law_room {
  double *losses, *parameters, *tokens; /* [n] */
  bool has_losses, has_tokens;
  bs_law_points points;
} law_room;

static bool are_above_zero(const double *values, size_t n) {
  for (size_t k = 0; k < n; k++)
    if (!(values[k] > 0) || isinf(values[k]))
      return false;
  return true;
}

/* Whether a linearity row is of the same task and shots with a loss for each of the series' models,
   which are then filled in. */
static bool take_losses(const bs_forecasting *f, const bs_series *series, size_t row,
                        double *losses) {
  const bs_linearity_row *of = &f->analysis->tables->linearity[row];
  size_t n, n_found = 0;
  int sign = bs_loss_sign(of->metric);
  if (sign == 0)
    return false;
  const bs_scale_point *points = bs_analysis_curve(f->analysis, row, &n);
  for (size_t k = 0; k < series->n; k++)
    for (size_t i = 0; i < n; i++)
      if (points[i].model == series->models[k]) {
        losses[k] = sign * points[i].value;
        n_found++;
      }
  return n_found == series->n && are_above_zero(losses, series->n_known);
}

/* The curves of a task and number of shots stand together. */
static bool is_of_same(const bs_forecasting *f, const bs_series *series, size_t row) {
  const bs_linearity_row *rows = f->analysis->tables->linearity;
  return row < f->analysis->tables->n_linearity &&
         f->analysis->linearity_task[row] == series->task_number &&
         rows[row].shots == series->shots && rows[row].family == rows[series->row].family;
}

static bs_status fill_room(const bs_forecasting *f, const bs_series *series, law_room *room,
                           bs_error *err) {
  size_t row = series->row;
  while (row > 0 && is_of_same(f, series, row - 1))
    row--;
  room->has_losses = false;
  for (; is_of_same(f, series, row) && !room->has_losses; row++)
    room->has_losses = take_losses(f, series, row, room->losses);
  for (size_t k = 0; k < series->n; k++) {
    const bs_analysis_model_row *model = &f->analysis->models[series->models[k]];
    room->parameters[k] = model->scale;
    room->tokens[k] = model->tokens;
  }
  room->has_tokens = are_above_zero(room->tokens, series->n);
  room->points.n = 0;
  if (!room->has_losses || f->n_moments == 0)
    return BS_OK;
  const char *metric = f->analysis->tables->linearity[row - 1].metric;
  uint32_t loss_metric = UINT32_MAX;
  bs_interner_find(&f->analysis->metrics, metric, &loss_metric);
  return bs_forecasting_law_points(f, series, loss_metric, bs_loss_sign(metric), room->losses,
                                   &room->points, err);
}

/* The first n runs, for a target of this size. Of a size that was not run, parameters and tokens
   are what the last of all known runs has, both times the same factor: compute is in proportion to
   their product. */
static bs_runs runs_of(const bs_series *series, const law_room *room, size_t n, double scale) {
  bs_runs runs = {.n = n,
                  .compute = series->axis,
                  .scores = series->y,
                  .chance = series->chance,
                  .losses = room->has_losses ? room->losses : NULL,
                  .parameters = room->has_tokens ? room->parameters : NULL,
                  .tokens = room->has_tokens ? room->tokens : NULL,
                  .n_points = room->points.n > 0 ? room->points.end[n - 1] : 0,
                  .point_losses = room->points.losses,
                  .point_scores = room->points.scores,
                  .target_compute = scale};
  size_t at = n;
  while (at < series->n && series->axis[at] != scale)
    at++;
  double factor = 1;
  if (at == series->n) {
    at = series->n_known - 1;
    factor = sqrt(scale / series->axis[at]);
  }
  runs.target_parameters = factor * room->parameters[at];
  runs.target_tokens = factor * room->tokens[at];
  return runs;
}

/* Forecasts of a whole suite at a size from its first n runs. */
static bs_status forecast_all(const bs_forecasting *f, const size_t *series, const bs_suite *suite,
                              size_t n, double scale, law_room *room, double *forecasts,
                              bs_error *err) {
  bs_status status = bs_forecast_trend.forecast(suite, n, log(scale), forecasts, err);
  for (size_t t = 0; t < suite->n_tasks && status == BS_OK; t++) {
    const bs_series *of = &f->series[series[t]];
    status = fill_room(f, of, room, err);
    if (status != BS_OK)
      break;
    bs_runs runs = runs_of(of, room, n, scale);
    double trend = forecasts[t];
    status = bs_laws_median(&runs, &trend, 1, &forecasts[t], err);
    forecasts[t] = bs_within_unit(forecasts[t]);
  }
  return status;
}

static size_t n_up_to(const bs_series *series, double size) {
  size_t n = 0;
  while (n < series->n_known && series->axis[n] <= size * (1 + 1e-9))
    n++;
  return n;
}

static bs_status forecast_with(bs_forecasting *f, const size_t *series, const bs_suite *suite,
                               size_t target, law_room *room, double *forecasts, bs_error *err) {
  const bs_series *first = &f->series[series[0]];
  size_t n = suite->n_tasks, last = first->n_known - 1, n_earlier = 0;
  double scale = f->prospects[series[0] * f->n_targets + target].scale;
  double ratio = scale / first->axis[last];
  bs_status status = forecast_all(f, series, suite, last + 1, scale, room, forecasts, err);
  for (size_t t = 0; t < n && status == BS_OK; t++) {
    f->prospects[series[t] * f->n_targets + target].forecast = forecasts[t];
    f->prospects[series[t] * f->n_targets + target].method = "laws";
  }
  while (status == BS_OK && n_earlier < BS_MOST_EARLIER && n_earlier <= last) {
    double earlier_target = first->axis[last - n_earlier];
    size_t n_before = n_up_to(first, earlier_target / ratio);
    if (n_before < BS_LEAST_KNOWN)
      break;
    status = forecast_all(f, series, suite, n_before, earlier_target, room, forecasts, err);
    for (size_t t = 0; t < n && status == BS_OK; t++)
      f->prospects[series[t] * f->n_targets + target].earlier[n_earlier] = forecasts[t];
    n_earlier++;
  }
  for (size_t t = 0; t < n && status == BS_OK; t++) {
    bs_prospect *to = &f->prospects[series[t] * f->n_targets + target];
    to->n_earlier = n_earlier;
    if (n_earlier == 0)
      to->reason = "no earlier forecast over such a distance to calibrate on";
  }
  return status;
}

static bs_status room_open(law_room *room, size_t n_models, size_t n_points, bs_error *err) {
  room->losses = bs_array_new(n_models, sizeof *room->losses, err);
  room->parameters = bs_array_new(n_models, sizeof *room->parameters, err);
  room->tokens = bs_array_new(n_models, sizeof *room->tokens, err);
  room->points.losses = bs_array_new(n_points, sizeof *room->points.losses, err);
  room->points.scores = bs_array_new(n_points, sizeof *room->points.scores, err);
  room->points.end = bs_array_new(n_models, sizeof *room->points.end, err);
  return room->losses != NULL && room->parameters != NULL && room->tokens != NULL &&
                 room->points.losses != NULL && room->points.scores != NULL &&
                 room->points.end != NULL
             ? BS_OK
             : BS_ERR_MEMORY;
}

static void room_close(law_room *room) {
  free(room->losses);
  free(room->parameters);
  free(room->tokens);
  free(room->points.losses);
  free(room->points.scores);
  free(room->points.end);
}

bs_status bs_forecasting_by_laws(bs_forecasting *f, const size_t *series, size_t n,
                                 const bs_suite *suite, size_t target, bs_error *err) {
  law_room room = {0};
  bs_status status = room_open(&room, suite->n_models, f->n_moments + suite->n_models, err);
  double *forecasts = bs_array_new(n, sizeof *forecasts, err);
  if (status == BS_OK && forecasts == NULL)
    status = BS_ERR_MEMORY;
  if (status == BS_OK)
    status = forecast_with(f, series, suite, target, &room, forecasts, err);
  room_close(&room);
  free(forecasts);
  return status;
}
