/* Vocabulary and merges of a BPE model, read from the text of a tokenizer.json. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/size_internal.h"
#include "tokenizer/bpe_internal.h"
#include "tokenizer/model_internal.h"

/* {"piece": id}; ids are whole numbers below BS_ID_LIMIT. */
static bs_status read_pieces(bs_vocabulary *vocabulary, bs_json_cut *cut, bs_json_reader *r,
                             bs_error *err) {
  bs_json_bytes piece;
  bs_lookup pieces[BS_LOOKUP_BATCH];
  size_t n = 0;
  bs_status status = BS_OK;
  for (size_t i = 0; status == BS_OK && bs_json_reader_next(r, i, '}'); i++) {
    double id = -1;
    if (!bs_json_reader_key(r, &piece))
      break;
    if (bs_json_reader_number(r, &id) && id >= 0 && id < BS_ID_LIMIT && id == trunc(id))
      pieces[n++] = (bs_lookup){.text = piece.data, .n_bytes = piece.n_bytes, .id = (int32_t)id};
    else
      status = bs_json_cut_fault(cut, BS_MODEL_VOCABULARY, i, err,
                                 "expected an id, a whole number from 0 to %d", BS_ID_LIMIT - 1);
    if (n == BS_LOOKUP_BATCH && status == BS_OK) {
      status = bs_vocabulary_add_all(vocabulary, pieces, n, err);
      n = 0;
    }
  }
  if (status == BS_OK)
    status = bs_vocabulary_add_all(vocabulary, pieces, n, err);
  return status == BS_OK && r->broken ? bs_json_cut_broken(cut, r, err) : status;
}

bs_status bs_bpe_read_vocabulary(bs_vocabulary *vocabulary, bs_json_cut *cut, const cJSON *item,
                                 bs_error *err) {
  const cJSON *object = bs_json_get(item, "vocab");
  bs_json_reader reader;
  int32_t twice = -1;
  if (!bs_json_cut_begin(cut, BS_MODEL_VOCABULARY, '{', &reader))
    return bs_json_fault(cut->json, object, err, "expected an object of pieces and their ids");
  bs_status status =
      bs_vocabulary_reserve(vocabulary, cut->members[BS_MODEL_VOCABULARY].n_elements, err);
  if (status == BS_OK)
    status = read_pieces(vocabulary, cut, &reader, err);
  if (status == BS_OK)
    status = bs_vocabulary_index_ids(vocabulary, &twice, err);
  if (status == BS_OK && twice >= 0)
    status = bs_json_fault(cut->json, object, err, "two pieces have the id %d", (int)twice);
  bs_text_free(&reader.decoded);
  return status;
}

/* "a b", or ["a", "b"]. *skip: a "#version" line of the older form. */
static bool read_merge(bs_json_reader *r, bs_json_bytes *left, bs_json_bytes *right, bool *skip) {
  *skip = false;
  if (bs_json_reader_take(r, '['))
    return bs_json_reader_string(r, left) && bs_json_reader_take(r, ',') &&
           bs_json_reader_string(r, right) && bs_json_reader_take(r, ']');
  if (!bs_json_reader_string(r, left))
    return false;
  *skip = left->n_bytes >= 8 && memcmp(left->data, "#version", 8) == 0;
  const char *end = left->data + left->n_bytes, *space = memchr(left->data, ' ', left->n_bytes);
  if (*skip || space == NULL)
    return *skip;
  *right = (bs_json_bytes){space + 1, (size_t)(end - space - 1)};
  left->n_bytes = (size_t)(space - left->data);
  return memchr(right->data, ' ', right->n_bytes) == NULL;
}

/* `elements` are the places in the list of the merges in the merger's batch. */
static bs_status fault_of(const bs_merger *merger, const bs_json_cut *cut,
                          const size_t elements[BS_MERGE_BATCH], bs_error *err) {
  const bs_lookup *sides = &merger->sides[2 * merger->n_good];
  size_t element = elements[merger->n_good];
  const bs_lookup *missing = merger->fault == BS_MERGE_LEFT ? &sides[0] : &sides[1];
  if (merger->fault == BS_MERGE_SHORT)
    return bs_json_cut_fault(cut, BS_MODEL_MERGES, element, err,
                             "the right piece is shorter than continuing_subword_prefix");
  if (merger->fault == BS_MERGE_JOINED)
    return bs_json_cut_fault(cut, BS_MODEL_MERGES, element, err,
                             "merges to \"%s\", which is not in the vocabulary",
                             merger->joined.data);
  return bs_json_cut_fault(
      cut, BS_MODEL_MERGES, element, err, "a merge of \"%.*s\", which is not in the vocabulary",
      (int)bs_size_min(missing->n_bytes, BS_ERROR_MESSAGE_BYTES), missing->text);
}

static bs_status read_all(bs_merger *merger, bs_json_cut *cut, bs_json_reader *r, bs_error *err) {
  bs_json_bytes left, right;
  size_t elements[BS_MERGE_BATCH];
  bs_status status = BS_OK;
  bool skip;
  size_t i = 0;
  while (status == BS_OK && merger->fault == BS_MERGE_GOOD && bs_json_reader_next(r, i, ']')) {
    if (!read_merge(r, &left, &right, &skip)) {
      status = bs_merger_flush(merger, err); /* a fault of an earlier one comes first */
      if (status == BS_OK && merger->fault == BS_MERGE_GOOD)
        status = bs_json_cut_fault(cut, BS_MODEL_MERGES, i, err,
                                   "expected a merge, \"left right\" or [\"left\", \"right\"]");
      break;
    }
    if (!skip) {
      elements[merger->n] = i;
      status = bs_merger_push(merger, left.data, left.n_bytes, right.data, right.n_bytes, err);
    }
    i++;
  }
  if (status == BS_OK && merger->fault == BS_MERGE_GOOD)
    status = bs_merger_flush(merger, err);
  if (status == BS_OK && merger->fault != BS_MERGE_GOOD)
    status = fault_of(merger, cut, elements, err);
  return status == BS_OK && r->broken ? bs_json_cut_broken(cut, r, err) : status;
}

bs_status bs_bpe_read_merges(bs_bpe *bpe, const bs_vocabulary *vocabulary, bs_json_cut *cut,
                             const cJSON *item, bs_error *err) {
  const cJSON *merges = bs_json_get(item, "merges");
  bs_json_reader reader;
  size_t n = cut->members[BS_MODEL_MERGES].n_elements;
  bs_merger merger = {.bpe = bpe, .vocabulary = vocabulary};
  if (!bs_json_cut_begin(cut, BS_MODEL_MERGES, '[', &reader))
    return bs_json_fault(cut->json, merges != NULL ? merges : item, err,
                         "expected \"merges\", an array");
  if (n > UINT32_MAX / 2)
    return bs_json_fault(cut->json, merges, err, "too many merges: %zu", n);
  bs_status status = bs_bpe_reserve_merges(bpe, n, err);
  if (status == BS_OK)
    status = read_all(&merger, cut, &reader, err);
  bs_text_free(&merger.joined);
  bs_text_free(&reader.decoded);
  return status;
}
