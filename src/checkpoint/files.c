/* The weight files of a model's folder. */
#include "checkpoint/files_internal.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory_internal.h"
#include "bigsweep/json.h"
#include "checkpoint/gguf_model_internal.h"

static const char SINGLE[] = "model.safetensors";
static const char INDEX[] = "model.safetensors.index.json";

bool bs_ends_with(const char *text, const char *end) {
  size_t n = strlen(text), n_end = strlen(end);
  return n >= n_end && strcmp(text + n - n_end, end) == 0;
}

static bs_status map_file(bs_weight_files *files, const char *path, bs_error *err) {
  bs_status status = bs_reserve(&files->maps, &files->capacity, files->n_maps, 1, err);
  if (status == BS_OK)
    status = bs_name_list_add(&files->names, bs_path_name(path), err);
  if (status == BS_OK)
    status = bs_file_map_open(&files->maps[files->n_maps], path, err);
  if (status != BS_OK)
    return status;
  bs_file_map *map = &files->maps[files->n_maps++];
  return bs_safetensors_parse(map->data, map->n_bytes, path, &files->tensors, err);
}

/* An entry of weight_map while the index is read. */
typedef struct placed {
  const char *tensor, *file;
} placed;

static int by_file(const void *a, const void *b) {
  return strcmp(((const placed *)a)->file, ((const placed *)b)->file);
}

static bool is_shard_name(const char *name) {
  return bs_ends_with(name, ".safetensors") && strchr(name, '/') == NULL &&
         strchr(name, '\\') == NULL && name[0] != '.';
}

static bs_status read_weight_map(const bs_json *json, placed **places, size_t *n, bs_error *err) {
  const cJSON *map = bs_json_get(json->root, "weight_map"), *entry;
  if (!cJSON_IsObject(map) || map->child == NULL)
    return bs_json_fault(json, json->root, err,
                         "expected \"weight_map\" to be an object of tensors and their files");
  *places = bs_array_new((size_t)cJSON_GetArraySize(map), sizeof **places, err);
  if (*places == NULL)
    return BS_ERR_MEMORY;
  cJSON_ArrayForEach(entry, map) {
    if (!cJSON_IsString(entry) || !is_shard_name(entry->valuestring))
      return bs_json_fault(json, entry, err,
                           "expected the name of a .safetensors file in the same folder");
    (*places)[(*n)++] = (placed){.tensor = entry->string, .file = entry->valuestring};
  }
  qsort(*places, *n, sizeof **places, by_file);
  return BS_OK;
}

/* Maps a shard and checks it against the entries of weight_map that name it. */
static bs_status open_shard(bs_weight_files *files, const char *dir, const char *index_path,
                            const placed *places, size_t n, bs_error *err) {
  char *path = bs_path_join(dir, places[0].file, err);
  if (path == NULL)
    return BS_ERR_MEMORY;
  bs_tensor_list all = files->tensors;
  files->tensors = (bs_tensor_list){0};
  bs_status status = map_file(files, path, err);
  if (status != BS_OK && err != NULL && status == BS_ERR_IO)
    bs_error_prefix(err, "%s: weight_map names a file that cannot be read", index_path);
  if (status == BS_OK)
    status = bs_tensor_list_sort(&files->tensors, path, err);
  for (size_t i = 0; i < n && status == BS_OK; i++)
    if (bs_tensor_list_find(&files->tensors, places[i].tensor) == NULL)
      status = bs_error_set(err, BS_ERR_INPUT,
                            "%s: weight_map says that tensor %s is in %s; it is "
                            "not there",
                            index_path, places[i].tensor, places[i].file);
  if (status == BS_OK && files->tensors.n != n)
    status = bs_error_set(err, BS_ERR_INPUT, "%s: %s holds %zu tensors, weight_map names %zu of it",
                          index_path, places[0].file, files->tensors.n, n);
  if (status == BS_OK)
    status = bs_reserve(&all.items, &all.capacity, all.n, files->tensors.n, err);
  if (status == BS_OK && files->tensors.n > 0) { /* the names change owner */
    memcpy(all.items + all.n, files->tensors.items, files->tensors.n * sizeof *all.items);
    all.n += files->tensors.n;
    files->tensors.n = 0;
  }
  bs_tensor_list_free(&files->tensors);
  files->tensors = all;
  free(path);
  return status;
}

