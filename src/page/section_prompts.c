/* How much scores depend on the way in which a task is put. */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory_internal.h"
#include "page/cards_internal.h"

enum { MOST_CARDS = 120 };

/* A row of spreads and what it is sorted by. */
typedef struct entry {
  const bs_spread_row *row;
  uint32_t task, metric, family;
  double scale;
} entry;

static int compare_cards(const entry *a, const entry *b) {
  BS_ORDER(a->task, b->task);
  BS_ORDER(a->row->shots, b->row->shots);
  BS_ORDER(a->metric, b->metric);
  return 0;
}

static int compare_entries(const void *left, const void *right) {
  const entry *a = left, *b = right;
  int order = compare_cards(a, b);
  BS_ORDER(order, 0);
  BS_ORDER(a->family, b->family);
  BS_ORDER(a->scale, b->scale);
  BS_ORDER(a->row->model, b->row->model);
  return 0;
}

static const char *missing(const bs_page *page) {
  return page->tables->n_spreads > 0 ? NULL : "every task was put in one way";
}

static void draw_family(bs_page *page, bs_plot *plot, const entry *entries, size_t n) {
  bs_plot_style style = {.number = entries[0].family};
  bs_plot_point *points = bs_array_new(n, sizeof *points, &page->w->error);
  for (size_t i = 0; points != NULL && i < n; i++) {
    const bs_spread_row *row = entries[i].row;
    points[i] = (bs_plot_point){
        .x = entries[i].scale,
        .y = row->mean,
        .low = row->minimum,
        .high = row->maximum,
        .what = bs_page_printf(
            page, "%s: mean %.3g of %" PRIu64 " ways, from %.3g (%s) to %.3g (%s)",
            page->analysis->models[row->model].name, row->mean, row->n, row->minimum,
            row->minimum_variant[0] != '\0' ? row->minimum_variant : "as in its file", row->maximum,
            row->maximum_variant[0] != '\0' ? row->maximum_variant : "as in its file")};
  }
  bs_writer_printf(page->w, "<g class=\"f f%zu\">", style.number);
  if (points != NULL) {
    bs_plot_band(plot, points, n, style);
    bs_plot_line(plot, points, n, style);
    bs_plot_points(plot, points, n, style);
  }
  bs_writer_append_string(page->w, "</g>");
  free(points);
}

static void write_card(bs_page *page, const entry *entries, size_t n) {
  double low = INFINITY, high = -INFINITY, most = 0;
  for (size_t i = 0; i < n; i++) {
    low = fmin(low, entries[i].row->minimum);
    high = fmax(high, entries[i].row->maximum);
    most = fmax(most, entries[i].row->range);
  }
  const bs_spread_row *row = entries[0].row;
  bool is_share = low >= 0 && high <= 1;
  bs_plot plot = {.w = page->w,
                  .width = 320,
                  .height = 200,
                  .x = page->sizes,
                  .y = is_share ? (bs_plot_axis){.low = 0, .high = 1}
                                : bs_plot_axis_round(low, high)};
  plot.x.label = page->size_name;
  bs_card_begin(
      page, row->task,
      bs_page_printf(page, "%s \xC2\xB7 %s \xC2\xB7 %" PRIu64 " ways \xC2\xB7 widest range %.3g",
                     row->metric, bs_shots_text(page, row->shots), row->n, most),
      bs_panel_of_task(page, row->task, row->shots));
  bs_plot_begin(&plot, bs_page_printf(page, "Range of %s over prompts", row->task));
  for (size_t i = 0, end; i < n; i = end) {
    for (end = i; end < n && entries[end].family == entries[i].family;)
      end++;
    draw_family(page, &plot, entries + i, end - i);
  }
  bs_plot_end(&plot);
  bs_card_end(page);
}

/* Preferred metrics alone: the others are in the file. */
static size_t collect(const bs_page *page, entry *entries) {
  const bs_tables *tables = page->tables;
  size_t n = 0;
  for (size_t i = 0; i < tables->n_spreads; i++) {
    const bs_spread_place *place = &page->analysis->spread_places[i];
    const bs_analysis_model_row *model = &page->analysis->models[tables->spreads[i].model];
    if (place->is_preferred)
      entries[n++] = (entry){&tables->spreads[i], place->task, place->metric, model->family_number,
                             model->scale};
  }
  if (n > 0)
    qsort(entries, n, sizeof *entries, compare_entries);
  return n;
}

static void write(bs_page *page) {
  entry *entries = bs_array_new(page->tables->n_spreads, sizeof *entries, &page->w->error);
  size_t n = entries != NULL ? collect(page, entries) : 0, n_cards = 0;
  bs_writer_append_string(
      page->w,
      "<p class=dim>The band reaches from the worst to the best score over the ways in which "
      "a task was put, the line is their mean. A part of it is chance: compare it with the "
      "scores\xE2\x80\x99 standard errors.</p><div class=cards>");
  for (size_t i = 0, end; i < n; i = end) {
    for (end = i; end < n && compare_cards(&entries[i], &entries[end]) == 0;)
      end++;
    if (n_cards++ < MOST_CARDS)
      write_card(page, entries + i, end - i);
  }
  bs_writer_append_string(page->w, "</div>");
  free(entries);
}

const bs_section bs_section_prompts = {"prompts", "Brittleness over prompts", missing, write};
