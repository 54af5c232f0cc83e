/* Writing and reading OUTPUT.status and OUTPUT.done. */
#include "sweep/run_status_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/file_internal.h"
#include "base/memory_internal.h"
#include "base/writer_internal.h"
#include "bigsweep/json.h"
#include "store/commit_internal.h"
#include "sweep/coordinator/collect_internal.h"
#include "sweep/lock_internal.h"

enum { MAX_STATUS_BYTES = 1 << 26 };

/* Numbers of a model's bs_prompt_counts by their names in the file. */
#define PROMPTS(X) X(prompts) X(truncated) X(fewer_shots) X(skipped) X(border)

/* Numbers of bs_progress by their names in the file. */
#define COUNTS(X)                                                                                  \
  X(units_done)                                                                                    \
  X(units_total)                                                                                   \
  X(examples_done)                                                                                 \
  X(examples_total)                                                                                \
  X(examples_reused)                                                                               \
  X(tokens)                                                                                        \
  X(tokens_asked)                                                                                  \
  X(n_models)                                                                                      \
  X(models_done)                                                                                   \
  X(models_running)                                                                                \
  X(n_failed)                                                                                      \
  X(n_workers)                                                                                     \
  X(n_lost)
#define REALS(X) X(cost_done) X(cost_total) X(seconds)

static void write_count(bs_writer *w, const char *key, uint64_t value) {
  bs_writer_key(w, key);
  bs_writer_integer(w, (int64_t)value);
}

static void write_model(bs_writer *w, const bs_model_progress *model) {
  bs_writer_begin_object(w);
  bs_writer_key(w, "name");
  bs_writer_string(w, model->name, strlen(model->name));
  write_count(w, "total", model->examples_total);
  write_count(w, "done", model->examples_done);
  write_count(w, "failed", model->examples_failed);
  bs_writer_key(w, "running");
  bs_writer_bool(w, model->is_running);
#define WRITE_PROMPTS(name) write_count(w, #name, model->prompts.name);
  PROMPTS(WRITE_PROMPTS)
  bs_writer_end_object(w);
}

