/* Merging. Short pieces scan for the lowest rank; long ones keep a heap of the pairs that have a
   merge and a doubly linked list of the symbols, so that a piece of n characters takes
   O(n log n). */
#include <stdlib.h>
#include <string.h>

#include "base/memory_internal.h"
#include "base/text_internal.h"
#include "tokenizer/bpe_internal.h"

enum { SHORT_SYMBOLS = 24 };
static const uint32_t NO_RANK = UINT32_MAX, NO_SYMBOL = UINT32_MAX;

typedef struct symbol {
  int32_t id; /* -1: joined to the one before */
  uint32_t previous, next;
} symbol;

typedef struct first_symbol {
  int32_t id;
  bs_ends ends;
} first_symbol;

typedef struct scratch {
  first_symbol *row; /* the characters */
  size_t n_row, row_capacity;
  bs_tokens run; /* the ids of a stretch that merges may join */
  symbol *symbols;
  size_t symbols_capacity;
  uint64_t *heap; /* rank in the upper half, place of the left symbol in the lower */
  size_t n_heap, heap_capacity;
  bs_text spelled; /* a character with prefix and suffix */
} scratch;

void *bs_bpe_scratch_new(bs_error *err) { return bs_array_new(1, sizeof(scratch), err); }

void bs_bpe_scratch_free(void *memory) {
  scratch *s = memory;
  if (s == NULL)
    return;
  free(s->row);
  bs_tokens_free(&s->run);
  bs_text_free(&s->spelled);
  free(s->symbols);
  free(s->heap);
  free(s);
}

static bs_status push_symbol(scratch *s, int32_t id, bs_ends ends, bs_error *err) {
  if (s->n_row == s->row_capacity) {
    bs_status status = bs_reserve(&s->row, &s->row_capacity, s->n_row, 1, err);
    if (status != BS_OK)
      return status;
  }
  s->row[s->n_row++] = (first_symbol){.id = id, .ends = ends};
  return BS_OK;
}

/* An unknown character waits, since neighbours may become one unknown token. */
static bs_status flush_unknown(const bs_bpe *bpe, scratch *s, bool *pending, bs_error *err) {
  if (!*pending)
    return BS_OK;
  *pending = false;
  return push_symbol(s, bpe->unknown_id, bpe->unknown_ends, err);
}

/* A character that the vocabulary lacks: its bytes when all of them are there, else the unknown
   token, else nothing. */
static bs_status add_unknown(const bs_bpe *bpe, scratch *s, const char *text, size_t n_bytes,
                             bool *pending, bs_error *err) {
  static const bs_ends byte_ends = {'<', '>'};
  bool all = bpe->byte_fallback;
  bs_status status = BS_OK;
  for (size_t i = 0; i < n_bytes; i++)
    all = all && bpe->bytes[(unsigned char)text[i]] >= 0;
  if (all) {
    /* A pending unknown token comes after the bytes: so the library has it. */
    for (size_t i = 0; i < n_bytes && status == BS_OK; i++)
      status = push_symbol(s, bpe->bytes[(unsigned char)text[i]], byte_ends, err);
    return status;
  }
  if (!bpe->has_unknown)
    return BS_OK;
  if (bpe->unknown_id < 0)
    return bs_error_set(err, BS_ERR_INPUT,
                        "the text has a character outside the vocabulary, and the unknown token "
                        "\"%s\" is not in it either",
                        bpe->unknown.data);
  if (!bpe->fuse_unknown)
    status = flush_unknown(bpe, s, pending, err);
  *pending = true;
  return status;
}

/* A character as the vocabulary spells it at its place in the piece. */
static bs_status spell(const bs_bpe *bpe, bs_text *spelled, const char *text, size_t n_bytes,
                       bool is_first, bool is_last, bs_error *err) {
  bs_status status = BS_OK;
  spelled->n_bytes = 0;
  if (!is_first)
    status = bs_text_append(spelled, bpe->prefix.data, bpe->prefix.n_bytes, err);
  if (status == BS_OK)
    status = bs_text_append(spelled, text, n_bytes, err);
  if (status == BS_OK && is_last)
    status = bs_text_append(spelled, bpe->suffix.data, bpe->suffix.n_bytes, err);
  return status;
}

