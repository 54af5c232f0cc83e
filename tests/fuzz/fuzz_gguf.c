/* A GGUF file: as a model, and its tokenizer. */
#include "bigsweep/checkpoint.h"
#include "bigsweep/tokenizer.h"
#include "folder.h"
#include "fuzz.h"

#include <stdio.h>

void bs_fuzz_one(const uint8_t *data, size_t size) {
  static const char text[] = "a b\n<x>";
  char path[256];
  bs_checkpoint *checkpoint = NULL;
  bs_tokenizer *tokenizer = NULL;
  bs_model_info info;
  bs_tokens ids = {0};
  bs_fuzz_write("fuzz.gguf", data, size);
  snprintf(path, sizeof path, "%s/fuzz.gguf", bs_fuzz_folder());
  if (bs_checkpoint_open(&checkpoint, path, NULL) == BS_OK) {
    bs_checkpoint_info(checkpoint, &info);
    bs_checkpoint_check_finite(checkpoint, NULL);
  }
  bs_checkpoint_free(&checkpoint);
  if (bs_tokenizer_open(&tokenizer, path, NULL) == BS_OK)
    bs_tokenizer_encode(tokenizer, text, sizeof text - 1, true, &ids, NULL);
  bs_tokens_free(&ids);
  bs_tokenizer_free(&tokenizer);
}
