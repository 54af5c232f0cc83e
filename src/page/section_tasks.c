/* Every task: its curves, and a table of what is known of them. */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "bigsweep/statistics.h"
#include "page/cards_internal.h"
#include "report/summary_internal.h"

static const bs_linearity_row *line_of(const bs_page *page, const bs_panel *panel, size_t i) {
  return &page->tables->linearity[page->tasks.rows[panel->first + i]];
}

static const char *keywords_of(const bs_page *page, const bs_panel *panel) {
  return page->results != NULL ? page->results->tasks[panel->number].keywords : "";
}

/* The first and the last score of a curve. */
static void ends_of(const bs_page *page, size_t row, double *first, double *last) {
  size_t n;
  const bs_scale_point *points = bs_analysis_curve(page->analysis, row, &n);
  *first = *last = NAN;
  for (size_t i = 0; i < n; i++) {
    *first = isnan(*first) ? points[i].value : *first;
    *last = isnan(points[i].value) ? *last : points[i].value;
  }
}

/* What the page's script filters and sorts by. */
static void write_attributes(bs_page *page, const bs_panel *panel) {
  bs_writer *w = page->w;
  double rise = -INFINITY, fall = INFINITY, best = -INFINITY, jump = -INFINITY;
  bs_writer_append_string(w, " data-name=\"");
  bs_markup_text(w, panel->task);
  bs_writer_printf(w, "\" data-shots=%" PRIu32 " data-keywords=\",", panel->shots);
  bs_markup_text(w, keywords_of(page, panel));
  bs_writer_append_string(w, ",\" data-shapes=\",");
  for (size_t i = 0; i < panel->n; i++) {
    const bs_linearity_row *line = line_of(page, panel, i);
    double first, last;
    ends_of(page, page->tasks.rows[panel->first + i], &first, &last);
    bs_markup_text(w, line->shape);
    bs_writer_append_string(w, ",");
    rise = fmax(rise, last - first);
    fall = fmin(fall, last - first);
    best = fmax(best, last);
    bool is_jump = strcmp(line->shape, bs_shape_name(BS_SHAPE_BREAKTHROUGH)) == 0;
    jump = fmax(jump, is_jump ? line->breakthroughness_low : -INFINITY);
  }
  bs_writer_append_string(w, "\"");
  const struct {
    const char *name;
    double value;
  } numbers[] = {{"rise", rise}, {"fall", -fall}, {"last", best}, {"jump", jump}};
  for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
    if (isfinite(numbers[i].value))
      bs_writer_printf(w, " data-%s=%.4g", numbers[i].name, numbers[i].value);
}

/* A model's score, for those who do not see the picture. */
static void write_score(bs_page *page, const bs_scale_point *point) {
  char size[BS_CELL_BYTES];
  bs_writer *w = page->w;
  bs_format_scale(size, point->scale);
  bs_writer_append_string(w, "<tr><td>");
  bs_markup_text(w, bs_analysis_model(page->analysis, point->model));
  if (point->n_models > 1)
    bs_writer_printf(w, " <span class=dim>mean of %" PRIu32 "</span>", point->n_models);
  bs_writer_printf(w, "<td class=n>%s", size);
  bs_cell_number(w, point->value);
  bs_cell_number(w, point->standard_error);
}

static void write_scores(bs_page *page, const bs_panel *panel) {
  bs_writer *w = page->w;
  bs_writer_printf(w,
                   "<details><summary>Scores</summary><div class=scroll><table><tr><th>model"
                   "<th class=n>%s<th class=n>score<th class=n>\xC2\xB1</tr>",
                   page->size_name);
  for (size_t i = 0; i < panel->n; i++) {
    size_t n;
    const bs_scale_point *points =
        bs_analysis_curve(page->analysis, page->tasks.rows[panel->first + i], &n);
    for (size_t k = 0; k < n; k++)
      write_score(page, &points[k]);
  }
  bs_writer_append_string(w, "</table></div></details>");
}

static void write_card(bs_page *page, size_t number) {
  static const bs_curve_view VIEW = {.width = 320, .height = 200, .has_forecasts = true};
  const bs_panel *panel = &page->tasks.list[number];
  bs_writer *w = page->w;
  bs_writer_printf(w, "<article class=card id=c%zu data-i=%zu", number, number);
  write_attributes(page, panel);
  bs_writer_append_string(w, "><h3>");
  bs_markup_name(w, panel->task);
  bs_writer_append_string(w, "</h3><p class=sub>");
  bs_markup_text(w, panel->metric);
  bs_writer_printf(w, " \xC2\xB7 %" PRIu32 " shot%s</p>", panel->shots,
                   panel->shots == 1 ? "" : "s");
  bs_curves_draw(page, page->tasks.rows + panel->first, panel->n, &VIEW);
  bs_write_statistics(page, page->tasks.rows + panel->first, panel->n);
  write_scores(page, panel);
  bs_writer_append_string(w, "</article>\n");
}

