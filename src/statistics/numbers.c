/* Sums, ranks and medians of arrays of numbers. */
#include "statistics/numbers_internal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

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

/* Of equal values (0 and -0) the first stays first, in both parts of the sort. */
static void insertion_sort(double *values, size_t n) {
  for (size_t i = 1; i < n; i++) {
    double value = values[i];
    size_t at = i;
    for (; at > 0 && value < values[at - 1]; at--)
      values[at] = values[at - 1];
    values[at] = value;
  }
}

static void merge(const double *left, size_t n_left, const double *right, size_t n_right,
                  double *to) {
  size_t i = 0, j = 0;
  while (i < n_left && j < n_right) {
    double a = left[i], b = right[j];
    size_t is_right = b < a; /* no branch: nobody could predict it */
    *to++ = is_right ? b : a;
    j += is_right;
    i += 1 - is_right;
  }
  memcpy(to, left + i, (n_left - i) * sizeof *to);
  memcpy(to + (n_left - i), right + j, (n_right - j) * sizeof *to);
}

/* Sorted runs are merged to runs of twice the length, to and fro between the values and a room. A
   library's sort calls a function to compare two numbers, which takes three times as long. */
void bs_sort_doubles(double *values, size_t n) {
  enum { RUN = 16, MOST = 2048 };
  double room[MOST], *from = values, *to = room;
  if (n > MOST) {
    qsort(values, n, sizeof *values, compare_doubles);
    return;
  }
  for (size_t at = 0; at < n; at += RUN)
    insertion_sort(values + at, n - at < RUN ? n - at : RUN);
  for (size_t run = RUN; run < n; run *= 2) {
    for (size_t at = 0; at < n; at += 2 * run) {
      size_t n_left = n - at < run ? n - at : run;
      size_t n_right = n - at - n_left < run ? n - at - n_left : run;
      merge(from + at, n_left, from + at + n_left, n_right, to + at);
    }
    double *other = from;
    from = to;
    to = other;
  }
  if (from != values)
    memcpy(values, from, n * sizeof *values);
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
