/* What the methods of forecasting read of a suite of scores, and the small functions that they
 * share. */
#include <math.h>

#include "statistics/forecast_internal.h"
#include "statistics/numbers_internal.h"

double bs_suite_spacing(const bs_suite *suite, size_t n_known) {
  return (suite->x[n_known - 1] - suite->x[0]) / (double)(n_known - 1);
}

const double *bs_suite_scores(const bs_suite *suite, size_t task) {
  return suite->scores + task * suite->n_models;
}

double bs_suite_variance(const bs_suite *suite, size_t task, size_t model) {
  enum { EXAMPLES_WHERE_UNKNOWN = 500 };
  static const double LEAST_ERROR = 1e-4; /* a model that is always wrong shows none */
  double error = suite->errors[task * suite->n_models + model];
  if (!isnan(error))
    return fmax(error, LEAST_ERROR) * fmax(error, LEAST_ERROR);
  double p = fmin(fmax(bs_suite_scores(suite, task)[model], .02), .98);
  return p * (1 - p) / EXAMPLES_WHERE_UNKNOWN;
}

double bs_within_unit(double value) { return fmin(fmax(value, 0), 1); }

double bs_logistic(double x) { return 1 / (1 + exp(-x)); }

double bs_even(double from, double to, size_t i, size_t n) {
  return from + (to - from) * (double)i / (double)(n - 1);
}

double bs_log_even(double from, double to, size_t i, size_t n) {
  return from * pow(to / from, (double)i / (double)(n - 1));
}

bs_line bs_line_fit(const double *x, const double *y, size_t n) {
  double mean_x = bs_mean_of(x, n), mean_y = bs_mean_of(y, n), xx = 0, xy = 0;
  for (size_t i = 0; i < n; i++) {
    xx += (x[i] - mean_x) * (x[i] - mean_x);
    xy += (x[i] - mean_x) * (y[i] - mean_y);
  }
  double slope = xy / xx;
  return (bs_line){mean_y - slope * mean_x, slope};
}
