/* The log-likelihood of the right answer by its length. */
#include <math.h>
#include <string.h>

#include "metrics/metrics_internal.h"

static double per(const bs_outcome *outcome, size_t n) {
  return n > 0 ? outcome->target_logprob / (double)n : NAN;
}

static double per_byte(const bs_outcome *outcome) { return per(outcome, strlen(outcome->answer)); }
static double per_character(const bs_outcome *outcome) {
  return per(outcome, bs_count_characters(outcome->answer));
}
static double per_word(const bs_outcome *outcome) {
  return per(outcome, bs_count_words(outcome->answer));
}
static double per_token(const bs_outcome *outcome) { return per(outcome, outcome->answer_tokens); }

#define PER_ROW(which, text, more, function)                                                       \
  {                                                                                                \
    .name = which, .definition = text, .needs = BS_NEEDS_TARGET_LOGPROB | (more),                  \
    .higher_is_better = true, .is_variant = true, .low_score = NAN, .high_score = 0,               \
    .example = function                                                                            \
  }

const bs_metric bs_metric_likelihood_per_byte =
    PER_ROW("log_likelihood_per_byte", "log_likelihood over the bytes (UTF-8) of the answer",
            BS_NEEDS_ANSWER, per_byte);
const bs_metric bs_metric_likelihood_per_character =
    PER_ROW("log_likelihood_per_char", "log_likelihood over the characters of the answer",
            BS_NEEDS_ANSWER, per_character);
const bs_metric bs_metric_likelihood_per_word =
    PER_ROW("log_likelihood_per_word", "log_likelihood over the words of the answer",
            BS_NEEDS_ANSWER, per_word);
const bs_metric bs_metric_likelihood_per_token =
    PER_ROW("log_likelihood_per_token", "log_likelihood over the tokens of the answer",
            BS_NEEDS_ANSWER_TOKENS, per_token);
