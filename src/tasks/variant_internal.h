/* Variants and specs as JSON: what the configuration and the messages share. */
#ifndef BIGSWEEP_TASKS_VARIANT_INTERNAL_H
#define BIGSWEEP_TASKS_VARIANT_INTERNAL_H

#include "base/writer_internal.h"
#include "bigsweep/json.h"
#include "bigsweep/task.h"

/* Numbers of shots, and whether they are given. Initialise with {0}; free `list` with free(). */
typedef struct bs_shots {
  uint32_t *list;
  size_t n; /* 0: not given */
} bs_shots;

/* Reads a list of numbers of shots into ascending order. */
bs_status bs_shots_read(bs_shots *out, const bs_json *json, const cJSON *list, bs_error *err);

/* Reads a variant from an object. `name`: its name; NULL: the object has it (key "name"). `shots`:
   receives those of the object (key "shots"); NULL: it may have none. BS_ERR_INPUT with the file
   and the key. */
bs_status bs_variant_read(bs_variant **out, bs_shots *shots, const bs_json *json,
                          const cJSON *object, const char *name, bs_error *err);

/* Whether the answer is taken out of the text that also holds the reasoning. */
bool bs_variant_in_one_step(const bs_variant *variant);

/* Writes the object. `is_content`: without the name and the head's path. */
void bs_variant_write(bs_writer *w, const bs_variant *variant, bool is_content);
bs_status bs_variant_copy(bs_variant **out, const bs_variant *variant, bs_error *err);

/* Reads a list of names of metrics (bs_metric_name_check), each once. *names and *n are the
   caller's to free, also after an error. */
bs_status bs_metric_names_read(char ***names, size_t *n, const bs_json *json, const cJSON *list,
                               bs_error *err);

/* Whether a spec's name can be meant (NULL can). */
bs_status bs_task_name_check(const char *name, bs_error *err);

/* `text` with `with` for every {task}; free with free(). */
char *bs_task_fill_in(const char *text, const char *with, bs_error *err);

/* A copy of the string member of `object`, NULL where it has none. Refuses U+0000, which no prompt
   and no path can hold. */
bs_status bs_json_copy_text(const bs_json *json, const cJSON *object, const char *key, char **out,
                            bs_error *err);

/* What becomes of a task whose choices are no longer scored: prepared, then carried out, which
   cannot fail. Initialise with {0}. */
typedef struct bs_answer_list {
  bs_example *examples;
  size_t n;
  char ***texts; /* [n] accepted answers of each example; NULL: it keeps its own */
  size_t *n_texts;
} bs_answer_list;

enum { BS_N_ANSWER_LISTS = 2 };

typedef struct bs_answers {
  bs_answer_list lists[BS_N_ANSWER_LISTS]; /* of the task's examples, and of those it shows */
  char *preferred_metric, *added_metric;   /* NULL: no change */
  char **metrics; /* room for one more than the task has; NULL: no change */
} bs_answers;

/* How an answer is taken out of a generated text. */
typedef struct bs_generation {
  const char *stop_string, *output_regex;
  size_t max_length;
  bool is_whole; /* the text is the answer, not reasoning with the answer in it */
} bs_generation;

/* BS_ERR_INPUT: an accepted answer that would come to something else when it is generated; examples
   that are compared by their choices. */
bs_status bs_answers_prepare(bs_answers *answers, const bs_task *task,
                             const bs_generation *generation, bs_error *err);
void bs_answers_carry_out(bs_answers *answers, bs_task *task);
void bs_answers_free(bs_answers *answers);

#endif
