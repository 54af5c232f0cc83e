/* Opening a model's tokenizer: which of its files count. */
#include <stdlib.h>

#include "base/file_internal.h"
#include "gguf/gguf_internal.h"
#include "tokenizer/arrays_internal.h"
#include "tokenizer/folder_internal.h"
#include "tokenizer/gguf_internal.h"

enum { MAX_FILE_BYTES = 1 << 28 };

bs_status bs_tokenizer_open(bs_tokenizer **out, const char *model_dir, bs_error *err) {
  bs_json *document = NULL;
  bs_settings settings = {0};
  *out = NULL;
  if (bs_gguf_is_path(model_dir) && !bs_is_folder(model_dir))
    return bs_tokenizer_open_gguf(out, model_dir, err);
  char *path = bs_path_join(model_dir, "tokenizer.json", err);
  if (path == NULL)
    return BS_ERR_MEMORY;
  bool has_json = bs_file_exists(path);
  bs_status status = has_json ? bs_json_load(&document, path, MAX_FILE_BYTES, err) : BS_OK;
  if (status == BS_OK)
    status = bs_settings_load(&settings, model_dir, !has_json, err);
  if (status == BS_OK)
    status = has_json && !bs_folder_is_bytes(&settings)
                 ? bs_tokenizer_from_json(out, document, NULL, &settings, err)
                 : bs_folder_open(out, model_dir, &settings, err);
  bs_settings_free(&settings);
  bs_json_free(&document);
  free(path);
  return status;
}
