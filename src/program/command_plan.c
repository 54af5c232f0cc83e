/* bigsweep plan: what a run would do, and how long it would take. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bigsweep/analysis.h"
#include "bigsweep/helpers.h"
#include "bigsweep/sweep.h"
#include "bigsweep/task.h"
#include "program/first_tokens.h"
#include "program/options.h"

/* What the command line asks for. */
typedef struct plan_options {
  int64_t n_ranks, n_threads;
  const char *from, *simulate;
} plan_options;

/* Ranks that compute. */
static size_t n_workers_of(int64_t n_ranks) { return n_ranks > 1 ? (size_t)n_ranks - 1 : 1; }

static void print_notice(void *user, bool is_error, const char *message) {
  (void)is_error;
  print_error(user, message);
}

static double model_cost(const bs_plan *plan, size_t m, size_t *n_units,
                         unsigned long long *n_examples) {
  double cost = 0;
  *n_units = 0;
  *n_examples = 0;
  for (size_t i = 0; i < plan->n_units; i++)
    if (plan->units[i].model == m) {
      cost += plan->units[i].cost;
      *n_examples += plan->units[i].n;
      ++*n_units;
    }
  return cost;
}

static void print_models(const bs_plan *plan, const bs_plan_speed *speeds) {
  printf("%-24s %14s %8s %10s %12s %10s %10s %10s %8s %10s\n", "model", "parameters", "units",
         "examples", "Gflop", "files MiB", "engine MiB", "Gflop/s", "load s", "work s");
  for (size_t m = 0; m < plan->n_models; m++) {
    const bs_plan_model *model = &plan->models[m];
    size_t n_units;
    unsigned long long n_examples;
    double cost = model_cost(plan, m, &n_units, &n_examples);
    printf("%-24s %14llu %8zu %10llu %12.1f %10.1f %10.1f", model->row.name,
           (unsigned long long)model->row.parameters, n_units, n_examples, cost / 1e9,
           (double)model->weights_bytes / 1048576, (double)model->memory_bytes / 1048576);
    if (speeds[m].rate > 0)
      printf(" %9.2f%c %8.2f %10.1f\n", speeds[m].rate / 1e9, speeds[m].is_measured ? ' ' : '*',
             speeds[m].load_seconds, cost / speeds[m].rate);
    else
      printf(" %9s  %8s %10s\n", "-", "-", "-");
  }
}

static bs_status print_wrap(const char *name, const bs_wrap *wrap, bs_error *err) {
  bs_text text = {0};
  bs_status status = bs_wrap_print(wrap, &text, err);
  if (status == BS_OK)
    printf("%-24s %s\n", name, text.data);
  bs_text_free(&text);
  return status;
}

/* What stands around the prompts of models, and of tasks whose variant has a wrap. */
static bs_status print_wraps(const bs_plan *plan, bs_error *err) {
  bs_status status = BS_OK;
  bool is_begun = false;
  for (size_t i = 0; i < plan->n_models + plan->n_tasks && status == BS_OK; i++) {
    bool is_model = i < plan->n_models;
    const bs_task *task = is_model ? NULL : plan->tasks[i - plan->n_models];
    const bs_wrap *wrap = is_model ? plan->models[i].wrap : task->wrap;
    if (wrap == NULL)
      continue;
    if (!is_begun)
      printf("\n%-24s %s\n", "model or task", "wrap around its prompts");
    is_begun = true;
    status = print_wrap(is_model ? plan->models[i].row.name : task->name, wrap, err);
  }
  return status;
}

/* What becomes of the prompts under each model for which there is something to tell. */
static bs_status print_prompts(const bs_plan *plan, bs_error *err) {
  bs_prompt_counts *counts = calloc(plan->n_models, sizeof *counts);
  bs_status status = counts != NULL ? bs_plan_count_prompts(plan, counts, err)
                                    : bs_error_set(err, BS_ERR_MEMORY, "out of memory");
  bool any = false;
  for (size_t m = 0; status == BS_OK && m < plan->n_models; m++) {
    bs_text text = {0};
    if (!bs_prompt_counts_any(&counts[m]))
      continue;
    status = bs_prompt_counts_tell(&counts[m], &text, err);
    if (status == BS_OK)
      printf("%s%s: %s\n", any ? "" : "\nof the prompts looked at:\n", plan->models[m].row.name,
             text.data);
    bs_text_free(&text);
    any = true;
  }
  free(counts);
  return status;
}

