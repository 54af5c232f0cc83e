/* Statistics of a results file or a table, printed and kept. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "bigsweep/analysis.h"
#include "bigsweep/report.h"
#include "bigsweep/sweep.h"
#include "program/choose.h"
#include "program/options.h"
#include "program/screen.h"
#include "program/terminal.h"

static void print_note(void *user, const char *message) { print_error(user, message); }

static bs_status print_notes(const bs_command *command, const bs_tables *results, bs_error *err) {
  bs_status status = bs_analysis_tell_reach(results, print_note, (void *)(size_t)command, err);
  return status == BS_OK
             ? bs_analysis_tell_white_space(results, print_note, (void *)(size_t)command, err)
             : status;
}

/* Of one file the statistics are kept in it. Of several they are of all together and kept nowhere,
   nor are those over another axis. */
static bs_status analyze_results(const bs_command *command, const char *const *paths, size_t n,
                                 bs_axis axis, bs_sweep_results *results, bs_error *not_written,
                                 bs_error *err) {
  bool is_running = false;
  screen s = {.command = command, .progress = progress_new()};
  bs_status status =
      n == 1 && axis == BS_AXIS_GIVEN
          ? bs_sweep_analyze(results, paths[0], screen_progress, &s, &is_running, not_written, err)
          : bs_sweep_analyze_all(results, paths, n, axis, screen_notice, screen_progress, &s, err);
  progress_clear(&s.progress);
  if (is_running)
    print_error(command, "a run is at work on it: these are its results so far");
  return status == BS_OK ? print_notes(command, results->tables, err) : status;
}

/* What the options ask to be printed, and how. */
typedef struct request {
  const char *scores, *csv, *sort, *axis;
  bool as_table, as_json, as_markdown, all;
  text_list tasks, metrics, shots, models;
} request;

/* The tables that --csv prints. */
static const char LINEARITY[] = "linearity", SCORES[] = "scores", FORECASTS[] = "forecasts";
static const char *const CSV_TABLES[] = {LINEARITY, SCORES, FORECASTS, NULL};

static bs_status print_summary(const request *of, const bs_sweep_results *results, bs_error *err) {
  uint32_t *shots = calloc(of->shots.n + 1, sizeof *shots);
  if (shots == NULL)
    return bs_error_set(err, BS_ERR_MEMORY, "cannot keep %zu numbers of shots", of->shots.n);
  bs_report_options options = {.width = terminal_width(STDOUT_FILENO),
                               .tasks = of->tasks.texts,
                               .n_tasks = of->tasks.n,
                               .metrics = of->metrics.texts,
                               .n_metrics = of->metrics.n,
                               .shots = shots,
                               .n_shots = of->shots.n,
                               .models = of->models.texts,
                               .n_models = of->models.n,
                               .sort = of->sort,
                               .as_markdown = of->as_markdown};
  bs_status status = read_shots(&of->shots, shots, err);
  if (status == BS_OK && of->as_json)
    status = bs_report_json(results->analysis, &options, stdout, err);
  else if (status == BS_OK)
    status = bs_report_summary(results->analysis, results->tables, &options, stdout, err);
  free(shots);
  return status;
}

static bool is_table(const request *of) { return of->as_table || of->as_json || of->as_markdown; }

static bool prints_csv(const request *of) {
  return of->csv != NULL || (of->scores != NULL && !is_table(of) && !of->all);
}

/* One way to print; lines are chosen of the table, CSV and --all are everything. */
static bs_status check_choice(const request *of, bs_error *err) {
  int n_ways = (of->csv != NULL) + of->as_table + of->as_json + of->as_markdown + of->all;
  bool chooses = of->tasks.n > 0 || of->metrics.n > 0 || of->shots.n > 0 || of->models.n > 0 ||
                 of->sort != NULL;
  if (n_ways > 1)
    return bs_error_set(err, BS_ERR_USAGE,
                        "give one of --csv, --table, --json, --markdown and --all");
  if (chooses && (prints_csv(of) || of->all))
    return bs_error_set(err, BS_ERR_USAGE,
                        "--tasks, --metrics, --shots, --models and --sort choose lines of --table, "
                        "--json and --markdown; %s prints all",
                        prints_csv(of) ? "--csv (the default with --scores)" : "--all");
  if (of->sort != NULL && of->as_json)
    return bs_error_set(err, BS_ERR_USAGE, "--sort is of --table and --markdown");
  return BS_OK;
}

static bs_status print_csv(const request *of, const bs_sweep_results *results, bs_error *err) {
  if (of->csv == SCORES)
    return bs_report_scores_csv(results->analysis, results->tables, stdout, err);
  if (of->csv != FORECASTS)
    return bs_report_linearity_csv(results->analysis, stdout, err);
  bs_status status = BS_OK;
  if (of->scores != NULL) /* of results the analysis has them */
    status =
        bs_analysis_forecast(results->analysis, NULL, &(bs_forecast_request){.n_held = 0}, err);
  return status == BS_OK ? bs_report_forecasts_csv(results->analysis, stdout, err) : status;
}

