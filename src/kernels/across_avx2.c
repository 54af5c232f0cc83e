/* Rows of quantised weights side by side, with AVX2: 32 codes of each of 8 rows change places as
   bytes, a quarter of what they are as values, and become values where they stand. The arithmetic
   of a value is that of blocks_body.h. */
#include <immintrin.h>
#include <string.h>

#include "kernels/across_internal.h"
#include "kernels/avx2_internal.h"

/* 32 codes of a row, the scales of its halves, and what is taken off the products. */
typedef struct part {
  __m256i codes; /* int8 */
  float scales[2], mins[2];
} part;

BS_INLINE float f16_at(const unsigned char *b) {
  return _cvtsh_ss((unsigned short)(b[0] | (unsigned)b[1] << 8));
}

BS_INLINE __m256i bytes_of(const unsigned char *b) { return _mm256_loadu_si256((const void *)b); }

/* The low halves of 16 bytes, then the high ones. */
BS_INLINE __m256i halves_of(const unsigned char *b) {
  __m128i q = _mm_loadu_si128((const void *)b), mask = _mm_set1_epi8(15);
  return _mm256_set_m128i(_mm_and_si128(_mm_srli_epi16(q, 4), mask), _mm_and_si128(q, mask));
}

/* (bytes >> shift) & mask, byte by byte. */
BS_INLINE __m256i bits_of(__m256i bytes, int shift, char mask) {
  return _mm256_and_si256(_mm256_srl_epi16(bytes, _mm_cvtsi32_si128(shift)),
                          _mm256_set1_epi8(mask));
}

BS_INLINE part plain(__m256i codes, float scale) {
  return (part){.codes = codes, .scales = {scale, scale}};
}

/* Part i of the row at b. */
BS_INLINE part q8_0_part(const unsigned char *b, size_t i) {
  b += 34 * i;
  return plain(bytes_of(b + 2), f16_at(b));
}

BS_INLINE part q4_0_part(const unsigned char *b, size_t i) {
  b += 18 * i;
  return plain(_mm256_sub_epi8(halves_of(b + 2), _mm256_set1_epi8(8)), f16_at(b));
}

BS_INLINE part iq4_part(const unsigned char *q, float scale) {
  const __m128i values =
      _mm_setr_epi8(-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113);
  return plain(_mm256_shuffle_epi8(_mm256_broadcastsi128_si256(values), halves_of(q)), scale);
}

BS_INLINE part iq4_nl_part(const unsigned char *b, size_t i) {
  b += 18 * i;
  return iq4_part(b + 2, f16_at(b));
}

BS_INLINE part iq4_xs_part(const unsigned char *b, size_t i) {
  b += 136 * (i / 8);
  i %= 8;
  unsigned high = b[2] | (unsigned)b[3] << 8;
  int scale = (b[4 + i / 2] >> (4 * (i % 2)) & 15) | (int)((high >> (2 * i) & 3) << 4);
  return iq4_part(b + 8 + 16 * i, f16_at(b) * (float)(scale - 32));
}

BS_INLINE part q2_k_part(const unsigned char *b, size_t i) {
  b += 84 * (i / 8);
  i %= 8;
  const unsigned char *s = b + 2 * i;
  float d = f16_at(b + 80), min = f16_at(b + 82);
  return (part){.codes = bits_of(bytes_of(b + 16 + i / 4 * 32), (int)(i % 4 * 2), 3),
                .scales = {d * (float)(s[0] & 15), d * (float)(s[1] & 15)},
                .mins = {min * (float)(s[0] >> 4), min * (float)(s[1] >> 4)}};
}

BS_INLINE float q3_scale(const unsigned char *s, size_t i) {
  int low = i < 8 ? s[i] & 15 : s[i - 8] >> 4;
  return (float)((low | (s[8 + i % 4] >> (2 * (i / 4)) & 3) << 4) - 32);
}

BS_INLINE part q3_k_part(const unsigned char *b, size_t i) {
  b += 110 * (i / 8);
  i %= 8;
  float d = f16_at(b + 108);
  __m256i low = bits_of(bytes_of(b + 32 + i / 4 * 32), (int)(i % 4 * 2), 3);
  __m256i high =
      _mm256_slli_epi16(bits_of(bytes_of(b), (int)i, 1), 2); /* 4: nothing is taken off */
  return (part){.codes = _mm256_sub_epi8(_mm256_add_epi8(low, high), _mm256_set1_epi8(4)),
                .scales = {d * q3_scale(b + 96, 2 * i), d * q3_scale(b + 96, 2 * i + 1)}};
}

