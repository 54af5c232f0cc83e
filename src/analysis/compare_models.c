/* Two models compared on the examples that both answered, task by task. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/clusters_internal.h"
#include "analysis/example_matrix_internal.h"
#include "analysis/outcomes_internal.h"
#include "base/memory_internal.h"
#include "bigsweep/metric.h"

typedef struct side {
  const bs_tables *results;
  uint32_t model;
  bs_example_index index;
} side;

typedef struct comparing {
  side sides[2];
  bs_model_comparison *rows;
  size_t n_rows, cap_rows;
  double *values[2]; /* of the examples that both have */
  size_t cap_values[2];
  bs_cluster_numbers clusters;
} comparing;

/* The task of the second side that is the same as the first's; UINT32_MAX: it has none. */
static bs_status find_task(const comparing *c, uint32_t task, uint32_t *found, bs_error *err) {
  const bs_task_row *mine = &c->sides[0].results->tasks[task];
  const bs_tables *other = c->sides[1].results;
  *found = UINT32_MAX;
  for (uint32_t t = 0; t < other->n_tasks; t++)
    if (strcmp(other->tasks[t].name, mine->name) == 0) {
      if (strcmp(other->tasks[t].sha256, mine->sha256) != 0)
        return bs_error_set(err, BS_ERR_INPUT,
                            "task %s is not the same in both files: its task file has changed "
                            "between the runs, so that the examples cannot be compared",
                            mine->name);
      *found = t;
    }
  return BS_OK;
}

static double value_of(const side *of, size_t row, size_t column) {
  return of->results->metric_values[row * of->results->n_metrics + column];
}

/* The values of the examples that both groups have. Returns their number. */
static size_t join(comparing *c, const bs_example_group *first, const bs_example_group *second,
                   const size_t columns[2]) {
  const bs_example_row *a = c->sides[0].results->examples + first->first,
                       *b = c->sides[1].results->examples + second->first;
  size_t n = 0;
  for (size_t i = 0, j = 0; i < first->n && j < second->n;) {
    if (a[i].example != b[j].example) {
      *(a[i].example < b[j].example ? &i : &j) += 1;
      continue;
    }
    double x = value_of(&c->sides[0], first->first + i++, columns[0]);
    double y = value_of(&c->sides[1], second->first + j++, columns[1]);
    if (!isfinite(x) || !isfinite(y))
      continue;
    c->clusters.keys[n].cluster = a[i - 1].cluster;
    c->values[0][n] = x;
    c->values[1][n++] = y;
  }
  return n;
}

static bs_status add_row(comparing *c, const bs_example_group *first,
                         const bs_example_group *second, const char *metric, bs_error *err) {
  const bs_task_row *task = &c->sides[0].results->tasks[first->task];
  const size_t columns[] = {bs_tables_column(c->sides[0].results, metric),
                            bs_tables_column(c->sides[1].results, metric)};
  bs_model_comparison row = {.models = {c->sides[0].model, c->sides[1].model},
                             .task = task->name,
                             .metric = metric,
                             .shots = first->shots,
                             .is_preferred = strcmp(metric, task->preferred_metric) == 0,
                             .p_holm = NAN,
                             .p_false_discovery = NAN};
  bs_status status = BS_OK;
  for (size_t i = 0; status == BS_OK && i < 2; i++)
    status = bs_reserve(&c->values[i], &c->cap_values[i], 0, first->n, err);
  if (status == BS_OK)
    status = bs_cluster_numbers_reserve(&c->clusters, first->n, err);
  if (status == BS_OK)
    status = bs_reserve(&c->rows, &c->cap_rows, c->n_rows, 1, err);
  if (status != BS_OK || columns[1] == SIZE_MAX || (row.n = join(c, first, second, columns)) == 0)
    return status;
  status = bs_cluster_numbers_make(&c->clusters, row.n, err);
  if (status == BS_OK)
    status = bs_compare_paired(&row.of, c->values[0], c->values[1], row.n, c->clusters.of, err);
  for (size_t j = 0; j < row.n; j++) {
    row.first += c->values[0][j];
    row.second += c->values[1][j];
  }
  row.first /= (double)row.n;
  row.second /= (double)row.n;
  row.n_clusters = c->clusters.of.n;
  row.p = row.of.is_binary && row.n_clusters == row.n ? row.of.exact_p : row.of.difference.p;
  if (status == BS_OK)
    c->rows[c->n_rows++] = row;
  return status;
}

