/* Every score against scale, for people: a column per model. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory_internal.h"
#include "base/writer_internal.h"
#include "bigsweep/metric.h"
#include "report/report_internal.h"

enum { COLUMNS_BEFORE = 4, COLUMNS_BEHIND = 3, COLUMNS_HUMAN = 2 };

/* The table of one family: linearity rows [first, end). */
typedef struct family_table {
  const bs_analysis *analysis;
  const bs_interner *humans; /* tasks and aggregates whose human scores are known, by row */
  size_t first, end;
  bs_family_model *columns; /* ascending */
  size_t n_columns;
  bs_grid grid;
} family_table;

/* Examples of one model: a number, or the range where models differ. */
static void format_examples(char out[BS_CELL_BYTES], const bs_scale_point *points, size_t n) {
  uint64_t least = UINT64_MAX, most = 0;
  for (size_t i = 0; i < n; i++) {
    uint64_t examples = points[i].n;
    least = examples < least ? examples : least;
    most = examples > most ? examples : most;
  }
  if (n == 0 || most == 0)
    snprintf(out, BS_CELL_BYTES, "-");
  else if (least == most)
    snprintf(out, BS_CELL_BYTES, "%" PRIu64, most);
  else
    snprintf(out, BS_CELL_BYTES, "%" PRIu64 "-%" PRIu64, least, most);
}

/* The scale, or the model where another column would read the same. */
static const char *column_label(const family_table *of, size_t at, char text[BS_CELL_BYTES]) {
  char other[BS_CELL_BYTES];
  bs_format_scale(text, of->columns[at].scale);
  for (size_t i = 0; i < of->n_columns; i++) {
    bs_format_scale(other, of->columns[i].scale);
    if (i != at && strcmp(text, other) == 0)
      return of->analysis->models[of->columns[at].model].name;
  }
  return text;
}

static void write_models(bs_writer *w, const family_table *of) {
  const bs_analysis *analysis = of->analysis;
  bs_family_write_models(w, analysis, of->columns, of->n_columns, SIZE_MAX);
  if (analysis->tables->linearity[of->first].shared_scales > 0)
    bs_writer_append_string(w, "different models of one scale stand beside each other: I, L "
                               "and B are undefined\n");
}

static bs_status set_number(family_table *to, size_t column, double value, bs_error *err) {
  char text[BS_CELL_BYTES];
  bs_format_number(text, value);
  return bs_grid_set(&to->grid, to->grid.n_rows, column, text, err);
}

static bs_status fill_header(family_table *to, bs_error *err) {
  static const char *const BEFORE[COLUMNS_BEFORE] = {"task", "shots", "metric", "n"};
  static const char *const BEHIND[COLUMNS_BEHIND + COLUMNS_HUMAN] = {"I", "L", "B", "raters",
                                                                     "best rater"};
  bs_status status = BS_OK;
  char text[BS_CELL_BYTES];
  for (size_t i = 0; status == BS_OK && i < to->grid.n_columns; i++) {
    const char *label = i < COLUMNS_BEFORE ? BEFORE[i]
                        : i < COLUMNS_BEFORE + to->n_columns
                            ? column_label(to, i - COLUMNS_BEFORE, text)
                            : BEHIND[i - COLUMNS_BEFORE - to->n_columns];
    status = bs_grid_set(&to->grid, 0, i, label, err);
  }
  to->grid.n_rows = 1;
  return status;
}

static bs_status fill_names(family_table *to, size_t row, bool same_task, bs_error *err) {
  const bs_linearity_row *line = &to->analysis->tables->linearity[row];
  size_t at = to->grid.n_rows, n_points;
  char text[BS_CELL_BYTES];
  bs_text metric = {0};
  const bs_scale_point *points = bs_analysis_curve(to->analysis, row, &n_points);
  bs_status status = bs_grid_set(&to->grid, at, 0, same_task ? "" : line->task, err);
  snprintf(text, sizeof text, "%" PRIu32, line->shots);
  if (status == BS_OK)
    status = bs_grid_set(&to->grid, at, 1, text, err);
  if (status == BS_OK)
    status = bs_text_printf(&metric, err, "%s%s", line->metric,
                            bs_row_is_preferred(to->analysis, row) ? " *" : "");
  if (status == BS_OK)
    status = bs_grid_set(&to->grid, at, 2, metric.data, err);
  format_examples(text, points, n_points);
  if (status == BS_OK)
    status = bs_grid_set(&to->grid, at, 3, text, err);
  bs_text_free(&metric);
  return status;
}

