/* The coordinator: hands out units, gathers results, commits them. A state machine over messages;
   how they travel and what time it is comes from outside. */
#ifndef BIGSWEEP_SWEEP_COORDINATOR_COORDINATOR_INTERNAL_H
#define BIGSWEEP_SWEEP_COORDINATOR_COORDINATOR_INTERNAL_H

#include "bigsweep/buffer.h"
#include "bigsweep/sweep.h"
#include "sweep/limits_internal.h"

typedef struct bs_coordinator bs_coordinator;

/* Sends a message to a worker (numbered from 0). */
typedef bs_status (*bs_send)(void *user, size_t worker, const bs_text *message, bs_error *err);

typedef struct bs_coordinator_options {
  bs_limits limits;
  /* The instruction set of all workers; NULL: the best that all have. Borrowed. A name, since it is
     compared with what a results file says and with what ranks of other machines have. */
  const char *isa;
  bs_notice notice;                        /* (optional) told of failed attempts and lost workers */
  bs_analysis_progress *analysis_progress; /* (optional) see bs_coordinator_finish */
  void *notice_user;                       /* of both */
  /* A run that is thought through: nothing is read or written, and a result without rows stands for
     all examples of its unit. */
  bool is_rehearsal;
} bs_coordinator_options;

/* Takes over what an earlier run left at `output`. `options` (optional) are copied, all else is
   borrowed until bs_coordinator_free. A message that cannot be sent is no error: the worker's lease
   decides. */
bs_status bs_coordinator_new(bs_coordinator **out, const bs_plan *plan, const char *output,
                             size_t n_workers, bs_send send, void *user,
                             const bs_coordinator_options *options, bs_error *err);
void bs_coordinator_free(bs_coordinator **coordinator);

/* Handles a worker's message at the time `now` (seconds of a steady clock). */
bs_status bs_coordinator_handle(bs_coordinator *coordinator, size_t worker, const bs_text *message,
                                double now, bs_error *err);

/* To be called now and then: commits finished work that has waited long enough, takes the work of
   workers whose lease is over, sends signs of life. */
bs_status bs_coordinator_tick(bs_coordinator *coordinator, double now, bs_error *err);

/* Commits, hands out nothing more, and waits until `deadline` for what is in the workers' hands.
   May be called again with an earlier deadline. */
bs_status bs_coordinator_stop(bs_coordinator *coordinator, double deadline, double now,
                              bs_error *err);

/* Every worker has been told to stop. */
bool bs_coordinator_is_over(const bs_coordinator *coordinator);
/* A worker that is not there, so that nothing can be expected of it. */
bool bs_coordinator_has_lost(const bs_coordinator *coordinator, size_t worker);

/* Fills finished, n_bad_inputs, n_failed, examples_reused, progress. */
void bs_coordinator_summary(const bs_coordinator *coordinator, double now,
                            bs_sweep_summary *summary);

/* How far a model of the plan is. */
typedef struct bs_model_progress {
  const char *name;
  uint64_t examples_total, examples_done, examples_failed;
  bs_prompt_counts prompts; /* of those done */
  bool is_running;
} bs_model_progress;
void bs_coordinator_model_progress(const bs_coordinator *coordinator, size_t model,
                                   bs_model_progress *progress);

/* After the end: commits what is left and, when the sweep is finished, writes the results file with
   its statistics and removes the parts. */
bs_status bs_coordinator_finish(bs_coordinator *coordinator, bs_error *err);
/* After a finish that wrote the results file: what was written, the caller's from now on. Nothing
   but bs_coordinator_free may follow. */
void bs_coordinator_take_results(bs_coordinator *coordinator, bs_sweep_results *results);

#endif
