/* Forecasts of means over tasks: the mean of the tasks' forecasts. Also of tasks whose own forecast
   is refused for its shape: what they err by evens out, and a mean without them is another one. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/forecasts_internal.h"
#include "base/memory_internal.h"
#include "statistics/forecast_internal.h"

/* A mean on its way: sums over its tasks of what stands in the columns of one target: forecast,
   then earlier ones. */
enum { N_COLUMNS = 1 + BS_MOST_EARLIER };

static const char OTHER_SIZES[] = "its tasks were not all run under the same sizes";
static const char NO_FORECAST[] = "not all of its tasks can be forecast";

/* NaN where there is none. */
static double column_of(const bs_prospect *of, size_t column) {
  if (column == 0)
    return of->forecast;
  return column <= of->n_earlier ? of->earlier[column - 1] : NAN;
}

static void set_column(bs_prospect *to, size_t column, double value) {
  if (column == 0)
    to->forecast = value;
  else
    to->earlier[column - 1] = value;
}

static bool has_sizes_of(const bs_series *a, const bs_series *b) {
  return a->n == b->n && memcmp(a->axis, b->axis, a->n * sizeof *a->axis) == 0;
}

/* Half the width of an 80 % interval from at most three errors: Student's t times their root mean
   square. A quantile of so few covers too little. */
static double half_width_of(const double *residuals, size_t n) {
  static const double T90[BS_MOST_EARLIER + 1] = {NAN, 3.0777, 1.8856, 1.6377}; /* by freedom */
  double squares = 0;
  for (size_t i = 0; i < n; i++)
    squares += residuals[i] * residuals[i];
  return n > 0 ? T90[n] * sqrt(squares / (double)n) : NAN;
}

/* A mean's forecasts are filled in: the interval from its own earlier ones. */
static void finish_mean(const bs_forecasting *f, const bs_series *of, bs_prospect *prospects) {
  for (size_t j = 0; j < f->n_targets; j++) {
    bs_prospect *to = &prospects[j];
    double residuals[BS_MOST_EARLIER];
    if (to->reason[0] != '\0' || !to->is_there)
      continue;
    if (isnan(to->forecast)) {
      to->reason = NO_FORECAST;
      continue;
    }
    to->method = bs_prospect_is_far(of, to->scale) ? "laws" : bs_forecast_median4.name;
    to->n_earlier = 0;
    while (to->n_earlier < BS_MOST_EARLIER && to->n_earlier < of->n_known &&
           isfinite(to->earlier[to->n_earlier])) {
      residuals[to->n_earlier] =
          fabs(of->y[of->n_known - 1 - to->n_earlier] - to->earlier[to->n_earlier]);
      to->n_earlier++;
    }
    bs_prospect_calibrate(to, residuals, to->n_earlier);
    to->half_width = half_width_of(residuals, to->n_earlier);
    if (to->n_earlier == 0)
      to->reason = "no earlier forecast to calibrate on";
  }
}

/* Of a table of scores: the mean over members[n], which have family, shots and metric in common. */
static void fill_table_mean(bs_forecasting *f, const size_t *members, size_t n, bs_series *mean,
                            double *numbers) {
  const bs_series *first = &f->series[members[0]];
  bs_prospect *prospects = f->prospects + (size_t)(mean - f->series) * f->n_targets;
  const char *refusal = NULL;
  *mean = *first;
  mean->row = SIZE_MAX;
  mean->task = BS_ALL_TASKS;
  mean->task_number = UINT32_MAX;
  mean->shape = "";
  for (size_t t = 0; t < n && refusal == NULL; t++) {
    const bs_series *of = &f->series[members[t]];
    refusal = of->refusal != NULL ? NO_FORECAST : !has_sizes_of(of, first) ? OTHER_SIZES : NULL;
  }
  mean->refusal = refusal;
  for (size_t k = 0; k < first->n && refusal == NULL; k++) {
    numbers[k] = 0;
    for (size_t t = 0; t < n; t++)
      numbers[k] += f->series[members[t]].y[k] / (double)n;
  }
  if (refusal == NULL)
    mean->y = numbers;
  else
    mean->n_known = 0; /* nor has it a last score */
  bs_prospects_start(f, mean, prospects);
  for (size_t j = 0; j < f->n_targets && refusal == NULL; j++)
    for (size_t c = 0; c < N_COLUMNS; c++) {
      double sum = 0;
      for (size_t t = 0; t < n; t++)
        sum += column_of(&f->prospects[members[t] * f->n_targets + j], c);
      set_column(&prospects[j], c, sum / (double)n);
    }
  finish_mean(f, mean, prospects);
}

