/* Prompts that are too long for a model. */
#include <string.h>

#include "base/size_internal.h"
#include "evaluate/evaluate_internal.h"

static const char *const names[] = {[BS_OVERLONG_CUT] = "cut",
                                    [BS_OVERLONG_FEWER_SHOTS] = "fewer_shots",
                                    [BS_OVERLONG_SKIP] = "skip"};
enum { N_NAMES = sizeof names / sizeof *names };

bs_status bs_overlong_parse(bs_overlong *out, const char *name, bs_error *err) {
  for (size_t i = 0; i < N_NAMES; i++)
    if (strcmp(name, names[i]) == 0) {
      *out = (bs_overlong)i;
      return BS_OK;
    }
  return bs_error_set(err, BS_ERR_USAGE,
                      "expected \"cut\", \"fewer_shots\" or \"skip\", found \"%s\"", name);
}

const char *bs_overlong_name(bs_overlong overlong) {
  return (size_t)overlong < N_NAMES ? names[overlong] : "?";
}

static size_t longest_of(const bs_items *items) {
  size_t longest = 0;
  for (size_t i = 0; i < items->n; i++)
    longest = bs_size_max(longest, items->query->n_tokens[i]);
  return longest;
}

/* Tokens behind a reasoning: the words that ask for the answer, and the answer. */
static bs_status behind_reasoning(const bs_evaluation *job, const bs_evaluator *evaluator,
                                  const bs_task *task, size_t *n, bs_error *err) {
  bs_asked asked = {.text = task->answer_prompt,
                    .n_bytes = strlen(task->answer_prompt),
                    .is_inside = true,
                    .is_scored = bs_task_scores_behind_reasoning(task, job->example)};
  bs_items items = {0};
  bs_status status = bs_items_ask(&items, evaluator, job->example, &asked, err);
  if (status == BS_OK) {
    size_t answer = longest_of(&items);
    if (job->wants_text)
      answer = bs_size_max(answer, bs_task_new_tokens(task, &evaluator->protocol));
    *n = items.query->n_context_tokens + answer;
  }
  bs_items_free(&items);
  return status;
}

bs_status bs_evaluation_fits(const bs_evaluation *job, const bs_evaluator *evaluator,
                             const bs_task *task, bool *fits, bs_error *err) {
  const bs_backend_info *info = bs_backend_about(evaluator->backend);
  size_t n_new = bs_task_new_tokens(task, &evaluator->protocol), n_behind = 0;
  *fits = true;
  if (info->model.max_positions == 0 || !(info->can & BS_CAN_COUNT_TOKENS))
    return BS_OK; /* nothing is known of it here */
  bs_status status = BS_OK;
  if (bs_task_in_two_steps(task)) {
    status = behind_reasoning(job, evaluator, task, &n_behind, err);
    n_behind += n_new;
  } else {
    n_behind = bs_size_max(longest_of(&job->items), job->wants_text ? n_new : 0);
  }
  /* The last token is predicted, not read; an empty prompt is read as one token. */
  size_t n_prompt = bs_size_max(job->prompt_tokens, 1), room = info->model.max_positions + 1;
  if (info->model.has_encoder) /* an answer stands in the decoder; all before it is read */
    *fits = n_prompt + (bs_task_in_two_steps(task) ? n_behind : 0) < room;
  else
    *fits = n_behind >= room || n_prompt <= room - n_behind;
  return status;
}
