/* A task's questions as rows of /inputs, and the task again from the tables: every prompt can be
   made from a results file alone. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory_internal.h"
#include "evaluate/evaluate_internal.h"
#include "tables/tables_internal.h"
#include "tasks/example_internal.h"

/* `text` is scratch. */
static bs_status add_input(bs_tables *results, uint32_t task_row, const bs_task *task,
                           const bs_prompter *prompter, size_t i, bs_text *text, bs_error *err) {
  bool is_asked = i < task->n_examples;
  const bs_example *example = is_asked ? &task->examples[i] : &task->shown[i - task->n_examples];
  size_t n_start = strlen(task->input_prefix), n_bytes = strlen(example->input);
  if (n_start > UINT32_MAX || n_bytes > UINT32_MAX)
    return bs_error_set(err, BS_ERR_LIMIT, "%s: example %zu: an input of %zu bytes is too long",
                        task->path, i, n_bytes);
  text->n_bytes = 0;
  bs_status status = bs_prompter_append_query(prompter, i, text, err);
  bs_input_row row = {.task = task_row,
                      .example = (uint32_t)i,
                      .query = text->data,
                      .input_start = (uint32_t)n_start,
                      .input_bytes = (uint32_t)n_bytes,
                      .identity = example->identity,
                      .answer =
                          is_asked ? "" : bs_prompter_shown_answer(prompter, i - task->n_examples)};
  return status == BS_OK ? bs_tables_add_input(results, &row, err) : status;
}

bs_status bs_tables_add_inputs_of(bs_tables *results, const bs_task *task, uint32_t task_row,
                                  uint32_t seed, bs_error *err) {
  bs_prompter *prompter = NULL;
  bs_text text = {0};
  bs_status status = bs_text_append(&text, "", 0, err); /* an empty query too is a text */
  if (status == BS_OK)
    status = bs_prompter_new(&prompter, task, 0, seed, err);
  for (size_t i = 0; status == BS_OK && i < task->n_examples + task->n_shown; i++)
    status = add_input(results, task_row, task, prompter, i, &text, err);
  bs_prompter_free(&prompter);
  bs_text_free(&text);
  return status;
}

/* The rows of a task in one of the tables that are in order of task. */
typedef struct task_rows {
  size_t first, end;
} task_rows;

