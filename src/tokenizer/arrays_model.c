/* The models of tokenizers from arrays: merges that follow from scores, merges that are given, and
   Unigram. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory_internal.h"
#include "base/text_internal.h"
#include "tokenizer/arrays_internal.h"
#include "tokenizer/bpe_internal.h"
#include "tokenizer/tokenizer_internal.h"
#include "tokenizer/unigram_internal.h"

/* The later of two pieces took the entry of the earlier one, so an entry has not its own index. */
static bs_status repeated_piece(const bs_vocabulary *vocabulary, const bs_token_arrays *arrays,
                                bs_error *err) {
  size_t i = 0;
  while (i < vocabulary->n && vocabulary->entries[i].id == (int32_t)i)
    i++;
  i = i < vocabulary->n ? (size_t)vocabulary->entries[i].id : i;
  return bs_error_set(err, BS_ERR_INPUT, "%s: piece %zu (\"%.*s\") is there twice", arrays->name, i,
                      (int)bs_size_min(arrays->pieces[i].n_bytes, 64), arrays->pieces[i].data);
}

static bs_status add_pieces(bs_vocabulary *vocabulary, const bs_token_arrays *arrays,
                            bs_error *err) {
  bs_lookup pieces[BS_LOOKUP_BATCH];
  int32_t twice;
  bs_status status = bs_vocabulary_reserve(vocabulary, arrays->n, err);
  for (size_t i = 0, n; i < arrays->n && status == BS_OK; i += n) {
    n = bs_size_min(arrays->n - i, BS_LOOKUP_BATCH);
    for (size_t k = 0; k < n; k++)
      pieces[k] = (bs_lookup){.text = arrays->pieces[i + k].data,
                              .n_bytes = arrays->pieces[i + k].n_bytes,
                              .id = (int32_t)(i + k)};
    status = bs_vocabulary_add_all(vocabulary, pieces, n, err);
    if (status == BS_OK && vocabulary->n != i + n)
      status = repeated_piece(vocabulary, arrays, err);
  }
  return status == BS_OK ? bs_vocabulary_index_ids(vocabulary, &twice, err) : status;
}

/* A way to make a piece of two others. */
typedef struct way {
  float score;
  uint32_t left_characters, right_characters;
  int32_t left, right, id;
} way;

/* The order of the converter: the best score first, then the longer left part, then the longer
   right one, then the earlier piece, then the earlier parts. */
static int by_rank(const void *a, const void *b) {
  const way *x = a, *y = b;
  if (x->score != y->score)
    return x->score > y->score ? -1 : 1;
  if (x->left_characters != y->left_characters)
    return x->left_characters > y->left_characters ? -1 : 1;
  if (x->right_characters != y->right_characters)
    return x->right_characters > y->right_characters ? -1 : 1;
  if (x->id != y->id)
    return x->id < y->id ? -1 : 1;
  if (x->left != y->left)
    return x->left < y->left ? -1 : 1;
  return (x->right > y->right) - (x->right < y->right);
}

/* All ways, and left parts that wait to be looked up; the ways of a piece stand together, by left
   part. */
typedef struct way_list {
  const bs_vocabulary *vocabulary;
  const bs_token_arrays *arrays;
  way *ways;
  size_t n, capacity, n_waiting;
  way waiting[BS_LOOKUP_BATCH];
  bs_lookup lefts[BS_LOOKUP_BATCH], rights[BS_LOOKUP_BATCH];
} way_list;

/* Keeps those that wait whose parts are both pieces. */
static bs_status settle_waiting(way_list *w, bs_error *err) {
  size_t n = 0;
  bs_vocabulary_find_hashed(w->vocabulary, w->lefts, w->n_waiting);
  for (size_t i = 0; i < w->n_waiting; i++) {
    const bs_lookup *left = &w->lefts[i];
    const bs_piece_text *piece = &w->arrays->pieces[w->waiting[i].id];
    if (left->id < 0)
      continue;
    w->waiting[n] = w->waiting[i];
    w->waiting[n].left = left->id;
    w->rights[n++] =
        (bs_lookup){.text = left->text + left->n_bytes, .n_bytes = piece->n_bytes - left->n_bytes};
  }
  w->n_waiting = 0;
  bs_vocabulary_find_all(w->vocabulary, w->rights, n);
  bs_status status = bs_reserve(&w->ways, &w->capacity, w->n, n, err);
  for (size_t i = 0; i < n && status == BS_OK; i++) {
    w->waiting[i].right = w->rights[i].id;
    if (w->waiting[i].right >= 0)
      w->ways[w->n++] = w->waiting[i];
  }
  return status;
}

