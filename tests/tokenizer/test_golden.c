/* Every encoding and decoding of the golden files: made with the Hugging Face tokenizers library
   from the same tokenizer.json (the data's README tells how). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file_internal.h"
#include "bigsweep/json.h"
#include "bigsweep/tokenizer.h"
#include "harness.h"

enum { N_GOLDEN = 130 };

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

static void check_encoding(const bs_tokenizer *tokenizer, const bs_json *line, const char *key,
                           bool special, bs_tokens *ids) {
  bs_error err = {0};
  size_t n_bytes;
  const char *text = bs_json_string(bs_json_get(line->root, "text"), &n_bytes);
  ids->n = 0;
  BS_TEST_OK(bs_tokenizer_encode(tokenizer, text, n_bytes, special, ids, &err), err);
  if (!same_ids(ids, bs_json_get(line->root, key))) {
    printf("\n    %s: %s differ", line->name, key);
    CU_FAIL("ids");
  }
}

static void check_decoding(const bs_tokenizer *tokenizer, const bs_json *line, const char *key,
                           bool skip, const bs_tokens *ids) {
  bs_error err = {0};
  bs_text text = {0};
  size_t n_bytes;
  const char *expected = bs_json_string(bs_json_get(line->root, key), &n_bytes);
  BS_TEST_OK(bs_tokenizer_decode(tokenizer, ids->ids, ids->n, skip, &text, &err), err);
  if (text.n_bytes != n_bytes || (n_bytes > 0 && memcmp(text.data, expected, n_bytes) != 0)) {
    printf("\n    %s: %s differs", line->name, key);
    CU_FAIL("text");
  }
  bs_text_free(&text);
}

/* bs_json_string decodes in place and only once, so every check has its own document. */
static void check_line(const bs_tokenizer *tokenizer, const char *text, size_t n,
                       const char *name) {
  static const struct {
    const char *ids, *text;
    bool special;
  } ways[] = {{"ids", "decoded", false}, {"ids_special", "decoded_skip_special", true}};
  for (size_t i = 0; i < 2; i++) {
    bs_error err = {0};
    bs_json *line = NULL;
    bs_tokens ids = {0};
    BS_TEST_OK(bs_json_parse(&line, text, n, name, &err), err);
    if (line == NULL)
      return;
    check_encoding(tokenizer, line, ways[i].ids, ways[i].special, &ids);
    check_decoding(tokenizer, line, ways[i].text, ways[i].special, &ids);
    bs_tokens_free(&ids);
    bs_json_free(&line);
  }
}

static void check_folder(const char *name) {
  char relative[256], where[320];
  bs_error err = {0};
  bs_tokenizer *tokenizer = NULL;
  snprintf(relative, sizeof relative, "tokenizers/%s/golden.jsonl", name);
  if (!bs_test_have_data(relative))
    return;
  bs_text golden = bs_test_read(bs_test_data(relative));
  snprintf(relative, sizeof relative, "tokenizers/%s", name);
  BS_TEST_OK(bs_tokenizer_open(&tokenizer, bs_test_data(relative), &err), err);
  size_t n_lines = 0;
  for (char *line = golden.data, *end; tokenizer != NULL && line != NULL && *line != '\0';
       line = end + 1) {
    end = strchr(line, '\n');
    if (end == NULL)
      end = line + strlen(line) - 1;
    n_lines++;
    snprintf(where, sizeof where, "%s golden line %zu", name, n_lines);
    check_line(tokenizer, line, (size_t)(end - line) + (*end != '\n'), where);
  }
  CU_ASSERT_EQUAL(n_lines, N_GOLDEN);
  bs_tokenizer_free(&tokenizer);
  CU_ASSERT_PTR_NULL(tokenizer);
  bs_text_free(&golden);
}

#define GOLDEN(name, folder)                                                                       \
  static void name(void) { check_folder(folder); }
GOLDEN(gpt2, "gpt2")
GOLDEN(gpt_neox, "gpt-neox")
GOLDEN(llama2, "llama2")
GOLDEN(mistral, "mistral")
GOLDEN(llama3, "llama3")
GOLDEN(qwen25, "qwen2.5")
GOLDEN(qwen3, "qwen3")
GOLDEN(gemma, "gemma")
GOLDEN(stories260k, "stories260k")
GOLDEN(t5_legal, "t5-legal")

int main(void) {
  static const bs_test tests[] = {
      {"gpt2", gpt2},         {"gpt-neox", gpt_neox}, {"llama2", llama2},
      {"mistral", mistral},   {"llama3", llama3},     {"qwen2.5", qwen25},
      {"qwen3", qwen3},       {"gemma", gemma},       {"stories260k", stories260k},
      {"t5-legal", t5_legal},
  };
  return bs_test_main("tokenizer goldens", tests, sizeof tests / sizeof *tests);
}
