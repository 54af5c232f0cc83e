/* Tokenizers in the Hugging Face tokenizer.json format (normalizer, pre-tokenizer, model,
   post-processor, decoder, added tokens) and in the older forms that transformers converts to it,
   with the results of the Hugging Face tokenizers library.
   A tokenizer is immutable after opening and may be used from several threads at once. */
#ifndef BIGSWEEP_TOKENIZER_H
#define BIGSWEEP_TOKENIZER_H

#include <stdbool.h>

#include "bigsweep/buffer.h"
#include "bigsweep/error.h"
#include "bigsweep/visibility.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct bs_tokenizer bs_tokenizer;

/* Reads MODEL_DIR/tokenizer.json, or without it what the slow tokenizer class reads: vocab.json and
   merges.txt, tokenizer.model, spiece.model or sentencepiece.bpe.model, and added_tokens.json;
   nothing at all for ByT5Tokenizer. Where they exist, also tokenizer_config.json,
   special_tokens_map.json and config.json. These change it as the fast tokenizer class that they
   name does in transformers 4.46 to 4.57: add_bos_token and add_eos_token, add_prefix_space,
   legacy, added_tokens_decoder, special tokens, split_special_tokens. Errors name the file and the
   JSON path: BS_ERR_IO (not readable), BS_ERR_INPUT (not the format), BS_ERR_UNSUPPORTED (a kind
   that is not built; the known are listed). Truncation, padding, chat templates and
   clean_up_tokenization_spaces are ignored. */
BS_API bs_status bs_tokenizer_open(bs_tokenizer **out, const char *model_dir, bs_error *err);

/* Remarks on what could make token ids differ from what a user expects, *n sentences: ignored keys,
 * a family that needs BOS and gets none, a first token that is not the model's BOS. Borrowed until
 * the tokenizer is freed. */
BS_API const char *const *bs_tokenizer_notes(const bs_tokenizer *tokenizer, size_t *n);

/* A tokenizer from the text of a tokenizer.json alone; `name` is the file's name in messages.
 * `json` is not kept.
 */
BS_API bs_status bs_tokenizer_parse(bs_tokenizer **out, const char *json, size_t n_bytes,
                                    const char *name, bs_error *err);

BS_API void bs_tokenizer_free(bs_tokenizer **tokenizer);

/* Appends the ids of `text` (n_bytes bytes, may hold NUL bytes). `add_special` adds what the
   post-processor adds (BOS, EOS). Special tokens spelled out in the text are recognised, as the
   Hugging Face library does by default. Bytes that are not UTF-8 are BS_ERR_INPUT with their
   offset; a regular expression of the file that takes too many steps on this text is BS_ERR_LIMIT.
   On an error `ids` is as it was. */
BS_API bs_status bs_tokenizer_encode(const bs_tokenizer *tokenizer, const char *text,
                                     size_t n_bytes, bool add_special, bs_tokens *ids,
                                     bs_error *err);

/* Appends what the post-processor puts before a text (BOS) to `before` and what it puts behind one
   (EOS) to `behind`; each may be NULL. Read from the post-processor itself, so it is the same for
   every text. BS_ERR_UNSUPPORTED when the post-processor drops the text or repeats it. */
BS_API bs_status bs_tokenizer_surroundings(const bs_tokenizer *tokenizer, bs_tokens *before,
                                           bs_tokens *behind, bs_error *err);

/* Appends the text of ids[0..n). With `skip_special` special tokens give no text. Neither does an
   id without a token, as in the library (models often have more output rows than tokens); a
   negative one is BS_ERR_INPUT. Byte sequences that are not UTF-8 become U+FFFD as the library
   does. */
BS_API bs_status bs_tokenizer_decode(const bs_tokenizer *tokenizer, const int32_t *ids, size_t n,
                                     bool skip_special, bs_text *text, bs_error *err);

/* BS_OK when a model with `vocab_size` rows of embeddings has a row for every token that a text can
   become: all tokens of the vocabulary and those that the post-processor adds. Else BS_ERR_INPUT:
   this is another model's tokenizer. An added token beyond the rows (the "<pad>" that many
   fine-tuned checkpoints leave unused) is accepted: only a text that spells it out contains it. A
   model may have more rows than the tokenizer has tokens. */
BS_API bs_status bs_tokenizer_check_fits(const bs_tokenizer *tokenizer, size_t vocab_size,
                                         bs_error *err);

/* How it divides words, as tokenizer.json names it: "BPE", "Unigram". A static text. */
BS_API const char *bs_tokenizer_kind(const bs_tokenizer *tokenizer);

/* One more than the largest id, added tokens included. */
BS_API size_t bs_tokenizer_vocab_size(const bs_tokenizer *tokenizer);

/* The id of a token by its content (added tokens included), or -1. */
BS_API int32_t bs_tokenizer_id(const bs_tokenizer *tokenizer, const char *content);

#ifdef __cplusplus
}
#endif

#endif
