/* Every kind of normalizer, pre-tokenizer, post-processor and decoder. A tokenizer that takes whole
   pieces shows where the pieces end. */
#include <stdio.h>
#include <string.h>

#include "build_tokenizer.h"
#include "harness.h"
#include "tokenizer/unicode_internal.h"

/* Characters with a suffix on the last of a piece, so that borders can be seen: "ab|c" is shown as
   "ab.c." by decoding without anything between. */
#define MARKED_VOCAB                                                                               \
  "\"<unk>\": 0, \"a\": 1, \"b\": 2, \"c\": 3, \" \": 4, \"1\": 5, \"2\": 6, \"-\": 7, "           \
  "\"\\u2581\": 8, \"\\u00b2\": 9, \"A\": 10, \"\\n\": 11, \"3\": 12, \"a.\": 21, \"b.\": 22, "    \
  "\"c.\": 23, \" .\": 24, \"1.\": 25, \"2.\": 26, \"-.\": 27, \"\\u2581.\": 28, "                 \
  "\"\\u00b2.\": 29, \"A.\": 30, \"\\n.\": 31, \"3.\": 32"

static void check_borders(const char *pre_tokenizer, const char *text, const char *expected) {
  bs_tokenizer *t =
      build_tokenizer((tokenizer_parts){.vocab = MARKED_VOCAB,
                                        .pre_tokenizer = pre_tokenizer,
                                        .decoder = "{\"type\": \"Fuse\"}",
                                        .options = ", \"end_of_word_suffix\": \".\""});
  bs_error err = {0};
  bs_tokens ids = {0};
  if (t != NULL) {
    BS_TEST_OK(bs_tokenizer_encode(t, text, strlen(text), false, &ids, &err), err);
    check_decoded(t, ids.ids, ids.n, false, expected);
  }
  bs_tokens_free(&ids);
  bs_tokenizer_free(&t);
}

static const char *split_text(const char *kind, const char *pattern, const char *behavior,
                              bool invert) {
  static char text[512];
  snprintf(text, sizeof text,
           "{\"type\": \"Split\", \"pattern\": {\"%s\": \"%s\"}, \"behavior\": \"%s\", "
           "\"invert\": %s}",
           kind, pattern, behavior, invert ? "true" : "false");
  return text;
}

void test_splits(void) {
  check_borders(NULL, "a-b", "a-b.");
  check_borders(split_text("String", "-", "Isolated", false), "a-b--", "a.-.b.-.-.");
  check_borders(split_text("String", "a-", "Removed", false), "a-b-a-c", "b-.c.");
  check_borders(split_text("Regex", "[0-9]+", "Isolated", false), "a12b", "a.12.b.");
  check_borders(split_text("Regex", "\\\\p{N}{1,2}", "Isolated", true), "a123b", "a.12.3.b.");
  check_borders("{\"type\": \"Sequence\", \"pretokenizers\": [{\"type\": \"WhitespaceSplit\"}, "
                "{\"type\": \"Digits\", \"individual_digits\": true}]}",
                " a12 2b", "a.1.2.2.b.");
}

void test_split_behaviours(void) {
  static const struct {
    const char *behavior, *expected, *inverted;
  } cases[] = {
      {"Removed", "a.b.c.", "-.-.-.-."},
      {"Isolated", "-.a.-.b.-.-.c.", "-.a.-.b.-.-.c."},
      {"MergedWithPrevious", "-.a-.b-.-.c.", "-a.-b.-.-c."},
      {"MergedWithNext", "-a.-b.-.-c.", "-.a-.b-.-.c."},
      {"Contiguous", "-.a.-.b.--.c.", "-.a.-.b.--.c."},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    check_borders(split_text("String", "-", cases[i].behavior, false), "-a-b--c",
                  cases[i].expected);
    check_borders(split_text("String", "-", cases[i].behavior, true), "-a-b--c", cases[i].inverted);
  }
}

