#ifndef BIGSWEEP_SWEEP_COORDINATOR_COLLECT_INTERNAL_H
#define BIGSWEEP_SWEEP_COORDINATOR_COLLECT_INTERNAL_H

#include "bigsweep/store.h"
#include "bigsweep/sweep.h"
#include "bigsweep/tables.h"

#define BS_NOT_THERE UINT32_MAX

/* Appends the example rows of `from`, with choices, samples and metric values, and the skipped
   ones, whose model and task rows become model_map[model] and task_map[task]; skipped rows of a
   model or task that is BS_NOT_THERE are left out. Both must have the same metric columns (else
   BS_ERR_INPUT). */
bs_status bs_tables_append(bs_tables *to, const bs_tables *from, const uint32_t *model_map,
                           const uint32_t *task_map, bs_error *err);

/* A growing array of run rows. */
typedef struct bs_run_rows {
  bs_run_row *rows; /* [n] */
  size_t n, capacity;
} bs_run_rows;

/* Appends a row; its strings are copied into `owner`. */
bs_status bs_run_rows_add(bs_run_rows *rows, const bs_run_row *row, bs_tables *owner,
                          bs_error *err);

/* Whether RESULTS.h5 or a part of it is there. */
bool bs_sweep_has_results(const char *path);

/* The text that stands for everything scores depend on beside checkpoint and task. */
bs_status bs_protocol_text(const bs_protocol *protocol, bs_text *text, bs_error *err);

/* Takes over the rows of an earlier run: appends them to `to`, whose models and tasks are those of
   `plan`, and its units of work to `runs`, all but the failures. Refuses (BS_ERR_USAGE) what would
   mix unlike results and says what differs; models and tasks of which nothing was scored are free
   to change or go. */
bs_status bs_resume(const bs_store_content *earlier, const bs_plan *plan, const char *protocol,
                    const char *path, bs_tables *to, bs_run_rows *runs, bs_error *err);

/* The units of `plan` without the examples that `done` has, in order. `done` need not be sorted. */
bs_status bs_units_left(const bs_plan *plan, const bs_tables *done, bs_unit **units,
                        size_t *n_units, bs_error *err);

#endif
