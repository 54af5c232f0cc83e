/* The coordinator's life: made, fed with messages and time, stopped. */
#include "sweep/coordinator/coordinator_internal.h"

#include <math.h>
#include <stdlib.h>

#include "base/memory_internal.h"
#include "sweep/coordinator/coordinator_state_internal.h"

/* Finished work waits at most this long for its commit. */
static const double COMMIT_SECONDS = 1.0;

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
  if ((c->workers = bs_array_new(n_workers, sizeof *c->workers, err)) == NULL ||
      (c->first_of_host = bs_array_new(n_workers, sizeof *c->first_of_host, err)) == NULL ||
      (c->models = bs_array_new(plan->n_models, sizeof *c->models, err)) == NULL ||
      (c->input_faults =
           bs_array_new(plan->n_models + plan->n_tasks, sizeof *c->input_faults, err)) == NULL)
    status = BS_ERR_MEMORY;
  if (status == BS_OK)
    status = bs_records_new(c, err);
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
    bs_records_set_provenance(c);
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
  free(c->first_of_host);
  bs_interner_free(&c->host_names);
  free(c->chosen_isa);
  for (size_t i = 0; c->input_faults != NULL && i < c->plan->n_models + c->plan->n_tasks; i++)
    free(c->input_faults[i]);
  free(c->input_faults);
  free(c->units);
  free(c->models);
  bs_jobs_free(&c->jobs);
  bs_analysis_free(&c->analysis);
  bs_tables_free(&c->all);
  bs_text_free(&c->protocol);
  bs_text_free(&c->message);
  free(c);
  *handle = NULL;
}

bs_status bs_coordinator_handle(bs_coordinator *c, size_t w, const bs_text *message, double now,
                                bs_error *err) {
  bs_message_kind kind;
  bs_status status = bs_message_kind_of(message, &kind, err);
  if (status != BS_OK)
    return status;
  worker *who = &c->workers[w];
  who->last_heard = now;
  if (who->state == LOST && who->host != NULL && kind != BS_MESSAGE_BYE && !c->over)
    status = bs_workforce_take_back(c, w, err);
  if (status == BS_OK)
    switch (kind) {
    case BS_MESSAGE_HELLO:
      status = bs_workforce_take_hello(c, w, message, now, err);
      break;
    case BS_MESSAGE_RESULT:
      status = bs_handout_take_result(c, w, message, now, err);
      break;
    case BS_MESSAGE_FAILED:
      status = bs_handout_take_failed(c, w, message, err);
      break;
    case BS_MESSAGE_BEAT:
      break;
    case BS_MESSAGE_BYE:
      if (who->state == PRESENT)
        status = bs_workforce_lose(c, w, "it has ended", err);
      break;
    default:
      status =
          bs_error_set(err, BS_ERR_PROTOCOL, "the coordinator does not take message %d", (int)kind);
    }
  if (status == BS_OK)
    status = bs_handout_settle(c, now, err);
  return status == BS_OK ? bs_coordinator_tick(c, now, err) : status;
}

/* A pause of the coordinator itself (a slow disk) is not the workers' silence. */
static void grant_pause(bs_coordinator *c, double now) {
  double pause = c->ticked ? now - c->last_tick : 0;
  if (!c->ticked)
    c->born = c->last_beat = c->last_lease_check = now;
  c->ticked = true;
  c->last_tick = now;
  if (pause < c->options.limits.beat_seconds)
    return;
  for (size_t w = 0; w < c->n_workers; w++)
    c->workers[w].last_heard += pause;
}

bs_status bs_coordinator_tick(bs_coordinator *c, double now, bs_error *err) {
  bs_status status = BS_OK;
  grant_pause(c, now);
  if (!c->over) {
    status = bs_workforce_check_leases(c, now, err);
    if (status == BS_OK)
      status = bs_workforce_beat(c, now, err);
    if (status == BS_OK && c->stopping)
      status = bs_handout_settle(c, now, err);
  }
  if (status == BS_OK && bs_records_wait(c) &&
      (c->stopping || now - c->first_uncommitted >= COMMIT_SECONDS)) /* time may be short */
    status = bs_records_commit(c, err);
  return status;
}

bs_status bs_coordinator_stop(bs_coordinator *c, double deadline, double now, bs_error *err) {
  if (c->over)
    return BS_OK;
  bs_status status = bs_records_commit(c, err); /* little time may be left */
  if (deadline < c->deadline)
    c->deadline = deadline;
  if (!c->begun) {
    c->begun = true;
    c->started = now;
  }
  if (!c->stopping && status == BS_OK)
    status = bs_encode_plain(&c->message, BS_MESSAGE_CANCEL, err);
  for (size_t w = 0; status == BS_OK && !c->stopping && w < c->n_workers; w++)
    if (c->workers[w].state == PRESENT)
      bs_coordinator_send(c, w);
  c->stopping = true;
  return status == BS_OK ? bs_handout_settle(c, now, err) : status;
}

bool bs_coordinator_is_over(const bs_coordinator *c) { return c->over; }

bool bs_coordinator_has_lost(const bs_coordinator *c, size_t w) {
  return c->workers[w].state == LOST;
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

void bs_coordinator_summary(const bs_coordinator *c, double now, bs_sweep_summary *summary) {
  summary->progress = c->progress;
  summary->progress.seconds = c->begun ? now - c->started : 0;
  summary->progress.examples_reused = c->examples_reused;
  summary->progress.n_failed = c->n_failed;
  summary->progress.n_workers = c->n_present;
  summary->progress.n_lost = c->n_lost;
  count_models(c, &summary->progress);
  summary->finished = bs_records_are_whole(c);
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
