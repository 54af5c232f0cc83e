/* What a run can tell at its beginning. */
#ifndef BIGSWEEP_SWEEP_COORDINATOR_START_INTERNAL_H
#define BIGSWEEP_SWEEP_COORDINATOR_START_INTERNAL_H

#include "sweep/coordinator/coordinator_internal.h"

/* Fills all but n_ranks, expected_seconds and output; strings are borrowed. `host` is the
   coordinator's own, whose node counts too; NULL: it works itself. False before the workers are
   there, or when none came. */
bool bs_coordinator_describe(const bs_coordinator *coordinator, const char *host,
                             bs_sweep_start *start);

/* What is left should take so long by the speeds of the units that earlier runs have done; 0: there
   are none. */
double bs_coordinator_expected_seconds(const bs_coordinator *coordinator);

/* Notices for a person: nodes with cores that no worker may use, or with more threads than cores.
 */
void bs_coordinator_warn_of_threads(bs_coordinator *coordinator);

#endif
