/* e^x in plain C. */
#include <math.h>
#include <stdint.h>

#include "kernels/convert_internal.h"
#include "kernels/vector_internal.h"

/* 2^n for |n| <= 126. */
static float power_of_two(int n) { return bs_f32_of_bits((uint32_t)(n + 127) << 23); }

float bs_exp_portable(float x) {
  if (isnan(x))
    return x;
  x = x < BS_EXP_LOWEST ? BS_EXP_LOWEST : x > BS_EXP_HIGHEST ? BS_EXP_HIGHEST : x;
  /* 1.5 * 2^23: adding it rounds to an integer, ties to even. */
  float n = (x * BS_EXP_LOG2E + 0x1.8p23F) - 0x1.8p23F;
  float r = (x - n * BS_EXP_LN2_HIGH) - n * BS_EXP_LN2_LOW;
  float q = (((BS_EXP_Q4 * r + BS_EXP_Q3) * r + BS_EXP_Q2) * r + BS_EXP_Q1) * r + BS_EXP_Q0;
  float value = 1.0F + (r + r * r * q);
  int whole = (int)n, half = whole / 2;
  return value * power_of_two(half) * power_of_two(whole - half);
}
