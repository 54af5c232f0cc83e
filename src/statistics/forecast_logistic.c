/* Logistic curves: the best one that ends at 1, and the mean over many shapes of them. */
#include <math.h>
#include <stdlib.h>

#include "base/memory_internal.h"
#include "bigsweep/helpers.h"
#include "statistics/forecast_internal.h"

/* The curves from chance to 1 that are tried. The width's lower bound matters: without it a curve
   that looks flat is given a cliff just behind the data. */
enum { N_SLOPES = 40, N_MIDDLES = 120, N_CURVES = N_SLOPES * N_MIDDLES };

/* The logistic parts of all curves, [n_known + 1][N_CURVES], the last at the target. */
static void fill_curves(double *parts, const bs_suite *suite, size_t n_known, double target) {
  const double *x = suite->x;
  double d = bs_suite_spacing(suite, n_known);
  for (size_t i = 0; i < N_SLOPES; i++)
    for (size_t j = 0; j < N_MIDDLES; j++) {
      double width = bs_log_even(d, 8 * d, i, N_SLOPES);
      double place = bs_even(x[0] - 8 * d, x[n_known - 1] + 8 * d, j, N_MIDDLES);
      for (size_t k = 0; k <= n_known; k++)
        parts[k * N_CURVES + i * N_MIDDLES + j] =
            bs_logistic(((k < n_known ? x[k] : target) - place) / width);
    }
}

/* The first of the curves with the least sum of squares. */
static double best_logistic(const bs_suite *suite, size_t task, size_t n_known, const double *parts,
                            double *rest) {
  const double *y = bs_suite_scores(suite, task);
  double chance = suite->chance[task];
  size_t best = 0;
  for (size_t c = 0; c < N_CURVES; c++)
    rest[c] = 0;
  for (size_t k = 0; k < n_known; k++)
    for (size_t c = 0; c < N_CURVES; c++) {
      double r = y[k] - chance - (1 - chance) * parts[k * N_CURVES + c];
      rest[c] += r * r;
    }
  for (size_t c = 1; c < N_CURVES; c++)
    if (rest[c] < rest[best])
      best = c;
  return chance + (1 - chance) * parts[n_known * N_CURVES + best];
}

static bs_status forecast_logistic(const bs_suite *suite, size_t n_known, double target,
                                   double *forecast, bs_error *err) {
  size_t n_parts = 0;
  if (!bs_size_mul(n_known + 2, N_CURVES, &n_parts))
    return bs_error_set(err, BS_ERR_MEMORY, "cannot forecast from %zu models", n_known);
  double *parts = bs_array_new(n_parts, sizeof *parts, err);
  if (parts == NULL)
    return BS_ERR_MEMORY;
  fill_curves(parts, suite, n_known, target);
  for (size_t t = 0; t < suite->n_tasks; t++)
    forecast[t] = best_logistic(suite, t, n_known, parts, parts + (n_known + 1) * N_CURVES);
  free(parts);
  return BS_OK;
}

const bs_forecast_method bs_forecast_logistic = {
    "logistic", "the best logistic curve from chance to 1", forecast_logistic};

/* A grid of curves floor + (ceiling - floor) logistic((x - place) / width). */
enum { N_WIDTHS = 10, N_PLACES = 30, N_STEPS = N_WIDTHS * N_PLACES, N_CEILINGS = 11 };
static const double FLOORS[] = {-.10, -.05, -.02, 0, .02, .05, .10}; /* from chance */
static const double TAU[] = {.005, .01, .02, .04, .08};
enum { WORTH_THREADS = 200 }; /* tasks: fewer would wait for each other longer than they save */
enum { N_FLOORS = sizeof FLOORS / sizeof *FLOORS, N_TAU = sizeof TAU / sizeof *TAU };

/* What the curves of the grid say of a task with one tau. */
typedef struct posterior {
  double evidence; /* ln of the mean density of its scores */
  double mean;     /* at the target */
} posterior;

/* Weighted sums over the known models, s being the logistic part: with these the squared rest of
   any floor and ceiling is a few products. */
typedef struct moments {
  double p, py, pyy, ps, pss, psy; /* p: precision */
} moments;

static moments moments_of(const double *y, const double *step, const double *precision, size_t n) {
  moments of = {0};
  for (size_t k = 0; k < n; k++) {
    double p = precision[k], ps = p * step[k];
    of.p += p;
    of.py += p * y[k];
    of.pyy += p * y[k] * y[k];
    of.ps += ps;
    of.pss += ps * step[k];
    of.psy += ps * y[k];
  }
  return of;
}

/* What was weighed so far. Densities are told from the best one, so that none underflows. */
typedef struct weighing {
  double best, sum, weighted;
} weighing;

/* One floor and logistic part: ln of a curve's density is a parabola in the rise. */
typedef struct parabola {
  double flat, slope, pss;     /* (2 rise slope - rise^2 pss - flat) / 2 */
  double low, at_target, bend; /* bend: exp of its second difference from ceiling to ceiling */
} parabola;

static double height(const parabola *of, double rise) {
  return (2 * rise * of->slope - rise * rise * of->pss - of->flat) / 2;
}

/* Tenths, which are not divided anew for each curve. */
static const double CEILINGS[] = {0, .1, .2, .3, .4, .5, .6, .7, .8, .9, 1};
_Static_assert(sizeof CEILINGS / sizeof *CEILINGS == N_CEILINGS, "a ceiling for each");

