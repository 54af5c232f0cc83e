/* Tables of results in memory: made, filled row by row, checked, freed. */
#include "bigsweep/tables.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory_internal.h"
#include "tables/tables_internal.h"

bs_status bs_tables_new(bs_tables **out, const char *const *metric_names, size_t n_metrics,
                        bs_error *err) {
  *out = NULL;
  bs_tables *results = bs_array_new(1, sizeof *results, err);
  if (results == NULL)
    return BS_ERR_MEMORY;
  results->arena = bs_arena_new();
  results->metric_names = bs_array_new(n_metrics, sizeof *results->metric_names, err);
  bs_status status = BS_OK;
  if (results->arena == NULL || results->metric_names == NULL)
    status = bs_error_set(err, BS_ERR_MEMORY, "cannot allocate tables of results");
  for (size_t i = 0; status == BS_OK && i < n_metrics; i++) {
    results->metric_names[i] =
        bs_arena_string(results->arena, metric_names[i], strlen(metric_names[i]));
    if (results->metric_names[i] == NULL)
      status = bs_error_set(err, BS_ERR_MEMORY, "cannot copy the names of metrics");
    else
      results->n_metrics++;
  }
  if (status != BS_OK)
    bs_tables_free(&results);
  *out = results;
  return status;
}

void bs_tables_free(bs_tables **results) {
  if (results == NULL || *results == NULL)
    return;
  bs_tables *of = *results;
  free(of->models);
  free(of->tasks);
  free(of->targets);
  free(of->examples);
  free(of->choices);
  free(of->samples);
  free(of->skipped);
  free(of->metric_names);
  free(of->metric_values);
  bs_arena_free(&of->arena);
  free(of);
  *results = NULL;
}

const char *bs_tables_string(bs_tables *results, const char *bytes, size_t n_bytes) {
  return bs_arena_string(results->arena, bytes, n_bytes);
}

/* Replaces *string (NULL counts as "") by the arena's copy. */
static bs_status own(bs_tables *results, const char **string, bs_error *err) {
  const char *from = *string != NULL ? *string : "";
  *string = bs_arena_string(results->arena, from, strlen(from));
  if (*string == NULL)
    return bs_error_set(err, BS_ERR_MEMORY, "cannot copy a string of %zu bytes", strlen(from));
  return BS_OK;
}

static bs_status own_all(bs_tables *results, const char **const strings[], size_t n,
                         bs_error *err) {
  bs_status status = BS_OK;
  for (size_t i = 0; status == BS_OK && i < n; i++)
    status = own(results, strings[i], err);
  return status;
}

/* Room for n_more rows; the typed arrays go through void pointers here alone. */
#define RESERVE(results, table, n_more, err)                                                       \
  reserve((void **)&(results)->table, &(results)->cap_##table, (results)->n_##table, (n_more),     \
          sizeof *(results)->table, (err))

static bs_status reserve(void **array, size_t *capacity, size_t n, size_t n_more,
                         size_t element_bytes, bs_error *err) {
  void *grown = *array;
  bs_status status = bs_array_reserve(&grown, capacity, n, n_more, element_bytes, err);
  *array = grown;
  return status;
}

bs_status bs_tables_add_model(bs_tables *results, const bs_model_row *row, bs_error *err) {
  bs_model_row copy = *row;
  const char **const strings[] = {&copy.name, &copy.family, &copy.architecture, &copy.path};
  bs_status status = own_all(results, strings, sizeof strings / sizeof *strings, err);
  if (status == BS_OK)
    status = RESERVE(results, models, 1, err);
  if (status == BS_OK)
    results->models[results->n_models++] = copy;
  return status;
}

bs_status bs_tables_add_task(bs_tables *results, const bs_task_row *row, bs_error *err) {
  bs_task_row copy = *row;
  const char **const strings[] = {&copy.name,        &copy.preferred_metric, &copy.keywords,
                                  &copy.variant,     &copy.metrics,          &copy.stop_string,
                                  &copy.output_regex};
  bs_status status = own_all(results, strings, sizeof strings / sizeof *strings, err);
  if (status == BS_OK)
    status = RESERVE(results, tasks, 1, err);
  if (status == BS_OK)
    results->tasks[results->n_tasks++] = copy;
  return status;
}

