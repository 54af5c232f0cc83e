/* Metrics again, from the stored records. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/outcomes_internal.h"
#include "base/memory_internal.h"
#include "bigsweep/analysis.h"
#include "metrics/estimate_internal.h"
#include "metrics/table_internal.h"
#include "tables/tables_internal.h"

/* What a task can be scored by. */
typedef struct task_plan {
  const bs_metric *metrics[BS_MOST_METRICS]; /* in the order of their table */
  bool is_asked[BS_MOST_METRICS];            /* listed before, or added by name */
  bool is_given[BS_MOST_METRICS];            /* by the records of some example */
  size_t n;
  bool with_text; /* text was generated */
  bool is_voted;  /* answers are votes over what was scored behind several reasonings */
  bool has_rows;
} task_plan;

typedef struct rescoring {
  const bs_tables *from;
  bs_tables *to;
  bs_outcomes outcomes;
  bs_task_lists lists;
  task_plan *plans; /* [n_tasks] */
  struct {
    size_t n, first; /* tasks */
  } left_out[BS_MOST_METRICS];
  bs_analysis_notice notice;
  void *user;
} rescoring;

/* Rows of /targets, /choices and /samples tell what a task has. */
static void look_at_answers(rescoring *r, bs_answer_kinds *has) {
  const bs_tables *results = r->from;
  size_t share = bs_tables_column(results, bs_record_name(BS_RECORD_VOTE_SHARE));
  for (size_t i = 0; i < results->n_targets; i++)
    has[results->targets[i].task].targets = true;
  for (size_t i = 0; i < results->n_choice_texts; i++) {
    const bs_choice_text_row *row = &results->choice_texts[i];
    has[row->task].choices = true;
    has[row->task].roles |= row->role != BS_ROLE_NONE;
  }
  for (size_t i = 0; i < results->n_examples; i++) {
    const bs_example_row *row = &results->examples[i];
    has[row->task].choices |= row->n_choices > 0;
    r->plans[row->task].is_voted |= row->n_samples > 0 && isnan(row->target_logprob) &&
                                    share != SIZE_MAX &&
                                    !isnan(results->metric_values[i * results->n_metrics + share]);
  }
}

/* What is missing for a metric, for messages. */
static const char *what_is_missing(const bs_metric *metric) {
  static const struct {
    unsigned need;
    const char *what;
  } table[] = {{BS_NEEDS_TOKEN_EDITS, "edits in tokens (/examples/prediction_token_edits)"},
               {BS_NEEDS_TEXT, "generated texts with accepted answers"},
               {BS_NEEDS_CHOICE_ROLES, "the roles of the choices (/choice_texts)"},
               {BS_NEEDS_CHOICE_TEXTS, "the texts of the choices (/choice_texts)"},
               {BS_NEEDS_CHOICE_TOKENS | BS_NEEDS_CHOICES, "choices with log-probabilities"},
               {BS_NEEDS_GREEDY_TOKENS, "which tokens are the most likely ones "
                                        "(/examples/answer_greedy_tokens)"},
               {BS_NEEDS_ANSWER_TOKENS, "numbers of tokens (/examples/answer_tokens)"},
               {BS_NEEDS_ANSWER, "which answer the log-probability is of (/examples/answer)"}};
  for (size_t i = 0; i < sizeof table / sizeof *table; i++)
    if ((metric->needs & table[i].need) != 0)
      return table[i].what;
  return "log-probabilities of targets";
}

/* `n_more` tasks beside this one lack the same. */
static bs_status cannot_give(const bs_task_row *task, size_t n_more, const bs_metric *metric,
                             bs_error *err) {
  char more[64] = "";
  if (n_more > 0)
    snprintf(more, sizeof more, " and %zu other%s", n_more, n_more == 1 ? "" : "s");
  return bs_error_set(err, BS_ERR_INPUT,
                      "task %s%s: metric \"%s\" cannot be computed from the records: they lack %s",
                      task->name, more, metric->name, what_is_missing(metric));
}

