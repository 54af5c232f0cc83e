/* Groups of models compared over scale: families with each other, and in each family the ways in
   which tasks are put. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/comparisons_internal.h"
#include "base/memory_internal.h"
#include "bigsweep/helpers.h"
#include "bigsweep/metric.h"
#include "statistics/difference_internal.h"

/* The mean over tasks of two groups' normalised scores, for one number of shots. */
typedef struct task_sum {
  uint32_t shots;
  uint64_t n;
  bool is_whole;    /* all tasks have the same scales */
  bs_curve_pair of; /* sums over tasks, until they are divided */
  double *scales, *values, *covariance;
  double difference, variance;
  uint64_t wins, losses, ties;
} task_sum;

typedef struct comparing {
  bs_analysis *analysis;
  const bs_tables *results;
  bs_pairing_source source;
  bs_pairing pairing; /* used again */
  task_sum *sums;     /* of the groups that are compared */
  size_t n_sums, cap_sums;
  bs_comparison_row names; /* kind, family, first and second of the groups that are compared */
  size_t first_row;        /* of theirs */
} comparing;

static const char CALIBRATION[] = "expected_calibration_error",
                  BRIER[] = "calibration_multiple_choice_brier_score";

static const char *preferred_of(const comparing *c, size_t row) {
  uint32_t task = c->analysis->linearity_task[row];
  return task == UINT32_MAX ? "" : c->analysis->tasks[task].preferred_metric;
}

/* Preferred metrics and calibration. */
static bool is_compared(const comparing *c, size_t row) {
  const char *metric = c->analysis->tables->linearity[row].metric,
             *preferred = preferred_of(c, row);
  return c->analysis->linearity_task[row] != UINT32_MAX &&
         c->analysis->tables->linearity[row].shared_scales == 0 &&
         (strcmp(metric, preferred) == 0 || strcmp(metric, CALIBRATION) == 0 ||
          strcmp(metric, BRIER) == 0);
}

static bs_comparison_row *last_row(comparing *c) {
  return &c->analysis->tables->comparisons[c->analysis->tables->n_comparisons - 1];
}

static bs_status add_row(comparing *c, const char *task, const char *metric, uint32_t shots,
                         uint64_t n, const bs_curve_comparison *of, bs_error *err) {
  bs_tables *to = c->analysis->tables;
  bs_status status = bs_reserve(&to->comparisons, &to->cap_comparisons, to->n_comparisons, 1, err);
  if (status != BS_OK)
    return status;
  bs_comparison_row row = c->names;
  row.task = task;
  row.metric = metric;
  row.shots = shots;
  row.n = n;
  row.scale_low = of->scales.low;
  row.scale_high = of->scales.high;
  row.difference = of->difference.value;
  row.standard_error = of->difference.standard_error;
  row.difference_low = of->difference.interval.low;
  row.difference_high = of->difference.interval.high;
  row.p = of->difference.p;
  row.p_holm = row.p_false_discovery = row.sign_p = NAN;
  row.ratio = of->ratio;
  row.ratio_low = of->ratio_interval.low;
  row.ratio_high = of->ratio_interval.high;
  to->comparisons[to->n_comparisons++] = row;
  return BS_OK;
}

static bs_status add_at_scale(comparing *c, const bs_curve_pair *pair, double scale,
                              bs_error *err) {
  bs_analysis *to = c->analysis;
  bs_scale_difference at = {.comparison = to->tables->n_comparisons - 1, .scale = scale};
  bs_status status = bs_compare_curves_at(&at.of, pair, scale, err);
  if (status != BS_OK || isnan(at.of.value))
    return status;
  status = bs_reserve(&to->scale_differences, &to->cap_scale_differences, to->n_scale_differences,
                      1, err);
  if (status == BS_OK)
    to->scale_differences[to->n_scale_differences++] = at;
  return status;
}

/* The last row at each scale that one of the curves has a model at and that both reach. */
static bs_status add_at_scales(comparing *c, const bs_curve_pair *pair, bs_error *err) {
  size_t n = pair->n_first, m = n + pair->n_second;
  bs_status status = BS_OK;
  for (size_t i = 0, j = n; status == BS_OK && (i < n || j < m);) {
    double first = i < n ? pair->scales[i] : INFINITY, second = j < m ? pair->scales[j] : INFINITY;
    status = add_at_scale(c, pair, fmin(first, second), err);
    i += first <= second;
    j += second <= first;
  }
  return status;
}

