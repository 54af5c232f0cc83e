/* The tokenizer as a whole: merging, added tokens, ids, threads. Expectations that are not plain
   from the rules were taken from the Hugging Face tokenizers library, 0.22.2. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "build_tokenizer.h"
#include "harness.h"

#define AB_VOCAB                                                                                   \
  "\"<unk>\": 0, \"a\": 1, \"b\": 2, \"c\": 3, \"ab\": 4, \"bc\": 5, \"abc\": 6, \"aa\": 7, "      \
  "\"aab\": 8"

static void merges_go_by_rank(void) {
  bs_tokenizer *t = build_tokenizer((tokenizer_parts){
      .vocab = AB_VOCAB,
      .merges = "[\"b c\", [\"a\", \"b\"], \"a bc\", \"a a\", \"ab c\", \"aa b\"]"});
  check_ids(t, "abc", false, "6");   /* bc first, then a bc */
  check_ids(t, "ab", false, "4");    /* */
  check_ids(t, "aab", false, "1 4"); /* ab before aa */
  check_ids(t, "aaa", false, "7 1"); /* the leftmost of equals */
  check_ids(t, "aaaaa", false, "7 7 1");
  check_ids(t, "axb", false, "1 0 2");
  check_ids(t, "axyb", false, "1 0 0 2");
  check_ids(t, "", true, "");
  bs_tokenizer_free(&t);
}

/* A tokenizer of another model is known by ids that the model has no row for; what a text cannot
   become does not count. */
static void a_tokenizer_fits_its_model(void) {
  static const char PAD[] = "[{\"id\": 9, \"content\": \"<pad>\", \"special\": true}]";
  bs_error err = {0};
  bs_tokenizer *t = build_tokenizer((tokenizer_parts){.vocab = AB_VOCAB});
  BS_TEST_OK(bs_tokenizer_check_fits(t, 9, &err), err);
  BS_TEST_OK(bs_tokenizer_check_fits(t, 64, &err), err); /* padded, as many models are */
  BS_TEST_FAILS(bs_tokenizer_check_fits(t, 8, &err), BS_ERR_INPUT, err,
                "another model's: it has tokens up to number 8 (\"aab\"), config.json a vocabulary "
                "of 8");
  bs_tokenizer_free(&t);
  /* An unused "<pad>" behind the model's rows, as in many fine-tuned checkpoints. */
  t = build_tokenizer((tokenizer_parts){.vocab = AB_VOCAB, .added = PAD});
  BS_TEST_OK(bs_tokenizer_check_fits(t, 9, &err), err);
  bs_tokenizer_free(&t);
  t = build_tokenizer((tokenizer_parts){.vocab = AB_VOCAB ", \"<pad>\": 9", .added = PAD});
  BS_TEST_OK(bs_tokenizer_check_fits(t, 9, &err), err); /* also where the model lists it */
  bs_tokenizer_free(&t);
  /* One that stands before every text is always there. */
  t = build_tokenizer((tokenizer_parts){
      .vocab = AB_VOCAB,
      .added = "[{\"id\": 9, \"content\": \"<s>\", \"special\": true}]",
      .post_processor = "{\"type\": \"TemplateProcessing\", \"single\": [{\"SpecialToken\": "
                        "{\"id\": \"<s>\", \"type_id\": 0}}, {\"Sequence\": {\"id\": \"A\", "
                        "\"type_id\": 0}}], \"pair\": [], \"special_tokens\": {\"<s>\": {\"id\": "
                        "\"<s>\", \"ids\": [9], \"tokens\": [\"<s>\"]}}}"});
  BS_TEST_OK(bs_tokenizer_check_fits(t, 10, &err), err);
  BS_TEST_FAILS(bs_tokenizer_check_fits(t, 9, &err), BS_ERR_INPUT, err,
                "puts token 9 before every text");
  bs_tokenizer_free(&t);
}