/* The symbols of the piece's characters. */
static bs_status first_row(const bs_bpe *bpe, const bs_vocabulary *vocabulary, scratch *s,
                           const char *piece, size_t n_bytes, bs_error *err) {
  bool affixes = bpe->prefix.n_bytes > 0 || bpe->suffix.n_bytes > 0, pending = false;
  bs_status status = BS_OK;
  s->n_row = s->run.n = 0;
  for (size_t at = 0, length; at < n_bytes && status == BS_OK; at += length) {
    uint32_t c = 0;
    length = bs_utf8_decode(piece + at, n_bytes - at, &c);
    if (length == 0)
      return bs_error_set(err, BS_ERR_INTERNAL, "piece cut inside a character");
    const char *text = piece + at;
    size_t n_text = length;
    bs_ends ends = {c, c};
    int32_t id;
    if (affixes) {
      status = spell(bpe, &s->spelled, text, length, at == 0, at + length == n_bytes, err);
      if (status != BS_OK)
        break;
      text = s->spelled.data;
      n_text = s->spelled.n_bytes;
      ends = bs_ends_of(text, n_text);
      id = bs_vocabulary_find(vocabulary, text, n_text);
    } else {
      id = c < BS_BPE_DIRECT ? bpe->direct[c] : bs_vocabulary_find(vocabulary, text, n_text);
    }
    if (id < 0) {
      status = add_unknown(bpe, s, text, n_text, &pending, err);
    } else {
      status = flush_unknown(bpe, s, &pending, err);
      if (status == BS_OK)
        status = push_symbol(s, id, ends, err);
    }
  }
  return status == BS_OK ? flush_unknown(bpe, s, &pending, err) : status;
}

static uint32_t rank_of(const bs_bpe *bpe, int32_t left, int32_t right, int32_t *id) {
  const bs_merge *merge = bs_bpe_find(bpe, left, right);
  if (merge == NULL)
    return NO_RANK;
  *id = merge->id;
  return merge->rank;
}

/* Joins in place; returns how many ids are left. */
static size_t merge_short(const bs_bpe *bpe, int32_t *ids, size_t n) {
  uint32_t ranks[SHORT_SYMBOLS];
  int32_t joined[SHORT_SYMBOLS];
  for (size_t i = 0; i + 1 < n; i++)
    ranks[i] = rank_of(bpe, ids[i], ids[i + 1], &joined[i]);
  while (n > 1) {
    size_t best = 0;
    for (size_t i = 1; i + 1 < n; i++)
      if (ranks[i] < ranks[best])
        best = i;
    if (ranks[best] == NO_RANK)
      break;
    ids[best] = joined[best];
    n--;
    for (size_t i = best + 1; i < n; i++)
      ids[i] = ids[i + 1];
    for (size_t i = best + 1; i + 1 < n; i++) {
      ranks[i] = ranks[i + 1];
      joined[i] = joined[i + 1];
    }
    if (best > 0)
      ranks[best - 1] = rank_of(bpe, ids[best - 1], ids[best], &joined[best - 1]);
    if (best + 1 < n)
      ranks[best] = rank_of(bpe, ids[best], ids[best + 1], &joined[best]);
  }
  return n;
}

static void sift_down(uint64_t *heap, size_t n, size_t at) {
  uint64_t key = heap[at];
  for (size_t child; (child = 2 * at + 1) < n; at = child) {
    if (child + 1 < n && heap[child + 1] < heap[child])
      child++;
    if (key <= heap[child])
      break;
    heap[at] = heap[child];
  }
  heap[at] = key;
}

static uint64_t pop(scratch *s) {
  uint64_t key = s->heap[0];
  s->heap[0] = s->heap[--s->n_heap];
  if (s->n_heap > 1)
    sift_down(s->heap, s->n_heap, 0);
  return key;
}

