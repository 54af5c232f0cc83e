/* A table as CSV (RFC 4180): the names of its columns, then a line for each row. */
#include <inttypes.h>
#include <string.h>

#include "base/csv_internal.h"
#include "export/export_internal.h"

static void write_value(const bs_table_column *of, size_t row, bs_writer *w) {
  const char *at = of->first + row * of->row_bytes;
  double number;
  switch (of->column.kind) {
  case BS_COLUMN_U32:
  case BS_COLUMN_U64:
    bs_writer_printf(w, "%" PRIu64, bs_field_number(&of->column, at));
    break;
  case BS_COLUMN_F64:
    memcpy(&number, at + of->column.offset, sizeof number);
    bs_csv_write_number(w, number);
    break;
  case BS_COLUMN_STRING:
  case BS_COLUMN_HEX:
    bs_csv_write_field(w, bs_field_string(&of->column, at));
    break;
  }
}

static void write_table(const bs_tables *tables, bs_table_id id, bs_writer *w) {
  size_t n_columns = bs_table_n_columns(tables, id), n_rows;
  bs_table_rows(tables, id, &n_rows);
  for (size_t i = 0; i < n_columns; i++) {
    bs_writer_append_string(w, i > 0 ? "," : "");
    bs_csv_write_field(w, bs_table_column_at(tables, id, i).column.name);
  }
  bs_writer_append_string(w, "\n");
  for (size_t row = 0; row < n_rows; row++) {
    for (size_t i = 0; i < n_columns; i++) {
      bs_table_column column = bs_table_column_at(tables, id, i);
      bs_writer_append_string(w, i > 0 ? "," : "");
      write_value(&column, row, w);
    }
    bs_writer_append_string(w, "\n");
  }
}

const bs_export_format bs_export_format_csv = {
    .name = "csv",
    .description = "a table with a line for each row, as spreadsheets, R and pandas read it",
    .write_table = write_table};
