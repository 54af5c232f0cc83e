/* Two stages between the log-probability of the right answer and accuracy: its probability, and its
   probability among the choices (Schaeffer et al. 2024, arXiv:2406.04391). */
#include <math.h>

#include "metrics/choices_internal.h"
#include "metrics/table_internal.h"

static double of_answer(const bs_outcome *outcome) { return exp(outcome->target_logprob); }

const bs_metric bs_metric_answer_probability = {
    .name = "answer_probability",
    .definition = "probability of the right answer among all texts: exp(log_likelihood)",
    .source = "Schaeffer et al. 2024",
    .needs = BS_NEEDS_TARGET_LOGPROB,
    .is_always_computed = true,
    .higher_is_better = true,
    .is_variant = true,
    .low_score = 0,
    .high_score = 1,
    .example = of_answer,
};

static double of_choices(const bs_outcome *outcome) {
  double largest, sum;
  if (!bs_choice_normaliser(outcome, &largest, &sum))
    return NAN;
  return bs_choice_right(outcome, largest) / sum;
}

const bs_metric bs_metric_choice_probability = {
    .name = "choice_probability",
    .definition = "probability that the right choices have among all",
    .source = "Schaeffer et al. 2024",
    .needs = BS_NEEDS_CHOICES,
    .is_always_computed = true,
    .higher_is_better = true,
    .is_variant = true,
    .low_score = 0,
    .high_score = 1,
    .example = of_choices,
};
