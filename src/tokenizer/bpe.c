/* A BPE model as tokenizer.json has it: its vocabulary, merges and options. */
#include "tokenizer/bpe_internal.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory_internal.h"
#include "base/text_internal.h"
#include "tokenizer/model_internal.h"
#include "tokenizer/parts_internal.h"
#include "tokenizer/unicode_internal.h"

/* Reads a {"piece": id} object; ids are whole numbers below BS_ID_LIMIT, each used once. */
static bs_status parse_vocabulary(bs_vocabulary *vocabulary, const bs_json *json,
                                  const cJSON *object, bs_error *err) {
  if (!cJSON_IsObject(object))
    return bs_json_fault(json, object, err, "expected an object of pieces and their ids");
  bs_text piece = {0};
  bs_status status = BS_OK;
  const cJSON *member;
  cJSON_ArrayForEach(member, object) {
    double id = cJSON_IsNumber(member) ? member->valuedouble : -1;
    if (!(id >= 0 && id < BS_ID_LIMIT && id == trunc(id))) {
      status = bs_json_fault(json, member, err, "expected an id, a whole number from 0 to %d",
                             BS_ID_LIMIT - 1);
      break;
    }
    piece.n_bytes = 0;
    status = bs_part_append_text(&piece, member->string, err);
    if (status == BS_OK)
      status = bs_vocabulary_add(vocabulary, piece.data, piece.n_bytes, (int32_t)id, err);
    if (status != BS_OK)
      break;
  }
  int32_t twice = -1;
  if (status == BS_OK)
    status = bs_vocabulary_index_ids(vocabulary, &twice, err);
  if (status == BS_OK && twice >= 0)
    status = bs_json_fault(json, object, err, "two pieces have the id %d", (int)twice);
  bs_text_free(&piece);
  return status;
}

/* A merge as the file has it: two pieces. */
typedef struct merge_texts {
  bs_text left, right, joined;
} merge_texts;

/* "a b", or ["a", "b"]. *skip: a "#version" line of the older form. */
static bs_status read_merge(merge_texts *texts, const bs_json *json, const cJSON *item, bool *skip,
                            bs_error *err) {
  static const char wanted[] = "expected a merge, \"left right\" or [\"left\", \"right\"]";
  bs_status status = BS_OK;
  texts->left.n_bytes = texts->right.n_bytes = 0;
  *skip = false;
  if (cJSON_IsString(item)) {
    const char *text = item->valuestring, *space = strchr(text, ' ');
    *skip = strncmp(text, "#version", 8) == 0;
    if (*skip)
      return BS_OK;
    if (space == NULL || strchr(space + 1, ' ') != NULL)
      return bs_json_fault(json, item, err, "%s", wanted);
    status = bs_part_append_text(&texts->right, text, err); /* a copy that can be cut */
    if (status == BS_OK) {
      char *cut = memchr(texts->right.data, ' ', texts->right.n_bytes);
      size_t n_left = (size_t)(cut - texts->right.data);
      status = bs_text_append(&texts->left, texts->right.data, n_left, err);
      texts->right.n_bytes -= n_left + 1;
      memmove(texts->right.data, cut + 1, texts->right.n_bytes + 1);
    }
    return status;
  }
  const cJSON *left = cJSON_IsArray(item) ? item->child : NULL;
  const cJSON *right = left != NULL ? left->next : NULL;
  if (!cJSON_IsString(left) || !cJSON_IsString(right) || right->next != NULL)
    return bs_json_fault(json, item, err, "%s", wanted);
  status = bs_part_append_text(&texts->left, left->valuestring, err);
  return status == BS_OK ? bs_part_append_text(&texts->right, right->valuestring, err) : status;
}

static bs_status add_merge(bs_bpe *bpe, const bs_vocabulary *vocabulary, merge_texts *texts,
                           uint32_t rank, const bs_json *json, const cJSON *item, bs_error *err) {
  int32_t left = bs_vocabulary_find(vocabulary, texts->left.data, texts->left.n_bytes);
  int32_t right = bs_vocabulary_find(vocabulary, texts->right.data, texts->right.n_bytes);
  if (left < 0 || right < 0)
    return bs_json_fault(json, item, err, "a merge of \"%s\", which is not in the vocabulary",
                         left < 0 ? texts->left.data : texts->right.data);
  /* Behind another piece the right one carries the prefix, which the joined piece does not keep. */
  size_t n_cut = bpe->prefix.n_bytes;
  if (n_cut > texts->right.n_bytes)
    return bs_json_fault(json, item, err,
                         "the right piece is shorter than continuing_subword_prefix");
  texts->joined.n_bytes = 0;
  bs_status status = bs_text_append(&texts->joined, texts->left.data, texts->left.n_bytes, err);
  if (status == BS_OK)
    status = bs_text_append(&texts->joined, texts->right.data + n_cut, texts->right.n_bytes - n_cut,
                            err);
  if (status != BS_OK)
    return status;
  int32_t id = bs_vocabulary_find(vocabulary, texts->joined.data, texts->joined.n_bytes);
  if (id < 0)
    return bs_json_fault(json, item, err, "merges to \"%s\", which is not in the vocabulary",
                         texts->joined.data);
  bs_bpe_add_border(bpe, bs_ends_of(texts->left.data, texts->left.n_bytes).last,
                    bs_ends_of(texts->right.data, texts->right.n_bytes).first);
  bs_bpe_add_merge(bpe, left, right, rank, id);
  return BS_OK;
}