/* What lies in a folder instead of tokenizer.json tells what to do. */
static void an_absent_tokenizer_is_explained(void) {
  static const struct {
    const char *folder, *files[2], *message;
  } cases[] = {{"nothing", {NULL, NULL}, "no tokenizer.json in the folder: download it"},
               {"half", {"vocab.json", NULL}, "no tokenizer.json in the folder: download it"},
               {"older", {"vocab.json", "merges.txt"}, "only vocab.json and merges.txt, the older"},
               {"piece",
                {"tokenizer.model", NULL},
                "only tokenizer.model, a SentencePiece model: make it with AutoTokenizer"}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    bs_error err = {0};
    bs_tokenizer *t = NULL;
    mkdir(bs_test_path(cases[i].folder), 0700);
    for (size_t k = 0; k < 2 && cases[i].files[k] != NULL; k++) {
      char path[64];
      snprintf(path, sizeof path, "%s/%s", cases[i].folder, cases[i].files[k]);
      bs_test_write(path, "x", 1);
    }
    BS_TEST_FAILS(bs_tokenizer_open(&t, bs_test_path(cases[i].folder), &err), BS_ERR_IO, err,
                  cases[i].message);
    CU_ASSERT_PTR_NULL(t);
  }
}

static void later_of_equal_merges_counts(void) {
  bs_tokenizer *t = build_tokenizer((tokenizer_parts){
      .vocab = AB_VOCAB, .merges = "[\"#version: 0.2\", \"a b\", \"b c\", \"a b\"]"});
  check_ids(t, "abc", false, "1 5");
  bs_tokenizer_free(&t);
}

static void unknown_characters(void) {
  bs_tokenizer *t =
      build_tokenizer((tokenizer_parts){.vocab = AB_VOCAB, .options = ", \"fuse_unk\": true"});
  check_ids(t, "axyb\xF0\x9F\x98\x80", false, "1 0 2 0");
  bs_tokenizer_free(&t);
  t = build_tokenizer((tokenizer_parts){.vocab = "\"a\": 1"});
  bs_error err = {0};
  bs_tokens ids = {0};
  check_ids(t, "aa", false, "1 1");
  BS_TEST_FAILS(bs_tokenizer_encode(t, "ax", 2, false, &ids, &err), BS_ERR_INPUT, err,
                "unknown token \"<unk>\"");
  bs_tokens_free(&ids);
  bs_tokenizer_free(&t);
}

static void bytes_stand_in(void) {
  bs_tokenizer *t = build_tokenizer((tokenizer_parts){
      .vocab = "\"<unk>\": 0, \"a\": 1, \"<0xC3>\": 2, \"<0xA9>\": 3, \"<0x0A>\": 4",
      .decoder = "{\"type\": \"Sequence\", \"decoders\": [{\"type\": \"ByteFallback\"}, "
                 "{\"type\": \"Fuse\"}]}",
      .options = ", \"byte_fallback\": true"});
  check_ids(t, "a\xC3\xA9\n", false, "1 2 3 4");
  check_ids(t, "\xC3\xA8", false, "0"); /* A8 is not there */
  check_decoded(t, (const int32_t[]){1, 2, 3, 1}, 4, false,
                "a\xC3\xA9"
                "a");
  check_decoded(t, (const int32_t[]){2, 1, 3}, 3, false,
                "\xEF\xBF\xBD"
                "a\xEF\xBF\xBD");
  check_decoded(t, (const int32_t[]){2, 2, 3}, 3, false,
                "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"); /* one for each byte */
  bs_tokenizer_free(&t);
}

static void prefixes_and_suffixes(void) {
  bs_tokenizer *t = build_tokenizer((tokenizer_parts){
      .vocab = "\"a\": 1, \"##b\": 2, \"##c\": 3, \"ab\": 4, \"abc\": 5, \"<unk>\": 0",
      .merges = "[\"a ##b\", \"ab ##c\"]",
      .options = ", \"continuing_subword_prefix\": \"##\""});
  check_ids(t, "abc", false, "5");
  check_ids(t, "acb", false, "1 3 2");
  bs_tokenizer_free(&t);
  t = build_tokenizer(
      (tokenizer_parts){.vocab = "\"a\": 1, \"b</w>\": 2, \"ab</w>\": 3, \"<unk>\": 0",
                        .merges = "[\"a b</w>\"]",
                        .decoder = "{\"type\": \"BPEDecoder\", \"suffix\": \"</w>\"}",
                        .pre_tokenizer = "{\"type\": \"WhitespaceSplit\"}",
                        .options = ", \"end_of_word_suffix\": \"</w>\""});
  check_ids(t, "ab aab", false, "3 1 3");
  check_decoded(t, (const int32_t[]){3, 1, 3}, 3, false, "ab aab");
  bs_tokenizer_free(&t);
}

static void whole_pieces_without_merges(void) {
  bs_tokenizer *t =
      build_tokenizer((tokenizer_parts){.vocab = AB_VOCAB,
                                        .pre_tokenizer = "{\"type\": \"WhitespaceSplit\"}",
                                        .options = ", \"ignore_merges\": true"});
  check_ids(t, "abc aab cab", false, "6 8 3 1 2");
  bs_tokenizer_free(&t);
}

