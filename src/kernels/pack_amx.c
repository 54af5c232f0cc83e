/* Weights that are stored in bf16 and packed in one part: their bits only change places. */
#include <immintrin.h>
#include <stdint.h>

#include "kernels/amx_internal.h"
#include "kernels/gemm_internal.h"

/* 16 rows of 16 elements of 32 bits become columns. */
BS_INLINE void transpose(__m512i *rows) {
  __m512i t[16];
  BS_UNROLL for (size_t i = 0; i < 16; i += 2) {
    t[i] = _mm512_unpacklo_epi32(rows[i], rows[i + 1]);
    t[i + 1] = _mm512_unpackhi_epi32(rows[i], rows[i + 1]);
  }
  BS_UNROLL for (size_t i = 0; i < 16; i += 4) BS_UNROLL for (size_t h = 0; h < 2; h++) {
    rows[i + 2 * h] = _mm512_unpacklo_epi64(t[i + h], t[i + h + 2]);
    rows[i + 2 * h + 1] = _mm512_unpackhi_epi64(t[i + h], t[i + h + 2]);
  }
  /* Quarters: rows[4 i + c] holds column 4 q + c of rows 4 i .. 4 i + 4 in its quarter q. */
  BS_UNROLL for (size_t c = 0; c < 4; c++) {
    __m512i low = _mm512_shuffle_i32x4(rows[c], rows[4 + c], 0x88);
    __m512i high = _mm512_shuffle_i32x4(rows[8 + c], rows[12 + c], 0x88);
    t[c] = _mm512_shuffle_i32x4(low, high, 0x88);
    t[8 + c] = _mm512_shuffle_i32x4(low, high, 0xDD);
    low = _mm512_shuffle_i32x4(rows[c], rows[4 + c], 0xDD);
    high = _mm512_shuffle_i32x4(rows[8 + c], rows[12 + c], 0xDD);
    t[4 + c] = _mm512_shuffle_i32x4(low, high, 0x88);
    t[12 + c] = _mm512_shuffle_i32x4(low, high, 0xDD);
  }
  BS_UNROLL for (size_t i = 0; i < 16; i++) rows[i] = t[i];
}

void bs_amx_copy_panel(const void *weights, size_t n_rows, size_t n_in, void *panel) {
  enum { STEP = 32, ROWS = BS_AMX_ROWS };
  const unsigned char *from = weights;
  unsigned char *to = panel;
  for (size_t k = 0; k < n_in; k += STEP) {
    __mmask32 inputs = n_in - k < STEP ? (1U << (n_in - k)) - 1U : UINT32_MAX;
    for (size_t half = 0; half < 2; half++, to += BS_AMX_TILE_BYTES) {
      __m512i rows[ROWS];
      BS_UNROLL for (size_t i = 0; i < ROWS; i++) {
        size_t row = half * ROWS + i;
        rows[i] = row < n_rows ? _mm512_maskz_loadu_epi16(inputs, from + (row * n_in + k) * 2)
                               : _mm512_setzero_si512();
      }
      transpose(rows);
      BS_UNROLL for (size_t i = 0; i < ROWS; i++)
          _mm512_storeu_si512(to + i * BS_AMX_ROW_BYTES, rows[i]);
    }
  }
}
