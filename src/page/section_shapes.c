/* The shapes of the curves: how many of each, and which, with their p values. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory_internal.h"
#include "bigsweep/statistics.h"
#include "page/page_internal.h"
#include "report/comparing_internal.h"

/* In the order of the bar: from better to worse with size. */
static const bs_shape ORDER[] = {
    BS_SHAPE_BREAKTHROUGH, BS_SHAPE_GROWTH, BS_SHAPE_INVERTED_U, BS_SHAPE_FLAT,
    BS_SHAPE_IRREGULAR,    BS_SHAPE_U,      BS_SHAPE_INVERSE,    BS_SHAPE_INVERSE_BREAKTHROUGH};
enum { N_SHAPES = sizeof ORDER / sizeof *ORDER };

/* One curve and what is told of it. */
typedef struct item {
  size_t panel;
  const bs_linearity_row *line;
} item;

typedef struct items {
  item *list;
  size_t n;
} items;

static bool is_of(const item *it, const char *family, const char *shape) {
  return strcmp(it->line->shape, shape) == 0 &&
         (family == NULL || strcmp(it->line->family, family) == 0);
}

static size_t count(const items *all, const char *family, const char *shape) {
  size_t n = 0;
  for (size_t i = 0; i < all->n; i++)
    n += is_of(&all->list[i], family, shape);
  return n;
}

static const char *missing(const bs_page *page) {
  for (size_t i = 0; i < page->tasks.n_rows; i++)
    if (page->tables->linearity[page->tasks.rows[i]].shape[0] != '\0')
      return NULL;
  return "no curve has a shape: that needs three sizes of a family, and standard errors or "
         "examples";
}

static void collect(bs_page *page, items *to) {
  for (size_t i = 0; i < page->tasks.n; i++)
    for (size_t k = 0; k < page->tasks.list[i].n; k++)
      to->list[to->n++] =
          (item){i, &page->tables->linearity[page->tasks.rows[page->tasks.list[i].first + k]]};
}

/* A family's curves as one bar with a piece for each shape. */
static void write_bar(bs_page *page, const items *all, const char *family) {
  bs_writer *w = page->w;
  bs_writer_append_string(w, "<tr>");
  bs_cell_family(page, family);
  bs_writer_append_string(w, "<td class=barcell><div class=shapes>");
  for (size_t i = 0; i < N_SHAPES; i++) {
    const char *shape = bs_shape_name(ORDER[i]);
    size_t n = count(all, family, shape);
    if (n == 0)
      continue;
    bs_writer_append_string(w, "<span class=\"badge ");
    for (const char *at = shape; *at != '\0'; at++)
      bs_writer_append(w, *at == ' ' ? "-" : at, 1);
    bs_writer_printf(w, "\" style=\"flex:%zu\" title=\"%s: %zu\">%zu</span>", n, shape, n, n);
  }
  bs_writer_append_string(w, "</div></tr>\n");
}

static void write_list(bs_page *page, const items *all, const char *shape) {
  bs_writer *w = page->w;
  size_t n = count(all, NULL, shape);
  if (n == 0)
    return;
  bs_writer_append_string(w, "<details><summary>");
  bs_badge(w, shape);
  bs_writer_printf(w, " %zu curve%s</summary><ul class=flow>\n", n, n == 1 ? "" : "s");
  for (size_t i = 0; i < all->n; i++) {
    char p[BS_CELL_BYTES];
    if (!is_of(&all->list[i], NULL, shape))
      continue;
    const bs_linearity_row *line = all->list[i].line;
    bs_format_p(p, line->shape_p);
    bs_writer_append_string(w, "<li>");
    bs_plot_key(w, bs_family_number(page, line->family));
    bs_link_panel(page, all->list[i].panel);
    bs_writer_append_string(w, " <span class=dim>p ");
    bs_markup_text(w, p);
    bs_writer_append_string(w, "</span></li>\n");
  }
  bs_writer_append_string(w, "</ul></details>\n");
}

static void write(bs_page *page) {
  items all = {0};
  const bs_interner *families = &page->analysis->families;
  all.list = bs_array_new(page->tasks.n_rows, sizeof *all.list, &page->w->error);
  if (all.list == NULL)
    return;
  collect(page, &all);
  bs_writer_append_string(page->w,
                          "<p class=dim>How many tasks of each family have which shape, and which "
                          "they are; p is that of \xE2\x80\x9Cthe curve is flat\xE2\x80\x9D.</p>"
                          "<table class=bars>");
  for (size_t i = 0; i < families->n; i++)
    write_bar(page, &all, families->strings[i]);
  bs_writer_append_string(page->w, "</table>");
  for (size_t i = 0; i < N_SHAPES; i++)
    write_list(page, &all, bs_shape_name(ORDER[i]));
  free(all.list);
}

const bs_section bs_section_shapes = {"shapes", "Shapes", missing, write};