/* Byte j of rows 0 .. 7 behind one another: to[8 * j + row]. */
BS_INLINE void transpose(const __m256i r[8], signed char *to) {
  __m256i a[8], b[8], c[8];
  BS_UNROLL for (size_t i = 0; i < 4; i++) {
    a[i] = _mm256_unpacklo_epi8(r[2 * i], r[2 * i + 1]);
    a[i + 4] = _mm256_unpackhi_epi8(r[2 * i], r[2 * i + 1]);
  }
  BS_UNROLL for (size_t i = 0; i < 8; i += 2) {
    b[i] = _mm256_unpacklo_epi16(a[i], a[i + 1]);
    b[i + 1] = _mm256_unpackhi_epi16(a[i], a[i + 1]);
  }
  BS_UNROLL for (size_t i = 0; i < 8; i += 4) BS_UNROLL for (size_t h = 0; h < 2; h++) {
    c[i + 2 * h] = _mm256_unpacklo_epi32(b[i + h], b[i + h + 2]);
    c[i + 2 * h + 1] = _mm256_unpackhi_epi32(b[i + h], b[i + h + 2]);
  }
  BS_UNROLL for (size_t i = 0; i < 8; i++) {
    _mm_storeu_si128((void *)(to + 16 * i), _mm256_castsi256_si128(c[i]));
    _mm_storeu_si128((void *)(to + 128 + 16 * i), _mm256_extracti128_si256(c[i], 1));
  }
}

/* 8 rows of a part: their codes side by side, and their scales and minima. */
typedef struct eight {
  signed char codes[256];
  float scales[2][8], mins[2][8];
} eight;

/* The value of code j of all rows. */
BS_INLINE __m256 value_at(const eight *e, size_t j, __m256 scale, __m256 min, bool has_mins) {
  __m256i code = _mm256_cvtepi8_epi32(_mm_loadl_epi64((const void *)(e->codes + 8 * j)));
  __m256 value = _mm256_mul_ps(_mm256_cvtepi32_ps(code), scale);
  return has_mins ? _mm256_sub_ps(value, min) : value;
}

/* Types whose scales take long to read by themselves: those of 8 rows together. */

BS_INLINE uint32_t u32_at(const unsigned char *b) {
  uint32_t value;
  memcpy(&value, b, sizeof value);
  return value;
}

BS_INLINE uint16_t u16_at(const unsigned char *b) {
  uint16_t value;
  memcpy(&value, b, sizeof value);
  return value;
}

BS_INLINE __m256 halves_as_floats(const uint16_t halves[8]) {
  return _mm256_cvtph_ps(_mm_loadu_si128((const void *)halves));
}

/* (words >> shift) & mask. */
BS_INLINE __m256i field_of(__m256i words, size_t shift, int mask) {
  return _mm256_and_si256(_mm256_srl_epi32(words, _mm_cvtsi64_si128((long long)shift)),
                          _mm256_set1_epi32(mask));
}

/* Field j of 8 of 6 bits: four in a word of their own, the others' low bits in a third word and
   their high ones above the first four. */
BS_INLINE __m256 six_bits(__m256i own, __m256i low, size_t j) {
  size_t shift = 8 * (j % 4);
  __m256i value = j < 4 ? field_of(own, shift, 63)
                        : _mm256_or_si256(field_of(low, shift, 15),
                                          _mm256_slli_epi32(field_of(own, shift + 6, 3), 4));
  return _mm256_cvtepi32_ps(value);
}

/* Of blocks that begin with a scale, a scale of minima and 12 bytes of 6-bit factors for both. */
BS_INLINE void scales_and_mins(const unsigned char *const blocks[8], size_t j, eight *e) {
  uint16_t d[8], min[8];
  uint32_t words[3][8];
  BS_UNROLL for (size_t r = 0; r < 8; r++) {
    const unsigned char *b = blocks[r];
    d[r] = u16_at(b);
    min[r] = u16_at(b + 2);
    BS_UNROLL for (size_t w = 0; w < 3; w++) words[w][r] = u32_at(b + 4 + 4 * w);
  }
  __m256i scales = bytes_of((const void *)words[0]), mins = bytes_of((const void *)words[1]);
  __m256i rest = bytes_of((const void *)words[2]);
  __m256 scale = _mm256_mul_ps(halves_as_floats(d), six_bits(scales, rest, j));
  __m256 off = _mm256_mul_ps(halves_as_floats(min), six_bits(mins, _mm256_srli_epi32(rest, 4), j));
  BS_UNROLL for (size_t h = 0; h < 2; h++) {
    _mm256_storeu_ps(e->scales[h], scale);
    _mm256_storeu_ps(e->mins[h], off);
  }
}

