/* lm-evaluation-harness's results: {"results": {TASK: {METRIC: value, METRIC_stderr: error}}},
   where later versions put a filter behind a name ("acc,none", "acc_stderr,none"). */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "import/import_internal.h"

#define STDERR "_stderr"

static bool is_it(const cJSON *root) { return cJSON_IsObject(bs_json_get(root, "results")); }

/* A value of "key=value,key=value"; the first of several keys that is there. */
static bs_status argument(bs_text *to, const char *arguments, bs_error *err) {
  static const char *const KEYS[] = {
      "peft=", "delta=", "pretrained=", "model=", "path=", "engine="};
  for (size_t k = 0; k < sizeof KEYS / sizeof *KEYS; k++)
    for (const char *at = arguments; at != NULL; at = strchr(at, ',')) {
      at += *at == ',';
      if (strncmp(at, KEYS[k], strlen(KEYS[k])) == 0) {
        at += strlen(KEYS[k]);
        return bs_text_append(to, at, strcspn(at, ","), err);
      }
    }
  return BS_OK;
}

/* The model's name: its own member, or what was loaded. */
static bs_status append_name(bs_text *to, const cJSON *root, bs_error *err) {
  static const char *const KEYS[] = {"pretrained", "model", "path", "engine"};
  const cJSON *config = bs_json_get(root, "config");
  const cJSON *arguments = bs_json_get(config, "model_args");
  const char *name = bs_import_string(root, "model_name");
  for (size_t i = 0; name[0] == '\0' && i < sizeof KEYS / sizeof *KEYS; i++)
    name = bs_import_string(arguments, KEYS[i]);
  if (name[0] == '\0' && cJSON_IsString(arguments)) {
    bs_status status = argument(to, arguments->valuestring, err);
    if (status != BS_OK || to->n_bytes > 0)
      return status;
  }
  if (name[0] == '\0')
    name = bs_import_string(config, "model");
  return bs_text_append_string(to, name, err);
}

static bs_status read_model(bs_import *import, const bs_json *json, bs_imported_model *model,
                            bs_error *err) {
  const cJSON *config = bs_json_get(json->root, "config");
  bs_text name = {0};
  bs_status status = append_name(&name, json->root, err);
  model->name = name.data;
  model->family = bs_import_string(config, "family");
  model->scale = bs_import_number(config, "scale");
  if (isnan(model->scale))
    model->scale = bs_import_number(config, "model_num_parameters");
  model->seed = bs_import_number(config, "seed");
  model->tokens = bs_import_number(config, "tokens");
  model->compute = bs_import_number(config, "compute");
  if (!(model->tokens > 0))
    model->tokens = NAN;
  if (!(model->compute > 0))
    model->compute = NAN;
  if (status == BS_OK) {
    status = bs_import_settle_model(import, model, err);
    if (status == BS_ERR_INPUT)
      bs_error_prefix(err, "%s", json->name);
  }
  bs_text_free(&name);
  return status;
}

/* Shots of a task: its own, or those of the whole run. */
static bs_status shots_of(const bs_json *json, const char *task, uint32_t *out, bs_error *err) {
  const cJSON *const PLACES[] = {
      bs_json_get(bs_json_get(json->root, "n-shot"), task),
      bs_json_get(bs_json_get(bs_json_get(json->root, "configs"), task), "num_fewshot"),
      bs_json_get(bs_json_get(json->root, "config"), "num_fewshot")};
  *out = 0;
  for (size_t i = 0; i < sizeof PLACES / sizeof *PLACES; i++) {
    if (!cJSON_IsNumber(PLACES[i]))
      continue;
    double shots = PLACES[i]->valuedouble;
    if (!(shots >= 0 && shots <= UINT32_MAX && shots == floor(shots)))
      return bs_json_fault(json, PLACES[i], err, "expected a number of shots");
    *out = (uint32_t)shots;
    return BS_OK;
  }
  return BS_OK;
}

/* Whether a key is "METRIC_stderr" or "METRIC_stderr,FILTER". */
static bool is_error(const char *key) {
  size_t n = strcspn(key, ","), tail = strlen(STDERR);
  return n > tail && strncmp(key + n - tail, STDERR, tail) == 0;
}

