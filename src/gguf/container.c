/* Opening a GGUF file: header, where the tensors lie, and the files of a model in several. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory_internal.h"
#include "base/text_internal.h"
#include "gguf/cursor_internal.h"

enum { MAGIC_BYTES = 4, DEFAULT_ALIGNMENT = 32, MAX_SPLITS = 99999, MAX_NAME_BYTES = 200 };

bool bs_gguf_is_path(const char *path) {
  size_t n = strlen(path);
  return n > 5 && strcmp(path + n - 5, ".gguf") == 0;
}

static bs_status read_magic(bs_gguf_cursor *cursor) {
  const char *guess = bs_guess_format((const char *)cursor->data, cursor->n_bytes);
  if (cursor->n_bytes == 0)
    return bs_error_set(cursor->err, BS_ERR_INPUT, "%s: an empty file; expected a GGUF file",
                        cursor->path);
  if (cursor->n_bytes >= MAGIC_BYTES && memcmp(cursor->data, "GGUF", MAGIC_BYTES) == 0) {
    cursor->at = MAGIC_BYTES;
    return BS_OK;
  }
  if (cursor->n_bytes >= MAGIC_BYTES && (memcmp(cursor->data, "GGML", MAGIC_BYTES) == 0 ||
                                         memcmp(cursor->data, "tjgg", MAGIC_BYTES) == 0))
    return bs_error_set(cursor->err, BS_ERR_UNSUPPORTED,
                        "%s: not a GGUF file but an older GGML one; convert the model again",
                        cursor->path);
  return bs_error_set(cursor->err, BS_ERR_INPUT, "%s: %s", cursor->path,
                      guess[0] != '\0' ? guess
                                       : "not a GGUF file: its first four bytes are not \"GGUF\"");
}

static bs_status read_version(bs_gguf_cursor *cursor) {
  uint64_t version = 0;
  bs_status status = bs_gguf_read_number(cursor, 4, "the header", &version);
  if (status != BS_OK || version == 2 || version == 3)
    return status;
  if ((version & 0xFFFF) == 0)
    return bs_error_set(cursor->err, BS_ERR_UNSUPPORTED,
                        "%s: a big-endian GGUF file, which is not read; expected a little-endian "
                        "one (gguf-py's gguf_convert_endian makes it)",
                        cursor->path);
  return bs_error_set(cursor->err, BS_ERR_UNSUPPORTED,
                      "%s: GGUF version %llu; versions 2 and 3 are read%s", cursor->path,
                      (unsigned long long)version, version == 1 ? ": convert the model again" : "");
}

/* Elements and bytes of a tensor. */
static bs_status measure(const bs_gguf_cursor *cursor, bs_gguf_tensor *tensor) {
  size_t n = 1;
  const bs_block_type *type = tensor->type;
  for (size_t i = 0; i < tensor->n_dims; i++) {
    if (tensor->extents[i] == 0)
      return bs_error_set(cursor->err, BS_ERR_INPUT, "%s: tensor %s has a side of 0 elements",
                          cursor->path, tensor->name);
    if (!bs_size_mul(n, (size_t)tensor->extents[i], &n))
      return bs_error_set(cursor->err, BS_ERR_INPUT,
                          "%s: tensor %s has more elements than can be counted", cursor->path,
                          tensor->name);
  }
  if (tensor->extents[0] % type->n_values != 0)
    return bs_error_set(
        cursor->err, BS_ERR_INPUT,
        "%s: tensor %s of type %s has rows of %llu elements; expected a multiple of "
        "%zu",
        cursor->path, tensor->name, type->name, (unsigned long long)tensor->extents[0],
        type->n_values);
  if (!bs_size_mul(n / type->n_values, type->n_bytes, &tensor->n_bytes))
    return bs_error_set(cursor->err, BS_ERR_INPUT,
                        "%s: tensor %s has more bytes than can be counted", cursor->path,
                        tensor->name);
  return BS_OK;
}

