#include "bigsweep/task.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file_internal.h"
#include "base/memory_internal.h"
#include "base/text_internal.h"
#include "tasks/readers/reader_internal.h"
#include "tasks/task_internal.h"

enum { MAX_UNKNOWN_NAMES = 32 };

static void print_place(bs_place place, char *text, size_t n_bytes) {
  const char *field = place.field != NULL ? place.field : "$";
  const char *dot = place.key != NULL ? "." : "", *key = place.key != NULL ? place.key : "";
  if (place.in_example && place.field == NULL)
    snprintf(text, n_bytes, "examples[%zu]", place.example);
  else if (place.in_example)
    snprintf(text, n_bytes, "examples[%zu].%s%s%s", place.example, field, dot, key);
  else
    snprintf(text, n_bytes, "%s%s%s", field, dot, key);
}

static void find(bs_findings *findings, bool is_fault, bs_place place, const char *format,
                 va_list arguments) __attribute__((format(printf, 4, 0)));

static void find(bs_findings *findings, bool is_fault, bs_place place, const char *format,
                 va_list arguments) {
  bool is_first = is_fault && findings->n_faults++ == 0;
  if (!is_first && findings->report == NULL)
    return;
  char where[BS_ERROR_MESSAGE_BYTES / 2], what[BS_ERROR_MESSAGE_BYTES];
  print_place(place, where, sizeof where);
  where[bs_utf8_valid_bytes(where, strlen(where))] = '\0'; /* a long key is cut */
  vsnprintf(what, sizeof what, format, arguments);
  what[bs_utf8_valid_bytes(what, strlen(what))] = '\0';
  bs_error finding = {0};
  bs_error_set(&finding, BS_ERR_INPUT, "%s: line %zu: %s: %s", findings->file, place.line, where,
               what);
  if (findings->report != NULL)
    findings->report(findings->user, is_fault, finding.message);
  if (is_first)
    bs_error_set(findings->err, BS_ERR_INPUT, "%s", finding.message);
}

void bs_finding_fault(bs_findings *findings, bs_place place, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  find(findings, true, place, format, arguments);
  va_end(arguments);
}

void bs_finding_warning(bs_findings *findings, bs_place place, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  find(findings, false, place, format, arguments);
  va_end(arguments);
}

void bs_finding_pass(bs_findings *findings, const bs_error *fault) {
  if (findings->report != NULL)
    findings->report(findings->user, true, fault->message);
  if (findings->n_faults++ == 0)
    bs_error_set(findings->err, BS_ERR_INPUT, "%s", fault->message);
}

static int by_bytes(const void *a, const void *b) {
  return strcmp(*(const char *const *)a, *(const char *const *)b);
}

bs_status bs_finding_repeated(bs_findings *findings, bs_place place, const char *what,
                              const char *const *texts, size_t n, bs_error *err) {
  const char **sorted = bs_array_new(n, sizeof *sorted, err);
  if (sorted == NULL)
    return BS_ERR_MEMORY;
  for (size_t i = 0; i < n; i++)
    sorted[i] = texts[i];
  qsort(sorted, n, sizeof *sorted, by_bytes);
  for (size_t i = 1; i < n; i++)
    if (strcmp(sorted[i - 1], sorted[i]) == 0 && (i < 2 || strcmp(sorted[i - 2], sorted[i]) != 0))
      bs_finding_fault(findings, place, "the %s \"%.40s\" stands twice", what, sorted[i]);
  free(sorted);
  return BS_OK;
}

bs_status bs_unknown_add(bs_unknown *unknown, const char *prefix, const char *name, bs_error *err) {
  size_t n_prefix = strlen(prefix);
  for (size_t i = 0; i < unknown->n; i++)
    if (strncmp(unknown->names[i], prefix, n_prefix) == 0 &&
        strcmp(unknown->names[i] + n_prefix, name) == 0)
      return BS_OK;
  if (unknown->n == MAX_UNKNOWN_NAMES) {
    unknown->overflow = true;
    return BS_OK;
  }
  bs_text full = {0};
  void *names = unknown->names;
  bs_status status = bs_text_printf(&full, err, "%s%s", prefix, name);
  if (status == BS_OK)
    status =
        bs_array_reserve(&names, &unknown->capacity, unknown->n, 1, sizeof *unknown->names, err);
  unknown->names = names;
  if (status == BS_OK)
    unknown->names[unknown->n++] = full.data;
  else
    bs_text_free(&full);
  return status;
}

