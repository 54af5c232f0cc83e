/* The table of a GGUF file's types. */
#include "gguf/types_internal.h"

#include <stdbool.h>

#if defined(__x86_64__)
#include <cpuid.h>
#endif

#include "gguf/blocks_internal.h"

const bs_block_type bs_block_types[BS_BLOCK_IDS] = {
#define TYPE(function, name, number, n_values, n_bytes) {#name, number, n_values, n_bytes},
    BS_BLOCK_TYPES(TYPE)
#undef TYPE
};

const bs_block_type *bs_block_type_find(uint32_t number) {
  for (size_t i = 0; i < BS_BLOCK_IDS; i++)
    if (bs_block_types[i].number == number)
      return &bs_block_types[i];
  return NULL;
}

const char *bs_block_type_removed(uint32_t number) {
  switch (number) {
  case 4:
    return "Q4_2";
  case 5:
    return "Q4_3";
  case 31:
    return "Q4_0_4_4";
  case 32:
    return "Q4_0_4_8";
  case 33:
    return "Q4_0_8_8";
  case 36:
    return "IQ4_NL_4_4";
  case 37:
    return "IQ4_NL_4_8";
  case 38:
    return "IQ4_NL_8_8";
  default:
    return NULL;
  }
}

/* Not every compiler's __builtin_cpu_supports knows f16c. */
#if defined(__x86_64__)
static bool has_avx2_and_f16c(void) {
  unsigned a, b, c, d;
  return __builtin_cpu_supports("avx2") && __get_cpuid(1, &a, &b, &c, &d) != 0 &&
         (c & bit_F16C) != 0;
}
#endif

void bs_blocks_expand(const bs_block_type *type, const void *blocks, size_t n, float *to) {
  const bs_expander *expanders = bs_expanders_portable;
#if defined(__x86_64__)
  static int has = -1; /* asked once: cpuid takes longer than a block */
  int known;
#pragma omp atomic read
  known = has;
  if (known < 0) {
    known = has_avx2_and_f16c();
#pragma omp atomic write
    has = known;
  }
  if (known == 1)
    expanders = bs_expanders_avx2;
#endif
  expanders[type - bs_block_types](blocks, n / type->n_values, to);
}
