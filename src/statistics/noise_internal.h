/* What is known of the noise in a curve: variances, and replicates of the curve with it. */
#ifndef BIGSWEEP_STATISTICS_NOISE_INTERNAL_H
#define BIGSWEEP_STATISTICS_NOISE_INTERNAL_H

#include <stddef.h>
#include <stdint.h>

#include "bigsweep/statistics.h"

typedef struct bs_noise {
  size_t n_models;
  double *y;          /* [n_models] */
  double *variance;   /* [n_models][n_models]: of y[k] - y[l], paired where that is known */
  double *replicates; /* [BS_REPLICATES][n_models]: resampled curves */
  double *errors;     /* [BS_REPLICATES][n_models]: curves of noise alone, around 0 */
  double least_error; /* no step is known better than this */
  double n_free;      /* degrees of freedom of the variances; infinite where they are unknown */
} bs_noise;

/* As bs_curve_from_examples and bs_curve_from_errors; n_models >= 2, n_examples >= 2. On failure
   nothing is to be freed. */
bs_status bs_noise_from_examples(bs_noise *noise, const double *scores, size_t n_examples,
                                 size_t n_models, uint64_t seed, bs_error *err);
bs_status bs_noise_from_errors(bs_noise *noise, const double *y, const double *standard_errors,
                               size_t n_models, uint64_t n_examples, uint64_t seed, bs_error *err);
void bs_noise_free(bs_noise *noise);

/* Of y[k] - y[l]. */
double bs_noise_variance(const bs_noise *noise, size_t k, size_t l);

#endif
