/* Which metrics a loaded task has. */
#include "metrics/table_internal.h"
#include "tasks/task_internal.h"

static bool has_role(const bs_example *example) {
  for (size_t i = 0; i < example->n_choices; i++)
    if (example->choices[i].role != BS_ROLE_NONE)
      return true;
  return false;
}

bs_answer_kinds bs_task_answer_kinds(const bs_task *task) {
  bs_answer_kinds has = {0};
  for (size_t i = 0; i < task->n_examples; i++) {
    has.choices |= task->examples[i].n_choices > 0;
    has.targets |= task->examples[i].n_targets > 0;
    has.roles = has.roles || has_role(&task->examples[i]);
  }
  return has;
}

size_t bs_task_metrics(const bs_task *task, const bs_metric **metrics) {
  size_t n = bs_metrics_of_kinds((const char *const *)task->metrics, task->n_metrics,
                                 bs_task_answer_kinds(task), metrics);
  bool votes_on_choices = task->answer_prompt != NULL && task->n_samples > 0;
  return votes_on_choices ? bs_metrics_of_votes(metrics, n) : n;
}

bool bs_task_needs_text(const bs_task *task) {
  return bs_metrics_generate((const char *const *)task->metrics, task->n_metrics,
                             bs_task_answer_kinds(task));
}
