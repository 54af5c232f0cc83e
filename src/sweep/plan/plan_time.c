/* How long a plan takes: rates that are measured, and the scheduler on a virtual clock. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory_internal.h"
#include "bigsweep/evaluate.h"
#include "bigsweep/prompt.h"
#include "bigsweep/sweep.h"
#include "bigsweep/task.h"
#include "sweep/coordinator/simulation_internal.h"
#include "sweep/limits_internal.h"

/* What measuring may take, about: all models together, and each. */
static const double MEASURE_SECONDS = 4, MODEL_SECONDS = 0.4;
/* Larger models are not loaded to be measured, unless all are larger. */
static const uint64_t MEASURED_WEIGHTS_BYTES = UINT64_C(1) << 30;

enum { MEASURED_EXAMPLES = 32, MEASURED_UNITS = 24 };

/* A few examples of a unit; adds what it cost by the plan and the seconds that it took. */
static bs_status measure_unit(const bs_plan *plan, bs_backend *backend, const bs_unit *unit,
                              double *cost, double *seconds, bs_error *err) {
  const bs_task *task = plan->tasks[unit->task];
  uint32_t n = unit->n < MEASURED_EXAMPLES ? unit->n : MEASURED_EXAMPLES;
  size_t n_metrics;
  const char *const *names = bs_example_metric_names(&n_metrics);
  bs_tables *results = NULL;
  bs_prompter *prompter = NULL;
  bs_evaluator evaluator = {backend, plan->config->protocol, plan->models[unit->model].wrap};
  double start = bs_steady_seconds();
  bs_status status = bs_tables_new(&results, names, n_metrics, err);
  if (status == BS_OK)
    status = bs_prompter_new(&prompter, task, unit->shots, plan->config->protocol.seed, err);
  if (status == BS_OK)
    status = bs_evaluator_run(&evaluator, task, prompter, unit->shots, unit->first, n, 0, 0,
                              results, err);
  bs_prompter_free(&prompter);
  bs_tables_free(&results);
  *seconds += bs_steady_seconds() - start;
  *cost += unit->cost * n / unit->n;
  return status;
}

static bs_status measure_model(const bs_plan *plan, size_t m, int n_threads, bs_plan_speed *speed,
                               bs_error *err) {
  const bs_plan_model *model = &plan->models[m];
  bs_isa isa = plan->config->isa;
  bs_backend_spec spec = {.place = model->path,
                          .reading = plan->config->protocol.reading,
                          .engine = {.precision = plan->config->protocol.precision,
                                     .n_threads = n_threads,
                                     .isa = bs_engine_has_isa(isa) ? isa : BS_ISA_AUTO}};
  bs_backend *backend = NULL;
  double start = bs_steady_seconds(), cost = 0, seconds = 0;
  bs_status status = bs_backend_open(&backend, &spec, err);
  speed->load_seconds = bs_steady_seconds() - start;
  size_t first = 0, n_units = 0;
  while (first < plan->n_units && plan->units[first].model != m)
    first++;
  while (first + n_units < plan->n_units && plan->units[first + n_units].model == m)
    n_units++;
  /* Spread over the model's units: tasks and shots differ in what they ask for. */
  for (size_t i = 0;
       status == BS_OK && n_units > 0 && i < MEASURED_UNITS && seconds < MODEL_SECONDS; i++) {
    size_t at = (2 * i + 1) * 7919 % (2 * n_units) / 2;
    status = measure_unit(plan, backend, &plan->units[first + at], &cost, &seconds, err);
  }
  bs_backend_close(&backend);
  speed->rate = cost / seconds;
  speed->is_measured = status == BS_OK && seconds > 0;
  return status;
}

/* What has not been measured gets the rate of the largest model that has; loading goes by bytes. */
static void fill_in(const bs_plan *plan, bs_plan_speed *speeds, size_t largest) {
  const bs_plan_model *known = &plan->models[largest];
  for (size_t m = 0; m < plan->n_models; m++)
    if (!speeds[m].is_measured) {
      speeds[m].rate = speeds[largest].rate;
      speeds[m].load_seconds = speeds[largest].load_seconds *
                               (double)(plan->models[m].weights_bytes + 1) /
                               (double)(known->weights_bytes + 1);
    }
}

/* The smallest model that has not been looked at, or n_models. */
static size_t smallest_left(const bs_plan *plan, const bool *seen) {
  size_t best = plan->n_models;
  for (size_t m = 0; m < plan->n_models; m++)
    if (!seen[m] && (best == plan->n_models ||
                     plan->models[m].weights_bytes < plan->models[best].weights_bytes))
      best = m;
  return best;
}

static void tell_faulty(const bs_plan *plan, size_t m, bs_error *fault, bs_notice notice,
                        void *user) {
  bs_error_prefix(fault, "model \"%s\" cannot be used here", plan->models[m].row.name);
  if (notice != NULL)
    notice(user, true, fault->message);
}

