/* Evaluating a task: questions for all examples of a call, their answers, rows of the results. */
#include <stdlib.h>

#include "base/memory_internal.h"
#include "bigsweep/metric.h"
#include "evaluate/evaluate_internal.h"

static bs_status check_call(const bs_evaluator *evaluator, const bs_task *task, size_t first,
                            size_t n, const bs_tables *results, bs_error *err) {
  size_t n_names;
  bs_example_metric_names(&n_names);
  if (bs_backend_about(evaluator->backend)->is_to_look)
    return bs_error_set(err, BS_ERR_USAGE, "an evaluator that is open for prompts alone");
  if (first > task->n_examples || n > task->n_examples - first)
    return bs_error_set(err, BS_ERR_USAGE, "%s: examples %zu to %zu are asked for, there are %zu",
                        task->path, first, first + n, task->n_examples);
  if (results->n_metrics != n_names)
    return bs_error_set(err, BS_ERR_USAGE,
                        "results have %zu metric columns, expected those of "
                        "bs_example_metric_names (%zu)",
                        results->n_metrics, n_names);
  return BS_OK;
}

bs_status bs_evaluator_run(const bs_evaluator *evaluator, const bs_task *task,
                           const bs_prompter *prompter, uint32_t shots, size_t first, size_t n,
                           uint32_t model_row, uint32_t task_row, bs_tables *results,
                           bs_error *err) {
  bs_status status = check_call(evaluator, task, first, n, results, err);
  if (status != BS_OK)
    return status;
  bs_evaluation *jobs = bs_array_new(n, sizeof *jobs, err);
  if (jobs == NULL)
    return BS_ERR_MEMORY;
  bool wants_text = bs_task_needs_text(task);
  for (size_t i = 0; i < n && status == BS_OK; i++) {
    bs_error cause = {0};
    status = bs_evaluation_prepare(&jobs[i], evaluator, task, prompter, shots, first + i,
                                   wants_text, &cause);
    if (status != BS_OK)
      bs_error_set(err, status, "%s: example %zu: %s", task->path, first + i, cause.message);
  }
  if (status == BS_OK)
    status = bs_evaluations_score(evaluator, task, jobs, n, err);
  if (status == BS_OK)
    status = bs_evaluations_try(evaluator, task, jobs, n, err);
  bs_row_place place = {.of = task,
                        .tokenizer = bs_backend_about(evaluator->backend)->tokenizer,
                        .model = model_row,
                        .task = task_row,
                        .shots = shots};
  place.n_metrics = bs_task_metrics(task, place.metrics);
  for (size_t i = 0; i < n && status == BS_OK; i++)
    status = bs_evaluation_append(&jobs[i], &place, results, err);
  for (size_t i = 0; i < n; i++)
    bs_evaluation_free(&jobs[i]);
  free(jobs);
  return status;
}

/* What becomes of one prompt. */
static bs_status count_prompt(const bs_evaluator *evaluator, const bs_task *task,
                              const bs_prompter *prompter, uint32_t shots, size_t number,
                              bs_prompt_counts *counts, bs_error *err) {
  bs_evaluation job = {0};
  bool fits = true;
  bs_status status = bs_evaluation_prepare(&job, evaluator, task, prompter, shots, number,
                                           bs_task_needs_text(task), err);
  if (status == BS_OK && !job.is_skipped)
    status = bs_evaluation_fits(&job, evaluator, task, &fits, err);
  if (status == BS_OK) {
    counts->prompts++;
    counts->truncated += !fits;
    counts->fewer_shots += job.shots_shown < shots;
    counts->skipped += job.is_skipped;
    counts->border += job.items.query != NULL && job.items.query->n_spanned > 0;
  }
  bs_evaluation_free(&job);
  return status;
}

bs_status bs_evaluator_count_prompts(const bs_evaluator *evaluator, const bs_task *task,
                                     const bs_prompter *prompter, uint32_t shots, size_t n,
                                     size_t step, bs_prompt_counts *counts, bs_error *err) {
  for (size_t i = 0; i < n && i<task->n_examples; i += step> 0 ? step : 1) {
    bs_error fault = {0};
    bs_status status = count_prompt(evaluator, task, prompter, shots, i, counts, &fault);
    if (status == BS_ERR_MEMORY)
      return bs_error_set(err, status, "%s", fault.message);
  }
  return BS_OK;
}
