/* Which curves are drawn together. */
#include <stdlib.h>
#include <string.h>

#include "base/memory_internal.h"
#include "page/page_internal.h"

/* A row and what it is sorted by. */
typedef struct entry {
  const bs_linearity_row *line;
  size_t row;
  uint32_t task;
} entry;

static int compare_panels(const entry *a, const entry *b) {
  BS_ORDER(a->task, b->task);
  int names = a->task == UINT32_MAX ? strcmp(a->line->task, b->line->task) : 0;
  if (names != 0)
    return names;
  BS_ORDER(a->line->shots, b->line->shots);
  return strcmp(a->line->metric, b->line->metric);
}

static int compare_entries(const void *left, const void *right) {
  const entry *a = left, *b = right;
  int order = compare_panels(a, b);
  if (order != 0)
    return order;
  BS_ORDER(a->row, b->row);
  return 0;
}

static void add(bs_panels *to, const entry *of, bool is_new) {
  if (is_new)
    to->list[to->n++] = (bs_panel){.first = to->n_rows,
                                   .task = of->line->task,
                                   .metric = of->line->metric,
                                   .shots = of->line->shots,
                                   .number = of->task};
  to->list[to->n - 1].n++;
  to->rows[to->n_rows++] = of->row;
}

bs_status bs_panels_make(bs_panels *out, const bs_page *page, bs_panel_wants *wants,
                         bs_error *err) {
  size_t n = page->tables->n_linearity, n_entries = 0;
  *out = (bs_panels){0};
  entry *entries = bs_array_new(n, sizeof *entries, err);
  out->rows = bs_array_new(n, sizeof *out->rows, err);
  out->list = bs_array_new(n, sizeof *out->list, err);
  bs_status status =
      entries != NULL && out->rows != NULL && out->list != NULL ? BS_OK : BS_ERR_MEMORY;
  for (size_t i = 0; status == BS_OK && i < n; i++)
    if (wants(page, i))
      entries[n_entries++] =
          (entry){&page->tables->linearity[i], i, page->analysis->linearity_task[i]};
  if (n_entries > 0)
    qsort(entries, n_entries, sizeof *entries, compare_entries);
  for (size_t i = 0; i < n_entries; i++)
    add(out, &entries[i], i == 0 || compare_panels(&entries[i - 1], &entries[i]) != 0);
  free(entries);
  return status;
}

void bs_panels_free(bs_panels *panels) {
  free(panels->rows);
  free(panels->list);
  *panels = (bs_panels){0};
}

size_t bs_panels_find(const bs_panels *panels, const bs_linearity_row *row) {
  for (size_t i = 0; i < panels->n; i++)
    if (panels->list[i].shots == row->shots && strcmp(panels->list[i].task, row->task) == 0 &&
        strcmp(panels->list[i].metric, row->metric) == 0)
      return i;
  return SIZE_MAX;
}
