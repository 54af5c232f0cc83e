/* MMLU (Hendrycks et al. 2020, arXiv:2009.03300): records of question, four choices and the letter
   of the right one, without a header. The prompt is that of the authors' evaluation: the choices
   stand in it behind letters, and the letters are what is scored. */
#include <stdlib.h>
#include <string.h>

#include "base/csv_internal.h"
#include "base/file_internal.h"
#include "base/memory_internal.h"
#include "base/text_internal.h"
#include "tasks/example_internal.h"
#include "tasks/readers/reader_internal.h"

enum { N_FIELDS = 6, N_CHOICES = 4 };

static const bs_task_shape SHAPE = {
    .description = "",
    .keywords = "mmlu",
    .input_prefix = "",
    .output_prefix = "\nAnswer:",
    .choice_prefix = BS_DEFAULT_CHOICE_PREFIX,
    .separator = "\n\n",
    .output_regex = BS_DEFAULT_OUTPUT_REGEX,
    .max_length = BS_DEFAULT_MAX_LENGTH,
    .metrics = {"multiple_choice_grade"},
    .preferred_metric = "multiple_choice_grade",
};

static const char *const SPLITS[] = {"_test", "_val", "_dev"};

/* The length of a name without the split at its end; *split (optional) is which. */
static size_t subject_bytes(const char *name, size_t n, size_t *split) {
  for (size_t i = 0; i < sizeof SPLITS / sizeof *SPLITS; i++) {
    size_t n_split = strlen(SPLITS[i]);
    if (n > n_split && memcmp(name + n - n_split, SPLITS[i], n_split) == 0) {
      if (split != NULL)
        *split = i;
      return n - n_split;
    }
  }
  if (split != NULL)
    *split = SIZE_MAX;
  return n;
}

/* The head of the prompt. The reference puts a space before every word of the subject, so that two
   stand before the first. The task of a file of tests has the subject as its name. */
static bs_status settle_subject(bs_task *task, bs_error *err) {
  size_t split, n = subject_bytes(task->name, strlen(task->name), &split);
  bs_text prefix = {0};
  bs_status status = bs_text_append_string(
      &prefix, "The following are multiple choice questions (with answers) about  ", err);
  for (size_t i = 0; i < n && status == BS_OK; i++)
    status = bs_text_append(&prefix, task->name[i] == '_' ? " " : task->name + i, 1, err);
  if (status == BS_OK)
    status = bs_text_append_string(&prefix, ".\n\n", err);
  task->task_prefix = prefix.data;
  if (status == BS_OK && split == 0)
    task->name[n] = '\0';
  return status;
}

static bs_status make_example(const bs_csv *csv, size_t answer, bs_example *example,
                              bs_error *err) {
  static const char *const letters[N_CHOICES] = {" A", " B", " C", " D"};
  bs_text input = {0};
  bs_status status = bs_text_append_string(&input, bs_csv_field(csv, 0), err);
  for (size_t i = 0; i < N_CHOICES && status == BS_OK; i++)
    status = bs_text_printf(&input, err, "\n%c. %s", letters[i][1], bs_csv_field(csv, 1 + i));
  example->input = input.data;
  for (size_t i = 0; i < N_CHOICES && status == BS_OK; i++)
    status = bs_example_add_choice(example, letters[i], i == answer, BS_ROLE_NONE, err);
  return status;
}

/* False, with a finding, where the record is none. */
static bool check_record(const bs_csv *csv, bs_findings *findings, size_t *answer) {
  bs_place place = {.line = csv->line};
  if (csv->n_fields != N_FIELDS) {
    bs_finding_fault(findings, place,
                     "expected %d fields, found %zu: question, four choices, letter", N_FIELDS,
                     csv->n_fields);
    return false;
  }
  const char *letter = bs_csv_field(csv, N_FIELDS - 1);
  place.field = "field 6";
  if (letter[0] >= 'A' && letter[0] <= 'D' && letter[1] == '\0') {
    *answer = (size_t)(letter[0] - 'A');
    return true;
  }
  bs_finding_fault(findings, place, "expected the letter A, B, C or D, found \"%.40s\"", letter);
  return false;
}

