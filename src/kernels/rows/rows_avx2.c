#define BS_ROWS_TABLE bs_rows_avx2
#define BS_ROWS_ISA "avx2"
#include "kernels/rows/rows_body.h"