void bs_unknown_free(bs_unknown *unknown) {
  for (size_t i = 0; i < unknown->n; i++)
    free(unknown->names[i]);
  free(unknown->names);
  *unknown = (bs_unknown){0};
}

bs_status bs_unknown_report(bs_unknown *unknown, const char *what, bs_findings *findings,
                            bs_error *err) {
  bs_text list = {0};
  bs_status status = BS_OK;
  for (size_t i = 0; i < unknown->n && status == BS_OK; i++)
    status = bs_text_printf(&list, err, "%s%s", i > 0 ? ", " : "", unknown->names[i]);
  if (status == BS_OK && unknown->n > 0)
    bs_finding_warning(findings, (bs_place){.line = 1}, "unknown %s are ignored: %s%s", what,
                       list.data, unknown->overflow ? ", ..." : "");
  bs_text_free(&list);
  bs_unknown_free(unknown);
  return status;
}

/* The folder of .../NAME/task.json, else the file's name without what tells its format. */
static char *name_of(const char *path, bs_error *err) {
  static const char *const endings[] = {".json", ".jsonl", ".csv"};
  const char *file = bs_path_name(path);
  if (strcmp(file, "task.json") == 0 && file > path + 1) {
    bs_error fault = {0};
    char *folder = bs_path_folder(path, err);
    if (folder == NULL)
      return NULL;
    bool is_here = strcmp(folder, ".") == 0;
    char *name = is_here ? NULL : bs_folder_name(folder, &fault);
    free(folder);
    if (name != NULL)
      return name;
  }
  size_t n = strlen(file);
  for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
    size_t n_ending = strlen(endings[i]);
    if (n > n_ending && strcmp(file + n - n_ending, endings[i]) == 0)
      return bs_string_new(file, n - n_ending, err);
  }
  return bs_string_new(file, n, err);
}

/* A task without content: its name, path and digest. */
static bs_status new_task(bs_task **out, const char *text, size_t n_bytes, const char *path,
                          bs_error *err) {
  unsigned char digest[32];
  bs_task *task = *out = bs_array_new(1, sizeof *task, err);
  bs_status status = task == NULL ? BS_ERR_MEMORY : bs_sha256(text, n_bytes, digest, err);
  if (status != BS_OK)
    return status;
  bs_hex(digest, sizeof digest, task->sha256);
  task->human_average = task->human_best = NAN;
  task->path = bs_string_copy(path, err);
  task->name = name_of(path, err);
  return task->path != NULL && task->name != NULL ? BS_OK : BS_ERR_MEMORY;
}

/* `with_files`: what lies beside the file belongs to it. */
static bs_status read_task(bs_task **out, const char *text, size_t n_bytes, const char *path,
                           bs_task_format format, bool with_files, bs_task_report report,
                           void *user, bs_error *err) {
  bs_findings findings = {.file = path, .report = report, .user = user, .err = err};
  bs_task *task = NULL;
  if (format == BS_FORMAT_AUTO)
    format = bs_task_format_of(path, text, n_bytes);
  const bs_reader *reader = bs_reader_of(format);
  bs_status status = new_task(&task, text, n_bytes, path, err);
  if (status == BS_OK && reader == NULL)
    bs_finding_fault(&findings, (bs_place){.line = 1},
                     "the format cannot be told: expected CSV with a column \"prompt\" or with "
                     "six fields of which the last is A, B, C or D; or JSON");
  else if (status == BS_OK)
    status = reader->read(task, text, n_bytes, &findings, err);
  if (status == BS_OK && findings.n_faults == 0 && with_files && reader->complete != NULL)
    status = reader->complete(task, &findings, err);
  if (status == BS_OK && findings.n_faults > 0)
    status = BS_ERR_INPUT;
  if (status != BS_OK)
    bs_task_free(&task);
  *out = task;
  return status;
}

