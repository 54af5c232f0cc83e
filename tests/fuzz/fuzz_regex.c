/* An expression of a tokenizer.json, a NUL and a text: all its matches. They come one behind the
   other and lie in the text. */
#include <stdlib.h>
#include <string.h>

#include "base/text_internal.h"
#include "fuzz.h"
#include "tokenizer/regex_internal.h"

static void walk(const bs_regex *regex, const char *text, size_t n_bytes) {
  bs_matches matches = {0};
  if (bs_matches_open(&matches, regex, NULL) != BS_OK)
    abort();
  bs_matches_begin(&matches, text, n_bytes);
  bool found = true;
  for (size_t start = 0, end = 0, before = 0; found; before = end) {
    if (bs_matches_next(&matches, &found, &start, &end, NULL) != BS_OK)
      break;
    if (found && (start < before || end < start || end > n_bytes))
      abort();
  }
  bs_matches_free(&matches);
}

void bs_fuzz_one(const uint8_t *data, size_t size) {
  const uint8_t *end = size > 0 ? memchr(data, 0, size) : NULL;
  if (end == NULL)
    return;
  const char *pattern = (const char *)data, *text = (const char *)end + 1;
  size_t n_pattern = (size_t)(end - data), n_text = size - n_pattern - 1;
  bs_json *json = NULL;
  bs_regex *regex = NULL;
  if (bs_json_parse(&json, "\"\"", 2, "fuzz", NULL) != BS_OK)
    abort();
  n_pattern = bs_utf8_valid_bytes(pattern, n_pattern); /* as JSON's strings are */
  if (bs_regex_new(&regex, pattern, n_pattern, json, json->root, NULL) == BS_OK)
    walk(regex, text, bs_utf8_valid_bytes(text, n_text));
  bs_regex_free(&regex);
  bs_json_free(&json);
}