static bs_status fill_numbers(family_table *to, size_t row, bs_error *err) {
  const bs_linearity_row *of = &to->analysis->tables->linearity[row];
  const double behind[COLUMNS_BEHIND] = {of->n > 1 ? of->improvement : NAN, of->linearity,
                                         of->breakthroughness};
  char text[BS_CELL_BYTES];
  size_t n_points, next = 0;
  const bs_scale_point *points = bs_analysis_curve(to->analysis, row, &n_points);
  bs_status status = BS_OK;
  for (size_t i = 0; status == BS_OK && i < to->n_columns; i++) {
    if (next == n_points || points[next].model != to->columns[i].model)
      continue;
    bs_format_score(text, &points[next], to->analysis->models[points[next].model].n_repeats > 1);
    next++;
    status = bs_grid_set(&to->grid, to->grid.n_rows, COLUMNS_BEFORE + i, text, err);
  }
  for (size_t i = 0; status == BS_OK && i < COLUMNS_BEHIND; i++)
    status = set_number(to, COLUMNS_BEFORE + to->n_columns + i, behind[i], err);
  return status;
}

/* What people score, beside the metric that it is told in. */
static bs_status fill_human(family_table *to, size_t row, bs_error *err) {
  const bs_linearity_row *line = &to->analysis->tables->linearity[row];
  size_t at = COLUMNS_BEFORE + to->n_columns + COLUMNS_BEHIND;
  uint32_t number;
  if (!bs_interner_find(to->humans, line->task, &number))
    return BS_OK;
  const bs_human_row *human = &to->analysis->tables->humans[number];
  if (strcmp(human->metric, line->metric) != 0)
    return BS_OK;
  bool is_task = to->analysis->linearity_task[row] != UINT32_MAX;
  bs_status status = set_number(to, at, is_task ? human->average : human->normalized_average, err);
  if (status == BS_OK)
    status = set_number(to, at + 1, is_task ? human->best : human->normalized_best, err);
  return status;
}

/* Variants of a metric (normalised by length) are left to the file and the CSV, unless one of them
   is what the task goes by. */
static bool is_shown(const bs_analysis *analysis, size_t row) {
  const bs_metric *metric = bs_metric_find(analysis->tables->linearity[row].metric);
  return metric == NULL || !metric->is_variant || bs_row_is_preferred(analysis, row);
}

static bs_status fill_rows(family_table *to, bs_error *err) {
  const char *task_above = NULL;
  bs_status status = fill_header(to, err);
  for (size_t row = to->first; status == BS_OK && row < to->end; row++) {
    if (!is_shown(to->analysis, row))
      continue;
    const char *task = to->analysis->tables->linearity[row].task;
    status = fill_names(to, row, task == task_above, err);
    if (status == BS_OK)
      status = fill_numbers(to, row, err);
    if (status == BS_OK && to->humans->n > 0)
      status = fill_human(to, row, err);
    task_above = task;
    to->grid.n_rows++;
  }
  return status;
}

