/* Models: from a piece of text to ids. A new one (WordPiece, WordLevel) is a source file
   and a row of bs_model_kinds. */
#ifndef BIGSWEEP_TOKENIZER_MODEL_INTERNAL_H
#define BIGSWEEP_TOKENIZER_MODEL_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>

#include "base/json_cut_internal.h"
#include "bigsweep/buffer.h"
#include "bigsweep/json.h"
#include "tokenizer/vocabulary_internal.h"

typedef struct bs_model_kind {
  const char *type;
  /* Reads `item`, "model", into the vocabulary (ids not yet indexed) and *state. What
     bs_model_lists names is left out of the document. */
  bs_status (*parse)(void **state, bs_vocabulary *vocabulary, bs_json_cut *cut, const cJSON *item,
                     bs_error *err);
  void (*release)(void *state);
  /* Scratch of one caller, kept over the pieces of one text. */
  void *(*scratch_new)(bs_error *err);
  void (*scratch_free)(void *scratch); /* takes NULL */
  /* Appends the ids of one piece (UTF-8, not empty). */
  bs_status (*encode)(const void *state, const bs_vocabulary *vocabulary, void *scratch,
                      const char *piece, size_t n_bytes, bs_tokens *ids, bs_error *err);
} bs_model_kind;

/* The long lists of a model, by their places among what is left out. */
enum { BS_MODEL_VOCABULARY, BS_MODEL_MERGES };
extern const bs_json_cut_names bs_model_lists;
extern const bs_model_kind bs_model_bpe, bs_model_unigram;

#endif
