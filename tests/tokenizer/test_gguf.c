/* Tokenizers in GGUF files: the ids of the texts are those of the tokenizer.json that each file was
   cut from (the data's README tells how). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bigsweep/json.h"
#include "bigsweep/tokenizer.h"
#include "harness.h"

enum { N_TEXTS = 147, N_MODEL_TEXTS = 3 };

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

static void check(const bs_tokenizer *tokenizer, const cJSON *entry, const char *text,
                  size_t n_bytes, const char *key, bool special) {
  bs_error err = {0};
  bs_tokens ids = {0};
  BS_TEST_OK(bs_tokenizer_encode(tokenizer, text, n_bytes, special, &ids, &err), err);
  if (!same_ids(&ids, bs_json_get(entry, key))) {
    printf("\n    %.*s: %s differ", (int)n_bytes, text, key);
    CU_FAIL("ids");
  }
  bs_tokens_free(&ids);
}

static void check_vocabulary(const char *name) {
  char path[128];
  bs_error err = {0};
  bs_tokenizer *tokenizer = NULL;
  size_t n_texts = 0;
  snprintf(path, sizeof path, "gguf/tokenizers/%s/golden.jsonl", name);
  if (!bs_test_have_data(path))
    return;
  bs_text golden = bs_test_read(bs_test_data(path));
  snprintf(path, sizeof path, "gguf/tokenizers/%s/vocab.gguf", name);
  BS_TEST_OK(bs_tokenizer_open(&tokenizer, bs_test_data(path), &err), err);
  for (char *line = golden.data, *end; tokenizer != NULL && line != NULL && *line != '\0';
       line = end + 1, n_texts++) {
    bs_json *json = NULL;
    size_t n_bytes = 0;
    end = strchr(line, '\n');
    if (end == NULL)
      break;
    BS_TEST_OK(bs_json_parse(&json, line, (size_t)(end - line), name, &err), err);
    if (json == NULL)
      break;
    const char *text = bs_json_string(bs_json_get(json->root, "text"), &n_bytes);
    check(tokenizer, json->root, text, n_bytes, "ids", false);
    check(tokenizer, json->root, text, n_bytes, "ids_special", true);
    bs_json_free(&json);
  }
  CU_ASSERT_EQUAL(n_texts, N_TEXTS);
  bs_tokenizer_free(&tokenizer);
  bs_text_free(&golden);
}

static void vocabularies(void) {
  static const char *const names[] = {"gpt2-cut", "qwen2-cut", "llama2-cut", "stories260k",
                                      "t5-cut"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    check_vocabulary(names[i]);
}

/* The texts of whole models; ids with special tokens. */
static void check_model(const char *name) {
  char path[128];
  bs_error err = {0};
  bs_tokenizer *tokenizer = NULL;
  bs_json *json = NULL;
  size_t n_texts = 0;
  snprintf(path, sizeof path, "gguf/models/%s/expected.json", name);
  if (!bs_test_have_data(path))
    return;
  BS_TEST_OK(bs_json_load(&json, bs_test_data(path), 0, &err), err);
  snprintf(path, sizeof path, "gguf/models/%s/model.gguf", name);
  BS_TEST_OK(bs_tokenizer_open(&tokenizer, bs_test_data(path), &err), err);
  const cJSON *entry;
  if (tokenizer != NULL)
    cJSON_ArrayForEach(entry, bs_json_get(json->root, "texts")) {
      size_t n_bytes;
      const char *text = bs_json_string(bs_json_get(entry, "text"), &n_bytes);
      check(tokenizer, entry, text, n_bytes, "ids", true);
      n_texts++;
    }
  CU_ASSERT_TRUE(n_texts >= N_MODEL_TEXTS);
  bs_tokenizer_free(&tokenizer);
  bs_json_free(&json);
}

static void models(void) {
  static const char *const names[] = {"llama-q4_k_m", "llama-f16-qkv",  "qwen2-q5_k_m",
                                      "qwen3-iq4_xs", "gptneox-q8_0",   "gpt2-q5_1",
                                      "bloom-q4_0",   "falcon-q5_0",    "gemma-q4_k",
                                      "mixtral-q4_0", "stories260K-f32"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    check_model(names[i]);
}

static void refusals(void) {
  bs_error err = {0};
  bs_tokenizer *tokenizer = NULL;
  if (!bs_test_have_data("gguf/bad/scores-short.gguf"))
    return;
  BS_TEST_FAILS(bs_tokenizer_open(&tokenizer, bs_test_data("gguf/bad/scores-short.gguf"), &err),
                BS_ERR_INPUT, err, "10 elements for 40 tokens");
  BS_TEST_FAILS(
      bs_tokenizer_open(&tokenizer, bs_test_data("gguf/models/tiny-llama-a-bf16/model.gguf"), &err),
      BS_ERR_UNSUPPORTED, err, "no tokenizer");
}

int main(void) {
  static const bs_test tests[] = {
      {"vocabularies", vocabularies}, {"models", models}, {"refusals", refusals}};
  return bs_test_main("tokenizers in GGUF files", tests, sizeof tests / sizeof *tests);
}
