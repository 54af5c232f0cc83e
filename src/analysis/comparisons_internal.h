/* What two curves of an analysis are compared by. */
#ifndef BIGSWEEP_ANALYSIS_COMPARISONS_INTERNAL_H
#define BIGSWEEP_ANALYSIS_COMPARISONS_INTERNAL_H

#include "analysis/analysis_internal.h"
#include "analysis/clusters_internal.h"
#include "analysis/example_matrix_internal.h"
#include "bigsweep/comparison.h"

/* The scores of two curves with their covariances. Start with {0}; the arrays are used again by the
   next call, and are what `pair` points to. */
typedef struct bs_pairing {
  bs_curve_pair pair;
  uint64_t n; /* examples that the covariances are from; 0: unknown */
  double *scales, *values, *covariance;
  size_t cap_scales, cap_values, cap_covariance;
  bs_example_matrix first, second;
  double *rows; /* of examples that both have */
  bs_cluster_numbers clusters;
  size_t cap_rows;
} bs_pairing;
void bs_pairing_free(bs_pairing *pairing);

/* Where the pairings come from. */
typedef struct bs_pairing_source {
  const bs_analysis *analysis;
  const bs_tables *results;
  bs_example_index index;
  /* Of the calibration metric, which has no column: the influences of the examples
     (bs_metric_influences), NaN where it does not apply. [n_examples]; NULL: none */
  double *influences;
} bs_pairing_source;
bs_status bs_pairing_source_open(bs_pairing_source *source, const bs_analysis *analysis,
                                 const bs_tables *results, bs_error *err);
void bs_pairing_source_close(bs_pairing_source *source);

/* Of two linearity rows of one metric and number of shots. Examples of one number are one and the
   same, and both sides are taken over those that both have. Of metrics without a value for each
   example the points' standard errors are taken, which are independent. */
bs_status bs_pairing_make(bs_pairing *to, const bs_pairing_source *source, size_t first_row,
                          size_t second_row, bs_error *err);
/* The same of two tasks, whose examples have nothing to do with each other: each side's scores vary
   together by its own examples, and not with the other's. n is the smaller number of examples. */
bs_status bs_pairing_make_apart(bs_pairing *to, const bs_pairing_source *source, size_t first_row,
                                size_t second_row, bs_error *err);

#endif
