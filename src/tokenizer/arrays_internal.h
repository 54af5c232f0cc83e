/* A tokenizer from arrays: pieces with their scores, types and merges, as SentencePiece models and
   GGUF files hold them. It is the tokenizer that transformers' converter would write as
   tokenizer.json of the same arrays, and encodes through the same parts. */
#ifndef BIGSWEEP_TOKENIZER_ARRAYS_INTERNAL_H
#define BIGSWEEP_TOKENIZER_ARRAYS_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bigsweep/json.h"
#include "bigsweep/tokenizer.h"
#include "tokenizer/settings_internal.h"

/* A text that lies elsewhere; not NUL-terminated. */
typedef struct bs_piece_text {
  const char *data;
  size_t n_bytes;
} bs_piece_text;

/* The numbers that sentencepiece_model.proto and GGUF (tokenizer.ggml.token_type) use. */
typedef enum bs_piece_type {
  BS_PIECE_NORMAL = 1,
  BS_PIECE_UNKNOWN = 2,
  BS_PIECE_CONTROL = 3,
  BS_PIECE_USER_DEFINED = 4,
  BS_PIECE_UNUSED = 5,
  BS_PIECE_BYTE = 6,
} bs_piece_type;

typedef enum bs_arrays_model {
  BS_ARRAYS_SCORED_BPE, /* GGUF "llama": the pair whose piece has the best score is joined first;
                           spaces are marks, characters outside the vocabulary become bytes */
  BS_ARRAYS_UNIGRAM,    /* GGUF "t5" */
  BS_ARRAYS_BYTE_LEVEL, /* GGUF "gpt2": merges, and a named pre-tokenizer */
} bs_arrays_model;

/* Everything is borrowed during the call alone. Initialise with {0} and set bos, eos to -1. */
typedef struct bs_token_arrays {
  const char *name; /* of the file, for messages */
  bs_arrays_model model;
  size_t n;
  const bs_piece_text *pieces; /* n; piece i has id i. UTF-8, no two alike */
  const float *scores;         /* n; NULL where the model has none (byte-level) */
  const int32_t *types;        /* n, each a bs_piece_type; NULL: all normal. Control and unknown
                                  pieces become special added tokens, user-defined ones added tokens
                                  that are not special: all are found in the text before anything
                                  else sees it */
  const bs_piece_text *merges; /* n_merges, "left right" (byte-level) */
  size_t n_merges;
  const char *pretokenizer;      /* byte-level: see bs_arrays_pretokenizers */
  const unsigned char *charsmap; /* Unigram: SentencePiece's precompiled map, or NULL */
  size_t n_charsmap;
  bool adds_space;        /* a space before a text, also behind an added token */
  bool first_space_alone; /* Unigram: at the beginning of the input alone */
  bool joins_spaces;      /* Unigram: runs of spaces count as one */
  bool strips_end;        /* Unigram: white space at the end is dropped */
  bool byte_fallback;     /* Unigram: unknown characters become bytes */
  int32_t bos, eos;       /* ids or -1 */
  bool adds_bos, adds_eos;
} bs_token_arrays;

/* BS_ERR_INPUT: the arrays are not a tokenizer (an empty vocabulary, a piece that is twice there or
   not UTF-8, a score that is not finite, a type that is none, an id beyond the pieces, a merge
   without its pieces, a broken map). BS_ERR_UNSUPPORTED: a pre-tokenizer that is not known; the
   known are listed. */
bs_status bs_tokenizer_from_arrays(bs_tokenizer **out, const bs_token_arrays *arrays,
                                   bs_error *err);

/* Within this room: the parts of a tokenizer.json beside its model, as JSON text. */
bs_status bs_arrays_skeleton(const bs_token_arrays *arrays, bs_text *json, bs_error *err);
/* Appends normalizer, pre_tokenizer and decoder of a byte-level tokenizer as members of an object,
   with a comma behind; *ignores_merges is the option of its model. */
bs_status bs_arrays_append_byte_level(const char *pretokenizer, const char *name, bs_text *json,
                                      bool *ignores_merges, bs_error *err);
/* Within this room: vocabulary and model of a tokenizer that is being put together. */
bs_status bs_arrays_fill(bs_tokenizer *tokenizer, const bs_token_arrays *arrays, bs_error *err);
/* Within this room: from the text of a tokenizer.json. `settings` may be NULL. */
bs_status bs_tokenizer_from_text(bs_tokenizer **out, const char *text, size_t n_bytes,
                                 const char *name, const bs_settings *settings, bs_error *err);
/* From a skeleton, parsed, and its arrays. */
bs_status bs_tokenizer_from_skeleton(bs_tokenizer **out, const bs_json *json,
                                     const bs_token_arrays *arrays, const bs_settings *settings,
                                     bs_error *err);
/* The same with the skeleton as the document. */
bs_status bs_tokenizer_from_arrays_and(bs_tokenizer **out, const bs_token_arrays *arrays,
                                       const bs_settings *settings, bs_error *err);

#endif
