/* The merges of a BPE model, found by their pair, and the borders that merges reach across. */
#include "base/memory_internal.h"
#include "base/text_internal.h"
#include "tokenizer/bpe_internal.h"
#include "tokenizer/unicode_internal.h"

static size_t hash_pair(uint64_t pair) {
  pair *= 0x9E3779B97F4A7C15U;
  return (size_t)(pair ^ pair >> 32);
}

/* Never 0: ids are not negative. */
static uint64_t pair_of(int32_t left, int32_t right) {
  return ~((uint64_t)(uint32_t)left << 32 | (uint32_t)right);
}

/* The slot of a pair: the one that holds it or the free one where it belongs. */
static bs_merge *merge_slot(const bs_bpe *bpe, uint64_t pair) {
  size_t mask = bpe->n_slots - 1, slot = hash_pair(pair) & mask;
  while (bpe->merges[slot].pair != BS_FREE_SLOT && bpe->merges[slot].pair != pair)
    slot = (slot + 1) & mask;
  return &bpe->merges[slot];
}

const bs_merge *bs_bpe_find(const bs_bpe *bpe, int32_t left, int32_t right) {
  if (bpe->n_slots == 0)
    return NULL;
  const bs_merge *merge = merge_slot(bpe, pair_of(left, right));
  return merge->pair == BS_FREE_SLOT ? NULL : merge;
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
  bs_prefer_huge_pages(bpe->merges, n_slots * sizeof *bpe->merges);
  bpe->n_slots = n_slots;
  return BS_OK;
}

void bs_bpe_prefetch(const bs_bpe *bpe, int32_t left, int32_t right) {
  __builtin_prefetch(&bpe->merges[hash_pair(pair_of(left, right)) & (bpe->n_slots - 1)], 1);
}

void bs_bpe_add_merge(bs_bpe *bpe, int32_t left, int32_t right, uint32_t rank, int32_t id) {
  uint64_t pair = pair_of(left, right);
  *merge_slot(bpe, pair) = (bs_merge){.pair = pair, .rank = rank, .id = id};
}

/* Whether an entry's text is left and right, without the first n_cut bytes of right, in a row. */
static bool is_joined(const bs_vocabulary *vocabulary, size_t i, const bs_lookup *left,
                      const bs_lookup *right, size_t n_cut) {
  if (i >= vocabulary->n)
    return false;
  const bs_vocabulary_entry *entry = &vocabulary->entries[i];
  const char *text = vocabulary->bytes.data + entry->offset;
  size_t n_right = right->n_bytes - n_cut;
  return entry->n_bytes == left->n_bytes + n_right &&
         bs_same_bytes(text, left->text, left->n_bytes) &&
         bs_same_bytes(text + left->n_bytes, right->text + n_cut, n_right);
}

/* The id of the joined piece, or -1. Pieces mostly stand in the order of the merges that make them,
   so the first guesses are that of the merge before and the one behind it. */
static bs_status find_joined(bs_merger *merger, const bs_lookup *left, const bs_lookup *right,
                             int32_t *id, bs_error *err) {
  const bs_vocabulary *vocabulary = merger->vocabulary;
  size_t n_cut = merger->bpe->prefix.n_bytes;
  for (size_t i = 0; i < 2; i++)
    if (is_joined(vocabulary, merger->near + i, left, right, n_cut)) {
      merger->near += i;
      *id = vocabulary->entries[merger->near].id;
      return BS_OK;
    }
  bs_text *joined = &merger->joined;
  joined->n_bytes = 0;
  bs_status status = bs_text_append(joined, left->text, left->n_bytes, err);
  if (status == BS_OK)
    status = bs_text_append(joined, right->text + n_cut, right->n_bytes - n_cut, err);
  if (status == BS_OK)
    *id = bs_vocabulary_find_entry(vocabulary, joined->data, joined->n_bytes, &merger->near);
  return status;
}

static bs_merge_fault fault_of(bs_merger *merger, const bs_lookup sides[2], int32_t *id,
                               bs_status *status, bs_error *err) {
  /* Behind another piece the right one carries the prefix, which the joined piece does not keep. */
  bs_merge_fault fault = sides[0].id < 0                                  ? BS_MERGE_LEFT
                         : sides[1].id < 0                                ? BS_MERGE_RIGHT
                         : sides[1].n_bytes < merger->bpe->prefix.n_bytes ? BS_MERGE_SHORT
                                                                          : BS_MERGE_GOOD;
  if (fault == BS_MERGE_GOOD)
    *status = find_joined(merger, &sides[0], &sides[1], id, err);
  return fault == BS_MERGE_GOOD && *status == BS_OK && *id < 0 ? BS_MERGE_JOINED : fault;
}

bs_status bs_merger_flush(bs_merger *merger, bs_error *err) {
  bs_bpe *bpe = merger->bpe;
  bs_status status = BS_OK;
  bs_merge made[BS_MERGE_BATCH];
  size_t n = 0;
  bs_vocabulary_find_all(merger->vocabulary, merger->sides, 2 * merger->n);
  for (; n < merger->n; n++) {
    const bs_lookup *sides = &merger->sides[2 * n];
    int32_t id = -1;
    merger->fault = fault_of(merger, sides, &id, &status, err);
    if (merger->fault != BS_MERGE_GOOD || status != BS_OK)
      break;
    uint64_t pair = pair_of(sides[0].id, sides[1].id);
    made[n] = (bs_merge){.pair = pair, .rank = (uint32_t)(bpe->n_merges + n), .id = id};
    __builtin_prefetch(&bpe->merges[hash_pair(pair) & (bpe->n_slots - 1)], 1);
    bs_bpe_add_border(bpe, bs_ends_of(sides[0].text, sides[0].n_bytes).last,
                      bs_ends_of(sides[1].text, sides[1].n_bytes).first);
  }
  for (size_t i = 0; i < n; i++)
    *merge_slot(bpe, made[i].pair) = made[i];
  bpe->n_merges += n;
  merger->n_good = n;
  merger->n = 0;
  return status;
}

bs_status bs_merger_push(bs_merger *merger, const char *left, size_t n_left, const char *right,
                         size_t n_right, bs_error *err) {
  bs_lookup *sides = &merger->sides[2 * merger->n++];
  sides[0] = (bs_lookup){.text = left, .n_bytes = n_left};
  sides[1] = (bs_lookup){.text = right, .n_bytes = n_right};
  return merger->n < BS_MERGE_BATCH ? BS_OK : bs_merger_flush(merger, err);
}