/* Long runs take the way with the heap, short ones do not; both must agree with the plain rule. */
static size_t merge_plainly(int32_t *ids, size_t n) {
  static const int32_t rules[][3] = {{2, 3, 5}, {1, 2, 4}, {1, 5, 6},
                                     {1, 1, 7}, {4, 3, 6}, {7, 2, 8}};
  for (;;) {
    size_t best = n, rule = sizeof rules / sizeof *rules;
    for (size_t i = 0; i + 1 < n; i++)
      for (size_t r = 0; r < rule; r++)
        if (ids[i] == rules[r][0] && ids[i + 1] == rules[r][1]) {
          best = i;
          rule = r;
        }
    if (best == n)
      return n;
    ids[best] = rules[rule][2];
    memmove(ids + best + 1, ids + best + 2, (n - best - 2) * sizeof *ids);
    n--;
  }
}

static void random_pieces_merge_as_the_rule_says(void) {
  enum { LONGEST = 90 };
  bs_error err = {0};
  bs_tokenizer *t = build_tokenizer((tokenizer_parts){
      .vocab = AB_VOCAB, .merges = "[\"b c\", \"a b\", \"a bc\", \"a a\", \"ab c\", \"aa b\"]"});
  uint32_t random = 12345;
  for (size_t round = 0; round < 3000 && t != NULL; round++) {
    char text[LONGEST];
    int32_t expected[LONGEST];
    size_t n = round % LONGEST;
    for (size_t i = 0; i < n; i++) {
      random = random * 1664525 + 1013904223;
      expected[i] = (int32_t)(random >> 16) % 3 + 1;
      text[i] = (char)('a' + expected[i] - 1);
    }
    bs_tokens ids = {0};
    BS_TEST_OK(bs_tokenizer_encode(t, text, n, false, &ids, &err), err);
    size_t n_expected = merge_plainly(expected, n);
    if (ids.n != n_expected ||
        (n > 0 && memcmp(ids.ids, expected, n_expected * sizeof *expected) != 0))
      CU_FAIL("merged otherwise");
    bs_tokens_free(&ids);
  }
  bs_tokenizer_free(&t);
}

/* What the project's own small models use: characters, an unknown token, nothing else. */
static void plain_characters(void) {
  bs_tokenizer *t = build_tokenizer((tokenizer_parts){.decoder = "{\"type\": \"Fuse\"}"});
  check_ids(t, "a \xC3\xA9z", true, "97 32 0 122");
  check_decoded(t, (const int32_t[]){'H', 'i', ' ', '!'}, 4, true, "Hi !");
  CU_ASSERT_EQUAL(bs_tokenizer_vocab_size(t), 127);
  CU_ASSERT_EQUAL(bs_tokenizer_id(t, "<unk>"), 0);
  CU_ASSERT_EQUAL(bs_tokenizer_id(t, "z"), 'z');
  CU_ASSERT_EQUAL(bs_tokenizer_id(t, "zz"), -1);
  bs_tokenizer_free(&t);
  t = build_tokenizer((tokenizer_parts){0});
  check_decoded(t, (const int32_t[]){'H', 'i'}, 2, true, "H i"); /* no decoder: joined by spaces */
  bs_tokenizer_free(&t);
}

