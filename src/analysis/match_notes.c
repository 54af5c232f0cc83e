/* What a reader of scores over texts should know, from the records: answers that can never match,
   and those that match only because white space at the ends is left out. */
#include <stdlib.h>
#include <string.h>

#include "analysis/outcomes_internal.h"
#include "base/memory_internal.h"
#include "base/text_internal.h"
#include "bigsweep/analysis.h"
#include "bigsweep/metric.h"
#include "bigsweep/reach.h"
#include "metrics/estimate_internal.h"
#include "metrics/table_internal.h"
#include "metrics/text_internal.h"

/* Each task's rows of /targets, sorted by example. */
typedef struct task_targets {
  size_t *first;      /* [n_tasks + 1] rows of /targets */
  uint32_t *examples; /* [n_tasks] one more than the highest example that was evaluated */
  const char **texts; /* [n_targets] */
} task_targets;

static void free_targets(task_targets *of) {
  free(of->first);
  free(of->examples);
  free(of->texts);
}

static bs_status index_targets(task_targets *of, const bs_tables *results, bs_error *err) {
  of->first = bs_array_new(results->n_tasks + 1, sizeof *of->first, err);
  of->examples = bs_array_new(results->n_tasks, sizeof *of->examples, err);
  of->texts = bs_array_new(results->n_targets, sizeof *of->texts, err);
  if (of->first == NULL || of->examples == NULL || of->texts == NULL)
    return BS_ERR_MEMORY;
  for (size_t t = 0, at = 0; t < results->n_tasks; t++) {
    of->first[t] = at;
    while (at < results->n_targets && results->targets[at].task == t)
      at++;
    of->first[t + 1] = at;
  }
  for (size_t i = 0; i < results->n_targets; i++)
    of->texts[i] = results->targets[i].text;
  for (size_t i = 0; i < results->n_examples; i++) {
    const bs_example_row *row = &results->examples[i];
    if (row->example >= of->examples[row->task])
      of->examples[row->task] = row->example + 1;
  }
  return BS_OK;
}

/* The accepted answers of the example whose rows begin at *at, which moves behind them. */
static size_t targets_at(const bs_tables *results, size_t end, size_t *at) {
  size_t first = *at;
  uint32_t example = results->targets[first].example;
  while (*at < end && results->targets[*at].example == example)
    ++*at;
  return *at - first;
}

static bs_status tell_reach_of(const bs_tables *results, const task_targets *of, size_t t,
                               bs_analysis_notice notice, void *user, bs_error *err) {
  const bs_task_row *task = &results->tasks[t];
  const bs_cut cut = {.max_length = task->max_length,
                      .stop_string = task->stop_string,
                      .output_regex = task->output_regex};
  bs_reach reach;
  bs_status status = BS_OK;
  bs_reach_begin(&reach, &cut, bs_list_has(task->metrics, bs_metric_numeric_match.name));
  for (size_t at = of->first[t], end = of->first[t + 1]; status == BS_OK && at < end;) {
    size_t first = at, n = targets_at(results, end, &at);
    uint32_t example = results->targets[first].example;
    if (example < of->examples[t])
      status = bs_reach_add(&reach, example, of->texts + first, n, err);
  }
  if (status == BS_OK)
    status = bs_reach_tell(&reach, task->name, notice, user, err);
  bs_reach_free(&reach);
  return status;
}

bs_status bs_analysis_tell_reach(const bs_tables *results, bs_analysis_notice notice, void *user,
                                 bs_error *err) {
  task_targets of = {0};
  bs_status status = index_targets(&of, results, err);
  for (size_t t = 0; status == BS_OK && t < results->n_tasks; t++)
    if (bs_list_has(results->tasks[t].metrics, bs_metric_exact_str_match.name))
      status = tell_reach_of(results, &of, t, notice, user, err);
  free_targets(&of);
  return status;
}

/* A group's outcomes with their predictions: as the rows have them, or, where these are choices,
   made anew from the generated texts. */
static bs_status fill_predictions(bs_outcomes *of, bs_error *err) {
  const bs_example_row *rows = &of->results->examples[of->first];
  bool any_choice = false;
  for (size_t i = 0; i < of->n; i++)
    any_choice |= rows[i].n_choices > 0;
  bs_status status = bs_outcomes_fill(of, any_choice, err);
  for (size_t i = 0; status == BS_OK && !any_choice && i < of->n; i++)
    if (of->all[i].n_targets > 0)
      of->all[i].prediction = rows[i].prediction;
  return status;
}

/* Equal to an accepted answer but for white space at the ends. */
static bool needs_stripping(const bs_outcome *outcome) {
  bool matches = false;
  for (size_t i = 0; i < outcome->n_targets; i++) {
    if (strcmp(outcome->prediction, outcome->targets[i]) == 0)
      return false;
    matches |= bs_texts_match(outcome->prediction, outcome->targets[i]);
  }
  return matches;
}

static bs_status tell_white_space(const bs_task_row *task, size_t n, size_t n_all,
                                  bs_analysis_notice notice, void *user, bs_error *err) {
  bs_text text = {0};
  bs_status status =
      n == 0 ? BS_OK
             : bs_text_printf(&text, err,
                              "%s: exact_str_match: %zu of %zu answers match only because white "
                              "space at the ends is left out",
                              task->name, n, n_all);
  if (status == BS_OK && n > 0)
    notice(user, text.data);
  bs_text_free(&text);
  return status;
}

bs_status bs_analysis_tell_white_space(const bs_tables *results, bs_analysis_notice notice,
                                       void *user, bs_error *err) {
  bs_outcomes outcomes;
  size_t *n = bs_array_new(results->n_tasks, sizeof *n, err);
  size_t *n_all = bs_array_new(results->n_tasks, sizeof *n_all, err);
  bs_status status = n == NULL || n_all == NULL ? BS_ERR_MEMORY : BS_OK;
  bool is_open = status == BS_OK;
  if (status == BS_OK)
    status = bs_outcomes_open(&outcomes, results, err);
  while (status == BS_OK && bs_outcomes_next(&outcomes)) {
    uint32_t t = results->examples[outcomes.first].task;
    if (!bs_list_has(results->tasks[t].metrics, bs_metric_exact_str_match.name))
      continue;
    status = fill_predictions(&outcomes, err);
    for (size_t i = 0; status == BS_OK && i < outcomes.n; i++) {
      bool applies = bs_metric_applies(&bs_metric_exact_str_match, &outcomes.all[i]);
      n_all[t] += applies;
      n[t] += applies && needs_stripping(&outcomes.all[i]);
    }
  }
  for (size_t t = 0; status == BS_OK && t < results->n_tasks; t++)
    status = tell_white_space(&results->tasks[t], n[t], n_all[t], notice, user, err);
  if (is_open)
    bs_outcomes_close(&outcomes);
  free(n);
  free(n_all);
  return status;
}
