/* Metrics that are asked for beside those of the task's file. */
#include <stdlib.h>
#include <string.h>

#include "base/memory_internal.h"
#include "bigsweep/metric.h"
#include "tasks/variant_internal.h"

enum { MOST_NAMES = 64 };

bs_status bs_metric_names_read(char ***names, size_t *n, const bs_json *json, const cJSON *list,
                               bs_error *err) {
  int size = cJSON_IsArray(list) ? cJSON_GetArraySize(list) : 0;
  if (size == 0 || size > MOST_NAMES)
    return bs_json_fault(json, list, err,
                         "expected a list of 1 to %d names of metrics, such as [\"bleu\"]",
                         MOST_NAMES);
  *n = 0;
  *names = bs_array_new((size_t)size, sizeof **names, err);
  bs_status status = *names != NULL ? BS_OK : BS_ERR_MEMORY;
  const cJSON *item;
  cJSON_ArrayForEach(item, list) {
    bs_error fault = {0};
    if (status != BS_OK)
      break;
    if (!cJSON_IsString(item))
      status = bs_json_fault(json, item, err, "expected the name of a metric");
    else if (bs_metric_name_check(item->valuestring, &fault) != BS_OK)
      status = bs_json_fault(json, item, err, "%s", fault.message);
    for (size_t i = 0; status == BS_OK && i < *n; i++)
      if (strcmp((*names)[i], item->valuestring) == 0)
        status =
            bs_json_fault(json, item, err, "the metric \"%s\" stands twice", item->valuestring);
    if (status == BS_OK && ((*names)[*n] = bs_string_copy(item->valuestring, err)) == NULL)
      status = BS_ERR_MEMORY;
    *n += status == BS_OK;
  }
  return status;
}

static bool is_listed(const bs_task *task, const char *name) {
  for (size_t i = 0; i < task->n_metrics; i++)
    if (strcmp(task->metrics[i], name) == 0)
      return true;
  return false;
}

bs_status bs_task_add_metrics(bs_task *task, const char *const *names, size_t n, bs_error *err) {
  bool has_text = bs_task_needs_text(task);
  size_t capacity = task->n_metrics;
  bs_status status = n > 0 ? bs_reserve(&task->metrics, &capacity, task->n_metrics, n, err) : BS_OK;
  for (size_t i = 0; status == BS_OK && i < n; i++) {
    if (is_listed(task, names[i]) || (!has_text && bs_metrics_need_text(&names[i], 1)))
      continue;
    char *name = bs_string_copy(names[i], err);
    status = name != NULL ? BS_OK : BS_ERR_MEMORY;
    if (name != NULL)
      task->metrics[task->n_metrics++] = name;
  }
  return status;
}
