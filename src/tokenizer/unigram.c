/* A Unigram model as tokenizer.json has it, and the search for the best row of pieces. */
#include "tokenizer/unigram_internal.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/memory_internal.h"
#include "base/text_internal.h"
#include "tokenizer/model_internal.h"
#include "tokenizer/pieces_internal.h"

static const double UNKNOWN_PENALTY = 10;
static const size_t NOWHERE = SIZE_MAX;

bs_status bs_unigram_settle(bs_unigram *unigram, const bs_vocabulary *vocabulary, double *scores,
                            size_t n, int32_t unknown_id, bool byte_fallback, const char *name,
                            bs_error *err) {
  double smallest = INFINITY;
  unigram->scores = scores;
  unigram->n = n;
  unigram->unknown_id = unknown_id;
  unigram->byte_fallback = byte_fallback;
  if (n == 0)
    return bs_error_set(err, BS_ERR_INPUT, "%s: the vocabulary is empty", name);
  if (unknown_id >= 0 && (size_t)unknown_id >= n)
    return bs_error_set(err, BS_ERR_INPUT,
                        "%s: the unknown token has id %d, the vocabulary has %zu pieces", name,
                        (int)unknown_id, n);
  for (size_t i = 0; i < n; i++) {
    if (!isfinite(scores[i]))
      return bs_error_set(err, BS_ERR_INPUT, "%s: the score of piece %zu is %g, no finite number",
                          name, i, scores[i]);
    smallest = scores[i] < smallest ? scores[i] : smallest;
  }
  unigram->unknown_score = smallest - UNKNOWN_PENALTY;
  for (size_t i = 0; i < vocabulary->n; i++)
    if (vocabulary->entries[i].n_bytes > unigram->longest)
      unigram->longest = vocabulary->entries[i].n_bytes;
  for (unsigned byte = 0; byte < 256; byte++) {
    char text[8];
    snprintf(text, sizeof text, "<0x%02X>", byte);
    unigram->bytes[byte] = byte_fallback ? bs_vocabulary_find(vocabulary, text, 6) : -1;
  }
  return BS_OK;
}

/* A piece of "vocab": ["piece", score]. */
static bool read_piece(bs_json_reader *r, bs_json_bytes *piece, double *score) {
  return bs_json_reader_take(r, '[') && bs_json_reader_string(r, piece) &&
         bs_json_reader_take(r, ',') && bs_json_reader_number(r, score) &&
         bs_json_reader_take(r, ']');
}

static bs_status read_pieces(bs_vocabulary *vocabulary, double **scores, size_t *n,
                             bs_json_cut *cut, const cJSON *item, bs_error *err) {
  bs_json_reader r;
  bs_json_bytes piece;
  size_t room = cut->members[BS_MODEL_VOCABULARY].n_elements;
  if (!bs_json_cut_begin(cut, BS_MODEL_VOCABULARY, '[', &r)) {
    const cJSON *pieces = bs_json_get(item, "vocab");
    return bs_json_fault(cut->json, pieces != NULL ? pieces : item, err,
                         "expected \"vocab\", an array of pieces and their scores");
  }
  bs_status status = bs_vocabulary_reserve(vocabulary, room, err);
  *scores = status == BS_OK ? bs_array_new(room, sizeof **scores, err) : NULL;
  if (*scores == NULL)
    return status == BS_OK ? BS_ERR_MEMORY : status;
  for (size_t i = 0; status == BS_OK && bs_json_reader_next(&r, i, ']'); i++) {
    if (!read_piece(&r, &piece, &(*scores)[i]))
      status = bs_json_cut_fault(cut, BS_MODEL_VOCABULARY, i, err,
                                 "expected a piece, [\"text\", score]");
    else
      status = bs_vocabulary_add(vocabulary, piece.data, piece.n_bytes, (int32_t)i, err);
    if (status == BS_OK && vocabulary->n != i + 1)
      status = bs_json_cut_fault(cut, BS_MODEL_VOCABULARY, i, err,
                                 "the piece is in the vocabulary twice");
    *n = vocabulary->n;
  }
  if (status == BS_OK && r.broken)
    status = bs_json_cut_broken(cut, &r, err);
  bs_text_free(&r.decoded);
  return status;
}

static bs_status parse(void **state, bs_vocabulary *vocabulary, bs_json_cut *cut, const cJSON *item,
                       bs_error *err) {
  bs_unigram *unigram = bs_array_new(1, sizeof *unigram, err);
  *state = unigram;
  if (unigram == NULL)
    return BS_ERR_MEMORY;
  int64_t unknown = -1;
  int32_t twice;
  size_t n = 0;
  bool fallback = false;
  bs_status status =
      bs_json_get_integer(cut->json, item, "unk_id", false, 0, BS_ID_LIMIT - 1, &unknown, err);
  if (status == BS_OK)
    status = bs_json_get_bool(cut->json, item, "byte_fallback", false, &fallback, err);
  if (status == BS_OK)
    status = read_pieces(vocabulary, &unigram->scores, &n, cut, item, err);
  if (status == BS_OK)
    status = bs_vocabulary_index_ids(vocabulary, &twice, err);
  return status == BS_OK ? bs_unigram_settle(unigram, vocabulary, unigram->scores, n,
                                             (int32_t)unknown, fallback, cut->name, err)
                         : status;
}

