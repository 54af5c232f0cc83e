/* Scores over size: the curves of several families in one picture, with error bars, what a guess
   and what people score, and what is forecast. */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory_internal.h"
#include "page/page_internal.h"
#include "report/summary_internal.h"

/* Forecasts of a family whose compute is known are over that, which need not be what the page's
   axis is. */
static bool is_over_scale(const bs_page *page, const char *family) {
  const bs_analysis *of = page->analysis;
  bool has_compute = true, is_same = true;
  for (size_t i = 0; i < of->n_models; i++)
    if (strcmp(of->models[i].family, family) == 0) {
      has_compute = has_compute && !isnan(of->models[i].compute);
      is_same = is_same && of->models[i].compute == of->models[i].scale;
    }
  return !has_compute || is_same;
}

/* They stand in the order of the curves, one for each. */
const bs_forecast_row *bs_forecast_of(const bs_page *page, size_t row) {
  const bs_linearity_row *line = &page->tables->linearity[row];
  const bs_forecast_row *of =
      row < page->tables->n_forecasts ? &page->tables->forecasts[row] : NULL;
  bool is_of_it = of != NULL && of->shots == line->shots && strcmp(of->task, line->task) == 0 &&
                  strcmp(of->metric, line->metric) == 0 && strcmp(of->family, line->family) == 0;
  return is_of_it && isfinite(of->forecast) && is_over_scale(page, line->family) ? of : NULL;
}

const bs_human_row *bs_human_of(const bs_page *page, size_t row) {
  const bs_linearity_row *line = &page->tables->linearity[row];
  for (size_t i = 0; i < page->tables->n_humans; i++)
    if (strcmp(page->tables->humans[i].task, line->task) == 0 &&
        strcmp(page->tables->humans[i].metric, line->metric) == 0)
      return &page->tables->humans[i];
  return NULL;
}

/* The smallest and the largest score of the curves and of what is forecast; with bars as far as
   these go. */
static void range_of(const bs_page *page, const size_t *rows, size_t n, bool has_forecasts,
                     bool with_bars, double *low, double *high) {
  *low = INFINITY;
  *high = -INFINITY;
  for (size_t i = 0; i < n; i++) {
    size_t n_points;
    const bs_scale_point *points = bs_analysis_curve(page->analysis, rows[i], &n_points);
    const bs_forecast_row *ahead = has_forecasts ? bs_forecast_of(page, rows[i]) : NULL;
    for (size_t k = 0; k < n_points; k++) {
      double bar = with_bars && isfinite(points[k].standard_error) ? points[k].standard_error : 0;
      if (!isfinite(points[k].value))
        continue;
      *low = fmin(*low, points[k].value - bar);
      *high = fmax(*high, points[k].value + bar);
    }
    *low = ahead != NULL ? fmin(*low, ahead->forecast) : *low;
    *high = ahead != NULL ? fmax(*high, ahead->forecast) : *high;
  }
}

/* The axis of scores: 0 to 1, or to 100 for means, where all lie there; else as far as they and
   their bars go. */
static bs_plot_axis score_axis(const bs_page *page, const size_t *rows, size_t n,
                               bool has_forecasts) {
  double low, high;
  bool is_mean = n > 0 && strcmp(page->tables->linearity[rows[0]].metric, BS_AGGREGATE_METRIC) == 0;
  double top = is_mean ? 100 : 1;
  range_of(page, rows, n, has_forecasts, false, &low, &high);
  if (low >= 0 && high <= top)
    return (bs_plot_axis){.kind = BS_AXIS_LINEAR, .low = 0, .high = top};
  range_of(page, rows, n, has_forecasts, true, &low, &high);
  return bs_plot_axis_round(low, high);
}

/* "pythia-70m (70.4M): 0.31 ± 0.02"; of repeats how many they are. */
static const char *describe(bs_page *page, const bs_scale_point *point) {
  char size[BS_CELL_BYTES], value[BS_CELL_BYTES], error[BS_CELL_BYTES], repeats[BS_CELL_BYTES];
  bs_format_scale(size, point->scale);
  bs_format_number(value, point->value);
  bs_format_number(error, point->standard_error);
  snprintf(repeats, sizeof repeats, " and %" PRIu32 " repeats", point->n_models - 1);
  return bs_page_printf(page, "%s%s (%s): %s%s%s", bs_analysis_model(page->analysis, point->model),
                        point->n_models > 1 ? repeats : "", size, value,
                        isnan(point->standard_error) ? "" : " \xC2\xB1 ",
                        isnan(point->standard_error) ? "" : error);
}

