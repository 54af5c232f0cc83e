#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file_internal.h"
#include "base/memory_internal.h"
#include "base/text_internal.h"
#include "bigsweep/json.h"
#include "harness.h"

static void error_keeps_the_first(void) {
  bs_error err = {0};
  CU_ASSERT_EQUAL(bs_error_set(&err, BS_ERR_INPUT, "first %d", 1), BS_ERR_INPUT);
  CU_ASSERT_EQUAL(bs_error_set(&err, BS_ERR_IO, "second"), BS_ERR_IO);
  CU_ASSERT_STRING_EQUAL(err.message, "first 1");
  CU_ASSERT_EQUAL(err.status, BS_ERR_INPUT);
  bs_error_prefix(&err, "file %s", "a.json");
  CU_ASSERT_STRING_EQUAL(err.message, "file a.json: first 1");
  bs_error_clear(&err);
  CU_ASSERT_EQUAL(err.status, BS_OK);
  CU_ASSERT_EQUAL(bs_error_recast(&err, BS_ERR_USAGE), BS_ERR_USAGE);
  CU_ASSERT_EQUAL(err.status, BS_OK); /* there was none to recast */
  bs_error_set(&err, BS_ERR_IO, "third");
  CU_ASSERT_EQUAL(bs_error_recast(&err, BS_ERR_USAGE), BS_ERR_USAGE);
  CU_ASSERT_EQUAL(err.status, BS_ERR_USAGE);
  CU_ASSERT_STRING_EQUAL(err.message, "third");
  CU_ASSERT_EQUAL(bs_error_set(NULL, BS_ERR_IO, "nobody listens"), BS_ERR_IO);
  CU_ASSERT_EQUAL(bs_error_recast(NULL, BS_ERR_USAGE), BS_ERR_USAGE);
  bs_error_prefix(NULL, "nobody");
  bs_error_clear(NULL);
}

static void errors_are_utf8(void) {
  bs_error err = {0};
  bs_error_set(&err, BS_ERR_INPUT, "key \"%s\", found \"%.1s\", \xFF\xE4\xBD", "\xC0\x80k",
               "\xC3\xA9");
  CU_ASSERT_STRING_EQUAL(err.message, "key \"\\0k\", found \"?\", ???");
  bs_error_prefix(&err, "f\xC3\xA9%.2s", "\xE4\xBD\xA0");
  CU_ASSERT_STRING_EQUAL(err.message, "f\xC3\xA9??: key \"\\0k\", found \"?\", ???");
}

static void error_cuts_long_messages(void) {
  bs_error err = {0};
  char text[3 * BS_ERROR_MESSAGE_BYTES];
  for (size_t i = 0; i + 2 < sizeof text; i += 2)
    memcpy(text + i, "\xC3\xA9", 3); /* é */
  bs_error_set(&err, BS_ERR_INPUT, "x%s", text);
  size_t n = strlen(err.message);
  CU_ASSERT_TRUE(n < BS_ERROR_MESSAGE_BYTES);
  CU_ASSERT_STRING_EQUAL(err.message + n - 3, "...");
  CU_ASSERT_EQUAL(bs_utf8_valid_bytes(err.message, n), n);
  bs_error_prefix(&err, "p");
  n = strlen(err.message);
  CU_ASSERT_TRUE(n < BS_ERROR_MESSAGE_BYTES);
  CU_ASSERT_EQUAL(bs_utf8_valid_bytes(err.message, n), n);
}

static void sizes_are_checked(void) {
  size_t out;
  CU_ASSERT_TRUE(bs_size_mul(3, 4, &out) && out == 12);
  CU_ASSERT_FALSE(bs_size_mul(SIZE_MAX, 2, &out));
  CU_ASSERT_FALSE(bs_size_add(SIZE_MAX, 1, &out));
  bs_error err = {0};
  double *array = NULL;
  size_t capacity = 0;
  CU_ASSERT_EQUAL(bs_reserve(&array, &capacity, SIZE_MAX, 1, &err), BS_ERR_MEMORY);
  bs_error_clear(&err);
  CU_ASSERT_EQUAL(bs_reserve(&array, &capacity, 0, SIZE_MAX / 4, &err), BS_ERR_MEMORY);
  CU_ASSERT_PTR_NULL(array);
  CU_ASSERT_EQUAL(capacity, 0);
}

