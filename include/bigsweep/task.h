/* Tasks in memory, from files of several formats, and the ways in which they are put to a model.
   BIG-bench JSON tasks: https://github.com/google/BIG-bench/blob/main/docs/doc.md (schema). */
#ifndef BIGSWEEP_TASK_H
#define BIGSWEEP_TASK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bigsweep/buffer.h"
#include "bigsweep/error.h"
#include "bigsweep/metric.h"
#include "bigsweep/visibility.h"
#include "bigsweep/wrap.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct bs_choice {
  char *text;
  double score; /* target_scores value */
  bs_choice_role role;
} bs_choice;

typedef struct bs_example {
  char *input;
  bs_choice *choices; /* in file order; NULL without target_scores */
  size_t n_choices;
  bs_choice *options; /* choices that are shown in the prompt and not scored: those of a variant
                         that generates the answer; NULL: none */
  size_t n_options;
  char **targets; /* accepted answers, numbers as written; NULL without target. With target_scores
                     alone, where the task lists a metric over text: the choices of highest score */
  size_t n_targets;
  uint64_t identity; /* equal for examples that are equal as values (Python's ==: 0 == 0.0 == false,
                        key order does not matter); 64 bits of SHA-256 */
  uint64_t cluster;  /* equal for examples that hang together (a passage, a template); 0: it stands
                        alone. 64 bits of the SHA-256 of the cluster's name */
} bs_example;

/* A task in memory, immutable after loading. Strings are owned by the task. */
typedef struct bs_task {
  char *name; /* the folder's name for .../NAME/task.json, else the file's without .json, .jsonl or
                 .csv (of MMLU's also without _test); of a subtask that .../PARENT/task.json names,
                 PARENT:NAME; with a variant, @VARIANT behind it */
  char *path;
  char *description;
  char *keywords; /* comma-separated */
  char *task_prefix;
  char *input_prefix, *output_prefix, *choice_prefix, *separator; /* the example_… fields */
  bool append_choices;
  char *stop_string, *output_regex; /* NULL where neither the task nor the default gives one */
  size_t max_length;                /* characters of generated text that count (128); 0: all */
  char **metrics;                   /* as the file lists them */
  size_t n_metrics;
  char *preferred_metric; /* one of bs_task_metrics */
  bs_example *examples;   /* distinct ones, the first kept */
  size_t n_examples;
  size_t n_repeated; /* examples left out because an equal one came before */
  bs_example *shown; /* the examples that are shown as shots, in this order; NULL: shots are drawn
                        from the examples */
  size_t n_shown;
  char sha256[65]; /* of the file's bytes (with a file of shots, of both files' digests); with a
                      variant, of these and all that it says */

  /* From the variant. */
  char *variant;          /* its name; NULL: the task as its file has it */
  char *reasoning_prompt; /* stands behind the prompt; the reasoning is generated after it; NULL:
                             none */
  char *reasoning_stop;   /* ends the reasoning and is not part of it; NULL: none */
  char *answer_prompt;    /* stands behind the reasoning and asks for the answer in a second step;
                             NULL: the answer is taken out of the reasoning (output_regex) */
  size_t max_new_tokens;  /* of each generation; 0: as the protocol says */
  size_t n_samples;       /* answers drawn for each example, the most frequent of which counts; 0: a
                             single greedy answer */
  double temperature, top_p; /* of the samples */
  bs_wrap *wrap;             /* NULL: that of the model */

  /* Scores of people in the preferred metric's unit; NaN: not known. */
  double human_average, human_best;
} bs_task;

/* The formats of task files, each with a reader. */
typedef enum bs_task_format {
  BS_FORMAT_AUTO,            /* by what the file holds */
  BS_FORMAT_BIGBENCH,        /* "bigbench": BIG-bench JSON */
  BS_FORMAT_BBH,             /* "bbh": BIG-Bench Hard (Suzgun et al. 2022, arXiv:2210.09261) */
  BS_FORMAT_INVERSE_SCALING, /* "inverse-scaling": the Inverse Scaling Prize's CSV files (McKenzie
                                et al. 2023, arXiv:2306.09479) */
  BS_FORMAT_MMLU,            /* "mmlu": question, four choices and a letter in CSV (Hendrycks et al.
                                2020, arXiv:2009.03300) */
  BS_FORMAT_BBQ,             /* "bbq": JSON lines with bias roles */
  BS_FORMAT_JSONL,           /* "jsonl": one's own data, an example a line */
  BS_N_FORMATS
} bs_task_format;
/* BS_ERR_USAGE names the known ones. */
BS_API bs_status bs_task_format_parse(bs_task_format *out, const char *name, bs_error *err);
BS_API const char *bs_task_format_name(bs_task_format format);