static bs_status append_family(bs_text *to, const bs_analysis *analysis, const bs_interner *humans,
                               size_t first, size_t end, bs_error *err) {
  size_t n_points = analysis->first_point[end] - analysis->first_point[first];
  family_table table = {.analysis = analysis, .humans = humans, .first = first, .end = end};
  table.columns = bs_array_new(n_points, sizeof *table.columns, err);
  bs_status status = table.columns != NULL ? BS_OK : BS_ERR_MEMORY;
  if (status == BS_OK) {
    table.n_columns = bs_family_models(analysis, first, end, table.columns);
    size_t n_columns = COLUMNS_BEFORE + table.n_columns + COLUMNS_BEHIND;
    status = bs_grid_open(&table.grid, end - first + 1,
                          n_columns + (humans->n > 0 ? COLUMNS_HUMAN : 0), err);
  }
  if (status == BS_OK)
    status = fill_rows(&table, err);
  if (status == BS_OK) {
    bs_writer w = {.to = to};
    bs_writer_printf(&w, "%sfamily %s\n", first > 0 ? "\n" : "",
                     analysis->tables->linearity[first].family);
    write_models(&w, &table);
    status = bs_writer_status(&w, err);
  }
  if (status == BS_OK)
    status = bs_grid_append(to, &table.grid, err);
  bs_grid_close(&table.grid);
  free(table.columns);
  return status;
}

static bs_status append_families(bs_text *to, const bs_analysis *analysis, bs_error *err) {
  bs_interner humans = {0};
  bs_arena *arena = bs_arena_new();
  bs_status status =
      arena != NULL ? BS_OK : bs_error_set(err, BS_ERR_MEMORY, "cannot allocate names");
  for (size_t i = 0; status == BS_OK && i < analysis->tables->n_humans; i++)
    status = bs_interner_add(&humans, arena, analysis->tables->humans[i].task, &(uint32_t){0}, err);
  for (size_t first = 0, end; status == BS_OK && first < analysis->tables->n_linearity;
       first = end) {
    end = bs_family_end(analysis, first);
    status = append_family(to, analysis, &humans, first, end, err);
  }
  bs_interner_free(&humans);
  bs_arena_free(&arena);
  return status;
}

static bool has_repeats(const bs_analysis *analysis) {
  for (size_t i = 0; i < analysis->n_models; i++)
    if (analysis->models[i].n_repeats > 1)
      return true;
  return false;
}

static bs_status append_legend(bs_text *to, const bs_analysis *analysis, bs_error *err) {
  bs_writer w = {.to = to};
  bs_writer_append_string(
      &w,
      "\n* preferred metric; n examples per model; scores \xC2\xB1 their standard error; variants "
      "of metrics\n  by length are in the file and with --csv\n"
      "I improvement (largest less smallest score, negative when the largest comes first)\n"
      "L linearity, I over the root mean square of the steps; B breakthroughness, I over the root "
      "median square\n");
  if (has_repeats(analysis))
    bs_writer_append_string(
        &w,
        "[k: s] of k repeats, which differ in their seed: the score is their mean, \xC2\xB1 its "
        "error over the examples\n  alone; s the standard deviation between the repeats\n");
  if (analysis->tables->n_aggregates > 0)
    bs_writer_append_string(&w, BS_AGGREGATE_METRIC
                            ": mean over n tasks of the preferred scores, each normalised\n  to 0 "
                            "(lowest, or chance) to 100\n");
  if (analysis->tables->n_humans > 0)
    bs_writer_append_string(&w, "raters: what human raters score on average\n");
  return bs_writer_status(&w, err);
}

bs_status bs_report_tables(const bs_analysis *analysis, FILE *to, bs_error *err) {
  bs_text text = {0};
  bs_status status = append_families(&text, analysis, err);
  if (status == BS_OK)
    status = analysis->tables->n_linearity > 0 ? append_legend(&text, analysis, err)
                                               : bs_text_append_string(&text, "no scores\n", err);
  if (status == BS_OK)
    status = bs_spreads_append(&text, analysis, err);
  if (status == BS_OK)
    status = bs_smooth_append(&text, analysis, err);
  if (status == BS_OK)
    status = bs_reliability_append(&text, analysis, err);
  if (status == BS_OK)
    status = bs_prompts_append(&text, analysis, err);
  if (status == BS_OK)
    status = bs_text_print(&text, to, err);
  bs_text_free(&text);
  return status;
}
