/* The value of a metric over examples, its standard error, and how much each example moves it. */
#include <math.h>
#include <stdlib.h>

#include "base/memory_internal.h"
#include "metrics/estimate_internal.h"

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
