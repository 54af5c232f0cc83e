/* The f32 kernels with AVX2 and FMA. */
#include <immintrin.h>
#include <string.h>

#include "base/size_internal.h"
#include "kernels/avx2_internal.h"
#include "kernels/convert_internal.h"
#include "kernels/gemm_internal.h"

/* 6 rows x 16 outputs (half a panel): 12 sums, two vectors of weights, one factor of 16 registers.
 */
enum { MAX_ROWS = 6 };

BS_INLINE void micro_half(const size_t n_rows, size_t depth, const float *a, const float *b,
                          float *c, bool add) {
  __m256 low[MAX_ROWS], high[MAX_ROWS];
  BS_UNROLL for (size_t r = 0; r < n_rows; r++) low[r] = high[r] = _mm256_setzero_ps();
  for (size_t k = 0; k < depth; k++) {
    __m256 b0 = _mm256_loadu_ps(b + k * BS_PANEL), b1 = _mm256_loadu_ps(b + k * BS_PANEL + 8);
    BS_UNROLL for (size_t r = 0; r < n_rows; r++) {
      __m256 factor = _mm256_broadcast_ss(a + r * BS_FMA_STRIDE + k);
      low[r] = _mm256_fmadd_ps(factor, b0, low[r]);
      high[r] = _mm256_fmadd_ps(factor, b1, high[r]);
    }
  }
  BS_UNROLL for (size_t r = 0; r < n_rows; r++) {
    float *to = c + r * BS_PANEL;
    if (add) {
      low[r] = _mm256_add_ps(_mm256_loadu_ps(to), low[r]);
      high[r] = _mm256_add_ps(_mm256_loadu_ps(to + 8), high[r]);
    }
    _mm256_storeu_ps(to, low[r]);
    _mm256_storeu_ps(to + 8, high[r]);
  }
}

#define MICRO(n)                                                                                   \
  static void micro_##n(size_t depth, const float *a, const float *b, float *c, bool add) {        \
    micro_half(n, depth, a, b, c, add);                                                            \
    micro_half(n, depth, a, b + 16, c + 16, add);                                                  \
  }
MICRO(1)
MICRO(2)
MICRO(3)
MICRO(4)
MICRO(5)
MICRO(6)
#undef MICRO

static void micro(size_t n_rows, size_t depth, const float *a, const float *b, float *c, bool add) {
  static void (*const by_rows[])(size_t, const float *, const float *, float *,
                                 bool) = {micro_1, micro_2, micro_3, micro_4, micro_5, micro_6};
  by_rows[n_rows - 1](depth, a, b, c, add);
}

static void expand(bs_dtype storage, const void *from, float *to, size_t n) {
  const unsigned char *bytes = from; /* n is a multiple of 32 */
  for (size_t i = 0; i < n; i += 8) {
    __m128i half = _mm_loadu_si128((const void *)(bytes + 2 * i));
    __m256 value = storage == BS_DTYPE_F16
                       ? _mm256_cvtph_ps(half)
                       : _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_cvtepu16_epi32(half), 16));
    _mm256_storeu_ps(to + i, value);
  }
}

static void round_row(bs_precision precision, const float *x, float *to, size_t n) {
  if (precision == BS_PRECISION_F32)
    memcpy(to, x, n * sizeof *to);
  else
    for (size_t i = 0; i < n; i++)
      to[i] = bs_rounded_to_parts(x[i], bs_precision_parts(precision));
}

/* 8 rows x 8 columns in registers: pairs, fours, then halves change places. */
static void transpose_tile(const float *rows, size_t ld, float *to) {
  __m256 a[8], b[8];
  for (size_t i = 0; i < 8; i++)
    a[i] = _mm256_loadu_ps(rows + i * ld);
  for (size_t i = 0; i < 8; i += 2) {
    b[i] = _mm256_unpacklo_ps(a[i], a[i + 1]);
    b[i + 1] = _mm256_unpackhi_ps(a[i], a[i + 1]);
  }
  for (size_t i = 0; i < 8; i += 4)
    for (size_t h = 0; h < 2; h++) {
      a[i + 2 * h] = _mm256_shuffle_ps(b[i + h], b[i + h + 2], 0x44);
      a[i + 2 * h + 1] = _mm256_shuffle_ps(b[i + h], b[i + h + 2], 0xEE);
    }
  for (size_t i = 0; i < 4; i++) {
    _mm256_storeu_ps(to + i * BS_PANEL, _mm256_permute2f128_ps(a[i], a[i + 4], 0x20));
    _mm256_storeu_ps(to + (i + 4) * BS_PANEL, _mm256_permute2f128_ps(a[i], a[i + 4], 0x31));
  }
}

