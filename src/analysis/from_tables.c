/* Scores from the stored records: one pass over the examples, which stand sorted, so that those of
   one model, task and number of shots are neighbours. */
#include <math.h>
#include <stdlib.h>

#include "analysis/analysis_internal.h"
#include "analysis/clusters_internal.h"
#include "analysis/outcomes_internal.h"
#include "base/memory_internal.h"
#include "metrics/estimate_internal.h"

/* The values of one column over a group. */
typedef struct column_values {
  double *values;
  size_t capacity;
} column_values;

typedef struct scoring {
  column_values scratch, cluster_influences;
  bs_cluster_numbers clusters; /* of the group's examples */
  bs_influences influences;
} scoring;

static bs_status estimate_column(const bs_outcomes *of, size_t column, column_values *scratch,
                                 bs_estimate *out, double *influences, bs_error *err) {
  const bs_tables *results = of->results;
  bs_status status = bs_reserve(&scratch->values, &scratch->capacity, 0, of->n, err);
  if (status != BS_OK)
    return status;
  for (size_t i = 0; i < of->n; i++)
    scratch->values[i] = results->metric_values[(of->first + i) * results->n_metrics + column];
  *out = bs_mean(scratch->values, of->n);
  if (influences != NULL)
    bs_mean_influences(scratch->values, of->n, influences);
  return BS_OK;
}

static bool has_clusters(const bs_outcomes *of) {
  for (size_t i = 0; i < of->n; i++)
    if (of->results->examples[of->first + i].cluster != 0)
      return true;
  return false;
}

/* The standard error between clusters, from the influences of the examples. */
static bs_status fill_cluster_error(const bs_outcomes *of, const double *influences, scoring *s,
                                    bs_score_row *score, bs_error *err) {
  bs_difference mean;
  size_t n = 0;
  bs_status status = bs_reserve(&s->scratch.values, &s->scratch.capacity, 0, of->n, err);
  if (status == BS_OK)
    status = bs_cluster_numbers_reserve(&s->clusters, of->n, err);
  for (size_t i = 0; status == BS_OK && i < of->n; i++)
    if (!isnan(influences[i])) {
      s->scratch.values[n] = influences[i];
      s->clusters.keys[n++].cluster = of->results->examples[of->first + i].cluster;
    }
  if (status == BS_OK)
    status = bs_cluster_numbers_make(&s->clusters, n, err);
  if (status == BS_OK)
    status = bs_clustered_mean(&mean, s->scratch.values, n, s->clusters.of, err);
  if (status == BS_OK && n > 0) {
    score->standard_error = mean.standard_error;
    score->n_clusters = s->clusters.of.n;
  }
  return status;
}

/* Corpus metrics, and those without a column, from the outcomes; the rest is the mean of a column.
   Of a model with repeats the influences of the examples are kept. */
static bs_status add_score(bs_outcomes *of, const char *name, bool with_text, scoring *s,
                           bs_analysis *to, bs_error *err) {
  const bs_metric *metric = bs_metric_find(name);
  const bs_example_row *row = &of->results->examples[of->first];
  size_t column = bs_tables_column(of->results, name);
  bs_estimate estimate = {0};
  double *influences = NULL;
  bs_status status = BS_OK;
  if (metric == NULL && column == SIZE_MAX)
    return bs_error_set(err, BS_ERR_INPUT,
                        "task %s: metric \"%s\" is neither known nor a column of the examples",
                        of->results->tasks[row->task].name, name);
  if (to->models[row->model].n_repeats > 1)
    status = bs_influences_add(&s->influences, to, of->first, of->n, &influences, err);
  if (status == BS_OK && influences == NULL && has_clusters(of)) {
    status =
        bs_reserve(&s->cluster_influences.values, &s->cluster_influences.capacity, 0, of->n, err);
    influences = s->cluster_influences.values;
  }
  if (status != BS_OK)
    return status;
  if (metric == NULL || (metric->corpus == NULL && column != SIZE_MAX)) {
    status = estimate_column(of, column, &s->scratch, &estimate, influences, err);
  } else {
    status = bs_outcomes_fill(of, with_text, err);
    if (status == BS_OK)
      status = bs_metric_influences(metric, of->all, of->n, &estimate, influences, err);
  }
  if (status != BS_OK)
    return status;
  bs_score_row score = {.model = row->model,
                        .task = row->task,
                        .shots = row->shots,
                        .metric = name,
                        .value = estimate.value,
                        .standard_error = estimate.standard_error,
                        .n = estimate.n,
                        .n_clusters = estimate.n};
  if (has_clusters(of))
    status = fill_cluster_error(of, influences, s, &score, err);
  return status == BS_OK ? bs_analysis_add_score(to, &score, err) : status;
}

