/* Where the tokens of a prompt end and those of its answer begin. */
#include <string.h>

#include "backend/border_internal.h"
#include "base/size_internal.h"
#include "base/text_internal.h"

static const char *const border_names[] = {
    [BS_BORDER_JOINT] = "joint", [BS_BORDER_SEPARATE] = "separate"};
enum { N_BORDERS = sizeof border_names / sizeof *border_names };

bs_status bs_border_parse(bs_border *out, const char *name, bs_error *err) {
  for (size_t i = 0; i < N_BORDERS; i++)
    if (strcmp(name, border_names[i]) == 0) {
      *out = (bs_border)i;
      return BS_OK;
    }
  return bs_error_set(err, BS_ERR_USAGE, "expected \"joint\" or \"separate\", found \"%s\"", name);
}

const char *bs_border_name(bs_border border) {
  return (size_t)border < N_BORDERS ? border_names[border] : "?";
}

bs_status bs_border_prefix(const bs_tokenizer *tokenizer, bs_tokens *prefix, bs_error *err) {
  /* What stands behind a text (EOS) is left out: the continuation goes there. */
  return bs_tokenizer_surroundings(tokenizer, prefix, NULL, err);
}

bs_status bs_context_open(bs_context *context, const bs_tokenizer *tokenizer, bs_token_span prefix,
                          bs_border border, const char *text, size_t n_bytes,
                          const bs_wrapping *wrapping, bs_error *err) {
  bool is_wrapped = wrapping != NULL && wrapping->is_there;
  bs_tokens ids = {0};

  *context = (bs_context){.tokenizer = tokenizer,
                          .prefix = prefix,
                          .border = border,
                          .text = text,
                          .n_bytes = n_bytes,
                          .full_bytes = n_bytes};
  if (border == BS_BORDER_JOINT && !(is_wrapped && wrapping->keeps_end))
    context->n_bytes = bs_trimmed_bytes(text, n_bytes);
  bs_status status = bs_tokenizer_encode(tokenizer, text, context->n_bytes, false, &ids, err);
  if (is_wrapped && prefix.n > 0 && ids.n > 0 && ids.ids[0] == prefix.ids[prefix.n - 1])
    context->prefix.n--; /* the wrap spells it out */
  if (status == BS_OK)
    status = bs_tokens_append(&context->ids, prefix.ids, context->prefix.n, err);
  if (status == BS_OK)
    status = bs_tokens_append(&context->ids, ids.ids, ids.n, err);
  bs_tokens_free(&ids);
  return status;
}

/* How many tokens two lists begin with, or end in, alike. */
static size_t n_alike(const bs_tokens *a, const bs_tokens *b, bool at_end) {
  size_t n = bs_size_min(a->n, b->n), i = 0;
  while (i < n && a->ids[at_end ? a->n - 1 - i : i] == b->ids[at_end ? b->n - 1 - i : i])
    i++;
  return i;
}

/* A token that spans the border of wrap and prompt is the prompt's. White space at the end of a
   prompt that nothing follows may be left out of the context. */
bs_status bs_context_kept(const bs_context *context, const bs_wrapping *wrapping, bs_kept *kept,
                          bs_error *err) {
  *kept = (bs_kept){0};
  if (!wrapping->is_there)
    return BS_OK;
  size_t n_before = bs_size_min(wrapping->n_before_bytes, context->n_bytes);
  size_t n_until_end =
      bs_size_min(wrapping->n_before_bytes + wrapping->n_prompt_bytes, context->n_bytes);
  bs_tokens before = {0}, behind = {0};
  bs_status status = bs_tokens_append(&before, context->prefix.ids, context->prefix.n, err);
  if (status == BS_OK)
    status = bs_tokenizer_encode(context->tokenizer, context->text, n_before, false, &before, err);
  if (status == BS_OK)
    status = bs_tokenizer_encode(context->tokenizer, context->text + n_until_end,
                                 context->n_bytes - n_until_end, false, &behind, err);
  kept->n_first = n_alike(&context->ids, &before, false);
  kept->n_last = n_alike(&context->ids, &behind, true);
  bs_tokens_free(&before);
  bs_tokens_free(&behind);
  return status;
}

bs_status bs_context_end_source(bs_context *context, const bs_tokens *suffix, bs_error *err) {
  context->is_source = true;
  return bs_tokens_append(&context->ids, suffix->ids, suffix->n, err);
}

void bs_context_close(bs_context *context) { bs_tokens_free(&context->ids); }

/* Appends prefix, whole context and continuation as one text. */
static bs_status encode_whole(const bs_context *context, const bs_text *continuation,
                              bs_tokens *whole, bs_error *err) {
  bs_text text = {0};
  bs_status status = bs_text_append(&text, context->text, context->n_bytes, err);
  if (status == BS_OK)
    status = bs_text_append(&text, continuation->data, continuation->n_bytes, err);
  if (status == BS_OK)
    status = bs_tokens_append(whole, context->prefix.ids, context->prefix.n, err);
  if (status == BS_OK)
    status = bs_tokenizer_encode(context->tokenizer, text.data, text.n_bytes, false, whole, err);
  bs_text_free(&text);
  return status;
}

static bool begins_with(const bs_tokens *whole, const bs_tokens *head) {
  return whole->n >= head->n &&
         (head->n == 0 || memcmp(whole->ids, head->ids, head->n * sizeof *head->ids) == 0);
}

/* The tokens of the continuation behind those of the context: of both as one text, when that text
   begins with just the context's tokens and goes on behind them, else of the continuation alone. */
static bs_status append_continuation(const bs_context *context, const bs_text *continuation,
                                     bs_tokens *to, bool *spans, bs_error *err) {
  bs_tokens whole = {0};
  bs_status status = BS_OK;
  size_t n = context->ids.n;
  bool can_join = context->border == BS_BORDER_JOINT && !context->is_source;
  if (can_join)
    status = encode_whole(context, continuation, &whole, err);
  bool is_joint = can_join && whole.n > n && begins_with(&whole, &context->ids);
  *spans = can_join && !is_joint;
  if (status == BS_OK && is_joint)
    status = bs_tokens_append(to, whole.ids + n, whole.n - n, err);
  else if (status == BS_OK)
    status = bs_tokenizer_encode(context->tokenizer, continuation->data, continuation->n_bytes,
                                 false, to, err);
  bs_tokens_free(&whole);
  return status;
}

bs_status bs_context_continue(const bs_context *context, const char *continuation, size_t n_bytes,
                              bs_tokens *ids, bool *spans, bs_error *err) {
  bs_text scored = {0};
  *spans = false;
  bs_status status = bs_text_append(&scored, context->text + context->n_bytes,
                                    context->full_bytes - context->n_bytes, err);
  if (status == BS_OK)
    status = bs_text_append(&scored, continuation, n_bytes, err);
  if (status == BS_OK && scored.n_bytes > 0)
    status = append_continuation(context, &scored, ids, spans, err);
  bs_text_free(&scored);
  return status;
}

bs_status bs_context_no_tokens(const bs_context *context, const char *continuation, size_t n_bytes,
                               bs_error *err) {
  enum { MOST_SHOWN = 80 };
  if (n_bytes == 0 && context->n_bytes == context->full_bytes)
    return bs_error_set(err, BS_ERR_INPUT,
                        "the answer is empty and the prompt does not end in white space: nothing "
                        "is there to be scored");
  return bs_error_set(err, BS_ERR_INPUT,
                      "the answer \"%.*s\" has no tokens: the model's tokenizer drops all of it",
                      (int)(n_bytes < MOST_SHOWN ? n_bytes : MOST_SHOWN), continuation);
}
