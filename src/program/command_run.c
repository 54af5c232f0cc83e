/* bigsweep run: a sweep, or the continuation of one. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bigsweep/analysis.h"
#include "bigsweep/report.h"
#include "program/expectation.h"
#include "program/options.h"
#include "program/progress.h"
#include "program/terminal.h"

typedef struct screen {
  const bs_command *command;
  progress_printer progress;
} screen;

static void print_notice(void *user, bool is_error, const char *message) {
  screen *s = user;
  (void)is_error;
  progress_clear(&s->progress);
  print_error(s->command, message);
}

static void print_progress(void *user, const bs_progress *progress) {
  screen *s = user;
  progress_print(&s->progress, progress);
}

static void print_analysis(void *user, size_t n_done, size_t n_curves) {
  screen *s = user;
  progress_print_analysis(&s->progress, n_done, n_curves);
}

static void print_expected(const bs_sweep_start *start) {
  char left[32];
  if (start->examples_reused == start->examples_total) {
    fprintf(stderr, "; nothing is left to do\n");
  } else if (start->expected_seconds > 0) {
    progress_format_duration(left, sizeof left, start->expected_seconds);
    fprintf(stderr, "; about %s by the speeds so far\n", left);
  } else {
    fprintf(stderr, "; the time is not known before the first speeds (`bigsweep plan` measures)\n");
  }
}

/* The first lines of a run, once everybody is there. */
static void print_start(void *user, const bs_sweep_start *start) {
  screen *s = user;
  const char *name = s->command->name;
  char threads[48];
  progress_clear(&s->progress);
  if (start->least_threads == start->most_threads)
    snprintf(threads, sizeof threads, "%u thread%s each", start->most_threads,
             bs_plural(start->most_threads));
  else
    snprintf(threads, sizeof threads, "%u to %u threads each", start->least_threads,
             start->most_threads);
  fprintf(stderr, "bigsweep %s: %d rank%s on %zu node%s, of which %zu compute%s with %s", name,
          start->n_ranks, bs_plural((uint64_t)start->n_ranks), start->n_nodes,
          bs_plural(start->n_nodes), start->n_workers, start->n_workers == 1 ? "s" : "", threads);
  if (start->isa[0] != '\0')
    fprintf(stderr, ", instruction set %s", start->isa);
  fprintf(stderr, ", precision %s\n", start->precision);
  fprintf(stderr, "bigsweep %s: %zu model%s, %zu task%s, %llu example%s, %llu of them done before",
          name, start->n_models, bs_plural(start->n_models), start->n_tasks,
          bs_plural(start->n_tasks), (unsigned long long)start->examples_total,
          bs_plural(start->examples_total), (unsigned long long)start->examples_reused);
  print_expected(start);
}

static bool same_failure(const bs_run_row *a, const bs_run_row *b) {
  return a->model == b->model && strcmp(a->failure, b->failure) == 0;
}

/* Pieces of work of one model that failed for one reason are one line. */
static void print_failure(const bs_command *command, const bs_tables *tables,
                          const bs_run_row *row) {
  const char *model = tables->models[row->model].name;
  uint64_t n_examples = 0;
  size_t n_pieces = 0;
  for (size_t i = 0; i < tables->n_runs; i++)
    if (same_failure(&tables->runs[i], row)) {
      n_examples += tables->runs[i].n_examples;
      n_pieces++;
    }
  if (n_pieces == 1)
    fprintf(stderr, "bigsweep %s: %s, %s, %u shot%s, %u example%s from %u on failed: %s\n",
            command->name, model, tables->tasks[row->task].name, row->shots, bs_plural(row->shots),
            row->n_examples, bs_plural(row->n_examples), row->first_example, row->failure);
  else
    fprintf(stderr, "bigsweep %s: %s: %llu examples in %zu pieces of work failed: %s\n",
            command->name, model, (unsigned long long)n_examples, n_pieces, row->failure);
}

static bool is_first_of_its_kind(const bs_tables *tables, size_t at) {
  for (size_t i = 0; i < at; i++)
    if (same_failure(&tables->runs[i], &tables->runs[at]))
      return false;
  return true;
}

