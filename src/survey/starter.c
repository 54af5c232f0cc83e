/* A configuration to start from, of the models and tasks that were found. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file_internal.h"
#include "base/memory_internal.h"
#include "base/writer_internal.h"
#include "survey/survey_internal.h"

static bool is_in_series(const bs_survey_model *model) { return model->series_path != NULL; }

/* The first model of a series stands for all of it. */
static bool is_led(const bs_survey_models *models, size_t i) {
  for (size_t k = 0; k < i; k++)
    if (is_in_series(&models->list[k]) && is_in_series(&models->list[i]) &&
        strcmp(models->list[k].series_path, models->list[i].series_path) == 0)
      return true;
  return false;
}

static size_t n_before(const bs_survey_models *models, size_t i) {
  size_t n = 0;
  for (size_t k = 0; k < i; k++)
    n += strcmp(models->list[k].name, models->list[i].name) == 0;
  return n;
}

static void write_path(bs_writer *w, const char *path, const char *base, bs_error *err) {
  char *joined = base != NULL ? bs_path_join(base, path, err) : bs_string_copy(path, err);
  if (joined != NULL)
    bs_writer_member(w, "path", joined);
  free(joined);
}

/* Step 0 has no place on an axis that begins above 0. */
static void write_steps(bs_writer *w, const bs_survey_models *models, size_t first) {
  bs_writer_key(w, "steps");
  bs_writer_begin_array(w);
  for (size_t i = first; i < models->n_usable; i++)
    if (is_in_series(&models->list[i]) && models->list[i].step > 0 &&
        strcmp(models->list[i].series_path, models->list[first].series_path) == 0)
      bs_writer_number(w, models->list[i].step);
  bs_writer_end_array(w);
}

/* A name of its own: results tell models apart by it. */
static void write_name(bs_writer *w, const bs_survey_models *models, size_t i) {
  size_t n = n_before(models, i);
  char number[24] = "";
  bs_text name = {0};
  if (n > 0)
    snprintf(number, sizeof number, "-%zu", n + 1);
  if (bs_text_printf(&name, &w->error, "%s%s", models->list[i].name, number) == BS_OK)
    bs_writer_member(w, "name", name.data);
  bs_text_free(&name);
}

static void write_model(bs_writer *w, const bs_survey_models *models, size_t i, const char *base) {
  const bs_survey_model *model = &models->list[i];
  bs_writer_begin_object(w);
  if (is_in_series(model)) {
    write_path(w, model->series_path, base, &w->error);
    if (!isnan(model->step))
      write_steps(w, models, i);
    else
      bs_writer_member(w, "family", model->family);
  } else {
    write_name(w, models, i);
    bs_writer_member(w, "family", model->family);
    write_path(w, model->path, base, &w->error);
    if (!isnan(model->seed)) {
      bs_writer_key(w, "seed");
      bs_writer_number(w, model->seed);
    }
  }
  if (model->tuning != NULL)
    bs_writer_member(w, "tuning", model->tuning);
  bs_writer_end_object(w);
}

bs_status bs_survey_print_models(const bs_survey_models *models, const char *base, bs_text *json,
                                 bs_error *err) {
  bs_status status = bs_text_append_string(json, "\"models\": [", err);
  size_t n = 0;
  for (size_t i = 0; status == BS_OK && i < models->n_usable; i++) {
    bs_text item = {0};
    bs_writer w = {.to = &item};
    if (is_led(models, i))
      continue;
    write_model(&w, models, i, base);
    status = bs_writer_status(&w, err);
    if (status == BS_OK)
      status = bs_text_printf(json, err, "%s\n    %s", n++ > 0 ? "," : "", item.data);
    bs_text_free(&item);
  }
  return status == BS_OK ? bs_text_append_string(json, n > 0 ? "\n  ]" : "]", err) : status;
}

/* The folder of a BIG-bench task stands for its task.json. */
static bool is_task_json(const char *path) { return strcmp(bs_path_name(path), "task.json") == 0; }

/* Bytes of the path in front of FOLDER/task.json. */
static size_t collection_of(const char *path) {
  size_t n = strlen(path) - strlen("task.json");
  if (n == 0)
    return 0;
  for (n--; n > 0 && path[n - 1] != '/'; n--)
    ;
  return n;
}

/* Whether there are several tasks in the same folder of tasks, all of them wanted: one pattern
   takes them in. */
static bool is_whole_collection(const bs_survey_tasks *tasks, const bool *is_left, size_t i) {
  size_t length = collection_of(tasks->list[i].path), n = 0;
  for (size_t k = 0; k < tasks->n; k++) {
    const char *path = tasks->list[k].path;
    if (!is_task_json(path) || collection_of(path) != length ||
        strncmp(path, tasks->list[i].path, length) != 0)
      continue;
    if (is_left[k])
      return false;
    n++;
  }
  return n > 1 && length > 0;
}

