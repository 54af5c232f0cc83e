/* Statistics of a results file or a table, printed and kept. */
#include <stdio.h>

#include "bigsweep/analysis.h"
#include "bigsweep/report.h"
#include "bigsweep/sweep.h"
#include "program/options.h"
#include "program/progress.h"

static void print_note(void *user, const char *message) { print_error(user, message); }

static bs_status print_notes(const bs_command *command, const bs_tables *results, bs_error *err) {
  bs_status status = bs_analysis_tell_reach(results, print_note, (void *)(size_t)command, err);
  return status == BS_OK
             ? bs_analysis_tell_white_space(results, print_note, (void *)(size_t)command, err)
             : status;
}

static void print_progress(void *user, size_t n_done, size_t n_curves) {
  progress_print_analysis(user, n_done, n_curves);
}

static bs_status analyze_results(const bs_command *command, const char *path,
                                 bs_sweep_results *results, bs_error *not_written, bs_error *err) {
  bool is_running;
  progress_printer printer = progress_new();
  bs_status status =
      bs_sweep_analyze(results, path, print_progress, &printer, &is_running, not_written, err);
  progress_clear(&printer);
  if (is_running)
    print_error(command, "a run is at work on it: these are its results so far");
  return status == BS_OK ? print_notes(command, results->tables, err) : status;
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
  bs_sweep_results results = {0};
  if ((scores != NULL) == (p.n_arguments == 1))
    bs_error_set(&err, BS_ERR_USAGE, "give either RESULTS.h5 or --scores SCORES.csv");
  else if (expect_file(scores != NULL ? scores : p.arguments[0], &err) == BS_OK && scores != NULL)
    bs_analysis_from_csv(&results.analysis, scores, &err);
  else if (err.status == BS_OK)
    analyze_results(command, p.arguments[0], &results, &not_written, &err);
  if (err.status == BS_OK) {
    if (as_csv || (scores != NULL && !as_table))
      bs_report_linearity_csv(results.analysis, stdout, &err);
    else
      bs_report_tables(results.analysis, stdout, &err);
  }
  if (err.status == BS_OK)
    bs_analysis_tell_shared_scales(results.analysis, print_note, (void *)(size_t)command, &err);
  bs_sweep_results_free(&results);
  if (err.status == BS_OK)
    err = not_written;
  return err.status == BS_OK ? EXIT_DONE : fail(command, &err);
}

const bs_command analyze_command = {
    "analyze", "RESULTS.h5 | --scores SCORES.csv [--csv | --table]",
    "(re)compute scores, linearity and breakthroughness and print them", run};