static void add(weighing *to, const parabola *of, double weight, size_t c) {
  to->sum += weight;
  to->weighted += weight * (of->low + (CEILINGS[c] - of->low) * of->at_target);
}

/* Adds all ceilings: the one nearest to the top, and from there on downwards in both directions by
   products, which saves exponentials. */
static void add_ceilings(weighing *to, const parabola *of) {
  static const double NEGLIGIBLE = 60; /* weights of less than e^-60 would not change a digit */
  double top = of->pss > 0 ? of->slope / of->pss + of->low : 0;
  size_t best = (size_t)lround(bs_within_unit(top) * (N_CEILINGS - 1));
  double density = height(of, CEILINGS[best] - of->low);
  if (density < to->best - NEGLIGIBLE)
    return;
  if (density > to->best) {
    double shrink = exp(to->best - density);
    to->sum *= shrink;
    to->weighted *= shrink;
    to->best = density;
  }
  double weight = exp(density - to->best), here = weight;
  add(to, of, here, best);
  if (best + 1 < N_CEILINGS) {
    double ratio = exp(height(of, CEILINGS[best + 1] - of->low) - density);
    for (size_t c = best + 1; c < N_CEILINGS; c++, ratio *= of->bend)
      add(to, of, here *= ratio, c);
  }
  if (best > 0) {
    double ratio = exp(height(of, CEILINGS[best - 1] - of->low) - density);
    here = weight;
    for (size_t c = best; c-- > 0; ratio *= of->bend)
      add(to, of, here *= ratio, c);
  }
}

/* `steps` is [N_STEPS][n_known + 1]: the logistic parts, the last at the target. `precision` has
   room for n_known numbers. */
static posterior weigh(const bs_suite *suite, size_t task, size_t n_known, const double *steps,
                       double tau, double *precision) {
  const double *y = bs_suite_scores(suite, task);
  double constant = 0;
  weighing w = {.best = -INFINITY};
  for (size_t k = 0; k < n_known; k++) {
    double variance = bs_suite_variance(suite, task, k) + tau * tau;
    precision[k] = 1 / variance;
    constant -= log(2 * M_PI * variance) / 2;
  }
  for (size_t s = 0; s < N_STEPS; s++) {
    const double *step = steps + s * (n_known + 1);
    moments of = moments_of(y, step, precision, n_known);
    double bend = exp(-of.pss / ((N_CEILINGS - 1) * (N_CEILINGS - 1)));
    for (size_t f = 0; f < N_FLOORS; f++) {
      double low = bs_within_unit(suite->chance[task] + FLOORS[f]);
      add_ceilings(&w, &(parabola){.flat = of.pyy - 2 * low * of.py + low * low * of.p,
                                   .slope = of.psy - low * of.ps,
                                   .pss = of.pss,
                                   .low = low,
                                   .at_target = step[n_known],
                                   .bend = bend});
    }
  }
  return (posterior){w.best + constant + log(w.sum / (N_STEPS * N_FLOORS * N_CEILINGS)),
                     w.weighted / w.sum};
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

/* Weighs all tasks with one tau; returns the suite's evidence. */
static double weigh_all(const bs_suite *suite, size_t n_known, const double *steps, double tau,
                        double *precision, posterior *of) {
#pragma omp parallel for schedule(static)                                                          \
    num_threads(bs_threads_default()) if (suite->n_tasks >= WORTH_THREADS)
  for (size_t t = 0; t < suite->n_tasks; t++)
    of[t] = weigh(suite, t, n_known, steps, tau, precision + t * n_known);
  double evidence = 0;
  for (size_t t = 0; t < suite->n_tasks; t++)
    evidence += of[t].evidence;
  return evidence;
}

static bs_status forecast_shapes(const bs_suite *suite, size_t n_known, double target,
                                 double *forecast, bs_error *err) {
  size_t n_steps, n_precisions;
  if (!bs_size_mul(n_known + 1, N_STEPS, &n_steps) ||
      !bs_size_mul(n_known, suite->n_tasks, &n_precisions))
    return bs_error_set(err, BS_ERR_MEMORY, "cannot forecast from %zu models", n_known);
  double *steps = bs_array_new(n_steps, sizeof *steps, err);
  double *precision = bs_array_new(n_precisions, sizeof *precision, err);
  posterior *of = bs_array_new(suite->n_tasks, sizeof *of, err);
  bs_status status = steps != NULL && precision != NULL && of != NULL ? BS_OK : BS_ERR_MEMORY;
  if (status == BS_OK)
    fill_steps(steps, suite, n_known, target);
  double most = -INFINITY;
  for (size_t i = 0; i < N_TAU && status == BS_OK; i++) {
    double evidence = weigh_all(suite, n_known, steps, TAU[i], precision, of);
    if (evidence <= most)
      continue;
    most = evidence;
    for (size_t t = 0; t < suite->n_tasks; t++)
      forecast[t] = of[t].mean;
  }
  free(steps);
  free(precision);
  free(of);
  return status;
}

const bs_forecast_method bs_forecast_shapes = {
    "shapes", "the mean over a grid of logistic curves, each weighed by how well it fits",
    forecast_shapes};
