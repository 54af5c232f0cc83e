/* What the coordinator keeps: every row so far, those that wait for their commit, and the results
   file at the end. */
#include <assert.h>
#include <time.h>

#include "bigsweep/analysis.h"
#include "bigsweep/evaluate.h"
#include "bigsweep/store.h"
#include "sweep/coordinator/coordinator_state_internal.h"
#include "tables/tables_internal.h"

/* The tables that grow with the work. */
static const bs_table_id KEPT[] = {BS_TABLE_EXAMPLES, BS_TABLE_SKIPPED, BS_TABLE_RUNS};
enum { KEPT_RUNS = 2 };
static_assert(sizeof KEPT / sizeof *KEPT == N_KEPT, "a count for each table");

/* Models and tasks of the plan as the tables of `results`, with questions and answers where asked
   for. */
static bs_status add_tables(const bs_plan *plan, bs_tables *results, bool with_texts,
                            bs_error *err) {
  bs_status status = BS_OK;
  for (size_t i = 0; status == BS_OK && i < plan->n_models; i++)
    status = bs_tables_add_model(results, &plan->models[i].row, err);
  for (size_t i = 0; status == BS_OK && i < plan->n_tasks; i++)
    status = bs_tables_add_task_of(results, plan->tasks[i], err);
  for (size_t i = 0; status == BS_OK && with_texts && i < plan->n_tasks; i++)
    status = bs_tables_add_inputs_of(results, plan->tasks[i], (uint32_t)i,
                                     plan->config->protocol.seed, err);
  if (!with_texts)
    results->n_targets = results->n_choice_texts = 0;
  return status;
}

static bs_status new_tables(bs_tables **out, const bs_coordinator *c, bool with_texts,
                            bs_error *err) {
  size_t n_metrics;
  const char *const *names = bs_example_metric_names(&n_metrics);
  bs_status status = bs_tables_new(out, names, n_metrics, err);
  if (status == BS_OK && !c->options.is_rehearsal)
    status = add_tables(c->plan, *out, with_texts, err);
  return status;
}

static bs_status take_over(bs_coordinator *c, bs_error *err) {
  bs_tables *earlier = NULL;
  if (c->options.is_rehearsal || !bs_sweep_has_results(c->output))
    return BS_OK;
  bs_status status = bs_sweep_collect(&earlier, c->output, err);
  if (status == BS_OK)
    status = bs_resume(earlier, c->plan, c->protocol.data, c->output, c->all, err);
  if (status == BS_OK && earlier->n_examples > 0 && earlier->provenance.isa[0] != '\0')
    status = bs_common_isa_keep(c, earlier->provenance.isa, err);
  c->examples_reused = c->all->n_examples + c->all->n_skipped;
  bs_tables_free(&earlier);
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
  bs_status status = bs_protocol_print(&c->plan->config->protocol, &c->protocol, err);
  if (status == BS_OK)
    status = new_tables(&c->all, c, true, err);
  if (status == BS_OK)
    status = take_over(c, err);
  for (size_t i = 0; status == BS_OK && i < N_KEPT; i++)
    bs_table_rows(c->all, KEPT[i], &c->n_committed[i]);
  return status;
}

bs_status bs_records_add_run(bs_coordinator *c, const bs_run_row *row, double now, bs_error *err) {
  if (c->options.is_rehearsal)
    return BS_OK;
  if (!bs_records_wait(c))
    c->first_uncommitted = now;
  return bs_tables_add_run(c->all, row, err);
}

bs_status bs_records_keep(bs_coordinator *c, size_t w, const bs_unit_result *result,
                          uint32_t attempts, double now, bs_error *err) {
  if (c->options.is_rehearsal)
    return BS_OK;
  static const bs_table_id TABLES[] = {BS_TABLE_EXAMPLES, BS_TABLE_SKIPPED};
  const bs_index_maps as_they_are = {0};
  const bs_unit *unit = &result->unit;
  bs_status status = BS_OK;
  for (size_t i = 0; status == BS_OK && i < sizeof TABLES / sizeof *TABLES; i++)
    status = bs_tables_append(c->all, result->rows, TABLES[i], as_they_are, err);
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

bool bs_records_wait(const bs_coordinator *c) { return c->all->n_runs > c->n_committed[KEPT_RUNS]; }

/* The rows that wait: the tail of each table. */
static bs_status copy_tail(bs_tables **out, const bs_coordinator *c, bs_error *err) {
  const bs_index_maps as_they_are = {0};
  bs_status status = new_tables(out, c, false, err);
  for (size_t i = 0; status == BS_OK && i < N_KEPT; i++)
    status = bs_tables_append_tail(*out, c->all, KEPT[i], c->n_committed[i], as_they_are, err);
  return status;
}

static bs_status commit(bs_coordinator *c, bs_tables *tail, bs_error *err) {
  bs_status status = bs_tables_set_provenance(tail, &c->provenance, err);
  return status == BS_OK ? bs_store_commit_part(c->output, tail, err) : status;
}

bs_status bs_records_commit(bs_coordinator *c, bs_error *err) {
  if (!bs_records_wait(c))
    return BS_OK;
  bs_tables *tail = NULL;
  bs_status status = copy_tail(&tail, c, err);
  if (status == BS_OK)
    status = commit(c, tail, err);
  for (size_t i = 0; status == BS_OK && i < N_KEPT; i++)
    bs_table_rows(c->all, KEPT[i], &c->n_committed[i]);
  bs_tables_free(&tail);
  return status;
}

bool bs_records_are_whole(const bs_coordinator *c) {
  return c->progress.examples_done == c->progress.examples_total;
}

bs_status bs_coordinator_finish(bs_coordinator *c, bs_error *err) {
  if (!bs_records_are_whole(c))
    return bs_records_commit(c, err);
  bs_tables *tail = NULL; /* taken before the rows are put into another order */
  bs_status status = bs_records_wait(c) ? copy_tail(&tail, c, err) : BS_OK;
  if (status == BS_OK)
    status = bs_tables_sort(c->all, err);
  if (status == BS_OK)
    status = bs_analysis_from_tables_telling(&c->analysis, c->all, c->options.analysis_progress,
                                             c->options.notice_user, err);
  if (status == BS_OK)
    status = bs_tables_set_provenance(c->all, &c->provenance, err);
  if (status == BS_OK)
    status = bs_store_write(c->output, c->all, bs_analysis_tables(c->analysis), err);
  if (status == BS_OK)
    status = bs_store_remove_parts(c->output, err);
  else if (status != BS_ERR_MEMORY && tail != NULL)
    commit(c, tail, NULL); /* what is not in the file shall at least be in a part */
  bs_tables_free(&tail);
  return status;
}

void bs_coordinator_take_results(bs_coordinator *c, bs_sweep_results *results) {
  *results = (bs_sweep_results){.tables = c->all, .analysis = c->analysis};
  c->all = NULL;
  c->analysis = NULL;
}
