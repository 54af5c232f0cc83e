/* A line of the summary: the curve as a row of bars, its ends, its shape and what is known of
   linearity and breakthroughness. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "report/summary_internal.h"

enum { N_BARS = 8, BAR_BYTES = 3, MOST_BARS = 40 };

bs_status bs_summary_header(bs_grid *to, bs_error *err) {
  static const char *const CELLS[BS_SUMMARY_COLUMNS] = {"task",  "curve",    "first",    "last",
                                                        "shape", "L [95 %]", "B [95 %]", ""};
  bs_status status = BS_OK;
  to->left = 1U << 0 | 1U << 1 | 1U << 4 | 1U << 5 | 1U << 6;
  for (size_t i = 0; status == BS_OK && i < BS_SUMMARY_COLUMNS; i++)
    status = bs_grid_set(to, 0, i, CELLS[i], err);
  to->n_rows = 1;
  return status;
}

void bs_summary_number(char out[BS_CELL_BYTES], double value) {
  double size = fabs(value);
  if (isnan(value))
    snprintf(out, BS_CELL_BYTES, "-");
  else if (size >= 1e5)
    snprintf(out, BS_CELL_BYTES, "%.0e", value);
  else
    snprintf(out, BS_CELL_BYTES, "%.*f",
             size < 0.9995  ? 3
             : size < 9.995 ? 2
                            : size < 99.95,
             value);
}

/* Linearity and breakthroughness: two digits are enough beside their intervals. */
static void format_ratio(char out[BS_CELL_BYTES], double value) {
  if (fabs(value) >= 1e4)
    snprintf(out, BS_CELL_BYTES, "%.0e", value);
  else
    snprintf(out, BS_CELL_BYTES, "%.*f", fabs(value) < 9.95, value);
}

void bs_summary_estimate(char out[BS_CELL_BYTES], double value, double low, double high) {
  char at[BS_CELL_BYTES], from[BS_CELL_BYTES], to[BS_CELL_BYTES];
  format_ratio(at, value);
  format_ratio(from, low);
  format_ratio(to, high);
  if (isnan(value))
    snprintf(out, BS_CELL_BYTES, "-");
  else if (isnan(low) || isnan(high))
    snprintf(out, BS_CELL_BYTES, "%s", at);
  else if (low <= 0 && high >= 0)
    snprintf(out, BS_CELL_BYTES, "?");
  else
    snprintf(out, BS_CELL_BYTES, "%.16s [%.16s,%.16s]", at, from, to);
}

void bs_summary_breakthroughness(char out[BS_CELL_BYTES], const bs_linearity_row *of,
                                 bool is_short) {
  double low = of->breakthroughness_low, high = of->breakthroughness_high;
  char end[BS_CELL_BYTES], other[BS_CELL_BYTES];
  format_ratio(end, isinf(high) ? low : high);
  format_ratio(other, low);
  if (isnan(low) || isnan(high) || (low <= 0 && high >= 0))
    bs_summary_estimate(out, of->breakthroughness, low, high);
  else if (isinf(high))
    snprintf(out, BS_CELL_BYTES, "\xE2\x89\xA5 %.16s", end);
  else if (isinf(low))
    snprintf(out, BS_CELL_BYTES, "\xE2\x89\xA4 %.16s", end);
  else if (is_short)
    snprintf(out, BS_CELL_BYTES, "[%.16s,%.16s]", other, end);
  else
    bs_summary_estimate(out, of->breakthroughness, low, high);
}

/* Points and models are in ascending order of scale, then of model. */
static bool is_before(const bs_scale_point *point, const bs_family_model *model) {
  return point->scale < model->scale ||
         (point->scale == model->scale && point->model < model->model);
}

static bool is_shown(const bs_summary_line *line, uint32_t model) {
  for (size_t i = 0; i < line->n_models; i++)
    if (line->models[i].model == model)
      return true;
  return false;
}

