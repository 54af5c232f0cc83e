/* Which metrics a task has, by what it lists and by what its examples have. */
#include "metrics/table_internal.h"

bool bs_metric_suits(const bs_metric *metric, bs_answer_kinds has) {
  return ((metric->needs & BS_NEEDS_CHOICES) == 0 || has.choices) &&
         ((metric->needs & BS_NEEDS_TEXT) == 0 || has.targets) &&
         ((metric->needs & BS_NEEDS_CHOICE_ROLES) == 0 || has.roles);
}

bool bs_metrics_need_text(const char *const *names, size_t n) {
  for (size_t i = 0; i < bs_metric_count(); i++)
    if ((bs_metric_at(i)->needs & BS_NEEDS_TEXT) != 0 &&
        bs_metric_is_listed(bs_metric_at(i), names, n))
      return true;
  return false;
}

/* Targets beside choices alone do not make it a text task. */
bool bs_metrics_generate(const char *const *listed, size_t n_listed, bs_answer_kinds has) {
  return has.targets && (!has.choices || bs_metrics_need_text(listed, n_listed));
}

size_t bs_metrics_of_kinds(const char *const *listed, size_t n_listed, bs_answer_kinds has,
                           const bs_metric **metrics) {
  size_t n = 0;
  has.targets = bs_metrics_generate(listed, n_listed, has);
  for (size_t i = 0; i < bs_metric_count(); i++) {
    const bs_metric *metric = bs_metric_at(i);
    if (bs_metric_suits(metric, has) &&
        (metric->is_always_computed || bs_metric_is_listed(metric, listed, n_listed)))
      metrics[n++] = metric;
  }
  return n;
}

bool bs_metric_takes_votes(const bs_metric *metric) {
  static const unsigned of_one_text = BS_NEEDS_TARGET_LOGPROB | BS_NEEDS_ANSWER |
                                      BS_NEEDS_ANSWER_TOKENS | BS_NEEDS_GREEDY_TOKENS |
                                      BS_NEEDS_MODEL_LOGPROBS;
  return (metric->needs & of_one_text) == 0;
}

size_t bs_metrics_of_votes(const bs_metric **metrics, size_t n) {
  size_t n_left = 0;
  for (size_t i = 0; i < n; i++)
    if (bs_metric_takes_votes(metrics[i]))
      metrics[n_left++] = metrics[i];
  return n_left;
}
