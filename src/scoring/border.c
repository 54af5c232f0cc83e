/* Where the tokens of a prompt end and those of its answer begin. */
#include "scoring/evaluate_internal.h"
#include "scoring/scoring_internal.h"

bs_status bs_border_prefix(const bs_tokenizer *tokenizer, bs_tokens *prefix, bs_error *err) {
  /* What stands behind a text (EOS) is left out: the continuation goes there. */
  return bs_tokenizer_surroundings(tokenizer, prefix, NULL, err);
}

bs_status bs_context_open(bs_context *context, const bs_tokenizer *tokenizer,
                          const bs_tokens *prefix, bs_border border, const char *text,
                          size_t n_bytes, bs_error *err) {
  *context = (bs_context){.tokenizer = tokenizer,
                          .prefix = prefix,
                          .border = border,
                          .text = text,
                          .n_bytes = n_bytes,
                          .full_bytes = n_bytes};
  if (border == BS_BORDER_JOINT)
    context->n_bytes = bs_trimmed_bytes(text, n_bytes);
  bs_status status = bs_tokens_append(&context->ids, prefix->ids, prefix->n, err);
  if (status == BS_OK)
    status = bs_tokenizer_encode(tokenizer, text, context->n_bytes, false, &context->ids, err);
  return status;
}

void bs_context_close(bs_context *context) { bs_tokens_free(&context->ids); }

static bs_status pair_jointly(const bs_context *context, const char *continuation, size_t n_bytes,
                              bs_tokens *context_ids, bs_tokens *continuation_ids, bs_error *err) {
  bs_text text = {0};
  bs_tokens whole = {0};
  bs_status status = bs_text_reserve(&text, n_bytes, err);
  if (status == BS_OK)
    status = bs_text_append(&text, context->text, context->full_bytes, err);
  if (status == BS_OK)
    status = bs_text_append(&text, continuation, n_bytes, err);
  if (status == BS_OK)
    status = bs_tokens_append(&whole, context->prefix->ids, context->prefix->n, err);
  if (status == BS_OK)
    status = bs_tokenizer_encode(context->tokenizer, text.data, text.n_bytes, false, &whole, err);
  size_t n = context->ids.n < whole.n ? context->ids.n : whole.n;
  if (status == BS_OK)
    status = bs_tokens_append(context_ids, whole.ids, n, err);
  if (status == BS_OK && whole.n > n)
    status = bs_tokens_append(continuation_ids, whole.ids + n, whole.n - n, err);
  bs_text_free(&text);
  bs_tokens_free(&whole);
  return status;
}

bs_status bs_context_pair(const bs_context *context, const char *continuation, size_t n_bytes,
                          bs_tokens *context_ids, bs_tokens *continuation_ids, bs_error *err) {
  if (context->border == BS_BORDER_JOINT)
    return pair_jointly(context, continuation, n_bytes, context_ids, continuation_ids, err);
  bs_status status = bs_tokens_append(context_ids, context->ids.ids, context->ids.n, err);
  if (status == BS_OK)
    status = bs_tokenizer_encode(context->tokenizer, continuation, n_bytes, false, continuation_ids,
                                 err);
  return status;
}

bs_status bs_encode_pair(const bs_tokenizer *tokenizer, bs_border border, const char *context,
                         size_t context_bytes, const char *continuation, size_t continuation_bytes,
                         bs_tokens *context_ids, bs_tokens *continuation_ids, bs_error *err) {
  bs_tokens prefix = {0};
  bs_context opened = {0};
  bs_status status = bs_border_prefix(tokenizer, &prefix, err);
  if (status == BS_OK)
    status = bs_context_open(&opened, tokenizer, &prefix, border, context, context_bytes, err);
  if (status == BS_OK)
    status = bs_context_pair(&opened, continuation, continuation_bytes, context_ids,
                             continuation_ids, err);
  bs_context_close(&opened);
  bs_tokens_free(&prefix);
  return status;
}
