/* The fields of a task beside its examples. */
#include <stdlib.h>
#include <string.h>

#include "base/memory_internal.h"
#include "base/text_internal.h"
#include "bigsweep/metric.h"
#include "tasks/task_internal.h"

/* String fields, where they go and what stands for an absent one (NULL: nothing). */
static const struct {
  const char *key;
  size_t offset;
  const char *absent;
} STRING_FIELDS[] = {
    {"description", offsetof(bs_task, description), ""},
    {"task_prefix", offsetof(bs_task, task_prefix), ""},
    {"example_input_prefix", offsetof(bs_task, input_prefix), BS_DEFAULT_INPUT_PREFIX},
    {"example_output_prefix", offsetof(bs_task, output_prefix), BS_DEFAULT_OUTPUT_PREFIX},
    {"choice_prefix", offsetof(bs_task, choice_prefix), BS_DEFAULT_CHOICE_PREFIX},
    {"few_shot_example_separator", offsetof(bs_task, separator), BS_DEFAULT_SEPARATOR},
    {"stop_string", offsetof(bs_task, stop_string), NULL},
    {"output_regex", offsetof(bs_task, output_regex), NULL},
};
enum { N_STRING_FIELDS = sizeof STRING_FIELDS / sizeof *STRING_FIELDS };

static const char *const OTHER_FIELDS[] = {"name",     "canary",   "keywords",
                                           "metrics",  "examples", "preferred_score",
                                           "subtasks", "comment",  "append_choices_to_input"};
enum { N_OTHER_FIELDS = sizeof OTHER_FIELDS / sizeof *OTHER_FIELDS };

const bs_member *bs_member_find(const bs_member *members, size_t n, const char *key) {
  for (size_t i = n; i > 0; i--)
    if (strcmp(members[i - 1].node->string, key) == 0)
      return cJSON_IsNull(members[i - 1].node) ? NULL : &members[i - 1];
  return NULL;
}

const char *bs_node_kind(const cJSON *node) {
  if (cJSON_IsString(node))
    return "a string";
  if (cJSON_IsNumber(node))
    return "a number";
  if (cJSON_IsArray(node))
    return "a list";
  if (cJSON_IsObject(node))
    return "an object";
  return cJSON_IsBool(node) ? "a boolean" : "null";
}

bs_status bs_member_string(const bs_member *member, bs_place place, bs_findings *findings,
                           char **out, bs_error *err) {
  *out = NULL;
  if (!cJSON_IsString(member->node)) {
    bs_finding_fault(findings, place, "expected a string, found %s", bs_node_kind(member->node));
    return BS_OK;
  }
  const char *text = member->node->valuestring;
  if (strstr(text, "\xC0\x80") != NULL) { /* how U+0000 comes out of bs_json_parse */
    bs_finding_fault(findings, place, "the text holds U+0000, which no prompt can");
    return BS_OK;
  }
  *out = bs_string_copy(text, err);
  return *out != NULL ? BS_OK : BS_ERR_MEMORY;
}

static bs_status read_strings(bs_task *task, const bs_member *members, size_t n,
                              bs_findings *findings, bs_error *err) {
  for (size_t i = 0; i < N_STRING_FIELDS; i++) {
    char **field = (char **)(void *)((char *)task + STRING_FIELDS[i].offset);
    const bs_member *member = bs_member_find(members, n, STRING_FIELDS[i].key);
    bs_status status = BS_OK;
    if (member != NULL) {
      bs_place place = {.line = member->value.line, .field = STRING_FIELDS[i].key};
      status = bs_member_string(member, place, findings, field, err);
    } else if (STRING_FIELDS[i].absent != NULL) {
      *field = bs_string_copy(STRING_FIELDS[i].absent, err);
      status = *field != NULL ? BS_OK : BS_ERR_MEMORY;
    }
    if (status != BS_OK)
      return status;
  }
  return BS_OK;
}

static bs_status settle_output(bs_task *task, const bs_member *members, size_t n,
                               bs_findings *findings, bs_error *err) {
  const bs_member *regex = bs_member_find(members, n, "output_regex");
  if (regex == NULL && bs_member_find(members, n, "stop_string") == NULL) {
    task->output_regex = bs_string_copy(BS_DEFAULT_OUTPUT_REGEX, err);
    return task->output_regex != NULL ? BS_OK : BS_ERR_MEMORY;
  }
  if (task->output_regex == NULL)
    return BS_OK;
  bs_text nothing = {0};
  bs_error fault = {0};
  bs_status status = bs_postprocess("", 0, 0, NULL, task->output_regex, &nothing, &fault);
  if (status != BS_OK && status != BS_ERR_MEMORY) {
    bs_finding_fault(findings, (bs_place){.line = regex->value.line, .field = "output_regex"}, "%s",
                     fault.message);
    status = BS_OK;
  }
  bs_text_free(&nothing);
  return status;
}

