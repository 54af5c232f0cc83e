/* Results as one page for a browser. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bigsweep/analysis.h"
#include "bigsweep/page.h"
#include "bigsweep/sweep.h"
#include "program/options.h"
#include "program/progress.h"

typedef struct request {
  const char *scores, *output, *title;
  int64_t n_examples;
} request;

static void print_progress(void *user, size_t n_done, size_t n_curves) {
  progress_print_analysis(user, n_done, n_curves);
}

static bs_status check(const parsed *p, const request *of, bs_error *err) {
  if ((of->scores != NULL) == (p->n_arguments == 1))
    return bs_error_set(err, BS_ERR_USAGE, "give either RESULTS.h5 or --scores SCORES.csv");
  if (of->output == NULL)
    return bs_error_set(err, BS_ERR_USAGE, "say where the page goes, with -o report.html");
  const char *from = of->scores != NULL ? of->scores : p->arguments[0];
  if (strcmp(from, of->output) == 0)
    return bs_error_set(err, BS_ERR_USAGE, "--output is the input: give another name");
  return expect_file(from, err);
}

static bs_status analyze(bs_sweep_results *to, const parsed *p, const request *of, bs_error *err) {
  progress_printer printer = progress_new();
  bs_status status = BS_OK;
  if (of->scores != NULL) {
    status = bs_analysis_from_csv(&to->analysis, of->scores, err);
    return status == BS_OK
               ? bs_analysis_forecast(to->analysis, NULL, &(bs_forecast_request){.n_held = 0}, err)
               : status;
  }
  status = bs_sweep_collect(&to->tables, p->arguments[0], err);
  if (status == BS_OK)
    status =
        bs_analysis_from_tables_telling(&to->analysis, to->tables, print_progress, &printer, err);
  progress_clear(&printer);
  return status;
}

/* The last part of a path. */
static const char *name_of(const char *path) {
  const char *slash = strrchr(path, '/');
  return slash != NULL && slash[1] != '\0' ? slash + 1 : path;
}

static int work(const bs_command *command, const parsed *p, const request *of) {
  bs_error err = {0};
  bs_sweep_results results = {0};
  bs_status status = check(p, of, &err);
  if (status == BS_OK)
    status = analyze(&results, p, of, &err);
  const char *from = of->scores != NULL ? of->scores : status == BS_OK ? p->arguments[0] : "";
  const bs_page_options options = {.title = of->title != NULL ? of->title : name_of(from),
                                   .n_examples = (size_t)of->n_examples};
  if (status == BS_OK)
    status = bs_page_write(of->output, results.analysis, results.tables, &options, &err);
  bs_sweep_results_free(&results);
  return status == BS_OK ? EXIT_DONE : fail(command, &err);
}

static int run(const bs_command *command, int argc, char **argv) {
  enum { MOST_EXAMPLES = 10000 };
  request of = {.n_examples = BS_PAGE_EXAMPLES};
  const option options[] = {
      {.name = "--output",
       .letter = "-o",
       .kind = OPTION_TEXT,
       .to = &of.output,
       .help = "the page, one HTML file"},
      {.name = "--scores",
       .kind = OPTION_TEXT,
       .to = &of.scores,
       .help = "a table family,model,scale,task,metric,shots,value[,stderr,n,seed] instead of a "
               "results file; - is the standard input"},
      {.name = "--title", .kind = OPTION_TEXT, .to = &of.title, .help = "what stands on top"},
      {.name = "--examples",
       .kind = OPTION_INTEGER,
       .to = &of.n_examples,
       .low = 0,
       .high = MOST_EXAMPLES,
       .help = "examples shown of each task and number of shots, at most (10): those on which the "
               "models differ most. Of large results there are fewer, so that the page stays below "
               "10 MB"},
  };
  parsed p = options_parse(command, argc, argv, options, sizeof options / sizeof *options, 0, 1);
  return p.go_on ? work(command, &p, &of) : p.exit_code;
}

const bs_command report_command = {"report", "RESULTS.h5 | --scores SCORES.csv -o report.html",
                                   "results as one page for a browser: curves, maps, tables, "
                                   "examples",
                                   run};
