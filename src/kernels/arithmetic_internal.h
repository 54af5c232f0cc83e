/* What kernels are chosen by: an instruction set and a precision. */
#ifndef BIGSWEEP_KERNELS_ARITHMETIC_INTERNAL_H
#define BIGSWEEP_KERNELS_ARITHMETIC_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>

#include "bigsweep/arithmetic.h"

/* The x86 kernels are built on x86-64 alone. */
#if defined(__x86_64__)
#define BS_ISA_X86 1
#else
#define BS_ISA_X86 0
#endif

typedef struct bs_arithmetic {
  bs_isa isa;
  bs_precision precision;
} bs_arithmetic;

/* Replaces AUTO by what it stands for on this machine. BS_ERR_UNSUPPORTED when this machine lacks
   the instruction set; the message lists those it has. */
bs_status bs_arithmetic_settle(bs_arithmetic *arithmetic, bs_error *err);

/* Whether this machine has it; true for AUTO. */
bool bs_isa_present(bs_isa isa);
/* The instruction sets of this machine, best first, and their names. The last is "portable". Static
   storage. */
const bs_isa *bs_isa_list(size_t *n);
const char *const *bs_isa_names(size_t *n);

/* AUTO becomes the best of this machine; otherwise as bs_arithmetic_settle. */
bs_status bs_isa_settle(bs_isa *isa, bs_error *err);

/* Writes "a, b, c" to text, cut to n_bytes, and returns it. */
const char *bs_list_names(const char *const *names, size_t n, char *text, size_t n_bytes);

#endif
