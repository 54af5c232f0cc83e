#include "sweep/coordinator/coordinator_internal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/memory_internal.h"
#include "bigsweep/evaluate.h"
#include "sweep/coordinator/collect_internal.h"
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

/* The rest has to be computed with the instruction set of what is there. */
static bs_status keep_isa(bs_coordinator *c, const char *earlier, bs_error *err) {
  const char *asked = c->options.isa;
  if (asked != NULL && strcmp(asked, earlier) != 0)
    return bs_error_set(err, BS_ERR_USAGE,
                        "%s: its results were computed with the instruction set \"%s\", \"%s\" is "
                        "asked for, and results of two are not mixed: set \"isa\" (or --isa) to "
                        "\"%s\", or give another output",
                        c->output, earlier, asked, earlier);
  c->isa_is_earlier = true;
  return (c->chosen_isa = bs_string_copy(earlier, err)) != NULL ? BS_OK : BS_ERR_MEMORY;
}

static bs_status take_over(bs_coordinator *c, bs_error *err) {
  bs_store_content earlier = {0};
  if (c->options.is_rehearsal || !bs_sweep_has_results(c->output))
    return BS_OK;
  bs_status status = bs_sweep_collect(&earlier, c->output, err);
  if (status == BS_OK)
    status = bs_resume(&earlier, c->plan, c->protocol.data, c->output, c->all, &c->runs, err);
  if (status == BS_OK && earlier.results->n_examples > 0 && earlier.provenance.isa[0] != '\0')
    status = keep_isa(c, earlier.provenance.isa, err);
  c->examples_reused = c->all->n_examples + c->all->n_skipped;
  c->n_runs_committed = c->runs.n;
  bs_store_content_free(&earlier);
  return status;
}

