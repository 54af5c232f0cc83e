/* A table as JSON lines: an object for each row. */
#include <string.h>

#include "export/export_internal.h"

static void write_member(const bs_table_column *of, size_t row, bs_writer *w) {
  const char *at = of->first + row * of->row_bytes;
  double number;
  switch (of->column.kind) {
  case BS_COLUMN_U32:
  case BS_COLUMN_U64:
    bs_writer_key(w, of->column.name);
    bs_writer_unsigned(w, bs_field_number(&of->column, at));
    break;
  case BS_COLUMN_F64:
    memcpy(&number, at + of->column.offset, sizeof number);
    bs_writer_key(w, of->column.name);
    bs_writer_number(w, number);
    break;
  case BS_COLUMN_STRING:
  case BS_COLUMN_HEX:
    bs_writer_member(w, of->column.name, bs_field_string(&of->column, at));
    break;
  }
}

static void write_table(const bs_tables *tables, bs_table_id id, bs_writer *w) {
  size_t n_columns = bs_table_n_columns(tables, id), n_rows;
  bs_table_rows(tables, id, &n_rows);
  for (size_t row = 0; row < n_rows; row++) {
    bs_writer_begin_object(w);
    for (size_t i = 0; i < n_columns; i++) {
      bs_table_column column = bs_table_column_at(tables, id, i);
      write_member(&column, row, w);
    }
    bs_writer_end_object(w);
    bs_writer_append_string(w, "\n");
  }
}

const bs_export_format bs_export_format_jsonl = {
    .name = "jsonl",
    .description = "a table with a JSON object on a line for each row",
    .write_table = write_table};
