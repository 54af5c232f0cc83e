/* A tokenizer_config.json, and behind a NUL each a special_tokens_map.json and a config.json,
   beside a small tokenizer.json; and a text through what opens. */
#include <stdbool.h>
#include <string.h>

#include "bigsweep/tokenizer.h"
#include "folder.h"
#include "fuzz.h"

static const char TOKENIZER[] =
    "{\"version\": \"1.0\", \"added_tokens\": [{\"id\": 1, \"content\": \"<s>\", \"special\": "
    "true}], "
    "\"normalizer\": {\"type\": \"Prepend\", \"prepend\": \"\xE2\x96\x81\"}, \"model\": {\"type\": "
    "\"BPE\", \"unk_token\": \"<unk>\", \"vocab\": {\"<unk>\": 0, \"<s>\": 1, \"</s>\": 2, \"a\": "
    "3, "
    "\"b\": 4, \"ab\": 5, \"\xE2\x96\x81\": 6}, \"merges\": [\"a b\"]}}";
static const char MODEL[] = "{\"model_type\": \"llama\", \"bos_token_id\": 1}";

/* Writes a file with the bytes up to the next NUL; what is behind it is left. */
static void write_next(const char *name, const uint8_t **data, size_t *size) {
  const uint8_t *end = *size > 0 ? memchr(*data, 0, *size) : NULL;
  size_t n = end != NULL ? (size_t)(end - *data) : *size;
  bs_fuzz_write(name, *data, n);
  *data += n + (end != NULL);
  *size -= n + (end != NULL);
}

void bs_fuzz_one(const uint8_t *data, size_t size) {
  static const char text[] = " ab<s>ab <x>b<pad>";
  bs_tokenizer *tokenizer = NULL;
  bs_tokens ids = {0};
  bs_text back = {0};
  bs_fuzz_write("tokenizer.json", TOKENIZER, sizeof TOKENIZER - 1);
  write_next("tokenizer_config.json", &data, &size);
  bool has_map = size > 0;
  write_next("special_tokens_map.json", &data, &size);
  if (!has_map)
    bs_fuzz_write("special_tokens_map.json", "{}", 2);
  if (size > 0)
    write_next("config.json", &data, &size);
  else
    bs_fuzz_write("config.json", MODEL, sizeof MODEL - 1);
  if (bs_tokenizer_open(&tokenizer, bs_fuzz_folder(), NULL) != BS_OK)
    return;
  if (bs_tokenizer_encode(tokenizer, text, sizeof text - 1, true, &ids, NULL) == BS_OK)
    bs_tokenizer_decode(tokenizer, ids.ids, ids.n, true, &back, NULL);
  bs_tokens_free(&ids);
  bs_text_free(&back);
  bs_tokenizer_free(&tokenizer);
}
