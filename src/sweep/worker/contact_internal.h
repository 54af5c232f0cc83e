/* A worker rank: supervises an engine process at rank 0's bidding. */
#ifndef BIGSWEEP_SWEEP_WORKER_CONTACT_INTERNAL_H
#define BIGSWEEP_SWEEP_WORKER_CONTACT_INTERNAL_H

#include "sweep/limits_internal.h"
#include "sweep/protocol/transport_internal.h"
#include "sweep/threads_internal.h"

/* Works until rank 0 says stop, or has been silent for limits->silence_seconds (BS_ERR_IO).
   `program` has the command of engine processes, which compute with threads->n_threads (0: OpenMP's
   default). *all_here: no rank is missing at the end. */
bs_status bs_work_for_rank_0(bs_transport *transport, const char *program,
                             const bs_threads *threads, const bs_limits *limits, bool *all_here,
                             bs_error *err);

#endif
