/* Gathers the values that examples have under several models into a matrix. */
#include "analysis/example_matrix_internal.h"

#include <math.h>
#include <stdlib.h>

#include "base/memory_internal.h"

static int compare_groups(const void *left, const void *right) {
  const bs_example_group *a = left, *b = right;
  BS_ORDER(a->model, b->model);
  BS_ORDER(a->task, b->task);
  BS_ORDER(a->shots, b->shots);
  return 0;
}

bs_status bs_example_index_make(bs_example_index *index, const bs_tables *results, bs_error *err) {
  *index = (bs_example_index){.results = results};
  const bs_example_row *rows = results->examples;
  size_t capacity = 0;
  for (size_t i = 0; i < results->n_examples; i++) {
    bs_example_group group = {rows[i].model, rows[i].task, rows[i].shots, i, 1};
    if (index->n_groups > 0 && compare_groups(&index->groups[index->n_groups - 1], &group) == 0) {
      index->groups[index->n_groups - 1].n++;
      continue;
    }
    bs_status status = bs_reserve(&index->groups, &capacity, index->n_groups, 1, err);
    if (status != BS_OK) {
      bs_example_index_free(index);
      return status;
    }
    index->groups[index->n_groups++] = group;
  }
  return BS_OK;
}

void bs_example_index_free(bs_example_index *index) {
  free(index->groups);
  *index = (bs_example_index){0};
}

const bs_example_group *bs_example_index_find(const bs_example_index *index, uint32_t model,
                                              uint32_t task, uint32_t shots) {
  const bs_example_group key = {.model = model, .task = task, .shots = shots};
  return index->n_groups > 0
             ? bsearch(&key, index->groups, index->n_groups, sizeof key, compare_groups)
             : NULL;
}

double bs_example_column_value(const void *user, size_t row) {
  const bs_example_column *of = user;
  return of->results->metric_values[row * of->results->n_metrics + of->column];
}

/* The examples of a task are numbered from 0: a row for each, until those that lack a value are
   dropped. */
static size_t count_numbers(const bs_example_index *index, const bs_example_source *source,
                            const uint32_t *models, size_t n_models) {
  size_t n = 0;
  for (size_t k = 0; k < n_models; k++) {
    const bs_example_group *group =
        bs_example_index_find(index, models[k], source->task, source->shots);
    if (group == NULL)
      continue;
    size_t last = index->results->examples[group->first + group->n - 1].example;
    n = last >= n ? last + 1 : n;
  }
  return n;
}

static bs_status make_room(bs_example_matrix *to, size_t n, size_t n_models, bs_error *err) {
  size_t n_values;
  if (!bs_size_mul(n, n_models, &n_values))
    return bs_error_set(err, BS_ERR_MEMORY, "%zu examples of %zu models are too many", n, n_models);
  bs_status status = bs_reserve(&to->values, &to->cap_values, 0, n_values, err);
  if (status == BS_OK)
    status = bs_reserve(&to->examples, &to->cap_examples, 0, n, err);
  if (status == BS_OK)
    status = bs_reserve(&to->rows, &to->cap_rows, 0, n, err);
  if (status == BS_OK)
    status = bs_reserve(&to->models, &to->cap_models, 0, n_models, err);
  if (status == BS_OK)
    status = bs_reserve(&to->points, &to->cap_points, 0, n_models, err);
  for (size_t i = 0; status == BS_OK && i < n_values; i++)
    to->values[i] = NAN;
  return status;
}

/* Writes the values of a model into the next column of `width`; whether it has any. */
static bool fill_column(bs_example_matrix *to, size_t width, const bs_example_index *index,
                        const bs_example_source *source, uint32_t model) {
  bool has_any = false;
  const bs_example_group *group = bs_example_index_find(index, model, source->task, source->shots);
  for (size_t i = 0; group != NULL && i < group->n; i++) {
    size_t row = group->first + i, example = index->results->examples[row].example;
    double value = source->value(source->user, row);
    to->values[example * width + to->n_models] = isfinite(value) ? value : NAN;
    has_any = has_any || isfinite(value);
    if (to->n_models == 0)
      to->rows[example] = row;
  }
  return has_any;
}

