/* The peak loop of AVX2: f32 fused multiply-adds. */
#include "program/bench_peak.h"

#include <immintrin.h>

float peak_avx2(size_t n) {
  __m256 sums[12];
  const __m256 factor = _mm256_set1_ps(0.999F), more = _mm256_set1_ps(0.37F);
  for (size_t i = 0; i < 12; i++)
    sums[i] = _mm256_set1_ps((float)i);
  for (size_t k = 0; k < n; k++)
    for (size_t i = 0; i < 12; i++)
      sums[i] = _mm256_fmadd_ps(sums[i], factor, more);
  for (size_t i = 1; i < 12; i++)
    sums[0] = _mm256_add_ps(sums[0], sums[i]);
  return _mm256_cvtss_f32(sums[0]);
}
