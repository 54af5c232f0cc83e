/* What tables for people are made with. */
#ifndef BIGSWEEP_REPORT_REPORT_INTERNAL_H
#define BIGSWEEP_REPORT_REPORT_INTERNAL_H

#include "analysis/analysis_internal.h"
#include "base/format_internal.h"
#include "base/writer_internal.h"
#include "bigsweep/report.h"

/* A table of texts whose columns are as wide as their widest cell. */
typedef struct bs_grid {
  bs_arena *arena;
  const char **cells; /* (n_rows, n_columns), empty at first */
  size_t n_rows, n_columns;
  uint64_t left; /* columns that are left-aligned, as bits; others are right-aligned */
  size_t gap;    /* blanks between columns */
} bs_grid;

/* The first column and the third: names in most tables. */
enum { BS_GRID_NAMES_LEFT = 5 };

/* Room for n_rows rows; the grid's own n_rows counts those that are filled. Closed after an error,
   too. */
bs_status bs_grid_open(bs_grid *grid, size_t n_rows, size_t n_columns, bs_error *err);
void bs_grid_close(bs_grid *grid);
/* Copies the text. */
bs_status bs_grid_set(bs_grid *to, size_t row, size_t column, const char *text, bs_error *err);
bs_status bs_grid_append(bs_text *to, const bs_grid *from, bs_error *err);
/* The widths of the columns, in characters: widths[n_columns]. */
void bs_grid_widths(const bs_grid *grid, size_t *widths);
/* Appends one row in columns of the given widths. What is too long for its column is shortened in
   the middle. */
bs_status bs_grid_append_row(bs_text *to, const bs_grid *from, size_t row, const size_t *widths,
                             bs_error *err);

/* Characters, not bytes, of UTF-8. */
size_t bs_text_width(const char *text);

/* Value and standard error; of repeats, behind them, how many they are and their standard
   deviation. */
void bs_format_score(char out[BS_CELL_BYTES], const bs_scale_point *point, bool has_repeats);

bs_status bs_text_print(const bs_text *text, FILE *to, bs_error *err);

/* A model of a family, or the first one of its repeats. */
typedef struct bs_family_model {
  double scale;
  uint32_t model;
} bs_family_model;

/* The models of linearity rows [first, end), which are of one family: each once, in ascending order
   of scale. On input, models has room for the points of these rows. Returns how many. */
size_t bs_family_models(const bs_analysis *analysis, size_t first, size_t end,
                        bs_family_model *models);
/* "models: a (1M), b + c (2M)", repeats with a plus between them, on lines of at most `width`
   characters where the names allow it. */
void bs_family_write_models(bs_writer *w, const bs_analysis *analysis,
                            const bs_family_model *models, size_t n, size_t width);
/* Whether the linearity row is of the metric that its task goes by. */
bool bs_row_is_preferred(const bs_analysis *analysis, size_t row);
/* The linearity row behind the family's last one. */
size_t bs_family_end(const bs_analysis *analysis, size_t first);

/* The range of each model's scores over the ways in which a task is put: a table per family;
   nothing where tasks are put in one way. */
bs_status bs_spreads_append(bs_text *to, const bs_analysis *analysis, bs_error *err);

/* Breakthroughs of sharp metrics, and what becomes of them under smooth ones; nothing where there
   is none. */
bs_status bs_smooth_append(bs_text *to, const bs_analysis *analysis, bs_error *err);

/* How well models are calibrated, and whether that gets better with size; nothing where no family
   has answered multiple choice. */
bs_status bs_reliability_append(bs_text *to, const bs_analysis *analysis, bs_error *err);

/* Prompts of which something was lost; nothing where there are none. */
bs_status bs_prompts_append(bs_text *to, const bs_analysis *analysis, bs_error *err);

#endif
