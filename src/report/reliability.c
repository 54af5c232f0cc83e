/* Calibration over scale, for people: Brier score and calibration error of the smallest and of the
   largest model, and whether they get better between them. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "report/report_internal.h"

enum { N_COLUMNS = 9, MOST_LINES = 20, NAMES_LEFT = 1 | 2 | 8 | 256 };

/* All tasks together where there are several, else the one. */
static bool is_over_all(const bs_calibration_slope_row *row) {
  return strncmp(row->task, BS_ALL_TASKS, strlen(BS_ALL_TASKS)) == 0;
}

static bool has_over_all(const bs_tables *tables) {
  for (size_t i = 0; i < tables->n_calibration_slopes; i++)
    if (is_over_all(&tables->calibration_slopes[i]))
      return true;
  return false;
}

static bool is_told(const bs_tables *tables, size_t i) {
  return !has_over_all(tables) || is_over_all(&tables->calibration_slopes[i]);
}

/* The calibration of the family's smallest (sign -1) or largest model there. */
static const bs_calibration_row *extreme(const bs_analysis *analysis,
                                         const bs_calibration_slope_row *of, double sign) {
  const bs_tables *tables = analysis->tables;
  const bs_calibration_row *found = NULL;
  for (size_t i = 0; i < tables->n_calibration; i++) {
    const bs_calibration_row *row = &tables->calibration[i];
    const bs_analysis_model_row *model = &analysis->models[row->model];
    if (row->shots != of->shots || strcmp(row->task, of->task) != 0 ||
        strcmp(model->family, of->family) != 0)
      continue;
    if (found == NULL || sign * model->scale > sign * analysis->models[found->model].scale)
      found = row;
  }
  return found;
}

/* "0.293 [0.201, 0.310]" */
static void format_interval(char out[BS_CELL_BYTES], double value, double low, double high) {
  char ends[2][BS_CELL_BYTES], middle[BS_CELL_BYTES];
  bs_format_number(middle, value);
  bs_format_number(ends[0], low);
  bs_format_number(ends[1], high);
  snprintf(out, BS_CELL_BYTES, "%.20s [%.20s, %.20s]", middle, ends[0], ends[1]);
}

static bs_status set_extreme(bs_grid *to, size_t column, const bs_calibration_row *row,
                             bool is_brier, bs_error *err) {
  char text[BS_CELL_BYTES] = "";
  if (row != NULL && is_brier)
    format_interval(text, row->brier, row->brier_low, row->brier_high);
  else if (row != NULL)
    format_interval(text, row->calibration_error, row->calibration_error_low,
                    row->calibration_error_high);
  return bs_grid_set(to, to->n_rows, column, text, err);
}

static bs_status fill_header(bs_grid *to, bs_error *err) {
  static const char *const NAMES[N_COLUMNS] = {"family",        "task",  "shots",
                                               "measure",       "n",     "smallest model",
                                               "largest model", "slope", "with size"};
  bs_status status = BS_OK;
  for (size_t i = 0; status == BS_OK && i < N_COLUMNS; i++)
    status = bs_grid_set(to, 0, i, NAMES[i], err);
  to->n_rows = 1;
  return status;
}

static bs_status fill_line(bs_grid *to, const bs_analysis *analysis,
                           const bs_calibration_slope_row *of, bs_error *err) {
  const bs_calibration_row *smallest = extreme(analysis, of, -1);
  const bs_calibration_row *largest = extreme(analysis, of, 1);
  bool is_brier = strcmp(of->metric, "calibration_multiple_choice_brier_score") == 0;
  char shots[BS_CELL_BYTES], n[BS_CELL_BYTES], slope[BS_CELL_BYTES];
  snprintf(shots, sizeof shots, "%" PRIu32, of->shots);
  snprintf(n, sizeof n, "%" PRIu64, smallest != NULL ? smallest->n : 0);
  format_interval(slope, of->slope, of->slope_low, of->slope_high);
  const char *const cells[N_COLUMNS] = {[0] = of->family,
                                        [1] = of->task,
                                        [2] = shots,
                                        [3] = is_brier ? "Brier score" : "calibration error",
                                        [4] = n,
                                        [5] = "",
                                        [6] = "",
                                        [7] = slope,
                                        [8] = of->slope_high < 0  ? "better"
                                              : of->slope_low > 0 ? "worse"
                                                                  : "not shown"};
  bs_status status = BS_OK;
  for (size_t i = 0; status == BS_OK && i < N_COLUMNS; i++)
    status = bs_grid_set(to, to->n_rows, i, cells[i], err);
  if (status == BS_OK)
    status = set_extreme(to, 5, smallest, is_brier, err);
  if (status == BS_OK)
    status = set_extreme(to, 6, largest, is_brier, err);
  to->n_rows++;
  return status;
}

bs_status bs_reliability_append(bs_text *to, const bs_analysis *analysis, bs_error *err) {
  const bs_tables *tables = analysis->tables;
  if (tables->n_calibration_slopes == 0)
    return BS_OK;
  bs_grid grid = {0};
  size_t n_left = 0;
  bs_status status = bs_grid_open(&grid, MOST_LINES + 1, N_COLUMNS, err);
  grid.left = NAMES_LEFT;
  if (status == BS_OK)
    status = fill_header(&grid, err);
  for (size_t i = 0; status == BS_OK && i < tables->n_calibration_slopes; i++) {
    if (!is_told(tables, i))
      continue;
    if (grid.n_rows > MOST_LINES)
      n_left++;
    else
      status = fill_line(&grid, analysis, &tables->calibration_slopes[i], err);
  }
  if (status == BS_OK)
    status = bs_text_append_string(
        to,
        "\ncalibration of answers to multiple choice (0 is best; in brackets 95 % intervals over "
        "the "
        "n examples; slope:\nover ln(scale); by task: /analysis/calibration and reliability)\n",
        err);
  if (status == BS_OK)
    status = bs_grid_append(to, &grid, err);
  if (status == BS_OK && n_left > 0)
    status = bs_text_printf(to, err, "and %zu more in /analysis/calibration_slopes\n", n_left);
  bs_grid_close(&grid);
  return status;
}
