/* F16 from and to the wider floats. */
#include "base/half_internal.h"

#include <math.h>

enum { INFINITE = 0x7C00, QUIET_NAN = 0x7E00 };

float bs_f32_of_f16(uint16_t half) {
  uint32_t sign = (uint32_t)(half & 0x8000U) << 16;
  uint32_t exponent = (half >> 10) & 31U, fraction = half & 0x3FFU;
  if (exponent == 0) {
    uint32_t magnitude = bs_f32_bits((float)fraction * 0x1p-24F);
    return bs_f32_of_bits(sign | magnitude);
  }
  return bs_f32_of_bits(sign | (exponent == 31 ? 0x7F800000U : (exponent + 112) << 23) |
                        fraction << 13);
}

uint16_t bs_f16_of_f64(double value) {
  uint32_t sign = signbit(value) ? 0x8000U : 0;
  if (isnan(value))
    return (uint16_t)(sign | QUIET_NAN);
  double magnitude = fabs(value);
  if (magnitude >= 65520) /* halfway between the largest F16 and the next that there is not */
    return (uint16_t)(sign | INFINITE);
  if (magnitude < 0x1p-14) /* a multiple of 2^-24 */
    return (uint16_t)(sign | (uint32_t)lrint(magnitude * 0x1p24));
  int exponent;
  (void)frexp(magnitude, &exponent);
  uint32_t units = (uint32_t)lrint(ldexp(magnitude, 11 - exponent)); /* 1024 .. 2048 */
  return (uint16_t)(sign | (((uint32_t)(exponent + 14) << 10) + units - 1024U));
}

uint16_t bs_f16_of_exact_f32(float value) {
  uint32_t bits = bs_f32_bits(value), sign = bits >> 16 & 0x8000U;
  uint32_t exponent = bits >> 23 & 0xFFU, fraction = bits >> 13 & 0x3FFU;
  if (exponent == 0xFF)
    return (uint16_t)(sign | INFINITE | fraction);
  if (exponent < 113) /* below the smallest normal F16 */
    return (uint16_t)(sign | (uint32_t)(fabsf(value) * 0x1p24F));
  return (uint16_t)(sign | (exponent - 112) << 10 | fraction);
}
