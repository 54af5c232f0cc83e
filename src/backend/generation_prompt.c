/* A prompt that text is generated behind, and the text that new tokens add to it. */
#include <stdlib.h>
#include <string.h>

#include "backend/border_internal.h"
#include "base/memory_internal.h"
#include "base/text_internal.h"

struct bs_generation_prompt {
  const bs_tokenizer *tokenizer; /* borrowed */
  bs_tokens ids;
  bs_text moved;       /* white space that stood behind the tokens */
  bool is_alone;       /* new tokens are decoded by themselves */
  size_t anchor;       /* tokens from here on tell how new ones are decoded */
  bs_text anchor_text; /* of these */
};

/* A token that is part of a character, or has no text, may stand in the middle of what a decoder
   takes as a whole. */
static bool is_whole(const bs_tokenizer *tokenizer, int32_t id) {
  bs_text alone = {0};
  bool whole = bs_tokenizer_decode(tokenizer, &id, 1, true, &alone, NULL) == BS_OK &&
               alone.n_bytes > 0 && alone.n_bytes == bs_utf8_valid_bytes(alone.data, alone.n_bytes);
  for (size_t i = 0; whole && i + 3 <= alone.n_bytes; i++)
    whole = memcmp(alone.data + i, "\xEF\xBF\xBD", 3) != 0;
  bs_text_free(&alone);
  return whole;
}

/* A decoder may treat the first token of a text differently from a later one, so new tokens are
   decoded behind the prompt's last ones: as many as give whole text, for the prompt may be long. */
static bs_status drop_anchor(bs_generation_prompt *prompt, bs_error *err) {
  size_t at = prompt->ids.n;
  while (at > 0 && !is_whole(prompt->tokenizer, prompt->ids.ids[at - 1]))
    at--;
  prompt->anchor = at > 0 ? at - 1 : 0;
  return bs_tokenizer_decode(prompt->tokenizer, prompt->ids.ids + prompt->anchor,
                             prompt->ids.n - prompt->anchor, true, &prompt->anchor_text, err);
}

bs_status bs_generation_prompt_of_ids(bs_generation_prompt **out, const bs_tokenizer *tokenizer,
                                      const int32_t *ids, size_t n, bs_error *err) {
  bs_generation_prompt *prompt = *out = bs_array_new(1, sizeof *prompt, err);
  if (prompt == NULL)
    return BS_ERR_MEMORY;
  prompt->tokenizer = tokenizer;
  bs_status status = bs_tokens_append(&prompt->ids, ids, n, err);
  if (status == BS_OK)
    status = drop_anchor(prompt, err);
  if (status != BS_OK)
    bs_generation_prompt_free(out);
  return status;
}

bs_status bs_context_to_generate(const bs_context *context, bs_generation_prompt **out,
                                 bs_error *err) {
  bs_status status = bs_generation_prompt_of_ids(out, context->tokenizer, context->ids.ids,
                                                 context->is_source ? 0 : context->ids.n, err);
  if (status == BS_OK) {
    (*out)->is_alone = context->border == BS_BORDER_SEPARATE || context->is_source;
    status = bs_text_append(&(*out)->moved, context->text + context->n_bytes,
                            context->full_bytes - context->n_bytes, err);
  }
  if (status != BS_OK)
    bs_generation_prompt_free(out);
  return status;
}

void bs_generation_prompt_free(bs_generation_prompt **prompt) {
  if (*prompt == NULL)
    return;
  bs_tokens_free(&(*prompt)->ids);
  bs_text_free(&(*prompt)->moved);
  bs_text_free(&(*prompt)->anchor_text);
  free(*prompt);
  *prompt = NULL;
}

bs_token_span bs_generation_prompt_ids(const bs_generation_prompt *prompt) {
  return (bs_token_span){prompt->ids.ids, prompt->ids.n};
}

/* The text behind the anchor's; *found: the two together begin with the anchor's text. */
static bs_status decode_behind(const bs_generation_prompt *prompt, const int32_t *ids, size_t n,
                               bs_text *text, bool *found, bs_error *err) {
  const bs_text *anchor = &prompt->anchor_text;
  bs_tokens all = {0};
  bs_text both = {0};
  bs_status status =
      bs_tokens_append(&all, prompt->ids.ids + prompt->anchor, prompt->ids.n - prompt->anchor, err);
  if (status == BS_OK)
    status = bs_tokens_append(&all, ids, n, err);
  if (status == BS_OK)
    status = bs_tokenizer_decode(prompt->tokenizer, all.ids, all.n, true, &both, err);
  *found = status == BS_OK && both.n_bytes >= anchor->n_bytes &&
           (anchor->n_bytes == 0 || memcmp(both.data, anchor->data, anchor->n_bytes) == 0);
  if (*found && both.n_bytes > anchor->n_bytes)
    status = bs_text_append(text, both.data + anchor->n_bytes, both.n_bytes - anchor->n_bytes, err);
  bs_tokens_free(&all);
  bs_text_free(&both);
  return status;
}

/* As much of the moved white space as the text from `first` on begins with: whole characters. */
static void drop_moved(const bs_text *moved, bs_text *text, size_t first) {
  size_t n = 0, left = text->n_bytes - first;
  while (n < moved->n_bytes && n < left && text->data[first + n] == moved->data[n])
    n++;
  while (n > 0 && n < left && ((unsigned char)text->data[first + n] & 0xC0) == 0x80)
    n--;
  if (n == 0)
    return;
  memmove(text->data + first, text->data + first + n, left - n + 1);
  text->n_bytes -= n;
}

bs_status bs_generation_prompt_decode(const bs_generation_prompt *prompt, const int32_t *ids,
                                      size_t n, bs_text *text, bs_error *err) {
  size_t first = text->n_bytes;
  bool found = false;
  bs_status status = bs_text_append(text, "", 0, err);
  if (status == BS_OK && !prompt->is_alone)
    status = decode_behind(prompt, ids, n, text, &found, err);
  if (status == BS_OK && !found) /* or they complete a character that the prompt left open */
    status = bs_tokenizer_decode(prompt->tokenizer, ids, n, true, text, err);
  if (status == BS_OK)
    drop_moved(&prompt->moved, text, first);
  return status;
}
