/* How fast models and workers are, learnt from finished units. A worker's speed is told by the
   models' own rates, so that one that does small models all day is not thought slow. */
#ifndef BIGSWEEP_SWEEP_COORDINATOR_SPEEDS_INTERNAL_H
#define BIGSWEEP_SWEEP_COORDINATOR_SPEEDS_INTERNAL_H

#include "bigsweep/error.h"
#include "bigsweep/sweep.h"

typedef struct bs_speeds bs_speeds;

bs_status bs_speeds_new(bs_speeds **out, size_t n_models, size_t n_workers, bs_error *err);
void bs_speeds_free(bs_speeds **speeds);

/* A worker has done a unit in so many seconds, loading not among them. */
void bs_speeds_learn(bs_speeds *speeds, size_t worker, const bs_unit *unit, double seconds);
/* The worker is gone. */
void bs_speeds_lose(bs_speeds *speeds, size_t worker);

/* Of a worker, by the mean of all; 1 while nothing is known. */
double bs_speeds_of_worker(const bs_speeds *speeds, size_t worker);
/* Cost that a worker does in a second with a model, on average; of a model of which nothing has
   been done that of all; 0: nothing is known. */
double bs_speeds_of_model(const bs_speeds *speeds, size_t model);
/* Workers of which something is known. */
size_t bs_speeds_n_known(const bs_speeds *speeds);

#endif
