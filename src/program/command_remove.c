/* A results file without some models, tasks or numbers of shots. */
#include <stdio.h>
#include <string.h>

#include "bigsweep/helpers.h"
#include "program/choose.h"
#include "program/options.h"
#include "program/screen.h"

typedef struct removing {
  screen screen; /* first: progress is told to it */
  text_list models, tasks, shots;
  const char *output;
  chosen what;
  size_t n_before, n_models, n_tasks;
} removing;

static bs_status choose_rows(void *user, const bs_tables *tables, bs_selection *selection,
                             bs_error *err) {
  removing *r = user;
  bs_status status = choose(&r->what, tables, &r->models, &r->tasks, &r->shots, err);
  *selection = chosen_selection(&r->what);
  r->n_before = tables->n_examples;
  r->n_models = tables->n_models;
  r->n_tasks = tables->n_tasks;
  return status;
}

static bs_status check(const removing *r, const char *path, bs_error *err) {
  if (r->models.n + r->tasks.n + r->shots.n == 0)
    return bs_error_set(err, BS_ERR_USAGE,
                        "say what goes: --model A,..., --task T,..., --shots K,... (what fits all "
                        "of those that are given)");
  if (r->output == NULL)
    return bs_error_set(err, BS_ERR_USAGE,
                        "option -o OUT.h5 is missing: a new file, or %s itself to replace it",
                        path);
  return expect_file(path, err);
}

static int remove_rows(const bs_command *command, const char *path, removing *r) {
  bs_error err = {0};
  bs_sweep_results results = {0};
  bs_status status = check(r, path, &err);
  if (status == BS_OK)
    status = bs_sweep_remove(&results, path, r->output, choose_rows, screen_progress, r, &err);
  progress_clear(&r->screen.progress);
  if (status == BS_OK) {
    const bs_tables *left = results.tables;
    size_t n = r->n_before - left->n_examples;
    printf("%s: %zu of %zu example%s, %zu of %zu model%s and %zu of %zu task%s are taken out\n",
           r->output, n, r->n_before, bs_plural(r->n_before), r->n_models - left->n_models,
           r->n_models, bs_plural(r->n_models), r->n_tasks - left->n_tasks, r->n_tasks,
           bs_plural(r->n_tasks));
  }
  bs_sweep_results_free(&results);
  chosen_free(&r->what);
  return status == BS_OK ? EXIT_DONE : fail(command, &err);
}

static int run(const bs_command *command, int argc, char **argv) {
  removing r = {.screen = {.command = command, .progress = progress_new()}};
  const option options[] = {
      {.name = "--model", .kind = OPTION_LIST, .to = &r.models, .help = "results of these models"},
      {.name = "--task",
       .kind = OPTION_LIST,
       .to = &r.tasks,
       .help = "results of these tasks, with --model of these under those models alone"},
      {.name = "--shots",
       .kind = OPTION_LIST,
       .to = &r.shots,
       .help = "with these numbers of shots alone"},
      {.name = "--output",
       .letter = "-o",
       .kind = OPTION_TEXT,
       .to = &r.output,
       .help = "the new results file; the old one itself is replaced as a whole"},
  };
  parsed p = options_parse(command, argc, argv, options, sizeof options / sizeof *options, 1, 1);
  int exit_code = p.go_on ? remove_rows(command, p.arguments[0], &r) : p.exit_code;
  text_list_free(&r.models);
  text_list_free(&r.tasks);
  text_list_free(&r.shots);
  return exit_code;
}

const bs_command remove_command = {
    "remove", "RESULTS.h5 [--model A,...] [--task T,...] [--shots K,...] -o OUT.h5",
    "a results file without some of its models, tasks or numbers of shots", run};
