/* Two curves of scores over scale: how far apart they are at equal scale, and by which factor one's
   scales must be larger. Every quantity is a weighted sum of the curves' values, so its error
   follows from their covariances. */
#include <math.h>
#include <stdlib.h>

#include "base/memory_internal.h"
#include "bigsweep/comparison.h"
#include "statistics/difference_internal.h"
#include "statistics/distributions_internal.h"
#include "statistics/numbers_internal.h"

/* The factors that are tried, evenly on a logarithmic axis. */
enum { STEPS = 256, HALVINGS = 40 };

typedef struct pairing {
  const bs_curve_pair *of;
  const double *x, *z; /* [n_first], [n_second] logarithms of the scales */
  double *weights;     /* [n_first + n_second] */
  double *bends;       /* [n_first + n_second]: see find_bends */
  double critical;     /* t of an interval's ends */
} pairing;

/* A weighted sum of the values and its standard error. */
typedef struct estimate {
  double value, standard_error;
  double doubt; /* by how much it may be off because the curves are no lines between their models */
} estimate;

static estimate weighted(const pairing *p) {
  size_t n = p->of->n_first + p->of->n_second;
  estimate sum = {0};
  double variance = 0;
  for (size_t k = 0; k < n; k++) {
    sum.value += p->weights[k] * p->of->values[k];
    for (size_t l = 0; l < n; l++)
      variance += p->weights[k] * p->weights[l] * p->of->covariance[k * n + l];
  }
  sum.standard_error = sqrt(fmax(0, variance));
  return sum;
}

/* But for rounding. */
static bool is_one_place(double low, double high) {
  return high - low <= 1e-12 * fmax(1, fabs(low));
}

static void forget_weights(const pairing *p) {
  for (size_t k = 0; k < p->of->n_first + p->of->n_second; k++)
    p->weights[k] = 0;
}

/* Adds to weights[n] those of the value at `place` on the lines through points at x[n]. */
static void weigh_place(double *weights, const double *x, size_t n, double place, double weight) {
  size_t k = 0;
  while (k + 2 < n && place > x[k + 1])
    k++;
  double share = n > 1 ? (place - x[k]) / (x[k + 1] - x[k]) : 0;
  share = fmin(1, fmax(0, share));
  weights[k] += weight * (1 - share);
  if (n > 1)
    weights[k + 1] += weight * share;
}

/* The same for the mean from `low` to `high`: on each line the value in the middle of its part. */
static void weigh_mean(double *weights, const double *x, size_t n, double low, double high,
                       double weight) {
  double width = high - low;
  if (n == 1 || is_one_place(low, high)) {
    weigh_place(weights, x, n, (low + high) / 2, weight);
    return;
  }
  for (size_t k = 0; k + 1 < n; k++) {
    double from = fmax(x[k], low), to = fmin(x[k + 1], high);
    if (to > from)
      weigh_place(weights, x, n, (from + to) / 2, weight * (to - from) / width);
  }
}

/* How much a line may be off between low and high, squared: the less of a gap is asked for, the
   more, for nobody knows where in the gap the curve moves. What gaps do is taken as independent. */
static double squared_doubt(const double *bends, const double *x, size_t n, double low,
                            double high) {
  double doubt = 0;
  for (size_t k = 0; k + 1 < n && !is_one_place(low, high); k++) {
    double part = fmin(x[k + 1], high) - fmax(x[k], low);
    if (part > 0)
      doubt += pow(part / (high - low) * bends[k] * (2 - part / (x[k + 1] - x[k])), 2);
  }
  return doubt;
}

/* First at x less second at x + shift, in the mean over all x that both have. */
static estimate difference_at(const pairing *p, double shift) {
  size_t n = p->of->n_first, m = p->of->n_second;
  double low = fmax(p->x[0], p->z[0] - shift), high = fmin(p->x[n - 1], p->z[m - 1] - shift);
  forget_weights(p);
  weigh_mean(p->weights, p->x, n, low, fmax(low, high), 1);
  weigh_mean(p->weights + n, p->z, m, low + shift, fmax(low, high) + shift, -1);
  estimate of = weighted(p);
  of.doubt = sqrt(squared_doubt(p->bends, p->x, n, low, high) +
                  squared_doubt(p->bends + n, p->z, m, low + shift, high + shift));
  return of;
}

static bool is_excluded(const pairing *p, estimate of) {
  return fabs(of.value) > p->critical * of.standard_error + of.doubt;
}

