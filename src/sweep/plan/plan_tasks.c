/* The tasks of a plan: opened in their variants, with what people score on them. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory_internal.h"
#include "bigsweep/metric.h"
#include "bigsweep/reach.h"
#include "bigsweep/task.h"
#include "sweep/plan/plan_internal.h"

typedef struct teller {
  bs_notice notice;
  void *user;
} teller;

static void tell(const teller *to, bool is_error, const char *message) {
  if (to->notice != NULL)
    to->notice(to->user, is_error, message);
}

static bs_status tell_of_suite(const bs_config *config, const bs_suite_found *suite,
                               const teller *to, bs_error *err) {
  bs_text text = {0};
  bs_status status = bs_text_printf(&text, err, "warning: %s: of the suite \"%s\" %s lacks ",
                                    config->path, suite->name, suite->folder);
  for (size_t i = 0; status == BS_OK && i < suite->n_missing; i++)
    status = bs_text_printf(&text, err, "%s%s", i > 0 ? ", " : "", suite->missing[i]);
  if (status == BS_OK)
    tell(to, false, text.data);
  bs_text_free(&text);
  return status;
}

/* Whether `name` is the task's without its variant, or what is behind the last ":" of that. */
static bool is_of(const char *name, const bs_task *task) {
  size_t n = strlen(task->name), n_name = strlen(name);
  if (task->variant != NULL)
    n -= strlen(task->variant) + 1;
  if (n_name > n || memcmp(task->name + n - n_name, name, n_name) != 0)
    return false;
  return n_name == n || (task->name[n - n_name - 1] == ':' && memchr(name, ':', n_name) == NULL);
}

/* Percent where shares are meant, say. */
static void check_range(const bs_baseline *baseline, const bs_task *task, const teller *to) {
  const bs_metric *metric = bs_metric_find(task->preferred_metric);
  if (metric == NULL || isnan(metric->low_score)) /* without a range */
    return;
  double low = fmin(metric->low_score, metric->high_score);
  double high = fmax(metric->low_score, metric->high_score);
  const double scores[] = {baseline->average, baseline->best};
  for (size_t i = 0; i < sizeof scores / sizeof *scores; i++) {
    if (!(scores[i] < low) && !(scores[i] > high))
      continue;
    bs_error warning = {0};
    bs_error_set(&warning, BS_ERR_INPUT,
                 "warning: %s: %s: people score %g, but %s goes from %g to %g", baseline->file,
                 baseline->task, scores[i], metric->name, low, high);
    tell(to, false, warning.message);
  }
}

/* Baselines that are meant for the spec; `used` tells which have found a task. */
static void give_baselines(const bs_config *config, size_t spec, bs_task *task, bool *used,
                           const teller *to) {
  for (size_t i = 0; i < config->n_baselines; i++) {
    const bs_baseline *baseline = &config->baselines[i];
    if (spec < baseline->first || spec >= baseline->end || !is_of(baseline->task, task))
      continue;
    used[i] = true;
    task->human_average = baseline->average;
    task->human_best = baseline->best;
    check_range(baseline, task, to);
  }
}

static bs_status tell_of_unused(const bs_config *config, const bool *used, const teller *to,
                                bs_error *err) {
  bs_text text = {0};
  const char *file = NULL;
  bs_status status = BS_OK;
  for (size_t i = 0; status == BS_OK && i <= config->n_baselines; i++) {
    const bs_baseline *baseline = i < config->n_baselines ? &config->baselines[i] : NULL;
    if (baseline != NULL && used[i])
      continue;
    bool same = baseline != NULL && file != NULL && strcmp(file, baseline->file) == 0;
    if (file != NULL && !same) {
      tell(to, false, text.data);
      text.n_bytes = 0;
    }
    if (baseline == NULL)
      break;
    status = same ? bs_text_printf(&text, err, ", %s", baseline->task)
                  : bs_text_printf(&text, err, "warning: %s: no task of the sweep is named %s",
                                   baseline->file, baseline->task);
    file = baseline->file;
  }
  bs_text_free(&text);
  return status;
}

/* Results tell tasks apart by their names. */
static bs_status check_name(const bs_plan *plan, const bs_task *task, bs_error *err) {
  for (size_t i = 0; i < plan->n_tasks; i++)
    if (strcmp(plan->tasks[i]->name, task->name) == 0)
      return bs_error_set(err, BS_ERR_USAGE,
                          "%s: two tasks have the name \"%s\": %s and %s; give one of them a "
                          "\"name\" (such as \"second_{task}\") or a variant of its own",
                          plan->config->path, task->name, plan->tasks[i]->path, task->path);
  return BS_OK;
}

static void warn_of_reach(void *user, const char *message) {
  bs_text text = {0};
  if (bs_text_printf(&text, NULL, "warning: %s", message) == BS_OK)
    tell(user, false, text.data);
  bs_text_free(&text);
}

