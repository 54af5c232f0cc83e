/* The measures of the Inverse Scaling Prize (McKenzie et al. 2023, arXiv:2306.09479). */
#include <math.h>
#include <stdlib.h>

#include "base/memory_internal.h"
#include "metrics/choices_internal.h"
#include "metrics/estimate_internal.h"
#include "metrics/table_internal.h"

/* Of two choices, one the better: its number; else n_choices. */
static size_t right_of_two(const bs_outcome *outcome) {
  const double *scores = outcome->target_scores;
  if (outcome->n_choices != 2 || scores[0] == scores[1])
    return outcome->n_choices;
  return scores[1] > scores[0];
}

static double logodds(const bs_outcome *outcome) {
  size_t right = right_of_two(outcome);
  if (right == outcome->n_choices)
    return NAN;
  return outcome->choice_logprobs[right] - outcome->choice_logprobs[1 - right];
}

const bs_metric bs_metric_logodds = {
    .name = "logodds",
    .definition = "log-probability of the right one of two choices minus that of the other",
    .source = "Inverse Scaling Prize",
    .needs = BS_NEEDS_CHOICES | BS_NEEDS_MODEL_LOGPROBS,
    .higher_is_better = true,
    .low_score = NAN,
    .high_score = 0,
    .example = logodds,
};

static double loss(const bs_outcome *outcome) {
  double largest, sum;
  if (!bs_choice_normaliser(outcome, &largest, &sum))
    return NAN;
  double right = bs_choice_right(outcome, largest);
  return right > 0 ? log(sum) - log(right) : INFINITY;
}

const bs_metric bs_metric_classification_loss = {
    .name = "classification_loss",
    .definition = "-log of the probability that the right choices have among all",
    .source = "Inverse Scaling Prize",
    .needs = BS_NEEDS_CHOICES | BS_NEEDS_MODEL_LOGPROBS,
    .higher_is_better = false,
    .low_score = NAN,
    .high_score = 0,
    .example = loss,
};

static bool is_control(const bs_outcome *outcome) {
  return outcome->n_choices > 0 && outcome->choice_roles != NULL &&
         outcome->choice_roles[0] == BS_ROLE_CONTROL;
}

/* An example and the next one of the task, which has the other prompt, are a pair. What is left of
   two pairs, where the end of one and the beginning of the next have failed, is none. */
static bs_status difference_corpus(const bs_outcome *outcomes, size_t n, bool absolute,
                                   bs_estimate *out, double *influences, bs_error *err) {
  double *differences = bs_array_new(n, sizeof *differences, err);
  if (differences == NULL)
    return BS_ERR_MEMORY;
  for (size_t i = 0; i < n; i++) {
    bool is_pair = i > 0 && is_control(&outcomes[i]) && !is_control(&outcomes[i - 1]) &&
                   outcomes[i].example == outcomes[i - 1].example + 1 &&
                   bs_metric_applies(&bs_metric_logodds, &outcomes[i - 1]) &&
                   bs_metric_applies(&bs_metric_logodds, &outcomes[i]);
    /* a pair's stands where its second example does */
    double difference = is_pair ? logodds(&outcomes[i - 1]) - logodds(&outcomes[i]) : NAN;
    differences[i] = absolute ? fabs(difference) : difference;
  }
  *out = bs_mean(differences, n);
  if (influences != NULL)
    bs_mean_influences(differences, n, influences);
  free(differences);
  return BS_OK;
}

static bs_status corpus_difference(const bs_outcome *outcomes, size_t n, bs_estimate *out,
                                   double *influences, bs_error *err) {
  return difference_corpus(outcomes, n, false, out, influences, err);
}

static bs_status corpus_absolute(const bs_outcome *outcomes, size_t n, bs_estimate *out,
                                 double *influences, bs_error *err) {
  return difference_corpus(outcomes, n, true, out, influences, err);
}

const bs_metric bs_metric_logodds_difference = {
    .name = "logodds_difference",
    .definition =
        "logodds behind the prompt minus logodds behind the other prompt, mean over pairs",
    .source = "Inverse Scaling Prize",
    .needs = BS_NEEDS_CHOICES | BS_NEEDS_MODEL_LOGPROBS | BS_NEEDS_CHOICE_ROLES,
    .higher_is_better = true,
    .low_score = NAN,
    .high_score = 0,
    .corpus = corpus_difference,
};

const bs_metric bs_metric_absolute_logodds_difference = {
    .name = "absolute_logodds_difference",
    .definition = "size of the difference of logodds between the two prompts, mean over pairs",
    .source = "Inverse Scaling Prize",
    .needs = BS_NEEDS_CHOICES | BS_NEEDS_MODEL_LOGPROBS | BS_NEEDS_CHOICE_ROLES,
    .higher_is_better = false,
    .low_score = NAN,
    .high_score = 0,
    .corpus = corpus_absolute,
};
