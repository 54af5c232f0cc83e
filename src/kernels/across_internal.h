/* Weights in blocks as products take them up: rows side by side. */
#ifndef BIGSWEEP_KERNELS_ACROSS_INTERNAL_H
#define BIGSWEEP_KERNELS_ACROSS_INTERNAL_H

#include <stdbool.h>

#include "gguf/types_internal.h"

enum { BS_ACROSS_ROWS = 8, BS_ACROSS_PANEL = 32, BS_ACROSS_PART = 32 };

/* For one type of blocks. A row is read in parts of 32 values, counted from where it begins. */
typedef struct bs_across {
  /* The values of n inputs of 8 rows from part `first` on: to[i * stride + r], with the bits of
     bs_blocks_expand. */
  void (*values)(const unsigned char *const rows[BS_ACROSS_ROWS], size_t first, size_t n, float *to,
                 size_t stride);
  /* The sums of n of them times x[n], for the 32 rows of a panel, each one chain of multiply-adds
     in order of the inputs, written to `sums` or added. */
  void (*sums)(const unsigned char *const rows[BS_ACROSS_PANEL], size_t first, size_t n,
               const float *x, float *sums, bool add);
} bs_across;

/* NULL for types without. */
const bs_across *bs_across_avx2(bs_block_id id);

#endif
