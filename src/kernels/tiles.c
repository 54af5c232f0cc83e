/* Which precisions attend on matrix tiles. */
#include "kernels/tiles_internal.h"

/* F32 stays in f32: three parts of everything would cost more than they save. One part in bf16
   would round attention more than the products do: it changes half as many decisions again. */
const bs_tiles *bs_tiles_for(bs_arithmetic arithmetic) {
#if BS_ISA_X86
  if (arithmetic.isa == BS_ISA_AMX && arithmetic.precision != BS_PRECISION_F32)
    return &bs_tiles_amx;
#endif
  (void)arithmetic;
  return NULL;
}
