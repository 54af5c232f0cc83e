#define BS_ROWS_TABLE bs_rows_avx512
#define BS_ROWS_ISA "avx512"
#include "kernels/rows/rows_body.h"
