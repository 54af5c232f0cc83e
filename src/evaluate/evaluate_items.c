/* What is scored after a text: tokens and one batch of continuations for all examples of a call. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory_internal.h"
#include "evaluate/evaluate_internal.h"

static const char *item_text(const bs_example *example, size_t i) {
  return example->n_choices > 0 ? example->choices[i].text : example->targets[i];
}

/* The index of the context among the distinct ones; a new one is moved there. */
static size_t context_index(bs_items *items, bs_tokens *context) {
  for (size_t i = 0; i < items->n_contexts; i++) {
    const bs_tokens *known = &items->contexts[i];
    if (known->n == context->n &&
        (known->n == 0 || memcmp(known->ids, context->ids, known->n * sizeof *known->ids) == 0)) {
      bs_tokens_free(context);
      return i;
    }
  }
  items->contexts[items->n_contexts] = *context;
  *context = (bs_tokens){0};
  return items->n_contexts++;
}

static bs_status allocate(bs_items *items, bs_error *err) {
  size_t n = items->n;
  items->contexts = bs_array_new(n, sizeof *items->contexts, err);
  items->continuations = bs_array_new(n, sizeof *items->continuations, err);
  items->context_of = bs_array_new(n, sizeof *items->context_of, err);
  items->logprobs = bs_array_new(n, sizeof *items->logprobs, err);
  items->n_greedy = bs_array_new(n, sizeof *items->n_greedy, err);
  return items->contexts != NULL && items->continuations != NULL && items->context_of != NULL &&
                 items->logprobs != NULL && items->n_greedy != NULL
             ? BS_OK
             : BS_ERR_MEMORY;
}

/* Without tokens nothing is predicted: a choice of probability 1 would win. An accepted answer that
   has none (it is empty, or the tokenizer drops it) is not scored; it may still be generated. */
static bs_status encode_item(const bs_example *example, size_t i, const bs_context *context,
                             bs_tokens *context_ids, bs_tokens *continuation, bool *spans,
                             bs_error *err) {
  const char *text = item_text(example, i);
  size_t n_bytes = strlen(text);
  bs_status status = bs_context_pair(context, text, n_bytes, context_ids, continuation, spans, err);
  if (status == BS_OK && continuation->n == 0 && example->n_choices > 0)
    status = bs_context_no_tokens(context, text, n_bytes, err);
  return status;
}

bs_status bs_items_encode(bs_items *items, const bs_example *example, const bs_context *context,
                          bs_error *err) {
  *items = (bs_items){.n = example->n_choices > 0 ? example->n_choices : example->n_targets};
  bs_status status = allocate(items, err);
  for (size_t i = 0; i < items->n && status == BS_OK; i++) {
    bs_tokens context_ids = {0};
    bool spans;
    status = encode_item(example, i, context, &context_ids, &items->continuations[i], &spans, err);
    items->n_spanned += spans;
    if (status == BS_OK)
      items->context_of[i] = context_index(items, &context_ids);
    else
      bs_tokens_free(&context_ids);
  }
  return status;
}

void bs_items_free(bs_items *items) {
  for (size_t i = 0; items->contexts != NULL && i < items->n_contexts; i++)
    bs_tokens_free(&items->contexts[i]);
  for (size_t i = 0; items->continuations != NULL && i < items->n; i++)
    bs_tokens_free(&items->continuations[i]);
  free(items->contexts);
  free(items->continuations);
  free(items->context_of);
  free(items->logprobs);
  free(items->n_greedy);
  *items = (bs_items){0};
}

static size_t count_requests(const bs_scored *all, size_t n, size_t *n_spans) {
  size_t n_requests = 0;
  *n_spans = 0;
  for (size_t i = 0; i < n; i++) {
    n_requests += all[i].items->n_contexts;
    *n_spans += all[i].items->n;
  }
  return n_requests;
}

/* One request for each context, with the continuations that follow it in order. */
static void fill_requests(const bs_scored *all, size_t n, bs_score_request *requests,
                          bs_token_span *spans) {
  for (size_t i = 0; i < n; i++) {
    const bs_items *items = all[i].items;
    for (size_t c = 0; c < items->n_contexts; c++) {
      bs_score_request *request = requests++;
      *request = (bs_score_request){.context = {items->contexts[c].ids, items->contexts[c].n},
                                    .continuations = spans};
      for (size_t k = 0; k < items->n; k++) {
        if (items->context_of[k] != c)
          continue;
        *spans++ = (bs_token_span){items->continuations[k].ids, items->continuations[k].n};
        request->n_continuations++;
      }
    }
  }
}

/* What the engine must have made of an item: a bug of this program would else pass for a score. The
   log-probability is 0 only where all else is so improbable that it is lost in rounding. */
static bs_status check_score(const bs_items *items, size_t k, const bs_score *score,
                             bs_error *err) {
  size_t n = items->continuations[k].n;
  if (score->n_tokens == n && score->n_greedy <= n && score->logprob <= 0)
    return BS_OK;
  return bs_error_set(
      err, BS_ERR_INTERNAL,
      "answer %zu of %zu tokens has %zu scored tokens and the log-probability %.17g, "
      "which is a fault of this program: please report it",
      k, n, score->n_tokens, score->logprob);
}

static bs_status take_score(const bs_scored *of, size_t k, const bs_score *score, bs_error *err) {
  bs_items *items = of->items;
  bs_status status = check_score(items, k, score, err);
  items->logprobs[k] = items->continuations[k].n > 0 ? score->logprob : NAN;
  items->n_greedy[k] = score->n_greedy;
  if (score->truncated_tokens > of->job->truncated_tokens)
    of->job->truncated_tokens = score->truncated_tokens;
  return status;
}

static bs_status take_scores(const bs_scored *of, const bs_score_result *results,
                             const bs_task *task, bs_error *err) {
  const bs_items *items = of->items;
  if (items->n_spanned > of->job->n_spanned)
    of->job->n_spanned = items->n_spanned;
  for (size_t c = 0; c < items->n_contexts; c++) {
    if (results[c].error.status != BS_OK)
      return bs_job_error(task, of->job, &results[c].error, err);
    size_t next = 0;
    for (size_t k = 0; k < items->n; k++) {
      if (items->context_of[k] != c)
        continue;
      bs_error fault = {0};
      if (take_score(of, k, &results[c].scores[next++], &fault) != BS_OK)
        return bs_job_error(task, of->job, &fault, err);
    }
  }
  return BS_OK;
}

bs_status bs_items_score(bs_evaluator *evaluator, const bs_task *task, const bs_scored *all,
                         size_t n, bs_error *err) {
  size_t n_spans, n_requests = count_requests(all, n, &n_spans), at = 0;
  bs_score_result *results = NULL;
  bs_score_request *requests = bs_array_new(n_requests, sizeof *requests, err);
  bs_token_span *spans = bs_array_new(n_spans, sizeof *spans, err);
  bs_status status = requests != NULL && spans != NULL ? BS_OK : BS_ERR_MEMORY;
  if (status == BS_OK) {
    fill_requests(all, n, requests, spans);
    status = bs_engine_score(evaluator->engine, requests, n_requests, &results, err);
  }
  for (size_t i = 0; i < n && status == BS_OK; i++) {
    status = take_scores(&all[i], results + at, task, err);
    at += all[i].items->n_contexts;
  }
  if (results != NULL)
    bs_score_results_free(&results, n_requests);
  free(requests);
  free(spans);
  return status;
}