static bs_status read_records(bs_task *task, const char *text, size_t n_bytes, bool even_equal,
                              bs_findings *findings, bs_error *err) {
  bs_csv csv = {.name = findings->file, .text = text, .n_bytes = n_bytes};
  bs_collector collector = {.task = task};
  bs_example example = {0};
  bs_error fault = {0};
  bs_status status = bs_csv_next(&csv, &fault);
  for (; status == BS_OK && csv.n_fields > 0; status = bs_csv_next(&csv, &fault)) {
    size_t answer;
    if (!check_record(&csv, findings, &answer))
      continue;
    status = make_example(&csv, answer, &example, err);
    if (status == BS_OK)
      status = bs_collector_add(&collector, &example, even_equal, err);
    if (status != BS_OK)
      break;
  }
  if (status == BS_ERR_INPUT) {
    bs_finding_pass(findings, &fault);
    status = BS_OK;
  } else if (status != BS_OK) {
    bs_error_set(err, status, "%s", fault.message);
  }
  if (status == BS_OK)
    bs_collector_finish(&collector, findings);
  bs_example_clear(&example);
  bs_collector_free(&collector);
  bs_csv_free(&csv);
  return status;
}

static bs_status read(bs_task *task, const char *text, size_t n_bytes, bs_findings *findings,
                      bs_error *err) {
  bs_status status = bs_task_take_shape(task, &SHAPE, err);
  if (status == BS_OK)
    status = settle_subject(task, err);
  return status == BS_OK ? read_records(task, text, n_bytes, false, findings, err) : status;
}

/* The path of .../dev/SUBJECT_dev.csv for .../FOLDER/SUBJECT_SPLIT.csv; empty where the file is
   none of a split, or that of the shots itself. */
static bs_status path_of_shots(const char *path, bs_text *out, bs_error *err) {
  static const char ending[] = ".csv";
  size_t n = strlen(path), n_ending = sizeof ending - 1, split;
  bs_status status = bs_text_append(out, "", 0, err);
  if (status != BS_OK || n <= n_ending || strcmp(path + n - n_ending, ending) != 0)
    return status;
  size_t end = subject_bytes(path, n - n_ending, &split), name = end;
  if (split >= 2)
    return BS_OK;
  while (name > 0 && path[name - 1] != '/')
    name--;
  size_t folder = name > 0 ? name - 1 : 0;
  while (folder > 0 && path[folder - 1] != '/')
    folder--;
  bool is_relative = name == 0;
  return bs_text_printf(out, err, "%.*s%sdev/%.*s_dev.csv", (int)folder, path,
                        is_relative ? "../" : "", (int)(end - name), path + name);
}

/* The first shots are the first records of the file of shots, as in the reference. */
static bs_status read_shots(bs_task *task, const char *path, bs_findings *findings, bs_error *err) {
  bs_text text = {0}, both = {0};
  bs_task from = {0};
  unsigned char digest[BS_DIGEST_BYTES];
  bs_findings of_shots = *findings;
  of_shots.file = path;
  bs_status status = bs_file_read(path, BS_MOST_TASK_BYTES, &text, err);
  if (status == BS_OK)
    status =
        read_records(&from, text.data != NULL ? text.data : "", text.n_bytes, true, &of_shots, err);
  findings->n_faults = of_shots.n_faults;
  task->shown = from.examples;
  task->n_shown = from.n_examples;
  if (status == BS_OK)
    status = bs_sha256(text.data != NULL ? text.data : "", text.n_bytes, digest, err);
  if (status == BS_OK)
    status = bs_text_append_string(&both, task->sha256, err);
  if (status == BS_OK) {
    bs_hex(digest, sizeof digest, task->sha256);
    status = bs_text_append_string(&both, task->sha256, err);
  }
  if (status == BS_OK)
    status = bs_sha256(both.data, both.n_bytes, digest, err);
  if (status == BS_OK)
    bs_hex(digest, sizeof digest, task->sha256);
  bs_text_free(&both);
  bs_text_free(&text);
  return status;
}

static bs_status complete(bs_task *task, bs_findings *findings, bs_error *err) {
  bs_text path = {0};
  bs_status status = path_of_shots(task->path, &path, err);
  if (status == BS_OK && path.n_bytes > 0 && bs_file_exists(path.data))
    status = read_shots(task, path.data, findings, err);
  bs_text_free(&path);
  return status;
}

const bs_task_reader bs_task_reader_mmlu = {
    .format = BS_FORMAT_MMLU, .name = "mmlu", .read = read, .complete = complete};
