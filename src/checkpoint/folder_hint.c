/* What a path is that is no model's folder, and what to do about it. */
#include <stdlib.h>
#include <string.h>

#include "base/memory_internal.h"
#include "checkpoint/files_internal.h"
#include "checkpoint/hub_cache_internal.h"
#include "gguf/gguf_internal.h"

static const char DOWNLOAD[] = "hf download NAME --local-dir FOLDER";

static bool has_file(const char *dir, const char *name) {
  char *path = bs_path_join(dir, name, NULL);
  bool there = path != NULL && bs_file_exists(path);
  free(path);
  return there;
}

static bool has_folder(const char *dir, const char *name) {
  char *path = bs_path_join(dir, name, NULL);
  bool there = path != NULL && bs_is_folder(path);
  free(path);
  return there;
}

static bool any_name(const char *name) { return name[0] != '.'; }
static bool is_gguf(const char *name) { return bs_ends_with(name, ".gguf"); }

/* The first name in a folder that `accept` takes; NULL when there is none. Free with free(). */
static char *first_name(const char *dir, bool (*accept)(const char *name)) {
  char *first = NULL;
  bs_name_list list = {0};
  if (bs_folder_names(dir, accept, &list, NULL) == BS_OK && list.n > 0)
    first = bs_string_copy(list.names[0], NULL);
  bs_name_list_free(&list);
  return first;
}

/* The first folder in `dir` that holds config.json. */
static char *model_inside(const char *dir) {
  char *found = NULL;
  bs_name_list list = {0};
  if (bs_folder_names(dir, any_name, &list, NULL) != BS_OK)
    return NULL;
  for (size_t i = 0; i < list.n && found == NULL; i++) {
    char *path = bs_path_join(dir, list.names[i], NULL);
    if (path != NULL && bs_is_folder(path) && has_file(path, "config.json"))
      found = path;
    else
      free(path);
  }
  bs_name_list_free(&list);
  return found;
}

/* "org/name" or "name": the last parts of a path as the Hub would have them. */
static const char *hub_name(const char *path) {
  const char *last = strrchr(path, '/');
  if (last == NULL || last == path)
    return path;
  const char *before = last - 1;
  while (before > path && *before != '/')
    before--;
  char *folder = bs_path_folder(path, NULL);
  bool parent_is_there = folder != NULL && bs_is_folder(folder);
  free(folder);
  return parent_is_there ? last + 1 : *before == '/' ? before + 1 : before;
}

/* Names on the Hub are of letters, digits, "-", "_" and ".", and begin with a letter or digit. */
static bool may_be_hub_name(const char *name) {
  static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
  for (bool at_start = true; *name != '\0'; at_start = *name++ == '/')
    if (strchr(letters, *name) == NULL && (at_start || strchr("-_./", *name) == NULL))
      return false;
  return true;
}

static bs_status no_such_folder(const char *dir, bs_error *err) {
  const char *name = hub_name(dir), *hint = bs_path_hint(dir);
  if (hint[0] != '\0')
    return bs_error_set(err, BS_ERR_IO, "no such folder: %s%s", dir, hint);
  if (!may_be_hub_name(name))
    return bs_error_set(
        err, BS_ERR_IO,
        "no such folder: %s; expected the folder that holds the model's config.json", dir);
  char *cached = bs_hub_cached(name);
  if (cached != NULL) {
    bs_status status = bs_error_set(err, BS_ERR_IO,
                                    "no such folder: %s. Models are read from folders; the Hub's "
                                    "cache has %s: give %s",
                                    dir, name, cached);
    free(cached);
    return status;
  }
  return bs_error_set(
      err, BS_ERR_IO,
      "no such folder: %s. If %s is a name on the Hugging Face Hub: models are read "
      "from folders; download it with `hf download %s --local-dir FOLDER` and give "
      "FOLDER",
      dir, name, name);
}

static bs_status no_folder(const char *path, bs_error *err) {
  return bs_error_set(err, BS_ERR_IO,
                      "%s: a file; expected the folder that holds the model's config.json, or a "
                      "GGUF file, NAME.gguf",
                      path);
}

/* A folder of the Hub's cache keeps each revision in snapshots/. */
static bs_status cache_folder(const char *dir, bs_error *err) {
  char *snapshot = bs_hub_snapshot(dir);
  bs_status status = bs_error_set(
      err, BS_ERR_IO,
      "%s: no config.json here: this is a folder of the Hub's cache, the model is in %s%s", dir,
      snapshot != NULL ? snapshot : dir, snapshot != NULL ? "" : "/snapshots/(a revision)");
  free(snapshot);
  return status;
}

static bs_status adapter_folder(const char *dir, bs_error *err) {
  return bs_error_set(err, BS_ERR_UNSUPPORTED,
                      "%s: adapter_config.json: this is an adapter (LoRA), which is a change to "
                      "another model and is not read; merge it into that model (peft: "
                      "merge_and_unload, then save_pretrained) and give the merged folder",
                      dir);
}

static bs_status without_config(const char *dir, bs_error *err) {
  if (has_file(dir, "adapter_config.json"))
    return adapter_folder(dir, err);
  if (has_folder(dir, "snapshots"))
    return cache_folder(dir, err);
  char *gguf = first_name(dir, is_gguf), *inside = NULL, *any = NULL;
  bs_status status;
  if (gguf != NULL)
    status = bs_error_set(err, BS_ERR_IO,
                          "%s: no config.json, but a GGUF file, which is a model by itself: give "
                          "%s/%s",
                          dir, dir, gguf);
  else if (has_file(dir, "params.json"))
    status = bs_error_set(err, BS_ERR_UNSUPPORTED,
                          "%s: no config.json, but params.json: this is a model in its maker's own "
                          "form; expected the form of transformers (%s)",
                          dir, DOWNLOAD);
  else if ((inside = model_inside(dir)) != NULL)
    status = bs_error_set(err, BS_ERR_IO, "%s: no config.json here, but there is one in %s", dir,
                          inside);
  else if ((any = first_name(dir, any_name)) == NULL)
    status = bs_error_set(err, BS_ERR_IO,
                          "%s: an empty folder; expected config.json, tokenizer.json and "
                          "safetensors (%s)",
                          dir, DOWNLOAD);
  else
    status = bs_error_set(err, BS_ERR_IO,
                          "%s: no config.json; expected a model's folder as downloaded (%s)", dir,
                          DOWNLOAD);
  free(gguf);
  free(inside);
  free(any);
  return status;
}

bs_status bs_checkpoint_check_folder(const char *dir, bs_error *err) {
  if (bs_gguf_is_path(dir) && bs_file_exists(dir) && !bs_is_folder(dir))
    return BS_OK;
  if (!bs_is_folder(dir))
    return bs_file_exists(dir) ? no_folder(dir, err) : no_such_folder(dir, err);
  return has_file(dir, "config.json") ? BS_OK : without_config(dir, err);
}

bs_status bs_folder_refuse_adapter(const char *dir, bs_error *err) {
  return has_file(dir, "adapter_config.json") ? adapter_folder(dir, err) : BS_OK;
}
