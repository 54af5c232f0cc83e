/* Forecasts of the curves of an analysis: /analysis/forecasts, and back-tests of them. */
#include <math.h>
#include <stdlib.h>

#include "analysis/forecasts_internal.h"
#include "base/memory_internal.h"
#include "bigsweep/helpers.h"
#include "statistics/curve_internal.h"
#include "statistics/forecast_internal.h"

static bool are_finite(const double *values, size_t n) {
  for (size_t i = 0; i < n; i++)
    if (!isfinite(values[i]))
      return false;
  return true;
}

/* From the known points' standard errors: what is held out must not help to choose. */
static bs_status shape_from_errors(bs_series *series, bs_error *err) {
  bs_shape shape;
  bs_status status = bs_shape_from_errors(&shape, series->y, series->errors, series->n_known, err);
  series->shape = bs_shape_name(shape);
  return status;
}

bs_status bs_forecasting_find_shapes(bs_forecasting *f, bs_error *err) {
  bs_status status = BS_OK;
#pragma omp parallel for schedule(dynamic) num_threads(bs_threads_default())
  for (size_t i = 0; i < f->n_tasks_series; i++) {
    bs_series *series = &f->series[i];
    const char *known = f->analysis->tables->linearity[series->row].shape;
    bs_error here = {0};
    if (known != NULL && f->request->n_held == 0)
      series->shape = known;
    else if (series->refusal == NULL && series->n_known >= BS_LEAST_KNOWN &&
             are_finite(series->errors, series->n_known))
      shape_from_errors(series, &here);
#pragma omp critical
    if (here.status != BS_OK && status == BS_OK)
      status = bs_error_set(err, here.status, "%s", here.message);
  }
  return status;
}

static double to_score(const bs_series *series, double unit) {
  return series->low + unit * (series->high - series->low);
}

/* A mean of normalised scores may lie below that of a guess, but not above the best. */
static double within(const bs_series *series, double unit) {
  return series->task_number == UINT32_MAX && series->high == 100 ? fmin(unit, 1)
                                                                  : bs_within_unit(unit);
}

/* Scores of a series that is refused stand in their own unit. */
static double last_of(const bs_series *series) {
  if (series->n_known == 0)
    return NAN;
  double last = series->y[series->n_known - 1];
  return series->refusal == NULL ? to_score(series, last) : last;
}

static void add_row(bs_forecasting *f, const bs_series *series, const bs_prospect *of) {
  bs_analysis *to = f->analysis;
  bool is_test = f->request->n_held > 0, is_told = of->reason[0] == '\0' || is_test;
  double ends[] = {within(series, of->forecast - of->half_width),
                   within(series, of->forecast + of->half_width)};
  bool has_interval = isfinite(of->forecast) && isfinite(of->half_width);
  bool is_falling = series->high < series->low;
  double low = has_interval && is_told ? to_score(series, ends[is_falling]) : NAN;
  double high = has_interval && is_told ? to_score(series, ends[!is_falling]) : NAN;
  size_t at = to->tables->n_forecasts++;
  to->tables->forecasts[at] = (bs_forecast_row){
      .family = to->families.strings[series->family],
      .task = series->task,
      .metric = series->metric,
      .shots = series->shots,
      .method = of->method,
      .scale = of->scale,
      .forecast = is_told ? to_score(series, of->forecast) : NAN,
      .low80 = low,
      .high80 = high,
      .observed = series->refusal == NULL ? to_score(series, of->observed) : of->observed,
      .reason = of->reason};
  to->forecast_details[at] =
      (bs_forecast_detail){.series = (size_t)(series - f->series),
                           .family = series->family,
                           .metric = series->metric_number,
                           .shots = series->shots,
                           .task = series->task_number,
                           .last = last_of(series),
                           .error = fabs(of->observed - of->forecast),
                           .crps = of->crps,
                           .width = has_interval ? ends[1] - ends[0] : NAN,
                           .is_held = of->observed >= ends[0] && of->observed <= ends[1]};
}

static bs_status add_rows(bs_forecasting *f, bs_error *err) {
  bs_analysis *to = f->analysis;
  size_t n = f->n_series * f->n_targets;
  to->tables->n_forecasts = 0;
  free(to->tables->forecasts);
  free(to->forecast_details);
  to->tables->forecasts = bs_array_new(n, sizeof *to->tables->forecasts, err);
  to->forecast_details = bs_array_new(n, sizeof *to->forecast_details, err);
  if (to->tables->forecasts == NULL || to->forecast_details == NULL)
    return BS_ERR_MEMORY;
  for (size_t i = 0; i < f->n_series; i++)
    for (size_t j = 0; j < f->n_targets; j++)
      if (f->prospects[i * f->n_targets + j].is_there)
        add_row(f, &f->series[i], &f->prospects[i * f->n_targets + j]);
  return BS_OK;
}

static bs_status check_request(const bs_forecast_request *request, bs_error *err) {
  if (request->n_held > 0 && request->n_at > 0)
    return bs_error_set(err, BS_ERR_USAGE,
                        "sizes that are held out are what is forecast: give either them or sizes");
  for (size_t i = 0; i < request->n_at; i++)
    if (!(request->at[i] > 0) || isinf(request->at[i]))
      return bs_error_set(err, BS_ERR_USAGE,
                          "cannot forecast at the size %g: expected a number "
                          "above 0",
                          request->at[i]);
  return BS_OK;
}

bs_status bs_analysis_forecast(bs_analysis *analysis, const bs_tables *results,
                               const bs_forecast_request *request, bs_error *err) {
  bs_forecasting f = {.analysis = analysis, .results = results, .request = request};
  f.n_targets = request->n_held > 0 ? request->n_held : bs_size_max(request->n_at, 1);
  size_t n_most, n_prospects;
  bs_status status = check_request(request, err);
  if (status == BS_OK)
    status = bs_forecasting_read_series(&f, err);
  if (status == BS_OK)
    status = bs_forecasting_read_trajectories(&f, err);
  if (status == BS_OK)
    status = bs_forecasting_find_shapes(&f, err);
  if (status != BS_OK)
    goto cleanup;
  if (!bs_size_add(f.cap_series, f.n_tasks_series, &n_most) || /* a mean for each at most */
      !bs_size_mul(n_most, f.n_targets, &n_prospects)) {
    status = bs_error_set(err, BS_ERR_MEMORY, "cannot forecast %zu curves", f.n_series);
    goto cleanup;
  }
  status = bs_array_reserve(&f.series, &f.cap_series, f.n_series, n_most - f.n_series,
                            sizeof *f.series, err);
  f.prospects = bs_array_new(n_prospects, sizeof *f.prospects, err);
  if (status == BS_OK && f.prospects == NULL)
    status = BS_ERR_MEMORY;
  if (status == BS_OK)
    status = bs_forecasting_forecast_suites(&f, err);
  if (status == BS_OK)
    status = bs_forecasting_add_means(&f, err);
  if (status == BS_OK)
    status = add_rows(&f, err);

cleanup:
  free(f.series);
  free(f.numbers);
  free(f.mean_numbers);
  free(f.moments);
  free(f.models);
  free(f.has_compute);
  free(f.next);
  free(f.prospects);
  return status;
}