static void added_tokens_are_cut_out(void) {
  bs_tokenizer *t = build_tokenizer((tokenizer_parts){
      .added = "[{\"id\": 200, \"content\": \"<s>\", \"special\": true}, "
               "{\"id\": 201, \"content\": \"ab\", \"special\": false}, "
               "{\"id\": 202, \"content\": \"abc\", \"special\": false, \"normalized\": false}, "
               "{\"id\": 203, \"content\": \"a\", \"special\": false}]",
      .normalizer = "{\"type\": \"Lowercase\"}"});
  /* New tokens are numbered from the size of the vocabulary on; "a" has its id there. */
  CU_ASSERT_EQUAL(bs_tokenizer_id(t, "<s>"), 97);
  CU_ASSERT_EQUAL(bs_tokenizer_id(t, "a"), 97);
  bs_tokenizer_free(&t);
  t = build_tokenizer((tokenizer_parts){
      .vocab = "\"a\": 0, \"b\": 1, \"c\": 2, \"x\": 3, \"<unk>\": 4",
      .added = "[{\"id\": 5, \"content\": \"<s>\", \"special\": true}, "
               "{\"id\": 6, \"content\": \"ab\", \"special\": false}, "
               "{\"id\": 7, \"content\": \"abc\", \"special\": false, \"normalized\": false}, "
               "{\"id\": 8, \"content\": \"aB\", \"special\": false, \"normalized\": false}]",
      .normalizer = "{\"type\": \"Lowercase\"}",
      .decoder = "{\"type\": \"Fuse\"}"});
  check_ids(t, "x<s>xAB", false, "3 5 3 6"); /* "ab" is looked for in the normal form */
  check_ids(t, "abc", false, "7");           /* the longest */
  check_ids(t, "ABC", false, "6 2");
  check_ids(t, "aBc", false, "8 2");
  check_ids(t, "<S>", false, "4 4 4");
  check_decoded(t, (const int32_t[]){5, 6, 0, 5}, 4, false, "<s>aba<s>");
  check_decoded(t, (const int32_t[]){5, 6, 0, 5}, 4, true, "aba");
  CU_ASSERT_EQUAL(bs_tokenizer_vocab_size(t), 9);
  bs_tokenizer_free(&t);
}

static void added_tokens_take_in_space(void) {
  bs_tokenizer *t = build_tokenizer((tokenizer_parts){
      .vocab = "\" \": 0, \"a\": 1, \"\\u0301\": 2",
      .options = ", \"unk_token\": null",
      .added = "[{\"id\": 3, \"content\": \"<l>\", \"special\": true, \"lstrip\": true}, "
               "{\"id\": 4, \"content\": \"<r>\", \"special\": true, \"rstrip\": true}, "
               "{\"id\": 5, \"content\": \"<w>\", \"special\": true, \"single_word\": true}]"});
  check_ids(t, "a  <l>  a", false, "1 3 0 0 1");
  check_ids(t, "a  <r>\xE2\x80\x83 a", false, "1 0 0 4 1");
  check_ids(t, "<r>  <l>a", false, "4 3 1");
  check_ids(t, "<w> <w>a <w>", false, "5 0 1 0 5");
  check_ids(t, "a<w>", false, "1");
  check_ids(t, "\xCC\x81<w>", false, "2"); /* a mark is part of a word */
  bs_tokenizer_free(&t);
  /* A token of spaces behind one that took them in already: nothing is left of it. */
  t = build_tokenizer((tokenizer_parts){
      .vocab = "\"a\": 0, \"  \": 1, \"   \": 2",
      .added = "[{\"id\": 1, \"content\": \"  \", \"lstrip\": true, \"rstrip\": true}]"});
  check_ids(t, "a     a    a", false, "0 1 0 1 0");
  bs_tokenizer_free(&t);
}

static void ids_that_nothing_has(void) {
  bs_error err = {0};
  bs_text text = {0};
  bs_tokenizer *t = build_tokenizer((tokenizer_parts){.decoder = "{\"type\": \"Fuse\"}"});
  check_decoded(t, (const int32_t[]){'a', 5000, 'b', INT32_MAX}, 4, false, "ab");
  BS_TEST_FAILS(bs_tokenizer_decode(t, (const int32_t[]){'a', -1}, 2, false, &text, &err),
                BS_ERR_INPUT, err, "token 1 of 2");
  bs_text_free(&text);
  bs_tokenizer_free(&t);
}

static void text_must_be_utf8(void) {
  bs_error err = {0};
  bs_tokens ids = {0};
  bs_tokenizer *t = build_tokenizer((tokenizer_parts){0});
  BS_TEST_FAILS(bs_tokenizer_encode(t, "ab\xFF", 3, false, &ids, &err), BS_ERR_INPUT, err,
                "byte 2");
  CU_ASSERT_EQUAL(ids.n, 0);
  BS_TEST_OK(bs_tokenizer_encode(t, "a\0b", 3, false, &ids, &err), err);
  CU_ASSERT_EQUAL(ids.n, 3);
  CU_ASSERT_EQUAL(ids.ids[1], 0);
  bs_tokens_free(&ids);
  bs_tokenizer_free(&t);
}

static void folders_are_opened(void) {
  bs_error err = {0};
  bs_tokenizer *t = NULL;
  BS_TEST_FAILS(bs_tokenizer_open(&t, bs_test_folder(), &err), BS_ERR_IO, err, "tokenizer.json");
  CU_ASSERT_PTR_NULL(t);
  bs_text json = tokenizer_json((tokenizer_parts){0});
  bs_test_write("tokenizer.json", json.data, json.n_bytes);
  BS_TEST_OK(bs_tokenizer_open(&t, bs_test_folder(), &err), err);
  check_ids(t, "a", false, "97");
  bs_tokenizer_free(&t);
  bs_tokenizer_free(&t);
  bs_text_free(&json);
}