static void set_provenance(bs_coordinator *c) {
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

static void count_done(bs_coordinator *c, uint32_t model) {
  c->models[model].total++;
  c->models[model].done++;
  bs_jobs_model_works(c->jobs, model);
}

static void count_work(bs_coordinator *c) {
  c->progress.units_total = c->n_units;
  for (size_t i = 0; i < c->all->n_examples; i++) {
    count_done(c, c->all->examples[i].model);
    bs_prompt_counts_add_example(&c->models[c->all->examples[i].model].prompts,
                                 &c->all->examples[i]);
  }
  for (size_t i = 0; i < c->all->n_skipped; i++) {
    count_done(c, c->all->skipped[i].model);
    bs_prompt_counts_add_skipped(&c->models[c->all->skipped[i].model].prompts);
  }
  for (size_t i = 0; i < c->n_units; i++) {
    c->progress.examples_total += c->units[i].n;
    c->models[c->units[i].model].total += c->units[i].n;
    c->progress.cost_total += c->units[i].cost;
  }
}

bs_status bs_coordinator_new(bs_coordinator **out, const bs_plan *plan, const char *output,
                             size_t n_workers, bs_send send, void *user,
                             const bs_coordinator_options *options, bs_error *err) {
  *out = NULL;
  bs_coordinator *c = bs_array_new(1, sizeof *c, err);
  if (c == NULL)
    return BS_ERR_MEMORY;
  *c = (bs_coordinator){
      .plan = plan, .output = output, .n_workers = n_workers, .send = send, .user = user};
  if (options != NULL)
    c->options = *options;
  else
    c->options.limits = bs_limits_get(0);
  c->deadline = INFINITY;
  bs_status status = BS_OK;
  size_t n_hosts;
  if ((c->workers = bs_array_new(n_workers, sizeof *c->workers, err)) == NULL ||
      !bs_size_mul(n_workers, 2, &n_hosts) ||
      (c->hosts = bs_array_new(n_hosts, sizeof *c->hosts, err)) == NULL ||
      (c->models = bs_array_new(plan->n_models, sizeof *c->models, err)) == NULL ||
      (c->input_faults =
           bs_array_new(plan->n_models + plan->n_tasks, sizeof *c->input_faults, err)) == NULL)
    status = BS_ERR_MEMORY;
  if (status == BS_OK)
    status = bs_protocol_text(&plan->config->protocol, &c->protocol, err);
  if (status == BS_OK)
    status = new_tables(&c->all, c, true, err);
  if (status == BS_OK)
    status = new_tables(&c->pending, c, false, err);
  if (status == BS_OK)
    status = take_over(c, err);
  if (status == BS_OK && c->chosen_isa == NULL && c->options.isa != NULL &&
      (c->chosen_isa = bs_string_copy(c->options.isa, err)) == NULL)
    status = BS_ERR_MEMORY;
  if (status == BS_OK)
    status = bs_units_left(plan, c->all, &c->units, &c->n_units, err);
  if (status == BS_OK)
    status = bs_jobs_new(&c->jobs, c->units, c->n_units, plan->n_models, n_workers, err);
  if (status == BS_OK)
    status = bs_jobs_split(c->jobs, plan, err);
  if (status == BS_OK) {
    set_provenance(c);
    count_work(c);
  } else {
    bs_coordinator_free(&c);
  }
  *out = c;
  return status;
}

void bs_coordinator_free(bs_coordinator **handle) {
  bs_coordinator *c = *handle;
  if (c == NULL)
    return;
  for (size_t i = 0; c->workers != NULL && i < c->n_workers; i++) {
    for (size_t k = 0; k < c->workers[i].n_jobs; k++)
      bs_jobs_give_back(c->jobs, c->workers[i].jobs[k]);
    free(c->workers[i].host);
    free(c->workers[i].isas);
  }
  free(c->workers);
  free(c->hosts);
  free(c->chosen_isa);
  for (size_t i = 0; c->input_faults != NULL && i < c->plan->n_models + c->plan->n_tasks; i++)
    free(c->input_faults[i]);
  free(c->input_faults);
  free(c->units);
  free(c->runs.rows);
  free(c->models);
  bs_jobs_free(&c->jobs);
  bs_tables_free(&c->all);
  bs_tables_free(&c->pending);
  bs_text_free(&c->protocol);
  bs_text_free(&c->message);
  free(c);
  *handle = NULL;
}

bs_status bs_coordinator_add_run(bs_coordinator *c, const bs_run_row *row, double now,
                                 bs_error *err) {
  if (c->options.is_rehearsal)
    return BS_OK;
  if (c->runs.n == c->n_runs_committed)
    c->first_uncommitted = now;
  return bs_run_rows_add(&c->runs, row, c->all, err);
}

bs_status bs_coordinator_keep(bs_coordinator *c, size_t w, const bs_unit_result *result,
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
    status = bs_coordinator_add_run(c, &row, now, err);
  for (size_t i = 0; status == BS_OK && i < result->n_failures; i++) {
    row.first_example = result->failures[i].example;
    row.n_examples = 1;
    row.seconds = 0;
    row.tokens_asked = row.tokens_computed = 0;
    row.failure = result->failures[i].message;
    status = bs_coordinator_add_run(c, &row, now, err);
  }
  return status;
}

bs_status bs_coordinator_commit(bs_coordinator *c, bs_error *err) {
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

static void count_models(const bs_coordinator *c, bs_progress *progress) {
  progress->n_models = c->plan->n_models;
  progress->models_done = progress->models_running = 0;
  for (size_t m = 0; m < c->plan->n_models; m++) {
    const model_count *model = &c->models[m];
    if (model->done + model->failed == model->total)
      progress->models_done++;
    else if (model->n_in_hands > 0)
      progress->models_running++;
  }
}

static bool is_finished(const bs_coordinator *c) {
  return c->progress.examples_done == c->progress.examples_total;
}

void bs_coordinator_summary(const bs_coordinator *c, double now, bs_sweep_summary *summary) {
  summary->progress = c->progress;
  summary->progress.seconds = c->begun ? now - c->started : 0;
  summary->progress.examples_reused = c->examples_reused;
  summary->progress.n_failed = c->n_failed;
  summary->progress.n_workers = c->n_present;
  summary->progress.n_lost = c->n_lost;
  count_models(c, &summary->progress);
  summary->finished = is_finished(c);
  summary->n_failed = c->n_failed;
  summary->n_bad_inputs = c->plan->n_bad_inputs + c->n_left_out;
  summary->examples_reused = c->examples_reused;
}

void bs_coordinator_model_progress(const bs_coordinator *c, size_t model,
                                   bs_model_progress *progress) {
  const model_count *count = &c->models[model];
  *progress = (bs_model_progress){.name = c->plan->models[model].row.name,
                                  .examples_total = count->total,
                                  .examples_done = count->done,
                                  .examples_failed = count->failed,
                                  .prompts = count->prompts,
                                  .is_running = count->n_in_hands > 0};
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
  if (!is_finished(c))
    return bs_coordinator_commit(c, err);
  bs_analysis *analysis = NULL;
  bs_status status = bs_tables_sort(c->all, err);
  if (status == BS_OK)
    status = bs_analysis_from_tables(&analysis, c->all, err);
  if (status == BS_OK) {
    if (c->runs.n > 0)
      qsort(c->runs.rows, c->runs.n, sizeof *c->runs.rows, by_unit);
    status =
        bs_store_write(c->output, c->all, analysis, c->runs.rows, c->runs.n, &c->provenance, err);
  }
  if (status == BS_OK)
    status = bs_store_remove_parts(c->output, err);
  else if (status != BS_ERR_MEMORY)
    bs_coordinator_commit(c, NULL); /* what is not in the file shall at least be in a part */
  bs_analysis_free(&analysis);
  return status;
}