static void print_tasks(const bs_plan *plan) {
  enum { LIST_BYTES = 64 };
  printf("\n%-40s %10s %10s %10s %8s %-12s %s\n", "task", "examples", "evaluated", "unmatched",
         "chance", "shots", "preferred metric");
  size_t most = plan->config->max_examples;
  for (size_t t = 0; t < plan->n_tasks; t++) {
    char shots[LIST_BYTES] = "";
    for (size_t i = 0; i < plan->specs[t]->n_shots && strlen(shots) + 8 < LIST_BYTES; i++)
      snprintf(shots + strlen(shots), LIST_BYTES - strlen(shots), "%s%u", i > 0 ? "," : "",
               plan->specs[t]->shots[i]);
    size_t n = plan->tasks[t]->n_examples;
    printf("%-40s %10zu %10zu %10zu %8.3f %-12s %s\n", plan->tasks[t]->name, n,
           most > 0 && most < n ? most : n, plan->n_unmatched[t], bs_task_chance(plan->tasks[t]),
           shots, plan->tasks[t]->preferred_metric);
  }
}

/* What the suites of the configuration came to; what they lack has been told already. */
static void print_suites(const bs_config *config) {
  if (config->n_suites > 0)
    printf("\n%-40s %10s %8s %s\n", "suite", "found", "missing", "folder");
  for (size_t i = 0; i < config->n_suites; i++) {
    const bs_suite_found *suite = &config->suites[i];
    printf("%-40s %10zu %8zu %s\n", suite->name, suite->n_found, suite->n_missing, suite->folder);
  }
}

/* Some model could be measured, and the others have its rate. */
static bool has_speeds(const bs_plan_speed *speeds) { return speeds[0].rate > 0; }

static void print_source(const bs_plan *plan, const bs_plan_speed *speeds,
                         const plan_options *options) {
  if (options->from != NULL)
    printf("\nGflop/s and load s of a worker: as in the run of %s (loading counted as work)\n",
           options->from);
  else
    printf("\nGflop/s and load s of a worker: measured on this machine, %lld thread%s\n",
           (long long)options->n_threads, options->n_threads == 1 ? "" : "s");
  bool all = true;
  for (size_t m = 0; m < plan->n_models; m++)
    all = all && speeds[m].is_measured;
  if (!all)
    printf("* not measured: taken over from the largest model that was\n");
}

/* How the earlier run compares: it may have had other units. */
static void print_earlier(const bs_plan *plan, const bs_tables *run, const bs_plan_speed *speeds) {
  double work = 0, expected = 0;
  for (size_t i = 0; i < run->n_runs; i++)
    work += run->runs[i].seconds;
  for (size_t i = 0; i < plan->n_units; i++)
    expected += plan->units[i].cost / speeds[plan->units[i].model].rate;
  printf("that run: %.1f s of work in its units; all units of this plan at its speeds: %.1f s\n",
         work, expected);
}

static bs_status print_expectation(const bs_plan *plan, int64_t n_ranks,
                                   const bs_plan_speed *speeds, bs_error *err) {
  bs_plan_expectation e;
  bs_status status = bs_plan_expect(plan, n_ranks > 1 ? (size_t)n_ranks - 1 : 1, speeds, &e, err);
  if (status == BS_OK)
    printf("%10lld %10zu %12.1f %11.1f %% %9.1f %% %10llu %12.1f\n", (long long)n_ranks,
           e.n_workers, e.seconds, 100 * e.efficiency, 100 * e.loading_share,
           (unsigned long long)e.n_loads, e.requests_per_second);
  return status;
}

/* One line for each number of a list separated by commas. */
static bs_status print_expectations(const bs_plan *plan, const plan_options *options,
                                    const bs_plan_speed *speeds, bs_error *err) {
  printf("\n%10s %10s %12s %13s %11s %10s %12s\n", "ranks", "workers", "expected s", "efficiency",
         "loading", "loads", "requests/s");
  if (options->simulate == NULL)
    return print_expectation(plan, options->n_ranks, speeds, err);
  bs_status status = BS_OK;
  for (const char *at = options->simulate; status == BS_OK && *at != '\0';) {
    char *end;
    long long n = strtoll(at, &end, 10);
    if (end == at || n < 1 || n > 1 << 20 || (*end != ',' && *end != '\0'))
      return bs_error_set(err, BS_ERR_USAGE,
                          "option --simulate: expected numbers of ranks separated by commas, "
                          "found \"%s\"",
                          options->simulate);
    status = print_expectation(plan, n, speeds, err);
    at = end + (*end == ',');
  }
  return status;
}

