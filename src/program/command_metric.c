/* bigsweep metric: a filter that computes a metric. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bigsweep/helpers.h"
#include "bigsweep/metric.h"
#include "program/filter.h"
#include "program/options.h"

/* The outcomes of one line. */
typedef struct outcomes {
  bs_outcome *all;
  size_t n;
  double *numbers;         /* that the outcomes point into */
  const char **references; /* likewise */
  unsigned has;            /* bs_metric_needs that the line serves */
} outcomes;

static void outcomes_free(outcomes *o) {
  free(o->all);
  free(o->numbers);
  free(o->references);
  *o = (outcomes){0};
}

static bs_status get_list(const bs_json *json, const char *key, const cJSON **list, bs_error *err) {
  *list = bs_json_get(json->root, key);
  if (*list == NULL)
    return bs_json_fault(json, json->root, err, "key \"%s\" is missing, expected a list", key);
  return cJSON_IsArray(*list) ? BS_OK : bs_json_fault(json, *list, err, "expected a list");
}

/* Elements of the lists in a list. */
static size_t count_inner(const cJSON *list) {
  size_t n = 0;
  const cJSON *item;
  cJSON_ArrayForEach(item, list) n += (size_t)cJSON_GetArraySize(item);
  return n;
}

static bs_status allocate(outcomes *o, size_t n, size_t n_numbers, size_t n_references,
                          bs_error *err) {
  o->n = n;
  o->all = bs_array_new(n, sizeof *o->all, err);
  o->numbers = bs_array_new(n_numbers, sizeof *o->numbers, err);
  o->references = bs_array_new(n_references, sizeof *o->references, err);
  return o->all == NULL || o->numbers == NULL || o->references == NULL ? BS_ERR_MEMORY : BS_OK;
}

static bs_status read_texts(const bs_json *json, outcomes *o, bs_error *err) {
  const cJSON *predictions = NULL, *references = NULL, *text;
  bs_status status = get_list(json, "predictions", &predictions, err);
  if (status == BS_OK)
    status = get_list(json, "references", &references, err);
  if (status != BS_OK)
    return status;
  if (cJSON_GetArraySize(predictions) != cJSON_GetArraySize(references))
    return bs_json_fault(json, references, err,
                         "expected a list of references for each of the %d predictions",
                         cJSON_GetArraySize(predictions));
  status = allocate(o, (size_t)cJSON_GetArraySize(predictions), 0, count_inner(references), err);
  const cJSON *prediction = predictions->child, *list = references->child;
  const char **reference = o->references;
  for (size_t i = 0; status == BS_OK && i < o->n;
       i++, prediction = prediction->next, list = list->next) {
    if (!cJSON_IsString(prediction))
      return bs_json_fault(json, prediction, err, "expected a text");
    if (!cJSON_IsArray(list) || list->child == NULL)
      return bs_json_fault(json, list, err, "expected a list of at least one text");
    o->all[i] = (bs_outcome){
        .prediction = prediction->valuestring, .targets = reference, .target_logprob = NAN};
    cJSON_ArrayForEach(text, list) {
      if (!cJSON_IsString(text))
        return bs_json_fault(json, text, err, "expected a text");
      *reference++ = text->valuestring;
      o->all[i].n_targets++;
    }
  }
  o->has = BS_NEEDS_TEXT;
  return status;
}

static bs_status read_numbers(const bs_json *json, const cJSON *list, double most, double **to,
                              bs_error *err) {
  const cJSON *item;
  cJSON_ArrayForEach(item, list) {
    if (!cJSON_IsNumber(item))
      return bs_json_fault(json, item, err, "expected a number");
    if (item->valuedouble > most)
      return bs_json_fault(json, item, err,
                           "expected a log-probability, which is at most %g, "
                           "found %g",
                           most, item->valuedouble);
    *(*to)++ = item->valuedouble;
  }
  return BS_OK;
}

