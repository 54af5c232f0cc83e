/* How scores spread over the ways in which a task is put. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/analysis_internal.h"
#include "base/memory_internal.h"

/* A score on its way into the spreads. */
typedef struct spread_key {
  uint32_t base, shots, metric, model, task; /* base: the task without its variant */
  double value;
} spread_key;

static int compare_groups(const spread_key *a, const spread_key *b) {
  BS_ORDER(a->base, b->base);
  BS_ORDER(a->shots, b->shots);
  BS_ORDER(a->metric, b->metric);
  return 0;
}

static int compare_keys(const void *left, const void *right) {
  const spread_key *a = left, *b = right;
  int order = compare_groups(a, b);
  if (order != 0)
    return order;
  BS_ORDER(a->model, b->model);
  BS_ORDER(a->task, b->task);
  return 0;
}

/* A row with what it is sorted by. */
typedef struct spread {
  bs_spread_row row;
  bs_spread_place place;
} spread;

static int compare_spreads(const void *left, const void *right) {
  const spread *a = left, *b = right;
  BS_ORDER(a->row.model, b->row.model);
  BS_ORDER(a->place.task, b->place.task);
  BS_ORDER(a->row.shots, b->row.shots);
  BS_ORDER(a->place.metric, b->place.metric);
  return 0;
}

typedef struct spreading {
  const bs_analysis *analysis;
  const bs_groups *groups;
  uint32_t *seen; /* [n_tasks] number of the last group that the task was seen in */
  uint32_t n_groups;
  spread *found;
  size_t n_found;
} spreading;

/* The ways that the group's task is put, over all models. */
static size_t count_variants(spreading *s, const spread_key *keys, size_t n, bool *is_preferred) {
  size_t n_variants = 0;
  s->n_groups++;
  for (size_t i = 0; i < n; i++) {
    uint32_t task = keys[i].task;
    n_variants += s->seen[task] != s->n_groups;
    s->seen[task] = s->n_groups;
    *is_preferred = *is_preferred || strcmp(s->analysis->tasks[task].preferred_metric,
                                            s->analysis->metrics.strings[keys[i].metric]) == 0;
  }
  return n_variants;
}

/* keys[n] are one model's, in the order of /tasks. */
static bs_spread_row measure(const spreading *s, const spread_key *keys, size_t n,
                             size_t n_variants) {
  const bs_groups *groups = s->groups;
  bs_spread_row row = {.model = keys->model,
                       .shots = keys->shots,
                       .task = groups->bases.strings[keys->base],
                       .metric = s->analysis->metrics.strings[keys->metric],
                       .n = n_variants,
                       .mean = NAN,
                       .minimum = NAN,
                       .maximum = NAN,
                       .range = NAN,
                       .standard_deviation = NAN,
                       .minimum_variant = "",
                       .maximum_variant = ""};
  const spread_key *low = keys, *high = keys;
  double sum = 0, squares = 0;
  for (size_t i = 0; i < n; i++) {
    if (n < n_variants || isnan(keys[i].value))
      return row;
    sum += keys[i].value;
    low = keys[i].value < low->value ? &keys[i] : low;
    high = keys[i].value > high->value ? &keys[i] : high;
  }
  row.mean = sum / (double)n;
  for (size_t i = 0; i < n; i++)
    squares += (keys[i].value - row.mean) * (keys[i].value - row.mean);
  row.standard_deviation = sqrt(squares / (double)(n - 1));
  row.minimum = low->value;
  row.maximum = high->value;
  row.range = high->value - low->value;
  row.minimum_variant = groups->variants.strings[groups->variant[low->task]];
  row.maximum_variant = groups->variants.strings[groups->variant[high->task]];
  return row;
}

/* keys[n] are of one task, number of shots and metric. */
static void add_group(spreading *s, const spread_key *keys, size_t n) {
  bool is_preferred = false;
  size_t n_variants = count_variants(s, keys, n, &is_preferred);
  if (n_variants < 2)
    return;
  for (size_t at = 0, end; at < n; at = end) {
    for (end = at + 1; end < n && keys[end].model == keys[at].model;)
      end++;
    s->found[s->n_found++] = (spread){
        .row = measure(s, keys + at, end - at, n_variants),
        .place = {.task = keys->base, .metric = keys->metric, .is_preferred = is_preferred}};
  }
}

static void add_groups(spreading *s, const spread_key *keys, size_t n) {
  for (size_t at = 0, end; at < n; at = end) {
    for (end = at + 1; end < n && compare_groups(keys + at, keys + end) == 0;)
      end++;
    add_group(s, keys + at, end - at);
  }
  qsort(s->found, s->n_found, sizeof *s->found, compare_spreads);
}

static bs_status make_keys(spread_key *keys, bs_analysis *analysis, const bs_groups *groups,
                           bs_error *err) {
  bs_status status = BS_OK;
  for (size_t i = 0; status == BS_OK && i < analysis->tables->n_scores; i++) {
    const bs_score_row *score = &analysis->tables->scores[i];
    keys[i] = (spread_key){.base = groups->base[score->task],
                           .shots = score->shots,
                           .model = score->model,
                           .task = score->task,
                           .value = score->value};
    status = bs_interner_add(&analysis->metrics, analysis->tables->arena, score->metric,
                             &keys[i].metric, err);
  }
  if (status == BS_OK)
    qsort(keys, analysis->tables->n_scores, sizeof *keys, compare_keys);
  return status;
}

static bs_status copy_spreads(bs_analysis *to, const spreading *s, bs_error *err) {
  to->tables->spreads = bs_array_new(s->n_found, sizeof *to->tables->spreads, err);
  to->spread_places = bs_array_new(s->n_found, sizeof *to->spread_places, err);
  if (to->tables->spreads == NULL || to->spread_places == NULL)
    return BS_ERR_MEMORY;
  for (size_t i = 0; i < s->n_found; i++) {
    to->tables->spreads[i] = s->found[i].row;
    to->spread_places[i] = s->found[i].place;
  }
  to->tables->n_spreads = s->n_found;
  return BS_OK;
}

bs_status bs_analysis_spread(bs_analysis *analysis, const bs_tables *results,
                             const bs_groups *groups, bs_error *err) {
  if (groups->bases.n == results->n_tasks)
    return BS_OK; /* every task is put in one way */
  spreading s = {.analysis = analysis, .groups = groups};
  size_t n = analysis->tables->n_scores;
  spread_key *keys = bs_array_new(n, sizeof *keys, err);
  s.seen = bs_array_new(results->n_tasks, sizeof *s.seen, err);
  s.found = bs_array_new(n, sizeof *s.found, err);
  bs_status status = keys != NULL && s.seen != NULL && s.found != NULL ? BS_OK : BS_ERR_MEMORY;
  if (status == BS_OK)
    status = make_keys(keys, analysis, groups, err);
  if (status == BS_OK) {
    add_groups(&s, keys, n);
    status = copy_spreads(analysis, &s, err);
  }
  free(keys);
  free(s.seen);
  free(s.found);
  return status;
}
