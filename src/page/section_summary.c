/* What the results are and what stands out of them. */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bigsweep/report.h"
#include "page/page_internal.h"
#include "report/summary_internal.h"

enum { MOST_NAMED = 12 };

static void write_tile(bs_writer *w, const char *number, const char *name, const char *more) {
  bs_writer_append_string(w, "<div class=tile><b>");
  bs_markup_text(w, number);
  bs_writer_printf(w, "</b><span>%s</span>", name);
  if (more[0] != '\0') {
    bs_writer_append_string(w, "<small>");
    bs_markup_text(w, more);
    bs_writer_append_string(w, "</small>");
  }
  bs_writer_append_string(w, "</div>");
}

static void write_count(bs_writer *w, size_t n, const char *name, const char *more) {
  char text[BS_CELL_BYTES];
  if (n < 1000000)
    snprintf(text, sizeof text, n < 10000 ? "%zu" : "%zu", n);
  else
    bs_format_scale(text, (double)n);
  write_tile(w, text, name, more);
}

/* "3.5K to 1M parameters" */
static const char *range_of_sizes(bs_page *page) {
  double low = INFINITY, high = -INFINITY;
  char from[BS_CELL_BYTES], to[BS_CELL_BYTES];
  for (size_t i = 0; i < page->analysis->n_models; i++) {
    low = fmin(low, page->analysis->models[i].scale);
    high = fmax(high, page->analysis->models[i].scale);
  }
  bs_format_scale(from, low);
  bs_format_scale(to, high);
  return isfinite(low) ? bs_page_printf(page, "%s to %s %s", from, to, page->size_name) : "";
}

static size_t count_distinct_tasks(const bs_page *page) {
  size_t n = 0;
  for (size_t i = 0; i < page->tasks.n; i++)
    n += i == 0 || page->tasks.list[i].number != page->tasks.list[i - 1].number;
  return n;
}

/* "0, 1 and 2 shots" */
static const char *shots_of(bs_page *page) {
  const char *list = "";
  size_t n = 0;
  for (uint32_t shots = 0; shots <= 64; shots++) /* more are not named */
    for (size_t i = 0; i < page->tasks.n; i++)
      if (page->tasks.list[i].shots == shots) {
        list = bs_page_printf(page, "%s%s%" PRIu32, list, n++ > 0 ? ", " : "", shots);
        break;
      }
  return n > 0 ? bs_page_printf(page, "%s shot%s", list, strcmp(list, "1") == 0 ? "" : "s") : "";
}

static void write_tiles(bs_page *page) {
  bs_writer *w = page->w;
  bs_writer_append_string(w, "<div class=tiles>");
  write_count(w, page->analysis->n_models, page->analysis->n_models == 1 ? "model" : "models",
              range_of_sizes(page));
  write_count(w, page->analysis->families.n,
              page->analysis->families.n == 1 ? "family" : "families", "");
  write_count(w, count_distinct_tasks(page), "tasks", shots_of(page));
  if (page->results != NULL)
    write_count(w, page->results->n_examples, "answers", "one per example, model and shots");
  bs_writer_append_string(w, "</div>");
}

/* "addition (small) 0.04 to 1.00", linked to its curve. */
static void write_standout(bs_page *page, size_t row) {
  const bs_linearity_row *line = &page->tables->linearity[row];
  bs_writer *w = page->w;
  size_t n, panel = bs_panels_find(&page->tasks, line);
  const bs_scale_point *points = bs_analysis_curve(page->analysis, row, &n);
  char from[BS_CELL_BYTES], to[BS_CELL_BYTES];
  bs_writer_append_string(w, "<li>");
  bs_plot_key(w, bs_family_number(page, line->family));
  bs_writer_append_string(w, "<span>");
  if (panel != SIZE_MAX)
    bs_link_panel(page, panel);
  else
    bs_markup_text(w, line->task);
  if (page->analysis->families.n > 1) {
    bs_writer_append_string(w, " <span class=dim>");
    bs_markup_text(w, line->family);
    bs_writer_append_string(w, "</span>");
  }
  bs_summary_number(from, n > 0 ? points[0].value : NAN);
  bs_summary_number(to, n > 0 ? points[n - 1].value : NAN);
  bs_writer_printf(w, "</span><span class=\"dim n\">%s \xE2\x86\x92 %s</span></li>\n", from, to);
}

static void write_standouts(bs_page *page, const char *title, const char *none, bs_standout by) {
  static const bs_report_options ALL = {0};
  size_t *rows = NULL, n = 0;
  bs_writer *w = page->w;
  if (bs_standouts_find(&rows, &n, page->analysis, &ALL, by, &w->error) != BS_OK)
    return;
  bs_writer_printf(w, "<div class=box><h3>%s</h3>", title);
  bs_writer_append_string(w, n > 0 ? "<ul class=named>\n" : "<p class=dim>");
  if (n == 0)
    bs_writer_printf(w, "%s</p>", none);
  for (size_t i = 0; i < n && i < MOST_NAMED; i++)
    write_standout(page, rows[i]);
  if (n > 0)
    bs_writer_append_string(w, "</ul>");
  if (n > MOST_NAMED)
    bs_writer_printf(w, "<p class=dim>and %zu more, see <a href=#shapes>shapes</a></p>",
                     n - MOST_NAMED);
  bs_writer_append_string(w, "</div>");
  free(rows);
}

static void write_losses(bs_page *page) {
  bs_text text = {0};
  bs_writer *w = page->w;
  if (page->results == NULL)
    return;
  bs_writer_append_string(w, "<div class=\"box all\"><h3>Failed, cut or left out</h3><p>");
  bs_status status = bs_standouts_append_losses(&text, page->analysis, page->results, &w->error);
  const char *behind = status == BS_OK ? strchr(text.data, ':') : NULL;
  if (behind != NULL)
    bs_markup_text(w, behind + 1);
  bs_writer_append_string(w, "</p></div>");
  bs_text_free(&text);
}

/* The mean over all tasks with the fewest shots, as the picture of the whole. */
static void write_overall(bs_page *page) {
  static const bs_curve_view VIEW = {
      .width = 520, .height = 290, .has_forecasts = true, .y_label = "normalised score"};
  for (size_t i = 0; i < page->means.n; i++) {
    const bs_panel *panel = &page->means.list[i];
    if (strcmp(panel->task, BS_ALL_TASKS) != 0)
      continue;
    bs_writer_printf(page->w,
                     "<figure class=wide><figcaption>Mean over all tasks, %" PRIu32
                     " shot%s <span class=dim>(0: a guess or the worst score, 100: the best "
                     "possible)</span></figcaption>",
                     panel->shots, panel->shots == 1 ? "" : "s");
    bs_curves_draw(page, page->means.rows + panel->first, panel->n, &VIEW);
    bs_writer_append_string(page->w, "</figure>");
    return;
  }
}

static void write(bs_page *page) {
  write_tiles(page);
  bs_writer_append_string(page->w, "<div class=overview>");
  write_overall(page);
  bs_writer_append_string(page->w, "<div class=boxes>");
  write_standouts(page, "Clearest breakthroughs", "None was shown.", BS_STANDOUT_BREAKTHROUGH);
  write_standouts(page, "Worse with size", "Nothing was shown to get worse.", BS_STANDOUT_WORSE);
  write_losses(page);
  bs_writer_append_string(page->w, "</div></div>\n");
}

static const char *missing(const bs_page *page) {
  return page->tables->n_linearity > 0 ? NULL : "no scores yet";
}

const bs_section bs_section_summary = {"summary", "Summary", missing, write};
