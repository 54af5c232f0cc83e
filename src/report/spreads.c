/* Spread over prompts, for people: a line per task, shots and metric, a column per model. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/memory_internal.h"
#include "report/report_internal.h"

enum { COLUMNS_BEFORE = 4 };

/* A spread on its way into the table. */
typedef struct cell_key {
  uint32_t family, task, shots, metric, model;
  double scale;
  size_t row;
} cell_key;

static int compare_lines(const cell_key *a, const cell_key *b) {
  BS_ORDER(a->family, b->family);
  BS_ORDER(a->task, b->task);
  BS_ORDER(a->shots, b->shots);
  BS_ORDER(a->metric, b->metric);
  return 0;
}

static int compare_cells(const void *left, const void *right) {
  int order = compare_lines(left, right);
  BS_ORDER(order, 0);
  BS_ORDER(((const cell_key *)left)->model, ((const cell_key *)right)->model);
  return 0;
}

static int compare_models(const void *left, const void *right) {
  const cell_key *a = left, *b = right;
  BS_ORDER(a->scale, b->scale);
  BS_ORDER(a->model, b->model);
  return 0;
}

/* The models of keys[n], each once, ascending. */
static size_t models_of(const cell_key *keys, size_t n, cell_key *models) {
  size_t n_kept = 0;
  for (size_t i = 0; i < n; i++)
    models[i] = keys[i];
  qsort(models, n, sizeof *models, compare_models);
  for (size_t i = 0; i < n; i++)
    if (n_kept == 0 || models[n_kept - 1].model != models[i].model)
      models[n_kept++] = models[i];
  return n_kept;
}

static bs_status fill_header(bs_grid *to, const bs_analysis *analysis, const cell_key *models,
                             bs_error *err) {
  static const char *const BEFORE[COLUMNS_BEFORE] = {"task", "shots", "metric", "ways"};
  bs_status status = BS_OK;
  for (size_t i = 0; status == BS_OK && i < to->n_columns; i++)
    status = bs_grid_set(
        to, 0, i,
        i < COLUMNS_BEFORE ? BEFORE[i] : analysis->models[models[i - COLUMNS_BEFORE].model].name,
        err);
  to->n_rows = 1;
  return status;
}

static bs_status fill_names(bs_grid *to, const bs_spread_row *row, bool same_task, bs_error *err) {
  char text[BS_CELL_BYTES];
  bs_status status = bs_grid_set(to, to->n_rows, 0, same_task ? "" : row->task, err);
  snprintf(text, sizeof text, "%" PRIu32, row->shots);
  if (status == BS_OK)
    status = bs_grid_set(to, to->n_rows, 1, text, err);
  if (status == BS_OK)
    status = bs_grid_set(to, to->n_rows, 2, row->metric, err);
  snprintf(text, sizeof text, "%" PRIu64, row->n);
  return status == BS_OK ? bs_grid_set(to, to->n_rows, 3, text, err) : status;
}

/* Lowest and highest score. */
static bs_status set_range(bs_grid *to, size_t column, const bs_spread_row *row, bs_error *err) {
  char low[BS_CELL_BYTES], high[BS_CELL_BYTES];
  bs_text text = {0};
  bs_format_number(low, row->minimum);
  bs_format_number(high, row->maximum);
  bs_status status = isnan(row->range) ? bs_text_append_string(&text, "-", err)
                                       : bs_text_printf(&text, err, "%s to %s", low, high);
  if (status == BS_OK)
    status = bs_grid_set(to, to->n_rows, column, text.data, err);
  bs_text_free(&text);
  return status;
}

/* The places of a family's models among the columns, by model. */
static void place_models(const cell_key *models, size_t n_models, size_t *columns) {
  for (size_t i = 0; i < n_models; i++)
    columns[models[i].model] = COLUMNS_BEFORE + i;
}

/* keys[n] are of one family. `models` and `columns` are scratch. */
static bs_status append_family(bs_text *to, const bs_analysis *analysis, const cell_key *keys,
                               size_t n, cell_key *models, size_t *columns, bs_error *err) {
  size_t n_models = models_of(keys, n, models);
  bs_grid grid = {0};
  bs_status status = bs_grid_open(&grid, n + 1, COLUMNS_BEFORE + n_models, err);
  if (status == BS_OK)
    status = fill_header(&grid, analysis, models, err);
  place_models(models, n_models, columns);
  for (size_t at = 0, end; status == BS_OK && at < n; at = end) {
    bool same_task = at > 0 && keys[at - 1].task == keys[at].task;
    status = fill_names(&grid, &analysis->tables->spreads[keys[at].row], same_task, err);
    for (end = at; status == BS_OK && end < n && compare_lines(&keys[at], &keys[end]) == 0; end++)
      status = set_range(&grid, columns[keys[end].model], &analysis->tables->spreads[keys[end].row],
                         err);
    grid.n_rows++;
  }
  if (status == BS_OK)
    status = bs_text_printf(
        to, err,
        "\nspread over prompts, family %s: lowest to highest score of the ways to put it\n",
        analysis->families.strings[keys->family]);
  if (status == BS_OK)
    status = bs_grid_append(to, &grid, err);
  bs_grid_close(&grid);
  return status;
}

/* The metrics that a task goes by in one of its ways at least. */
static size_t find_shown(const bs_analysis *analysis, cell_key *keys) {
  size_t n = 0;
  for (size_t i = 0; i < analysis->tables->n_spreads; i++) {
    const bs_spread_place *place = &analysis->spread_places[i];
    const bs_analysis_model_row *model = &analysis->models[analysis->tables->spreads[i].model];
    if (place->is_preferred)
      keys[n++] = (cell_key){.family = model->family_number,
                             .task = place->task,
                             .shots = analysis->tables->spreads[i].shots,
                             .metric = place->metric,
                             .model = analysis->tables->spreads[i].model,
                             .scale = model->scale,
                             .row = i};
  }
  qsort(keys, n, sizeof *keys, compare_cells);
  return n;
}

bs_status bs_spreads_append(bs_text *to, const bs_analysis *analysis, bs_error *err) {
  cell_key *keys = bs_array_new(analysis->tables->n_spreads, sizeof *keys, err);
  cell_key *models = bs_array_new(analysis->tables->n_spreads, sizeof *models, err);
  size_t *columns = bs_array_new(analysis->n_models, sizeof *columns, err);
  bs_status status = keys != NULL && models != NULL && columns != NULL ? BS_OK : BS_ERR_MEMORY;
  size_t n = status == BS_OK ? find_shown(analysis, keys) : 0;
  for (size_t at = 0, end; status == BS_OK && at < n; at = end) {
    for (end = at + 1; end < n && keys[end].family == keys[at].family;)
      end++;
    status = append_family(to, analysis, keys + at, end - at, models, columns, err);
  }
  free(keys);
  free(models);
  free(columns);
  return status;
}
