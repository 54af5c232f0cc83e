/* Forecasts of scores at larger sizes from those at smaller ones, from arrays of numbers alone.
   docs/statistics.md gives their errors in back-tests. */
#ifndef BIGSWEEP_FORECAST_H
#define BIGSWEEP_FORECAST_H

#include <stddef.h>

#include "bigsweep/error.h"
#include "bigsweep/statistics.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The tasks of one family, number of shots and metric, which are forecast together. All arrays are
   borrowed; scores lie between 0 and 1. */
typedef struct bs_suite {
  size_t n_tasks, n_models;
  const double *x;      /* [n_models], ascending: ln of the models' scale or compute */
  const double *scores; /* [n_tasks][n_models] */
  const double *errors; /* [n_tasks][n_models] standard errors; NaN where unknown */
  const double *chance; /* [n_tasks]: the score of a guess */
} bs_suite;

/* A way to forecast. Fills forecast[n_tasks] with the scores at `target` (in units of x, above
   x[n_known - 1]) from the first n_known models, at least three. BS_ERR_MEMORY. */
typedef struct bs_forecast_method {
  const char *name;
  const char *description;
  bs_status (*forecast)(const bs_suite *suite, size_t n_known, double target, double *forecast,
                        bs_error *err);
} bs_forecast_method;

/* The table of methods; NULL past its end or for an unknown name. "median4", the median of the four
   others of this table, is the first. */
size_t bs_forecast_method_count(void);
const bs_forecast_method *bs_forecast_method_at(size_t i);
const bs_forecast_method *bs_forecast_method_find(const char *name);

/* The half width of an 80 % interval around forecasts `horizon` models ahead of the first n_known:
   the quantile of the errors of the same forecasts done earlier (for the last three known models
   from those `horizon` before them, with three models or more to learn from), pooled over all tasks
   (conformal prediction; Vovk, Gammerman, Shafer 2005). NaN where none could be done earlier, and
   then *n_residuals is 0. The interval is forecast -+ half width, kept in [0, 1]. `residuals`
   (optional) has room for 3 n_tasks numbers and receives them in ascending order. */
bs_status bs_forecast_half_width(const bs_suite *suite, size_t n_known, size_t horizon,
                                 const bs_forecast_method *method, double *half_width,
                                 double *residuals, size_t *n_residuals, bs_error *err);

#ifdef __cplusplus
}
#endif

#endif
