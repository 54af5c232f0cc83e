/* Statistics of a results file or a table, printed and kept. */
#include <stdio.h>

#include "bigsweep/analysis.h"
#include "bigsweep/sweep.h"
#include "program/options.h"
#include "sweep/lock_internal.h"

static void print_note(void *user, const char *message) { print_error(user, message); }

static bs_status print_notes(const bs_command *command, const bs_tables *results, bs_error *err) {
  bs_status status = bs_analysis_tell_reach(results, print_note, (void *)(size_t)command, err);
  return status == BS_OK
             ? bs_analysis_tell_white_space(results, print_note, (void *)(size_t)command, err)
             : status;
}

typedef struct analyzing {
  const bs_command *command;
  const char *path;
  bool is_running; /* a run is at work on the file, which will write the statistics into it */
  bs_analysis *analysis;
  bs_error not_written;
} analyzing;

/* Computes the statistics of a results file (and of parts that are not yet in it) and writes them
   into the file, unless a run will. That they cannot be written is in a->not_written: they can be
   read all the same. */
static bs_status analyze(void *user, bs_error *err) {
  analyzing *a = user;
  bs_store_content content = {0};
  bs_status status = bs_sweep_collect(&content, a->path, err);
  if (status == BS_OK)
    status = bs_analysis_from_tables(&a->analysis, content.results, err);
  if (status == BS_OK && !a->is_running &&
      bs_store_write(a->path, content.results, a->analysis, content.runs, content.n_runs,
                     &content.provenance, &a->not_written) != BS_OK)
    bs_error_prefix(&a->not_written, "the statistics are printed but not written into the file");
  if (status == BS_OK)
    status = print_notes(a->command, content.results, err);
  bs_store_content_free(&content);
  return status;
}

static bs_status analyze_results(const bs_command *command, const char *path,
                                 bs_analysis **analysis, bs_error *not_written, bs_error *err) {
  analyzing a = {.command = command, .path = path};
  bs_lock *lock = NULL;
  char holder[512] = "";
  bs_limits limits = bs_limits_get(0);
  a.is_running = bs_lock_holder(path, holder, sizeof holder) ||
                 bs_lock_take(&lock, path, &limits, NULL, NULL, NULL) == BS_ERR_USAGE;
  if (a.is_running)
    print_error(command, "a run is at work on it: these are its results so far");
  bs_status status = bs_lock_while(lock, analyze, &a, err);
  *not_written = a.not_written;
  bs_lock_free(&lock);
  *analysis = a.analysis;
  return status;
}

static int run(const bs_command *command, int argc, char **argv) {
  const char *scores = NULL;
  bool as_csv = false, as_table = false;
  const option options[] = {
      {.name = "--scores",
       .kind = OPTION_TEXT,
       .to = &scores,
       .help = "a table family,model,scale,task,metric,shots,value[,stderr,n,seed] instead of a "
               "results file; - is the standard input"},
      {.name = "--csv",
       .kind = OPTION_FLAG,
       .to = &as_csv,
       .help = "print linearity as CSV (the default with --scores)"},
      {.name = "--table",
       .kind = OPTION_FLAG,
       .to = &as_table,
       .help = "print a table for people (the default with a results file)"},
  };
  parsed p = options_parse(command, argc, argv, options, sizeof options / sizeof *options, 0, 1);
  if (!p.go_on)
    return p.exit_code;
  bs_error err = {0}, not_written = {0};
  bs_analysis *analysis = NULL;
  if ((scores != NULL) == (p.n_arguments == 1))
    bs_error_set(&err, BS_ERR_USAGE, "give either RESULTS.h5 or --scores SCORES.csv");
  else if (expect_file(scores != NULL ? scores : p.arguments[0], &err) == BS_OK && scores != NULL)
    bs_analysis_from_csv(&analysis, scores, &err);
  else if (err.status == BS_OK)
    analyze_results(command, p.arguments[0], &analysis, &not_written, &err);
  if (err.status == BS_OK) {
    if (as_csv || (scores != NULL && !as_table))
      bs_analysis_print_csv(analysis, stdout, &err);
    else
      bs_analysis_print(analysis, stdout, &err);
  }
  if (err.status == BS_OK)
    bs_analysis_tell_shared_scales(analysis, print_note, (void *)(size_t)command, &err);
  bs_analysis_free(&analysis);
  if (err.status == BS_OK)
    err = not_written;
  return err.status == BS_OK ? EXIT_DONE : fail(command, &err);
}

const bs_command analyze_command = {
    "analyze", "RESULTS.h5 | --scores SCORES.csv [--csv | --table]",
    "(re)compute scores, linearity and breakthroughness and print them", run};
