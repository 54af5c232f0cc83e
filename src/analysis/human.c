/* What people score, beside the models: on tasks, and in the means over them. */
#include <math.h>
#include <stdlib.h>

#include "analysis/analysis_internal.h"
#include "base/memory_internal.h"

typedef struct averages {
  bs_cell *cells;              /* [n_tasks] */
  bs_part_mean *means, *parts; /* [n_aggregates] */
} averages;

static void average(averages *a, const bs_groups *groups, const bs_tables *results, bool best) {
  for (size_t t = 0; t < results->n_tasks; t++) {
    const bs_task_row *task = &results->tasks[t];
    double score = best ? task->human_best : task->human_average;
    a->cells[t] = (bs_cell){.value = bs_task_normalised(task, score),
                            .is_there = isfinite(score),
                            .is_wanted = bs_task_counts(task)};
  }
  bs_groups_average(groups, a->cells, results->n_tasks, a->means, a->parts);
}

static void add_tasks(bs_analysis *to, const bs_tables *results) {
  for (size_t t = 0; t < results->n_tasks; t++) {
    const bs_task_row *task = &results->tasks[t];
    if (isnan(task->human_average) && isnan(task->human_best))
      continue;
    to->tables->humans[to->tables->n_humans++] = (bs_human_row){
        .task = to->tasks[t].name,
        .metric = to->tasks[t].preferred_metric,
        .average = task->human_average,
        .best = task->human_best,
        .normalized_average =
            bs_task_counts(task) ? bs_task_normalised(task, task->human_average) : NAN,
        .normalized_best = bs_task_counts(task) ? bs_task_normalised(task, task->human_best) : NAN,
        .n = 1};
  }
}

/* Aggregates over whose tasks no human mean is known have no row. */
static void add_aggregates(bs_analysis *to, const averages *average, const averages *best,
                           size_t n) {
  for (size_t k = 0; k < n; k++) {
    bs_human_row row = {.task = to->aggregate_names.strings[k],
                        .metric = BS_AGGREGATE_METRIC,
                        .average = NAN,
                        .best = NAN,
                        .normalized_average = bs_mean_value(&average->means[k]),
                        .normalized_best = bs_mean_value(&best->means[k]),
                        .n = average->means[k].n};
    if (!isnan(row.normalized_average) || !isnan(row.normalized_best))
      to->tables->humans[to->tables->n_humans++] = row;
  }
}

static bs_status allocate(averages *a, size_t n_tasks, size_t n_aggregates, bs_error *err) {
  a->cells = bs_array_new(n_tasks, sizeof *a->cells, err);
  a->means = bs_array_new(n_aggregates, sizeof *a->means, err);
  a->parts = bs_array_new(n_aggregates, sizeof *a->parts, err);
  return a->cells != NULL && a->means != NULL && a->parts != NULL ? BS_OK : BS_ERR_MEMORY;
}

static void release(averages *a) {
  free(a->cells);
  free(a->means);
  free(a->parts);
}

bs_status bs_analysis_human(bs_analysis *analysis, const bs_tables *results,
                            const bs_groups *groups, bs_error *err) {
  averages both[2] = {{0}, {0}};
  size_t n = groups->n_aggregates;
  analysis->tables->humans =
      bs_array_new(results->n_tasks + n, sizeof *analysis->tables->humans, err);
  bs_status status = analysis->tables->humans != NULL ? BS_OK : BS_ERR_MEMORY;
  for (int i = 0; i < 2 && status == BS_OK; i++)
    status = allocate(&both[i], results->n_tasks, n, err);
  if (status == BS_OK) {
    for (int i = 0; i < 2; i++)
      average(&both[i], groups, results, i == 1);
    add_tasks(analysis, results);
    add_aggregates(analysis, &both[0], &both[1], n);
  }
  release(&both[0]);
  release(&both[1]);
  return status;
}
