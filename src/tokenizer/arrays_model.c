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

static bs_status add_pieces(bs_vocabulary *vocabulary, const bs_token_arrays *arrays,
                            bs_error *err) {
  bs_status status = BS_OK;
  int32_t twice;
  for (size_t i = 0; i < arrays->n && status == BS_OK; i++) {
    const bs_piece_text *piece = &arrays->pieces[i];
    status = bs_vocabulary_add(vocabulary, piece->data, piece->n_bytes, (int32_t)i, err);
    if (status == BS_OK && vocabulary->n != i + 1)
      status =
          bs_error_set(err, BS_ERR_INPUT, "%s: piece %zu (\"%.*s\") is there twice", arrays->name,
                       i, piece->n_bytes < 64 ? (int)piece->n_bytes : 64, piece->data);
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

static bs_status ways_of(way **ways, size_t *n, size_t *capacity, const bs_vocabulary *vocabulary,
                         const bs_token_arrays *arrays, size_t i, bs_error *err) {
  const bs_piece_text *piece = &arrays->pieces[i];
  bs_prefix_walk walk = bs_prefix_walk_begin();
  uint32_t c, n_characters = 0, n_left = 0;
  bs_status status = BS_OK;
  for (size_t at = 0; at < piece->n_bytes; n_characters++)
    at += bs_utf8_decode(piece->data + at, piece->n_bytes - at, &c);
  for (size_t at = 1; at < piece->n_bytes && status == BS_OK; at++) {
    int32_t left = bs_prefix_walk_next(&walk, vocabulary, piece->data, at);
    if (((unsigned char)piece->data[at] & 0xC0) == 0x80)
      continue;
    n_left++;
    int32_t right =
        left < 0 ? -1 : bs_vocabulary_find(vocabulary, piece->data + at, piece->n_bytes - at);
    if (right < 0)
      continue;
    status = bs_reserve(ways, capacity, *n, 1, err);
    if (status == BS_OK)
      (*ways)[(*n)++] = (way){.score = arrays->scores[i],
                              .left_characters = n_left,
                              .right_characters = n_characters - n_left,
                              .left = left,
                              .right = right,
                              .id = (int32_t)i};
  }
  return status;
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
  way *ways = NULL;
  size_t n = 0, capacity = 0;
  bs_status status = BS_OK;
  for (size_t i = 0; i < arrays->n && status == BS_OK; i++) {
    if (!isfinite(arrays->scores[i]))
      status = bs_error_set(err, BS_ERR_INPUT, "%s: the score of piece %zu is %g, no finite number",
                            arrays->name, i, (double)arrays->scores[i]);
    else
      status = ways_of(&ways, &n, &capacity, vocabulary, arrays, i, err);
  }
  if (status == BS_OK && n > UINT32_MAX / 2)
    status = bs_error_set(err, BS_ERR_LIMIT, "%s: %zu merges", arrays->name, n);
  if (status == BS_OK)
    status = bs_bpe_reserve_merges(bpe, n, err);
  if (status == BS_OK && n > 0) {
    qsort(ways, n, sizeof *ways, by_rank);
    for (size_t i = 0; i < n; i++)
      add_merge(bpe, arrays, ways[i].left, ways[i].right, (uint32_t)i, ways[i].id);
    bpe->n_merges = n;
  }
  free(ways);
  return status;
}

static bs_status given_merges(bs_bpe *bpe, const bs_vocabulary *vocabulary,
                              const bs_token_arrays *arrays, bs_error *err) {
  bs_text joined = {0};
  bs_status status =
      arrays->n_merges > UINT32_MAX / 2
          ? bs_error_set(err, BS_ERR_LIMIT, "%s: %zu merges", arrays->name, arrays->n_merges)
          : bs_bpe_reserve_merges(bpe, arrays->n_merges, err);
  for (size_t i = 0; i < arrays->n_merges && status == BS_OK; i++) {
    const bs_piece_text *merge = &arrays->merges[i];
    const char *space = merge->n_bytes > 0 ? memchr(merge->data, ' ', merge->n_bytes) : NULL;
    size_t n_left = space != NULL ? (size_t)(space - merge->data) : 0;
    int32_t left = space != NULL ? bs_vocabulary_find(vocabulary, merge->data, n_left) : -1;
    int32_t right =
        left < 0 ? -1 : bs_vocabulary_find(vocabulary, space + 1, merge->n_bytes - n_left - 1);
    joined.n_bytes = 0;
    if (right >= 0)
      status = bs_text_append(&joined, merge->data, n_left, err);
    if (status == BS_OK && right >= 0)
      status = bs_text_append(&joined, space + 1, merge->n_bytes - n_left - 1, err);
    int32_t id = right < 0 ? -1 : bs_vocabulary_find(vocabulary, joined.data, joined.n_bytes);
    if (status == BS_OK && id < 0)
      status = bs_error_set(
          err, BS_ERR_INPUT,
          "%s: merge %zu (\"%.*s\"): expected \"left right\", both and the two joined pieces of "
          "the vocabulary",
          arrays->name, i, merge->n_bytes < 64 ? (int)merge->n_bytes : 64, merge->data);
    if (status == BS_OK)
      add_merge(bpe, arrays, left, right, (uint32_t)i, id);
  }
  bpe->n_merges = arrays->n_merges;
  bs_text_free(&joined);
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
