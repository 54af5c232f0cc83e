/* Opening a model's tokenizer: which of its files count. */
#include <stdlib.h>

#include "base/file_internal.h"
#include "gguf/gguf_internal.h"
#include "tokenizer/arrays_internal.h"
#include "tokenizer/folder_internal.h"
#include "tokenizer/gguf_internal.h"

enum { MAX_FILE_BYTES = 1 << 28 };

bs_status bs_tokenizer_open(bs_tokenizer **out, const char *model_dir, bs_error *err) {
  bs_file_map map = {0};
  bs_settings settings = {0};
  *out = NULL;
  if (bs_gguf_is_path(model_dir) && !bs_is_folder(model_dir))
    return bs_tokenizer_open_gguf(out, model_dir, err);
  char *path = bs_path_join(model_dir, "tokenizer.json", err);
  if (path == NULL)
    return BS_ERR_MEMORY;
  bool has_json = bs_file_exists(path);
  bs_status status = has_json ? bs_file_map_open(&map, path, err) : BS_OK;
  if (map.n_bytes > MAX_FILE_BYTES)
    status = bs_error_set(err, BS_ERR_LIMIT, "%s: %zu bytes, at most %d are read", path,
                          map.n_bytes, MAX_FILE_BYTES);
  if (status == BS_OK)
    status = bs_settings_load(&settings, model_dir, !has_json, err);
  if (status == BS_OK)
    status = has_json && !bs_folder_is_bytes(&settings)
                 ? bs_tokenizer_from_text(out, map.n_bytes > 0 ? (const char *)map.data : "",
                                          map.n_bytes, path, &settings, err)
                 : bs_folder_open(out, model_dir, &settings, err);
  bs_settings_free(&settings);
  bs_file_map_close(&map);
  free(path);
  return status;
}
