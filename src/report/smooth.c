/* Breakthroughs beside smooth metrics, for people: under which of them they are gone. */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "base/writer_internal.h"
#include "bigsweep/statistics.h"
#include "report/report_internal.h"

enum { MOST_BREAKTHROUGHS = 30 };

static bool is_of(const bs_smooth_row *row, bs_verdict verdict) {
  return strcmp(row->verdict, bs_verdict_name(verdict)) == 0;
}

/* The rows of one curve of a sharp metric are neighbours. */
static size_t end_of_curve(const bs_tables *tables, size_t first) {
  size_t end = first + 1;
  while (end < tables->n_smooth && tables->smooth[end].curve == tables->smooth[first].curve)
    end++;
  return end;
}

/* "      gone under log_likelihood (31 %), token_edit_distance (40 %)" */
static void write_verdict(bs_writer *w, const bs_smooth_row *rows, size_t n, bs_verdict verdict) {
  size_t n_written = 0;
  for (size_t i = 0; i < n; i++) {
    if (!is_of(&rows[i], verdict))
      continue;
    if (n_written++ == 0)
      bs_writer_printf(w, "    %s under ", bs_verdict_name(verdict));
    else
      bs_writer_append_string(w, ", ");
    bs_writer_append_string(w, rows[i].smooth_metric);
    if (isfinite(rows[i].smooth_jump_share))
      bs_writer_printf(w, " (%.0f %%)", 100 * rows[i].smooth_jump_share);
  }
  if (n_written > 0)
    bs_writer_append_string(w, "\n");
}

static void write_breakthrough(bs_writer *w, const bs_smooth_row *rows, size_t n) {
  static const bs_verdict VERDICTS[] = {BS_VERDICT_GONE, BS_VERDICT_STAYS, BS_VERDICT_UNDETERMINED};
  bs_writer_printf(w, "  %s, %" PRIu32 " shot%s, %s: %s", rows->task, rows->shots,
                   bs_plural(rows->shots), rows->metric, rows->shape);
  if (isfinite(rows->jump_share))
    bs_writer_printf(w, " (%.0f %%)", 100 * rows->jump_share);
  bs_writer_append_string(w, "\n");
  for (size_t v = 0; v < sizeof VERDICTS / sizeof *VERDICTS; v++)
    write_verdict(w, rows, n, VERDICTS[v]);
}

bs_status bs_smooth_append(bs_text *to, const bs_analysis *analysis, bs_error *err) {
  const bs_tables *tables = analysis->tables;
  const char *family = NULL;
  bs_writer w = {.to = to};
  size_t n_told = 0, n_left = 0;
  for (size_t first = 0, end; first < tables->n_smooth; first = end) {
    const bs_smooth_row *rows = &tables->smooth[first];
    end = end_of_curve(tables, first);
    if (is_of(rows, BS_VERDICT_NONE))
      continue;
    if (n_told == MOST_BREAKTHROUGHS) {
      n_left++;
      continue;
    }
    if (n_told++ == 0)
      bs_writer_append_string(
          &w,
          "\nbreakthroughs under smooth metrics: gone where it is shown that no two neighbouring "
          "steps have half of\nthe change, stays where it is shown that they have (in brackets "
          "their largest share)\n");
    if (family == NULL || strcmp(family, rows->family) != 0)
      bs_writer_printf(&w, "family %s\n", rows->family);
    family = rows->family;
    write_breakthrough(&w, rows, end - first);
  }
  if (n_left > 0)
    bs_writer_printf(&w, "  and %zu more in /analysis/smooth\n", n_left);
  return bs_writer_status(&w, err);
}
