/* How often models are right when they are so sure, and whether that gets better with size. */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory_internal.h"
#include "page/cards_internal.h"

enum { MOST_DIAGRAMS = 60, MOST_SLOPES = 600 };

static const char *missing(const bs_page *page) {
  return page->tables->n_reliability > 0 ? NULL
         : page->results == NULL         ? "a table of scores has no probabilities"
                                         : "no multiple choice was answered";
}

/* What diagrams are of: all tasks together where there are several, with the fewest shots. */
typedef struct whole {
  const char *task;
  uint32_t shots;
} whole;

static whole whole_of(const bs_page *page) {
  const bs_tables *tables = page->tables;
  whole best = {.task = NULL};
  bool best_is_all = false;
  for (size_t i = 0; i < tables->n_calibration; i++) {
    const bs_calibration_row *row = &tables->calibration[i];
    bool is_all = strcmp(row->task, BS_ALL_TASKS) == 0;
    bool is_better = best.task == NULL || (is_all && !best_is_all) ||
                     (is_all == best_is_all && row->shots < best.shots);
    if (is_better) {
      best = (whole){row->task, row->shots};
      best_is_all = is_all;
    }
  }
  return best;
}

/* The bins of one model as points, whose sizes are told. */
static size_t bins_of(bs_page *page, const whole *of, uint32_t model, bs_plot_point *points) {
  const bs_tables *tables = page->tables;
  size_t n = 0;
  for (size_t i = 0; i < tables->n_reliability; i++) {
    const bs_reliability_row *row = &tables->reliability[i];
    if (row->model != model || row->shots != of->shots || strcmp(row->task, of->task) != 0)
      continue;
    double error = sqrt(fmax(row->accuracy * (1 - row->accuracy), 0) / (double)row->n);
    points[n++] = (bs_plot_point){
        .x = row->confidence,
        .y = row->accuracy,
        .low = fmax(0, row->accuracy - error),
        .high = fmin(1, row->accuracy + error),
        .what = bs_page_printf(page, "%.2f sure: %.2f right, of %" PRIu64 " answers",
                               row->confidence, row->accuracy, row->n)};
  }
  return n;
}

static const bs_calibration_row *calibration_of(const bs_page *page, const whole *of,
                                                uint32_t model) {
  for (size_t i = 0; i < page->tables->n_calibration; i++) {
    const bs_calibration_row *row = &page->tables->calibration[i];
    if (row->model == model && row->shots == of->shots && strcmp(row->task, of->task) == 0)
      return row;
  }
  return NULL;
}

/* Where a model that is as often right as it is sure has its points. */
static void draw_diagonal(bs_plot *plot) {
  bs_writer_printf(plot->w, "<path class=\"r zero\" d=\"M%g %gL%g %g\"/>", plot->left, plot->bottom,
                   plot->right, plot->top);
}

static void write_diagram(bs_page *page, const whole *of, uint32_t model, bs_plot_point *points) {
  size_t n = bins_of(page, of, model, points);
  const bs_calibration_row *row = calibration_of(page, of, model);
  bs_plot_style style = {.number = page->analysis->models[model].family_number};
  bs_plot plot = {.w = page->w,
                  .width = 200,
                  .height = 190,
                  .x = {.low = 0, .high = 1, .label = "confidence"},
                  .y = {.low = 0, .high = 1}};
  if (n == 0)
    return;
  bs_writer_printf(page->w, "<article class=\"card f f%zu\"><h3>", style.number);
  bs_markup_text(page->w, page->analysis->models[model].name);
  bs_writer_append_string(page->w, "</h3>");
  bs_plot_begin(&plot, bs_page_printf(page, "Reliability of %s: share right over confidence",
                                      page->analysis->models[model].name));
  draw_diagonal(&plot);
  bs_plot_line(&plot, points, n, style);
  bs_plot_points(&plot, points, n, style);
  bs_plot_end(&plot);
  if (row != NULL)
    bs_writer_printf(page->w, "<p class=sub>error %.3f \xC2\xB7 Brier %.3f</p>",
                     row->calibration_error, row->brier);
  bs_card_end(page);
}

/* A model's place in its family. */
typedef struct ordered {
  uint32_t family, model;
  double scale;
} ordered;

static int compare_models(const void *left, const void *right) {
  const ordered *a = left, *b = right;
  BS_ORDER(a->family, b->family);
  BS_ORDER(a->scale, b->scale);
  BS_ORDER(a->model, b->model);
  return 0;
}

static ordered *models_in_order(bs_page *page) {
  size_t n = page->analysis->n_models;
  ordered *models = bs_array_new(n, sizeof *models, &page->w->error);
  for (uint32_t i = 0; models != NULL && i < n; i++)
    models[i] =
        (ordered){page->analysis->models[i].family_number, i, page->analysis->models[i].scale};
  if (models != NULL && n > 0)
    qsort(models, n, sizeof *models, compare_models);
  return models;
}

static void write_diagrams(bs_page *page, const whole *of, const ordered *models) {
  size_t n = page->analysis->n_models;
  bs_plot_point *points =
      bs_array_new(page->tables->n_reliability, sizeof *points, &page->w->error);
  bs_writer_append_string(page->w, "<div class=\"cards small\">");
  for (size_t i = 0; points != NULL && i < n && i < MOST_DIAGRAMS; i++)
    write_diagram(page, of, models[i].model, points);
  bs_writer_append_string(page->w, "</div>");
  if (n > MOST_DIAGRAMS)
    bs_writer_printf(page->w, "<p class=dim>and %zu more models in /analysis/reliability</p>",
                     n - MOST_DIAGRAMS);
  free(points);
}