static int compare_members(const bs_series *a, const bs_series *b) {
  BS_ORDER(a->family, b->family);
  BS_ORDER(a->shots, b->shots);
  BS_ORDER(a->metric_number, b->metric_number);
  return 0;
}

typedef struct member {
  const bs_series *of;
  size_t place;
} member;

static int compare_places(const void *left, const void *right) {
  const member *a = left, *b = right;
  int order = compare_members(a->of, b->of);
  if (order != 0)
    return order;
  BS_ORDER(a->place, b->place);
  return 0;
}

static bool are_all_refused(const bs_forecasting *f, const size_t *members, size_t n) {
  for (size_t t = 0; t < n; t++)
    if (f->series[members[t]].refusal == NULL)
      return false;
  return true;
}

/* Every family, number of shots and metric with several tasks has a mean, where one of these can be
   forecast at all. */
static bs_status add_table_means(bs_forecasting *f, bs_error *err) {
  size_t n = f->n_tasks_series, n_numbers = 0;
  member *members = bs_array_new(n, sizeof *members, err);
  size_t *places = bs_array_new(n, sizeof *places, err);
  f->mean_numbers = bs_array_new(f->analysis->tables->n_points, sizeof *f->mean_numbers, err);
  bs_status status =
      members != NULL && places != NULL && f->mean_numbers != NULL ? BS_OK : BS_ERR_MEMORY;
  for (size_t i = 0; i < n && status == BS_OK; i++)
    members[i] = (member){&f->series[i], i};
  if (status == BS_OK)
    qsort(members, n, sizeof *members, compare_places);
  for (size_t i = 0; i < n && status == BS_OK; i++)
    places[i] = members[i].place;
  for (size_t at = 0, end; at < n && status == BS_OK; at = end) {
    for (end = at + 1; end < n && compare_members(members[at].of, members[end].of) == 0;)
      end++;
    if (end - at < 2 || are_all_refused(f, places + at, end - at))
      continue;
    fill_table_mean(f, places + at, end - at, &f->series[f->n_series++],
                    f->mean_numbers + n_numbers);
    n_numbers += f->series[places[at]].n;
  }
  free(members);
  free(places);
  return status;
}

/* The aggregates of one family and number of shots while they are forecast. */
typedef struct family_means {
  bs_forecasting *f;
  bs_groups groups;
  uint32_t family, shots;
  size_t *of_task;             /* [n_tasks] the series by which a task counts; SIZE_MAX: none */
  bs_cell *cells;              /* [n_tasks] */
  bs_part_mean *means, *parts; /* [n_aggregates] */
} family_means;

/* Whether a series is what its task counts by in means. */
static bool counts(const bs_forecasting *f, const bs_series *series) {
  const bs_task_row *task = &f->results->tasks[series->task_number];
  return bs_task_counts(task) && strcmp(series->metric, task->preferred_metric) == 0;
}

static void find_members(family_means *m) {
  const bs_forecasting *f = m->f;
  for (size_t t = 0; t < f->results->n_tasks; t++) {
    m->of_task[t] = SIZE_MAX;
    m->cells[t] = (bs_cell){0};
  }
  for (size_t i = 0; i < f->n_tasks_series; i++) {
    const bs_series *of = &f->series[i];
    if (of->shots != m->shots || !counts(f, of))
      continue;
    m->cells[of->task_number].is_wanted = true;
    if (of->family == m->family)
      m->of_task[of->task_number] = i;
  }
}

/* The means of one column of a target over the tasks that have the mean's sizes. */
static void average(family_means *m, const bs_series *mean, size_t target, size_t column) {
  const bs_forecasting *f = m->f;
  for (size_t t = 0; t < f->results->n_tasks; t++) {
    m->cells[t].is_there = false;
    if (m->of_task[t] == SIZE_MAX)
      continue;
    const bs_series *of = &f->series[m->of_task[t]];
    double unit = column_of(&f->prospects[m->of_task[t] * f->n_targets + target], column);
    double score = of->low + unit * (of->high - of->low);
    m->cells[t].is_there = isfinite(unit) && has_sizes_of(of, mean);
    m->cells[t].value = bs_task_normalised(&f->results->tasks[t], score) / 100;
  }
  bs_groups_average(&m->groups, m->cells, f->results->n_tasks, m->means, m->parts);
}

