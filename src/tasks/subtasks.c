/* A task made of subtasks: its task.json has no examples and names folders beside it. */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file_internal.h"
#include "base/memory_internal.h"
#include "bigsweep/json.h"
#include "tasks/task_internal.h"

/* A file that only names others is small: larger ones are not looked into. */
enum { MOST_BYTES = 1 << 20, MOST_SUBTASKS = 10000 };

void bs_subtasks_free(bs_subtasks *subtasks) {
  for (size_t i = 0; i < subtasks->n; i++) {
    free(subtasks->names[i]);
    free(subtasks->paths[i]);
  }
  free(subtasks->names);
  free(subtasks->paths);
  *subtasks = (bs_subtasks){0};
}

char *bs_task_file_of(const char *path, bs_error *err) {
  return bs_is_folder(path) ? bs_path_join(path, "task.json", err) : bs_string_copy(path, err);
}

/* CHILD of "CHILD", "PARENT:CHILD", "PARENT/CHILD". */
static const char *child_of(const char *name) {
  const char *child = name;
  for (const char *at = name; *at != '\0'; at++)
    if (*at == '/' || *at == ':')
      child = at + 1;
  return child;
}

static bs_status add_child(bs_subtasks *to, const bs_json *json, const cJSON *item,
                           const char *folder, bs_error *err) {
  if (!cJSON_IsString(item))
    return bs_json_fault(json, item, err, "expected the name of a subtask's folder");
  const char *child = child_of(item->valuestring);
  if (child[0] == '\0' || strcmp(child, ".") == 0 || strcmp(child, "..") == 0)
    return bs_json_fault(json, item, err, "\"%s\" does not name a folder", item->valuestring);
  for (size_t i = 0; i < to->n; i++)
    if (strcmp(to->names[i], child) == 0)
      return BS_OK;
  char *own = bs_path_join(folder, child, err);
  char *path = own != NULL ? bs_path_join(own, "task.json", err) : NULL;
  char *name = bs_string_copy(child, err);
  free(own);
  if (path == NULL || name == NULL) {
    free(path);
    free(name);
    return BS_ERR_MEMORY;
  }
  to->names[to->n] = name;
  to->paths[to->n++] = path;
  if (!bs_file_exists(path))
    return bs_json_fault(json, item, err, "no such file: %s", path);
  return BS_OK;
}

static bs_status read_children(bs_subtasks *to, const bs_json *json, const char *path,
                               bs_error *err) {
  const cJSON *list = bs_json_get(json->root, "subtasks"), *item;
  if (!cJSON_IsObject(json->root) || bs_json_get(json->root, "examples") != NULL || list == NULL)
    return BS_OK;
  int n = cJSON_IsArray(list) ? cJSON_GetArraySize(list) : 0;
  if (n == 0 || n > MOST_SUBTASKS)
    return bs_json_fault(json, list, err, "expected a list of 1 to %d folder names", MOST_SUBTASKS);
  to->names = bs_array_new((size_t)n, sizeof *to->names, err);
  to->paths = bs_array_new((size_t)n, sizeof *to->paths, err);
  char *folder = bs_path_folder(path, err);
  bs_status status =
      to->names == NULL || to->paths == NULL || folder == NULL ? BS_ERR_MEMORY : BS_OK;
  cJSON_ArrayForEach(item, list) {
    if (status == BS_OK)
      status = add_child(to, json, item, folder, err);
  }
  free(folder);
  return status;
}

bs_status bs_task_subtasks(bs_subtasks *out, const char *path, bs_error *err) {
  *out = (bs_subtasks){0};
  struct stat info;
  if (stat(path, &info) != 0 || !S_ISREG(info.st_mode) || info.st_size > MOST_BYTES)
    return BS_OK; /* what is wrong with it, loading it tells */
  bs_text text = {0};
  bs_json *json = NULL;
  bs_status status = bs_file_read(path, MOST_BYTES, &text, err);
  if (status == BS_OK && text.data != NULL && strstr(text.data, "\"subtasks\"") != NULL &&
      bs_json_parse(&json, text.data, text.n_bytes, path, NULL) == BS_OK)
    status = read_children(out, json, path, err);
  bs_json_free(&json);
  bs_text_free(&text);
  if (status != BS_OK)
    bs_subtasks_free(out);
  return status;
}

/* The last part of a path, as [begin, end); empty when there is none that is a name. */
static void last_part(const char *path, size_t end, size_t *begin) {
  *begin = end;
  while (*begin > 0 && path[*begin - 1] != '/')
    --*begin;
  size_t n = end - *begin;
  if ((n == 1 && path[*begin] == '.') || (n == 2 && memcmp(path + *begin, "..", 2) == 0))
    *begin = end;
}

bs_status bs_task_name_after_parent(bs_task *task, bs_error *err) {
  static const char file[] = "/task.json";
  size_t n = strlen(task->path), n_file = sizeof file - 1, child, parent;
  if (n <= n_file || strcmp(task->path + n - n_file, file) != 0)
    return BS_OK;
  size_t child_end = n - n_file;
  last_part(task->path, child_end, &child);
  if (child == child_end || child < 2)
    return BS_OK;
  size_t parent_end = child - 1;
  last_part(task->path, parent_end, &parent);
  if (parent == parent_end)
    return BS_OK;
  bs_text path = {0}, name = {0};
  bs_subtasks siblings = {0};
  bs_status status = bs_text_printf(&path, err, "%.*s%s", (int)parent_end, task->path, file);
  bool found = false;
  if (status == BS_OK && bs_task_subtasks(&siblings, path.data, NULL) == BS_OK)
    for (size_t i = 0; i < siblings.n; i++)
      found = found || (strncmp(siblings.names[i], task->path + child, child_end - child) == 0 &&
                        siblings.names[i][child_end - child] == '\0');
  if (status == BS_OK && found) {
    status = bs_text_printf(&name, err, "%.*s:%.*s", (int)(parent_end - parent),
                            task->path + parent, (int)(child_end - child), task->path + child);
    if (status == BS_OK) {
      free(task->name);
      task->name = name.data;
      name = (bs_text){0};
    }
  }
  bs_text_free(&path);
  bs_text_free(&name);
  bs_subtasks_free(&siblings);
  return status;
}
