/* How many threads each rank of a node computes with. */
#ifndef BIGSWEEP_SWEEP_THREADS_INTERNAL_H
#define BIGSWEEP_SWEEP_THREADS_INTERNAL_H

#include "base/cores_internal.h"
#include "sweep/protocol/transport_internal.h"

/* What a rank tells the others on its node. Plain bytes. */
typedef struct bs_rank_cores {
  bs_cores cores;
  int slurm_cores; /* that Slurm gives each of its tasks (SLURM_CPUS_PER_TASK); 0: not told */
  int works;       /* 0: it coordinates, and sleeps most of the time */
} bs_rank_cores;

/* Threads of ranks[rank], at least one. A core is shared by the ranks that work and may use it, a
   quota by those that work in its control group, and what Slurm has given the node's ranks by all
   that work: so no more threads are started than there are cores, and ranks that are bound to cores
   of their own use these. */
int bs_threads_share(const bs_rank_cores *ranks, size_t n_ranks, size_t rank);

/* What comes of it for this rank and its node. */
typedef struct bs_threads {
  int n_threads;    /* of this rank; 0: as the environment says (OMP_NUM_THREADS) */
  int n_cores;      /* that the ranks of the node which work may use together */
  int n_node_cores; /* that they could use, had their launcher bound them to none; 0: not known, or
                       there is no launcher */
} bs_threads;

/* All ranks must call it (transport NULL: this process is alone). */
bs_status bs_threads_agree(bs_threads *threads, bs_transport *transport, bs_error *err);

#endif
