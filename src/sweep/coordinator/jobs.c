/* Units that are left, handed out, tried again and given up. */
#include "sweep/coordinator/jobs_internal.h"

#include <stdint.h>
#include <stdlib.h>

#include "base/memory_internal.h"
#include "sweep/coordinator/scheduler_internal.h"

/* What the parts of a unit share. */
typedef struct bs_job_root {
  uint32_t examples_left;
} bs_job_root;

/* First in, first out. */
typedef struct line {
  bs_job *first, *last;
} line;

typedef struct model_state {
  bool works, given_up;
  size_t n_units_failed, n_attempts_failed;
  char *reason; /* of its last failure */
} model_state;

struct bs_jobs {
  bs_scheduler *scheduler;
  line again;    /* whole units */
  line parts;    /* of units that failed as a whole; after all else */
  line given_up; /* to be taken note of */
  model_state *models;
  size_t n_models, n_tasks, n_workers;
  bool **barred;  /* [n_workers] of [n_models + n_tasks]; NULL: none */
  bool *left_out; /* [n_models + n_tasks] */
};

static size_t place_of(const bs_jobs *jobs, bs_input input) {
  return input.is_task ? jobs->n_models + input.number : input.number;
}

static bool is_barred(const bs_jobs *jobs, size_t worker, const bs_unit *unit) {
  const bool *barred = jobs->barred[worker];
  return barred != NULL && (barred[unit->model] || barred[jobs->n_models + unit->task]);
}

static bool is_left_out(const bs_jobs *jobs, const bs_unit *unit) {
  return jobs->left_out[unit->model] || jobs->left_out[jobs->n_models + unit->task];
}

bs_status bs_jobs_new(bs_jobs **out, const bs_unit *units, size_t n_units, size_t n_models,
                      size_t n_workers, bs_error *err) {
  bs_jobs *jobs = *out = bs_array_new(1, sizeof *jobs, err);
  if (jobs == NULL)
    return BS_ERR_MEMORY;
  jobs->n_models = n_models;
  jobs->n_workers = n_workers;
  for (size_t i = 0; i < n_units; i++)
    if (units[i].task >= jobs->n_tasks)
      jobs->n_tasks = (size_t)units[i].task + 1;
  jobs->models = bs_array_new(n_models, sizeof *jobs->models, err);
  jobs->barred = bs_array_new(n_workers, sizeof *jobs->barred, err);
  jobs->left_out = bs_array_new(n_models + jobs->n_tasks, sizeof *jobs->left_out, err);
  bs_status status = jobs->models == NULL || jobs->barred == NULL || jobs->left_out == NULL
                         ? BS_ERR_MEMORY
                         : BS_OK;
  if (status == BS_OK)
    status = bs_scheduler_new(&jobs->scheduler, units, n_units, n_models, n_workers, err);
  if (status != BS_OK)
    bs_jobs_free(out);
  return status;
}

static void push(line *l, bs_job *job) {
  job->next = NULL;
  if (l->first == NULL)
    l->first = job;
  else
    l->last->next = job;
  l->last = job;
}

static bs_job *pop(line *l) {
  bs_job *job = l->first;
  if (job != NULL)
    l->first = job->next;
  return job;
}

/* The first one that the worker may have, and that did not fail on it unless nobody else could take
   it. */
static bs_job *pop_for(const bs_jobs *jobs, line *l, size_t worker, bool others) {
  bs_job *before = NULL;
  for (bs_job *job = l->first; job != NULL; before = job, job = job->next) {
    if ((others && job->last_worker == worker) || is_barred(jobs, worker, &job->unit))
      continue;
    if (before == NULL)
      return pop(l);
    before->next = job->next;
    if (l->last == job)
      l->last = before;
    return job;
  }
  return NULL;
}

static void free_job(bs_job *job) {
  free(job->reason);
  free(job);
}

static void free_line(bs_jobs *jobs, line *l) {
  for (bs_job *job; (job = pop(l)) != NULL;)
    bs_jobs_close(jobs, job, false);
}

void bs_jobs_free(bs_jobs **handle) {
  bs_jobs *jobs = *handle;
  if (jobs == NULL)
    return;
  free_line(jobs, &jobs->again);
  free_line(jobs, &jobs->parts);
  free_line(jobs, &jobs->given_up);
  for (size_t m = 0; jobs->models != NULL && m < jobs->n_models; m++)
    free(jobs->models[m].reason);
  for (size_t w = 0; jobs->barred != NULL && w < jobs->n_workers; w++)
    free(jobs->barred[w]);
  free(jobs->barred);
  free(jobs->left_out);
  free(jobs->models);
  bs_scheduler_free(&jobs->scheduler);
  free(jobs);
  *handle = NULL;
}