static const char *describe_forecast(bs_page *page, const bs_forecast_row *of) {
  char size[BS_CELL_BYTES], value[BS_CELL_BYTES], low[BS_CELL_BYTES], high[BS_CELL_BYTES];
  bs_format_scale(size, of->scale);
  bs_format_number(value, of->forecast);
  bs_format_number(low, of->low80);
  bs_format_number(high, of->high80);
  return bs_page_printf(page, "forecast for %s (%s): %s, 80 %% range %s to %s", of->family, size,
                        value, low, high);
}

static void draw_forecast(bs_page *page, bs_plot *plot, const bs_forecast_row *of,
                          const bs_plot_point *last, bs_plot_style style) {
  const bs_plot_point ends[2] = {{.x = last->x, .y = last->y, .low = NAN, .high = NAN},
                                 {.x = of->scale,
                                  .y = of->forecast,
                                  .low = of->low80,
                                  .high = of->high80,
                                  .what = describe_forecast(page, of)}};
  style.is_dashed = style.is_hollow = true;
  bs_plot_line(plot, ends, 2, style);
  bs_plot_points(plot, ends + 1, 1, style);
}

static void draw_curve(bs_page *page, bs_plot *plot, size_t row, bool has_forecasts) {
  const bs_linearity_row *line = &page->tables->linearity[row];
  size_t n, last = SIZE_MAX;
  const bs_scale_point *from = bs_analysis_curve(page->analysis, row, &n);
  bs_plot_style style = {.number = bs_family_number(page, line->family)};
  bs_plot_point *points = bs_array_new(n, sizeof *points, &page->w->error);
  for (size_t i = 0; points != NULL && i < n; i++) {
    points[i] = (bs_plot_point){.x = from[i].scale,
                                .y = from[i].value,
                                .low = from[i].value - from[i].standard_error,
                                .high = from[i].value + from[i].standard_error,
                                .what = describe(page, &from[i])};
    last = isfinite(from[i].value) ? i : last;
  }
  bs_writer_printf(plot->w, "<g class=\"f f%zu\">", style.number);
  if (points != NULL && line->shared_scales == 0)
    bs_plot_line(plot, points, n, style);
  if (points != NULL)
    bs_plot_points(plot, points, n, style);
  const bs_forecast_row *ahead = has_forecasts ? bs_forecast_of(page, row) : NULL;
  if (points != NULL && ahead != NULL && last != SIZE_MAX)
    draw_forecast(page, plot, ahead, &points[last], style);
  bs_writer_append_string(plot->w, "</g>");
  free(points);
}

static double chance_of(const bs_page *page, size_t row) {
  uint32_t task = page->analysis->linearity_task[row], metric;
  if (task == UINT32_MAX)
    return strcmp(page->tables->linearity[row].metric, BS_AGGREGATE_METRIC) == 0 ? 0 : NAN;
  return bs_interner_find(&page->analysis->metrics, page->tables->linearity[row].metric, &metric)
             ? bs_analysis_chance(page->analysis, page->results, task, metric)
             : NAN;
}

/* What a guess and what people score. A mean's 0 is the axis. */
static void draw_rules(bs_page *page, bs_plot *plot, size_t row) {
  bool is_task = page->analysis->linearity_task[row] != UINT32_MAX;
  const bs_human_row *human = bs_human_of(page, row);
  double chance = chance_of(page, row);
  if (is_task && chance > plot->y.low)
    bs_plot_rule(plot, chance, "chance", "chance");
  if (plot->y.low < 0 && plot->y.high > 0)
    bs_plot_rule(plot, 0, "zero", NULL);
  if (human == NULL)
    return;
  bs_plot_rule(plot, is_task ? human->average : human->normalized_average, "human",
               "human average");
  bs_plot_rule(plot, is_task ? human->best : human->normalized_best, "human", "best human");
}

void bs_curves_draw(bs_page *page, const size_t *rows, size_t n, const bs_curve_view *view) {
  const bs_linearity_row *line = &page->tables->linearity[rows[0]];
  bs_plot plot = {.w = page->w,
                  .width = view->width,
                  .height = view->height,
                  .x = page->sizes,
                  .y = score_axis(page, rows, n, view->has_forecasts)};
  plot.x.label = page->size_name;
  plot.y.label = view->y_label;
  bs_plot_begin(&plot,
                bs_page_printf(page, "%s: %s over %s", line->task, line->metric, page->size_name));
  draw_rules(page, &plot, rows[0]);
  for (size_t i = 0; i < n; i++)
    draw_curve(page, &plot, rows[i], view->has_forecasts);
  bs_plot_end(&plot);
}
