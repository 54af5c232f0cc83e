/* Two families at equal scale, dense against sparse and base against instruct among them, or two
   ways to put a task: differences, and the factor in scale at which they are equal. */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory_internal.h"
#include "page/cards_internal.h"
#include "report/comparing_internal.h"

enum { MOST_PAIRS = 400, MOST_OPENED = 12, MOST_TASKS = 60, ROW = 15, NAMES = 190, WIDTH = 620 };

static const char *missing(const bs_page *page) {
  return page->tables->n_comparisons > 0 ? NULL
                                         : "there is one family, and every task is put in one way";
}

static bool is_mean(const bs_comparison_row *row) {
  return strcmp(row->metric, BS_AGGREGATE_METRIC) == 0;
}

static bool is_same_pair(const bs_comparison_row *a, const bs_comparison_row *b) {
  return strcmp(a->kind, b->kind) == 0 && strcmp(a->family, b->family) == 0 &&
         strcmp(a->first, b->first) == 0 && strcmp(a->second, b->second) == 0 &&
         a->shots == b->shots;
}

/* What all models of a family have; "" where they differ or nothing is known. */
static const char *shared(const bs_page *page, const char *family, bool tuning) {
  const char *found = NULL;
  for (size_t i = 0; page->results != NULL && i < page->results->n_models; i++) {
    const bs_model_row *row = &page->results->models[i];
    const char *has = tuning ? row->tuning : row->group;
    if (strcmp(row->family, family) != 0)
      continue;
    if (found != NULL && strcmp(found, has) != 0)
      return "";
    found = has;
  }
  return found != NULL ? found : "";
}

/* "sparse against dense", "instruct against base"; "" where they are alike. */
static const char *contrast(bs_page *page, const bs_comparison_row *row) {
  if (strcmp(row->kind, BS_FAMILIES_COMPARED) != 0)
    return "";
  for (int tuning = 0; tuning < 2; tuning++) {
    const char *first = shared(page, row->first, tuning != 0);
    const char *second = shared(page, row->second, tuning != 0);
    if (first[0] != '\0' && second[0] != '\0' && strcmp(first, second) != 0)
      return bs_page_printf(page, "%s against %s", first, second);
  }
  return "";
}

static const char *side(const char *name) { return name[0] != '\0' ? name : "as in its file"; }

static void write_pair(bs_page *page, const bs_comparison_row *row) {
  bs_writer *w = page->w;
  if (row->family[0] != '\0') {
    bs_markup_text(w, row->family);
    bs_writer_append_string(w, ": ");
  }
  bs_markup_text(w, side(row->first));
  bs_writer_append_string(w, " <span class=dim>against</span> ");
  bs_markup_text(w, side(row->second));
}

static void write_ratio(bs_page *page, const bs_comparison_row *row) {
  char ends[BS_CELL_BYTES];
  bs_format_factors(ends, (bs_interval){row->ratio_low, row->ratio_high});
  bool is_open = !(row->ratio_low > 0) && isinf(row->ratio_high);
  if (isnan(row->ratio) && (is_open || isnan(row->ratio_low)))
    bs_cell_text(page->w, NAN, "?");
  else if (isnan(row->ratio))
    bs_cell_text(page->w, NAN, ends);
  else
    bs_cell_text(page->w, row->ratio, bs_page_printf(page, "%.3g %s", row->ratio, ends));
}

static void write_numbers(bs_page *page, const bs_comparison_row *row, double p) {
  char value[BS_CELL_BYTES], ends[BS_CELL_BYTES];
  bs_format_difference(value, row->difference);
  bs_format_interval(ends, (bs_interval){row->difference_low, row->difference_high});
  bs_cell_text(page->w, row->difference, bs_page_printf(page, "%s %s", value, ends));
  bs_cell_p(page->w, p);
  write_ratio(page, row);
}