static bs_status read_choices(const bs_json *json, outcomes *o, bs_error *err) {
  const cJSON *log_probs = NULL, *target_scores = NULL;
  bs_status status = get_list(json, "log_probs", &log_probs, err);
  if (status == BS_OK)
    status = get_list(json, "target_scores", &target_scores, err);
  if (status != BS_OK)
    return status;
  if (cJSON_GetArraySize(log_probs) != cJSON_GetArraySize(target_scores))
    return bs_json_fault(json, target_scores, err, "expected as many lists as log_probs has, %d",
                         cJSON_GetArraySize(log_probs));
  status = allocate(o, (size_t)cJSON_GetArraySize(log_probs),
                    count_inner(log_probs) + count_inner(target_scores), 0, err);
  const cJSON *probs = log_probs->child, *scores = target_scores->child;
  double *number = o->numbers;
  for (size_t i = 0; status == BS_OK && i < o->n; i++, probs = probs->next, scores = scores->next) {
    int n = cJSON_IsArray(probs) ? cJSON_GetArraySize(probs) : 0;
    if (n == 0)
      return bs_json_fault(json, probs, err, "expected a list of at least one number");
    if (!cJSON_IsArray(scores) || cJSON_GetArraySize(scores) != n)
      return bs_json_fault(json, scores, err, "expected a list of %d numbers", n);
    o->all[i] = (bs_outcome){.n_choices = (size_t)n,
                             .choice_logprobs = number,
                             .target_scores = number + n,
                             .target_logprob = NAN};
    status = read_numbers(json, probs, 0, &number, err);
    if (status == BS_OK)
      status = read_numbers(json, scores, INFINITY, &number, err);
  }
  o->has = BS_NEEDS_CHOICES | BS_NEEDS_MODEL_LOGPROBS;
  return status;
}

static bs_status append_metrics(const outcomes *o, bs_text *answer, bs_error *err) {
  bs_status status = bs_text_append(answer, "{", 1, err);
  size_t n_written = 0;
  for (size_t i = 0; status == BS_OK && i < bs_metric_count(); i++) {
    const bs_metric *metric = bs_metric_at(i);
    if ((metric->needs & ~o->has) != 0)
      continue;
    bs_estimate estimate;
    status = bs_metric_evaluate(metric, o->all, o->n, &estimate, err);
    if (status == BS_OK)
      status = bs_text_printf(answer, err, "%s\"%s\": ", n_written++ > 0 ? ", " : "", metric->name);
    if (status == BS_OK)
      status = bs_json_append_double(answer, estimate.value, err);
  }
  return status == BS_OK ? bs_text_append(answer, "}", 1, err) : status;
}

static bs_status evaluate(void *user, const bs_json *json, bs_text *answer, bs_error *err) {
  static const char *const known[] = {"predictions", "references", "log_probs", "target_scores"};
  (void)user;
  outcomes o = {0};
  bool is_text = bs_json_get(json->root, "predictions") != NULL;
  bool is_choice = bs_json_get(json->root, "log_probs") != NULL;
  bs_status status = bs_json_known_keys(json, json->root, known, sizeof known / sizeof *known, err);
  if (status == BS_OK && is_text == is_choice)
    status =
        bs_json_fault(json, json->root, err,
                      "expected either \"predictions\" and \"references\" or \"log_probs\" and "
                      "\"target_scores\"");
  else if (status == BS_OK)
    status = is_text ? read_texts(json, &o, err) : read_choices(json, &o, err);
  if (status == BS_OK && o.n == 0)
    status = bs_json_fault(json, json->root, err, "expected at least one example");
  if (status == BS_OK)
    status = append_metrics(&o, answer, err);
  outcomes_free(&o);
  return status;
}

static bs_status evaluate_batch(void *user, filter_item *items, size_t n, bs_error *err) {
  (void)err;
  return filter_each(evaluate, user, items, n);
}

static int run(const bs_command *command, int argc, char **argv) {
  parsed p = options_parse(command, argc, argv, NULL, 0, 0, 0);
  return p.go_on ? filter_run(command, 1, evaluate_batch, NULL) : p.exit_code;
}

const bs_command metric_command = {
    "metric", "< LINES.jsonl",
    "filter: {\"predictions\", \"references\"} or {\"log_probs\", \"target_scores\"} to metrics",
    run};