static void free_sums(comparing *c) {
  for (size_t i = 0; i < c->n_sums; i++) {
    free(c->sums[i].scales);
    free(c->sums[i].values);
    free(c->sums[i].covariance);
  }
  c->n_sums = 0;
}

/* The sum for a number of shots, with the scales of the pairing where it is new. */
static bs_status find_sum(comparing *c, uint32_t shots, task_sum **out, bs_error *err) {
  const bs_curve_pair *pair = &c->pairing.pair;
  size_t m = pair->n_first + pair->n_second;
  for (size_t i = 0; i < c->n_sums; i++)
    if (c->sums[i].shots == shots) {
      *out = &c->sums[i];
      return BS_OK;
    }
  bs_status status = bs_reserve(&c->sums, &c->cap_sums, c->n_sums, 1, err);
  if (status != BS_OK)
    return status;
  task_sum *sum = &c->sums[c->n_sums++];
  *sum = (task_sum){.shots = shots, .is_whole = true};
  sum->scales = bs_array_new(m, sizeof *sum->scales, err);
  sum->values = bs_array_new(m, sizeof *sum->values, err);
  sum->covariance = bs_array_new(m * m, sizeof *sum->covariance, err);
  if (sum->scales == NULL || sum->values == NULL || sum->covariance == NULL)
    return BS_ERR_MEMORY;
  for (size_t k = 0; k < m; k++)
    sum->scales[k] = pair->scales[k];
  sum->of = (bs_curve_pair){pair->n_first, pair->n_second,  sum->scales,
                            sum->values,   sum->covariance, INFINITY};
  *out = sum;
  return BS_OK;
}

static bool has_scales(const task_sum *sum, const bs_curve_pair *pair) {
  if (sum->of.n_first != pair->n_first || sum->of.n_second != pair->n_second)
    return false;
  for (size_t k = 0; k < pair->n_first + pair->n_second; k++)
    if (sum->scales[k] != pair->scales[k])
      return false;
  return true;
}

/* Adds the pairing's curves, normalised, to the sum of their number of shots. */
static bs_status add_to_sum(comparing *c, const bs_task_row *task, bs_error *err) {
  const bs_curve_pair *pair = &c->pairing.pair;
  const bs_comparison_row *row = last_row(c);
  size_t m = pair->n_first + pair->n_second;
  double factor = 100 / (task->high_score - task->low_score), difference = row->difference * factor;
  task_sum *sum;
  bs_status status = find_sum(c, row->shots, &sum, err);
  if (status != BS_OK || isnan(difference))
    return status;
  sum->is_whole = sum->is_whole && has_scales(sum, pair);
  for (size_t k = 0; sum->is_whole && k < m; k++) {
    sum->values[k] += (pair->values[k] - task->low_score) * factor;
    for (size_t l = 0; l < m; l++)
      sum->covariance[k * m + l] += pair->covariance[k * m + l] * factor * factor;
  }
  sum->of.n_free = fmin(sum->of.n_free, pair->n_free);
  sum->n++;
  sum->difference += difference;
  sum->variance += pow(row->standard_error * factor, 2);
  sum->wins += difference > 0;
  sum->losses += difference < 0;
  sum->ties += difference == 0;
  return BS_OK;
}

/* Whether both sides' scores are normalised, and alike. */
static bool counts_in_mean(const comparing *c, uint32_t first, uint32_t second) {
  const bs_task_row *a = &c->results->tasks[first], *b = &c->results->tasks[second];
  return bs_task_counts(a) && a->low_score == b->low_score && a->high_score == b->high_score;
}

/* The comparison of two linearity rows, of one task or of two. */
static bs_status compare_rows(comparing *c, size_t first, size_t second, const char *task,
                              bs_error *err) {
  const bs_linearity_row *line = &c->analysis->tables->linearity[first];
  const uint32_t *tasks = c->analysis->linearity_task;
  bs_curve_comparison found;
  bs_status status = strcmp(c->names.kind, BS_TASKS_COMPARED) == 0
                         ? bs_pairing_make_apart(&c->pairing, &c->source, first, second, err)
                         : bs_pairing_make(&c->pairing, &c->source, first, second, err);
  if (status == BS_OK)
    status = bs_compare_curves(&found, &c->pairing.pair, err);
  if (status == BS_OK)
    status = add_row(c, task, line->metric, line->shots, c->pairing.n, &found, err);
  if (status == BS_OK)
    status = add_at_scales(c, &c->pairing.pair, err);
  if (status != BS_OK)
    return status;
  last_row(c)->preferred = strcmp(line->metric, preferred_of(c, first)) == 0;
  return last_row(c)->preferred && counts_in_mean(c, tasks[first], tasks[second])
             ? add_to_sum(c, &c->results->tasks[tasks[first]], err)
             : BS_OK;
}

