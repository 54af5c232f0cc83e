/* What is left to do: units handed out, tried again elsewhere, split, given up. Knows no clock, no
   messages and no files.

   A unit that fails is tried again, on another worker where there is one. One that fails again is
   put aside until no fresh unit is left, and then tried in halves, and halves of halves, so that a
   single example that cannot be scored does not take its neighbours along; an example that fails
   alone three times is given up. A model of which nothing has ever come, although several units or
   many attempts have failed, is given up as a whole.

   A worker that cannot open a model or a task gets no more units of it; one that no worker can open
   is left out: what is left of it comes back as a few jobs that nobody has tried. */
#ifndef BIGSWEEP_SWEEP_COORDINATOR_JOBS_INTERNAL_H
#define BIGSWEEP_SWEEP_COORDINATOR_JOBS_INTERNAL_H

#include <stdbool.h>

#include "bigsweep/sweep.h"

enum {
  BS_UNIT_ATTEMPTS = 2,    /* of a unit as a whole */
  BS_EXAMPLE_ATTEMPTS = 3, /* of an example alone */
  BS_MODEL_UNITS = 3,      /* that failed as a whole, with nothing done: the model is given up */
  BS_MODEL_ATTEMPTS = 24   /* the same in attempts of units and their parts */
};

typedef struct bs_jobs bs_jobs;

/* A unit, or a part of one, in somebody's hands. */
typedef struct bs_job {
  bs_unit unit;
  uint32_t attempts;  /* that failed */
  size_t last_worker; /* where the last one did; SIZE_MAX: none */
  bool is_part;
  bool is_left_out; /* in bs_jobs_given_up: no failure of its own, but of its model or task */
  char *reason;     /* of the last failure, or NULL */
  struct bs_job_root *root;
  struct bs_job *next;
} bs_job;

/* units[n] are borrowed until bs_jobs_free; n_workers are numbered from 0. */
bs_status bs_jobs_new(bs_jobs **out, const bs_unit *units, size_t n_units, size_t n_models,
                      size_t n_workers, bs_error *err);
void bs_jobs_free(bs_jobs **jobs);

/* Something of the model has been done before. */
void bs_jobs_model_works(bs_jobs *jobs, uint32_t model);

/* The next job for a worker, *job NULL when there is none for it now. `others`: other workers are
   there, who shall have what failed on this one. */
bs_status bs_jobs_next(bs_jobs *jobs, size_t worker, bool others, bs_job **job, bs_error *err);

/* A job comes back untried, its worker lost. */
void bs_jobs_give_back(bs_jobs *jobs, bs_job *job);

/* An attempt failed. */
bs_status bs_jobs_failed(bs_jobs *jobs, bs_job *job, size_t worker, const char *reason,
                         bs_error *err);

/* A model or a task. */
typedef struct bs_input {
  bool is_task;
  uint32_t number;
} bs_input;

/* The worker cannot do anything with it. */
bs_status bs_jobs_bar(bs_jobs *jobs, size_t worker, bs_input input, bs_error *err);
bool bs_jobs_are_barred(const bs_jobs *jobs, size_t worker, bs_input input);
/* Nobody can: nothing of it is handed out any more, and what is left of it is given up, now or as
   it turns up. */
bs_status bs_jobs_leave_out(bs_jobs *jobs, bs_input input, bs_error *err);
bool bs_jobs_have_left_out(const bs_jobs *jobs, bs_input input);
/* No worker may have any of the jobs that came back. */
bs_status bs_jobs_give_up_waiting(bs_jobs *jobs, const char *reason, bs_error *err);

/* The next job that is given up, with its reason, or NULL. To be closed. */
bs_job *bs_jobs_given_up(bs_jobs *jobs);

/* Ends a job that is done or given up and frees it; true when it was the last part of its unit. */
bool bs_jobs_close(bs_jobs *jobs, bs_job *job, bool done);

/* Before the first job: units may be handed out in pieces, and a worker may get none although some
   are left, when others will have done them before it has loaded their model. */
bs_status bs_jobs_split(bs_jobs *jobs, const bs_plan *plan, bs_error *err);

/* As bs_scheduler_place and bs_scheduler_learn. */
void bs_jobs_place(bs_jobs *jobs, size_t worker, size_t node);
void bs_jobs_learn(bs_jobs *jobs, size_t worker, const bs_unit *unit, double seconds);

/* A worker is lost, or gets nothing more: it stands for no model. Workers without a job should be
   asked for again. */
void bs_jobs_lose(bs_jobs *jobs, size_t worker);

/* Units that the scheduler has not handed out, at least. */
size_t bs_jobs_n_fresh(const bs_jobs *jobs);

/* So much is left that a job may wait behind another in this worker's hands. */
bool bs_jobs_have_plenty(const bs_jobs *jobs, size_t worker);

/* Whether jobs wait that came back. */
bool bs_jobs_have_returned(const bs_jobs *jobs);

#endif
