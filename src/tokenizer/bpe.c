/* A BPE model as tokenizer.json has it: its options, and what is looked up by index. */
#include "tokenizer/bpe_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory_internal.h"
#include "base/text_internal.h"
#include "tokenizer/model_internal.h"
#include "tokenizer/parts_internal.h"
#include "tokenizer/unicode_internal.h"

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

static bs_status parse(void **state, bs_vocabulary *vocabulary, bs_json_cut *cut, const cJSON *item,
                       bs_error *err) {
  bs_bpe *bpe = bs_array_new(1, sizeof *bpe, err);
  *state = bpe;
  if (bpe == NULL)
    return BS_ERR_MEMORY;
  if (bs_json_get(item, "vocab") == NULL)
    return bs_json_fault(cut->json, item, err, "key \"vocab\" is missing");
  bs_status status = parse_options(bpe, cut->json, item, err);
  if (status == BS_OK)
    status = bs_bpe_read_vocabulary(vocabulary, cut, item, err);
  if (status == BS_OK)
    status = bs_bpe_read_merges(bpe, vocabulary, cut, item, err);
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
