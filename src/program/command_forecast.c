/* Scores at larger sizes from those at smaller ones, and back-tests of that. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bigsweep/analysis.h"
#include "bigsweep/report.h"
#include "bigsweep/sweep.h"
#include "program/choose.h"
#include "program/options.h"
#include "program/screen.h"
#include "program/terminal.h"

/* What the options ask for. */
typedef struct request {
  const char *scores, *trajectories, *axis;
  int64_t n_held;
  text_list at;
  bool as_csv;
} request;

/* "1.3e9", or "1.3B". */
static bs_status read_size(const char *text, double *size, bs_error *err) {
  static const struct {
    const char *letter;
    double factor;
  } UNITS[] = {{"", 1}, {"K", 1e3}, {"M", 1e6}, {"B", 1e9}, {"T", 1e12}};
  char *end;
  *size = strtod(text, &end);
  bool is_number = strspn(text, "0123456789.") > 0 && strpbrk(text, "xX") == NULL;
  is_number = is_number && isfinite(*size) && *size > 0;
  for (size_t i = 0; is_number && i < sizeof UNITS / sizeof *UNITS; i++)
    if (strcmp(end, UNITS[i].letter) == 0) {
      *size *= UNITS[i].factor;
      return BS_OK;
    }
  return bs_error_set(err, BS_ERR_USAGE,
                      "option --at: expected sizes above 0, as 2.8e9 or 2.8B, found \"%.64s\"",
                      text);
}

static bs_status analyze(const bs_command *command, bs_sweep_results *results, const parsed *p,
                         const request *of, bs_error *err) {
  screen s = {.command = command, .progress = progress_new()};
  bs_axis axis;
  bs_status status = read_axis(of->axis, of->scores, &axis, err);
  if (status == BS_OK)
    status = bs_sweep_analyze_all(results, (const char *const *)p->arguments, p->n_arguments, axis,
                                  screen_notice, screen_progress, &s, err);
  progress_clear(&s.progress);
  return status;
}

/* sizes[of->at.n]. */
static bs_status read_sizes(const request *of, double **sizes, bs_error *err) {
  *sizes = calloc(of->at.n + 1, sizeof **sizes);
  if (*sizes == NULL)
    return bs_error_set(err, BS_ERR_MEMORY, "cannot keep %zu sizes", of->at.n);
  bs_status status = BS_OK;
  for (size_t i = 0; i < of->at.n && status == BS_OK; i++)
    status = read_size(of->at.texts[i], &(*sizes)[i], err);
  return status;
}

static bs_status check(const parsed *p, const request *of, bs_error *err) {
  if ((of->scores != NULL) == (p->n_arguments > 0))
    return bs_error_set(err, BS_ERR_USAGE, "give either RESULTS.h5 or --scores SCORES.csv");
  if (of->n_held > 0 && of->at.n > 0)
    return bs_error_set(err, BS_ERR_USAGE,
                        "give either --hold or --at: what is held out is forecast at its own size");
  bs_axis axis;
  bs_status status = read_axis(of->axis, of->scores, &axis, err);
  if (status == BS_OK && of->scores != NULL)
    status = expect_file(of->scores, err);
  for (size_t i = 0; status == BS_OK && i < p->n_arguments; i++)
    status = expect_file(p->arguments[i], err);
  return status == BS_OK && of->trajectories != NULL ? expect_file(of->trajectories, err) : status;
}

static bs_status forecast(const bs_command *command, bs_sweep_results *results, const parsed *p,
                          const request *of, const double *sizes, bs_error *err) {
  bs_analysis *trajectories = NULL;
  bs_status status = BS_OK;
  if (of->trajectories != NULL)
    status = bs_analysis_scores_from_csv(&trajectories, of->trajectories, err);
  if (status == BS_OK && of->scores != NULL)
    status = bs_analysis_scores_from_csv(&results->analysis, of->scores, err);
  else if (status == BS_OK)
    status = analyze(command, results, p, of, err);
  bs_forecast_request asked = {
      .n_held = (size_t)of->n_held, .at = sizes, .n_at = of->at.n, .trajectories = trajectories};
  bool is_done = of->scores == NULL && asked.n_held == 0 && asked.n_at == 0 &&
                 trajectories == NULL; /* by the analysis */
  if (status == BS_OK && !is_done)
    status = bs_analysis_forecast(results->analysis, results->tables, &asked, err);
  bs_analysis_free(&trajectories);
  return status;
}

static int work(const bs_command *command, const parsed *p, const request *of) {
  bs_error err = {0};
  bs_sweep_results results = {0};
  double *sizes = NULL;
  bs_status status = check(p, of, &err);
  if (status == BS_OK)
    status = read_sizes(of, &sizes, &err);
  if (status == BS_OK)
    status = forecast(command, &results, p, of, sizes, &err);
  if (status == BS_OK)
    status = of->as_csv ? bs_report_forecasts_csv(results.analysis, stdout, &err)
                        : bs_report_forecasts(results.analysis, terminal_width(STDOUT_FILENO),
                                              stdout, &err);
  free(sizes);
  bs_sweep_results_free(&results);
  return status == BS_OK ? EXIT_DONE : fail(command, &err);
}

static int run(const bs_command *command, int argc, char **argv) {
  enum { MOST_HELD = 1000 };
  request of = {0};
  const option options[] = {
      {.name = "--scores",
       .kind = OPTION_TEXT,
       .to = &of.scores,
       .help =
           "a table family,model,scale,task,metric,shots,value[,stderr,n,tokens,compute,chance] "
           "instead of a results file; - is the standard input"},
      {.name = "--trajectories",
       .kind = OPTION_TEXT,
       .to = &of.trajectories,
       .help = "losses and scores on the way of the trainings, for forecasts beyond ten times the "
               "largest size: a table as of --scores, with a model's name as family and its "
               "checkpoints as models"},
      {.name = "--hold",
       .kind = OPTION_INTEGER,
       .to = &of.n_held,
       .low = 1,
       .high = MOST_HELD,
       .help = "back-test: forecast the N largest sizes of each curve from the others, and print "
               "how far off that is"},
      {.name = "--at",
       .kind = OPTION_LIST,
       .to = &of.at,
       .help = "forecast at these sizes (or compute, where the table has it), as 2.8e9 or 2.8B; "
               "by default one step beyond the largest"},
      {.name = "--axis", .kind = OPTION_TEXT, .to = &of.axis, .help = AXIS_HELP},
      {.name = "--csv", .kind = OPTION_FLAG, .to = &of.as_csv, .help = "print CSV"},
  };
  parsed p =
      options_parse(command, argc, argv, options, sizeof options / sizeof *options, 0, MOST_FILES);
  int exit_code = p.go_on ? work(command, &p, &of) : p.exit_code;
  text_list_free(&of.at);
  return exit_code;
}

const bs_command forecast_command = {
    "forecast",
    "RESULTS.h5 ... | --scores SCORES.csv [--axis NAME] [--trajectories STEPS.csv] "
    "[--hold N | --at SIZE,...] [--csv]",
    "forecast scores at larger sizes, with 80 % intervals, or test how good such forecasts are",
    run};