/* The metrics of task `t`, given its stored list and what is added. */
static bs_status plan_task(rescoring *r, size_t t, const char *const *added, size_t n_added,
                           bs_answer_kinds has, bs_error *err) {
  task_plan *plan = &r->plans[t];
  const char **stored = r->lists.names + r->lists.first[t];
  size_t n_stored = r->lists.first[t + 1] - r->lists.first[t];
  /* as the evaluator decides it */
  plan->with_text = bs_metrics_generate(stored, n_stored, has);
  has.targets = plan->with_text;
  const char **names = bs_array_new(n_stored + n_added, sizeof *names, err);
  if (names == NULL)
    return BS_ERR_MEMORY;
  for (size_t i = 0; i < n_stored; i++)
    names[i] = stored[i];
  for (size_t i = 0; i < n_added; i++)
    names[n_stored + i] = added[i];
  plan->n = bs_metrics_of_kinds(names, n_stored + n_added, has, plan->metrics);
  if (plan->is_voted)
    plan->n = bs_metrics_of_votes(plan->metrics, plan->n);
  for (size_t i = 0; i < plan->n; i++)
    plan->is_asked[i] = bs_metric_is_listed(plan->metrics[i], names, n_stored + n_added);
  free(names);
  return BS_OK;
}

/* Added names must be metrics, and apply somewhere. */
static bs_status check_added(const rescoring *r, const char *const *added, size_t n_added,
                             bs_error *err) {
  for (size_t i = 0; i < n_added; i++) {
    bool applies = false;
    bs_status status = bs_metric_name_check(added[i], err);
    if (status != BS_OK)
      return status;
    const bs_metric *metric = bs_metric_meant(added[i]);
    for (size_t t = 0; t < r->from->n_tasks; t++)
      for (size_t k = 0; k < r->plans[t].n; k++)
        applies |= r->plans[t].metrics[k] == metric;
    if (!applies)
      return bs_error_set(err, BS_ERR_INPUT,
                          "metric \"%s\" cannot be computed for any task: the records lack %s",
                          added[i], what_is_missing(metric));
  }
  return BS_OK;
}

static bs_status plan_tasks(rescoring *r, const char *const *added, size_t n_added, bs_error *err) {
  size_t n = r->from->n_tasks;
  bs_answer_kinds *has = bs_array_new(n, sizeof *has, err);
  bs_status status = has != NULL ? BS_OK : BS_ERR_MEMORY;
  if (status == BS_OK)
    look_at_answers(r, has);
  for (size_t t = 0; t < n && status == BS_OK; t++)
    status = plan_task(r, t, added, n_added, has[t], err);
  if (status == BS_OK)
    status = check_added(r, added, n_added, err);
  free(has);
  return status;
}

/* Which of each task's metrics the records give. */
static bs_status find_given(rescoring *r, bs_error *err) {
  bs_status status = BS_OK;
  while (status == BS_OK && bs_outcomes_next(&r->outcomes)) {
    task_plan *plan = &r->plans[r->from->examples[r->outcomes.first].task];
    plan->has_rows = true;
    bool all = true;
    for (size_t k = 0; k < plan->n; k++)
      all = all && plan->is_given[k];
    if (all)
      continue;
    status = bs_outcomes_fill(&r->outcomes, plan->with_text, err);
    for (size_t i = 0; i < r->outcomes.n && status == BS_OK; i++)
      for (size_t k = 0; k < plan->n; k++)
        plan->is_given[k] |= bs_metric_applies(plan->metrics[k], &r->outcomes.all[i]);
  }
  return status;
}

static void note_left_out(rescoring *r, size_t t, const bs_metric *metric) {
  size_t i = 0;
  while (bs_metric_at(i) != metric)
    i++;
  if (r->left_out[i].n++ == 0)
    r->left_out[i].first = t;
}

/* A metric that many tasks lack is told of once. */
static void tell_of_left_out(const rescoring *r) {
  for (size_t i = 0; r->notice != NULL && i < bs_metric_count(); i++) {
    bs_error missing = {0};
    if (r->left_out[i].n == 0)
      continue;
    cannot_give(&r->from->tasks[r->left_out[i].first], r->left_out[i].n - 1, bs_metric_at(i),
                &missing);
    r->notice(r->user, missing.message);
  }
}

/* Of what is not given: kept where there is a column, refused where it is asked for, else left out.
 */
