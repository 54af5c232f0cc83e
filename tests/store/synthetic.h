/* Results made by a formula: a ladder of models on tasks of three kinds, for tests of what reads
   and writes tables. */
#ifndef BIGSWEEP_TESTS_STORE_SYNTHETIC_H
#define BIGSWEEP_TESTS_STORE_SYNTHETIC_H

#include <stdbool.h>

#include "bigsweep/store.h"
#include "bigsweep/tables.h"

enum { SYNTHETIC_METRICS = 3 };
extern const char *const synthetic_metrics[SYNTHETIC_METRICS];

typedef struct synthetic_size {
  uint32_t n_models, n_tasks, n_shots, n_examples;
} synthetic_size;

/* Rows in canonical order, or with every table of rows turned round and dealt anew when `shuffled`.
 */
bs_tables *synthetic_results(synthetic_size size, bool shuffled);

extern const bs_provenance synthetic_provenance;
/* Writes a file without an analysis; the results come from synthetic_provenance then. */
void synthetic_write(const char *path, bs_tables *results);

/* The number of names and values that differ, in all tables. */
size_t synthetic_differences(const bs_tables *a, const bs_tables *b);
/* Counts a failed assertion for everything that differs. */
void synthetic_equal(const bs_tables *a, const bs_tables *b);

#endif