static bs_status print_request(const request *of, const bs_sweep_results *results, bs_error *err) {
  if (prints_csv(of))
    return print_csv(of, results, err);
  return of->all ? bs_report_tables(results->analysis, stdout, err)
                 : print_summary(of, results, err);
}

static int analyze(const bs_command *command, const parsed *p, const request *of) {
  bs_error err = {0}, not_written = {0};
  bs_sweep_results results = {0};
  bs_axis axis = BS_AXIS_GIVEN;
  const char *const *paths = (const char *const *)p->arguments;
  if ((of->scores != NULL) == (p->n_arguments > 0))
    bs_error_set(&err, BS_ERR_USAGE, "give either RESULTS.h5 or --scores SCORES.csv");
  else if (check_choice(of, &err) == BS_OK && of->scores != NULL)
    expect_file(of->scores, &err);
  for (size_t i = 0; err.status == BS_OK && i < p->n_arguments; i++)
    expect_file(paths[i], &err);
  if (err.status == BS_OK)
    read_axis(of->axis, of->scores, &axis, &err);
  if (err.status == BS_OK && of->scores != NULL)
    bs_analysis_from_csv(&results.analysis, of->scores, &err);
  else if (err.status == BS_OK)
    analyze_results(command, paths, p->n_arguments, axis, &results, &not_written, &err);
  if (err.status == BS_OK)
    print_request(of, &results, &err);
  if (err.status == BS_OK)
    bs_analysis_tell_shared_scales(results.analysis, print_note, (void *)(size_t)command, &err);
  bs_sweep_results_free(&results);
  if (err.status == BS_OK)
    err = not_written;
  return err.status == BS_OK ? EXIT_DONE : fail(command, &err);
}

static int run(const bs_command *command, int argc, char **argv) {
  request of = {0};
  const option options[] = {
      {.name = "--scores",
       .kind = OPTION_TEXT,
       .to = &of.scores,
       .help = "a table family,model,scale,task,metric,shots,value[,stderr,n,seed] instead of a "
               "results file; - is the standard input"},
      {.name = "--csv",
       .kind = OPTION_WORD,
       .to = &of.csv,
       .words = CSV_TABLES,
       .help = "print CSV: linearity (the default with --scores), scores (a table that --scores "
               "reads) or forecasts"},
      {.name = "--table",
       .kind = OPTION_FLAG,
       .to = &of.as_table,
       .help = "print one line for each task (the default with a results file)"},
      {.name = "--json",
       .kind = OPTION_FLAG,
       .to = &of.as_json,
       .help = "print the curves with their points and statistics as JSON"},
      {.name = "--markdown",
       .kind = OPTION_FLAG,
       .to = &of.as_markdown,
       .help = "print the lines of --table as a table in Markdown"},
      {.name = "--all",
       .kind = OPTION_FLAG,
       .to = &of.all,
       .help = "print every metric and the scores of every model, in lines as wide as they get"},
      {.name = "--tasks",
       .kind = OPTION_LIST,
       .to = &of.tasks,
       .help = "of --table, --json and --markdown: these tasks"},
      {.name = "--metrics",
       .kind = OPTION_LIST,
       .to = &of.metrics,
       .help = "of these: these metrics instead of each task's preferred one"},
      {.name = "--shots",
       .kind = OPTION_LIST,
       .to = &of.shots,
       .help = "of these: these numbers of shots"},
      {.name = "--models",
       .kind = OPTION_LIST,
       .to = &of.models,
       .help = "of these: curves of these models alone; shape, L and B stay those of all"},
      {.name = "--axis", .kind = OPTION_TEXT, .to = &of.axis, .help = AXIS_HELP},
      {.name = "--sort",
       .kind = OPTION_TEXT,
       .to = &of.sort,
       .help = "of --table and --markdown, within a metric: by task, first, last (score), "
               "improvement, shape, linearity or breakthroughness, largest first"},
  };
  parsed p =
      options_parse(command, argc, argv, options, sizeof options / sizeof *options, 0, MOST_FILES);
  int exit_code = p.go_on ? analyze(command, &p, &of) : p.exit_code;
  text_list_free(&of.tasks);
  text_list_free(&of.metrics);
  text_list_free(&of.shots);
  text_list_free(&of.models);
  return exit_code;
}

const bs_command analyze_command = {
    "analyze",
    "RESULTS.h5 ... | --scores SCORES.csv [--axis NAME] [--csv[=scores|forecasts] | --table | "
    "--json | "
    "--markdown | "
    "--all]",
    "(re)compute scores, linearity and breakthroughness and print them; of several files together",
    run};
