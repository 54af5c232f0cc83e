/* Replicates of means. Several replicates go through the examples together: a score is loaded once
   for all of them, and their sums do not wait for each other. */
#include "statistics/resample_internal.h"

#include <math.h>
#include <stdlib.h>

#include "base/memory_internal.h"
#include "base/philox_internal.h"

/* The fourth word of the generator's counter tells its streams apart: "BOOT". */
static const uint32_t STREAM_EXAMPLES = 0x424F4F54;

enum { TOGETHER = 8 }; /* replicates */

/* counts[n][TOGETHER]: how often each example is drawn; adds those of replicate r as number b. */
static void draw_counts(const uint32_t key[2], uint32_t r, size_t n, size_t b, double *counts) {
  uint32_t words[BS_PHILOX_LANES][4];
  for (size_t first = 0; first < n; first += 4 * BS_PHILOX_LANES) {
    size_t n_words = n - first < 4 * BS_PHILOX_LANES ? n - first : 4 * BS_PHILOX_LANES;
    bs_philox_lanes((uint32_t[4]){(uint32_t)(first / 4), r, 0, STREAM_EXAMPLES}, key, words);
    for (size_t i = 0; i < n_words; i++)
      counts[((uint64_t)words[i / 4][i % 4] * n >> 32) * TOGETHER + b] += 1;
  }
}

/* sums[b] = sum over j of counts[j][b] column[j] */
static void weighted_sums(const double *column, const double *counts, size_t n,
                          double sums[TOGETHER]) {
  double sum[TOGETHER] = {0};
  for (size_t j = 0; j < n; j++) {
#pragma omp simd
    for (size_t b = 0; b < TOGETHER; b++)
      sum[b] += counts[j * TOGETHER + b] * column[j];
  }
  for (size_t b = 0; b < TOGETHER; b++)
    sums[b] = sum[b];
}

/* columns[m][n] of scores[n][m] */
static void transpose(const double *scores, size_t n, size_t m, double *columns) {
  for (size_t j = 0; j < n; j++)
    for (size_t k = 0; k < m; k++)
      columns[k * n + j] = scores[j * m + k];
}

bs_status bs_resample_means(double *means, size_t n_replicates, const double *scores, size_t n,
                            size_t m, uint64_t seed, bs_error *err) {
  const uint32_t key[2] = {(uint32_t)seed, (uint32_t)(seed >> 32)};
  size_t n_scores, n_counts;
  if (!bs_size_mul(n, m, &n_scores) || !bs_size_mul(n, TOGETHER, &n_counts))
    return bs_error_set(err, BS_ERR_MEMORY, "cannot resample %zu examples of %zu models", n, m);
  double *columns = bs_array_new(n_scores, sizeof *columns, err);
  double *counts = bs_array_new(n_counts, sizeof *counts, err), sums[TOGETHER];
  bs_status status = columns != NULL && counts != NULL ? BS_OK : BS_ERR_MEMORY;
  if (status == BS_OK)
    transpose(scores, n, m, columns);
  for (size_t r = 0; status == BS_OK && r < n_replicates; r += TOGETHER) {
    size_t n_here = n_replicates - r < TOGETHER ? n_replicates - r : TOGETHER;
    for (size_t i = 0; i < n_counts; i++)
      counts[i] = 0;
    for (size_t b = 0; b < n_here; b++)
      draw_counts(key, (uint32_t)(r + b), n, b, counts);
    for (size_t k = 0; k < m; k++) {
      weighted_sums(columns + k * n, counts, n, sums);
      for (size_t b = 0; b < n_here; b++)
        means[(r + b) * m + k] = sums[b] / (double)n;
    }
  }
  free(columns);
  free(counts);
  return status;
}

static double normal_of(const uint32_t words[4]) {
  double u1 = ((double)words[0] + 1) * 0x1p-32, u2 = (double)words[1] * 0x1p-32;
  return sqrt(-2 * log(u1)) * cos(2 * M_PI * u2);
}

double bs_draw_normal(uint64_t seed, uint32_t stream, uint32_t r, uint32_t k) {
  const uint32_t key[2] = {(uint32_t)seed, (uint32_t)(seed >> 32)};
  uint32_t words[4];
  bs_philox((uint32_t[4]){k, r, 0, stream}, key, words);
  return normal_of(words);
}

void bs_draw_normals(uint64_t seed, uint32_t stream, uint32_t r, double *normals, size_t n) {
  const uint32_t key[2] = {(uint32_t)seed, (uint32_t)(seed >> 32)};
  uint32_t words[BS_PHILOX_LANES][4];
  for (size_t k = 0; k < n; k++) {
    if (k % BS_PHILOX_LANES == 0)
      bs_philox_lanes((uint32_t[4]){(uint32_t)k, r, 0, stream}, key, words);
    normals[k] = normal_of(words[k % BS_PHILOX_LANES]);
  }
}
