/* Conversions of weights, splitting into bf16 parts, and exponentials, value by value. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "kernels/convert_internal.h"
#include "kernels/vector_internal.h"
#include "kernels_testing.h"

static void three_parts_hold_f32(void) {
  int bad = 0;
  for (uint64_t i = 0; i < 400000; i++) {
    uint32_t bits = (uint32_t)kt_bits(8, i);
    if (i < 4)
      bits = (uint32_t[]){0x7F7FFFFFU, 0xFF7FFFFFU, 0x7F7F8000U, 0x00800000U}[i];
    float value = bs_f32_of_bits(bits);
    if (!isfinite(value) || fabsf(value) < 0x1p-109F)
      continue;
    uint16_t parts[3];
    bs_split_bf16(value, parts, 3);
    double sum = 0;
    for (size_t p = 0; p < 3; p++)
      sum += (double)bs_f32_of_bf16(parts[p]);
    bad += sum != (double)value;
    bs_split_bf16(value, parts, 2);
    sum = (double)bs_f32_of_bf16(parts[0]) + (double)bs_f32_of_bf16(parts[1]);
    bad += sum != (double)bs_rounded_to_parts(value, 2) && fabs(sum) < 0x1p128;
    bad += fabs(sum - (double)value) > 0x1p-16 * fabs((double)value);
  }
  CU_ASSERT_EQUAL(bad, 0);
}

static void f16_in_two_parts(void) {
  int bad = 0;
  for (uint32_t h = 0; h < 65536; h++) {
    float value = bs_f32_of_f16((uint16_t)h);
    if (isfinite(value))
      bad += bs_rounded_to_parts(value, 2) != value;
  }
  CU_ASSERT_EQUAL(bad, 0);
}

static void infinities_and_nan_have_one_part(void) {
  const float values[] = {INFINITY, -INFINITY, NAN};
  for (size_t i = 0; i < 3; i++) {
    uint16_t parts[3];
    bs_split_bf16(values[i], parts, 3);
    float first = bs_f32_of_bf16(parts[0]);
    CU_ASSERT_TRUE(isnan(values[i]) ? isnan(first) : first == values[i]);
    CU_ASSERT_EQUAL(parts[1], 0);
    CU_ASSERT_EQUAL(parts[2], 0);
  }
}

/* The header's promise: 2^-23 relative where the result is normal. */
static void exp_is_close(void) {
  double most = 0;
  int bad = 0;
  for (int i = -8730; i <= 8870; i++)
    for (int j = 0; j < 20; j++) {
      float x = (float)i * 0.01F + 0.0005F * (float)j;
      double exact = exp((double)x), value = (double)bs_exp_portable(x);
      double error = fabs(value - exact) / exact;
      most = error > most ? error : most;
    }
  CU_ASSERT_TRUE(most < 0x1p-23);
  for (float x = -88.0F; x > -110.0F; x -= 0.01F) /* denormal results: to their spacing */
    bad += fabs((double)bs_exp_portable(x) - exp((double)x)) > 0x1p-148;
  CU_ASSERT_EQUAL(bad, 0);
  CU_ASSERT_EQUAL(bs_exp_portable(0.0F), 1.0F);
  CU_ASSERT_EQUAL(bs_exp_portable(-INFINITY), 0.0F);
  CU_ASSERT_TRUE(isinf(bs_exp_portable(INFINITY)));
  CU_ASSERT_TRUE(isnan(bs_exp_portable(NAN)));
}

int main(void) {
  const bs_test tests[] = {
      {"three parts hold an f32", three_parts_hold_f32},
      {"two parts hold an F16", f16_in_two_parts},
      {"infinities and NaN have one part", infinities_and_nan_have_one_part},
      {"exp", exp_is_close},
  };
  return bs_test_main("kernels_convert", tests, sizeof tests / sizeof *tests);
}
