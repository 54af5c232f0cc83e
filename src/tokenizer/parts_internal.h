/* The parts of a tokenizer.json: normalizers, pre-tokenizers, post-processors and decoders are each
   a table of kinds; a file's chain of them is a list of parts that run one after another
   ("Sequence" is laid flat when it is read). A new kind is a row (and a source file when it is
   long). */
#ifndef BIGSWEEP_TOKENIZER_PARTS_INTERNAL_H
#define BIGSWEEP_TOKENIZER_PARTS_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>

#include "bigsweep/buffer.h"
#include "bigsweep/error.h"
#include "bigsweep/json.h"
#include "tokenizer/pieces_internal.h"

/* Tokens on their way back to text: strings one after another in `bytes`. Initialise with {0}. */
typedef struct bs_strings {
  bs_text bytes;
  size_t *ends; /* ends[i] is where string i ends and the next begins */
  size_t n, capacity;
} bs_strings;

/* Ends the string that was appended to `bytes` since the last call. */
bs_status bs_strings_end(bs_strings *strings, bs_error *err);
/* The bytes of string i; never NULL, though there may be no bytes at all. */
const char *bs_strings_at(const bs_strings *strings, size_t i, size_t *n_bytes);
void bs_strings_clear(bs_strings *strings);
void bs_strings_free(bs_strings *strings);

typedef struct bs_part_kind {
  const char *type; /* the value of "type" in the file */
  /* Reads `item`; *state is what the functions below get (may stay NULL). Not to be freed by
     parse when it fails: release follows. */
  bs_status (*parse)(void **state, const bs_json *json, const cJSON *item, bs_error *err);
  void (*release)(void *state); /* (optional) */
  union {
    /* Appends the normal form of text[0..n_bytes) to `out`. */
    bs_status (*normalize)(const void *state, const char *text, size_t n_bytes, bs_text *out,
                           bs_error *err);
    /* Cuts the pieces further. */
    bs_status (*pretokenize)(const void *state, bs_pieces *pieces, bs_error *err);
    /* Appends the ids of one encoded text with what the part adds. */
    bs_status (*process)(const void *state, const bs_tokens *ids, bool add_special, bs_tokens *out,
                         bs_error *err);
    /* Appends the strings that come of `in` to the empty `out`. */
    bs_status (*decode)(const void *state, const bs_strings *in, bs_strings *out, bs_error *err);
  } run;
} bs_part_kind;

typedef struct bs_stage {
  const char *name;     /* for messages: "normalizer" */
  const char *children; /* the key of a Sequence's members */
  const bs_part_kind *kinds;
  size_t n_kinds;
} bs_stage;

extern const bs_stage bs_stage_normalizer, bs_stage_pretokenizer, bs_stage_postprocessor,
    bs_stage_decoder;

typedef struct bs_part {
  const bs_part_kind *kind;
  void *state;
} bs_part;

/* Initialise with {0}. */
typedef struct bs_chain {
  bs_part *parts;
  size_t n, capacity;
} bs_chain;

/* Reads the part (or Sequence of parts) `item`; NULL and null give an empty chain. */
bs_status bs_chain_parse(bs_chain *chain, const bs_stage *stage, const bs_json *json,
                         const cJSON *item, bs_error *err);
void bs_chain_free(bs_chain *chain);

/* Refuses a chain of post-processors in which one adds ids behind a template: BS_ERR_UNSUPPORTED.
   The library takes what a template gave for several texts there, with a result nobody meant. */
bs_status bs_postprocessors_check(const bs_chain *chain, const char *file, bs_error *err);

/* Makes the chain one template: an id before the text and one behind it, each where not NULL. */
bs_status bs_postprocessors_set(bs_chain *chain, const int32_t *before, const int32_t *behind,
                                bs_error *err);

/* Sets add_prefix_space of the ByteLevel parts; true when one of them had the other value. */
bool bs_pretokenizers_set_prefix(bs_chain *chain, bool prefix);

/* Runs a chain of normalizers: `text` becomes its normal form; `spare` is scratch. */
bs_status bs_chain_normalize(const bs_chain *chain, bs_text *text, bs_text *spare, bs_error *err);

/* "A, B, C" of the names that `name_of` gives for 0..n-1, for messages. */
bs_status bs_unknown_type(const bs_json *json, const cJSON *item, const char *what,
                          const char *found, const char *(*name_of)(const void *table, size_t i),
                          const void *table, size_t n, bs_error *err);

/* The string that cJSON keeps (a value or a key) with U+0000 put back, appended to `out`. */
bs_status bs_part_append_text(bs_text *out, const char *kept, bs_error *err);
/* The string member `key` of `item` in `out`; required. */
bs_status bs_part_text(const bs_json *json, const cJSON *item, const char *key, bs_text *out,
                       bs_error *err);
/* The same for a string that must be one character. */
bs_status bs_part_character(const bs_json *json, const cJSON *item, const char *key, bs_text *out,
                            bs_error *err);

#endif
