/* The examples of a task: what each must have, and which are the same. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory_internal.h"
#include "bigsweep/metric.h"
#include "tasks/canonical_internal.h"
#include "tasks/seen_internal.h"
#include "tasks/task_internal.h"

static const char *const EXAMPLE_FIELDS[] = {"input", "target", "target_scores", "cluster",
                                             "comment"};
enum { N_EXAMPLE_FIELDS = sizeof EXAMPLE_FIELDS / sizeof *EXAMPLE_FIELDS };

/* A choice key and its place, to find repeated ones. */
typedef struct keyed {
  const char *key;
  size_t place;
} keyed;

static int by_key(const void *a, const void *b) {
  const keyed *x = a, *y = b;
  int order = strcmp(x->key, y->key);
  return order != 0 ? order : (x->place > y->place) - (x->place < y->place);
}

/* last[i] = the member whose value counts for the key that first stands at i, SIZE_MAX for the
   repetitions. */
static bs_status settle_keys(const bs_member *members, size_t n, size_t *last, bs_error *err) {
  keyed *keys = bs_array_new(n, sizeof *keys, err);
  if (keys == NULL)
    return BS_ERR_MEMORY;
  for (size_t i = 0; i < n; i++)
    keys[i] = (keyed){members[i].node->string, i};
  qsort(keys, n, sizeof *keys, by_key);
  for (size_t i = 0, next; i < n; i = next) {
    for (next = i + 1; next < n && strcmp(keys[next].key, keys[i].key) == 0; next++)
      last[keys[next].place] = SIZE_MAX;
    last[keys[i].place] = keys[next - 1].place;
  }
  free(keys);
  return BS_OK;
}

bool bs_member_score(const bs_member *member, bs_place place, bs_findings *findings,
                     double *score) {
  if (cJSON_IsBool(member->node)) { /* a number in Python */
    *score = cJSON_IsTrue(member->node);
    return true;
  }
  bs_source value = member->value;
  bool is_integer;
  *score = member->node->valuedouble;
  if (cJSON_IsNumber(member->node) && bs_source_number(&value, &is_integer) > 0 && isfinite(*score))
    return true;
  bs_finding_fault(findings, place, "expected a finite number as the choice's score");
  return false;
}

bs_status bs_example_read_scores(bs_example *example, const bs_member *member, bs_place place,
                                 bs_findings *findings, bs_error *err) {
  if (!cJSON_IsObject(member->node) || member->node->child == NULL) {
    bs_finding_fault(findings, place, "expected an object of choices and their scores%s",
                     cJSON_IsObject(member->node) ? ", found none" : "");
    return BS_OK;
  }
  bs_member *choices = NULL;
  size_t *last = NULL;
  size_t n = 0;
  bs_status status = bs_source_members(member->value, member->node, &choices, &n, err);
  if (status != BS_OK)
    return status;
  last = bs_array_new(n, sizeof *last, err);
  example->choices = bs_array_new(n, sizeof *example->choices, err);
  status =
      last == NULL || example->choices == NULL ? BS_ERR_MEMORY : settle_keys(choices, n, last, err);
  for (size_t i = 0; i < n && status == BS_OK; i++) {
    const char *key = choices[i].node->string;
    place.line = choices[i].value.line;
    place.key = key;
    if (last[i] == SIZE_MAX) {
      bs_finding_warning(findings, place, "the choice stands twice: the last score counts");
      continue;
    }
    if (strstr(key, "\xC0\x80") != NULL)
      bs_finding_fault(findings, place, "the choice holds U+0000, which no prompt can");
    place.line = choices[last[i]].value.line;
    double score = 0;
    if (!bs_member_score(&choices[last[i]], place, findings, &score))
      continue;
    bs_choice *choice = &example->choices[example->n_choices];
    choice->text = bs_string_copy(key, err);
    choice->score = score;
    status = choice->text != NULL ? BS_OK : BS_ERR_MEMORY;
    example->n_choices += choice->text != NULL;
  }
  free(choices);
  free(last);
  return status;
}

static bs_status add_target(bs_example *example, const bs_member *member, bs_place place,
                            bs_findings *findings, bs_error *err) {
  char *text = NULL;
  bs_status status = BS_OK;
  if (cJSON_IsNumber(member->node)) {
    bs_source value = member->value;
    bool is_integer;
    size_t n = bs_source_number(&value, &is_integer);
    if (n == 0)
      bs_finding_fault(findings, place, "this is not a number that JSON allows");
    else if ((text = bs_string_new(member->value.text + member->value.at, n, err)) == NULL)
      status = BS_ERR_MEMORY;
  } else {
    status = bs_member_string(member, place, findings, &text, err);
  }
  if (text != NULL)
    example->targets[example->n_targets++] = text;
  return status;
}

bs_status bs_example_read_targets(bs_example *example, const bs_member *member, bs_place place,
                                  bs_findings *findings, bs_error *err) {
  bs_member *items = NULL;
  size_t n = 0;
  bool is_list = cJSON_IsArray(member->node);
  bs_status status =
      is_list ? bs_source_members(member->value, member->node, &items, &n, err) : BS_OK;
  if (is_list && status == BS_OK && n == 0)
    bs_finding_fault(findings, place, "expected an accepted answer, found an empty list");
  if (status == BS_OK &&
      (example->targets = bs_array_new(is_list ? n : 1, sizeof *example->targets, err)) == NULL)
    status = BS_ERR_MEMORY;
  if (!is_list && status == BS_OK)
    status = add_target(example, member, place, findings, err);
  for (size_t i = 0; i < n && status == BS_OK; i++) {
    place.line = items[i].value.line;
    status = add_target(example, &items[i], place, findings, err);
  }
  free(items);
  return status;
}

