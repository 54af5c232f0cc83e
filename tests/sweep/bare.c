/* A configuration swept in one process, from first unit to last, with nothing around it: no engine
   process, no messages, no commits; the results are written once. What isolation and commits cost
   is the difference to `bigsweep run` (tests/mpi/overhead.sh). usage: bare CONFIG.json RESULTS.h5
 */
#include <stdio.h>

#include "bigsweep/analysis.h"
#include "bigsweep/evaluate.h"
#include "bigsweep/prompt.h"
#include "bigsweep/store.h"
#include "bigsweep/sweep.h"
#include "bigsweep/task.h"
#include "sweep/coordinator/collect_internal.h"

static bs_status add_tables(const bs_plan *plan, bs_tables *results, bs_error *err) {
  bs_status status = BS_OK;
  for (size_t m = 0; status == BS_OK && m < plan->n_models; m++)
    status = bs_tables_add_model(results, &plan->models[m].row, err);
  for (size_t t = 0; status == BS_OK && t < plan->n_tasks; t++)
    status = bs_tables_add_task_of(results, plan->tasks[t], err);
  return status;
}

/* Units of one model, which stand together in the plan from `first` on; *n receives their number.
 */
static bs_status sweep_model(const bs_plan *plan, size_t first, size_t *n, bs_tables *results,
                             bs_error *err) {
  const bs_config *config = plan->config;
  uint32_t m = plan->units[first].model;
  bs_backend_spec spec = {
      .place = plan->models[m].path,
      .engine = {.precision = config->protocol.precision, .n_threads = config->threads}};
  bs_evaluator evaluator = {.protocol = config->protocol};
  bs_prompter *prompter = NULL;
  bs_status status = bs_backend_open(&evaluator.backend, &spec, err);
  size_t i = first;
  for (; status == BS_OK && i < plan->n_units && plan->units[i].model == m; i++) {
    const bs_unit *unit = &plan->units[i], *before = unit - 1;
    const bs_task *task = plan->tasks[unit->task];
    if (i == first || before->task != unit->task || before->shots != unit->shots) {
      bs_prompter_free(&prompter);
      status = bs_prompter_new(&prompter, task, unit->shots, config->protocol.seed, err);
    }
    if (status == BS_OK)
      status = bs_evaluator_run(&evaluator, task, prompter, unit->shots, unit->first, unit->n, m,
                                unit->task, results, err);
  }
  *n = i - first;
  bs_prompter_free(&prompter);
  bs_backend_close(&evaluator.backend);
  return status;
}

static bs_status write_results(const bs_plan *plan, bs_tables *results, const char *path,
                               bs_error *err) {
  bs_analysis *analysis = NULL;
  bs_text protocol = {0};
  bs_provenance provenance = {0};
  bs_status status = bs_protocol_print(&plan->config->protocol, &protocol, err);
  if (status == BS_OK)
    status = bs_tables_sort(results, err);
  if (status == BS_OK)
    status = bs_analysis_from_tables(&analysis, results, err);
  bs_provenance_fill(&provenance);
  provenance.config = plan->config->json;
  provenance.protocol = protocol.data;
  if (status == BS_OK)
    status = bs_tables_set_provenance(results, &provenance, err);
  if (status == BS_OK)
    status = bs_store_write(path, results, bs_analysis_tables(analysis), err);
  bs_analysis_free(&analysis);
  bs_text_free(&protocol);
  return status;
}

int main(int argc, char **argv) {
  if (argc != 3) {
    fprintf(stderr, "usage: bare CONFIG.json RESULTS.h5\n");
    return 2;
  }
  bs_error err = {0};
  bs_config *config = NULL;
  bs_plan *plan = NULL;
  bs_tables *results = NULL;
  size_t n_metrics, n;
  const char *const *names = bs_example_metric_names(&n_metrics);
  bs_status status = bs_config_load(&config, argv[1], &err);
  if (status == BS_OK)
    status = bs_plan_new(&plan, config, 1, true, NULL, NULL, &err);
  if (status == BS_OK)
    status = bs_tables_new(&results, names, n_metrics, &err);
  if (status == BS_OK)
    status = add_tables(plan, results, &err);
  for (size_t i = 0; status == BS_OK && i < plan->n_units; i += n)
    status = sweep_model(plan, i, &n, results, &err);
  if (status == BS_OK)
    status = write_results(plan, results, argv[2], &err);
  if (status != BS_OK)
    fprintf(stderr, "bare: %s\n", err.message);
  bs_tables_free(&results);
  bs_plan_free(&plan);
  bs_config_free(&config);
  return status == BS_OK ? 0 : 1;
}
