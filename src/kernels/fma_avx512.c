/* The f32 kernels with AVX-512. */
#include "kernels/avx512_internal.h"
#include "kernels/convert_internal.h"
#include "kernels/gemm_internal.h"

/* 14 rows x 32 outputs: 28 sums, two vectors of weights and one factor fill the 32 registers. */
enum { MAX_ROWS = 14 };

BS_INLINE void micro_rows(const size_t n_rows, size_t depth, const float *a, const float *b,
                          float *c, bool add) {
  __m512 low[MAX_ROWS], high[MAX_ROWS];
  BS_UNROLL for (size_t r = 0; r < n_rows; r++) low[r] = high[r] = _mm512_setzero_ps();
  for (size_t k = 0; k < depth; k++) {
    __m512 b0 = _mm512_loadu_ps(b + k * BS_PANEL), b1 = _mm512_loadu_ps(b + k * BS_PANEL + 16);
    BS_UNROLL for (size_t r = 0; r < n_rows; r++) {
      __m512 factor = _mm512_set1_ps(a[r * BS_FMA_STRIDE + k]);
      low[r] = _mm512_fmadd_ps(factor, b0, low[r]);
      high[r] = _mm512_fmadd_ps(factor, b1, high[r]);
    }
  }
  BS_UNROLL for (size_t r = 0; r < n_rows; r++) {
    float *to = c + r * BS_PANEL;
    if (add) {
      low[r] = _mm512_add_ps(_mm512_loadu_ps(to), low[r]);
      high[r] = _mm512_add_ps(_mm512_loadu_ps(to + 16), high[r]);
    }
    _mm512_storeu_ps(to, low[r]);
    _mm512_storeu_ps(to + 16, high[r]);
  }
}

#define MICRO(n)                                                                                   \
  static void micro_##n(size_t depth, const float *a, const float *b, float *c, bool add) {        \
    micro_rows(n, depth, a, b, c, add);                                                            \
  }
MICRO(1)
MICRO(2)
MICRO(3)
MICRO(4)
MICRO(5)
MICRO(6)
MICRO(7)
MICRO(8)
MICRO(9)
MICRO(10)
MICRO(11)
MICRO(12)
MICRO(13)
MICRO(14)
#undef MICRO

static void micro(size_t n_rows, size_t depth, const float *a, const float *b, float *c, bool add) {
  static void (*const by_rows[])(size_t, const float *, const float *, float *, bool) = {
      micro_1, micro_2, micro_3,  micro_4,  micro_5,  micro_6,  micro_7,
      micro_8, micro_9, micro_10, micro_11, micro_12, micro_13, micro_14};
  by_rows[n_rows - 1](depth, a, b, c, add);
}

static void expand(bs_dtype storage, const void *from, float *to, size_t n) {
  const unsigned char *bytes = from; /* n is a multiple of 32 */
  for (size_t i = 0; i < n; i += 16) {
    __m256i half = _mm256_loadu_si256((const void *)(bytes + 2 * i));
    __m512 value = storage == BS_DTYPE_F16
                       ? _mm512_cvtph_ps(half)
                       : _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(half), 16));
    _mm512_storeu_ps(to + i, value);
  }
}

static void round_row(bs_precision precision, const float *x, float *to, size_t n) {
  for (size_t i = 0; i < n; i += 16) {
    __mmask16 lanes = bs_lanes(n - i);
    __m512 value = _mm512_maskz_loadu_ps(lanes, x + i);
    if (precision == BS_PRECISION_BF16X2) {
      value = bs_two_parts_avx512(value);
    } else if (precision == BS_PRECISION_BF16) {
      value = bs_round_bf16_avx512(value);
    }
    _mm512_mask_storeu_ps(to + i, lanes, value);
  }
}

const bs_fma_ops bs_fma_avx512 = {.across = bs_across_avx2,
                                  .max_rows = MAX_ROWS,
                                  .micro = micro,
                                  .expand = expand,
                                  .transpose = bs_fma_transpose_avx2,
                                  .round_row = round_row};

static void store(const bs_block_sums *c, size_t n_cols, const float *bias, float *y, size_t ld_y,
                  bs_epilogue epilogue) {
  for (size_t h = 0; h < n_cols; h += 16) {
    __mmask16 lanes = bs_lanes(n_cols - h);
    __m512 shift = bias != NULL ? _mm512_maskz_loadu_ps(lanes, bias + h) : _mm512_setzero_ps();
    for (size_t r = 0; r < c->n_rows; r++) {
      __m512 value = _mm512_loadu_ps(c->data + r * c->row_stride + h);
      float *to = y + r * ld_y + h;
      value = _mm512_add_ps(value, shift);
      if (epilogue == BS_EPILOGUE_ADD)
        value = _mm512_add_ps(_mm512_maskz_loadu_ps(lanes, to), value);
      _mm512_mask_storeu_ps(to, lanes, value);
    }
  }
}

/* The doubles of both halves, added lane by lane; then by halves. */
BS_INLINE double total_of(__m512 low, __m512 high) {
  __m512d a = _mm512_add_pd(_mm512_cvtps_pd(_mm512_castps512_ps256(low)),
                            _mm512_cvtps_pd(_mm512_castps512_ps256(high)));
  __m512d b = _mm512_add_pd(_mm512_cvtps_pd(_mm512_extractf32x8_ps(low, 1)),
                            _mm512_cvtps_pd(_mm512_extractf32x8_ps(high, 1)));
  return _mm512_reduce_add_pd(_mm512_add_pd(a, b));
}

static void summary(const float *c, size_t panel_stride, size_t n_cols, size_t first_col,
                    const float *bias, bs_logits_partial *partial) {
  enum { VECTORS = 2 * BS_HEAD_PANELS };
  __m512 logits[VECTORS], sums[2] = {_mm512_setzero_ps(), _mm512_setzero_ps()};
  const __m512 lowest = _mm512_set1_ps(-__builtin_inff());
  __m512 largest = lowest;
  BS_UNROLL for (size_t v = 0; v < VECTORS; v++) {
    __mmask16 lanes = bs_lanes(n_cols > 16 * v ? n_cols - 16 * v : 0);
    const float *from = c + v / 2 * panel_stride + v % 2 * 16;
    logits[v] = _mm512_mask_loadu_ps(lowest, lanes, from);
    if (bias != NULL)
      logits[v] = _mm512_add_ps(logits[v], _mm512_maskz_loadu_ps(lanes, bias + 16 * v));
    largest = _mm512_max_ps(largest, logits[v]);
  }
  float top = _mm512_reduce_max_ps(largest);
  const __m512 shift = _mm512_set1_ps(top);
  size_t best = 0;
  BS_UNROLL for (size_t v = VECTORS; v-- > 0;) {
    __mmask16 equal = _mm512_cmp_ps_mask(logits[v], shift, _CMP_EQ_OQ);
    if (equal != 0)
      best = 16 * v + (size_t)__builtin_ctz(equal);
  }
  BS_UNROLL for (size_t v = 0; v < VECTORS; v++) {
    __mmask16 lanes = bs_lanes(n_cols > 16 * v ? n_cols - 16 * v : 0);
    __m512 term = bs_exp_avx512(_mm512_sub_ps(logits[v], shift));
    sums[v % 2] = _mm512_mask_add_ps(sums[v % 2], lanes, sums[v % 2], term);
  }
  *partial = (bs_logits_partial){top, (int32_t)(first_col + best), total_of(sums[0], sums[1])};
}

const bs_output_ops bs_output_avx512 = {.store = store, .summary = summary};
