/* The arithmetic on rows on AVX-512. */
#define BS_ROWS_TABLE bs_rows_avx512
#define BS_ROWS_ISA BS_ISA_AVX512
#include "kernels/rows/rows_body.h"
