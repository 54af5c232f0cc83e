/* What the comparisons share. */
#ifndef BIGSWEEP_STATISTICS_DIFFERENCE_INTERNAL_H
#define BIGSWEEP_STATISTICS_DIFFERENCE_INTERNAL_H

#include "bigsweep/comparison.h"

/* A value with its interval and p. */
bs_difference bs_difference_of(double value, double standard_error, double n_free);

/* How many clusters n_examples make up. */
size_t bs_n_clusters(bs_clusters clusters, size_t n_examples);

#endif
