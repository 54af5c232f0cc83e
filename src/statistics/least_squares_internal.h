/* Least squares with few columns, and with coefficients that may not be negative. */
#ifndef BIGSWEEP_STATISTICS_LEAST_SQUARES_INTERNAL_H
#define BIGSWEEP_STATISTICS_LEAST_SQUARES_INTERNAL_H

#include <stddef.h>

enum { BS_MOST_COLUMNS = 3 };

/* Coefficients b >= 0 with the least sum of squares of X b - y, found by trying all subsets of the
   columns; returns that sum. X is columns[n_columns] of n numbers each, n_columns at most
   BS_MOST_COLUMNS. INFINITY, and all b 0, where no subset gives one. `room` holds
   BS_MOST_COLUMNS n numbers. */
double bs_nonnegative_least_squares(const double *const *columns, size_t n_columns, const double *y,
                                    size_t n, double *b, double *room);

#endif
