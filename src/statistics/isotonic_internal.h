/* Monotone least-squares fits. */
#ifndef BIGSWEEP_STATISTICS_ISOTONIC_INTERNAL_H
#define BIGSWEEP_STATISTICS_ISOTONIC_INTERNAL_H

#include <stddef.h>

/* fit[n] is the curve that never falls (sign 1) or never rises (-1) with the smallest sum of
   weights[i] (y[i] - fit[i])^2: pool adjacent violators (Barlow, Bartholomew, Bremner, Brunk 1972).
   Weights are above 0. `sizes` is room for n numbers. */
void bs_isotonic(const double *y, const double *weights, size_t n, int sign, double *fit,
                 double *pooled, size_t *sizes);

#endif
