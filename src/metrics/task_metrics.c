/* Which metrics a task has. */
#include <string.h>

#include "metrics/metrics_internal.h"

/* The names that a task lists. */
typedef struct listing {
  const char *const *names;
  size_t n;
} listing;

/* BIG-bench's "rouge" stands for its three variants. */
static bool is_rouge(const char *name) { return strncmp(name, "rouge", 5) == 0; }

static bool lists(listing listed, const bs_metric *metric) {
  for (size_t i = 0; i < listed.n; i++)
    if (strcmp(listed.names[i], metric->name) == 0 ||
        (strcmp(listed.names[i], "rouge") == 0 && is_rouge(metric->name)))
      return true;
  return false;
}

static bool lists_text(listing listed) {
  for (size_t i = 0; i < bs_metric_count(); i++)
    if ((bs_metric_at(i)->needs & BS_NEEDS_TEXT) != 0 && lists(listed, bs_metric_at(i)))
      return true;
  return false;
}

static listing listing_of(const bs_task *task) {
  return (listing){(const char *const *)task->metrics, task->n_metrics};
}

static bool has_role(const bs_example *example) {
  for (size_t i = 0; i < example->n_choices; i++)
    if (example->choices[i].role != BS_ROLE_NONE)
      return true;
  return false;
}

static bs_task_has look_at(const bs_task *task) {
  bs_task_has has = {false, false, false};
  for (size_t i = 0; i < task->n_examples; i++) {
    has.choices |= task->examples[i].n_choices > 0;
    has.targets |= task->examples[i].n_targets > 0;
    has.roles = has.roles || has_role(&task->examples[i]);
  }
  return has;
}

/* What tasks have whether they list it or not. */
static bool is_always_kept(const bs_metric *metric) {
  static const bs_metric *const always[] = {
      &bs_metric_exact_str_match,     &bs_metric_multiple_choice_grade,
      &bs_metric_grade_by_bytes,      &bs_metric_grade_by_characters,
      &bs_metric_grade_by_tokens,     &bs_metric_brier_score,
      &bs_metric_calibration_error,   &bs_metric_log_likelihood,
      &bs_metric_likelihood_per_byte, &bs_metric_likelihood_per_character,
      &bs_metric_likelihood_per_word, &bs_metric_likelihood_per_token,
      &bs_metric_token_accuracy,      &bs_metric_edit_distance,
      &bs_metric_token_edit_distance,
  };
  for (size_t i = 0; i < sizeof always / sizeof *always; i++)
    if (always[i] == metric)
      return true;
  return false;
}

size_t bs_metrics_of_kind(const char *const *listed, size_t n_listed, bs_task_has has,
                          const bs_metric **metrics) {
  listing list = {listed, n_listed};
  /* Targets beside choices alone do not make it a text task. */
  bool has_text = has.targets && (lists_text(list) || !has.choices);
  size_t n = 0;
  for (size_t i = 0; i < bs_metric_count(); i++) {
    const bs_metric *metric = bs_metric_at(i);
    bool applies = ((metric->needs & BS_NEEDS_CHOICES) == 0 || has.choices) &&
                   ((metric->needs & BS_NEEDS_TEXT) == 0 || has_text) &&
                   ((metric->needs & BS_NEEDS_CHOICE_ROLES) == 0 || has.roles);
    if (applies && (lists(list, metric) || is_always_kept(metric)))
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

size_t bs_task_metrics(const bs_task *task, const bs_metric **metrics) {
  listing listed = listing_of(task);
  size_t n = bs_metrics_of_kind(listed.names, listed.n, look_at(task), metrics);
  bool votes_on_choices = task->answer_prompt != NULL && task->n_samples > 0;
  return votes_on_choices ? bs_metrics_of_votes(metrics, n) : n;
}

bool bs_task_needs_text(const bs_task *task) {
  bs_task_has has = look_at(task);
  return has.targets && (!has.choices || lists_text(listing_of(task)));
}

bool bs_task_needs_choices(const bs_task *task) { return look_at(task).choices; }
