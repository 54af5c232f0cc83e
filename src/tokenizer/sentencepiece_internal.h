/* SentencePiece models (tokenizer.model, spiece.model): the part of sentencepiece_model.proto that
   a tokenizer needs. */
#ifndef BIGSWEEP_TOKENIZER_SENTENCEPIECE_INTERNAL_H
#define BIGSWEEP_TOKENIZER_SENTENCEPIECE_INTERNAL_H

#include "tokenizer/arrays_internal.h"

enum { BS_SPM_UNIGRAM = 1, BS_SPM_BPE = 2 };

/* Texts point into the bytes that were read. Initialise with {0}. */
typedef struct bs_sentencepiece {
  bs_piece_text *pieces;
  float *scores;
  int32_t *types;
  size_t n, piece_capacity, score_capacity, type_capacity;
  int64_t model_type; /* TrainerSpec.model_type */
  bs_piece_text charsmap;
  bool adds_dummy_prefix, escapes_spaces;
} bs_sentencepiece;

/* BS_ERR_INPUT: not such a file, with the byte at which it stops being one; `name` is the file's
   in messages. */
bs_status bs_sentencepiece_read(bs_sentencepiece *model, const char *bytes, size_t n_bytes,
                                const char *name, bs_error *err);
/* Appends a piece; the text is borrowed. */
bs_status bs_sentencepiece_add(bs_sentencepiece *model, const char *text, size_t n_bytes,
                               float score, int32_t type, bs_error *err);
void bs_sentencepiece_free(bs_sentencepiece *model);

#endif
