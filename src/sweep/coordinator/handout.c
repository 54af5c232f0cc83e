/* What the coordinator hands out and gets back: who has which unit, and what came of it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory_internal.h"
#include "sweep/coordinator/coordinator_state_internal.h"

/* A unit may take so many times what the slowest unit of its model would have taken. */
static const double SLOW_FACTOR = 20;

enum {
  MOST_NOTICES = 50,       /* of failed attempts; more would bury the rest of a log */
  MOST_FAILED_IN_A_ROW = 8 /* then a worker gets nothing more while others are there */
};

void bs_handout_take_all(bs_coordinator *c, size_t w) {
  worker *who = &c->workers[w];
  for (size_t k = 0; k < who->n_jobs; k++)
    c->models[who->jobs[k]->unit.model].n_in_hands--;
  c->n_in_hands -= who->n_jobs;
  who->n_jobs = 0;
}

/* Workers that may be given work. */
size_t bs_handout_n_able(const bs_coordinator *c) { return c->n_present - c->n_benched; }

/* Takes a worker on whose host everything fails out of use, as long as there are others. */
static bs_status bench(bs_coordinator *c, size_t w, bs_error *err) {
  worker *who = &c->workers[w];
  if (who->is_benched || who->n_failed_in_a_row < MOST_FAILED_IN_A_ROW || bs_handout_n_able(c) < 2)
    return BS_OK;
  who->is_benched = true;
  bs_jobs_lose(c->jobs, w);
  c->ask_idle = true;
  c->n_benched++;
  char message[384];
  snprintf(message, sizeof message,
           "worker %zu on %s gets nothing more: %zu attempts in a row failed", w + 1,
           bs_coordinator_host_of(c, w), who->n_failed_in_a_row);
  bs_coordinator_notice(c, message);
  return bs_inputs_check(c, err);
}

void bs_handout_unbench(bs_coordinator *c, size_t w) {
  if (c->workers[w].is_benched)
    c->n_benched--;
  c->workers[w].is_benched = false;
  c->workers[w].n_failed_in_a_row = 0;
}

/* Time for a unit: by what is known of the model's speed. */
static double limit_of(const bs_coordinator *c, const bs_unit *unit) {
  const bs_limits *limits = &c->options.limits;
  double rate = c->models[unit->model].slowest_rate;
  return rate > 0 ? limits->unit_seconds + SLOW_FACTOR * unit->cost / rate
                  : limits->unknown_seconds;
}

static bool may_have_more(const bs_coordinator *c, size_t w) {
  const worker *who = &c->workers[w];
  return who->state == PRESENT && !c->stopping && c->begun && !c->over && !who->is_benched;
}

/* Gives a worker up to `n` units in all. */
bs_status bs_handout_give(bs_coordinator *c, size_t w, size_t n, bs_error *err) {
  worker *who = &c->workers[w];
  bs_status status = BS_OK;
  while (status == BS_OK && who->n_jobs < n && may_have_more(c, w)) {
    bs_job *job;
    status = bs_jobs_next(c->jobs, w, bs_handout_n_able(c) > 1 && !c->is_stuck, &job, err);
    if (job == NULL)
      break;
    who->jobs[who->n_jobs++] = job;
    c->n_in_hands++;
    c->models[job->unit.model].n_in_hands++;
    status = bs_encode_unit(
        &c->message, &(bs_assignment){.unit = job->unit, .limit_seconds = limit_of(c, &job->unit)},
        err);
    if (status == BS_OK)
      bs_coordinator_send(c, w);
  }
  return status;
}

/* A worker asks ahead while there is plenty: near the end a unit that waits behind another could
   be with an idle worker. */
bs_status bs_handout_feed(bs_coordinator *c, size_t w, bs_error *err) {
  bs_status status = bs_handout_give(c, w, 1, err);
  if (status == BS_OK && bs_jobs_have_plenty(c->jobs, w))
    status = bs_handout_give(c, w, JOBS_AHEAD, err);
  return status;
}

static bs_status feed_idle(bs_coordinator *c, bs_error *err) {
  bs_status status = BS_OK;
  for (size_t w = 0;
       status == BS_OK && w < c->n_workers && (c->ask_idle || bs_jobs_have_returned(c->jobs)); w++)
    if (c->workers[w].state == PRESENT && c->workers[w].n_jobs == 0)
      status = bs_handout_give(c, w, 1, err);
  c->ask_idle = false;
  return status;
}

/* Jobs wait that nobody who is there may have, and nothing else goes on: those that failed where
   they are may be tried there again, the others are given up. */
static bs_status resolve_stuck(bs_coordinator *c, bs_error *err) {
  if (c->stopping || c->n_in_hands > 0 || c->n_present == 0 || !bs_jobs_have_returned(c->jobs))
    return BS_OK;
  c->is_stuck = true;
  bs_status status = feed_idle(c, err);
  c->is_stuck = false;
  if (status == BS_OK && c->n_in_hands == 0)
    status = bs_jobs_give_up_waiting(
        c->jobs, "no worker that is there can open both the model and the task", err);
  return status;
}