/* The max_length that keeps the whole text. */
#define BS_WHOLE_LENGTH SIZE_MAX

/* A way of putting a task to a model. Texts that are NULL are as the task has them; an empty
   stop_string, output_regex or reasoning_stop is none. */
typedef struct bs_variant {
  char *name; /* letters, digits, "-", "_", "."; 1 to 64 of them */
  /* The prompt; named as in a task file. */
  char *task_prefix, *input_prefix, *output_prefix, *choice_prefix, *separator;
  int append_choices; /* 0, 1; -1: as the task says */
  char *head;         /* path of a text that is put before the task prefix, such as worked examples;
                         {task} in it stands for the task's name without what is before its last ":". Where
                         its second line is "-----" the text begins behind that line (BIG-Bench Hard's files
                         begin with a canary) */
  /* Generation. */
  char *reasoning_prompt, *reasoning_stop, *answer_prompt; /* see bs_task */
  char *stop_string, *output_regex; /* where the answer is taken out of the reasoning there is no
                                       stop_string unless one is given here */
  size_t max_length;     /* characters that count; BS_WHOLE_LENGTH: all; 0: as the task says, but
                            all of them where the answer is taken out of the reasoning */
  size_t max_new_tokens; /* 0: as the protocol says */
  bool
      generates_answer; /* choices are not scored: the texts of the best are the accepted answers */
  size_t n_samples;     /* 0: one, greedy */
  double temperature;   /* of the samples: above 0 where there are any, else 0 */
  double top_p;         /* of the samples; 0 stands for 1: no token is excluded */
  bs_wrap *wrap;        /* around the prompt, whatever the model's; NULL: the model's */
} bs_variant;

/* One task of a sweep. */
typedef struct bs_task_spec {
  char *path;
  bs_task_format format;
  char *name;          /* {task} in it stands for the name that the reader gives; NULL: that name */
  bs_variant *variant; /* owned; NULL: none */
  uint32_t *shots;     /* ascending, no repeats; at least one */
  size_t n_shots;
  char **metrics; /* owned; names of metrics beside the task's own, see bs_task_add_metrics */
  size_t n_metrics;
  double human_average, human_best; /* NaN: not known */
} bs_task_spec;

/* Receives one finding at a time; `message` names the file, the JSON path and the line. */
typedef void (*bs_task_report)(void *user, bool is_error, const char *message);

/* Reads and checks a task file of any format; the format is recognised from the contents. The first
   fault is the error (BS_ERR_INPUT; a task without examples, an example without input, neither
   target nor target_scores, a metric that does not exist with the nearest known one suggested, …).
   `report` (optional) receives every fault and warning, so that a file can be corrected in one go.
 */
BS_API bs_status bs_task_load(bs_task **out, const char *path, bs_task_report report, void *user,
                              bs_error *err);
/* The same of a given format. */
BS_API bs_status bs_task_load_as(bs_task **out, const char *path, bs_task_format format,
                                 bs_task_report report, void *user, bs_error *err);
/* The same from text; `path` names it in messages, gives the task its name and helps to recognise
 * the format. No other file is read. */
BS_API bs_status bs_task_parse_as(bs_task **out, const char *text, size_t n_bytes, const char *path,
                                  bs_task_format format, bs_task_report report, void *user,
                                  bs_error *err);
/* The same of BIG-bench JSON. */
BS_API bs_status bs_task_parse(bs_task **out, const char *json, size_t n_bytes, const char *path,
                               bs_task_report report, void *user, bs_error *err);
BS_API void bs_task_free(bs_task **task);

/* Loads the file of `spec` with the reader of its format and gives the task its name, its variant
   and its baselines. BS_ERR_INPUT also for a variant that the task cannot have (no head for it, an
   answer to be taken out of a text that is not generated, …); the report hears of that too. */
BS_API bs_status bs_task_open(bs_task **out, const bs_task_spec *spec, bs_task_report report,
                              void *user, bs_error *err);
