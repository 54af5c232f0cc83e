/* What the coordinator keeps: every row so far, those that wait for their commit, and the results
   file at the end. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/memory_internal.h"
#include "bigsweep/evaluate.h"
#include "sweep/coordinator/coordinator_state_internal.h"

/* Models and tasks of the plan as the tables of `results`, with the targets where asked for. */
static bs_status add_tables(const bs_plan *plan, bs_tables *results, bool with_targets,
                            bs_error *err) {
  bs_status status = BS_OK;
  for (size_t i = 0; status == BS_OK && i < plan->n_models; i++)
    status = bs_tables_add_model(results, &plan->models[i].row, err);
  for (size_t i = 0; status == BS_OK && i < plan->n_tasks; i++)
    status = bs_tables_add_task_of(results, plan->tasks[i], err);
  if (!with_targets)
    results->n_targets = 0;
  return status;
}

static bs_status new_tables(bs_tables **out, const bs_coordinator *c, bool with_targets,
                            bs_error *err) {
  size_t n_metrics;
  const char *const *names = bs_example_metric_names(&n_metrics);
  bs_status status = bs_tables_new(out, names, n_metrics, err);
  if (status == BS_OK && !c->options.is_rehearsal)
    status = add_tables(c->plan, *out, with_targets, err);
  return status;
}

static bs_status take_over(bs_coordinator *c, bs_error *err) {
  bs_store_content earlier = {0};
  if (c->options.is_rehearsal || !bs_sweep_has_results(c->output))
    return BS_OK;
  bs_status status = bs_sweep_collect(&earlier, c->output, err);
  if (status == BS_OK)
    status = bs_resume(&earlier, c->plan, c->protocol.data, c->output, c->all, &c->runs, err);
  if (status == BS_OK && earlier.results->n_examples > 0 && earlier.provenance.isa[0] != '\0')
    status = bs_common_isa_keep(c, earlier.provenance.isa, err);
  c->examples_reused = c->all->n_examples + c->all->n_skipped;
  c->n_runs_committed = c->runs.n;
  bs_store_content_free(&earlier);
  return status;
}

void bs_records_set_provenance(bs_coordinator *c) {
  time_t now = time(NULL);
  struct tm utc;
  strftime(c->created, sizeof c->created, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&now, &utc));
  bs_provenance_fill(&c->provenance);
  bs_precision precision = c->plan->config->protocol.precision;
  c->provenance.config = c->plan->config->json;
  c->provenance.created = c->created;
  c->provenance.protocol = c->protocol.data;
  c->provenance.dtype =
      bs_precision_name(precision == BS_PRECISION_AUTO ? BS_PRECISION_F32 : precision);
  c->provenance.isa = c->chosen_isa != NULL ? c->chosen_isa : "";
}

bs_status bs_records_new(bs_coordinator *c, bs_error *err) {
  bs_status status = bs_protocol_text(&c->plan->config->protocol, &c->protocol, err);
  if (status == BS_OK)
    status = new_tables(&c->all, c, true, err);
  if (status == BS_OK)
    status = new_tables(&c->pending, c, false, err);
  if (status == BS_OK)
    status = take_over(c, err);
  return status;
}

bs_status bs_records_add_run(bs_coordinator *c, const bs_run_row *row, double now, bs_error *err) {
  if (c->options.is_rehearsal)
    return BS_OK;
  if (c->runs.n == c->n_runs_committed)
    c->first_uncommitted = now;
  return bs_run_rows_add(&c->runs, row, c->all, err);
}

