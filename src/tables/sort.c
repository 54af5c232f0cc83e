/* The canonical order of results. */
#include "bigsweep/tables.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory_internal.h"
#include "tables/tables_internal.h"

/* Where a row stands: its key, most significant part first, and its place, which makes any sort a
   stable one. */
typedef struct sort_key {
  uint64_t high, low;
  size_t place;
} sort_key;

static sort_key example_key(const bs_example_row *row, size_t place) {
  return (sort_key){.high = (uint64_t)row->model << 32 | row->task,
                    .low = (uint64_t)row->shots << 32 | row->example,
                    .place = place};
}

static int compare(const sort_key *a, const sort_key *b) {
  if (a->high != b->high)
    return a->high < b->high ? -1 : 1;
  if (a->low != b->low)
    return a->low < b->low ? -1 : 1;
  return 0;
}

static int compare_with_place(const void *a, const void *b) {
  const sort_key *left = a, *right = b;
  int order = compare(left, right);
  return order != 0 ? order : left->place < right->place ? -1 : left->place > right->place;
}

static int compare_choices(const void *a, const void *b) {
  const bs_choice_row *left = a, *right = b;
  return left->choice < right->choice ? -1 : left->choice > right->choice;
}

static bool choices_in_order(const bs_choice_row *choices, uint32_t n) {
  for (uint32_t i = 1; i < n; i++)
    if (choices[i].choice < choices[i - 1].choice)
      return false;
  return true;
}

static int compare_samples(const void *a, const void *b) {
  const bs_sample_row *left = a, *right = b;
  return left->sample < right->sample ? -1 : left->sample > right->sample;
}

static bool samples_in_order(const bs_sample_row *samples, uint32_t n) {
  for (uint32_t i = 1; i < n; i++)
    if (samples[i].sample < samples[i - 1].sample)
      return false;
  return true;
}

static bool in_order(const bs_tables *results) {
  for (size_t i = 0; i < results->n_examples; i++) {
    const bs_example_row *row = &results->examples[i];
    if (row->n_choices > 0 &&
        !choices_in_order(results->choices + row->first_choice, row->n_choices))
      return false;
    if (row->n_samples > 0 &&
        !samples_in_order(results->samples + row->first_sample, row->n_samples))
      return false;
    sort_key before = i > 0 ? example_key(row - 1, 0) : (sort_key){0};
    sort_key here = example_key(row, 0);
    if (i > 0 && compare(&before, &here) >= 0)
      return false;
  }
  return true;
}

/* Sorted keys, the first of equal ones alone; *n shrinks to their number. */
static void sort_and_drop(sort_key *keys, size_t *n) {
  qsort(keys, *n, sizeof *keys, compare_with_place);
  size_t n_kept = 0;
  for (size_t i = 0; i < *n; i++)
    if (n_kept == 0 || compare(&keys[n_kept - 1], &keys[i]) != 0)
      keys[n_kept++] = keys[i];
  *n = n_kept;
}

/* The tables in their new order. */
typedef struct ordered {
  bs_example_row *examples;
  bs_choice_row *choices;
  bs_sample_row *samples;
  double *metric_values;
  size_t n_examples, n_choices, n_samples;
} ordered;

static void gather_choices(ordered *to, const bs_tables *from, bs_example_row *row, size_t i) {
  bs_choice_row *choices = to->choices + to->n_choices;
  if (row->n_choices > 0)
    memcpy(choices, from->choices + row->first_choice, row->n_choices * sizeof *choices);
  if (!choices_in_order(choices, row->n_choices))
    qsort(choices, row->n_choices, sizeof *choices, compare_choices);
  for (uint32_t k = 0; k < row->n_choices; k++)
    choices[k].row = i;
  row->first_choice = to->n_choices;
  to->n_choices += row->n_choices;
}

static void gather_samples(ordered *to, const bs_tables *from, bs_example_row *row, size_t i) {
  bs_sample_row *samples = to->samples + to->n_samples;
  if (row->n_samples > 0)
    memcpy(samples, from->samples + row->first_sample, row->n_samples * sizeof *samples);
  if (!samples_in_order(samples, row->n_samples))
    qsort(samples, row->n_samples, sizeof *samples, compare_samples);
  for (uint32_t k = 0; k < row->n_samples; k++)
    samples[k].row = i;
  row->first_sample = to->n_samples;
  to->n_samples += row->n_samples;
}

