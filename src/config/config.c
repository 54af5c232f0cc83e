/* A configuration from JSON: its parts in turn, defaults, and freeing it. */
#include "config/config_internal.h"

#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/file_internal.h"
#include "base/memory_internal.h"
#include "base/text_internal.h"
#include "bigsweep/checkpoint.h"
#include "bigsweep/json.h"

enum { MAX_THREADS = 4096, MAX_NEW_TOKENS = 1 << 20 };

/* The whole numbers that doubles hold exactly. */
static const int64_t MAX_SEED = (int64_t)1 << 53;

typedef bs_config_reader reader;

static bs_status copy_string(reader *r, const cJSON *object, const char *key, bool required,
                             char **out) {
  const char *value = NULL;
  bs_status status = bs_json_get_string(r->json, object, key, required, &value, r->err);
  if (status == BS_OK && value != NULL && value[0] == '\0')
    return bs_json_fault(r->json, bs_json_get(object, key), r->err,
                         "expected a text, found an empty one");
  return status == BS_OK ? bs_json_copy_text(r->json, object, key, out, r->err) : status;
}

/* An array with at least one element. */
static bs_status get_list(reader *r, const char *key, const cJSON **out) {
  const cJSON *list = bs_json_get(r->json->root, key);
  if (list == NULL)
    return bs_json_fault(r->json, r->json->root, r->err, "key \"%s\" is missing, expected a list",
                         key);
  if (!cJSON_IsArray(list) || list->child == NULL)
    return bs_json_fault(r->json, list, r->err, "expected a list with at least one element");
  *out = list;
  return BS_OK;
}

/* The path of a model: the item itself, or its key "path". */
static bs_status read_given_path(reader *r, const cJSON *item, bs_model_spec *model) {
  if (cJSON_IsObject(item))
    return copy_string(r, item, "path", true, &model->given_path);
  if (item->valuestring[0] == '\0' || strstr(item->valuestring, "\xC0\x80") != NULL)
    return bs_json_fault(r->json, item, r->err, "expected the path of a checkpoint");
  model->given_path = bs_string_copy(item->valuestring, r->err);
  return model->given_path != NULL ? BS_OK : BS_ERR_MEMORY;
}

/* A model without a name has that of its folder. */
static bs_status name_by_folder(reader *r, const cJSON *item, bs_model_spec *model) {
  bs_error fault = {0};
  model->name = bs_folder_name(model->path, &fault);
  if (model->name != NULL)
    return BS_OK;
  if (fault.status == BS_ERR_MEMORY)
    return bs_error_set(r->err, fault.status, "%s", fault.message);
  const cJSON *place = cJSON_IsObject(item) ? bs_json_get(item, "path") : item;
  return bs_json_fault(r->json, place, r->err, "%s%s", fault.message,
                       fault.status == BS_ERR_INPUT ? ": give the model a \"name\"" : "");
}

/* Results tell models apart by their names. */
static bs_status check_model_name(reader *r, const cJSON *item, const bs_model_spec *model) {
  for (const bs_model_spec *other = r->config->models; other < model; other++)
    if (strcmp(other->name, model->name) == 0)
      return bs_json_fault(r->json, item, r->err,
                           "a second model with the name \"%s\": \"%s\" and \"%s\"; give one of "
                           "them another \"name\"",
                           model->name, other->given_path, model->given_path);
  return BS_OK;
}

static bs_status read_model(reader *r, const cJSON *item, bs_model_spec *model) {
  bool is_object = cJSON_IsObject(item);
  if (!is_object && !cJSON_IsString(item))
    return bs_json_fault(r->json, item, r->err,
                         "expected a path, or an object with \"path\", and optionally \"name\", "
                         "\"family\", \"scale\" and \"seed\"");
  bs_status status =
      is_object ? BS_KNOWN_KEYS(r, item, "name", "family", "path", "scale", "seed") : BS_OK;
  if (status == BS_OK)
    status = read_given_path(r, item, model);
  if (status == BS_OK && (model->path = bs_path_join(r->folder, model->given_path, r->err)) == NULL)
    status = BS_ERR_MEMORY;
  if (status == BS_OK)
    status = copy_string(r, item, "name", false, &model->name);
  if (status == BS_OK && model->name == NULL)
    status = name_by_folder(r, item, model);
  if (status == BS_OK)
    status = copy_string(r, item, "family", false, &model->family);
  if (status == BS_OK && model->family == NULL &&
      (model->family = bs_string_copy(r->config->name, r->err)) == NULL)
    status = BS_ERR_MEMORY;
  if (status == BS_OK)
    status = bs_json_get_double(r->json, item, "scale", false, &model->scale, r->err);
  if (status == BS_OK && !isnan(model->scale) && !(model->scale > 0 && isfinite(model->scale)))
    status =
        bs_json_fault(r->json, bs_json_get(item, "scale"), r->err, "expected a positive number");
  int64_t seed = -1;
  if (status == BS_OK)
    status = bs_json_get_integer(r->json, item, "seed", false, 0, MAX_SEED, &seed, r->err);
  model->seed = seed >= 0 ? (double)seed : NAN;
  return status;
}