static bool begins_character(char byte) { return ((unsigned char)byte & 0xC0) != 0x80; }

static bs_status add_ways_of(way_list *w, size_t i, bs_error *err) {
  const bs_piece_text *piece = &w->arrays->pieces[i];
  bs_prefix_walk walk = bs_prefix_walk_begin();
  uint32_t n_characters = 0, n_left = 0;
  bs_status status = BS_OK;
  for (size_t at = 0; at < piece->n_bytes; at++)
    n_characters += begins_character(piece->data[at]);
  for (size_t at = 1; at < piece->n_bytes && status == BS_OK; at++) {
    uint32_t hash = bs_prefix_walk_hash(&walk, piece->data, at);
    if (!begins_character(piece->data[at]))
      continue;
    n_left++;
    w->lefts[w->n_waiting] = (bs_lookup){.text = piece->data, .n_bytes = at, .hash = hash};
    w->waiting[w->n_waiting++] = (way){.score = w->arrays->scores[i],
                                       .left_characters = n_left,
                                       .right_characters = n_characters - n_left,
                                       .id = (int32_t)i};
    if (w->n_waiting == BS_LOOKUP_BATCH)
      status = settle_waiting(w, err);
  }
  return status;
}

/* Turns the ways around that [begin, end) are, so that the longest left part is first. */
static void reverse(way *begin, way *end) {
  while (begin < end && begin < --end) {
    way first = *begin;
    *begin++ = *end;
    *end = first;
  }
}

/* Pieces mostly stand in the order of their scores, where each has one of its own: then there is
   nothing to sort but the ways of each. */
static void sort_ways(way *ways, size_t n) {
  bool falls = true;
  for (size_t i = 1; i < n; i++)
    falls = falls && ways[i].score <= ways[i - 1].score;
  for (size_t from = 0, to; falls && from < n; from = to) {
    for (to = from + 1; to < n && ways[to].score == ways[from].score;)
      to++;
    if (ways[from].id == ways[to - 1].id)
      reverse(ways + from, ways + to);
    else
      qsort(ways + from, to - from, sizeof *ways, by_rank);
  }
  if (!falls)
    qsort(ways, n, sizeof *ways, by_rank);
}

static void add_merge(bs_bpe *bpe, const bs_token_arrays *arrays, int32_t left, int32_t right,
                      uint32_t rank, int32_t id) {
  const bs_piece_text *l = &arrays->pieces[left], *r = &arrays->pieces[right];
  bs_bpe_add_border(bpe, bs_ends_of(l->data, l->n_bytes).last,
                    bs_ends_of(r->data, r->n_bytes).first);
  bs_bpe_add_merge(bpe, left, right, rank, id);
}

static bs_status scored_merges(bs_bpe *bpe, const bs_vocabulary *vocabulary,
                               const bs_token_arrays *arrays, bs_error *err) {
  way_list w = {.vocabulary = vocabulary, .arrays = arrays};
  bs_status status = BS_OK;
  for (size_t i = 0; i < arrays->n && status == BS_OK; i++) {
    if (!isfinite(arrays->scores[i]))
      status = bs_error_set(err, BS_ERR_INPUT, "%s: the score of piece %zu is %g, no finite number",
                            arrays->name, i, (double)arrays->scores[i]);
    else
      status = add_ways_of(&w, i, err);
  }
  if (status == BS_OK)
    status = settle_waiting(&w, err);
  if (status == BS_OK && w.n > UINT32_MAX / 2)
    status = bs_error_set(err, BS_ERR_LIMIT, "%s: %zu merges", arrays->name, w.n);
  if (status == BS_OK)
    status = bs_bpe_reserve_merges(bpe, w.n, err);
  if (status == BS_OK && w.n > 0) {
    sort_ways(w.ways, w.n);
    for (size_t i = 0; i < w.n; i++) {
      if (i + BS_LOOKUP_BATCH < w.n)
        bs_bpe_prefetch(bpe, w.ways[i + BS_LOOKUP_BATCH].left, w.ways[i + BS_LOOKUP_BATCH].right);
      add_merge(bpe, arrays, w.ways[i].left, w.ways[i].right, (uint32_t)i, w.ways[i].id);
    }
    bpe->n_merges = w.n;
  }
  free(w.ways);
  return status;
}

