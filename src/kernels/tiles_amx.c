/* Attention on AMX tiles. A product of operands in two parts takes the pairs low x high, high x low
   and high x high; what is left out is below the last bit that two parts hold. */
#include <immintrin.h>
#include <stdint.h>
#include <string.h>

#include "base/size_internal.h"
#include "kernels/amx_internal.h"
#include "kernels/tiles_internal.h"

enum { AT_A_TIME = 4 }; /* sums in tiles 0 to 3; 4, 5: left operands; 6, 7: right ones */

static void begin(void) { bs_amx_begin(); }

static void end(void) { _tile_release(); }

/* Whether every element stays finite in bf16, in two parts. */
static bool is_storable(const float *x, size_t n) {
  const __m512 most = _mm512_set1_ps(0x1.FEp127F);
  __mmask16 bad = 0;
  for (size_t i = 0; i < n; i += 16) {
    __m512 value = _mm512_abs_ps(_mm512_maskz_loadu_ps(bs_lanes(n - i), x + i));
    bad |= _mm512_cmp_ps_mask(value, most, _CMP_NLE_UQ);
  }
  return bad == 0;
}

/* The pairs of dimensions of a key are a cache line apart. */
BS_INLINE void store_key(const float *key, size_t head_dim, bool storable, unsigned char *to) {
  const __m512i lines =
      _mm512_mullo_epi32(_mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15),
                         _mm512_set1_epi32(BS_AMX_ROW_BYTES));
  for (size_t d = 0; d < head_dim; d += BS_TILE_STEP, to += BS_TILE_PARTS * BS_AMX_TILE_BYTES) {
    __m512 low, high;
    __m512i parts[BS_TILE_PARTS];
    bs_load_32(key + d, head_dim - d, &low, &high);
    if (!storable)
      low = high = _mm512_set1_ps(__builtin_nanf(""));
    bs_split_32(BS_TILE_PARTS, low, high, parts);
    BS_UNROLL for (size_t p = 0; p < BS_TILE_PARTS; p++)
        _mm512_i32scatter_epi32(to + p * BS_AMX_TILE_BYTES, lines, parts[p], 1);
  }
}

/* 16 dimensions of a value, as every other half of a line. */
BS_INLINE void store_halfs(__m256i halfs, size_t place, unsigned char *line) {
  __m512i wide = _mm512_cvtepu16_epi32(halfs);
  if (place % 2 == 0)
    _mm512_mask_storeu_epi16(line, 0x55555555U, wide);
  else
    _mm512_mask_storeu_epi16(line, 0xAAAAAAAAU, _mm512_slli_epi32(wide, 16));
}

/* `value` NULL: zeros. */
BS_INLINE void store_value(const float *value, size_t head_dim, size_t place,
                           unsigned char *values) {
  unsigned char *to = values + place / BS_TILE_STEP * bs_tiles_step_bytes(head_dim) +
                      place % BS_TILE_STEP / 2 * BS_AMX_ROW_BYTES;
  for (size_t d = 0; d < head_dim; d += 32, to += 2 * BS_TILE_PARTS * BS_AMX_TILE_BYTES) {
    __m512 low = _mm512_setzero_ps(), high = _mm512_setzero_ps();
    __m512i parts[BS_TILE_PARTS];
    if (value != NULL)
      bs_load_32(value + d, head_dim - d, &low, &high);
    bs_split_32(BS_TILE_PARTS, low, high, parts);
    BS_UNROLL for (size_t p = 0; p < BS_TILE_PARTS; p++) {
      store_halfs(_mm512_castsi512_si256(parts[p]), place, to + p * BS_AMX_TILE_BYTES);
      if (head_dim - d > 16)
        store_halfs(_mm512_extracti64x4_epi64(parts[p], 1), place,
                    to + (BS_TILE_PARTS + p) * BS_AMX_TILE_BYTES);
    }
  }
}

