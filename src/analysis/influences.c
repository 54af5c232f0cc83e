/* The error of a mean over repeats. They answer the same examples, so what one example does to the
   score of each is added before it is squared: a repeat more makes an easy example no less easy. */
#include <math.h>
#include <stdlib.h>

#include "analysis/analysis_internal.h"
#include "analysis/clusters_internal.h"
#include "base/memory_internal.h"

bs_status bs_influences_add(bs_influences *to, const bs_analysis *analysis, size_t first, size_t n,
                            double **values, bs_error *err) {
  bs_status status = bs_reserve(&to->scores, &to->cap_scores, to->n_scores, 1, err);
  if (status == BS_OK)
    status = bs_reserve(&to->values, &to->cap_values, to->n_values, n, err);
  if (status != BS_OK)
    return status;
  to->scores[to->n_scores++] = (bs_influenced_score){
      .score = analysis->tables->n_scores, .first = first, .n = n, .at = to->n_values};
  *values = to->values + to->n_values;
  to->n_values += n;
  return BS_OK;
}

void bs_influences_free(bs_influences *influences) {
  free(influences->scores);
  free(influences->values);
  *influences = (bs_influences){0};
}

/* What the scores are of. */
static bs_status number_scores(bs_analysis *analysis, bs_influences *influences, bs_error *err) {
  bs_status status = BS_OK;
  for (size_t i = 0; status == BS_OK && i < influences->n_scores; i++) {
    bs_influenced_score *of = &influences->scores[i];
    const bs_score_row *score = &analysis->tables->scores[of->score];
    of->repeat = analysis->models[score->model].first_repeat;
    of->task = score->task;
    of->shots = score->shots;
    status = bs_interner_add(&analysis->metrics, analysis->tables->arena, score->metric,
                             &of->metric, err);
  }
  return status;
}

typedef struct merging {
  const bs_analysis *analysis;
  const bs_influences *influences;
  const bs_tables *results;
  size_t *at;                  /* [n of repeats] how far each has been gone through */
  double *sums;                /* of the examples that any of them has a value of */
  bs_cluster_numbers clusters; /* of these examples */
  size_t cap_sums;
} merging;

/* The example that repeat `k` is at; UINT64_MAX behind its last one. */
static uint64_t example_at(const merging *m, const bs_influenced_score *of, size_t k) {
  return m->at[k] < of->n ? m->results->examples[of->first + m->at[k]].example : UINT64_MAX;
}

static uint64_t next_example(const merging *m, const bs_influenced_score *repeats, size_t n) {
  uint64_t example = UINT64_MAX;
  for (size_t k = 0; k < n; k++) {
    uint64_t mine = example_at(m, &repeats[k], k);
    example = mine < example ? mine : example;
  }
  return example;
}

/* What each example adds to the sum of the repeats' scores, in ascending order; how many do. */
static size_t add_up(merging *m, const bs_influenced_score *repeats, size_t n) {
  size_t n_examples = 0;
  for (uint64_t example; (example = next_example(m, repeats, n)) != UINT64_MAX;) {
    double sum = 0;
    bool counts = false;
    for (size_t k = 0; k < n; k++) {
      if (example_at(m, &repeats[k], k) != example)
        continue;
      size_t at = m->at[k]++;
      double influence = m->influences->values[repeats[k].at + at];
      if (isnan(influence))
        continue;
      sum += influence / (double)m->analysis->tables->scores[repeats[k].score].n;
      m->clusters.keys[n_examples].cluster = m->results->examples[repeats[k].first + at].cluster;
      counts = true;
    }
    if (counts)
      m->sums[n_examples++] = sum;
  }
  return n_examples;
}

/* The sum of squares over clusters of what is added up there; without clusters over examples. */
static bs_status square(merging *m, size_t n, double *squares, bs_error *err) {
  bs_clusters of = m->clusters.of;
  *squares = 0;
  if (of.number == NULL) {
    for (size_t i = 0; i < n; i++)
      *squares += m->sums[i] * m->sums[i];
    return BS_OK;
  }
  double *sums = bs_array_new(of.n, sizeof *sums, err);
  for (size_t i = 0; sums != NULL && i < n; i++)
    sums[of.number[i]] += m->sums[i];
  for (size_t c = 0; sums != NULL && c < of.n; c++)
    *squares += sums[c] * sums[c];
  bs_status status = sums != NULL ? BS_OK : BS_ERR_MEMORY;
  free(sums);
  return status;
}

