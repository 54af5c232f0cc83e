/* BIG-bench's scores: {"model": {...}, "task": {...}, "scores": [{"score_dict": {METRIC: value},
   "number_of_shots": n, ...}]}. */
#include <math.h>
#include <string.h>

#include "import/import_internal.h"

static bool is_it(const cJSON *root) {
  return cJSON_IsObject(bs_json_get(root, "model")) && cJSON_IsArray(bs_json_get(root, "scores"));
}

static bs_status read_model(bs_import *import, const bs_json *json, bs_imported_model *model,
                            bs_error *err) {
  static const char *const SIZES[] = {"total_params", "non_embedding_params"};
  const cJSON *told = bs_json_get(json->root, "model");
  model->name = bs_import_string(told, "model_name");
  model->family = bs_import_string(told, "model_family");
  for (size_t i = 0; !(model->scale > 0) && i < sizeof SIZES / sizeof *SIZES; i++)
    model->scale = bs_import_number(told, SIZES[i]);
  bs_status status = bs_import_settle_model(import, model, err);
  if (status == BS_ERR_INPUT)
    bs_error_prefix(err, "%s", json->name);
  return status;
}

/* The subtask, under its task's name where it does not say that itself. */
static bs_status append_task(bs_text *to, const bs_json *json, const cJSON *entry, bs_error *err) {
  const cJSON *of = bs_json_get(json->root, "task");
  const char *task = cJSON_IsString(of) ? of->valuestring : bs_import_string(of, "task_name");
  const char *subtask = bs_import_string(entry, "subtask_description");
  if (task[0] == '\0' && subtask[0] == '\0')
    return bs_json_fault(json, entry, err,
                         "expected a subtask_description, or task.task_name in the file");
  if (subtask[0] == '\0' || strncmp(subtask, task, strlen(task)) == 0)
    return bs_text_append_string(to, subtask[0] != '\0' ? subtask : task, err);
  return bs_text_printf(to, err, "%s: %s", task, subtask);
}

static bs_status read_dict(bs_import *import, const bs_json *json, const cJSON *entry,
                           bs_imported_score *row, bs_error *err) {
  double low = bs_import_number(entry, "low_score");
  bs_status status = BS_OK;
  const cJSON *item;
  cJSON_ArrayForEach(item, bs_json_get(entry, "score_dict")) {
    if (status != BS_OK || !cJSON_IsNumber(item))
      continue;
    row->metric = item->string;
    row->value = item->valuedouble;
    row->chance = strcmp(item->string, row->preferred) == 0 ? low : (double)NAN;
    if (item->string[0] == '\0')
      status = bs_json_fault(json, item, err, "expected the name of a metric");
    else
      status = bs_import_add(import, row, err);
    if (status == BS_ERR_INPUT && item->string[0] != '\0')
      bs_error_prefix(err, "%s: line %zu", json->name, bs_json_line(json, item));
  }
  return status;
}

static bs_status read_entry(bs_import *import, const bs_json *json, const cJSON *entry,
                            const bs_imported_model *model, bs_error *err) {
  int64_t shots = 0;
  bs_text task = {0};
  bs_imported_score row = {.model = *model, .n = NAN, .standard_error = NAN};
  bs_status status = BS_OK;
  if (!cJSON_IsObject(bs_json_get(entry, "score_dict")))
    status = bs_json_fault(json, entry, err, "expected an object with a score_dict");
  if (status == BS_OK)
    status = bs_json_get_integer(json, entry, "number_of_shots", false, 0, UINT32_MAX, &shots, err);
  if (status == BS_OK)
    status = append_task(&task, json, entry, err);
  row.task = task.data;
  row.shots = (uint32_t)shots;
  row.preferred = bs_import_string(entry, "preferred_score");
  if (status == BS_OK)
    status = read_dict(import, json, entry, &row, err);
  bs_text_free(&task);
  return status;
}

static bs_status read_scores(bs_import *import, const bs_json *json, bs_error *err) {
  bs_imported_model model = BS_NO_MODEL;
  bs_status status = read_model(import, json, &model, err);
  const cJSON *entry;
  cJSON_ArrayForEach(entry, bs_json_get(json->root, "scores")) {
    if (status == BS_OK)
      status = read_entry(import, json, entry, &model, err);
  }
  return status;
}

const bs_import_format bs_import_format_bigbench = {
    .name = "BIG-bench", .is_it = is_it, .read = read_scores};
