/* The peak loop in C that the compiler vectorises. */
#include "program/bench_peak.h"

float peak_portable(size_t n) {
  float sums[32], sum = 0;
  for (size_t i = 0; i < 32; i++)
    sums[i] = (float)i;
  for (size_t k = 0; k < n; k++)
    for (size_t i = 0; i < 32; i++)
      sums[i] = sums[i] * 0.999F + 0.37F;
  for (size_t i = 0; i < 32; i++)
    sum += sums[i];
  return sum;
}
