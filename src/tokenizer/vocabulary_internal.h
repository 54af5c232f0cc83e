/* The pieces of a tokenizer's model: text to id and id to text. */
#ifndef BIGSWEEP_TOKENIZER_VOCABULARY_INTERNAL_H
#define BIGSWEEP_TOKENIZER_VOCABULARY_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bigsweep/buffer.h"
#include "bigsweep/error.h"

/* Ids are below this: they fit int32_t, and one more than the largest does too. */
#define BS_ID_LIMIT INT32_MAX

typedef struct bs_vocabulary_entry {
  size_t offset; /* of the text in `bytes` */
  uint32_t n_bytes;
  uint32_t hash;
  int32_t id;
} bs_vocabulary_entry;

/* Initialise with {0}. Both directions are hash tables, so that memory follows the number of pieces
   and not the size of an id. */
typedef struct bs_vocabulary {
  bs_text bytes;
  bs_vocabulary_entry *entries;
  size_t n, capacity;
  uint64_t *by_text; /* hash in the upper half, entry index + 1 in the lower; 0: free */
  size_t text_slots; /* a power of two, or 0 */
  uint32_t *by_id;
  size_t id_slots;
  int32_t max_id; /* -1 when empty */
} bs_vocabulary;

/* Adds a piece; a text that is there already takes the new id. */
bs_status bs_vocabulary_add(bs_vocabulary *vocabulary, const char *text, size_t n_bytes, int32_t id,
                            bs_error *err);
/* To be called after the last addition. *twice is an id that two pieces claim, or -1 (then the
   pieces can be found by id too). */
bs_status bs_vocabulary_index_ids(bs_vocabulary *vocabulary, int32_t *twice, bs_error *err);
/* The id, or -1. */
int32_t bs_vocabulary_find(const bs_vocabulary *vocabulary, const char *text, size_t n_bytes);
/* Looks up the prefixes of a text, each at the cost of one byte more. */
typedef struct bs_prefix_walk {
  uint64_t hash; /* of the bytes so far */
} bs_prefix_walk;
bs_prefix_walk bs_prefix_walk_begin(void);
/* The id of text[0..n_bytes), or -1; n_bytes is one more than in the call before, at first 1. */
int32_t bs_prefix_walk_next(bs_prefix_walk *walk, const bs_vocabulary *vocabulary, const char *text,
                            size_t n_bytes);
/* The text of an id (not NUL-terminated), or NULL. */
const char *bs_vocabulary_text(const bs_vocabulary *vocabulary, int32_t id, size_t *n_bytes);
void bs_vocabulary_free(bs_vocabulary *vocabulary);

#endif
