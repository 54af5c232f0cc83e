/* Lists of names and how they are filled. */
#include "base/name_list_internal.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory_internal.h"

bs_status bs_name_list_take(bs_name_list *list, char *name, bs_error *err) {
  bs_status status = name == NULL ? bs_error_set(err, BS_ERR_MEMORY, "cannot copy a name")
                                  : bs_reserve(&list->names, &list->capacity, list->n, 1, err);
  if (status == BS_OK)
    list->names[list->n++] = name;
  else
    free(name);
  return status;
}

bs_status bs_name_list_add_bytes(bs_name_list *list, const char *name, size_t n_bytes,
                                 bs_error *err) {
  return bs_name_list_take(list, bs_string_new(name, n_bytes, err), err);
}

bs_status bs_name_list_add(bs_name_list *list, const char *name, bs_error *err) {
  return bs_name_list_add_bytes(list, name, strlen(name), err);
}

static int by_bytes(const void *a, const void *b) {
  return strcmp(*(char *const *)a, *(char *const *)b);
}

void bs_name_list_sort(bs_name_list *list) {
  if (list->n > 1)
    qsort(list->names, list->n, sizeof *list->names, by_bytes);
}

void bs_name_list_free(bs_name_list *list) {
  for (size_t i = 0; i < list->n; i++)
    free(list->names[i]);
  free(list->names);
  *list = (bs_name_list){0};
}

bs_status bs_folder_names(const char *folder, bool (*accept)(const char *name), bs_name_list *list,
                          bs_error *err) {
  *list = (bs_name_list){0};
  DIR *open = opendir(folder);
  if (open == NULL)
    return bs_error_set(err, BS_ERR_IO, "%s: cannot read the folder: %s", folder, strerror(errno));
  bs_status status = BS_OK;
  const struct dirent *entry;
  while (status == BS_OK && (entry = readdir(open)) != NULL)
    if (accept(entry->d_name))
      status = bs_name_list_add(list, entry->d_name, err);
  closedir(open);
  if (status == BS_OK)
    bs_name_list_sort(list);
  else
    bs_name_list_free(list);
  return status;
}
