/* BIG-bench's negative cross entropy of the choices: its pull requests 578 (target scores are
   divided by their sum, so that examples weigh the same), 579 (the sign) and 584 (absolute
   log-probabilities, not those among the choices). */
#include <math.h>

#include "metrics/table_internal.h"

/* Undefined where the scores are no weights: negative, or all 0. A choice of score 0 counts for
   nothing, even an impossible one. */
static double example(const bs_outcome *outcome) {
  double weights = 0, weighted = 0;
  for (size_t i = 0; i < outcome->n_choices; i++) {
    if (!(outcome->target_scores[i] >= 0))
      return NAN;
    weights += outcome->target_scores[i];
  }
  for (size_t i = 0; i < outcome->n_choices; i++)
    if (outcome->target_scores[i] > 0)
      weighted += outcome->target_scores[i] / weights * outcome->choice_logprobs[i];
  return weights > 0 ? weighted : NAN;
}

const bs_metric bs_metric_weighted_log_probabilities = {
    .name = "weighted_log_probabilities",
    .definition =
        "sum of target_score / (sum of target_scores) times log-probability of the choice",
    .source = "BIG-bench",
    .needs = BS_NEEDS_CHOICES | BS_NEEDS_MODEL_LOGPROBS,
    .higher_is_better = true,
    .low_score = NAN,
    .high_score = 0,
    .example = example,
};