static void release(void *state) {
  bs_unigram *unigram = state;
  free(unigram->scores);
  free(unigram);
}

/* The best row of pieces that ends at a byte. */
typedef struct path {
  double score;
  size_t start; /* of its last piece, NOWHERE: no row ends here */
  int32_t id;
} path;

typedef struct scratch {
  path *paths;
  size_t capacity;
  bs_piece_list row; /* the pieces, last first */
} scratch;

static void *scratch_new(bs_error *err) { return bs_array_new(1, sizeof(scratch), err); }

static void scratch_free(void *memory) {
  scratch *s = memory;
  if (s == NULL)
    return;
  free(s->paths);
  free(s->row.pieces);
  free(s);
}

static void offer(path *end, double score, size_t start, int32_t id) {
  if (end->start == NOWHERE || score > end->score)
    *end = (path){.score = score, .start = start, .id = id};
}

/* Continues the best row that ends at `at` by every piece that begins there; `length` is that of
   the character. */
static bs_status step(const bs_unigram *unigram, const bs_vocabulary *vocabulary, path *paths,
                      const char *text, size_t n_bytes, size_t at, size_t length, bs_error *err) {
  bs_prefix_walk walk = bs_prefix_walk_begin();
  size_t most = n_bytes - at < unigram->longest ? n_bytes - at : unigram->longest;
  double before = paths[at].score;
  bool has_character = false;
  int32_t id;
  for (size_t n = 1; n <= most; n++) {
    id = bs_prefix_walk_next(&walk, vocabulary, text + at, n);
    if (id < 0)
      continue;
    offer(&paths[at + n], before + unigram->scores[id], at, id);
    has_character = has_character || n == length;
  }
  if (has_character)
    return BS_OK;
  if (unigram->unknown_id < 0)
    return bs_error_set(err, BS_ERR_INPUT,
                        "the text has a character outside the vocabulary, and the model has no "
                        "unknown token (unk_id)");
  offer(&paths[at + length], before + unigram->unknown_score, at, unigram->unknown_id);
  return BS_OK;
}

/* The row that ends where the text ends; unknown neighbours are one piece of it. */
static bs_status trace(const bs_unigram *unigram, scratch *s, size_t n_bytes, bs_error *err) {
  bs_status status = BS_OK;
  bool in_unknown = false;
  s->row.n = 0;
  for (size_t end = n_bytes; end > 0 && status == BS_OK; end = s->paths[end].start) {
    const path *last = &s->paths[end];
    bool unknown = last->id == unigram->unknown_id;
    if (unknown && in_unknown)
      s->row.pieces[s->row.n - 1].start = last->start;
    else
      status = bs_piece_list_push(&s->row, last->start, end, err);
    in_unknown = unknown;
  }
  return status;
}

/* The id of a stretch of the row: a piece, or what is unknown, which its bytes may spell. */
static bs_status append(const bs_unigram *unigram, const bs_vocabulary *vocabulary,
                        const char *text, size_t n_bytes, bs_tokens *ids, bs_error *err) {
  int32_t id = bs_vocabulary_find(vocabulary, text, n_bytes);
  if (id >= 0)
    return bs_tokens_push(ids, id, err);
  bool all = unigram->byte_fallback;
  for (size_t i = 0; i < n_bytes; i++)
    all = all && unigram->bytes[(unsigned char)text[i]] >= 0;
  if (!all)
    return bs_tokens_push(ids, unigram->unknown_id, err);
  bs_status status = BS_OK;
  for (size_t i = 0; i < n_bytes && status == BS_OK; i++)
    status = bs_tokens_push(ids, unigram->bytes[(unsigned char)text[i]], err);
  return status;
}

static bs_status encode(const void *state, const bs_vocabulary *vocabulary, void *memory,
                        const char *piece, size_t n_bytes, bs_tokens *ids, bs_error *err) {
  const bs_unigram *unigram = state;
  scratch *s = memory;
  if (n_bytes == SIZE_MAX)
    return bs_error_set(err, BS_ERR_LIMIT, "a piece of %zu bytes", n_bytes);
  bs_status status = bs_reserve(&s->paths, &s->capacity, 0, n_bytes + 1, err);
  if (status != BS_OK)
    return status;
  for (size_t i = 0; i <= n_bytes; i++)
    s->paths[i] = (path){.start = NOWHERE};
  for (size_t at = 0, length; at < n_bytes && status == BS_OK; at += length) {
    uint32_t c;
    length = bs_utf8_decode(piece + at, n_bytes - at, &c);
    if (length == 0)
      return bs_error_set(err, BS_ERR_INTERNAL, "piece cut inside a character");
    status = step(unigram, vocabulary, s->paths, piece, n_bytes, at, length, err);
  }
  if (status == BS_OK)
    status = trace(unigram, s, n_bytes, err);
  for (size_t i = s->row.n; i-- > 0 && status == BS_OK;)
    status = append(unigram, vocabulary, piece + s->row.pieces[i].start,
                    s->row.pieces[i].end - s->row.pieces[i].start, ids, err);
  return status;
}

const bs_model_kind bs_model_unigram = {
    .type = "Unigram",
    .parse = parse,
    .release = release,
    .scratch_new = scratch_new,
    .scratch_free = scratch_free,
    .encode = encode,
};
