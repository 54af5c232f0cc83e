/* The identity of a checkpoint's content. */
#include <stdlib.h>
#include <string.h>

#include "base/text_internal.h"
#include "checkpoint/files_internal.h"
#include "gguf/gguf_internal.h"

const char *const bs_model_texts[] = {"config.json",
                                      "generation_config.json",
                                      "tokenizer.json",
                                      "tokenizer_config.json",
                                      "special_tokens_map.json",
                                      "vocab.json",
                                      "merges.txt",
                                      "added_tokens.json",
                                      "tokenizer.model",
                                      "spiece.model",
                                      "sentencepiece.bpe.model",
                                      NULL};
enum { N_ALWAYS = 5 }; /* of them; the others are read where tokenizer.json is absent */

bs_status bs_model_text_counts(const char *dir, size_t i, bool *counts, bs_error *err) {
  *counts = true;
  if (i < N_ALWAYS)
    return BS_OK;
  char *path = bs_path_join(dir, "tokenizer.json", err);
  *counts = path != NULL && !bs_file_exists(path);
  bs_status status = path == NULL ? BS_ERR_MEMORY : BS_OK;
  free(path);
  return status;
}

static bool is_weights(const char *name) { return bs_ends_with(name, ".safetensors"); }

static bs_status hash_line(const char *dir, const char *name, bool required, bs_text *lines,
                           bs_error *err) {
  char *path = bs_path_join(dir, name, err);
  if (path == NULL)
    return BS_ERR_MEMORY;
  bs_status status = BS_OK;
  if (required || bs_file_exists(path)) {
    char hex[65];
    status = bs_sha256_file(path, hex, err);
    if (status == BS_OK)
      status = bs_text_printf(lines, err, "%s  %s\n", hex, name);
  }
  free(path);
  return status;
}

/* The files of a GGUF model and the folder that they lie in. */
static bs_status gguf_files(const char *path, char **folder, bs_name_list *names, bs_error *err) {
  bs_gguf *gguf = NULL;
  bs_status status = bs_gguf_open(&gguf, path, err);
  for (size_t i = 0; status == BS_OK && i < gguf->n_maps; i++)
    status = bs_name_list_add(names, gguf->names[i], err);
  *folder = status == BS_OK ? bs_path_folder(path, err) : NULL;
  bs_gguf_free(&gguf);
  return status == BS_OK && *folder == NULL ? BS_ERR_MEMORY : status;
}

bs_status bs_checkpoint_sha256(const char *dir, char hex[65], bs_error *err) {
  bs_name_list weights = {0};
  bs_text lines = {0};
  char *folder = NULL;
  bool is_gguf = bs_gguf_is_path(dir);
  bs_status status = is_gguf ? gguf_files(dir, &folder, &weights, err)
                             : bs_folder_names(dir, is_weights, &weights, err);
  for (size_t i = 0; !is_gguf && bs_model_texts[i] != NULL && status == BS_OK; i++) {
    bool counts = false;
    status = bs_model_text_counts(dir, i, &counts, err);
    if (status == BS_OK && counts)
      status = hash_line(dir, bs_model_texts[i], false, &lines, err);
  }
  for (size_t i = 0; i < weights.n && status == BS_OK; i++)
    status = hash_line(is_gguf ? folder : dir, weights.names[i], true, &lines, err);
  unsigned char digest[32];
  if (status == BS_OK)
    status = bs_sha256(lines.data != NULL ? lines.data : "", lines.n_bytes, digest, err);
  if (status == BS_OK)
    bs_hex(digest, sizeof digest, hex);
  bs_name_list_free(&weights);
  bs_text_free(&lines);
  free(folder);
  return status;
}