static void arrays_grow(void) {
  double *array = NULL;
  size_t capacity = 0;
  for (size_t n = 0; n < 100; n++) {
    CU_ASSERT_EQUAL_FATAL(bs_reserve(&array, &capacity, n, 1, NULL), BS_OK);
    CU_ASSERT_TRUE(capacity > n && capacity < 2 * (n + 8));
    array[n] = (double)n;
  }
  double *before = array;
  CU_ASSERT_EQUAL(bs_reserve(&array, &capacity, 0, capacity, NULL), BS_OK);
  CU_ASSERT_PTR_EQUAL(array, before); /* there was room */
  CU_ASSERT_EQUAL(bs_reserve(&array, &capacity, 100, 1000, NULL), BS_OK);
  CU_ASSERT_TRUE(capacity >= 1100);
  for (size_t n = 0; n < 100; n++)
    CU_ASSERT_EQUAL(array[n], (double)n);
  free(array);
}

static void sizes_are_rounded(void) {
  CU_ASSERT_EQUAL(bs_size_min(3, SIZE_MAX), 3);
  CU_ASSERT_EQUAL(bs_size_max(3, SIZE_MAX), SIZE_MAX);
  CU_ASSERT_EQUAL(bs_ceil_div(0, 4), 0);
  CU_ASSERT_EQUAL(bs_ceil_div(8, 4), 2);
  CU_ASSERT_EQUAL(bs_ceil_div(9, 4), 3);
  CU_ASSERT_EQUAL(bs_ceil_div(SIZE_MAX, 2), SIZE_MAX / 2 + 1); /* no sum overflows on the way */
  CU_ASSERT_EQUAL(bs_round_up(0, 7), 0);
  CU_ASSERT_EQUAL(bs_round_up(14, 7), 14);
  CU_ASSERT_EQUAL(bs_round_up(15, 7), 21);
}