bs_status bs_task_parse_as(bs_task **out, const char *text, size_t n_bytes, const char *path,
                           bs_task_format format, bs_task_report report, void *user,
                           bs_error *err) {
  bs_error own = {0}; /* so that the first fault is known even when nobody listens */
  *out = NULL;
  return read_task(out, text, n_bytes, path, format, false, report, user, err != NULL ? err : &own);
}

bs_status bs_task_parse(bs_task **out, const char *json, size_t n_bytes, const char *path,
                        bs_task_report report, void *user, bs_error *err) {
  return bs_task_parse_as(out, json, n_bytes, path, BS_FORMAT_BIGBENCH, report, user, err);
}

bs_status bs_task_load_as(bs_task **out, const char *path, bs_task_format format,
                          bs_task_report report, void *user, bs_error *err) {
  *out = NULL;
  bs_error own = {0};
  bs_error *first = err != NULL ? err : &own;
  bs_text text = {0};
  bs_status status = bs_file_read(path, BS_MOST_TASK_BYTES, &text, first);
  if (status != BS_OK && report != NULL)
    report(user, true, first->message);
  if (status == BS_OK)
    status = read_task(out, text.data != NULL ? text.data : "", text.n_bytes, path, format, true,
                       report, user, first);
  bs_text_free(&text);
  return status;
}

bs_status bs_task_load(bs_task **out, const char *path, bs_task_report report, void *user,
                       bs_error *err) {
  return bs_task_load_as(out, path, BS_FORMAT_AUTO, report, user, err);
}

static void free_strings(char **strings, size_t n) {
  for (size_t i = 0; strings != NULL && i < n; i++)
    free(strings[i]);
  free(strings);
}

void bs_example_clear(bs_example *example) {
  free(example->input);
  for (size_t i = 0; i < example->n_choices; i++)
    free(example->choices[i].text);
  free(example->choices);
  for (size_t i = 0; i < example->n_options; i++)
    free(example->options[i].text);
  free(example->options);
  free_strings(example->targets, example->n_targets);
  *example = (bs_example){0};
}

void bs_task_free(bs_task **task) {
  bs_task *t = *task;
  if (t == NULL)
    return;
  char *strings[] = {t->name,           t->path,
                     t->description,    t->keywords,
                     t->task_prefix,    t->input_prefix,
                     t->output_prefix,  t->choice_prefix,
                     t->separator,      t->stop_string,
                     t->output_regex,   t->preferred_metric,
                     t->variant,        t->reasoning_prompt,
                     t->reasoning_stop, t->answer_prompt};
  for (size_t i = 0; i < sizeof strings / sizeof *strings; i++)
    free(strings[i]);
  free_strings(t->metrics, t->n_metrics);
  for (size_t i = 0; i < t->n_examples; i++)
    bs_example_clear(&t->examples[i]);
  for (size_t i = 0; i < t->n_shown; i++)
    bs_example_clear(&t->shown[i]);
  free(t->examples);
  free(t->shown);
  free(t);
  *task = NULL;
}

size_t bs_task_most_shots(const bs_task *task) {
  if (task->n_shown > 0)
    return task->n_shown;
  return task->n_examples > 0 ? task->n_examples - 1 : 0;
}

double bs_task_chance(const bs_task *task) {
  double sum = 0;
  size_t n = 0;
  for (size_t i = 0; i < task->n_examples; i++) {
    const bs_example *example = &task->examples[i];
    if (example->n_choices == 0)
      continue;
    double scores = 0;
    for (size_t j = 0; j < example->n_choices; j++)
      scores += example->choices[j].score;
    sum += scores / (double)example->n_choices;
    n++;
  }
  return n > 0 ? sum / (double)n : 0;
}
