/* The results file and its parts on disk. */
#include "bigsweep/store.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file_internal.h"
#include "base/memory_internal.h"
#include "store/commit_internal.h"
#include "store/write_internal.h"

enum { PART_DIGITS = 8, LAST_PART = 99999999 };
static const char PART_SUFFIX[] = ".h5";

bs_status bs_store_write(const char *path, const bs_tables *tables, const bs_tables *analysis,
                         bs_error *err) {
  bs_text image = {0};
  bs_status status = bs_store_image(&image, path, tables, analysis, err);
  if (status == BS_OK)
    status = bs_commit_replace(path, image.data, image.n_bytes, err);
  bs_text_free(&image);
  return status;
}

static bs_status parts_folder(const char *path, bs_text *folder, bs_error *err) {
  return bs_text_printf(folder, err, "%s.parts", path);
}

/* The number of a part's name, 0 for any other. */
static uint32_t part_number(const char *name) {
  if (strspn(name, "0123456789") != PART_DIGITS || strcmp(name + PART_DIGITS, PART_SUFFIX) != 0)
    return 0;
  return (uint32_t)strtoul(name, NULL, 10);
}

/* The names in a folder that are parts (or, for cleaning up, temporary files). */
typedef struct listing {
  char **names;
  size_t n, capacity;
} listing;

static void free_listing(listing *list) {
  for (size_t i = 0; i < list->n; i++)
    free(list->names[i]);
  free(list->names);
  *list = (listing){0};
}

static bs_status add_name(listing *list, const char *name, bs_error *err) {
  bs_status status = bs_reserve(&list->names, &list->capacity, list->n, 1, err);
  if (status != BS_OK)
    return status;
  list->names[list->n] = bs_string_copy(name, err);
  if (list->names[list->n] == NULL)
    return BS_ERR_MEMORY;
  list->n++;
  return BS_OK;
}

