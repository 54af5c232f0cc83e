/* What the parts of the coordinator share. Each calls only those beneath it:
   coordinator.c (its life: messages, time), workforce.c (its workers), handout.c (what they have in
   their hands), inputs.c (what they cannot open), common_isa.c, records.c (what is kept), voice.c.
 */
#ifndef BIGSWEEP_SWEEP_COORDINATOR_COORDINATOR_STATE_INTERNAL_H
#define BIGSWEEP_SWEEP_COORDINATOR_COORDINATOR_STATE_INTERNAL_H

#include "base/interner_internal.h"
#include "sweep/coordinator/collect_internal.h"
#include "sweep/coordinator/coordinator_internal.h"
#include "sweep/coordinator/jobs_internal.h"
#include "sweep/protocol/messages_internal.h"

typedef enum worker_state { AWAITED, PRESENT, LOST, STOPPED } worker_state;

/* A worker has one unit at work and the next one waiting. */
enum { JOBS_AHEAD = 2 };

/* Tables that grow with the work: examples, skipped ones, the rows of /run. */
enum { N_KEPT = 3 };

typedef struct worker {
  worker_state state;
  bool has_setup;
  char *host; /* NULL: has not said hello */
  char *isas;
  size_t node;                               /* the number of the first worker that was met there */
  uint32_t n_threads, n_cores, n_node_cores; /* as in bs_hello */
  uint64_t memory_bytes;
  double last_heard;
  bs_job *jobs[JOBS_AHEAD]; /* in the order in which they were given */
  size_t n_jobs;
  size_t n_failed_in_a_row;
  bool is_benched; /* everything fails on it: gets nothing more while others are there */
} worker;

typedef struct model_count {
  uint64_t total, done, failed;
  bs_prompt_counts prompts;
  size_t n_in_hands;
  double slowest_rate; /* cost per second of the slowest unit; 0: not known */
} model_count;

struct bs_coordinator {
  const bs_plan *plan;
  const char *output;
  bs_send send;
  void *user;
  bs_coordinator_options options;
  worker *workers;
  bs_interner host_names;
  size_t *first_of_host; /* [n_workers] the first worker met at the host of that number */
  size_t n_workers, n_present, n_lost, n_benched, n_in_hands;
  char *chosen_isa;    /* that all workers compute with; NULL: not chosen yet */
  bool isa_is_earlier; /* it is that of the results that are there */
  char *
      *input_faults; /* [models, then tasks of the plan] why a worker could not open it, or NULL */
  bs_unit *units;    /* left to do at the start */
  size_t n_units;
  bs_jobs *jobs;
  model_count *models;
  bs_tables *all;             /* every row so far, with those of /run */
  size_t n_committed[N_KEPT]; /* of the rows of each table that grows: the rest waits */
  bs_analysis *analysis;      /* of a finished sweep; else NULL */
  bs_text protocol;
  char created[32];
  bs_provenance provenance;
  bs_text message; /* scratch for sending */
  double born, started, last_tick, last_beat, last_lease_check, deadline;
  double first_uncommitted;
  size_t n_failed, n_left_out, n_notices;
  uint64_t examples_reused;
  bs_progress progress;
  bool ticked, begun, stopping, over;
  bool is_stuck; /* nothing is in anybody's hands although jobs wait */
  bool ask_idle; /* a model has fewer workers than before: those without work may be wanted */
};

/* records.c: what is kept. */

/* Everything that depends on the plan and on what an earlier run left at the output. */
bs_status bs_records_new(bs_coordinator *c, bs_error *err);
void bs_records_set_provenance(bs_coordinator *c);
/* Appends a row of /run that waits for its commit from `now` on. */
bs_status bs_records_add_run(bs_coordinator *c, const bs_run_row *row, double now, bs_error *err);
/* Rows and failures of a unit that a worker has done. */
bs_status bs_records_keep(bs_coordinator *c, size_t w, const bs_unit_result *result,
                          uint32_t attempts, double now, bs_error *err);
/* Whether rows wait for their commit: the tail of each table. */
bool bs_records_wait(const bs_coordinator *c);
bs_status bs_records_commit(bs_coordinator *c, bs_error *err);
/* Nothing is left to do. */
bool bs_records_are_whole(const bs_coordinator *c);

/* common_isa.c: the instruction set of all. */

/* The rest has to be computed with the instruction set of what is there. */
bs_status bs_common_isa_keep(bs_coordinator *c, const char *earlier, bs_error *err);
/* That of the results that are there, or the one asked for; else the best that all workers have. */
bs_status bs_common_isa_choose(bs_coordinator *c, bs_error *err);
/* Whether a worker has the chosen one. */
bool bs_common_isa_has(const bs_coordinator *c, size_t w);

/* workforce.c: who is there. */

bs_status bs_workforce_take_hello(bs_coordinator *c, size_t w, const bs_text *message, double now,
                                  bs_error *err);
/* A worker that was lost, or late, is here. What it may have is no longer its own. */
bs_status bs_workforce_take_back(bs_coordinator *c, size_t w, bs_error *err);
/* What a lost worker had goes to others. */
bs_status bs_workforce_lose(bs_coordinator *c, size_t w, const char *why, bs_error *err);
/* Workers that were silent for too long are lost. */
bs_status bs_workforce_check_leases(bs_coordinator *c, double now, bs_error *err);
/* A sign of life to every worker, when it is time. */
bs_status bs_workforce_beat(bs_coordinator *c, double now, bs_error *err);

/* voice.c: what is said. */

void bs_coordinator_notice(bs_coordinator *c, const char *message);
const char *bs_coordinator_host_of(const bs_coordinator *c, size_t w);
/* Sends c->message. A worker that cannot be reached is found lost when its lease is over. */
void bs_coordinator_send(bs_coordinator *c, size_t w);

/* handout.c: who has which unit. */

/* Gives a worker up to `n` units in all. */
bs_status bs_handout_give(bs_coordinator *c, size_t w, size_t n, bs_error *err);
/* ... as many as it should have now. */
bs_status bs_handout_feed(bs_coordinator *c, size_t w, bs_error *err);
/* Takes everything out of a worker's hands; the jobs are still in its list. */
void bs_handout_take_all(bs_coordinator *c, size_t w);
/* A worker's answers to a unit: done, or come to nothing. */
bs_status bs_handout_take_result(bs_coordinator *c, size_t w, const bs_text *message, double now,
                                 bs_error *err);
bs_status bs_handout_take_failed(bs_coordinator *c, size_t w, const bs_text *message,
                                 bs_error *err);
/* Brings everything up to date after something has happened; stops the workers at the end. */
bs_status bs_handout_settle(bs_coordinator *c, double now, bs_error *err);
/* Workers that may be given work. */
size_t bs_handout_n_able(const bs_coordinator *c);
/* Lets a worker on which everything failed have work again. */
void bs_handout_unbench(bs_coordinator *c, size_t w);

/* inputs.c: what cannot be opened. */

/* A worker cannot open a model or a task. */
bs_status bs_inputs_take_fault(bs_coordinator *c, size_t w, bs_input input, const char *reason,
                               bs_error *err);
/* Fewer workers can be given work than before: leaves out what none of them can open. */
bs_status bs_inputs_check(bs_coordinator *c, bs_error *err);
/* At the start: leaves out models that no worker has the memory for. */
bs_status bs_inputs_check_memory(bs_coordinator *c, bs_error *err);
#endif
