/* Sums, ranks and sample variances of arrays of numbers, in a fixed order. */
#ifndef BIGSWEEP_STATISTICS_NUMBERS_INTERNAL_H
#define BIGSWEEP_STATISTICS_NUMBERS_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>

bool bs_all_finite(const double *values, size_t n);

/* n > 0. */
double bs_mean_of(const double *values, size_t n);

/* Sorts values[n] in ascending order; none is NaN. */
void bs_sort_doubles(double *values, size_t n);

/* The middle value, or the mean of the two middle ones; sorts values[n], n > 0. */
double bs_median(double *values, size_t n);

/* Moves the NaNs out of values[n]; returns how many are left, in their order. */
size_t bs_drop_nan(double *values, size_t n);

#endif