/* Keeps the rows without NaN among the `width` columns, of which the first n_models are used. */
static void keep_complete(bs_example_matrix *to, size_t n, size_t width) {
  size_t m = to->n_models;
  for (size_t j = 0; j < n; j++) {
    bool is_complete = true;
    for (size_t k = 0; k < m; k++)
      is_complete = is_complete && !isnan(to->values[j * width + k]);
    if (!is_complete)
      continue;
    for (size_t k = 0; k < m; k++)
      to->values[to->n * m + k] = to->values[j * width + k];
    to->rows[to->n] = to->rows[j];
    to->examples[to->n++] = (uint32_t)j;
  }
}

static size_t count_points(const uint32_t *points, size_t n) {
  size_t n_points = 0;
  for (size_t k = 0; k < n; k++)
    n_points += k == 0 || points[k] != points[k - 1];
  return n_points;
}

bs_status bs_example_matrix_gather(bs_example_matrix *to, const bs_example_index *index,
                                   const bs_example_source *source, const uint32_t *models,
                                   const uint32_t *points, size_t n_models, bs_error *err) {
  size_t n = count_numbers(index, source, models, n_models);
  to->n = to->n_models = 0;
  bs_status status = make_room(to, n, n_models, err);
  if (status != BS_OK)
    return status;
  for (size_t k = 0; k < n_models; k++)
    if (fill_column(to, n_models, index, source, models[k])) {
      to->models[to->n_models] = models[k];
      to->points[to->n_models++] = points[k];
    }
  if (count_points(to->points, to->n_models) == count_points(points, n_models))
    keep_complete(to, n, n_models);
  return BS_OK;
}

bs_status bs_example_matrix_of_curve(bs_example_matrix *to, const bs_example_index *index,
                                     const bs_example_source *source, const bs_analysis *analysis,
                                     const bs_scale_point *points, size_t n_points, bs_error *err) {
  uint32_t *models = bs_array_new(analysis->n_models, sizeof *models, err);
  uint32_t *numbers = bs_array_new(analysis->n_models, sizeof *numbers, err);
  bs_status status = models != NULL && numbers != NULL ? BS_OK : BS_ERR_MEMORY;
  size_t n_models = 0;
  for (uint32_t k = 0; status == BS_OK && k < n_points; k++)
    for (uint32_t model = 0; model < analysis->n_models; model++)
      if (analysis->models[model].first_repeat == points[k].model) {
        models[n_models] = model;
        numbers[n_models++] = k;
      }
  if (status == BS_OK)
    status = bs_example_matrix_gather(to, index, source, models, numbers, n_models, err);
  free(models);
  free(numbers);
  return status;
}

/* Where a point's models end that begin at k. */
static size_t end_of_point(const bs_example_matrix *matrix, size_t k) {
  size_t end = k + 1;
  while (end < matrix->n_models && matrix->points[end] == matrix->points[k])
    end++;
  return end;
}

void bs_example_matrix_average(bs_example_matrix *matrix) {
  size_t m = matrix->n_models, n_averaged = 0;
  for (size_t j = 0; j < matrix->n; j++) /* nothing is written over that is still to be read */
    for (size_t k = 0, end; k < m; k = end) {
      double sum = 0;
      end = end_of_point(matrix, k);
      for (size_t i = k; i < end; i++)
        sum += matrix->values[j * m + i];
      matrix->values[n_averaged++] = sum / (double)(end - k);
    }
  size_t n_points = 0;
  for (size_t k = 0; k < m; k = end_of_point(matrix, k)) {
    matrix->models[n_points] = matrix->models[k];
    matrix->points[n_points++] = matrix->points[k];
  }
  matrix->n_models = n_points;
}

void bs_example_matrix_free(bs_example_matrix *matrix) {
  free(matrix->values);
  free(matrix->examples);
  free(matrix->rows);
  free(matrix->models);
  free(matrix->points);
  *matrix = (bs_example_matrix){0};
}