bs_status bs_tables_add_target(bs_tables *results, const bs_target_row *row, bs_error *err) {
  bs_target_row copy = *row;
  bs_status status = own(results, &copy.text, err);
  if (status == BS_OK)
    status = RESERVE(results, targets, 1, err);
  if (status == BS_OK)
    results->targets[results->n_targets++] = copy;
  return status;
}

bs_status bs_tables_add_skipped(bs_tables *results, const bs_skipped_row *row, bs_error *err) {
  bs_status status = RESERVE(results, skipped, 1, err);
  if (status == BS_OK)
    results->skipped[results->n_skipped++] = *row;
  return status;
}

void bs_prompt_counts_add_example(bs_prompt_counts *to, const bs_example_row *row) {
  to->prompts++;
  to->truncated += row->truncated_tokens > 0;
  to->fewer_shots += row->shots_shown < row->shots;
  to->border += row->border > 0;
}

void bs_prompt_counts_add_skipped(bs_prompt_counts *to) {
  to->prompts++;
  to->skipped++;
}

void bs_prompt_counts_add(bs_prompt_counts *to, const bs_prompt_counts *from) {
  to->prompts += from->prompts;
  to->truncated += from->truncated;
  to->fewer_shots += from->fewer_shots;
  to->skipped += from->skipped;
  to->border += from->border;
}

bool bs_prompt_counts_any(const bs_prompt_counts *counts) {
  return counts->truncated + counts->fewer_shots + counts->skipped + counts->border > 0;
}

/* Copies behind the last row of samples, for which there is room, without counting them. */
static bs_status copy_samples(bs_tables *results, const bs_sample_row *samples, uint32_t n,
                              bs_error *err) {
  bs_status status = BS_OK;
  for (uint32_t i = 0; status == BS_OK && i < n; i++) {
    bs_sample_row copy = samples[i];
    const char **const strings[] = {&copy.reasoning, &copy.generated, &copy.answer};
    copy.row = results->n_examples;
    status = own_all(results, strings, sizeof strings / sizeof *strings, err);
    results->samples[results->n_samples + i] = copy;
  }
  return status;
}

bs_status bs_tables_add_example(bs_tables *results, const bs_example_row *row,
                                const bs_choice_row *choices, const bs_sample_row *samples,
                                const double *metric_values, bs_error *err) {
  bs_example_row copy = *row;
  const char **const strings[] = {&copy.prediction, &copy.generated};
  size_t n_values = 0;
  bs_status status = own_all(results, strings, sizeof strings / sizeof *strings, err);
  if (status == BS_OK)
    status = RESERVE(results, examples, 1, err);
  if (status == BS_OK)
    status = RESERVE(results, choices, copy.n_choices, err);
  if (status == BS_OK)
    status = RESERVE(results, samples, copy.n_samples, err);
  if (status == BS_OK && !bs_size_mul(results->n_examples, results->n_metrics, &n_values))
    status = bs_error_set(err, BS_ERR_MEMORY, "too many metric values");
  if (status == BS_OK)
    status = reserve((void **)&results->metric_values, &results->cap_metric_values, n_values,
                     results->n_metrics, sizeof *results->metric_values, err);
  if (status == BS_OK)
    status = copy_samples(results, samples, copy.n_samples, err);
  if (status != BS_OK)
    return status;
  copy.first_sample = results->n_samples;
  results->n_samples += copy.n_samples;
  copy.first_choice = results->n_choices;
  for (uint32_t i = 0; i < copy.n_choices; i++) {
    bs_choice_row *choice = &results->choices[results->n_choices++];
    *choice = choices[i];
    choice->row = results->n_examples;
  }
  if (results->n_metrics > 0)
    memcpy(results->metric_values + n_values, metric_values,
           results->n_metrics * sizeof *metric_values);
  results->examples[results->n_examples++] = copy;
  return BS_OK;
}

const bs_choice_row *bs_tables_choices(const bs_tables *results, size_t i) {
  const bs_example_row *row = &results->examples[i];
  return row->n_choices > 0 ? results->choices + row->first_choice : NULL;
}

const bs_sample_row *bs_tables_samples(const bs_tables *results, size_t i) {
  const bs_example_row *row = &results->examples[i];
  return row->n_samples > 0 ? results->samples + row->first_sample : NULL;
}