static void gather(ordered *to, const bs_tables *from, const sort_key *keys) {
  size_t n_metrics = from->n_metrics;
  for (size_t i = 0; i < to->n_examples; i++) {
    bs_example_row row = from->examples[keys[i].place];
    gather_choices(to, from, &row, i);
    gather_samples(to, from, &row, i);
    to->examples[i] = row;
    if (n_metrics > 0)
      memcpy(to->metric_values + i * n_metrics, from->metric_values + keys[i].place * n_metrics,
             n_metrics * sizeof *to->metric_values);
  }
}

static bs_status sort_examples(bs_tables *results, bs_error *err) {
  if (in_order(results))
    return BS_OK;
  size_t n = results->n_examples;
  ordered to = {0};
  sort_key *keys = bs_array_new(n, sizeof *keys, err);
  to.examples = bs_array_new(n, sizeof *to.examples, err);
  to.choices = bs_array_new(results->n_choices, sizeof *to.choices, err);
  to.samples = bs_array_new(results->n_samples, sizeof *to.samples, err);
  to.metric_values = bs_array_new(n, (results->n_metrics + 1) * sizeof *to.metric_values, err);
  bs_status status = BS_ERR_MEMORY;
  if (keys == NULL || to.examples == NULL || to.choices == NULL || to.samples == NULL ||
      to.metric_values == NULL)
    goto cleanup;
  for (size_t i = 0; i < n; i++)
    keys[i] = example_key(&results->examples[i], i);
  to.n_examples = n;
  sort_and_drop(keys, &to.n_examples);
  gather(&to, results, keys);
  free(results->examples);
  free(results->choices);
  free(results->samples);
  free(results->metric_values);
  results->examples = to.examples;
  results->choices = to.choices;
  results->samples = to.samples;
  results->metric_values = to.metric_values;
  results->cap_examples = n;
  results->cap_choices = results->n_choices;
  results->cap_samples = results->n_samples;
  results->cap_metric_values = n * results->n_metrics;
  results->n_examples = to.n_examples;
  results->n_choices = to.n_choices;
  results->n_samples = to.n_samples;
  to = (ordered){0};
  status = BS_OK;
cleanup:
  free(keys);
  free(to.examples);
  free(to.choices);
  free(to.samples);
  free(to.metric_values);
  return status;
}

static sort_key target_key(const bs_target_row *row, size_t place) {
  return (sort_key){
      .high = row->task, .low = (uint64_t)row->example << 1 | row->is_choice, .place = place};
}

bs_status bs_tables_sort_targets(bs_tables *results, bs_error *err) {
  size_t n = results->n_targets;
  sort_key *keys = bs_array_new(n, sizeof *keys, err);
  bs_target_row *sorted = bs_array_new(n, sizeof *sorted, err);
  bs_status status = keys == NULL || sorted == NULL ? BS_ERR_MEMORY : BS_OK;
  if (status == BS_OK) {
    for (size_t i = 0; i < n; i++)
      keys[i] = target_key(&results->targets[i], i);
    qsort(keys, n, sizeof *keys, compare_with_place);
    for (size_t i = 0; i < n; i++)
      sorted[i] = results->targets[keys[i].place];
    if (n > 0)
      memcpy(results->targets, sorted, n * sizeof *sorted);
  }
  free(keys);
  free(sorted);
  return status;
}

static int compare_skipped(const void *a, const void *b) {
  const bs_skipped_row *left = a, *right = b;
  const uint32_t keys[][2] = {{left->model, right->model},
                              {left->task, right->task},
                              {left->shots, right->shots},
                              {left->example, right->example}};
  for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
    if (keys[i][0] != keys[i][1])
      return keys[i][0] < keys[i][1] ? -1 : 1;
  return 0;
}

/* Rows with equal keys are equal. */
static void sort_skipped(bs_tables *results) {
  size_t n = 0;
  bs_skipped_row *rows = results->skipped;
  if (results->n_skipped > 1)
    qsort(rows, results->n_skipped, sizeof *rows, compare_skipped);
  for (size_t i = 0; i < results->n_skipped; i++)
    if (n == 0 || compare_skipped(&rows[n - 1], &rows[i]) != 0)
      rows[n++] = rows[i];
  results->n_skipped = n;
}

bs_status bs_tables_sort(bs_tables *results, bs_error *err) {
  bs_status status = sort_examples(results, err);
  sort_skipped(results);
  return status == BS_OK ? bs_tables_sort_targets(results, err) : status;
}
