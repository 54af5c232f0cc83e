#include "bigsweep/metric.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory_internal.h"
#include "base/text_internal.h"
#include "metrics/metrics_internal.h"

static const bs_metric *const TABLE[] = {
    &bs_metric_exact_str_match,
    &bs_metric_case_insensitive_str_match,
    &bs_metric_numeric_match,
    &bs_metric_multiple_choice_grade,
    &bs_metric_grade_by_bytes,
    &bs_metric_grade_by_characters,
    &bs_metric_grade_by_tokens,
    &bs_metric_weighted_probabilities,
    &bs_metric_weighted_log_probabilities,
    &bs_metric_brier_score,
    &bs_metric_calibration_error,
    &bs_metric_classification_loss,
    &bs_metric_logodds,
    &bs_metric_logodds_difference,
    &bs_metric_absolute_logodds_difference,
    &bs_metric_accuracy_amb,
    &bs_metric_accuracy_disamb,
    &bs_metric_amb_bias_score,
    &bs_metric_disamb_bias_score,
    &bs_metric_log_likelihood,
    &bs_metric_likelihood_per_byte,
    &bs_metric_likelihood_per_character,
    &bs_metric_likelihood_per_word,
    &bs_metric_likelihood_per_token,
    &bs_metric_token_accuracy,
    &bs_metric_edit_distance,
    &bs_metric_token_edit_distance,
    &bs_metric_sequence_f1,
    &bs_metric_macro_f1,
    &bs_metric_bleu,
    &bs_metric_rouge1,
    &bs_metric_rouge2,
    &bs_metric_rouge_lsum,
};
enum { N_METRICS = sizeof TABLE / sizeof *TABLE };
static_assert(sizeof TABLE / sizeof *TABLE <= BS_MOST_METRICS,
              "raise BS_MOST_METRICS: arrays of metrics have that room");

/* What BIG-bench's tasks name besides. */
static const struct {
  const char *name, *reason;
} UNSUPPORTED[] = {
    {"bleurt", "it needs the weights of a BLEURT model"},
    {"bleurt_diff", "it needs the weights of a BLEURT model"},
    {"normalized_aggregate_score",
     "it is the mean over a task's subtasks, see /analysis/aggregates"},
    {"difference_score", "defined by single programmatic tasks"},
    {"correct_prob_mass", "defined by single programmatic tasks"},
    {"custom_score", "defined by single programmatic tasks"},
    {"full", "defined by single programmatic tasks"},
};

size_t bs_metric_count(void) { return N_METRICS; }

const bs_metric *bs_metric_at(size_t i) { return i < N_METRICS ? TABLE[i] : NULL; }

const bs_metric *bs_metric_find(const char *name) {
  for (size_t i = 0; i < N_METRICS; i++)
    if (strcmp(TABLE[i]->name, name) == 0)
      return TABLE[i];
  return NULL;
}

const char *bs_metric_unsupported_reason(const char *name) {
  for (size_t i = 0; i < sizeof UNSUPPORTED / sizeof *UNSUPPORTED; i++)
    if (strcmp(UNSUPPORTED[i].name, name) == 0)
      return UNSUPPORTED[i].reason;
  return NULL;
}

bs_status bs_metric_name_check(const char *name, bs_error *err) {
  const char *known[N_METRICS];
  const char *reason = bs_metric_unsupported_reason(name);
  if (bs_metric_find(name) != NULL || strcmp(name, "rouge") == 0)
    return BS_OK;
  if (reason != NULL)
    return bs_error_set(err, BS_ERR_USAGE, "metric \"%s\" is not computed: %s", name, reason);
  for (size_t i = 0; i < N_METRICS; i++)
    known[i] = TABLE[i]->name;
  const char *near = bs_nearest_name(name, known, N_METRICS);
  return bs_error_set(err, BS_ERR_USAGE, "unknown metric \"%s\"%s%s%s", name,
                      near != NULL ? ", did you mean \"" : "", near != NULL ? near : "",
                      near != NULL ? "\"?" : "");
}

const char *bs_metric_needed(const char *name) {
  const bs_metric *metric = bs_metric_find(strcmp(name, "rouge") == 0 ? "rouge1" : name);
  unsigned needs = metric != NULL ? metric->needs : 0;
  if ((needs & BS_NEEDS_CHOICE_ROLES) != 0)
    return "choices with roles, as questions about bias have them";
  if ((needs & BS_NEEDS_TEXT) != 0)
    return "answers that are generated";
  return (needs & (BS_NEEDS_CHOICES | BS_NEEDS_CHOICE_TEXTS | BS_NEEDS_CHOICE_TOKENS)) != 0
             ? "choices"
             : "log-probabilities of one answer";
}

