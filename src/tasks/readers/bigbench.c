/* BIG-bench's JSON tasks. */
#include <stdlib.h>

#include "tasks/readers/reader_internal.h"

static bs_status read_document(bs_task *task, const bs_json *json, bs_findings *findings,
                               bs_error *err) {
  bs_member *members = NULL;
  size_t n = 0;
  bs_unknown unknown = {0};
  bs_source source = bs_source_start(json);
  bs_status status = BS_OK;
  if (!cJSON_IsObject(json->root)) {
    bs_finding_fault(findings, (bs_place){.line = source.line},
                     "expected an object: a BIG-bench task");
    return BS_OK;
  }
  status = bs_source_members(source, json->root, &members, &n, err);
  if (status != BS_OK)
    goto cleanup;
  status = bs_task_read_fields(task, members, n, findings, &unknown, err);
  const bs_member *examples = bs_member_find(members, n, "examples");
  const bs_member *subtasks = bs_member_find(members, n, "subtasks");
  if (status != BS_OK)
    goto cleanup;
  if (examples != NULL)
    status = bs_task_read_examples(task, examples, findings, &unknown, err);
  else if (subtasks != NULL)
    bs_finding_fault(
        findings, (bs_place){.line = subtasks->value.line, .field = "subtasks"},
        "a task made of subtasks has no examples of its own: they are in the subtasks' files");
  else
    bs_finding_fault(findings, (bs_place){.line = source.line},
                     "key \"examples\" is missing, expected a list of examples");
  if (status == BS_OK && task->n_examples > 0)
    status = bs_task_settle_metrics(task, members, n, findings, err);
  if (status == BS_OK)
    status = bs_unknown_report(&unknown, "fields", findings, err);

cleanup:
  free(members);
  bs_unknown_free(&unknown);
  return status;
}

static bs_status read(bs_task *task, const char *text, size_t n_bytes, bs_findings *findings,
                      bs_error *err) {
  bs_json *json = NULL;
  bs_status status = bs_task_reader_json(&json, text, n_bytes, findings, err);
  if (json != NULL)
    status = read_document(task, json, findings, err);
  bs_json_free(&json);
  return status;
}

static bs_status complete(bs_task *task, bs_findings *findings, bs_error *err) {
  (void)findings;
  return bs_task_name_after_parent(task, err);
}

const bs_task_reader bs_task_reader_bigbench = {
    .format = BS_FORMAT_BIGBENCH,
    .name = "bigbench",
    .read = read,
    .complete = complete,
};
