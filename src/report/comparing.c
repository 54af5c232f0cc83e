/* Differences, intervals and probabilities as people read them, and what is left after correction.
 */
#include "report/comparing_internal.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/memory_internal.h"

static const double LEVEL = .05;

void bs_format_difference(char out[BS_CELL_BYTES], double value) {
  if (!isfinite(value))
    snprintf(out, BS_CELL_BYTES, "-");
  else
    snprintf(out, BS_CELL_BYTES, "%+.*f", fabs(value) < 10 ? 3 : 1, value);
}

/* An end of an interval, which may be open. */
static void format_end(char out[BS_CELL_BYTES], double end) {
  if (isinf(end))
    snprintf(out, BS_CELL_BYTES, end > 0 ? "inf" : "-inf");
  else
    snprintf(out, BS_CELL_BYTES, "%.*f", fabs(end) < 10 ? (fabs(end) < 1 ? 3 : 2) : 0, end);
}

void bs_format_interval(char out[BS_CELL_BYTES], bs_interval of) {
  char low[BS_CELL_BYTES], high[BS_CELL_BYTES];
  if (isnan(of.low) || isnan(of.high)) {
    snprintf(out, BS_CELL_BYTES, "-");
    return;
  }
  format_end(low, of.low);
  format_end(high, of.high);
  snprintf(out, BS_CELL_BYTES, "[%.30s, %.30s]", low, high);
}

void bs_format_factors(char out[BS_CELL_BYTES], bs_interval of) {
  if (isnan(of.low) || isnan(of.high))
    snprintf(out, BS_CELL_BYTES, "-");
  else
    snprintf(out, BS_CELL_BYTES, "[%.3g, %.3g]", of.low, of.high);
}

void bs_format_p(char out[BS_CELL_BYTES], double p) {
  if (isnan(p))
    snprintf(out, BS_CELL_BYTES, "-");
  else if (p < .001)
    snprintf(out, BS_CELL_BYTES, "<0.001");
  else
    snprintf(out, BS_CELL_BYTES, "%.3f", p);
}

bs_status bs_append_sides(bs_text *to, const char *first, const char *second, bs_error *err) {
  static const char *const PLAIN = "(as its file has it)";
  return bs_text_printf(to, err, "A: %s\nB: %s\n", first[0] != '\0' ? first : PLAIN,
                        second[0] != '\0' ? second : PLAIN);
}

bs_status bs_append_narrow(bs_text *to, const bs_grid *grid, bs_error *err) {
  size_t *widths = bs_array_new(grid->n_columns, sizeof *widths, err), others = 0;
  enum { LEAST = 8 };
  bs_status status = widths != NULL ? BS_OK : BS_ERR_MEMORY;
  if (status == BS_OK)
    bs_grid_widths(grid, widths);
  for (size_t i = 1; status == BS_OK && i < grid->n_columns; i++)
    others += grid->gap + widths[i];
  if (status == BS_OK && widths[0] + others > BS_COMPARISON_WIDTH)
    widths[0] = others + LEAST < BS_COMPARISON_WIDTH ? BS_COMPARISON_WIDTH - others : LEAST;
  for (size_t row = 0; status == BS_OK && row < grid->n_rows; row++)
    status = bs_grid_append_row(to, grid, row, widths, err);
  free(widths);
  return status;
}

void bs_corrected_count(bs_corrected *to, double difference, double sign, double p_holm,
                        double p_false_discovery) {
  if (isnan(p_holm))
    return;
  to->n++;
  if (p_holm < LEVEL && sign * difference > 0)
    to->first_better++;
  if (p_holm < LEVEL && sign * difference < 0)
    to->second_better++;
  to->false_discovery += p_false_discovery < LEVEL;
}

void bs_corrected_write(bs_writer *w, const bs_corrected *of, const char *first,
                        const char *second) {
  bs_writer_printf(w,
                   "of %zu comparisons %zu are significant after correction (Holm, p < .05):\n"
                   "%s is better in %zu, %s in %zu; by false discovery rate %zu are\n",
                   of->n, of->first_better + of->second_better, first, of->first_better, second,
                   of->second_better, of->false_discovery);
}