static void write_mean(bs_page *page, const bs_comparison_row *row) {
  bs_writer *w = page->w;
  bs_writer_append_string(w, "<tr><td>");
  write_pair(page, row);
  bs_writer_append_string(w, "<td>");
  bs_markup_text(w, contrast(page, row));
  bs_writer_printf(w, "<td class=n>%" PRIu32 "<td class=n>%" PRIu64, row->shots, row->n);
  write_numbers(page, row, row->p);
  bs_writer_printf(w, "<td class=n>%" PRIu64 ":%" PRIu64 ":%" PRIu64 "\n", row->wins, row->losses,
                   row->ties);
}

static void write_means(bs_page *page) {
  const bs_tables *tables = page->tables;
  size_t n = 0;
  bs_writer_append_string(
      page->w,
      "<div class=scroll><table class=sortable><thead><tr><th>pair<th>kind<th class=n>shots<th "
      "class=n>tasks<th class=n>difference [95 %]<th class=n>p<th class=n>equal-cost ratio [95 "
      "%]<th "
      "class=n>wins:losses:ties</thead><tbody>");
  for (size_t i = 0; i < tables->n_comparisons; i++)
    if (is_mean(&tables->comparisons[i]) && n++ < MOST_PAIRS)
      write_mean(page, &tables->comparisons[i]);
  bs_writer_append_string(page->w, "</tbody></table></div>");
}

static int compare_differences(const void *left, const void *right) {
  const bs_comparison_row *a = *(const bs_comparison_row *const *)left;
  const bs_comparison_row *b = *(const bs_comparison_row *const *)right;
  bool of_a = isnan(a->difference), of_b = isnan(b->difference);
  BS_ORDER(of_a, of_b);
  if (!of_a)
    BS_ORDER(b->difference, a->difference);
  BS_ORDER(a, b);
  return 0;
}

/* A line for each task: its difference with the interval, by size. */
static void draw_tasks(bs_page *page, const bs_comparison_row *const *rows, size_t n) {
  double most = 0;
  for (size_t i = 0; i < n; i++) {
    const double ends[] = {rows[i]->difference, rows[i]->difference_low, rows[i]->difference_high};
    for (size_t k = 0; k < 3; k++)
      most = isfinite(ends[k]) ? fmax(most, fabs(ends[k])) : most;
  }
  bs_plot plot = {.w = page->w,
                  .width = WIDTH,
                  .height = (double)(n * ROW) + 50,
                  .x = bs_plot_axis_round(-most, most),
                  .y = {.low = 0, .high = 1}};
  plot.x.label = "first less second, in the metric\xE2\x80\x99s unit";
  bs_plot_begin_named(&plot, NAMES, "Differences by task");
  double middle = bs_plot_x(&plot, 0);
  bs_writer_printf(page->w, "<path class=\"r zero\" d=\"M%.1f %gV%g\"/>", middle, plot.top,
                   plot.bottom);
  for (size_t i = 0; i < n; i++) {
    double at = plot.top + ((double)i + .7) * ROW;
    bool is_clear = rows[i]->p_holm < .05;
    bs_writer_printf(page->w, "<text class=\"t e\" x=%g y=%.1f>", plot.left - 8, at + 3);
    bs_markup_clip(page->w, rows[i]->task, 30);
    bs_writer_append_string(page->w, "</text>");
    if (!isfinite(rows[i]->difference))
      continue;
    if (isfinite(rows[i]->difference_low) && isfinite(rows[i]->difference_high))
      bs_writer_printf(page->w, "<path class=\"k %s\" d=\"M%.1f %.1fH%.1f\"/>",
                       is_clear ? "c0" : "c6", bs_plot_x(&plot, rows[i]->difference_low), at,
                       bs_plot_x(&plot, rows[i]->difference_high));
    bs_writer_printf(page->w, "<circle class=\"p %s\" cx=%.1f cy=%.1f r=3><title>",
                     is_clear ? "c0" : "c6 h", bs_plot_x(&plot, rows[i]->difference), at);
    bs_markup_text(page->w, bs_page_printf(page, "%s: %+.3g [%.3g, %.3g]", rows[i]->task,
                                           rows[i]->difference, rows[i]->difference_low,
                                           rows[i]->difference_high));
    bs_writer_append_string(page->w, "</title></circle>");
  }
  bs_plot_end(&plot);
}

