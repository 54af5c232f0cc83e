/* Folders without tokenizer.json: their files are written from the data of a tokenizer.json whose
   golden encodings they have to give. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bigsweep/json.h"
#include "build_tokenizer.h"
#include "harness.h"
#include "inverted.h"

static void put_varint(bs_text *out, uint64_t value) {
  for (; value >= 0x80; value >>= 7)
    bs_text_append(out, &(char){(char)(unsigned char)((value & 0x7F) | 0x80)}, 1, NULL);
  bs_text_append(out, &(char){(char)value}, 1, NULL);
}

static void put_bytes(bs_text *out, unsigned number, const char *bytes, size_t n) {
  put_varint(out, number << 3 | 2);
  put_varint(out, n);
  bs_text_append(out, bytes, n, NULL);
}

/* The arrays' first n pieces as a SentencePiece model. */
static bs_text model_of(const bs_token_arrays *arrays, size_t n, unsigned model_type) {
  bs_text model = {0}, part = {0};
  for (size_t i = 0; i < n; i++) {
    part.n_bytes = 0;
    put_bytes(&part, 1, arrays->pieces[i].data, arrays->pieces[i].n_bytes);
    put_varint(&part, 2 << 3 | 5);
    bs_text_append(&part, (const char *)&arrays->scores[i], 4, NULL);
    if (arrays->types[i] != BS_PIECE_NORMAL) {
      put_varint(&part, 3 << 3);
      put_varint(&part, (uint64_t)arrays->types[i]);
    }
    put_bytes(&model, 1, part.data, part.n_bytes);
  }
  part.n_bytes = 0;
  put_varint(&part, 3 << 3);
  put_varint(&part, model_type);
  put_bytes(&model, 2, part.data, part.n_bytes);
  part.n_bytes = 0;
  put_bytes(&part, 1, "nmt_nfkc", 8);
  if (arrays->charsmap != NULL)
    put_bytes(&part, 2, (const char *)arrays->charsmap, arrays->n_charsmap);
  put_bytes(&model, 3, part.data, part.n_bytes);
  bs_text_free(&part);
  return model;
}