static bs_status bad_merge(const bs_token_arrays *arrays, size_t i, bs_error *err) {
  const bs_piece_text *merge = &arrays->merges[i];
  return bs_error_set(
      err, BS_ERR_INPUT,
      "%s: merge %zu (\"%.*s\"): expected \"left right\", both and the two joined pieces of "
      "the vocabulary",
      arrays->name, i, (int)bs_size_min(merge->n_bytes, 64), merge->data);
}

static bs_status given_merges(bs_bpe *bpe, const bs_vocabulary *vocabulary,
                              const bs_token_arrays *arrays, bs_error *err) {
  bs_merger merger = {.bpe = bpe, .vocabulary = vocabulary};
  bs_status status =
      arrays->n_merges > UINT32_MAX / 2
          ? bs_error_set(err, BS_ERR_LIMIT, "%s: %zu merges", arrays->name, arrays->n_merges)
          : bs_bpe_reserve_merges(bpe, arrays->n_merges, err);
  size_t i = 0;
  for (; i < arrays->n_merges && status == BS_OK && merger.fault == BS_MERGE_GOOD; i++) {
    const bs_piece_text *merge = &arrays->merges[i];
    const char *space = merge->n_bytes > 0 ? memchr(merge->data, ' ', merge->n_bytes) : NULL;
    if (space == NULL)
      break;
    size_t n_left = (size_t)(space - merge->data);
    status =
        bs_merger_push(&merger, merge->data, n_left, space + 1, merge->n_bytes - n_left - 1, err);
  }
  if (status == BS_OK && merger.fault == BS_MERGE_GOOD)
    status = bs_merger_flush(&merger, err);
  if (status == BS_OK && bpe->n_merges < arrays->n_merges)
    status = bad_merge(arrays, bpe->n_merges, err);
  bs_text_free(&merger.joined);
  return status;
}

/* The first piece of the type, or -1. */
static int32_t find_type(const bs_token_arrays *arrays, bs_piece_type type) {
  for (size_t i = 0; i < arrays->n && arrays->types != NULL; i++)
    if (arrays->types[i] == (int32_t)type)
      return (int32_t)i;
  return -1;
}

static bs_status fill_bpe(bs_tokenizer *t, const bs_token_arrays *arrays, bs_error *err) {
  bs_bpe *bpe = bs_array_new(1, sizeof *bpe, err);
  bs_text unused = {0};
  bs_status status = BS_OK;
  t->model_state = bpe;
  if (bpe == NULL)
    return BS_ERR_MEMORY;
  if (arrays->model == BS_ARRAYS_BYTE_LEVEL) {
    status = bs_arrays_append_byte_level(arrays->pretokenizer, arrays->name, &unused,
                                         &bpe->ignore_merges, err);
    bs_text_free(&unused);
    if (status == BS_OK)
      status = given_merges(bpe, &t->vocabulary, arrays, err);
  } else {
    int32_t unknown = find_type(arrays, BS_PIECE_UNKNOWN);
    bpe->has_unknown = unknown >= 0;
    bpe->fuse_unknown = bpe->byte_fallback = true;
    if (unknown >= 0)
      status = bs_text_append(&bpe->unknown, arrays->pieces[unknown].data,
                              arrays->pieces[unknown].n_bytes, err);
    if (status == BS_OK)
      status = scored_merges(bpe, &t->vocabulary, arrays, err);
  }
  if (status == BS_OK)
    bs_bpe_fill_tables(bpe, &t->vocabulary);
  return status;
}

static bs_status fill_unigram(bs_tokenizer *t, const bs_token_arrays *arrays, bs_error *err) {
  bs_unigram *unigram = bs_array_new(1, sizeof *unigram, err);
  t->model_state = unigram;
  double *scores = unigram == NULL ? NULL : bs_array_new(arrays->n, sizeof *scores, err);
  if (scores == NULL)
    return BS_ERR_MEMORY;
  for (size_t i = 0; i < arrays->n; i++)
    scores[i] = (double)arrays->scores[i];
  return bs_unigram_settle(unigram, &t->vocabulary, scores, arrays->n,
                           find_type(arrays, BS_PIECE_UNKNOWN), arrays->byte_fallback, arrays->name,
                           err);
}

bs_status bs_arrays_fill(bs_tokenizer *t, const bs_token_arrays *arrays, bs_error *err) {
  bool is_unigram = arrays->model == BS_ARRAYS_UNIGRAM;
  t->model = is_unigram ? &bs_model_unigram : &bs_model_bpe;
  bs_status status = add_pieces(&t->vocabulary, arrays, err);
  if (status != BS_OK)
    return status;
  return is_unigram ? fill_unigram(t, arrays, err) : fill_bpe(t, arrays, err);
}
