/* Results of two models on a task of choices and two of text, for targets that change them. */
#ifndef BIGSWEEP_TESTS_FUZZ_SMALL_RESULTS_H
#define BIGSWEEP_TESTS_FUZZ_SMALL_RESULTS_H

#include "bigsweep/store.h"

/* To be freed by the caller. */
bs_tables *bs_fuzz_small_results(void);
/* One row of /run/units. */
extern const bs_run_row bs_fuzz_small_run;

#endif