BS_INLINE void q4_k_eight(const unsigned char *const *rows, size_t i, eight *e) {
  const unsigned char *blocks[8];
  __m256i codes[8];
  size_t j = i % 8;
  BS_UNROLL for (size_t r = 0; r < 8; r++) {
    blocks[r] = rows[r] + 144 * (i / 8);
    codes[r] = bits_of(bytes_of(blocks[r] + 16 + j / 2 * 32), (int)(j % 2 * 4), 15);
  }
  scales_and_mins(blocks, j, e);
  transpose(codes, e->codes);
}

BS_INLINE void q5_k_eight(const unsigned char *const *rows, size_t i, eight *e) {
  const unsigned char *blocks[8];
  __m256i codes[8];
  size_t j = i % 8;
  BS_UNROLL for (size_t r = 0; r < 8; r++) {
    blocks[r] = rows[r] + 176 * (i / 8);
    __m256i low = bits_of(bytes_of(blocks[r] + 48 + j / 2 * 32), (int)(j % 2 * 4), 15);
    __m256i high = bits_of(bytes_of(blocks[r] + 16), (int)j, 1);
    codes[r] = _mm256_or_si256(low, _mm256_slli_epi16(high, 4));
  }
  scales_and_mins(blocks, j, e);
  transpose(codes, e->codes);
}

/* The scales of both halves, an int8 each, are read as one half word. */
BS_INLINE void q6_k_eight(const unsigned char *const *rows, size_t i, eight *e) {
  __m256i codes[8];
  uint16_t d[8], pairs[8];
  size_t half = i % 8 / 4, quarter = i % 4; /* of 128 values */
  BS_UNROLL for (size_t r = 0; r < 8; r++) {
    const unsigned char *b = rows[r] + 210 * (i / 8);
    __m256i low = bits_of(bytes_of(b + 64 * half + quarter % 2 * 32), (int)(quarter / 2 * 4), 15);
    __m256i high = bits_of(bytes_of(b + 128 + 32 * half), (int)(2 * quarter), 3);
    codes[r] =
        _mm256_sub_epi8(_mm256_or_si256(low, _mm256_slli_epi16(high, 4)), _mm256_set1_epi8(32));
    d[r] = u16_at(b + 208);
    pairs[r] = u16_at(b + 192 + 8 * half + 2 * quarter);
  }
  __m128i both = _mm_loadu_si128((const void *)pairs);
  const __m128i scales[2] = {_mm_srai_epi16(_mm_slli_epi16(both, 8), 8), _mm_srai_epi16(both, 8)};
  BS_UNROLL for (size_t h = 0; h < 2; h++) _mm256_storeu_ps(
      e->scales[h],
      _mm256_mul_ps(halves_as_floats(d), _mm256_cvtepi32_ps(_mm256_cvtepi16_epi32(scales[h]))));
  transpose(codes, e->codes);
}

/* Called with a type that is known when it is compiled, so that one case of it is left. */
BS_INLINE part part_of(bs_block_id type, const unsigned char *row, size_t i) {
  switch (type) {
  case BS_BLOCK_Q8_0:
    return q8_0_part(row, i);
  case BS_BLOCK_Q4_0:
    return q4_0_part(row, i);
  case BS_BLOCK_IQ4_NL:
    return iq4_nl_part(row, i);
  case BS_BLOCK_IQ4_XS:
    return iq4_xs_part(row, i);
  case BS_BLOCK_Q2_K:
    return q2_k_part(row, i);
  default:
    return q3_k_part(row, i);
  }
}

BS_INLINE void read_eight(bs_block_id type, const unsigned char *const *rows, size_t i, eight *e) {
  __m256i codes[8];
  if (type == BS_BLOCK_Q4_K) {
    q4_k_eight(rows, i, e);
  } else if (type == BS_BLOCK_Q5_K) {
    q5_k_eight(rows, i, e);
  } else if (type == BS_BLOCK_Q6_K) {
    q6_k_eight(rows, i, e);
  } else {
    BS_UNROLL for (size_t r = 0; r < 8; r++) {
      part p = part_of(type, rows[r], i);
      codes[r] = p.codes;
      BS_UNROLL for (size_t h = 0; h < 2; h++) {
        e->scales[h][r] = p.scales[h];
        e->mins[h][r] = p.mins[h];
      }
    }
    transpose(codes, e->codes);
  }
}

