/* Prompts that spell out the token that the tokenizer puts before every text anyway. */
#include "base/text_internal.h"
#include "bigsweep/prompt.h"
#include "bigsweep/task.h"
#include "sweep/plan/plan_internal.h"

enum { HEAD_BYTES = 256 }; /* of a prompt, which tell its first token */

/* The prompt of the first example of a task, with the first number of shots. */
static bs_status append_first_prompt(const bs_plan *plan, size_t t, bs_text *prompt,
                                     bs_error *err) {
  const bs_task *task = plan->tasks[t];
  uint32_t shots = plan->specs[t]->n_shots > 0 ? plan->specs[t]->shots[0] : 0;
  bs_prompter *prompter = NULL;
  if (shots > bs_task_most_shots(task))
    shots = 0;
  bs_status status = bs_prompter_new(&prompter, task, shots, plan->config->protocol.seed, err);
  if (status == BS_OK)
    status = bs_prompter_append(prompter, 0, prompt, err);
  bs_prompter_free(&prompter);
  return status;
}

/* Whether the prompt begins with the last of the n_before tokens that are put before it. */
static bs_status is_doubled(const bs_tokenizer *tokenizer, const bs_tokens *before,
                            const bs_text *prompt, bool *doubled, bs_error *err) {
  bs_tokens ids = {0};
  size_t n_head = prompt->n_bytes < HEAD_BYTES ? prompt->n_bytes : HEAD_BYTES;
  size_t n = bs_utf8_valid_bytes(prompt->data, n_head);
  bs_status status = bs_tokenizer_encode(tokenizer, prompt->data, n, false, &ids, err);
  *doubled = status == BS_OK && ids.n > 0 && ids.ids[0] == before->ids[before->n - 1];
  bs_tokens_free(&ids);
  return status;
}

bs_status bs_plan_tell_doubled(const bs_plan *plan, const bs_tokenizer *tokenizer,
                               const bs_model_spec *model, bs_notice notice, void *user,
                               bs_error *err) {
  bs_tokens before = {0};
  bs_text prompt = {0};
  size_t n_doubled = 0, first = 0;
  bs_status status = bs_tokenizer_surroundings(tokenizer, &before, NULL, err);
  for (size_t t = 0; t < plan->n_tasks && before.n > 0 && status == BS_OK; t++) {
    bool doubled = false;
    if (bs_task_wrap(plan->tasks[t], model->wrap) != NULL) /* its beginning is the wrap's */
      continue;
    prompt.n_bytes = 0;
    status = append_first_prompt(plan, t, &prompt, err);
    if (status == BS_OK)
      status = is_doubled(tokenizer, &before, &prompt, &doubled, err);
    if (doubled && n_doubled++ == 0)
      first = t;
  }
  if (status == BS_OK && n_doubled > 0) {
    bs_error line = {0};
    bs_error_set(
        &line, BS_OK,
        "model \"%s\": prompts of %zu of %zu task%s (%s first) spell out the token that the "
        "tokenizer puts before every text: it stands there twice; take it out of the task",
        model->name, n_doubled, plan->n_tasks, bs_plural(plan->n_tasks), plan->tasks[first]->name);
    notice(user, false, line.message);
  }
  bs_tokens_free(&before);
  bs_text_free(&prompt);
  return status;
}
