/* Documents whose long lists are left out, and readers of those lists. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json_cut_internal.h"
#include "harness.h"

static const bs_json_cut_names names = {"model", {"vocab", "merges"}, 2};

static bool cut_parse(bs_json_cut *cut, const char *text, bs_error *err) {
  return bs_json_cut_parse(cut, text, strlen(text), "file", &names, err) == BS_OK;
}

static void lists_are_left_out_and_lines_stay(void) {
  static const char text[] = "{\"a\": [1, 2],\n \"model\": {\"merges\": [\n\"x\",\n\"y\"],\n"
                             "\"vocab\": {\"p\": 1,\n\"q\": [2, {}]}, \"b\": 7},\n\"c\": 8}";
  bs_error err = {0};
  bs_json_cut cut;
  BS_TEST_OK(bs_json_cut_parse(&cut, text, strlen(text), "file", &names, &err), err);
  const cJSON *root = cut.json->root, *model = bs_json_get(root, "model");
  CU_ASSERT_EQUAL(cJSON_GetArraySize(bs_json_get(root, "a")), 2);
  CU_ASSERT_TRUE(cJSON_IsArray(bs_json_get(model, "merges")));
  CU_ASSERT_EQUAL(cJSON_GetArraySize(bs_json_get(model, "merges")), 0);
  CU_ASSERT_TRUE(cJSON_IsObject(bs_json_get(model, "vocab")));
  CU_ASSERT_EQUAL(cJSON_GetArraySize(bs_json_get(model, "vocab")), 0);
  CU_ASSERT_EQUAL(bs_json_line(cut.json, bs_json_get(model, "b")), 6);
  CU_ASSERT_EQUAL(bs_json_line(cut.json, bs_json_get(root, "c")), 7);
  CU_ASSERT_EQUAL(cut.members[0].n_elements, 2);
  CU_ASSERT_EQUAL(cut.members[1].n_elements, 2);
  BS_TEST_FAILS(bs_json_cut_fault(&cut, 1, 1, &err, "%s", "bad"), BS_ERR_INPUT, err,
                "file: line 4: model.merges[1]: bad");
  err = (bs_error){0};
  BS_TEST_FAILS(bs_json_cut_fault(&cut, 0, 1, &err, "%s", "bad"), BS_ERR_INPUT, err,
                "file: line 6: model.vocab.q: bad");
  bs_json_cut_free(&cut);
}

/* Keys that are written with escapes are the same keys; the last of alike ones counts. */
static void the_last_of_repeated_keys_is_left_out(void) {
  static const char *const texts[] = {
      "{\"model\": {\"vocab\": {\"a\": 1}, \"voc\\u0061b\": {\"b\": 2}}}",
      "{\"model\": {\"vocab\": {\"a\": 1}}, \"mod\\u0065l\": {\"vocab\": {\"b\": 2}}}",
      "\xEF\xBB\xBF {\"model\": 5, \"model\": {\"vocab\": 6, \"vocab\": {\"b\": 2}}}"};
  for (size_t i = 0; i < 3; i++) {
    bs_error err = {0};
    bs_json_cut cut;
    bs_json_reader reader;
    bs_json_bytes key = {0};
    CU_ASSERT_TRUE_FATAL(cut_parse(&cut, texts[i], &err));
    CU_ASSERT_TRUE(bs_json_cut_begin(&cut, 0, '{', &reader));
    CU_ASSERT_TRUE(bs_json_reader_next(&reader, 0, '}') && bs_json_reader_key(&reader, &key));
    CU_ASSERT_TRUE(key.n_bytes == 1 && *key.data == 'b');
    bs_text_free(&reader.decoded);
    bs_json_cut_free(&cut);
  }
  bs_error err = {0};
  bs_json_cut cut;
  bs_json_reader reader;
  CU_ASSERT_TRUE(cut_parse(&cut, "{\"model\": {\"vocab\": {}, \"vocab\": 3}}", &err));
  CU_ASSERT_FALSE(bs_json_cut_begin(&cut, 0, '{', &reader));
  bs_json_cut_free(&cut);
  CU_ASSERT_TRUE(cut_parse(&cut, "{\"model\": {\"vocab\": {}}, \"model\": []}", &err));
  CU_ASSERT_FALSE(bs_json_cut_begin(&cut, 0, '{', &reader));
  bs_json_cut_free(&cut);
}