static void utf8_is_strict(void) {
  static const struct {
    const char *bytes;
    size_t n, valid;
  } cases[] = {
      {"abc", 3, 3},
      {"\xC3\xA9", 2, 2},
      {"\xC3", 1, 0},
      {"\xC0\x80", 2, 0},
      {"\xED\xA0\x80", 3, 0},
      {"\xF0\x9F\x98\x80", 4, 4},
      {"\xF4\x90\x80\x80", 4, 0},
      {"a\x80", 2, 1},
      {"\xE0\x80\x80", 3, 0},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    CU_ASSERT_EQUAL(bs_utf8_valid_bytes(cases[i].bytes, cases[i].n), cases[i].valid);
  for (uint32_t c = 0; c <= 0x10FFFF; c++) {
    if (c >= 0xD800 && c <= 0xDFFF)
      continue;
    char bytes[4];
    uint32_t back = 0;
    size_t n = bs_utf8_encode(c, bytes);
    if (bs_utf8_decode(bytes, n, &back) != n || back != c)
      CU_FAIL("a code point does not survive");
  }
}

static void nearest_name_suggests(void) {
  static const char *const known[] = {"models", "tasks", "shots"};
  CU_ASSERT_STRING_EQUAL(bs_nearest_name("model", known, 3), "models");
  CU_ASSERT_STRING_EQUAL(bs_nearest_name("shot", known, 3), "shots");
  CU_ASSERT_PTR_NULL(bs_nearest_name("zebra", known, 3));
  static const char *const commands[] = {"run", "plan", "analyze"};
  CU_ASSERT_STRING_EQUAL(bs_nearest_name("rnu", commands, 3), "run"); /* swapped: one step */
  CU_ASSERT_STRING_EQUAL(bs_nearest_name("anaylze", commands, 3), "analyze");
  CU_ASSERT_PTR_NULL(bs_nearest_name("nur", commands, 3));
}

static void sha256_of_known_texts(void) {
  bs_error err = {0};
  unsigned char digest[32];
  char hex[65];
  BS_TEST_OK(bs_sha256("abc", 3, digest, &err), err); /* FIPS 180-4, example */
  bs_hex(digest, 32, hex);
  CU_ASSERT_STRING_EQUAL(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  const char *path = bs_test_write("abc", "abc", 3);
  char of_file[65];
  BS_TEST_OK(bs_sha256_file(path, of_file, &err), err);
  CU_ASSERT_STRING_EQUAL(of_file, hex);
  BS_TEST_FAILS(bs_sha256_file(bs_test_path("absent"), of_file, &err), BS_ERR_IO, err, "absent");
}

static void json_reads_and_places_errors(void) {
  bs_error err = {0};
  bs_json *json = NULL;
  static const char text[] = "{\"a\": 1,\n \"list\": [true, {\"c\": \"x\\u0000y\"}],\n \"a\": 2.5}";
  BS_TEST_OK(bs_json_parse(&json, text, strlen(text), "t.json", &err), err);
  double a = 0;
  BS_TEST_OK(bs_json_get_double(json, json->root, "a", true, &a, &err), err);
  CU_ASSERT_EQUAL(a, 2.5); /* the last of repeated keys */
  const cJSON *b = bs_json_get(json->root, "list");
  const cJSON *c = bs_json_get(cJSON_GetArrayItem(b, 1), "c");
  CU_ASSERT_EQUAL(bs_json_line(json, c), 2);
  BS_TEST_FAILS(bs_json_fault(json, c, &err, "wrong"), BS_ERR_INPUT, err,
                "t.json: line 2: list[1].c: wrong");
  size_t n = 0;
  CU_ASSERT_NSTRING_EQUAL(bs_json_string(c, &n), "x\0y", 3);
  CU_ASSERT_EQUAL(n, 3);
  int64_t whole = 0;
  BS_TEST_FAILS(bs_json_get_integer(json, json->root, "a", true, 0, 9, &whole, &err), BS_ERR_INPUT,
                err, "line 3: a: expected a whole number from 0 to 9, found 2.5");
  /* INT64_MAX as a double is 2^63, which no int64_t holds */
  bs_json *large = NULL;
  BS_TEST_OK(bs_json_parse(&large, "{\"a\": 9223372036854775808}", 26, "f", &err), err);
  BS_TEST_FAILS(bs_json_get_integer(large, large->root, "a", true, 0, INT64_MAX, &whole, &err),
                BS_ERR_INPUT, err, "expected a whole number");
  bs_json_free(&large);
  bool flag = false;
  BS_TEST_FAILS(bs_json_get_bool(json, json->root, "z", true, &flag, &err), BS_ERR_INPUT, err,
                "key \"z\" is missing");
  static const char *const known[] = {"a", "lists"};
  BS_TEST_FAILS(bs_json_known_keys(json, json->root, known, 2, &err), BS_ERR_INPUT, err,
                "t.json: line 3: a: the key stands twice");
  BS_TEST_FAILS(bs_json_known_keys(json, json->root, known + 1, 1, &err), BS_ERR_INPUT, err,
                "t.json: line 1: a: unknown key \"a\"");
  bs_json_free(&json);
  static const char near_miss[] = "{\"list\": 1}";
  BS_TEST_OK(bs_json_parse(&json, near_miss, strlen(near_miss), "t.json", &err), err);
  BS_TEST_FAILS(bs_json_known_keys(json, json->root, known, 2, &err), BS_ERR_INPUT, err,
                "unknown key \"list\", did you mean \"lists\"?");
  bs_json_free(&json);
  static const char *const bad[] = {"", "{", "{\"a\":}", "[1,2", "nul", "{} x", "\"\xFF\""};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    BS_TEST_FAILS(bs_json_parse(&json, bad[i], strlen(bad[i]), "t.json", &err), BS_ERR_INPUT, err,
                  "t.json: line 1");
    CU_ASSERT_PTR_NULL(json);
  }
}

/* What people write into JSON by hand, and what is told of it. */
static void json_says_why_it_is_none(void) {
  static const char comments[] = "JSON has no comments",
                    comma[] = "JSON has no comma behind the last element",
                    yaml[] = "as it seems, YAML", ended[] = "the text ends before";
  static const struct {
    const char *text, *why;
  } cases[] = {{"{\"a\": 1, // one\n\"b\": 2}", comments},
               {"{\"a\": 1 // one\n}", comments},
               {"{\"a\": [1, /* two */ 2]}", comments},
               {"// head\n{\"a\": 1}", comments},
               {"# head\n{\"a\": 1}", comments},
               {"{\"a\": 1\n# tail\n}", comments},
               {"{\"a\": 1}\n// tail", comments},
               {"{\"a\": [1, 2,]}", comma},
               {"{\"a\": [1, 2\n,\n]}", comma},
               {"{\"a\": 1,}", comma},
               {"{\"a\": 1,\n }\n", comma},
               {"{'a': 1}", "double quotes"},
               {"{\"a\": 'b'}", "double quotes"},
               {"{\"a\": True}", "true, false, null"},
               {"{\"a\": NaN}", "true, false, null"},
               {"{\"a\": [1, 2", ended},
               {"{\"a\": {\"b\": 1}", ended},
               {"models:\n  - path: x\n", yaml},
               {"---\nname: x\n", yaml},
               {"# sweep\n\nname: x\n", yaml},
               {"- a\n- b\n", yaml}};
  bs_error err = {0};
  bs_json *json = NULL;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    BS_TEST_FAILS(bs_json_parse(&json, cases[i].text, strlen(cases[i].text), "t.json", &err),
                  BS_ERR_INPUT, err, cases[i].why);
  /* none of them inside a text */
  const char *good = "{\"a\": \"// # 'x', True,]\", \"b: c\": [\"---\"]}";
  BS_TEST_OK(bs_json_parse(&json, good, strlen(good), "t.json", &err), err);
  bs_json_free(&json);
}

/* Brackets in texts do not count, and those that are closed no more. */
static void json_says_what_is_too_deep(void) {
  enum { LIMIT = 1000 };
  char text[4 * LIMIT] = "[[[\"[[\\\"[\"]]";
  bs_error err = {0};
  bs_json *json = NULL;
  BS_TEST_FAILS(bs_json_parse(&json, text, strlen(text), "t.json", &err), BS_ERR_INPUT, err,
                "not JSON from here");
  size_t n = strlen(text);
  memset(text + n, ',', 1);
  memset(text + n + 1, '[', LIMIT);
  BS_TEST_FAILS(bs_json_parse(&json, text, n + 1 + LIMIT, "t.json", &err), BS_ERR_INPUT, err,
                "too deep");
  memset(text, '{', LIMIT);
  BS_TEST_FAILS(bs_json_parse(&json, text, LIMIT, "t.json", &err), BS_ERR_INPUT, err,
                "not JSON from here");
}

static void json_survives_every_truncation(void) {
  static const char text[] =
      "{\"k\": [1.5e3, \"\\u00e9\\ud83d\\ude00\\u0000\", null, {\"z\": []}]}";
  for (size_t n = 0; n < sizeof text - 1; n++) {
    bs_error err = {0};
    bs_json *json = NULL;
    CU_ASSERT_EQUAL(bs_json_parse(&json, text, n, "t", &err), BS_ERR_INPUT);
    bs_json_free(&json);
  }
}

static void json_writes_what_reads_back(void) {
  bs_error err = {0};
  bs_text text = {0};
  BS_TEST_OK(bs_json_append_string(&text, "a\"\\\n\x01\0z", 7, &err), err);
  CU_ASSERT_STRING_EQUAL(text.data, "\"a\\\"\\\\\\n\\u0001\\u0000z\"");
  static const double values[] = {0.1, 1.0 / 3, -1e-300, 123456789.0, 5e-324};
  for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
    text.n_bytes = 0;
    BS_TEST_OK(bs_json_append_double(&text, values[i], &err), err);
    CU_ASSERT_EQUAL(strtod(text.data, NULL), values[i]);
  }
  text.n_bytes = 0;
  BS_TEST_OK(bs_json_append_double(&text, NAN, &err), err);
  CU_ASSERT_STRING_EQUAL(text.data, "null");
  bs_text_free(&text);
}

