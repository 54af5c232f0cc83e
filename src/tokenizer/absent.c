/* A folder without tokenizer.json: what lies there instead, and what to do about it. */
#include "tokenizer/absent_internal.h"

#include <stdlib.h>

#include "base/file_internal.h"

/* What the older forms of a tokenizer consist of. */
static const struct {
  const char *files[2];
  const char *form;
} forms[] = {
    {{"tokenizer.model", NULL}, "tokenizer.model, a SentencePiece model"},
    {{"spiece.model", NULL}, "spiece.model, a SentencePiece model"},
    {{"sentencepiece.bpe.model", NULL}, "sentencepiece.bpe.model, a SentencePiece model"},
    {{"vocab.json", "merges.txt"}, "vocab.json and merges.txt, the older form"},
    {{"vocab.txt", NULL}, "vocab.txt, a WordPiece vocabulary"},
};

static bool has(const char *dir, const char *name) {
  char *path = bs_path_join(dir, name, NULL);
  bool found = path != NULL && bs_file_exists(path);
  free(path);
  return found;
}

bs_status bs_tokenizer_absent(const char *dir, const char *class_name, bs_error *err) {
  const char *form = NULL;
  for (size_t i = 0; form == NULL && i < sizeof forms / sizeof *forms; i++)
    if (has(dir, forms[i].files[0]) && (forms[i].files[1] == NULL || has(dir, forms[i].files[1])))
      form = forms[i].form;
  if (form == NULL)
    return bs_error_set(err, BS_ERR_IO,
                        "%s: no tokenizer.json in the folder: download it with the checkpoint",
                        dir);
  return bs_error_set(
      err, BS_ERR_IO,
      "%s: no tokenizer.json in the folder, only %s: make it with AutoTokenizer.from_pretrained("
      "DIR, use_fast=True).save_pretrained(DIR) of transformers. It is read without for the "
      "tokenizer_class GPT2Tokenizer, CodeGenTokenizer, Qwen2Tokenizer (vocab.json, merges.txt), "
      "LlamaTokenizer, GemmaTokenizer (tokenizer.model), T5Tokenizer (spiece.model), XGLMTokenizer "
      "(sentencepiece.bpe.model); here it is %s",
      dir, form, class_name != NULL ? class_name : "not given");
}
