/* Monotone least-squares fits by pooling adjacent violators. */
#include "statistics/isotonic_internal.h"

void bs_isotonic(const double *y, const double *weights, size_t n, int sign, double *fit,
                 double *pooled, size_t *sizes) {
  size_t n_blocks = 0; /* fit[b], pooled[b] and sizes[b]: level, weight and length of block b */
  for (size_t i = 0; i < n; i++) {
    fit[n_blocks] = y[i];
    pooled[n_blocks] = weights[i];
    sizes[n_blocks] = 1;
    n_blocks++;
    while (n_blocks > 1 && sign * (fit[n_blocks - 1] - fit[n_blocks - 2]) < 0) {
      size_t to = n_blocks - 2, from = n_blocks - 1;
      double weight = pooled[to] + pooled[from];
      fit[to] = (pooled[to] * fit[to] + pooled[from] * fit[from]) / weight;
      pooled[to] = weight;
      sizes[to] += sizes[from];
      n_blocks--;
    }
  }
  for (size_t at = n; n_blocks > 0; n_blocks--) /* blocks never stand behind their places */
    for (size_t i = 0; i < sizes[n_blocks - 1]; i++)
      fit[--at] = fit[n_blocks - 1];
}
