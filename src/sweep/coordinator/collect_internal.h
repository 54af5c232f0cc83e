/* What an output holds already: all its rows together, and what a run that continues makes of them.
 */
#ifndef BIGSWEEP_SWEEP_COORDINATOR_COLLECT_INTERNAL_H
#define BIGSWEEP_SWEEP_COORDINATOR_COLLECT_INTERNAL_H

#include "bigsweep/sweep.h"
#include "bigsweep/tables.h"

/* Whether RESULTS.h5 or a part of it is there. */
bool bs_sweep_has_results(const char *path);

/* Takes over the rows of an earlier run: appends them to `to`, whose models and tasks are those of
   `plan`, with its units of work, all but the failures. Refuses (BS_ERR_USAGE) what would mix
   unlike results and says what differs; models and tasks of which nothing was scored are free to
   change or go. */
bs_status bs_resume(const bs_tables *earlier, const bs_plan *plan, const char *protocol,
                    const char *path, bs_tables *to, bs_error *err);

/* The units of `plan` without the examples that `done` has, in order. `done` need not be sorted. */
bs_status bs_units_left(const bs_plan *plan, const bs_tables *done, bs_unit **units,
                        size_t *n_units, bs_error *err);

#endif
