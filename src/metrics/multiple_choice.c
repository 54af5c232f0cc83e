/* multiple_choice_grade: the score of the choice that the model takes. */
#include "metrics/choices_internal.h"
#include "metrics/table_internal.h"

static double example(const bs_outcome *outcome) {
  return outcome->target_scores[bs_outcome_choice(outcome)];
}

const bs_metric bs_metric_multiple_choice_grade = {
    .name = "multiple_choice_grade",
    .definition = "target_score of the most probable choice",
    .source = "BIG-bench",
    .needs = BS_NEEDS_CHOICES,
    .is_always_computed = true,
    .higher_is_better = true,
    .low_score = 0,
    .low_is_chance = true,
    .high_score = 1,
    .example = example,
};
