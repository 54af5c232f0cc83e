/* Which instruction set's arithmetic on rows runs. */
#include "kernels/rows/rows_internal.h"

extern const bs_rows bs_rows_portable;
#ifdef BS_ROWS_X86
extern const bs_rows bs_rows_avx2, bs_rows_avx512;
#endif

const bs_rows *bs_rows_for(bs_isa isa) {
#ifdef BS_ROWS_X86
  if (isa == BS_ISA_AVX512 || isa == BS_ISA_AMX)
    return &bs_rows_avx512;
  if (isa == BS_ISA_AVX2)
    return &bs_rows_avx2;
#endif
  (void)isa;
  return &bs_rows_portable;
}
