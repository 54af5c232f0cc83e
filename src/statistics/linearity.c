/* Linearity and breakthroughness of one curve: the two statistics of the BIG-bench paper. */
#include <math.h>
#include <stdlib.h>

#include "base/memory_internal.h"
#include "bigsweep/statistics.h"
#include "statistics/linearity_internal.h"
#include "statistics/numbers_internal.h"

/* NaN instead of what no range, or a zero or overflown denominator, would give. */
static double ratio(double numerator, double denominator) {
  return numerator != 0 && denominator > 0 && isfinite(denominator) ? numerator / denominator : NAN;
}

/* Scores closer than this share of the largest are one score: without it rounding decides which of
   two equal means is the largest. */
static const double TIE = 1e-12;

bs_extremes bs_extremes_of(const double *y, size_t n) {
  bs_extremes of = {0};
  double low = y[0], high = y[0];
  for (size_t i = 1; i < n; i++) {
    high = y[i] > high ? y[i] : high;
    low = y[i] < low ? y[i] : low;
  }
  double tie = TIE * fmax(fabs(high), fabs(low));
  while (y[of.highest] < high - tie)
    of.highest++;
  while (y[of.lowest] > low + tie)
    of.lowest++;
  of.range = high - low;
  of.sign = of.highest > of.lowest ? 1 : of.highest < of.lowest ? -1 : 0;
  return of;
}

bs_linearity bs_linearity_with(const double *y, size_t n, double *squares) {
  bs_linearity of = {.n = n,
                     .improvement = NAN,
                     .root_mean_square = NAN,
                     .root_median_square = NAN,
                     .linearity = NAN,
                     .breakthroughness = NAN,
                     .linearity_per_step = NAN};
  if (n == 0 || !bs_all_finite(y, n))
    return of;
  bs_extremes extremes = bs_extremes_of(y, n);
  of.improvement = extremes.sign * extremes.range;
  if (n == 1)
    return of;
  size_t n_steps = n - 1;
  for (size_t i = 0; i < n_steps; i++) {
    double step = y[i + 1] - y[i];
    squares[i] = step * step;
  }
  of.root_mean_square = sqrt(bs_mean_of(squares, n_steps));
  of.root_median_square = sqrt(bs_median(squares, n_steps));
  if (n < 3)
    return of;
  of.linearity = ratio(of.improvement, of.root_mean_square);
  of.breakthroughness = ratio(of.improvement, of.root_median_square);
  of.linearity_per_step = of.linearity / (double)n_steps;
  return of;
}

enum { SCALES_ON_STACK = 64 };

bs_linearity bs_linearity_of(const double *y, size_t n) {
  double few[SCALES_ON_STACK];
  if (n <= SCALES_ON_STACK)
    return bs_linearity_with(y, n, few);
  double *squares = bs_array_new(n, sizeof *squares, NULL);
  bs_linearity of =
      squares != NULL ? bs_linearity_with(y, n, squares) : bs_linearity_with(NULL, 0, NULL);
  free(squares);
  of.n = n;
  return of;
}
