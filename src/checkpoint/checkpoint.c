/* Opening a model's folder: config.json, tensors, and what is to be said about them. */
#include "bigsweep/checkpoint.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory_internal.h"
#include "checkpoint/dtype_internal.h"
#include "checkpoint/family_internal.h"
#include "checkpoint/files_internal.h"
#include "checkpoint/finite_internal.h"
#include "checkpoint/gguf_model_internal.h"
#include "checkpoint/keys_internal.h"

struct bs_checkpoint {
  bs_weight_files files;
  bool *used; /* [files.tensors.n] the others are buffers of no effect */
  bs_blueprint blueprint;
  bs_blueprint encoder; /* without layers: there is none */
  bs_special_ids special;
  bs_model_info info;
  bs_name_list notes; /* remarks for the user, in order */
};

enum { MAX_CONFIG_BYTES = 1 << 24, MAX_EOS = 1024 };

/* architectures: one name, or several times the same; NULL when absent or null. */
static bs_status read_architecture(const char **out, const bs_json *config, bs_error *err) {
  const cJSON *names = bs_json_get(config->root, "architectures"), *name;
  *out = NULL;
  if (names == NULL || cJSON_IsNull(names))
    return BS_OK;
  cJSON_ArrayForEach(name, names) {
    if (!cJSON_IsString(name))
      break;
    if (*out != NULL && strcmp(*out, name->valuestring) != 0)
      return bs_json_fault(config, names, err, "expected one architecture, found %s and %s", *out,
                           name->valuestring);
    *out = name->valuestring;
  }
  if (!cJSON_IsArray(names) || name != NULL || *out == NULL)
    return bs_json_fault(config, names, err,
                         "expected \"architectures\": [name of an architecture]");
  return BS_OK;
}

/* Files of another form than the one that is read, and where that one is. */
static const struct {
  const char *architecture, *remedy;
} other_forms[] = {
    {"OLMoForCausalLM", "tensors of OLMo's own code are not read; its makers publish the same "
                        "weights for OlmoForCausalLM, which is read, under names that end in -hf "
                        "(allenai/OLMo-1B-hf)"},
};

static bs_status unknown_family(const bs_json *config, const char *key, const char *name,
                                bs_error *err) {
  bs_text names = {0};
  for (size_t i = 0; i < sizeof other_forms / sizeof *other_forms; i++)
    if (strcmp(name, other_forms[i].architecture) == 0)
      return bs_error_set(err, BS_ERR_UNSUPPORTED, "%s: line %zu: %s: \"%s\": %s", config->name,
                          bs_json_line(config, bs_json_get(config->root, key)), key, name,
                          other_forms[i].remedy);
  bs_status status = bs_family_names(&names, err);
  if (status == BS_OK)
    status =
        bs_error_set(err, BS_ERR_UNSUPPORTED, "%s: line %zu: unknown %s \"%s\"; known: %s",
                     config->name, bs_json_line(config, bs_json_get(config->root, key)),
                     strcmp(key, "architectures") == 0 ? "architecture" : key, name, names.data);
  bs_text_free(&names);
  return status;
}

/* The architecture chooses. transformers goes by model_type, so that both must name one family:
   a Granite that is called LlamaForCausalLM is no Llama. */
static bs_status choose_family(const bs_family **out, const bs_json *config, bs_error *err) {
  const char *architecture = NULL, *model_type = NULL;
  bs_status status = read_architecture(&architecture, config, err);
  if (status == BS_OK)
    status = bs_json_get_string(config, config->root, "model_type", false, &model_type, err);
  if (status != BS_OK)
    return status;
  if (architecture == NULL && model_type == NULL)
    return bs_json_fault(config, config->root, err,
                         "expected \"architectures\": [name of an architecture]");
  *out = bs_family_find(architecture, model_type);
  if (*out == NULL && architecture != NULL)
    return unknown_family(config, "architectures", architecture, err);
  if (*out == NULL)
    return unknown_family(config, "model_type", model_type, err);
  if (model_type != NULL && !bs_family_has_type(*out, model_type))
    return bs_json_fault(config, bs_json_get(config->root, "model_type"), err,
                         "\"%s\" contradicts architectures, which is %s (model_type \"%s\"): they "
                         "name two kinds of model, and the scores of one would be wrong for the "
                         "other. Put the wrong one right",
                         model_type, (*out)->architecture, (*out)->model_type);
  return BS_OK;
}

