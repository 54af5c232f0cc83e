/* Models and tasks that workers cannot open: told once, given to those who can, and left out when
   nobody can. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory_internal.h"
#include "sweep/coordinator/coordinator_state_internal.h"

enum { MOST_NOTICES = 20 }; /* of single workers; more would bury the rest of a log */

static size_t n_inputs(const bs_coordinator *c) { return c->plan->n_models + c->plan->n_tasks; }

static size_t place_of(const bs_coordinator *c, bs_input input) {
  return input.is_task ? c->plan->n_models + input.number : input.number;
}

static bs_input input_at(const bs_coordinator *c, size_t place) {
  size_t n_models = c->plan->n_models;
  return place < n_models ? (bs_input){.number = (uint32_t)place}
                          : (bs_input){.is_task = true, .number = (uint32_t)(place - n_models)};
}

static const char *name_of(const bs_coordinator *c, bs_input input) {
  return input.is_task ? c->plan->tasks[input.number]->name
                       : c->plan->models[input.number].row.name;
}

static const char *kind_of(bs_input input) { return input.is_task ? "task" : "model"; }

static void tell(bs_coordinator *c, const bs_text *text) {
  if (text->data != NULL)
    bs_coordinator_notice(c, text->data);
}

/* Examples of a model that were scored, in this run or before. */
static uint64_t n_done(const bs_coordinator *c, bs_input input) {
  return input.is_task ? 0 : c->models[input.number].done;
}

static bs_status leave_out(bs_coordinator *c, bs_input input, bs_error *err) {
  bs_text text = {0};
  c->n_left_out++;
  bs_status status = bs_text_printf(&text, err, "%s \"%s\" is left out: %s", kind_of(input),
                                    name_of(c, input), c->input_faults[place_of(c, input)]);
  if (status == BS_OK && n_done(c, input) > 0)
    status = bs_text_printf(&text, err, " (%llu of its examples %s)",
                            (unsigned long long)n_done(c, input),
                            n_done(c, input) == 1 ? "is done and stays" : "are done and stay");
  tell(c, &text);
  bs_text_free(&text);
  return status == BS_OK ? bs_jobs_leave_out(c->jobs, input, err) : status;
}

static bool somebody_can(const bs_coordinator *c, bs_input input) {
  for (size_t w = 0; w < c->n_workers; w++)
    if (c->workers[w].state == PRESENT && !c->workers[w].is_benched &&
        !bs_jobs_are_barred(c->jobs, w, input))
      return true;
  return false;
}

bs_status bs_inputs_check(bs_coordinator *c, bs_error *err) {
  bs_status status = BS_OK;
  for (size_t i = 0; status == BS_OK && c->n_present > 0 && i < n_inputs(c); i++) {
    bs_input input = input_at(c, i);
    if (c->input_faults[i] != NULL && !bs_jobs_have_left_out(c->jobs, input) &&
        !somebody_can(c, input))
      status = leave_out(c, input, err);
  }
  return status;
}

bs_status bs_inputs_take_fault(bs_coordinator *c, size_t w, bs_input input, const char *reason,
                               bs_error *err) {
  char **known = &c->input_faults[place_of(c, input)];
  if (bs_jobs_are_barred(c->jobs, w, input)) /* the next unit in its hands */
    return BS_OK;
  if (*known == NULL && (*known = bs_string_copy(reason, err)) == NULL)
    return BS_ERR_MEMORY;
  bs_status status = bs_jobs_bar(c->jobs, w, input, err);
  bs_text text = {0};
  if (status == BS_OK && somebody_can(c, input) && c->n_notices++ < MOST_NOTICES) {
    status = bs_text_printf(
        &text, err, "worker %zu on %s cannot use the %s \"%s\", others try it: %s", w + 1,
        bs_coordinator_host_of(c, w), kind_of(input), name_of(c, input), reason);
    tell(c, &text);
  }
  bs_text_free(&text);
  return status == BS_OK ? bs_inputs_check(c, err) : status;
}

/* The most memory that any worker said it has; 0: one of them does not know. */
static uint64_t most_memory(const bs_coordinator *c) {
  uint64_t most = 0;
  for (size_t w = 0; w < c->n_workers; w++) {
    const worker *who = &c->workers[w];
    if (who->state == PRESENT && who->memory_bytes == 0)
      return 0;
    if (who->state == PRESENT && who->memory_bytes > most)
      most = who->memory_bytes;
  }
  return most;
}

bs_status bs_inputs_check_memory(bs_coordinator *c, bs_error *err) {
  uint64_t most = most_memory(c);
  bs_status status = BS_OK;
  for (size_t m = 0; status == BS_OK && most > 0 && m < c->plan->n_models; m++) {
    uint64_t need = c->plan->models[m].least_bytes;
    if (need <= most || c->models[m].done == c->models[m].total)
      continue;
    bs_text text = {0};
    status = bs_text_printf(
        &text, err,
        "it needs more than %.0f MiB of memory on a rank, %.0f MiB are available at "
        "most: use nodes with more memory, or ask the queue for more of theirs (sbatch "
        "--mem)",
        (double)need / 1048576, (double)most / 1048576);
    c->input_faults[m] = text.data;
    if (status == BS_OK)
      status = leave_out(c, (bs_input){.number = (uint32_t)m}, err);
  }
  return status;
}
