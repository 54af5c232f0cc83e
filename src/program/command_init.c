/* bigsweep init: a configuration of the models and tasks that folders hold. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bigsweep/config.h"
#include "bigsweep/helpers.h"
#include "bigsweep/survey.h"
#include "program/options.h"

static void print_note(void *user, const char *message) { print_error(user, message); }

/* "x" of "configs/x.json" */
static void name_of(char *name, size_t n, const char *path) {
  const char *last = strrchr(path, '/');
  snprintf(name, n, "%s", last != NULL ? last + 1 : path);
  size_t length = strlen(name);
  if (length > 5 && strcmp(name + length - 5, ".json") == 0)
    name[length - 5] = '\0';
}

/* Paths of a configuration are relative to its folder: where that is another one, what was given is
   relative to the folder we are in. */
static const char *base_of(const char *path, char here[PATH_MAX]) {
  return strchr(path, '/') != NULL ? getcwd(here, PATH_MAX) : NULL;
}

static bs_status write_file(const char *path, const bs_text *json, bool may_replace,
                            bs_error *err) {
  if (strcmp(path, "-") == 0)
    return fwrite(json->data, 1, json->n_bytes, stdout) == json->n_bytes
               ? BS_OK
               : bs_error_set(err, BS_ERR_IO, "cannot write the standard output");
  FILE *file = fopen(path, may_replace ? "w" : "wx");
  if (file == NULL)
    return errno == EEXIST
               ? bs_error_set(err, BS_ERR_USAGE, "%s is there already: --force replaces it", path)
               : bs_error_set(err, BS_ERR_IO, "%s: cannot write: %s", path, strerror(errno));
  bool is_written = fwrite(json->data, 1, json->n_bytes, file) == json->n_bytes;
  is_written = fclose(file) == 0 && is_written;
  return is_written ? BS_OK
                    : bs_error_set(err, BS_ERR_IO, "%s: cannot write: %s", path, strerror(errno));
}

static void print_left_out(const bs_command *command, const bs_survey_models *models,
                           const bs_survey_tasks *tasks) {
  for (size_t i = models->n_usable; i < models->n; i++)
    fprintf(stderr, "bigsweep %s: left out: %s\n", command->name, models->list[i].fault);
  for (size_t i = tasks->n_usable; i < tasks->n; i++)
    fprintf(stderr, "bigsweep %s: left out: %s\n", command->name, tasks->list[i].fault);
}

static bs_status make(const bs_command *command, char **folders, const char *path, bool may_replace,
                      bs_error *err) {
  bs_survey_models models = {0};
  bs_survey_tasks tasks = {0};
  bs_text json = {0};
  bs_config *config = NULL;
  char here[PATH_MAX], name[256];
  const char *const *given = (const char *const *)folders;
  bool is_file = strcmp(path, "-") != 0;
  name_of(name, sizeof name, is_file ? path : "sweep");
  bs_status status = bs_survey_models_find(&models, given, 1, err);
  if (status == BS_OK)
    status = bs_survey_tasks_find(&tasks, given + 1, 1, err);
  if (status == BS_OK)
    print_left_out(command, &models, &tasks);
  if (status == BS_OK)
    status = bs_survey_print_config(&models, &tasks, name, base_of(path, here), print_note,
                                    (void *)(size_t)command, &json, err);
  /* What it refuses is never written. */
  if (status == BS_OK)
    status = bs_config_parse(&config, json.data, json.n_bytes, is_file ? path : "init.json", err);
  if (status == BS_OK)
    status = write_file(path, &json, may_replace, err);
  if (status == BS_OK && is_file)
    fprintf(stderr,
            "bigsweep %s: %s: %zu model%s, %zu task%s. Next:\n  bigsweep plan %s\n  bigsweep run "
            "%s\n",
            command->name, path, config->n_models, bs_plural(config->n_models), config->n_tasks,
            bs_plural(config->n_tasks), path, path);
  bs_config_free(&config);
  bs_text_free(&json);
  bs_survey_tasks_free(&tasks);
  bs_survey_models_free(&models);
  return status;
}

static int run(const bs_command *command, int argc, char **argv) {
  const char *path = "sweep.json";
  bool may_replace = false;
  const option options[] = {{.name = "--output",
                             .letter = "-o",
                             .kind = OPTION_TEXT,
                             .to = &path,
                             .help = "the configuration (sweep.json); - is the standard output"},
                            {.name = "--force",
                             .kind = OPTION_FLAG,
                             .to = &may_replace,
                             .help = "replace a file that is there"}};
  parsed p = options_parse(command, argc, argv, options, sizeof options / sizeof *options, 2, 2);
  if (!p.go_on)
    return p.exit_code;
  bs_error err = {0};
  return make(command, p.arguments, path, may_replace, &err) == BS_OK ? EXIT_DONE
                                                                      : fail(command, &err);
}

const bs_command init_command = {
    "init", "FOLDER_OF_MODELS FOLDER_OF_TASKS [-o CONFIG.json] [--force]",
    "write a configuration of the models and tasks in two folders", run};
