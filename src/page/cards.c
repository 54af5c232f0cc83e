/* What all cards have. */
#include "page/cards_internal.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "report/summary_internal.h"

enum { MOST_STATISTICS = 4 }; /* families whose L and B stand under a picture */

void bs_card_begin(bs_page *page, const char *title, const char *sub, size_t panel) {
  bs_writer *w = page->w;
  bs_writer_append_string(w, "<article class=card><h3>");
  if (panel != SIZE_MAX)
    bs_writer_printf(w, "<a href=#c%zu>", panel);
  bs_markup_name(w, title);
  bs_writer_append_string(w, panel != SIZE_MAX ? "</a></h3>" : "</h3>");
  if (sub == NULL)
    return;
  bs_writer_append_string(w, "<p class=sub>");
  bs_markup_text(w, sub);
  bs_writer_append_string(w, "</p>");
}

void bs_card_end(bs_page *page) { bs_writer_append_string(page->w, "</article>\n"); }

const char *bs_shots_text(bs_page *page, uint32_t shots) {
  return bs_page_printf(page, "%" PRIu32 " shot%s", shots, bs_plural(shots));
}

size_t bs_panel_of_task(const bs_page *page, const char *task, uint32_t shots) {
  for (size_t i = 0; i < page->tasks.n; i++)
    if (page->tasks.list[i].shots == shots && strcmp(page->tasks.list[i].task, task) == 0)
      return i;
  return SIZE_MAX;
}

void bs_write_statistics(bs_page *page, const size_t *rows, size_t n) {
  bs_writer *w = page->w;
  size_t n_told = 0;
  bs_writer_append_string(w, "<ul class=stats>");
  for (size_t i = 0; i < n && n_told < MOST_STATISTICS; i++) {
    const bs_linearity_row *line = &page->tables->linearity[rows[i]];
    bool is_known = line->shape[0] != '\0' || isfinite(line->linearity);
    if (n > MOST_STATISTICS && !is_known)
      continue;
    n_told++;
    char linearity[BS_CELL_BYTES], breakthroughness[BS_CELL_BYTES];
    bs_summary_estimate(linearity, line->linearity, line->linearity_low, line->linearity_high);
    bs_summary_breakthroughness(breakthroughness, line, false);
    bs_writer_printf(w, "<li class=\"f f%zu\">", bs_family_number(page, line->family));
    bs_plot_key(w, bs_family_number(page, line->family));
    bs_badge(w, line->shape);
    if (line->shared_scales > 0)
      bs_writer_append_string(w, "<span class=dim>several models of one size: no curve</span>");
    else
      bs_writer_printf(w, "<span class=lb><span>L %s</span> <span>B %s</span></span>", linearity,
                       breakthroughness);
    bs_writer_append_string(w, "</li>");
  }
  if (n > n_told)
    bs_writer_printf(w, "<li class=more>%s%zu more famil%s</li>", n_told > 0 ? "and " : "",
                     n - n_told, n - n_told == 1 ? "y" : "ies");
  bs_writer_append_string(w, "</ul>");
}

void bs_card_of_mean(bs_page *page, const bs_panel *panel) {
  static const bs_curve_view VIEW = {.width = 320, .height = 200, .has_forecasts = true};
  bs_card_begin(page, panel->task, bs_shots_text(page, panel->shots), SIZE_MAX);
  bs_curves_draw(page, page->means.rows + panel->first, panel->n, &VIEW);
  bs_write_statistics(page, page->means.rows + panel->first, panel->n);
  bs_card_end(page);
}
