/* Linearity as CSV. */
#include <inttypes.h>

#include "base/csv_internal.h"
#include "report/report_internal.h"

static void write_line(bs_writer *w, const bs_linearity_row *row) {
  const double numbers[] = {row->improvement,        row->linearity,
                            row->breakthroughness,   row->root_mean_square,
                            row->root_median_square, row->linearity_per_step};
  bs_csv_write_field(w, row->family);
  bs_writer_printf(w, ",%" PRIu32 ",", row->shots);
  bs_csv_write_field(w, row->task);
  bs_writer_append_string(w, ",");
  bs_csv_write_field(w, row->metric);
  bs_writer_printf(w, ",%" PRIu64, row->n);
  for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
    bs_writer_append_string(w, ",");
    bs_csv_write_number(w, numbers[i]);
  }
  bs_writer_append_string(w, "\n");
}

bs_status bs_report_linearity_csv(const bs_analysis *analysis, FILE *to, bs_error *err) {
  bs_text text = {0};
  bs_writer w = {.to = &text};
  bs_writer_append_string(
      &w, "family,shots,task,metric,n,improvement,linearity,breakthroughness,root_mean_square,"
          "root_median_square,linearity_per_step\n");
  for (size_t i = 0; i < analysis->tables->n_linearity; i++)
    write_line(&w, &analysis->tables->linearity[i]);
  bs_status status = bs_writer_status(&w, err);
  if (status == BS_OK)
    status = bs_text_print(&text, to, err);
  bs_text_free(&text);
  return status;
}
