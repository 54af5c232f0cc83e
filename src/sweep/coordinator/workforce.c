/* The coordinator's workers: who is there, how they begin, who is lost. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory_internal.h"
#include "sweep/coordinator/coordinator_state_internal.h"
#include "sweep/coordinator/start_internal.h"

/* What a lost worker had goes to others. What it was at may have been its death. */
bs_status bs_workforce_lose(bs_coordinator *c, size_t w, const char *why, bs_error *err) {
  worker *who = &c->workers[w];
  char message[384];
  snprintf(message, sizeof message, "worker %zu on %s is lost (%s); its work goes to others", w + 1,
           bs_coordinator_host_of(c, w), why);
  bs_coordinator_notice(c, message);
  bs_handout_unbench(c, w);
  if (who->state == PRESENT)
    c->n_present--;
  for (size_t i = 0; bs_handout_n_able(c) == 0 && i < c->n_workers; i++)
    bs_handout_unbench(c, i);
  who->state = LOST;
  c->n_lost++;
  bs_jobs_lose(c->jobs, w);
  c->ask_idle = true;
  bs_job *jobs[JOBS_AHEAD];
  size_t n = who->n_jobs;
  memcpy(jobs, who->jobs, sizeof jobs);
  bs_handout_take_all(c, w);
  bs_status status = BS_OK;
  for (size_t k = 0; k < n; k++) {
    if (k > 0 || status != BS_OK)
      bs_jobs_give_back(c->jobs, jobs[k]);
    else
      status = bs_jobs_failed(c->jobs, jobs[k], w, message, err);
  }
  return status == BS_OK ? bs_inputs_check(c, err) : status;
}

/* Tells the scheduler on which node a worker is: workers of one host share its memory. A node has
   the number of the first worker that was met there. */
static bs_status place(bs_coordinator *c, size_t w, bs_error *err) {
  size_t n_known = c->host_names.n;
  uint32_t host;
  bs_status status = bs_interner_add(&c->host_names, c->all->arena, c->workers[w].host, &host, err);
  if (status != BS_OK)
    return status;
  if (host == n_known)
    c->first_of_host[host] = w;
  c->workers[w].node = c->first_of_host[host];
  bs_jobs_place(c->jobs, w, c->workers[w].node);
  return BS_OK;
}

/* What a worker opens its models and tasks by; the specs as JSON are owned by `json`. */
static bs_status fill_setup(bs_setup *setup, const bs_plan *plan, bs_text *json, bs_error *err) {
  setup->model_paths = bs_array_new(plan->n_models, sizeof(char *), err);
  setup->model_prints = bs_array_new(plan->n_models, sizeof(char *), err);
  setup->model_wraps = bs_array_new(plan->n_models, sizeof(char *), err);
  setup->task_specs = bs_array_new(plan->n_tasks, sizeof(char *), err);
  setup->task_hashes = bs_array_new(plan->n_tasks, sizeof(char *), err);
  if (setup->model_paths == NULL || setup->model_prints == NULL || setup->model_wraps == NULL ||
      setup->task_specs == NULL || setup->task_hashes == NULL)
    return BS_ERR_MEMORY;
  for (size_t i = 0; i < plan->n_models; i++) {
    const bs_plan_model *model = &plan->models[i];
    setup->model_paths[i] = model->path;
    setup->model_prints[i] = model->fingerprints != NULL ? model->fingerprints : "";
    setup->model_wraps[i] = model->row.wrap;
  }
  for (size_t i = 0; i < plan->n_tasks; i++) {
    bs_status status = bs_task_spec_print(plan->specs[i], &json[i], err);
    if (status != BS_OK)
      return status;
    setup->task_specs[i] = json[i].data;
    setup->task_hashes[i] = plan->tasks[i]->sha256;
  }
  return BS_OK;
}

static bs_status send_setup(bs_coordinator *c, size_t w, bs_error *err) {
  const bs_plan *plan = c->plan;
  bs_setup setup = {.protocol = plan->config->protocol,
                    .threads = plan->config->threads,
                    .isa = c->chosen_isa,
                    .n_models = plan->n_models,
                    .n_tasks = plan->n_tasks};
  bs_text *json = bs_array_new(plan->n_tasks, sizeof *json, err);
  bs_status status = json != NULL ? fill_setup(&setup, plan, json, err) : BS_ERR_MEMORY;
  if (status == BS_OK)
    status = bs_encode_setup(&c->message, &setup, err);
  bs_setup_free(&setup);
  for (size_t i = 0; json != NULL && i < plan->n_tasks; i++)
    bs_text_free(&json[i]);
  free(json);
  if (status == BS_OK)
    bs_coordinator_send(c, w);
  c->workers[w].has_setup = true;
  return status;
}