/* The mean over two tasks or more. */
static bs_status add_mean(comparing *c, task_sum *sum, bs_error *err) {
  size_t m = sum->of.n_first + sum->of.n_second;
  double n = (double)sum->n;
  bs_curve_comparison found;
  if (sum->n < 2)
    return BS_OK;
  for (size_t k = 0; k < m; k++)
    sum->values[k] = sum->is_whole ? sum->values[k] / n : (double)NAN; /* NaN: no curves */
  for (size_t k = 0; k < m * m; k++)
    sum->covariance[k] /= n * n;
  bs_status status = bs_compare_curves(&found, &sum->of, err);
  if (!sum->is_whole)
    found.difference =
        bs_difference_of(sum->difference / n, sqrt(sum->variance) / n, sum->of.n_free);
  if (status == BS_OK)
    status = add_row(c, BS_ALL_TASKS, BS_AGGREGATE_METRIC, sum->shots, sum->n, &found, err);
  if (status == BS_OK)
    status = add_at_scales(c, &sum->of, err);
  if (status != BS_OK)
    return status;
  bs_comparison_row *row = last_row(c);
  row->wins = sum->wins;
  row->losses = sum->losses;
  row->ties = sum->ties;
  row->sign_p = bs_sign_test(sum->wins, sum->losses);
  return BS_OK;
}

/* Which comparisons are corrected together: those of the tasks, with as many shots, under the
   metric that each goes by, or else under the same one. */
static bool are_together(const bs_comparison_row *a, const bs_comparison_row *b) {
  return a->shots == b->shots && a->preferred == b->preferred &&
         (a->preferred || strcmp(a->metric, b->metric) == 0);
}

/* Of rows[n] those that belong to rows[first], which is the first of them. */
static bs_status correct(bs_comparison_row *rows, size_t n, size_t first, double *p, size_t *at,
                         bs_error *err) {
  size_t n_together = 0;
  for (size_t i = first; i < n; i++)
    if (are_together(&rows[first], &rows[i])) {
      p[n_together] = rows[i].p;
      at[n_together++] = i;
    }
  double *adjusted = p + n;
  bs_status status = bs_adjust_holm(adjusted, p, n_together, err);
  for (size_t i = 0; status == BS_OK && i < n_together; i++)
    rows[at[i]].p_holm = adjusted[i];
  if (status == BS_OK)
    status = bs_adjust_false_discovery(adjusted, p, n_together, err);
  for (size_t i = 0; status == BS_OK && i < n_together; i++)
    rows[at[i]].p_false_discovery = adjusted[i];
  return status;
}

static bs_status correct_all(bs_comparison_row *rows, size_t n, bs_error *err) {
  double *p = bs_array_new(2 * n, sizeof *p, err);
  size_t *at = bs_array_new(n, sizeof *at, err);
  bs_status status = p != NULL && at != NULL ? BS_OK : BS_ERR_MEMORY;
  for (size_t i = 0; status == BS_OK && i < n; i++) {
    bool is_first = true;
    for (size_t k = 0; k < i && is_first; k++)
      is_first = !are_together(&rows[k], &rows[i]);
    if (is_first)
      status = correct(rows, n, i, p, at, err);
  }
  free(p);
  free(at);
  return status;
}

static void begin_groups(comparing *c, const char *kind, const char *family, const char *first,
                         const char *second) {
  c->names = (bs_comparison_row){.kind = kind, .family = family, .first = first, .second = second};
  c->first_row = c->analysis->tables->n_comparisons;
}

/* Corrects the rows of two groups, and adds the means over their tasks. */
static bs_status end_groups(comparing *c, bs_error *err) {
  bs_tables *tables = c->analysis->tables;
  bs_status status = tables->n_comparisons > c->first_row
                         ? correct_all(tables->comparisons + c->first_row,
                                       tables->n_comparisons - c->first_row, err)
                         : BS_OK;
  for (size_t i = 0; status == BS_OK && i < c->n_sums; i++)
    status = add_mean(c, &c->sums[i], err);
  free_sums(c);
  return status;
}

/* The linearity rows of a family are neighbours: [first, end). */
typedef struct family_rows {
  size_t first, end;
} family_rows;

static size_t find_families(const bs_analysis *analysis, family_rows *families) {
  const bs_linearity_row *rows = analysis->tables->linearity;
  size_t n = 0;
  for (size_t first = 0, end; first < analysis->tables->n_linearity; first = end) {
    for (end = first + 1;
         end < analysis->tables->n_linearity && rows[end].family == rows[first].family;)
      end++;
    families[n++] = (family_rows){first, end};
  }
  return n;
}

