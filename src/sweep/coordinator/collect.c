/* Everything that a results file and its parts hold, as one set of tables. */
#include "sweep/coordinator/collect_internal.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>

#include "base/file_internal.h"
#include "base/memory_internal.h"
#include "bigsweep/store.h"
#include "tables/tables_internal.h"

static bs_status map_model(bs_tables *to, const bs_model_row *row, uint32_t *index, bs_error *err) {
  for (size_t i = 0; i < to->n_models; i++)
    if (strcmp(to->models[i].sha256, row->sha256) == 0 &&
        strcmp(to->models[i].name, row->name) == 0) {
      *index = (uint32_t)i;
      return BS_OK;
    }
  *index = (uint32_t)to->n_models;
  return bs_tables_add_model(to, row, err);
}

/* The number of a task, which is added when it is new. */
static bs_status map_task(bs_tables *to, const bs_task_row *row, uint32_t *index, bool *is_new,
                          bs_error *err) {
  *is_new = false;
  for (size_t i = 0; i < to->n_tasks; i++)
    if (strcmp(to->tasks[i].sha256, row->sha256) == 0 &&
        strcmp(to->tasks[i].name, row->name) == 0) {
      *index = (uint32_t)i;
      return BS_OK;
    }
  *index = (uint32_t)to->n_tasks;
  *is_new = true;
  return bs_tables_add_task(to, row, err);
}

/* Maps the tasks of one more file; questions and answers come with those that are new. */
static bs_status map_tasks(bs_tables *to, const bs_tables *from, uint32_t *map, bs_error *err) {
  static const bs_table_id TEXTS[] = {BS_TABLE_INPUTS, BS_TABLE_TARGETS, BS_TABLE_CHOICE_TEXTS};
  uint32_t *new_ones = bs_array_new(from->n_tasks, sizeof *new_ones, err);
  bs_status status = new_ones != NULL ? BS_OK : BS_ERR_MEMORY;
  for (size_t i = 0; status == BS_OK && i < from->n_tasks; i++) {
    bool is_new;
    status = map_task(to, &from->tasks[i], &map[i], &is_new, err);
    new_ones[i] = is_new ? map[i] : BS_NOT_THERE;
  }
  for (size_t i = 0; status == BS_OK && i < sizeof TEXTS / sizeof *TEXTS; i++)
    status = bs_tables_append(to, from, TEXTS[i], (bs_index_maps){.tasks = new_ones}, err);
  free(new_ones);
  return status;
}

/* Adds the rows of one more file, under the models and tasks that are collected so far. */
static bs_status add_rows(bs_tables *to, const bs_tables *from, const uint32_t *models,
                          const uint32_t *tasks, bs_error *err) {
  static const bs_table_id TABLES[] = {BS_TABLE_EXAMPLES, BS_TABLE_SKIPPED, BS_TABLE_RUNS};
  bs_status status = BS_OK;
  for (size_t i = 0; status == BS_OK && i < sizeof TABLES / sizeof *TABLES; i++)
    status = bs_tables_append(to, from, TABLES[i], (bs_index_maps){models, tasks}, err);
  return status;
}

static bs_status start_collection(bs_tables **out, const bs_tables *from, bs_error *err) {
  bs_status status = bs_tables_new(out, from->metric_names, from->n_metrics, err);
  return status == BS_OK ? bs_tables_set_provenance(*out, &from->provenance, err) : status;
}

static bs_status add_file(void *user, const bs_tables *from, const char *path, bs_error *err) {
  bs_tables **out = user;
  bs_status status = *out == NULL ? start_collection(out, from, err) : BS_OK;
  if (status != BS_OK)
    return status;
  bs_tables *to = *out;
  uint32_t *models = bs_array_new(from->n_models, sizeof *models, err);
  uint32_t *tasks = bs_array_new(from->n_tasks, sizeof *tasks, err);
  if (models == NULL || tasks == NULL) {
    status = BS_ERR_MEMORY;
    goto cleanup;
  }
  if (strcmp(from->provenance.protocol, to->provenance.protocol) != 0) {
    status = bs_error_set(err, BS_ERR_INPUT, "%s: another protocol (\"%s\") than the rest (\"%s\")",
                          path, from->provenance.protocol, to->provenance.protocol);
    goto cleanup;
  }
  for (size_t i = 0; status == BS_OK && i < from->n_models; i++)
    status = map_model(to, &from->models[i], &models[i], err);
  if (status == BS_OK)
    status = map_tasks(to, from, tasks, err);
  if (status == BS_OK)
    status = add_rows(to, from, models, tasks, err);
  if (status != BS_OK)
    bs_error_prefix(err, "%s", path);

cleanup:
  free(models);
  free(tasks);
  return status;
}

/* A folder without parts, left by a commit that failed, is nothing. */
static bool has_parts(const char *path) {
  bs_text folder = {0};
  bool found = false;
  if (bs_text_printf(&folder, NULL, "%s.parts", path) == BS_OK) {
    DIR *entries = opendir(folder.data);
    const struct dirent *entry;
    while (entries != NULL && !found && (entry = readdir(entries)) != NULL)
      found = entry->d_name[0] != '.';
    if (entries != NULL)
      closedir(entries);
  }
  bs_text_free(&folder);
  return found;
}

bool bs_sweep_has_results(const char *path) { return bs_file_exists(path) || has_parts(path); }

static bs_status collect_once(bs_tables **out, const char *path, bs_error *err) {
  *out = NULL;
  bs_status status = BS_OK;
  if (bs_file_exists(path)) {
    bs_tables *file = NULL;
    status = bs_store_read(&file, path, err);
    if (status == BS_OK)
      status = add_file(out, file, path, err);
    bs_tables_free(&file);
  }
  if (status == BS_OK)
    status = bs_store_each_part(path, add_file, out, err);
  if (status == BS_OK && *out == NULL)
    status = bs_error_set(err, BS_ERR_IO, "%s: no such results file, and no parts of one", path);
  if (status == BS_OK)
    status = bs_tables_sort(*out, err);
  if (status != BS_OK)
    bs_tables_free(out);
  return status;
}

bs_status bs_sweep_collect(bs_tables **out, const char *path, bs_error *err) {
  bs_error fault = {0};
  bs_status status = collect_once(out, path, &fault);
  /* A run may have finished meanwhile, which puts the parts into the file and removes them. */
  if (status == BS_ERR_IO && bs_file_exists(path) && !has_parts(path)) {
    bs_error_clear(&fault);
    status = collect_once(out, path, &fault);
  }
  return status == BS_OK ? BS_OK : bs_error_set(err, status, "%s", fault.message);
}
