/* What two groups of models differ by over scale: two families, two ways to put tasks, or two
 * tasks.
 */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/csv_internal.h"
#include "base/memory_internal.h"
#include "bigsweep/metric.h"
#include "report/comparing_internal.h"
#include "tables/schema_internal.h"

enum { N_COLUMNS = 8 };

/* The same comparison seen from the other side. */
static bs_comparison_row turned(const bs_comparison_row *row) {
  bs_comparison_row other = *row;
  other.first = row->second;
  other.second = row->first;
  other.difference = -row->difference;
  other.difference_low = -row->difference_high;
  other.difference_high = -row->difference_low;
  other.ratio = 1 / row->ratio;
  other.ratio_low = 1 / row->ratio_high;
  other.ratio_high = 1 / row->ratio_low;
  other.wins = row->losses;
  other.losses = row->wins;
  return other;
}

/* The comparisons of the two groups, with `first` first. Returns their number. */
static size_t select_rows(const bs_tables *from, const char *kind, const char *first,
                          const char *second, bs_comparison_row *rows) {
  size_t n = 0;
  for (size_t i = 0; i < from->n_comparisons; i++) {
    const bs_comparison_row *row = &from->comparisons[i];
    if (strcmp(row->kind, kind) != 0)
      continue;
    if (strcmp(row->first, first) == 0 && strcmp(row->second, second) == 0)
      rows[n++] = *row;
    else if (strcmp(row->first, second) == 0 && strcmp(row->second, first) == 0)
      rows[n++] = turned(row);
  }
  return n;
}

static bool is_mean(const bs_comparison_row *row) {
  return strcmp(row->metric, BS_AGGREGATE_METRIC) == 0;
}

/* Rows of one table: those of the metrics that tasks go by with their mean, or of one other metric,
   in one family. */
static bool are_together(const bs_comparison_row *a, const bs_comparison_row *b) {
  bool of_a = a->preferred || is_mean(a), of_b = b->preferred || is_mean(b);
  return strcmp(a->family, b->family) == 0 && of_a == of_b &&
         (of_a || strcmp(a->metric, b->metric) == 0);
}

static bs_status fill_row(bs_grid *to, const bs_comparison_row *row, bs_error *err) {
  char cells[N_COLUMNS - 1][BS_CELL_BYTES] = {{0}};
  bs_status status = bs_grid_set(to, to->n_rows, 0, row->task, err);
  snprintf(cells[0], BS_CELL_BYTES, "%" PRIu32, row->shots);
  snprintf(cells[1], BS_CELL_BYTES, "%" PRIu64, row->n);
  bs_format_difference(cells[2], row->difference);
  bs_format_interval(cells[3], (bs_interval){row->difference_low, row->difference_high});
  bs_format_p(cells[4], is_mean(row) ? row->p : row->p_holm);
  bs_format_number(cells[5], row->ratio);
  if (row->ratio_low > 0 || isfinite(row->ratio_high))
    bs_format_factors(cells[6], (bs_interval){row->ratio_low, row->ratio_high});
  else
    snprintf(cells[6], BS_CELL_BYTES, "-");
  for (size_t i = 0; status == BS_OK && i < N_COLUMNS - 1; i++)
    status = bs_grid_set(to, to->n_rows, i + 1, cells[i], err);
  to->n_rows++;
  return status;
}

static double sign_of(const char *name) {
  const bs_metric *metric = bs_metric_find(name);
  return metric == NULL || metric->higher_is_better ? 1 : -1;
}

static void write_wins(bs_writer *w, const bs_comparison_row *row) {
  char p[BS_CELL_BYTES];
  bs_format_p(p, row->sign_p);
  bs_writer_printf(w,
                   "%" PRIu32 " shot%s: A is ahead on %" PRIu64 " tasks, B on %" PRIu64
                   ", level on %" PRIu64 " (sign test p %s)\n",
                   row->shots, bs_plural(row->shots), row->wins, row->losses, row->ties, p);
}

/* The rows[n] that are together with the first of them, which is at `first`. */
static bs_status append_table(bs_text *to, const bs_comparison_row *rows, size_t n, size_t first,
                              bs_error *err) {
  static const char *const NAMES[N_COLUMNS] = {"task", "shots",  "n",     "A-B",
                                               "95 %", "p Holm", "ratio", "95 %"};
  bs_grid grid;
  bs_corrected corrected = {0};
  bs_writer w = {.to = to};
  bs_status status = bs_grid_open(&grid, n + 1, N_COLUMNS, err);
  grid.gap = 1;
  for (size_t i = 0; status == BS_OK && i < N_COLUMNS; i++)
    status = bs_grid_set(&grid, 0, i, NAMES[i], err);
  grid.n_rows = 1;
  for (size_t i = first; status == BS_OK && i < n; i++)
    if (are_together(&rows[first], &rows[i])) {
      bs_corrected_count(&corrected, rows[i].difference, sign_of(rows[i].metric), rows[i].p_holm,
                         rows[i].p_false_discovery);
      status = fill_row(&grid, &rows[i], err);
    }
  bool of_preferred = rows[first].preferred || is_mean(&rows[first]);
  const char *family = rows[first].family;
  bs_writer_printf(&w, "\n%s%s%s%s\n", family[0] != '\0' ? "family " : "", family,
                   family[0] != '\0' ? ", " : "",
                   of_preferred ? "preferred metrics" : rows[first].metric);
  if (status == BS_OK)
    status = bs_writer_status(&w, err);
  if (status == BS_OK)
    status = bs_append_narrow(to, &grid, err);
  bs_corrected_write(&w, &corrected, "A", "B");
  for (size_t i = first; i < n; i++)
    if (is_mean(&rows[i]) && are_together(&rows[first], &rows[i]))
      write_wins(&w, &rows[i]);
  bs_grid_close(&grid);
  return status == BS_OK ? bs_writer_status(&w, err) : status;
}