static bs_status read_type(bs_gguf_cursor *cursor, bs_gguf_tensor *tensor) {
  uint64_t number = 0;
  bs_status status = bs_gguf_read_number(cursor, 4, tensor->name, &number);
  if (status != BS_OK)
    return status;
  tensor->type = bs_block_type_find((uint32_t)number);
  if (tensor->type != NULL)
    return BS_OK;
  const char *removed = bs_block_type_removed((uint32_t)number);
  if (removed != NULL)
    return bs_error_set(cursor->err, BS_ERR_UNSUPPORTED,
                        "%s: tensor %s has type %llu (%s), which was removed from the format; "
                        "convert the model again",
                        cursor->path, tensor->name, (unsigned long long)number, removed);
  return bs_error_set(cursor->err, BS_ERR_UNSUPPORTED,
                      "%s: tensor %s has type %llu, which is not known (docs/models.md lists those "
                      "that are)",
                      cursor->path, tensor->name, (unsigned long long)number);
}

/* One entry of the list of tensors; *offset is that of the data. */
static bs_status read_tensor(bs_gguf_cursor *cursor, bs_gguf_tensor *tensor, uint64_t *offset) {
  const char *name = NULL;
  size_t n_name = 0;
  uint64_t n_dims = 0;
  bs_status status = bs_gguf_read_string(cursor, "the name of a tensor", &name, &n_name);
  if (status == BS_OK &&
      (n_name == 0 || n_name > MAX_NAME_BYTES || bs_utf8_valid_bytes(name, n_name) != n_name ||
       memchr(name, '\0', n_name) != NULL))
    status = bs_error_set(cursor->err, BS_ERR_INPUT, "%s: the name of a tensor is not a name",
                          cursor->path);
  if (status == BS_OK && (tensor->name = bs_string_new(name, n_name, cursor->err)) == NULL)
    status = BS_ERR_MEMORY;
  if (status == BS_OK)
    status = bs_gguf_read_number(cursor, 4, tensor->name, &n_dims);
  if (status == BS_OK && (n_dims == 0 || n_dims > BS_GGUF_MAX_DIMS))
    status = bs_error_set(cursor->err, BS_ERR_INPUT,
                          "%s: tensor %s has %llu dimensions; expected 1 to %d", cursor->path,
                          tensor->name, (unsigned long long)n_dims, BS_GGUF_MAX_DIMS);
  if (status != BS_OK)
    return status;
  tensor->n_dims = (size_t)n_dims;
  for (size_t i = 0; i < tensor->n_dims && status == BS_OK; i++)
    status = bs_gguf_read_number(cursor, 8, tensor->name, &tensor->extents[i]);
  if (status == BS_OK)
    status = read_type(cursor, tensor);
  if (status == BS_OK)
    status = bs_gguf_read_number(cursor, 8, tensor->name, offset);
  return status == BS_OK ? measure(cursor, tensor) : status;
}

static bs_status alignment_of(const bs_gguf *gguf, const char *path, uint64_t *alignment,
                              bs_error *err) {
  *alignment = DEFAULT_ALIGNMENT;
  bs_status status = bs_gguf_get_size(gguf, "general.alignment", false, alignment, err);
  if (status == BS_OK && (*alignment == 0 || (*alignment & (*alignment - 1)) != 0))
    status = bs_error_set(err, BS_ERR_INPUT, "%s: general.alignment %llu; expected a power of two",
                          path, (unsigned long long)*alignment);
  return status;
}

/* Gives the tensors from `first` on their data, at their offsets behind `start`. */
static bs_status place_tensors(bs_gguf *gguf, size_t first, const uint64_t *offsets,
                               uint64_t alignment, const bs_gguf_cursor *cursor) {
  uint64_t start = (cursor->at + alignment - 1) / alignment * alignment;
  gguf->data_starts[gguf->n_maps - 1] = (size_t)start;
  for (size_t i = first; i < gguf->n_tensors; i++) {
    bs_gguf_tensor *tensor = &gguf->tensors[i];
    uint64_t offset = offsets[i - first];
    if (offset % alignment != 0)
      return bs_error_set(cursor->err, BS_ERR_INPUT,
                          "%s: the offset of tensor %s, %llu, is not a multiple of the alignment "
                          "%llu",
                          cursor->path, tensor->name, (unsigned long long)offset,
                          (unsigned long long)alignment);
    if (start > cursor->n_bytes || offset > cursor->n_bytes - start ||
        tensor->n_bytes > cursor->n_bytes - start - offset)
      return bs_error_set(cursor->err, BS_ERR_INPUT,
                          "%s: the data of tensor %s, %zu bytes, lie past the end of the file: it "
                          "was cut short; fetch it again",
                          cursor->path, tensor->name, tensor->n_bytes);
    tensor->data = cursor->data + start + offset;
  }
  return BS_OK;
}

