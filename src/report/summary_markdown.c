/* The summary's lines as a table in Markdown. */
#include <inttypes.h>

#include "report/summary_internal.h"

/* Behind the task stand its metric and shots, which the lines for people have as headings. */
enum { PLACE_OF_METRIC = 1 };

static void write_cell(bs_writer *w, const char *cell) {
  bs_writer_append_string(w, " ");
  for (; *cell != '\0'; cell++) {
    if (*cell == '|' || *cell == '\\')
      bs_writer_append_string(w, "\\");
    bs_writer_append(w, cell, 1);
  }
  bs_writer_append_string(w, " |");
}

/* The last column is left out where nobody knows what people score. */
static void write_row(bs_writer *w, const bs_grid *grid, size_t row, size_t n, const char *metric,
                      const char *shots) {
  const char *const *cells = grid->cells + row * grid->n_columns;
  bs_writer_append_string(w, "|");
  for (size_t i = 0; i < n; i++) {
    if (i == PLACE_OF_METRIC) {
      write_cell(w, metric);
      write_cell(w, shots);
    }
    write_cell(w, cells[i]);
  }
  bs_writer_append_string(w, "\n");
}

bs_status bs_summary_append_markdown(bs_text *to, const bs_analysis *analysis, const size_t *rows,
                                     const bs_grid *grid, bs_error *err) {
  bs_writer w = {.to = to};
  size_t n = grid->n_columns;
  n -= grid->cells[n - 1][0] == '\0';
  write_row(&w, grid, 0, n, "metric", "shots");
  for (size_t i = 0; i < n + 2; i++)
    bs_writer_append_string(&w, i == 0 ? "|---|" : "---|");
  bs_writer_append_string(&w, "\n");
  for (size_t i = 1; i < grid->n_rows; i++) {
    const bs_linearity_row *line = &analysis->tables->linearity[rows[i - 1]];
    char shots[BS_CELL_BYTES];
    snprintf(shots, sizeof shots, "%" PRIu32, line->shots);
    write_row(&w, grid, i, n, line->metric, shots);
  }
  return bs_writer_status(&w, err);
}
