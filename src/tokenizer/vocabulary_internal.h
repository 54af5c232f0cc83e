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

/* Pieces are so short that a call costs more than comparing them. The n <= 8 bytes at `text`, the
   first one lowest: two halves that may overlap. */
static inline uint64_t bs_bytes_at(const char *text, size_t n) {
  const unsigned char *at = (const unsigned char *)text;
#define FOUR(p) ((p)[0] | (uint32_t)(p)[1] << 8 | (uint32_t)(p)[2] << 16 | (uint32_t)(p)[3] << 24)
  if (n >= 4)
    return FOUR(at) | (uint64_t)FOUR(at + n - 4) << 8 * (n - 4);
  if (n == 0)
    return 0;
  return at[0] | (uint64_t)at[n / 2] << 8 * (n / 2) | (uint64_t)at[n - 1] << 8 * (n - 1);
#undef FOUR
}

static inline bool bs_same_bytes(const char *a, const char *b, size_t n) {
  for (; n > 8; n -= 8, a += 8, b += 8)
    if (bs_bytes_at(a, 8) != bs_bytes_at(b, 8))
      return false;
  return bs_bytes_at(a, n) == bs_bytes_at(b, n);
}

typedef struct bs_vocabulary_entry {
  size_t offset; /* of the text in `bytes` */
  uint64_t head; /* its first eight bytes or less, see bs_bytes_at: mostly all that is compared */
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

/* A text and its id (-1: none). Calls that take many of them wait for memory for all together, so a
   few dozen at a time take less time than one after another. */
typedef struct bs_lookup {
  const char *text;
  size_t n_bytes;
  uint32_t hash; /* set by the call */
  int32_t id;
} bs_lookup;
enum { BS_LOOKUP_BATCH = 64 };

/* Room for n pieces more. */
bs_status bs_vocabulary_reserve(bs_vocabulary *vocabulary, size_t n, bs_error *err);
/* Adds a piece; a text that is there already takes the new id. */
bs_status bs_vocabulary_add(bs_vocabulary *vocabulary, const char *text, size_t n_bytes, int32_t id,
                            bs_error *err);
bs_status bs_vocabulary_add_all(bs_vocabulary *vocabulary, bs_lookup *pieces, size_t n,
                                bs_error *err);
/* To be called after the last addition. *twice is an id that two pieces claim, or -1 (then the
   pieces can be found by id too). */
bs_status bs_vocabulary_index_ids(bs_vocabulary *vocabulary, int32_t *twice, bs_error *err);
/* The id, or -1. */
int32_t bs_vocabulary_find(const bs_vocabulary *vocabulary, const char *text, size_t n_bytes);
/* The same; *entry is the index among the entries where it is there. */
int32_t bs_vocabulary_find_entry(const bs_vocabulary *vocabulary, const char *text, size_t n_bytes,
                                 size_t *entry);
/* Looks up many texts. */
void bs_vocabulary_find_all(const bs_vocabulary *vocabulary, bs_lookup *lookups, size_t n);
/* The same where `hash` is set already, by a walk. */
void bs_vocabulary_find_hashed(const bs_vocabulary *vocabulary, bs_lookup *lookups, size_t n);
/* Looks up the prefixes of a text, each at the same cost. */
typedef struct bs_prefix_walk {
  uint64_t hash; /* of the eights so far */
} bs_prefix_walk;
bs_prefix_walk bs_prefix_walk_begin(void);
/* The id of text[0..n_bytes), or -1; n_bytes is one more than in the call before, at first 1. */
int32_t bs_prefix_walk_next(bs_prefix_walk *walk, const bs_vocabulary *vocabulary, const char *text,
                            size_t n_bytes);
/* The same step without the look-up. */
uint32_t bs_prefix_walk_hash(bs_prefix_walk *walk, const char *text, size_t n_bytes);
/* The text of an id (not NUL-terminated), or NULL. */
const char *bs_vocabulary_text(const bs_vocabulary *vocabulary, int32_t id, size_t *n_bytes);
void bs_vocabulary_free(bs_vocabulary *vocabulary);

#endif
