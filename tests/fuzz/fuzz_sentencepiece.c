/* A SentencePiece model in a folder whose class the first byte chooses, and texts through it: its
   protocol buffer, its character map and the models that follow from it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bigsweep/helpers.h"
#include "bigsweep/tokenizer.h"
#include "folder.h"
#include "fuzz.h"

static void use(const bs_tokenizer *tokenizer, const char *text, size_t n_bytes) {
  bs_tokens ids = {0};
  bs_text back = {0};
  if (bs_tokenizer_encode(tokenizer, text, n_bytes, true, &ids, NULL) == BS_OK &&
      bs_tokenizer_decode(tokenizer, ids.ids, ids.n, false, &back, NULL) == BS_OK &&
      bs_utf8_valid_bytes(back.data != NULL ? back.data : "", back.n_bytes) != back.n_bytes)
    abort();
  bs_text_free(&back);
  bs_tokens_free(&ids);
}

void bs_fuzz_one(const uint8_t *data, size_t size) {
  static const struct {
    const char *class, *file;
  } kinds[] = {{"LlamaTokenizer", "tokenizer.model"},
               {"GemmaTokenizer", "tokenizer.model"},
               {"T5Tokenizer", "spiece.model"},
               {"XGLMTokenizer", "sentencepiece.bpe.model"}};
  static const char text[] =
      "Aab ba  a\n<s>a</s>\xC3\xB6 e\xCC\x81\xF0\x9F\x99\x82 <extra_id_0> a ";
  if (size == 0)
    return;
  size_t kind = data[0] % (sizeof kinds / sizeof *kinds);
  char config[128];
  snprintf(config, sizeof config, "{\"tokenizer_class\": \"%s\", \"extra_ids\": 3}",
           kinds[kind].class);
  bs_fuzz_write("tokenizer_config.json", config, strlen(config));
  bs_fuzz_write(kinds[kind].file, data + 1, size - 1);
  bs_tokenizer *tokenizer = NULL;
  if (bs_tokenizer_open(&tokenizer, bs_fuzz_folder(), NULL) != BS_OK)
    return;
  use(tokenizer, text, sizeof text - 1);
  bs_tokenizer_free(&tokenizer);
}
