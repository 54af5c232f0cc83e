/* How sudden a curve is: the largest share of its whole change that lies within two neighbouring
   steps. A share is a ratio of two differences with a common error, so each has an interval after
   Fieller (1954): the shares that the data do not contradict. The largest share is below some bound
   where every one is, which needs no correction for their number (Berger 1982); it is above one
   where some share is, which does. */
#include <math.h>
#include <stdlib.h>

#include "base/memory_internal.h"
#include "statistics/curve_internal.h"
#include "statistics/numbers_internal.h"

/* Of each side of an interval. */
static const double TAIL = 0.025;
/* The normal distribution's quantile at 1 - TAIL. */
static const double Z = 1.959963984540054;
enum { LEAST_MODELS = 3, MODELS_FOR_TWO_STEPS = 6 };

size_t bs_jump_width(size_t n_models) { return n_models < MODELS_FOR_TWO_STEPS ? 1 : 2; }

/* A normal quantile for a difference whose error was estimated with n_free degrees of freedom: the
   inverse of Wallace's (1959) transformation of Student's t. */
static double student(double z, double n_free) {
  if (!isfinite(n_free))
    return z;
  double shrunk = 1 - 1 / (4 * n_free), square = shrunk * shrunk - z * z / (2 * n_free);
  return square > 0 ? z / sqrt(square) : INFINITY;
}

/* A change over some neighbouring steps and the whole change, with the mean squares of their noise.
 */
typedef struct part {
  double change, whole;
  double variance, whole_variance, covariance;
} part;

/* Models that are always right or always wrong seem to have no noise; a change is known no better
   than to what one example of the largest range makes of it. */
static part part_of(const bs_noise *noise, size_t from, size_t to) {
  size_t m = noise->n_models;
  double least = noise->least_error / 2 * (noise->least_error / 2);
  part of = {.change = noise->y[to] - noise->y[from], .whole = noise->y[m - 1] - noise->y[0]};
  for (size_t r = 0; r < BS_REPLICATES; r++) {
    const double *e = noise->errors + r * m;
    double change = e[to] - e[from], whole = e[m - 1] - e[0];
    of.variance += change * change / BS_REPLICATES;
    of.whole_variance += whole * whole / BS_REPLICATES;
    of.covariance += change * whole / BS_REPLICATES;
  }
  of.variance = fmax(of.variance, least);
  of.whole_variance = fmax(of.whole_variance, least);
  return of;
}

/* Whether the whole change is beyond q errors: without that no share of it can be told. */
static bool has_whole(const part *of, double q) {
  return isfinite(q) && of->whole * of->whole > q * q * of->whole_variance;
}

/* The shares s for which change - s whole lies within q of its errors of 0; the whole change is
   beyond q errors. */
static bs_interval shares(const part *of, double q) {
  double a = of->whole * of->whole - q * q * of->whole_variance;
  double b = of->change * of->whole - q * q * of->covariance;
  double c = of->change * of->change - q * q * of->variance;
  double root = sqrt(fmax(0, b * b - a * c));
  return (bs_interval){(b - root) / a, (b + root) / a};
}

/* The quantile at 1 - TAIL of the largest error among all parts, each in units of its own, were
   `share` the share of all. */
static double simultaneous(const bs_noise *noise, const part *parts, size_t n, double share,
                           double *largest) {
  size_t m = noise->n_models, width = bs_jump_width(m);
  for (size_t r = 0; r < BS_REPLICATES; r++) {
    const double *e = noise->errors + r * m;
    largest[r] = 0;
    for (size_t k = 0; k < n; k++) {
      double variance = parts[k].variance - 2 * share * parts[k].covariance +
                        share * share * parts[k].whole_variance;
      double error =
          copysign(1, parts[k].whole) * (e[k + width] - e[k] - share * (e[m - 1] - e[0]));
      if (variance > 0)
        largest[r] = fmax(largest[r], error / sqrt(variance));
    }
  }
  bs_sort_doubles(largest, BS_REPLICATES);
  return largest[(size_t)ceil((1 - TAIL) * (BS_REPLICATES + 1)) - 1];
}

bs_status bs_curve_fill_jump(bs_curve *curve, const bs_noise *noise, bs_error *err) {
  size_t m = noise->n_models, width = bs_jump_width(m);
  if (m < LEAST_MODELS)
    return BS_OK;
  size_t n = m - width;
  part *parts = bs_array_new(n, sizeof *parts, err);
  double *largest = bs_array_new(BS_REPLICATES, sizeof *largest, err);
  bs_status status = parts != NULL && largest != NULL ? BS_OK : BS_ERR_MEMORY;
  double q = student(Z, noise->n_free);
  for (size_t k = 0; status == BS_OK && k < n; k++)
    parts[k] = part_of(noise, k, k + width);
  if (status != BS_OK || !has_whole(&parts[0], q))
    goto cleanup;
  curve->jump = curve->jump_interval.low = curve->jump_interval.high = -INFINITY;
  for (size_t k = 0; k < n; k++) {
    curve->jump = fmax(curve->jump, parts[k].change / parts[k].whole);
    curve->jump_interval.high = fmax(curve->jump_interval.high, shares(&parts[k], q).high);
  }
  double z_all = fmax(Z, simultaneous(noise, parts, n, curve->jump, largest));
  double q_all = student(z_all, noise->n_free);
  for (size_t k = 0; k < n && has_whole(&parts[k], q_all); k++)
    curve->jump_interval.low = fmax(curve->jump_interval.low, shares(&parts[k], q_all).low);

cleanup:
  free(parts);
  free(largest);
  return status;
}