static bs_status append_people(bs_text *to, const bs_comparison_row *rows, size_t n,
                               bs_error *err) {
  bs_writer w = {.to = to};
  bs_status status = bs_append_sides(to, rows->first, rows->second, err);
  for (size_t i = 0; status == BS_OK && i < n; i++) {
    bool is_first = true;
    for (size_t k = 0; k < i && is_first; k++)
      is_first = !are_together(&rows[k], &rows[i]);
    if (is_first)
      status = append_table(to, rows, n, i, err);
  }
  bs_writer_append_string(
      &w,
      strcmp(rows->kind, BS_TASKS_COMPARED) == 0
          ? "\nA-B: mean difference over the scales that both reach, each by its own examples\n"
          : "\nA-B: mean difference over the scales that both reach, by the examples that both\n"
            "answered (mean over tasks: normalised scores, p not corrected)\n");
  bs_writer_append_string(
      &w, "ratio: B's models must be so many times larger to score as A's do; - where the\n"
          "curves do not tell, inf and 0 where they set no bound\n");
  return status == BS_OK ? bs_writer_status(&w, err) : status;
}

static void write_field(bs_writer *w, const bs_column *column, const void *row) {
  double number;
  if (column->kind == BS_COLUMN_STRING) {
    bs_csv_write_field(w, bs_field_string(column, row));
  } else if (column->kind == BS_COLUMN_F64) {
    memcpy(&number, (const char *)row + column->offset, sizeof number);
    bs_csv_write_number(w, number);
  } else {
    bs_writer_printf(w, "%" PRIu64, bs_field_number(column, row));
  }
}

static bs_status append_csv(bs_text *to, const bs_comparison_row *rows, size_t n, bs_error *err) {
  const bs_table_schema *schema = &bs_schemas[BS_TABLE_COMPARISONS];
  bs_writer w = {.to = to};
  for (size_t i = 0; i < schema->n_columns; i++)
    bs_writer_printf(&w, "%s%s", i > 0 ? "," : "", schema->columns[i].name);
  bs_writer_append_string(&w, "\n");
  for (size_t k = 0; k < n; k++)
    for (size_t i = 0; i < schema->n_columns; i++) {
      write_field(&w, &schema->columns[i], &rows[k]);
      bs_writer_append_string(&w, i + 1 < schema->n_columns ? "," : "\n");
    }
  return bs_writer_status(&w, err);
}

/* That the two are not compared, and which are. */
static bs_status tell_known(const bs_tables *tables, const char *kind, const char *first,
                            const char *second, bs_error *err) {
  bs_text known = {0};
  bs_writer w = {.to = &known};
  const bs_comparison_row *before = NULL;
  for (size_t i = 0; i < tables->n_comparisons; i++) {
    const bs_comparison_row *row = &tables->comparisons[i];
    if (strcmp(row->kind, kind) != 0 ||
        (before != NULL && before->first == row->first && before->second == row->second))
      continue;
    bs_writer_printf(&w, "%s\"%s\" with \"%s\"", before != NULL ? ", " : "", row->first,
                     row->second);
    before = row;
  }
  bs_status status = bs_writer_status(&w, err);
  if (status == BS_OK)
    status = bs_error_set(
        err, BS_ERR_USAGE,
        "%s \"%s\" and \"%s\" cannot be compared; these can: %s. Both must have been run on a task "
        "with as many shots, and have one curve (no two models of one scale but for repeats)",
        kind, first, second, before != NULL ? known.data : "none");
  bs_text_free(&known);
  return status;
}

bs_status bs_check_compared(const bs_analysis *analysis, const char *kind, const char *first,
                            const char *second, bs_error *err) {
  const bs_tables *tables = bs_analysis_tables(analysis);
  bs_comparison_row *rows = bs_array_new(tables->n_comparisons, sizeof *rows, err);
  bool is_any = rows != NULL && select_rows(tables, kind, first, second, rows) > 0;
  bs_status status = rows != NULL ? BS_OK : BS_ERR_MEMORY;
  free(rows);
  return status == BS_OK && !is_any ? tell_known(tables, kind, first, second, err) : status;
}

bs_status bs_report_groups(const bs_analysis *analysis, const char *kind, const char *first,
                           const char *second, bool as_csv, FILE *to, bs_error *err) {
  const bs_tables *tables = bs_analysis_tables(analysis);
  bs_text text = {0};
  bs_comparison_row *rows = bs_array_new(tables->n_comparisons, sizeof *rows, err);
  size_t n = rows != NULL ? select_rows(tables, kind, first, second, rows) : 0;
  bs_status status = rows != NULL ? BS_OK : BS_ERR_MEMORY;
  if (status == BS_OK && n == 0)
    status = tell_known(tables, kind, first, second, err);
  if (status == BS_OK)
    status = as_csv ? append_csv(&text, rows, n, err) : append_people(&text, rows, n, err);
  if (status == BS_OK)
    status = bs_text_print(&text, to, err);
  free(rows);
  bs_text_free(&text);
  return status;
}
