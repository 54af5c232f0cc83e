/* The parts of the summary. */
#ifndef BIGSWEEP_REPORT_SUMMARY_INTERNAL_H
#define BIGSWEEP_REPORT_SUMMARY_INTERNAL_H

#include "report/report_internal.h"

/* task, curve, first, last, shape, L, B, best human rater */
enum { BS_SUMMARY_COLUMNS = 8 };

/* What is left out of a line that is too long. */
typedef struct bs_summary_style {
  bool is_short;         /* of B its interval alone, words shortened */
  size_t n_prefix_bytes; /* of the names of tasks, which all begin with them */
} bs_summary_style;

/* What a line is made from. */
typedef struct bs_summary_line {
  const bs_analysis *analysis;
  size_t row; /* of linearity */
  const bs_family_model *models;
  size_t n_models;
  double low, high; /* the scores at the bottom and the top of the curve */
  bs_summary_style style;
} bs_summary_line;

/* Fills the names of the columns, as row 0. */
bs_status bs_summary_header(bs_grid *to, bs_error *err);
/* Fills the next row. */
bs_status bs_summary_fill(bs_grid *to, const bs_summary_line *line, bs_error *err);
/* Three significant digits or fewer; "-" for NaN. */
void bs_summary_number(char out[BS_CELL_BYTES], double value);
/* Whether the options ask for this linearity row. */
bool bs_summary_shows(const bs_analysis *analysis, const bs_report_options *options, size_t row);

/* BS_ERR_USAGE for a task, metric or number of shots that no row has. */
bs_status bs_report_options_check(const bs_analysis *analysis, const bs_report_options *options,
                                  bs_error *err);

/* Appends the three last lines: the clearest breakthroughs, what got worse with size, and what
   failed or was cut; the last one only where there are results. */
bs_status bs_standouts_append(bs_text *to, const bs_analysis *analysis, const bs_tables *results,
                              const bs_report_options *options, bs_error *err);

#endif