bs_status bs_records_keep(bs_coordinator *c, size_t w, const bs_unit_result *result,
                          uint32_t attempts, double now, bs_error *err) {
  if (c->options.is_rehearsal)
    return BS_OK;
  const bs_unit *unit = &result->unit;
  uint32_t *same_models = bs_array_new(c->plan->n_models, sizeof *same_models, err);
  uint32_t *same_tasks = bs_array_new(c->plan->n_tasks, sizeof *same_tasks, err);
  bs_status status = same_models == NULL || same_tasks == NULL ? BS_ERR_MEMORY : BS_OK;
  for (uint32_t i = 0; status == BS_OK && i < c->plan->n_models; i++)
    same_models[i] = i;
  for (uint32_t i = 0; status == BS_OK && i < c->plan->n_tasks; i++)
    same_tasks[i] = i;
  if (status == BS_OK)
    status = bs_tables_append(c->all, result->rows, same_models, same_tasks, err);
  if (status == BS_OK)
    status = bs_tables_append(c->pending, result->rows, same_models, same_tasks, err);
  free(same_models);
  free(same_tasks);
  bs_run_row row = {.model = unit->model,
                    .task = unit->task,
                    .shots = unit->shots,
                    .first_example = unit->first,
                    .n_examples = unit->n,
                    .rank = (uint32_t)w,
                    .attempts = attempts,
                    .seconds = result->seconds,
                    .tokens_asked = result->tokens_asked,
                    .tokens_computed = result->tokens_computed,
                    .host = c->workers[w].host,
                    .failure = ""};
  if (status == BS_OK)
    status = bs_records_add_run(c, &row, now, err);
  for (size_t i = 0; status == BS_OK && i < result->n_failures; i++) {
    row.first_example = result->failures[i].example;
    row.n_examples = 1;
    row.seconds = 0;
    row.tokens_asked = row.tokens_computed = 0;
    row.failure = result->failures[i].message;
    status = bs_records_add_run(c, &row, now, err);
  }
  return status;
}

bs_status bs_records_commit(bs_coordinator *c, bs_error *err) {
  if (c->runs.n == c->n_runs_committed)
    return BS_OK;
  bs_status status = bs_store_commit_part(c->output, c->pending, c->runs.rows + c->n_runs_committed,
                                          c->runs.n - c->n_runs_committed, &c->provenance, err);
  if (status != BS_OK)
    return status;
  c->n_runs_committed = c->runs.n;
  bs_tables_free(&c->pending);
  return new_tables(&c->pending, c, false, err);
}

bool bs_records_are_whole(const bs_coordinator *c) {
  return c->progress.examples_done == c->progress.examples_total;
}

static int by_unit(const void *a, const void *b) {
  const bs_run_row *x = a, *y = b;
#define COMPARE(field)                                                                             \
  if (x->field != y->field)                                                                        \
  return x->field < y->field ? -1 : 1
  COMPARE(model);
  COMPARE(task);
  COMPARE(shots);
  COMPARE(first_example);
  COMPARE(n_examples);
#undef COMPARE
  return 0;
}

bs_status bs_coordinator_finish(bs_coordinator *c, bs_error *err) {
  if (!bs_records_are_whole(c))
    return bs_records_commit(c, err);
  bs_status status = bs_tables_sort(c->all, err);
  if (status == BS_OK)
    status = bs_analysis_from_tables(&c->analysis, c->all, err);
  if (status == BS_OK) {
    if (c->runs.n > 0)
      qsort(c->runs.rows, c->runs.n, sizeof *c->runs.rows, by_unit);
    status = bs_store_write(c->output, c->all, c->analysis, c->runs.rows, c->runs.n, &c->provenance,
                            err);
  }
  if (status == BS_OK)
    status = bs_store_remove_parts(c->output, err);
  else if (status != BS_ERR_MEMORY)
    bs_records_commit(c, NULL); /* what is not in the file shall at least be in a part */
  return status;
}

void bs_coordinator_take_results(bs_coordinator *c, bs_sweep_results *results) {
  *results =
      (bs_sweep_results){.content = {.results = c->all, .runs = c->runs.rows, .n_runs = c->runs.n},
                         .analysis = c->analysis};
  c->all = NULL;
  c->runs = (bs_run_rows){0};
  c->analysis = NULL;
}
