/* How sure a model was of its answer, and whether that was right: what calibration is made of. */
#ifndef BIGSWEEP_METRICS_CALIBRATION_INTERNAL_H
#define BIGSWEEP_METRICS_CALIBRATION_INTERNAL_H

#include "bigsweep/metric.h"

/* Confidences from 0 to 1 are binned by equal ranges; one on a border is in the upper bin. */
enum { BS_CALIBRATION_BINS = 10 };

typedef struct bs_answer {
  size_t bin;
  double confidence; /* the probability of the first most probable choice (of the one that has won a
                        vote) among all; NaN: there is no answer */
  double correct;    /* 1 where it has the highest target_score, else 0 */
} bs_answer;

/* False where there is none: no choices, or no distribution over them. */
bool bs_answer_of(const bs_outcome *outcome, bs_answer *out);

#endif
