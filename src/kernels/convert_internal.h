/* Runs of weights as f32, and an f32 as a sum of BF16 parts. */
#ifndef BIGSWEEP_KERNELS_CONVERT_INTERNAL_H
#define BIGSWEEP_KERNELS_CONVERT_INTERNAL_H

#include <stddef.h>
#include <stdint.h>

#include "base/half_internal.h"
#include "bigsweep/checkpoint.h"

/* The value of n consecutive elements of type F32, F16 or BF16, or of whole blocks of a type that
   has blocks, at any address, as f32. */
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