static bs_status token_id(const bs_json *json, const cJSON *item, int32_t *id, bs_error *err) {
  if (!cJSON_IsNumber(item) || !(item->valuedouble >= 0 && item->valuedouble < 0x1p31) ||
      item->valuedouble != (double)(int32_t)item->valuedouble)
    return bs_json_fault(json, item, err, "expected a token id");
  *id = (int32_t)item->valuedouble;
  return BS_OK;
}

/* eos_token_id: a number, a list of them, or null. What is read replaces what there was. */
static bs_status read_eos(const bs_json *json, bs_special_ids *special, bs_error *err) {
  const cJSON *item = bs_json_get(json->root, "eos_token_id"), *each;
  if (item == NULL || cJSON_IsNull(item))
    return BS_OK;
  size_t n = cJSON_IsArray(item) ? (size_t)cJSON_GetArraySize(item) : 1;
  if (n > MAX_EOS)
    return bs_json_fault(json, item, err, "more than %d ids", MAX_EOS);
  int32_t *ids = bs_array_new(n, sizeof *ids, err);
  if (ids == NULL)
    return BS_ERR_MEMORY;
  bs_status status = BS_OK;
  if (cJSON_IsArray(item)) {
    size_t i = 0;
    cJSON_ArrayForEach(each, item) {
      if (status == BS_OK)
        status = token_id(json, each, &ids[i++], err);
    }
  } else {
    status = token_id(json, item, &ids[0], err);
  }
  free(special->eos);
  special->eos = ids;
  special->n_eos = status == BS_OK ? n : 0;
  return status;
}

/* What the family says, for a file that has no such key. */
static bs_status default_eos(const bs_reader *reader, bs_special_ids *special, bs_error *err) {
  if (reader->eos < 0 || bs_json_get(reader->config->root, "eos_token_id") != NULL)
    return BS_OK;
  special->eos = bs_array_new(1, sizeof *special->eos, err);
  if (special->eos == NULL)
    return BS_ERR_MEMORY;
  special->eos[0] = reader->eos;
  special->n_eos = 1;
  return BS_OK;
}

static bs_status read_special_ids(const bs_reader *reader, bs_special_ids *special, bs_error *err) {
  const bs_json *config = reader->config;
  special->bos = -1;
  special->decoder_start = reader->decoder_start;
  const cJSON *bos = bs_json_get(config->root, "bos_token_id");
  bs_status status = default_eos(reader, special, err);
  if (status == BS_OK && bos != NULL && !cJSON_IsNull(bos))
    status = token_id(config, bos, &special->bos, err);
  if (status == BS_OK)
    status = read_eos(config, special, err);
  char *path = status == BS_OK ? bs_path_join(reader->dir, "generation_config.json", err) : NULL;
  if (status == BS_OK && path == NULL)
    status = BS_ERR_MEMORY;
  if (status == BS_OK && bs_file_exists(path)) {
    bs_json *generation = NULL;
    status = bs_json_load(&generation, path, MAX_CONFIG_BYTES, err);
    if (status == BS_OK)
      status = read_eos(generation, special, err);
    bs_json_free(&generation);
  }
  free(path);
  return status;
}

static bool is_ignored(const bs_family *family, const char *name) {
  for (const char *const *part = family->ignored; *part != NULL; part++) {
    size_t n = strlen(*part);
    if (bs_ends_with(name, *part) || ((*part)[n - 1] == '.' && strncmp(name, *part, n) == 0))
      return true;
  }
  return false;
}

/* A tensor that nothing uses is a feature that is not built. */
static bs_status check_all_used(const bs_reader *reader) {
  for (size_t i = 0; i < reader->tensors->n; i++) {
    const char *name = reader->tensors->items[i].name;
    if (!reader->used[i] && !is_ignored(reader->family, name))
      return bs_error_set(reader->err, BS_ERR_UNSUPPORTED,
                          "%s: tensor %s has no place in %s with this config.json", reader->dir,
                          name, reader->family->architecture);
  }
  return BS_OK;
}

