/* Linearity against breakthroughness: where the tasks lie between steady growth and sudden jumps.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory_internal.h"
#include "page/page_internal.h"
#include "report/summary_internal.h"

enum { WIDTH = 760, HEIGHT = 440, LETTER = 6, LINE = 11, MOST_LABELS = 40 };

typedef struct box {
  double left, right, top, bottom;
} box;

/* A task's point, in the picture's units. */
typedef struct place {
  size_t panel, row;
  double x, y, weight;
} place;

typedef struct map {
  bs_page *page;
  bs_plot plot;
  place *places;
  size_t n;
  box *labels; /* [MOST_LABELS] */
  size_t n_labels;
} map;

static bool is_defined(const bs_linearity_row *line) {
  return isfinite(line->linearity) && isfinite(line->breakthroughness);
}

static const char *missing(const bs_page *page) {
  for (size_t i = 0; i < page->tasks.n_rows; i++)
    if (is_defined(&page->tables->linearity[page->tasks.rows[i]]))
      return NULL;
  return "no family has three sizes, which L and B need";
}

static void collect(map *m) {
  const bs_panels *tasks = &m->page->tasks;
  double x_low = 0, x_high = 0, y_low = 0, y_high = 0;
  for (size_t i = 0; i < tasks->n; i++)
    for (size_t k = 0; k < tasks->list[i].n; k++) {
      size_t row = tasks->rows[tasks->list[i].first + k];
      const bs_linearity_row *line = &m->page->tables->linearity[row];
      if (!is_defined(line))
        continue;
      m->places[m->n++] = (place){i, row, line->linearity, line->breakthroughness,
                                  fabs(line->breakthroughness) + fabs(line->linearity)};
      x_low = fmin(x_low, line->linearity);
      x_high = fmax(x_high, line->linearity);
      y_low = fmin(y_low, line->breakthroughness);
      y_high = fmax(y_high, line->breakthroughness);
    }
  m->plot.x = bs_plot_axis_around(BS_AXIS_LINEAR, x_low, x_high);
  m->plot.y = bs_plot_axis_around(BS_AXIS_ASINH, y_low, fmax(y_high, 10) * 1.2);
}

/* Whether the noise leaves the direction of the curve open. */
static bool is_open(const bs_linearity_row *line) {
  return !(line->linearity_low > 0 || line->linearity_high < 0);
}

static void draw_place(map *m, const place *of) {
  const bs_linearity_row *line = &m->page->tables->linearity[of->row];
  char linearity[BS_CELL_BYTES], breakthroughness[BS_CELL_BYTES];
  size_t number = bs_family_number(m->page, line->family);
  bs_summary_estimate(linearity, line->linearity, line->linearity_low, line->linearity_high);
  bs_summary_breakthroughness(breakthroughness, line, false);
  const bs_plot_point point = {
      .x = line->linearity,
      .y = line->breakthroughness,
      .low = NAN,
      .high = NAN,
      .what = bs_page_printf(m->page, "%s (%s): %s, L %s, B %s", line->task, line->family,
                             line->shape[0] != '\0' ? line->shape : "no shape", linearity,
                             breakthroughness)};
  bs_writer_printf(m->page->w, "<a class=\"f f%zu\" data-i=%zu href=#c%zu>", number, of->panel,
                   of->panel);
  bs_plot_points(&m->plot, &point, 1,
                 (bs_plot_style){.number = number, .is_hollow = is_open(line)});
  bs_writer_append_string(m->page->w, "</a>");
}

static bool overlap(const box *a, const box *b) {
  return a->left < b->right && b->left < a->right && a->top < b->bottom && b->top < a->bottom;
}

static bool is_free(const map *m, const box *of, const place *owner) {
  bool is = of->left >= m->plot.left && of->right <= m->plot.right && of->top >= m->plot.top &&
            of->bottom <= m->plot.bottom;
  for (size_t i = 0; is && i < m->n_labels; i++)
    is = !overlap(&m->labels[i], of);
  for (size_t i = 0; is && i < m->n; i++) {
    const place *p = &m->places[i];
    const box mark = {p->x - 4, p->x + 4, p->y - 4, p->y + 4};
    is = p == owner || !overlap(&mark, of);
  }
  return is;
}

/* Beside its point, where there is room; else the point's title has to do. */
static void draw_label(map *m, const place *of) {
  const bs_linearity_row *line = &m->page->tables->linearity[of->row];
  double width = LETTER * (double)bs_text_width(line->task);
  const box around[] = {{of->x + 6, of->x + 6 + width, of->y - LINE / 2., of->y + LINE / 2.},
                        {of->x - 6 - width, of->x - 6, of->y - LINE / 2., of->y + LINE / 2.},
                        {of->x - width / 2, of->x + width / 2, of->y - 6 - LINE, of->y - 6},
                        {of->x - width / 2, of->x + width / 2, of->y + 6, of->y + 6 + LINE}};
  for (size_t i = 0; i < sizeof around / sizeof *around && m->n_labels < MOST_LABELS; i++) {
    if (!is_free(m, &around[i], of))
      continue;
    m->labels[m->n_labels++] = around[i];
    bs_writer_printf(m->page->w, "<text class=\"t f%zu\" data-i=%zu x=%.1f y=%.1f>",
                     bs_family_number(m->page, line->family), of->panel, around[i].left,
                     around[i].bottom - 2);
    bs_markup_text(m->page->w, line->task);
    bs_writer_append_string(m->page->w, "</text>");
    return;
  }
}

static int compare_places(const void *left, const void *right) {
  const place *a = left, *b = right;
  BS_ORDER(b->weight, a->weight);
  BS_ORDER(a->row, b->row);
  return 0;
}

static void draw(map *m) {
  m->plot.x.label = "linearity L";
  m->plot.y.label = "breakthroughness B";
  bs_plot_begin(&m->plot, "Linearity and breakthroughness of all tasks");
  bs_plot_rule(&m->plot, 0, "zero", NULL);
  if (m->n > 0)
    qsort(m->places, m->n, sizeof *m->places, compare_places);
  for (size_t i = 0; i < m->n; i++) {
    m->places[i].x = bs_plot_x(&m->plot, m->places[i].x);
    m->places[i].y = bs_plot_y(&m->plot, m->places[i].y);
  }
  for (size_t i = m->n; i-- > 0;)
    draw_place(m, &m->places[i]);
  for (size_t i = 0; i < m->n; i++)
    draw_label(m, &m->places[i]);
  bs_plot_end(&m->plot);
}

static void write(bs_page *page) {
  map m = {.page = page, .plot = {.w = page->w, .width = WIDTH, .height = HEIGHT}};
  m.places = bs_array_new(page->tasks.n_rows, sizeof *m.places, &page->w->error);
  m.labels = bs_array_new(MOST_LABELS, sizeof *m.labels, &page->w->error);
  bs_writer_append_string(page->w,
                          "<p class=dim>Each mark is a task in a family: far right, it grows "
                          "steadily with size; far up, "
                          "it jumps; below 0, it gets worse. Hollow: its direction is within "
                          "noise. A mark leads to the "
                          "task\xE2\x80\x99s curve.</p><figure class=\"wide scroll\" id=lbmap>");
  if (m.places != NULL && m.labels != NULL) {
    collect(&m);
    draw(&m);
  }
  bs_writer_append_string(page->w, "</figure>");
  free(m.places);
  free(m.labels);
}

const bs_section bs_section_map = {"map", "Linearity and breakthroughness", missing, write};
