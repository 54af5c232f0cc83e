/* What the readers of the parts of a configuration share. */
#ifndef BIGSWEEP_CONFIG_CONFIG_INTERNAL_H
#define BIGSWEEP_CONFIG_CONFIG_INTERNAL_H

#include "bigsweep/config.h"
#include "bigsweep/json.h"
#include "tasks/variant_internal.h"

/* A way of putting an entry's tasks. `variant` NULL: as their files have it. */
typedef struct bs_config_variant {
  bs_variant *variant; /* its head's path is resolved */
  bs_shots shots;      /* n 0: the entry's */
} bs_config_variant;

typedef struct bs_config_variants {
  bs_config_variant *list;
  size_t n;
} bs_config_variants;

/* Names of metrics that are computed beside a task's own. */
typedef struct bs_metric_names {
  char **names; /* owned; NULL: not given */
  size_t n;
} bs_metric_names;
void bs_metric_names_free(bs_metric_names *metrics);

typedef struct bs_config_reader {
  const bs_json *json;
  const char *folder; /* that relative paths start from */
  bs_config *config;
  bs_shots shots;              /* where an entry gives none */
  bs_metric_names metrics;     /* where an entry gives none */
  bs_config_variants variants; /* by name */
  bs_error *err;
} bs_config_reader;

/* Refuses keys of `object` that are not among those that follow, and repeated ones. */
#define BS_KNOWN_KEYS(r, object, ...)                                                              \
  bs_json_known_keys((r)->json, object, (const char *const[]){__VA_ARGS__},                        \
                     sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *), (r)->err)

/* A copy of a string that is not empty; NULL where the key is absent. */
bs_status bs_config_copy_string(bs_config_reader *r, const cJSON *object, const char *key,
                                bool required, char **out);

/* The key "models". Paths with placeholders stand for several models. */
bs_status bs_config_read_models(bs_config_reader *r);
void bs_config_model_clear(bs_model_spec *model);

/* The key "variants" at the top: an object of variants by name. */
bs_status bs_config_read_variants(bs_config_reader *r);
/* The key "variants" of an entry: a list of names and objects; NULL: the task as it is. */
bs_status bs_config_choose_variants(bs_config_reader *r, const cJSON *list,
                                    bs_config_variants *chosen);
void bs_config_variants_free(bs_config_variants *variants);

/* The key "tasks". */
bs_status bs_config_read_tasks(bs_config_reader *r);

/* Reads a file of baselines for the tasks [first, end) of the configuration. */
bs_status bs_config_read_baselines(bs_config_reader *r, const cJSON *object, size_t first,
                                   size_t end);

/* Files of tasks, each with a name that it is given, or NULL. */
typedef struct bs_task_files {
  char **paths, **names;
  size_t n, capacity_paths, capacity_names;
} bs_task_files;

void bs_task_files_free(bs_task_files *files);
/* Appends a file once. */
bs_status bs_task_files_add(bs_task_files *files, const char *path, const char *name,
                            bs_error *err);
/* Appends a task file, or that of a folder; of a task made of subtasks, those. `has_parts`: whether
   the format has subtasks and folders. */
bs_status bs_task_files_add_task(bs_task_files *files, const char *path, bool has_parts,
                                 bs_error *err);
/* Appends the files that `pattern` (already resolved) stands for: a file, a folder with a
   task.json, or a glob, sorted by byte value. BS_ERR_USAGE when nothing matches. */
bs_status bs_task_files_add_pattern(bs_task_files *files, const char *pattern, bool has_parts,
                                    bs_error *err);

/* Appends the files of a suite that lie in `folder`; fills `found` (all but its folder, owned). */
bs_status bs_suite_find(const char *name, const char *folder, bs_task_files *files,
                        bs_task_format *format, bs_suite_found *found, bs_error *err);

#endif