static bs_status no_model_folder(reader *r, const cJSON *item, const bs_model_spec *model) {
  bs_error fault = {0};
  bs_checkpoint_check_folder(model->path, &fault);
  return bs_json_fault(r->json, item, r->err, "%s", fault.message);
}

static bs_status read_models(reader *r) {
  const cJSON *list = NULL, *item;
  bs_config *config = r->config;
  bs_status status = get_list(r, "models", &list);
  if (status != BS_OK)
    return status;
  config->models = bs_array_new((size_t)cJSON_GetArraySize(list), sizeof *config->models, r->err);
  if (config->models == NULL)
    return BS_ERR_MEMORY;
  cJSON_ArrayForEach(item, list) {
    bs_model_spec *model = &config->models[config->n_models++];
    model->scale = model->seed = NAN;
    if ((status = read_model(r, item, model)) != BS_OK)
      return status;
    if ((status = check_model_name(r, item, model)) != BS_OK)
      return status;
    if (!bs_is_folder(model->path))
      return no_model_folder(r, item, model);
  }
  return BS_OK;
}

/* The numbers of shots of what gives none; no key: zero shots. */
static bs_status read_shots(reader *r) {
  const cJSON *list = bs_json_get(r->json->root, "shots");
  if (list != NULL)
    return bs_shots_read(&r->shots, r->json, list, r->err);
  r->shots.list = bs_array_new(1, sizeof *r->shots.list, r->err);
  r->shots.n = 1;
  return r->shots.list != NULL ? BS_OK : BS_ERR_MEMORY;
}

static bs_status read_border(reader *r) {
  const char *name = "joint";
  bs_status status = bs_json_get_string(r->json, r->json->root, "border", false, &name, r->err);
  if (status != BS_OK)
    return status;
  bs_error local = {0};
  if (bs_border_parse(&r->config->protocol.border, name, &local) != BS_OK)
    return bs_json_fault(r->json, bs_json_get(r->json->root, "border"), r->err, "%s",
                         local.message);
  return BS_OK;
}

static bs_status read_overlong(reader *r) {
  const char *name = bs_overlong_name(BS_OVERLONG_CUT);
  bs_status status = bs_json_get_string(r->json, r->json->root, "overlong", false, &name, r->err);
  bs_error local = {0};
  if (status == BS_OK && bs_overlong_parse(&r->config->protocol.overlong, name, &local) != BS_OK)
    status =
        bs_json_fault(r->json, bs_json_get(r->json->root, "overlong"), r->err, "%s", local.message);
  return status;
}

static bs_status read_isa(reader *r) {
  const cJSON *root = r->json->root;
  bs_error fault = {0};
  const char *name = NULL;
  bs_status status = bs_json_get_string(r->json, root, "isa", false, &name, r->err);
  if (status == BS_OK && bs_isa_parse(&r->config->isa, name, &fault) != BS_OK)
    status = bs_json_fault(r->json, bs_json_get(root, "isa"), r->err, "%s", fault.message);
  return status;
}

static bs_status read_protocol(reader *r) {
  const cJSON *root = r->json->root;
  bs_protocol *protocol = &r->config->protocol;
  int64_t seed = 42, max_tokens = 128, max_examples = 0, threads = 0;
  bs_status status =
      bs_json_get_integer(r->json, root, "seed", false, 0, UINT32_MAX, &seed, r->err);
  if (status == BS_OK)
    status = bs_json_get_integer(r->json, root, "max_examples", false, 1, UINT32_MAX, &max_examples,
                                 r->err);
  if (status == BS_OK)
    status = bs_json_get_integer(r->json, root, "threads", false, 1, MAX_THREADS, &threads, r->err);
  const cJSON *generation = bs_json_get(root, "generation");
  if (status == BS_OK && generation != NULL) {
    if (!cJSON_IsObject(generation))
      return bs_json_fault(r->json, generation, r->err, "expected an object with \"max_tokens\"");
    status = BS_KNOWN_KEYS(r, generation, "max_tokens");
    if (status == BS_OK)
      status = bs_json_get_integer(r->json, generation, "max_tokens", false, 1, MAX_NEW_TOKENS,
                                   &max_tokens, r->err);
  }
  const char *dtype = "auto";
  if (status == BS_OK)
    status = bs_json_get_string(r->json, root, "dtype", false, &dtype, r->err);
  bs_error local = {0};
  if (status == BS_OK && bs_precision_parse(&protocol->precision, dtype, &local) != BS_OK)
    status = bs_json_fault(r->json, bs_json_get(root, "dtype"), r->err, "%s", local.message);
  if (status == BS_OK)
    status = read_border(r);
  if (status == BS_OK)
    status = read_overlong(r);
  if (status == BS_OK)
    status = read_isa(r);
  protocol->seed = (uint32_t)seed;
  protocol->max_tokens = (size_t)max_tokens;
  r->config->max_examples = (size_t)max_examples;
  r->config->threads = (int)threads;
  return status;
}