bs_status bs_plan_measure(const bs_plan *plan, int n_threads, bs_plan_speed *speeds,
                          bs_notice notice, void *user, size_t *n_faulty, bs_error *err) {
  size_t largest = plan->n_models, m;
  double start = bs_steady_seconds();
  bool *seen = bs_array_new(plan->n_models, sizeof *seen, err);
  if (seen == NULL)
    return BS_ERR_MEMORY;
  *n_faulty = 0;
  memset(speeds, 0, plan->n_models * sizeof *speeds);
  while ((m = smallest_left(plan, seen)) < plan->n_models) {
    bs_error fault = {0};
    seen[m] = true;
    if (largest < plan->n_models && (plan->models[m].weights_bytes > MEASURED_WEIGHTS_BYTES ||
                                     bs_steady_seconds() - start > MEASURE_SECONDS))
      break;
    if (measure_model(plan, m, n_threads, &speeds[m], &fault) != BS_OK) {
      ++*n_faulty;
      tell_faulty(plan, m, &fault, notice, user);
    } else if (speeds[m].is_measured) {
      largest = m;
    }
  }
  if (largest < plan->n_models)
    fill_in(plan, speeds, largest);
  else
    memset(speeds, 0, plan->n_models * sizeof *speeds);
  free(seen);
  return BS_OK;
}

/* Cost by the plan of an example of a model, task and number of shots: of its first unit. */
static double cost_of_run(const bs_plan *plan, const bs_run_row *run, uint32_t model,
                          uint32_t task) {
  size_t low = 0, high = plan->n_units;
  while (low < high) {
    size_t middle = (low + high) / 2;
    const bs_unit *unit = &plan->units[middle];
    bool before = unit->model != model ? unit->model < model
                  : unit->task != task ? unit->task < task
                                       : unit->shots < run->shots;
    if (before)
      low = middle + 1;
    else
      high = middle;
  }
  if (low == plan->n_units)
    return 0;
  const bs_unit *unit = &plan->units[low];
  return unit->model == model && unit->task == task && unit->shots == run->shots
             ? unit->cost / unit->n * run->n_examples
             : 0;
}

static size_t model_named(const bs_plan *plan, const char *name) {
  size_t m = 0;
  while (m < plan->n_models && strcmp(plan->models[m].row.name, name) != 0)
    m++;
  return m;
}

static size_t task_named(const bs_plan *plan, const char *name) {
  size_t t = 0;
  while (t < plan->n_tasks && strcmp(plan->tasks[t]->name, name) != 0)
    t++;
  return t;
}

bs_status bs_plan_speeds_of_run(const bs_plan *plan, const bs_tables *run, bs_plan_speed *speeds,
                                bs_error *err) {
  size_t n_models = plan->n_models, largest = n_models;
  double *cost = bs_array_new(n_models, sizeof *cost, err);
  double *seconds = bs_array_new(n_models, sizeof *seconds, err);
  size_t *models = bs_array_new(run->n_models, sizeof *models, err);
  size_t *tasks = bs_array_new(run->n_tasks, sizeof *tasks, err);
  bs_status status = BS_ERR_MEMORY;
  if (cost == NULL || seconds == NULL || models == NULL || tasks == NULL)
    goto cleanup;
  status = BS_OK;
  for (size_t i = 0; i < run->n_models; i++)
    models[i] = model_named(plan, run->models[i].name);
  for (size_t i = 0; i < run->n_tasks; i++)
    tasks[i] = task_named(plan, run->tasks[i].name);
  for (size_t i = 0; i < run->n_runs; i++) {
    const bs_run_row *row = &run->runs[i];
    if (row->failure[0] != '\0' || row->model >= run->n_models || row->task >= run->n_tasks ||
        models[row->model] == n_models || tasks[row->task] == plan->n_tasks)
      continue;
    size_t m = models[row->model];
    double of_row = cost_of_run(plan, row, (uint32_t)m, (uint32_t)tasks[row->task]);
    if (of_row > 0) {
      cost[m] += of_row;
      seconds[m] += row->seconds;
    }
  }
  memset(speeds, 0, n_models * sizeof *speeds);
  for (size_t m = 0; m < n_models; m++)
    if (seconds[m] > 0) {
      /* Loading is part of the first unit's seconds. */
      speeds[m] = (bs_plan_speed){.rate = cost[m] / seconds[m], .is_measured = true};
      if (largest == n_models ||
          plan->models[m].weights_bytes > plan->models[largest].weights_bytes)
        largest = m;
    }
  if (largest < n_models)
    fill_in(plan, speeds, largest);
  else
    status = bs_error_set(err, BS_ERR_INPUT, "no unit of the results is one of the plan");
cleanup:
  free(cost);
  free(seconds);
  free(models);
  free(tasks);
  return status;
}

bs_status bs_plan_expect(const bs_plan *plan, size_t n_workers, const bs_plan_speed *speeds,
                         bs_plan_expectation *out, bs_error *err) {
  bs_simulation_result result;
  *out = (bs_plan_expectation){.n_workers = n_workers};
  double *rates = bs_array_new(plan->n_models, sizeof *rates, err);
  double *load = bs_array_new(plan->n_models, sizeof *load, err);
  bs_status status = rates != NULL && load != NULL ? BS_OK : BS_ERR_MEMORY;
  for (size_t m = 0; status == BS_OK && m < plan->n_models; m++) {
    rates[m] = speeds[m].rate;
    load[m] = speeds[m].load_seconds;
  }
  bs_simulation options = {.n_workers = n_workers,
                           .rates = rates,
                           .load_seconds = load,
                           .latency_seconds = 50e-6,
                           .service_seconds = 20e-6};
  if (status == BS_OK)
    status = bs_simulate(&options, plan, &result, err);
  if (status == BS_OK)
    *out = (bs_plan_expectation){.n_workers = n_workers,
                                 .seconds = result.seconds,
                                 .efficiency = result.efficiency,
                                 .loading_share = result.loading_share,
                                 .n_loads = result.n_loads,
                                 .requests_per_second = result.results_per_second};
  free(rates);
  free(load);
  return status;
}
