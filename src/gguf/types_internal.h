/* The types of a GGUF file's tensors: one table, from the format's numbers to the expansion of
   blocks. */
#ifndef BIGSWEEP_GGUF_TYPES_INTERNAL_H
#define BIGSWEEP_GGUF_TYPES_INTERNAL_H

#include <stddef.h>
#include <stdint.h>

/* X(function, name, number in the file, values of a block, bytes of a block). */
#define BS_BLOCK_TYPES(X)                                                                          \
  X(f32, F32, 0, 1, 4)                                                                             \
  X(f16, F16, 1, 1, 2)                                                                             \
  X(q4_0, Q4_0, 2, 32, 18)                                                                         \
  X(q4_1, Q4_1, 3, 32, 20)                                                                         \
  X(q5_0, Q5_0, 6, 32, 22)                                                                         \
  X(q5_1, Q5_1, 7, 32, 24)                                                                         \
  X(q8_0, Q8_0, 8, 32, 34)                                                                         \
  X(q2_k, Q2_K, 10, 256, 84)                                                                       \
  X(q3_k, Q3_K, 11, 256, 110)                                                                      \
  X(q4_k, Q4_K, 12, 256, 144)                                                                      \
  X(q5_k, Q5_K, 13, 256, 176)                                                                      \
  X(q6_k, Q6_K, 14, 256, 210)                                                                      \
  X(iq2_xxs, IQ2_XXS, 16, 256, 66)                                                                 \
  X(iq2_xs, IQ2_XS, 17, 256, 74)                                                                   \
  X(iq3_xxs, IQ3_XXS, 18, 256, 98)                                                                 \
  X(iq1_s, IQ1_S, 19, 256, 50)                                                                     \
  X(iq4_nl, IQ4_NL, 20, 32, 18)                                                                    \
  X(iq3_s, IQ3_S, 21, 256, 110)                                                                    \
  X(iq2_s, IQ2_S, 22, 256, 82)                                                                     \
  X(iq4_xs, IQ4_XS, 23, 256, 136)                                                                  \
  X(iq1_m, IQ1_M, 29, 256, 56)                                                                     \
  X(bf16, BF16, 30, 1, 2)                                                                          \
  X(tq1_0, TQ1_0, 34, 256, 54)                                                                     \
  X(tq2_0, TQ2_0, 35, 256, 66)                                                                     \
  X(mxfp4, MXFP4, 39, 32, 17)

typedef enum bs_block_id {
#define BS_BLOCK_ENUM(function, name, number, n_values, n_bytes) BS_BLOCK_##name,
  BS_BLOCK_TYPES(BS_BLOCK_ENUM)
#undef BS_BLOCK_ENUM
      BS_BLOCK_IDS
} bs_block_id;

enum { BS_BLOCK_MOST_VALUES = 256 };

/* Writes the values of n_blocks blocks, at any address. */
typedef void (*bs_expander)(const unsigned char *blocks, size_t n_blocks, float *to);

typedef struct bs_block_type {
  const char *name;
  uint32_t number;
  size_t n_values, n_bytes;
} bs_block_type;

extern const bs_block_type bs_block_types[BS_BLOCK_IDS];

/* By number in the file; NULL: not known. */
const bs_block_type *bs_block_type_find(uint32_t number);
/* The names of types that the format has no more, NULL of others. */
const char *bs_block_type_removed(uint32_t number);

/* n values, whole blocks, with the best instruction set of this machine. */
void bs_blocks_expand(const bs_block_type *type, const void *blocks, size_t n, float *to);

#endif
