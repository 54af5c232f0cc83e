/* Files that are broken, lie or are made to hurt. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "build_tokenizer.h"
#include "harness.h"

/* A file with a part of most kinds. */
static bs_text full_file(void) {
  return tokenizer_json((tokenizer_parts){
      .added = "[{\"id\": 4, \"content\": \"<s>\", \"special\": true, \"lstrip\": true}, "
               "{\"id\": 5, \"content\": \"x\\u0000y\", \"single_word\": true}]",
      .normalizer = "{\"type\": \"Sequence\", \"normalizers\": [{\"type\": \"NFC\"}, {\"type\": "
                    "\"Replace\", \"pattern\": {\"String\": \" \"}, \"content\": \"_\"}, "
                    "{\"type\": \"Prepend\", \"prepend\": \"_\"}]}",
      .pre_tokenizer = "{\"type\": \"Sequence\", \"pretokenizers\": [{\"type\": \"Split\", "
                       "\"pattern\": {\"Regex\": \"[a-b&&[^c]]{1,2}+|\\\\s+(?!\\\\S)\"}, "
                       "\"behavior\": \"Isolated\", \"invert\": false}, {\"type\": \"ByteLevel\", "
                       "\"add_prefix_space\": false}]}",
      .post_processor = "{\"type\": \"TemplateProcessing\", \"single\": [{\"SpecialToken\": "
                        "{\"id\": \"<s>\"}}, {\"Sequence\": {\"id\": \"A\"}}], "
                        "\"special_tokens\": {\"<s>\": {\"ids\": [4]}}}",
      .decoder = "{\"type\": \"Sequence\", \"decoders\": [{\"type\": \"ByteFallback\"}, {\"type\": "
                 "\"Strip\", \"content\": \" \", \"start\": 1, \"stop\": 0}]}",
      .vocab = "\"<unk>\": 0, \"a\": 1, \"b\": 2, \"ab\": 3",
      .merges = "[\"a b\"]"});
}

/* Whatever comes of it must be a tokenizer that works or an error with a message. */
static bool try_file(const char *json, size_t n_bytes) {
  static const int32_t ids[] = {0, 1, 2, 3, 4, 5, 6, 1000000};
  bs_error err = {0};
  bs_tokenizer *t = NULL;
  bs_status status = bs_tokenizer_parse(&t, json, n_bytes, "file", &err);
  if (status != BS_OK) {
    if (t != NULL || strncmp(err.message, "file", 4) != 0)
      printf("\n    %s", err.message);
    CU_ASSERT_PTR_NULL(t);
    CU_ASSERT_EQUAL(strncmp(err.message, "file", 4), 0);
    return false;
  }
  bs_tokens tokens = {0};
  bs_text text = {0};
  bs_tokenizer_encode(t, "<s>ab  x\0y e\xCC\x81", 15, true, &tokens, NULL);
  bs_tokenizer_decode(t, ids, sizeof ids / sizeof *ids, true, &text, NULL);
  bs_tokens_free(&tokens);
  bs_text_free(&text);
  bs_tokenizer_free(&t);
  return true;
}

void test_broken_files(void) {
  bs_text json = full_file();
  CU_ASSERT_TRUE(try_file(json.data, json.n_bytes));
  for (size_t n = 0; n < json.n_bytes; n++) {
    char *copy = malloc(n + 1); /* a block of its own, so that reading past it is seen */
    CU_ASSERT_PTR_NOT_NULL_FATAL(copy);
    memcpy(copy, json.data, n);
    CU_ASSERT_FALSE(try_file(copy, n));
    free(copy);
  }
  for (size_t i = 0; i < json.n_bytes; i++) {
    for (unsigned bit = 0; bit < 8; bit++) {
      json.data[i] = (char)((unsigned char)json.data[i] ^ 1U << bit);
      try_file(json.data, json.n_bytes);
      json.data[i] = (char)((unsigned char)json.data[i] ^ 1U << bit);
    }
  }
  bs_text_free(&json);
}

static void check_fault(tokenizer_parts parts, bs_status expected, const char *message) {
  bs_error err = {0};
  bs_tokenizer *t = NULL;
  bs_text json = tokenizer_json(parts);
  BS_TEST_FAILS(bs_tokenizer_parse(&t, json.data, json.n_bytes, "file", &err), expected, err,
                message);
  CU_ASSERT_PTR_NULL(t);
  bs_tokenizer_free(&t);
  bs_text_free(&json);
}