/* Units are cut as they are handed out: how many there are is known at the end. */
static void count_unit(bs_coordinator *c) {
  size_t at_least = ++c->progress.units_done + c->n_in_hands + bs_jobs_n_fresh(c->jobs);
  if (at_least > c->progress.units_total)
    c->progress.units_total = at_least;
}

/* Writes down what has been given up. */
static bs_status quarantine(bs_coordinator *c, double now, bs_error *err) {
  bs_status status = BS_OK;
  bs_job *job;
  while (status == BS_OK && (job = bs_jobs_given_up(c->jobs)) != NULL) {
    const bs_unit *unit = &job->unit;
    if (job->is_left_out) {
      c->progress.examples_total -= unit->n;
      c->progress.cost_total -= unit->cost;
      c->models[unit->model].total -= unit->n;
      if (bs_jobs_close(c->jobs, job, false) && c->progress.units_total > 0)
        c->progress.units_total--;
      continue;
    }
    bool known = job->last_worker < c->n_workers;
    bs_run_row row = {.model = unit->model,
                      .task = unit->task,
                      .shots = unit->shots,
                      .first_example = unit->first,
                      .n_examples = unit->n,
                      .rank = known ? (uint32_t)job->last_worker : 0,
                      .attempts = job->attempts,
                      .host = known ? bs_coordinator_host_of(c, job->last_worker) : "",
                      .failure = job->reason};
    status = bs_records_add_run(c, &row, now, err);
    c->n_failed += unit->n;
    c->models[unit->model].failed += unit->n;
    c->progress.examples_done += unit->n;
    c->progress.cost_done += unit->cost;
    if (bs_jobs_close(c->jobs, job, false))
      count_unit(c);
  }
  return status;
}

static bs_status stop_workers(bs_coordinator *c, bs_error *err) {
  bs_status status = bs_encode_plain(&c->message, BS_MESSAGE_STOP, err);
  for (size_t w = 0; status == BS_OK && w < c->n_workers; w++) {
    worker *who = &c->workers[w];
    size_t n = who->n_jobs;
    bs_job *jobs[JOBS_AHEAD];
    memcpy(jobs, who->jobs, sizeof jobs);
    bs_handout_take_all(c, w);
    for (size_t k = 0; k < n; k++)
      bs_jobs_give_back(c->jobs, jobs[k]);
    if (who->state == PRESENT)
      who->state = STOPPED;
    bs_coordinator_send(c, w);
  }
  c->over = true;
  return status;
}

/* Brings everything up to date after something has happened. */
bs_status bs_handout_settle(bs_coordinator *c, double now, bs_error *err) {
  if (c->over || !c->begun)
    return BS_OK;
  bs_status status = BS_OK;
  if (c->ask_idle || bs_jobs_have_returned(c->jobs))
    status = feed_idle(c, err);
  if (status == BS_OK)
    status = resolve_stuck(c, err);
  if (status == BS_OK)
    status = quarantine(c, now, err);
  bool nothing_left = c->progress.examples_done == c->progress.examples_total;
  bool stopped = c->stopping && (c->n_in_hands == 0 || now >= c->deadline);
  if (status == BS_OK && (nothing_left || stopped || c->n_present == 0))
    status = stop_workers(c, err);
  return status;
}

static bool same_unit(const bs_unit *a, const bs_unit *b) {
  return a->model == b->model && a->task == b->task && a->shots == b->shots &&
         a->first == b->first && a->n == b->n;
}

/* Takes a unit out of a worker's hands; NULL: it is not (or no longer) in them. */
static bs_job *take_job(bs_coordinator *c, size_t w, const bs_unit *unit) {
  worker *who = &c->workers[w];
  for (size_t k = 0; k < who->n_jobs; k++) {
    bs_job *job = who->jobs[k];
    if (!same_unit(&job->unit, unit))
      continue;
    who->n_jobs--;
    memmove(&who->jobs[k], &who->jobs[k + 1], (who->n_jobs - k) * sizeof *who->jobs);
    c->n_in_hands--;
    c->models[job->unit.model].n_in_hands--;
    return job;
  }
  return NULL;
}

static bs_status attempt_failed(bs_coordinator *c, size_t w, bs_job *job, const char *reason,
                                bs_error *err) {
  const bs_unit *unit = &job->unit;
  bs_text text = {0};
  if (c->n_notices++ < MOST_NOTICES &&
      bs_text_printf(&text, err, "%s, %s, %u shot%s, examples %u to %u: %s",
                     c->plan->models[unit->model].row.name, c->plan->tasks[unit->task]->name,
                     unit->shots, bs_plural(unit->shots), unit->first, unit->first + unit->n - 1,
                     reason) == BS_OK)
    bs_coordinator_notice(c, text.data);
  bs_text_free(&text);
  c->workers[w].n_failed_in_a_row++;
  bs_status status = bench(c, w, err);
  bs_status failed = bs_jobs_failed(c->jobs, job, w, reason, err);
  return status == BS_OK ? failed : status;
}

