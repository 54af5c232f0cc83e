/* Tasks in folders: found by their files, then read and described. */
#include <stdlib.h>
#include <string.h>

#include "base/file_internal.h"
#include "base/memory_internal.h"
#include "bigsweep/reach.h"
#include "bigsweep/task.h"
#include "checkpoint/files_internal.h"
#include "survey/survey_internal.h"

typedef struct finds {
  bs_survey_task *list;
  size_t n, capacity;
} finds;

static void clear(bs_survey_task *task) {
  char *texts[] = {task->path,    task->fault,    task->name,     task->preferred,
                   task->metrics, task->keywords, task->languages};
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
    free(texts[i]);
}

void bs_survey_tasks_free(bs_survey_tasks *tasks) {
  for (size_t i = 0; i < tasks->n; i++)
    clear(&tasks->list[i]);
  free(tasks->list);
  *tasks = (bs_survey_tasks){0};
}

static bs_status add(finds *f, const char *path, const char *fault, bs_error *err) {
  bs_survey_task task = {0};
  bs_status status = bs_reserve(&f->list, &f->capacity, f->n, 1, err);
  if (status == BS_OK && (task.path = bs_string_copy(path, err)) == NULL)
    status = BS_ERR_MEMORY;
  if (status == BS_OK && fault != NULL && (task.fault = bs_string_copy(fault, err)) == NULL)
    status = BS_ERR_MEMORY;
  if (status == BS_OK)
    f->list[f->n++] = task;
  else
    clear(&task);
  return status;
}

/* A task.json is a task, or names subtasks. */
static bs_status add_folder(finds *f, const char *file, bs_error *err) {
  bs_subtasks parts = {0};
  bs_error fault = {0};
  bs_status status = bs_task_subtasks(&parts, file, &fault);
  if (status != BS_OK)
    status = fault.status == BS_ERR_MEMORY ? bs_error_set(err, fault.status, "%s", fault.message)
                                           : add(f, file, fault.message, err);
  else if (parts.n == 0)
    status = add(f, file, NULL, err);
  for (size_t i = 0; status == BS_OK && i < parts.n; i++)
    status = add(f, parts.paths[i], NULL, err);
  bs_subtasks_free(&parts);
  return status;
}

/* Files of MMLU's that hold shots for others, and what stands in the folders of models. */
static bool may_be_task(const char *name) {
  static const char *const ends[] = {".json", ".jsonl", ".csv"};
  static const char *const others[] = {"_dev.csv",    "_val.csv",       "config.json",
                                       ".index.json", "tokenizer.json", "package.json"};
  for (size_t i = 0; i < sizeof others / sizeof *others; i++)
    if (bs_ends_with(name, others[i]))
      return false;
  for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
    if (bs_ends_with(name, ends[i]))
      return true;
  return false;
}

static bs_status visit(void *user, const char *folder, const bs_name_list *names, bool *deeper,
                       bs_error *err) {
  finds *f = user;
  bool is_task = bs_name_list_has(names, "task.json");
  bs_status status = BS_OK;
  *deeper = !is_task;
  for (size_t i = 0; status == BS_OK && i < names->n; i++) {
    if (is_task ? strcmp(names->names[i], "task.json") != 0 : !may_be_task(names->names[i]))
      continue;
    char *path = bs_path_join(folder, names->names[i], err);
    status = path == NULL          ? BS_ERR_MEMORY
             : is_task             ? add_folder(f, path, err)
             : !bs_is_folder(path) ? add(f, path, NULL, err)
                                   : BS_OK;
    free(path);
  }
  return status;
}

static bs_status refuse(void *user, const char *folder, const char *reason, bs_error *err) {
  return add(user, folder, reason, err);
}

static bs_status find_in(finds *f, const char *path, bs_error *err) {
  const bs_walk walk = {.visit = visit, .refuse = refuse, .user = f};
  if (!bs_file_exists(path))
    return bs_error_set(err, BS_ERR_USAGE, "no such folder: %s%s", path, bs_path_hint(path));
  return bs_is_folder(path) ? bs_walk_folders(path, &walk, err) : add_folder(f, path, err);
}