static void print_failures(const bs_command *command, const bs_tables *tables) {
  enum { MOST = 10, MOST_COMPARED = 20000 };
  size_t n = 0;
  for (size_t i = 0; i < tables->n_runs && i < MOST_COMPARED; i++) {
    const bs_run_row *row = &tables->runs[i];
    if (row->failure[0] == '\0' || !is_first_of_its_kind(tables, i))
      continue;
    if (n++ < MOST)
      print_failure(command, tables, row);
  }
  if (n > MOST)
    fprintf(stderr, "bigsweep %s: and %zu more (see /run in the results)\n", command->name,
            n - MOST);
}

static void print_note(void *user, const char *message) { print_error(user, message); }

/* Of how many prompts something was lost, by model: the table has it by task and shots. */
static bs_status print_prompts(const bs_command *command, const bs_analysis *analysis,
                               bs_error *err) {
  const bs_prompt_row *rows = bs_analysis_tables(analysis)->prompts;
  size_t n = bs_analysis_tables(analysis)->n_prompts;
  bs_status status = BS_OK;
  for (size_t i = 0, end; status == BS_OK && i < n; i = end) {
    bs_prompt_counts sum = {0};
    bs_text text = {0};
    for (end = i; end < n && rows[end].model == rows[i].model; end++)
      bs_prompt_counts_add(&sum, &rows[end].of);
    if (!bs_prompt_counts_any(&sum))
      continue;
    status = bs_text_printf(&text, err, "%s: ", bs_analysis_model(analysis, rows[i].model));
    if (status == BS_OK)
      status = bs_prompt_counts_tell(&sum, &text, err);
    if (status == BS_OK)
      print_error(command, text.data);
    bs_text_free(&text);
  }
  return status;
}

/* What the run came to. */
static bs_status print_results(const bs_command *command, const char *config_path,
                               const bs_sweep_summary *summary, bs_error *err) {
  const bs_tables *tables = summary->results.tables;
  const bs_analysis *analysis = summary->results.analysis;
  bs_report_options options = {.width = terminal_width(STDOUT_FILENO)};
  bs_status status = bs_report_summary(analysis, tables, &options, stdout, err);
  if (status == BS_OK)
    status = bs_analysis_tell_white_space(tables, print_note, (void *)(size_t)command, err);
  if (status == BS_OK)
    status = print_prompts(command, analysis, err);
  if (status == BS_OK) {
    print_failures(command, tables);
    print_expectation(command, config_path, summary, tables);
  }
  return status;
}

/* What there is to do with the results: for whoever has never seen them. */
static void print_what_next(const char *results) {
  static const struct {
    const char *command, *options, *purpose;
  } next[] = {
      {"analyze", "", "this table again; --all, --sort B, --csv scores, --json"},
      {"show", " -n 3", "questions, answers and what each model made of them"},
      {"report", " -o report.html", "a page with the curves, down to single examples"},
  };
  fprintf(stderr, "\nThe results are in %s. To look at them:\n", results);
  for (size_t i = 0; i < sizeof next / sizeof *next; i++)
    if (command_find(next[i].command) != NULL)
      fprintf(stderr, "  bigsweep %s %s%s\n      %s\n", next[i].command, results, next[i].options,
              next[i].purpose);
}

/* "2.1 M" */
static const char *in_millions(char *text, size_t n_bytes, uint64_t n) {
  if (n < 1000000)
    snprintf(text, n_bytes, "%llu", (unsigned long long)n);
  else
    snprintf(text, n_bytes, "%.1f M", (double)n / 1e6);
  return text;
}

