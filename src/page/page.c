/* The page as a whole: its head, its sections in order, what is missing, the examples. */
#include "bigsweep/page.h"

#include <math.h>
#include <string.h>

#include "base/memory_internal.h"
#include "bigsweep/report.h"
#include "bigsweep/version.h"
#include "page/assets_internal.h"
#include "page/page_internal.h"
#include "report/summary_internal.h"
#include "store/commit_internal.h"

static const bs_section *const SECTIONS[] = {
#define SECTION(name) &bs_section_##name,
    BS_SECTION_LIST(SECTION)
#undef SECTION
};
enum { N_SECTIONS = sizeof SECTIONS / sizeof *SECTIONS };

/* All models, and as far as forecasts go. */
static bs_plot_axis axis_of_sizes(const bs_page *page) {
  double low = INFINITY, high = -INFINITY;
  for (size_t i = 0; i < page->analysis->n_models; i++) {
    low = fmin(low, page->analysis->models[i].scale);
    high = fmax(high, page->analysis->models[i].scale);
  }
  double largest = high;
  for (size_t i = 0; i < page->tables->n_linearity; i++) {
    const bs_forecast_row *ahead = bs_forecast_of(page, i);
    bool is_near = ahead != NULL && ahead->scale > 0 && ahead->scale <= 100 * largest;
    high = is_near ? fmax(high, ahead->scale) : high;
  }
  bs_plot_axis axis = bs_plot_axis_around(low > 0 ? BS_AXIS_LOG : BS_AXIS_LINEAR, low, high);
  axis.is_size = true;
  return axis;
}

/* The metrics that tasks go by; a task without one under all that it has. */
static bool is_of_a_task(const bs_page *page, size_t row) {
  static const bs_report_options ALL = {0};
  return page->analysis->linearity_task[row] != UINT32_MAX &&
         bs_summary_shows(page->analysis, &ALL, row);
}

static bool is_a_mean(const bs_page *page, size_t row) {
  return page->analysis->linearity_task[row] == UINT32_MAX;
}

static bs_status prepare(bs_page *page, bs_error *err) {
  page->arena = bs_arena_new();
  if (page->arena == NULL)
    return bs_error_set(err, BS_ERR_MEMORY, "cannot keep the texts of a page");
  page->size_name = bs_report_axis_label(page->results);
  page->sizes = axis_of_sizes(page);
  bs_status status = bs_panels_make(&page->tasks, page, is_of_a_task, err);
  return status == BS_OK ? bs_panels_make(&page->means, page, is_a_mean, err) : status;
}

static void write_head(const bs_page *page) {
  bs_writer *w = page->w;
  const char *title = page->options->title != NULL ? page->options->title : "bigsweep";
  bs_writer_append_string(
      w, "<!doctype html>\n<html lang=en><head><meta charset=utf-8>\n"
         "<meta name=viewport content=\"width=device-width,initial-scale=1\">\n"
         "<meta name=color-scheme content=\"light dark\">\n"
         "<meta http-equiv=Content-Security-Policy content=\"default-src 'none';style-src "
         "'unsafe-inline';script-src 'unsafe-inline';img-src data:\">\n<link rel=icon "
         "href=\"data:,\">\n<title>");
  bs_markup_text(w, title);
  bs_writer_append_string(w, "</title>\n<style>\n");
  bs_writer_append(w, bs_page_style, bs_page_style_bytes);
  bs_writer_append_string(w, "</style></head>\n<body>\n<header><h1>");
  bs_markup_text(w, title);
  bs_writer_append_string(w, "</h1>");
  if (page->options->subtitle != NULL) {
    bs_writer_append_string(w, "<p class=dim>");
    bs_markup_text(w, page->options->subtitle);
    bs_writer_append_string(w, "</p>");
  }
  bs_writer_append_string(w, "<button id=theme type=button>Dark</button></header>\n<nav>");
  for (size_t i = 0; i < N_SECTIONS; i++)
    if (SECTIONS[i]->missing(page) == NULL)
      bs_writer_printf(w, "<a href=#%s>%s</a>", SECTIONS[i]->id, SECTIONS[i]->title);
  bs_writer_append_string(w, "</nav>\n<main>\n");
}

static void write_missing(const bs_page *page) {
  size_t n = 0;
  for (size_t i = 0; i < N_SECTIONS; i++) {
    const char *why = SECTIONS[i]->missing(page);
    if (why == NULL)
      continue;
    if (n++ == 0)
      bs_writer_append_string(page->w,
                              "<section id=missing><h2>What is not shown</h2><ul class=plain>\n");
    bs_writer_printf(page->w, "<li>%s: <span class=dim>", SECTIONS[i]->title);
    bs_markup_text(page->w, why);
    bs_writer_append_string(page->w, "</span></li>\n");
  }
  bs_writer_append_string(page->w, n > 0 ? "</ul></section>\n" : "");
}

static void write_foot(bs_page *page) {
  bs_writer *w = page->w;
  bs_writer_printf(w,
                   "</main>\n<footer>Made by bigsweep %s.<noscript> Examples, filters and sorting "
                   "need JavaScript; curves and tables do not.</noscript></footer>\n"
                   "<dialog id=examples></dialog><div id=tip role=tooltip hidden></div>\n",
                   BS_VERSION);
  bs_examples_write(page);
  bs_writer_append_string(w, "<script>\n");
  bs_writer_append(w, bs_page_script, bs_page_script_bytes);
  bs_writer_append_string(w, "</script>\n</body></html>\n");
}

static void write_page(bs_page *page) {
  write_head(page);
  for (size_t i = 0; i < N_SECTIONS; i++) {
    if (SECTIONS[i]->missing(page) != NULL)
      continue;
    bs_writer_printf(page->w, "<section id=%s><h2>%s</h2>\n", SECTIONS[i]->id, SECTIONS[i]->title);
    SECTIONS[i]->write(page);
    bs_writer_append_string(page->w, "</section>\n");
  }
  write_missing(page);
  write_foot(page);
}

bs_status bs_page_append(bs_text *to, const bs_analysis *analysis, const bs_tables *results,
                         const bs_page_options *options, bs_error *err) {
  static const bs_page_options USUAL = {.n_examples = BS_PAGE_EXAMPLES};
  bs_writer w = {.to = to};
  bs_page page = {.analysis = analysis,
                  .tables = analysis->tables,
                  .results = results,
                  .options = options != NULL ? options : &USUAL,
                  .w = &w};
  bs_status status = prepare(&page, err);
  if (status == BS_OK) {
    write_page(&page);
    status = bs_writer_status(&w, err);
  }
  bs_panels_free(&page.tasks);
  bs_panels_free(&page.means);
  bs_arena_free(&page.arena);
  return status;
}

bs_status bs_page_write(const char *path, const bs_analysis *analysis, const bs_tables *results,
                        const bs_page_options *options, bs_error *err) {
  bs_text text = {0};
  bs_status status = bs_page_append(&text, analysis, results, options, err);
  if (status == BS_OK)
    status = bs_commit_replace(path, text.data, text.n_bytes, err);
  bs_text_free(&text);
  return status;
}
