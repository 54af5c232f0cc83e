/* The table of metrics, and what a name means in it. */
#include <assert.h>
#include <string.h>

#include "base/text_internal.h"
#include "metrics/table_internal.h"

#define BS_METRIC_ADDRESS(name) &bs_metric_##name,
static const bs_metric *const TABLE[] = {BS_METRIC_TABLE(BS_METRIC_ADDRESS)};
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

static bool is_alias(const bs_metric *metric, const char *name) {
  return metric->alias != NULL && strcmp(metric->alias, name) == 0;
}

bool bs_metric_is_named(const bs_metric *metric, const char *name) {
  return strcmp(metric->name, name) == 0 || is_alias(metric, name);
}

bool bs_metric_is_listed(const bs_metric *metric, const char *const *names, size_t n) {
  for (size_t i = 0; i < n; i++)
    if (bs_metric_is_named(metric, names[i]))
      return true;
  return false;
}

const bs_metric *bs_metric_meant(const char *name) {
  for (size_t i = 0; i < N_METRICS; i++)
    if (strcmp(TABLE[i]->name, name) == 0 || (TABLE[i]->leads_alias && is_alias(TABLE[i], name)))
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
  if (bs_metric_meant(name) != NULL)
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
  const bs_metric *metric = bs_metric_meant(name);
  unsigned needs = metric != NULL ? metric->needs : 0;
  if ((needs & BS_NEEDS_CHOICE_ROLES) != 0)
    return "choices with roles, as questions about bias have them";
  if ((needs & BS_NEEDS_TEXT) != 0)
    return "answers that are generated";
  return (needs & (BS_NEEDS_CHOICES | BS_NEEDS_CHOICE_TEXTS | BS_NEEDS_CHOICE_TOKENS)) != 0
             ? "choices"
             : "log-probabilities of one answer";
}
