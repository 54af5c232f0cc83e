/* How the engine calculates: the precision of its products and the instruction set of its kernels.
   Both have names for people: on the command line, in the configuration and in a results file. */
#ifndef BIGSWEEP_ARITHMETIC_H
#define BIGSWEEP_ARITHMETIC_H

#include "bigsweep/error.h"
#include "bigsweep/visibility.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Precision of the linear layers. */
typedef enum bs_precision {
  BS_PRECISION_AUTO,   /* f32 for every checkpoint: no silent loss */
  BS_PRECISION_F32,    /* error no larger than that of f32 arithmetic */
  BS_PRECISION_BF16X2, /* activations and weights in two bf16 parts, 16 bits of significand
                          together; products of two lower parts (of order 2^-16) are dropped. The
                          error is several hundred times smaller than that of bf16 and larger than
                          that of f32. */
  BS_PRECISION_BF16,   /* activations and weights rounded to bf16 before each product, f32 sums */
} bs_precision;

/* "auto", "f32", "bf16x2" or "bf16" to a precision. BS_ERR_USAGE lists the known names. */
BS_API bs_status bs_precision_parse(bs_precision *out, const char *name, bs_error *err);
/* The name, in static storage. */
BS_API const char *bs_precision_name(bs_precision precision);

/* Instruction sets. A machine that has one has those above it in this list, too. */
typedef enum bs_isa {
  BS_ISA_AUTO,     /* the best that this machine has */
  BS_ISA_PORTABLE, /* plain C, on every machine */
  BS_ISA_AVX2,     /* and FMA, F16C */
  BS_ISA_AVX512,   /* F, BW, DQ, VL */
  BS_ISA_AMX,      /* AMX bf16 tiles, and AVX-512 with bf16 conversions */
} bs_isa;

/* The name, in static storage: "portable", "avx2", ... */
BS_API const char *bs_isa_name(bs_isa isa);
/* A name, or NULL for AUTO, to an instruction set, even one that this machine lacks. BS_ERR_USAGE
   for a name of none; the message lists those that exist and those of this machine. */
BS_API bs_status bs_isa_parse(bs_isa *out, const char *name, bs_error *err);

#ifdef __cplusplus
}
#endif

#endif