static bs_status settle_plan(rescoring *r, size_t t, bs_error *err) {
  const bs_task_row *task = &r->from->tasks[t];
  task_plan *plan = &r->plans[t];
  size_t n = 0;
  for (size_t k = 0; k < plan->n; k++) {
    const bs_metric *metric = plan->metrics[k];
    bool has_column = metric->example != NULL && plan->is_asked[k] &&
                      bs_tables_column(r->from, metric->name) != SIZE_MAX;
    if (plan->has_rows && !plan->is_given[k] && !has_column) {
      if (plan->is_asked[k])
        return cannot_give(task, 0, metric, err);
      note_left_out(r, t, metric);
      continue;
    }
    plan->metrics[n] = metric;
    plan->is_given[n++] = plan->is_given[k];
  }
  plan->n = n;
  return BS_OK;
}

static bool is_among(const char *name, const char *const *names, size_t n) {
  for (size_t i = 0; i < n; i++)
    if (strcmp(names[i], name) == 0)
      return true;
  return false;
}

/* Columns: those of this version, and behind them what else there was. */
static bs_status new_results(rescoring *r, bs_error *err) {
  size_t n_own;
  const char *const *own = bs_example_metric_names(&n_own);
  const char **names = bs_array_new(n_own + r->from->n_metrics, sizeof *names, err);
  if (names == NULL)
    return BS_ERR_MEMORY;
  size_t n = 0;
  for (; n < n_own; n++)
    names[n] = own[n];
  for (size_t i = 0; i < r->from->n_metrics; i++)
    if (!is_among(r->from->metric_names[i], own, n_own))
      names[n++] = r->from->metric_names[i];
  bs_status status = bs_tables_new(&r->to, names, n, err);
  free(names);
  return status;
}

/* The list of a task as the results have it, in the table's order; names that are no metrics of
   this version stay behind it. */
static bs_status join_metrics(const rescoring *r, size_t t, bs_text *joined, bs_error *err) {
  const task_plan *plan = &r->plans[t];
  bs_status status = bs_text_append(joined, "", 0, err);
  for (size_t k = 0; k < plan->n && status == BS_OK; k++)
    status =
        bs_text_printf(joined, err, "%s%s", joined->n_bytes > 0 ? "," : "", plan->metrics[k]->name);
  for (size_t i = r->lists.first[t]; i < r->lists.first[t + 1] && status == BS_OK; i++)
    if (bs_metric_find(r->lists.names[i]) == NULL)
      status =
          bs_text_printf(joined, err, "%s%s", joined->n_bytes > 0 ? "," : "", r->lists.names[i]);
  return status;
}

static bs_status copy_tables(const rescoring *r, bs_error *err) {
  static const bs_table_id AS_THEY_ARE[] = {BS_TABLE_MODELS,  BS_TABLE_INPUTS,
                                            BS_TABLE_TARGETS, BS_TABLE_CHOICE_TEXTS,
                                            BS_TABLE_SKIPPED, BS_TABLE_RUNS};
  const bs_tables *from = r->from;
  bs_status status = bs_tables_set_provenance(r->to, &from->provenance, err);
  for (size_t i = 0; i < sizeof AS_THEY_ARE / sizeof *AS_THEY_ARE && status == BS_OK; i++)
    status = bs_tables_append(r->to, from, AS_THEY_ARE[i], (bs_index_maps){0}, err);
  for (size_t i = 0; i < from->n_tasks && status == BS_OK; i++) {
    bs_task_row row = from->tasks[i];
    bs_text metrics = {0};
    status = join_metrics(r, i, &metrics, err);
    row.metrics = metrics.data;
    if (status == BS_OK)
      status = bs_tables_add_task(r->to, &row, err);
    bs_text_free(&metrics);
  }
  return status;
}