/* The first row whose task is `task` or one behind it. */
static size_t first_of(const bs_tables *tables, bs_table_id id, uint64_t task) {
  const bs_table_schema *schema = &bs_schemas[id];
  const bs_column *column = bs_schema_column(schema, "task");
  size_t low = 0, high;
  const char *rows = bs_table_rows(tables, id, &high);
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    if (bs_field_number(column, rows + middle * schema->row_bytes) < task)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

static task_rows rows_of(const bs_tables *tables, bs_table_id id, uint64_t task) {
  return (task_rows){first_of(tables, id, task), first_of(tables, id, task + 1)};
}

/* Copies a string of the tables; "" where `is_given` is false stays NULL. */
static bs_status copy_text(char **to, const char *text, bool is_given, bs_error *err) {
  if (!is_given)
    return BS_OK;
  *to = bs_string_copy(text, err);
  return *to != NULL ? BS_OK : BS_ERR_MEMORY;
}

/* What stands around the inputs is part of the queries. */
static bs_status copy_texts(bs_task *task, const bs_task_row *row, bs_error *err) {
  bool two_steps = row->steps == 2;
  const struct {
    char **to;
    const char *text;
    bool is_given;
  } texts[] = {
      {&task->name, row->name, true},
      {&task->path, row->name, true},
      {&task->description, "", true},
      {&task->keywords, row->keywords, true},
      {&task->task_prefix, row->task_prefix, true},
      {&task->input_prefix, "", true},
      {&task->output_prefix, "", true},
      {&task->choice_prefix, "", true},
      {&task->separator, row->separator, true},
      {&task->stop_string, row->stop_string, row->stop_string[0] != '\0'},
      {&task->output_regex, row->output_regex, row->output_regex[0] != '\0'},
      {&task->preferred_metric, row->preferred_metric, true},
      {&task->variant, row->variant, row->variant[0] != '\0'},
      {&task->reasoning_prompt, row->reasoning_prompt,
       two_steps || row->reasoning_prompt[0] != '\0'},
      {&task->reasoning_stop, row->reasoning_stop, row->reasoning_stop[0] != '\0'},
      {&task->answer_prompt, row->answer_prompt, two_steps},
  };
  bs_status status = BS_OK;
  for (size_t i = 0; status == BS_OK && i < sizeof texts / sizeof *texts; i++)
    status = copy_text(texts[i].to, texts[i].text, texts[i].is_given, err);
  return status;
}

static bs_status split_metrics(bs_task *task, const char *list, bs_error *err) {
  size_t n = 1;
  for (const char *at = list; *at != '\0'; at++)
    n += *at == ',';
  task->metrics = bs_array_new(n, sizeof *task->metrics, err);
  bs_status status = task->metrics != NULL ? BS_OK : BS_ERR_MEMORY;
  while (status == BS_OK && *list != '\0') {
    size_t n_bytes = strcspn(list, ",");
    task->metrics[task->n_metrics] = bs_string_new(list, n_bytes, err);
    status = task->metrics[task->n_metrics] != NULL ? BS_OK : BS_ERR_MEMORY;
    task->n_metrics += status == BS_OK;
    list += n_bytes + (list[n_bytes] == ',');
  }
  return status;
}

static bs_status inputs_missing(const bs_task_row *row, bs_error *err) {
  return bs_error_set(err, BS_ERR_INPUT,
                      "the questions of task %s are not in the file (/inputs): it is of an older "
                      "version or an unfinished run; `bigsweep run` with its configuration adds "
                      "them and computes nothing again",
                      row->name);
}

/* Queries, each in the place that its number says. */
static bs_status copy_inputs(bs_task *task, const bs_tables *tables, const bs_task_row *row,
                             task_rows of, bs_error *err) {
  size_t n = of.end - of.first;
  if (n < row->examples || row->examples == 0)
    return inputs_missing(row, err);
  task->examples = bs_array_new(row->examples, sizeof *task->examples, err);
  task->shown = bs_array_new(n - row->examples, sizeof *task->shown, err);
  bs_status status = task->examples != NULL && task->shown != NULL ? BS_OK : BS_ERR_MEMORY;
  for (size_t i = 0; status == BS_OK && i < n; i++) {
    const bs_input_row *input = &tables->inputs[of.first + i];
    if (input->example != i)
      return bs_error_set(err, BS_ERR_INPUT, "inputs: row %zu: example %u, expected %zu",
                          of.first + i, input->example, i);
    bs_example *example = i < row->examples ? &task->examples[i] : &task->shown[i - row->examples];
    task->n_examples += i < row->examples;
    task->n_shown += i >= row->examples;
    example->identity = input->identity;
    example->input = bs_string_copy(input->query, err);
    status = example->input != NULL ? BS_OK : BS_ERR_MEMORY;
    if (status == BS_OK && i >= row->examples)
      status = bs_example_add_target(example, input->answer, err);
  }
  return status;
}

static bs_status copy_answers(bs_task *task, const bs_tables *tables, task_rows targets,
                              task_rows choices, bs_error *err) {
  bs_status status = BS_OK;
  for (size_t i = targets.first; status == BS_OK && i < targets.end; i++) {
    const bs_target_row *row = &tables->targets[i];
    if (row->example >= task->n_examples)
      return bs_error_set(err, BS_ERR_INPUT, "targets: row %zu: example %u of %zu", i, row->example,
                          task->n_examples);
    status = bs_example_add_target(&task->examples[row->example], row->text, err);
  }
  for (size_t i = choices.first; status == BS_OK && i < choices.end; i++) {
    const bs_choice_text_row *row = &tables->choice_texts[i];
    if (row->example >= task->n_examples || row->choice != task->examples[row->example].n_choices ||
        row->role >= BS_N_ROLES)
      return bs_error_set(err, BS_ERR_INPUT, "choice_texts: row %zu: example %u, choice %u", i,
                          row->example, row->choice);
    if (isnan(row->target_score))
      return bs_error_set(err, BS_ERR_INPUT, "choice_texts: row %zu: no target score", i);
    status = bs_example_add_choice(&task->examples[row->example], row->text, row->target_score,
                                   (bs_choice_role)row->role, err);
  }
  return status;
}

/* As bs_variant_check has it: the row may come from anywhere. */
static bs_status check_sampling(const bs_task_row *row, bs_error *err) {
  enum { MOST_SAMPLES = 1000, MOST_TOKENS = 1 << 24 };
  if (row->n_samples <= MOST_SAMPLES && row->max_new_tokens <= MOST_TOKENS &&
      (row->n_samples == 0 || (row->temperature > 0 && row->top_p >= 0 && row->top_p <= 1)))
    return BS_OK;
  return bs_error_set(err, BS_ERR_INPUT, "tasks: %s: no such way to draw samples", row->name);
}

/* A shot of an example without any answer could not be shown. */
static bs_status check_answers(const bs_task *task, bs_error *err) {
  for (size_t i = 0; i < task->n_examples; i++)
    if (task->examples[i].n_choices == 0 && task->examples[i].n_targets == 0)
      return bs_error_set(err, BS_ERR_INPUT, "task %s: example %zu has neither choices nor targets",
                          task->name, i);
  return BS_OK;
}

bs_status bs_task_of_tables(bs_task **out, const bs_tables *tables, uint32_t task_row,
                            bs_error *err) {
  *out = NULL;
  if (task_row >= tables->n_tasks)
    return bs_error_set(err, BS_ERR_USAGE, "task %u of %zu", task_row, tables->n_tasks);
  const bs_task_row *row = &tables->tasks[task_row];
  task_rows inputs = rows_of(tables, BS_TABLE_INPUTS, task_row);
  task_rows targets = rows_of(tables, BS_TABLE_TARGETS, task_row);
  task_rows choices = rows_of(tables, BS_TABLE_CHOICE_TEXTS, task_row);
  bs_task *task = bs_array_new(1, sizeof *task, err);
  if (task == NULL)
    return BS_ERR_MEMORY;
  task->max_length = row->max_length;
  task->max_new_tokens = row->max_new_tokens;
  task->n_samples = row->n_samples;
  task->temperature = row->temperature;
  task->top_p = row->top_p;
  task->human_average = row->human_average;
  task->human_best = row->human_best;
  memcpy(task->sha256, row->sha256, sizeof task->sha256);
  bs_status status = check_sampling(row, err);
  if (status == BS_OK)
    status = copy_texts(task, row, err);
  if (status == BS_OK && row->wrap[0] != '\0')
    status = bs_wrap_parse(&task->wrap, row->wrap, "tasks: wrap", err);
  if (status == BS_OK)
    status = split_metrics(task, row->listed_metrics, err);
  if (status == BS_OK)
    status = copy_inputs(task, tables, row, inputs, err);
  if (status == BS_OK)
    status = copy_answers(task, tables, targets, choices, err);
  if (status == BS_OK)
    status = check_answers(task, err);
  if (status == BS_OK)
    *out = task;
  else
    bs_task_free(&task);
  return status;
}