static bs_status read_tensors(bs_gguf *gguf, uint64_t n, bs_gguf_cursor *cursor) {
  enum { FEWEST_BYTES = 8 + 1 + 4 + 8 + 4 + 8 };
  size_t first = gguf->n_tensors, capacity = gguf->n_tensors;
  uint64_t alignment = DEFAULT_ALIGNMENT;
  if (n > (cursor->n_bytes - cursor->at) / FEWEST_BYTES)
    return bs_error_set(cursor->err, BS_ERR_INPUT,
                        "%s: %llu tensors are announced, more than the file has bytes for",
                        cursor->path, (unsigned long long)n);
  uint64_t *offsets = bs_array_new((size_t)n, sizeof *offsets, cursor->err);
  bs_status status = offsets != NULL ? BS_OK : BS_ERR_MEMORY;
  if (status == BS_OK)
    status = bs_reserve(&gguf->tensors, &capacity, first, (size_t)n + 1, cursor->err);
  for (size_t i = 0; i < n && status == BS_OK; i++) {
    bs_gguf_tensor *tensor = &gguf->tensors[gguf->n_tensors++];
    *tensor = (bs_gguf_tensor){0};
    status = read_tensor(cursor, tensor, &offsets[i]);
  }
  if (status == BS_OK)
    status = alignment_of(gguf, cursor->path, &alignment, cursor->err);
  if (status == BS_OK)
    status = place_tensors(gguf, first, offsets, alignment, cursor);
  free(offsets);
  return status;
}

/* Maps one file and reads its tensors; of the first file the metadata stay. */
static bs_status open_file(bs_gguf *gguf, const char *path, bs_error *err) {
  size_t at = gguf->n_maps;
  gguf->names[at] = bs_string_copy(bs_path_name(path), err);
  bs_status status =
      gguf->names[at] != NULL ? bs_file_map_open(&gguf->maps[at], path, err) : BS_ERR_MEMORY;
  if (status != BS_OK)
    return status;
  gguf->n_maps++;
  bs_gguf_cursor cursor = {
      .data = gguf->maps[at].data, .n_bytes = gguf->maps[at].n_bytes, .path = path, .err = err};
  uint64_t n_tensors = 0, n_entries = 0;
  bs_gguf_entry *entries = NULL;
  size_t n = 0;
  status = read_magic(&cursor);
  if (status == BS_OK)
    status = read_version(&cursor);
  if (status == BS_OK)
    status = bs_gguf_read_number(&cursor, 8, "the header", &n_tensors);
  if (status == BS_OK)
    status = bs_gguf_read_number(&cursor, 8, "the header", &n_entries);
  if (status == BS_OK)
    status = bs_gguf_read_entries(&cursor, n_entries, &entries, &n);
  if (at == 0) {
    gguf->entries = entries;
    gguf->n_entries = n;
  } else {
    bs_gguf_free_entries(entries, n);
  }
  return status == BS_OK ? read_tensors(gguf, n_tensors, &cursor) : status;
}

/* The path of file i of n, from that of the first; NULL (without an error) where the first is not
   named as one of n. */
static char *split_path(const char *first, size_t i, size_t n, bs_error *err) {
  char end[64];
  size_t n_end = (size_t)snprintf(end, sizeof end, "-%05d-of-%05zu.gguf", 1, n);
  size_t n_first = strlen(first);
  if (n_first <= n_end || strcmp(first + n_first - n_end, end) != 0)
    return NULL;
  char *path = bs_string_copy(first, err);
  if (path != NULL)
    snprintf(path + n_first - n_end, n_end + 1, "-%05zu-of-%05zu.gguf", i + 1, n);
  return path;
}

static bs_status open_splits(bs_gguf *gguf, size_t n, bs_error *err) {
  uint64_t number = 0, n_tensors = UINT64_MAX;
  bs_status status = bs_gguf_get_size(gguf, "split.no", true, &number, err);
  if (status == BS_OK && number != 0)
    status = bs_error_set(err, BS_ERR_INPUT,
                          "%s: this is file %llu of %zu of a model; give the first one, "
                          "NAME-00001-of-%05zu.gguf",
                          gguf->path, (unsigned long long)number + 1, n, n);
  for (size_t i = 1; i < n && status == BS_OK; i++) {
    char *path = split_path(gguf->path, i, n, err);
    if (path == NULL)
      status = bs_error_set(err, BS_ERR_INPUT,
                            "%s: the first of %zu files of a model, whose name has to end in "
                            "-00001-of-%05zu.gguf for the others to be found",
                            gguf->path, n, n);
    else
      status = open_file(gguf, path, err);
    free(path);
  }
  if (status == BS_OK)
    status = bs_gguf_get_size(gguf, "split.tensors.count", false, &n_tensors, err);
  if (status == BS_OK && n_tensors != UINT64_MAX && n_tensors != gguf->n_tensors)
    status = bs_error_set(err, BS_ERR_INPUT,
                          "%s: the files hold %zu tensors, split.tensors.count says %llu",
                          gguf->path, gguf->n_tensors, (unsigned long long)n_tensors);
  return status;
}