static void files_are_read_and_mapped(void) {
  bs_error err = {0};
  bs_text text = {0};
  const char *path = bs_test_write("f", "hello", 5);
  BS_TEST_OK(bs_file_read(path, 0, &text, &err), err);
  CU_ASSERT_STRING_EQUAL(text.data, "hello");
  bs_text_free(&text);
  BS_TEST_FAILS(bs_file_read(path, 4, &text, &err), BS_ERR_LIMIT, err, "at most 4");
  BS_TEST_FAILS(bs_file_read(bs_test_folder(), 0, &text, &err), BS_ERR_IO, err, "regular file");
  bs_file_map map;
  BS_TEST_OK(bs_file_map_open(&map, path, &err), err);
  CU_ASSERT_EQUAL(map.n_bytes, 5);
  bs_file_map_close(&map);
  BS_TEST_OK(bs_file_map_open(&map, bs_test_write("empty", "", 0), &err), err);
  CU_ASSERT_PTR_NULL(map.data);
  bs_file_map_close(&map);
  bs_text_free(&text);
}

/* A limit of the address space (ulimit -v) is no fault of the file: the message says so. */
static void a_file_too_large_for_the_address_space(void) {
  bs_error err = {0};
  bs_file_map map;
  struct rlimit usual, low;
  const char *path = bs_test_write("large", "", 0);
  CU_ASSERT_EQUAL(truncate(path, 1 << 26), 0);
  CU_ASSERT_EQUAL(getrlimit(RLIMIT_AS, &usual), 0);
  low = usual;
  low.rlim_cur = 1 << 20;
  CU_ASSERT_EQUAL(setrlimit(RLIMIT_AS, &low), 0);
  bs_status status = bs_file_map_open(&map, path, &err);
  CU_ASSERT_EQUAL(setrlimit(RLIMIT_AS, &usual), 0);
  CU_ASSERT_EQUAL(status, BS_ERR_IO);
  CU_ASSERT_PTR_NOT_NULL(strstr(err.message, "raise its limit (`ulimit -v unlimited`)"));
  CU_ASSERT_PTR_NULL(map.data);
}

