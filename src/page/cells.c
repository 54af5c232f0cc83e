/* Cells of tables, badges and links. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "page/page_internal.h"
#include "report/comparing_internal.h"
#include "report/summary_internal.h"

/* The value that a cell is sorted by; nothing where it is undefined. */
static void begin_cell(bs_writer *w, double sort_by) {
  bs_writer_append_string(w, "<td class=n");
  if (isinf(sort_by))
    bs_writer_printf(w, " data-v=%s1e99", sort_by < 0 ? "-" : "");
  else if (!isnan(sort_by))
    bs_writer_printf(w, " data-v=%.6g", sort_by);
  bs_writer_append_string(w, ">");
}

void bs_cell_number(bs_writer *w, double value) {
  char text[BS_CELL_BYTES];
  bs_summary_number(text, value);
  begin_cell(w, value);
  if (!isnan(value))
    bs_writer_append_string(w, text);
}

void bs_cell_text(bs_writer *w, double sort_by, const char *text) {
  begin_cell(w, sort_by);
  bs_markup_text(w, text);
}

void bs_cell_p(bs_writer *w, double p) {
  char text[BS_CELL_BYTES];
  bs_format_p(text, p);
  bs_cell_text(w, p, isnan(p) ? "" : text);
}

void bs_cell_family(bs_page *page, const char *family) {
  bs_writer_append_string(page->w, "<td>");
  bs_plot_key(page->w, bs_family_number(page, family));
  bs_markup_text(page->w, family);
}

void bs_badge(bs_writer *w, const char *shape) {
  if (shape[0] == '\0')
    return;
  bs_writer_append_string(w, "<span class=\"badge ");
  for (const char *at = shape; *at != '\0'; at++)
    bs_writer_append(w, *at == ' ' ? "-" : at, 1);
  bs_writer_append_string(w, "\">");
  bs_markup_text(w, shape);
  bs_writer_append_string(w, "</span>");
}

void bs_link_panel(bs_page *page, size_t panel) {
  bs_writer_printf(page->w, "<a href=#c%zu>", panel);
  bs_markup_name(page->w, page->tasks.list[panel].task);
  bs_writer_append_string(page->w, "</a>");
}