static void fill_aggregate(family_means *m, bs_series *mean) {
  const bs_forecasting *f = m->f;
  bs_prospect *prospects = f->prospects + (size_t)(mean - f->series) * f->n_targets;
  uint32_t number = 0;
  bs_interner_find(&f->analysis->aggregate_names, mean->task, &number);
  if (m->family != mean->family || m->shots != mean->shots) {
    m->family = mean->family;
    m->shots = mean->shots;
    find_members(m);
  }
  bs_prospects_start(f, mean, prospects);
  for (size_t j = 0; j < f->n_targets; j++)
    for (size_t c = 0; c < N_COLUMNS; c++) {
      average(m, mean, j, c);
      set_column(&prospects[j], c, bs_mean_value(&m->means[number]));
    }
  finish_mean(f, mean, prospects);
}

/* The aggregates' curves as series, in units of 100 points. */
static size_t read_aggregate(bs_forecasting *f, size_t row, double *numbers) {
  const bs_linearity_row *of = &f->analysis->tables->linearity[row];
  size_t n, n_kept = 0;
  const bs_scale_point *points = bs_analysis_curve(f->analysis, row, &n);
  for (size_t k = 0; k < n; k++)
    if (isfinite(points[k].value)) {
      numbers[n_kept] = points[k].scale;
      numbers[n + n_kept++] = points[k].value / 100;
    }
  bs_series *to = &f->series[f->n_series++];
  *to = (bs_series){.row = row,
                    .task = of->task,
                    .metric = of->metric,
                    .family = f->analysis->models[points->model].family_number,
                    .task_number = UINT32_MAX,
                    .shots = of->shots,
                    .n = n_kept,
                    .n_known = n_kept - (n_kept < f->request->n_held ? n_kept : f->request->n_held),
                    .axis = numbers,
                    .y = numbers + n,
                    .low = 0,
                    .high = 100,
                    .shape = ""};
  bs_interner_find(&f->analysis->metrics, of->metric, &to->metric_number);
  for (size_t k = 1; k < n_kept && to->refusal == NULL; k++)
    if (numbers[k] == numbers[k - 1])
      to->refusal = "several models of one size that are not repeats of one training";
  return 2 * n;
}

static bs_status add_aggregates(bs_forecasting *f, bs_error *err) {
  bs_analysis *of = f->analysis;
  size_t n_tasks = f->results->n_tasks, n_numbers = 0, n_room;
  family_means m = {.f = f, .family = UINT32_MAX};
  if (!bs_size_mul(of->tables->n_points, 2, &n_room))
    return bs_error_set(err, BS_ERR_MEMORY, "cannot forecast %zu points", of->tables->n_points);
  f->mean_numbers = bs_array_new(n_room, sizeof *f->mean_numbers, err);
  bs_status status =
      f->mean_numbers != NULL
          ? bs_groups_make(&m.groups, f->results, &of->aggregate_names, of->tables->arena, err)
          : BS_ERR_MEMORY;
  if (status == BS_OK) {
    m.of_task = bs_array_new(n_tasks, sizeof *m.of_task, err);
    m.cells = bs_array_new(n_tasks, sizeof *m.cells, err);
    m.means = bs_array_new(m.groups.n_aggregates, sizeof *m.means, err);
    m.parts = bs_array_new(m.groups.n_aggregates, sizeof *m.parts, err);
    if (m.of_task == NULL || m.cells == NULL || m.means == NULL || m.parts == NULL)
      status = BS_ERR_MEMORY;
  }
  for (size_t row = 0; row < of->tables->n_linearity && status == BS_OK; row++)
    if (of->linearity_task[row] == UINT32_MAX) {
      n_numbers += read_aggregate(f, row, f->mean_numbers + n_numbers);
      fill_aggregate(&m, &f->series[f->n_series - 1]);
    }
  bs_groups_free(&m.groups);
  free(m.of_task);
  free(m.cells);
  free(m.means);
  free(m.parts);
  return status;
}

bs_status bs_forecasting_add_means(bs_forecasting *f, bs_error *err) {
  return f->results != NULL ? add_aggregates(f, err) : add_table_means(f, err);
}