static bs_status describe_metrics(bs_survey_task *to, const bs_task *task, bs_error *err) {
  const bs_metric **metrics = bs_array_new(bs_metric_count(), sizeof *metrics, err);
  bs_text names = {0};
  if (metrics == NULL)
    return BS_ERR_MEMORY;
  size_t n = bs_task_metrics(task, metrics);
  bs_status status = BS_OK;
  for (size_t i = 0; status == BS_OK && i < n; i++)
    status = bs_text_printf(&names, err, "%s%s", i > 0 ? ", " : "", metrics[i]->name);
  to->metrics = names.data;
  free(metrics);
  return status;
}

static bs_status describe_keywords(bs_survey_task *to, const bs_task *task, bs_error *err) {
  bs_text languages = {0};
  const char *description = task->description != NULL ? task->description : "";
  to->keywords = bs_string_copy(task->keywords != NULL ? task->keywords : "", err);
  bs_status status = to->keywords != NULL
                         ? bs_task_languages(&languages, to->keywords, task->name, description, err)
                         : BS_ERR_MEMORY;
  to->languages = languages.data;
  return status;
}

static bs_status describe_reach(bs_survey_task *to, const bs_task *task, bs_error *err) {
  bs_reach reach;
  bs_status status = bs_reach_of_task(&reach, task, 0, err);
  if (status != BS_OK)
    return status;
  to->n_unmatched = reach.lost.n;
  bs_reach_free(&reach);
  return BS_OK;
}

static bs_status read_task(bs_survey_task *to, bs_error *err) {
  bs_task *task = NULL;
  bs_status status = bs_task_load(&task, to->path, NULL, NULL, err);
  if (status != BS_OK)
    return status;
  bool has_choices = task->examples[0].choices != NULL, has_text = bs_task_needs_text(task);
  to->kind = has_choices && has_text ? "both" : has_choices ? "choices" : "text";
  to->n_examples = task->n_examples;
  to->n_shown = task->n_shown;
  to->name = bs_string_copy(task->name, err);
  to->preferred = bs_string_copy(task->preferred_metric, err);
  status =
      to->name != NULL && to->preferred != NULL ? describe_metrics(to, task, err) : BS_ERR_MEMORY;
  if (status == BS_OK)
    status = describe_keywords(to, task, err);
  if (status == BS_OK)
    status = describe_reach(to, task, err);
  bs_task_free(&task);
  return status;
}

static bs_status look_at(bs_survey_task *task) {
  bs_error fault = {0};
  bs_status status = task->fault != NULL ? BS_OK : read_task(task, &fault);
  if (status != BS_OK && status != BS_ERR_MEMORY) {
    task->fault = bs_string_copy(fault.message, NULL);
    status = task->fault != NULL ? BS_OK : BS_ERR_MEMORY;
  }
  bs_error_clear(&fault);
  return status;
}

static int compare(const void *left, const void *right) {
  const bs_survey_task *a = left, *b = right;
  int order = (a->fault != NULL) - (b->fault != NULL);
  return order != 0 ? order : strcmp(a->path, b->path);
}

bs_status bs_survey_tasks_find(bs_survey_tasks *out, const char *const *paths, size_t n,
                               bs_error *err) {
  finds f = {0};
  bs_status status = BS_OK;
  bool is_short = false;
  *out = (bs_survey_tasks){0};
  for (size_t i = 0; status == BS_OK && i < n; i++)
    status = find_in(&f, paths[i], err);
  size_t n_found = status == BS_OK ? f.n : 0;
#pragma omp parallel for schedule(dynamic) reduction(|| : is_short)
  for (size_t i = 0; i < n_found; i++)
    is_short = look_at(&f.list[i]) != BS_OK || is_short;
  if (status == BS_OK && is_short)
    status = bs_error_set(err, BS_ERR_MEMORY, "cannot describe %zu tasks", f.n);
  if (f.n > 0)
    qsort(f.list, f.n, sizeof *f.list, compare);
  *out = (bs_survey_tasks){.list = f.list, .n = f.n};
  while (out->n_usable < f.n && f.list[out->n_usable].fault == NULL)
    out->n_usable++;
  if (status != BS_OK)
    bs_survey_tasks_free(out);
  return status;
}
