/* One's own data: an object a line. It is put as the BIG-bench task with these examples would be.
 */
#include <stdlib.h>
#include <string.h>

#include "base/memory_internal.h"
#include "tasks/example_internal.h"
#include "tasks/readers/reader_internal.h"

static const char *const FIELDS[] = {"input",  "target",        "targets", "choices", "answer",
                                     "scores", "target_scores", "cluster", "comment"};
enum { N_FIELDS = sizeof FIELDS / sizeof *FIELDS };

typedef struct own_data {
  bs_findings *findings;
  bs_collector collector;
  bs_unknown unknown;
  bool any_choices, any_targets;
  bs_error *err;
} own_data;

static const bs_task_shape CHOICES = {BS_BIGBENCH_SHAPE, .keywords = "",
                                      .metrics = {"multiple_choice_grade"},
                                      .preferred_metric = "multiple_choice_grade"};
static const bs_task_shape TEXT = {BS_BIGBENCH_SHAPE, .keywords = "",
                                   .metrics = {"exact_str_match"},
                                   .preferred_metric = "exact_str_match"};
static const bs_task_shape BOTH = {BS_BIGBENCH_SHAPE, .keywords = "",
                                   .metrics = {"exact_str_match", "multiple_choice_grade"},
                                   .preferred_metric = "multiple_choice_grade"};

static bs_status check_choices(own_data *own, bs_place place, const bs_example *example) {
  const char **texts = bs_array_new(example->n_choices, sizeof *texts, own->err);
  if (texts == NULL)
    return BS_ERR_MEMORY;
  for (size_t i = 0; i < example->n_choices; i++)
    texts[i] = example->choices[i].text;
  bs_status status =
      bs_finding_repeated(own->findings, place, "choice", texts, example->n_choices, own->err);
  free(texts);
  return status;
}

static bs_status read_choice_texts(own_data *own, const bs_json_lines *lines,
                                   const bs_member *member, bs_example *example) {
  bs_place place = bs_json_lines_place(lines, "choices");
  bs_member *items = NULL;
  size_t n = 0;
  if (!cJSON_IsArray(member->node) || member->node->child == NULL) {
    bs_finding_fault(own->findings, place, "expected a list of texts");
    return BS_OK;
  }
  bs_status status = bs_source_members(member->value, member->node, &items, &n, own->err);
  if (status == BS_OK &&
      (example->choices = bs_array_new(n, sizeof *example->choices, own->err)) == NULL)
    status = BS_ERR_MEMORY;
  for (size_t i = 0; i < n && status == BS_OK; i++) {
    char *text = NULL;
    status = bs_member_string(&items[i], place, own->findings, &text, own->err);
    if (text != NULL)
      example->choices[example->n_choices++].text = text;
  }
  free(items);
  return status == BS_OK ? check_choices(own, place, example) : status;
}

/* The right choice, by its number or its text. */
static void read_answer(own_data *own, const bs_json_lines *lines, const bs_member *member,
                        bs_example *example) {
  size_t n = example->n_choices, answer = n;
  const cJSON *node = member->node;
  if (cJSON_IsNumber(node) && node->valuedouble >= 0 && node->valuedouble < (double)n &&
      node->valuedouble == (double)(size_t)node->valuedouble)
    answer = (size_t)node->valuedouble;
  for (size_t i = 0; i < n && cJSON_IsString(node); i++)
    if (strcmp(example->choices[i].text, node->valuestring) == 0)
      answer = i;
  if (answer < n)
    example->choices[answer].score = 1;
  else
    bs_finding_fault(own->findings, bs_json_lines_place(lines, "answer"),
                     "expected a choice: its number, 0 to %zu, or its text", n - 1);
}

static bs_status read_scores(own_data *own, const bs_json_lines *lines, const bs_member *member,
                             bs_example *example) {
  bs_place place = bs_json_lines_place(lines, "scores");
  bs_member *items = NULL;
  size_t n = 0;
  bs_status status = cJSON_IsArray(member->node)
                         ? bs_source_members(member->value, member->node, &items, &n, own->err)
                         : BS_OK;
  if (status == BS_OK && n != example->n_choices)
    bs_finding_fault(own->findings, place, "expected a list of %zu numbers, one a choice",
                     example->n_choices);
  for (size_t i = 0; i < n && n == example->n_choices && status == BS_OK; i++)
    bs_member_score(&items[i], place, own->findings, &example->choices[i].score);
  free(items);
  return status;
}

