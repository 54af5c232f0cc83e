/* Tasks and variants from JSON. */
#include "varying.h"

#include <stdio.h>
#include <string.h>

#include "tasks/variant_internal.h"

const char CHOICES[] =
    "{\"name\": \"t\", \"description\": \"d\", \"keywords\": [], \"task_prefix\": \"P\", "
    "\"metrics\": [\"multiple_choice_grade\"], \"preferred_score\": \"multiple_choice_grade\", "
    "\"examples\": [{\"input\": \"i0\", \"target_scores\": {\"red\": 1, \"blue\": 0, \"green\": "
    "1}},"
    "{\"input\": \"i1\", \"target_scores\": {\"one\": 0, \"two\": 1}},"
    "{\"input\": \"i2\", \"target_scores\": {\"x\": 0.5, \"y\": 0.25, \"z\": 0, \"w\": 0}},"
    "{\"input\": \"i3\", \"target_scores\": {\"no\": 0, \"yes\": 1}}]}";

bs_task *parse(const char *json) {
  bs_error err = {0};
  bs_task *task = NULL;
  BS_TEST_OK(bs_task_parse(&task, json, strlen(json), "folder/t/task.json", NULL, NULL, &err), err);
  CU_ASSERT_PTR_NOT_NULL_FATAL(task);
  return task;
}

bs_status read_variant(bs_variant **variant, const char *json_text, bs_error *err) {
  bs_json *json = NULL;
  *variant = NULL;
  bs_status status = bs_json_parse(&json, json_text, strlen(json_text), "v.json", err);
  if (status == BS_OK)
    status = bs_variant_read(variant, NULL, json, json->root, NULL, err);
  bs_json_free(&json);
  return status;
}

bs_variant *variant_of(const char *json) {
  bs_error err = {0};
  bs_variant *variant = NULL;
  BS_TEST_OK(read_variant(&variant, json, &err), err);
  CU_ASSERT_PTR_NOT_NULL_FATAL(variant);
  return variant;
}

bs_task *with(const char *task_json, const char *variant_json) {
  bs_error err = {0};
  bs_task *task = parse(task_json);
  bs_variant *variant = variant_of(variant_json);
  BS_TEST_OK(bs_task_apply_variant(task, variant, &err), err);
  bs_variant_free(&variant);
  return task;
}
