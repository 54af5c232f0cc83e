/* Everything that a results file and its parts hold, as one set of tables. */
#include "sweep/coordinator/collect_internal.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>

#include "base/file_internal.h"
#include "base/memory_internal.h"

bs_status bs_tables_append(bs_tables *to, const bs_tables *from, const uint32_t *model_map,
                           const uint32_t *task_map, bs_error *err) {
  bool same = to->n_metrics == from->n_metrics;
  for (size_t k = 0; same && k < to->n_metrics; k++)
    same = strcmp(to->metric_names[k], from->metric_names[k]) == 0;
  if (!same)
    return bs_error_set(err, BS_ERR_INPUT, "the metric columns differ: written by another version");
  for (size_t i = 0; i < from->n_examples; i++) {
    bs_example_row row = from->examples[i];
    row.model = model_map[row.model];
    row.task = task_map[row.task];
    bs_status status =
        bs_tables_add_example(to, &row, bs_tables_choices(from, i), bs_tables_samples(from, i),
                              from->metric_values + i * from->n_metrics, err);
    if (status != BS_OK)
      return status;
  }
  bs_status status = BS_OK;
  for (size_t i = 0; status == BS_OK && i < from->n_skipped; i++) {
    bs_skipped_row row = from->skipped[i];
    row.model = model_map[row.model];
    row.task = task_map[row.task];
    if (row.model != BS_NOT_THERE && row.task != BS_NOT_THERE)
      status = bs_tables_add_skipped(to, &row, err);
  }
  return status;
}

bs_status bs_run_rows_add(bs_run_rows *rows, const bs_run_row *row, bs_tables *owner,
                          bs_error *err) {
  void *array = rows->rows;
  bs_status status = bs_array_reserve(&array, &rows->capacity, rows->n, 1, sizeof *rows->rows, err);
  rows->rows = array;
  if (status != BS_OK)
    return status;
  bs_run_row copy = *row;
  copy.host = bs_tables_string(owner, row->host, strlen(row->host));
  copy.failure = bs_tables_string(owner, row->failure, strlen(row->failure));
  if (copy.host == NULL || copy.failure == NULL)
    return bs_error_set(err, BS_ERR_MEMORY, "cannot keep a run row");
  rows->rows[rows->n++] = copy;
  return BS_OK;
}

/* Where the rows of one more file go, and what has been collected so far. */
typedef struct collector {
  bs_store_content *out;
  bs_run_rows runs; /* become those of `out` */
} collector;

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

/* Adds a task that is new and, with it, its targets. */
static bs_status map_task(bs_tables *to, const bs_tables *from, size_t task, uint32_t *index,
                          bs_error *err) {
  const bs_task_row *row = &from->tasks[task];
  for (size_t i = 0; i < to->n_tasks; i++)
    if (strcmp(to->tasks[i].sha256, row->sha256) == 0 &&
        strcmp(to->tasks[i].name, row->name) == 0) {
      *index = (uint32_t)i;
      return BS_OK;
    }
  *index = (uint32_t)to->n_tasks;
  bs_status status = bs_tables_add_task(to, row, err);
  for (size_t i = 0; status == BS_OK && i < from->n_targets; i++) {
    if (from->targets[i].task != task)
      continue;
    bs_target_row target = from->targets[i];
    target.task = *index;
    status = bs_tables_add_target(to, &target, err);
  }
  return status;
}

static const char *keep(bs_tables *results, const char *string) {
  return string == NULL ? NULL : bs_tables_string(results, string, strlen(string));
}

static bs_status start_collection(collector *c, const bs_store_content *file, bs_error *err) {
  const bs_tables *from = file->results;
  bs_status status = bs_tables_new(&c->out->results, from->metric_names, from->n_metrics, err);
  if (status != BS_OK)
    return status;
  bs_tables *to = c->out->results;
  const bs_provenance *p = &file->provenance;
  c->out->provenance = (bs_provenance){.config = keep(to, p->config),
                                       .created = keep(to, p->created),
                                       .commit = keep(to, p->commit),
                                       .compiler = keep(to, p->compiler),
                                       .isa = keep(to, p->isa),
                                       .dtype = keep(to, p->dtype),
                                       .host = keep(to, p->host),
                                       .protocol = keep(to, p->protocol)};
  return BS_OK;
}

static bs_status add_file(void *user, const bs_store_content *file, const char *path,
                          bs_error *err) {
  collector *c = user;
  const bs_tables *from = file->results;
  bs_status status = c->out->results == NULL ? start_collection(c, file, err) : BS_OK;
  if (status != BS_OK)
    return status;
  bs_tables *to = c->out->results;
  uint32_t *models = bs_array_new(from->n_models, sizeof *models, err);
  uint32_t *tasks = bs_array_new(from->n_tasks, sizeof *tasks, err);
  if (models == NULL || tasks == NULL) {
    status = BS_ERR_MEMORY;
    goto cleanup;
  }
  if (strcmp(file->provenance.protocol, c->out->provenance.protocol) != 0) {
    status = bs_error_set(err, BS_ERR_INPUT, "%s: another protocol (\"%s\") than the rest (\"%s\")",
                          path, file->provenance.protocol, c->out->provenance.protocol);
    goto cleanup;
  }
  for (size_t i = 0; status == BS_OK && i < from->n_models; i++)
    status = map_model(to, &from->models[i], &models[i], err);
  for (size_t i = 0; status == BS_OK && i < from->n_tasks; i++)
    status = map_task(to, from, i, &tasks[i], err);
  if (status == BS_OK)
    status = bs_tables_append(to, from, models, tasks, err);
  for (size_t i = 0; status == BS_OK && i < file->n_runs; i++) {
    bs_run_row row = file->runs[i];
    row.model = models[row.model];
    row.task = tasks[row.task];
    status = bs_run_rows_add(&c->runs, &row, to, err);
  }
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

static bs_status collect_once(bs_store_content *out, const char *path, bs_error *err) {
  *out = (bs_store_content){0};
  collector c = {.out = out};
  bs_status status = BS_OK;
  if (bs_file_exists(path)) {
    bs_store_content file = {0};
    status = bs_store_read(&file, path, err);
    if (status == BS_OK)
      status = add_file(&c, &file, path, err);
    bs_store_content_free(&file);
  }
  if (status == BS_OK)
    status = bs_store_each_part(path, add_file, &c, err);
  out->runs = c.runs.rows;
  out->n_runs = c.runs.n;
  if (status == BS_OK && out->results == NULL)
    status = bs_error_set(err, BS_ERR_IO, "%s: no such results file, and no parts of one", path);
  if (status == BS_OK)
    status = bs_tables_sort(out->results, err);
  if (status != BS_OK)
    bs_store_content_free(out);
  return status;
}

bs_status bs_sweep_collect(bs_store_content *out, const char *path, bs_error *err) {
  bs_error fault = {0};
  bs_status status = collect_once(out, path, &fault);
  /* A run may have finished meanwhile, which puts the parts into the file and removes them. */
  if (status == BS_ERR_IO && bs_file_exists(path) && !has_parts(path)) {
    bs_error_clear(&fault);
    status = collect_once(out, path, &fault);
  }
  return status == BS_OK ? BS_OK : bs_error_set(err, status, "%s", fault.message);
}
