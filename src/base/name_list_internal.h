/* A list that owns its names: a folder's files, keys that nobody knows, remarks for the user. */
#ifndef BIGSWEEP_BASE_NAME_LIST_INTERNAL_H
#define BIGSWEEP_BASE_NAME_LIST_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>

#include "bigsweep/error.h"

/* Initialise with {0}. The n strings may be read, and belong to the list. */
typedef struct bs_name_list {
  char **names;
  size_t n, capacity;
} bs_name_list;

/* Appends a copy of the n_bytes at `name`, or of the whole string. */
bs_status bs_name_list_add_bytes(bs_name_list *list, const char *name, size_t n_bytes,
                                 bs_error *err);
bs_status bs_name_list_add(bs_name_list *list, const char *name, bs_error *err);
/* Appends `name` itself, which is freed when there is no room for it. NULL is what is left of an
   allocation that failed: BS_ERR_MEMORY. */
bs_status bs_name_list_take(bs_name_list *list, char *name, bs_error *err);

/* By bytes. */
void bs_name_list_sort(bs_name_list *list);
void bs_name_list_free(bs_name_list *list);

/* The names in a folder that `accept` takes, sorted. On an error the list is empty. */
bs_status bs_folder_names(const char *folder, bool (*accept)(const char *name), bs_name_list *list,
                          bs_error *err);

#endif