static bs_status print_plan(const bs_command *command, const bs_plan *plan,
                            const plan_options *options, size_t *n_faulty, bs_error *err) {
  bs_tables *run = NULL;
  bs_plan_speed *speeds = calloc(plan->n_models, sizeof *speeds);
  bs_status status = speeds == NULL ? bs_error_set(err, BS_ERR_MEMORY, "out of memory") : BS_OK;
  if (status == BS_OK && options->from != NULL) {
    status = expect_file(options->from, err);
    if (status == BS_OK)
      status = bs_sweep_collect(&run, options->from, err);
    if (status == BS_OK)
      status = bs_plan_speeds_of_run(plan, run, speeds, err);
  } else if (status == BS_OK) {
    status = bs_plan_measure(plan, (int)options->n_threads, speeds, print_notice,
                             (void *)(size_t)command, n_faulty, err);
  }
  if (status == BS_OK) {
    print_models(plan, speeds);
    print_tasks(plan);
    status = print_wraps(plan, err);
    if (status == BS_OK)
      status = print_first_tokens(plan, err);
  }
  if (status == BS_OK)
    status = print_prompts(plan, err);
  if (status == BS_OK) {
    print_suites(plan->config);
  }
  if (status == BS_OK && has_speeds(speeds)) {
    print_source(plan, speeds, options);
    if (options->from != NULL)
      print_earlier(plan, run, speeds);
    status = print_expectations(plan, options, speeds, err);
  }
  bs_tables_free(&run);
  free(speeds);
  return status;
}

/* Threads of a rank, were all ranks on this machine. */
static int64_t threads_of(const plan_options *options, const bs_config *config) {
  if (options->n_threads > 0)
    return options->n_threads;
  if (config->threads > 0)
    return config->threads;
  int64_t share = bs_threads_default() / (int64_t)n_workers_of(options->n_ranks);
  return share > 1 ? share : 1;
}

static int run(const bs_command *command, int argc, char **argv) {
  plan_options asked = {.n_ranks = 1};
  const option options[] = {
      {.name = "--ranks",
       .kind = OPTION_INTEGER,
       .to = &asked.n_ranks,
       .low = 1,
       .high = 1 << 20,
       .help = "MPI ranks of the job (1)"},
      {.name = "--threads",
       .kind = OPTION_INTEGER,
       .to = &asked.n_threads,
       .low = 1,
       .high = 1024,
       .help = "threads of a rank, to measure with (this machine's share)"},
      {.name = "--from",
       .kind = OPTION_TEXT,
       .to = &asked.from,
       .help = "results of an earlier run, whose speeds to use instead of measuring"},
      {.name = "--simulate",
       .kind = OPTION_TEXT,
       .to = &asked.simulate,
       .help = "numbers of ranks, separated by commas: wall time and efficiency of each"},
  };
  parsed p = options_parse(command, argc, argv, options, sizeof options / sizeof *options, 1, 1);
  if (!p.go_on)
    return p.exit_code;
  bs_error err = {0};
  bs_config *config = NULL;
  bs_plan *plan = NULL;
  bs_status status = bs_config_load(&config, p.arguments[0], &err);
  if (status == BS_OK)
    config->threads = (int)(asked.n_threads = threads_of(&asked, config));
  if (status == BS_OK)
    status = bs_plan_new(&plan, config, n_workers_of(asked.n_ranks), false, print_notice,
                         (void *)(size_t)command, &err);
  int code = EXIT_DONE;
  if (status == BS_OK && plan->n_units == 0)
    status = bs_error_set(&err, BS_ERR_INPUT, "%s: there is nothing to do", p.arguments[0]);
  if (status == BS_OK) {
    size_t n_faulty = 0;
    status = print_plan(command, plan, &asked, &n_faulty, &err);
    code = plan->n_bad_inputs + n_faulty > 0 ? EXIT_BAD_INPUT : EXIT_DONE;
  }
  bs_plan_free(&plan);
  bs_config_free(&config);
  return status == BS_OK ? code : fail(command, &err);
}

const bs_command plan_command = {
    "plan", "CONFIG.json [--ranks N] [--threads N] [--from RESULTS.h5] [--simulate N,N,...]",
    "dry run: units of work, cost, memory per model, expected wall time", run};
