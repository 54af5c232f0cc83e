/* What a task asks of a model: in one step or in two, once or many times; and the errors of its
   examples. */
#include "evaluate/evaluate_internal.h"

bool bs_task_in_two_steps(const bs_task *task) { return task->answer_prompt != NULL; }

bool bs_task_is_voted(const bs_task *task) { return task->n_samples > 0; }

/* Behind reasonings that are voted on only choices are scored: nothing would come of targets. */
bool bs_task_scores_behind_reasoning(const bs_task *task, const bs_example *example) {
  return bs_task_in_two_steps(task) && (example->n_choices > 0 || !bs_task_is_voted(task));
}

size_t bs_task_new_tokens(const bs_task *task, const bs_protocol *protocol) {
  return task->max_new_tokens > 0 ? task->max_new_tokens : protocol->max_tokens;
}

bs_status bs_evaluation_error(const bs_task *task, const bs_evaluation *job, const bs_error *cause,
                              bs_error *err) {
  return bs_error_set(err, cause->status, "%s: example %zu: %s", task->path, job->number,
                      cause->message);
}