bool bs_metric_is_named(const bs_metric *metric, const char *name) {
  return strcmp(metric->name, name) == 0 ||
         (strcmp(name, "rouge") == 0 && strncmp(metric->name, "rouge", 5) == 0);
}

bool bs_metric_applies(const bs_metric *metric, const bs_outcome *outcome) {
  if ((metric->needs & BS_NEEDS_CHOICES) != 0 &&
      (outcome->n_choices == 0 || outcome->choice_logprobs == NULL ||
       outcome->target_scores == NULL))
    return false;
  if ((metric->needs & BS_NEEDS_TEXT) != 0 &&
      (outcome->prediction == NULL || outcome->n_targets == 0))
    return false;
  const struct {
    unsigned need;
    bool there;
  } others[] = {{BS_NEEDS_TARGET_LOGPROB, !isnan(outcome->target_logprob)},
                {BS_NEEDS_CHOICE_TEXTS, outcome->choice_texts != NULL},
                {BS_NEEDS_CHOICE_TOKENS, outcome->choice_tokens != NULL},
                {BS_NEEDS_CHOICE_ROLES, outcome->choice_roles != NULL},
                {BS_NEEDS_ANSWER, outcome->answer != NULL},
                {BS_NEEDS_ANSWER_TOKENS, outcome->answer_tokens > 0},
                {BS_NEEDS_GREEDY_TOKENS, outcome->has_greedy},
                {BS_NEEDS_TOKEN_EDITS, outcome->has_token_edits},
                {BS_NEEDS_MODEL_LOGPROBS, !outcome->is_vote}};
  for (size_t i = 0; i < sizeof others / sizeof *others; i++)
    if ((metric->needs & others[i].need) != 0 && !others[i].there)
      return false;
  return true;
}

bs_status bs_metric_influences(const bs_metric *metric, const bs_outcome *outcomes, size_t n,
                               bs_estimate *out, double *influences, bs_error *err) {
  *out = (bs_estimate){.value = NAN, .standard_error = NAN, .n = 0};
  if (metric->corpus != NULL)
    return metric->corpus(outcomes, n, out, influences, err);
  double *values = bs_array_new(n, sizeof *values, err);
  if (values == NULL)
    return BS_ERR_MEMORY;
  for (size_t i = 0; i < n; i++)
    values[i] = bs_metric_applies(metric, &outcomes[i]) ? metric->example(&outcomes[i]) : NAN;
  *out = bs_mean(values, n);
  if (influences != NULL)
    bs_mean_influences(values, n, influences);
  free(values);
  return BS_OK;
}

bs_status bs_metric_evaluate(const bs_metric *metric, const bs_outcome *outcomes, size_t n,
                             bs_estimate *out, bs_error *err) {
  return bs_metric_influences(metric, outcomes, n, out, NULL, err);
}

bs_estimate bs_mean(const double *values, size_t n) {
  bs_estimate estimate = {.value = NAN, .standard_error = NAN, .n = 0};
  double sum = 0;
  for (size_t i = 0; i < n; i++) {
    if (isnan(values[i]))
      continue;
    sum += values[i];
    estimate.n++;
  }
  if (estimate.n == 0)
    return estimate;
  double count = (double)estimate.n;
  estimate.value = sum / count;
  double squares = 0;
  for (size_t i = 0; i < n; i++) {
    double distance = values[i] - estimate.value;
    if (!isnan(values[i]))
      squares += distance * distance;
  }
  if (estimate.n > 1)
    estimate.standard_error = sqrt(squares / (count - 1) / count);
  return estimate;
}

void bs_mean_influences(const double *values, size_t n, double *influences) {
  double mean = bs_mean(values, n).value;
  for (size_t i = 0; i < n; i++)
    influences[i] = values[i] - mean;
}

bool bs_influence_note(double *influences, size_t i, bool counts) {
  if (influences != NULL)
    influences[i] = counts ? 0 : NAN;
  return counts;
}

void bs_jackknife_influences(const double *without, size_t n_counted, double *influences,
                             size_t n) {
  double sum = 0, count = (double)n_counted;
  if (influences == NULL)
    return;
  for (size_t i = 0; i < n_counted; i++)
    sum += without[i];
  for (size_t i = 0, at = 0; i < n && at < n_counted; i++)
    if (!isnan(influences[i]))
      influences[i] = (count - 1) * (sum / count - without[at++]);
}

double bs_jackknife_error(const double *without, size_t n) {
  if (n < 2)
    return NAN;
  double sum = 0, squares = 0, count = (double)n;
  for (size_t i = 0; i < n; i++)
    sum += without[i];
  for (size_t i = 0; i < n; i++) {
    double distance = without[i] - sum / count;
    squares += distance * distance;
  }
  return sqrt((count - 1) / count * squares);
}
