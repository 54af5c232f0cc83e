/* Which unit a worker gets next. Knows no clock, no MPI and no files. A decision takes time that
   grows with the number of models, not with that of units or workers. */
#ifndef BIGSWEEP_SWEEP_COORDINATOR_SCHEDULER_INTERNAL_H
#define BIGSWEEP_SWEEP_COORDINATOR_SCHEDULER_INTERNAL_H

#include "bigsweep/sweep.h"

typedef struct bs_scheduler bs_scheduler;

/* units[n] are borrowed until bs_scheduler_free; n_workers are numbered from 0. Units are handed
   out as they are given, and loading a model is thought to be free, unless bs_scheduler_split says
   otherwise. */
bs_status bs_scheduler_new(bs_scheduler **out, const bs_unit *units, size_t n_units,
                           size_t n_models, size_t n_workers, bs_error *err);
void bs_scheduler_free(bs_scheduler **scheduler);

/* How units may be cut; costs in the measure of the units' cost. */
typedef struct bs_scheduler_limits {
  double largest_cost;           /* of a piece: bounds what a lost one costs; 0: none */
  const double *smallest_costs;  /* [n_models] of a piece, which has at least one example */
  const double *load_costs;      /* [n_models] of loading a model */
  const double *warm_load_costs; /* [n_models] where its files are in the node's memory; NULL: the
                                    same */
} bs_scheduler_limits;

/* Before the first unit is handed out: units are from now on handed out in pieces, which get
   smaller towards the end so that all workers finish together; their number is not known beforehand
   (count examples or cost). A worker that holds another model is not sent to one where loading
   would cost more than what it could still do. The limits are copied. */
void bs_scheduler_split(bs_scheduler *scheduler, const bs_scheduler_limits *limits);

/* Before the first unit is handed out: the node that a worker is on (numbered below n_workers).
   Without this every worker has one of its own. A model that somebody on the node has loaded is
   loaded at limits->warm_load_costs. */
void bs_scheduler_place(bs_scheduler *scheduler, size_t worker, size_t node);

/* bs_scheduler_split with the limits of the plan's models. */
bs_status bs_scheduler_split_for_plan(bs_scheduler *scheduler, const bs_plan *plan, bs_error *err);

/* The next unit for a worker, or NULL when there is none for it: all are handed out, or other
   workers will have done what is left before this one has loaded the model. A worker without work
   should be kept and asked for again after bs_scheduler_lose: a model may be nobody's then. The
   unit is valid until bs_scheduler_free. A worker stays with the model it holds while that has
   units; else it gets the one that would be finished last. */
const bs_unit *bs_scheduler_next(bs_scheduler *scheduler, size_t worker);

/* The worker cannot do anything with a model: it gets no units of it from now on. */
bs_status bs_scheduler_bar(bs_scheduler *scheduler, size_t worker, size_t model, bs_error *err);

/* What is left of a model, a unit at a time, for nobody: it will not be done. NULL at the end. */
const bs_unit *bs_scheduler_drop(bs_scheduler *scheduler, size_t model);

/* A worker has done a unit in so many seconds, loading not among them. One that turns out slow gets
   smaller pieces, and near the end none that others would have done sooner. */
void bs_scheduler_learn(bs_scheduler *scheduler, size_t worker, const bs_unit *unit,
                        double seconds);

/* The worker is gone, or its engine is and with it the model that it held: it counts for no model
   until it asks for a unit again. Its unit in flight is the caller's to hand out again. */
void bs_scheduler_lose(bs_scheduler *scheduler, size_t worker);

/* Enough work remains to give this worker a second unit in advance. At the end it should
   not, since a worker without work could have it. */
bool bs_scheduler_has_plenty(const bs_scheduler *scheduler, size_t worker);

/* Units that are left, cut ones among them: at least so many will be handed out. 0: all are. */
size_t bs_scheduler_n_left(const bs_scheduler *scheduler);

#endif
