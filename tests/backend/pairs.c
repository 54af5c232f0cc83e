/* A prompt with one answer, or with none, straight through the border of the two. */
#include "backend/pairs.h"

bs_status encode_pair(const bs_tokenizer *tokenizer, bs_border border, const char *context,
                      size_t context_bytes, const char *continuation, size_t continuation_bytes,
                      bs_tokens *context_ids, bs_tokens *continuation_ids, bool *spans,
                      bs_error *err) {
  bs_tokens prefix = {0};
  bs_context opened = {0};
  bool ignored;
  size_t n_before = continuation_ids->n;
  bs_status status = bs_border_prefix(tokenizer, &prefix, err);
  if (status == BS_OK)
    status = bs_context_open(&opened, tokenizer, (bs_token_span){prefix.ids, prefix.n}, border,
                             context, context_bytes, NULL, err);
  if (status == BS_OK)
    status = bs_tokens_append(context_ids, opened.ids.ids, opened.ids.n, err);
  if (status == BS_OK)
    status = bs_context_continue(&opened, continuation, continuation_bytes, continuation_ids,
                                 spans != NULL ? spans : &ignored, err);
  if (status == BS_OK && continuation_ids->n == n_before &&
      continuation_bytes + (context_bytes - opened.n_bytes) > 0)
    status = bs_context_no_tokens(&opened, continuation, continuation_bytes, err);
  bs_context_close(&opened);
  bs_tokens_free(&prefix);
  return status;
}

bs_status open_generation_prompt(bs_generation_prompt **out, const bs_tokenizer *tokenizer,
                                 bs_border border, const char *text, size_t n_bytes,
                                 bs_error *err) {
  bs_tokens prefix = {0};
  bs_context context = {0};
  *out = NULL;
  bs_status status = bs_border_prefix(tokenizer, &prefix, err);
  if (status == BS_OK)
    status = bs_context_open(&context, tokenizer, (bs_token_span){prefix.ids, prefix.n}, border,
                             text, n_bytes, NULL, err);
  if (status == BS_OK)
    status = bs_context_to_generate(&context, out, err);
  bs_context_close(&context);
  bs_tokens_free(&prefix);
  return status;
}