/* Each example of the unit once, in rows, failures or those skipped, each of them in order. */
static bool is_whole(const bs_coordinator *c, const bs_unit_result *result) {
  const bs_tables *rows = result->rows;
  size_t n_rows = 0, n_skipped = 0, n_failures = 0;
  if (c->options.is_rehearsal)
    return true;
  for (uint32_t i = 0; i < result->unit.n; i++) {
    uint32_t example = result->unit.first + i;
    if (n_rows < rows->n_examples && rows->examples[n_rows].example == example)
      n_rows++;
    else if (n_skipped < rows->n_skipped && rows->skipped[n_skipped].example == example)
      n_skipped++;
    else if (n_failures < result->n_failures && result->failures[n_failures].example == example)
      n_failures++;
    else
      return false;
  }
  return n_rows == rows->n_examples && n_skipped == rows->n_skipped &&
         n_failures == result->n_failures;
}

static bs_status keep(bs_coordinator *c, size_t w, bs_job *job, const bs_unit_result *result,
                      double now, bs_error *err) {
  model_count *model = &c->models[job->unit.model];
  size_t n_done =
      c->options.is_rehearsal ? job->unit.n : result->rows->n_examples + result->rows->n_skipped;
  bs_status status = bs_records_keep(c, w, result, job->attempts + 1, now, err);
  double rate = result->seconds > 0 ? job->unit.cost / result->seconds : 0;
  if (rate > 0 && (!(model->slowest_rate > 0) || rate < model->slowest_rate))
    model->slowest_rate = rate;
  bs_jobs_learn(c->jobs, w, &job->unit, result->seconds - result->load_seconds);
  model->done += n_done;
  for (size_t i = 0; i < result->rows->n_examples; i++)
    bs_prompt_counts_add_example(&model->prompts, &result->rows->examples[i]);
  for (size_t i = 0; i < result->rows->n_skipped; i++)
    bs_prompt_counts_add_skipped(&model->prompts);
  model->failed += result->n_failures;
  c->n_failed += result->n_failures;
  c->workers[w].n_failed_in_a_row = 0;
  c->progress.examples_done += job->unit.n;
  c->progress.cost_done += job->unit.cost;
  c->progress.tokens += result->tokens_computed;
  c->progress.tokens_asked += result->tokens_asked;
  if (bs_jobs_close(c->jobs, job, n_done > 0))
    count_unit(c);
  return status;
}

bs_status bs_handout_take_result(bs_coordinator *c, size_t w, const bs_text *message, double now,
                                 bs_error *err) {
  bs_unit_result result = {0};
  bs_error fault = {0};
  bs_status status = bs_decode_result(message, &result, &fault);
  bs_job *job = NULL;
  if (status == BS_OK) {
    job = take_job(c, w, &result.unit);
    if (job != NULL && is_whole(c, &result))
      status = keep(c, w, job, &result, now, err);
    else if (job != NULL)
      status = attempt_failed(c, w, job, "the engine process did not answer every example", err);
    /* else: it had been given to somebody else meanwhile */
  } else if (status == BS_ERR_PROTOCOL && c->workers[w].n_jobs > 0) {
    bs_unit unit = c->workers[w].jobs[0]->unit;
    status = attempt_failed(c, w, take_job(c, w, &unit), fault.message, err);
  } else if (status != BS_ERR_PROTOCOL) {
    bs_error_set(err, status, "%s", fault.message);
  } else {
    status = BS_OK;
  }
  bs_unit_result_free(&result);
  return status == BS_OK ? bs_handout_feed(c, w, err) : status;
}

bs_status bs_handout_take_failed(bs_coordinator *c, size_t w, const bs_text *message,
                                 bs_error *err) {
  bs_attempt attempt;
  bs_status status = bs_decode_failed(message, &attempt, err);
  bs_job *job = status == BS_OK ? take_job(c, w, &attempt.unit) : NULL;
  if (job != NULL && attempt.fault != BS_FAULT_OF_UNIT) {
    bool is_task = attempt.fault == BS_FAULT_OF_TASK;
    bs_input input = {.is_task = is_task, .number = is_task ? job->unit.task : job->unit.model};
    status = bs_inputs_take_fault(c, w, input, attempt.reason, err);
    bs_jobs_give_back(c->jobs, job);
  } else if (job != NULL && attempt.tried) {
    status = attempt_failed(c, w, job, attempt.reason, err);
  } else if (job != NULL) {
    bs_jobs_give_back(c->jobs, job);
  }
  return status == BS_OK ? bs_handout_feed(c, w, err) : status;
}
