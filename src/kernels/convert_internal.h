/* F16 and BF16 against f32, exact bit for bit (denormals, infinities, NaN stay what they are). */
#ifndef BIGSWEEP_KERNELS_CONVERT_INTERNAL_H
#define BIGSWEEP_KERNELS_CONVERT_INTERNAL_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "bigsweep/checkpoint.h"

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

static inline float bs_f32_of_bf16(uint16_t half) { return bs_f32_of_bits((uint32_t)half << 16); }

/* Rounds to nearest, ties to even; a NaN stays a (quiet) NaN; too large becomes infinite. */
static inline uint16_t bs_bf16_of_f32(float value) {
  uint32_t bits = bs_f32_bits(value);
  if ((bits & 0x7FFFFFFFU) > 0x7F800000U)
    return (uint16_t)(bits >> 16 | 0x40U);
  return (uint16_t)((bits + 0x7FFFU + ((bits >> 16) & 1U)) >> 16);
}

float bs_f32_of_f16(uint16_t half);
/* For a value that F16 can hold (it came from F16). */
uint16_t bs_f16_of_exact_f32(float value);

/* The value of n consecutive elements of type F32, F16 or BF16 at any address, as f32. */
void bs_convert_to_f32(bs_dtype dtype, const void *from, float *to, size_t n);

enum { BS_MAX_PARTS = 3 };

/* value = parts[0] + ... + parts[n_parts - 1] in bf16, each the rounding of what the ones before it
   left. One part is the plain rounding. With two and three parts a finite value has finite parts
   (the first is cut instead of rounded where rounding would overflow); an infinity or NaN is in the
   first part, the others are 0. Three parts hold every f32 above 2^-110 exactly. */
void bs_split_bf16(float value, uint16_t *parts, size_t n_parts);

/* The sum of the first n_parts parts: exact in f32, but for the last values before infinity, which
   become the largest finite one. */
float bs_rounded_to_parts(float value, size_t n_parts);

#endif
