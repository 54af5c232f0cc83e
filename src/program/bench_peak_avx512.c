/* The peak loop of AVX-512: f32 fused multiply-adds. */
#include "program/bench_peak.h"

#include <immintrin.h>

float peak_avx512(size_t n) {
  __m512 sums[16];
  const __m512 factor = _mm512_set1_ps(0.999F), more = _mm512_set1_ps(0.37F);
  for (size_t i = 0; i < 16; i++)
    sums[i] = _mm512_set1_ps((float)i);
  for (size_t k = 0; k < n; k++)
    for (size_t i = 0; i < 16; i++)
      sums[i] = _mm512_fmadd_ps(sums[i], factor, more);
  for (size_t i = 1; i < 16; i++)
    sums[0] = _mm512_add_ps(sums[0], sums[i]);
  return _mm512_cvtss_f32(sums[0]);
}
