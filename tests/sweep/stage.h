/* A sweep of two models on two tasks that are made up without files, and workers that make up their
   results: what the tests of the coordinator share. */
#ifndef BIGSWEEP_TESTS_SWEEP_STAGE_H
#define BIGSWEEP_TESTS_SWEEP_STAGE_H

#include "sweep/coordinator/coordinator_internal.h"
#include "sweep/protocol/messages_internal.h"

enum { BOX_UNITS = 16, N_EXAMPLES = 30, MAX_WORKERS = 4, NO_FAILURE = -1 };

typedef struct world {
  bs_config config;
  uint32_t shots[2];
  bs_plan plan;
  bs_plan_model models[2];
  bs_task *tasks[2];
  bs_task_spec spec[2];
  const bs_task_spec *specs[2];
  bs_unit units[64];
} world;

void world_new(world *w);
void world_free(world *w);

/* Messages on their way to the made-up workers. */
typedef struct mailboxes {
  bs_text unit[MAX_WORKERS][BOX_UNITS]; /* the units a worker has to do, in order */
  size_t n_units[MAX_WORKERS];
  bool stopped[MAX_WORKERS];
  long failing_example; /* of every unit of task 1, or NO_FAILURE */
  double rate;          /* cost that a worker does in a second; 0: results tell no time */
  bool blames_another;  /* its failure is told of the example before it */
} mailboxes;

/* A bs_send: puts what is sent into the mailboxes `user`. */
bs_status post(void *user, size_t worker, const bs_text *message, bs_error *err);
/* Takes a worker's first unit off; false: it has none. */
bool take_unit(mailboxes *boxes, size_t worker, bs_assignment *assignment);
void free_boxes(mailboxes *boxes);

/* A result with values that depend on the identity of the examples alone. */
void answer_unit(const mailboxes *boxes, const bs_unit *unit, bs_text *answer);

/* Runs the sweep with n_workers until n_results have come in, every `pace` seconds one; the order
   of the workers depends on `seed`. Returns whether it was over; then the results file is there. */
bool drive(const world *w, const char *output, size_t n_workers, size_t n_results, double pace,
           unsigned seed, long failing_example, bs_sweep_summary *summary);

/* Both files hold the same rows. */
void check_same_results(const char *a, const char *b);

/* A coordinator with made-up workers whose clock the test moves. */
typedef struct stage {
  world w;
  mailboxes boxes;
  bs_coordinator *c;
  bs_text message;
  double now;
  size_t n_workers;
} stage;

void stage_open(stage *s, const char *name, size_t n_workers);
void stage_hello(stage *s, size_t worker);
/* A worker's messages: a unit done, an attempt that failed, a sign of life. */
void stage_done(stage *s, size_t worker, const bs_unit *unit);
void stage_crash(stage *s, size_t worker, const bs_unit *unit);
void stage_beat(stage *s, size_t worker);
/* Finishes the run and gives its content. */
void stage_finish(stage *s, const char *name, bs_tables **content);
void stage_close(stage *s);

#endif
