/* A model.safetensors.index.json beside two shards. */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "bigsweep/buffer.h"
#include "checkpoint/files_internal.h"
#include "folder.h"
#include "fuzz.h"

/* Writes a shard of tensors of one number, named by the letters of `names`. */
static void write_shard(const char *path, const char *names) {
  bs_text header = {0}, file = {0};
  bs_status status = bs_text_append(&header, "{", 1, NULL);
  for (size_t i = 0; status == BS_OK && names[i] != '\0'; i++)
    status = bs_text_printf(&header, NULL,
                            "%s\"%c\": {\"dtype\": \"F32\", \"shape\": [1], \"data_offsets\": "
                            "[%zu, %zu]}",
                            i > 0 ? ", " : "", names[i], 4 * i, 4 * i + 4);
  if (status == BS_OK)
    status = bs_text_append(&header, "}", 1, NULL);
  uint64_t n_header = header.n_bytes;
  static const char zeros[64];
  if (status != BS_OK || bs_text_append(&file, (const char *)&n_header, 8, NULL) != BS_OK ||
      bs_text_append(&file, header.data, header.n_bytes, NULL) != BS_OK ||
      bs_text_append(&file, zeros, 4 * strlen(names), NULL) != BS_OK)
    abort();
  bs_fuzz_write(path, file.data, file.n_bytes);
  bs_text_free(&header);
  bs_text_free(&file);
}

/* What is taken must have each tensor once. */
static void check(const bs_tensor_list *tensors) {
  for (size_t i = 1; i < tensors->n; i++)
    if (strcmp(tensors->items[i - 1].name, tensors->items[i].name) >= 0)
      abort();
}

void bs_fuzz_one(const uint8_t *data, size_t size) {
  static bool written;
  if (!written) {
    write_shard("a.safetensors", "ab");
    write_shard("b.safetensors", "bcd");
    written = true;
  }
  bs_fuzz_write("model.safetensors.index.json", data, size);
  bs_weight_files files = {0};
  if (bs_weight_files_open(&files, bs_fuzz_folder(), NULL) == BS_OK)
    check(&files.tensors);
  bs_weight_files_close(&files);
}
