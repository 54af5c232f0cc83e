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

enum { LEAST_KNOWN = 3 };

bs_status bs_forecast_earlier(const bs_suite *suite, size_t n_known, size_t horizon,
                              const bs_forecast_method *method, double *forecasts,
                              size_t *n_earlier, bs_error *err) {
  bs_status status = BS_OK;
  *n_earlier = 0;
  while (status == BS_OK && *n_earlier < BS_MOST_EARLIER &&
         n_known >= *n_earlier + horizon + LEAST_KNOWN) {
    size_t target = n_known - 1 - *n_earlier;
    status = method->forecast(suite, target + 1 - horizon, suite->x[target],
                              forecasts + *n_earlier * suite->n_tasks, err);
    *n_earlier += status == BS_OK;
  }
  return status;
}

double bs_forecast_quantile(double *residuals, size_t n) {
  static const double LEVEL = .8;
  if (n == 0)
    return NAN;
  bs_sort_doubles(residuals, n);
  size_t k = (size_t)ceil(LEVEL * (double)(n + 1));
  return residuals[bs_size_min(k, n) - 1];
}

bs_status bs_forecast_half_width(const bs_suite *suite, size_t n_known, size_t horizon,
                                 const bs_forecast_method *method, double *half_width,
                                 double *residuals, size_t *n_residuals, bs_error *err) {
  size_t n_tasks = suite->n_tasks, n_earlier = 0;
  *half_width = NAN;
  *n_residuals = 0;
  double *own = NULL;
  if (residuals == NULL)
    residuals = own = bs_array_new(BS_MOST_EARLIER * n_tasks, sizeof *own, err);
  bs_status status = residuals == NULL ? BS_ERR_MEMORY
                                       : bs_forecast_earlier(suite, n_known, horizon, method,
                                                             residuals, &n_earlier, err);
  if (status == BS_OK) {
    for (size_t back = 0; back < n_earlier; back++)
      for (size_t t = 0; t < n_tasks; t++) {
        double *at = &residuals[back * n_tasks + t];
        *at = fabs(bs_suite_scores(suite, t)[n_known - 1 - back] - *at);
      }
    *n_residuals = n_earlier * n_tasks;
    *half_width = bs_forecast_quantile(residuals, *n_residuals);
  }
  free(own);
  return status;
}

double bs_forecast_crps(double forecast, const double *residuals, size_t n, double observed) {
  double error = fabs(observed - forecast), near = 0, spread = 0;
  if (n == 0)
    return error;
  /* E|X - X'| / 2 of the 2n values forecast -+ residual: among ascending values, value i counts
     2i + 1 - 2n times */
  for (size_t i = 0; i < n; i++) {
    near += (fabs(error - residuals[i]) + fabs(error + residuals[i])) / 2;
    spread += residuals[i] * (double)(2 * i + 1);
  }
  return near / (double)n - spread / (double)(2 * n) / (double)n;
}
