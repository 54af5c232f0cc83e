/* What a metric makes of outcomes, and numbers that should be equal. */
#ifndef BIGSWEEP_TESTS_METRICS_ESTIMATING_H
#define BIGSWEEP_TESTS_METRICS_ESTIMATING_H

#include <stddef.h>

#include "bigsweep/metric.h"

/* To 1e-12 of `expected`, or of 1 where that is more; NaN is equal to NaN. */
void close_to(double found, double expected, const char *what);
/* Of the metric of that name over outcomes[n]. */
bs_estimate estimate(const char *metric, const bs_outcome *outcomes, size_t n);

#endif