/* The standard error that belongs to a key. */
static double error_of(const cJSON *metrics, const char *key) {
  char name[256];
  size_t n = strcspn(key, ",");
  int written = snprintf(name, sizeof name, "%.*s" STDERR "%s", (int)n, key, key + n);
  return written > 0 && (size_t)written < sizeof name ? bs_import_number(metrics, name) : NAN;
}

/* "acc" of "acc" and of "acc,none"; "acc (strict)" of "acc,strict". */
static bs_status append_metric(bs_text *to, const char *key, bs_error *err) {
  size_t n = strcspn(key, ",");
  bs_status status = bs_text_append(to, key, n, err);
  if (status == BS_OK && key[n] != '\0' && strcmp(key + n, ",none") != 0)
    status = bs_text_printf(to, err, " (%s)", key + n + 1);
  return status;
}

static bs_status read_metric(bs_import *import, const bs_json *json, const cJSON *metrics,
                             const cJSON *item, bs_imported_score *row, bs_error *err) {
  bs_text metric = {0};
  bs_status status = append_metric(&metric, item->string, err);
  row->metric = metric.data;
  row->value = item->valuedouble;
  row->standard_error = error_of(metrics, item->string);
  if (row->standard_error < 0)
    row->standard_error = NAN;
  if (status == BS_OK && metric.n_bytes == 0)
    status = bs_json_fault(json, item, err, "expected the name of a metric");
  if (status == BS_OK) {
    status = bs_import_add(import, row, err);
    if (status == BS_ERR_INPUT)
      bs_error_prefix(err, "%s: line %zu", json->name, bs_json_line(json, item));
  }
  bs_text_free(&metric);
  return status;
}

static bool is_metric(const cJSON *item) {
  static const char *const OTHERS[] = {"sample_len", "sample_count", "samples"};
  bool is_other = false;
  for (size_t i = 0; i < sizeof OTHERS / sizeof *OTHERS; i++)
    is_other = is_other || strcmp(item->string, OTHERS[i]) == 0;
  return cJSON_IsNumber(item) && !is_other && !is_error(item->string);
}

static bs_status read_task(bs_import *import, const bs_json *json, const cJSON *metrics,
                           const bs_imported_model *model, bs_error *err) {
  const char *task = metrics->string;
  const cJSON *counts = bs_json_get(bs_json_get(json->root, "n-samples"), task);
  const cJSON *told =
      bs_json_get(bs_json_get(bs_json_get(json->root, "configs"), task), "metadata");
  bs_imported_score row = {.model = *model, .task = task};
  double low = bs_import_number(told, "low_score");
  row.preferred = bs_import_string(told, "preferred_metric");
  row.n = bs_import_number(counts, "effective");
  bs_status status = BS_OK;
  if (task[0] == '\0')
    status = bs_json_fault(json, metrics, err, "expected the name of a task");
  if (status == BS_OK && !cJSON_IsObject(metrics))
    status = bs_json_fault(json, metrics, err, "expected an object of metrics");
  if (status == BS_OK)
    status = shots_of(json, task, &row.shots, err);
  const cJSON *item;
  cJSON_ArrayForEach(item, metrics) {
    if (status != BS_OK || !is_metric(item))
      continue;
    size_t n = strcspn(item->string, ",");
    bool is_preferred = strlen(row.preferred) == n && strncmp(item->string, row.preferred, n) == 0;
    row.chance = is_preferred ? low : (double)NAN;
    status = read_metric(import, json, metrics, item, &row, err);
  }
  return status;
}

static bs_status read_results(bs_import *import, const bs_json *json, bs_error *err) {
  bs_imported_model model = BS_NO_MODEL;
  bs_status status = read_model(import, json, &model, err);
  const cJSON *task;
  cJSON_ArrayForEach(task, bs_json_get(json->root, "results")) {
    if (status == BS_OK)
      status = read_task(import, json, task, &model, err);
  }
  return status;
}

const bs_import_format bs_import_format_lm_eval = {
    .name = "lm-evaluation-harness", .is_it = is_it, .read = read_results};
