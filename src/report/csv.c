/* Linearity as CSV. */
#include <inttypes.h>
#include <string.h>

#include "base/csv_internal.h"
#include "report/report_internal.h"
#include "tables/schema_internal.h"

/* The columns that come first; behind them stand all others of the table, in its order. */
static const char *const FIRST[] = {"family",
                                    "shots",
                                    "task",
                                    "metric",
                                    "n",
                                    "improvement",
                                    "linearity",
                                    "breakthroughness",
                                    "root_mean_square",
                                    "root_median_square",
                                    "linearity_per_step"};
enum { N_FIRST = sizeof FIRST / sizeof *FIRST };

static bool is_first(const bs_column *column) {
  for (size_t i = 0; i < N_FIRST; i++)
    if (strcmp(FIRST[i], column->name) == 0)
      return true;
  return false;
}

static void write_value(bs_writer *w, const bs_column *column, const void *row) {
  double number;
  switch (column->kind) {
  case BS_COLUMN_F64:
    memcpy(&number, (const char *)row + column->offset, sizeof number);
    bs_csv_write_number(w, number);
    return;
  case BS_COLUMN_U32:
  case BS_COLUMN_U64:
    bs_writer_printf(w, "%" PRIu64, bs_field_number(column, row));
    return;
  default:
    bs_csv_write_field(w, bs_field_string(column, row));
  }
}

/* The names of the columns, or a row's values. */
static void write_line(bs_writer *w, const bs_linearity_row *row) {
  const bs_table_schema *schema = &bs_schemas[BS_TABLE_LINEARITY];
  const char *before = "";
  for (size_t i = 0; i < N_FIRST + schema->n_columns; i++) {
    const bs_column *column =
        i < N_FIRST ? bs_schema_column(schema, FIRST[i]) : &schema->columns[i - N_FIRST];
    if (i >= N_FIRST && is_first(column))
      continue;
    bs_writer_append_string(w, before);
    before = ",";
    if (row == NULL)
      bs_writer_append_string(w, column->name);
    else
      write_value(w, column, row);
  }
  bs_writer_append_string(w, "\n");
}

bs_status bs_report_linearity_csv(const bs_analysis *analysis, FILE *to, bs_error *err) {
  bs_text text = {0};
  bs_writer w = {.to = &text};
  write_line(&w, NULL);
  for (size_t i = 0; i < analysis->tables->n_linearity; i++)
    write_line(&w, &analysis->tables->linearity[i]);
  bs_status status = bs_writer_status(&w, err);
  if (status == BS_OK)
    status = bs_text_print(&text, to, err);
  bs_text_free(&text);
  return status;
}