static void fill_info(bs_checkpoint *checkpoint, const bs_reader *reader) {
  const bs_blueprint *blueprint = &checkpoint->blueprint;
  bs_model_info *info = &checkpoint->info;
  uint64_t d = blueprint->d_model;
  uint64_t embedding = blueprint->vocab_size * bs_blueprint_width(blueprint, BS_WIDTH_EMBEDDING);
  uint64_t outside = embedding;
  const bs_slot_tensors *slots = blueprint->slots;
  if (slots[BS_SLOT_POSITIONS].n_parts > 0)
    outside += slots[BS_SLOT_POSITIONS].n_out[0] * d;
  if (slots[BS_SLOT_HEAD].weights[0] != slots[BS_SLOT_EMBEDDING].weights[0])
    outside += embedding;
  *info = (bs_model_info){.architecture = reader->family->architecture,
                          .parameters = reader->parameters,
                          .non_embedding_parameters = reader->parameters - outside,
                          .encoder_parameters = reader->encoder_parameters -
                                                bs_blueprint_idle_parameters(&checkpoint->encoder),
                          .active_parameters = reader->parameters -
                                               bs_blueprint_idle_parameters(blueprint) -
                                               bs_blueprint_idle_parameters(&checkpoint->encoder),
                          .n_layers = checkpoint->encoder.n_layers + blueprint->n_layers,
                          .d_model = blueprint->d_model,
                          .vocab_size = blueprint->vocab_size,
                          .max_positions = blueprint->max_positions,
                          .has_encoder = checkpoint->encoder.n_layers > 0,
                          .decoder_start = reader->decoder_start};
  uint64_t elements[BS_DTYPES] = {0};
  for (size_t i = 0; i < reader->tensors->n; i++) {
    const bs_tensor *tensor = &reader->tensors->items[i];
    info->weights_bytes += tensor->n_bytes;
    if (reader->used[i])
      elements[tensor->dtype] += bs_tensor_elements(tensor);
  }
  for (size_t i = 0; i < BS_DTYPES; i++)
    if (elements[i] > elements[info->weights_dtype])
      info->weights_dtype = (bs_dtype)i;
  if (reader->gguf != NULL)
    info->quantization = bs_dtype_name(info->weights_dtype);
}

static bs_status describe(bs_checkpoint *checkpoint, const bs_json *config, const char *dir,
                          bs_reading reading, bs_error *err) {
  bs_reader reader = {.config = config,
                      .gguf = checkpoint->files.gguf,
                      .dir = dir,
                      .reading = reading,
                      .tensors = &checkpoint->files.tensors,
                      .notes = &checkpoint->notes,
                      .decoder_start = -1,
                      .eos = -1,
                      .err = err};
  reader.status = choose_family(&reader.family, config, err);
  if (reader.status == BS_OK)
    bs_keys_check(&reader);
  if (reader.status == BS_OK && reader.gguf == NULL)
    reader.status = bs_weight_files_open(&checkpoint->files, dir, err);
  if (checkpoint->files.index_is_left_out)
    bs_reader_note(&reader,
                   "%s: model.safetensors is read; model.safetensors.index.json and the files that "
                   "it names are left out, as transformers does",
                   dir);
  if (reader.status != BS_OK)
    return reader.status;
  reader.used = bs_array_new(checkpoint->files.tensors.n, sizeof *reader.used, err);
  if (reader.used == NULL)
    return BS_ERR_MEMORY;
  reader.family->describe(&reader, &checkpoint->blueprint);
  uint64_t outside = reader.parameters;
  if (reader.status == BS_OK && reader.family->describe_encoder != NULL)
    reader.family->describe_encoder(&reader, &checkpoint->encoder);
  reader.encoder_parameters = reader.parameters - outside;
  if (reader.gguf != NULL)
    bs_gguf_settle(&reader, &checkpoint->blueprint);
  bs_status status = reader.status;
  if (status == BS_OK)
    status = check_all_used(&reader);
  if (status == BS_OK)
    status = read_special_ids(&reader, &checkpoint->special, err);
  if (status == BS_OK)
    fill_info(checkpoint, &reader);
  checkpoint->used = reader.used;
  return status;
}

static bs_status load_config(bs_json **config, const char *dir, bs_error *err) {
  char *path = bs_path_join(dir, "config.json", err);
  if (path == NULL)
    return BS_ERR_MEMORY;
  bs_status status = bs_folder_refuse_adapter(dir, err);
  if (status == BS_OK)
    status = bs_json_load(config, path, MAX_CONFIG_BYTES, err);
  free(path);
  return status;
}

