/* Examples of results files, as models saw and answered them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bigsweep/helpers.h"
#include "bigsweep/report.h"
#include "program/choose.h"
#include "program/options.h"
#include "program/screen.h"
#include "program/terminal.h"

typedef struct request {
  text_list models, tasks, shots, differ;
  bool wrong, right, as_json, with_prompt;
  int64_t most, example;
} request;

enum { DEFAULT_MOST = 10 };

static bs_status check(const parsed *p, const request *of, bs_error *err) {
  if (of->wrong + of->right + (of->differ.n > 0) > 1)
    return bs_error_set(err, BS_ERR_USAGE, "give one of --wrong, --right and --differ");
  if (of->differ.n == 1 || of->differ.n > 2)
    return bs_error_set(err, BS_ERR_USAGE, "--differ compares two models: give two names, as A,B");
  bs_status status = BS_OK;
  for (size_t i = 0; status == BS_OK && i < p->n_arguments; i++)
    status = expect_file(p->arguments[i], err);
  return status;
}

static uint32_t model_of(const bs_tables *tables, const char *name) {
  uint32_t i = 0;
  while (i + 1 < tables->n_models && strcmp(tables->models[i].name, name) != 0)
    i++;
  return i;
}

/* Of two that differ those two are shown, where no models are named. */
static bs_status choose_examples(bs_examples_options *out, chosen *what, const bs_tables *tables,
                                 const request *of, bs_error *err) {
  bs_status status = BS_OK;
  chosen differing = {0};
  if (of->differ.n == 2)
    status = choose(&differing, tables, &of->differ, &(text_list){0}, &(text_list){0}, err);
  if (status == BS_OK)
    status = choose(what, tables, of->models.n > 0 ? &of->models : &of->differ, &of->tasks,
                    &of->shots, err);
  *out = (bs_examples_options){.selection = chosen_selection(what),
                               .asked = of->wrong   ? BS_EXAMPLES_WRONG
                                        : of->right ? BS_EXAMPLES_RIGHT
                                                    : BS_EXAMPLES_ALL,
                               .differ = of->differ.n == 2,
                               .example = of->example >= 0 ? (uint32_t)of->example : UINT32_MAX,
                               .most = (size_t)of->most,
                               .width = terminal_width(STDOUT_FILENO),
                               .as_json = of->as_json,
                               .with_prompt = of->with_prompt};
  if (status == BS_OK && out->differ) {
    out->first = model_of(tables, of->differ.texts[0]);
    out->second = model_of(tables, of->differ.texts[1]);
    for (size_t i = 0; what->models != NULL && i < 2; i++)
      what->models[i == 0 ? out->first : out->second] = true;
  }
  chosen_free(&differing);
  return status;
}

static void tell_the_rest(const bs_command *command, const bs_tables *tables, size_t n_shown,
                          size_t n_found) {
  char line[160];
  if (n_found == 0)
    print_error(command, "there is no such example");
  if (n_found > n_shown) {
    snprintf(line, sizeof line, "%zu of %zu examples are shown: -n %zu shows all", n_shown, n_found,
             n_found);
    print_error(command, line);
  }
  if (n_shown > 0 && tables->n_inputs == 0)
    print_error(command, "the questions are not in the file (/inputs), since an older version "
                         "wrote it or its run is not finished: `bigsweep run` with its "
                         "configuration adds them");
}

static int show(const bs_command *command, const parsed *p, const request *of) {
  bs_error err = {0};
  bs_tables *tables = NULL;
  bs_examples_options options = {0};
  chosen what = {0};
  size_t n_shown = 0, n_found = 0;
  screen s = {.command = command, .progress = progress_new()};
  bs_status status = check(p, of, &err);
  if (status == BS_OK)
    status = bs_sweep_collect_all(&tables, (const char *const *)p->arguments, p->n_arguments,
                                  screen_notice, &s, &err);
  if (status == BS_OK)
    status = choose_examples(&options, &what, tables, of, &err);
  if (status == BS_OK)
    status = bs_report_examples(tables, &options, stdout, &n_shown, &n_found, &err);
  if (status == BS_OK && fflush(stdout) != 0)
    status = bs_error_set(&err, BS_ERR_IO, "cannot write the standard output");
  if (status == BS_OK)
    tell_the_rest(command, tables, n_shown, n_found);
  chosen_free(&what);
  bs_tables_free(&tables);
  return status == BS_OK ? EXIT_DONE : fail(command, &err);
}

static int run(const bs_command *command, int argc, char **argv) {
  request of = {.most = DEFAULT_MOST, .example = -1};
  const option options[] = {
      {.name = "--task",
       .kind = OPTION_LIST,
       .to = &of.tasks,
       .help = "examples of these tasks; with a variant NAME@VARIANT"},
      {.name = "--model",
       .kind = OPTION_LIST,
       .to = &of.models,
       .help = "what these models made of them, side by side (all)"},
      {.name = "--shots", .kind = OPTION_LIST, .to = &of.shots, .help = "with so many shots"},
      {.name = "--example",
       .kind = OPTION_INTEGER,
       .to = &of.example,
       .high = UINT32_MAX - 1,
       .help = "the one of this number in its task"},
      {.name = "--wrong",
       .kind = OPTION_FLAG,
       .to = &of.wrong,
       .help = "those that all of these models get wrong"},
      {.name = "--right",
       .kind = OPTION_FLAG,
       .to = &of.right,
       .help = "those that all of these models get right"},
      {.name = "--differ",
       .kind = OPTION_LIST,
       .to = &of.differ,
       .help = "A,B: those that one of these two models gets right and the other wrong"},
      {.name = "--number",
       .letter = "-n",
       .kind = OPTION_INTEGER,
       .to = &of.most,
       .high = UINT32_MAX,
       .help = "so many examples at most (10)"},
      {.name = "--prompt",
       .kind = OPTION_FLAG,
       .to = &of.with_prompt,
       .help = "the whole prompt in place of the question, as it was scored; with --json byte for "
               "byte"},
      {.name = "--json",
       .kind = OPTION_FLAG,
       .to = &of.as_json,
       .help = "one JSON object per line and example, with all texts and numbers"},
  };
  parsed p =
      options_parse(command, argc, argv, options, sizeof options / sizeof *options, 1, MOST_FILES);
  int exit_code = p.go_on ? show(command, &p, &of) : p.exit_code;
  text_list_free(&of.models);
  text_list_free(&of.tasks);
  text_list_free(&of.shots);
  text_list_free(&of.differ);
  return exit_code;
}

const bs_command show_command = {
    "show",
    "RESULTS.h5 ... [--task T] [--model M] [--shots K] [--wrong | --right | --differ A,B] [-n N] "
    "[--json] [--prompt]",
    "examples: the question, its answers (* the right one), and what each model said (< its "
    "choice)",
    run};
