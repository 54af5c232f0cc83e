/* The arithmetic on rows on AVX2 and FMA. */
#define BS_ROWS_TABLE bs_rows_avx2
#define BS_ROWS_ISA BS_ISA_AVX2
#include "kernels/rows/rows_body.h"