/* How much more gap k of the curve at `first` rises than it would with the slope of gap l; 0 where
   that is not beyond noise. */
static double bend_against(const pairing *p, const double *x, size_t first, size_t k, size_t l) {
  double share = (x[k + 1] - x[k]) / (x[l + 1] - x[l]);
  forget_weights(p);
  p->weights[first + k + 1] += 1;
  p->weights[first + k] -= 1;
  p->weights[first + l + 1] -= share;
  p->weights[first + l] += share;
  estimate of = weighted(p);
  return is_excluded(p, of) ? fabs(of.value) : 0;
}

/* How far the curve's mean over each gap between two models may be from that of the line: with a
   rise of d and a bend of b against a neighbouring gap, b^3 / (2 d^2), and b no more than d. It is
   d / 2 for a jump somewhere in the gap, and for a gentle bend about the b / 12 of a parabola. */
static void find_bends(const pairing *p, const double *x, size_t first, size_t n, double *bends) {
  for (size_t k = 0; k + 1 < n; k++) {
    double rise = fabs(p->of->values[first + k + 1] - p->of->values[first + k]);
    double bend = n == 2 ? rise : 0;
    if (k > 0)
      bend = fmax(bend, bend_against(p, x, first, k, k - 1));
    if (k + 2 < n)
      bend = fmax(bend, bend_against(p, x, first, k, k + 1));
    bend = fmin(bend, rise);
    bends[k] = rise > 0 ? bend * bend * bend / (2 * rise * rise) : 0;
  }
}

/* Which way a curve goes from its first to its last model: 1, -1; 0: no way beyond noise. */
static int direction(const pairing *p, size_t first, size_t last) {
  forget_weights(p);
  p->weights[first] -= 1;
  p->weights[last] += 1;
  estimate rise = weighted(p);
  return is_excluded(p, rise) && rise.value != 0 ? (rise.value > 0 ? 1 : -1) : 0;
}

/* Between shift `at`, of which what is asked is true, and `end`, of which it is not, the last shift
   of which it is. `sign`: whether the difference has this sign; 0: whether the shift is not
   excluded. */
static double boundary(const pairing *p, double at, double end, int sign) {
  for (int i = 0; i < HALVINGS; i++) {
    double middle = (at + end) / 2;
    estimate of = difference_at(p, middle);
    bool is_so = sign == 0 ? !is_excluded(p, of) : sign * of.value > 0;
    at = is_so ? middle : at;
    end = is_so ? end : middle;
  }
  return at;
}

typedef struct shifts {
  double least, most;   /* that leave anything to compare */
  double equal;         /* where the difference is 0: of several the nearest to 0. NaN: nowhere */
  bs_interval possible; /* not excluded; NaN: all are excluded */
} shifts;

static void note_possible(shifts *to, double shift) {
  to->possible.low = fmin(to->possible.low, shift); /* of NaN and a number the number */
  to->possible.high = fmax(to->possible.high, shift);
}

static void note_equal(shifts *to, double shift) {
  if (!(fabs(to->equal) <= fabs(shift)))
    to->equal = shift;
}

static shifts find_shifts(const pairing *p) {
  size_t n = p->of->n_first, m = p->of->n_second;
  shifts found = {p->z[0] - p->x[n - 1], p->z[m - 1] - p->x[0], NAN, {NAN, NAN}};
  estimate before = {0};
  double at_before = found.least;
  for (int i = 0; i <= STEPS; i++) {
    double shift = found.least + (found.most - found.least) * i / STEPS;
    estimate now = difference_at(p, shift);
    bool is_out = is_excluded(p, now), was_out = i == 0 || is_excluded(p, before);
    if (!is_out)
      note_possible(&found, shift);
    if (i > 0 && is_out != was_out)
      note_possible(&found,
                    is_out ? boundary(p, at_before, shift, 0) : boundary(p, shift, at_before, 0));
    if (now.value == 0)
      note_equal(&found, shift);
    if (i > 0 && now.value * before.value < 0) {
      double equal = boundary(p, at_before, shift, before.value > 0 ? 1 : -1);
      note_equal(&found, equal);
      note_possible(&found, equal);
    }
    before = now;
    at_before = shift;
  }
  return found;
}

/* An end that only the data's own end sets is open. */
static bs_interval as_ratios(const shifts *found) {
  double slack = 1e-9 * (found->most - found->least);
  return (bs_interval){found->possible.low <= found->least + slack ? 0 : exp(found->possible.low),
                       found->possible.high >= found->most - slack ? INFINITY
                                                                   : exp(found->possible.high)};
}

