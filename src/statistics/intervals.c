/* Intervals of improvement, linearity and breakthroughness. The percentiles of a plain bootstrap
   cover the true linearity in less than half of the cases where they promise 95 %, since noise adds
   to every step of the curve and resampling adds it again. So what noise adds is taken off first,
   and the interval is the union of both. */
#include "statistics/curve_internal.h"

#include <math.h>
#include <stdlib.h>

#include "base/memory_internal.h"
#include "statistics/distributions_internal.h"
#include "statistics/linearity_internal.h"
#include "statistics/numbers_internal.h"

/* Of each side of an interval. */
static const double TAIL = 0.025;
/* The normal distribution's quantile at 1 - TAIL. */
static const double Z = 1.959963984540054;
/* Percentiles of fewer replicates say nothing. */
enum { FEWEST_REPLICATES = 40 };

static bs_interval nowhere(void) { return (bs_interval){NAN, NAN}; }

/* The ends between which the middle 95 % of values[n] lie; sorts them and drops NaN. */
static bs_interval middle_of(double *values, size_t n) {
  n = bs_drop_nan(values, n);
  if (n < FEWEST_REPLICATES)
    return nowhere();
  bs_sort_doubles(values, n);
  size_t k = (size_t)floor(TAIL * (double)(n + 1));
  k = k > 0 ? k : 1;
  return (bs_interval){values[k - 1], values[n - k]};
}

static bs_interval with(bs_interval of, double value) {
  return (bs_interval){fmin(of.low, value), fmax(of.high, value)};
}

/* Between what no curve exceeds. Seeds can be so far apart that the noise which is taken off leaves
   nothing; then nothing is known of L, as of B, where the sign of I is not sure. */
static bs_interval anything(size_t n_models) {
  return (bs_interval){-(double)(n_models - 1), (double)(n_models - 1)};
}

/* An end that is NaN is no end. */
static bs_interval union_of(bs_interval a, bs_interval b) {
  return (bs_interval){fmin(a.low, b.low), fmax(a.high, b.high)};
}

/* What noise adds to range and squared steps. */
typedef struct excess {
  double step;           /* mean variance of a step */
  double resampled_step; /* of a replicate's step around that of the curve as it was measured */
  double range;          /* how much noise widens the range of the curve as it was measured */
  double resampled;      /* how much resampling widens it once more */
} excess;

/* The mean over replicates of the largest (sign 1) or smallest (-1) deviation among the models that
   may hold the extreme: those within two standard errors of the one that does. */
static double mean_extreme(const bs_noise *noise, size_t extreme, int sign) {
  size_t m = noise->n_models;
  double sum = 0;
  for (size_t r = 0; r < BS_REPLICATES; r++) {
    const double *y = noise->replicates + r * m;
    double most = -INFINITY;
    for (size_t k = 0; k < m; k++) {
      double apart = fabs(noise->y[k] - noise->y[extreme]);
      if (apart <= 2 * sqrt(bs_noise_variance(noise, k, extreme)))
        most = fmax(most, sign * (y[k] - noise->y[k]));
    }
    sum += sign * most;
  }
  return sum / BS_REPLICATES;
}

static excess excess_of(const bs_noise *noise, const bs_extremes *extremes) {
  size_t m = noise->n_models;
  excess of = {0};
  for (size_t k = 0; k + 1 < m; k++) {
    of.step += bs_noise_variance(noise, k, k + 1) / (double)(m - 1);
    of.resampled_step += bs_noise_wide_variance(noise, k, k + 1) / (double)(m - 1);
  }
  of.range = mean_extreme(noise, extremes->highest, 1) - mean_extreme(noise, extremes->lowest, -1);
  for (size_t r = 0; r < BS_REPLICATES; r++)
    of.resampled += bs_extremes_of(noise->replicates + r * m, m).range / BS_REPLICATES;
  of.resampled -= extremes->range;
  return of;
}

typedef struct corrected {
  double improvement, linearity;
} corrected;

/* I and L of a curve whose noise makes its range `range` too wide and adds `step` to its mean
   squared step. A straight line has the largest L that a curve of some range can have, m - 1. */
static corrected correct(const double *y, size_t m, double step, double range) {
  bs_extremes extremes = bs_extremes_of(y, m);
  double left = fmax(extremes.range - range, 0), squares = 0;
  for (size_t k = 0; k + 1 < m; k++)
    squares += (y[k + 1] - y[k]) * (y[k + 1] - y[k]);
  double least = left / (double)(m - 1);
  double mean_square = fmax(squares / (double)(m - 1) - step, least * least);
  return (corrected){extremes.sign * left, left > 0 ? extremes.sign * left / sqrt(mean_square) : 0};
}

/* Room for one number of each replicate, four times. */
typedef struct replicated {
  double *improvement, *linearity, *improvement_corrected, *linearity_corrected;
} replicated;

static bs_status resample(bs_curve *curve, const bs_noise *noise, const excess *by,
                          const replicated *to, bs_error *err) {
  size_t m = noise->n_models, n_same = 0;
  double *room = bs_array_new(m, sizeof *room, err);
  if (room == NULL)
    return BS_ERR_MEMORY;
  int sign = bs_extremes_of(noise->y, m).sign;
  curve->n_undefined = 0;
  for (size_t r = 0; r < BS_REPLICATES; r++) {
    const double *y = noise->replicates + r * m;
    bs_linearity plain = bs_linearity_with(y, m, room);
    corrected less = correct(y, m, by->step + by->resampled_step, by->range + by->resampled);
    to->improvement[r] = plain.improvement;
    to->linearity[r] = plain.linearity;
    to->improvement_corrected[r] = less.improvement;
    to->linearity_corrected[r] = less.linearity;
    curve->n_undefined += plain.improvement == 0;
    n_same += (plain.improvement > 0) - (plain.improvement < 0) == sign;
  }
  curve->sign_share = (double)n_same / BS_REPLICATES;
  free(room);
  return BS_OK;
}

