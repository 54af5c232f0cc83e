/* bigsweep validate: faults in task files and configurations. */
#include <stdio.h>
#include <stdlib.h>

#include "bigsweep/config.h"
#include "bigsweep/json.h"
#include "bigsweep/reach.h"
#include "bigsweep/task.h"
#include "program/options.h"

typedef struct findings {
  size_t n_errors, n_warnings;
} findings;

static void print_finding(void *user, bool is_error, const char *message) {
  findings *f = user;
  fprintf(stderr, "%s: %s\n", is_error ? "error" : "warning", message);
  if (is_error)
    f->n_errors++;
  else
    f->n_warnings++;
}

static void print_reach(void *user, const char *message) { print_finding(user, false, message); }

/* Answers that can never match. */
static bool check_reach(const bs_task *task, findings *f) {
  bs_error err = {0};
  bs_reach reach;
  bs_status status = bs_reach_of_task(&reach, task, 0, &err);
  if (status == BS_OK) {
    status = bs_reach_tell(&reach, task->path, print_reach, f, &err);
    bs_reach_free(&reach);
  }
  if (status != BS_OK)
    print_finding(f, true, err.message);
  return status == BS_OK;
}

/* A file with examples. */
static bool validate_file(const char *path, bs_task_format format) {
  bs_error err = {0};
  bs_task *task = NULL;
  findings f = {0};
  bool good = bs_task_load_as(&task, path, format, print_finding, &f, &err) == BS_OK &&
              check_reach(task, &f);
  if (good) {
    printf("%s: ok, %zu example%s", path, task->n_examples, bs_plural(task->n_examples));
    if (task->n_repeated > 0)
      printf(" (%zu repeated one%s left out)", task->n_repeated, bs_plural(task->n_repeated));
    if (task->n_shown > 0)
      printf(", %zu to show", task->n_shown);
    if (f.n_warnings > 0)
      printf(", %zu warning%s", f.n_warnings, bs_plural(f.n_warnings));
    printf("\n");
  } else {
    if (f.n_errors == 0) /* the file could not be read */
      print_finding(&f, true, err.message);
    printf("%s: %zu fault%s\n", path, f.n_errors, bs_plural(f.n_errors));
  }
  bs_task_free(&task);
  return good;
}

/* A file, a folder with a task.json, or a file that names subtasks: it has no examples, and no
   fault in that. */
static bool validate(const char *path, bs_task_format format) {
  bs_error err = {0};
  bs_subtasks subtasks = {0};
  findings f = {0};
  bool may_name_others = format == BS_FORMAT_AUTO || format == BS_FORMAT_BIGBENCH;
  char *file = bs_task_file_of(path, &err);
  bool good =
      file != NULL && (!may_name_others || bs_task_subtasks(&subtasks, file, &err) == BS_OK);
  if (!good) {
    print_finding(&f, true, err.message);
    printf("%s: 1 fault\n", file != NULL ? file : path);
  } else if (subtasks.n == 0) {
    good = validate_file(file, format);
  } else {
    printf("%s: made of %zu subtask%s\n", file, subtasks.n, bs_plural(subtasks.n));
    for (size_t i = 0; i < subtasks.n; i++)
      good = validate_file(subtasks.paths[i], format) && good;
  }
  bs_subtasks_free(&subtasks);
  free(file);
  return good;
}

/* A file with models and tasks is the configuration of a sweep. */
static bool is_configuration(const char *path) {
  bs_json *json = NULL;
  bs_error fault = {0};
  bool is_one = bs_json_load(&json, path, 0, &fault) == BS_OK &&
                bs_json_get(json->root, "models") != NULL &&
                bs_json_get(json->root, "tasks") != NULL;
  bs_json_free(&json);
  bs_error_clear(&fault);
  return is_one;
}

/* The configuration and the tasks that it names, as it names them. */
static bool validate_configuration(const char *path) {
  bs_error err = {0};
  bs_config *config = NULL;
  findings f = {0};
  if (bs_config_load(&config, path, &err) != BS_OK)
    print_finding(&f, true, err.message);
  for (size_t i = 0; config != NULL && i < config->n_tasks; i++) {
    bs_task *task = NULL;
    bs_error fault = {0};
    size_t before = f.n_errors;
    if (bs_task_open(&task, &config->tasks[i], print_finding, &f, &fault) != BS_OK &&
        f.n_errors == before)
      print_finding(&f, true, fault.message);
    bs_task_free(&task);
  }
  if (f.n_errors > 0)
    printf("%s: %zu fault%s\n", path, f.n_errors, bs_plural(f.n_errors));
  else
    printf("%s: ok, a configuration of %zu model%s and %zu task%s\n", path, config->n_models,
           bs_plural(config->n_models), config->n_tasks, bs_plural(config->n_tasks));
  bs_config_free(&config);
  return f.n_errors == 0;
}

static int run(const bs_command *command, int argc, char **argv) {
  const char *name = "auto";
  const option options[] = {{.name = "--format",
                             .kind = OPTION_TEXT,
                             .to = &name,
                             .help = "of the files; auto: by what they hold"}};
  parsed p = options_parse(command, argc, argv, options, sizeof options / sizeof *options, 1,
                           (size_t)argc);
  if (!p.go_on)
    return p.exit_code;
  bs_error err = {0};
  bs_task_format format;
  if (bs_task_format_parse(&format, name, &err) != BS_OK)
    return fail(command, &err);
  size_t n_bad = 0;
  for (size_t i = 0; i < p.n_arguments; i++)
    n_bad += !(is_configuration(p.arguments[i]) ? validate_configuration(p.arguments[i])
                                                : validate(p.arguments[i], format));
  return n_bad > 0 ? EXIT_BAD_INPUT : EXIT_DONE;
}

const bs_command validate_command = {
    "validate", "TASK... | CONFIG.json [--format NAME]",
    "check tasks, or a configuration and its tasks: file, place and line of each fault", run};
