/* Unigram: every piece has a score (a log-probability), and a text becomes the row of pieces with
   the largest sum. A character that no piece begins with alone counts as unknown, at the smallest
   score less 10; neighbouring unknown characters become one token. Source: models/unigram of the
   Hugging Face tokenizers library. */
#ifndef BIGSWEEP_TOKENIZER_UNIGRAM_INTERNAL_H
#define BIGSWEEP_TOKENIZER_UNIGRAM_INTERNAL_H

#include <stdbool.h>

#include "tokenizer/vocabulary_internal.h"

typedef struct bs_unigram {
  double *scores; /* by id */
  size_t n;
  double unknown_score;
  int32_t unknown_id; /* -1: none */
  int32_t bytes[256]; /* ids of "<0x00>" ..., or -1; all -1 without byte fallback */
  size_t longest;     /* bytes of the longest piece */
  bool byte_fallback;
} bs_unigram;

/* Piece i has id i. `scores` has one finite number for each piece of the vocabulary and passes to
   the model, whatever the result. An unknown_id that is no piece, and scores that are not finite,
   are BS_ERR_INPUT; `name` is the file's in messages. */
bs_status bs_unigram_settle(bs_unigram *unigram, const bs_vocabulary *vocabulary, double *scores,
                            size_t n, int32_t unknown_id, bool byte_fallback, const char *name,
                            bs_error *err);

#endif
