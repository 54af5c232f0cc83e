/* Whether the copy of a model on this node is the one that another node has read. */
#include <stdlib.h>
#include <string.h>

#include "base/text_internal.h"
#include "bigsweep/checkpoint.h"
#include "checkpoint/files_internal.h"
#include "gguf/gguf_internal.h"

enum {
  BLOCKS_PER_TENSOR = 4,
  BLOCK_BYTES = 512,
  HEX_DIGITS = 64,
  LINE_HEAD = HEX_DIGITS + 2 /* two blanks */
};

static bs_status append_line(bs_text *lines, const char hex[HEX_DIGITS + 1], const char *name,
                             bs_error *err) {
  return bs_text_printf(lines, err, "%s  %s\n", hex, name);
}

static bs_status add_text(const char *dir, const char *name, bs_text *lines, bs_error *err) {
  char hex[HEX_DIGITS + 1];
  char *path = bs_path_join(dir, name, err);
  bs_status status = path == NULL ? BS_ERR_MEMORY : BS_OK;
  if (status == BS_OK && bs_file_exists(path)) {
    status = bs_sha256_file(path, hex, err);
    if (status == BS_OK)
      status = append_line(lines, hex, name, err);
  }
  free(path);
  return status;
}

/* The first block of a tensor, the last, and those between at equal distances. */
static bs_status sample_tensor(const bs_tensor *tensor, bs_text *sample, bs_error *err) {
  const char *data = tensor->data;
  size_t n = tensor->n_bytes;
  if (n <= (size_t)BLOCKS_PER_TENSOR * BLOCK_BYTES)
    return bs_text_append(sample, data, n, err);
  bs_status status = BS_OK;
  for (size_t i = 0; i < BLOCKS_PER_TENSOR && status == BS_OK; i++)
    status = bs_text_append(sample, data + (n - BLOCK_BYTES) * i / (BLOCKS_PER_TENSOR - 1),
                            BLOCK_BYTES, err);
  return status;
}

/* Size, header and samples of a file of weights, which has been found well-formed. */
static bs_status sample_file(const bs_weight_files *files, size_t at, bs_text *sample,
                             bs_error *err) {
  const bs_file_map *map = &files->maps[at];
  bs_status status = bs_text_printf(sample, err, "%zu\n", map->n_bytes);
  if (status == BS_OK)
    status =
        bs_text_append(sample, (const char *)map->data, bs_weight_files_header(files, at), err);
  for (size_t i = 0; i < files->tensors.n && status == BS_OK; i++) {
    const bs_tensor *tensor = &files->tensors.items[i];
    const unsigned char *data = tensor->data;
    if (tensor->n_bytes > 0 && data >= map->data && data < map->data + map->n_bytes)
      status = sample_tensor(tensor, sample, err);
  }
  return status;
}

static bs_status add_weights(const bs_weight_files *files, bs_text *lines, bs_error *err) {
  bs_text sample = {0};
  bs_status status = BS_OK;
  for (size_t i = 0; i < files->n_maps && status == BS_OK; i++) {
    unsigned char digest[HEX_DIGITS / 2];
    char hex[HEX_DIGITS + 1];
    sample.n_bytes = 0;
    status = sample_file(files, i, &sample, err);
    if (status == BS_OK)
      status = bs_sha256(sample.data, sample.n_bytes, digest, err);
    if (status != BS_OK)
      break;
    bs_hex(digest, sizeof digest, hex);
    status = append_line(lines, hex, files->names.names[i], err);
  }
  bs_text_free(&sample);
  return status;
}

bs_status bs_checkpoint_fingerprints(const char *dir, bs_text *lines, bs_error *err) {
  bs_weight_files files;
  bool is_gguf = bs_gguf_is_path(dir);
  bs_status status = is_gguf ? bs_weight_files_open_gguf(&files, dir, err)
                             : bs_weight_files_open(&files, dir, err);
  for (size_t i = 0; !is_gguf && bs_model_texts[i] != NULL && status == BS_OK; i++) {
    bool counts = false;
    status = bs_model_text_counts(dir, i, &counts, err);
    if (status == BS_OK && counts)
      status = add_text(dir, bs_model_texts[i], lines, err);
  }
  if (status == BS_OK)
    status = add_weights(&files, lines, err);
  bs_weight_files_close(&files);
  return status;
}

/* The line behind one of n bytes; the text's end behind the last. */
static const char *next_line(const char *line, size_t n) { return line + n + (line[n] == '\n'); }

/* Whether a line for this file stands among the others, and is the same. */
static bool find_line(const char *lines, const char *line, size_t n, bool *is_same) {
  size_t n_other;
  for (const char *other = lines; *other != '\0'; other = next_line(other, n_other)) {
    n_other = strcspn(other, "\n");
    if (n_other == n && n > LINE_HEAD &&
        memcmp(other + LINE_HEAD, line + LINE_HEAD, n - LINE_HEAD) == 0) {
      *is_same = memcmp(other, line, n) == 0;
      return true;
    }
  }
  return false;
}

/* The lines of `these` against `those`; `missing` says what a line is that those do not have. */
static bs_status compare(const char *dir, const char *these, const char *those, const char *missing,
                         bs_error *err) {
  size_t n;
  for (const char *line = these; *line != '\0'; line = next_line(line, n)) {
    n = strcspn(line, "\n");
    bool is_same = false, found = find_line(those, line, n, &is_same);
    if (!is_same)
      return bs_error_set(err, BS_ERR_INPUT,
                          "%s/%.*s: %s: the nodes have different copies of the model, whose scores "
                          "would be mixed; give all nodes the same files, or keep the model where "
                          "all see it",
                          dir, n > LINE_HEAD ? (int)(n - LINE_HEAD) : 0,
                          n > LINE_HEAD ? line + LINE_HEAD : "",
                          found ? "not the file that the coordinator has read" : missing);
  }
  return BS_OK;
}

bs_status bs_checkpoint_check_copy(const char *dir, const char *fingerprints, bs_error *err) {
  bs_text here = {0};
  bs_status status = bs_checkpoint_fingerprints(dir, &here, err);
  if (status == BS_OK)
    status = compare(dir, fingerprints, here.data, "missing, the coordinator has read it", err);
  if (status == BS_OK)
    status = compare(dir, here.data, fingerprints, "the coordinator has not found this file", err);
  bs_text_free(&here);
  return status;
}
