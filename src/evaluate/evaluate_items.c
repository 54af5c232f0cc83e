/* What is scored after a text: questions, and one batch of continuations for all examples of a
 * call.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory_internal.h"
#include "base/text_internal.h"
#include "evaluate/evaluate_internal.h"

static bs_passage passage_of(const char *text) {
  return (bs_passage){.text = text, .n_bytes = strlen(text)};
}

/* An answer. Behind a text that ends in white space of a wrap, as turns of a chat do, it begins
   without any; one of nothing else stays. */
static bs_passage answer_of(const char *text, bool drops_space) {
  bs_passage passage = passage_of(text);
  size_t n = drops_space ? bs_leading_space_bytes(text, passage.n_bytes) : 0;
  if (n < passage.n_bytes) {
    passage.text += n;
    passage.n_bytes -= n;
  }
  return passage;
}

static bool ends_in_space(const char *text, size_t n_bytes) {
  return bs_trimmed_bytes(text, n_bytes) < n_bytes;
}

static size_t n_items(const bs_example *example) {
  return example->n_choices > 0 ? example->n_choices : example->n_targets;
}

/* Without tokens nothing is predicted: a choice of probability 1 would win. An accepted answer that
   has none (it is empty, or the tokenizer drops it) is not scored; it may still be generated. */
static bs_tokenless tokenless_of(const bs_example *example) {
  return example->n_choices > 0 ? BS_TOKENLESS_FORBIDDEN : BS_TOKENLESS_ALLOWED;
}

/* Behind a reasoning the task's own words stand at the end. */
static bs_wrapping wrapping_of(const bs_asked *asked) {
  const bs_evaluation *job = asked->wrapped;
  if (job == NULL)
    return (bs_wrapping){0};
  bool is_first = asked->n_bytes == job->prompt.n_bytes;
  return (bs_wrapping){.is_there = true,
                       .n_before_bytes = job->parts.n_before,
                       .n_prompt_bytes = job->parts.n_prompt,
                       .keeps_end = is_first && job->wrap->after[0] != '\0'};
}

bs_status bs_items_ask(bs_items *items, const bs_evaluator *evaluator, const bs_example *example,
                       const bs_asked *asked, bs_error *err) {
  *items = (bs_items){.n = asked->is_scored ? n_items(example) : 0};
  bs_passage *passages = bs_array_new(items->n, sizeof *passages, err);
  items->logprobs = bs_array_new(items->n, sizeof *items->logprobs, err);
  items->n_greedy = bs_array_new(items->n, sizeof *items->n_greedy, err);
  bs_status status = passages != NULL && items->logprobs != NULL && items->n_greedy != NULL
                         ? BS_OK
                         : BS_ERR_MEMORY;
  bs_wrapping wrapping = wrapping_of(asked);
  bool drops_space = wrapping.keeps_end && ends_in_space(asked->text, asked->n_bytes);
  for (size_t i = 0; i < items->n && status == BS_OK; i++)
    passages[i] = answer_of(example->n_choices > 0 ? example->choices[i].text : example->targets[i],
                            drops_space);
  bs_question question = {
      .border = evaluator->protocol.border,
      .context = {.text = asked->text != NULL ? asked->text : "", .n_bytes = asked->n_bytes},
      .continuations = passages,
      .n = items->n,
      .tokenless = tokenless_of(example),
      .is_inside = asked->is_inside,
      .is_prompt = asked->is_prompt,
      .wrapping = wrapping};
  if (status == BS_OK)
    status = bs_backend_ask(&items->query, evaluator->backend, &question, err);
  free(passages);
  return status;
}

void bs_items_free(bs_items *items) {
  bs_query_free(&items->query);
  free(items->logprobs);
  free(items->n_greedy);
  *items = (bs_items){0};
}

/* What the model must have made of an item: a bug of this program would else pass for a score. The
   log-probability is 0 only where all else is so improbable that it is lost in rounding. */
static bs_status check_score(const bs_items *items, size_t k, const bs_score *score,
                             bs_error *err) {
  size_t n = items->query->n_tokens[k];
  if (score->n_tokens == n && score->n_greedy <= n && score->logprob <= 0)
    return BS_OK;
  return bs_error_set(
      err, BS_ERR_INTERNAL,
      "answer %zu of %zu tokens has %zu scored tokens and the log-probability %.17g, "
      "which is a fault of this program: please report it",
      k, n, score->n_tokens, score->logprob);
}

static bs_status take_score(const bs_scored *of, size_t k, bool is_counted, const bs_score *score,
                            bs_error *err) {
  bs_items *items = of->items;
  if (!is_counted)
    items->query->n_tokens[k] = score->n_tokens;
  bs_status status = check_score(items, k, score, err);
  items->logprobs[k] = items->query->n_tokens[k] > 0 ? score->logprob : NAN;
  items->n_greedy[k] = score->n_greedy;
  if (score->truncated_tokens > of->job->truncated_tokens)
    of->job->truncated_tokens = score->truncated_tokens;
  return status;
}

static bs_status take_scores(const bs_evaluator *evaluator, const bs_scored *of,
                             const bs_score_result *result, const bs_task *task, bs_error *err) {
  bool is_counted = bs_backend_about(evaluator->backend)->can & BS_CAN_COUNT_TOKENS;
  const bs_items *items = of->items;
  if (items->query->n_spanned > of->job->n_spanned)
    of->job->n_spanned = items->query->n_spanned;
  if (result->error.status != BS_OK)
    return bs_evaluation_error(task, of->job, &result->error, err);
  for (size_t k = 0; k < items->n; k++) {
    bs_error fault = {0};
    if (take_score(of, k, is_counted, &result->scores[k], &fault) != BS_OK)
      return bs_evaluation_error(task, of->job, &fault, err);
  }
  return BS_OK;
}

bs_status bs_items_score(const bs_evaluator *evaluator, const bs_task *task, const bs_scored *all,
                         size_t n, bs_error *err) {
  size_t n_queries = 0, at = 0;
  bs_score_result *results = NULL;
  bs_query **queries = bs_array_new(n, sizeof(bs_query *), err);
  if (queries == NULL)
    return BS_ERR_MEMORY;
  for (size_t i = 0; i < n; i++)
    if (all[i].items->n > 0)
      queries[n_queries++] = all[i].items->query;
  bs_status status = BS_OK;
  if (n_queries > 0)
    status = bs_backend_score(evaluator->backend, queries, n_queries, &results, err);
  for (size_t i = 0; i < n && status == BS_OK; i++)
    if (all[i].items->n > 0)
      status = take_scores(evaluator, &all[i], &results[at++], task, err);
  bs_score_results_free(&results, n_queries);
  free(queries);
  return status;
}