/* One of the two measures over size. */
static void draw_measure(bs_page *page, const whole *of, const ordered *models, bool is_brier) {
  size_t n = page->analysis->n_models;
  bs_plot_point *points = bs_array_new(n, sizeof *points, &page->w->error);
  double high = 0;
  for (size_t i = 0; points != NULL && i < n; i++) {
    const bs_calibration_row *row = calibration_of(page, of, models[i].model);
    double value = row == NULL ? NAN : is_brier ? row->brier : row->calibration_error;
    points[i] = (bs_plot_point){.x = models[i].scale, .y = value, .low = NAN, .high = NAN};
    if (row == NULL)
      continue;
    points[i].low = is_brier ? row->brier_low : row->calibration_error_low;
    points[i].high = is_brier ? row->brier_high : row->calibration_error_high;
    points[i].what =
        bs_page_printf(page, "%s: %.3f [%.3f, %.3f]", page->analysis->models[models[i].model].name,
                       value, points[i].low, points[i].high);
    high = fmax(high, fmax(value, isfinite(points[i].high) ? points[i].high : value));
  }
  bs_plot plot = {.w = page->w,
                  .width = 320,
                  .height = 200,
                  .x = page->sizes,
                  .y = bs_plot_axis_round(0, high)};
  plot.x.label = page->size_name;
  bs_plot_begin(&plot, is_brier ? "Brier score over size" : "Calibration error over size");
  for (size_t i = 0, end; points != NULL && i < n; i = end) {
    bs_plot_style style = {.number = models[i].family};
    for (end = i; end < n && models[end].family == models[i].family;)
      end++;
    bs_writer_printf(page->w, "<g class=\"f f%zu\">", style.number);
    bs_plot_line(&plot, points + i, end - i, style);
    bs_plot_points(&plot, points + i, end - i, style);
    bs_writer_append_string(page->w, "</g>");
  }
  bs_plot_end(&plot);
  free(points);
}

static void write_slope(bs_page *page, const bs_calibration_slope_row *row) {
  bs_writer *w = page->w;
  bool is_brier = strcmp(row->metric, "calibration_multiple_choice_brier_score") == 0;
  bs_writer_append_string(w, "<tr><td>");
  bs_markup_text(w, row->task);
  bs_cell_family(page, row->family);
  bs_writer_printf(w, "<td class=n>%" PRIu32 "<td>%s", row->shots,
                   is_brier ? "Brier score" : "calibration error");
  bs_cell_text(
      w, row->slope,
      bs_page_printf(page, "%.4f [%.4f, %.4f]", row->slope, row->slope_low, row->slope_high));
  bs_writer_append_string(w, row->slope_high < 0  ? "<td class=ok>better"
                             : row->slope_low > 0 ? "<td class=no>worse"
                                                  : "<td class=dim>not shown");
  bs_writer_append_string(w, "\n");
}

static void write_slopes(bs_page *page) {
  const bs_tables *tables = page->tables;
  if (tables->n_calibration_slopes == 0)
    return;
  bs_writer_append_string(
      page->w, "<details><summary>Does calibration get better with size? By task</summary><div "
               "class=scroll><table class=sortable><thead><tr><th>task<th>family<th class=n>shots"
               "<th>measure<th class=n>slope over ln(size)<th>with size</thead><tbody>");
  for (size_t i = 0; i < tables->n_calibration_slopes && i < MOST_SLOPES; i++)
    write_slope(page, &tables->calibration_slopes[i]);
  bs_writer_append_string(page->w, "</tbody></table></div></details>");
  if (tables->n_calibration_slopes > MOST_SLOPES)
    bs_writer_printf(page->w, "<p class=dim>and %zu more in /analysis/calibration_slopes</p>",
                     tables->n_calibration_slopes - MOST_SLOPES);
}

static void write(bs_page *page) {
  whole of = whole_of(page);
  ordered *models = models_in_order(page);
  if (of.task == NULL || models == NULL) {
    free(models);
    return;
  }
  bs_writer_append_string(page->w, "<p class=dim>");
  bs_markup_text(page->w, of.task);
  bs_writer_append_string(page->w, ", ");
  bs_markup_text(page->w, bs_shots_text(page, of.shots));
  bs_writer_append_string(
      page->w,
      ": the share of right answers to multiple choice over how sure the model was. On the "
      "diagonal it is as often right as it is sure; beneath, it is too sure.</p><div "
      "class=cards>");
  bs_card_begin(page, "Calibration error over size", "0 is best; 95 % intervals", SIZE_MAX);
  draw_measure(page, &of, models, false);
  bs_card_end(page);
  bs_card_begin(page, "Brier score over size", "0 is best; 95 % intervals", SIZE_MAX);
  draw_measure(page, &of, models, true);
  bs_card_end(page);
  bs_writer_append_string(page->w, "</div>");
  write_diagrams(page, &of, models);
  write_slopes(page);
  free(models);
}

const bs_section bs_section_calibration = {"calibration", "Calibration", missing, write};
