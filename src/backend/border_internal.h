/* From a prompt and what comes behind it to tokens, and from new tokens back to text. */
#ifndef BIGSWEEP_BACKEND_BORDER_INTERNAL_H
#define BIGSWEEP_BACKEND_BORDER_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>

#include "bigsweep/backend.h"

/* What the post-processor puts before a text (BOS). */
bs_status bs_border_prefix(const bs_tokenizer *tokenizer, bs_tokens *prefix, bs_error *err);

/* A context that is paired with several continuations: encoded once where the border allows. Where
   it goes to an encoder, it is a whole text with what the post-processor puts behind one (EOS), and
   each continuation is a text of its own: nothing can span the border. */
typedef struct bs_context {
  const bs_tokenizer *tokenizer;
  bs_token_span prefix; /* borrowed */
  bs_border border;
  const char *text;  /* borrowed */
  size_t n_bytes;    /* without the white space that goes to the continuation */
  size_t full_bytes; /* with it */
  bool is_source;    /* it goes to an encoder */
  bs_tokens ids;     /* prefix and the text[0..n_bytes) alone */
} bs_context;

/* `wrapping` (optional): the wrap that the text has around a prompt. */
bs_status bs_context_open(bs_context *context, const bs_tokenizer *tokenizer, bs_token_span prefix,
                          bs_border border, const char *text, size_t n_bytes,
                          const bs_wrapping *wrapping, bs_error *err);
/* The tokens before and behind the prompt that are the wrap's alone. To be asked before
   bs_context_end_source. */
bs_status bs_context_kept(const bs_context *context, const bs_wrapping *wrapping, bs_kept *kept,
                          bs_error *err);
/* Makes it the whole text that an encoder reads. */
bs_status bs_context_end_source(bs_context *context, const bs_tokens *suffix, bs_error *err);
void bs_context_close(bs_context *context);
/* Appends the tokens of a continuation behind context->ids; it may have none. *spans: a token would
   span a joint border. */
bs_status bs_context_continue(const bs_context *context, const char *continuation, size_t n_bytes,
                              bs_tokens *ids, bool *spans, bs_error *err);
/* The error BS_ERR_INPUT of a continuation that has none, with the reason. */
bs_status bs_context_no_tokens(const bs_context *context, const char *continuation, size_t n_bytes,
                               bs_error *err);

/* A prompt that text is generated behind, in tokens. With a joint border it is the context that
   answers are scored behind: the white space at its end is left off, and is taken from the front of
   what comes. */
typedef struct bs_generation_prompt bs_generation_prompt;

/* From tokens as they are. */
bs_status bs_generation_prompt_of_ids(bs_generation_prompt **out, const bs_tokenizer *tokenizer,
                                      const int32_t *ids, size_t n, bs_error *err);
/* From a context that is open. */
bs_status bs_context_to_generate(const bs_context *context, bs_generation_prompt **out,
                                 bs_error *err);
void bs_generation_prompt_free(bs_generation_prompt **prompt);
bs_token_span bs_generation_prompt_ids(const bs_generation_prompt *prompt);
/* Appends the text that the new tokens ids[0..n) add to the prompt's, without as much of the white
   space left off the prompt as that text begins with. With a separate border: the text of the new
   tokens alone, as the reference takes it (some tokenizers drop its first space). */
bs_status bs_generation_prompt_decode(const bs_generation_prompt *prompt, const int32_t *ids,
                                      size_t n, bs_text *text, bs_error *err);

#endif
