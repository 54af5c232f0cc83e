/* The config.json of real and shared models: each key of it in turn gets other values, and a model
   of a family that is not read passes as none that is. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file_internal.h"
#include "base/memory_internal.h"
#include "harness.h"
#include "key_outcome.h"
#include "model_writer.h"

static bs_json *load_config(const char *folder) {
  char *path = bs_path_join(folder, "config.json", NULL);
  bs_json *config = NULL;
  bs_error err = {0};
  if (bs_json_load(&config, path, 0, &err) != BS_OK)
    config = NULL;
  free(path);
  return config;
}

/* Every file of `from` but config.json, under its name in `to`. */
static void link_files(const char *from, const char *to) {
  DIR *dir = opendir(from);
  CU_ASSERT_PTR_NOT_NULL_FATAL(dir);
  const struct dirent *entry;
  while ((entry = readdir(dir)) != NULL) {
    if (entry->d_name[0] == '.' || strcmp(entry->d_name, "config.json") == 0)
      continue;
    char *target = bs_path_join(from, entry->d_name, NULL);
    char *link = bs_path_join(to, entry->d_name, NULL);
    char *whole = realpath(target, NULL);
    CU_ASSERT_EQUAL(symlink(whole, link), 0);
    free(whole);
    free(target);
    free(link);
  }
  closedir(dir);
}

static outcome open_with(const char *folder, const cJSON *root) {
  char *text = cJSON_PrintUnformatted(root);
  write_file(folder, "config.json", text, strlen(text));
  cJSON_free(text);
  return outcome_open(folder);
}

static void walk_real(const char *from, const char *name, const bs_json *config,
                      const bs_family *family) {
  const char *folder = make_folder(name);
  link_files(from, folder);
  outcome base = open_with(folder, config->root);
  if (outcome_is_refused(&base)) /* a scaling that is not built */
    CU_ASSERT_TRUE(outcome_names(&base, "rope_type"));
  if (base.notes.n_bytes > 0)
    printf("\n    %s", base.notes.data);
  CU_ASSERT_EQUAL(base.notes.n_bytes, 0);
  const cJSON *member;
  cJSON_ArrayForEach(member, config->root) {
    for (size_t v = 0; v < N_KEY_VALUES && !outcome_is_refused(&base); v++) {
      cJSON *changed = cJSON_Duplicate(config->root, 1);
      cJSON_DeleteItemFromObjectCaseSensitive(changed, member->string);
      if (key_values[v] != NULL)
        cJSON_AddItemToObject(changed, member->string, cJSON_Parse(key_values[v]));
      outcome found = open_with(folder, changed);
      outcome_check(family, member->string, key_values[v], &found, &base);
      outcome_free(&found);
      cJSON_Delete(changed);
    }
  }
  outcome_free(&base);
}

/* A file of a family that is not read, under the name of each that is, must not pass: by its keys
   (where they tell; elsewhere the tensors do). */
static void rename_real(const char *name, const bs_json *config) {
  static const char *const told_by_tensors[] = {"tiny-olmo2", "tiny-phi", NULL};
  for (const char *const *each = told_by_tensors; *each != NULL; each++)
    if (strncmp(name, *each, strlen(*each)) == 0)
      return;
  for (size_t i = 0; bs_family_at(i) != NULL; i++) {
    bs_error err = {0};
    bs_name_list notes = {0};
    bs_reader reader = {.config = config, .family = bs_family_at(i), .notes = &notes, .err = &err};
    bs_keys_check(&reader);
    if (reader.status == BS_OK)
      printf("\n    %s passes as %s", name, bs_family_at(i)->architecture);
    CU_ASSERT_NOT_EQUAL(reader.status, BS_OK);
    bs_name_list_free(&notes);
  }
}

static void real_files(void) {
  if (!bs_test_have_data("models"))
    return;
  char *all = bs_string_copy(bs_test_data("models"), NULL); /* outlives the slot */
  DIR *dir = opendir(all);
  CU_ASSERT_PTR_NOT_NULL_FATAL(dir);
  size_t n_read = 0, n_refused = 0;
  const struct dirent *entry;
  while ((entry = readdir(dir)) != NULL) {
    char *folder = bs_path_join(all, entry->d_name, NULL);
    bs_json *config = entry->d_name[0] != '.' ? load_config(folder) : NULL;
    if (config != NULL) {
      const cJSON *architectures = bs_json_get(config->root, "architectures");
      const bs_family *family = bs_family_find(architectures->child->valuestring, NULL);
      if (family != NULL)
        walk_real(folder, entry->d_name, config, family);
      else
        rename_real(entry->d_name, config);
      n_read += family != NULL;
      n_refused += family == NULL;
    }
    bs_json_free(&config);
    free(folder);
  }
  closedir(dir);
  free(all);
  CU_ASSERT_TRUE(n_read > 0 && n_refused + n_read > 13);
}

static const bs_test tests[] = {
    {"real files", real_files},
};

int main(void) { return bs_test_main("keys_real", tests, sizeof tests / sizeof *tests); }