BS_INLINE void values_of(bs_block_id type, bool has_mins, const unsigned char *const *rows,
                         size_t first, size_t n, float *to, size_t stride) {
  for (size_t i = 0; i < n / BS_ACROSS_PART; i++) {
    eight e;
    read_eight(type, rows, first + i, &e);
    BS_UNROLL for (size_t h = 0; h < 2; h++) {
      __m256 scale = _mm256_loadu_ps(e.scales[h]);
      __m256 min = has_mins ? _mm256_loadu_ps(e.mins[h]) : _mm256_setzero_ps();
      for (size_t j = 16 * h; j < 16 * h + 16; j++, to += stride)
        _mm256_storeu_ps(to, value_at(&e, j, scale, min, has_mins));
    }
  }
}

BS_INLINE void sums_of(bs_block_id type, bool has_mins, const unsigned char *const *rows,
                       size_t first, size_t n, const float *x, float *sums, bool add) {
  enum { GROUPS = BS_ACROSS_PANEL / 8 };
  __m256 total[GROUPS], scale[GROUPS], min[GROUPS];
  BS_UNROLL for (size_t g = 0; g < GROUPS; g++) total[g] = _mm256_setzero_ps();
  for (size_t i = 0; i < n / BS_ACROSS_PART; i++, x += BS_ACROSS_PART) {
    eight e[GROUPS];
    BS_UNROLL for (size_t g = 0; g < GROUPS; g++) read_eight(type, rows + 8 * g, first + i, &e[g]);
    BS_UNROLL for (size_t h = 0; h < 2; h++) {
      BS_UNROLL for (size_t g = 0; g < GROUPS; g++) {
        scale[g] = _mm256_loadu_ps(e[g].scales[h]);
        min[g] = has_mins ? _mm256_loadu_ps(e[g].mins[h]) : _mm256_setzero_ps();
      }
      for (size_t j = 16 * h; j < 16 * h + 16; j++) {
        __m256 factor = _mm256_broadcast_ss(x + j);
        BS_UNROLL for (size_t g = 0; g < GROUPS; g++) total[g] =
            _mm256_fmadd_ps(factor, value_at(&e[g], j, scale[g], min[g], has_mins), total[g]);
      }
    }
  }
  BS_UNROLL for (size_t g = 0; g < GROUPS; g++) _mm256_storeu_ps(
      sums + 8 * g, add ? _mm256_add_ps(_mm256_loadu_ps(sums + 8 * g), total[g]) : total[g]);
}

/* X(type, whether it has minima) */
#define TYPES(X)                                                                                   \
  X(q8_0, Q8_0, false)                                                                             \
  X(q4_0, Q4_0, false)                                                                             \
  X(iq4_nl, IQ4_NL, false)                                                                         \
  X(iq4_xs, IQ4_XS, false)                                                                         \
  X(q2_k, Q2_K, true)                                                                              \
  X(q3_k, Q3_K, false)                                                                             \
  X(q4_k, Q4_K, true)                                                                              \
  X(q5_k, Q5_K, true)                                                                              \
  X(q6_k, Q6_K, false)

#define FUNCTIONS(function, name, has_mins)                                                        \
  static void function##_values(const unsigned char *const rows[BS_ACROSS_ROWS], size_t first,     \
                                size_t n, float *to, size_t stride) {                              \
    values_of(BS_BLOCK_##name, has_mins, rows, first, n, to, stride);                              \
  }                                                                                                \
  static void function##_sums(const unsigned char *const rows[BS_ACROSS_PANEL], size_t first,      \
                              size_t n, const float *x, float *sums, bool add) {                   \
    sums_of(BS_BLOCK_##name, has_mins, rows, first, n, x, sums, add);                              \
  }
TYPES(FUNCTIONS)
#undef FUNCTIONS

const bs_across *bs_across_avx2(bs_block_id id) {
#define ROW(type, name, has_mins) [BS_BLOCK_##name] = {type##_values, type##_sums},
  static const bs_across rows[BS_BLOCK_IDS] = {TYPES(ROW)};
#undef ROW
  return rows[id].values != NULL ? &rows[id] : NULL;
}
