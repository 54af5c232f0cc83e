/* Whether a model's probabilities mean what they say: Brier score and calibration error, over
   probabilities renormalised to the choices of an example. */
#include <math.h>
#include <stdlib.h>

#include "base/memory_internal.h"
#include "metrics/calibration_internal.h"
#include "metrics/choices_internal.h"
#include "metrics/estimate_internal.h"
#include "metrics/table_internal.h"

static double brier_example(const bs_outcome *outcome) {
  double largest, sum, squares = 0;
  if (!bs_choice_normaliser(outcome, &largest, &sum))
    return NAN;
  for (size_t i = 0; i < outcome->n_choices; i++) {
    double p = exp(outcome->choice_logprobs[i] - largest) / sum;
    double distance = p - outcome->target_scores[i];
    squares += distance * distance;
  }
  return squares / (double)outcome->n_choices;
}

const bs_metric bs_metric_brier_score = {
    .name = "calibration_multiple_choice_brier_score",
    .definition = "mean over the choices of (probability - target_score)^2",
    .source = "BIG-bench; Brier 1950",
    .needs = BS_NEEDS_CHOICES,
    .is_always_computed = true,
    .higher_is_better = false,
    .low_score = 1,
    .high_score = 0,
    .example = brier_example,
};

typedef struct bins {
  double confidence[BS_CALIBRATION_BINS], correct[BS_CALIBRATION_BINS];
} bins;

bool bs_answer_of(const bs_outcome *outcome, bs_answer *out) {
  double largest, sum;
  if (!bs_metric_applies(&bs_metric_calibration_error, outcome) ||
      !bs_choice_normaliser(outcome, &largest, &sum))
    return false;
  size_t chosen = outcome->is_vote ? outcome->voted : 0, best = 0;
  for (size_t i = 1; i < outcome->n_choices; i++) {
    if (outcome->choice_logprobs[i] > outcome->choice_logprobs[chosen])
      chosen = i;
    if (outcome->target_scores[i] > outcome->target_scores[best])
      best = i;
  }
  out->confidence = 1 / sum;
  out->correct = outcome->target_scores[chosen] == outcome->target_scores[best];
  double bin = floor(BS_CALIBRATION_BINS * out->confidence);
  out->bin = bin < BS_CALIBRATION_BINS - 1 ? (size_t)bin : BS_CALIBRATION_BINS - 1;
  return true;
}

/* Sum over bins of (share of examples) |accuracy - confidence|, where the share cancels the bin's
   count; `without` (or NULL) is left out of its bin. */
static double calibration_error(const bins *all, const bs_answer *without, size_t n) {
  double error = 0;
  for (size_t i = 0; i < BS_CALIBRATION_BINS; i++) {
    double difference = all->correct[i] - all->confidence[i];
    if (without != NULL && without->bin == i)
      difference -= without->correct - without->confidence;
    error += fabs(difference);
  }
  return error / (double)n;
}

static bs_status calibration_corpus(const bs_outcome *outcomes, size_t n, bs_estimate *out,
                                    double *influences, bs_error *err) {
  bs_status status = BS_ERR_MEMORY;
  bs_answer *answers = bs_array_new(n, sizeof *answers, err);
  double *without = bs_array_new(n, sizeof *without, err);
  if (answers == NULL || without == NULL)
    goto cleanup;
  bins all = {{0}, {0}};
  out->n = 0;
  for (size_t i = 0; i < n; i++) {
    if (!bs_influence_note(influences, i, bs_answer_of(&outcomes[i], &answers[out->n])))
      continue;
    const bs_answer *added = &answers[out->n++];
    all.confidence[added->bin] += added->confidence;
    all.correct[added->bin] += added->correct;
  }
  status = BS_OK;
  if (out->n == 0)
    goto cleanup;
  out->value = calibration_error(&all, NULL, out->n);
  for (size_t i = 0; i < out->n && out->n > 1; i++)
    without[i] = calibration_error(&all, &answers[i], out->n - 1);
  out->standard_error = bs_jackknife_error(without, out->n);
  bs_jackknife_influences(without, out->n, influences, n);

cleanup:
  free(answers);
  free(without);
  return status;
}

const bs_metric bs_metric_calibration_error = {
    .name = "expected_calibration_error",
    .definition = "sum over 10 equal bins of the highest probability of |accuracy - confidence|, "
                  "weighted by examples",
    .source = "BIG-bench; Naeini et al. 2015",
    .needs = BS_NEEDS_CHOICES,
    .is_always_computed = true,
    .higher_is_better = false,
    .low_score = 1,
    .high_score = 0,
    .corpus = calibration_corpus,
};
