/* Axes and marks as SVG. */
#include "page/plot_internal.h"

#include <math.h>
#include <stdio.h>

#include "base/format_internal.h"

enum { LEFT = 40, RIGHT = 10, TOP = 8, BOTTOM = 34, TICK_WIDTH = 44, TICK_HEIGHT = 34 };

/* A value on its axis, from 0 to 1. */
static double share(const bs_plot_axis *axis, double value) {
  double low = axis->low, high = axis->high;
  if (axis->kind == BS_AXIS_LOG) {
    low = log(low);
    high = log(high);
    value = value > 0 ? log(value) : low;
  } else if (axis->kind == BS_AXIS_ASINH) {
    low = asinh(low);
    high = asinh(high);
    value = asinh(value);
  }
  double at = (value - low) / (high - low);
  return at < 0 ? 0 : at > 1 ? 1 : at;
}

double bs_plot_x(const bs_plot *plot, double value) {
  return plot->left + share(&plot->x, value) * (plot->right - plot->left);
}

double bs_plot_y(const bs_plot *plot, double value) {
  return plot->bottom - share(&plot->y, value) * (plot->bottom - plot->top);
}

/* As many digits as tell the ticks apart. */
static void format_tick(char out[BS_CELL_BYTES], const bs_plot_axis *axis,
                        const bs_plot_ticks *ticks, size_t i) {
  if (axis->is_size)
    bs_format_scale(out, ticks->at[i]);
  else if (axis->kind == BS_AXIS_LINEAR && ticks->n > 1) {
    double step = ticks->at[1] - ticks->at[0];
    int digits = step >= 1 || step <= 0 ? 0 : (int)ceil(-log10(step) - 1e-9);
    snprintf(out, BS_CELL_BYTES, "%.*f", digits > 9 ? 9 : digits,
             fabs(ticks->at[i]) < step / 2 ? 0 : ticks->at[i]);
  } else
    snprintf(out, BS_CELL_BYTES, "%.4g", ticks->at[i]);
}

/* Grid, ticks and label of the horizontal axis. */
static void draw_x(bs_plot *plot) {
  char text[BS_CELL_BYTES];
  bs_writer *w = plot->w;
  bs_plot_ticks x = bs_plot_ticks_of(&plot->x, (size_t)((plot->right - plot->left) / TICK_WIDTH));
  bs_writer_append_string(w, "<path class=g d=\"");
  for (size_t i = 0; i < x.n; i++)
    bs_writer_printf(w, "M%.1f %gV%g", bs_plot_x(plot, x.at[i]), plot->top, plot->bottom);
  bs_writer_append_string(w, "\"/>");
  for (size_t i = 0; i < x.n; i++) {
    format_tick(text, &plot->x, &x, i);
    bs_writer_printf(w, "<text class=\"t m\" x=%.1f y=%g>%s</text>", bs_plot_x(plot, x.at[i]),
                     plot->bottom + 12, text);
  }
  if (plot->x.label != NULL) {
    bs_writer_printf(w, "<text class=\"l m\" x=%g y=%g>", (plot->left + plot->right) / 2,
                     plot->height - 4);
    bs_markup_text(w, plot->x.label);
    bs_writer_append_string(w, "</text>");
  }
}

static void draw_y(bs_plot *plot) {
  char text[BS_CELL_BYTES];
  bs_writer *w = plot->w;
  bs_plot_ticks y = bs_plot_ticks_of(&plot->y, (size_t)((plot->bottom - plot->top) / TICK_HEIGHT));
  bs_writer_append_string(w, "<path class=g d=\"");
  for (size_t i = 0; i < y.n; i++)
    bs_writer_printf(w, "M%g %.1fH%g", plot->left, bs_plot_y(plot, y.at[i]), plot->right);
  bs_writer_append_string(w, "\"/>");
  for (size_t i = 0; i < y.n; i++) {
    format_tick(text, &plot->y, &y, i);
    bs_writer_printf(w, "<text class=\"t e\" x=%g y=%.1f>%s</text>", plot->left - 4,
                     bs_plot_y(plot, y.at[i]) + 3, text);
  }
  if (plot->y.label != NULL) {
    bs_writer_printf(w, "<text class=\"l m\" transform=\"translate(9 %g) rotate(-90)\">",
                     (plot->top + plot->bottom) / 2);
    bs_markup_text(w, plot->y.label);
    bs_writer_append_string(w, "</text>");
  }
}

static void begin(bs_plot *plot, double left, const char *title) {
  plot->left = left;
  plot->right = plot->width - RIGHT;
  plot->top = TOP;
  plot->bottom = plot->height - (plot->x.label != NULL ? BOTTOM : BOTTOM - 14);
  bs_writer_printf(plot->w, "<svg viewBox=\"0 0 %g %g\" role=img aria-label=\"", plot->width,
                   plot->height);
  bs_markup_text(plot->w, title);
  bs_writer_append_string(plot->w, "\">");
  draw_x(plot);
}

void bs_plot_begin(bs_plot *plot, const char *title) {
  begin(plot, LEFT + (plot->y.label != NULL ? 8 : 0), title);
  draw_y(plot);
}

void bs_plot_begin_named(bs_plot *plot, double n_units, const char *title) {
  begin(plot, n_units, title);
}

void bs_plot_end(bs_plot *plot) { bs_writer_append_string(plot->w, "</svg>\n"); }