static void store(const float *key, const float *value, size_t head_dim, size_t key_place,
                  size_t value_place, void *keys, void *values) {
  bool storable = is_storable(value, head_dim);
  unsigned char *group =
      (unsigned char *)keys + key_place / BS_TILE_KEYS * bs_tiles_query_bytes(head_dim);
  store_key(key, head_dim, storable, group + key_place % BS_TILE_KEYS * 4);
  store_value(storable ? value : NULL, head_dim, value_place, values);
}

static void clear_values(size_t head_dim, size_t first, size_t last, void *values) {
  for (size_t place = first; place < last; place++)
    store_value(NULL, head_dim, place, values);
}

BS_INLINE void pack_row(const float *x, size_t n, unsigned char *to) {
  for (size_t i = 0; i < n; i += BS_TILE_STEP, to += BS_TILE_PARTS * BS_AMX_TILE_BYTES) {
    __m512 low, high;
    __m512i parts[BS_TILE_PARTS];
    bs_load_32(x + i, n - i, &low, &high);
    bs_split_32(BS_TILE_PARTS, low, high, parts);
    BS_UNROLL for (size_t p = 0; p < BS_TILE_PARTS; p++)
        _mm512_store_si512(to + p * BS_AMX_TILE_BYTES, parts[p]);
  }
}

static void pack_queries(const float *const *queries, size_t n, size_t head_dim, void *packed) {
  unsigned char *to = packed;
  if (n < BS_TILE_QUERIES)
    memset(packed, 0, bs_tiles_query_bytes(head_dim));
  for (size_t i = 0; i < n; i++)
    pack_row(queries[i], head_dim, to + i * BS_AMX_ROW_BYTES);
}

static void pack_probabilities(const float *p, size_t ld_p, size_t n, size_t n_columns,
                               void *packed) {
  for (size_t i = 0; i < n; i++)
    pack_row(p + i * ld_p, n_columns, (unsigned char *)packed + i * BS_AMX_ROW_BYTES);
}

/* One pair of parts of the left operand in tile 4 with the n right ones. */
#define PRODUCTS(n, right, stride)                                                                 \
  do {                                                                                             \
    _tile_loadd(6, (right), BS_AMX_ROW_BYTES);                                                     \
    _tile_dpbf16ps(0, 4, 6);                                                                       \
    if ((n) > 1) {                                                                                 \
      _tile_loadd(7, (right) + (stride), BS_AMX_ROW_BYTES);                                        \
      _tile_dpbf16ps(1, 4, 7);                                                                     \
    }                                                                                              \
    if ((n) > 2) {                                                                                 \
      _tile_loadd(6, (right) + 2 * (stride), BS_AMX_ROW_BYTES);                                    \
      _tile_dpbf16ps(2, 4, 6);                                                                     \
    }                                                                                              \
    if ((n) > 3) {                                                                                 \
      _tile_loadd(7, (right) + 3 * (stride), BS_AMX_ROW_BYTES);                                    \
      _tile_dpbf16ps(3, 4, 7);                                                                     \
    }                                                                                              \
  } while (0)

/* One step: the pairs of parts in fixed order. */
BS_INLINE void step(const size_t n, const unsigned char *left, const unsigned char *right,
                    size_t stride) {
  _tile_loadd(4, left + BS_AMX_TILE_BYTES, BS_AMX_ROW_BYTES);
  PRODUCTS(n, right, stride);
  _tile_loadd(4, left, BS_AMX_ROW_BYTES);
  PRODUCTS(n, right + BS_AMX_TILE_BYTES, stride);
  PRODUCTS(n, right, stride);
}

BS_INLINE void clear_sums(void) {
  _tile_zero(0);
  _tile_zero(1);
  _tile_zero(2);
  _tile_zero(3);
}