void test_broken_values(void) {
  bs_error err = {0};
  bs_tokenizer *t = NULL;
  BS_TEST_FAILS(bs_tokenizer_parse(&t, "[]", 2, "file", &err), BS_ERR_INPUT, err, "an object");
  BS_TEST_FAILS(bs_tokenizer_parse(&t, "{}", 2, "file", &err), BS_ERR_INPUT, err, "\"model\"");
  static const char unigram[] = "{\"model\": {\"type\": \"Unigramm\", \"vocab\": []}}";
  BS_TEST_FAILS(bs_tokenizer_parse(&t, unigram, strlen(unigram), "file", &err), BS_ERR_UNSUPPORTED,
                err, "known: BPE");
  static const char version[] = "{\"version\": \"2.0\", \"model\": {}}";
  BS_TEST_FAILS(bs_tokenizer_parse(&t, version, strlen(version), "file", &err), BS_ERR_UNSUPPORTED,
                err, "2.0");
  check_fault((tokenizer_parts){.normalizer = "{\"type\": \"NFX\"}"}, BS_ERR_UNSUPPORTED,
              "normalizer of type \"NFX\" is not supported; known: NFC");
  check_fault((tokenizer_parts){.pre_tokenizer = "{\"type\": \"Sequence\", \"pretokenizers\": "
                                                 "[{\"type\": \"x\"}]}"},
              BS_ERR_UNSUPPORTED, "pre_tokenizer.pretokenizers[0]");
  check_fault((tokenizer_parts){.decoder = "{}"}, BS_ERR_INPUT, "decoder: key \"type\"");
  check_fault((tokenizer_parts){.merges = "[\"a b\", \"ab\"]",
                                .vocab = "\"a\": 0, \"b\": 1, "
                                         "\"ab\": 2"},
              BS_ERR_INPUT, "model.merges[1]");
  check_fault((tokenizer_parts){.merges = "[\"a z\"]", .vocab = "\"a\": 0, \"b\": 1"}, BS_ERR_INPUT,
              "\"z\", which is not in the vocabulary");
  check_fault((tokenizer_parts){.merges = "[\"a b\"]", .vocab = "\"a\": 0, \"b\": 1"}, BS_ERR_INPUT,
              "merges to \"ab\"");
  /* places in the lists that no tree is made of, and what is no JSON in them */
  check_fault((tokenizer_parts){.merges = "[\"#version: 0.2\",\n\"a b\",\n[\"a\", \"\\u007a\"]]",
                                .vocab = "\"a\": 0, \"b\": 1, \"ab\": 2"},
              BS_ERR_INPUT, "line 3: model.merges[2]: a merge of \"z\"");
  check_fault((tokenizer_parts){.vocab = "\"a\": 0,\n\"b\": true"}, BS_ERR_INPUT,
              "line 2: model.vocab.b: expected an id");
  check_fault((tokenizer_parts){.vocab = "\"a\": 0,\n\"b\": 1 2"}, BS_ERR_INPUT, "line 2, column");
  check_fault((tokenizer_parts){.vocab = "\"a\": 0", .merges = "[\"a\\q a\"]"}, BS_ERR_INPUT,
              "not JSON from here");
  check_fault((tokenizer_parts){.vocab = "\"a\": 0", .merges = "{}"}, BS_ERR_INPUT,
              "model.merges: expected \"merges\", an array");
  check_fault((tokenizer_parts){.vocab = "\"a\": 0,", .normalizer = "{\"type\": \"NFX\"}"},
              BS_ERR_INPUT, "no comma behind the last element");
  check_fault((tokenizer_parts){.vocab = "\"a\": 0, \"b\": 0"}, BS_ERR_INPUT,
              "two pieces have the id 0");
  check_fault((tokenizer_parts){.options = ", \"dropout\": 0.1"}, BS_ERR_UNSUPPORTED, "dropout");
  check_fault((tokenizer_parts){.added = "[{\"id\": 1}]"}, BS_ERR_INPUT, "added_tokens[0]");
  check_fault((tokenizer_parts){.post_processor = "{\"type\": \"TemplateProcessing\", \"single\": "
                                                  "[{\"SpecialToken\": {\"id\": \"x\"}}]}"},
              BS_ERR_INPUT, "special token \"x\"");
  check_fault((tokenizer_parts){.decoder = "{\"type\": \"Strip\", \"content\": \"ab\", \"start\": "
                                           "1, \"stop\": 0}"},
              BS_ERR_INPUT, "one character");
}

