/* Means over tasks: all, those people have done, the subtasks of one, the tasks of a keyword. */
#include <inttypes.h>
#include <string.h>

#include "page/cards_internal.h"

static const char *missing(const bs_page *page) {
  return page->means.n > 0 ? NULL
                           : "no scores that can be normalised (a table of scores has no ranges)";
}

static void write(bs_page *page) {
  bs_writer_append_string(
      page->w,
      "<p class=dim>Normalised scores (0: a guess or the worst score, 100: the best possible), "
      "each "
      "task counting once; a task made of subtasks counts with their mean.</p><div class=cards>");
  for (size_t i = 0; i < page->means.n; i++)
    bs_card_of_mean(page, &page->means.list[i]);
  bs_writer_append_string(page->w, "</div>");
}

const bs_section bs_section_means = {"means", "Means and keywords", missing, write};
