/* One run at a time on an output. */
#ifndef BIGSWEEP_SWEEP_LOCK_INTERNAL_H
#define BIGSWEEP_SWEEP_LOCK_INTERNAL_H

#include "bigsweep/sweep.h"
#include "sweep/background_internal.h"
#include "sweep/limits_internal.h"

typedef struct bs_lock bs_lock;

/* Takes OUTPUT.lock, which names host, process and the process's start. It is also flock'ed, and
   touched by bs_lock_beat. A lock whose process is no more is taken over with a notice: at once
   when it was of this host, and when it was of another one after it has not been touched for
   limits->lock_stale_seconds. BS_ERR_USAGE when a run holds it. Who has the lock also removes the
   temporary files beside the output that dead processes have left. */
bs_status bs_lock_take(bs_lock **out, const char *output, const bs_limits *limits, bs_notice notice,
                       void *user, bs_error *err);
/* To be called now and then. */
void bs_lock_beat(bs_lock *lock, double now);
/* Does step(user), however long it takes, in a thread of its own and touches the lock meanwhile, as
   everything must that holds one for long: else another host takes it for stale. `lock` NULL: just
   does the step. Returns the step's status. */
bs_status bs_lock_while(bs_lock *lock, bs_step step, void *user, bs_error *err);
/* Removes the lock. */
void bs_lock_free(bs_lock **lock);

/* Who holds the lock of an output, for a person to read; false: nobody. */
bool bs_lock_holder(const char *output, char *holder, size_t n_bytes);

#endif
