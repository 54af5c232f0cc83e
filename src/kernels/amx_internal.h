/* What the AMX sources share; include only from those. */
#ifndef BIGSWEEP_KERNELS_AMX_INTERNAL_H
#define BIGSWEEP_KERNELS_AMX_INTERNAL_H

#include <stdint.h>

#include "kernels/avx512_internal.h"

enum { BS_AMX_ROWS = 16, BS_AMX_ROW_BYTES = 64, BS_AMX_TILE_BYTES = 1024 };

/* All eight tiles of 16 rows of 64 bytes. */
BS_INLINE void bs_amx_begin(void) {
  struct {
    uint8_t palette, start_row, reserved[14];
    uint16_t row_bytes[16];
    uint8_t rows[16];
  } config = {.palette = 1};
  for (size_t i = 0; i < 8; i++) {
    config.row_bytes[i] = BS_AMX_ROW_BYTES;
    config.rows[i] = BS_AMX_ROWS;
  }
  /* gcc 12 does not know that the next instruction reads the structure. */
  __asm__ volatile("" : : "r"(&config) : "memory");
  _tile_loadconfig(&config);
}

BS_INLINE __m512 bs_widened_bf16(__m256i half) {
  return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(half), 16));
}

/* 32 values as bf16, in order, in `n_parts` parts (bs_split_bf16). */
BS_INLINE void bs_split_32(const size_t n_parts, __m512 low, __m512 high, __m512i *parts) {
  const __m512 most = _mm512_set1_ps(0x1.FEp127F);
  __mmask16 finite_low = 0, finite_high = 0;
  if (n_parts > 1) {
    finite_low = _knot_mask16(_mm512_fpclass_ps_mask(low, BS_CLASS_INFINITE_OR_NAN));
    finite_high = _knot_mask16(_mm512_fpclass_ps_mask(high, BS_CLASS_INFINITE_OR_NAN));
  }
  BS_UNROLL for (size_t p = 0; p < n_parts; p++) {
    __m512 a = low, b = high;
    if (p == 0 && n_parts > 1) { /* not to round to infinity */
      a = _mm512_mask_range_ps(a, finite_low, a, most, BS_RANGE_SMALLER_MAGNITUDE);
      b = _mm512_mask_range_ps(b, finite_high, b, most, BS_RANGE_SMALLER_MAGNITUDE);
    }
    parts[p] = (__m512i)_mm512_cvtne2ps_pbh(b, a);
    if (p + 1 < n_parts) {
      __m512 first = bs_widened_bf16(_mm512_castsi512_si256(parts[p]));
      __m512 second = bs_widened_bf16(_mm512_extracti64x4_epi64(parts[p], 1));
      low = _mm512_maskz_sub_ps(finite_low, low, first);
      high = _mm512_maskz_sub_ps(finite_high, high, second);
    }
  }
}

/* pack_amx.c: n_rows <= 32 rows of n_in bf16 weights, one behind the other, into a panel of one
   part. */
void bs_amx_copy_panel(const void *weights, size_t n_rows, size_t n_in, void *panel);

/* The first n (at most 32) of 32 values, the others 0. */
BS_INLINE void bs_load_32(const float *x, size_t n, __m512 *low, __m512 *high) {
  *low = _mm512_maskz_loadu_ps(bs_lanes(n), x);
  *high = n > 16 ? _mm512_maskz_loadu_ps(bs_lanes(n - 16), x + 16) : _mm512_setzero_ps();
}

#endif
