/* A question in tokens: of its text, or as it gives them. */
#include <stdlib.h>
#include <string.h>

#include "backend/local_internal.h"
#include "base/memory_internal.h"

static void free_query(void *own) {
  bs_local_query *q = own;
  bs_tokens_free(&q->context);
  for (size_t i = 0; q->continuations != NULL && i < q->n; i++)
    bs_tokens_free(&q->continuations[i]);
  free(q->continuations);
  bs_generation_prompt_free(&q->prompt);
  free(q);
}

static bs_status check_tokens(const bs_question *question, size_t i, const bs_context *context,
                              bs_error *err) {
  const bs_passage *passage = &question->continuations[i];
  bool is_empty = passage->n_bytes == 0 && context->n_bytes == context->full_bytes;
  if (question->tokenless == BS_TOKENLESS_ALLOWED ||
      (question->tokenless == BS_TOKENLESS_IF_EMPTY && is_empty))
    return BS_OK;
  return bs_context_no_tokens(context, passage->text, passage->n_bytes, err);
}

/* Of a wrapped text that is too long for the encoder the prompt loses tokens on its left. */
static bs_status cut_source(bs_local_query *q, const bs_local *local, bs_tokens *ids,
                            bs_error *err) {
  size_t cut = ids->n > local->longest_source ? ids->n - local->longest_source : 0;
  size_t n_kept = q->kept.n_first + q->kept.n_last;
  if (cut == 0)
    return BS_OK;
  if (n_kept > local->longest_source)
    return bs_error_set(err, BS_ERR_LIMIT,
                        "%zu tokens around the prompt are its wrap's and stay; the encoder takes "
                        "%zu",
                        n_kept, local->longest_source);
  int32_t *to = ids->ids + q->kept.n_first;
  memmove(to, to + cut, (ids->n - q->kept.n_first - cut) * sizeof *to);
  ids->n -= cut;
  q->truncated = cut;
  return BS_OK;
}

/* What the encoder reads ends as its texts do. */
static bs_status end_source(bs_local_query *q, const bs_local *local, const bs_question *question,
                            bs_context *context, bs_error *err) {
  const bs_tokens none = {0}, *suffix = question->is_inside ? &none : &local->suffix;
  bs_status status = bs_context_end_source(context, suffix, err);
  q->kept.n_last += suffix->n;
  return status == BS_OK && question->wrapping.is_there ? cut_source(q, local, &context->ids, err)
                                                        : status;
}

static bs_status encode(bs_local_query *q, const bs_local *local, const bs_question *question,
                        bs_query *query, bs_error *err) {
  const bs_passage *whole = &question->context;
  bs_context context = {0};
  bs_token_span prefix = {local->prefix.ids, question->is_inside ? 0 : local->prefix.n};
  bs_status status = bs_context_open(&context, local->tokenizer, prefix, question->border,
                                     whole->text, whole->n_bytes, &question->wrapping, err);
  if (status == BS_OK)
    status = bs_context_kept(&context, &question->wrapping, &q->kept, err);
  if (status == BS_OK && local->has_encoder)
    status = end_source(q, local, question, &context, err);
  for (size_t i = 0; i < q->n && status == BS_OK; i++) {
    const bs_passage *passage = &question->continuations[i];
    bool spans = false;
    status = bs_context_continue(&context, passage->text, passage->n_bytes, &q->continuations[i],
                                 &spans, err);
    query->n_spanned += spans;
    if (status == BS_OK && q->continuations[i].n == 0)
      status = check_tokens(question, i, &context, err);
  }
  if (status == BS_OK && question->is_prompt)
    status = bs_context_to_generate(&context, &q->prompt, err);
  q->context = context.ids;
  return status;
}

static bs_status take_ids(bs_local_query *q, const bs_local *local, const bs_question *question,
                          bs_error *err) {
  const bs_passage *whole = &question->context;
  bs_status status = bs_tokens_append(&q->context, whole->ids, whole->n_ids, err);
  for (size_t i = 0; i < q->n && status == BS_OK; i++) {
    const bs_passage *passage = &question->continuations[i];
    status = bs_tokens_append(&q->continuations[i], passage->ids, passage->n_ids, err);
  }
  if (status == BS_OK && question->is_prompt)
    status = bs_generation_prompt_of_ids(&q->prompt, local->tokenizer, whole->ids,
                                         local->has_encoder ? 0 : whole->n_ids, err);
  return status;
}

bs_status bs_local_ask(const void *state, const bs_question *question, bs_query *query,
                       bs_error *err) {
  const bs_local *local = state;
  bool is_text = question->context.text != NULL;
  if ((is_text || question->is_prompt) && local->no_text.status != BS_OK)
    return bs_error_set(err, local->no_text.status, "%s", local->no_text.message);
  bs_local_query *q = bs_array_new(1, sizeof *q, err);
  if (q == NULL)
    return BS_ERR_MEMORY;
  query->own = q;
  query->free_own = free_query;
  q->n = question->n;
  q->continuations = bs_array_new(q->n, sizeof *q->continuations, err);
  if (q->continuations == NULL)
    return BS_ERR_MEMORY;
  bs_status status =
      is_text ? encode(q, local, question, query, err) : take_ids(q, local, question, err);
  query->n_context_tokens = q->context.n + q->truncated;
  for (size_t i = 0; i < q->n; i++)
    query->n_tokens[i] = q->continuations[i].n;
  return status;
}
