/* The local linear trend: a straight line whose slope wanders, as a Gaussian process whose
   parameters all tasks of a suite share (Wahba 1978, J. R. Stat. Soc. B 40: smoothing splines as
   integrated Brownian motion; Durbin and Koopman 2012, ch. 3). */
#include <math.h>
#include <stdlib.h>

#include "base/memory_internal.h"
#include "statistics/forecast_internal.h"

/* Scores are taken to start somewhere around here. */
static const double PRIOR_MEAN = .5;

/* Parameters that are tried, in units of the models' spacing. */
static const double WANDER[] = {1e-6, 1e-5, 1e-4, 1e-3, 1e-2};
static const double TAU[] = {.003, .01, .03};
static const double SLOPE[] = {.003, .01, .03, .1};
#define COUNT(array) (sizeof(array) / sizeof *(array))

typedef struct trend {
  const bs_suite *suite;
  size_t n;          /* models that are known */
  double mean_slope; /* of all tasks' least-squares lines */
  double wander, tau, slope_sd;
  double *factor; /* [n][n], lower: Cholesky's */
  double *solved; /* [n] */
} trend;

/* Of the curve's values at distances s and t from the first model. */
static double covariance(const trend *of, double s, double t) {
  double m = fmin(s, t), M = fmax(s, t);
  return 1 + of->slope_sd * of->slope_sd * s * t + of->wander * (m * m * M / 2 - m * m * m / 6);
}

static double distance(const trend *of, size_t model) {
  return of->suite->x[model] - of->suite->x[0];
}

static double prior(const trend *of, double s) { return PRIOR_MEAN + of->mean_slope * s; }

/* factor factor^T = covariance of the known scores of a task, noise included. */
static void factorize(const trend *of, size_t task) {
  size_t n = of->n;
  for (size_t i = 0; i < n; i++)
    for (size_t j = 0; j <= i; j++) {
      double sum = covariance(of, distance(of, i), distance(of, j));
      if (i == j)
        sum += bs_suite_variance(of->suite, task, i) + of->tau * of->tau;
      for (size_t k = 0; k < j; k++)
        sum -= of->factor[i * n + k] * of->factor[j * n + k];
      of->factor[i * n + j] = i == j ? sqrt(sum) : sum / of->factor[j * n + j];
    }
}

/* solved = factor^-1 (y - prior). */
static void solve(const trend *of, size_t task) {
  const double *y = bs_suite_scores(of->suite, task);
  for (size_t i = 0; i < of->n; i++) {
    double sum = y[i] - prior(of, distance(of, i));
    for (size_t k = 0; k < i; k++)
      sum -= of->factor[i * of->n + k] * of->solved[k];
    of->solved[i] = sum / of->factor[i * of->n + i];
  }
}

/* ln of the marginal density of all tasks' known scores, less a constant. */
static double evidence(const trend *of) {
  double sum = 0;
  for (size_t t = 0; t < of->suite->n_tasks; t++) {
    factorize(of, t);
    solve(of, t);
    for (size_t i = 0; i < of->n; i++)
      sum -= of->solved[i] * of->solved[i] / 2 + log(of->factor[i * of->n + i]);
  }
  return sum;
}

static void choose_parameters(trend *of) {
  double spacing = bs_suite_spacing(of->suite, of->n), most = -INFINITY;
  trend best = *of;
  for (size_t w = 0; w < COUNT(WANDER); w++)
    for (size_t t = 0; t < COUNT(TAU); t++)
      for (size_t s = 0; s < COUNT(SLOPE); s++) {
        of->wander = WANDER[w] / (spacing * spacing * spacing);
        of->tau = TAU[t];
        of->slope_sd = SLOPE[s] / spacing;
        double here = evidence(of);
        if (here > most) {
          most = here;
          best = *of;
        }
      }
  *of = best;
}

/* The posterior mean at distance s from the first model: prior + k^T (factor factor^T)^-1 rest. */
static double predict(const trend *of, size_t task, double s, double *k) {
  factorize(of, task);
  solve(of, task);
  double sum = prior(of, s);
  for (size_t i = 0; i < of->n; i++) { /* k becomes factor^-1 k */
    k[i] = covariance(of, s, distance(of, i));
    for (size_t j = 0; j < i; j++)
      k[i] -= of->factor[i * of->n + j] * k[j];
    k[i] /= of->factor[i * of->n + i];
    sum += k[i] * of->solved[i];
  }
  return sum;
}

static bs_status forecast_trend(const bs_suite *suite, size_t n_known, double target,
                                double *forecast, bs_error *err) {
  size_t n_cells = 0;
  trend of = {.suite = suite, .n = n_known};
  if (!bs_size_mul(n_known, n_known, &n_cells))
    return bs_error_set(err, BS_ERR_MEMORY, "cannot forecast from %zu models", n_known);
  of.factor = bs_array_new(n_cells, sizeof *of.factor, err);
  of.solved = bs_array_new(n_known, sizeof *of.solved, err);
  double *k = bs_array_new(n_known, sizeof *k, err);
  bs_status status = of.factor != NULL && of.solved != NULL && k != NULL ? BS_OK : BS_ERR_MEMORY;
  if (status == BS_OK) {
    for (size_t t = 0; t < suite->n_tasks; t++)
      of.mean_slope += bs_line_fit(suite->x, bs_suite_scores(suite, t), n_known).slope;
    of.mean_slope /= (double)suite->n_tasks;
    choose_parameters(&of);
    for (size_t t = 0; t < suite->n_tasks; t++)
      forecast[t] = bs_within_unit(predict(&of, t, target - suite->x[0], k));
  }
  free(of.factor);
  free(of.solved);
  free(k);
  return status;
}

const bs_forecast_method bs_forecast_trend = {
    "trend", "a straight line whose slope wanders, its parameters shared by all tasks",
    forecast_trend};
