/* Breakthroughs of sharp metrics beside smooth ones: are they the models', or the metric's? */
#include <math.h>
#include <string.h>

#include "bigsweep/statistics.h"
#include "page/cards_internal.h"

enum { MOST_CARDS = 80 };

static bool is_of(const bs_smooth_row *row, bs_verdict verdict) {
  return strcmp(row->verdict, bs_verdict_name(verdict)) == 0;
}

static const char *missing(const bs_page *page) {
  if (page->tables->n_smooth == 0)
    return page->results == NULL ? "a table of scores is not compared so"
                                 : "no curve of a sharp metric has a shape";
  for (size_t i = 0; i < page->tables->n_smooth; i++)
    if (!is_of(&page->tables->smooth[i], BS_VERDICT_NONE))
      return NULL;
  return "no curve breaks through";
}

/* The rows of one curve are neighbours. */
static size_t end_of_curve(const bs_tables *tables, size_t first) {
  size_t end = first + 1;
  while (end < tables->n_smooth && tables->smooth[end].curve == tables->smooth[first].curve)
    end++;
  return end;
}

static void write_verdict(bs_page *page, const bs_smooth_row *row) {
  bs_writer *w = page->w;
  bs_writer_append_string(w, "<li><span class=\"badge ");
  bs_writer_append_string(w, is_of(row, BS_VERDICT_GONE)    ? "growth"
                             : is_of(row, BS_VERDICT_STAYS) ? "breakthrough"
                                                            : "flat");
  bs_writer_printf(w, "\">%s</span> ", row->verdict);
  bs_markup_text(w, row->smooth_metric);
  if (isfinite(row->smooth_jump_share))
    bs_writer_printf(w, " <span class=dim>%.0f %%</span>", 100 * row->smooth_jump_share);
  bs_writer_append_string(w, "</li>");
}

/* The two curves one above the other, over the same sizes. */
static void write_card(bs_page *page, const bs_smooth_row *rows, size_t n) {
  const size_t sharp = rows->curve, smooth = rows->smooth_curve;
  const bs_curve_view above = {.width = 320, .height = 150, .y_label = rows->metric};
  const bs_curve_view beneath = {.width = 320, .height = 150, .y_label = rows->smooth_metric};
  bs_card_begin(
      page, rows->task,
      bs_page_printf(page, "%s \xC2\xB7 %s", rows->family, bs_shots_text(page, rows->shots)),
      bs_panel_of_task(page, rows->task, rows->shots));
  bs_curves_draw(page, &sharp, 1, &above);
  bs_curves_draw(page, &smooth, 1, &beneath);
  bs_writer_append_string(page->w, "<ul class=verdicts>");
  for (size_t i = 0; i < n; i++)
    write_verdict(page, &rows[i]);
  bs_writer_append_string(page->w, "</ul>");
  bs_card_end(page);
}

static void write(bs_page *page) {
  const bs_tables *tables = page->tables;
  size_t n = 0, end;
  bs_writer_append_string(
      page->w,
      "<p class=dim>Above the sharp metric, which sees right and wrong alone, beneath a smooth one "
      "on the same task. \xE2\x80\x9CGone\xE2\x80\x9D: it is shown that no two neighbouring steps "
      "hold half of the smooth change; \xE2\x80\x9Cstays\xE2\x80\x9D: it is shown that they do; "
      "the "
      "percentage is their largest share.</p><div class=cards>");
  for (size_t first = 0; first < tables->n_smooth; first = end) {
    end = end_of_curve(tables, first);
    if (!is_of(&tables->smooth[first], BS_VERDICT_NONE) && n++ < MOST_CARDS)
      write_card(page, &tables->smooth[first], end - first);
  }
  bs_writer_append_string(page->w, "</div>");
  if (n > MOST_CARDS)
    bs_writer_printf(page->w, "<p class=dim>and %zu more in /analysis/smooth</p>", n - MOST_CARDS);
}

const bs_section bs_section_smooth = {"smooth", "Sharp against smooth", missing, write};
