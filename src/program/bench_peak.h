/* What the arithmetic units of this machine reach with operands in registers. */
#ifndef BIGSWEEP_PROGRAM_BENCH_PEAK_H
#define BIGSWEEP_PROGRAM_BENCH_PEAK_H

#include <stddef.h>

#include "bigsweep/arithmetic.h"

/* Operations a second of the instructions that the kernels of `isa` multiply with, on n_threads
   threads at once, best of a few runs; 0 for one that has no loop here. What they are stands in
   *what. */
double bench_peak(bs_isa isa, int n_threads, const char **what);

/* One file for each instruction set: n rounds of a loop without memory traffic. The sum of what it
   computed is returned, so that nothing can be left out. */
float peak_portable(size_t n);
float peak_avx2(size_t n);
float peak_avx512(size_t n);
float peak_amx(size_t n);

enum { /* operations of a round */
       PEAK_PORTABLE_FLOPS = 2 * 32,
       PEAK_AVX2_FLOPS = 2 * 12 * 8,
       PEAK_AVX512_FLOPS = 2 * 16 * 16,
       PEAK_AMX_FLOPS = 4 * 2 * 16 * 16 * 32,
};

#endif
