/* The expansions of all types, in the order of the table, for each instruction set. */
#ifndef BIGSWEEP_GGUF_BLOCKS_INTERNAL_H
#define BIGSWEEP_GGUF_BLOCKS_INTERNAL_H

#include "gguf/types_internal.h"

extern const bs_expander bs_expanders_portable[];
#if defined(__x86_64__)
extern const bs_expander bs_expanders_avx2[];
#endif

#endif
