/* Linearity as CSV. */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "analysis/print_internal.h"
#include "base/writer_internal.h"

/* Quoted where RFC 4180 asks for it. */
static void write_field(bs_writer *w, const char *field) {
  if (strpbrk(field, ",\"\r\n") == NULL) {
    bs_writer_append_string(w, field);
    return;
  }
  bs_writer_append_string(w, "\"");
  for (; *field != '\0'; field++)
    bs_writer_append(w, *field == '"' ? "\"\"" : field, *field == '"' ? 2 : 1);
  bs_writer_append_string(w, "\"");
}

static void write_line(bs_writer *w, const bs_linearity_row *row) {
  const double numbers[] = {row->improvement,        row->linearity,
                            row->breakthroughness,   row->root_mean_square,
                            row->root_median_square, row->linearity_per_step};
  write_field(w, row->family);
  bs_writer_printf(w, ",%" PRIu32 ",", row->shots);
  write_field(w, row->task);
  bs_writer_append_string(w, ",");
  write_field(w, row->metric);
  bs_writer_printf(w, ",%" PRIu64, row->n);
  for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
    bs_writer_append_string(w, ",");
    if (isfinite(numbers[i]))
      bs_writer_printf(w, "%.17g", numbers[i]);
  }
  bs_writer_append_string(w, "\n");
}

bs_status bs_analysis_print_csv(const bs_analysis *analysis, FILE *to, bs_error *err) {
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
