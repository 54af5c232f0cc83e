/* What is known of the noise in a curve: variances, and replicates of the curve with it. */
#ifndef BIGSWEEP_STATISTICS_NOISE_INTERNAL_H
#define BIGSWEEP_STATISTICS_NOISE_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bigsweep/statistics.h"

typedef struct bs_noise {
  size_t n_models;
  double *y;        /* [n_models] */
  double *variance; /* [n_models][n_models]: of y[k] - y[l] by the examples, paired where known */
  /* [n_models] What seeds add to it, and what they add where it makes an interval. */
  double *seed_variance, *wide_seed_variance;
  bool has_seeds;
  double widening;    /* of standard errors where they make an interval; see bs_noise_widen */
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

/* Of noise from few independent observations (clusters): what Student's t is wider than the normal
   distribution goes into the replicates. They and the wide variances of the examples are those of
   n_clusters, at least two. */
void bs_noise_widen(bs_noise *noise, size_t n_clusters);

/* Of y[k] - y[l], k and l apart. */
double bs_noise_variance(const bs_noise *noise, size_t k, size_t l);
/* The same as the replicates have it, which are wider where seeds are few. */
double bs_noise_wide_variance(const bs_noise *noise, size_t k, size_t l);

/* Standard deviations over the seeds of each model, of scores[n_examples][sum of n_seeds]; NaN
   where there is one seed. */
void bs_seed_deviations_of(const double *scores, size_t n_examples, const size_t *n_seeds,
                           size_t n_models, double *deviations);
/* Adds the noise of the seeds to that of the examples. Returns the standard deviation of one seed's
   score, of all models together; NaN where no model has repeats: then nothing was added. */
double bs_noise_add_seeds(bs_noise *noise, const bs_seed_deviations *seeds, uint64_t seed);

#endif
