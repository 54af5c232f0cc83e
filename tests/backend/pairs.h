/* A prompt with one answer, or with none, straight through the border of the two. */
#ifndef BIGSWEEP_TESTS_BACKEND_PAIRS_H
#define BIGSWEEP_TESTS_BACKEND_PAIRS_H

#include "backend/border_internal.h"

/* Appends the tokens of a context and one continuation of it. What the tokenizer's post-processor
   puts before a text (BOS) goes before the context; what it puts behind one (EOS) is left out.
   *spans (optional): a token would span a joint border. A continuation that is not empty, moved
   white space included, has at least one token; BS_ERR_INPUT when the tokenizer drops all of it. */
bs_status encode_pair(const bs_tokenizer *tokenizer, bs_border border, const char *context,
                      size_t context_bytes, const char *continuation, size_t continuation_bytes,
                      bs_tokens *context_ids, bs_tokens *continuation_ids, bool *spans,
                      bs_error *err);

/* `text` need not stay; `tokenizer` is borrowed until bs_generation_prompt_free. */
bs_status open_generation_prompt(bs_generation_prompt **out, const bs_tokenizer *tokenizer,
                                 bs_border border, const char *text, size_t n_bytes, bs_error *err);

#endif