static bs_status read_keywords(bs_task *task, const bs_member *list, bs_findings *findings,
                               bs_error *err) {
  bs_text joined = {0};
  bs_status status = bs_text_append(&joined, "", 0, err);
  bs_place place = {.line = list != NULL ? list->value.line : 0, .field = "keywords"};
  if (list != NULL && !cJSON_IsArray(list->node)) {
    bs_finding_fault(findings, place, "expected a list of strings, found %s",
                     bs_node_kind(list->node));
    list = NULL;
  }
  const cJSON *keyword, *keywords = list != NULL ? list->node : NULL;
  cJSON_ArrayForEach(keyword, keywords) {
    if (status == BS_OK && !cJSON_IsString(keyword))
      bs_finding_fault(findings, place, "expected a list of strings, found %s in it",
                       bs_node_kind(keyword));
    else if (status == BS_OK)
      status =
          bs_text_printf(&joined, err, "%s%s", joined.n_bytes > 0 ? "," : "", keyword->valuestring);
  }
  task->keywords = joined.data;
  return status;
}

static void suggest_metric(const char *name, bs_place place, bs_findings *findings) {
  const char *known[BS_MOST_METRICS];
  size_t n = 0;
  for (size_t i = 0; i < bs_metric_count(); i++)
    known[n++] = bs_metric_at(i)->name;
  const char *near = bs_nearest_name(name, known, n);
  if (near != NULL) {
    bs_finding_fault(findings, place, "unknown metric \"%s\", did you mean \"%s\"?", name, near);
    return;
  }
  bs_text list = {0};
  bs_status status = BS_OK;
  for (size_t i = 0; i < n && status == BS_OK; i++)
    status = bs_text_printf(&list, NULL, "%s%s", i > 0 ? ", " : "", known[i]);
  bs_finding_fault(findings, place, "unknown metric \"%.80s\", the known ones are %s", name,
                   list.data != NULL ? list.data : "");
  bs_text_free(&list);
}

static bs_status read_metrics(bs_task *task, const bs_member *list, bs_findings *findings,
                              bs_error *err) {
  if (list == NULL) {
    bs_finding_warning(findings, (bs_place){.line = 1},
                       "key \"metrics\" is missing: those of the task's kind are taken");
    return BS_OK;
  }
  bs_place place = {.line = list->value.line, .field = "metrics"};
  if (!cJSON_IsArray(list->node)) {
    bs_finding_fault(findings, place, "expected a list of names, found %s",
                     bs_node_kind(list->node));
    return BS_OK;
  }
  bs_member *members = NULL;
  size_t n = 0;
  bs_status status = bs_source_members(list->value, list->node, &members, &n, err);
  if (status == BS_OK && (task->metrics = bs_array_new(n, sizeof *task->metrics, err)) == NULL)
    status = BS_ERR_MEMORY;
  for (size_t i = 0; i < n && status == BS_OK; i++) {
    char *name = NULL;
    place.line = members[i].value.line;
    status = bs_member_string(&members[i], place, findings, &name, err);
    if (name == NULL)
      continue;
    const char *reason = bs_metric_unsupported_reason(name);
    task->metrics[task->n_metrics++] = name;
    if (reason != NULL)
      bs_finding_warning(findings, place, "metric \"%s\" is not computed: %s", name, reason);
    else if (bs_metric_meant(name) == NULL)
      suggest_metric(name, place, findings);
  }
  free(members);
  return status;
}

static void read_append_choices(bs_task *task, const bs_member *member, bs_findings *findings) {
  task->append_choices = true;
  if (member == NULL)
    return;
  if (cJSON_IsBool(member->node))
    task->append_choices = cJSON_IsTrue(member->node);
  else
    bs_finding_fault(findings,
                     (bs_place){.line = member->value.line, .field = "append_choices_to_input"},
                     "expected true or false, found %s", bs_node_kind(member->node));
}

/* Of a key that stands twice the last value counts, as in Python. Only keys that are read matter.
 */
static void warn_of_repeated(const bs_member *members, size_t n, const char *key, bs_place place,
                             bs_findings *findings) {
  const bs_member *first = NULL;
  place.field = key;
  for (size_t i = 0; i < n; i++) {
    if (strcmp(members[i].node->string, key) != 0)
      continue;
    place.line = members[i].value.line;
    if (first != NULL)
      bs_finding_warning(findings, place, "the key stands on line %zu already: the last one counts",
                         first->value.line);
    first = first != NULL ? first : &members[i];
  }
}

