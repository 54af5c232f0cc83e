/* Replicates of a curve: examples drawn anew with replacement, or normal noise of known size. */
#include "statistics/noise_internal.h"

#include <math.h>
#include <stdlib.h>

#include "base/memory_internal.h"
#include "statistics/distributions_internal.h"
#include "statistics/resample_internal.h"

/* The stream of the normal numbers, "GAUS"; see resample.c. */
static const uint32_t STREAM_NORMALS = 0x47415553;
/* Of each side of an interval, and the normal distribution's quantile at 1 - TAIL. */
static const double TAIL = 0.025, Z = 1.959963984540054;

static bs_status allocate(bs_noise *noise, size_t n_models, bs_error *err) {
  *noise = (bs_noise){.n_models = n_models, .widening = 1};
  size_t n_replicated = 0, n_pairs = 0;
  if (!bs_size_mul(n_models, BS_REPLICATES, &n_replicated) ||
      !bs_size_mul(n_models, n_models, &n_pairs))
    return bs_error_set(err, BS_ERR_MEMORY, "cannot resample curves of %zu models", n_models);
  noise->y = bs_array_new(n_models, sizeof *noise->y, err);
  noise->variance = bs_array_new(n_pairs, sizeof *noise->variance, err);
  noise->seed_variance = bs_array_new(n_models, sizeof *noise->seed_variance, err);
  noise->wide_seed_variance = bs_array_new(n_models, sizeof *noise->wide_seed_variance, err);
  noise->replicates = bs_array_new(n_replicated, sizeof *noise->replicates, err);
  noise->errors = bs_array_new(n_replicated, sizeof *noise->errors, err);
  return noise->y != NULL && noise->variance != NULL && noise->seed_variance != NULL &&
                 noise->wide_seed_variance != NULL && noise->replicates != NULL &&
                 noise->errors != NULL
             ? BS_OK
             : BS_ERR_MEMORY;
}

void bs_noise_free(bs_noise *noise) {
  free(noise->y);
  free(noise->variance);
  free(noise->seed_variance);
  free(noise->wide_seed_variance);
  free(noise->replicates);
  free(noise->errors);
  *noise = (bs_noise){0};
}

double bs_noise_variance(const bs_noise *noise, size_t k, size_t l) {
  return noise->variance[k * noise->n_models + l] + noise->seed_variance[k] +
         noise->seed_variance[l];
}

double bs_noise_wide_variance(const bs_noise *noise, size_t k, size_t l) {
  return noise->widening * noise->widening * noise->variance[k * noise->n_models + l] +
         noise->wide_seed_variance[k] + noise->wide_seed_variance[l];
}

void bs_noise_widen(bs_noise *noise, size_t n_clusters) {
  double n = (double)n_clusters;
  noise->widening = bs_student_quantile(TAIL, n - 1) / Z;
  double by =
      noise->widening * sqrt(n / (n - 1)); /* resampling n shows (n - 1) / n of a variance */
  for (size_t r = 0; r < BS_REPLICATES; r++)
    for (size_t k = 0; k < noise->n_models; k++) {
      double *replicate = &noise->replicates[r * noise->n_models + k];
      *replicate = noise->y[k] + by * (*replicate - noise->y[k]);
    }
}

/* In ascending order of examples. */
static void fill_means(double *means, const double *scores, size_t n, size_t m) {
  for (size_t k = 0; k < m; k++)
    means[k] = 0;
  for (size_t j = 0; j < n; j++)
    for (size_t k = 0; k < m; k++)
      means[k] += scores[j * m + k];
  for (size_t k = 0; k < m; k++)
    means[k] /= (double)n;
}

/* Sample variance of the differences between the scores of models k and l, over n; of model k
   alone where l is m. */
static double variance_of_mean(const double *scores, const double *y, size_t n, size_t m, size_t k,
                               size_t l) {
  double mean = l < m ? y[k] - y[l] : y[k], sum = 0;
  for (size_t j = 0; j < n; j++) {
    const double *row = scores + j * m;
    double deviation = (l < m ? row[k] - row[l] : row[k]) - mean;
    sum += deviation * deviation;
  }
  return sum / (double)(n - 1) / (double)n;
}

