/* Byte-pair encoding: a piece is a row of symbols, at first its characters; the pair of neighbours
   whose merge has the lowest rank is joined, the leftmost of equals, until no pair has a merge. */
#ifndef BIGSWEEP_TOKENIZER_BPE_INTERNAL_H
#define BIGSWEEP_TOKENIZER_BPE_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/json_cut_internal.h"
#include "bigsweep/buffer.h"
#include "tokenizer/vocabulary_internal.h"

typedef struct bs_merge {
  uint64_t pair; /* complement of: left id in the upper half, right id in the lower */
  uint32_t rank;
  int32_t id; /* of the joined piece */
} bs_merge;

#define BS_FREE_SLOT 0U /* as a pair */

enum {
  BS_BPE_DIRECT = 0x3000,  /* code points whose id is looked up by index */
  BS_BPE_BORDERS = 1 << 21 /* bits */
};

/* The first and the last character of a piece. */
typedef struct bs_ends {
  uint32_t first, last;
} bs_ends;
bs_ends bs_ends_of(const char *text, size_t n_bytes);

typedef struct bs_bpe {
  bs_merge *merges;
  size_t n_slots, n_merges; /* n_slots is a power of two, or 0 */
  int32_t direct[BS_BPE_DIRECT];
  int32_t bytes[256]; /* ids of "<0x00>" ..., or -1; all -1 without byte fallback */
  uint64_t *borders;  /* bits, see bs_bpe_may_join */
  bs_text prefix, suffix;
  bs_text unknown; /* the unknown token; meaningful when has_unknown */
  int32_t unknown_id;
  bs_ends unknown_ends;
  bool has_unknown, fuse_unknown, byte_fallback, ignore_merges;
} bs_bpe;

static inline uint32_t bs_bpe_border_hash(uint32_t before, uint32_t behind) {
  uint32_t hash = (before * 0x9E3779B1U) ^ (behind * 0x85EBCA77U);
  return (hash ^ hash >> 15) & (BS_BPE_BORDERS - 1);
}

/* Whether some merge joins at a border of these two characters (true may be a chance collision). A
   piece can be cut where this is false: nothing ever joins across. */
static inline bool bs_bpe_may_join(const bs_bpe *bpe, uint32_t before, uint32_t behind) {
  uint32_t hash = bs_bpe_border_hash(before, behind);
  return (bpe->borders[hash / 64] >> hash % 64 & 1) != 0;
}
void bs_bpe_add_border(bs_bpe *bpe, uint32_t before, uint32_t behind);
/* Room for n merges, once. */
bs_status bs_bpe_reserve_merges(bs_bpe *bpe, size_t n, bs_error *err);
/* Has the memory of a pair at hand that is added soon. */
void bs_bpe_prefetch(const bs_bpe *bpe, int32_t left, int32_t right);
/* The pair becomes the piece `id`; a pair's later merge takes the place of its earlier one. */
void bs_bpe_add_merge(bs_bpe *bpe, int32_t left, int32_t right, uint32_t rank, int32_t id);

/* What may be wrong with a merge of two texts. */
typedef enum bs_merge_fault {
  BS_MERGE_GOOD,
  BS_MERGE_LEFT,   /* the left piece is not in the vocabulary */
  BS_MERGE_RIGHT,  /* the right one */
  BS_MERGE_SHORT,  /* the right one is shorter than the prefix */
  BS_MERGE_JOINED, /* what they make is not in the vocabulary */
} bs_merge_fault;

enum { BS_MERGE_BATCH = BS_LOOKUP_BATCH };

/* Merges on their way from texts into the table, a batch at a time. Initialise bpe (its prefix and
   table are there) and vocabulary; free `joined`. */
typedef struct bs_merger {
  bs_bpe *bpe;
  const bs_vocabulary *vocabulary;
  bs_lookup sides[2 * BS_MERGE_BATCH]; /* left, right, left, ... */
  size_t n;                            /* merges that wait */
  size_t n_good;                       /* of the last batch: how many came before the fault */
  bs_merge_fault fault;                /* nothing more may be pushed */
  size_t near;                         /* the entry of the last joined piece */
  bs_text joined;                      /* BS_MERGE_JOINED: what is not there */
} bs_merger;

/* The next merge by rank. The texts are borrowed until the next flush, which this call does where
   it fills the batch: a fault is told by `fault`. */
bs_status bs_merger_push(bs_merger *merger, const char *left, size_t n_left, const char *right,
                         size_t n_right, bs_error *err);
/* To be called after the last one. */
bs_status bs_merger_flush(bs_merger *merger, bs_error *err);

/* Within this model: "vocab" and "merges" of `item`, the model of a tokenizer.json. */
bs_status bs_bpe_read_vocabulary(bs_vocabulary *vocabulary, bs_json_cut *cut, const cJSON *item,
                                 bs_error *err);
bs_status bs_bpe_read_merges(bs_bpe *bpe, const bs_vocabulary *vocabulary, bs_json_cut *cut,
                             const cJSON *item, bs_error *err);
/* To be called when vocabulary, merges and options are there. */
void bs_bpe_fill_tables(bs_bpe *bpe, const bs_vocabulary *vocabulary);
/* The merge of a pair, or NULL. */
const bs_merge *bs_bpe_find(const bs_bpe *bpe, int32_t left, int32_t right);

void *bs_bpe_scratch_new(bs_error *err);
void bs_bpe_scratch_free(void *scratch);
bs_status bs_bpe_encode(const void *state, const bs_vocabulary *vocabulary, void *scratch,
                        const char *piece, size_t n_bytes, bs_tokens *ids, bs_error *err);

#endif
