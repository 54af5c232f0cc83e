/* An evaluation in every_eval_ever's schema: {"model_info": {...}, "evaluation_results": [{
   "evaluation_name": task, "metric_config": {...}, "score_details": {"score": value, ...}}]}. */
#include <math.h>
#include <string.h>

#include "import/import_internal.h"

static bool is_it(const cJSON *root) {
  return cJSON_IsArray(bs_json_get(root, "evaluation_results"));
}

static bs_status read_model(bs_import *import, const bs_json *json, bs_imported_model *model,
                            bs_error *err) {
  const cJSON *told = bs_json_get(json->root, "model_info");
  const cJSON *details = bs_json_get(told, "additional_details");
  model->name = bs_import_string(told, "id");
  if (model->name[0] == '\0')
    model->name = bs_import_string(told, "name");
  model->family = bs_import_string(details, "family");
  model->scale = bs_import_number(details, "scale");
  if (!(model->scale > 0))
    model->scale = bs_import_number(details, "num_parameters");
  model->seed = bs_import_number(details, "seed");
  model->tokens = bs_import_number(details, "tokens");
  model->compute = bs_import_number(details, "compute");
  if (!(model->tokens > 0))
    model->tokens = NAN;
  if (!(model->compute > 0))
    model->compute = NAN;
  bs_status status = bs_import_settle_model(import, model, err);
  if (status == BS_ERR_INPUT)
    bs_error_prefix(err, "%s", json->name);
  return status;
}

/* What the metric is called; later versions of the schema have members for it. */
static const char *metric_of(const cJSON *config) {
  static const char *const KEYS[] = {"metric_id", "metric_name", "evaluation_description"};
  const char *name = "";
  for (size_t i = 0; name[0] == '\0' && i < sizeof KEYS / sizeof *KEYS; i++)
    name = bs_import_string(config, KEYS[i]);
  return name[0] != '\0' ? name : "score";
}

static bs_status read_result(bs_import *import, const bs_json *json, const cJSON *result,
                             const bs_imported_model *model, bs_error *err) {
  const cJSON *details = bs_json_get(result, "score_details");
  const cJSON *uncertainty = bs_json_get(details, "uncertainty");
  const cJSON *asked = bs_json_get(bs_json_get(result, "generation_config"), "additional_details");
  const cJSON *source = bs_json_get(bs_json_get(result, "source_data"), "additional_details");
  double shots = bs_import_number(asked, "num_fewshot");
  bs_imported_score row = {
      .model = *model,
      .task = bs_import_string(result, "evaluation_name"),
      .metric = metric_of(bs_json_get(result, "metric_config")),
      .preferred = bs_import_string(source, "preferred_metric"),
      .value = bs_import_number(details, "score"),
      .standard_error = bs_import_number(bs_json_get(uncertainty, "standard_error"), "value"),
      .n = bs_import_number(uncertainty, "num_samples"),
      .chance = NAN};
  if (row.task[0] == '\0')
    return bs_json_fault(json, result, err, "expected an evaluation_name");
  if (isnan(row.value))
    return bs_json_fault(json, result, err, "expected score_details.score, a number");
  if (!isnan(shots) && !(shots >= 0 && shots <= UINT32_MAX && shots == floor(shots)))
    return bs_json_fault(json, asked, err, "expected a number of shots in num_fewshot");
  row.shots = isnan(shots) ? 0 : (uint32_t)shots;
  bs_status status = bs_import_add(import, &row, err);
  if (status == BS_ERR_INPUT)
    bs_error_prefix(err, "%s: line %zu", json->name, bs_json_line(json, result));
  return status;
}

static bs_status read_results(bs_import *import, const bs_json *json, bs_error *err) {
  bs_imported_model model = BS_NO_MODEL;
  bs_status status = read_model(import, json, &model, err);
  const cJSON *result;
  cJSON_ArrayForEach(result, bs_json_get(json->root, "evaluation_results")) {
    if (status == BS_OK)
      status = read_result(import, json, result, &model, err);
  }
  return status;
}

const bs_import_format bs_import_format_every_eval_ever = {
    .name = "every_eval_ever", .is_it = is_it, .read = read_results};
