/* A worker as the coordinator sees it: runs its units in an engine process, which it starts, feeds,
   watches and replaces. */
#ifndef BIGSWEEP_SWEEP_WORKER_SUPERVISOR_INTERNAL_H
#define BIGSWEEP_SWEEP_WORKER_SUPERVISOR_INTERNAL_H

#include "bigsweep/buffer.h"
#include "bigsweep/error.h"
#include "sweep/limits_internal.h"
#include "sweep/protocol/messages_internal.h"

typedef struct bs_supervisor bs_supervisor;

/* `program`: started as `program engine-process PARENT THREADS`; borrowed. `default_threads` are
   used where the setup does not say how many; 0: OpenMP's default. */
bs_status bs_supervisor_new(bs_supervisor **out, const char *program, int default_threads,
                            const bs_limits *limits, bs_error *err);
/* Ends the engine at once. */
void bs_supervisor_free(bs_supervisor **supervisor);

/* Takes a message of the coordinator. `stop` is set by the last one, which ends the engine. */
bs_status bs_supervisor_handle(bs_supervisor *supervisor, const bs_text *message, bool *stop,
                               bs_error *err);

/* The next message for the coordinator, waiting at most timeout_seconds for one; empty: none. */
bs_status bs_supervisor_next(bs_supervisor *supervisor, double timeout_seconds, bs_text *message,
                             bs_error *err);

#endif
