/* Logistic curves: the best one that ends at 1, and the mean over many shapes of them. */
#include <math.h>
#include <stdlib.h>

#include "base/memory_internal.h"
#include "statistics/forecast_internal.h"

/* From chance to 1. The width's lower bound matters: without it a curve that looks flat is given a
   cliff just behind the data. */
static double best_logistic(const bs_suite *suite, size_t task, size_t n_known, double target) {
  enum { WIDTHS = 40, PLACES = 120 };
  const double *x = suite->x, *y = bs_suite_scores(suite, task);
  double d = bs_suite_spacing(suite, n_known), chance = suite->chance[task];
  double least = INFINITY, forecast = NAN;
  for (size_t i = 0; i < WIDTHS; i++)
    for (size_t j = 0; j < PLACES; j++) {
      double width = bs_log_even(d, 8 * d, i, WIDTHS), rest = 0;
      double place = bs_even(x[0] - 8 * d, x[n_known - 1] + 8 * d, j, PLACES);
      for (size_t k = 0; k < n_known; k++) {
        double r = y[k] - chance - (1 - chance) * bs_logistic((x[k] - place) / width);
        rest += r * r;
      }
      if (rest < least) {
        least = rest;
        forecast = chance + (1 - chance) * bs_logistic((target - place) / width);
      }
    }
  return forecast;
}

static bs_status forecast_logistic(const bs_suite *suite, size_t n_known, double target,
                                   double *forecast, bs_error *err) {
  (void)err;
  for (size_t t = 0; t < suite->n_tasks; t++)
    forecast[t] = best_logistic(suite, t, n_known, target);
  return BS_OK;
}

const bs_forecast_method bs_forecast_logistic = {
    "logistic", "the best logistic curve from chance to 1", forecast_logistic};

/* A grid of curves floor + (ceiling - floor) logistic((x - place) / width). */
enum { N_WIDTHS = 10, N_PLACES = 30, N_STEPS = N_WIDTHS * N_PLACES, N_CEILINGS = 11 };
static const double FLOORS[] = {-.10, -.05, -.02, 0, .02, .05, .10}; /* from chance */
static const double TAU[] = {.005, .01, .02, .04, .08};
enum { N_FLOORS = sizeof FLOORS / sizeof *FLOORS, N_TAU = sizeof TAU / sizeof *TAU };

/* What the curves of the grid say of a task with one tau. */
typedef struct posterior {
  double evidence; /* ln of the mean density of its scores */
  double mean;     /* at the target */
} posterior;

/* `steps` is [N_STEPS][n_known + 1]: the logistic parts, the last at the target. The density of a
   curve is told from that of the best one so far, so that none underflows. */
static posterior weigh(const bs_suite *suite, size_t task, size_t n_known, const double *steps,
                       double tau, double *precision) {
  const double *y = bs_suite_scores(suite, task);
  double constant = 0, best = -INFINITY, sum = 0, weighted = 0;
  for (size_t k = 0; k < n_known; k++) {
    double variance = bs_suite_variance(suite, task, k) + tau * tau;
    precision[k] = 1 / variance;
    constant -= log(2 * M_PI * variance) / 2;
  }
  for (size_t s = 0; s < N_STEPS; s++) {
    const double *step = steps + s * (n_known + 1);
    for (size_t f = 0; f < N_FLOORS; f++) {
      double low = bs_within_unit(suite->chance[task] + FLOORS[f]);
      for (size_t c = 0; c < N_CEILINGS; c++) {
        double rise = (double)c / (N_CEILINGS - 1) - low, density = 0;
        for (size_t k = 0; k < n_known; k++) {
          double r = y[k] - low - rise * step[k];
          density -= r * r * precision[k] / 2;
        }
        if (density > best) {
          double shrink = exp(best - density);
          sum *= shrink;
          weighted *= shrink;
          best = density;
        }
        double weight = exp(density - best);
        sum += weight;
        weighted += weight * (low + rise * step[n_known]);
      }
    }
  }
  return (posterior){best + constant + log(sum / (N_STEPS * N_FLOORS * N_CEILINGS)),
                     weighted / sum};
}

static void fill_steps(double *steps, const bs_suite *suite, size_t n_known, double target) {
  const double *x = suite->x;
  double d = bs_suite_spacing(suite, n_known);
  for (size_t i = 0; i < N_WIDTHS; i++)
    for (size_t j = 0; j < N_PLACES; j++) {
      double *step = steps + (i * N_PLACES + j) * (n_known + 1);
      double width = bs_log_even(.15 * d, 6 * d, i, N_WIDTHS);
      double place = bs_even(x[0] - 4 * d, x[n_known - 1] + 6 * d, j, N_PLACES);
      for (size_t k = 0; k <= n_known; k++)
        step[k] = bs_logistic(((k < n_known ? x[k] : target) - place) / width);
    }
}

static bs_status forecast_shapes(const bs_suite *suite, size_t n_known, double target,
                                 double *forecast, bs_error *err) {
  double *steps = bs_array_new(N_STEPS * (n_known + 1), sizeof *steps, err);
  double *precision = bs_array_new(n_known, sizeof *precision, err);
  double *means = bs_array_new(suite->n_tasks, sizeof *means, err);
  bs_status status = BS_ERR_MEMORY;
  if (steps == NULL || precision == NULL || means == NULL)
    goto cleanup;
  status = BS_OK;
  fill_steps(steps, suite, n_known, target);
  double most = -INFINITY;
  for (size_t i = 0; i < N_TAU; i++) {
    double evidence = 0;
    for (size_t t = 0; t < suite->n_tasks; t++) {
      posterior of = weigh(suite, t, n_known, steps, TAU[i], precision);
      evidence += of.evidence;
      means[t] = of.mean;
    }
    if (evidence <= most)
      continue;
    most = evidence;
    for (size_t t = 0; t < suite->n_tasks; t++)
      forecast[t] = means[t];
  }

cleanup:
  free(steps);
  free(precision);
  free(means);
  return status;
}

const bs_forecast_method bs_forecast_shapes = {
    "shapes", "the mean over a grid of logistic curves, each weighed by how well it fits",
    forecast_shapes};
