/* Reading a task file, whatever its format, and what can be asked of the task. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/file_internal.h"
#include "base/memory_internal.h"
#include "base/text_internal.h"
#include "bigsweep/task.h"
#include "tasks/example_internal.h"
#include "tasks/readers/reader_internal.h"
#include "tasks/task_internal.h"

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

/* Of one observation no error can be told. */
static void warn_of_one_cluster(const bs_task *task, bs_findings *findings) {
  for (size_t i = 0; i < task->n_examples; i++)
    if (task->examples[i].cluster == 0 || task->examples[i].cluster != task->examples[0].cluster)
      return;
  if (task->n_examples > 1)
    bs_finding_warning(findings, (bs_place){.line = 1},
                       "all examples are of one cluster, which counts as one observation: scores "
                       "will have no standard errors, curves no intervals and no shapes");
}

/* `with_files`: what lies beside the file belongs to it. */
static bs_status read_task(bs_task **out, const char *text, size_t n_bytes, const char *path,
                           bs_task_format format, bool with_files, bs_task_report report,
                           void *user, bs_error *err) {
  bs_findings findings = {.file = path, .report = report, .user = user, .err = err};
  bs_task *task = NULL;
  if (format == BS_FORMAT_AUTO)
    format = bs_task_format_of(path, text, n_bytes);
  const bs_task_reader *reader = bs_task_reader_of(format);
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
  if (status == BS_OK)
    warn_of_one_cluster(task, &findings);
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
  bs_wrap_free(&t->wrap);
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
