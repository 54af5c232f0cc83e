/* Readers of task files: one a format, all of them behind bs_task_load_as. */
#ifndef BIGSWEEP_TASKS_READERS_READER_INTERNAL_H
#define BIGSWEEP_TASKS_READERS_READER_INTERNAL_H

#include "bigsweep/json.h"
#include "bigsweep/task.h"
#include "tasks/seen_internal.h"
#include "tasks/task_internal.h"

/* BIG-bench's largest JSON tasks have some tens of megabytes. */
#define BS_MOST_TASK_BYTES ((size_t)1 << 28)

typedef struct bs_task_reader {
  bs_task_format format;
  const char *name;
  /* Fills a task that has its name, path and digest. Faults of the text go to `findings`; the
     status is an error only when memory is short. */
  bs_status (*read)(bs_task *task, const char *text, size_t n_bytes, bs_findings *findings,
                    bs_error *err);
  /* (optional) From what lies beside the file that the task was read from. */
  bs_status (*complete)(bs_task *task, bs_findings *findings, bs_error *err);
} bs_task_reader;

/* The readers. The row of ROW(x) is `bs_task_reader_x`, in its source file x.c. */
#define BS_TASK_READER_TABLE(ROW)                                                                  \
  ROW(bigbench)                                                                                    \
  ROW(bbh)                                                                                         \
  ROW(inverse_scaling)                                                                             \
  ROW(mmlu)                                                                                        \
  ROW(bbq)                                                                                         \
  ROW(jsonl)

#define BS_TASK_READER_DECLARE(name) extern const bs_task_reader bs_task_reader_##name;
BS_TASK_READER_TABLE(BS_TASK_READER_DECLARE)
#undef BS_TASK_READER_DECLARE

/* NULL for BS_FORMAT_AUTO. */
const bs_task_reader *bs_task_reader_of(bs_task_format format);
/* What the text is, with the ending of `path` where it does not tell; BS_FORMAT_AUTO: unknown. */
bs_task_format bs_task_format_of(const char *path, const char *text, size_t n_bytes);

/* A document; NULL, with a finding, where the text is none. */
bs_status bs_task_reader_json(bs_json **out, const char *text, size_t n_bytes,
                              bs_findings *findings, bs_error *err);

/* What a format says of every task. */
typedef struct bs_task_shape {
  const char *description, *keywords;
  const char *task_prefix, *input_prefix, *output_prefix, *choice_prefix, *separator;
  bool append_choices;
  const char *stop_string, *output_regex; /* NULL: none */
  size_t max_length;
  const char *metrics[6]; /* those in front of the first NULL */
  const char *preferred_metric;
} bs_task_shape;

/* As BIG-bench puts a task that says nothing of it; the metrics are missing. */
#define BS_BIGBENCH_SHAPE                                                                          \
  .description = "", .task_prefix = "", .input_prefix = BS_DEFAULT_INPUT_PREFIX,                   \
  .output_prefix = BS_DEFAULT_OUTPUT_PREFIX, .choice_prefix = BS_DEFAULT_CHOICE_PREFIX,            \
  .separator = BS_DEFAULT_SEPARATOR, .append_choices = true,                                       \
  .output_regex = BS_DEFAULT_OUTPUT_REGEX, .max_length = BS_DEFAULT_MAX_LENGTH

bs_status bs_task_take_shape(bs_task *task, const bs_task_shape *shape, bs_error *err);

/* Takes a task's examples, equal ones once. Initialise with the task alone. */
typedef struct bs_collector {
  bs_task *task;
  size_t capacity;
  bs_seen seen;
  bs_text form;
} bs_collector;

/* The example is the task's from here on, or freed and counted as repeated; `example` is empty
   afterwards. `even_equal`: kept though an equal one came before. */
bs_status bs_collector_add(bs_collector *collector, bs_example *example, bool even_equal,
                           bs_error *err);
/* A fault when the task has no examples and no other fault was found. */
void bs_collector_finish(bs_collector *collector, bs_findings *findings);
void bs_collector_free(bs_collector *collector);

/* JSON lines: one object a line. Set findings, text and n_bytes; the rest is zero. */
typedef struct bs_json_lines {
  bs_findings *findings;
  const char *text;
  size_t n_bytes, at;
  size_t line; /* of the object, from 1 */
  bs_json *json;
  bs_member *members; /* of the object; their lines are the file's */
  size_t n;
} bs_json_lines;

/* Goes on to the next line with an object; *there is false at the end. Lines that are none are
   faults, empty ones are passed over. */
bs_status bs_json_lines_next(bs_json_lines *lines, bool *there, bs_error *err);
/* The object's member, or NULL; where a finding about it, or with NULL about the line, lies. */
const bs_member *bs_json_lines_get(const bs_json_lines *lines, const char *key);
bs_place bs_json_lines_place(const bs_json_lines *lines, const char *field);
void bs_json_lines_free(bs_json_lines *lines);

#endif
