/* BIG-Bench Hard (Suzgun et al. 2022, arXiv:2210.09261): {"canary", "examples": [{"input",
   "target"}]}. The prompt is the paper's without worked examples: "Q: ", the input, "\nA: ", a
   blank line between examples. */
#include <stdlib.h>

#include "tasks/readers/reader_internal.h"

/* The answer is the first line that is not blank, without white space around it and without a full
   stop at its end: no target ends in one. The longest target has 182 characters. */
static const bs_task_shape SHAPE = {
    .description = "",
    .keywords = "bbh",
    .task_prefix = "",
    .input_prefix = "Q: ",
    .output_prefix = "\nA: ",
    .choice_prefix = BS_DEFAULT_CHOICE_PREFIX,
    .separator = "\n\n",
    .stop_string = "\n",
    .output_regex = "\\s*(\\S(?:[^\\n]*?\\S)?)\\.?[^\\S\\n]*(?:\\n|$)",
    .max_length = 500,
    .metrics = {"exact_str_match"},
    .preferred_metric = "exact_str_match",
};

static const char *const FIELDS[] = {"canary", "examples"};

static bs_status read_document(bs_task *task, const bs_json *json, bs_findings *findings,
                               bs_error *err) {
  bs_unknown unknown = {0};
  bs_member *members = NULL;
  size_t n = 0;
  bs_source source = bs_source_start(json);
  if (!cJSON_IsObject(json->root)) {
    bs_finding_fault(findings, (bs_place){.line = source.line},
                     "expected an object with \"canary\" and \"examples\"");
    return BS_OK;
  }
  bs_status status = bs_source_members(source, json->root, &members, &n, err);
  if (status == BS_OK)
    status = bs_members_note(members, n, FIELDS, sizeof FIELDS / sizeof *FIELDS, "", (bs_place){0},
                             findings, &unknown, err);
  const bs_member *examples = bs_member_find(members, n, "examples");
  if (status == BS_OK && examples == NULL)
    bs_finding_fault(findings, (bs_place){.line = source.line},
                     "key \"examples\" is missing, expected a list of examples");
  else if (status == BS_OK)
    status = bs_task_read_examples(task, examples, findings, &unknown, err);
  if (status == BS_OK)
    status = bs_unknown_report(&unknown, "fields", findings, err);
  free(members);
  bs_unknown_free(&unknown);
  return status;
}

static bs_status read(bs_task *task, const char *text, size_t n_bytes, bs_findings *findings,
                      bs_error *err) {
  bs_json *json = NULL;
  bs_status status = bs_task_take_shape(task, &SHAPE, err);
  if (status == BS_OK)
    status = bs_task_reader_json(&json, text, n_bytes, findings, err);
  if (json != NULL)
    status = read_document(task, json, findings, err);
  bs_json_free(&json);
  return status;
}

const bs_task_reader bs_task_reader_bbh = {.format = BS_FORMAT_BBH, .name = "bbh", .read = read};
