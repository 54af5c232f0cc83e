#include "kernels/rows/rows_internal.h"

#include <string.h>

extern const bs_rows bs_rows_portable;
#ifdef BS_ROWS_X86
extern const bs_rows bs_rows_avx2, bs_rows_avx512;
#endif

const bs_rows *bs_rows_for(const char *isa) {
#ifdef BS_ROWS_X86
  if (strncmp(isa, "avx512", 6) == 0 || strncmp(isa, "amx", 3) == 0)
    return &bs_rows_avx512;
  if (strncmp(isa, "avx2", 4) == 0)
    return &bs_rows_avx2;
#endif
  (void)isa;
  return &bs_rows_portable;
}
