/* Runs of weights as f32, and an f32 as a sum of BF16 parts. */
#include "kernels/convert_internal.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "checkpoint/dtype_internal.h"

void bs_convert_to_f32(bs_dtype dtype, const void *from, float *to, size_t n) {
  const unsigned char *bytes = from;
  uint16_t half;
  switch (dtype) {
  case BS_DTYPE_F16:
    for (size_t i = 0; i < n; i++) {
      memcpy(&half, bytes + 2 * i, 2);
      to[i] = bs_f32_of_f16(half);
    }
    break;
  case BS_DTYPE_BF16:
    for (size_t i = 0; i < n; i++) {
      memcpy(&half, bytes + 2 * i, 2);
      to[i] = bs_f32_of_bf16(half);
    }
    break;
  case BS_DTYPE_F32:
    memcpy(to, from, 4 * n);
    break;
  default: /* callers let no other type pass but those in blocks */
    bs_blocks_expand(bs_dtype_blocks(dtype), from, n, to);
  }
}

void bs_split_bf16(float value, uint16_t *parts, size_t n_parts) {
  parts[0] = bs_bf16_of_f32(value);
  if (n_parts > 1 && (parts[0] & 0x7FFFU) == 0x7F80U && isfinite(value))
    parts[0] = (uint16_t)(bs_f32_bits(value) >> 16);
  float left = isfinite(value) ? value - bs_f32_of_bf16(parts[0]) : 0.0F;
  for (size_t i = 1; i < n_parts; i++) {
    parts[i] = bs_bf16_of_f32(left);
    left -= bs_f32_of_bf16(parts[i]);
  }
}

float bs_rounded_to_parts(float value, size_t n_parts) {
  uint16_t parts[BS_MAX_PARTS];
  bs_split_bf16(value, parts, n_parts);
  float sum = bs_f32_of_bf16(parts[0]);
  for (size_t i = 1; i < n_parts; i++)
    sum += bs_f32_of_bf16(parts[i]);
  return isinf(sum) && isfinite(value) ? copysignf(FLT_MAX, value) : sum;
}
