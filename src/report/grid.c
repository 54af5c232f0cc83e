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
  *grid = (bs_grid){
      .arena = bs_arena_new(), .n_columns = n_columns, .left = BS_GRID_NAMES_LEFT, .gap = 2};
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

static bool continues_character(char byte) { return ((unsigned char)byte & 0xC0) == 0x80; }

size_t bs_text_width(const char *text) {
  size_t n = 0;
  for (; *text != '\0'; text++)
    n += !continues_character(*text);
  return n;
}

/* The byte at which character n begins. */
static size_t byte_of(const char *text, size_t n) {
  size_t at = 0;
  for (; text[at] != '\0'; at++)
    if (!continues_character(text[at]) && n-- == 0)
      break;
  return at;
}

static void write_blanks(bs_writer *w, size_t n) { bs_writer_printf(w, "%*s", (int)n, ""); }

/* The whole cell, or its ends with an ellipsis between them. */
static void write_cell(bs_writer *w, const char *cell, size_t width) {
  size_t n = bs_text_width(cell);
  if (n <= width || width == 0) {
    bs_writer_append_string(w, cell);
    return;
  }
  size_t before = width / 2, behind = width - 1 - before;
  bs_writer_append(w, cell, byte_of(cell, before));
  bs_writer_append_string(w, "\xE2\x80\xA6");
  bs_writer_append_string(w, cell + byte_of(cell, n - behind));
}

static size_t blanks_of(const char *cell, size_t width) {
  size_t n = bs_text_width(cell);
  return n < width ? width - n : 0;
}

bs_status bs_grid_append_row(bs_text *to, const bs_grid *from, size_t row, const size_t *widths,
                             bs_error *err) {
  bs_writer w = {.to = to};
  const char *const *cells = from->cells + row * from->n_columns;
  size_t n = from->n_columns;
  while (n > 0 && cells[n - 1][0] == '\0')
    n--;
  for (size_t i = 0; i < n; i++) {
    size_t blanks = blanks_of(cells[i], widths[i]);
    bool is_left = i < 64 && (from->left >> i & 1) != 0;
    write_blanks(&w, (i > 0 ? from->gap : 0) + (is_left ? 0 : blanks));
    write_cell(&w, cells[i], widths[i]);
    write_blanks(&w, is_left && i + 1 < n ? blanks : 0);
  }
  bs_writer_append_string(&w, "\n");
  return bs_writer_status(&w, err);
}

void bs_grid_widths(const bs_grid *grid, size_t *widths) {
  for (size_t i = 0; i < grid->n_columns; i++)
    widths[i] = 0;
  for (size_t i = 0; i < grid->n_rows * grid->n_columns; i++) {
    size_t width = bs_text_width(grid->cells[i]), column = i % grid->n_columns;
    widths[column] = width > widths[column] ? width : widths[column];
  }
}

bs_status bs_grid_append(bs_text *to, const bs_grid *from, bs_error *err) {
  size_t *widths = bs_array_new(from->n_columns, sizeof *widths, err);
  bs_status status = widths == NULL ? BS_ERR_MEMORY : BS_OK;
  if (status == BS_OK)
    bs_grid_widths(from, widths);
  for (size_t row = 0; status == BS_OK && row < from->n_rows; row++)
    status = bs_grid_append_row(to, from, row, widths, err);
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
