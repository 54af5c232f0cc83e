/* Social bias by context: what models answer where the context leaves the answer open, and where it
   tells it (BBQ). */
#include <string.h>

#include "page/cards_internal.h"

/* In the order in which a task's pictures stand. */
static const struct {
  const char *metric, *words;
} MEASURES[] = {
    {"amb_bias_score", "bias where the context leaves it open (0: none)"},
    {"disamb_bias_score", "bias where the context tells the answer (0: none)"},
    {"accuracy_amb", "accuracy where the context leaves it open (right: \xE2\x80\x9C"
                     "cannot be told\xE2\x80\x9D)"},
    {"accuracy_disamb", "accuracy where the context tells the answer"},
};
enum { N_MEASURES = sizeof MEASURES / sizeof *MEASURES, MOST_CARDS = 200 };

static size_t measure_of(const bs_page *page, size_t row) {
  size_t i = 0;
  while (i < N_MEASURES && strcmp(page->tables->linearity[row].metric, MEASURES[i].metric) != 0)
    i++;
  return i;
}

static bool is_about_bias(const bs_page *page, size_t row) {
  return measure_of(page, row) < N_MEASURES && page->analysis->linearity_task[row] != UINT32_MAX;
}

static const char *missing(const bs_page *page) {
  for (size_t i = 0; i < page->tables->n_linearity; i++)
    if (is_about_bias(page, i))
      return NULL;
  return "no task says which choices are stereotypes, as BBQ's do";
}

static void write_card(bs_page *page, const bs_panels *panels, const bs_panel *panel) {
  static const bs_curve_view VIEW = {.width = 320, .height = 200};
  const char *words = MEASURES[measure_of(page, panels->rows[panel->first])].words;
  bs_card_begin(page, panel->task,
                bs_page_printf(page, "%s \xC2\xB7 %s", words, bs_shots_text(page, panel->shots)),
                bs_panel_of_task(page, panel->task, panel->shots));
  bs_curves_draw(page, panels->rows + panel->first, panel->n, &VIEW);
  bs_card_end(page);
}

static void write(bs_page *page) {
  bs_panels panels;
  size_t n = 0;
  bs_writer_append_string(
      page->w,
      "<p class=dim>Above 0, answers follow the stereotype; below, they go against it. Of contexts "
      "that leave the answer open the bias is weighted with the share of wrong answers.</p><div "
      "class=cards>");
  if (bs_panels_make(&panels, page, is_about_bias, &page->w->error) == BS_OK)
    for (size_t m = 0; m < N_MEASURES; m++)
      for (size_t i = 0; i < panels.n; i++)
        if (measure_of(page, panels.rows[panels.list[i].first]) == m && n++ < MOST_CARDS)
          write_card(page, &panels, &panels.list[i]);
  bs_writer_append_string(page->w, "</div>");
  bs_panels_free(&panels);
}

const bs_section bs_section_bias = {"bias", "Bias by context", missing, write};