static bs_status check_targets(const bs_tables *results, bs_error *err) {
  for (size_t i = 0; i < results->n_targets; i++)
    if (results->targets[i].task >= results->n_tasks)
      return bs_error_set(err, BS_ERR_INPUT, "targets: row %zu: task %" PRIu32 " of %zu", i,
                          results->targets[i].task, results->n_tasks);
  return BS_OK;
}

static bs_status check_samples(const bs_tables *results, bs_error *err) {
  uint64_t next = 0;
  for (size_t i = 0; i < results->n_examples; i++) {
    const bs_example_row *row = &results->examples[i];
    if (row->n_samples > 0 && row->first_sample != next)
      return bs_error_set(err, BS_ERR_INPUT,
                          "examples: row %zu: its samples begin at %" PRIu64 ", expected %" PRIu64,
                          i, row->first_sample, next);
    if (row->n_samples > results->n_samples - next)
      return bs_error_set(err, BS_ERR_INPUT,
                          "examples: row %zu: %" PRIu32 " samples, %" PRIu64 " are left", i,
                          row->n_samples, results->n_samples - next);
    for (uint32_t k = 0; k < row->n_samples; k++)
      if (results->samples[next + k].row != i)
        return bs_error_set(err, BS_ERR_INPUT,
                            "samples: row %" PRIu64 ": example %" PRIu64 ", expected %zu", next + k,
                            results->samples[next + k].row, i);
    next += row->n_samples;
  }
  if (next != results->n_samples)
    return bs_error_set(err, BS_ERR_INPUT, "samples: %zu rows, %" PRIu64 " belong to examples",
                        results->n_samples, next);
  return BS_OK;
}

static bs_status check_skipped(const bs_tables *results, bs_error *err) {
  for (size_t i = 0; i < results->n_skipped; i++) {
    const bs_skipped_row *row = &results->skipped[i];
    if (row->model >= results->n_models || row->task >= results->n_tasks)
      return bs_error_set(err, BS_ERR_INPUT,
                          "skipped: row %zu: model %" PRIu32 " of %zu, task %" PRIu32 " of %zu", i,
                          row->model, results->n_models, row->task, results->n_tasks);
  }
  return BS_OK;
}

bs_status bs_tables_check(const bs_tables *results, bs_error *err) {
  uint64_t next_choice = 0;
  for (size_t i = 0; i < results->n_examples; i++) {
    const bs_example_row *row = &results->examples[i];
    if (row->model >= results->n_models)
      return bs_error_set(err, BS_ERR_INPUT, "examples: row %zu: model %" PRIu32 " of %zu", i,
                          row->model, results->n_models);
    if (row->task >= results->n_tasks)
      return bs_error_set(err, BS_ERR_INPUT, "examples: row %zu: task %" PRIu32 " of %zu", i,
                          row->task, results->n_tasks);
    if (row->n_choices > 0 && row->first_choice != next_choice)
      return bs_error_set(err, BS_ERR_INPUT,
                          "examples: row %zu: its choices begin at %" PRIu64 ", expected %" PRIu64,
                          i, row->first_choice, next_choice);
    if (row->n_choices > results->n_choices - next_choice)
      return bs_error_set(err, BS_ERR_INPUT,
                          "examples: row %zu: %" PRIu32 " choices, %" PRIu64 " are left", i,
                          row->n_choices, results->n_choices - next_choice);
    for (uint32_t k = 0; k < row->n_choices; k++)
      if (results->choices[next_choice + k].row != i)
        return bs_error_set(err, BS_ERR_INPUT,
                            "choices: row %" PRIu64 ": example %" PRIu64 ", expected %zu",
                            next_choice + k, results->choices[next_choice + k].row, i);
    next_choice += row->n_choices;
  }
  if (next_choice != results->n_choices)
    return bs_error_set(err, BS_ERR_INPUT, "choices: %zu rows, %" PRIu64 " belong to examples",
                        results->n_choices, next_choice);
  bs_status status = check_samples(results, err);
  if (status == BS_OK)
    status = check_skipped(results, err);
  return status == BS_OK ? check_targets(results, err) : status;
}