void bs_jobs_model_works(bs_jobs *jobs, uint32_t model) { jobs->models[model].works = true; }

static bs_job *new_job(const bs_unit *unit, bs_job_root *root, bool is_part, bs_error *err) {
  bs_job *job = bs_array_new(1, sizeof *job, err);
  if (job != NULL)
    *job = (bs_job){.unit = *unit, .last_worker = SIZE_MAX, .is_part = is_part, .root = root};
  return job;
}

static bs_status new_whole_job(const bs_unit *unit, bs_job **job, bs_error *err) {
  bs_job_root *root = bs_array_new(1, sizeof *root, err);
  *job = root == NULL ? NULL : new_job(unit, root, false, err);
  if (*job == NULL) {
    free(root);
    return BS_ERR_MEMORY;
  }
  root->examples_left = unit->n;
  return BS_OK;
}

static bs_status set_reason(char **to, const char *reason, bs_error *err) {
  char *copy = bs_string_copy(reason, err);
  if (copy == NULL)
    return BS_ERR_MEMORY;
  free(*to);
  *to = copy;
  return BS_OK;
}

static bs_status give_up(bs_jobs *jobs, bs_job *job, const char *reason, bs_error *err) {
  bs_status status = job->reason == reason ? BS_OK : set_reason(&job->reason, reason, err);
  push(&jobs->given_up, job);
  return status;
}

static void leave_out(bs_jobs *jobs, bs_job *job) {
  job->is_left_out = true;
  push(&jobs->given_up, job);
}

/* A job that waited or comes from the scheduler, of a model that has been given up meanwhile. */
static bs_status drop_hopeless(bs_jobs *jobs, bs_job **job, bs_error *err) {
  model_state *model = &jobs->models[(*job)->unit.model];
  bs_job *hopeless = *job;
  if (is_left_out(jobs, &hopeless->unit)) {
    *job = NULL;
    leave_out(jobs, hopeless);
    return BS_OK;
  }
  if (!model->given_up)
    return BS_OK;
  *job = NULL;
  return give_up(jobs, hopeless, model->reason, err);
}

static bs_job *take_returned(line *l, bs_jobs *jobs, size_t worker, bool others, bs_status *status,
                             bs_error *err) {
  bs_job *job = NULL;
  while (*status == BS_OK && job == NULL && (job = pop_for(jobs, l, worker, others)) != NULL)
    *status = drop_hopeless(jobs, &job, err);
  return job;
}

bs_status bs_jobs_next(bs_jobs *jobs, size_t worker, bool others, bs_job **job, bs_error *err) {
  bs_status status = BS_OK;
  const bs_unit *unit;
  *job = take_returned(&jobs->again, jobs, worker, others, &status, err);
  while (status == BS_OK && *job == NULL &&
         (unit = bs_scheduler_next(jobs->scheduler, worker)) != NULL) {
    status = new_whole_job(unit, job, err);
    if (status == BS_OK)
      status = drop_hopeless(jobs, job, err);
    if (status == BS_OK && *job != NULL && is_barred(jobs, worker, unit)) {
      push(&jobs->again, *job); /* others can open its task */
      *job = NULL;
    }
  }
  if (status == BS_OK && *job == NULL)
    *job = take_returned(&jobs->parts, jobs, worker, others, &status, err);
  return status;
}

void bs_jobs_give_back(bs_jobs *jobs, bs_job *job) {
  if (is_left_out(jobs, &job->unit))
    leave_out(jobs, job);
  else
    push(job->is_part ? &jobs->parts : &jobs->again, job);
}

/* Puts both halves among the parts. */
static bs_status split(bs_jobs *jobs, bs_job *job, bs_error *err) {
  bs_unit low = job->unit, high = job->unit;
  low.n = job->unit.n / 2;
  high.n = job->unit.n - low.n;
  high.first += low.n;
  low.cost = job->unit.cost * low.n / job->unit.n;
  high.cost = job->unit.cost - low.cost;
  bs_job *other = new_job(&high, job->root, true, err);
  if (other == NULL) {
    push(&jobs->parts, job);
    return BS_ERR_MEMORY;
  }
  job->unit = low;
  job->is_part = true;
  job->attempts = 0;
  other->last_worker = job->last_worker;
  push(&jobs->parts, job);
  push(&jobs->parts, other);
  return BS_OK;
}

