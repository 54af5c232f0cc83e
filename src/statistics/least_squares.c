/* Least squares with few columns, by modified Gram-Schmidt. */
#include "statistics/least_squares_internal.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

static double dot(const double *a, const double *b, size_t n) {
  double sum = 0;
  for (size_t i = 0; i < n; i++)
    sum += a[i] * b[i];
  return sum;
}

/* b of the columns whose numbers are in `chosen`; false where they are not independent. */
static bool solve(const double *const *columns, const size_t *chosen, size_t n_chosen,
                  const double *y, size_t n, double *b, double *room) {
  double r[BS_MOST_COLUMNS][BS_MOST_COLUMNS], z[BS_MOST_COLUMNS];
  for (size_t i = 0; i < n_chosen; i++) {
    double *q = room + i * n, size = sqrt(dot(columns[chosen[i]], columns[chosen[i]], n));
    memcpy(q, columns[chosen[i]], n * sizeof *q);
    for (size_t k = 0; k < i; k++) {
      r[k][i] = dot(room + k * n, q, n);
      for (size_t j = 0; j < n; j++)
        q[j] -= r[k][i] * room[k * n + j];
    }
    r[i][i] = sqrt(dot(q, q, n));
    if (!(r[i][i] > 1e-12 * size))
      return false;
    for (size_t j = 0; j < n; j++)
      q[j] /= r[i][i];
    z[i] = dot(q, y, n);
  }
  for (size_t i = n_chosen; i-- > 0;) {
    for (size_t k = i + 1; k < n_chosen; k++)
      z[i] -= r[i][k] * b[chosen[k]];
    b[chosen[i]] = z[i] / r[i][i];
  }
  return true;
}

static double rest_of(const double *const *columns, size_t n_columns, const double *y, size_t n,
                      const double *b) {
  double sum = 0;
  for (size_t j = 0; j < n; j++) {
    double r = -y[j];
    for (size_t i = 0; i < n_columns; i++)
      r += b[i] * columns[i][j];
    sum += r * r;
  }
  return sum;
}

double bs_nonnegative_least_squares(const double *const *columns, size_t n_columns, const double *y,
                                    size_t n, double *b, double *room) {
  double least = INFINITY;
  for (size_t i = 0; i < n_columns; i++)
    b[i] = 0;
  for (size_t subset = 1; subset < (size_t)1 << n_columns; subset++) {
    size_t chosen[BS_MOST_COLUMNS], n_chosen = 0;
    double tried[BS_MOST_COLUMNS] = {0};
    for (size_t i = 0; i < n_columns; i++)
      if ((subset >> i & 1) != 0)
        chosen[n_chosen++] = i;
    bool is_valid = solve(columns, chosen, n_chosen, y, n, tried, room);
    for (size_t i = 0; i < n_columns; i++)
      is_valid = is_valid && tried[i] >= 0;
    double rest = is_valid ? rest_of(columns, n_columns, y, n, tried) : INFINITY;
    if (rest < least) {
      least = rest;
      memcpy(b, tried, n_columns * sizeof *b);
    }
  }
  return least;
}
