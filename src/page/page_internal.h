/* The page while it is written: what its sections share. */
#ifndef BIGSWEEP_PAGE_PAGE_INTERNAL_H
#define BIGSWEEP_PAGE_PAGE_INTERNAL_H

#include "analysis/analysis_internal.h"
#include "base/format_internal.h"
#include "bigsweep/page.h"
#include "page/plot_internal.h"

/* Curves that are drawn together: the families' curves of one task (or mean), metric and number of
   shots, as linearity rows. */
typedef struct bs_panel {
  size_t first, n; /* of bs_panels.rows */
  const char *task, *metric;
  uint32_t shots;
  uint32_t number; /* of the task; UINT32_MAX: a mean over tasks */
} bs_panel;

typedef struct bs_panels {
  size_t *rows;
  size_t n_rows;
  bs_panel *list;
  size_t n;
} bs_panels;

typedef struct bs_page {
  const bs_analysis *analysis;
  const bs_tables *tables;  /* of the analysis */
  const bs_tables *results; /* NULL: there are scores alone */
  const bs_page_options *options;
  bs_writer *w;
  bs_arena *arena;
  bs_plot_axis sizes;    /* of all models, and of forecasts */
  const char *size_name; /* "parameters" */
  bs_panels tasks;       /* each task under the metric that it goes by */
  bs_panels means;       /* over tasks */
} bs_page;

/* One part of the page. */
typedef struct bs_section {
  const char *id, *title;
  /* Why there is nothing to show; NULL: there is. */
  const char *(*missing)(const bs_page *page);
  void (*write)(bs_page *page);
} bs_section;

#define BS_SECTION_LIST(ROW)                                                                       \
  ROW(summary)                                                                                     \
  ROW(tasks)                                                                                       \
  ROW(map)                                                                                         \
  ROW(shapes)                                                                                      \
  ROW(smooth)                                                                                      \
  ROW(calibration)                                                                                 \
  ROW(comparisons)                                                                                 \
  ROW(bias)                                                                                        \
  ROW(languages)                                                                                   \
  ROW(prompts)                                                                                     \
  ROW(means)                                                                                       \
  ROW(models)
#define BS_SECTION_DECLARE(name) extern const bs_section bs_section_##name;
BS_SECTION_LIST(BS_SECTION_DECLARE)
#undef BS_SECTION_DECLARE

/* Groups the linearity rows that `wants` chooses. Free with bs_panels_free, after an error too. */
typedef bool bs_panel_wants(const bs_page *page, size_t row);
bs_status bs_panels_make(bs_panels *out, const bs_page *page, bs_panel_wants *wants, bs_error *err);
void bs_panels_free(bs_panels *panels);
/* The panel of this number among those of tasks, by the place of its task, metric and shots;
   SIZE_MAX: none. */
size_t bs_panels_find(const bs_panels *panels, const bs_linearity_row *row);

/* The number by which a family has its colour. */
size_t bs_family_number(const bs_page *page, const char *family);
/* A copy that lives as long as the page; keeps the error. */
const char *bs_page_printf(bs_page *page, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* What a panel is beside its curves. */
typedef struct bs_curve_view {
  double width, height;
  bool has_forecasts; /* draw them */
  const char *y_label;
} bs_curve_view;
/* Draws the curves of linearity rows[n], of one metric and task. */
void bs_curves_draw(bs_page *page, const size_t *rows, size_t n, const bs_curve_view *view);
/* The forecast of a linearity row where it can be drawn beside its curve; NULL: there is none. */
const bs_forecast_row *bs_forecast_of(const bs_page *page, size_t row);
/* What people score on a linearity row's task under its metric; NULL: it is not known. */
const bs_human_row *bs_human_of(const bs_page *page, size_t row);

/* Cells of tables. */
/* <td>, right-aligned and sorted by the value, with three digits; empty where it is undefined. */
void bs_cell_number(bs_writer *w, double value);
/* The same with an interval behind it: "4.3 [4.1, 4.6]"; open ends and what is not determined as in
   the table of `analyze`. */
void bs_cell_text(bs_writer *w, double sort_by, const char *text);
void bs_cell_p(bs_writer *w, double p);
/* A family's mark and name. */
void bs_cell_family(bs_page *page, const char *family);
/* The name of a shape as a badge; nothing for "". */
void bs_badge(bs_writer *w, const char *shape);
/* A link to the panel of a task, or its name alone where it has none. */
void bs_link_panel(bs_page *page, size_t panel);

/* The examples of all tasks, a <script> element of JSON for each. */
void bs_examples_write(bs_page *page);

#endif
