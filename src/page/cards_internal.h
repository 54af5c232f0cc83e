/* Cards: a title, a line beneath it, a picture. */
#ifndef BIGSWEEP_PAGE_CARDS_INTERNAL_H
#define BIGSWEEP_PAGE_CARDS_INTERNAL_H

#include "page/page_internal.h"

/* Begins a card; what its picture shows comes next, then bs_card_end. The title leads to the task's
   curve where `panel` is not SIZE_MAX. `sub` may be NULL. */
void bs_card_begin(bs_page *page, const char *title, const char *sub, size_t panel);
void bs_card_end(bs_page *page);

/* A mean over tasks with its curves, shapes, L and B. */
void bs_card_of_mean(bs_page *page, const bs_panel *panel);
/* "3 shots" */
const char *bs_shots_text(bs_page *page, uint32_t shots);
/* The panel of the task of this name with as many shots; SIZE_MAX: none. */
size_t bs_panel_of_task(const bs_page *page, const char *task, uint32_t shots);
/* Shape, L and B of the curves rows[n], of a few families. */
void bs_write_statistics(bs_page *page, const size_t *rows, size_t n);

#endif
