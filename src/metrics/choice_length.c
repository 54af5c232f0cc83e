/* Multiple choice where a choice's log-probability counts by its length: long choices are not at a
   disadvantage. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory_internal.h"
#include "metrics/table_internal.h"
#include "metrics/text_internal.h"

static size_t bytes_of(const bs_outcome *outcome, size_t i) {
  return strlen(outcome->choice_texts[i]);
}
static size_t characters_of(const bs_outcome *outcome, size_t i) {
  return bs_count_characters(outcome->choice_texts[i]);
}
static size_t tokens_of(const bs_outcome *outcome, size_t i) { return outcome->choice_tokens[i]; }

/* An empty choice has length 1. */
static double grade(const bs_outcome *outcome, size_t (*length)(const bs_outcome *, size_t)) {
  double *normalised = bs_array_new(outcome->n_choices, sizeof *normalised, NULL);
  if (normalised == NULL)
    return NAN;
  for (size_t i = 0; i < outcome->n_choices; i++) {
    size_t n = length(outcome, i);
    normalised[i] = outcome->choice_logprobs[i] / (double)(n > 0 ? n : 1);
  }
  double score = outcome->target_scores[bs_best_choice(normalised, outcome->n_choices)];
  free(normalised);
  return score;
}

static double by_bytes(const bs_outcome *outcome) { return grade(outcome, bytes_of); }
static double by_characters(const bs_outcome *outcome) { return grade(outcome, characters_of); }
static double by_tokens(const bs_outcome *outcome) { return grade(outcome, tokens_of); }

#define GRADE_ROW(unit, text, origin, more, function)                                              \
  {                                                                                                \
    .name = "multiple_choice_grade_per_" unit,                                                     \
    .definition = "target_score of the choice of highest log-probability per " text,               \
    .source = origin, .needs = BS_NEEDS_CHOICES | BS_NEEDS_MODEL_LOGPROBS | (more),                \
    .is_always_computed = true, .higher_is_better = true, .is_variant = true, .low_score = 0,      \
    .high_score = 1, .example = function                                                           \
  }

const bs_metric bs_metric_grade_by_bytes =
    GRADE_ROW("byte", "byte", "lm-evaluation-harness", BS_NEEDS_CHOICE_TEXTS, by_bytes);
const bs_metric bs_metric_grade_by_characters =
    GRADE_ROW("char", "character", "lm-evaluation-harness", BS_NEEDS_CHOICE_TEXTS, by_characters);
const bs_metric bs_metric_grade_by_tokens =
    GRADE_ROW("token", "token", "Brown et al. 2020", BS_NEEDS_CHOICE_TOKENS, by_tokens);
