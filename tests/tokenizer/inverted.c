/* Inverting a tokenizer.json to arrays. */
#include "inverted.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness.h"
#include "tokenizer/precompiled_internal.h"

static size_t count(const cJSON *list) {
  size_t n = 0;
  const cJSON *item;
  cJSON_ArrayForEach(item, list) n++;
  return n;
}

static int32_t find(const cJSON *vocab, const char *text) {
  const cJSON *item = bs_json_get(vocab, text);
  return item == NULL ? -1 : (int32_t)item->valuedouble;
}

static bs_piece_text text_of(const char *text) {
  return (bs_piece_text){.data = text, .n_bytes = strlen(text)};
}

/* Added tokens by their ids, behind and among the model's. */
static void add_tokens(inverted *data, bool scored) {
  const cJSON *token;
  cJSON_ArrayForEach(token, bs_json_get(data->json->root, "added_tokens")) {
    size_t id = (size_t)bs_json_get(token, "id")->valuedouble;
    const char *content = bs_json_get(token, "content")->valuestring;
    data->pieces[id] = text_of(content);
    data->types[id] =
        cJSON_IsTrue(bs_json_get(token, "special")) ? BS_PIECE_CONTROL : BS_PIECE_USER_DEFINED;
    if (scored && strcmp(content, "<unk>") == 0)
      data->types[id] = BS_PIECE_UNKNOWN;
    if (id >= data->arrays.n)
      data->arrays.n = id + 1;
  }
}

static void read_bpe(inverted *data, const cJSON *model) {
  const cJSON *item;
  cJSON_ArrayForEach(item, bs_json_get(model, "vocab")) {
    size_t id = (size_t)item->valuedouble;
    data->pieces[id] = text_of(item->string);
    data->types[id] = BS_PIECE_NORMAL;
    data->scores[id] = -1e9F;
    if (id >= data->arrays.n)
      data->arrays.n = id + 1;
  }
  size_t i = 0;
  cJSON_ArrayForEach(item, bs_json_get(model, "merges")) data->merges[i++] =
      text_of(item->valuestring);
  data->arrays.n_merges = i;
}

static int by_text(const void *a, const void *b) {
  const bs_piece_text *const *x = a, *const *y = b;
  size_t n = (*x)->n_bytes < (*y)->n_bytes ? (*x)->n_bytes : (*y)->n_bytes;
  int order = memcmp((*x)->data, (*y)->data, n);
  return order != 0 ? order : ((*x)->n_bytes > (*y)->n_bytes) - ((*x)->n_bytes < (*y)->n_bytes);
}

/* Less the rank of the first merge that gives the piece. */
static void score(inverted *data) {
  size_t n = data->arrays.n;
  const bs_piece_text **sorted = calloc(n, sizeof *sorted);
  for (size_t i = 0; i < n; i++)
    sorted[i] = &data->pieces[i];
  qsort(sorted, n, sizeof *sorted, by_text);
  for (size_t i = 0; i < data->arrays.n_merges; i++) {
    char joined[1024];
    const char *space = memchr(data->merges[i].data, ' ', data->merges[i].n_bytes);
    size_t n_left = (size_t)(space - data->merges[i].data);
    snprintf(joined, sizeof joined, "%.*s%s", (int)n_left, data->merges[i].data, space + 1);
    bs_piece_text text = text_of(joined);
    const bs_piece_text *key = &text, **found = bsearch(&key, sorted, n, sizeof *sorted, by_text);
    CU_ASSERT_PTR_NOT_NULL_FATAL(found);
    size_t id = (size_t)(*found - data->pieces);
    if (data->scores[id] < -1e8F)
      data->scores[id] = -(float)i;
  }
  free(sorted);
}

static void read_unigram(inverted *data, const cJSON *model) {
  const cJSON *item,
      *normalizers = bs_json_get(bs_json_get(data->json->root, "normalizer"), "normalizers");
  bs_error err = {0};
  cJSON_ArrayForEach(item, bs_json_get(model, "vocab")) {
    size_t id = data->arrays.n++;
    data->pieces[id] = text_of(item->child->valuestring);
    data->scores[id] = (float)item->child->next->valuedouble;
    data->types[id] = BS_PIECE_NORMAL;
  }
  BS_TEST_OK(bs_base64_undo(&data->map,
                            bs_json_get(normalizers->child, "precompiled_charsmap")->valuestring,
                            &err),
             err);
  data->arrays.charsmap = (const unsigned char *)data->map.data;
  data->arrays.n_charsmap = data->map.n_bytes;
  data->arrays.joins_spaces = data->arrays.adds_space = data->arrays.adds_eos = true;
  data->arrays.eos = 1;
}