/* BIG-bench's rule for a metric over text where an example has choices alone: the accepted answers
   are the choices of highest score. */
static bs_status targets_from_choices(bs_example *example, bs_error *err) {
  double best = example->choices[0].score;
  for (size_t i = 1; i < example->n_choices; i++)
    best = example->choices[i].score > best ? example->choices[i].score : best;
  example->targets = bs_array_new(example->n_choices, sizeof *example->targets, err);
  if (example->targets == NULL)
    return BS_ERR_MEMORY;
  for (size_t i = 0; i < example->n_choices; i++) {
    if (example->choices[i].score != best)
      continue;
    char *text = bs_string_copy(example->choices[i].text, err);
    if (text == NULL)
      return BS_ERR_MEMORY;
    example->targets[example->n_targets++] = text;
  }
  return BS_OK;
}

static bs_status read_fields(bs_task *task, bs_example *example, const bs_member *members, size_t n,
                             bs_place place, bs_findings *findings, bs_error *err) {
  const bs_member *input = bs_member_find(members, n, "input");
  const bs_member *target = bs_member_find(members, n, "target");
  const bs_member *scores = bs_member_find(members, n, "target_scores");
  bool lists_text = bs_metrics_need_text((const char *const *)task->metrics, task->n_metrics);
  bs_status status = BS_OK;
  if (input == NULL)
    bs_finding_fault(findings, place, "key \"input\" is missing, expected a string");
  if (target == NULL && scores == NULL)
    bs_finding_fault(findings, place, "neither \"target\" nor \"target_scores\" is there");
  if (input != NULL) {
    bs_place at = place;
    at.field = "input";
    at.line = input->value.line;
    status = bs_member_string(input, at, findings, &example->input, err);
  }
  if (scores != NULL && status == BS_OK) {
    bs_place at = place;
    at.field = "target_scores";
    at.line = scores->value.line;
    status = bs_example_read_scores(example, scores, at, findings, err);
  }
  if (target != NULL && status == BS_OK) {
    bs_place at = place;
    at.field = "target";
    at.line = target->value.line;
    status = bs_example_read_targets(example, target, at, findings, err);
  }
  const bs_member *cluster = bs_member_find(members, n, "cluster");
  if (status == BS_OK) {
    bs_place at = place;
    at.field = "cluster";
    status = bs_member_cluster(cluster, at, findings, &example->cluster, err);
  }
  if (status == BS_OK && target == NULL && example->n_choices > 0 && lists_text)
    status = targets_from_choices(example, err);
  return status;
}

static bs_status read_example(bs_task *task, bs_example *example, const bs_member *member,
                              size_t index, bs_findings *findings, bs_unknown *unknown,
                              bs_error *err) {
  bs_place place = {.line = member->value.line, .in_example = true, .example = index};
  bs_member *members = NULL;
  size_t n = 0;
  bs_status status = bs_source_members(member->value, member->node, &members, &n, err);
  if (status == BS_OK)
    status = bs_members_note(members, n, EXAMPLE_FIELDS, N_EXAMPLE_FIELDS, "examples[].", place,
                             findings, unknown, err);
  if (status == BS_OK)
    status = read_fields(task, example, members, n, place, findings, err);
  free(members);
  return status;
}

static bs_status read_list(bs_task *task, const bs_member *items, size_t n, bs_findings *findings,
                           bs_unknown *unknown, bs_error *err) {
  bs_canonical canonical = {0};
  bs_seen seen = {0};
  bs_sameness same;
  bool before;
  task->examples = bs_array_new(n, sizeof *task->examples, err);
  bs_status status = task->examples == NULL ? BS_ERR_MEMORY : BS_OK;
  for (size_t i = 0; i < n && status == BS_OK; i++) {
    if (!cJSON_IsObject(items[i].node)) {
      bs_finding_fault(findings,
                       (bs_place){.line = items[i].value.line, .in_example = true, .example = i},
                       "expected an object with \"input\" and \"target\" or \"target_scores\"");
      continue;
    }
    status = bs_canonical_object(&canonical, items[i].value, items[i].node, &same, err);
    if (status == BS_OK)
      status = bs_seen_add(&seen, same.text, &before, err);
    if (status != BS_OK)
      break;
    if (before) {
      task->n_repeated++;
      continue;
    }
    bs_example *example = &task->examples[task->n_examples++];
    example->identity = bs_digest_bits(same.value);
    status = read_example(task, example, &items[i], i, findings, unknown, err);
  }
  bs_seen_free(&seen);
  bs_canonical_free(&canonical);
  return status;
}

bs_status bs_task_read_examples(bs_task *task, const bs_member *list, bs_findings *findings,
                                bs_unknown *unknown, bs_error *err) {
  bs_place place = {.line = list->value.line, .field = "examples"};
  if (!cJSON_IsArray(list->node)) {
    bs_finding_fault(findings, place, "expected a list of examples");
    return BS_OK;
  }
  bs_member *items = NULL;
  size_t n = 0;
  bs_status status = bs_source_members(list->value, list->node, &items, &n, err);
  if (status == BS_OK && n == 0)
    bs_finding_fault(findings, place, "the task has no examples");
  if (status == BS_OK)
    status = read_list(task, items, n, findings, unknown, err);
  free(items);
  return status;
}
