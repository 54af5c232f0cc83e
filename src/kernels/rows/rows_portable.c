#define BS_ROWS_TABLE bs_rows_portable
#define BS_ROWS_ISA "portable"
#include "kernels/rows/rows_body.h"