/* A line for each number and each model. */
static bs_status build(bs_text *text, const bs_coordinator *coordinator,
                       const bs_sweep_summary *summary, bs_error *err) {
  const bs_progress *p = &summary->progress;
  bs_writer w = {.to = text};
  bs_writer_printf(&w, "{\"updated\": %lld", (long long)time(NULL));
#define WRITE_COUNT(name)                                                                          \
  bs_writer_printf(&w, ",\n\"" #name "\": %llu", (unsigned long long)p->name);
#define WRITE_REAL(name) bs_writer_printf(&w, ",\n\"" #name "\": %.17g", p->name);
  COUNTS(WRITE_COUNT)
  REALS(WRITE_REAL)
  bs_writer_append_string(&w, ",\n\"models\": [");
  for (size_t m = 0; m < p->n_models; m++) {
    bs_model_progress model;
    bs_coordinator_model_progress(coordinator, m, &model);
    bs_writer_append_string(&w, m > 0 ? ",\n  " : "\n  ");
    write_model(&w, &model);
  }
  bs_writer_append_string(&w, "]}\n");
  return bs_writer_status(&w, err);
}

static char *beside(const char *output, const char *suffix) {
  bs_text path = {0};
  if (bs_text_printf(&path, NULL, "%s%s", output, suffix) != BS_OK)
    bs_text_free(&path);
  return path.data;
}

static void remove_beside(const char *output, const char *suffix) {
  char *path = beside(output, suffix);
  if (path != NULL)
    unlink(path);
  free(path);
}

/* Renamed into place, so that readers see a whole file, but not synced: it is rewritten soon. */
void bs_run_status_write(const char *output, const bs_coordinator *coordinator,
                         const bs_sweep_summary *summary) {
  bs_text text = {0};
  char *path = beside(output, ".status"), *fresh = beside(output, ".status.new");
  if (path != NULL && fresh != NULL && build(&text, coordinator, summary, NULL) == BS_OK) {
    FILE *file = fopen(fresh, "we");
    bool ok = file != NULL && fwrite(text.data, 1, text.n_bytes, file) == text.n_bytes;
    if (file != NULL && fclose(file) != 0)
      ok = false;
    if (ok)
      ok = rename(fresh, path) == 0;
    if (!ok)
      unlink(fresh);
  }
  free(path);
  free(fresh);
  bs_text_free(&text);
}

void bs_run_status_remove(const char *output) { remove_beside(output, ".status"); }
void bs_run_done_remove(const char *output) { remove_beside(output, ".done"); }

bs_status bs_sweep_mark_done(const char *output, int exit_code, bs_error *err) {
  char text[16];
  int n = snprintf(text, sizeof text, "%d\n", exit_code);
  char *path = beside(output, ".done");
  if (path == NULL)
    return bs_error_set(err, BS_ERR_MEMORY, "cannot name the mark");
  bs_status status = bs_commit_replace(path, text, (size_t)n, err);
  free(path);
  return status;
}

static bs_status read_model(const bs_json *json, const cJSON *item, bs_sweep_model_state *model,
                            bs_error *err) {
  const char *name = NULL;
  int64_t total = 0, done = 0, failed = 0;
  bs_status status = bs_json_get_string(json, item, "name", true, &name, err);
  if (status == BS_OK)
    status = bs_json_get_integer(json, item, "total", true, 0, INT64_MAX, &total, err);
  if (status == BS_OK)
    status = bs_json_get_integer(json, item, "done", true, 0, INT64_MAX, &done, err);
  if (status == BS_OK)
    status = bs_json_get_integer(json, item, "failed", true, 0, INT64_MAX, &failed, err);
  if (status == BS_OK)
    status = bs_json_get_bool(json, item, "running", true, &model->is_running, err);
#define READ_PROMPTS(field)                                                                        \
  if (status == BS_OK) {                                                                           \
    int64_t value = 0;                                                                             \
    status = bs_json_get_integer(json, item, #field, false, 0, INT64_MAX, &value, err);            \
    model->prompts.field = (uint64_t)value;                                                        \
  }
  PROMPTS(READ_PROMPTS)
  model->examples_total = (uint64_t)total;
  model->examples_done = (uint64_t)done;
  model->examples_failed = (uint64_t)failed;
  if (status == BS_OK && (model->name = bs_string_copy(name, err)) == NULL)
    status = BS_ERR_MEMORY;
  return status;
}

static bs_status read_models(const bs_json *json, bs_sweep_state *state, bs_error *err) {
  const cJSON *list = bs_json_get(json->root, "models"), *item;
  int n = cJSON_GetArraySize(list);
  if (!cJSON_IsArray(list))
    return bs_json_fault(json, json->root, err, "expected a list \"models\"");
  state->models = bs_array_new((size_t)n, sizeof *state->models, err);
  bs_status status = state->models == NULL ? BS_ERR_MEMORY : BS_OK;
  cJSON_ArrayForEach(item, list) {
    if (status != BS_OK)
      break;
    status = read_model(json, item, &state->models[state->n_models], err);
    state->n_models += status == BS_OK;
  }
  return status;
}

static void free_models(bs_sweep_state *state) {
  for (size_t m = 0; m < state->n_models; m++)
    free(state->models[m].name);
  free(state->models);
  state->models = NULL;
  state->n_models = 0;
}

/* All of the file or, where it is damaged, nothing. */
static bs_status read_status_file(const char *path, bs_sweep_state *state, bs_error *err) {
  bs_json *json = NULL;
  bs_progress *p = &state->progress;
  int64_t updated = 0;
  bs_status status = bs_json_load(&json, path, MAX_STATUS_BYTES, err);
  if (status == BS_OK)
    status = bs_json_get_integer(json, json->root, "updated", true, 0, INT64_MAX, &updated, err);
#define READ_COUNT(field)                                                                          \
  if (status == BS_OK) {                                                                           \
    int64_t value = 0;                                                                             \
    status = bs_json_get_integer(json, json->root, #field, true, 0, INT64_MAX, &value, err);       \
    p->field = (size_t)value;                                                                      \
  }
#define READ_REAL(field)                                                                           \
  if (status == BS_OK)                                                                             \
    status = bs_json_get_double(json, json->root, #field, true, &p->field, err);
  COUNTS(READ_COUNT)
  REALS(READ_REAL)
  state->updated = updated;
  if (status == BS_OK)
    status = read_models(json, state, err);
  bs_json_free(&json);
  if (status != BS_OK) {
    free_models(state);
    state->progress = (bs_progress){0};
    state->updated = 0;
  }
  return status;
}

static bs_sweep_model_state *find_model(bs_sweep_state *state, const char *name) {
  for (size_t m = 0; m < state->n_models; m++)
    if (strcmp(state->models[m].name, name) == 0)
      return &state->models[m];
  return NULL;
}

/* Nobody is at work: what has been committed counts, and of an older status file only the models
   and their totals. */
static bs_status count_committed(const char *output, bs_sweep_state *state, bs_error *err) {
  bs_tables *rows = NULL;
  bs_status status = bs_sweep_collect(&rows, output, err);
  if (status != BS_OK)
    return status;
  for (size_t m = 0; m < state->n_models; m++) {
    bs_sweep_model_state *model = &state->models[m];
    model->examples_done = model->examples_failed = 0;
    model->prompts = (bs_prompt_counts){0};
    model->is_running = false;
  }
  size_t n_known = state->n_models;
  bs_sweep_model_state *models =
      realloc(state->models, (n_known + rows->n_models + 1) * sizeof *models);
  uint32_t *index = bs_array_new(rows->n_models, sizeof *index, err);
  if (models != NULL)
    state->models = models;
  if (models == NULL || index == NULL)
    status = bs_error_set(err, BS_ERR_MEMORY, "cannot count the models");
  for (size_t m = 0; status == BS_OK && m < rows->n_models; m++) {
    bs_sweep_model_state *model = find_model(state, rows->models[m].name);
    if (model == NULL) {
      model = &state->models[state->n_models];
      *model = (bs_sweep_model_state){.name = bs_string_copy(rows->models[m].name, err)};
      if (model->name == NULL) {
        status = BS_ERR_MEMORY;
        break;
      }
      state->n_models++;
    }
    index[m] = (uint32_t)(model - state->models);
  }
  for (size_t i = 0; status == BS_OK && i < rows->n_examples; i++) {
    bs_sweep_model_state *model = &state->models[index[rows->examples[i].model]];
    model->examples_done++;
    bs_prompt_counts_add_example(&model->prompts, &rows->examples[i]);
  }
  for (size_t i = 0; status == BS_OK && i < rows->n_skipped; i++) {
    bs_sweep_model_state *model = &state->models[index[rows->skipped[i].model]];
    model->examples_done++;
    bs_prompt_counts_add_skipped(&model->prompts);
  }
  for (size_t i = 0; status == BS_OK && i < rows->n_runs; i++)
    if (rows->runs[i].failure[0] != '\0')
      state->models[index[rows->runs[i].model]].examples_failed += rows->runs[i].n_examples;
  /* Without a status file what is there is all there is, when the run has finished. */
  for (size_t m = 0; status == BS_OK && m < state->n_models; m++) {
    bs_sweep_model_state *model = &state->models[m];
    if (model->examples_total < model->examples_done)
      model->examples_total = model->examples_done + model->examples_failed;
  }
  free(index);
  bs_tables_free(&rows);
  return status;
}

bs_status bs_sweep_state_read(bs_sweep_state **out, const char *output, bs_error *err) {
  bs_sweep_state *state = *out = bs_array_new(1, sizeof *state, err);
  if (state == NULL)
    return BS_ERR_MEMORY;
  bs_error ignored = {0};
  state->is_running = bs_lock_holder(output, state->holder, sizeof state->holder);
  char *path = beside(output, ".status");
  bs_status status = path == NULL ? BS_ERR_MEMORY : BS_OK;
  bool has_file = path != NULL && read_status_file(path, state, &ignored) == BS_OK;
  free(path);
  if (status == BS_OK && !(state->is_running && has_file) &&
      (!state->is_running || bs_sweep_has_results(output)))
    status = count_committed(output, state, err);
  if (status != BS_OK)
    bs_sweep_state_free(out);
  return status;
}

void bs_sweep_state_free(bs_sweep_state **handle) {
  bs_sweep_state *state = *handle;
  if (state == NULL)
    return;
  free_models(state);
  free(state);
  *handle = NULL;
}