/* The parser of trees says what is wrong, and places it in the text as it is. */
static void faults_are_those_of_the_whole_text(void) {
  static const char *const texts[] = {"",
                                      "{",
                                      "{\"model\": {\"vocab\": {\"a\": 1",
                                      "{\"model\": {\"vocab\": {\"a\": 1}} x",
                                      "{\"model\": {\"vocab\": {\"a\": 1},}}",
                                      "{\"model\": {\"vocab\": [\"a}]}",
                                      "{\"model\": {\"vocab\": {}}}\n y",
                                      "{\"model\": {\"\\x\": 1}}",
                                      "{\"model\": \xFF}"};
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
    bs_error whole = {0}, found = {0};
    bs_json *json = NULL;
    bs_json_cut cut;
    bs_status status = bs_json_parse(&json, texts[i], strlen(texts[i]), "file", &whole);
    CU_ASSERT_EQUAL(status, BS_ERR_INPUT);
    CU_ASSERT_FALSE(cut_parse(&cut, texts[i], &found));
    CU_ASSERT_STRING_EQUAL(found.message, whole.message);
    bs_json_cut_free(&cut);
  }
}

/* The one string of a list, as the reader and as the parser have it; false: neither takes it. */
static bool same_string(const char *literal) {
  char text[256];
  bs_json *json = NULL;
  bs_json_bytes string = {0};
  snprintf(text, sizeof text, "[%s]", literal);
  size_t n = strlen(text), n_bytes = 0;
  char *copy = malloc(n); /* a block of its own, so that reading past it is seen */
  CU_ASSERT_PTR_NOT_NULL_FATAL(copy);
  memcpy(copy, text, n);
  bs_json_reader r = {.text = copy, .end = n};
  bool taken = bs_json_reader_take(&r, '[') && bs_json_reader_next(&r, 0, ']') &&
               bs_json_reader_string(&r, &string) && !bs_json_reader_next(&r, 1, ']') && !r.broken;
  bool parsed = bs_json_parse(&json, text, n, "file", NULL) == BS_OK;
  CU_ASSERT_EQUAL(taken, parsed);
  if (taken && parsed) {
    const char *expected = bs_json_string(json->root->child, &n_bytes);
    CU_ASSERT_EQUAL(string.n_bytes, n_bytes);
    CU_ASSERT_TRUE(string.n_bytes == n_bytes && memcmp(string.data, expected, n_bytes) == 0);
  }
  bs_json_free(&json);
  bs_text_free(&r.decoded);
  free(copy);
  return taken;
}

static void strings_are_those_of_the_parser(void) {
  static const char *const good[] = {"\"\"",
                                     "\"a\"",
                                     "\"12345678\"",
                                     "\"1234567\\\"\"",
                                     "\"a long one of no escape at all\"",
                                     "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"",
                                     "\"\\u0041\\u00e9\\u2581\\uFFFF\"",
                                     "\"\\ud83d\\uDE42\"",
                                     "\"x\\u0000y\"",
                                     "\"\xE2\x96\x81the\"",
                                     "\"tab\there\""};
  static const char *const bad[] = {"\"",
                                    "\"a",
                                    "\"\\x\"",
                                    "\"\\u12\"",
                                    "\"\\ud83d\"",
                                    "\"\\ud83dx\"",
                                    "\"\\ud83d\\u0041\"",
                                    "\"\\ude42\"",
                                    "\"\\",
                                    "\"\\\""};
  for (size_t i = 0; i < sizeof good / sizeof *good; i++)
    CU_ASSERT_TRUE(same_string(good[i]));
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
    CU_ASSERT_FALSE(same_string(bad[i]));
}

static void numbers_are_those_of_the_parser(void) {
  static const char *const literals[] = {"0",
                                         "7",
                                         "123456789012345",
                                         "1234567890123456",
                                         "-1",
                                         "0.5",
                                         "1e3",
                                         "12345678901234567890",
                                         "-",
                                         "x",
                                         "1-2",
                                         "9007199254740993",
                                         "1.5e-3"};
  for (size_t i = 0; i < sizeof literals / sizeof *literals; i++) {
    char text[64];
    bs_json *json = NULL;
    double number = 0;
    snprintf(text, sizeof text, "[%s]", literals[i]);
    bs_json_reader r = {.text = text, .end = strlen(text)};
    bool taken = bs_json_reader_take(&r, '[') && bs_json_reader_number(&r, &number) &&
                 !bs_json_reader_next(&r, 1, ']') && !r.broken;
    bool parsed = bs_json_parse(&json, text, strlen(text), "file", NULL) == BS_OK;
    CU_ASSERT_EQUAL(taken, parsed);
    if (taken && parsed)
      CU_ASSERT_EQUAL(number, json->root->child->valuedouble);
    bs_json_free(&json);
  }
}

int main(void) {
  static const bs_test tests[] = {
      {"lists are left out and lines stay", lists_are_left_out_and_lines_stay},
      {"the last of repeated keys is left out", the_last_of_repeated_keys_is_left_out},
      {"faults are those of the whole text", faults_are_those_of_the_whole_text},
      {"strings are those of the parser", strings_are_those_of_the_parser},
      {"numbers are those of the parser", numbers_are_those_of_the_parser},
  };
  return bs_test_main("json_cut", tests, sizeof tests / sizeof *tests);
}
