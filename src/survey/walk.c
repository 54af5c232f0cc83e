/* Folders and the folders in them, each visited once on its way. */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file_internal.h"
#include "survey/survey_internal.h"

enum { MOST_DEEP = 12 };

/* A folder on the way down. */
typedef struct step {
  const struct step *above;
  dev_t device;
  ino_t inode;
  size_t depth;
} step;

static bool is_shown(const char *name) { return name[0] != '.'; }

bool bs_name_list_has(const bs_name_list *list, const char *name) {
  for (size_t i = 0; i < list->n; i++)
    if (strcmp(list->names[i], name) == 0)
      return true;
  return false;
}

/* Whether a link has led back to a folder on the way. */
static bool is_circle(const step *here) {
  for (const step *s = here->above; s != NULL; s = s->above)
    if (s->device == here->device && s->inode == here->inode)
      return true;
  return false;
}

static bs_status walk(const char *folder, const step *above, const bs_walk *w, bs_error *err) {
  struct stat place;
  bs_name_list names = {0};
  bs_error fault = {0};
  step here = {.above = above, .depth = above != NULL ? above->depth + 1 : 0};
  bool deeper = true;
  if (stat(folder, &place) == 0) {
    here.device = place.st_dev;
    here.inode = place.st_ino;
  }
  if (here.depth > MOST_DEEP || is_circle(&here))
    return BS_OK;
  if (bs_folder_names(folder, is_shown, &names, &fault) != BS_OK)
    return fault.status == BS_ERR_MEMORY ? bs_error_set(err, fault.status, "%s", fault.message)
                                         : w->refuse(w->user, folder, fault.message, err);
  bs_status status = w->visit(w->user, folder, &names, &deeper, err);
  for (size_t i = 0; status == BS_OK && deeper && i < names.n; i++) {
    char *path = bs_path_join(folder, names.names[i], err);
    if (path == NULL)
      status = BS_ERR_MEMORY;
    else if (bs_is_folder(path))
      status = walk(path, &here, w, err);
    free(path);
  }
  bs_name_list_free(&names);
  return status;
}

bs_status bs_walk_folders(const char *folder, const bs_walk *w, bs_error *err) {
  return walk(folder, NULL, w, err);
}
