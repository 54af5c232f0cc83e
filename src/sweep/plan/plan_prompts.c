/* What becomes of the prompts of a plan, before anything is loaded. */
#include <stdlib.h>

#include "base/memory_internal.h"
#include "bigsweep/evaluate.h"
#include "bigsweep/prompt.h"
#include "bigsweep/sweep.h"
#include "bigsweep/task.h"

/* Looks are spread over tasks and shots: so many prompts of a model, and at least a few of each. */
enum { MOST_PROMPTS = 2000, LEAST_PROMPTS = 16 };

static size_t n_groups(const bs_plan *plan) {
  size_t n = 0;
  for (size_t t = 0; t < plan->n_tasks; t++)
    n += plan->specs[t]->n_shots;
  return n;
}

/* Prompts of one task and number of shots, for all models; those that cannot be opened have none.
 */
static bs_status count_group(const bs_plan *plan, bs_backend *const *backends, size_t t,
                             uint32_t shots, size_t most, bs_prompt_counts *counts, bs_error *err) {
  const bs_task *task = plan->tasks[t];
  const bs_protocol *protocol = &plan->config->protocol;
  size_t limit = plan->config->max_examples;
  size_t n = limit > 0 && limit < task->n_examples ? limit : task->n_examples;
  bs_prompter *prompter = NULL;
  if (shots > bs_task_most_shots(task)) /* has been told */
    return BS_OK;
  bs_status status = bs_prompter_new(&prompter, task, shots, protocol->seed, err);
  for (size_t m = 0; status == BS_OK && m < plan->n_models; m++) {
    bs_evaluator evaluator = {backends[m], *protocol, plan->models[m].wrap};
    if (backends[m] != NULL)
      status = bs_evaluator_count_prompts(&evaluator, task, prompter, shots, n,
                                          bs_ceil_div(n, most), &counts[m], err);
  }
  bs_prompter_free(&prompter);
  return status;
}

bs_status bs_plan_count_prompts(const bs_plan *plan, bs_prompt_counts *counts, bs_error *err) {
  size_t groups = n_groups(plan), most = MOST_PROMPTS / (groups > 0 ? groups : 1);
  bs_backend **backends = bs_array_new(plan->n_models, sizeof(bs_backend *), err);
  if (backends == NULL)
    return BS_ERR_MEMORY;
  for (size_t m = 0; m < plan->n_models; m++) {
    counts[m] = (bs_prompt_counts){0};
    bs_backend_spec spec = {.place = plan->models[m].path,
                            .reading = plan->config->protocol.reading,
                            .is_to_look = true};
    bs_backend_open(&backends[m], &spec, NULL);
  }
  bs_status status = BS_OK;
  for (size_t t = 0; t < plan->n_tasks; t++)
    for (size_t s = 0; status == BS_OK && s < plan->specs[t]->n_shots; s++)
      status = count_group(plan, backends, t, plan->specs[t]->shots[s],
                           bs_size_max(most, LEAST_PROMPTS), counts, err);
  for (size_t m = 0; m < plan->n_models; m++)
    bs_backend_close(&backends[m]);
  free(backends);
  return status;
}
