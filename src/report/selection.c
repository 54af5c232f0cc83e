/* Which rows a report shows. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory_internal.h"
#include "bigsweep/helpers.h"
#include "report/summary_internal.h"

static bool names_one(const char *const *names, size_t n, const char *name) {
  for (size_t i = 0; i < n; i++)
    if (strcmp(names[i], name) == 0)
      return true;
  return n == 0;
}

static bool asks_for_shots(const bs_report_options *options, uint32_t shots) {
  for (size_t i = 0; i < options->n_shots; i++)
    if (options->shots[i] == shots)
      return true;
  return options->n_shots == 0;
}

/* The preferred metric unless others are asked for; of a task that has none every metric. */
static bool is_metric_shown(const bs_analysis *analysis, const bs_report_options *options,
                            size_t row) {
  const char *metric = analysis->tables->linearity[row].metric;
  uint32_t task = analysis->linearity_task[row];
  if (options->n_metrics > 0)
    return names_one(options->metrics, options->n_metrics, metric);
  return task == UINT32_MAX || analysis->tasks[task].preferred_metric[0] == '\0' ||
         bs_row_is_preferred(analysis, row);
}

bool bs_summary_shows(const bs_analysis *analysis, const bs_report_options *options, size_t row) {
  const bs_linearity_row *line = &analysis->tables->linearity[row];
  bool is_keyword = strncmp(line->task, BS_KEYWORD_TASKS, strlen(BS_KEYWORD_TASKS)) == 0;
  if (is_keyword && options->n_tasks == 0) /* too many to be shown unasked */
    return false;
  return names_one(options->tasks, options->n_tasks, line->task) &&
         asks_for_shots(options, line->shots) && is_metric_shown(analysis, options, row);
}

bool bs_summary_shows_model(const bs_analysis *analysis, const bs_report_options *options,
                            uint32_t model) {
  for (size_t i = 0; i < analysis->n_models && options->n_models > 0; i++)
    if (analysis->models[i].first_repeat == model &&
        names_one(options->models, options->n_models, analysis->models[i].name))
      return true;
  return options->n_models == 0;
}

/* BS_ERR_USAGE for a name that no model has. */
static bs_status check_models(const bs_analysis *analysis, const bs_report_options *options,
                              bs_error *err) {
  const char **known = bs_array_new(analysis->n_models, sizeof *known, err);
  bs_status status = known != NULL ? BS_OK : BS_ERR_MEMORY;
  size_t n = analysis->n_models;
  for (size_t i = 0; status == BS_OK && i < n; i++)
    known[i] = analysis->models[i].name;
  for (size_t i = 0; status == BS_OK && n > 0 && i < options->n_models; i++) {
    if (names_one(known, n, options->models[i]))
      continue;
    const char *near = bs_nearest_name(options->models[i], known, n);
    status = bs_error_set(err, BS_ERR_USAGE, "there is no model \"%s\"%s%s%s", options->models[i],
                          near != NULL ? "; did you mean \"" : "", near != NULL ? near : "",
                          near != NULL ? "\"?" : "");
  }
  free(known);
  return status;
}

/* The names of all rows: of their tasks, or of their metrics. */
static const char *name_of(const bs_linearity_row *row, bool is_metric) {
  return is_metric ? row->metric : row->task;
}

/* BS_ERR_USAGE for a name that no row has. */
static bs_status check_names(const bs_analysis *analysis, const char *const *names, size_t n,
                             bool is_metric, bs_error *err) {
  size_t n_rows = analysis->tables->n_linearity;
  const char **known = bs_array_new(n_rows, sizeof *known, err);
  bs_status status = known != NULL ? BS_OK : BS_ERR_MEMORY;
  for (size_t i = 0; status == BS_OK && i < n_rows; i++)
    known[i] = name_of(&analysis->tables->linearity[i], is_metric);
  for (size_t i = 0; status == BS_OK && n_rows > 0 && i < n; i++) {
    const char *near =
        names_one(known, n_rows, names[i]) ? NULL : bs_nearest_name(names[i], known, n_rows);
    if (!names_one(known, n_rows, names[i]))
      status = bs_error_set(err, BS_ERR_USAGE, "there is no %s \"%s\"%s%s%s",
                            is_metric ? "metric" : "task", names[i],
                            near != NULL ? "; did you mean \"" : "", near != NULL ? near : "",
                            near != NULL ? "\"?" : "");
  }
  free(known);
  return status;
}

/* BS_ERR_USAGE for a number of shots that no row has. */
static bs_status check_shots(const bs_analysis *analysis, const bs_report_options *options,
                             bs_error *err) {
  size_t n_rows = analysis->tables->n_linearity;
  for (size_t i = 0; n_rows > 0 && i < options->n_shots; i++) {
    size_t row = 0;
    while (row < n_rows && analysis->tables->linearity[row].shots != options->shots[i])
      row++;
    if (row == n_rows)
      return bs_error_set(err, BS_ERR_USAGE, "there are no scores with %" PRIu32 " shots",
                          options->shots[i]);
  }
  return BS_OK;
}

bs_status bs_report_options_check(const bs_analysis *analysis, const bs_report_options *options,
                                  bs_error *err) {
  bs_status status = check_names(analysis, options->tasks, options->n_tasks, false, err);
  if (status == BS_OK)
    status = check_names(analysis, options->metrics, options->n_metrics, true, err);
  if (status == BS_OK)
    status = check_models(analysis, options, err);
  if (status == BS_OK)
    status = bs_summary_check_order(options->sort, err);
  return status == BS_OK ? check_shots(analysis, options, err) : status;
}
