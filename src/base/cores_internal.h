/* The processor cores that this process may use. */
#ifndef BIGSWEEP_BASE_CORES_INTERNAL_H
#define BIGSWEEP_BASE_CORES_INTERNAL_H

#include "base/control_groups_internal.h"

#include "bigsweep/helpers.h"

/* 16,384 cores: twice what Linux is built for. */
enum { BS_CORES_WORDS = 256 };

/* Plain bytes, so that the ranks of a node can tell each other. */
typedef struct bs_cores {
  uint64_t allowed[BS_CORES_WORDS]; /* a bit each: the scheduler may run this process there */
  double quota;      /* cores' worth of time that the control groups allow; INFINITY: no limit */
  uint64_t group[2]; /* which one has the limit: those that share it have the same numbers */
} bs_cores;

/* `sources` NULL: the system's. */
void bs_cores_read(bs_cores *out, const bs_group_sources *sources);

/* How many there are; 0 where it cannot be told. */
int bs_cores_count(const bs_cores *cores);

/* Cores that the calling thread would be allowed, were it bound to none: what the system gives this
   job. 0 where it cannot be told. */
int bs_cores_unbound(void);

/* Whether the environment says how many threads OpenMP shall start (OMP_NUM_THREADS). */
bool bs_threads_are_given(void);

#endif
