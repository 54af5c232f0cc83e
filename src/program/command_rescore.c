#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory_internal.h"
#include "bigsweep/analysis.h"
#include "bigsweep/sweep.h"
#include "program/options.h"
#include "sweep/lock_internal.h"

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

static void print_notice(void *user, const char *message) { print_error(user, message); }

/* What is asked for, and what comes of it. */
typedef struct rescoring {
  const char *path, *const *added;
  size_t n_added;
  void *command;
  bs_store_content content;
  bs_tables *results;
  bs_analysis *analysis;
} rescoring;

/* Reads the file (and parts that are not yet in it), scores it again and replaces it. */
static bs_status score_again(void *user, bs_error *err) {
  rescoring *r = user;
  bs_status status = bs_sweep_collect(&r->content, r->path, err);
  if (status == BS_OK)
    status = bs_analysis_rescore(&r->results, r->content.results, r->added, r->n_added,
                                 print_notice, r->command, err);
  if (status == BS_OK)
    status = bs_analysis_from_tables(&r->analysis, r->results, err);
  if (status == BS_OK)
    status = bs_store_write(r->path, r->results, r->analysis, r->content.runs, r->content.n_runs,
                            &r->content.provenance, err);
  return status;
}

/* Refused while a run is at work on the file. */
static bs_status rescore(rescoring *r, bs_error *err) {
  bs_lock *lock = NULL;
  bs_limits limits = bs_limits_get(0);
  bs_status status = bs_lock_take(&lock, r->path, &limits, NULL, NULL, err);
  if (status == BS_OK)
    status = bs_lock_while(lock, score_again, r, err);
  if (status == BS_OK)
    printf("%s: %zu score%s of %zu example%s\n", r->path, bs_analysis_n_scores(r->analysis),
           bs_plural(bs_analysis_n_scores(r->analysis)), r->results->n_examples,
           bs_plural(r->results->n_examples));
  bs_analysis_free(&r->analysis);
  bs_tables_free(&r->results);
  bs_store_content_free(&r->content);
  bs_lock_free(&lock);
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
    status = rescore(&(rescoring){.path = p.arguments[0],
                                  .added = names,
                                  .n_added = n,
                                  .command = (void *)(size_t)command},
                     &err);
  free(copy);
  return status == BS_OK ? EXIT_DONE : fail(command, &err);
}

const bs_command rescore_command = {
    "rescore", "RESULTS.h5 [--metrics NAME,...]",
    "compute all metrics again from the stored records, and more of them; no model needed", run};