bool inverted_load(inverted *data, const char *folder) {
  char relative[256];
  bs_error err = {0};
  *data = (inverted){0};
  snprintf(relative, sizeof relative, "tokenizers/%s/tokenizer.json", folder);
  if (!bs_test_have_data(relative))
    return false;
  BS_TEST_OK(bs_json_load(&data->json, bs_test_data(relative), 0, &err), err);
  const cJSON *root = data->json->root, *model = bs_json_get(root, "model");
  size_t n = count(bs_json_get(model, "vocab")) + count(bs_json_get(root, "added_tokens"));
  data->pieces = calloc(n, sizeof *data->pieces);
  data->scores = calloc(n, sizeof *data->scores);
  data->types = calloc(n, sizeof *data->types);
  data->merges = calloc(count(bs_json_get(model, "merges")) + 1, sizeof *data->merges);
  bool is_bpe = bs_json_get(model, "merges") != NULL;
  bool scored = is_bpe && cJSON_IsTrue(bs_json_get(model, "byte_fallback"));
  data->arrays = (bs_token_arrays){.name = folder, .bos = -1, .eos = -1};
  data->arrays.model = scored   ? BS_ARRAYS_SCORED_BPE
                       : is_bpe ? BS_ARRAYS_BYTE_LEVEL
                                : BS_ARRAYS_UNIGRAM;
  if (is_bpe)
    read_bpe(data, model);
  else
    read_unigram(data, model);
  if (scored)
    score(data);
  add_tokens(data, scored || !is_bpe);
  if (scored) {
    const char *type = bs_json_get(bs_json_get(root, "normalizer"), "type")->valuestring;
    data->arrays.adds_space = strcmp(type, "Sequence") == 0;
    data->arrays.adds_bos = true;
    data->arrays.bos =
        find(bs_json_get(model, "vocab"), strcmp(folder, "gemma") == 0 ? "<bos>" : "<s>");
  }
  if (strcmp(folder, "llama3") == 0) {
    data->arrays.adds_bos = true;
    data->arrays.bos = 128000;
  }
  data->arrays.pieces = data->pieces;
  data->arrays.scores = data->scores;
  data->arrays.types = data->types;
  data->arrays.merges = data->merges;
  return true;
}

void inverted_free(inverted *data) {
  bs_json_free(&data->json);
  bs_text_free(&data->map);
  bs_text_free(&data->spelled);
  free(data->pieces);
  free(data->merges);
  free(data->scores);
  free(data->types);
}

static bool same_ids(const bs_tokens *ids, const cJSON *expected) {
  size_t i = 0;
  const cJSON *id;
  cJSON_ArrayForEach(id, expected) {
    if (i >= ids->n || ids->ids[i] != (int32_t)id->valuedouble)
      return false;
    i++;
  }
  return i == ids->n;
}

/* Whether a stretch of the text before an added token or the end has white space at its end, as the
   character map sees it (it maps the mark and U+FFFD to spaces). */
static bool changes_by_stripping(const char *text, size_t n_bytes) {
  static const char *const ends[] = {" ",           "\t",           "\n",           "\r",
                                     "\xC2\xA0",    "\xE3\x80\x80", "\xE2\x96\x81", "\xEF\xBF\xBD",
                                     "\xE2\x80\x83"};
  for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
    size_t n = strlen(ends[i]);
    if (n_bytes >= n && memcmp(text + n_bytes - n, ends[i], n) == 0)
      return true;
  }
  return n_bytes > 0 && strstr(text, " <extra_id_") != NULL;
}

/* bs_json_string decodes in place and once: one document for each way. */
static void check_line(const bs_tokenizer *tokenizer, const char *line, size_t n, const char *name,
                       bool strips, bool special) {
  bs_error err = {0};
  bs_json *json = NULL;
  bs_tokens ids = {0};
  bs_text decoded = {0};
  size_t n_bytes, n_expected;
  BS_TEST_OK(bs_json_parse(&json, line, n, name, &err), err);
  const char *text = bs_json_string(bs_json_get(json->root, "text"), &n_bytes);
  const char *expected = bs_json_string(
      bs_json_get(json->root, special ? "decoded_skip_special" : "decoded"), &n_expected);
  if (strips && changes_by_stripping(text, n_bytes))
    goto cleanup;
  BS_TEST_OK(bs_tokenizer_encode(tokenizer, text, n_bytes, special, &ids, &err), err);
  if (!same_ids(&ids, bs_json_get(json->root, special ? "ids_special" : "ids"))) {
    printf("\n    %s: ids differ (special %d)", name, special);
    CU_FAIL("ids");
  }
  BS_TEST_OK(bs_tokenizer_decode(tokenizer, ids.ids, ids.n, special, &decoded, &err), err);
  if (decoded.n_bytes != n_expected ||
      (n_expected > 0 && memcmp(decoded.data, expected, n_expected) != 0)) {
    printf("\n    %s: text differs (special %d)", name, special);
    CU_FAIL("text");
  }
cleanup:
  bs_text_free(&decoded);
  bs_tokens_free(&ids);
  bs_json_free(&json);
}

void inverted_check_golden(const bs_tokenizer *tokenizer, const char *folder, bool strips) {
  char relative[256], where[320];
  size_t n_lines = 0;
  snprintf(relative, sizeof relative, "tokenizers/%s/golden.jsonl", folder);
  bs_text golden = bs_test_read(bs_test_data(relative));
  CU_ASSERT_PTR_NOT_NULL(tokenizer);
  for (char *line = golden.data, *end; tokenizer != NULL && *line != '\0'; line = end + 1) {
    end = strchr(line, '\n');
    snprintf(where, sizeof where, "%s golden line %zu", folder, ++n_lines);
    check_line(tokenizer, line, (size_t)(end - line), where, strips, false);
    check_line(tokenizer, line, (size_t)(end - line), where, strips, true);
  }
  CU_ASSERT_EQUAL(n_lines, 130);
  bs_text_free(&golden);
}
