/* Curves with their statistics as JSON. */
#include <string.h>

#include "report/summary_internal.h"
#include "tables/schema_internal.h"

static void write_value(bs_writer *w, const bs_column *column, const void *row) {
  double number;
  if (column->kind == BS_COLUMN_STRING || column->kind == BS_COLUMN_HEX) {
    bs_writer_member(w, column->name, bs_field_string(column, row));
    return;
  }
  bs_writer_key(w, column->name);
  if (column->kind != BS_COLUMN_F64) {
    bs_writer_unsigned(w, bs_field_number(column, row));
    return;
  }
  memcpy(&number, (const char *)row + column->offset, sizeof number);
  bs_writer_number(w, number);
}

/* Repeats are named together. */
static void write_point(bs_writer *w, const bs_analysis *of, const bs_scale_point *point) {
  bs_writer_begin_object(w);
  bs_writer_key(w, "models");
  bs_writer_begin_array(w);
  for (size_t m = 0; m < of->n_models; m++)
    if (of->models[m].first_repeat == point->model)
      bs_writer_string(w, of->models[m].name, strlen(of->models[m].name));
  bs_writer_end_array(w);
  const struct {
    const char *name;
    double value;
  } numbers[] = {{"scale", point->scale},
                 {"value", point->value},
                 {"stderr", point->standard_error},
                 {"standard_deviation", point->standard_deviation}};
  for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
    bs_writer_key(w, numbers[i].name);
    bs_writer_number(w, numbers[i].value);
  }
  bs_writer_key(w, "n");
  bs_writer_unsigned(w, point->n);
  bs_writer_end_object(w);
}

static void write_curve(bs_writer *w, const bs_analysis *of, const bs_report_options *options,
                        size_t row) {
  const bs_table_schema *schema = &bs_schemas[BS_TABLE_LINEARITY];
  size_t n;
  const bs_scale_point *points = bs_analysis_curve(of, row, &n);
  bs_writer_begin_object(w);
  for (size_t i = 0; i < schema->n_columns; i++)
    write_value(w, &schema->columns[i], &of->tables->linearity[row]);
  bs_writer_key(w, "preferred");
  bs_writer_bool(w, bs_row_is_preferred(of, row));
  bs_writer_key(w, "points");
  bs_writer_begin_array(w);
  for (size_t k = 0; k < n; k++)
    if (bs_summary_shows_model(of, options, points[k].model))
      write_point(w, of, &points[k]);
  bs_writer_end_array(w);
  bs_writer_end_object(w);
}

bs_status bs_report_json(const bs_analysis *analysis, const bs_report_options *options, FILE *to,
                         bs_error *err) {
  static const bs_report_options NONE = {0};
  bs_text text = {0};
  bs_writer w = {.to = &text};
  options = options != NULL ? options : &NONE;
  bs_status status = bs_report_options_check(analysis, options, err);
  const char *before = "";
  bs_writer_append_string(&w, "[");
  for (size_t i = 0; status == BS_OK && i < analysis->tables->n_linearity; i++) {
    if (!bs_summary_shows(analysis, options, i))
      continue;
    bs_writer_printf(&w, "%s\n", before);
    write_curve(&w, analysis, options, i);
    before = ",";
  }
  bs_writer_append_string(&w, "\n]\n");
  if (status == BS_OK)
    status = bs_writer_status(&w, err);
  if (status == BS_OK)
    status = bs_text_print(&text, to, err);
  bs_text_free(&text);
  return status;
}