static int compare_names(const void *a, const void *b) {
  return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Sorted by name; a folder that is not there has no parts. */
static bs_status list_parts(const char *folder, bool temporaries, listing *list, bs_error *err) {
  DIR *open = opendir(folder);
  if (open == NULL && errno == ENOENT)
    return BS_OK;
  if (open == NULL)
    return bs_error_set(err, BS_ERR_IO, "%s: cannot read the folder: %s", folder, strerror(errno));
  bs_status status = BS_OK;
  while (status == BS_OK) {
    errno = 0;
    const struct dirent *entry = readdir(open);
    if (entry == NULL) {
      if (errno != 0)
        status =
            bs_error_set(err, BS_ERR_IO, "%s: cannot read the folder: %s", folder, strerror(errno));
      break;
    }
    if (part_number(entry->d_name) > 0 || (temporaries && bs_commit_is_temporary(entry->d_name)))
      status = add_name(list, entry->d_name, err);
  }
  closedir(open);
  if (status == BS_OK && list->n > 1)
    qsort(list->names, list->n, sizeof *list->names, compare_names);
  return status;
}

/* The folder lasts before the first part in it does. */
static bs_status make_folder(const char *folder, bs_error *err) {
  if (mkdir(folder, 0777) != 0) {
    if (errno == EEXIST && bs_is_folder(folder))
      return BS_OK;
    return bs_error_set(err, BS_ERR_IO, "%s: cannot make the folder: %s", folder, strerror(errno));
  }
  char *parent = bs_path_folder(folder, err);
  bs_status status = parent == NULL ? BS_ERR_MEMORY : bs_commit_sync_folder(parent, err);
  free(parent);
  return status;
}

/* Under the first free number behind the last one that is taken. */
static bs_status write_next(const char *folder, const bs_text *image, bs_error *err) {
  listing list = {0};
  bs_text part = {0};
  bs_status status = list_parts(folder, false, &list, err);
  uint32_t number = list.n > 0 ? part_number(list.names[list.n - 1]) : 0;
  bool exists = true;
  while (status == BS_OK && exists) {
    if (number == LAST_PART) {
      status = bs_error_set(err, BS_ERR_LIMIT, "%s: no number is left for another part", folder);
      break;
    }
    part.n_bytes = 0;
    status = bs_text_printf(&part, err, "%s/%0*" PRIu32 "%s", folder, PART_DIGITS, ++number,
                            PART_SUFFIX);
    if (status == BS_OK)
      status = bs_commit_new(part.data, image->data, image->n_bytes, &exists, err);
  }
  bs_text_free(&part);
  free_listing(&list);
  return status;
}

bs_status bs_store_commit_part(const char *path, const bs_tables *tables, bs_error *err) {
  bs_text image = {0}, folder = {0};
  bs_status status = parts_folder(path, &folder, err);
  if (status == BS_OK)
    status = bs_store_image(&image, folder.data, tables, NULL, err);
  if (status == BS_OK)
    status = make_folder(folder.data, err);
  if (status == BS_OK)
    status = write_next(folder.data, &image, err);
  bs_text_free(&image);
  bs_text_free(&folder);
  return status;
}

static bs_status visit_part(const char *part, bs_part_visit visit, void *user, bs_error *err) {
  bs_tables *tables;
  bs_status status = bs_store_read(&tables, part, err);
  if (status == BS_OK)
    status = visit(user, tables, part, err);
  bs_tables_free(&tables);
  return status;
}

bs_status bs_store_each_part(const char *path, bs_part_visit visit, void *user, bs_error *err) {
  bs_text folder = {0};
  listing list = {0};
  bs_status status = parts_folder(path, &folder, err);
  if (status == BS_OK)
    status = list_parts(folder.data, false, &list, err);
  for (size_t i = 0; status == BS_OK && i < list.n; i++) {
    char *part = bs_path_join(folder.data, list.names[i], err);
    status = part == NULL ? BS_ERR_MEMORY : visit_part(part, visit, user, err);
    free(part);
  }
  free_listing(&list);
  bs_text_free(&folder);
  return status;
}

bs_status bs_store_remove_parts(const char *path, bs_error *err) {
  bs_text folder = {0};
  listing list = {0};
  bs_status status = parts_folder(path, &folder, err);
  if (status == BS_OK)
    status = list_parts(folder.data, true, &list, err);
  for (size_t i = 0; status == BS_OK && i < list.n; i++) {
    char *name = bs_path_join(folder.data, list.names[i], err);
    if (name == NULL)
      status = BS_ERR_MEMORY;
    else if (unlink(name) != 0 && errno != ENOENT)
      status = bs_error_set(err, BS_ERR_IO, "%s: cannot remove: %s", name, strerror(errno));
    free(name);
  }
  if (status == BS_OK && rmdir(folder.data) != 0 && errno != ENOENT)
    status = bs_error_set(err, BS_ERR_IO, "%s: cannot remove the folder: %s", folder.data,
                          errno == ENOTEMPTY || errno == EEXIST ? "it holds files that are no parts"
                                                                : strerror(errno));
  free_listing(&list);
  bs_text_free(&folder);
  return status;
}

bs_status bs_store_check_writable(const char *path, bs_error *err) {
  struct stat info;
  if (bs_path_name(path)[0] == '\0')
    return bs_error_set(err, BS_ERR_IO, "%s: expected the name of a file", path);
  if (stat(path, &info) == 0 && !S_ISREG(info.st_mode))
    return bs_error_set(err, BS_ERR_IO, "%s: there is something that is not a regular file", path);
  bs_text parts = {0};
  bs_status status = bs_commit_probe(path, err);
  if (status == BS_OK)
    status = parts_folder(path, &parts, err);
  if (status == BS_OK && bs_file_exists(parts.data)) {
    status = bs_text_append_string(&parts, "/00000001.h5", err);
    if (status == BS_OK)
      status = bs_commit_probe(parts.data, err);
  }
  bs_text_free(&parts);
  return status;
}
