/* Whether probabilities mean what they say, with intervals, and how that moves with scale: Brier
   score and expected calibration error of several models on the same examples. */
#ifndef BIGSWEEP_STATISTICS_CALIBRATION_INTERNAL_H
#define BIGSWEEP_STATISTICS_CALIBRATION_INTERNAL_H

#include <stddef.h>
#include <stdint.h>

#include "bigsweep/statistics.h"
#include "metrics/calibration_internal.h"

/* An answer with its Brier score. Where there is none its confidence is NaN. */
typedef struct bs_scored_answer {
  bs_answer of;
  double brier;
} bs_scored_answer;

/* What is summed over the answers of a model. */
enum {
  BS_SUM_N,
  BS_SUM_BRIER,
  BS_SUM_GAP, /* correct - confidence, by bin */
  BS_N_SUMS = BS_SUM_GAP + BS_CALIBRATION_BINS
};

/* The sums of each model as they are, and of BS_REPLICATES sets of examples drawn anew, the same
   examples for all models. */
typedef struct bs_calibration {
  size_t n_models;
  double *sums; /* [1 + BS_REPLICATES][n_models][BS_N_SUMS] */
} bs_calibration;

/* No answers. Freed after a failure, too. */
bs_status bs_calibration_new(bs_calibration *of, size_t n_models, bs_error *err);
void bs_calibration_free(bs_calibration *of);
/* Takes all answers out. */
void bs_calibration_clear(bs_calibration *of);
/* Adds answers[n_examples][of->n_models] to one task's examples, which are drawn anew among
   themselves. `seed` tells the task's stream. */
bs_status bs_calibration_add(bs_calibration *of, const bs_scored_answer *answers, size_t n_examples,
                             uint64_t seed, bs_error *err);
/* Adds the sums of another one with as many models: the examples of further tasks. */
void bs_calibration_merge(bs_calibration *to, const bs_calibration *from);

typedef enum bs_calibration_measure {
  BS_BRIER_SCORE,
  BS_CALIBRATION_ERROR /* expected calibration error: Naeini, Cooper, Hauskrecht 2015 */
} bs_calibration_measure;

/* A number with its 95 % interval; all NaN where the models have no answers. */
typedef struct bs_calibrated {
  double value;
  /* Less what noise adds to it. A calibration error is a sum of sizes, so noise makes it too large:
     a perfectly calibrated model with 100 answers shows some .05 to .1. Resampling adds the same
     once more, which tells how much it is (the bootstrap's estimate of bias, Efron, Tibshirani
     1993, chapter 10). Of a Brier score the value itself. */
  double corrected;
  bs_interval interval;
} bs_calibrated;

/* Of one model. The interval of a calibration error begins at 0 where its gaps are within what
   noise makes of none. */
bs_status bs_calibration_of_model(const bs_calibration *of, bs_calibration_measure measure,
                                  size_t model, bs_calibrated *out, bs_error *err);

/* The sum over models of weights[k] times the measure of model k; models of weight 0 do not count.
 */
bs_status bs_calibration_sum(const bs_calibration *of, bs_calibration_measure measure,
                             const double *weights, bs_calibrated *out, bs_error *err);

/* weights[n], whose sum with numbers y[n] is the least-squares slope of y over x[n]. All 0 where x
   is one number, or not finite. */
void bs_slope_weights(const double *x, size_t n, double *weights);

#endif