static bs_status begin(bs_coordinator *c, double now, bs_error *err) {
  bs_status status = BS_OK;
  c->begun = true;
  c->started = now;
  if (c->n_units > 0 && c->n_present > 0)
    status = bs_common_isa_choose(c, err);
  if (status == BS_OK && c->n_units > 0)
    bs_coordinator_warn_of_threads(c);
  if (status == BS_OK)
    status = bs_inputs_check_memory(c, err);
  for (size_t w = 0; status == BS_OK && c->n_units > 0 && w < c->n_workers; w++)
    if (c->workers[w].state == PRESENT)
      status = send_setup(c, w, err);
  for (size_t n = 1; status == BS_OK && n <= JOBS_AHEAD; n++)
    for (size_t w = 0; status == BS_OK && w < c->n_workers; w++)
      if (n == 1 || bs_jobs_have_plenty(c->jobs, w))
        status = bs_handout_give(c, w, n, err);
  return status == BS_OK ? bs_handout_settle(c, now, err) : status;
}

/* A worker that was lost, or late, is here. What it may have is no longer its own. */
bs_status bs_workforce_take_back(bs_coordinator *c, size_t w, bs_error *err) {
  worker *who = &c->workers[w];
  who->state = PRESENT;
  c->n_lost--;
  c->n_present++;
  if (!c->begun || c->n_units == 0)
    return BS_OK;
  if (c->chosen_isa != NULL && !bs_common_isa_has(c, w))
    return bs_workforce_lose(c, w, "it lacks the instruction set of the others", err);
  bs_status status = BS_OK;
  if (!who->has_setup)
    status = send_setup(c, w, err);
  else if ((status = bs_encode_plain(&c->message, BS_MESSAGE_CANCEL, err)) == BS_OK)
    bs_coordinator_send(c, w);
  return status == BS_OK ? bs_handout_feed(c, w, err) : status;
}

bs_status bs_workforce_take_hello(bs_coordinator *c, size_t w, const bs_text *message, double now,
                                  bs_error *err) {
  worker *who = &c->workers[w];
  bs_hello hello;
  bs_status status = bs_decode_hello(message, &hello, err);
  if (status == BS_OK && who->host != NULL)
    status = bs_error_set(err, BS_ERR_PROTOCOL, "worker %zu says hello twice", w);
  if (status != BS_OK)
    return status;
  who->host = bs_string_copy(hello.host, err);
  who->isas = bs_string_copy(hello.isas, err);
  if (who->host == NULL || who->isas == NULL)
    return BS_ERR_MEMORY;
  who->n_threads = hello.n_threads;
  who->n_cores = hello.n_cores;
  who->n_node_cores = hello.n_node_cores;
  who->memory_bytes = hello.memory_bytes;
  if ((status = place(c, w, err)) != BS_OK)
    return status;
  if (who->state == LOST)
    return bs_workforce_take_back(c, w, err);
  who->state = PRESENT;
  c->n_present++;
  return c->n_present + c->n_lost == c->n_workers ? begin(c, now, err) : BS_OK;
}

bs_status bs_workforce_check_leases(bs_coordinator *c, double now, bs_error *err) {
  const bs_limits *limits = &c->options.limits;
  bs_status status = BS_OK;
  if (now - c->last_lease_check < limits->beat_seconds)
    return BS_OK;
  c->last_lease_check = now;
  bool hello_over = !c->begun && now - c->born > limits->hello_seconds;
  for (size_t w = 0; status == BS_OK && w < c->n_workers; w++) {
    const worker *who = &c->workers[w];
    char why[64];
    snprintf(why, sizeof why, "silent for %.0f s", now - who->last_heard);
    if (who->state == PRESENT && now - who->last_heard > limits->lease_seconds)
      status = bs_workforce_lose(c, w, why, err);
    else if (who->state == AWAITED && hello_over)
      status = bs_workforce_lose(c, w, "it never came", err);
  }
  if (status == BS_OK && hello_over)
    status = begin(c, now, err);
  return status == BS_OK ? bs_handout_settle(c, now, err) : status;
}

bs_status bs_workforce_beat(bs_coordinator *c, double now, bs_error *err) {
  if (now - c->last_beat < c->options.limits.beat_seconds)
    return BS_OK;
  c->last_beat = now;
  bs_status status = bs_encode_plain(&c->message, BS_MESSAGE_BEAT, err);
  for (size_t w = 0; status == BS_OK && w < c->n_workers; w++)
    if (c->workers[w].state == PRESENT)
      bs_coordinator_send(c, w);
  return status;
}
