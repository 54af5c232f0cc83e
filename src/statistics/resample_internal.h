/* The bootstrap of means: examples drawn anew with replacement, the same ones for all columns. */
#ifndef BIGSWEEP_STATISTICS_RESAMPLE_INTERNAL_H
#define BIGSWEEP_STATISTICS_RESAMPLE_INTERNAL_H

#include <stddef.h>
#include <stdint.h>

#include "bigsweep/error.h"

/* means[n_replicates][n_columns] of scores[n_examples][n_columns]: replicate r draws n_examples
   examples from the stream of `seed`, a function of seed, r and n_examples alone, and a mean is the
   sum of count times score in ascending order of examples, over n_examples. BS_ERR_MEMORY. */
bs_status bs_resample_means(double *means, size_t n_replicates, const double *scores,
                            size_t n_examples, size_t n_columns, uint64_t seed, bs_error *err);

/* A standard normal number (Box and Muller 1958): number k of replicate r in a stream of its own.
   `stream` tells those of one seed apart. */
double bs_draw_normal(uint64_t seed, uint32_t stream, uint32_t r, uint32_t k);
/* The first n of replicate r. */
void bs_draw_normals(uint64_t seed, uint32_t stream, uint32_t r, double *normals, size_t n);

#endif