/* The row of a task, with the metric and shots of another row; SIZE_MAX: none. */
static size_t find_row(const bs_analysis *analysis, family_rows in, uint32_t task, size_t like) {
  const bs_linearity_row *rows = analysis->tables->linearity;
  for (size_t i = in.first; i < in.end; i++)
    if (analysis->linearity_task[i] == task && rows[i].metric == rows[like].metric &&
        rows[i].shots == rows[like].shots)
      return i;
  return SIZE_MAX;
}

static bs_status compare_families(comparing *c, family_rows first, family_rows second,
                                  bs_error *err) {
  const bs_linearity_row *rows = c->analysis->tables->linearity;
  bs_status status = BS_OK;
  begin_groups(c, BS_FAMILIES_COMPARED, "", rows[first.first].family, rows[second.first].family);
  for (size_t i = first.first; status == BS_OK && i < first.end; i++) {
    size_t other = is_compared(c, i)
                       ? find_row(c->analysis, second, c->analysis->linearity_task[i], i)
                       : SIZE_MAX;
    if (other != SIZE_MAX && is_compared(c, other))
      status = compare_rows(c, i, other, rows[i].task, err);
  }
  return status == BS_OK ? end_groups(c, err) : status;
}

/* The task, put in another way; UINT32_MAX: it was not run so. */
static uint32_t other_way(const bs_groups *groups, size_t n_tasks, uint32_t task,
                          uint32_t variant) {
  for (uint32_t t = 0; t < n_tasks; t++)
    if (groups->base[t] == groups->base[task] && groups->variant[t] == variant)
      return t;
  return UINT32_MAX;
}

static bs_status compare_variants(comparing *c, const bs_groups *groups, family_rows family,
                                  uint32_t first, uint32_t second, bs_error *err) {
  const bs_analysis *analysis = c->analysis;
  bs_status status = BS_OK;
  begin_groups(c, BS_VARIANTS_COMPARED, analysis->tables->linearity[family.first].family,
               groups->variants.strings[first], groups->variants.strings[second]);
  for (size_t i = family.first; status == BS_OK && i < family.end; i++) {
    uint32_t task = analysis->linearity_task[i];
    if (!is_compared(c, i) || groups->variant[task] != first)
      continue;
    uint32_t other_task = other_way(groups, analysis->n_tasks, task, second);
    size_t other = other_task != UINT32_MAX ? find_row(analysis, family, other_task, i) : SIZE_MAX;
    if (other != SIZE_MAX)
      status = compare_rows(c, i, other, groups->bases.strings[groups->base[task]], err);
  }
  return status == BS_OK ? end_groups(c, err) : status;
}

bs_status bs_analysis_compare(bs_analysis *analysis, const bs_tables *results,
                              const bs_groups *groups, bs_error *err) {
  comparing c = {.analysis = analysis, .results = results};
  family_rows *families = bs_array_new(analysis->families.n, sizeof *families, err);
  size_t n = families != NULL ? find_families(analysis, families) : 0;
  size_t n_variants = groups->variants.n;
  bs_status status = families != NULL ? BS_OK : BS_ERR_MEMORY;
  if (status == BS_OK && (n > 1 || n_variants > 1))
    status = bs_pairing_source_open(&c.source, analysis, results, err);
  for (size_t i = 0; status == BS_OK && i < n; i++)
    for (size_t j = i + 1; status == BS_OK && j < n; j++)
      status = compare_families(&c, families[i], families[j], err);
  for (size_t i = 0; status == BS_OK && i < n; i++)
    for (uint32_t v = 1; status == BS_OK && v < n_variants; v++)
      for (uint32_t w = 0; status == BS_OK && w < v; w++)
        status = compare_variants(&c, groups, families[i], v, w, err);
  free_sums(&c);
  free(c.sums);
  free(families);
  bs_pairing_free(&c.pairing);
  bs_pairing_source_close(&c.source);
  return status;
}