bs_status bs_jobs_failed(bs_jobs *jobs, bs_job *job, size_t worker, const char *reason,
                         bs_error *err) {
  model_state *model = &jobs->models[job->unit.model];
  bs_status status = set_reason(&job->reason, reason, err);
  if (status == BS_OK)
    status = set_reason(&model->reason, reason, err);
  job->attempts++;
  job->last_worker = worker;
  model->n_attempts_failed++;
  uint32_t most = job->unit.n == 1 ? BS_EXAMPLE_ATTEMPTS : job->is_part ? 1 : BS_UNIT_ATTEMPTS;
  if (status != BS_OK || job->attempts < most || is_left_out(jobs, &job->unit)) {
    bs_jobs_give_back(jobs, job);
    return status;
  }
  if (!job->is_part)
    model->n_units_failed++;
  if (!model->works &&
      (model->n_units_failed >= BS_MODEL_UNITS || model->n_attempts_failed >= BS_MODEL_ATTEMPTS))
    model->given_up = true;
  if (model->given_up || job->unit.n == 1)
    return give_up(jobs, job, job->reason, err);
  return split(jobs, job, err);
}

bs_status bs_jobs_bar(bs_jobs *jobs, size_t worker, bs_input input, bs_error *err) {
  bool **barred = &jobs->barred[worker];
  if (*barred == NULL &&
      (*barred = bs_array_new(jobs->n_models + jobs->n_tasks, sizeof **barred, err)) == NULL)
    return BS_ERR_MEMORY;
  (*barred)[place_of(jobs, input)] = true;
  return input.is_task ? BS_OK : bs_scheduler_bar(jobs->scheduler, worker, input.number, err);
}

bool bs_jobs_are_barred(const bs_jobs *jobs, size_t worker, bs_input input) {
  return jobs->barred[worker] != NULL && jobs->barred[worker][place_of(jobs, input)];
}

bool bs_jobs_have_left_out(const bs_jobs *jobs, bs_input input) {
  return jobs->left_out[place_of(jobs, input)];
}

static void leave_out_waiting(bs_jobs *jobs, line *l) {
  line kept = {0};
  for (bs_job *job; (job = pop(l)) != NULL;)
    if (is_left_out(jobs, &job->unit))
      leave_out(jobs, job);
    else
      push(&kept, job);
  *l = kept;
}

/* Nobody will ask for the units of a model that the scheduler still has; those of a task come when
   their models do. */
bs_status bs_jobs_leave_out(bs_jobs *jobs, bs_input input, bs_error *err) {
  const bs_unit *unit;
  bs_status status = BS_OK;
  jobs->left_out[place_of(jobs, input)] = true;
  leave_out_waiting(jobs, &jobs->again);
  leave_out_waiting(jobs, &jobs->parts);
  while (status == BS_OK && !input.is_task &&
         (unit = bs_scheduler_drop(jobs->scheduler, input.number)) != NULL) {
    bs_job *job;
    status = new_whole_job(unit, &job, err);
    if (status == BS_OK)
      leave_out(jobs, job);
  }
  return status;
}

bs_status bs_jobs_give_up_waiting(bs_jobs *jobs, const char *reason, bs_error *err) {
  bs_status status = BS_OK;
  line *const lines[] = {&jobs->again, &jobs->parts};
  for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
    for (bs_job *job; status == BS_OK && (job = pop(lines[i])) != NULL;)
      status = give_up(jobs, job, reason, err);
  return status;
}

bs_job *bs_jobs_given_up(bs_jobs *jobs) { return pop(&jobs->given_up); }

bool bs_jobs_close(bs_jobs *jobs, bs_job *job, bool done) {
  if (done) {
    jobs->models[job->unit.model].works = true;
    jobs->models[job->unit.model].given_up = false;
  }
  job->root->examples_left -= job->unit.n;
  bool is_last = job->root->examples_left == 0;
  if (is_last)
    free(job->root);
  free_job(job);
  return is_last;
}

size_t bs_jobs_n_fresh(const bs_jobs *jobs) { return bs_scheduler_n_left(jobs->scheduler); }

bool bs_jobs_have_plenty(const bs_jobs *jobs, size_t worker) {
  return bs_scheduler_has_plenty(jobs->scheduler, worker);
}

bs_status bs_jobs_split(bs_jobs *jobs, const bs_plan *plan, bs_error *err) {
  return bs_scheduler_split_for_plan(jobs->scheduler, plan, err);
}

void bs_jobs_place(bs_jobs *jobs, size_t worker, size_t node) {
  bs_scheduler_place(jobs->scheduler, worker, node);
}

void bs_jobs_learn(bs_jobs *jobs, size_t worker, const bs_unit *unit, double seconds) {
  bs_scheduler_learn(jobs->scheduler, worker, unit, seconds);
}

void bs_jobs_lose(bs_jobs *jobs, size_t worker) { bs_scheduler_lose(jobs->scheduler, worker); }

bool bs_jobs_have_returned(const bs_jobs *jobs) {
  return jobs->again.first != NULL || jobs->parts.first != NULL;
}
