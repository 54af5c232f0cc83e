/* Vector kernels beside the matrix products. */
#ifndef BIGSWEEP_KERNELS_VECTOR_INTERNAL_H
#define BIGSWEEP_KERNELS_VECTOR_INTERNAL_H

/* e^x = 2^n e^r with n = round(x / ln 2), e^r = 1 + r + r^2 q(r): q by Remez exchange on
   |r| <= ln(2) / 2, relative error of e^r below 2^-27.7; with the rounding of f32 below 2^-23
   (measured: tests). Below -104 the result is 0, above 88.72 infinite, NaN stays NaN. */
#define BS_EXP_LOG2E 0x1.715476p+0F
#define BS_EXP_LN2_HIGH 0x1.63p-1F /* 9 bits: n times it is exact */
#define BS_EXP_LN2_LOW -0x1.bd0106p-13F
#define BS_EXP_Q0 0x1.fffffcp-2F
#define BS_EXP_Q1 0x1.55549p-3F
#define BS_EXP_Q2 0x1.5558f4p-5F
#define BS_EXP_Q3 0x1.123a6cp-7F
#define BS_EXP_Q4 0x1.6a2352p-10F
#define BS_EXP_LOWEST -104.0F
#define BS_EXP_HIGHEST 89.0F

float bs_exp_portable(float x);

#endif
