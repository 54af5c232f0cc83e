/* Arithmetic of sizes. */
#ifndef BIGSWEEP_BASE_SIZE_INTERNAL_H
#define BIGSWEEP_BASE_SIZE_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>

/* *out = a * b or a + b. False when the result does not fit; *out must not be read then. */
static inline bool bs_size_mul(size_t a, size_t b, size_t *out) {
  return !__builtin_mul_overflow(a, b, out);
}

static inline bool bs_size_add(size_t a, size_t b, size_t *out) {
  return !__builtin_add_overflow(a, b, out);
}

static inline size_t bs_size_min(size_t a, size_t b) { return a < b ? a : b; }

static inline size_t bs_size_max(size_t a, size_t b) { return a > b ? a : b; }

/* The number of pieces of `step` elements (at least 1) that n elements fill, the last one perhaps
   in part. */
static inline size_t bs_ceil_div(size_t n, size_t step) { return n / step + (n % step != 0); }

/* The smallest multiple of `step` that is no less than n; it must fit. */
static inline size_t bs_round_up(size_t n, size_t step) { return bs_ceil_div(n, step) * step; }

#endif
