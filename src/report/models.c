/* What two models differ by, task by task. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/csv_internal.h"
#include "bigsweep/metric.h"
#include "report/comparing_internal.h"

enum { N_COLUMNS = 9 };

static bs_status fill_row(bs_grid *to, const bs_model_comparison *row, bs_error *err) {
  char cells[N_COLUMNS - 1][BS_CELL_BYTES] = {{0}};
  bs_status status = bs_grid_set(to, to->n_rows, 0, row->task, err);
  snprintf(cells[0], BS_CELL_BYTES, "%" PRIu32, row->shots);
  snprintf(cells[1], BS_CELL_BYTES, "%" PRIu64, row->n);
  bs_format_number(cells[2], row->first);
  bs_format_number(cells[3], row->second);
  bs_format_difference(cells[4], row->of.difference.value);
  bs_format_interval(cells[5], row->of.difference.interval);
  bs_format_p(cells[6], row->p_holm);
  if (row->of.is_binary)
    snprintf(cells[7], BS_CELL_BYTES, "%" PRIu64 ":%" PRIu64, row->of.only_first,
             row->of.only_second);
  for (size_t i = 0; status == BS_OK && i < N_COLUMNS - 1; i++)
    status = bs_grid_set(to, to->n_rows, i + 1, cells[i], err);
  to->n_rows++;
  return status;
}

static bs_status fill_header(bs_grid *to, bs_error *err) {
  static const char *const NAMES[N_COLUMNS] = {"task", "shots", "n",      "A",    "B",
                                               "A-B",  "95 %",  "p Holm", "flips"};
  bs_status status = BS_OK;
  for (size_t i = 0; status == BS_OK && i < N_COLUMNS; i++)
    status = bs_grid_set(to, 0, i, NAMES[i], err);
  to->n_rows = 1;
  return status;
}

static double sign_of(const char *name) {
  const bs_metric *metric = bs_metric_find(name);
  return metric == NULL || metric->higher_is_better ? 1 : -1;
}

static bs_status append_table(bs_text *to, const bs_model_comparison *rows, size_t n,
                              bs_corrected *corrected, bs_error *err) {
  bs_grid grid;
  bs_status status = bs_grid_open(&grid, n + 1, N_COLUMNS, err);
  grid.gap = 1;
  if (status == BS_OK)
    status = fill_header(&grid, err);
  for (size_t i = 0; status == BS_OK && i < n; i++)
    if (rows[i].is_preferred) {
      bs_corrected_count(corrected, rows[i].of.difference.value, sign_of(rows[i].metric),
                         rows[i].p_holm, rows[i].p_false_discovery);
      status = fill_row(&grid, &rows[i], err);
    }
  if (status == BS_OK)
    status = bs_append_narrow(to, &grid, err);
  bs_grid_close(&grid);
  return status;
}

/* What is compared, and where the names of the models are. */
typedef struct sides {
  const bs_tables *first, *second;
  char *const *files; /* NULL: one */
} sides;

static void write_side(bs_writer *w, const char *letter, const char *name, const char *file) {
  bs_writer_printf(w, "%s: %s%s%s\n", letter, name, file != NULL ? " of " : "",
                   file != NULL ? file : "");
}

static bs_status append_pair(bs_text *to, const bs_model_comparison *rows, size_t n,
                             const sides *of, bs_corrected *corrected, bs_error *err) {
  bs_writer w = {.to = to};
  write_side(&w, "A", of->first->models[rows->models.first].name,
             of->files != NULL ? of->files[0] : NULL);
  write_side(&w, "B", of->second->models[rows->models.second].name,
             of->files != NULL ? of->files[1] : NULL);
  bs_writer_append_string(&w, "\n");
  bs_status status = bs_writer_status(&w, err);
  if (status == BS_OK)
    status = append_table(to, rows, n, corrected, err);
  bs_writer_append_string(&w, "\n");
  return status == BS_OK ? bs_writer_status(&w, err) : status;
}

static bool is_same_pair(const bs_model_pair *a, const bs_model_pair *b) {
  return a->first == b->first && a->second == b->second;
}

static bs_status append_people(bs_text *to, const bs_model_comparison *rows, size_t n,
                               const sides *of, bs_error *err) {
  bs_corrected corrected = {0};
  bs_writer w = {.to = to};
  bs_status status = BS_OK;
  for (size_t i = 0, end; status == BS_OK && i < n; i = end) {
    for (end = i; end < n && is_same_pair(&rows[end].models, &rows[i].models);)
      end++;
    status = append_pair(to, rows + i, end - i, of, &corrected, err);
  }
  bs_corrected_write(&w, &corrected, "A", "B");
  bs_writer_append_string(
      &w, "each task under its preferred metric; flips: examples that only A : only B has\n"
          "right; p by McNemar's exact test for scores of 0 and 1, else by the paired t\n"
          "test; all metrics, and the smallest detectable difference, with --csv\n");
  return status == BS_OK ? bs_writer_status(&w, err) : status;
}

static void write_line(bs_writer *w, const bs_model_comparison *row, const sides *between) {
  const bs_difference *of = &row->of.difference;
  const double before[] = {row->first,       row->second,       of->value, of->standard_error,
                           of->interval.low, of->interval.high, of->p,     row->of.detectable},
               behind[] = {row->of.exact_p, row->p, row->p_holm, row->p_false_discovery};
  const char *const names[] = {between->first->models[row->models.first].name,
                               between->second->models[row->models.second].name, row->task,
                               row->metric};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    bs_csv_write_field(w, names[i]);
    bs_writer_append_string(w, ",");
  }
  bs_writer_printf(w, "%d,%" PRIu32 ",%" PRIu64 ",%" PRIu64, row->is_preferred, row->shots, row->n,
                   row->n_clusters);
  for (size_t i = 0; i < sizeof before / sizeof *before; i++) {
    bs_writer_append_string(w, ",");
    bs_csv_write_number(w, before[i]);
  }
  if (row->of.is_binary)
    bs_writer_printf(w, ",%" PRIu64 ",%" PRIu64, row->of.only_first, row->of.only_second);
  else
    bs_writer_append_string(w, ",,");
  for (size_t i = 0; i < sizeof behind / sizeof *behind; i++) {
    bs_writer_append_string(w, ",");
    bs_csv_write_number(w, behind[i]);
  }
  bs_writer_append_string(w, "\n");
}

bs_status bs_report_models(const bs_model_comparison *rows, size_t n, const bs_tables *first,
                           const bs_tables *second, char *const *files, bool as_csv, FILE *to,
                           bs_error *err) {
  const sides between = {first, second, files};
  bs_text text = {0};
  bs_writer w = {.to = &text};
  bs_status status = BS_OK;
  if (as_csv) {
    bs_writer_append_string(
        &w, "first,second,task,metric,preferred,shots,n,clusters,first_score,second_score,"
            "difference,stderr,difference_low,difference_high,p_t,detectable,only_first,"
            "only_second,p_mcnemar,p,p_holm,p_false_discovery\n");
    for (size_t i = 0; i < n; i++)
      write_line(&w, &rows[i], &between);
    status = bs_writer_status(&w, err);
  } else {
    status = append_people(&text, rows, n, &between, err);
  }
  if (status == BS_OK)
    status = bs_text_print(&text, to, err);
  bs_text_free(&text);
  return status;
}