bs_status bs_members_note(const bs_member *members, size_t n, const char *const *known,
                          size_t n_known, const char *prefix, bs_place place, bs_findings *findings,
                          bs_unknown *unknown, bs_error *err) {
  for (size_t i = 0; i < n_known; i++)
    warn_of_repeated(members, n, known[i], place, findings);
  for (size_t i = 0; i < n; i++) {
    size_t field = 0;
    while (field < n_known && strcmp(known[field], members[i].node->string) != 0)
      field++;
    if (field < n_known)
      continue;
    bs_status status = bs_unknown_add(unknown, prefix, members[i].node->string, err);
    if (status != BS_OK)
      return status;
  }
  return BS_OK;
}

bs_status bs_task_read_fields(bs_task *task, const bs_member *members, size_t n,
                              bs_findings *findings, bs_unknown *unknown, bs_error *err) {
  const char *known[N_STRING_FIELDS + N_OTHER_FIELDS];
  for (size_t i = 0; i < N_STRING_FIELDS; i++)
    known[i] = STRING_FIELDS[i].key;
  memcpy(known + N_STRING_FIELDS, OTHER_FIELDS, sizeof OTHER_FIELDS);
  task->max_length = BS_DEFAULT_MAX_LENGTH;
  read_append_choices(task, bs_member_find(members, n, "append_choices_to_input"), findings);
  bs_status status = read_strings(task, members, n, findings, err);
  if (status == BS_OK)
    status = settle_output(task, members, n, findings, err);
  if (status == BS_OK)
    status = read_keywords(task, bs_member_find(members, n, "keywords"), findings, err);
  if (status == BS_OK)
    status = read_metrics(task, bs_member_find(members, n, "metrics"), findings, err);
  if (status == BS_OK)
    status = bs_members_note(members, n, known, sizeof known / sizeof *known, "", (bs_place){0},
                             findings, unknown, err);
  return status;
}

static const char *what_is_missing(const bs_metric *metric, bool any_choices) {
  if (any_choices && (metric->needs & BS_NEEDS_CHOICE_ROLES) != 0)
    return "choices with roles";
  return any_choices ? "\"target\"" : "\"target_scores\"";
}

/* The metric that stands for the task when its own choice cannot be computed. */
static const bs_metric *fallback_metric(const bs_task *task) {
  const bs_metric *rows[BS_MOST_METRICS];
  size_t n = bs_task_metrics(task, rows);
  for (size_t i = 0; i < task->n_metrics; i++)
    for (size_t j = 0; j < n; j++)
      if (strcmp(rows[j]->name, task->metrics[i]) == 0)
        return rows[j];
  return n > 0 ? rows[0] : NULL;
}

bs_status bs_task_settle_metrics(bs_task *task, const bs_member *members, size_t n,
                                 bs_findings *findings, bs_error *err) {
  bs_answer_kinds has = bs_task_answer_kinds(task);
  for (size_t i = 0; i < task->n_metrics; i++) {
    const bs_metric *metric = bs_metric_find(task->metrics[i]);
    if (metric != NULL && !bs_metric_suits(metric, has))
      bs_finding_warning(findings, (bs_place){.line = 1, .field = "metrics"},
                         "\"%s\" applies to no example: none has %s", metric->name,
                         what_is_missing(metric, has.choices));
  }
  const bs_member *member = bs_member_find(members, n, "preferred_score");
  bs_place place = {.line = member != NULL ? member->value.line : 1,
                    .field = member != NULL ? "preferred_score" : NULL};
  char *name = NULL;
  bs_status status = member != NULL ? bs_member_string(member, place, findings, &name, err) : BS_OK;
  if (status != BS_OK)
    return status;
  const bs_metric *metric = name != NULL ? bs_metric_meant(name) : NULL;
  const bs_metric *instead = fallback_metric(task);
  const char *instead_name = instead != NULL ? instead->name : "log_likelihood";
  if (name == NULL)
    bs_finding_warning(findings, place, "no \"preferred_score\": \"%s\" is taken", instead_name);
  else if (metric == NULL && bs_metric_unsupported_reason(name) != NULL)
    bs_finding_warning(findings, place, "\"%s\" is not computed, \"%s\" takes its place: %s", name,
                       instead_name, bs_metric_unsupported_reason(name));
  else if (metric == NULL)
    suggest_metric(name, place, findings);
  else if (!bs_metric_suits(metric, has))
    bs_finding_fault(findings, place, "\"%s\" applies to no example: none has %s", metric->name,
                     what_is_missing(metric, has.choices));
  task->preferred_metric = bs_string_copy(metric != NULL ? metric->name : instead_name, err);
  free(name);
  return task->preferred_metric != NULL ? BS_OK : BS_ERR_MEMORY;
}
