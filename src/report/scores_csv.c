/* Scores as the table that bigsweep reads: analyze --scores, forecast --scores. */
#include <inttypes.h>
#include <math.h>

#include "base/csv_internal.h"
#include "report/report_internal.h"

static void write_line(bs_writer *w, const bs_analysis *of, const bs_tables *results,
                       const bs_score_row *row) {
  const bs_analysis_model_row *model = &of->models[row->model];
  const bs_analysis_task_row *task = &of->tasks[row->task];
  uint32_t metric = 0;
  bool is_known = bs_interner_find(&of->metrics, row->metric, &metric);
  double chance = is_known ? bs_analysis_chance(of, results, row->task, metric) : (double)NAN;
  const char *const names[] = {model->family, model->name};
  const double numbers[] = {row->value,    row->standard_error, (double)row->n, model->seed,
                            model->tokens, model->compute,      chance};
  for (size_t i = 0; i < 2; i++) {
    bs_csv_write_field(w, names[i]);
    bs_writer_append_string(w, ",");
  }
  bs_csv_write_number(w, model->scale);
  bs_writer_append_string(w, ",");
  bs_csv_write_field(w, task->name);
  bs_writer_append_string(w, ",");
  bs_csv_write_field(w, row->metric);
  bs_writer_printf(w, ",%" PRIu32, row->shots);
  for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
    bs_writer_append_string(w, ",");
    bs_csv_write_number(w, numbers[i]);
  }
  bs_writer_append_string(w, ",");
  bs_csv_write_field(w, task->preferred_metric);
  bs_writer_append_string(w, "\n");
}

bs_status bs_report_scores_csv(const bs_analysis *analysis, const bs_tables *results, FILE *to,
                               bs_error *err) {
  bs_text text = {0};
  bs_writer w = {.to = &text};
  bs_writer_append_string(&w, "family,model,scale,task,metric,shots,value,stderr,n,seed,tokens,"
                              "compute,chance,preferred_metric\n");
  for (size_t i = 0; i < analysis->tables->n_scores; i++)
    write_line(&w, analysis, results, &analysis->tables->scores[i]);
  bs_status status = bs_writer_status(&w, err);
  if (status == BS_OK)
    status = bs_text_print(&text, to, err);
  bs_text_free(&text);
  return status;
}
