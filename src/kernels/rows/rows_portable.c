/* The arithmetic on rows in plain C. */
#define BS_ROWS_TABLE bs_rows_portable
#define BS_ROWS_ISA BS_ISA_PORTABLE
#include "kernels/rows/rows_body.h"