static bs_status open_shards(bs_weight_files *files, const char *dir, const char *index_path,
                             bs_error *err) {
  bs_json *json = NULL;
  placed *places = NULL;
  size_t n = 0;
  bs_status status = bs_json_load(&json, index_path, (size_t)1 << 28, err);
  if (status == BS_OK)
    status = read_weight_map(json, &places, &n, err);
  for (size_t first = 0, next; first < n && status == BS_OK; first = next) {
    for (next = first + 1; next < n && by_file(&places[first], &places[next]) == 0;)
      next++;
    status = open_shard(files, dir, index_path, places + first, next - first, err);
  }
  free(places);
  bs_json_free(&json);
  return status;
}

static bool is_pickle(const char *name) {
  return bs_ends_with(name, ".bin") || bs_ends_with(name, ".pt") || bs_ends_with(name, ".pth") ||
         bs_ends_with(name, ".ckpt") || bs_ends_with(name, ".pkl");
}

static bool is_safetensors(const char *name) { return bs_ends_with(name, ".safetensors"); }

static bs_status no_weights(const char *dir, bs_error *err) {
  bs_name_list pickles = {0}, others = {0};
  bs_status status = bs_folder_names(dir, is_pickle, &pickles, err);
  if (status == BS_OK)
    status = bs_folder_names(dir, is_safetensors, &others, err);
  if (status == BS_OK && pickles.n > 0)
    status = bs_error_set(err, BS_ERR_UNSUPPORTED,
                          "%s: the weights are in %s, a Python pickle, which can run any code when "
                          "it is read; it is refused. Expected %s (convert with transformers' "
                          "save_pretrained)",
                          dir, pickles.names[0], SINGLE);
  else if (status == BS_OK && others.n > 0)
    status = bs_error_set(err, BS_ERR_IO,
                          "%s: neither %s nor %s; there is %s, which may be a part of a model of "
                          "several files whose index was not downloaded",
                          dir, SINGLE, INDEX, others.names[0]);
  else if (status == BS_OK)
    status = bs_error_set(err, BS_ERR_IO, "%s: neither %s nor %s", dir, SINGLE, INDEX);
  bs_name_list_free(&pickles);
  bs_name_list_free(&others);
  return status;
}

bs_status bs_weight_files_open(bs_weight_files *files, const char *dir, bs_error *err) {
  *files = (bs_weight_files){0};
  char *single = bs_path_join(dir, SINGLE, err);
  char *index_path = single != NULL ? bs_path_join(dir, INDEX, err) : NULL;
  bs_status status;
  if (index_path == NULL) {
    status = BS_ERR_MEMORY;
  } else if (bs_file_exists(single)) {
    status = map_file(files, single, err);
    files->index_is_left_out = bs_file_exists(index_path);
  } else if (bs_file_exists(index_path)) {
    status = open_shards(files, dir, index_path, err);
  } else {
    status = no_weights(dir, err);
  }
  if (status == BS_OK)
    status = bs_tensor_list_sort(&files->tensors, dir, err);
  free(single);
  free(index_path);
  return status;
}

bs_status bs_weight_files_open_gguf(bs_weight_files *files, const char *path, bs_error *err) {
  *files = (bs_weight_files){0};
  bs_status status = bs_gguf_open(&files->gguf, path, err);
  size_t n = status == BS_OK ? files->gguf->n_maps : 0;
  if (status == BS_OK)
    status = bs_reserve(&files->maps, &files->capacity, 0, n, err);
  for (size_t i = 0; i < n && status == BS_OK; i++) {
    files->maps[files->n_maps++] = files->gguf->maps[i];
    status = bs_name_list_add(&files->names, files->gguf->names[i], err);
  }
  return status == BS_OK ? bs_gguf_tensors(&files->tensors, files->gguf, err) : status;
}

size_t bs_weight_files_header(const bs_weight_files *files, size_t i) {
  enum { LENGTH_BYTES = 8 }; /* of a safetensors header, in front of it */
  if (files->gguf != NULL)
    return bs_size_min(files->gguf->data_starts[i], files->maps[i].n_bytes);
  uint64_t n_header = 0;
  for (size_t j = 0; j < LENGTH_BYTES; j++)
    n_header |= (uint64_t)files->maps[i].data[j] << (8 * j);
  return LENGTH_BYTES + (size_t)n_header;
}

void bs_weight_files_close(bs_weight_files *files) {
  bs_tensor_list_free(&files->tensors);
  for (size_t i = 0; i < files->n_maps && files->gguf == NULL; i++)
    bs_file_map_close(&files->maps[i]);
  bs_gguf_free(&files->gguf);
  bs_name_list_free(&files->names);
  free(files->maps);
  *files = (bs_weight_files){0};
}
