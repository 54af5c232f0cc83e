/* What a variant makes of a task. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/file_internal.h"
#include "base/memory_internal.h"
#include "base/text_internal.h"
#include "bigsweep/metric.h"
#include "tasks/variant_internal.h"

enum { MAX_HEAD_BYTES = 1 << 24 };

char *bs_task_fill_in(const char *text, const char *with, bs_error *err) {
  static const char mark[] = "{task}";
  bs_text filled = {0};
  bs_status status = bs_text_append(&filled, "", 0, err);
  while (status == BS_OK) {
    const char *at = strstr(text, mark);
    status = bs_text_append(&filled, text, at != NULL ? (size_t)(at - text) : strlen(text), err);
    if (at == NULL)
      break;
    if (status == BS_OK)
      status = bs_text_append_string(&filled, with, err);
    text = at + sizeof mark - 1;
  }
  if (status != BS_OK)
    bs_text_free(&filled);
  return filled.data;
}

/* What becomes of a task, put together before anything of it is changed. */
typedef struct change {
  char *name, *variant;
  char *task_prefix, *input_prefix, *output_prefix, *choice_prefix, *separator;
  char *stop_string, *output_regex;
  char *reasoning_prompt, *reasoning_stop, *answer_prompt;
  bs_answers answers;
  bs_wrap *wrap;
  bs_text head;
  char sha256[65];
} change;

static void free_change(change *c) {
  char *strings[] = {c->name,          c->variant,          c->task_prefix,    c->input_prefix,
                     c->output_prefix, c->choice_prefix,    c->separator,      c->stop_string,
                     c->output_regex,  c->reasoning_prompt, c->reasoning_stop, c->answer_prompt};
  for (size_t i = 0; i < sizeof strings / sizeof *strings; i++)
    free(strings[i]);
  bs_answers_free(&c->answers);
  bs_wrap_free(&c->wrap);
  bs_text_free(&c->head);
}

/* Past "…\n-----\n", where that is how the text begins. */
static size_t preface_bytes(const char *text) {
  const char *second = strchr(text, '\n');
  if (second == NULL || strncmp(++second, "-----", 5) != 0)
    return 0;
  const char *end = second + 5;
  end += *end == '\r';
  return *end == '\n' ? (size_t)(end + 1 - text) : 0;
}

