/* In what type a precision keeps weights, and how many bf16 parts of a number it multiplies. */
#include "kernels/gemm_internal.h"

bs_dtype bs_gemm_storage(bs_precision precision, bs_dtype dtype) {
  return precision == BS_PRECISION_BF16 ? BS_DTYPE_BF16 : dtype;
}

size_t bs_precision_parts(bs_precision precision) {
  return precision == BS_PRECISION_F32 ? 3 : precision == BS_PRECISION_BF16X2 ? 2 : 1;
}
