/* The models of a family, as tables for people name them. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "report/report_internal.h"

static int compare_models(const void *left, const void *right) {
  const bs_family_model *a = left, *b = right;
  BS_ORDER(a->scale, b->scale);
  BS_ORDER(a->model, b->model);
  return 0;
}

size_t bs_family_models(const bs_analysis *analysis, size_t first, size_t end,
                        bs_family_model *models) {
  const bs_scale_point *points = analysis->tables->points;
  size_t n = 0, n_kept = 0;
  for (size_t i = analysis->first_point[first]; i < analysis->first_point[end]; i++)
    models[n++] = (bs_family_model){points[i].scale, points[i].model};
  qsort(models, n, sizeof *models, compare_models);
  for (size_t i = 0; i < n; i++)
    if (n_kept == 0 || compare_models(&models[n_kept - 1], &models[i]) != 0)
      models[n_kept++] = models[i];
  return n_kept;
}

/* "b + c (2M)" */
static void write_model(bs_writer *w, const bs_analysis *analysis, const bs_family_model *of) {
  char scale[BS_CELL_BYTES];
  const char *before = "";
  for (uint32_t m = 0; m < analysis->n_models; m++) {
    if (analysis->models[m].first_repeat != of->model)
      continue;
    bs_writer_printf(w, "%s%s", before, analysis->models[m].name);
    before = " + ";
  }
  bs_format_scale(scale, of->scale);
  bs_writer_printf(w, " (%s)", scale);
}

void bs_family_write_models(bs_writer *w, const bs_analysis *analysis,
                            const bs_family_model *models, size_t n, size_t width) {
  static const char START[] = "models:";
  size_t used = strlen(START);
  bs_writer_append_string(w, START);
  for (size_t i = 0; i < n; i++) {
    bs_text model = {0};
    bs_writer part = {.to = &model};
    write_model(&part, analysis, &models[i]);
    if (bs_writer_status(&part, &w->error) == BS_OK) {
      size_t more = bs_text_width(model.data) + (i + 1 < n ? 2 : 1);
      bool is_new_line = i > 0 && used > width - (more < width ? more : width);
      used = is_new_line ? strlen(START) + more : used + more;
      bs_writer_printf(w, "%s%s%s", is_new_line ? "\n        " : " ", model.data,
                       i + 1 < n ? "," : "\n");
    }
    bs_text_free(&model);
  }
}

bool bs_row_is_preferred(const bs_analysis *analysis, size_t row) {
  uint32_t task = analysis->linearity_task[row];
  return task != UINT32_MAX && strcmp(analysis->tables->linearity[row].metric,
                                      analysis->tasks[task].preferred_metric) == 0;
}

size_t bs_family_end(const bs_analysis *analysis, size_t first) {
  const bs_linearity_row *rows = analysis->tables->linearity;
  size_t end = first + 1;
  while (end < analysis->tables->n_linearity && rows[end].family == rows[first].family)
    end++;
  return end;
}
