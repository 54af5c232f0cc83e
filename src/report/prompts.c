/* Prompts of which something was lost, for people: a line per model, task and shots. */
#include <inttypes.h>
#include <stdio.h>

#include "report/report_internal.h"

enum {
  N_COLUMNS = 8,
  MOST_LINES = 40 /* then a line per model and shots, over all tasks */
};

static bs_status fill_header(bs_grid *to, bs_error *err) {
  static const char *const NAMES[N_COLUMNS] = {"model", "shots",       "task",     "prompts",
                                               "cut",   "fewer shots", "left out", "border"};
  bs_status status = BS_OK;
  for (size_t i = 0; status == BS_OK && i < N_COLUMNS; i++)
    status = bs_grid_set(to, 0, i, NAMES[i], err);
  to->n_rows = 1;
  return status;
}

/* "138 (46 %)", empty for none */
static bs_status set_share(bs_grid *to, size_t column, uint64_t n, uint64_t all, bs_error *err) {
  char text[BS_CELL_BYTES] = "";
  if (n > 0)
    snprintf(text, sizeof text, "%" PRIu64 " (%.0f %%)", n, 100 * (double)n / (double)all);
  return bs_grid_set(to, to->n_rows, column, text, err);
}

static bs_status fill_line(bs_grid *to, const char *model, const char *task, uint32_t shots,
                           const bs_prompt_counts *of, bs_error *err) {
  char text[BS_CELL_BYTES];
  const uint64_t counts[] = {of->truncated, of->fewer_shots, of->skipped, of->border};
  bs_status status = bs_grid_set(to, to->n_rows, 0, model, err);
  snprintf(text, sizeof text, "%" PRIu32, shots);
  if (status == BS_OK)
    status = bs_grid_set(to, to->n_rows, 1, text, err);
  if (status == BS_OK)
    status = bs_grid_set(to, to->n_rows, 2, task, err);
  snprintf(text, sizeof text, "%" PRIu64, of->prompts);
  if (status == BS_OK)
    status = bs_grid_set(to, to->n_rows, 3, text, err);
  for (size_t i = 0; status == BS_OK && i < sizeof counts / sizeof *counts; i++)
    status = set_share(to, 4 + i, counts[i], of->prompts, err);
  to->n_rows++;
  return status;
}

static bs_status fill_tasks(bs_grid *to, const bs_analysis *analysis, bs_error *err) {
  bs_status status = BS_OK;
  for (size_t i = 0; status == BS_OK && i < analysis->tables->n_prompts; i++) {
    const bs_prompt_row *row = &analysis->tables->prompts[i];
    if (bs_prompt_counts_any(&row->of))
      status = fill_line(to, analysis->models[row->model].name, analysis->tasks[row->task].name,
                         row->shots, &row->of, err);
  }
  return status;
}

/* The sums over the tasks with prompts[i]'s model and shots. Returns false when an earlier row
   stands for them. */
static bool sum_tasks(const bs_analysis *analysis, size_t i, bs_prompt_counts *sum) {
  const bs_prompt_row *row = &analysis->tables->prompts[i];
  *sum = (bs_prompt_counts){0};
  size_t first = i;
  while (first > 0 && analysis->tables->prompts[first - 1].model == row->model)
    first--;
  for (;
       first < analysis->tables->n_prompts && analysis->tables->prompts[first].model == row->model;
       first++) {
    if (analysis->tables->prompts[first].shots != row->shots)
      continue;
    if (first < i)
      return false;
    bs_prompt_counts_add(sum, &analysis->tables->prompts[first].of);
  }
  return true;
}

static bs_status fill_sums(bs_grid *to, const bs_analysis *analysis, bs_error *err) {
  bs_status status = BS_OK;
  for (size_t i = 0; status == BS_OK && i < analysis->tables->n_prompts; i++) {
    bs_prompt_counts sum;
    const bs_prompt_row *row = &analysis->tables->prompts[i];
    if (sum_tasks(analysis, i, &sum) && bs_prompt_counts_any(&sum))
      status =
          fill_line(to, analysis->models[row->model].name, "(all tasks)", row->shots, &sum, err);
  }
  return status;
}

bs_status bs_prompts_append(bs_text *to, const bs_analysis *analysis, bs_error *err) {
  size_t n_lines = 0;
  for (size_t i = 0; i < analysis->tables->n_prompts; i++)
    n_lines += bs_prompt_counts_any(&analysis->tables->prompts[i].of);
  if (n_lines == 0)
    return BS_OK;
  bs_grid grid = {0};
  bs_status status = bs_grid_open(&grid, n_lines + 1, N_COLUMNS, err);
  if (status == BS_OK)
    status = fill_header(&grid, err);
  if (status == BS_OK)
    status =
        n_lines <= MOST_LINES ? fill_tasks(&grid, analysis, err) : fill_sums(&grid, analysis, err);
  if (status == BS_OK)
    status = bs_text_append_string(
        to,
        "\nprompts that were too long: cut on their left, shown with fewer shots, or left out; and "
        "those where a\ntoken spans the border to an answer (all in /analysis/prompts)\n",
        err);
  if (status == BS_OK)
    status = bs_grid_append(to, &grid, err);
  bs_grid_close(&grid);
  return status;
}

bs_status bs_prompt_counts_tell(const bs_prompt_counts *counts, bs_text *to, bs_error *err) {
  const struct {
    uint64_t n;
    const char *what;
  } told[] = {{counts->truncated, "cut on their left"},
              {counts->fewer_shots, "shown with fewer shots"},
              {counts->skipped, "left out because they are too long"},
              {counts->border, "encoded apart from an answer, as a token would span their border"}};
  bool any = false;
  bs_status status = bs_text_printf(to, err, "of %" PRIu64 " prompt%s", counts->prompts,
                                    bs_plural(counts->prompts));
  for (size_t i = 0; status == BS_OK && i < sizeof told / sizeof *told; i++) {
    if (told[i].n == 0)
      continue;
    status = bs_text_printf(to, err, "%s %" PRIu64 " %s %s", any ? "," : "", told[i].n,
                            told[i].n == 1 ? "is" : "are", told[i].what);
    any = true;
  }
  return status == BS_OK && !any ? bs_text_append_string(to, " all are whole", err) : status;
}
