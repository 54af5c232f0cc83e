/* Tables of texts for people. */
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory_internal.h"
#include "report/report_internal.h"

bs_status bs_grid_open(bs_grid *grid, size_t n_rows, size_t n_columns, bs_error *err) {
  size_t n_cells;
  *grid = (bs_grid){.arena = bs_arena_new(), .n_columns = n_columns};
  if (grid->arena == NULL || !bs_size_mul(n_rows, n_columns, &n_cells) ||
      (grid->cells = bs_array_new(n_cells, sizeof *grid->cells, err)) == NULL)
    return bs_error_set(err, BS_ERR_MEMORY, "cannot allocate a table of %zu rows", n_rows);
  for (size_t i = 0; i < n_cells; i++)
    grid->cells[i] = "";
  return BS_OK;
}

void bs_grid_close(bs_grid *grid) {
  free(grid->cells);
  bs_arena_free(&grid->arena);
  *grid = (bs_grid){0};
}

bs_status bs_grid_set(bs_grid *to, size_t row, size_t column, const char *text, bs_error *err) {
  const char *copy = bs_arena_string(to->arena, text, strlen(text));
  if (copy == NULL)
    return bs_error_set(err, BS_ERR_MEMORY, "cannot copy a cell");
  to->cells[row * to->n_columns + column] = copy;
  return BS_OK;
}

/* Characters, not bytes: the bytes that go on with a character do not count. */
static size_t width_of(const char *text) {
  size_t n = 0;
  for (; *text != '\0'; text++)
    n += ((unsigned char)*text & 0xC0) != 0x80;
  return n;
}

static bs_status append_blanks(bs_text *to, size_t n, bs_error *err) {
  return bs_text_printf(to, err, "%*s", (int)n, "");
}

/* The first column and the third (names) are left-aligned, numbers are right-aligned. */
static bs_status append_row(bs_text *to, const bs_grid *from, size_t row, const size_t *widths,
                            bs_error *err) {
  bs_status status = BS_OK;
  for (size_t i = 0; status == BS_OK && i < from->n_columns; i++) {
    const char *cell = from->cells[row * from->n_columns + i];
    size_t blanks = widths[i] - width_of(cell);
    bool name = i == 0 || i == 2;
    if (i > 0)
      status = bs_text_append_string(to, "  ", err);
    if (status == BS_OK && !name)
      status = append_blanks(to, blanks, err);
    if (status == BS_OK)
      status = bs_text_append_string(to, cell, err);
    if (status == BS_OK && name)
      status = append_blanks(to, blanks, err);
  }
  return status == BS_OK ? bs_text_append_string(to, "\n", err) : status;
}

bs_status bs_grid_append(bs_text *to, const bs_grid *from, bs_error *err) {
  size_t *widths = bs_array_new(from->n_columns, sizeof *widths, err);
  bs_status status = widths == NULL ? BS_ERR_MEMORY : BS_OK;
  for (size_t i = 0; status == BS_OK && i < from->n_rows * from->n_columns; i++) {
    size_t width = width_of(from->cells[i]), column = i % from->n_columns;
    widths[column] = width > widths[column] ? width : widths[column];
  }
  for (size_t row = 0; status == BS_OK && row < from->n_rows; row++)
    status = append_row(to, from, row, widths, err);
  free(widths);
  return status;
}

/* A width with as many digits as the value that it is of; "-" where it is not known. */
static void append_width(char out[BS_CELL_BYTES], double value, double width) {
  size_t n = strlen(out);
  if (!isfinite(width))
    snprintf(out + n, BS_CELL_BYTES - n, "-");
  else if (fabs(value) >= 1e6)
    snprintf(out + n, BS_CELL_BYTES - n, "%.1e", width);
  else
    snprintf(out + n, BS_CELL_BYTES - n, "%.*f", bs_decimals_of(value), width);
}

static void append_part(char out[BS_CELL_BYTES], const char *part) {
  size_t n = strlen(out);
  snprintf(out + n, BS_CELL_BYTES - n, "%s", part);
}

void bs_format_score(char out[BS_CELL_BYTES], const bs_scale_point *point, bool has_repeats) {
  char count[BS_CELL_BYTES];
  bs_format_number(out, point->value);
  if (!isfinite(point->value))
    return;
  if (isfinite(point->standard_error)) {
    append_part(out, " \xC2\xB1");
    append_width(out, point->value, point->standard_error);
  }
  if (!has_repeats)
    return;
  snprintf(count, sizeof count, " [%" PRIu32 ": ", point->n_models);
  append_part(out, count);
  append_width(out, point->value, point->standard_deviation);
  append_part(out, "]");
}

bs_status bs_text_print(const bs_text *text, FILE *to, bs_error *err) {
  if (text->n_bytes > 0 && fwrite(text->data, 1, text->n_bytes, to) != text->n_bytes)
    return bs_error_set(err, BS_ERR_IO, "cannot print: %s", strerror(errno));
  if (fflush(to) != 0)
    return bs_error_set(err, BS_ERR_IO, "cannot print: %s", strerror(errno));
  return BS_OK;
}