void bs_fma_transpose_avx2(const float *rows, size_t ld, size_t depth, float *to) {
  for (size_t i = 0; i < depth; i += 8)
    transpose_tile(rows + i, ld, to + i * BS_PANEL);
}

const bs_fma_ops bs_fma_avx2 = {.across = bs_across_avx2,
                                .max_rows = MAX_ROWS,
                                .micro = micro,
                                .expand = expand,
                                .transpose = bs_fma_transpose_avx2,
                                .round_row = round_row};

static void store(const bs_block_sums *c, size_t n_cols, const float *bias, float *y, size_t ld_y,
                  bs_epilogue epilogue) {
  for (size_t r = 0; r < c->n_rows; r++) {
    const float *from = c->data + r * c->row_stride;
    float *to = y + r * ld_y;
    for (size_t j = 0; j < n_cols; j++) {
      float value = from[j] + (bias != NULL ? bias[j] : 0.0F);
      to[j] = epilogue == BS_EPILOGUE_ADD ? to[j] + value : value;
    }
  }
}

/* Sums by column of the panel, 32 of them in 4 vectors, then as in the other kernels. */
BS_INLINE double total_of(const __m256 sums[4]) {
  __m256d a[4], b[4]; /* columns 4q .. 4q + 4 with those 16 further on */
  for (size_t q = 0; q < 2; q++) {
    a[2 * q] = _mm256_cvtps_pd(_mm256_castps256_ps128(sums[q]));
    a[2 * q + 1] = _mm256_cvtps_pd(_mm256_extractf128_ps(sums[q], 1));
    b[2 * q] = _mm256_cvtps_pd(_mm256_castps256_ps128(sums[q + 2]));
    b[2 * q + 1] = _mm256_cvtps_pd(_mm256_extractf128_ps(sums[q + 2], 1));
  }
  for (size_t q = 0; q < 4; q++)
    a[q] = _mm256_add_pd(a[q], b[q]);
  __m256d by_four = _mm256_add_pd(_mm256_add_pd(a[0], a[2]), _mm256_add_pd(a[1], a[3]));
  __m128d by_two = _mm_add_pd(_mm256_castpd256_pd128(by_four), _mm256_extractf128_pd(by_four, 1));
  return _mm_cvtsd_f64(by_two) + _mm_cvtsd_f64(_mm_unpackhi_pd(by_two, by_two));
}

static void summary(const float *c, size_t panel_stride, size_t n_cols, size_t first_col,
                    const float *bias, bs_logits_partial *partial) {
  float logits[BS_HEAD_PANELS * BS_PANEL];
  size_t n_padded = bs_round_up(n_cols, BS_PANEL), best = 0;
  for (size_t p = 0; p < n_padded / BS_PANEL; p++)
    memcpy(logits + p * BS_PANEL, c + p * panel_stride, BS_PANEL * sizeof *logits);
  for (size_t j = 0; bias != NULL && j < n_cols; j++)
    logits[j] += bias[j];
  for (size_t j = n_cols; j < n_padded; j++)
    logits[j] = -__builtin_inff();
  for (size_t j = 1; j < n_cols; j++)
    if (logits[j] > logits[best])
      best = j;
  const __m256 shift = _mm256_set1_ps(logits[best]);
  __m256 sums[4];
  for (size_t q = 0; q < 4; q++)
    sums[q] = _mm256_setzero_ps();
  for (size_t j = 0; j < n_padded; j += BS_PANEL)
    for (size_t q = 0; q < 4; q++)
      sums[q] = _mm256_add_ps(
          sums[q], bs_exp_avx2(_mm256_sub_ps(_mm256_loadu_ps(logits + j + 8 * q), shift)));
  *partial = (bs_logits_partial){logits[best], (int32_t)(first_col + best), total_of(sums)};
}

const bs_output_ops bs_output_avx2 = {.store = store, .summary = summary};