/* Metrics with a value for each example, in the order of the columns. */
static bs_status compare_groups(comparing *c, const bs_example_group *first,
                                const bs_example_group *second, bs_error *err) {
  const bs_tables *results = c->sides[0].results;
  bs_status status = BS_OK;
  for (size_t i = 0; status == BS_OK && i < results->n_metrics; i++) {
    const bs_metric *metric = bs_metric_find(results->metric_names[i]);
    if (metric != NULL && metric->corpus == NULL)
      status = add_row(c, first, second, metric->name, err);
  }
  return status;
}

static bs_status compare_all(comparing *c, bs_error *err) {
  const bs_example_index *mine = &c->sides[0].index;
  bs_status status = BS_OK;
  for (size_t i = 0; status == BS_OK && i < mine->n_groups; i++) {
    const bs_example_group *first = &mine->groups[i];
    uint32_t task = UINT32_MAX;
    if (first->model != c->sides[0].model)
      continue;
    status = find_task(c, first->task, &task, err);
    if (status != BS_OK || task == UINT32_MAX)
      continue;
    const bs_example_group *second =
        bs_example_index_find(&c->sides[1].index, c->sides[1].model, task, first->shots);
    if (second != NULL)
      status = compare_groups(c, first, second, err);
  }
  return status;
}

/* Corrected together: the tasks, each under the metric it goes by. */
static bs_status correct(bs_model_comparison *rows, size_t n, bs_error *err) {
  double *p = bs_array_new(n, sizeof *p, err), *adjusted = bs_array_new(n, sizeof *adjusted, err);
  bs_status status = p != NULL && adjusted != NULL ? BS_OK : BS_ERR_MEMORY;
  for (size_t i = 0; status == BS_OK && i < n; i++)
    p[i] = rows[i].is_preferred ? rows[i].p : (double)NAN;
  if (status == BS_OK)
    status = bs_adjust_holm(adjusted, p, n, err);
  for (size_t i = 0; status == BS_OK && i < n; i++)
    rows[i].p_holm = adjusted[i];
  if (status == BS_OK)
    status = bs_adjust_false_discovery(adjusted, p, n, err);
  for (size_t i = 0; status == BS_OK && i < n; i++)
    rows[i].p_false_discovery = adjusted[i];
  free(p);
  free(adjusted);
  return status;
}

bs_status bs_analysis_compare_models(bs_model_comparison **out, size_t *n, const bs_tables *first,
                                     const bs_tables *second, const bs_model_pair *pairs,
                                     size_t n_pairs, bs_error *err) {
  comparing c = {.sides = {{.results = first}, {.results = second}}};
  *out = NULL;
  *n = 0;
  bs_status status = bs_example_index_make(&c.sides[0].index, first, err);
  if (status == BS_OK)
    status = bs_example_index_make(&c.sides[1].index, second, err);
  for (size_t i = 0; status == BS_OK && i < n_pairs; i++) {
    c.sides[0].model = pairs[i].first;
    c.sides[1].model = pairs[i].second;
    status = compare_all(&c, err);
  }
  if (status == BS_OK)
    status = correct(c.rows, c.n_rows, err);
  if (status == BS_OK) {
    *out = c.rows;
    *n = c.n_rows;
    c.rows = NULL;
  }
  free(c.rows);
  bs_cluster_numbers_free(&c.clusters);
  for (size_t i = 0; i < 2; i++) {
    free(c.values[i]);
    bs_example_index_free(&c.sides[i].index);
  }
  return status;
}
