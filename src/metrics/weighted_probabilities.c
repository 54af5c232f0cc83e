/* weighted_probabilities: the score that a choice drawn by its probability would get. */
#include <math.h>

#include "metrics/choices_internal.h"
#include "metrics/table_internal.h"

static double example(const bs_outcome *outcome) {
  double largest, sum, weighted = 0;
  if (!bs_choice_normaliser(outcome, &largest, &sum))
    return NAN;
  for (size_t i = 0; i < outcome->n_choices; i++)
    weighted += exp(outcome->choice_logprobs[i] - largest) / sum * outcome->target_scores[i];
  return weighted;
}

const bs_metric bs_metric_weighted_probabilities = {
    .name = "weighted_probabilities",
    .definition = "expected target_score under the probabilities of the choices",
    .source = "BIG-bench",
    .needs = BS_NEEDS_CHOICES,
    .higher_is_better = true,
    .low_score = -1,
    .high_score = 1,
    .example = example,
};