/* What a failed download leaves in the place of a JSON file is told by its name. */
static void what_is_no_json_file_is_told(void) {
  static const struct {
    const char *content, *message;
  } cases[] = {{"", "f.json: line 1, column 1: expected JSON, found an empty text"},
               {"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n",
                "it is a Git LFS pointer: the file itself was not downloaded"},
               {"<!doctype html>\n<html>", "it is a web page, not the file"},
               {"<html><body>", "it is a web page, not the file"},
               {"[1", "f.json: line 1, column 3: not JSON from here"}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    bs_error err = {0};
    bs_json *json = NULL;
    const char *path = bs_test_write("f.json", cases[i].content, strlen(cases[i].content));
    BS_TEST_FAILS(bs_json_load(&json, path, 0, &err), BS_ERR_INPUT, err, cases[i].message);
    CU_ASSERT_PTR_NULL(json);
  }
}

static void paths_are_joined(void) {
  bs_error err = {0};
  static const struct {
    const char *folder, *name, *joined;
  } cases[] = {{"a", "b", "a/b"}, {"a/", "b", "a/b"}, {"", "b", "b"}, {"a", "/b", "/b"}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    char *joined = bs_path_join(cases[i].folder, cases[i].name, &err);
    CU_ASSERT_STRING_EQUAL(joined, cases[i].joined);
    free(joined);
  }
  char *folder = bs_path_folder("/x", &err);
  CU_ASSERT_STRING_EQUAL(folder, "/");
  free(folder);
  CU_ASSERT_STRING_EQUAL(bs_path_name("a/b.json"), "b.json");
}

