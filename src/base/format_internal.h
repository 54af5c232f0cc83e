/* Numbers as people read them. */
#ifndef BIGSWEEP_BASE_FORMAT_INTERNAL_H
#define BIGSWEEP_BASE_FORMAT_INTERNAL_H

/* Enough for any number that is written here, and a few words beside it. */
enum { BS_CELL_BYTES = 80 };

/* Three digits and a unit: 70426624 as "70.4M". */
void bs_format_scale(char out[BS_CELL_BYTES], double scale);
/* One to three digits behind the point, fewer for larger numbers; "-" for what is undefined or
   infinite. */
void bs_format_number(char out[BS_CELL_BYTES], double value);
/* How many digits bs_format_number writes behind the point. */
int bs_decimals_of(double value);

#endif
