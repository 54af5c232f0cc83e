/* Attention on tiles, kernel by kernel: sums against double, and what must have no influence. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "kernels/convert_internal.h"
#include "kernels/tiles_internal.h"
#include "kernels_testing.h"

enum { N_QUERIES = 5, MOST_KEYS = 96, MOST_DIM = 80 };

typedef struct head {
  size_t head_dim, n_keys;
  float keys[MOST_KEYS][MOST_DIM], values[MOST_KEYS][MOST_DIM];
  float queries[BS_TILE_QUERIES][MOST_DIM], weights[BS_TILE_QUERIES][MOST_KEYS];
  void *packed_keys, *packed_values;
} head;

static void *aligned_zeros(size_t n_bytes) {
  void *data = aligned_alloc(64, n_bytes);
  CU_ASSERT_PTR_NOT_NULL_FATAL(data);
  memset(data, 0, n_bytes);
  return data;
}

/* Whatever lies behind the last key is NaN, whatever lies behind its value 0. */
static void head_new(head *h, const bs_tiles *tiles, size_t head_dim, size_t n_keys) {
  size_t n_bytes = bs_tiles_key_bytes(head_dim, MOST_KEYS);
  h->head_dim = head_dim;
  h->n_keys = n_keys;
  h->packed_keys = aligned_zeros(n_bytes);
  memset(h->packed_keys, 0xFF, n_bytes);
  h->packed_values = aligned_zeros(bs_tiles_value_bytes(head_dim, MOST_KEYS));
  for (size_t j = 0; j < n_keys; j++) {
    for (size_t d = 0; d < head_dim; d++) {
      h->keys[j][d] = kt_uniform(1, j * MOST_DIM + d);
      h->values[j][d] = kt_uniform(2, j * MOST_DIM + d);
    }
    tiles->store(h->keys[j], h->values[j], head_dim, j, j, h->packed_keys, h->packed_values);
  }
  for (size_t i = 0; i < N_QUERIES; i++) {
    for (size_t d = 0; d < head_dim; d++)
      h->queries[i][d] = kt_uniform(3, i * MOST_DIM + d);
    for (size_t j = 0; j < MOST_KEYS; j++)
      h->weights[i][j] = j < n_keys ? fabsf(kt_uniform(4, i * MOST_KEYS + j)) : 0;
  }
}

static void head_free(head *h) {
  free(h->packed_keys);
  free(h->packed_values);
}

static void scores_of(const head *h, const bs_tiles *tiles, size_t first, size_t n, float *s) {
  const float *q[BS_TILE_QUERIES];
  void *packed = aligned_zeros(bs_tiles_query_bytes(h->head_dim));
  for (size_t i = 0; i < n; i++)
    q[i] = h->queries[first + i];
  tiles->pack_queries(q, n, h->head_dim, packed);
  tiles->begin();
  tiles->scores(packed, h->head_dim, h->packed_keys, h->n_keys, s, MOST_KEYS);
  tiles->end();
  free(packed);
}

static void sums_of(const head *h, const bs_tiles *tiles, size_t first, size_t n, size_t at_once,
                    float *out) {
  size_t n_steps = MOST_KEYS / BS_TILE_STEP;
  unsigned char *packed = aligned_zeros(bs_tiles_probability_bytes(MOST_KEYS));
  const void *values[MOST_KEYS / BS_TILE_STEP];
  for (size_t i = 0; i < n_steps; i++)
    values[i] = (const unsigned char *)h->packed_values + i * bs_tiles_step_bytes(h->head_dim);
  tiles->pack_probabilities(h->weights[first], MOST_KEYS, n, MOST_KEYS, packed);
  tiles->begin();
  for (size_t i = 0; i < n_steps; i += at_once)
    tiles->sum_values(packed + bs_tiles_probability_bytes(i * BS_TILE_STEP), values + i,
                      n_steps - i < at_once ? n_steps - i : at_once, h->head_dim, out, i > 0);
  tiles->end();
  free(packed);
}

/* As the precision rounds an operand. */
static double rounded(float value) { return (double)bs_rounded_to_parts(value, BS_TILE_PARTS); }

/* Of sums of up to 96 products of numbers up to 1; two parts leave low x low out, 2^-18 of each. */
static const double MOST_ERROR = 8e-5;

static void check_sums(const bs_tiles *tiles, size_t head_dim, size_t n_keys) {
  head *h = calloc(1, sizeof *h);
  float *s = calloc(BS_TILE_QUERIES * MOST_KEYS, sizeof *s);
  float *out = calloc(BS_TILE_QUERIES * MOST_DIM, sizeof *out);
  CU_ASSERT_FATAL(h != NULL && s != NULL && out != NULL);
  head_new(h, tiles, head_dim, n_keys);
  scores_of(h, tiles, 0, N_QUERIES, s);
  sums_of(h, tiles, 0, N_QUERIES, MOST_KEYS, out);
  for (size_t i = 0; i < N_QUERIES; i++) {
    for (size_t j = 0; j < n_keys; j++) {
      double sum = 0;
      for (size_t d = 0; d < head_dim; d++)
        sum += rounded(h->queries[i][d]) * rounded(h->keys[j][d]);
      CU_ASSERT_TRUE(fabs((double)s[i * MOST_KEYS + j] - sum) < MOST_ERROR);
    }
    for (size_t d = 0; d < head_dim; d++) {
      double sum = 0;
      for (size_t j = 0; j < n_keys; j++)
        sum += rounded(h->weights[i][j]) * rounded(h->values[j][d]);
      CU_ASSERT_TRUE(fabs((double)out[i * bs_tiles_value_width(head_dim) + d] - sum) < MOST_ERROR);
    }
  }
  head_free(h);
  free(h);
  free(s);
  free(out);
}

