/* What the AVX2 sources share; include only from those. */
#ifndef BIGSWEEP_KERNELS_AVX2_INTERNAL_H
#define BIGSWEEP_KERNELS_AVX2_INTERNAL_H

#include <immintrin.h>

#include "kernels/vector_internal.h"

#if defined(__clang__)
#define BS_UNROLL _Pragma("unroll")
#else
#define BS_UNROLL _Pragma("GCC unroll 32")
#endif
#define BS_INLINE static inline __attribute__((always_inline))

BS_INLINE __m256 bs_power_of_two_avx2(__m256i n) {
  return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_add_epi32(n, _mm256_set1_epi32(127)), 23));
}

BS_INLINE __m256 bs_exp_avx2(__m256 x) {
  /* NaN in the second operand of min and max survives. */
  x = _mm256_min_ps(_mm256_set1_ps(BS_EXP_HIGHEST), x);
  x = _mm256_max_ps(_mm256_set1_ps(BS_EXP_LOWEST), x);
  __m256 n = _mm256_round_ps(_mm256_mul_ps(x, _mm256_set1_ps(BS_EXP_LOG2E)),
                             _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
  __m256 r = _mm256_fnmadd_ps(n, _mm256_set1_ps(BS_EXP_LN2_HIGH), x);
  r = _mm256_fnmadd_ps(n, _mm256_set1_ps(BS_EXP_LN2_LOW), r);
  __m256 q = _mm256_set1_ps(BS_EXP_Q4);
  q = _mm256_fmadd_ps(q, r, _mm256_set1_ps(BS_EXP_Q3));
  q = _mm256_fmadd_ps(q, r, _mm256_set1_ps(BS_EXP_Q2));
  q = _mm256_fmadd_ps(q, r, _mm256_set1_ps(BS_EXP_Q1));
  q = _mm256_fmadd_ps(q, r, _mm256_set1_ps(BS_EXP_Q0));
  q = _mm256_fmadd_ps(q, r, _mm256_set1_ps(1.0F));
  q = _mm256_fmadd_ps(q, r, _mm256_set1_ps(1.0F));
  /* In two steps: 2^n alone may be too small or too large. */
  __m256i whole = _mm256_cvtps_epi32(n), half = _mm256_srai_epi32(whole, 1);
  q = _mm256_mul_ps(q, bs_power_of_two_avx2(half));
  return _mm256_mul_ps(q, bs_power_of_two_avx2(_mm256_sub_epi32(whole, half)));
}

#endif
