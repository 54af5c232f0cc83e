/* The arrays that a tokenizer.json of the shared data can be inverted to, and its golden texts. */
#ifndef BIGSWEEP_TESTS_TOKENIZER_INVERTED_H
#define BIGSWEEP_TESTS_TOKENIZER_INVERTED_H

#include <stdbool.h>

#include "bigsweep/json.h"
#include "tokenizer/arrays_internal.h"

typedef struct inverted {
  bs_json *json;
  bs_text map; /* the character map's bytes */
  bs_token_arrays arrays;
  bs_piece_text *pieces, *merges;
  bs_text spelled; /* merges given as pairs */
  float *scores;
  int32_t *types;
} inverted;

/* Of the tokenizer in a folder of tokenizers/; false where the data is absent. A BPE with byte
   fallback gets scores: less the rank of the first merge that gives the piece. */
bool inverted_load(inverted *data, const char *folder);
void inverted_free(inverted *data);

/* All golden texts, ids without and with special tokens, and back. `strips`: the end of a text
   without its white space, as newer converters have it: such texts are left out. */
void inverted_check_golden(const bs_tokenizer *tokenizer, const char *folder, bool strips);

#endif
