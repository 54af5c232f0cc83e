/* The table of matrix kernels. */
#include "kernels/gemm_internal.h"

/* Below AMX the precisions under f32 round their operands and multiply in f32: AVX-512's own bf16
   dot product was measured at half the rate of its f32 multiply-add, flushes denormals and would
   give bits of its own; like this all of these kernels agree where products are exact. */
static const bs_gemm kernels[] = {
    {BS_ISA_PORTABLE, BS_PRECISION_F32, &bs_fma_family, &bs_output_portable, &bs_fma_portable},
    {BS_ISA_PORTABLE, BS_PRECISION_BF16X2, &bs_fma_family, &bs_output_portable, &bs_fma_portable},
    {BS_ISA_PORTABLE, BS_PRECISION_BF16, &bs_fma_family, &bs_output_portable, &bs_fma_portable},
#if BS_ISA_X86
    {BS_ISA_AVX2, BS_PRECISION_F32, &bs_fma_family, &bs_output_avx2, &bs_fma_avx2},
    {BS_ISA_AVX2, BS_PRECISION_BF16X2, &bs_fma_family, &bs_output_avx2, &bs_fma_avx2},
    {BS_ISA_AVX2, BS_PRECISION_BF16, &bs_fma_family, &bs_output_avx2, &bs_fma_avx2},
    {BS_ISA_AVX512, BS_PRECISION_F32, &bs_fma_family, &bs_output_avx512, &bs_fma_avx512},
    {BS_ISA_AVX512, BS_PRECISION_BF16X2, &bs_fma_family, &bs_output_avx512, &bs_fma_avx512},
    {BS_ISA_AVX512, BS_PRECISION_BF16, &bs_fma_family, &bs_output_avx512, &bs_fma_avx512},
    {BS_ISA_AMX, BS_PRECISION_F32, &bs_amx_family, &bs_output_avx512, NULL},
    {BS_ISA_AMX, BS_PRECISION_BF16X2, &bs_amx_family, &bs_output_avx512, NULL},
    {BS_ISA_AMX, BS_PRECISION_BF16, &bs_amx_family, &bs_output_avx512, NULL},
#endif
};

const bs_gemm *bs_gemm_find(bs_arithmetic arithmetic) {
  for (size_t i = 0; i < sizeof kernels / sizeof *kernels; i++)
    if (kernels[i].isa == arithmetic.isa && kernels[i].precision == arithmetic.precision)
      return &kernels[i];
  return NULL;
}
