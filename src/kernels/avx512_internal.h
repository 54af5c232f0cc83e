/* What the AVX-512 sources share; include only from those. */
#ifndef BIGSWEEP_KERNELS_AVX512_INTERNAL_H
#define BIGSWEEP_KERNELS_AVX512_INTERNAL_H

#include <immintrin.h>
#include <stddef.h>

#include "kernels/vector_internal.h"

/* Loops of constant length over arrays of registers have to vanish. */
#if defined(__clang__)
#define BS_UNROLL _Pragma("unroll")
#else
#define BS_UNROLL _Pragma("GCC unroll 32")
#endif
#define BS_INLINE static inline __attribute__((always_inline))

/* The first n (at most 16) lanes. */
BS_INLINE __mmask16 bs_lanes(size_t n) { return (__mmask16)(n >= 16 ? 0xFFFFU : (1U << n) - 1U); }

/* bs_bf16_of_f32, as f32. */
BS_INLINE __m512 bs_round_bf16_avx512(__m512 x) {
  const __m512i one = _mm512_set1_epi32(1), kept = _mm512_set1_epi32((int)0xFFFF0000U);
  __m512i bits = _mm512_castps_si512(x);
  __mmask16 nan = _mm512_cmp_ps_mask(x, x, _CMP_UNORD_Q);
  __m512i odd = _mm512_and_si512(_mm512_srli_epi32(bits, 16), one);
  __m512i sum = _mm512_add_epi32(_mm512_add_epi32(bits, _mm512_set1_epi32(0x7FFF)), odd);
  sum = _mm512_mask_or_epi32(sum, nan, bits, _mm512_set1_epi32(0x400000));
  return _mm512_castsi512_ps(_mm512_and_si512(sum, kept));
}

enum { BS_CLASS_INFINITE_OR_NAN = 0x99, BS_RANGE_SMALLER_MAGNITUDE = 2 };

/* The first of several parts of x, as bs_split_bf16 has it, and what it leaves. */
BS_INLINE __m512 bs_first_part_avx512(__m512 x, __m512 *left) {
  const __m512 most = _mm512_set1_ps(0x1.FEp127F); /* the largest finite bf16 */
  __mmask16 finite = _knot_mask16(_mm512_fpclass_ps_mask(x, BS_CLASS_INFINITE_OR_NAN));
  __m512 held = _mm512_mask_range_ps(x, finite, x, most, BS_RANGE_SMALLER_MAGNITUDE);
  __m512 first = bs_round_bf16_avx512(held);
  *left = _mm512_maskz_sub_ps(finite, x, first);
  return first;
}

/* bs_rounded_to_parts(x, 2). */
BS_INLINE __m512 bs_two_parts_avx512(__m512 x) {
  __m512 left, first = bs_first_part_avx512(x, &left);
  __mmask16 finite = _knot_mask16(_mm512_fpclass_ps_mask(x, BS_CLASS_INFINITE_OR_NAN));
  __m512 sum = _mm512_add_ps(first, bs_round_bf16_avx512(left));
  return _mm512_mask_range_ps(sum, finite, sum, _mm512_set1_ps(0x1.FFFFFEp127F),
                              BS_RANGE_SMALLER_MAGNITUDE);
}

BS_INLINE __m512 bs_exp_avx512(__m512 x) {
  /* NaN in the second operand of min and max survives. */
  x = _mm512_min_ps(_mm512_set1_ps(BS_EXP_HIGHEST), x);
  x = _mm512_max_ps(_mm512_set1_ps(BS_EXP_LOWEST), x);
  __m512 n = _mm512_roundscale_ps(_mm512_mul_ps(x, _mm512_set1_ps(BS_EXP_LOG2E)),
                                  _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
  __m512 r = _mm512_fnmadd_ps(n, _mm512_set1_ps(BS_EXP_LN2_HIGH), x);
  r = _mm512_fnmadd_ps(n, _mm512_set1_ps(BS_EXP_LN2_LOW), r);
  __m512 q = _mm512_set1_ps(BS_EXP_Q4);
  q = _mm512_fmadd_ps(q, r, _mm512_set1_ps(BS_EXP_Q3));
  q = _mm512_fmadd_ps(q, r, _mm512_set1_ps(BS_EXP_Q2));
  q = _mm512_fmadd_ps(q, r, _mm512_set1_ps(BS_EXP_Q1));
  q = _mm512_fmadd_ps(q, r, _mm512_set1_ps(BS_EXP_Q0));
  q = _mm512_fmadd_ps(q, r, _mm512_set1_ps(1.0F));
  q = _mm512_fmadd_ps(q, r, _mm512_set1_ps(1.0F));
  return _mm512_scalef_ps(q, n);
}

#endif