static int by_name(const void *a, const void *b) {
  return strcmp(((const bs_gguf_tensor *)a)->name, ((const bs_gguf_tensor *)b)->name);
}

static bs_status sort_tensors(bs_gguf *gguf, bs_error *err) {
  if (gguf->n_tensors > 0)
    qsort(gguf->tensors, gguf->n_tensors, sizeof *gguf->tensors, by_name);
  for (size_t i = 1; i < gguf->n_tensors; i++)
    if (by_name(&gguf->tensors[i - 1], &gguf->tensors[i]) == 0)
      return bs_error_set(err, BS_ERR_INPUT, "%s: two tensors of the name %s", gguf->path,
                          gguf->tensors[i].name);
  return BS_OK;
}

/* Room for the files of a model. */
static bs_status reserve_files(bs_gguf *gguf, size_t n, bs_error *err) {
  bs_file_map *maps = bs_array_new(n, sizeof *maps, err);
  char **names = bs_array_new(n, sizeof *names, err);
  size_t *starts = bs_array_new(n, sizeof *starts, err);
  bs_status status = maps != NULL && names != NULL && starts != NULL ? BS_OK : BS_ERR_MEMORY;
  if (status == BS_OK && gguf->n_maps > 0) { /* the first one moves */
    maps[0] = gguf->maps[0];
    names[0] = gguf->names[0];
    starts[0] = gguf->data_starts[0];
  }
  if (status == BS_OK) {
    free(gguf->maps);
    free(gguf->names);
    free(gguf->data_starts);
    gguf->maps = maps;
    gguf->names = names;
    gguf->data_starts = starts;
    gguf->capacity = n;
    return BS_OK;
  }
  free(maps);
  free(names);
  free(starts);
  return status;
}

bs_status bs_gguf_open(bs_gguf **out, const char *path, bs_error *err) {
  *out = NULL;
  bs_gguf *gguf = bs_array_new(1, sizeof *gguf, err);
  if (gguf == NULL)
    return BS_ERR_MEMORY;
  uint64_t n_files = 1;
  gguf->path = bs_string_copy(path, err);
  bs_status status = gguf->path != NULL ? reserve_files(gguf, 1, err) : BS_ERR_MEMORY;
  if (status == BS_OK)
    status = open_file(gguf, path, err);
  if (status == BS_OK)
    status = bs_gguf_get_size(gguf, "split.count", false, &n_files, err);
  if (status == BS_OK && n_files > MAX_SPLITS)
    status = bs_error_set(err, BS_ERR_INPUT, "%s: split.count %llu; expected at most %d", path,
                          (unsigned long long)n_files, MAX_SPLITS);
  if (status == BS_OK && n_files > 1) {
    status = reserve_files(gguf, (size_t)n_files, err);
    if (status == BS_OK)
      status = open_splits(gguf, (size_t)n_files, err);
  }
  if (status == BS_OK)
    status = sort_tensors(gguf, err);
  if (status != BS_OK)
    bs_gguf_free(&gguf);
  *out = gguf;
  return status;
}

void bs_gguf_free(bs_gguf **gguf) {
  bs_gguf *g = *gguf;
  if (g == NULL)
    return;
  for (size_t i = 0; i < g->capacity; i++)
    free(g->names[i]);
  for (size_t i = 0; i < g->n_maps; i++)
    bs_file_map_close(&g->maps[i]);
  for (size_t i = 0; i < g->n_tensors; i++)
    free(g->tensors[i].name);
  bs_gguf_free_entries(g->entries, g->n_entries);
  free(g->tensors);
  free(g->maps);
  free(g->names);
  free(g->data_starts);
  free(g->path);
  free(g);
  *gguf = NULL;
}