/* Paths and patterns, each once. */
static bs_status list_tasks(bs_name_list *entries, const bs_survey_tasks *tasks,
                            const bool *is_left, bs_error *err) {
  bs_status status = BS_OK;
  for (size_t i = 0; status == BS_OK && i < tasks->n; i++) {
    const char *path = tasks->list[i].path;
    bs_text entry = {0};
    if (is_left[i])
      continue;
    if (is_task_json(path) && is_whole_collection(tasks, is_left, i))
      status = bs_text_printf(&entry, err, "%.*s*/task.json", (int)collection_of(path), path);
    else
      status = bs_text_append_string(&entry, path, err);
    if (status == BS_OK && !bs_name_list_has(entries, entry.data))
      status = bs_name_list_add(entries, entry.data, err);
    bs_text_free(&entry);
  }
  return status;
}

/* Marks what cannot be used, and tasks whose name an earlier one has. Returns how many are left. */
static size_t choose_tasks(const bs_survey_tasks *tasks, bool *is_left, bs_survey_note note,
                           void *user) {
  size_t n = 0;
  for (size_t i = 0; i < tasks->n; i++) {
    const char *first = NULL;
    for (size_t k = 0; k < i && i < tasks->n_usable && first == NULL; k++)
      if (!is_left[k] && strcmp(tasks->list[k].name, tasks->list[i].name) == 0)
        first = tasks->list[k].path;
    is_left[i] = i >= tasks->n_usable || first != NULL;
    n += !is_left[i];
    bs_text text = {0};
    if (first != NULL && note != NULL &&
        bs_text_printf(
            &text, NULL,
            "%s: a second task with the name \"%s\", as %s: left out (to have both, give "
            "it another \"name\")",
            tasks->list[i].path, tasks->list[i].name, first) == BS_OK)
      note(user, text.data);
    bs_text_free(&text);
  }
  return n;
}

static bs_status append_tasks(bs_text *json, const bs_name_list *entries, const char *base,
                              bs_error *err) {
  bs_status status = bs_text_append_string(json, "\"tasks\": [", err);
  for (size_t i = 0; status == BS_OK && i < entries->n; i++) {
    bs_writer w = {.to = json};
    char *path = base != NULL ? bs_path_join(base, entries->names[i], err)
                              : bs_string_copy(entries->names[i], err);
    bs_writer_append_string(&w, i > 0 ? ",\n    " : "\n    ");
    if (path != NULL)
      bs_writer_string(&w, path, strlen(path));
    status = path != NULL ? bs_writer_status(&w, err) : BS_ERR_MEMORY;
    free(path);
  }
  return status == BS_OK ? bs_text_append_string(json, "\n  ]", err) : status;
}

static bs_status append_member(bs_text *json, const char *key, const char *value,
                               const char *ending, const char *after, bs_error *err) {
  bs_text text = {0};
  bs_writer w = {.to = json};
  bs_status status = bs_text_printf(&text, err, "%s%s", value, ending);
  bs_writer_printf(&w, "\"%s\": ", key);
  if (status == BS_OK)
    bs_writer_string(&w, text.data, text.n_bytes);
  bs_writer_append_string(&w, after);
  bs_text_free(&text);
  return status == BS_OK ? bs_writer_status(&w, err) : status;
}

static bs_status append_config(bs_text *json, const bs_survey_models *models,
                               const bs_name_list *entries, const char *name, const char *base,
                               bs_error *err) {
  bs_status status = bs_text_append_string(json, "{\n  ", err);
  if (status == BS_OK)
    status = append_member(json, "name", name, "", ",\n  ", err);
  if (status == BS_OK)
    status = bs_survey_print_models(models, base, json, err);
  if (status == BS_OK)
    status = bs_text_append_string(json, ",\n  ", err);
  if (status == BS_OK)
    status = append_tasks(json, entries, base, err);
  if (status == BS_OK)
    status =
        bs_text_append_string(json, ",\n  \"shots\": [0],\n  \"max_examples\": null,\n  ", err);
  return status == BS_OK ? append_member(json, "output", name, ".h5", "\n}\n", err) : status;
}

bs_status bs_survey_print_config(const bs_survey_models *models, const bs_survey_tasks *tasks,
                                 const char *name, const char *base, bs_survey_note note,
                                 void *user, bs_text *json, bs_error *err) {
  bs_name_list entries = {0};
  bool *is_left = bs_array_new(tasks->n, sizeof *is_left, err);
  if (is_left == NULL)
    return BS_ERR_MEMORY;
  size_t n_tasks = choose_tasks(tasks, is_left, note, user);
  bs_status status = BS_OK;
  if (models->n_usable == 0)
    status = bs_error_set(err, BS_ERR_INPUT, "no usable model was found (of %zu)", models->n);
  else if (n_tasks == 0)
    status = bs_error_set(err, BS_ERR_INPUT, "no usable task was found (of %zu)", tasks->n);
  if (status == BS_OK)
    status = list_tasks(&entries, tasks, is_left, err);
  if (status == BS_OK)
    status = append_config(json, models, &entries, name, base, err);
  bs_name_list_free(&entries);
  free(is_left);
  return status;
}