static void fill_ratio(bs_curve_comparison *out, const pairing *p) {
  size_t n = p->of->n_first, m = p->of->n_second;
  int first = direction(p, 0, n - 1), second = direction(p, n, n + m - 1);
  out->ratio_interval = (bs_interval){0, INFINITY};
  if ((first == 0 && second == 0) || first == -second)
    return;
  shifts found = find_shifts(p);
  if (isnan(found.possible.low)) { /* one is better however far they are moved */
    bool is_first = difference_at(p, found.most).value * (first + second) > 0;
    out->ratio_interval =
        is_first ? (bs_interval){exp(found.most), INFINITY} : (bs_interval){0, exp(found.least)};
    return;
  }
  bs_interval ratios = as_ratios(&found);
  bool is_both = first == second;
  if (is_both || ratios.low == 0 || isinf(ratios.high))
    out->ratio_interval = ratios;
  if (is_both)
    out->ratio = exp(found.equal);
}

static bs_status open_pairing(pairing *p, const bs_curve_pair *pair, double **room, bs_error *err) {
  size_t n = pair->n_first + pair->n_second, n_numbers;
  *room = bs_size_mul(n, 3, &n_numbers) ? bs_array_new(n_numbers, sizeof **room, err) : NULL;
  if (*room == NULL)
    return bs_error_set(err, BS_ERR_MEMORY, "cannot compare curves of %zu models", n);
  for (size_t k = 0; k < n; k++)
    (*room)[k] = log(pair->scales[k]);
  *p = (pairing){.of = pair,
                 .x = *room,
                 .z = *room + pair->n_first,
                 .weights = *room + n,
                 .bends = *room + 2 * n};
  p->critical = pair->n_free > 0 ? bs_student_quantile(.025, pair->n_free) : NAN;
  find_bends(p, p->x, 0, pair->n_first, p->bends);
  find_bends(p, p->z, pair->n_first, pair->n_second, p->bends + pair->n_first);
  forget_weights(p);
  return BS_OK;
}

static bool is_known(const bs_curve_pair *pair) {
  size_t n = pair->n_first + pair->n_second;
  return pair->n_first > 0 && pair->n_second > 0 && pair->n_free > 0 &&
         bs_all_finite(pair->scales, n) && bs_all_finite(pair->values, n) &&
         bs_all_finite(pair->covariance, n * n);
}

static bs_interval common_scales(const bs_curve_pair *pair) {
  size_t n = pair->n_first, m = pair->n_second;
  bs_interval of = {fmax(pair->scales[0], pair->scales[n]),
                    fmin(pair->scales[n - 1], pair->scales[n + m - 1])};
  return of.low <= of.high ? of : (bs_interval){NAN, NAN};
}

static const bs_difference UNDEFINED = {NAN, NAN, {NAN, NAN}, NAN, NAN};

bs_status bs_compare_curves(bs_curve_comparison *out, const bs_curve_pair *pair, bs_error *err) {
  *out = (bs_curve_comparison){
      .scales = {NAN, NAN}, .difference = UNDEFINED, .ratio = NAN, .ratio_interval = {NAN, NAN}};
  if (!is_known(pair))
    return BS_OK;
  pairing p;
  double *room;
  bs_status status = open_pairing(&p, pair, &room, err);
  if (status != BS_OK)
    return status;
  out->scales = common_scales(pair);
  if (!isnan(out->scales.low)) {
    estimate of = difference_at(&p, 0);
    out->difference = bs_difference_of(of.value, of.standard_error, pair->n_free);
  }
  if (pair->n_first > 1 && pair->n_second > 1)
    fill_ratio(out, &p);
  free(room);
  return BS_OK;
}

bs_status bs_compare_curves_at(bs_difference *out, const bs_curve_pair *pair, double scale,
                               bs_error *err) {
  *out = UNDEFINED;
  bs_interval scales = is_known(pair) ? common_scales(pair) : (bs_interval){NAN, NAN};
  if (!(scale >= scales.low && scale <= scales.high))
    return BS_OK;
  pairing p;
  double *room;
  bs_status status = open_pairing(&p, pair, &room, err);
  if (status != BS_OK)
    return status;
  weigh_place(p.weights, p.x, pair->n_first, log(scale), 1);
  weigh_place(p.weights + pair->n_first, p.z, pair->n_second, log(scale), -1);
  estimate of = weighted(&p);
  *out = bs_difference_of(of.value, of.standard_error, pair->n_free);
  free(room);
  return BS_OK;
}