/* A query alone, and steps one by one: the same bits. */
static void check_alone(const bs_tiles *tiles, size_t head_dim, size_t n_keys) {
  enum { WHICH = 3 };
  head *h = calloc(1, sizeof *h);
  float *s[2], *out[2];
  for (size_t i = 0; i < 2; i++) {
    s[i] = calloc(BS_TILE_QUERIES * MOST_KEYS, sizeof **s);
    out[i] = calloc(BS_TILE_QUERIES * MOST_DIM, sizeof **out);
    CU_ASSERT_FATAL(h != NULL && s[i] != NULL && out[i] != NULL);
  }
  size_t width = bs_tiles_value_width(head_dim);
  head_new(h, tiles, head_dim, n_keys);
  scores_of(h, tiles, 0, N_QUERIES, s[0]);
  scores_of(h, tiles, WHICH, 1, s[1]);
  CU_ASSERT_EQUAL(memcmp(s[0] + WHICH * MOST_KEYS, s[1], n_keys * sizeof **s), 0);
  sums_of(h, tiles, 0, N_QUERIES, MOST_KEYS, out[0]);
  sums_of(h, tiles, WHICH, 1, 1, out[1]);
  CU_ASSERT_EQUAL(memcmp(out[0] + WHICH * width, out[1], head_dim * sizeof **out), 0);
  head_free(h);
  free(h);
  for (size_t i = 0; i < 2; i++) {
    free(s[i]);
    free(out[i]);
  }
}

/* Who sees a value that is not finite gets NaN, whoever does not gets what it had. */
static void check_overflow(const bs_tiles *tiles, float value) {
  enum { DIM = 40, KEYS = 50, BAD = 33 };
  head *h = calloc(1, sizeof *h);
  float *s = calloc(BS_TILE_QUERIES * MOST_KEYS, sizeof *s);
  float *before = calloc(BS_TILE_QUERIES * MOST_DIM, sizeof *before);
  float *after = calloc(BS_TILE_QUERIES * MOST_DIM, sizeof *after);
  CU_ASSERT_FATAL(h != NULL && s != NULL && before != NULL && after != NULL);
  head_new(h, tiles, DIM, KEYS);
  for (size_t i = 0; i < N_QUERIES; i++)
    h->weights[i][BAD] = 0;
  sums_of(h, tiles, 0, N_QUERIES, MOST_KEYS, before);
  h->values[BAD][7] = value;
  tiles->store(h->keys[BAD], h->values[BAD], DIM, BAD, BAD, h->packed_keys, h->packed_values);
  sums_of(h, tiles, 0, N_QUERIES, MOST_KEYS, after);
  CU_ASSERT_EQUAL(memcmp(before, after, N_QUERIES * bs_tiles_value_width(DIM) * sizeof *after), 0);
  scores_of(h, tiles, 0, N_QUERIES, s);
  for (size_t i = 0; i < N_QUERIES; i++)
    for (size_t j = 0; j < KEYS; j++)
      CU_ASSERT_EQUAL(isnan(s[i * MOST_KEYS + j]) != 0, j == BAD);
  tiles->clear_values(DIM, 0, KEYS, h->packed_values);
  sums_of(h, tiles, 0, N_QUERIES, MOST_KEYS, after);
  for (size_t i = 0; i < N_QUERIES * bs_tiles_value_width(DIM); i++)
    CU_ASSERT_EQUAL(after[i], 0);
  head_free(h);
  free(h);
  free(s);
  free(before);
  free(after);
}

static void each(void (*check)(const bs_tiles *tiles)) {
  size_t n, n_checked = 0;
  const bs_isa *isas = bs_isa_list(&n);
  for (size_t i = 0; i < n; i++)
    for (size_t p = 0; p < 3; p++) {
      const bs_tiles *tiles = bs_tiles_for((bs_arithmetic){isas[i], kt_precisions[p]});
      if (tiles != NULL) {
        check(tiles);
        n_checked++;
      }
    }
  if (n_checked == 0)
    printf("\n    no instruction set of this machine has tiles ");
}

static void sums(const bs_tiles *tiles) {
  static const size_t dims[] = {8, 10, 16, 32, 40, 64, 80}, keys[] = {1, 16, 31, 33, 64, 96};
  for (size_t d = 0; d < sizeof dims / sizeof *dims; d++)
    for (size_t k = 0; k < sizeof keys / sizeof *keys; k++) {
      check_sums(tiles, dims[d], keys[k]);
      check_alone(tiles, dims[d], keys[k]);
    }
}

static void overflow(const bs_tiles *tiles) {
  check_overflow(tiles, INFINITY);
  check_overflow(tiles, -INFINITY);
  check_overflow(tiles, NAN);
  check_overflow(tiles, 0x1.FFFFFEp127F); /* infinite in bf16 */
}

static void sums_in_parts(void) { each(sums); }
static void values_that_are_not_finite(void) { each(overflow); }

int main(void) {
  const bs_test tests[] = {
      {"scores and sums of values", sums_in_parts},
      {"values that are not finite", values_that_are_not_finite},
  };
  return bs_test_main("kernels_tiles", tests, sizeof tests / sizeof *tests);
}