/* The numbers of example `i` of the group. `columns` tells where the old results have each. */
static void fill_values(const rescoring *r, const task_plan *plan, size_t i, const size_t *columns,
                        double *values) {
  const bs_tables *from = r->from;
  size_t first = (r->outcomes.first + i) * from->n_metrics; /* of its numbers; there may be none */
  const bs_vote_again *vote = &r->outcomes.votes[i];
  for (size_t c = 0; c < r->to->n_metrics; c++) {
    const bs_metric *metric = bs_metric_find(r->to->metric_names[c]);
    if (metric != NULL && metric->example == NULL)
      metric = NULL; /* another version's column: kept as it is */
    values[c] =
        metric == NULL && columns[c] != SIZE_MAX ? from->metric_values[first + columns[c]] : NAN;
    for (size_t k = 0; metric != NULL && k < plan->n; k++) {
      if (plan->metrics[k] != metric)
        continue;
      if (bs_metric_applies(metric, &r->outcomes.all[i]))
        values[c] = metric->example(&r->outcomes.all[i]);
      else if (!plan->is_given[k] && columns[c] != SIZE_MAX)
        values[c] = from->metric_values[first + columns[c]];
    }
    if (!isnan(vote->share) &&
        strcmp(r->to->metric_names[c], bs_record_name(BS_RECORD_VOTE_SHARE)) == 0)
      values[c] = vote->share;
  }
}

/* Example `i` of the group with its prediction made anew. */
static bs_example_row example_row(const rescoring *r, size_t i) {
  const bs_outcomes *of = &r->outcomes;
  const bs_sample_row *samples = bs_tables_samples(r->from, of->first + i);
  const bs_vote_again *vote = &of->votes[i];
  bs_example_row row = r->from->examples[of->first + i];
  if (row.n_choices == 0 && of->all[i].prediction != NULL)
    row.prediction = of->all[i].prediction;
  if (vote->of_texts)
    row.generated = samples[vote->text_winner].generated;
  if (vote->of_choices)
    row.prediction = samples[vote->choice_winner].answer;
  return row;
}

static bs_status score_all(rescoring *r, bs_error *err) {
  const bs_tables *from = r->from;
  size_t n = r->to->n_metrics;
  double *values = bs_array_new(n, sizeof *values, err);
  size_t *columns = bs_array_new(n, sizeof *columns, err);
  bs_status status = values != NULL && columns != NULL ? BS_OK : BS_ERR_MEMORY;
  for (size_t c = 0; c < n && status == BS_OK; c++)
    columns[c] = bs_tables_column(from, r->to->metric_names[c]);
  while (status == BS_OK && bs_outcomes_next(&r->outcomes)) {
    const task_plan *plan = &r->plans[from->examples[r->outcomes.first].task];
    status = bs_outcomes_fill(&r->outcomes, plan->with_text, err);
    for (size_t i = 0; i < r->outcomes.n && status == BS_OK; i++) {
      size_t at = r->outcomes.first + i;
      bs_example_row row = example_row(r, i);
      fill_values(r, plan, i, columns, values);
      status = bs_tables_add_example(r->to, &row, bs_tables_choices(from, at),
                                     bs_tables_samples(from, at), values, err);
    }
  }
  free(values);
  free(columns);
  return status;
}

bs_status bs_analysis_rescore(bs_tables **out, const bs_tables *results, const char *const *added,
                              size_t n_added, bs_analysis_notice notice, void *user,
                              bs_error *err) {
  *out = NULL;
  rescoring r = {.from = results, .notice = notice, .user = user};
  bs_arena *arena = bs_arena_new();
  bs_status status = bs_outcomes_open(&r.outcomes, results, err);
  if (status == BS_OK && arena == NULL)
    status = bs_error_set(err, BS_ERR_MEMORY, "cannot allocate names");
  if (status == BS_OK)
    status = bs_task_lists_read(&r.lists, results, arena, err);
  if (status == BS_OK && (r.plans = bs_array_new(results->n_tasks, sizeof *r.plans, err)) == NULL)
    status = BS_ERR_MEMORY;
  if (status == BS_OK)
    status = plan_tasks(&r, added, n_added, err);
  if (status == BS_OK)
    status = find_given(&r, err);
  for (size_t t = 0; t < results->n_tasks && status == BS_OK; t++)
    status = settle_plan(&r, t, err);
  if (status == BS_OK)
    tell_of_left_out(&r);
  if (status == BS_OK)
    status = new_results(&r, err);
  if (status == BS_OK)
    status = copy_tables(&r, err);
  if (status == BS_OK) {
    r.outcomes.first = r.outcomes.n = 0; /* from the start again */
    status = score_all(&r, err);
  }
  if (status != BS_OK)
    bs_tables_free(&r.to);
  *out = r.to;
  bs_outcomes_close(&r.outcomes);
  bs_task_lists_free(&r.lists);
  bs_arena_free(&arena);
  free(r.plans);
  return status;
}
