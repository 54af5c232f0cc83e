/* The merges of a BPE model, found by their pair, and the borders that merges reach across. */
#include "base/memory_internal.h"
#include "base/text_internal.h"
#include "tokenizer/bpe_internal.h"
#include "tokenizer/unicode_internal.h"

static size_t hash_pair(uint64_t pair) {
  pair *= 0x9E3779B97F4A7C15U;
  return (size_t)(pair ^ pair >> 32);
}

static uint64_t pair_of(int32_t left, int32_t right) {
  return (uint64_t)(uint32_t)left << 32 | (uint32_t)right;
}

/* The slot of a pair: the one that holds it or the free one where it belongs. */
static bs_merge *merge_slot(const bs_bpe *bpe, uint64_t pair) {
  size_t mask = bpe->n_slots - 1, slot = hash_pair(pair) & mask;
  while (bpe->merges[slot].pair != BS_NO_PAIR && bpe->merges[slot].pair != pair)
    slot = (slot + 1) & mask;
  return &bpe->merges[slot];
}

const bs_merge *bs_bpe_find(const bs_bpe *bpe, int32_t left, int32_t right) {
  if (bpe->n_slots == 0)
    return NULL;
  const bs_merge *merge = merge_slot(bpe, pair_of(left, right));
  return merge->pair == BS_NO_PAIR ? NULL : merge;
}

bs_ends bs_ends_of(const char *text, size_t n_bytes) {
  bs_ends ends = {0};
  if (n_bytes > 0) {
    bs_utf8_decode(text, n_bytes, &ends.first);
    bs_utf8_decode_before(text, n_bytes, &ends.last);
  }
  return ends;
}

void bs_bpe_add_border(bs_bpe *bpe, uint32_t before, uint32_t behind) {
  uint32_t hash = bs_bpe_border_hash(before, behind);
  bpe->borders[hash / 64] |= (uint64_t)1 << hash % 64;
}

bs_status bs_bpe_reserve_merges(bs_bpe *bpe, size_t n, bs_error *err) {
  size_t n_slots = 16;
  while (n_slots / 16 * 9 < n) /* at most 9 of 16 slots in use */
    n_slots *= 2;
  bpe->merges = bs_array_new(n_slots, sizeof *bpe->merges, err);
  bpe->borders = bs_array_new(BS_BPE_BORDERS / 64, sizeof *bpe->borders, err);
  if (bpe->merges == NULL || bpe->borders == NULL)
    return BS_ERR_MEMORY;
  bpe->n_slots = n_slots;
  for (size_t i = 0; i < n_slots; i++)
    bpe->merges[i].pair = BS_NO_PAIR;
  return BS_OK;
}

void bs_bpe_add_merge(bs_bpe *bpe, int32_t left, int32_t right, uint32_t rank, int32_t id) {
  uint64_t pair = pair_of(left, right);
  *merge_slot(bpe, pair) = (bs_merge){.pair = pair, .rank = rank, .id = id};
}
