/* Series that have family, shots, metric and sizes in common are forecast together: a suite. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/forecasts_internal.h"
#include "base/memory_internal.h"
#include "statistics/forecast_internal.h"

static int compare_suites(const bs_series *a, const bs_series *b) {
  BS_ORDER(a->refusal != NULL, b->refusal != NULL);
  BS_ORDER(a->family, b->family);
  BS_ORDER(a->shots, b->shots);
  BS_ORDER(a->metric_number, b->metric_number);
  BS_ORDER(a->n, b->n);
  for (size_t k = 0; k < a->n; k++)
    BS_ORDER(a->axis[k], b->axis[k]);
  return 0;
}

static int compare_series(const void *left, const void *right) {
  const bs_series *a = *(const bs_series *const *)left, *b = *(const bs_series *const *)right;
  int order = compare_suites(a, b);
  if (order != 0)
    return order;
  BS_ORDER(a->row, b->row);
  return 0;
}

void bs_prospects_start(const bs_forecasting *f, const bs_series *series, bs_prospect *prospects) {
  const bs_forecast_request *request = f->request;
  for (size_t j = 0; j < f->n_targets; j++) {
    bs_prospect *to = &prospects[j];
    *to = (bs_prospect){.is_there = true,
                        .scale = NAN,
                        .forecast = NAN,
                        .half_width = NAN,
                        .observed = NAN,
                        .crps = NAN,
                        .method = "",
                        .reason = ""};
    if (request->n_held == 0) {
      to->scale = request->n_at > 0 ? request->at[j] : f->next[series->family];
    } else if (series->n_known + j < series->n) {
      to->scale = series->axis[series->n_known + j];
      to->observed = series->y[series->n_known + j];
    } else {
      to->is_there = false;
    }
    if (series->refusal != NULL)
      to->reason = series->refusal;
    else if (series->n_known < BS_LEAST_KNOWN)
      to->reason = request->n_held > 0 ? "fewer than three sizes are left to forecast from"
                                       : "fewer than three sizes";
    else if (to->is_there && to->scale <= series->axis[series->n_known - 1])
      to->reason = "not beyond the largest size";
  }
}

size_t bs_prospect_horizon(const bs_forecasting *f, const bs_series *series, size_t target,
                           double scale) {
  if (f->request->n_held > 0)
    return target + 1;
  const double *axis = series->axis;
  size_t last = series->n_known - 1;
  double spacing = log(axis[last] / axis[0]) / (double)last;
  double steps = round(log(scale / axis[last]) / spacing);
  return steps > 1 ? (size_t)fmin(steps, (double)series->n + 1) : 1; /* n + 1: never seen */
}

bool bs_prospect_is_far(const bs_series *series, double scale) {
  static const double FARTHEST = 10; /* times the largest size, but for rounding */
  enum { LEAST_OF_A_LAW = 6 };       /* sizes: laws have up to five parameters */
  return series->n_known >= LEAST_OF_A_LAW &&
         scale > FARTHEST * (1 + 1e-9) * series->axis[series->n_known - 1];
}

void bs_prospect_calibrate(bs_prospect *prospect, double *residuals, size_t n) {
  prospect->half_width = bs_forecast_quantile(residuals, n);
  if (isfinite(prospect->observed) && isfinite(prospect->forecast))
    prospect->crps = bs_forecast_crps(prospect->forecast, residuals, n, prospect->observed);
}

/* The numbers of a suite, as statistics take them. */
typedef struct suite_room {
  double *x, *scores, *errors, *chance, *forecasts, *residuals;
} suite_room;

static bs_status suite_open(suite_room *room, size_t n, size_t n_models, bs_error *err) {
  size_t n_cells;
  *room = (suite_room){0};
  if (!bs_size_mul(n, n_models, &n_cells))
    return bs_error_set(err, BS_ERR_MEMORY, "cannot forecast %zu tasks", n);
  room->x = bs_array_new(n_models, sizeof *room->x, err);
  room->scores = bs_array_new(n_cells, sizeof *room->scores, err);
  room->errors = bs_array_new(n_cells, sizeof *room->errors, err);
  room->chance = bs_array_new(n, sizeof *room->chance, err);
  room->forecasts = bs_array_new((1 + BS_MOST_EARLIER) * n, sizeof *room->forecasts, err);
  room->residuals = bs_array_new(BS_MOST_EARLIER * n, sizeof *room->residuals, err);
  return room->x != NULL && room->scores != NULL && room->errors != NULL && room->chance != NULL &&
                 room->forecasts != NULL && room->residuals != NULL
             ? BS_OK
             : BS_ERR_MEMORY;
}

static void suite_close(suite_room *room) {
  free(room->x);
  free(room->scores);
  free(room->errors);
  free(room->chance);
  free(room->forecasts);
  free(room->residuals);
}

static bs_suite fill_suite(const bs_forecasting *f, const size_t *series, size_t n,
                           suite_room *room) {
  size_t n_models = f->series[series[0]].n;
  for (size_t k = 0; k < n_models; k++)
    room->x[k] = log(f->series[series[0]].axis[k]);
  for (size_t t = 0; t < n; t++) {
    const bs_series *of = &f->series[series[t]];
    memcpy(room->scores + t * n_models, of->y, n_models * sizeof *of->y);
    memcpy(room->errors + t * n_models, of->errors, n_models * sizeof *of->errors);
    room->chance[t] = of->chance;
  }
  return (bs_suite){.n_tasks = n,
                    .n_models = n_models,
                    .x = room->x,
                    .scores = room->scores,
                    .errors = room->errors,
                    .chance = room->chance};
}

