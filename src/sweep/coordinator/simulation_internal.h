/* A run on a virtual clock: the coordinator that runs hands out the plan's units, and its messages
   go to workers that are numbers. Deterministic: everything random comes from the seed. */
#ifndef BIGSWEEP_SWEEP_COORDINATOR_SIMULATION_INTERNAL_H
#define BIGSWEEP_SWEEP_COORDINATOR_SIMULATION_INTERNAL_H

#include "bigsweep/sweep.h"

typedef struct bs_simulation {
  size_t n_workers;
  const double *rates;        /* [n_models] of the plan: cost that a worker does in a second */
  const double *load_seconds; /* [n_models] until a worker can compute with another model */
  /* Workers of a node, which share its memory and one line to the files. 0: a model is loaded in
     load_seconds wherever it was loaded before; else files that the node has not read come over the
     line one after the other, in load_seconds - warm_load_seconds, and every worker then packs them
     in warm_load_seconds. */
  size_t workers_per_node;
  const double *warm_load_seconds; /* [n_models] where there are nodes */
  bool nodes_unknown;              /* to the coordinator */
  double noise;            /* standard deviation of the logarithm of true by estimated cost */
  size_t n_stragglers;     /* workers that are slower ... */
  double straggler_factor; /* ... by this factor */
  size_t n_deaths;         /* workers that die, spread over the first expected_seconds */
  double expected_seconds;
  double lease_seconds;   /* a worker that is silent for so long is lost */
  double latency_seconds; /* of a message */
  double service_seconds; /* that the coordinator is busy with a result and the next unit */
  /* (optional) told of every unit that is handed out */
  void (*given)(void *user, size_t worker, const bs_unit *unit);
  void *user;
  uint64_t seed;
} bs_simulation;

typedef struct bs_simulation_result {
  double seconds;         /* until the last unit was done */
  double perfect_seconds; /* the same work spread evenly over the same workers, nothing loaded */
  double efficiency;      /* work done by work that the living workers could have done meanwhile */
  double work_seconds;    /* true work of all units, at a worker's usual speed */
  double loading_share;   /* of the workers' time */
  uint64_t n_units, n_loads, n_lost;
  double results_per_second; /* mean */
  uint64_t peak_results;     /* in one second, the first one not counted */
  double coordinator_load;   /* share of the time that it was busy with results and units */
  double decision_seconds;   /* processor time of this machine for one result, measured */
} bs_simulation_result;

/* BS_ERR_INTERNAL when no worker is left before everything is done. */
bs_status bs_simulate(const bs_simulation *simulation, const bs_plan *plan,
                      bs_simulation_result *result, bs_error *err);

#endif
