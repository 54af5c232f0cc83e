/* A question in tokens: of its text, or as it gives them. */
#include <stdlib.h>

#include "backend/local_internal.h"
#include "base/memory_internal.h"

static const bs_tokens NOTHING;

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

static bs_status encode(bs_local_query *q, const bs_local *local, const bs_question *question,
                        bs_query *query, bs_error *err) {
  const bs_passage *whole = &question->context;
  bs_context context = {0};
  bs_status status =
      bs_context_open(&context, local->tokenizer, question->is_inside ? &NOTHING : &local->prefix,
                      question->border, whole->text, whole->n_bytes, err);
  if (status == BS_OK && local->has_encoder)
    status = bs_context_end_source(&context, question->is_inside ? &NOTHING : &local->suffix, err);
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
  query->n_context_tokens = q->context.n;
  for (size_t i = 0; i < q->n; i++)
    query->n_tokens[i] = q->continuations[i].n;
  return status;
}
