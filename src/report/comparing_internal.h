/* What the two tables of comparisons share. */
#ifndef BIGSWEEP_REPORT_COMPARING_INTERNAL_H
#define BIGSWEEP_REPORT_COMPARING_INTERNAL_H

#include "report/report_internal.h"

enum { BS_COMPARISON_WIDTH = 80 };

/* "-0.12", "[-0.2, 0.1]", "0.003" or "<0.001": "-" for what is undefined. */
void bs_format_difference(char out[BS_CELL_BYTES], double value);
void bs_format_interval(char out[BS_CELL_BYTES], bs_interval of);
/* The same with three significant digits, for factors. */
void bs_format_factors(char out[BS_CELL_BYTES], bs_interval of);
void bs_format_p(char out[BS_CELL_BYTES], double p);

/* Appends who A and B are; "" is a task as its file has it. */
bs_status bs_append_sides(bs_text *to, const char *first, const char *second, bs_error *err);
/* BS_ERR_USAGE, with what can be compared, where these two groups were not. */
bs_status bs_check_compared(const bs_analysis *analysis, const char *kind, const char *first,
                            const char *second, bs_error *err);

/* Appends the grid in lines of BS_COMPARISON_WIDTH characters, for which its first column is
   shortened. */
bs_status bs_append_narrow(bs_text *to, const bs_grid *grid, bs_error *err);

/* Of how many comparisons, how many are left after correction. */
typedef struct bs_corrected {
  size_t n, first_better, second_better, false_discovery;
} bs_corrected;
/* Counts a comparison whose difference is good for the first where `sign` is 1. */
void bs_corrected_count(bs_corrected *to, double difference, double sign, double p_holm,
                        double p_false_discovery);
void bs_corrected_write(bs_writer *w, const bs_corrected *of, const char *first,
                        const char *second);

#endif
