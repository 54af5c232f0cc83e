#include "kernels/gemm_internal.h"

/* Below AMX the tiers under f32 round their operands and multiply in f32: AVX-512's own bf16 dot
   product was measured at half the rate of its f32 multiply-add, flushes denormals and would give
   bits of its own; like this all of these kernels agree where products are exact. */
static const bs_gemm kernels[] = {
    {BS_ISA_PORTABLE, BS_TIER_F32, &bs_fma_family, &bs_output_portable, &bs_fma_portable},
    {BS_ISA_PORTABLE, BS_TIER_BF16X2, &bs_fma_family, &bs_output_portable, &bs_fma_portable},
    {BS_ISA_PORTABLE, BS_TIER_BF16, &bs_fma_family, &bs_output_portable, &bs_fma_portable},
#if BS_ISA_X86
    {BS_ISA_AVX2, BS_TIER_F32, &bs_fma_family, &bs_output_avx2, &bs_fma_avx2},
    {BS_ISA_AVX2, BS_TIER_BF16X2, &bs_fma_family, &bs_output_avx2, &bs_fma_avx2},
    {BS_ISA_AVX2, BS_TIER_BF16, &bs_fma_family, &bs_output_avx2, &bs_fma_avx2},
    {BS_ISA_AVX512, BS_TIER_F32, &bs_fma_family, &bs_output_avx512, &bs_fma_avx512},
    {BS_ISA_AVX512, BS_TIER_BF16X2, &bs_fma_family, &bs_output_avx512, &bs_fma_avx512},
    {BS_ISA_AVX512, BS_TIER_BF16, &bs_fma_family, &bs_output_avx512, &bs_fma_avx512},
    {BS_ISA_AMX, BS_TIER_F32, &bs_amx_family, &bs_output_avx512, NULL},
    {BS_ISA_AMX, BS_TIER_BF16X2, &bs_amx_family, &bs_output_avx512, NULL},
    {BS_ISA_AMX, BS_TIER_BF16, &bs_amx_family, &bs_output_avx512, NULL},
#endif
};

const bs_gemm *bs_gemm_find(bs_isa isa, bs_tier tier) {
  for (size_t i = 0; i < sizeof kernels / sizeof *kernels; i++)
    if (kernels[i].isa == isa && kernels[i].tier == tier)
      return &kernels[i];
  return NULL;
}

bs_dtype bs_gemm_storage(bs_tier tier, bs_dtype dtype) {
  return tier == BS_TIER_BF16 ? BS_DTYPE_BF16 : dtype;
}

size_t bs_tier_parts(bs_tier tier) {
  return tier == BS_TIER_F32 ? 3 : tier == BS_TIER_BF16X2 ? 2 : 1;
}