static bs_status read_head(change *c, const bs_task *task, const bs_variant *variant,
                           bs_error *err) {
  if (variant->head == NULL)
    return bs_text_append(&c->head, "", 0, err);
  const char *colon = strrchr(task->name, ':');
  char *path = bs_task_fill_in(variant->head, colon != NULL ? colon + 1 : task->name, err);
  bs_text file = {0};
  bs_status status = path != NULL ? bs_file_read(path, MAX_HEAD_BYTES, &file, err) : BS_ERR_MEMORY;
  if (status == BS_ERR_IO || status == BS_ERR_LIMIT) /* the file is the user's to give */
    status = bs_error_recast(err, BS_ERR_INPUT);
  if (status == BS_OK)
    status = bs_text_append(&file, "", 0, err); /* an empty file too is a text */
  if (status == BS_OK && (bs_utf8_valid_bytes(file.data, file.n_bytes) < file.n_bytes ||
                          strlen(file.data) < file.n_bytes))
    status = bs_error_set(err, BS_ERR_INPUT, "%s: the head is no UTF-8 text", path);
  if (status == BS_OK) {
    size_t skip = strncmp(file.data, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;
    skip += preface_bytes(file.data + skip);
    status = bs_text_append(&c->head, file.data + skip, file.n_bytes - skip, err);
  }
  bs_text_free(&file);
  free(path);
  return status;
}

/* The variant's text, or NULL where it leaves the task's. */
static bs_status copy_given(char **to, const char *given, bs_error *err) {
  if (given == NULL)
    return BS_OK;
  *to = bs_string_copy(given, err);
  return *to != NULL ? BS_OK : BS_ERR_MEMORY;
}

static bs_status make_texts(change *c, const bs_task *task, const bs_variant *variant,
                            bs_error *err) {
  bool has_stop = variant->reasoning_stop != NULL && variant->reasoning_stop[0] != '\0';
  bs_text name = {0}, prefix = {0};
  const char *own = variant->task_prefix != NULL ? variant->task_prefix : task->task_prefix;
  bs_status status = bs_text_printf(&name, err, "%s@%s", task->name, variant->name);
  c->name = name.data;
  if (status == BS_OK)
    status = bs_text_append(&prefix, c->head.data, c->head.n_bytes, err);
  if (status == BS_OK)
    status = bs_text_append_string(&prefix, own, err);
  c->task_prefix = prefix.data;
  const struct {
    char **to;
    const char *given;
  } texts[] = {{&c->variant, variant->name},
               {&c->input_prefix, variant->input_prefix},
               {&c->output_prefix, variant->output_prefix},
               {&c->choice_prefix, variant->choice_prefix},
               {&c->separator, variant->separator},
               {&c->stop_string, variant->stop_string},
               {&c->output_regex, variant->output_regex},
               {&c->reasoning_prompt, variant->reasoning_prompt},
               {&c->reasoning_stop, has_stop ? variant->reasoning_stop : NULL},
               {&c->answer_prompt, variant->answer_prompt}};
  for (size_t i = 0; status == BS_OK && i < sizeof texts / sizeof *texts; i++)
    status = copy_given(texts[i].to, texts[i].given, err);
  if (status == BS_OK && variant->wrap != NULL)
    status = bs_wrap_copy(&c->wrap, variant->wrap, err);
  return status;
}

/* Of the file's hash, what the variant says and its head. */
static bs_status make_hash(change *c, const bs_task *task, const bs_variant *variant,
                           bs_error *err) {
  bs_text all = {0};
  unsigned char digest[32];
  bs_writer w = {.to = &all};
  bs_writer_printf(&w, "%s\n", task->sha256);
  bs_variant_write(&w, variant, true);
  bs_writer_append(&w, "\n", 1);
  bs_writer_append(&w, c->head.data, c->head.n_bytes);
  bs_status status = bs_writer_status(&w, err);
  if (status == BS_OK)
    status = bs_sha256(all.data, all.n_bytes, digest, err);
  if (status == BS_OK)
    bs_hex(digest, sizeof digest, c->sha256);
  bs_text_free(&all);
  return status;
}

static bool has_choices(const bs_task *task) {
  for (size_t i = 0; i < task->n_examples; i++)
    if (task->examples[i].n_choices > 0)
      return true;
  return false;
}

/* What a task with scored choices cannot have. */
static bs_status check_choices(const bs_task *task, const bs_variant *variant, bs_error *err) {
  if (variant->generates_answer || !has_choices(task))
    return BS_OK;
  if (bs_variant_in_one_step(variant))
    return bs_error_set(err, BS_ERR_INPUT,
                        "reasoning in one step, but the task's choices are scored: give an "
                        "\"answer_prompt\", or \"answer\": \"text\"");
  if (variant->n_samples > 0 && variant->reasoning_prompt == NULL && !bs_task_needs_text(task))
    return bs_error_set(err, BS_ERR_INPUT,
                        "samples, but the task's choices are scored and nothing is generated: give "
                        "a \"reasoning_prompt\" and an \"answer_prompt\", or \"answer\": \"text\"");
  return BS_OK;
}

/* `preferred`: of the task as it will be. */
static bs_status check_votes(const bs_variant *variant, const char *preferred, bs_error *err) {
  const bs_metric *metric = preferred != NULL ? bs_metric_find(preferred) : NULL;
  bool votes = variant->n_samples > 0 && variant->answer_prompt != NULL;
  if (!votes || metric == NULL || bs_metric_takes_votes(metric))
    return BS_OK;
  return bs_error_set(err, BS_ERR_INPUT,
                      "answers behind several reasonings are voted on, which the task's preferred "
                      "metric \"%s\" cannot be computed from",
                      preferred);
}

static void swap(char **a, char **b) {
  char *of_a = *a;
  *a = *b;
  *b = of_a;
}

/* Takes `given` over where there is one. */
static void replace(char **field, char **given) {
  if (*given != NULL)
    swap(field, given);
}

/* "" stands for none. */
static void replace_or_drop(char **field, char **given) {
  replace(field, given);
  if (*field != NULL && **field == '\0') {
    free(*field);
    *field = NULL;
  }
}

static void carry_out(bs_task *task, const bs_variant *variant, change *c) {
  replace(&task->name, &c->name);
  replace(&task->variant, &c->variant);
  replace(&task->task_prefix, &c->task_prefix);
  replace(&task->input_prefix, &c->input_prefix);
  replace(&task->output_prefix, &c->output_prefix);
  replace(&task->choice_prefix, &c->choice_prefix);
  replace(&task->separator, &c->separator);
  replace(&task->reasoning_prompt, &c->reasoning_prompt);
  replace(&task->reasoning_stop, &c->reasoning_stop);
  replace(&task->answer_prompt, &c->answer_prompt);
  if (bs_variant_in_one_step(variant) &&
      variant->stop_string == NULL) { /* meant for an answer alone */
    free(task->stop_string);
    task->stop_string = NULL;
  }
  replace_or_drop(&task->stop_string, &c->stop_string);
  replace_or_drop(&task->output_regex, &c->output_regex);
  if (variant->append_choices >= 0)
    task->append_choices = variant->append_choices != 0;
  if (variant->max_length > 0)
    task->max_length = variant->max_length == BS_WHOLE_LENGTH ? 0 : variant->max_length;
  else if (bs_variant_in_one_step(variant))
    task->max_length = 0; /* the answer stands at the end */
  task->wrap = c->wrap;
  c->wrap = NULL;
  task->max_new_tokens = variant->max_new_tokens;
  task->n_samples = variant->n_samples;
  task->temperature = variant->temperature;
  task->top_p = variant->n_samples > 0 && !(variant->top_p > 0) ? 1 : variant->top_p;
  memcpy(task->sha256, c->sha256, sizeof task->sha256);
  bs_answers_carry_out(&c->answers, task);
}

bs_status bs_task_apply_variant(bs_task *task, const bs_variant *variant, bs_error *err) {
  change c = {0};
  bs_error fault = {0};
  const char *key = NULL;
  bs_status status = BS_OK;
  if (task->variant != NULL)
    status = bs_error_set(&fault, BS_ERR_USAGE, "the task has the variant \"%s\" already",
                          task->variant);
  if (status == BS_OK && (status = bs_variant_check(variant, &key, &fault)) != BS_OK)
    bs_error_prefix(&fault, "%s", key);
  if (status == BS_OK)
    status = check_choices(task, variant, &fault);
  if (status == BS_OK)
    status = read_head(&c, task, variant, &fault);
  if (status == BS_OK)
    status = make_texts(&c, task, variant, &fault);
  if (status == BS_OK)
    status = make_hash(&c, task, variant, &fault);
  if (status == BS_OK && variant->generates_answer && has_choices(task)) {
    bs_generation generation = {
        .stop_string = c.stop_string != NULL ? c.stop_string : task->stop_string,
        .output_regex = c.output_regex != NULL ? c.output_regex : task->output_regex,
        .max_length = variant->max_length == BS_WHOLE_LENGTH ? 0
                      : variant->max_length > 0              ? variant->max_length
                                                             : task->max_length,
        .is_whole = !bs_variant_in_one_step(variant)};
    status = bs_answers_prepare(&c.answers, task, &generation, &fault);
  }
  if (status == BS_OK)
    status = check_votes(variant,
                         c.answers.preferred_metric != NULL ? c.answers.preferred_metric
                                                            : task->preferred_metric,
                         &fault);
  if (status == BS_OK)
    carry_out(task, variant, &c);
  else
    bs_error_set(err, status, "%s: variant \"%s\": %s", task->path,
                 variant->name != NULL ? variant->name : "", fault.message);
  free_change(&c);
  return status;
}