void bs_plot_rule(bs_plot *plot, double y, const char *css_class, const char *name) {
  if (!isfinite(y) || y < plot->y.low || y > plot->y.high)
    return;
  double at = bs_plot_y(plot, y);
  bs_writer_printf(plot->w, "<path class=\"r %s\" d=\"M%g %.1fH%g\"/>", css_class, plot->left, at,
                   plot->right);
  if (name != NULL) {
    bs_writer_printf(plot->w, "<text class=\"t e %s\" x=%g y=%.1f>", css_class, plot->right - 2,
                     at < plot->top + 10 ? at + 9 : at - 3);
    bs_markup_text(plot->w, name);
    bs_writer_append_string(plot->w, "</text>");
  }
}

static bool is_there(const bs_plot_point *point) {
  return isfinite(point->x) && isfinite(point->y);
}

static size_t colour_of(bs_plot_style style) { return style.number % BS_PLOT_N_COLOURS; }

void bs_plot_line(bs_plot *plot, const bs_plot_point *points, size_t n, bs_plot_style style) {
  size_t n_drawn = 0;
  for (size_t i = 0; i < n; i++)
    n_drawn += is_there(&points[i]);
  if (n_drawn < 2)
    return;
  bs_writer_printf(plot->w, "<path class=\"s c%zu%s\" d=\"", colour_of(style),
                   style.is_dashed ? " d" : "");
  char step = 'M';
  for (size_t i = 0; i < n; i++)
    if (is_there(&points[i])) {
      bs_writer_printf(plot->w, "%c%.1f %.1f", step, bs_plot_x(plot, points[i].x),
                       bs_plot_y(plot, points[i].y));
      step = 'L';
    }
  bs_writer_append_string(plot->w, "\"/>");
}

static bool has_bar(const bs_plot_point *point) {
  return isfinite(point->x) && isfinite(point->low) && isfinite(point->high);
}

void bs_plot_band(bs_plot *plot, const bs_plot_point *points, size_t n, bs_plot_style style) {
  char step = 'M';
  bs_writer_printf(plot->w, "<path class=\"b c%zu\" d=\"", colour_of(style));
  for (size_t i = 0; i < n; i++)
    if (has_bar(&points[i])) {
      bs_writer_printf(plot->w, "%c%.1f %.1f", step, bs_plot_x(plot, points[i].x),
                       bs_plot_y(plot, points[i].high));
      step = 'L';
    }
  for (size_t i = n; i-- > 0;)
    if (has_bar(&points[i]))
      bs_writer_printf(plot->w, "L%.1f %.1f", bs_plot_x(plot, points[i].x),
                       bs_plot_y(plot, points[i].low));
  bs_writer_append_string(plot->w, step == 'L' ? "Z\"/>" : "\"/>");
}

/* All bars of a series are one path. */
static void draw_bars(bs_plot *plot, const bs_plot_point *points, size_t n, bs_plot_style style) {
  bool has_any = false;
  for (size_t i = 0; i < n; i++)
    has_any = has_any || has_bar(&points[i]);
  if (!has_any)
    return;
  bs_writer_printf(plot->w, "<path class=\"k c%zu\" d=\"", colour_of(style));
  for (size_t i = 0; i < n; i++)
    if (has_bar(&points[i]))
      bs_writer_printf(plot->w, "M%.1f %.1fV%.1f", bs_plot_x(plot, points[i].x),
                       bs_plot_y(plot, points[i].low), bs_plot_y(plot, points[i].high));
  bs_writer_append_string(plot->w, "\"/>");
}

/* The outlines of marks around 0 0: circle, square, diamond, triangles, cross. Behind the last
   colour the marks go on, so that the first families differ in both. */
static const char *const MARKS[BS_PLOT_N_MARKS] = {
    "m-3 0a3 3 0 1 0 6 0a3 3 0 1 0-6 0z",
    "m-2.7-2.7h5.4v5.4h-5.4z",
    "m0-3.8l3.8 3.8l-3.8 3.8l-3.8-3.8z",
    "m0-3.6l3.6 6h-7.2z",
    "m0 3.6l3.6-6h-7.2z",
    "m-1.2-3.4h2.4v2.2h2.2v2.4h-2.2v2.2h-2.4v-2.2h-2.2v-2.4h2.2z"};

static const char *mark_of(size_t number) { return MARKS[number % BS_PLOT_N_MARKS]; }

void bs_plot_points(bs_plot *plot, const bs_plot_point *points, size_t n, bs_plot_style style) {
  draw_bars(plot, points, n, style);
  for (size_t i = 0; i < n; i++) {
    if (!is_there(&points[i]))
      continue;
    bs_writer_printf(plot->w, "<path class=\"p c%zu%s\" d=\"M%.1f %.1f%s\">", colour_of(style),
                     style.is_hollow ? " h" : "", bs_plot_x(plot, points[i].x),
                     bs_plot_y(plot, points[i].y), mark_of(style.number));
    if (points[i].what != NULL) {
      bs_writer_append_string(plot->w, "<title>");
      bs_markup_text(plot->w, points[i].what);
      bs_writer_append_string(plot->w, "</title>");
    }
    bs_writer_append_string(plot->w, "</path>");
  }
}

void bs_plot_key(bs_writer *w, size_t number) {
  bs_writer_printf(w,
                   "<svg class=key viewBox=\"0 0 18 10\" aria-hidden=true><path class=\"s c%zu\" "
                   "d=\"M0 5H18\"/><path class=\"p c%zu\" d=\"M9 5%s\"/></svg>",
                   number % BS_PLOT_N_COLOURS, number % BS_PLOT_N_COLOURS, mark_of(number));
}
