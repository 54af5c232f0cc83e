/* Forecasts of scores at larger sizes from those at smaller ones, from arrays of numbers alone.
   docs/statistics.md gives their errors in back-tests. */
#ifndef BIGSWEEP_FORECAST_H
#define BIGSWEEP_FORECAST_H

#include <stddef.h>

#include "bigsweep/error.h"
#include "bigsweep/statistics.h"
#include "bigsweep/visibility.h"

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
BS_API size_t bs_forecast_method_count(void);
BS_API const bs_forecast_method *bs_forecast_method_at(size_t i);
BS_API const bs_forecast_method *bs_forecast_method_find(const char *name);

/* The same forecasts done earlier: of known model n_known - 1 - i, i < *n_earlier <= 3, from those
   `horizon` models before it, as long as there are three to learn from. Fills
   forecasts[*n_earlier][n_tasks], which has room for BS_MOST_EARLIER rows. */
enum { BS_MOST_EARLIER = 3 };
BS_API bs_status bs_forecast_earlier(const bs_suite *suite, size_t n_known, size_t horizon,
                                     const bs_forecast_method *method, double *forecasts,
                                     size_t *n_earlier, bs_error *err);

/* The half width of an 80 % interval from the absolute errors of n earlier forecasts, which it puts
   into ascending order (conformal prediction; Vovk, Gammerman, Shafer 2005). NaN where n is 0. */
BS_API double bs_forecast_quantile(double *residuals, size_t n);

/* The continuous ranked probability score of what was observed under the 2 n equally likely values
   forecast -+ residual (Matheson and Winkler 1976): the absolute error of a forecast that also pays
   for its width. `residuals` ascend; with n 0 it is the absolute error. */
BS_API double bs_forecast_crps(double forecast, const double *residuals, size_t n, double observed);

/* The half width of an 80 % interval around forecasts `horizon` models ahead of the first n_known:
   bs_forecast_quantile of the errors of bs_forecast_earlier, pooled over all tasks. NaN where none
   could be done earlier, and
   then *n_residuals is 0. The interval is forecast -+ half width, kept in [0, 1]. `residuals`
   (optional) has room for 3 n_tasks numbers and receives them in ascending order. */
BS_API bs_status bs_forecast_half_width(const bs_suite *suite, size_t n_known, size_t horizon,
                                        const bs_forecast_method *method, double *half_width,
                                        double *residuals, size_t *n_residuals, bs_error *err);

/* Runs of one kind of model on one task, and what is to be forecast: for distances of more than
   ten times in compute, where a curve has to be taken for a law. Arrays are borrowed. */
typedef struct bs_runs {
  size_t n;              /* runs, ascending in compute */
  const double *compute; /* [n] operations of the training */
  const double *scores;  /* [n], between 0 and 1 */
  double chance;         /* the score of a guess, below 1 */
  const double *losses;  /* [n] above 0, of the right answer in any unit; NULL: not known */
  const double *parameters, *tokens; /* [n] above 0; NULL: not known */
  /* Losses and scores seen on the way, of all runs together; with n_points 0 those above serve. */
  size_t n_points;
  const double *point_losses, *point_scores;
  double target_compute, target_parameters, target_tokens;
} bs_runs;

/* The laws, each fitted by variable projection (Golub and Pereyra 1973): a grid over what is not
   linear, least squares over what is, so that the best fit is surely found. */
#define BS_LAW_LIST(X)                                                                             \
  X(BS_LAW_TWO_STEPS_COMPUTE, "two steps, compute")                                                \
  X(BS_LAW_TWO_STEPS_TOKENS, "two steps, parameters and tokens")                                   \
  X(BS_LAW_TWO_STEPS_COMPUTE_TO_ONE, "two steps, compute, from chance to 1")                       \
  X(BS_LAW_TWO_STEPS_TOKENS_TO_ONE, "two steps, parameters and tokens, from chance to 1")          \
  X(BS_LAW_LOGISTIC_TO_ONE, "logistic to 1")                                                       \
  X(BS_LAW_LOGISTIC, "logistic")                                                                   \
  X(BS_LAW_ERROR_POWER, "power law of the error")                                                  \
  X(BS_LAW_LOG_POWER, "power law of -ln of the score above chance")

typedef enum bs_law {
#define BS_LAW_ENUM(name, text) name,
  BS_LAW_LIST(BS_LAW_ENUM)
#undef BS_LAW_ENUM
      BS_N_LAWS
} bs_law;

BS_API const char *bs_law_name(bs_law law);

/* The score that a law gives at the target; NaN where it needs what is not known, or fewer than
   three runs are there. In two steps (Bhagia et al. 2024, arXiv:2412.04403) a power law gives the
   loss and a logistic curve the score at that loss. BS_ERR_MEMORY. */
BS_API bs_status bs_law_forecast(bs_law law, const bs_runs *runs, double *forecast, bs_error *err);

/* The median of all laws that can be fitted and of `further` forecasts that are not NaN (the trend
   of a suite, say): laws err far ahead in different directions. NaN where there is none. */
BS_API bs_status bs_laws_median(const bs_runs *runs, const double *further, size_t n_further,
                                double *forecast, bs_error *err);

#ifdef __cplusplus
}
#endif

#endif
