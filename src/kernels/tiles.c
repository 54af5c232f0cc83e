#include "kernels/tiles_internal.h"

#include <string.h>

#include "kernels/gemm_internal.h"

/* The tier f32 stays in f32: three parts of everything would cost more than they save. One part in
   bf16 would round attention more than the products do: it changes half as many decisions again. */
const bs_tiles *bs_tiles_for(const char *isa, bs_tier tier) {
#if BS_ISA_X86
  if (strcmp(isa, bs_isa_text(BS_ISA_AMX)) == 0 && tier != BS_TIER_F32)
    return &bs_tiles_amx;
#endif
  (void)isa;
  (void)tier;
  return NULL;
}