static bs_status read_choices(own_data *own, const bs_json_lines *lines, bs_example *example) {
  const bs_member *choices = bs_json_lines_get(lines, "choices"),
                  *answer = bs_json_lines_get(lines, "answer");
  const bs_member *scores = bs_json_lines_get(lines, "scores"),
                  *both = bs_json_lines_get(lines, "target_scores");
  size_t n_faults = own->findings->n_faults;
  if (both != NULL && choices == NULL && answer == NULL && scores == NULL)
    return bs_example_read_scores(example, both, bs_json_lines_place(lines, "target_scores"),
                                  own->findings, own->err);
  if (both != NULL || choices == NULL || (answer == NULL) == (scores == NULL)) {
    bs_finding_fault(own->findings, bs_json_lines_place(lines, NULL),
                     "expected \"choices\" with either \"answer\" or \"scores\", or "
                     "\"target_scores\" alone");
    return BS_OK;
  }
  bs_status status = read_choice_texts(own, lines, choices, example);
  if (status != BS_OK || own->findings->n_faults > n_faults)
    return status;
  if (scores != NULL)
    return read_scores(own, lines, scores, example);
  read_answer(own, lines, answer, example);
  return BS_OK;
}

static bs_status read_texts(own_data *own, const bs_json_lines *lines, bs_example *example) {
  const bs_member *target = bs_json_lines_get(lines, "target"),
                  *targets = bs_json_lines_get(lines, "targets");
  if (target != NULL && targets != NULL) {
    bs_finding_fault(own->findings, bs_json_lines_place(lines, "targets"),
                     "\"target\" is there too");
    return BS_OK;
  }
  const char *field = target != NULL ? "target" : "targets";
  return bs_example_read_targets(example, target != NULL ? target : targets,
                                 bs_json_lines_place(lines, field), own->findings, own->err);
}

static bool has(const bs_json_lines *lines, const char *key) {
  return bs_json_lines_get(lines, key) != NULL;
}

static bs_status read_line(own_data *own, const bs_json_lines *lines, bs_example *example) {
  size_t n_faults = own->findings->n_faults;
  const bs_member *input = bs_json_lines_get(lines, "input");
  bool has_text = has(lines, "target") || has(lines, "targets");
  bool has_choices = has(lines, "choices") || has(lines, "target_scores") || has(lines, "answer") ||
                     has(lines, "scores");
  bs_place place = bs_json_lines_place(lines, NULL);
  bs_status status = BS_OK;
  if (input == NULL)
    bs_finding_fault(own->findings, place, "key \"input\" is missing, expected a string");
  else
    status = bs_member_string(input, bs_json_lines_place(lines, "input"), own->findings,
                              &example->input, own->err);
  if (status == BS_OK)
    status = bs_member_cluster(bs_json_lines_get(lines, "cluster"),
                               bs_json_lines_place(lines, "cluster"), own->findings,
                               &example->cluster, own->err);
  if (!has_text && !has_choices)
    bs_finding_fault(own->findings, place,
                     "expected \"target\", \"targets\", \"choices\" or \"target_scores\"");
  if (status == BS_OK && has_choices)
    status = read_choices(own, lines, example);
  if (status == BS_OK && has_text)
    status = read_texts(own, lines, example);
  if (status != BS_OK || own->findings->n_faults > n_faults)
    return status;
  own->any_choices |= has_choices;
  own->any_targets |= has_text;
  return bs_collector_add(&own->collector, example, false, own->err);
}

static bs_status read(bs_task *task, const char *text, size_t n_bytes, bs_findings *findings,
                      bs_error *err) {
  own_data own = {.findings = findings, .collector = {.task = task}, .err = err};
  bs_json_lines lines = {.findings = findings, .text = text, .n_bytes = n_bytes};
  bool there = false;
  bs_status status = bs_json_lines_next(&lines, &there, err);
  while (status == BS_OK && there) {
    bs_example example = {0};
    status = bs_members_note(lines.members, lines.n, FIELDS, N_FIELDS, "",
                             bs_json_lines_place(&lines, NULL), findings, &own.unknown, err);
    if (status == BS_OK)
      status = read_line(&own, &lines, &example);
    bs_example_clear(&example);
    if (status == BS_OK)
      status = bs_json_lines_next(&lines, &there, err);
  }
  if (status == BS_OK)
    status = bs_unknown_report(&own.unknown, "fields", findings, err);
  if (status == BS_OK)
    status = bs_task_take_shape(task,
                                !own.any_choices  ? &TEXT
                                : own.any_targets ? &BOTH
                                                  : &CHOICES,
                                err);
  if (status == BS_OK)
    bs_collector_finish(&own.collector, findings);
  bs_unknown_free(&own.unknown);
  bs_collector_free(&own.collector);
  bs_json_lines_free(&lines);
  return status;
}

const bs_task_reader bs_task_reader_jsonl = {
    .format = BS_FORMAT_JSONL, .name = "jsonl", .read = read};
