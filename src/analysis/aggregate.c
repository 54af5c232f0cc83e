/* Normalised scores and their means over tasks. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/analysis_internal.h"
#include "base/memory_internal.h"

typedef struct aggregation {
  bs_analysis *analysis;
  const bs_tables *results;
  const bs_groups *groups;
  uint32_t *shots; /* distinct, ascending */
  size_t n_shots, n_tasks;
  bs_cell *cells;              /* (n_shots, n_tasks) of one model at a time */
  bs_part_mean *means, *parts; /* [n_aggregates] */
} aggregation;

static void normalise(bs_analysis *analysis, const bs_tables *results) {
  for (size_t i = 0; i < analysis->tables->n_scores; i++) {
    bs_score_row *score = &analysis->tables->scores[i];
    const bs_task_row *task = &results->tasks[score->task];
    bool is_preferred = strcmp(score->metric, task->preferred_metric) == 0;
    score->normalized = is_preferred ? bs_task_normalised(task, score->value) : NAN;
  }
}

static int by_number(const void *a, const void *b) {
  uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;
  return left < right ? -1 : left > right;
}

static void find_shots(aggregation *a) {
  const bs_analysis *analysis = a->analysis;
  for (size_t i = 0; i < analysis->tables->n_scores; i++)
    a->shots[i] = analysis->tables->scores[i].shots;
  qsort(a->shots, analysis->tables->n_scores, sizeof *a->shots, by_number);
  for (size_t i = 0; i < analysis->tables->n_scores; i++)
    if (a->n_shots == 0 || a->shots[a->n_shots - 1] != a->shots[i])
      a->shots[a->n_shots++] = a->shots[i];
}

/* The cells of a number of shots that is among those of the scores. */
static bs_cell *cells_of(const aggregation *a, uint32_t shots) {
  const uint32_t *found = bsearch(&shots, a->shots, a->n_shots, sizeof *a->shots, by_number);
  return a->cells + (size_t)(found - a->shots) * a->n_tasks;
}

/* The cell of a score that counts in means, else NULL. */
static bs_cell *cell_of(const aggregation *a, const bs_score_row *score) {
  const bs_task_row *task = &a->results->tasks[score->task];
  if (!bs_task_counts(task) || strcmp(score->metric, task->preferred_metric) != 0)
    return NULL;
  return cells_of(a, score->shots) + score->task;
}

static void fill_wanted(aggregation *a) {
  for (size_t i = 0; i < a->analysis->tables->n_scores; i++) {
    bs_cell *to = cell_of(a, &a->analysis->tables->scores[i]);
    if (to != NULL)
      to->is_wanted = true;
  }
}

static void empty_cells(aggregation *a) {
  for (size_t i = 0; i < a->n_shots * a->n_tasks; i++)
    a->cells[i].is_there = false;
}

/* The model's scores stand together: [first, end). `errors` (optional): of all scores, instead of
   their own. */
static void fill_cells(aggregation *a, size_t first, size_t end, const bs_common_error *errors) {
  for (size_t i = first; i < end; i++) {
    const bs_score_row *score = &a->analysis->tables->scores[i];
    const bs_task_row *task = &a->results->tasks[score->task];
    bs_cell *to = cell_of(a, score);
    if (to == NULL)
      continue;
    double error = errors != NULL ? errors[i].standard_error : score->standard_error;
    to->is_there = true;
    to->value = score->normalized;
    to->standard_error = fabs(100 * error / (task->high_score - task->low_score));
  }
}

static void add_rows(aggregation *a, uint32_t model, size_t s) {
  bs_analysis *to = a->analysis;
  bs_groups_average(a->groups, a->cells + s * a->n_tasks, a->n_tasks, a->means, a->parts);
  for (size_t k = 0; k < a->groups->n_aggregates; k++)
    if (a->means[k].n > 0)
      to->tables->aggregates[to->tables->n_aggregates++] =
          (bs_aggregate_row){.model = model,
                             .shots = a->shots[s],
                             .tasks = to->aggregate_names.strings[k],
                             .value = bs_mean_value(&a->means[k]),
                             .standard_error = bs_mean_error(&a->means[k]),
                             .n = a->means[k].n};
}

