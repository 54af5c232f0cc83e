/* Results as one page for a browser. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "bigsweep/analysis.h"
#include "bigsweep/page.h"
#include "bigsweep/sweep.h"
#include "program/choose.h"
#include "program/options.h"
#include "program/screen.h"

typedef struct request {
  const char *scores, *output, *title, *axis;
  int64_t n_examples;
} request;

static bool is_same_file(const char *a, const char *b) {
  struct stat first, second;
  return stat(a, &first) == 0 && stat(b, &second) == 0 && first.st_dev == second.st_dev &&
         first.st_ino == second.st_ino;
}

static bs_status check(const parsed *p, const request *of, bs_error *err) {
  if ((of->scores != NULL) == (p->n_arguments > 0))
    return bs_error_set(err, BS_ERR_USAGE, "give either RESULTS.h5 or --scores SCORES.csv");
  if (of->output == NULL)
    return bs_error_set(err, BS_ERR_USAGE, "say where the page goes, with -o report.html");
  bs_axis axis;
  bs_status status = read_axis(of->axis, of->scores, &axis, err);
  if (status == BS_OK && of->scores != NULL)
    status = expect_file(of->scores, err);
  for (size_t i = 0; status == BS_OK && i < p->n_arguments; i++) {
    status = expect_file(p->arguments[i], err);
    if (status == BS_OK && is_same_file(p->arguments[i], of->output))
      status = bs_error_set(err, BS_ERR_USAGE,
                            "--output is one of the results files: give another name");
  }
  if (status == BS_OK && of->scores != NULL && is_same_file(of->scores, of->output))
    status = bs_error_set(err, BS_ERR_USAGE, "--output is the table of scores: give another name");
  return status;
}

static bs_status analyze(const bs_command *command, bs_sweep_results *to, const parsed *p,
                         const request *of, bs_error *err) {
  if (of->scores != NULL) {
    bs_status status = bs_analysis_from_csv(&to->analysis, of->scores, err);
    return status == BS_OK
               ? bs_analysis_forecast(to->analysis, NULL, &(bs_forecast_request){.n_held = 0}, err)
               : status;
  }
  screen s = {.command = command, .progress = progress_new()};
  bs_axis axis;
  bs_status status = read_axis(of->axis, of->scores, &axis, err);
  if (status == BS_OK)
    status = bs_sweep_analyze_all(to, (const char *const *)p->arguments, p->n_arguments, axis,
                                  screen_notice, screen_progress, &s, err);
  progress_clear(&s.progress);
  return status;
}

/* The last part of a path. */
static const char *name_of(const char *path) {
  const char *slash = strrchr(path, '/');
  return slash != NULL && slash[1] != '\0' ? slash + 1 : path;
}

/* "a.h5, b.h5 and 3 more" */
static bs_status name_files(bs_text *to, const parsed *p, const request *of, bs_error *err) {
  enum { MOST_NAMED = 4 };
  if (of->scores != NULL)
    return bs_text_append_string(to, name_of(of->scores), err);
  bs_status status = BS_OK;
  for (size_t i = 0; status == BS_OK && i < p->n_arguments && i < MOST_NAMED; i++)
    status = bs_text_printf(to, err, "%s%s", i > 0 ? ", " : "", name_of(p->arguments[i]));
  if (status == BS_OK && p->n_arguments > MOST_NAMED)
    status = bs_text_printf(to, err, " and %zu more", p->n_arguments - MOST_NAMED);
  return status;
}

static int work(const bs_command *command, const parsed *p, const request *of) {
  bs_error err = {0};
  bs_sweep_results results = {0};
  bs_text files = {0};
  bs_status status = check(p, of, &err);
  if (status == BS_OK)
    status = name_files(&files, p, of, &err);
  if (status == BS_OK)
    status = analyze(command, &results, p, of, &err);
  const bs_page_options options = {.title = of->title != NULL ? of->title : files.data,
                                   .subtitle = of->title != NULL ? files.data : NULL,
                                   .n_examples = (size_t)of->n_examples};
  if (status == BS_OK)
    status = bs_page_write(of->output, results.analysis, results.tables, &options, &err);
  bs_sweep_results_free(&results);
  bs_text_free(&files);
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
      {.name = "--axis", .kind = OPTION_TEXT, .to = &of.axis, .help = AXIS_HELP},
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
  parsed p =
      options_parse(command, argc, argv, options, sizeof options / sizeof *options, 0, MOST_FILES);
  return p.go_on ? work(command, &p, &of) : p.exit_code;
}

const bs_command report_command = {
    "report", "RESULTS.h5 ... | --scores SCORES.csv [--axis NAME] -o report.html",
    "results as one page for a browser: curves, maps, tables, "
    "examples",
    run};
