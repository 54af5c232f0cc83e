/* The parts of linearity that resampled curves need as well. */
#ifndef BIGSWEEP_STATISTICS_LINEARITY_INTERNAL_H
#define BIGSWEEP_STATISTICS_LINEARITY_INTERNAL_H

#include "bigsweep/statistics.h"

/* Where a curve is highest and lowest; the first place on a tie. Scores that differ by less than
   1e-12 of the largest are tied. */
typedef struct bs_extremes {
  size_t highest, lowest;
  double range; /* max y - min y */
  int sign;     /* of highest - lowest */
} bs_extremes;

/* y[n] is finite, n > 0. */
bs_extremes bs_extremes_of(const double *y, size_t n);

/* bs_linearity_of with room for n - 1 numbers. */
bs_linearity bs_linearity_with(const double *y, size_t n, double *squares);

#endif
