/* The log-likelihood of the right answer by its length. */
#include <math.h>
#include <string.h>

#include "metrics/table_internal.h"
#include "metrics/text_internal.h"

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

#define PER_ROW(unit, text, more, function)                                                        \
  {                                                                                                \
    .name = "log_likelihood_per_" unit, .definition = "log_likelihood over the " text,             \
    .source = "lm-evaluation-harness", .needs = BS_NEEDS_TARGET_LOGPROB | (more),                  \
    .is_always_computed = true, .higher_is_better = true, .is_variant = true, .low_score = NAN,    \
    .high_score = 0, .example = function                                                           \
  }

const bs_metric bs_metric_likelihood_per_byte =
    PER_ROW("byte", "bytes (UTF-8) of the answer", BS_NEEDS_ANSWER, per_byte);
const bs_metric bs_metric_likelihood_per_character =
    PER_ROW("char", "characters of the answer", BS_NEEDS_ANSWER, per_character);
const bs_metric bs_metric_likelihood_per_word =
    PER_ROW("word", "words of the answer", BS_NEEDS_ANSWER, per_word);
const bs_metric bs_metric_likelihood_per_token =
    PER_ROW("token", "tokens of the answer", BS_NEEDS_ANSWER_TOKENS, per_token);