/* Ids may be sparse, and memory follows their number. */
void test_absurd_ids(void) {
  static const char *const bad[] = {"-1", "0.5", "2147483647", "1e30", "\"1\"", "null"};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    char vocab[64];
    snprintf(vocab, sizeof vocab, "\"a\": %s", bad[i]);
    check_fault((tokenizer_parts){.vocab = vocab}, BS_ERR_INPUT, "expected an id");
  }
  bs_tokenizer *t = build_tokenizer((tokenizer_parts){.vocab = "\"a\": 2147483646, \"<unk>\": 0"});
  check_ids(t, "ab", false, "2147483646 0");
  CU_ASSERT_EQUAL(bs_tokenizer_vocab_size(t), (size_t)INT32_MAX);
  bs_tokenizer_free(&t);
  check_fault((tokenizer_parts){.vocab = "\"a\": 2147483646",
                                .added = "[{\"id\": 9, \"content\": \"a\"}, "
                                         "{\"id\": 9, \"content\": \"b\"}]"},
              BS_ERR_LIMIT, "no id is left");
}

void test_limits(void) {
  enum { DEPTH = 200 };
  bs_error err = {0};
  bs_text nested = {0};
  for (int i = 0; i < DEPTH; i++)
    bs_text_append_string(&nested, "{\"type\": \"Sequence\", \"normalizers\": [", &err);
  for (int i = 0; i < DEPTH; i++)
    bs_text_append_string(&nested, "]}", &err);
  check_fault((tokenizer_parts){.normalizer = nested.data}, BS_ERR_INPUT, "deep");
  bs_text_free(&nested);

  /* An exponential pattern is given up. */
  bs_tokens ids = {0};
  bs_tokenizer *t = build_tokenizer((tokenizer_parts){
      .pre_tokenizer = "{\"type\": \"Split\", \"pattern\": {\"Regex\": \"(a|a|b?)+c\"}, "
                       "\"behavior\": \"Isolated\"}"});
  BS_TEST_FAILS(
      bs_tokenizer_encode(t, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa-c", 62,
                          false, &ids, &err),
      BS_ERR_LIMIT, err, "(a|a|b?)+c");
  bs_tokens_free(&ids);
  bs_tokenizer_free(&t);
}

/* 1 MB without a border must not take minutes; the bound is wide for slow machines. */
static void check_long(bs_tokenizer *t, char letter, size_t n_expected) {
  enum { N = 1 << 20 };
  bs_error err = {0};
  bs_tokens ids = {0};
  char *text = malloc(N);
  CU_ASSERT_PTR_NOT_NULL_FATAL(text);
  memset(text, letter, N);
  clock_t start = clock();
  BS_TEST_OK(bs_tokenizer_encode(t, text, N, false, &ids, &err), err);
  CU_ASSERT_TRUE((double)(clock() - start) / CLOCKS_PER_SEC < 30);
  CU_ASSERT_EQUAL(ids.n, n_expected);
  bs_tokens_free(&ids);
  free(text);
}

void test_long_texts(void) {
  static const char *const pre_tokenizers[] = {
      NULL,
      "{\"type\": \"ByteLevel\", \"add_prefix_space\": false}",
      "{\"type\": \"Split\", \"pattern\": {\"Regex\": \"\\\\s*[\\\\r\\\\n]+|\\\\s+(?!\\\\S)|"
      "\\\\s+|\\\\S+\"}, \"behavior\": \"Isolated\", \"invert\": false}",
  };
  for (size_t i = 0; i < sizeof pre_tokenizers / sizeof *pre_tokenizers; i++) {
    bs_tokenizer *t = build_tokenizer((tokenizer_parts){
        .vocab = "\"a\": 0, \"aa\": 1, \"aaaa\": 2, \" \": 3, \"\\u0120\": 4, \"<unk>\": 5, "
                 "\"  \": 6, \"\\u0120\\u0120\": 7",
        .merges = "[\"a a\", \"aa aa\", [\" \", \" \"], \"\\u0120 \\u0120\"]",
        .pre_tokenizer = pre_tokenizers[i]});
    check_long(t, 'a', 1 << 18);
    check_long(t, ' ', 1 << 19);
    bs_tokenizer_free(&t);
  }
}