static bs_status read_all(reader *r) {
  const cJSON *root = r->json->root;
  bs_config *config = r->config;
  if (!cJSON_IsObject(root))
    return bs_json_fault(r->json, root, r->err, "expected an object");
  bs_status status = BS_KNOWN_KEYS(r, root, "name", "models", "tasks", "variants", "shots", "seed",
                                   "max_examples", "dtype", "generation", "output", "border",
                                   "overlong", "threads", "isa", "baselines", "metrics");
  if (status == BS_OK)
    status = copy_string(r, root, "name", false, &config->name);
  if (status == BS_OK && config->name == NULL &&
      (config->name = bs_string_copy("sweep", r->err)) == NULL)
    status = BS_ERR_MEMORY;
  char *output = NULL;
  if (status == BS_OK)
    status = copy_string(r, root, "output", false, &output);
  if (status == BS_OK && output != NULL && bs_path_hint(output)[0] != '\0' &&
      !bs_file_exists(output))
    status = bs_json_fault(r->json, bs_json_get(root, "output"), r->err, "no such folder: %s%s",
                           output, bs_path_hint(output));
  if (status == BS_OK && output != NULL &&
      (config->output = bs_path_join(r->folder, output, r->err)) == NULL)
    status = BS_ERR_MEMORY;
  free(output);
  if (status == BS_OK)
    status = read_protocol(r);
  if (status == BS_OK)
    status = read_shots(r);
  const cJSON *metrics = bs_json_get(root, "metrics");
  if (status == BS_OK && metrics != NULL)
    status = bs_metric_names_read(&r->metrics.names, &r->metrics.n, r->json, metrics, r->err);
  if (status == BS_OK)
    status = read_models(r);
  if (status == BS_OK)
    status = bs_config_read_variants(r);
  if (status == BS_OK)
    status = bs_config_read_baselines(r, root, 0, SIZE_MAX);
  if (status == BS_OK)
    status = bs_config_read_tasks(r);
  return status;
}

bs_status bs_config_parse(bs_config **out, const char *json_text, size_t n_bytes, const char *path,
                          bs_error *err) {
  *out = NULL;
  bs_json *json = NULL;
  bs_error fault = {0};
  bs_config *config = bs_array_new(1, sizeof *config, err);
  char *folder = bs_path_folder(path, err);
  bs_status status = config == NULL || folder == NULL ? BS_ERR_MEMORY : BS_OK;
  if (status == BS_OK) {
    config->path = bs_string_copy(path, err);
    config->json = bs_string_new(json_text, n_bytes, err);
    status = config->path == NULL || config->json == NULL ? BS_ERR_MEMORY : BS_OK;
  }
  if (status == BS_OK)
    status = bs_json_parse(&json, json_text, n_bytes, path, &fault);
  if (status == BS_OK) {
    /* In the working folder itself paths stay as they are written. */
    reader r = {.json = json,
                .folder = strcmp(folder, ".") == 0 ? "" : folder,
                .config = config,
                .err = &fault};
    status = read_all(&r);
    bs_config_variants_free(&r.variants);
    free(r.shots.list);
    bs_metric_names_free(&r.metrics);
  }
  if (status == BS_ERR_INPUT) /* a fault in the configuration is the user's to mend */
    status = BS_ERR_USAGE;
  if (status != BS_OK) {
    bs_error_set(err, status, "%s", fault.message);
    bs_config_free(&config);
  }
  bs_json_free(&json);
  free(folder);
  *out = config;
  return status;
}

bs_status bs_config_load(bs_config **out, const char *path, bs_error *err) {
  *out = NULL;
  bs_text text = {0};
  bs_status status = bs_file_read(path, (size_t)64 << 20, &text, err);
  if (status == BS_OK)
    status = bs_config_parse(out, text.data, text.n_bytes, path, err);
  else if (status == BS_ERR_IO)
    status = bs_error_recast(err, BS_ERR_USAGE);
  bs_text_free(&text);
  return status;
}

static void free_suite(bs_suite_found *suite) {
  free(suite->name);
  free(suite->folder);
  for (size_t i = 0; i < suite->n_missing; i++)
    free(suite->missing[i]);
  free(suite->missing);
}

void bs_config_free(bs_config **handle) {
  bs_config *config = *handle;
  if (config == NULL)
    return;
  for (size_t i = 0; i < config->n_models; i++) {
    free(config->models[i].name);
    free(config->models[i].family);
    free(config->models[i].path);
    free(config->models[i].given_path);
  }
  for (size_t i = 0; i < config->n_tasks; i++)
    bs_task_spec_clear(&config->tasks[i]);
  for (size_t i = 0; i < config->n_suites; i++)
    free_suite(&config->suites[i]);
  for (size_t i = 0; i < config->n_baselines; i++) {
    free(config->baselines[i].task);
    free(config->baselines[i].file);
  }
  free(config->models);
  free(config->tasks);
  free(config->suites);
  free(config->baselines);
  free(config->name);
  free(config->path);
  free(config->json);
  free(config->output);
  free(config);
  *handle = NULL;
}