/* However a path is written, the name is that of the folder it leads to. */
static void a_folder_has_one_name(void) {
  bs_error err = {0};
  char here[4096];
  CU_ASSERT_PTR_NOT_NULL_FATAL(getcwd(here, sizeof here));
  mkdir(bs_test_path("outer"), 0700);
  mkdir(bs_test_path("outer/inner"), 0700);
  CU_ASSERT_EQUAL_FATAL(chdir(bs_test_path("outer/inner")), 0);
  static const struct {
    const char *path, *name;
  } cases[] = {{"small", "small"},
               {"small/", "small"},
               {"small//", "small"},
               {"a/small/.", "small"},
               {"a/small/./", "small"},
               {"a//small", "small"},
               {"a/.hidden", ".hidden"},
               {"a.", "a."},
               {"..a/", "..a"},
               {"./small", "small"},
               {"../small/", "small"},
               {".", "inner"},
               {"./", "inner"},
               {"././/", "inner"},
               {"", "inner"},
               {"..", "outer"},
               {"../", "outer"},
               {"../.", "outer"},
               {"../inner/..", "outer"},
               {"./..//", "outer"}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    char *name = bs_folder_name(cases[i].path, &err);
    CU_ASSERT_PTR_NOT_NULL_FATAL(name);
    CU_ASSERT_STRING_EQUAL(name, cases[i].name);
    free(name);
  }
  CU_ASSERT_PTR_NULL(bs_folder_name("//", &err));
  CU_ASSERT_EQUAL(err.status, BS_ERR_INPUT);
  bs_error_clear(&err);
  CU_ASSERT_PTR_NULL(bs_folder_name("absent/..", &err));
  CU_ASSERT_EQUAL(err.status, BS_ERR_IO);
  CU_ASSERT_EQUAL_FATAL(chdir(here), 0);
}

static void names_are_found_in_lists(void) {
  CU_ASSERT_TRUE(bs_list_has("bleu", "bleu"));
  CU_ASSERT_TRUE(bs_list_has("bleu,rouge1,macro_f1", "bleu"));
  CU_ASSERT_TRUE(bs_list_has("bleu,rouge1,macro_f1", "rouge1"));
  CU_ASSERT_TRUE(bs_list_has("bleu,rouge1,macro_f1", "macro_f1"));
  CU_ASSERT_FALSE(bs_list_has("bleu,rouge1", "rouge"));
  CU_ASSERT_FALSE(bs_list_has("bleu,rouge1", "e1"));
  CU_ASSERT_FALSE(bs_list_has("bleu,rouge1", "bleu,rouge1"));
  CU_ASSERT_FALSE(bs_list_has("", "bleu"));
  CU_ASSERT_TRUE(bs_list_has_bytes("avx2,portable", "avx2,", 4));
  CU_ASSERT_FALSE(bs_list_has_bytes("avx512", "avx2", 3));
}

int main(void) {
  static const bs_test tests[] = {
      {"names are found in lists", names_are_found_in_lists},
      {"an error keeps the first message", error_keeps_the_first},
      {"errors are UTF-8", errors_are_utf8},
      {"a long message is cut at a character", error_cuts_long_messages},
      {"sizes are checked", sizes_are_checked},
      {"sizes are rounded", sizes_are_rounded},
      {"arrays grow and keep what they hold", arrays_grow},
      {"UTF-8 is strict", utf8_is_strict},
      {"the nearest name is suggested", nearest_name_suggests},
      {"SHA-256 of known texts", sha256_of_known_texts},
      {"JSON is read and faults are placed", json_reads_and_places_errors},
      {"JSON says why it is none", json_says_why_it_is_none},
      {"JSON says what is too deep", json_says_what_is_too_deep},
      {"JSON survives every truncation", json_survives_every_truncation},
      {"JSON that is written reads back", json_writes_what_reads_back},
      {"files are read and mapped", files_are_read_and_mapped},
      {"a file too large for the address space", a_file_too_large_for_the_address_space},
      {"what is no JSON file is told", what_is_no_json_file_is_told},
      {"paths are joined", paths_are_joined},
      {"a folder has one name", a_folder_has_one_name},
  };
  return bs_test_main("base", tests, sizeof tests / sizeof *tests);
}