/* The errors of means over repeats. Different tasks have different examples, so their errors are
   independent; what the repeats have in common is in the error of each task already. */
static void fill_common_errors(aggregation *a) {
  bs_analysis *of = a->analysis;
  for (uint32_t model = 0; model < of->n_models; model++) {
    if (of->models[model].first_repeat != model || of->models[model].n_repeats < 2)
      continue;
    empty_cells(a);
    for (size_t i = 0; i < of->tables->n_scores; i++)
      if (of->models[of->tables->scores[i].model].first_repeat == model)
        fill_cells(a, i, i + 1, of->common_errors);
    for (size_t i = 0; i < of->tables->n_aggregates; i++) {
      const bs_aggregate_row *row = &of->tables->aggregates[i];
      uint32_t number = 0;
      if (of->models[row->model].first_repeat != model)
        continue;
      bs_groups_average(a->groups, cells_of(a, row->shots), a->n_tasks, a->means, a->parts);
      bs_interner_find(&of->aggregate_names, row->tasks, &number);
      of->common_aggregate_errors[i] =
          (bs_common_error){bs_mean_error(&a->means[number]), a->means[number].n};
    }
  }
}

static bs_status allocate(aggregation *a, bs_error *err) {
  bs_analysis *analysis = a->analysis;
  size_t n_aggregates = a->groups->n_aggregates, n_cells, n_each, n_rows;
  if (!bs_size_mul(a->n_shots, a->n_tasks, &n_cells) ||
      !bs_size_mul(n_aggregates, a->n_shots, &n_each) ||
      !bs_size_mul(n_each, analysis->n_models, &n_rows))
    return bs_error_set(err, BS_ERR_MEMORY, "cannot allocate the aggregates");
  a->cells = bs_array_new(n_cells, sizeof *a->cells, err);
  a->means = bs_array_new(n_aggregates, sizeof *a->means, err);
  a->parts = bs_array_new(n_aggregates, sizeof *a->parts, err);
  analysis->tables->aggregates = bs_array_new(n_rows, sizeof *analysis->tables->aggregates, err);
  analysis->common_aggregate_errors =
      bs_array_new(n_rows, sizeof *analysis->common_aggregate_errors, err);
  return a->cells != NULL && a->means != NULL && a->parts != NULL &&
                 analysis->tables->aggregates != NULL && analysis->common_aggregate_errors != NULL
             ? BS_OK
             : BS_ERR_MEMORY;
}

bs_status bs_analysis_aggregate(bs_analysis *analysis, const bs_tables *results,
                                const bs_groups *groups, bs_error *err) {
  aggregation a = {
      .analysis = analysis, .results = results, .groups = groups, .n_tasks = results->n_tasks};
  bs_status status = BS_ERR_MEMORY;
  a.shots = bs_array_new(analysis->tables->n_scores, sizeof *a.shots, err);
  if (a.shots == NULL)
    goto cleanup;
  normalise(analysis, results);
  find_shots(&a);
  status = allocate(&a, err);
  if (status != BS_OK)
    goto cleanup;
  fill_wanted(&a);
  for (size_t at = 0, end; at < analysis->tables->n_scores; at = end) {
    uint32_t model = analysis->tables->scores[at].model;
    for (end = at + 1;
         end < analysis->tables->n_scores && analysis->tables->scores[end].model == model;)
      end++;
    empty_cells(&a);
    fill_cells(&a, at, end, NULL);
    for (size_t s = 0; s < a.n_shots; s++)
      add_rows(&a, model, s);
  }
  fill_common_errors(&a);

cleanup:
  free(a.shots);
  free(a.cells);
  free(a.means);
  free(a.parts);
  return status;
}
