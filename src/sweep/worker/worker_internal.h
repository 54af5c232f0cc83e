/* A worker: answers messages. It knows nothing of how they travel, so that it can live in the rank,
   in a process of its own, or in a test. */
#ifndef BIGSWEEP_SWEEP_WORKER_WORKER_INTERNAL_H
#define BIGSWEEP_SWEEP_WORKER_WORKER_INTERNAL_H

#include "bigsweep/buffer.h"
#include "sweep/protocol/messages_internal.h"
#include "sweep/threads_internal.h"

typedef struct bs_worker bs_worker;

/* `default_threads` are used where the setup does not say how many; 0: OpenMP's default. */
bs_status bs_worker_new(bs_worker **out, int default_threads, bs_error *err);
void bs_worker_free(bs_worker **worker);

/* The message a worker begins with. */
bs_status bs_worker_hello(const bs_threads *threads, bs_text *message, bs_error *err);

/* Handles one message. `answer` has the message to send back, or is empty; `stop` is set by the
   last message. Inference that fails is part of the answer, and a model or task that cannot be
   opened is one; errors are those of the protocol and of memory. */
bs_status bs_worker_handle(bs_worker *worker, const bs_text *message, bs_text *answer, bool *stop,
                           bs_error *err);

#endif