/* Places for what the script puts in: without it nothing of it is seen. */
static void write_controls(bs_page *page) {
  static const char *const SHAPES[] = {
#define SHAPE_TEXT(name, text) text,
      BS_SHAPE_LIST(SHAPE_TEXT)
#undef SHAPE_TEXT
  };
  bs_writer *w = page->w;
  bs_writer_append_string(
      w, "<form class=controls id=filter role=search>"
         "<label>Task <input type=search id=q placeholder=\"part of a name\"></label>"
         "<label>Keyword <select id=keyword><option value=\"\">any</select></label>"
         "<label>Shape <select id=shape><option value=\"\">any");
  for (size_t i = 1; i < sizeof SHAPES / sizeof *SHAPES; i++)
    bs_writer_printf(w, "<option>%s", SHAPES[i]);
  bs_writer_append_string(
      w, "</select></label>"
         "<label>Shots <select id=shots><option value=\"\">any</select></label>"
         "<label>Order <select id=order><option value=i>as in the file<option value=name>name"
         "<option value=jump>clearest breakthrough<option value=rise>largest rise"
         "<option value=fall>largest fall<option value=last>best score</select></label>"
         "<button type=reset>Clear</button><output id=found></output></form>");
}

static void write_legend(bs_page *page) {
  bs_writer *w = page->w;
  const bs_interner *families = &page->analysis->families;
  bs_writer_append_string(w, "<div class=legend id=legend>");
  for (size_t i = 0; i < families->n; i++) {
    bs_writer_printf(w, "<label><input type=checkbox checked data-f=%zu>", i);
    bs_plot_key(w, i);
    bs_markup_text(w, families->strings[i]);
    bs_writer_append_string(w, "</label>");
  }
  bs_writer_append_string(
      w, "<span class=note><span class=ring></span> forecast of the next size with its 80 % range"
         "</span><span class=note><span class=bar></span> \xC2\xB1 standard error</span></div>");
}

static void write_forecast(bs_page *page, size_t row) {
  const bs_forecast_row *of = bs_forecast_of(page, row);
  char value[BS_CELL_BYTES], low[BS_CELL_BYTES], high[BS_CELL_BYTES];
  if (of == NULL) {
    bs_cell_number(page->w, NAN);
    return;
  }
  bs_summary_number(value, of->forecast);
  bs_summary_number(low, of->low80);
  bs_summary_number(high, of->high80);
  bs_cell_text(page->w, of->forecast, bs_page_printf(page, "%s [%s,%s]", value, low, high));
}

static void write_row(bs_page *page, size_t number, size_t i) {
  const bs_panel *panel = &page->tasks.list[number];
  const bs_linearity_row *line = line_of(page, panel, i);
  size_t row = page->tasks.rows[panel->first + i];
  const bs_human_row *human = bs_human_of(page, row);
  bs_writer *w = page->w;
  char text[BS_CELL_BYTES];
  double first, last;
  ends_of(page, row, &first, &last);
  bs_writer_printf(w, "<tr data-i=%zu class=f%zu><td>", number,
                   bs_family_number(page, line->family));
  bs_link_panel(page, number);
  bs_cell_family(page, line->family);
  bs_writer_append_string(w, "<td>");
  bs_markup_text(w, line->metric);
  bs_writer_printf(w, "<td class=n>%" PRIu32, line->shots);
  bs_cell_number(w, first);
  bs_cell_number(w, last);
  bs_writer_append_string(w, "<td>");
  bs_badge(w, line->shape);
  bs_cell_p(w, line->shape_p);
  bs_summary_estimate(text, line->linearity, line->linearity_low, line->linearity_high);
  bs_cell_text(w, line->linearity, text);
  bs_summary_breakthroughness(text, line, false);
  bs_cell_text(w, line->breakthroughness, text);
  write_forecast(page, row);
  if (page->tables->n_humans > 0)
    bs_cell_number(w, human != NULL ? human->best : NAN);
  bs_writer_append_string(w, "\n");
}

static void write_table(bs_page *page) {
  bs_writer_append_string(
      page->w,
      "<h3 id=table>As a table</h3><p class=dim>A line for each task and family. L linearity, B "
      "breakthroughness with their 95 % intervals (\xE2\x80\x9C?\xE2\x80\x9D: not determined); p: "
      "of \xE2\x80\x9Cthe curve is flat\xE2\x80\x9D; forecast: of the next size, with its 80 % "
      "range.</p><div class=scroll><table class=sortable id=tasktable><thead><tr><th>task"
      "<th>family<th>metric<th class=n>shots<th class=n>first<th class=n>last<th>shape"
      "<th class=n>p flat<th class=n>L<th class=n>B<th class=n>forecast");
  bs_writer_append_string(page->w, page->tables->n_humans > 0 ? "<th class=n>best human" : "");
  bs_writer_append_string(page->w, "</thead><tbody>");
  for (size_t i = 0; i < page->tasks.n; i++)
    for (size_t k = 0; k < page->tasks.list[i].n; k++)
      write_row(page, i, k);
  bs_writer_append_string(page->w, "</tbody></table></div>");
}

static void write(bs_page *page) {
  write_controls(page);
  write_legend(page);
  bs_writer_append_string(page->w, "<div class=cards id=cards>\n");
  for (size_t i = 0; i < page->tasks.n; i++)
    write_card(page, i);
  bs_writer_append_string(page->w, "</div>\n");
  write_table(page);
}

static const char *missing(const bs_page *page) {
  return page->tasks.n > 0 ? NULL : "no task has scores yet";
}

const bs_section bs_section_tasks = {"tasks", "Scaling curves", missing, write};