static bs_status add_names(bs_analysis *to, const bs_tables *results, bs_error *err) {
  bs_status status = BS_OK;
  /* first, so that a task's metrics stand in the order of their table, whatever tasks came before
   */
  for (size_t i = 0; status == BS_OK && i < bs_metric_count(); i++)
    status = bs_interner_add(&to->metrics, to->tables->arena, bs_metric_at(i)->name, &(uint32_t){0},
                             err);
  for (size_t i = 0; status == BS_OK && i < results->n_models; i++) {
    const bs_model_row *row = &results->models[i];
    status = bs_analysis_add_model(to, row->name, row->family, row->scale, row->seed, err);
    if (status == BS_OK) {
      bs_analysis_model_row *model = &to->models[to->n_models - 1];
      model->tokens = row->tokens > 0 ? row->tokens : NAN; /* 0 is no amount of training */
      model->compute = row->compute > 0 ? row->compute : NAN;
    }
  }
  if (status == BS_OK)
    status = bs_analysis_settle_models(to, err);
  for (size_t i = 0; status == BS_OK && i < results->n_tasks; i++) {
    const bs_task_row *row = &results->tasks[i];
    status = bs_analysis_add_task(to, row->name, row->preferred_metric, err);
  }
  return status;
}

static bs_status add_groups(bs_analysis *to, bs_outcomes *of, const bs_task_lists *lists,
                            bs_error *err) {
  bs_status status = BS_OK;
  scoring s = {0};
  while (status == BS_OK && bs_outcomes_next(of)) {
    uint32_t task = of->results->examples[of->first].task;
    const char **names = lists->names + lists->first[task];
    size_t n_names = lists->first[task + 1] - lists->first[task];
    bool with_text = bs_metrics_need_text(names, n_names);
    for (size_t i = 0; status == BS_OK && i < n_names; i++)
      status = add_score(of, names[i], with_text, &s, to, err);
  }
  if (status == BS_OK)
    status = bs_analysis_common_errors(to, &s.influences, of->results, err);
  bs_influences_free(&s.influences);
  free(s.scratch.values);
  free(s.cluster_influences.values);
  bs_cluster_numbers_free(&s.clusters);
  return status;
}

/* `with_intervals`: also what takes the time, the intervals of the curves and what follows from
   them. */
static bs_status make_analysis(bs_analysis **out, const bs_tables *results, bool with_intervals,
                               bs_analysis_progress *progress, void *user, bs_error *err) {
  *out = NULL;
  bs_analysis *analysis = NULL;
  bs_task_lists lists = {0};
  bs_groups groups = {0};
  bs_outcomes outcomes;
  size_t repeated[2];
  bs_status status = bs_outcomes_open(&outcomes, results, err);
  if (status == BS_OK)
    status = bs_analysis_new(&analysis, err);
  if (status == BS_OK)
    status = add_names(analysis, results, err);
  if (status == BS_OK)
    status = bs_task_lists_read(&lists, results, analysis->tables->arena, err);
  if (status == BS_OK)
    status = add_groups(analysis, &outcomes, &lists, err);
  if (status == BS_OK)
    status = bs_analysis_prompts_count(analysis, results, err);
  if (status == BS_OK)
    status =
        bs_groups_make(&groups, results, &analysis->aggregate_names, analysis->tables->arena, err);
  if (status == BS_OK)
    status = bs_analysis_aggregate(analysis, results, &groups, err);
  if (status == BS_OK)
    status = bs_analysis_human(analysis, results, &groups, err);
  if (status == BS_OK)
    status = bs_analysis_spread(analysis, results, &groups, err);
  if (status == BS_OK && (status = bs_analysis_finish(analysis, repeated, err)) == BS_ERR_INPUT)
    bs_error_set(err, status, "a task lists metric \"%s\" twice",
                 analysis->tables->scores[repeated[0]].metric);
  if (status == BS_OK && with_intervals)
    status = bs_analysis_fill_curves(analysis, results, progress, user, err);
  if (status == BS_OK && with_intervals)
    status = bs_analysis_smooth(analysis, err);
  if (status == BS_OK)
    status = bs_analysis_compare(analysis, results, &groups, err);
  if (status == BS_OK && with_intervals)
    status = bs_analysis_calibrate(analysis, &outcomes, &lists, &groups, err);
  if (status == BS_OK && with_intervals)
    status = bs_analysis_forecast(analysis, results, &(bs_forecast_request){0}, err);
  if (status == BS_OK)
    *out = analysis;
  else
    bs_analysis_free(&analysis);
  bs_outcomes_close(&outcomes);
  bs_task_lists_free(&lists);
  bs_groups_free(&groups);
  return status;
}

bs_status bs_analysis_from_tables(bs_analysis **out, const bs_tables *results, bs_error *err) {
  return make_analysis(out, results, true, NULL, NULL, err);
}

bs_status bs_analysis_from_tables_telling(bs_analysis **out, const bs_tables *results,
                                          bs_analysis_progress *progress, void *user,
                                          bs_error *err) {
  return make_analysis(out, results, true, progress, user, err);
}

bs_status bs_analysis_comparisons_from_tables(bs_analysis **out, const bs_tables *results,
                                              bs_error *err) {
  return make_analysis(out, results, false, NULL, NULL, err);
}
