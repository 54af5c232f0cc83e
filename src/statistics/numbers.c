/* Sums, ranks and medians of arrays of numbers. */
#include "statistics/numbers_internal.h"

#include <math.h>
#include <stdlib.h>

bool bs_all_finite(const double *values, size_t n) {
  for (size_t i = 0; i < n; i++)
    if (!isfinite(values[i]))
      return false;
  return true;
}

double bs_mean_of(const double *values, size_t n) {
  double sum = 0;
  for (size_t i = 0; i < n; i++)
    sum += values[i];
  return sum / (double)n;
}

static int compare_doubles(const void *a, const void *b) {
  double left = *(const double *)a, right = *(const double *)b;
  return left < right ? -1 : left > right;
}

void bs_sort_doubles(double *values, size_t n) {
  if (n > 1)
    qsort(values, n, sizeof *values, compare_doubles);
}

double bs_median(double *values, size_t n) {
  bs_sort_doubles(values, n);
  return n % 2 == 1 ? values[n / 2] : (values[n / 2 - 1] + values[n / 2]) / 2;
}

size_t bs_drop_nan(double *values, size_t n) {
  size_t kept = 0;
  for (size_t i = 0; i < n; i++)
    if (!isnan(values[i]))
      values[kept++] = values[i];
  return kept;
}
