/* A tokenizer.json, and texts through one that opens: a fixed one and the file's own beginning.
   What opens has to be JSON: its long lists are read without the parser. */
#include <stdlib.h>
#include <string.h>

#include "bigsweep/json.h"
#include "bigsweep/tokenizer.h"
#include "fuzz.h"

enum { MOST_TEXT = 256 };

static void use(const bs_tokenizer *tokenizer, const char *text, size_t n_bytes) {
  bs_tokens ids = {0};
  bs_text back = {0};
  if (bs_tokenizer_encode(tokenizer, text, n_bytes, true, &ids, NULL) == BS_OK)
    bs_tokenizer_decode(tokenizer, ids.ids, ids.n, false, &back, NULL);
  bs_tokens_free(&ids);
  bs_text_free(&back);
}

void bs_fuzz_one(const uint8_t *data, size_t size) {
  static const char text[] =
      "Hello, w\xC3\xB6rld 123\n\n  it's \xE4\xBD\xA0\xE5\xA5\xBD <s>\xF0\x9F\x99\x82";
  static const int32_t ids[] = {0, 1, 2, 3, 5, 100, 1000000, 2147483647};
  bs_tokenizer *tokenizer = NULL;
  if (bs_tokenizer_parse(&tokenizer, (const char *)data, size, "fuzz", NULL) != BS_OK)
    return;
  bs_json *json = NULL;
  if (bs_json_parse(&json, (const char *)data, size, "fuzz", NULL) != BS_OK)
    abort();
  bs_json_free(&json);
  bs_text back = {0};
  use(tokenizer, text, sizeof text - 1);
  use(tokenizer, (const char *)data, size < MOST_TEXT ? size : MOST_TEXT);
  bs_tokenizer_decode(tokenizer, ids, sizeof ids / sizeof *ids, true, &back, NULL);
  bs_text_free(&back);
  bs_tokenizer_free(&tokenizer);
}
