/* Replicates of a curve: examples drawn anew with replacement, or normal noise of known size. */
#include "statistics/noise_internal.h"

#include <math.h>
#include <stdlib.h>

#include "base/memory_internal.h"
#include "base/philox_internal.h"
#include "statistics/numbers_internal.h"

/* The fourth word of the generator's counter tells its streams apart: "BOOT" and "GAUS". */
static const uint32_t STREAM_EXAMPLES = 0x424F4F54, STREAM_NORMALS = 0x47415553;

typedef struct stream {
  uint32_t key[2];
} stream;

static stream stream_of(uint64_t seed) {
  return (stream){{(uint32_t)seed, (uint32_t)(seed >> 32)}};
}

/* How often replicate r draws each of n examples. */
static void draw_counts(const stream *from, uint32_t r, size_t n, uint32_t *counts) {
  for (size_t i = 0; i < n; i++)
    counts[i] = 0;
  uint32_t words[4] = {0};
  for (size_t i = 0; i < n; i++) {
    if (i % 4 == 0)
      bs_philox((uint32_t[4]){(uint32_t)(i / 4), r, 0, STREAM_EXAMPLES}, from->key, words);
    counts[(uint64_t)words[i % 4] * n >> 32]++;
  }
}

/* The standard normal number of model k in replicate r (Box and Muller 1958). */
static double draw_normal(const stream *from, uint32_t r, size_t k) {
  uint32_t words[4];
  bs_philox((uint32_t[4]){(uint32_t)k, r, 0, STREAM_NORMALS}, from->key, words);
  double u1 = ((double)words[0] + 1) * 0x1p-32, u2 = (double)words[1] * 0x1p-32;
  return sqrt(-2 * log(u1)) * cos(2 * M_PI * u2);
}

static bs_status allocate(bs_noise *noise, size_t n_models, bs_error *err) {
  *noise = (bs_noise){.n_models = n_models};
  size_t n_replicated = 0, n_pairs = 0;
  if (!bs_size_mul(n_models, BS_REPLICATES, &n_replicated) ||
      !bs_size_mul(n_models, n_models, &n_pairs))
    return bs_error_set(err, BS_ERR_MEMORY, "cannot resample curves of %zu models", n_models);
  noise->y = bs_array_new(n_models, sizeof *noise->y, err);
  noise->variance = bs_array_new(n_pairs, sizeof *noise->variance, err);
  noise->replicates = bs_array_new(n_replicated, sizeof *noise->replicates, err);
  noise->errors = bs_array_new(n_replicated, sizeof *noise->errors, err);
  return noise->y != NULL && noise->variance != NULL && noise->replicates != NULL &&
                 noise->errors != NULL
             ? BS_OK
             : BS_ERR_MEMORY;
}

void bs_noise_free(bs_noise *noise) {
  free(noise->y);
  free(noise->variance);
  free(noise->replicates);
  free(noise->errors);
  *noise = (bs_noise){0};
}

double bs_noise_variance(const bs_noise *noise, size_t k, size_t l) {
  return noise->variance[k * noise->n_models + l];
}

/* means[k] = sum over j of weights[j] scores[j][k], over n, in ascending order of j; weights NULL:
   1 each. */
static void weighted_means(const double *scores, size_t n, size_t m, const uint32_t *weights,
                           double *means) {
  for (size_t k = 0; k < m; k++)
    means[k] = 0;
  for (size_t j = 0; j < n; j++) {
    double weight = weights != NULL ? weights[j] : 1;
    if (weight == 0)
      continue;
    const double *row = scores + j * m;
    for (size_t k = 0; k < m; k++)
      means[k] += weight * row[k];
  }
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
static void fill_errors(bs_noise *noise, const double *scores, size_t n, const stream *from) {
  size_t m = noise->n_models;
  double mean = 0;
  for (size_t k = 0; k < m; k++)
    mean += variance_of_mean(scores, noise->y, n, m, k, m);
  mean /= (double)m;
  double wider = sqrt((double)n / (double)(n - 1));
  for (size_t k = 0; k < m; k++) {
    double sd = sqrt(fmax(0, mean - variance_of_mean(scores, noise->y, n, m, k, m)));
    for (uint32_t r = 0; r < BS_REPLICATES; r++)
      noise->errors[r * m + k] = wider * (noise->replicates[r * m + k] - noise->y[k] +
                                          (sd > 0 ? sd * draw_normal(from, r, k) : 0));
  }
}

bs_status bs_noise_from_examples(bs_noise *noise, const double *scores, size_t n_examples,
                                 size_t n_models, uint64_t seed, bs_error *err) {
  stream from = stream_of(seed);
  uint32_t *counts = bs_array_new(n_examples, sizeof *counts, err);
  bs_status status = allocate(noise, n_models, err);
  if (counts == NULL)
    status = BS_ERR_MEMORY;
  if (status != BS_OK) {
    bs_noise_free(noise);
    goto cleanup;
  }
  weighted_means(scores, n_examples, n_models, NULL, noise->y);
  fill_variances(noise, scores, n_examples);
  for (uint32_t r = 0; r < BS_REPLICATES; r++) {
    draw_counts(&from, r, n_examples, counts);
    weighted_means(scores, n_examples, n_models, counts, noise->replicates + r * n_models);
  }
  fill_errors(noise, scores, n_examples, &from);
  noise->least_error = 2 * range_of(scores, n_examples * n_models) / (double)n_examples;
  noise->n_free = (double)(n_examples - 1);

cleanup:
  free(counts);
  return status;
}

bs_status bs_noise_from_errors(bs_noise *noise, const double *y, const double *standard_errors,
                               size_t n_models, uint64_t n_examples, uint64_t seed, bs_error *err) {
  stream from = stream_of(seed);
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
  for (size_t k = 0; k < m; k++)
    for (uint32_t r = 0; r < BS_REPLICATES; r++) {
      double normal = draw_normal(&from, r, k);
      noise->replicates[r * m + k] = y[k] + standard_errors[k] * normal;
      noise->errors[r * m + k] = fmax(standard_errors[k], sqrt(mean)) * normal;
    }
  noise->least_error = n_examples > 0 ? 2 * largest / (double)n_examples : 0;
  noise->n_free = n_examples > 1 ? (double)(n_examples - 1) : INFINITY;
  return BS_OK;
}
