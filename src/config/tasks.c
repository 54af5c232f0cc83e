/* The key "tasks": from its entries to specs. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/file_internal.h"
#include "base/memory_internal.h"
#include "config/config_internal.h"

enum { MOST_SPECS = 100000 };

/* An element of the list. */
typedef struct entry {
  const cJSON *item;
  bs_task_format format;
  char *name; /* of its tasks, or NULL */
  bs_shots shots;
  bs_metric_names metrics;
  bs_config_variants variants;
  bs_task_files files;
} entry;

void bs_metric_names_free(bs_metric_names *metrics) {
  for (size_t i = 0; i < metrics->n; i++)
    free(metrics->names[i]);
  free(metrics->names);
  *metrics = (bs_metric_names){0};
}

static void entry_free(entry *e) {
  free(e->name);
  free(e->shots.list);
  bs_metric_names_free(&e->metrics);
  bs_config_variants_free(&e->variants);
  bs_task_files_free(&e->files);
}

static bool same_text(const char *a, const char *b) {
  return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

static bool same_shots(const bs_task_spec *a, const bs_task_spec *b) {
  return a->n_shots == b->n_shots && memcmp(a->shots, b->shots, a->n_shots * sizeof *a->shots) == 0;
}

/* Whether two specs say the same; out of memory counts as no. */
static bool is_same(const bs_task_spec *a, const bs_task_spec *b) {
  if (a->format != b->format || !same_shots(a, b))
    return false;
  bs_text of_a = {0}, of_b = {0};
  bool same = bs_task_spec_print(a, &of_a, NULL) == BS_OK &&
              bs_task_spec_print(b, &of_b, NULL) == BS_OK && strcmp(of_a.data, of_b.data) == 0;
  bs_text_free(&of_a);
  bs_text_free(&of_b);
  return same;
}

static const char *variant_name(const bs_task_spec *spec) {
  return spec->variant != NULL ? spec->variant->name : NULL;
}

/* Of what look_for_equal compares (FNV-1a), so that it compares few texts. */
static uint64_t key_of(const bs_task_spec *spec) {
  const char *const texts[] = {spec->path, spec->name, variant_name(spec)};
  uint64_t key = UINT64_C(0xCBF29CE484222325);
  for (size_t i = 0; i < 3; i++)
    for (const char *at = texts[i] != NULL ? texts[i] : "\n"; *at != '\0'; at++)
      key = (key ^ (unsigned char)*at) * UINT64_C(0x100000001B3);
  return key;
}

/* The specs so far. */
typedef struct collection {
  size_t capacity, keys_capacity;
  uint64_t *keys; /* [n_tasks] */
} collection;

/* BS_OK and *is_there: the same spec, which is asked for once. A task that would have the name of
   another is a fault. */
static bs_status look_for_equal(bs_config_reader *r, const collection *all, const cJSON *item,
                                const bs_task_spec *spec, bool *is_there) {
  *is_there = false;
  uint64_t key = key_of(spec);
  for (size_t i = 0; i < r->config->n_tasks; i++) {
    const bs_task_spec *other = &r->config->tasks[i];
    if (all->keys[i] != key || strcmp(other->path, spec->path) != 0 ||
        !same_text(other->name, spec->name) || !same_text(variant_name(other), variant_name(spec)))
      continue;
    if (!is_same(other, spec))
      return bs_json_fault(
          r->json, item, r->err,
          "%s stands twice with %s%s%s, but not in the same way: put what is asked of it into one "
          "entry, or give one a \"name\" (such as \"second_{task}\") or a variant of its own",
          spec->path, spec->variant != NULL ? "the variant \"" : "no variant",
          spec->variant != NULL ? spec->variant->name : "", spec->variant != NULL ? "\"" : "");
    *is_there = true;
    return BS_OK;
  }
  return BS_OK;
}

static bs_status copy_metrics(bs_task_spec *spec, const bs_metric_names *from, bs_error *err) {
  if (from->n == 0)
    return BS_OK;
  spec->metrics = bs_array_new(from->n, sizeof *spec->metrics, err);
  bs_status status = spec->metrics != NULL ? BS_OK : BS_ERR_MEMORY;
  for (size_t i = 0; status == BS_OK && i < from->n; i++) {
    spec->metrics[i] = bs_string_copy(from->names[i], err);
    status = spec->metrics[i] != NULL ? BS_OK : BS_ERR_MEMORY;
    spec->n_metrics += status == BS_OK;
  }
  return status;
}

static bs_status fill_spec(bs_task_spec *spec, const entry *e, size_t file,
                           const bs_config_variant *variant, const bs_shots *shots, bs_error *err) {
  const char *name = e->files.names[file] != NULL ? e->files.names[file] : e->name;
  *spec = (bs_task_spec){.format = e->format, .human_average = NAN, .human_best = NAN};
  spec->path = bs_string_copy(e->files.paths[file], err);
  spec->name = name != NULL ? bs_string_copy(name, err) : NULL;
  spec->shots = bs_array_new(shots->n, sizeof *spec->shots, err);
  bs_status status =
      spec->path == NULL || spec->shots == NULL || (name != NULL && spec->name == NULL)
          ? BS_ERR_MEMORY
          : BS_OK;
  if (status == BS_OK) {
    memcpy(spec->shots, shots->list, shots->n * sizeof *spec->shots);
    spec->n_shots = shots->n;
  }
  if (status == BS_OK && variant->variant != NULL)
    status = bs_variant_copy(&spec->variant, variant->variant, err);
  return status;
}

/* Takes the spec over. */
static bs_status append_spec(bs_config *config, collection *all, bs_task_spec *spec,
                             bs_error *err) {
  bs_status status = bs_reserve(&config->tasks, &all->capacity, config->n_tasks, 1, err);
  if (status == BS_OK)
    status = bs_reserve(&all->keys, &all->keys_capacity, config->n_tasks, 1, err);
  if (status != BS_OK)
    return status;
  all->keys[config->n_tasks] = key_of(spec);
  config->tasks[config->n_tasks++] = *spec;
  *spec = (bs_task_spec){0};
  return BS_OK;
}

static bs_status add_spec(bs_config_reader *r, collection *all, const entry *e, size_t file,
                          const bs_config_variant *variant) {
  const bs_shots *shots = variant->shots.n > 0 ? &variant->shots
                          : e->shots.n > 0     ? &e->shots
                                               : &r->shots;
  bs_task_spec spec;
  bool is_there = false;
  bs_status status = fill_spec(&spec, e, file, variant, shots, r->err);
  if (status == BS_OK)
    status = copy_metrics(&spec, e->metrics.names != NULL ? &e->metrics : &r->metrics, r->err);
  if (status == BS_OK)
    status = look_for_equal(r, all, e->item, &spec, &is_there);
  if (status == BS_OK && r->config->n_tasks == MOST_SPECS)
    status = bs_json_fault(r->json, e->item, r->err, "more than %d tasks", MOST_SPECS);
  if (status == BS_OK && !is_there)
    status = append_spec(r->config, all, &spec, r->err);
  bs_task_spec_clear(&spec);
  return status;
}

/* Every file in every variant. */
static bs_status add_specs(bs_config_reader *r, collection *all, const entry *e) {
  if (e->name != NULL && e->files.n > 1 && strstr(e->name, "{task}") == NULL)
    return bs_json_fault(r->json, bs_json_get(e->item, "name"), r->err,
                         "one name for %zu tasks: put {task} into it", e->files.n);
  bs_status status = BS_OK;
  for (size_t f = 0; status == BS_OK && f < e->files.n; f++)
    for (size_t v = 0; status == BS_OK && v < e->variants.n; v++)
      status = add_spec(r, all, e, f, &e->variants.list[v]);
  return status;
}

/* "shots", "metrics" and "variants", which all objects may have. */
static bs_status read_ways(bs_config_reader *r, entry *e) {
  const cJSON *shots = bs_json_get(e->item, "shots");
  bs_status status = BS_OK;
  if (shots != NULL)
    status = bs_shots_read(&e->shots, r->json, shots, r->err);
  const cJSON *metrics = bs_json_get(e->item, "metrics");
  if (status == BS_OK && metrics != NULL)
    status = bs_metric_names_read(&e->metrics.names, &e->metrics.n, r->json, metrics, r->err);
  if (status == BS_OK)
    status = bs_config_choose_variants(r, bs_json_get(e->item, "variants"), &e->variants);
  return status;
}

static bs_status read_format(bs_config_reader *r, entry *e) {
  const char *name = "auto";
  bs_error fault = {0};
  bs_status status = bs_json_get_string(r->json, e->item, "format", false, &name, r->err);
  if (status == BS_OK && bs_task_format_parse(&e->format, name, &fault) != BS_OK)
    status = bs_json_fault(r->json, bs_json_get(e->item, "format"), r->err, "%s", fault.message);
  return status;
}

static bs_status read_name(bs_config_reader *r, entry *e) {
  bs_error fault = {0};
  bs_status status = bs_json_copy_text(r->json, e->item, "name", &e->name, r->err);
  if (status == BS_OK && bs_task_name_check(e->name, &fault) != BS_OK)
    status = bs_json_fault(r->json, bs_json_get(e->item, "name"), r->err, "%s", fault.message);
  return status;
}

/* A path of the configuration, resolved. */
static bs_status read_path(bs_config_reader *r, const cJSON *item, const char *what, char **path) {
  *path = NULL;
  if (!cJSON_IsString(item) || item->valuestring[0] == '\0' ||
      strstr(item->valuestring, "\xC0\x80") != NULL)
    return bs_json_fault(r->json, item, r->err, "expected %s", what);
  *path = bs_path_join(r->folder, item->valuestring, r->err);
  return *path != NULL ? BS_OK : BS_ERR_MEMORY;
}

/* Subtasks and folders are BIG-bench's. */
static bool has_parts(bs_task_format format) {
  return format == BS_FORMAT_AUTO || format == BS_FORMAT_BIGBENCH;
}

static bs_status find_files(bs_config_reader *r, entry *e, const cJSON *item) {
  char *pattern = NULL;
  bs_error fault = {0};
  bs_status status = read_path(r, item, "a path or a glob pattern", &pattern);
  if (status != BS_OK)
    return status;
  status = bs_task_files_add_pattern(&e->files, pattern, has_parts(e->format), &fault);
  free(pattern);
  return status == BS_OK ? BS_OK : bs_json_fault(r->json, item, r->err, "%s", fault.message);
}

static bs_status read_path_entry(bs_config_reader *r, entry *e) {
  bs_status status = BS_KNOWN_KEYS(r, e->item, "path", "format", "name", "shots", "metrics",
                                   "variants", "baselines", "suite");
  const cJSON *path = bs_json_get(e->item, "path");
  if (status == BS_OK && path == NULL)
    status = bs_json_fault(r->json, e->item, r->err,
                           "key \"path\" is missing, expected a path or a glob pattern");
  if (status == BS_OK)
    status = read_format(r, e);
  if (status == BS_OK)
    status = read_name(r, e);
  if (status == BS_OK)
    status = read_ways(r, e);
  return status == BS_OK ? find_files(r, e, path) : status;
}

static bs_status find_suite(bs_config_reader *r, entry *e, const char *name,
                            bs_suite_found *found) {
  const cJSON *path = bs_json_get(e->item, "path");
  bs_error fault = {0};
  if (path == NULL)
    return bs_json_fault(
        r->json, e->item, r->err,
        "key \"path\" is missing, expected the folder where the tasks of the suite "
        "lie");
  bs_status status =
      read_path(r, path, "the folder where the tasks of the suite lie", &found->folder);
  if (status == BS_OK && !bs_is_folder(found->folder))
    return bs_json_fault(r->json, path, r->err, "no such folder: %s%s", found->folder,
                         bs_path_hint(found->folder));
  if (status != BS_OK)
    return status;
  status = bs_suite_find(name, found->folder, &e->files, &e->format, found, &fault);
  return status == BS_OK
             ? BS_OK
             : bs_json_fault(r->json, bs_json_get(e->item, "suite"), r->err, "%s", fault.message);
}

static bs_status read_suite_entry(bs_config_reader *r, entry *e) {
  bs_config *config = r->config;
  const char *name = NULL;
  bs_status status =
      BS_KNOWN_KEYS(r, e->item, "suite", "path", "shots", "metrics", "variants", "baselines");
  if (status == BS_OK)
    status = bs_json_get_string(r->json, e->item, "suite", true, &name, r->err);
  if (status == BS_OK)
    status = read_ways(r, e);
  if (status != BS_OK)
    return status;
  bs_suite_found *suites = realloc(config->suites, (config->n_suites + 1) * sizeof *config->suites);
  if (suites == NULL)
    return bs_error_set(r->err, BS_ERR_MEMORY, "cannot keep %zu suites", config->n_suites + 1);
  config->suites = suites;
  suites[config->n_suites] = (bs_suite_found){0};
  return find_suite(r, e, name, &suites[config->n_suites++]);
}

static bs_status read_entry(bs_config_reader *r, entry *e) {
  if (cJSON_IsObject(e->item))
    return bs_json_get(e->item, "suite") != NULL ? read_suite_entry(r, e) : read_path_entry(r, e);
  bs_status status = bs_config_choose_variants(r, NULL, &e->variants);
  return status == BS_OK ? find_files(r, e, e->item) : status;
}

static bs_status take_entry(bs_config_reader *r, collection *all, const cJSON *item) {
  entry e = {.item = item};
  size_t first = r->config->n_tasks;
  bs_status status = read_entry(r, &e);
  if (status == BS_OK)
    status = add_specs(r, all, &e);
  if (status == BS_OK && cJSON_IsObject(item))
    status = bs_config_read_baselines(r, item, first, r->config->n_tasks);
  entry_free(&e);
  return status;
}

bs_status bs_config_read_tasks(bs_config_reader *r) {
  const cJSON *list = bs_json_get(r->json->root, "tasks"), *item;
  collection all = {0};
  bs_status status = BS_OK;
  if (list == NULL)
    return bs_json_fault(r->json, r->json->root, r->err,
                         "key \"tasks\" is missing, expected a list");
  if (!cJSON_IsArray(list) || list->child == NULL)
    return bs_json_fault(r->json, list, r->err, "expected a list with at least one element");
  cJSON_ArrayForEach(item, list) {
    if (status == BS_OK)
      status = take_entry(r, &all, item);
  }
  free(all.keys);
  return status;
}