static bs_status make_room(merging *m, const bs_influenced_score *repeats, size_t n,
                           bs_error *err) {
  size_t n_most = 0;
  for (size_t k = 0; k < n; k++)
    n_most += repeats[k].n; /* rows of a table that is in memory */
  bs_status status = bs_reserve(&m->sums, &m->cap_sums, 0, n_most, err);
  return status == BS_OK ? bs_cluster_numbers_reserve(&m->clusters, n_most, err) : status;
}

/* With S repeats, n_s examples of each and d_si their influences, the variance of the mean over the
   repeats is C / (C - 1) / S^2 times the sum over the C clusters of (sum of d_si / n_s over their
   examples and the repeats)^2; without clusters every example is one, and where all repeats have
   the same examples that is the error of the means over the repeats, example by example. A repeat
   without a value does not count. */
static bs_status common_error(merging *m, const bs_influenced_score *repeats, size_t n,
                              bs_common_error *error, bs_error *err) {
  double n_counted = 0, squares = 0;
  bool is_known = true;
  for (size_t k = 0; k < n; k++) {
    const bs_score_row *score = &m->analysis->tables->scores[repeats[k].score];
    m->at[k] = isnan(score->value) ? repeats[k].n : 0;
    n_counted += !isnan(score->value);
    is_known = is_known && (isnan(score->value) || isfinite(score->standard_error));
  }
  *error = (bs_common_error){.standard_error = NAN};
  bs_status status = make_room(m, repeats, n, err);
  size_t n_examples = status == BS_OK ? add_up(m, repeats, n) : 0;
  if (status == BS_OK)
    status = bs_cluster_numbers_make(&m->clusters, n_examples, err);
  if (status == BS_OK)
    status = square(m, n_examples, &squares, err);
  error->n = n_examples;
  double count = (double)m->clusters.of.n;
  if (status == BS_OK && is_known && m->clusters.of.n > 1)
    error->standard_error = sqrt(count / (count - 1) * squares) / n_counted;
  return status;
}

static int compare_groups(const bs_influenced_score *a, const bs_influenced_score *b) {
  BS_ORDER(a->repeat, b->repeat);
  BS_ORDER(a->task, b->task);
  BS_ORDER(a->shots, b->shots);
  BS_ORDER(a->metric, b->metric);
  return 0;
}

static int compare_scores(const void *left, const void *right) {
  const bs_influenced_score *a = left, *b = right;
  int order = compare_groups(a, b);
  if (order != 0)
    return order;
  BS_ORDER(a->score, b->score);
  return 0;
}

bs_status bs_analysis_common_errors(bs_analysis *analysis, bs_influences *influences,
                                    const bs_tables *results, bs_error *err) {
  size_t n = influences->n_scores;
  const bs_influenced_score *scores = influences->scores;
  merging m = {.analysis = analysis, .influences = influences, .results = results};
  m.at = bs_array_new(n, sizeof *m.at, err);
  analysis->common_errors =
      bs_array_new(analysis->tables->n_scores, sizeof *analysis->common_errors, err);
  bs_status status = m.at != NULL && analysis->common_errors != NULL
                         ? number_scores(analysis, influences, err)
                         : BS_ERR_MEMORY;
  if (status == BS_OK && n > 0)
    qsort(influences->scores, n, sizeof *influences->scores, compare_scores);
  for (size_t at = 0, end; status == BS_OK && at < n; at = end) {
    for (end = at + 1; end < n && compare_groups(&scores[at], &scores[end]) == 0;)
      end++;
    bs_common_error error;
    status = common_error(&m, scores + at, end - at, &error, err);
    for (size_t i = at; status == BS_OK && i < end; i++)
      analysis->common_errors[scores[i].score] = error;
  }
  free(m.at);
  free(m.sums);
  bs_cluster_numbers_free(&m.clusters);
  return status;
}
