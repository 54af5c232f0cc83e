/* The methods of forecasting, and what they share. */
#ifndef BIGSWEEP_STATISTICS_FORECAST_INTERNAL_H
#define BIGSWEEP_STATISTICS_FORECAST_INTERNAL_H

#include "bigsweep/forecast.h"

extern const bs_forecast_method bs_forecast_median4, bs_forecast_half, bs_forecast_trend,
    bs_forecast_logistic, bs_forecast_shapes;

/* The mean distance of neighbouring models. */
double bs_suite_spacing(const bs_suite *suite, size_t n_known);
const double *bs_suite_scores(const bs_suite *suite, size_t task);
/* The variance of a score: of its standard error, or of 500 examples where none is known. */
double bs_suite_variance(const bs_suite *suite, size_t task, size_t model);
double bs_within_unit(double value);
double bs_logistic(double x);
/* Value i of n that lie evenly between two ends, or evenly in their logarithms; n > 1. */
double bs_even(double from, double to, size_t i, size_t n);
double bs_log_even(double from, double to, size_t i, size_t n);

/* The straight line through (x[i], y[i]), i < n, with the least sum of squares. */
typedef struct bs_line {
  double intercept, slope;
} bs_line;
bs_line bs_line_fit(const double *x, const double *y, size_t n);

#endif
