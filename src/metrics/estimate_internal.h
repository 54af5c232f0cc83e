/* Values over examples, their standard errors and influences. */
#ifndef BIGSWEEP_METRICS_ESTIMATE_INTERNAL_H
#define BIGSWEEP_METRICS_ESTIMATE_INTERNAL_H

#include "bigsweep/metric.h"

/* Whether the outcome has what the metric needs. */
bool bs_metric_applies(const bs_metric *metric, const bs_outcome *outcome);

/* Standard error by the delete-one jackknife from the n values without one of the examples: NaN for
   n < 2. */
double bs_jackknife_error(const double *without, size_t n);
/* The influences of the examples whose values[n_counted] without them are given (see
   bs_metric_influences). On input influences[n] is NaN for the examples that do not count;
   NULL: nothing to do. */
void bs_jackknife_influences(const double *without, size_t n_counted, double *influences, size_t n);
/* Notes whether example `i` counts, in influences that bs_jackknife_influences fills later (NULL:
   nothing to do); returns `counts`. */
bool bs_influence_note(double *influences, size_t i, bool counts);
/* Of values[n], to which NaN do not count, the distances from their mean. */
void bs_mean_influences(const double *values, size_t n, double *influences);

#endif
