/* OUTPUT.status: how far a run is, for other processes; OUTPUT.done: how it ended. */
#ifndef BIGSWEEP_SWEEP_RUN_STATUS_INTERNAL_H
#define BIGSWEEP_SWEEP_RUN_STATUS_INTERNAL_H

#include "bigsweep/sweep.h"
#include "sweep/coordinator/coordinator_internal.h"

/* Replaces the status file of `output` atomically. What goes wrong is not told: nothing depends on
   it. */
void bs_run_status_write(const char *output, const bs_coordinator *coordinator,
                         const bs_sweep_summary *summary);
void bs_run_status_remove(const char *output);

void bs_run_done_remove(const char *output);

#endif