static bs_interval mirrored(bs_interval of) { return (bs_interval){-of.high, -of.low}; }

/* The squares of what each step is at least, but for noise of z of its errors. */
static void fill_least_steps(const bs_noise *noise, double z, double *squares) {
  for (size_t k = 0; k + 1 < noise->n_models; k++) {
    double step = fabs(noise->y[k + 1] - noise->y[k]);
    double sd = fmax(sqrt(bs_noise_wide_variance(noise, k, k + 1)), noise->least_error);
    squares[k] = fmax(0, step - z * sd) * fmax(0, step - z * sd);
  }
}

/* Of an even number of steps the median is the mean of two. Where the lower one may be 0 the median
   rests on the upper one, the largest of all steps that may be 0: it has to be beyond what chance
   makes of so many. (With an odd number the median is that largest one, and would need the same.
   The reference values, which all have seven steps, do without.) `squares` is sorted, least steps
   at Z; scratch afterwards. */
static bool may_be_zero(const bs_noise *noise, double *squares) {
  enum { FEWEST_STEPS = 4 }; /* with two both would be 0, and the curve flat */
  size_t n = noise->n_models - 1;
  if (n < FEWEST_STEPS || n % 2 == 1 || squares[n / 2 - 1] > 0)
    return false;
  fill_least_steps(noise, bs_student_quantile(TAIL / (double)(n / 2 + 1), INFINITY), squares);
  bs_sort_doubles(squares, n);
  return squares[n / 2] == 0;
}

/* The root of the median squared step, from each step's own bounds. */
static bs_status median_step_bounds(const bs_noise *noise, bs_interval *bounds, bs_error *err) {
  size_t n_steps = noise->n_models - 1;
  double *low = bs_array_new(n_steps, sizeof *low, err);
  double *high = bs_array_new(n_steps, sizeof *high, err);
  bs_status status = low != NULL && high != NULL ? BS_OK : BS_ERR_MEMORY;
  for (size_t k = 0; status == BS_OK && k < n_steps; k++) {
    double step = fabs(noise->y[k + 1] - noise->y[k]);
    double sd = fmax(sqrt(bs_noise_wide_variance(noise, k, k + 1)), noise->least_error);
    high[k] = (step + Z * sd) * (step + Z * sd);
  }
  if (status == BS_OK) {
    fill_least_steps(noise, Z, low);
    *bounds = (bs_interval){sqrt(bs_median(low, n_steps)), sqrt(bs_median(high, n_steps))};
    if (may_be_zero(noise, low))
      bounds->low = 0;
  }
  free(low);
  free(high);
  return status;
}

/* I's corrected interval (`sure`) is above 0. */
static bs_interval breakthroughness(bs_interval improvement, bs_interval sure, bs_interval step) {
  double low = improvement.low > 0 ? improvement.low : sure.low;
  return (bs_interval){low / step.high, step.low > 0 ? improvement.high / step.low : INFINITY};
}

static bs_status fill_breakthroughness(bs_curve *curve, const bs_noise *noise, bs_interval sure,
                                       bs_error *err) {
  bs_interval step = {0};
  bs_status status = median_step_bounds(noise, &step, err);
  if (status != BS_OK)
    return status;
  if (sure.low > 0)
    curve->breakthroughness = breakthroughness(curve->improvement, sure, step);
  else if (sure.high < 0)
    curve->breakthroughness =
        mirrored(breakthroughness(mirrored(curve->improvement), mirrored(sure), step));
  else
    curve->breakthroughness = (bs_interval){-INFINITY, INFINITY};
  return BS_OK;
}

bs_status bs_curve_fill_intervals(bs_curve *curve, const bs_noise *noise, bs_error *err) {
  size_t m = noise->n_models;
  double *room = bs_array_new(4 * BS_REPLICATES, sizeof *room, err);
  if (room == NULL)
    return BS_ERR_MEMORY;
  replicated of = {room, room + BS_REPLICATES, room + 2 * BS_REPLICATES, room + 3 * BS_REPLICATES};
  bs_extremes extremes = bs_extremes_of(noise->y, m);
  excess by = excess_of(noise, &extremes);
  corrected estimate = correct(noise->y, m, by.step, by.range);
  curve->improvement_corrected = estimate.improvement;
  curve->linearity_corrected = estimate.linearity;
  bs_status status = resample(curve, noise, &by, &of, err);
  if (status == BS_OK) {
    bs_interval plain = middle_of(of.improvement, BS_REPLICATES);
    bs_interval sure = middle_of(of.improvement_corrected, BS_REPLICATES);
    curve->improvement = with(union_of(plain, sure), estimate.improvement);
    plain = middle_of(of.linearity, BS_REPLICATES);
    curve->linearity =
        with(union_of(plain, middle_of(of.linearity_corrected, BS_REPLICATES)), estimate.linearity);
    if (noise->has_seeds && !(sure.low > 0) && !(sure.high < 0))
      curve->linearity = anything(m);
    status = fill_breakthroughness(curve, noise, sure, err);
  }
  free(room);
  return status;
}