static void write_task(bs_page *page, const bs_comparison_row *row) {
  bs_writer_append_string(page->w, "<tr><td>");
  bs_markup_text(page->w, row->task);
  bs_writer_append_string(page->w, "<td>");
  bs_markup_text(page->w, row->metric);
  bs_writer_printf(page->w, "<td class=n>%" PRIu64, row->n);
  write_numbers(page, row, row->p_holm);
  bs_writer_append_string(page->w, "\n");
}

/* The tasks of one pair; `rows` is room for all. */
static void write_tasks(bs_page *page, const bs_comparison_row *pair,
                        const bs_comparison_row **rows) {
  const bs_tables *tables = page->tables;
  bs_writer *w = page->w;
  size_t n = 0;
  for (size_t i = 0; i < tables->n_comparisons; i++)
    if (is_same_pair(pair, &tables->comparisons[i]) && tables->comparisons[i].preferred)
      rows[n++] = &tables->comparisons[i];
  if (n == 0)
    return;
  qsort(rows, n, sizeof *rows, compare_differences);
  bs_writer_append_string(w, "<details><summary>");
  write_pair(page, pair);
  bs_writer_printf(w, ", %s: %zu task%s</summary><figure class=scroll>",
                   bs_shots_text(page, pair->shots), n, bs_plural(n));
  size_t shown = n < MOST_TASKS ? n : MOST_TASKS;
  draw_tasks(page, rows, shown);
  bs_writer_append_string(w, "<figcaption class=dim>Filled: significant after Holm\xE2\x80\x99s "
                             "correction over the tasks.</figcaption></figure><div class=scroll>"
                             "<table class=sortable><thead><tr><th>task<th>metric<th class=n>n<th "
                             "class=n>difference [95 %]<th class=n>p (Holm)<th class=n>equal-cost "
                             "ratio [95 %]</thead><tbody>");
  for (size_t i = 0; i < n; i++)
    write_task(page, rows[i]);
  bs_writer_append_string(w, "</tbody></table></div></details>");
}

/* Pairs that are of different kinds come first. */
static void write_pairs(bs_page *page) {
  const bs_tables *tables = page->tables;
  const bs_comparison_row **rows =
      bs_array_new(tables->n_comparisons, sizeof *rows, &page->w->error);
  size_t n = 0;
  for (int plain = 0; rows != NULL && plain < 2; plain++)
    for (size_t i = 0; i < tables->n_comparisons; i++) {
      const bs_comparison_row *row = &tables->comparisons[i];
      bool is_first = i == 0 || !is_same_pair(&tables->comparisons[i - 1], row);
      bool is_plain = contrast(page, row)[0] == '\0';
      if (is_first && is_plain == (plain != 0) && n++ < MOST_OPENED)
        write_tasks(page, row, rows);
    }
  if (n > MOST_OPENED)
    bs_writer_printf(page->w, "<p class=dim>and %zu more pairs: bigsweep compare</p>",
                     n - MOST_OPENED);
  free(rows);
}

static void write(bs_page *page) {
  bs_writer_append_string(
      page->w,
      "<p class=dim>First less second at equal scale, in the mean over tasks (normalised scores), "
      "on "
      "the same examples. The equal-cost ratio is the factor by which the second must be larger to "
      "score the same: above 1 the first needs less.</p>");
  write_means(page);
  write_pairs(page);
}

const bs_section bs_section_comparisons = {"comparisons", "Comparisons", missing, write};