/* Where Oniguruma's syntax means something else than PCRE2's. */
void test_regex_syntax(void) {
  static const struct {
    const char *pattern, *text, *expected;
  } cases[] = {
      {"[0-9]{1,2}+", "a123b", "a.123.b."},        /* a repeated repetition, not possessive */
      {"a{,2}b", "aaab", "a.aab."},                /* at most two */
      {"a{2}?", "aaa", "aa.a."},                   /* an optional pair */
      {"a**", "baab", "b.aa.b."},                  /* stacked */
      {"[a-c&&[^b]]+", "abcac", "a.b.cac."},       /* an intersection */
      {"[a[bc]1]+", "-ab1c-", "-.ab1c.-."},        /* a class in a class */
      {"[^\\\\W_]+", "-ab-", "-.ab.-."},           /* a negated set in a class */
      {"[\\\\W1]", "a1-", "a.1.-."},               /* */
      {"\\\\h+", "-Aa1-", "-.Aa1.-."},             /* hexadecimal digits */
      {"\\\\w+", "-a\xC2\xB2-", "-.a\xC2\xB2.-."}, /* a superscript is a word character ... */
      {"[\\\\w]+", "a\xC2\xB2-", "a.\xC2\xB2-."},  /* ... but not in a class */
      {"[[:alpha:]]+", "-ab1", "-.ab.1."},         /* */
      {"[[:^alpha:]]", "a1b", "a.1.b."},           /* */
      {"[[:punct:]]",
       "a\xE2\x96\x81"
       "b",
       "a.\xE2\x96\x81.b."}, /* symbols too ... */
      {"\\\\p{Punct}",
       "a\xE2\x96\x81"
       "b",
       "a\xE2\x96\x81"
       "b."},                                /* ... but not by name */
      {"\\\\p{Letter}+", "-ab1", "-.ab.1."}, /* a long name */
      {"\\\\p{^L}", "a1b", "a.1.b."},        /* */
      {"(?m:a.b)", "a\na-b", "a\n.a-b."},    /* m is the dot's option ... */
      {"(?m:b.b)", "ab\nb", "a.b\nb."},      /* */
      {"^b", "a\nb", "a\n.b."},              /* ... and ^ is always that of lines */
      {"(?i:a)", "bA", "b.A."},              /* */
      {"\\\\bb", "ab-b", "ab-.b."},          /* */
      {"b|", "abc", "a.b.c."},               /* empty matches cut too */
      {"(?#what)b", "abc", "a.b.c."},        /* */
      {"\\\\u0062", "abc", "a.b.c."},        /* */
      {"\\\\s+(?!\\\\S)|\\\\s+", "a   b", "a.  . .b."},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    check_borders(split_text("Regex", cases[i].pattern, "Isolated", false), cases[i].text,
                  cases[i].expected);
}

void test_regex_faults(void) {
  static const char *const patterns[] = {
      "(",
      ")",
      "[",
      "[a",
      "a)b",
      "*",
      "a|*",
      "\\\\",
      "[a&&]",
      "(?<n>a",
      "\\\\p{Nonsense}",
      "\\\\p",
      "[[:nonsense:]]",
      "(?z)",
      "[b-a]",
      "a{3,2}",
  };
  for (size_t i = 0; i < sizeof patterns / sizeof *patterns; i++) {
    bs_error err = {0};
    bs_tokenizer *t = NULL;
    bs_text json = tokenizer_json(
        (tokenizer_parts){.pre_tokenizer = split_text("Regex", patterns[i], "Isolated", false)});
    BS_TEST_FAILS(bs_tokenizer_parse(&t, json.data, json.n_bytes, "file", &err), BS_ERR_INPUT, err,
                  "file: line 1: pre_tokenizer.pattern.Regex");
    CU_ASSERT_PTR_NULL(t);
    bs_tokenizer_free(&t);
    bs_text_free(&json);
  }
}

void test_byte_level(void) {
  bs_tokenizer *t = build_tokenizer((tokenizer_parts){
      .vocab = "\"<unk>\": 0, \"\\u0120\": 1, \"a\": 2, \"\\u0120a\": 3, \"'s\": 4, \"'\": 5, "
               "\"s\": 6, \"\\u00c3\": 7, \"\\u00a9\": 8, \"\\u010a\": 9, \"\\u0142\": 10, "
               "\"\\u0143\": 11, \"\\u0100\": 12, \"\\u00e9\": 13, \"x y\": 14, \"\\u00f0\": 15",
      .merges = "[\"\\u0120 a\", \"' s\"]",
      .pre_tokenizer = "{\"type\": \"ByteLevel\", \"add_prefix_space\": true}",
      .post_processor = "{\"type\": \"ByteLevel\", \"add_prefix_space\": true, "
                        "\"trim_offsets\": true}",
      .decoder = "{\"type\": \"ByteLevel\", \"add_prefix_space\": true, \"trim_offsets\": true}"});
  check_ids(t, "a's a", true, "3 4 3");
  check_ids(t, " a", true, "3");
  check_ids(t, "\xC3\xA9\n", true, "1 7 8 9");
  check_ids(t, "a  a", true, "3 1 3"); /* the last space goes with what follows */
  check_decoded(t, (const int32_t[]){3, 4, 7, 8, 9}, 5, false, " a's\xC3\xA9\n");
  check_decoded(t, (const int32_t[]){7, 2, 8}, 3, false,
                "\xEF\xBF\xBD"
                "a\xEF\xBF\xBD");
  check_decoded(t, (const int32_t[]){10, 11, 2}, 3, false,
                "\xEF\xBF\xBD\xEF\xBF\xBD"
                "a");
  check_decoded(t, (const int32_t[]){12}, 1, false, "");    /* U+0000 */
  check_decoded(t, (const int32_t[]){14}, 1, false, "x y"); /* not of the alphabet: as it is */
  check_decoded(t, (const int32_t[]){15, 2}, 2, false,
                "\xEF\xBF\xBD"
                "a");
  bs_tokenizer_free(&t);
}

void test_metaspace(void) {
  static const struct {
    const char *options, *first, *second;
  } cases[] = {
      {"",
       "\xE2\x96\x81"
       "a.\xE2\x96\x81"
       "b.",
       "\xE2\x96\x81"
       "a.-\xE2\x96\x81"
       "b."},
      {", \"prepend_scheme\": \"first\"",
       "\xE2\x96\x81"
       "a.\xE2\x96\x81"
       "b.",
       "\xE2\x96\x81"
       "a.-b."},
      {", \"prepend_scheme\": \"never\"",
       "a.\xE2\x96\x81"
       "b.",
       "a.-b."},
      {", \"add_prefix_space\": false",
       "a.\xE2\x96\x81"
       "b.",
       "a.-b."},
      {", \"split\": false",
       "\xE2\x96\x81"
       "a\xE2\x96\x81"
       "b.",
       "\xE2\x96\x81"
       "a.-\xE2\x96\x81"
       "b."},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    char text[256];
    snprintf(text, sizeof text, "{\"type\": \"Metaspace\", \"replacement\": \"\xE2\x96\x81\"%s}",
             cases[i].options);
    check_borders(text, "a b", cases[i].first);
    bs_tokenizer *t = build_tokenizer(
        (tokenizer_parts){.vocab = MARKED_VOCAB,
                          .pre_tokenizer = text,
                          .added = "[{\"id\": 7, \"content\": \"-\", \"special\": true}]",
                          .decoder = "{\"type\": \"Fuse\"}",
                          .options = ", \"end_of_word_suffix\": \".\""});
    bs_error err = {0};
    bs_tokens ids = {0};
    BS_TEST_OK(bs_tokenizer_encode(t, "a-b", 3, false, &ids, &err), err);
    check_decoded(t, ids.ids, ids.n, false, cases[i].second);
    bs_tokens_free(&ids);
    bs_tokenizer_free(&t);
  }
}

void test_class_splits(void) {
  check_borders("{\"type\": \"Digits\", \"individual_digits\": false}", "a12b", "a.12.b.");
  check_borders("{\"type\": \"Punctuation\"}", "a--b", "a.-.-.b.");
  check_borders("{\"type\": \"Punctuation\", \"behavior\": \"Contiguous\"}", "a--b", "a.--.b.");
  check_borders("{\"type\": \"Whitespace\"}", " ab- c1 ", "ab.-.c1.");
  check_borders("{\"type\": \"WhitespaceSplit\"}", " ab- c1\n", "ab-.c1.");
  check_borders("{\"type\": \"BertPreTokenizer\"}", " ab- c1\n", "ab.-.c1.");
  check_borders("{\"type\": \"CharDelimiterSplit\", \"delimiter\": \"-\"}", "a--b", "a.b.");
}

static void check_normalized(const char *normalizer, const char *text, const char *expected) {
  bs_tokenizer *t = build_tokenizer((tokenizer_parts){
      .vocab = "\"<unk>\": 0, \"a\": 1, \"b\": 2, \"\\u00e9\": 3, \"e\": 4, \"\\u0301\": 5, "
               "\"\\u0323\": 6, \"x\": 7, \"1\": 8, \" \": 9, \"i\": 10, \"\\u0307\": 11, "
               "\"\\u1eb9\": 12, \"f\": 13, \"$\": 14, \"\\u00c3\": 15, \"\\u00a9\": 16, "
               "\"\\uac01\": 17, \"\\u1100\": 18, \"\\u1161\": 19, \"\\u11a8\": 20",
      .normalizer = normalizer});
  check_ids(t, text, false, expected);
  bs_tokenizer_free(&t);
}

void test_normalizers(void) {
  check_normalized("{\"type\": \"NFC\"}", "e\xCC\x81", "3");
  check_normalized("{\"type\": \"NFC\"}", "e\xCC\x81\xCC\xA3", "12 5"); /* marks are ordered */
  check_normalized("{\"type\": \"NFC\"}", "\xE1\x84\x80\xE1\x85\xA1\xE1\x86\xA8", "17");
  check_normalized("{\"type\": \"NFD\"}", "\xC3\xA9\xEA\xB0\x81", "4 5 18 19 20");
  check_normalized("{\"type\": \"NFKC\"}", "\xEF\xAC\x81\xC2\xB9", "13 10 8");
  check_normalized("{\"type\": \"NFC\"}", "\xEF\xAC\x81\xC2\xB9", "0 0");
  check_normalized("{\"type\": \"NFKD\"}", "\xEF\xAC\x81\xC3\xA9", "13 10 4 5");
  /* U+09FE is a mark, but not yet one in the library's table. */
  check_normalized("{\"type\": \"NFC\"}", "e\xE0\xA7\xBE\xCC\xA3\xCC\x81", "4 0 6 5");
  check_normalized("{\"type\": \"NFC\"}",
                   "\xE0\xA7\xBE"
                   "e\xCC\x81",
                   "0 3");
  check_normalized("{\"type\": \"Lowercase\"}", "AB\xC3\x89\xC4\xB0", "1 2 3 10 11");
  check_normalized("{\"type\": \"StripAccents\"}",
                   "e\xCC\x81"
                   "a",
                   "4 1");
  check_normalized("{\"type\": \"ByteLevel\"}",
                   "\xC3\xA9"
                   "a",
                   "15 16 1");
  check_normalized("{\"type\": \"Strip\", \"strip_left\": true, \"strip_right\": false}", " \na ",
                   "1 9");
  check_normalized("{\"type\": \"Strip\", \"strip_left\": false, \"strip_right\": true}",
                   " a\xC2\x85\xE3\x80\x80", "9 1");
  check_normalized("{\"type\": \"Strip\", \"strip_left\": true, \"strip_right\": true}", "  ", "");
  check_normalized("{\"type\": \"Prepend\", \"prepend\": \"x\"}", "ab", "7 1 2");
  check_normalized("{\"type\": \"Prepend\", \"prepend\": \"x\"}", "", "");
  check_normalized("{\"type\": \"Replace\", \"pattern\": {\"String\": \"ab\"}, \"content\": "
                   "\"$1\"}",
                   "aabb", "1 14 8 2"); /* the content is plain text */
  check_normalized("{\"type\": \"Replace\", \"pattern\": {\"Regex\": \"a+|b\"}, \"content\": "
                   "\"x\"}",
                   "aab1", "7 7 8");
  check_normalized("{\"type\": \"Sequence\", \"normalizers\": [{\"type\": \"NFD\"}, {\"type\": "
                   "\"StripAccents\"}, {\"type\": \"Prepend\", \"prepend\": \"x\"}]}",
                   "\xC3\xA9", "7 4");
}

/* Marks in the wrong order, by the ten thousand. */
void test_normal_forms_of_many_marks(void) {
  enum { N = 40000 };
  bs_error err = {0};
  bs_text text = {0};
  bs_tokens ids = {0};
  bs_tokenizer *t = build_tokenizer(
      (tokenizer_parts){.vocab = "\"<unk>\": 0, \"\\u0301\": 1, \"\\u0323\": 2, \"x\": 3",
                        .normalizer = "{\"type\": \"NFC\"}"});
  bs_text_append_string(&text, "x", &err);
  for (int i = 0; i < N; i++)
    bs_text_append_string(&text, i % 2 == 0 ? "\xCC\x81" : "\xCC\xA3", &err);
  BS_TEST_OK(bs_tokenizer_encode(t, text.data, text.n_bytes, false, &ids, &err), err);
  CU_ASSERT_EQUAL_FATAL(ids.n, N + 1);
  bool sorted = true;
  for (size_t i = 1; i <= N; i++)
    sorted = sorted && ids.ids[i] == (i <= N / 2 ? 2 : 1);
  CU_ASSERT_TRUE(sorted);
  bs_tokens_free(&ids);
  bs_text_free(&text);
  bs_tokenizer_free(&t);
}

void test_postprocessors(void) {
  static const char template[] =
      "{\"type\": \"TemplateProcessing\", \"single\": [{\"SpecialToken\": {\"id\": \"B\", "
      "\"type_id\": 0}}, {\"Sequence\": {\"id\": \"A\", \"type_id\": 0}}, {\"SpecialToken\": "
      "{\"id\": \"E\", \"type_id\": 0}}], \"special_tokens\": {\"B\": {\"id\": \"B\", \"ids\": "
      "[7, 8], \"tokens\": [\"x\", \"y\"]}, \"E\": {\"id\": \"E\", \"ids\": [9], \"tokens\": "
      "[\"z\"]}}}";
  char sequence[1024];
  bs_tokenizer *t = build_tokenizer((tokenizer_parts){.post_processor = template});
  check_ids(t, "a", true, "7 8 97 9");
  check_ids(t, "a", false, "97");
  check_ids(t, "", true, "7 8 9");
  bs_tokenizer_free(&t);
  snprintf(sequence, sizeof sequence,
           "{\"type\": \"Sequence\", \"processors\": [{\"type\": \"ByteLevel\"}, "
           "{\"type\": \"RobertaProcessing\", \"sep\": [\"</s>\", 2], \"cls\": [\"<s>\", 1]}, %s]}",
           template);
  t = build_tokenizer((tokenizer_parts){.post_processor = sequence});
  check_ids(t, "a", true, "7 8 1 97 2 9");
  bs_tokenizer_free(&t);
  /* Behind a template the library takes the parts for a pair of texts. */
  bs_error err = {0};
  snprintf(sequence, sizeof sequence,
           "{\"type\": \"Sequence\", \"processors\": [%s, {\"type\": \"ByteLevel\"}, "
           "{\"type\": \"BertProcessing\", \"sep\": [\"</s>\", 2], \"cls\": [\"<s>\", 1]}]}",
           template);
  bs_text json = tokenizer_json((tokenizer_parts){.post_processor = sequence});
  BS_TEST_FAILS(bs_tokenizer_parse(&t, json.data, json.n_bytes, "file", &err), BS_ERR_UNSUPPORTED,
                err, "BertProcessing behind TemplateProcessing");
  bs_text_free(&json);
}

/* What stands before and behind a text, written "1 2|3". */
static void check_surroundings(const char *vocab, const char *post_processor,
                               const char *expected) {
  bs_error err = {0};
  bs_tokens before = {0}, behind = {0};
  bs_text found = {0};
  bs_tokenizer *t =
      build_tokenizer((tokenizer_parts){.vocab = vocab, .post_processor = post_processor});
  BS_TEST_OK(bs_tokenizer_surroundings(t, &before, &behind, &err), err);
  for (size_t i = 0; i < before.n; i++)
    bs_text_printf(&found, &err, "%s%d", i > 0 ? " " : "", (int)before.ids[i]);
  bs_text_append_string(&found, "|", &err);
  for (size_t i = 0; i < behind.n; i++)
    bs_text_printf(&found, &err, "%s%d", i > 0 ? " " : "", (int)behind.ids[i]);
  CU_ASSERT_STRING_EQUAL(found.data, expected);
  bs_tokens_free(&before);
  bs_tokens_free(&behind);
  bs_text_free(&found);
  bs_tokenizer_free(&t);
}

/* Whether a pre-tokenizer parts "x" and a character: else the two are merged. */
static bool parts_from_x(const char *pre_tokenizer, const char *character) {
  bs_error err = {0};
  bs_tokens ids = {0};
  char vocab[128], merges[64], text[16];
  snprintf(vocab, sizeof vocab, "\"<unk>\": 0, \"x\": 1, \"%s\": 2, \"x%s\": 3", character,
           character);
  snprintf(merges, sizeof merges, "[\"x %s\"]", character);
  snprintf(text, sizeof text, "x%s", character);
  bs_tokenizer *t = build_tokenizer(
      (tokenizer_parts){.vocab = vocab, .merges = merges, .pre_tokenizer = pre_tokenizer});
  BS_TEST_OK(bs_tokenizer_encode(t, text, strlen(text), false, &ids, &err), err);
  bool parted = ids.n == 2;
  CU_ASSERT_TRUE(parted || (ids.n == 1 && ids.ids[0] == 3));
  bs_tokens_free(&ids);
  bs_tokenizer_free(&t);
  return parted;
}

#define SPLIT(regex)                                                                               \
  "{\"type\": \"Split\", \"pattern\": {\"Regex\": \"" regex "\"}, \"behavior\": \"Isolated\"}"
#define DIGITS "{\"type\": \"Digits\", \"individual_digits\": true}"

/* The library has Unicode 16, PCRE2 may have 14. */
void test_characters_of_unicode_16(void) {
  static const struct {
    const char *pre_tokenizer, *character;
    bool parted;
  } cases[] = {
      {SPLIT("\\\\p{N}"), "\xF0\x90\xB5\x80", true},      /* U+10D40, 16.0 */
      {SPLIT("\\\\p{N}{1,3}"), "\xF0\x96\xB5\xB9", true}, /* U+16D79, 16.0 */
      {SPLIT("\\\\p{Nd}"), "\xF0\x91\xBD\x90", true},     /* U+11F50, 15.0 */
      {SPLIT("\\\\p{No}"), "\xF0\x9D\x8B\x80", true},     /* U+1D2C0, 15.0 */
      {SPLIT("\\\\d"), "\xF0\x9C\xB3\xB0", true},         /* U+1CCF0, 16.0 */
      {SPLIT("[^\\\\s\\\\p{L}\\\\p{N}]+"), "\xF0\x90\xB5\x80", false},
      {SPLIT("[^\\\\p{N}]"), "\xF0\x90\xB5\x80", true},    /* the x */
      {SPLIT("\\\\P{N}"), "\xF0\x90\xB5\x80", true},       /* the x */
      {SPLIT("\\\\p{N}"), "\xF0\x91\xB7\xA0", false},      /* U+11DE0, 17.0 */
      {SPLIT("\\\\p{Lu}"), "\xF0\x90\xB5\x90", true},      /* U+10D50 */
      {SPLIT("\\\\p{L}{2}"), "\xF0\x90\xB5\x90", false},   /* both together */
      {SPLIT("\\\\p{L}"), "\xF0\x90\xB5\x80", true},       /* the x */
      {SPLIT("\\\\p{M}"), "\xE0\xA2\x97", true},           /* U+0897 */
      {SPLIT("\\\\p{S}"), "\xF0\x9C\xB0\x80", true},       /* U+1CC00 */
      {SPLIT("\\\\p{Punctuation}"), "\xE1\xAD\x8E", true}, /* U+1B4E */
      {DIGITS, "\xF0\x90\xB5\x80", true},
      {DIGITS, "\xF0\x90\xB5\x90", false},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    bool parted = parts_from_x(cases[i].pre_tokenizer, cases[i].character);
    if (parted != cases[i].parted)
      printf("\n    case %zu: %s", i, parted ? "parted" : "not parted");
    CU_ASSERT_EQUAL(parted, cases[i].parted);
  }
  size_t n = 0;
  for (uint32_t c = 0; c < 0x110000; c++)
    n += bs_later_category(c) != NULL;
  CU_ASSERT_EQUAL(n, 4489 + 627 + 5185);
}

#define BOS_PIECE "{\"SpecialToken\": {\"id\": \"B\", \"type_id\": 0}}"
#define TEXT_PIECE "{\"Sequence\": {\"id\": \"A\", \"type_id\": 0}}"
#define TEMPLATE(pieces)                                                                           \
  "{\"type\": \"TemplateProcessing\", \"single\": [" pieces "], \"special_tokens\": {\"B\": "      \
  "{\"id\": \"B\", \"ids\": [7, 8], \"tokens\": [\"x\", \"y\"]}}}"
#define ROBERTA "{\"type\": \"RobertaProcessing\", \"sep\": [\"</s>\", 2], \"cls\": [\"<s>\", 1]}"

/* They are the template's whatever letters the vocabulary has: alphabets of genomes lack "a", and
   an id of the template may be that of a letter. */
void test_surroundings(void) {
  static const char genome[] = "\"A\": 0, \"C\": 1, \"G\": 2, \"T\": 3";
  static const char *const vocabularies[] = {genome, "\"a\": 7, \"<unk>\": 8", "", NULL};
  for (size_t i = 0; i < sizeof vocabularies / sizeof *vocabularies; i++) {
    check_surroundings(vocabularies[i], NULL, "|");
    check_surroundings(vocabularies[i], "{\"type\": \"ByteLevel\"}", "|");
    check_surroundings(vocabularies[i], TEMPLATE(BOS_PIECE ", " TEXT_PIECE), "7 8|");
    check_surroundings(vocabularies[i], TEMPLATE(TEXT_PIECE ", " BOS_PIECE), "|7 8");
    check_surroundings(vocabularies[i], TEMPLATE(TEXT_PIECE), "|");
    check_surroundings(vocabularies[i], ROBERTA, "1|2");
    check_surroundings(
        vocabularies[i],
        "{\"type\": \"Sequence\", \"processors\": [{\"type\": \"ByteLevel\"}, " ROBERTA
        ", " TEMPLATE(BOS_PIECE ", " TEXT_PIECE ", " BOS_PIECE) "]}",
        "7 8 1|2 7 8");
  }
  bs_error err = {0};
  bs_tokens before = {0};
  bs_tokenizer *t = build_tokenizer((tokenizer_parts){.post_processor = TEMPLATE(BOS_PIECE)});
  BS_TEST_FAILS(bs_tokenizer_surroundings(t, &before, NULL, &err), BS_ERR_UNSUPPORTED, err,
                "stands 0 times");
  bs_tokenizer_free(&t);
  t = build_tokenizer((tokenizer_parts){.post_processor = TEMPLATE(TEXT_PIECE ", " TEXT_PIECE)});
  BS_TEST_FAILS(bs_tokenizer_surroundings(t, &before, NULL, &err), BS_ERR_UNSUPPORTED, err,
                "stands 2 times");
  bs_tokenizer_free(&t);
  CU_ASSERT_EQUAL(before.n, 0);
}

static void check_decoder(const char *decoder, const char *expected) {
  static const int32_t ids[] = {1, 2, 3, 4, 1};
  bs_tokenizer *t = build_tokenizer((tokenizer_parts){
      .vocab = "\"<unk>\": 0, \"\\u2581\\u2581a\": 1, \"b\\u2581\": 2, \"<0xC3>\": 3, "
               "\"<0xa9>\": 4",
      .decoder = decoder});
  check_decoded(t, ids, sizeof ids / sizeof *ids, false, expected);
  check_decoded(t, ids, 0, false, "");
  bs_tokenizer_free(&t);
}

void test_decoders(void) {
#define MARK "\xE2\x96\x81"
  check_decoder(NULL, MARK MARK "a b" MARK " <0xC3> <0xa9> " MARK MARK "a");
  check_decoder("{\"type\": \"Fuse\"}", MARK MARK "ab" MARK "<0xC3><0xa9>" MARK MARK "a");
  check_decoder("{\"type\": \"ByteFallback\"}", MARK MARK "ab" MARK "\xC3\xA9" MARK MARK "a");
  check_decoder("{\"type\": \"Metaspace\", \"replacement\": \"" MARK "\"}", "ab <0xC3><0xa9>  a");
  check_decoder("{\"type\": \"Metaspace\", \"replacement\": \"" MARK
                "\", \"prepend_scheme\": \"never\"}",
                "  ab <0xC3><0xa9>  a");
  check_decoder("{\"type\": \"Strip\", \"content\": \"" MARK "\", \"start\": 1, \"stop\": 1}",
                MARK "ab<0xC3><0xa9>" MARK "a");
  check_decoder("{\"type\": \"Replace\", \"pattern\": {\"Regex\": \"<.*>|" MARK
                "+\"}, \"content\": \"_\"}",
                "_ab____a");
  check_decoder("{\"type\": \"Sequence\", \"decoders\": [{\"type\": \"Replace\", \"pattern\": "
                "{\"String\": \"" MARK
                "\"}, \"content\": \" \"}, {\"type\": \"ByteFallback\"}, {\"type\": \"Fuse\"}, "
                "{\"type\": \"Strip\", \"content\": \" \", \"start\": 1, \"stop\": 0}]}",
                " ab \xC3\xA9  a");
#undef MARK
}
