/* Looking things up in sorted tables, for exports that go model by model. */
#ifndef BIGSWEEP_EXPORT_SCORES_INTERNAL_H
#define BIGSWEEP_EXPORT_SCORES_INTERNAL_H

#include <stddef.h>
#include <stdint.h>

#include "base/writer_internal.h"
#include "tables/schema_internal.h"

/* The scores of a model on a task, in order of shots and metrics; *n is their number. */
const bs_score_row *bs_export_scores(const bs_tables *analysis, uint32_t model, uint32_t task,
                                     size_t *n);
/* How many rows from `first` on, of n, have its shots. */
size_t bs_export_same_shots(const bs_score_row *first, size_t n);

/* The first of a table's rows (inputs, targets, choice_texts) of an example; *n is their number. */
size_t bs_export_rows_of(const bs_tables *results, bs_table_id id, uint32_t task, uint32_t example,
                         size_t *n);

/* Seconds since 1970 of "2026-11-29T03:44:18Z"; 0 where that is not known. */
int64_t bs_export_seconds(const char *created);

/* A member whose value is a number that JSON can hold, or null. */
void bs_export_number(bs_writer *w, const char *key, double value);
void bs_export_unsigned(bs_writer *w, const char *key, uint64_t value);

#endif
