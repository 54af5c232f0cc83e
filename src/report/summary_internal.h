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
/* "4.3 [4.1,4.6]"; "?" where the sign is not known. */
void bs_summary_estimate(char out[BS_CELL_BYTES], double value, double low, double high);
/* The same of breakthroughness, whose further end is often not known; the interval alone where the
   line is short of room. */
void bs_summary_breakthroughness(char out[BS_CELL_BYTES], const bs_linearity_row *of,
                                 bool is_short);
/* Whether the options ask for this linearity row. */
bool bs_summary_shows(const bs_analysis *analysis, const bs_report_options *options, size_t row);

/* Whether they ask for this model, the first of its repeats. */
bool bs_summary_shows_model(const bs_analysis *analysis, const bs_report_options *options,
                            uint32_t model);
/* BS_ERR_USAGE for an order that is none; NULL is one. */
bs_status bs_summary_check_order(const char *name, bs_error *err);
/* Sorts linearity rows[n] by an order that has been checked. */
bs_status bs_summary_sort(const bs_analysis *analysis, const char *order, size_t *rows, size_t n,
                          bs_error *err);
/* Appends the grid of linearity rows[n_rows - 1], below its heading. */
bs_status bs_summary_append_markdown(bs_text *to, const bs_analysis *analysis, const size_t *rows,
                                     const bs_grid *grid, bs_error *err);

/* BS_ERR_USAGE for a task, metric, model or number of shots that no row has, and for an order that
   is none. */
bs_status bs_report_options_check(const bs_analysis *analysis, const bs_report_options *options,
                                  bs_error *err);

/* What a curve can stand out by. */
typedef enum bs_standout { BS_STANDOUT_BREAKTHROUGH, BS_STANDOUT_WORSE } bs_standout;
/* The linearity rows among those shown that stand out so, the clearest first: *rows has *n of them.
   Free it with free(). */
bs_status bs_standouts_find(size_t **rows, size_t *n, const bs_analysis *analysis,
                            const bs_report_options *options, bs_standout by, bs_error *err);
/* Appends what was cut or left out, and what failed: "lost: ...", and a newline. */
bs_status bs_standouts_append_losses(bs_text *to, const bs_analysis *analysis,
                                     const bs_tables *results, bs_error *err);

/* Appends the three last lines: the clearest breakthroughs, what got worse with size, and what
   failed or was cut; the last one only where there are results. */
bs_status bs_standouts_append(bs_text *to, const bs_analysis *analysis, const bs_tables *results,
                              const bs_report_options *options, bs_error *err);

#endif