BS_INLINE void load_sums(const size_t n, const float *from, size_t ld) {
  _tile_loadd(0, from, ld * sizeof(float));
  if (n > 1)
    _tile_loadd(1, from + 16, ld * sizeof(float));
  if (n > 2)
    _tile_loadd(2, from + 32, ld * sizeof(float));
  if (n > 3)
    _tile_loadd(3, from + 48, ld * sizeof(float));
}

BS_INLINE void store_sums(const size_t n, float *to, size_t ld) {
  _tile_stored(0, to, ld * sizeof(float));
  if (n > 1)
    _tile_stored(1, to + 16, ld * sizeof(float));
  if (n > 2)
    _tile_stored(2, to + 32, ld * sizeof(float));
  if (n > 3)
    _tile_stored(3, to + 48, ld * sizeof(float));
}

BS_INLINE void score_groups(const size_t n, const unsigned char *q, size_t head_dim,
                            const unsigned char *keys, float *s, size_t ld_s) {
  size_t group_bytes = bs_tiles_query_bytes(head_dim);
  /* gcc 12 does not know that tile loads read memory. */
  __asm__ volatile("" : : : "memory");
  clear_sums();
  for (size_t d = 0; d < head_dim; d += BS_TILE_STEP) {
    step(n, q, keys, group_bytes);
    q += BS_TILE_PARTS * BS_AMX_TILE_BYTES;
    keys += BS_TILE_PARTS * BS_AMX_TILE_BYTES;
  }
  store_sums(n, s, ld_s);
}

static void scores(const void *queries, size_t head_dim, const void *keys, size_t n_keys, float *s,
                   size_t ld_s) {
  size_t n_groups = bs_ceil_div(n_keys, BS_TILE_KEYS), left;
  const unsigned char *k = keys;
  for (size_t g = 0; g < n_groups; g += AT_A_TIME, s += AT_A_TIME * BS_TILE_KEYS) {
    left = n_groups - g;
    if (left >= 4)
      score_groups(4, queries, head_dim, k, s, ld_s);
    else if (left == 3)
      score_groups(3, queries, head_dim, k, s, ld_s);
    else if (left == 2)
      score_groups(2, queries, head_dim, k, s, ld_s);
    else
      score_groups(1, queries, head_dim, k, s, ld_s);
    k += AT_A_TIME * bs_tiles_query_bytes(head_dim);
  }
}

/* 16 n dimensions from `at` on. */
BS_INLINE void value_groups(const size_t n, const unsigned char *p, const void *const *values,
                            size_t n_steps, size_t at, float *out, size_t ld, bool add) {
  __asm__ volatile("" : : : "memory");
  if (add)
    load_sums(n, out + at, ld);
  else
    clear_sums();
  for (size_t i = 0; i < n_steps; i++, p += BS_TILE_PARTS * BS_AMX_TILE_BYTES)
    step(n, p, (const unsigned char *)values[i] + at / 16 * BS_TILE_PARTS * BS_AMX_TILE_BYTES,
         BS_TILE_PARTS * BS_AMX_TILE_BYTES);
  store_sums(n, out + at, ld);
}

static void sum_values(const void *probabilities, const void *const *values, size_t n_steps,
                       size_t head_dim, float *out, bool add) {
  size_t width = bs_tiles_value_width(head_dim);
  for (size_t at = 0; at < width; at += 16 * AT_A_TIME) {
    size_t left = (width - at) / 16;
    if (left >= 4)
      value_groups(4, probabilities, values, n_steps, at, out, width, add);
    else if (left == 3)
      value_groups(3, probabilities, values, n_steps, at, out, width, add);
    else if (left == 2)
      value_groups(2, probabilities, values, n_steps, at, out, width, add);
    else
      value_groups(1, probabilities, values, n_steps, at, out, width, add);
  }
}

const bs_tiles bs_tiles_amx = {
    .begin = begin,
    .end = end,
    .store = store,
    .clear_values = clear_values,
    .pack_queries = pack_queries,
    .scores = scores,
    .pack_probabilities = pack_probabilities,
    .sum_values = sum_values,
};