static bs_status open_gguf(bs_checkpoint *checkpoint, bs_json **config, const char *path,
                           bs_error *err) {
  bs_status status = bs_weight_files_open_gguf(&checkpoint->files, path, err);
  return status == BS_OK ? bs_gguf_config(config, checkpoint->files.gguf, err) : status;
}

bs_status bs_checkpoint_open_as(bs_checkpoint **out, const char *dir, bs_reading reading,
                                bs_error *err) {
  *out = NULL;
  bs_json *config = NULL;
  bs_checkpoint *checkpoint = bs_array_new(1, sizeof *checkpoint, err);
  if (checkpoint == NULL)
    return BS_ERR_MEMORY;
  bs_status status = bs_checkpoint_check_folder(dir, err);
  if (status == BS_OK)
    status = bs_gguf_is_path(dir) && !bs_is_folder(dir) ? open_gguf(checkpoint, &config, dir, err)
                                                        : load_config(&config, dir, err);
  if (status == BS_OK)
    status = describe(checkpoint, config, dir, reading, err);
  bs_json_free(&config);
  if (status != BS_OK)
    bs_checkpoint_free(&checkpoint);
  *out = checkpoint;
  return status;
}

bs_status bs_checkpoint_open(bs_checkpoint **out, const char *dir, bs_error *err) {
  return bs_checkpoint_open_as(out, dir, BS_READING_DEFAULT, err);
}

void bs_checkpoint_free(bs_checkpoint **checkpoint) {
  if (*checkpoint == NULL)
    return;
  bs_blueprint_free(&(*checkpoint)->blueprint);
  bs_blueprint_free(&(*checkpoint)->encoder);
  free((*checkpoint)->special.eos);
  bs_weight_files_close(&(*checkpoint)->files);
  bs_name_list_free(&(*checkpoint)->notes);
  free((*checkpoint)->used);
  free(*checkpoint);
  *checkpoint = NULL;
}

const bs_tensor *bs_checkpoint_tensor(const bs_checkpoint *checkpoint, const char *name) {
  return bs_tensor_list_find(&checkpoint->files.tensors, name);
}

size_t bs_checkpoint_n_tensors(const bs_checkpoint *checkpoint) {
  return checkpoint->files.tensors.n;
}

const bs_tensor *bs_checkpoint_tensor_at(const bs_checkpoint *checkpoint, size_t i) {
  return &checkpoint->files.tensors.items[i];
}

void bs_checkpoint_release_pages(const bs_checkpoint *checkpoint, const bs_tensor *tensor) {
  for (size_t i = 0; i < checkpoint->files.n_maps; i++) {
    const bs_file_map *map = &checkpoint->files.maps[i];
    if (tensor == NULL) {
      bs_file_map_release(map, map->data, map->n_bytes);
    } else if (tensor->n_bytes > 0 && map->n_bytes > 0) {
      size_t at = (size_t)tensor->data - (size_t)map->data; /* wraps when it lies before the map */
      if (at < map->n_bytes)
        bs_file_map_release(map, tensor->data, tensor->n_bytes);
    }
  }
}

bs_status bs_checkpoint_check_finite(const bs_checkpoint *checkpoint, bs_error *err) {
  bs_status status = BS_OK;
  for (size_t i = 0; status == BS_OK && i < checkpoint->files.tensors.n; i++) {
    const bs_tensor *tensor = &checkpoint->files.tensors.items[i];
    if (!checkpoint->used[i])
      continue;
    status = bs_tensor_check_finite(tensor, err);
    bs_checkpoint_release_pages(checkpoint, tensor);
  }
  return status;
}

void bs_checkpoint_info(const bs_checkpoint *checkpoint, bs_model_info *info) {
  *info = checkpoint->info;
}

size_t bs_checkpoint_n_notes(const bs_checkpoint *checkpoint) { return checkpoint->notes.n; }

const char *bs_checkpoint_note(const bs_checkpoint *checkpoint, size_t i) {
  return checkpoint->notes.names[i];
}

const bs_blueprint *bs_checkpoint_blueprint(const bs_checkpoint *checkpoint) {
  return &checkpoint->blueprint;
}

const bs_blueprint *bs_checkpoint_encoder(const bs_checkpoint *checkpoint) {
  return checkpoint->encoder.layers != NULL ? &checkpoint->encoder : NULL;
}

const bs_special_ids *bs_checkpoint_special_ids(const bs_checkpoint *checkpoint) {
  return &checkpoint->special;
}
