/* Tasks in other languages than English, as BIG-bench's keywords tell them. */
#include <ctype.h>
#include <string.h>

#include "page/cards_internal.h"

/* What BIG-bench marks tasks in other languages with, and what names of keywords may say of them.
 */
static const char *const WORDS[] = {"non-English", "multilingual", "low-resource language",
                                    "translation", "language:"};

static bool speaks_of_languages(const char *text) {
  for (size_t i = 0; i < sizeof WORDS / sizeof *WORDS; i++)
    if (strstr(text, WORDS[i]) != NULL)
      return true;
  return false;
}

static bool is_mean_of_language(const bs_panel *panel) {
  return strncmp(panel->task, BS_KEYWORD_TASKS, strlen(BS_KEYWORD_TASKS)) == 0 &&
         speaks_of_languages(panel->task);
}

static bool is_task_in_language(const bs_page *page, const bs_panel *panel) {
  return page->results != NULL && panel->number < page->results->n_tasks &&
         speaks_of_languages(page->results->tasks[panel->number].keywords);
}

static const char *missing(const bs_page *page) {
  for (size_t i = 0; i < page->tasks.n; i++)
    if (is_task_in_language(page, &page->tasks.list[i]))
      return NULL;
  return "no task has a keyword of another language (non-English, multilingual, low-resource "
         "language, translation)";
}

static void write(bs_page *page) {
  bs_writer *w = page->w;
  bs_writer_append_string(w, "<div class=cards>");
  for (size_t i = 0; i < page->means.n; i++)
    if (is_mean_of_language(&page->means.list[i]) ||
        strcmp(page->means.list[i].task, BS_ALL_TASKS) == 0)
      bs_card_of_mean(page, &page->means.list[i]);
  bs_writer_append_string(w, "</div><p class=dim>Tasks in other languages:</p><ul class=flow>");
  for (size_t i = 0; i < page->tasks.n; i++) {
    if (!is_task_in_language(page, &page->tasks.list[i]))
      continue;
    bs_writer_append_string(w, "<li>");
    bs_link_panel(page, i);
    bs_writer_append_string(w, " <span class=dim>");
    bs_markup_text(w, bs_shots_text(page, page->tasks.list[i].shots));
    bs_writer_append_string(w, "</span></li>\n");
  }
  bs_writer_append_string(w, "</ul>");
}

const bs_section bs_section_languages = {"languages", "Languages", missing, write};
