/* What the tests of analyses share: an analysis of a table or of results, and what is printed of
   it. Each fails the test when it cannot. */
#ifndef BIGSWEEP_TESTS_ANALYSES_H
#define BIGSWEEP_TESTS_ANALYSES_H

#include <stdbool.h>

#include "bigsweep/analysis.h"
#include "bigsweep/buffer.h"
#include "bigsweep/report.h"

/* The analysis of a table of scores, given as the text of a CSV file. */
bs_analysis *from_text(const char *text);
/* The analysis of the results of a sweep. */
bs_analysis *of_results(const bs_tables *results);

/* What is printed: as CSV, or as tables to read. */
bs_text printed(const bs_analysis *analysis, bool csv);

#endif