/* BS_ERR_USAGE for a name that no task has. */
static bs_status find_task(const bs_analysis *analysis, const char *name, uint32_t *task,
                           bs_error *err) {
  const char **names = bs_array_new(analysis->n_tasks, sizeof *names, err);
  if (names == NULL)
    return BS_ERR_MEMORY;
  *task = UINT32_MAX;
  for (uint32_t t = 0; t < analysis->n_tasks; t++) {
    names[t] = analysis->tasks[t].name;
    *task = strcmp(names[t], name) == 0 ? t : *task;
  }
  const char *near = *task == UINT32_MAX ? bs_nearest_name(name, names, analysis->n_tasks) : NULL;
  free(names);
  if (*task != UINT32_MAX)
    return BS_OK;
  return bs_error_set(err, BS_ERR_USAGE, "there is no task \"%s\"%s%s%s", name,
                      near != NULL ? "; did you mean \"" : "", near != NULL ? near : "",
                      near != NULL ? "\"?" : "");
}

static bs_status compare_tasks(comparing *c, family_rows family, uint32_t first, uint32_t second,
                               bs_error *err) {
  const bs_analysis *analysis = c->analysis;
  bs_status status = BS_OK;
  begin_groups(c, BS_TASKS_COMPARED, analysis->tables->linearity[family.first].family,
               analysis->tasks[first].name, analysis->tasks[second].name);
  for (size_t i = family.first; status == BS_OK && i < family.end; i++) {
    bool is_first = analysis->linearity_task[i] == first && is_compared(c, i);
    size_t other = is_first ? find_row(analysis, family, second, i) : SIZE_MAX;
    if (other != SIZE_MAX)
      status = compare_rows(c, i, other, analysis->tasks[first].name, err);
  }
  return status == BS_OK ? end_groups(c, err) : status;
}

/* The first row of a task that has a single curve, with as many shots as `like` unless that is
   SIZE_MAX. */
static size_t any_row(const bs_analysis *analysis, family_rows in, uint32_t task, size_t like) {
  const bs_linearity_row *rows = analysis->tables->linearity;
  for (size_t i = in.first; i < in.end; i++)
    if (analysis->linearity_task[i] == task && rows[i].shared_scales == 0 &&
        (like == SIZE_MAX || rows[i].shots == rows[like].shots))
      return i;
  return SIZE_MAX;
}

static bool have_shots_in_common(const bs_analysis *analysis, family_rows in, uint32_t first,
                                 uint32_t second) {
  for (size_t i = in.first; i < in.end; i++)
    if (analysis->linearity_task[i] == first && analysis->tables->linearity[i].shared_scales == 0 &&
        any_row(analysis, in, second, i) != SIZE_MAX)
      return true;
  return false;
}

/* Why nothing of two tasks could be compared. */
static bs_status tell_incomparable(const bs_analysis *analysis, const family_rows *families,
                                   size_t n, uint32_t first, uint32_t second, bs_error *err) {
  const bs_analysis_task_row *a = &analysis->tasks[first], *b = &analysis->tasks[second];
  for (size_t i = 0; i < n; i++)
    if (have_shots_in_common(analysis, families[i], first, second))
      return bs_error_set(
          err, BS_ERR_USAGE,
          "tasks \"%s\" and \"%s\" have no metric in common by which they could be "
          "compared: the first goes by %s, the second by %s. Name two tasks that go "
          "by the same one",
          a->name, b->name, a->preferred_metric, b->preferred_metric);
  return bs_error_set(
      err, BS_ERR_USAGE,
      "tasks \"%s\" and \"%s\" cannot be compared: no family was run on both with as "
      "many shots and has one curve of each (no two models of one scale but for "
      "repeats)",
      a->name, b->name);
}

bs_status bs_analysis_compare_tasks(bs_analysis *analysis, const bs_tables *results,
                                    const char *first, const char *second, bs_error *err) {
  comparing c = {.analysis = analysis, .results = results};
  uint32_t tasks[2];
  bs_status status = find_task(analysis, first, &tasks[0], err);
  if (status == BS_OK)
    status = find_task(analysis, second, &tasks[1], err);
  family_rows *families =
      status == BS_OK ? bs_array_new(analysis->families.n, sizeof *families, err) : NULL;
  if (status == BS_OK && families == NULL)
    status = BS_ERR_MEMORY;
  size_t n = status == BS_OK ? find_families(analysis, families) : 0;
  size_t n_before = analysis->tables->n_comparisons;
  if (status == BS_OK)
    status = bs_pairing_source_open(&c.source, analysis, results, err);
  for (size_t i = 0; status == BS_OK && i < n; i++)
    status = compare_tasks(&c, families[i], tasks[0], tasks[1], err);
  if (status == BS_OK && analysis->tables->n_comparisons == n_before)
    status = tell_incomparable(analysis, families, n, tasks[0], tasks[1], err);
  free_sums(&c);
  free(c.sums);
  free(families);
  bs_pairing_free(&c.pairing);
  bs_pairing_source_close(&c.source);
  return status;
}