static int finish(const bs_command *command, const char *config_path,
                  const bs_sweep_summary *summary) {
  const bs_progress *p = &summary->progress;
  bs_error err = {0};
  if (!summary->finished) {
    fprintf(stderr,
            "bigsweep %s: stopped early, %zu of %zu unit%s done; started again it continues\n",
            command->name, p->units_done, p->units_total, bs_plural(p->units_total));
    if (p->n_workers == 0)
      fprintf(stderr, "bigsweep %s: no worker was left\n", command->name);
    return EXIT_STOPPED;
  }
  if (print_results(command, config_path, summary, &err) != BS_OK)
    return fail(command, &err);
  char computed[32], asked[32];
  fprintf(
      stderr,
      "bigsweep %s: %llu example%s in %.1f s on %d rank%s (%.0f tokens/s), %llu found done, %s of "
      "%s tokens computed, the rest shared\n",
      command->name, (unsigned long long)p->examples_done, bs_plural(p->examples_done), p->seconds,
      summary->n_ranks, bs_plural((uint64_t)summary->n_ranks),
      p->seconds > 0 ? (double)p->tokens / p->seconds : 0.0,
      (unsigned long long)summary->examples_reused,
      in_millions(computed, sizeof computed, p->tokens),
      in_millions(asked, sizeof asked, p->tokens_asked));
  print_what_next(summary->output);
  if (summary->n_failed > 0 || summary->n_bad_inputs > 0) {
    fprintf(stderr,
            "bigsweep %s: incomplete: %zu example%s failed, %zu model%s or task%s left out (see "
            "above); mended, and started again with the same command, it does these alone\n",
            command->name, summary->n_failed, bs_plural(summary->n_failed), summary->n_bad_inputs,
            bs_plural(summary->n_bad_inputs), bs_plural(summary->n_bad_inputs));
    return EXIT_BAD_INPUT;
  }
  return EXIT_DONE;
}

static int run(const bs_command *command, int argc, char **argv) {
  screen s = {.command = command, .progress = progress_new()};
  int64_t grace = 20, lease = 0;
  bs_sweep_options sweep = {.notice = print_notice,
                            .start = print_start,
                            .progress = print_progress,
                            .analysis_progress = print_analysis,
                            .user = &s};
  const option options[] = {
      {.name = "--output",
       .letter = "-o",
       .kind = OPTION_TEXT,
       .to = &sweep.output,
       .help = "results file (default: the configuration's)"},
      {.name = "--grace",
       .kind = OPTION_INTEGER,
       .to = &grace,
       .low = 0,
       .high = 1 << 20,
       .help = "seconds for what is in flight after Ctrl-C, SIGTERM or SIGUSR1 (20)"},
      {.name = "--isa",
       .kind = OPTION_TEXT,
       .to = &sweep.isa,
       .help = "instruction set of all ranks (the configuration's; the best that all have)"},
      {.name = "--lease",
       .kind = OPTION_INTEGER,
       .to = &lease,
       .low = 5,
       .high = 1 << 20,
       .help = "seconds after which a silent rank is lost (30); the coordinator: four times that"},
  };
  parsed p = options_parse(command, argc, argv, options, sizeof options / sizeof *options, 1, 1);
  if (!p.go_on)
    return p.exit_code;
  bs_error err = {0};
  bs_sweep_summary summary;
  sweep.grace_seconds = grace > 0 ? (double)grace : -1;
  sweep.lease_seconds = (double)lease;
  /* For the engine processes started from here: threads that wait at a barrier spin some 50
     microseconds instead of milliseconds, which a shared core would lose to nobody's good. */
  setenv("GOMP_SPINCOUNT", "1000", 0);
  bs_status status = bs_sweep_run(p.arguments[0], &sweep, &summary, &err);
  progress_clear(&s.progress);
  int code = EXIT_DONE;
  if (status != BS_OK)
    code = fail(command, &err);
  else if (summary.is_coordinator)
    code = finish(command, p.arguments[0], &summary);
  bs_sweep_results_free(&summary.results);
  bs_error_clear(&err);
  if (summary.is_launched && summary.output[0] != '\0' &&
      bs_sweep_mark_done(summary.output, code, &err) != BS_OK)
    print_error(command, err.message);
  if (summary.must_leave) {
    fflush(NULL);
    _exit(code);
  }
  return code;
}

const bs_command run_command = {"run",
                                "CONFIG.json [-o RESULTS.h5] [--isa NAME] [--grace SECONDS] "
                                "[--lease SECONDS]",
                                "run a sweep: alone, or on all ranks under mpirun or srun", run};
