/* The scores of a results file again, without a model. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bigsweep/analysis.h"
#include "bigsweep/helpers.h"
#include "bigsweep/sweep.h"
#include "program/options.h"
#include "program/progress.h"

enum { MOST_ADDED = 64 };

/* "a,b" as two names in `copy`. */
static bs_status split_names(const char *list, char **copy, const char **names, size_t *n,
                             bs_error *err) {
  *n = 0;
  *copy = bs_string_copy(list, err);
  if (*copy == NULL)
    return BS_ERR_MEMORY;
  char *rest = NULL;
  for (char *name = strtok_r(*copy, ",", &rest); name != NULL; name = strtok_r(NULL, ",", &rest)) {
    if (*n == MOST_ADDED)
      return bs_error_set(err, BS_ERR_USAGE, "more than %d metrics are named", MOST_ADDED);
    names[(*n)++] = name;
  }
  return *n > 0 ? BS_OK : bs_error_set(err, BS_ERR_USAGE, "--metrics names none");
}

typedef struct screen {
  const bs_command *command;
  progress_printer progress;
} screen;

static void print_notice(void *user, const char *message) {
  screen *s = user;
  progress_clear(&s->progress);
  print_error(s->command, message);
}

static void print_progress(void *user, size_t n_done, size_t n_curves) {
  screen *s = user;
  progress_print_analysis(&s->progress, n_done, n_curves);
}

static bs_status rescore(const bs_command *command, const char *path, const char *const *added,
                         size_t n_added, bs_error *err) {
  bs_sweep_results results;
  screen s = {.command = command, .progress = progress_new()};
  bs_status status =
      bs_sweep_rescore(&results, path, added, n_added, print_notice, print_progress, &s, err);
  progress_clear(&s.progress);
  if (status == BS_OK) {
    size_t n_scores = bs_analysis_tables(results.analysis)->n_scores;
    size_t n_examples = results.tables->n_examples;
    printf("%s: %zu score%s of %zu example%s\n", path, n_scores, bs_plural(n_scores), n_examples,
           bs_plural(n_examples));
  }
  bs_sweep_results_free(&results);
  return status;
}

static int run(const bs_command *command, int argc, char **argv) {
  const char *list = NULL;
  const option options[] = {
      {.name = "--metrics",
       .kind = OPTION_TEXT,
       .to = &list,
       .help = "add these (separated by commas) to every task that they apply to"},
  };
  parsed p = options_parse(command, argc, argv, options, sizeof options / sizeof *options, 1, 1);
  if (!p.go_on)
    return p.exit_code;
  bs_error err = {0};
  char *copy = NULL;
  const char *names[MOST_ADDED];
  size_t n = 0;
  bs_status status = BS_OK;
  if (status == BS_OK)
    status = expect_file(p.arguments[0], &err);
  if (status == BS_OK && list != NULL)
    status = split_names(list, &copy, names, &n, &err);
  if (status == BS_OK)
    status = rescore(command, p.arguments[0], names, n, &err);
  free(copy);
  return status == BS_OK ? EXIT_DONE : fail(command, &err);
}

const bs_command rescore_command = {
    "rescore", "RESULTS.h5 [--metrics NAME,...]",
    "compute all metrics again from the stored records, and more of them; no model needed", run};