/* Answers that can never match, where somebody listens. */
static bs_status tell_of_reach(bs_plan *plan, size_t t, const teller *to, bs_error *err) {
  bs_reach reach;
  if (to->notice == NULL)
    return BS_OK;
  bs_status status = bs_reach_of_task(&reach, plan->tasks[t], plan->config->max_examples, err);
  if (status != BS_OK)
    return status;
  plan->n_unmatched[t] = reach.lost.n;
  status = bs_reach_tell(&reach, plan->tasks[t]->name, warn_of_reach, (void *)(size_t)to, err);
  bs_reach_free(&reach);
  return status;
}

static bs_status read_all(bs_plan *plan, bool *used, const teller *to, bs_error *err) {
  const bs_config *config = plan->config;
  for (size_t i = 0; i < config->n_tasks; i++) {
    bs_error fault = {0};
    bs_task *task = NULL;
    if (bs_task_open(&task, &config->tasks[i], NULL, NULL, &fault) != BS_OK) {
      plan->n_bad_inputs++;
      bs_error_prefix(&fault, "task left out");
      tell(to, true, fault.message);
      continue;
    }
    give_baselines(config, i, task, used, to);
    bs_status status = check_name(plan, task, err);
    plan->specs[plan->n_tasks] = &config->tasks[i];
    plan->tasks[plan->n_tasks++] = task;
    if (status == BS_OK)
      status = tell_of_reach(plan, plan->n_tasks - 1, to, err);
    if (status != BS_OK)
      return status;
  }
  return BS_OK;
}

/* Whether a task for which the metric is asked has it. */
static bool is_computed(const bs_plan *plan, const char *name) {
  const bs_metric *metrics[BS_MOST_METRICS];
  for (size_t t = 0; t < plan->n_tasks; t++) {
    bool is_asked = false;
    for (size_t i = 0; i < plan->specs[t]->n_metrics; i++)
      is_asked |= strcmp(plan->specs[t]->metrics[i], name) == 0;
    size_t n = is_asked ? bs_task_metrics(plan->tasks[t], metrics) : 0;
    for (size_t i = 0; i < n; i++)
      if (bs_metric_is_named(metrics[i], name))
        return true;
  }
  return false;
}

/* A metric that is asked for must be computed for some task. */
static bs_status check_metrics(const bs_plan *plan, bs_error *err) {
  const bs_task_spec *checked = NULL;
  for (size_t t = 0; t < plan->n_tasks; t++) {
    const bs_task_spec *spec = plan->specs[t];
    bool same = checked != NULL && checked->n_metrics == spec->n_metrics;
    for (size_t i = 0; same && i < spec->n_metrics; i++)
      same = strcmp(checked->metrics[i], spec->metrics[i]) == 0;
    for (size_t i = 0; !same && i < spec->n_metrics; i++)
      if (!is_computed(plan, spec->metrics[i]))
        return bs_error_set(err, BS_ERR_USAGE,
                            "%s: metrics: \"%s\" applies to no task that it is asked for: none has "
                            "what it needs (%s)",
                            plan->config->path, spec->metrics[i],
                            bs_metric_needed(spec->metrics[i]));
    checked = spec;
  }
  return BS_OK;
}

bs_status bs_plan_read_tasks(bs_plan *plan, bs_notice notice, void *user, bs_error *err) {
  const bs_config *config = plan->config;
  teller to = {notice, user};
  bool *used = bs_array_new(config->n_baselines, sizeof *used, err);
  plan->tasks = bs_array_new(config->n_tasks, sizeof(bs_task *), err);
  plan->specs = bs_array_new(config->n_tasks, sizeof *plan->specs, err);
  plan->n_unmatched = bs_array_new(config->n_tasks, sizeof *plan->n_unmatched, err);
  bs_status status =
      used == NULL || plan->tasks == NULL || plan->specs == NULL || plan->n_unmatched == NULL
          ? BS_ERR_MEMORY
          : BS_OK;
  for (size_t i = 0; status == BS_OK && i < config->n_suites; i++)
    if (config->suites[i].n_missing > 0)
      status = tell_of_suite(config, &config->suites[i], &to, err);
  if (status == BS_OK)
    status = read_all(plan, used, &to, err);
  if (status == BS_OK && plan->n_tasks == 0)
    status = bs_error_set(err, BS_ERR_INPUT, "%s: %s", config->path,
                          config->n_tasks == 1 ? "its only task cannot be used"
                                               : "none of its tasks can be used");
  if (status == BS_OK)
    status = check_metrics(plan, err);
  if (status == BS_OK)
    status = tell_of_unused(config, used, &to, err);
  free(used);
  return status;
}
