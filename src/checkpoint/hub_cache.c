/* The cache in which the Hugging Face Hub's tools keep what they download: a folder
   models--ORG--NAME each, with snapshots/REVISION/, and the names of revisions in refs/. */
#include "checkpoint/hub_cache_internal.h"

#include <stdlib.h>
#include <string.h>

#include "base/file_internal.h"
#include "base/memory_internal.h"
#include "base/name_list_internal.h"

static bool is_shown(const char *name) { return name[0] != '.'; }

static char *first_snapshot(const char *snapshots) {
  bs_name_list list = {0};
  char *found = NULL;
  if (bs_folder_names(snapshots, is_shown, &list, NULL) == BS_OK && list.n > 0)
    found = bs_path_join(snapshots, list.names[0], NULL);
  bs_name_list_free(&list);
  return found;
}

char *bs_hub_snapshot(const char *dir) {
  enum { MOST_BYTES = 256 };
  bs_text revision = {0};
  char *snapshots = bs_path_join(dir, "snapshots", NULL),
       *main = bs_path_join(dir, "refs/main", NULL);
  char *found = NULL;
  if (snapshots != NULL && main != NULL && bs_file_exists(main) &&
      bs_file_read(main, MOST_BYTES, &revision, NULL) == BS_OK && revision.data != NULL) {
    revision.data[strcspn(revision.data, " \r\n")] = '\0';
    found = bs_path_join(snapshots, revision.data, NULL);
  }
  if (found != NULL && !bs_is_folder(found)) {
    free(found);
    found = NULL;
  }
  if (found == NULL && snapshots != NULL)
    found = first_snapshot(snapshots);
  bs_text_free(&revision);
  free(snapshots);
  free(main);
  return found;
}

/* "models--ORG--NAME" */
static bs_status append_folder(bs_text *to, const char *name) {
  bs_status status = bs_text_append_string(to, "/models", NULL);
  while (status == BS_OK) {
    size_t n = strcspn(name, "/");
    status = bs_text_append_string(to, "--", NULL);
    if (status == BS_OK)
      status = bs_text_append(to, name, n, NULL);
    if (name[n] == '\0')
      break;
    name += n + 1;
  }
  return status;
}

char *bs_hub_cached(const char *name) {
  static const struct {
    const char *variable, *within;
  } places[] = {{"HF_HUB_CACHE", ""}, {"HF_HOME", "/hub"}, {"HOME", "/.cache/huggingface/hub"}};
  char *found = NULL;
  for (size_t i = 0; found == NULL && i < sizeof places / sizeof *places; i++) {
    const char *folder = getenv(places[i].variable);
    bs_text path = {0};
    if (folder != NULL && bs_text_printf(&path, NULL, "%s%s", folder, places[i].within) == BS_OK &&
        append_folder(&path, name) == BS_OK && bs_is_folder(path.data))
      found = bs_hub_snapshot(path.data);
    bs_text_free(&path);
  }
  return found;
}