static void clean(void) {
  static const char *const names[] = {"tokenizer.model",
                                      "spiece.model",
                                      "vocab.json",
                                      "merges.txt",
                                      "added_tokens.json",
                                      "tokenizer_config.json",
                                      "sentencepiece.bpe.model",
                                      "special_tokens_map.json"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    unlink(bs_test_path(names[i]));
}

static void put(const char *name, const char *text) { bs_test_write(name, text, strlen(text)); }

static void check_spm(const char *folder, const char *name, const char *config, unsigned type,
                      size_t n_left_out) {
  inverted data;
  bs_error err = {0};
  bs_tokenizer *tokenizer = NULL;
  if (!inverted_load(&data, folder))
    return;
  clean();
  bs_text model = model_of(&data.arrays, data.arrays.n - n_left_out, type);
  bs_test_write(name, model.data, model.n_bytes);
  put("tokenizer_config.json", config);
  BS_TEST_OK(bs_tokenizer_open(&tokenizer, bs_test_folder(), &err), err);
  inverted_check_golden(tokenizer, folder, type == 1);
  bs_tokenizer_free(&tokenizer);
  bs_text_free(&model);
  inverted_free(&data);
}

#define CLASS(name) "{\"tokenizer_class\": \"" name "\"}"
static void llama2(void) { check_spm("llama2", "tokenizer.model", CLASS("LlamaTokenizer"), 2, 0); }
static void mistral(void) {
  check_spm("mistral", "tokenizer.model", CLASS("LlamaTokenizer"), 2, 0);
}
static void gemma(void) { check_spm("gemma", "tokenizer.model", CLASS("GemmaTokenizer"), 2, 0); }
static void stories(void) {
  check_spm("stories260k", "tokenizer.model", CLASS("LlamaTokenizer"), 2, 0);
}
/* Its extra ids follow from the class. */
static void t5(void) { check_spm("t5-legal", "spiece.model", CLASS("T5Tokenizer"), 1, 100); }

static void check_merges(const char *folder, const char *config) {
  inverted data;
  bs_error err = {0};
  bs_tokenizer *tokenizer = NULL;
  if (!inverted_load(&data, folder))
    return;
  clean();
  const cJSON *root = data.json->root;
  char *vocab = cJSON_PrintUnformatted(bs_json_get(bs_json_get(root, "model"), "vocab"));
  bs_text merges = {0}, added = {0};
  bs_text_append_string(&merges, "#version: 0.2\n", NULL);
  for (size_t i = 0; i < data.arrays.n_merges; i++)
    bs_text_printf(&merges, NULL, "%s\n", data.merges[i].data);
  const cJSON *token;
  cJSON_ArrayForEach(token, bs_json_get(root, "added_tokens")) bs_text_printf(
      &added, NULL, "%s\"%s\": %d", added.n_bytes == 0 ? "{" : ", ",
      bs_json_get(token, "content")->valuestring, (int)bs_json_get(token, "id")->valuedouble);
  bs_text_append_string(&added, "}", NULL);
  put("vocab.json", vocab);
  bs_test_write("merges.txt", merges.data, merges.n_bytes);
  bs_test_write("added_tokens.json", added.data, added.n_bytes);
  bs_text all = {0}; /* which of them are special */
  bs_text_append_string(&all, config, NULL);
  put("tokenizer_config.json", all.data);
  bs_text special = {0};
  cJSON_ArrayForEach(
      token, bs_json_get(root, "added_tokens")) if (cJSON_IsTrue(bs_json_get(token, "special")))
      bs_text_printf(&special, NULL,
                     "%s{\"content\": \"%s\", \"special\": true, \"normalized\": false}",
                     special.n_bytes == 0 ? "{\"additional_special_tokens\": [" : ", ",
                     bs_json_get(token, "content")->valuestring);
  bs_text_append_string(&special, "]}", NULL);
  bs_test_write("special_tokens_map.json", special.data, special.n_bytes);
  BS_TEST_OK(bs_tokenizer_open(&tokenizer, bs_test_folder(), &err), err);
  inverted_check_golden(tokenizer, folder, false);
  bs_tokenizer_free(&tokenizer);
  cJSON_free(vocab);
  bs_text_free(&merges);
  bs_text_free(&added);
  bs_text_free(&all);
  bs_text_free(&special);
  inverted_free(&data);
}

static void gpt2(void) { check_merges("gpt2", CLASS("GPT2Tokenizer")); }

static void check_text(const char *text, bool special, const char *expected) {
  bs_error err = {0};
  bs_tokenizer *tokenizer = NULL;
  BS_TEST_OK(bs_tokenizer_open(&tokenizer, bs_test_folder(), &err), err);
  if (tokenizer != NULL)
    check_ids(tokenizer, text, special, expected);
  bs_tokenizer_free(&tokenizer);
}

#define TINY_VOCAB "{\"<s>\": 0, \"<pad>\": 1, \"</s>\": 2, \"a\": 3, \"b\": 4, \"ab\": 5}"

/* OPT: "</s>" before a text, by add_bos_token, which the fast class does not heed. */
static void opt(void) {
  clean();
  put("vocab.json", TINY_VOCAB);
  put("merges.txt", "#version: 0.2\na b\n");
  put("tokenizer_config.json", "{\"tokenizer_class\": \"GPT2Tokenizer\", \"add_bos_token\": true, "
                               "\"bos_token\": \"</s>\", \"eos_token\": \"</s>\", \"unk_token\": "
                               "\"</s>\", \"pad_token\": \"<pad>\"}");
  check_text("abba", true, "2 5 4 3");
  check_text("abba", false, "5 4 3");
  check_text("a</s>b", false, "3 2 4");
}

static void byte_tokenizer(void) {
  bs_error err = {0};
  bs_tokenizer *tokenizer = NULL;
  clean();
  put("tokenizer_config.json", CLASS("ByT5Tokenizer"));
  check_text("a b", true, "100 35 101 1");
  check_text("\xC3\xA9\n", false, "198 172 13");
  check_text("a</s>", false, "100 1");
  check_text("<extra_id_0><extra_id_124>", false, "259 383");
  BS_TEST_OK(bs_tokenizer_open(&tokenizer, bs_test_folder(), &err), err);
  CU_ASSERT_EQUAL(bs_tokenizer_vocab_size(tokenizer), 384);
  for (int byte = 0; byte < 128; byte++) {
    char text[2] = {(char)byte, '\0'};
    bs_tokens ids = {0};
    bs_text decoded = {0};
    BS_TEST_OK(bs_tokenizer_encode(tokenizer, text, 1, false, &ids, &err), err);
    CU_ASSERT_EQUAL(ids.n, 1);
    CU_ASSERT_EQUAL(ids.ids[0], byte + 3);
    BS_TEST_OK(bs_tokenizer_decode(tokenizer, ids.ids, ids.n, false, &decoded, &err), err);
    CU_ASSERT_TRUE(decoded.n_bytes == 1 && decoded.data[0] == text[0]);
    bs_text_free(&decoded);
    bs_tokens_free(&ids);
  }
  bs_tokenizer_free(&tokenizer);
}

/* XGLM's converter puts four pieces in the place of three, seven behind all, and "</s>" first. */
static void xglm(void) {
  static const bs_piece_text pieces[] = {{"<unk>", 5},
                                         {"<s>", 3},
                                         {"</s>", 4},
                                         {"\xE2\x96\x81", 3},
                                         {"\xE2\x96\x81"
                                          "a",
                                          4},
                                         {"b", 1}};
  static const float scores[] = {0, 0, 0, -3, -1, -2};
  static const int32_t types[] = {2, 3, 3, 1, 1, 1};
  bs_token_arrays arrays = {.pieces = pieces, .scores = scores, .types = types};
  clean();
  bs_text model = model_of(&arrays, 6, 1);
  bs_test_write("sentencepiece.bpe.model", model.data, model.n_bytes);
  put("tokenizer_config.json", CLASS("XGLMTokenizer"));
  check_text("ab", true, "2 5 6");
  check_text("a c", false, "5 4 3");
  check_text("<madeupword6>", false, "13");
  bs_text_free(&model);
}

static void check_fault(const char *why) {
  bs_error err = {0};
  bs_tokenizer *tokenizer = NULL;
  CU_ASSERT_NOT_EQUAL(bs_tokenizer_open(&tokenizer, bs_test_folder(), &err), BS_OK);
  CU_ASSERT_PTR_NULL(tokenizer);
  if (strstr(err.message, why) == NULL) {
    printf("\n    expected \"%s\", found \"%s\"", why, err.message);
    CU_FAIL("message");
  }
  bs_tokenizer_free(&tokenizer);
}

static void faults(void) {
  static const bs_piece_text pieces[] = {{"<unk>", 5}, {"<s>", 3}, {"</s>", 4}, {"a", 1}};
  static const float scores[] = {0, 0, 0, -1};
  static const int32_t types[] = {2, 3, 3, 1};
  bs_token_arrays arrays = {.pieces = pieces, .scores = scores, .types = types};
  bs_text model = model_of(&arrays, 4, 2);
  clean();
  put("tokenizer_config.json", CLASS("LlamaTokenizer"));
  for (size_t n = 0; n < model.n_bytes; n++) { /* cut short: an error or fewer pieces, no crash */
    bs_error err = {0};
    bs_tokenizer *tokenizer = NULL;
    bs_test_write("tokenizer.model", model.data, n);
    bs_status status = bs_tokenizer_open(&tokenizer, bs_test_folder(), &err);
    CU_ASSERT_EQUAL(status == BS_OK, tokenizer != NULL);
    bs_tokenizer_free(&tokenizer);
  }
  bs_test_write("tokenizer.model", model.data, 3);
  check_fault("no SentencePiece model");
  bs_text_free(&model);
  put("tokenizer.model", "");
  check_fault("without pieces");
  model = model_of(&arrays, 4, 1);
  bs_test_write("tokenizer.model", model.data, model.n_bytes);
  check_fault("a Unigram model");
  put("tokenizer_config.json", CLASS("PreTrainedTokenizer"));
  check_fault("here it is PreTrainedTokenizer");
  clean();
  put("tokenizer_config.json", CLASS("GPT2Tokenizer"));
  put("vocab.json", TINY_VOCAB);
  check_fault("tokenizer.json");
  put("merges.txt", "#version: 0.2\na c\n");
  check_fault("not in the vocabulary");
  put("merges.txt", "#version: 0.2\na b\n");
  put("added_tokens.json", "{\"<x>\": 9}");
  check_fault("the file says 9");
  put("vocab.json", "{}}, \"model\": {");
  check_fault("vocab.json");
  bs_text_free(&model);
}

int main(void) {
  static const bs_test tests[] = {
      {"llama2 from tokenizer.model", llama2},
      {"mistral from tokenizer.model", mistral},
      {"gemma from tokenizer.model", gemma},
      {"stories260k from tokenizer.model", stories},
      {"T5 from spiece.model", t5},
      {"gpt2 from vocab.json and merges.txt", gpt2},
      {"OPT begins with its BOS", opt},
      {"bytes", byte_tokenizer},
      {"XGLM counts as fairseq", xglm},
      {"files that are none", faults},
  };
  return bs_test_main("tokenizers of older folders", tests, sizeof tests / sizeof *tests);
}
