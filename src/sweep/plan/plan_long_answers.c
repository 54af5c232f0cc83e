/* Accepted answers of more tokens than a model may generate: no exact match is possible, unless the
   model writes them in other tokens than its tokenizer does. */
#include <string.h>

#include "base/text_internal.h"
#include "bigsweep/metric.h"
#include "bigsweep/task.h"
#include "sweep/plan/plan_internal.h"

/* New tokens of a generated answer. */
static size_t limit_of(const bs_plan *plan, const bs_task *task) {
  return task->max_new_tokens > 0 ? task->max_new_tokens : plan->config->protocol.max_tokens;
}

static bs_status count_tokens(const bs_tokenizer *tokenizer, const char *text, size_t n_bytes,
                              size_t *n, bs_error *err) {
  bs_tokens ids = {0};
  bs_status status = bs_tokenizer_encode(tokenizer, text, n_bytes, false, &ids, err);
  *n = ids.n;
  bs_tokens_free(&ids);
  return status;
}

/* Tokens of an answer: of the text alone or behind a blank, whichever has fewer. */
static bs_status tokens_of(const bs_tokenizer *tokenizer, const char *answer, size_t *n,
                           bs_error *err) {
  bs_text behind_blank = {0};
  size_t n_behind = 0;
  while (*answer == ' ')
    answer++;
  size_t n_bytes = strlen(answer);
  while (n_bytes > 0 && (answer[n_bytes - 1] == ' ' || answer[n_bytes - 1] == '\n'))
    n_bytes--;
  bs_status status = count_tokens(tokenizer, answer, n_bytes, n, err);
  if (status == BS_OK)
    status = bs_text_printf(&behind_blank, err, " %.*s", (int)n_bytes, answer);
  if (status == BS_OK)
    status = count_tokens(tokenizer, behind_blank.data, behind_blank.n_bytes, &n_behind, err);
  if (status == BS_OK && n_behind < *n)
    *n = n_behind;
  bs_text_free(&behind_blank);
  return status;
}

/* Whether all answers of an example have more than `limit` tokens; *fewest: those of the shortest.
 */
static bs_status is_too_long(const bs_tokenizer *tokenizer, const bs_example *example, size_t limit,
                             bool *too_long, size_t *fewest, bs_error *err) {
  bs_status status = BS_OK;
  *too_long = example->n_targets > 0;
  *fewest = SIZE_MAX;
  for (size_t i = 0; i < example->n_targets && *too_long && status == BS_OK; i++) {
    size_t n = 0;
    if (strlen(example->targets[i]) <= limit) /* a token has at least a byte of it */
      *too_long = false;
    else
      status = tokens_of(tokenizer, example->targets[i], &n, err);
    *too_long = *too_long && n > limit;
    if (*too_long && n < *fewest)
      *fewest = n;
  }
  return status;
}

static bs_status count_task(const bs_plan *plan, const bs_tokenizer *tokenizer, size_t t,
                            bs_long_answers *found, bs_error *err) {
  const bs_task *task = plan->tasks[t];
  size_t most = plan->config->max_examples, limit = limit_of(plan, task);
  size_t n = most > 0 && most < task->n_examples ? most : task->n_examples;
  bs_status status = BS_OK;
  for (size_t i = 0; i < n && bs_task_needs_text(task) && status == BS_OK; i++) {
    bool too_long = false;
    size_t fewest = 0;
    status = is_too_long(tokenizer, &task->examples[i], limit, &too_long, &fewest, err);
    if (!too_long || status != BS_OK)
      continue;
    if (found->n++ == 0) {
      found->first = i;
      found->n_tokens = fewest;
    }
  }
  return status;
}

bs_status bs_plan_count_long_answers(const bs_plan *plan, const bs_tokenizer *tokenizer,
                                     const char *model, bs_long_answers *longest, bs_error *err) {
  bs_status status = BS_OK;
  for (size_t t = 0; t < plan->n_tasks && status == BS_OK; t++) {
    bs_long_answers found = {.model = model};
    status = count_task(plan, tokenizer, t, &found, err);
    if (found.n > longest[t].n)
      longest[t] = found;
  }
  return status;
}

bs_status bs_plan_tell_long_answers(const bs_plan *plan, const bs_long_answers *longest,
                                    bs_notice notice, void *user, bs_error *err) {
  bs_text text = {0};
  bs_status status = BS_OK;
  for (size_t t = 0; t < plan->n_tasks && notice != NULL && status == BS_OK; t++) {
    const bs_long_answers *found = &longest[t];
    const bs_task *task = plan->tasks[t];
    size_t most = plan->config->max_examples;
    size_t n = most > 0 && most < task->n_examples ? most : task->n_examples;
    if (found->n == 0)
      continue;
    text.n_bytes = 0;
    status = bs_text_printf(
        &text, err,
        "warning: %s: exact_str_match: of %zu example%s %zu can hardly match: at most %zu new "
        "token%s %s generated, and as the tokenizer of \"%s\" writes them all accepted answers "
        "have more (example %zu's %zu); raise \"max_tokens\" of \"generation\" or of a variant",
        task->name, n, bs_plural(n), found->n, limit_of(plan, task),
        bs_plural(limit_of(plan, task)), limit_of(plan, task) == 1 ? "is" : "are", found->model,
        found->first, found->n_tokens);
    if (status == BS_OK)
      notice(user, false, text.data);
  }
  bs_text_free(&text);
  return status;
}
