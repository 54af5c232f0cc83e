/* per_token_accuracy: how many of the right answer's tokens are the most likely ones. */
#include "metrics/table_internal.h"

static double example(const bs_outcome *outcome) {
  return (double)outcome->greedy_tokens / (double)outcome->answer_tokens;
}

const bs_metric bs_metric_token_accuracy = {
    .name = "per_token_accuracy",
    .definition = "share of the right answer's tokens that are the most likely one, each after the "
                  "right ones before it",
    .source = "Schaeffer et al. 2023",
    .needs = BS_NEEDS_ANSWER_TOKENS | BS_NEEDS_GREEDY_TOKENS,
    .is_always_computed = true,
    .higher_is_better = true,
    .low_score = 0,
    .high_score = 1,
    .example = example,
};
