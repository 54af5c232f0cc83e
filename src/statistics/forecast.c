/* The table of forecasts, the median of them, and the interval around it. */
#include "bigsweep/forecast.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory_internal.h"
#include "statistics/forecast_internal.h"
#include "statistics/numbers_internal.h"

static const bs_forecast_method *const METHODS[] = {&bs_forecast_median4, &bs_forecast_half,
                                                    &bs_forecast_trend, &bs_forecast_logistic,
                                                    &bs_forecast_shapes};
enum { N_METHODS = sizeof METHODS / sizeof *METHODS, N_MEDIAN = N_METHODS - 1 };

size_t bs_forecast_method_count(void) { return N_METHODS; }

const bs_forecast_method *bs_forecast_method_at(size_t i) {
  return i < N_METHODS ? METHODS[i] : NULL;
}

const bs_forecast_method *bs_forecast_method_find(const char *name) {
  for (size_t i = 0; i < N_METHODS; i++)
    if (strcmp(METHODS[i]->name, name) == 0)
      return METHODS[i];
  return NULL;
}

static bs_status median_of_four(const bs_suite *suite, size_t n_known, double target,
                                double *forecast, bs_error *err) {
  double *each = bs_array_new(N_MEDIAN * suite->n_tasks, sizeof *each, err);
  bs_status status = each != NULL ? BS_OK : BS_ERR_MEMORY;
  for (size_t i = 0; i < N_MEDIAN && status == BS_OK; i++)
    status = METHODS[i + 1]->forecast(suite, n_known, target, each + i * suite->n_tasks, err);
  for (size_t t = 0; t < suite->n_tasks && status == BS_OK; t++) {
    double four[N_MEDIAN];
    for (size_t i = 0; i < N_MEDIAN; i++)
      four[i] = each[i * suite->n_tasks + t];
    forecast[t] = bs_median(four, N_MEDIAN);
  }
  free(each);
  return status;
}

const bs_forecast_method bs_forecast_median4 = {
    "median4", "the median of half, trend, logistic and shapes", median_of_four};

/* Half a straight line, half no change at all. */
static bs_status half(const bs_suite *suite, size_t n_known, double target, double *forecast,
                      bs_error *err) {
  (void)err;
  for (size_t t = 0; t < suite->n_tasks; t++) {
    const double *y = bs_suite_scores(suite, t);
    bs_line line = bs_line_fit(suite->x, y, n_known);
    forecast[t] = (y[n_known - 1] + bs_within_unit(line.intercept + line.slope * target)) / 2;
  }
  return BS_OK;
}

const bs_forecast_method bs_forecast_half = {
    "half", "the mean of the last score and of the least-squares line", half};

/* Forecasts done earlier than the first n_known models allow are compared with what came. */
enum { EARLIER = 3, LEAST_KNOWN = 3 };

bs_status bs_forecast_half_width(const bs_suite *suite, size_t n_known, size_t horizon,
                                 const bs_forecast_method *method, double *half_width,
                                 double *residuals, size_t *n_residuals, bs_error *err) {
  static const double LEVEL = .8;
  size_t n_tasks = suite->n_tasks, n = 0;
  *half_width = NAN;
  *n_residuals = 0;
  double *own = NULL, *forecast = bs_array_new(n_tasks, sizeof *forecast, err);
  if (residuals == NULL)
    residuals = own = bs_array_new(EARLIER * n_tasks, sizeof *own, err);
  bs_status status = forecast != NULL && residuals != NULL ? BS_OK : BS_ERR_MEMORY;
  for (size_t back = 0; back < EARLIER && status == BS_OK; back++) {
    if (n_known < back + horizon + LEAST_KNOWN)
      break;
    size_t target = n_known - 1 - back;
    status = method->forecast(suite, target + 1 - horizon, suite->x[target], forecast, err);
    for (size_t t = 0; t < n_tasks && status == BS_OK; t++)
      residuals[n++] = fabs(bs_suite_scores(suite, t)[target] - forecast[t]);
  }
  if (status == BS_OK && n > 0) {
    bs_sort_doubles(residuals, n);
    size_t k = (size_t)ceil(LEVEL * (double)(n + 1));
    *half_width = residuals[bs_size_min(k, n) - 1];
    *n_residuals = n;
  }
  free(forecast);
  free(own);
  return status;
}