/* Applies a variant to a loaded task, which stays unchanged after an error. It replaces texts,
   puts the head before the task prefix, appends "@" and its name to the task's name, and makes the
   sha256 that of the file's and of all that it says (the head's bytes, not their path; not its own
   name). With generates_answer the choices of each example become its options, the texts of the
   best its accepted answers, exact_str_match is among the metrics, and is the preferred one where
   that was of choices. BS_ERR_USAGE where the task already has a variant, or this one is incomplete
   or contradicts itself (see bs_variant_check). */
BS_API bs_status bs_task_apply_variant(bs_task *task, const bs_variant *variant, bs_error *err);

/* Adds metrics to those that a task lists, by names that bs_metric_name_check accepts, once each.
 * Nothing else changes: a metric over text is left out where no text is generated. */
BS_API bs_status bs_task_add_metrics(bs_task *task, const char *const *names, size_t n,
                                     bs_error *err);

/* Checks that a variant makes sense: a name as described, numbers within their ranges, a
   temperature if and only if there are samples, an answer prompt or an end of reasoning only with a
   reasoning prompt, an output_regex that compiles, and one of its own where the answer is taken out
   of the reasoning. BS_ERR_USAGE, with the key of a configuration in *key (optional; static). */
BS_API bs_status bs_variant_check(const bs_variant *variant, const char **key, bs_error *err);
BS_API void bs_variant_free(bs_variant **variant);
/* Reads a variant from an object of JSON, as a configuration has it; `source` stands for it in
   messages. Without the key "name" it is called "variant". *shots is the lowest of its key "shots",
   or -1. BS_ERR_INPUT with the key. */
BS_API bs_status bs_variant_parse(bs_variant **out, int64_t *shots, const char *json,
                                  size_t n_bytes, const char *source, bs_error *err);

/* The task file that `path` stands for: itself, or task.json in it where it is a folder, as in
 * BIG-bench's layout. Free with free(). */
BS_API char *bs_task_file_of(const char *path, bs_error *err);
BS_API void bs_task_spec_clear(bs_task_spec *spec);
/* A spec as one line of JSON, and back. Workers receive tasks in this form, and it is compared to
 * decide whether two runs mean the same task. Paths stay as they are; BS_ERR_INPUT for one that is
 * not UTF-8. Parsing accepts exactly what printing gives, and is BS_ERR_INPUT for anything else. */
BS_API bs_status bs_task_spec_print(const bs_task_spec *spec, bs_text *json, bs_error *err);
BS_API bs_status bs_task_spec_parse(bs_task_spec *out, const char *json, size_t n_bytes,
                                    bs_error *err);

/* Keywords (each on a line) and description of a BIG-bench task file, without reading its examples
   into memory; "" for what it lacks. Appended to the texts. BS_ERR_INPUT: no JSON object. */
BS_API bs_status bs_task_peek(const char *path, bs_text *keywords, bs_text *description,
                              bs_error *err);

/* The subtasks that a task is made of. */
typedef struct bs_subtasks {
  char **names; /* of the folders, each once, in the order of the file */
  char **paths; /* of their task files */
  size_t n;     /* 0: a task that has examples of its own */
} bs_subtasks;

/* Reads the list "subtasks" of a task file without examples: names of folders beside it, as CHILD,
   PARENT:CHILD or PARENT/CHILD. BS_ERR_INPUT names the entry that is no such folder. A file that is
   no task file at all gives n = 0 and no error: bs_task_load reports it. */
BS_API bs_status bs_task_subtasks(bs_subtasks *out, const char *path, bs_error *err);
BS_API void bs_subtasks_free(bs_subtasks *subtasks);

/* The metrics of a task: those it lists that are built, and those that are always computed for its
   kind, in the table's order; where answers are voted on, without those that cannot be computed
   from votes. On input, metrics[] has room for bs_metric_count() of them. Returns how many there
   are. */
BS_API size_t bs_task_metrics(const bs_task *task, const bs_metric **metrics);
/* Whether any of a task's metrics needs generated text. */
BS_API bool bs_task_needs_text(const bs_task *task);

/* The largest number of shots that a prompt can have: all examples that are shown, or, where shots
 * are drawn, all examples but the one asked. */
BS_API size_t bs_task_most_shots(const bs_task *task);

/* Expected multiple_choice_grade of a uniform guess: the mean over the examples of the mean
   target_score of their choices. 0 without multiple choice. */
BS_API double bs_task_chance(const bs_task *task);

#ifdef __cplusplus
}
#endif

#endif
