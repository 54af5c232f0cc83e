/* What tables for people are made with. */
#ifndef BIGSWEEP_REPORT_REPORT_INTERNAL_H
#define BIGSWEEP_REPORT_REPORT_INTERNAL_H

#include "analysis/analysis_internal.h"
#include "base/format_internal.h"
#include "bigsweep/report.h"

/* A table of texts whose columns are as wide as their widest cell; the first column and the third
   (names) are left-aligned, the others right-aligned. */
typedef struct bs_grid {
  bs_arena *arena;
  const char **cells; /* (n_rows, n_columns), empty at first */
  size_t n_rows, n_columns;
} bs_grid;

/* Room for n_rows rows; the grid's own n_rows counts those that are filled. Closed after an error,
   too. */
bs_status bs_grid_open(bs_grid *grid, size_t n_rows, size_t n_columns, bs_error *err);
void bs_grid_close(bs_grid *grid);
/* Copies the text. */
bs_status bs_grid_set(bs_grid *to, size_t row, size_t column, const char *text, bs_error *err);
bs_status bs_grid_append(bs_text *to, const bs_grid *from, bs_error *err);

/* Value and standard error; of repeats, behind them, how many they are and their standard
   deviation. */
void bs_format_score(char out[BS_CELL_BYTES], const bs_scale_point *point, bool has_repeats);

bs_status bs_text_print(const bs_text *text, FILE *to, bs_error *err);

/* The range of each model's scores over the ways in which a task is put: a table per family;
   nothing where tasks are put in one way. */
bs_status bs_spreads_append(bs_text *to, const bs_analysis *analysis, bs_error *err);

/* Prompts of which something was lost; nothing where there are none. */
bs_status bs_prompts_append(bs_text *to, const bs_analysis *analysis, bs_error *err);

#endif
