/* The 16-bit floats F16 (IEEE 754 binary16) and BF16 (the upper half of an f32), and the bits of an
   f32. */
#ifndef BIGSWEEP_BASE_HALF_INTERNAL_H
#define BIGSWEEP_BASE_HALF_INTERNAL_H

#include <stdint.h>
#include <string.h>

static inline uint32_t bs_f32_bits(float value) {
  uint32_t bits;
  memcpy(&bits, &value, sizeof bits);
  return bits;
}

static inline float bs_f32_of_bits(uint32_t bits) {
  float value;
  memcpy(&value, &bits, sizeof value);
  return value;
}

/* Exact, bit for bit: subnormal numbers, infinities and NaNs stay what they are. */
static inline float bs_f32_of_bf16(uint16_t half) { return bs_f32_of_bits((uint32_t)half << 16); }
float bs_f32_of_f16(uint16_t half);

/* Rounds to nearest, ties to even; a NaN stays a (quiet) NaN; too large becomes infinite. */
static inline uint16_t bs_bf16_of_f32(float value) {
  uint32_t bits = bs_f32_bits(value);
  if ((bits & 0x7FFFFFFFU) > 0x7F800000U)
    return (uint16_t)(bits >> 16 | 0x40U);
  return (uint16_t)((bits + 0x7FFFU + ((bits >> 16) & 1U)) >> 16);
}

/* Rounds as above. An f32 may be passed as it is: every f32 is an f64. */
uint16_t bs_f16_of_f64(double value);

/* For a value that F16 can hold, as every value from bs_f32_of_f16: bit for bit what it came from,
   NaNs too. */
uint16_t bs_f16_of_exact_f32(float value);

#endif
