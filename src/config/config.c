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

typedef bs_config_reader reader;

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

static bs_status read_axis(reader *r) {
  const cJSON *root = r->json->root;
  bs_error fault = {0};
  const char *name = NULL;
  bs_status status = bs_json_get_string(r->json, root, "axis", false, &name, r->err);
  if (status == BS_OK && name != NULL && bs_axis_parse(&r->config->axis, name, &fault) != BS_OK)
    status = bs_json_fault(r->json, bs_json_get(root, "axis"), r->err, "%s", fault.message);
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
  const char *reading = bs_reading_name(BS_READING_DEFAULT);
  if (status == BS_OK)
    status = bs_json_get_string(r->json, root, "transformers", false, &reading, r->err);
  if (status == BS_OK && bs_reading_parse(&protocol->reading, reading, &local) != BS_OK)
    status = bs_json_fault(r->json, bs_json_get(root, "transformers"), r->err, "%s", local.message);
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
  bs_status status =
      BS_KNOWN_KEYS(r, root, "name", "models", "tasks", "variants", "shots", "seed", "max_examples",
                    "dtype", "generation", "output", "border", "overlong", "threads", "isa",
                    "baselines", "metrics", "axis", "transformers");
  if (status == BS_OK)
    status = bs_config_copy_string(r, root, "name", false, &config->name);
  if (status == BS_OK && config->name == NULL &&
      (config->name = bs_string_copy("sweep", r->err)) == NULL)
    status = BS_ERR_MEMORY;
  char *output = NULL;
  if (status == BS_OK)
    status = bs_config_copy_string(r, root, "output", false, &output);
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
    status = read_axis(r);
  if (status == BS_OK)
    status = bs_config_read_models(r);
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
  if (bs_is_folder(path))
    return bs_error_set(err, BS_ERR_USAGE,
                        "%s: a folder; expected a configuration (JSON), as `bigsweep init "
                        "FOLDER_OF_MODELS FOLDER_OF_TASKS` writes one",
                        path);
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
  for (size_t i = 0; i < config->n_models; i++)
    bs_config_model_clear(&config->models[i]);
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