static void fill_variances(bs_noise *noise, const double *scores, size_t n) {
  size_t m = noise->n_models;
  for (size_t k = 0; k < m; k++)
    for (size_t l = k + 1; l < m; l++)
      noise->variance[k * m + l] = noise->variance[l * m + k] =
          variance_of_mean(scores, noise->y, n, m, k, l);
}

static double range_of(const double *values, size_t n) {
  double low = values[0], high = values[0];
  for (size_t i = 1; i < n; i++) {
    low = values[i] < low ? values[i] : low;
    high = values[i] > high ? values[i] : high;
  }
  return high - low;
}

/* A model that is always right or always wrong shows no variance though it has some: the noise of
   each model is made up with normal noise to the mean variance of all. */
static void fill_errors(bs_noise *noise, const double *scores, size_t n, uint64_t seed) {
  size_t m = noise->n_models;
  double mean = 0;
  for (size_t k = 0; k < m; k++)
    mean += variance_of_mean(scores, noise->y, n, m, k, m);
  mean /= (double)m;
  double wider = sqrt((double)n / (double)(n - 1));
  for (size_t k = 0; k < m; k++) {
    double sd = sqrt(fmax(0, mean - variance_of_mean(scores, noise->y, n, m, k, m)));
    for (uint32_t r = 0; r < BS_REPLICATES; r++)
      noise->errors[r * m + k] =
          wider * (noise->replicates[r * m + k] - noise->y[k] +
                   (sd > 0 ? sd * bs_draw_normal(seed, STREAM_NORMALS, r, (uint32_t)k) : 0));
  }
}

bs_status bs_noise_from_examples(bs_noise *noise, const double *scores, size_t n_examples,
                                 size_t n_models, uint64_t seed, bs_error *err) {
  bs_status status = allocate(noise, n_models, err);
  if (status == BS_OK)
    status = bs_resample_means(noise->replicates, BS_REPLICATES, scores, n_examples, n_models, seed,
                               err);
  if (status != BS_OK) {
    bs_noise_free(noise);
    return status;
  }
  fill_means(noise->y, scores, n_examples, n_models);
  fill_variances(noise, scores, n_examples);
  fill_errors(noise, scores, n_examples, seed);
  noise->least_error = 2 * range_of(scores, n_examples * n_models) / (double)n_examples;
  noise->n_free = (double)(n_examples - 1);
  return BS_OK;
}

bs_status bs_noise_from_errors(bs_noise *noise, const double *y, const double *standard_errors,
                               size_t n_models, uint64_t n_examples, uint64_t seed, bs_error *err) {
  bs_status status = allocate(noise, n_models, err);
  if (status != BS_OK) {
    bs_noise_free(noise);
    return status;
  }
  size_t m = n_models;
  double mean = 0, largest = 1; /* scores of examples are taken to lie between 0 and this */
  for (size_t k = 0; k < m; k++) {
    noise->y[k] = y[k];
    largest = fmax(largest, fabs(y[k]));
    mean += standard_errors[k] * standard_errors[k] / (double)m;
    for (size_t l = 0; l < m; l++)
      if (l != k)
        noise->variance[k * m + l] =
            standard_errors[k] * standard_errors[k] + standard_errors[l] * standard_errors[l];
  }
  for (uint32_t r = 0; r < BS_REPLICATES; r++) {
    double *errors = noise->errors + r * m;
    bs_draw_normals(seed, STREAM_NORMALS, r, errors, m);
    for (size_t k = 0; k < m; k++) {
      noise->replicates[r * m + k] = y[k] + standard_errors[k] * errors[k];
      errors[k] *= fmax(standard_errors[k], sqrt(mean));
    }
  }
  noise->least_error = n_examples > 0 ? 2 * largest / (double)n_examples : 0;
  noise->n_free = n_examples > 1 ? (double)(n_examples - 1) : INFINITY;
  return BS_OK;
}
