/* 16-bit floats, every one of them and the rounding to them. */
#include <math.h>

#include "base/half_internal.h"
#include "harness.h"

/* Pseudorandom bits from a linear congruence, mixed. */
static uint32_t next_bits(uint64_t *state) {
  *state = *state * 6364136223846793005U + 1442695040888963407U;
  return (uint32_t)(*state >> 32);
}

/* All 65,536 F16 values, by the definition of the format. */
static void f16_is_exact(void) {
  int bad = 0;
  for (uint32_t h = 0; h < 65536; h++) {
    int exponent = (int)(h >> 10 & 31), fraction = (int)(h & 1023);
    double expected = exponent == 0 ? ldexp(fraction, -24) : ldexp(1024 + fraction, exponent - 25);
    float value = bs_f32_of_f16((uint16_t)h);
    if (exponent == 31)
      bad += fraction == 0 ? !isinf(value) : !isnan(value);
    else
      bad += (double)fabsf(value) != expected;
    bad += (signbit(value) != 0) != (h >> 15 != 0);
    bad += bs_f16_of_exact_f32(value) != h;
  }
  CU_ASSERT_EQUAL(bad, 0);
}

static void bf16_is_exact(void) {
  int bad = 0;
  for (uint32_t h = 0; h < 65536; h++) {
    float value = bs_f32_of_bf16((uint16_t)h);
    bad += bs_f32_bits(value) != h << 16;
    uint16_t back = bs_bf16_of_f32(value);
    /* a signalling NaN becomes quiet */
    bad += isnan(value) ? (back | 0x40U) != (h | 0x40U) || !isnan(bs_f32_of_bf16(back)) : back != h;
  }
  CU_ASSERT_EQUAL(bad, 0);
}

/* Against the two neighbours: the nearer, and of two equally near the even one. */
static void bf16_is_the_nearest(void) {
  int bad = 0;
  uint64_t state = 7;
  for (uint64_t i = 0; i < 400000; i++) {
    uint32_t bits = next_bits(&state);
    if (i % 4 == 0)
      bits = (bits & 0xFFFF0000U) | 0x8000U; /* ties */
    float value = bs_f32_of_bits(bits);
    if (!isfinite(value))
      continue;
    uint16_t down = (uint16_t)(bits >> 16), up = (uint16_t)(down + 1);
    double a = (double)bs_f32_of_bf16(down), b = (double)bs_f32_of_bf16(up), v = (double)value;
    if (isinf(b)) /* one step beyond the largest counts as a number when rounding */
      b = copysign(0x1p128, v);
    uint16_t expected = fabs(v - a) < fabs(b - v)   ? down
                        : fabs(v - a) > fabs(b - v) ? up
                        : (down & 1) == 0           ? down
                                                    : up;
    bad += bs_bf16_of_f32(value) != expected;
  }
  CU_ASSERT_EQUAL(bad, 0);
}

/* Around every F16 value and every middle between two: the nearer, of two equally near the even. */
static void f16_is_the_nearest(void) {
  int bad = 0;
  for (uint32_t h = 0; h < 0x7C00; h++) {
    double low = (double)bs_f32_of_f16((uint16_t)h);
    double high = h == 0x7BFF ? 65536 : (double)bs_f32_of_f16((uint16_t)(h + 1));
    double middle = (low + high) / 2;
    uint32_t of_middle = (h & 1) == 0 ? h : h + 1;
    for (uint32_t sign = 0; sign <= 0x8000U; sign += 0x8000U) {
      double factor = sign == 0 ? 1 : -1;
      bad += bs_f16_of_f64(factor * low) != (sign | h);
      bad += bs_f16_of_f64(factor * middle) != (sign | of_middle);
      bad += bs_f16_of_f64(factor * nextafter(middle, 0)) != (sign | h);
      bad += bs_f16_of_f64(factor * nextafter(middle, 1e9)) != (sign | (h + 1));
    }
  }
  CU_ASSERT_EQUAL(bad, 0);
}

static void f16_ends_in_infinity(void) {
  CU_ASSERT_EQUAL(bs_f16_of_f64(65519.9), 0x7BFF);
  CU_ASSERT_EQUAL(bs_f16_of_f64(65520), 0x7C00);
  CU_ASSERT_EQUAL(bs_f16_of_f64(1e300), 0x7C00);
  CU_ASSERT_EQUAL(bs_f16_of_f64(-INFINITY), 0xFC00);
  CU_ASSERT_EQUAL(bs_f16_of_f64(-1e-300), 0x8000);
  CU_ASSERT_TRUE(isnan(bs_f32_of_f16(bs_f16_of_f64(NAN))));
  CU_ASSERT_EQUAL(bs_bf16_of_f32(3.4e38F), 0x7F80);
  CU_ASSERT_EQUAL(bs_bf16_of_f32(-INFINITY), 0xFF80);
  CU_ASSERT_TRUE(isnan(bs_f32_of_bf16(bs_bf16_of_f32(bs_f32_of_bits(0x7F800001U)))));
}

int main(void) {
  static const bs_test tests[] = {
      {"every F16 value", f16_is_exact},
      {"every BF16 value", bf16_is_exact},
      {"rounding to BF16", bf16_is_the_nearest},
      {"rounding to F16", f16_is_the_nearest},
      {"too large, too small and no number", f16_ends_in_infinity},
  };
  return bs_test_main("half", tests, sizeof tests / sizeof *tests);
}
