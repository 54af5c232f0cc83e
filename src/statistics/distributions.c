/* The t and the binomial distribution by way of the incomplete beta function. */
#include "statistics/distributions_internal.h"

#include <math.h>

#include "bigsweep/comparison.h"

/* The continued fraction, evaluated from its front (the method of Lentz); x < (a + 1) / (a + b +
   2), so that its first denominator is positive. */
static double beta_fraction(double a, double b, double x) {
  const double smallest = 1e-300, precision = 1e-16;
  enum { MOST_TERMS = 100000 };
  double c = 1, d = 1 / (1 - (a + b) * x / (a + 1)), fraction = d;
  for (int m = 1; m < MOST_TERMS; m++) {
    double change = 1;
    for (int is_odd = 0; is_odd < 2; is_odd++) {
      double term = is_odd ? -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
                           : m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
      d = 1 + term * d;
      c = 1 + term / c;
      d = 1 / (fabs(d) < smallest ? smallest : d);
      c = fabs(c) < smallest ? smallest : c;
      change = c * d;
      fraction *= change;
    }
    if (fabs(change - 1) < precision)
      break;
  }
  return fraction;
}

double bs_incomplete_beta(double a, double b, double x) {
  if (x <= 0 || x >= 1)
    return x <= 0 ? 0 : 1;
  double scale = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log1p(-x));
  /* the fraction converges fast on this side of the mean */
  return x < (a + 1) / (a + b + 2) ? scale * beta_fraction(a, b, x) / a
                                   : 1 - scale * beta_fraction(b, a, 1 - x) / b;
}

double bs_student_p(double t, double n_free) {
  if (isnan(t) || isinf(t))
    return isnan(t) ? NAN : 0;
  if (isinf(n_free))
    return erfc(fabs(t) / M_SQRT2);
  return bs_incomplete_beta(n_free / 2, 0.5, n_free / (n_free + t * t));
}

double bs_student_quantile(double tail, double n_free) {
  double low = 0, high = 1;
  while (bs_student_p(high, n_free) / 2 > tail && high < 1e300)
    high *= 2;
  for (double middle; middle = (low + high) / 2, middle > low && middle < high;)
    if (bs_student_p(middle, n_free) / 2 > tail)
      low = middle;
    else
      high = middle;
  return high;
}

double bs_sign_test(uint64_t a, uint64_t b) {
  double least = (double)(a < b ? a : b), most = (double)(a < b ? b : a);
  if (a == b)
    return 1;
  /* P(X <= k) of n halves is I_1/2(n - k, k + 1) */
  return fmin(1, 2 * bs_incomplete_beta(most, least + 1, 0.5));
}
