/* The identity of a checkpoint's content. */
#include <stdlib.h>
#include <string.h>

#include "base/text_internal.h"
#include "checkpoint/files_internal.h"

const char *const bs_model_texts[] = {
    "config.json",           "generation_config.json",  "tokenizer.json",
    "tokenizer_config.json", "special_tokens_map.json", NULL};

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

bs_status bs_checkpoint_sha256(const char *dir, char hex[65], bs_error *err) {
  bs_name_list weights = {0};
  bs_text lines = {0};
  bs_status status = bs_folder_names(dir, is_weights, &weights, err);
  for (size_t i = 0; bs_model_texts[i] != NULL && status == BS_OK; i++)
    status = hash_line(dir, bs_model_texts[i], false, &lines, err);
  for (size_t i = 0; i < weights.n && status == BS_OK; i++)
    status = hash_line(dir, weights.names[i], true, &lines, err);
  unsigned char digest[32];
  if (status == BS_OK)
    status = bs_sha256(lines.data != NULL ? lines.data : "", lines.n_bytes, digest, err);
  if (status == BS_OK)
    bs_hex(digest, sizeof digest, hex);
  bs_name_list_free(&weights);
  bs_text_free(&lines);
  return status;
}
