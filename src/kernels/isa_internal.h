/* Which instruction sets this machine has. One table, best first; the last row is "portable". */
#ifndef BIGSWEEP_KERNELS_ISA_INTERNAL_H
#define BIGSWEEP_KERNELS_ISA_INTERNAL_H

#include "bigsweep/error.h"

typedef enum bs_isa {
  BS_ISA_AMX,    /* AMX bf16 tiles, and AVX-512 with bf16 conversions */
  BS_ISA_AVX512, /* F, BW, DQ, VL */
  BS_ISA_AVX2,   /* and FMA, F16C */
  BS_ISA_PORTABLE,
} bs_isa;

/* x86 kernels are built on x86-64 alone. */
#if defined(__x86_64__)
#define BS_ISA_X86 1
#else
#define BS_ISA_X86 0
#endif

/* The set that `name` (NULL: the best of this machine) stands for. BS_ERR_USAGE lists the known
   names; BS_ERR_UNSUPPORTED says that this machine lacks a known one and lists what it has. */
bs_status bs_isa_find(bs_isa *out, const char *name, bs_error *err);
const char *bs_isa_text(bs_isa isa);

#endif