/* Adds the pair whose left symbol is `at` when it has a merge. */
static bs_status push_pair(const bs_bpe *bpe, scratch *s, uint32_t at, bool sift, bs_error *err) {
  int32_t id = -1;
  uint32_t rank = rank_of(bpe, s->symbols[at].id, s->symbols[s->symbols[at].next].id, &id);
  if (rank == NO_RANK)
    return BS_OK;
  if (s->n_heap == s->heap_capacity) {
    bs_status status = bs_reserve(&s->heap, &s->heap_capacity, s->n_heap, 1, err);
    if (status != BS_OK)
      return status;
  }
  uint64_t key = (uint64_t)rank << 32 | at;
  size_t place = s->n_heap++;
  for (; sift && place > 0 && s->heap[(place - 1) / 2] > key; place = (place - 1) / 2)
    s->heap[place] = s->heap[(place - 1) / 2];
  s->heap[place] = key;
  return BS_OK;
}

static bs_status start_heap(const bs_bpe *bpe, scratch *s, bs_error *err) {
  size_t n = s->run.n;
  bs_status status = bs_reserve(&s->symbols, &s->symbols_capacity, 0, n, err);
  if (status != BS_OK)
    return status;
  for (size_t i = 0; i < n; i++)
    s->symbols[i] = (symbol){.id = s->run.ids[i],
                             .previous = i == 0 ? NO_SYMBOL : (uint32_t)(i - 1),
                             .next = i + 1 == n ? NO_SYMBOL : (uint32_t)(i + 1)};
  s->n_heap = 0;
  for (size_t i = 0; i + 1 < n && status == BS_OK; i++)
    status = push_pair(bpe, s, (uint32_t)i, false, err);
  for (size_t i = s->n_heap / 2; i-- > 0;)
    sift_down(s->heap, s->n_heap, i);
  return status;
}

static bs_status merge_long(const bs_bpe *bpe, scratch *s, bs_tokens *ids, bs_error *err) {
  bs_status status = start_heap(bpe, s, err);
  while (status == BS_OK && s->n_heap > 0) {
    uint64_t key = pop(s);
    uint32_t at = (uint32_t)key;
    symbol *left = &s->symbols[at];
    if (left->id < 0 || left->next == NO_SYMBOL)
      continue;
    symbol *right = &s->symbols[left->next];
    int32_t id = -1;
    /* The pair at this place may be another one by now; that one has its own key. */
    if (rank_of(bpe, left->id, right->id, &id) != (uint32_t)(key >> 32))
      continue;
    left->id = id;
    right->id = -1;
    left->next = right->next;
    if (left->next != NO_SYMBOL) {
      s->symbols[left->next].previous = at;
      status = push_pair(bpe, s, at, true, err);
    }
    if (status == BS_OK && left->previous != NO_SYMBOL)
      status = push_pair(bpe, s, left->previous, true, err);
  }
  for (uint32_t at = 0; status == BS_OK && at != NO_SYMBOL; at = s->symbols[at].next)
    status = bs_tokens_push(ids, s->symbols[at].id, err);
  return status;
}

/* Merges the run and appends what comes of it. */
static bs_status merge_run(const bs_bpe *bpe, scratch *s, bs_tokens *ids, bs_error *err) {
  size_t n = s->run.n;
  bs_status status = BS_OK;
  if (n >= NO_SYMBOL)
    status = bs_error_set(err, BS_ERR_LIMIT, "a piece of %zu symbols", n);
  else if (n > SHORT_SYMBOLS)
    status = merge_long(bpe, s, ids, err);
  else
    status = bs_tokens_append(ids, s->run.ids, merge_short(bpe, s->run.ids, n), err);
  s->run.n = 0;
  return status;
}

bs_status bs_bpe_encode(const void *state, const bs_vocabulary *vocabulary, void *memory,
                        const char *piece, size_t n_bytes, bs_tokens *ids, bs_error *err) {
  const bs_bpe *bpe = state;
  scratch *s = memory;
  if (bpe->ignore_merges) {
    int32_t id = bs_vocabulary_find(vocabulary, piece, n_bytes);
    if (id >= 0)
      return bs_tokens_push(ids, id, err);
  }
  bs_status status = first_row(bpe, vocabulary, s, piece, n_bytes, err);
  for (size_t i = 0; i < s->n_row && status == BS_OK; i++) {
    status = bs_tokens_push(&s->run, s->row[i].id, err);
    bool cut =
        i + 1 == s->n_row || !bs_bpe_may_join(bpe, s->row[i].ends.last, s->row[i + 1].ends.first);
    if (status == BS_OK && cut)
      status = merge_run(bpe, s, ids, err);
  }
  return status;
}
