/* From paths, folders and patterns to task files. */
#include <glob.h>
#include <stdlib.h>
#include <string.h>

#include "base/file_internal.h"
#include "base/memory_internal.h"
#include "base/text_internal.h"
#include "config/config_internal.h"
#include "tasks/task_internal.h"

void bs_task_files_free(bs_task_files *files) {
  for (size_t i = 0; i < files->n; i++) {
    free(files->paths[i]);
    free(files->names[i]);
  }
  free(files->paths);
  free(files->names);
  *files = (bs_task_files){0};
}

bs_status bs_task_files_add(bs_task_files *files, const char *path, const char *name,
                            bs_error *err) {
  for (size_t i = 0; i < files->n; i++)
    if (strcmp(files->paths[i], path) == 0)
      return BS_OK;
  size_t n_bytes = strlen(path);
  if (bs_utf8_valid_bytes(path, n_bytes) < n_bytes)
    return bs_error_set(err, BS_ERR_USAGE, "a path that is not UTF-8: %s", path);
  bs_status status = bs_reserve(&files->paths, &files->capacity_paths, files->n, 1, err);
  if (status == BS_OK)
    status = bs_reserve(&files->names, &files->capacity_names, files->n, 1, err);
  if (status != BS_OK)
    return status;
  char *own_path = bs_string_copy(path, err);
  char *own_name = name != NULL ? bs_string_copy(name, err) : NULL;
  if (own_path == NULL || (name != NULL && own_name == NULL)) {
    free(own_path);
    free(own_name);
    return BS_ERR_MEMORY;
  }
  files->paths[files->n] = own_path;
  files->names[files->n++] = own_name;
  return BS_OK;
}

bs_status bs_task_files_add_task(bs_task_files *files, const char *path, bool has_parts,
                                 bs_error *err) {
  if (!has_parts && bs_is_folder(path))
    return bs_error_set(err, BS_ERR_USAGE, "%s is a folder, expected a file or a glob pattern",
                        path);
  char *file = bs_task_file_of(path, err);
  bs_subtasks subtasks = {0};
  bs_status status = file != NULL ? BS_OK : BS_ERR_MEMORY;
  if (status == BS_OK && has_parts)
    status = bs_task_subtasks(&subtasks, file, err);
  for (size_t i = 0; status == BS_OK && i < subtasks.n; i++)
    status = bs_task_files_add(files, subtasks.paths[i], NULL, err);
  if (status == BS_OK && subtasks.n == 0)
    status = bs_task_files_add(files, file, NULL, err);
  bs_subtasks_free(&subtasks);
  free(file);
  return status;
}

static int by_bytes(const void *a, const void *b) {
  return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Appends what a pattern matches, sorted by byte value. */
static bs_status add_matches(bs_task_files *files, const char *pattern, bool has_parts,
                             bs_error *err) {
  glob_t found = {0};
  bs_status status = BS_OK;
  int outcome = glob(pattern, GLOB_NOSORT, NULL, &found);
  if (outcome == GLOB_NOMATCH)
    status =
        bs_error_set(err, BS_ERR_USAGE, "no file matches %s%s", pattern, bs_path_hint(pattern));
  else if (outcome != 0)
    status = bs_error_set(err, BS_ERR_IO, "cannot expand %s", pattern);
  else
    qsort(found.gl_pathv, found.gl_pathc, sizeof *found.gl_pathv, by_bytes);
  for (size_t i = 0; status == BS_OK && i < found.gl_pathc; i++)
    status = bs_task_files_add_task(files, found.gl_pathv[i], has_parts, err);
  globfree(&found);
  return status;
}

/* Whether "folder/name" matches something. */
static bool holds(const char *folder, const char *name) {
  char *path = bs_path_join(folder, name, NULL);
  glob_t found = {0};
  bool is_there = path != NULL && glob(path, GLOB_NOSORT, NULL, &found) == 0;
  globfree(&found);
  free(path);
  return is_there;
}

static bool is_task_folder(const char *path) {
  char *file = bs_path_join(path, "task.json", NULL);
  bool is_there = file != NULL && bs_file_exists(file);
  free(file);
  return is_there;
}

/* A folder that is no task itself stands for the tasks in it. */
static bs_status add_folder_of_tasks(bs_task_files *files, const char *folder, bs_error *err) {
  static const char *const others[] = {"*.json", "*.jsonl", "*.csv"};
  if (!holds(folder, "*/task.json")) {
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
      if (holds(folder, others[i]))
        return bs_error_set(err, BS_ERR_USAGE,
                            "%s is a folder without a task.json: for the files in it write "
                            "\"%s/%s\"",
                            folder, folder, others[i]);
    return bs_error_set(err, BS_ERR_USAGE,
                        "%s is a folder without a task.json, and there is none in its folders",
                        folder);
  }
  char *pattern = bs_path_join(folder, "*/task.json", err);
  bs_status status = pattern != NULL ? add_matches(files, pattern, true, err) : BS_ERR_MEMORY;
  free(pattern);
  return status;
}

bs_status bs_task_files_add_pattern(bs_task_files *files, const char *pattern, bool has_parts,
                                    bs_error *err) {
  if (strpbrk(pattern, "*?[") == NULL || bs_file_exists(pattern)) {
    if (!bs_file_exists(pattern))
      return bs_error_set(err, BS_ERR_USAGE, "no such file: %s%s", pattern, bs_path_hint(pattern));
    return bs_is_folder(pattern) && has_parts && !is_task_folder(pattern)
               ? add_folder_of_tasks(files, pattern, err)
               : bs_task_files_add_task(files, pattern, has_parts, err);
  }
  return add_matches(files, pattern, has_parts, err);
}