typedef struct thread_work {
  const bs_tokenizer *tokenizer;
  bool same;
} thread_work;

static void *encode_often(void *argument) {
  thread_work *work = argument;
  bs_tokens first = {0}, ids = {0};
  work->same = true;
  for (int i = 0; i < 200; i++) {
    bs_tokens *to = i == 0 ? &first : &ids;
    to->n = 0;
    static const char text[] = "Don't 12345 stop   thinking about tomorrow";
    if (bs_tokenizer_encode(work->tokenizer, text, sizeof text - 1, true, to, NULL) != BS_OK)
      work->same = false;
    if (i > 0 && (ids.n != first.n || memcmp(ids.ids, first.ids, ids.n * sizeof *ids.ids) != 0))
      work->same = false;
  }
  bs_tokens_free(&first);
  bs_tokens_free(&ids);
  return NULL;
}

static void threads_share_a_tokenizer(void) {
  enum { N_THREADS = 4 };
  bs_tokenizer *t = build_tokenizer(
      (tokenizer_parts){.pre_tokenizer = "{\"type\": \"ByteLevel\", \"add_prefix_space\": true}"});
  pthread_t threads[N_THREADS];
  thread_work work[N_THREADS];
  for (size_t i = 0; i < N_THREADS; i++) {
    work[i] = (thread_work){.tokenizer = t};
    CU_ASSERT_EQUAL_FATAL(pthread_create(&threads[i], NULL, encode_often, &work[i]), 0);
  }
  for (size_t i = 0; i < N_THREADS; i++) {
    pthread_join(threads[i], NULL);
    CU_ASSERT_TRUE(work[i].same);
  }
  bs_tokenizer_free(&t);
}

int main(void) {
  static const bs_test tests[] = {
      {"merges go by rank", merges_go_by_rank},
      {"the later of equal merges counts", later_of_equal_merges_counts},
      {"a tokenizer fits its model", a_tokenizer_fits_its_model},
      {"an absent tokenizer is explained", an_absent_tokenizer_is_explained},
      {"unknown characters", unknown_characters},
      {"bytes stand in", bytes_stand_in},
      {"prefixes and suffixes", prefixes_and_suffixes},
      {"whole pieces without merges", whole_pieces_without_merges},
      {"random pieces merge as the rule says", random_pieces_merge_as_the_rule_says},
      {"plain characters", plain_characters},
      {"added tokens are cut out", added_tokens_are_cut_out},
      {"added tokens take in space", added_tokens_take_in_space},
      {"ids that nothing has", ids_that_nothing_has},
      {"text must be UTF-8", text_must_be_utf8},
      {"folders are opened", folders_are_opened},
      {"threads share a tokenizer", threads_share_a_tokenizer},
      {"splits", test_splits},
      {"split behaviours", test_split_behaviours},
      {"regular expressions: syntax", test_regex_syntax},
      {"regular expressions: faults", test_regex_faults},
      {"byte level", test_byte_level},
      {"metaspace", test_metaspace},
      {"splits by class", test_class_splits},
      {"normalizers", test_normalizers},
      {"normal forms of many marks", test_normal_forms_of_many_marks},
      {"post-processors", test_postprocessors},
      {"what stands around a text", test_surroundings},
      {"characters of Unicode 16", test_characters_of_unicode_16},
      {"what stands around a text by tokenizer_config.json", test_settings_of_the_template},
      {"encoders' classes of tokenizer_config.json", test_settings_of_encoders},
      {"refused classes of tokenizer_config.json", test_settings_of_refused_classes},
      {"the class of tokenizer_config.json", test_settings_of_the_class},
      {"spaces by tokenizer_config.json", test_settings_of_spaces},
      {"tokens of tokenizer_config.json", test_settings_of_tokens},
      {"faults of tokenizer_config.json", test_settings_faults},
      {"notes on tokenizers", test_settings_notes},
      {"decoders", test_decoders},
      {"broken files", test_broken_files},
      {"broken values", test_broken_values},
      {"absurd ids", test_absurd_ids},
      {"limits", test_limits},
      {"long texts", test_long_texts},
  };
  return bs_test_main("tokenizer", tests, sizeof tests / sizeof *tests);
}