/* One of eight bars for each model of the family, a blank where it has no score. */
static void draw_curve(char *out, const bs_summary_line *line, const bs_scale_point *points,
                       size_t n_points) {
  size_t next = 0;
  for (size_t i = 0; i < line->n_models && i < MOST_BARS; i++) {
    while (next < n_points && is_before(&points[next], &line->models[i]))
      next++; /* of a model that is not shown */
    bool is_there = next < n_points && points[next].model == line->models[i].model;
    double value = is_there ? points[next++].value : NAN;
    if (!isfinite(value)) {
      *out++ = ' ';
      continue;
    }
    double range = line->high - line->low;
    double share = range > 0 ? (value - line->low) / range : 0;
    int bar = (int)(share * N_BARS);
    bar = bar < 0 ? 0 : bar < N_BARS ? bar : N_BARS - 1;
    *out++ = '\xE2'; /* U+2581 to U+2588 */
    *out++ = '\x96';
    *out++ = (char)(0x81 + bar);
  }
  *out = '\0';
}

static void format_ends(const bs_summary_line *line, const bs_scale_point *points, size_t n,
                        char first[BS_CELL_BYTES], char last[BS_CELL_BYTES]) {
  double from = NAN, to = NAN;
  for (size_t i = 0; i < n; i++) {
    if (isnan(points[i].value) || !is_shown(line, points[i].model))
      continue;
    from = isnan(from) ? points[i].value : from;
    to = points[i].value;
  }
  bs_summary_number(first, from);
  bs_summary_number(last, to);
}

/* "best 0.98", the best human rater's score, where it is known in this metric. */
static void format_human(char out[BS_CELL_BYTES], const bs_analysis *analysis, size_t row) {
  const bs_tables *tables = analysis->tables;
  const bs_linearity_row *line = &tables->linearity[row];
  char best[BS_CELL_BYTES];
  out[0] = '\0';
  for (size_t i = 0; i < tables->n_humans; i++) {
    const bs_human_row *human = &tables->humans[i];
    if (strcmp(human->task, line->task) != 0 || strcmp(human->metric, line->metric) != 0)
      continue;
    bool is_task = analysis->linearity_task[row] != UINT32_MAX;
    bs_summary_number(best, is_task ? human->best : human->normalized_best);
    snprintf(out, BS_CELL_BYTES, "%.16s", best);
  }
}

static const char *shape_of(const bs_linearity_row *of, bool is_short) {
  if (is_short && strcmp(of->shape, bs_shape_name(BS_SHAPE_INVERSE_BREAKTHROUGH)) == 0)
    return "inv. breakthrough";
  return of->shape[0] != '\0' ? of->shape : "-";
}

bs_status bs_summary_fill(bs_grid *to, const bs_summary_line *line, bs_error *err) {
  const bs_linearity_row *of = &line->analysis->tables->linearity[line->row];
  char curve[MOST_BARS * BAR_BYTES + 1], first[BS_CELL_BYTES], last[BS_CELL_BYTES];
  char linearity[BS_CELL_BYTES], breakthroughness[BS_CELL_BYTES], human[BS_CELL_BYTES];
  size_t n_points;
  const bs_scale_point *points = bs_analysis_curve(line->analysis, line->row, &n_points);
  draw_curve(curve, line, points, n_points);
  format_ends(line, points, n_points, first, last);
  bs_summary_estimate(linearity, of->linearity, of->linearity_low, of->linearity_high);
  bs_summary_breakthroughness(breakthroughness, of, line->style.is_short);
  format_human(human, line->analysis, line->row);
  bool is_task = line->analysis->linearity_task[line->row] != UINT32_MAX;
  const char *const cells[BS_SUMMARY_COLUMNS] = {of->task +
                                                     (is_task ? line->style.n_prefix_bytes : 0),
                                                 curve,
                                                 first,
                                                 last,
                                                 shape_of(of, line->style.is_short),
                                                 linearity,
                                                 breakthroughness,
                                                 human};
  bs_status status =
      human[0] != '\0' ? bs_grid_set(to, 0, BS_SUMMARY_COLUMNS - 1, "human", err) : BS_OK;
  for (size_t i = 0; status == BS_OK && i < BS_SUMMARY_COLUMNS; i++)
    status = bs_grid_set(to, to->n_rows, i, cells[i], err);
  to->n_rows++;
  return status;
}
