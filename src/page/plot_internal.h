/* Pictures as SVG: a pair of axes and marks in it. Nothing here knows what is drawn. */
#ifndef BIGSWEEP_PAGE_PLOT_INTERNAL_H
#define BIGSWEEP_PAGE_PLOT_INTERNAL_H

#include <stdbool.h>

#include "page/markup_internal.h"

/* Linear; logarithmic; or both, "asinh": linear around 0 and logarithmic far from it. */
typedef enum bs_axis_kind { BS_AXIS_LINEAR, BS_AXIS_LOG, BS_AXIS_ASINH } bs_axis_kind;

/* What an axis shows, from low to high, low < high; logarithmic ones above 0. */
typedef struct bs_plot_axis {
  bs_axis_kind kind;
  double low, high;
  const char *label; /* with its unit; NULL: none */
  bool is_size;      /* ticks as 10K, 1M */
} bs_plot_axis;

enum { BS_PLOT_MOST_TICKS = 12 };

typedef struct bs_plot_ticks {
  double at[BS_PLOT_MOST_TICKS];
  size_t n;
} bs_plot_ticks;

/* About n_wanted (at most BS_PLOT_MOST_TICKS) round numbers on the axis: 1, 2 or 5 times a power of
   ten; on a long logarithmic axis powers of ten. */
bs_plot_ticks bs_plot_ticks_of(const bs_plot_axis *axis, size_t n_wanted);
/* The axis that shows [low, high] with a little room on both sides; where the ends are equal or not
   finite, an axis of some length around them, or from 0 to 1. */
bs_plot_axis bs_plot_axis_around(bs_axis_kind kind, double low, double high);
/* The same whose ends are round numbers; linear. */
bs_plot_axis bs_plot_axis_round(double low, double high);

typedef struct bs_plot {
  bs_writer *w;
  bs_plot_axis x, y;
  double width, height;            /* of the picture, in its own units */
  double left, right, top, bottom; /* where the marks stand */
} bs_plot;

/* Where a value stands: in the picture's units, beyond the axes' ends at the ends. */
double bs_plot_x(const bs_plot *plot, double value);
double bs_plot_y(const bs_plot *plot, double value);

/* Begins a picture of plot->width and plot->height with grid, ticks and labels; `title` is what is
   read to those who do not see it. The rest of *plot is filled. */
void bs_plot_begin(bs_plot *plot, const char *title);
/* The same of a picture whose lines have names on the left, for which there are n_units: without a
   vertical axis. */
void bs_plot_begin_named(bs_plot *plot, double n_units, const char *title);
void bs_plot_end(bs_plot *plot);

/* A horizontal line over the whole width, with its name at its right end, above it. */
void bs_plot_rule(bs_plot *plot, double y, const char *css_class, const char *name);

/* A colour (a CSS class) and a mark of one series among others. */
typedef struct bs_plot_style {
  size_t number;
  bool is_hollow, is_dashed;
} bs_plot_style;

typedef struct bs_plot_point {
  double x, y;      /* not drawn where either is not finite */
  double low, high; /* of its bar; NaN: none */
  const char *what; /* shown on touch: text from files */
} bs_plot_point;

/* A line through the points that are there, in their order. */
void bs_plot_line(bs_plot *plot, const bs_plot_point *points, size_t n, bs_plot_style style);
/* The area between the points' low and high. */
void bs_plot_band(bs_plot *plot, const bs_plot_point *points, size_t n, bs_plot_style style);
void bs_plot_points(bs_plot *plot, const bs_plot_point *points, size_t n, bs_plot_style style);
/* The mark of a series by itself, as legends have it. */
void bs_plot_key(bs_writer *w, size_t number);

enum { BS_PLOT_N_COLOURS = 8, BS_PLOT_N_MARKS = 6 };

#endif
