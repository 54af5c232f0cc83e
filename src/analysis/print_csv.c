/* Linearity as CSV. */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "analysis/print_internal.h"

/* Quoted where RFC 4180 asks for it. */
static bs_status append_field(bs_text *to, const char *field, bs_error *err) {
  if (strpbrk(field, ",\"\r\n") == NULL)
    return bs_text_append_string(to, field, err);
  bs_status status = bs_text_append_string(to, "\"", err);
  for (; status == BS_OK && *field != '\0'; field++)
    status =
        *field == '"' ? bs_text_append_string(to, "\"\"", err) : bs_text_append(to, field, 1, err);
  return status == BS_OK ? bs_text_append_string(to, "\"", err) : status;
}

static bs_status append_line(bs_text *to, const bs_linearity_row *row, bs_error *err) {
  const double numbers[] = {row->improvement,        row->linearity,
                            row->breakthroughness,   row->root_mean_square,
                            row->root_median_square, row->linearity_per_step};
  bs_status status = append_field(to, row->family, err);
  if (status == BS_OK)
    status = bs_text_printf(to, err, ",%" PRIu32 ",", row->shots);
  if (status == BS_OK)
    status = append_field(to, row->task, err);
  if (status == BS_OK)
    status = bs_text_append_string(to, ",", err);
  if (status == BS_OK)
    status = append_field(to, row->metric, err);
  if (status == BS_OK)
    status = bs_text_printf(to, err, ",%" PRIu64, row->n);
  for (size_t i = 0; status == BS_OK && i < sizeof numbers / sizeof *numbers; i++)
    status = isfinite(numbers[i]) ? bs_text_printf(to, err, ",%.17g", numbers[i])
                                  : bs_text_append_string(to, ",", err);
  return status == BS_OK ? bs_text_append_string(to, "\n", err) : status;
}

bs_status bs_analysis_print_csv(const bs_analysis *analysis, FILE *to, bs_error *err) {
  bs_text text = {0};
  bs_status status = bs_text_append_string(
      &text,
      "family,shots,task,metric,n,improvement,linearity,breakthroughness,root_mean_square,"
      "root_median_square,linearity_per_step\n",
      err);
  for (size_t i = 0; status == BS_OK && i < analysis->tables->n_linearity; i++)
    status = append_line(&text, &analysis->tables->linearity[i], err);
  if (status == BS_OK)
    status = bs_text_print(&text, to, err);
  bs_text_free(&text);
  return status;
}
