#include "build_tokenizer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bigsweep/json.h"
#include "harness.h"

static void append(bs_text *text, const char *string) {
  bs_error err = {0};
  CU_ASSERT_EQUAL_FATAL(bs_text_append_string(text, string, &err), BS_OK);
}

static void append_ascii(bs_text *json) {
  bs_error err = {0};
  append(json, "\"<unk>\": 0, \"\\t\": 1");
  for (int c = ' '; c < 0x7F; c++)
    bs_text_printf(json, &err, ", \"%s%c\": %d", c == '"' || c == '\\' ? "\\" : "", c, c);
}

bs_text tokenizer_json(tokenizer_parts parts) {
  const struct {
    const char *key, *value, *absent;
  } members[] = {{"added_tokens", parts.added, "[]"},
                 {"normalizer", parts.normalizer, "null"},
                 {"pre_tokenizer", parts.pre_tokenizer, "null"},
                 {"post_processor", parts.post_processor, "null"},
                 {"decoder", parts.decoder, "null"}};
  bs_text json = {0};
  append(&json, "{\"version\": \"1.0\"");
  for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
    append(&json, ", \"");
    append(&json, members[i].key);
    append(&json, "\": ");
    append(&json, members[i].value != NULL ? members[i].value : members[i].absent);
  }
  append(&json, ", \"model\": {\"type\": \"BPE\", \"unk_token\": \"<unk>\", \"vocab\": {");
  if (parts.vocab != NULL)
    append(&json, parts.vocab);
  else
    append_ascii(&json);
  append(&json, "}, \"merges\": ");
  append(&json, parts.merges != NULL ? parts.merges : "[]");
  append(&json, parts.options != NULL ? parts.options : "");
  append(&json, "}}");
  return json;
}

bs_tokenizer *build_tokenizer(tokenizer_parts parts) {
  bs_error err = {0};
  bs_tokenizer *tokenizer = NULL;
  bs_text json = tokenizer_json(parts);
  BS_TEST_OK(bs_tokenizer_parse(&tokenizer, json.data, json.n_bytes, "test", &err), err);
  bs_text_free(&json);
  return tokenizer;
}

static void compare(const char *text, const bs_text *found, const char *expected) {
  const char *data = found->data != NULL ? found->data : "";
  if (strcmp(data, expected) != 0) {
    printf("\n    \"%s\": expected \"%s\", found \"%s\"", text, expected, data);
    CU_FAIL("tokens");
  }
}

static bs_tokens encode(const bs_tokenizer *tokenizer, const char *text, bool special) {
  bs_error err = {0};
  bs_tokens ids = {0};
  if (tokenizer != NULL)
    BS_TEST_OK(bs_tokenizer_encode(tokenizer, text, strlen(text), special, &ids, &err), err);
  return ids;
}

void check_tokens(const bs_tokenizer *tokenizer, const char *text, bool special,
                  const char *expected) {
  bs_error err = {0};
  bs_text found = {0};
  bs_tokens ids = encode(tokenizer, text, special);
  for (size_t i = 0; tokenizer != NULL && i < ids.n; i++) {
    if (i > 0)
      append(&found, "|");
    BS_TEST_OK(bs_tokenizer_decode(tokenizer, &ids.ids[i], 1, false, &found, &err), err);
  }
  compare(text, &found, expected);
  bs_tokens_free(&ids);
  bs_text_free(&found);
}

void check_ids(const bs_tokenizer *tokenizer, const char *text, bool special,
               const char *expected) {
  bs_error err = {0};
  bs_text found = {0};
  bs_tokens ids = encode(tokenizer, text, special);
  for (size_t i = 0; i < ids.n; i++)
    bs_text_printf(&found, &err, "%s%d", i > 0 ? " " : "", (int)ids.ids[i]);
  compare(text, &found, expected);
  bs_tokens_free(&ids);
  bs_text_free(&found);
}

void check_decoded(const bs_tokenizer *tokenizer, const int32_t *ids, size_t n, bool skip,
                   const char *expected) {
  bs_error err = {0};
  bs_text found = {0};
  if (tokenizer != NULL)
    BS_TEST_OK(bs_tokenizer_decode(tokenizer, ids, n, skip, &found, &err), err);
  compare("decoding", &found, expected);
  bs_text_free(&found);
}