static bs_status parse_merges(bs_bpe *bpe, const bs_vocabulary *vocabulary, const bs_json *json,
                              const cJSON *item, bs_error *err) {
  const cJSON *merges = bs_json_get(item, "merges");
  if (!cJSON_IsArray(merges))
    return bs_json_fault(json, merges != NULL ? merges : item, err,
                         "expected \"merges\", an array");
  size_t n = 0;
  const cJSON *merge;
  cJSON_ArrayForEach(merge, merges) n++;
  if (n > UINT32_MAX / 2)
    return bs_json_fault(json, merges, err, "too many merges: %zu", n);
  bs_status status = bs_bpe_reserve_merges(bpe, n, err);
  merge_texts texts = {0};
  uint32_t rank = 0;
  if (status == BS_OK) {
    cJSON_ArrayForEach(merge, merges) {
      bool skip = false;
      status = read_merge(&texts, json, merge, &skip, err);
      if (status == BS_OK && !skip)
        status = add_merge(bpe, vocabulary, &texts, rank++, json, merge, err);
      if (status != BS_OK)
        break;
    }
  }
  bpe->n_merges = rank;
  bs_text_free(&texts.left);
  bs_text_free(&texts.right);
  bs_text_free(&texts.joined);
  return status;
}

static bs_status optional_text(bs_text *out, const bs_json *json, const cJSON *item,
                               const char *key, bool *present, bs_error *err) {
  const char *kept = NULL;
  bs_status status = bs_json_get_string(json, item, key, false, &kept, err);
  if (status != BS_OK || kept == NULL)
    return status;
  *present = true;
  return bs_part_append_text(out, kept, err);
}

static bs_status parse_options(bs_bpe *bpe, const bs_json *json, const cJSON *item, bs_error *err) {
  double dropout = 0;
  bool present;
  bs_status status = optional_text(&bpe->unknown, json, item, "unk_token", &bpe->has_unknown, err);
  if (status == BS_OK)
    status = optional_text(&bpe->prefix, json, item, "continuing_subword_prefix", &present, err);
  if (status == BS_OK)
    status = optional_text(&bpe->suffix, json, item, "end_of_word_suffix", &present, err);
  if (status == BS_OK)
    status = bs_json_get_bool(json, item, "fuse_unk", false, &bpe->fuse_unknown, err);
  if (status == BS_OK)
    status = bs_json_get_bool(json, item, "byte_fallback", false, &bpe->byte_fallback, err);
  if (status == BS_OK)
    status = bs_json_get_bool(json, item, "ignore_merges", false, &bpe->ignore_merges, err);
  if (status == BS_OK)
    status = bs_json_get_double(json, item, "dropout", false, &dropout, err);
  if (status == BS_OK && dropout != 0)
    status = bs_error_set(err, BS_ERR_UNSUPPORTED,
                          "%s: model.dropout is %g: a tokenizer with chance in it is not supported",
                          json->name, dropout);
  return status;
}

/* What encoding looks up often: the ids of single characters and of bytes. */
void bs_bpe_fill_tables(bs_bpe *bpe, const bs_vocabulary *vocabulary) {
  char text[8];
  for (uint32_t c = 0; c < BS_BPE_DIRECT; c++)
    bpe->direct[c] = bs_vocabulary_find(vocabulary, text, bs_utf8_encode(c, text));
  for (unsigned byte = 0; byte < 256; byte++) {
    snprintf(text, sizeof text, "<0x%02X>", byte);
    bpe->bytes[byte] = bpe->byte_fallback ? bs_vocabulary_find(vocabulary, text, 6) : -1;
  }
  bpe->unknown_id = bpe->has_unknown
                        ? bs_vocabulary_find(vocabulary, bpe->unknown.data, bpe->unknown.n_bytes)
                        : -1;
  if (bpe->has_unknown)
    bpe->unknown_ends = bs_ends_of(bpe->unknown.data, bpe->unknown.n_bytes);
}

static void release(void *state) {
  bs_bpe *bpe = state;
  free(bpe->merges);
  free(bpe->borders);
  bs_text_free(&bpe->prefix);
  bs_text_free(&bpe->suffix);
  bs_text_free(&bpe->unknown);
  free(bpe);
}

static bs_status parse(void **state, bs_vocabulary *vocabulary, const bs_json *json,
                       const cJSON *item, bs_error *err) {
  bs_bpe *bpe = bs_array_new(1, sizeof *bpe, err);
  *state = bpe;
  if (bpe == NULL)
    return BS_ERR_MEMORY;
  const cJSON *pieces = bs_json_get(item, "vocab");
  if (pieces == NULL)
    return bs_json_fault(json, item, err, "key \"vocab\" is missing");
  bs_status status = parse_options(bpe, json, item, err);
  if (status == BS_OK)
    status = parse_vocabulary(vocabulary, json, pieces, err);
  if (status == BS_OK)
    status = parse_merges(bpe, vocabulary, json, item, err);
  if (status == BS_OK)
    bs_bpe_fill_tables(bpe, vocabulary);
  return status;
}

const bs_model_kind bs_model_bpe = {
    .type = "BPE",
    .parse = parse,
    .release = release,
    .scratch_new = bs_bpe_scratch_new,
    .scratch_free = bs_bpe_scratch_free,
    .encode = bs_bpe_encode,
};