static bs_prospect *prospect_of(const bs_forecasting *f, size_t series, size_t target) {
  return &f->prospects[series * f->n_targets + target];
}

static bs_status by_median(bs_forecasting *f, const size_t *series, size_t n, const bs_suite *suite,
                           size_t target, suite_room *room, bs_error *err) {
  const bs_series *first = &f->series[series[0]];
  double scale = prospect_of(f, series[0], target)->scale;
  size_t horizon = bs_prospect_horizon(f, first, target, scale), n_earlier = 0;
  double *earlier = room->forecasts + n;
  bs_status status =
      bs_forecast_median4.forecast(suite, first->n_known, log(scale), room->forecasts, err);
  if (status == BS_OK)
    status = bs_forecast_earlier(suite, first->n_known, horizon, &bs_forecast_median4, earlier,
                                 &n_earlier, err);
  for (size_t t = 0; t < n && status == BS_OK; t++) {
    bs_prospect *to = prospect_of(f, series[t], target);
    to->method = bs_forecast_median4.name;
    to->forecast = room->forecasts[t];
    to->n_earlier = n_earlier;
    for (size_t i = 0; i < n_earlier; i++)
      to->earlier[i] = earlier[i * n + t];
  }
  if (status != BS_OK || n_earlier > 0)
    return status;
  const char *reason =
      bs_forecasting_text(f, err, "no earlier forecast to calibrate on: %zu sizes; %zu are needed",
                          first->n_known, horizon + BS_LEAST_KNOWN);
  for (size_t t = 0; t < n && reason != NULL; t++)
    prospect_of(f, series[t], target)->reason = reason;
  return reason != NULL ? BS_OK : BS_ERR_MEMORY;
}

/* The interval of all tasks from the errors of all tasks. */
static void calibrate(bs_forecasting *f, const size_t *series, size_t n, size_t target,
                      double *residuals) {
  size_t n_residuals = 0;
  for (size_t t = 0; t < n; t++) {
    const bs_series *of = &f->series[series[t]];
    const bs_prospect *from = prospect_of(f, series[t], target);
    for (size_t i = 0; i < from->n_earlier; i++)
      residuals[n_residuals++] = fabs(of->y[of->n_known - 1 - i] - from->earlier[i]);
  }
  for (size_t t = 0; t < n; t++)
    bs_prospect_calibrate(prospect_of(f, series[t], target), residuals, n_residuals);
}

/* Why the shape of a curve is no ground for a forecast; NULL: it is. */
static const char *refusal_of_shape(const char *shape) {
  static const struct {
    bs_shape shape;
    const char *reason;
  } REFUSED[] = {{BS_SHAPE_U, "the curve is a U"},
                 {BS_SHAPE_INVERTED_U, "the curve is an inverted U"},
                 {BS_SHAPE_IRREGULAR, "the curve is irregular"}};
  for (size_t i = 0; i < sizeof REFUSED / sizeof *REFUSED; i++)
    if (strcmp(shape, bs_shape_name(REFUSED[i].shape)) == 0)
      return REFUSED[i].reason;
  return NULL;
}

static bs_status forecast_suite(bs_forecasting *f, const size_t *series, size_t n, bs_error *err) {
  const bs_series *first = &f->series[series[0]];
  suite_room room = {0};
  bs_status status = suite_open(&room, n, first->n, err);
  bs_suite suite = {0};
  if (status == BS_OK)
    suite = fill_suite(f, series, n, &room);
  for (size_t j = 0; j < f->n_targets && status == BS_OK; j++) {
    const bs_prospect *at = prospect_of(f, series[0], j);
    if (!at->is_there || at->reason[0] != '\0')
      continue;
    status = bs_prospect_is_far(first, at->scale)
                 ? bs_forecasting_by_laws(f, series, n, &suite, j, err)
                 : by_median(f, series, n, &suite, j, &room, err);
    if (status == BS_OK)
      calibrate(f, series, n, j, room.residuals);
    for (size_t t = 0; t < n && status == BS_OK; t++) {
      const char *refusal = refusal_of_shape(f->series[series[t]].shape);
      if (refusal != NULL)
        prospect_of(f, series[t], j)->reason = refusal;
    }
  }
  suite_close(&room);
  return status;
}

bs_status bs_forecasting_forecast_suites(bs_forecasting *f, bs_error *err) {
  size_t n = f->n_tasks_series;
  const bs_series **sorted = bs_array_new(n, sizeof *sorted, err);
  size_t *order = bs_array_new(n, sizeof *order, err);
  bs_status status = sorted != NULL && order != NULL ? BS_OK : BS_ERR_MEMORY;
  for (size_t i = 0; i < n && status == BS_OK; i++) {
    bs_prospects_start(f, &f->series[i], f->prospects + i * f->n_targets);
    sorted[i] = &f->series[i];
  }
  if (status == BS_OK)
    qsort(sorted, n, sizeof *sorted, compare_series);
  for (size_t i = 0; i < n && status == BS_OK; i++)
    order[i] = (size_t)(sorted[i] - f->series);
  for (size_t at = 0, end; at < n && status == BS_OK; at = end) {
    for (end = at + 1; end < n && compare_suites(sorted[at], sorted[end]) == 0;)
      end++;
    if (sorted[at]->refusal == NULL && sorted[at]->n_known >= BS_LEAST_KNOWN)
      status = forecast_suite(f, order + at, end - at, err);
  }
  free(sorted);
  free(order);
  return status;
}
