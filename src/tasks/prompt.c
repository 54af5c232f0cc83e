/* Prompts: the shots and the question, as BIG-bench puts them together. */
#include "bigsweep/prompt.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory_internal.h"
#include "tasks/random_internal.h"
#include "tasks/wrap_internal.h"

/* One shot of one prompt: an example and which of its answers is shown. */
typedef struct shot {
  uint32_t example, answer;
} shot;

struct bs_prompter {
  const bs_task *task;
  size_t n_shots;           /* of task->shown, the first ones; else drawn */
  bool answers_are_choices; /* of shots, for examples that have both choices and targets */
  shot *shots;              /* [n_examples][n_shots]; NULL: those of task->shown */
  uint32_t *shown;          /* choices of all examples in the order they are shown */
  size_t *first_shown;      /* [n_examples], then those of task->shown */
};

static bool lists_metric(const bs_task *task, const char *name) {
  for (size_t i = 0; i < task->n_metrics; i++)
    if (strcmp(task->metrics[i], name) == 0)
      return true;
  return false;
}

bool bs_task_shots_show_choices(const bs_task *task) {
  return task->n_metrics == 0 || lists_metric(task, "multiple_choice_grade");
}

static bool takes_choice(const bs_prompter *prompter, const bs_example *example) {
  return example->n_choices > 0 && (prompter->answers_are_choices || example->n_targets == 0);
}

/* The answer of a shot: one of the choices of highest score, else one of the targets. */
static uint32_t draw_answer(const bs_prompter *prompter, const bs_example *example,
                            bs_random *random) {
  if (!takes_choice(prompter, example))
    return bs_random_interval(random, (uint32_t)(example->n_targets - 1));
  double best = example->choices[0].score;
  uint32_t n_best = 0;
  for (size_t i = 0; i < example->n_choices; i++) {
    double score = example->choices[i].score;
    if (score > best)
      best = score, n_best = 0;
    n_best += score == best;
  }
  uint32_t drawn = bs_random_interval(random, n_best - 1), i = 0;
  for (;; i++)
    if (example->choices[i].score == best && drawn-- == 0)
      return i;
}

typedef struct same {
  uint64_t identity;
  uint32_t example;
} same;

static int by_identity(const void *a, const void *b) {
  const same *x = a, *y = b;
  if (x->identity != y->identity)
    return x->identity < y->identity ? -1 : 1;
  return (x->example > y->example) - (x->example < y->example);
}

/* Draws of one visited example. `equal[n_equal]` are the examples that do not differ from it, in
   task order; `order` is scratch. */
static bs_status draw_shots(bs_prompter *prompter, uint32_t visited, const same *equal,
                            size_t n_equal, uint32_t *order, bs_random *random, bs_error *err) {
  const bs_task *task = prompter->task;
  size_t n_others = task->n_examples - n_equal;
  if (prompter->n_shots > n_others)
    return bs_error_set(
        err, BS_ERR_INPUT,
        "%s: %zu shot%s asked for, but only %zu of the %zu examples %s from example %u", task->path,
        prompter->n_shots, prompter->n_shots == 1 ? " is" : "s are", n_others, task->n_examples,
        n_others == 1 ? "differs" : "differ", visited);
  bs_random_permutation(random, order, (uint32_t)n_others);
  shot *shots = prompter->shots + (size_t)visited * prompter->n_shots;
  for (size_t i = 0; i < prompter->n_shots; i++) {
    uint32_t example = order[i]; /* counted among those that differ */
    for (size_t j = 0; j < n_equal && equal[j].example <= example; j++)
      example++;
    shots[i].example = example;
  }
  for (size_t i = 0; i < prompter->n_shots; i++)
    shots[i].answer = draw_answer(prompter, &task->examples[shots[i].example], random);
  return BS_OK;
}

static bs_status draw_all(bs_prompter *prompter, uint32_t seed, bs_error *err) {
  const bs_task *task = prompter->task;
  size_t n = task->n_examples;
  bs_status status = BS_ERR_MEMORY;
  bs_random random;
  uint32_t *visits = bs_array_new(n, sizeof *visits, err);
  uint32_t *order = bs_array_new(n, sizeof *order, err);
  uint32_t *group = bs_array_new(n, sizeof *group, err); /* where its equals begin in `sorted` */
  same *sorted = bs_array_new(n, sizeof *sorted, err);
  if (visits == NULL || order == NULL || group == NULL || sorted == NULL)
    goto cleanup;
  for (size_t i = 0; i < n; i++)
    sorted[i] = (same){task->examples[i].identity, (uint32_t)i};
  qsort(sorted, n, sizeof *sorted, by_identity);
  for (size_t i = 0; i < n; i++) {
    bool begins = i == 0 || sorted[i].identity != sorted[i - 1].identity;
    group[sorted[i].example] = begins ? (uint32_t)i : group[sorted[i - 1].example];
  }
  bs_random_seed(&random, seed);
  bs_random_permutation(&random, visits, (uint32_t)n);
  status = BS_OK;
  for (size_t i = 0; i < n && status == BS_OK; i++) {
    const same *equal = sorted + group[visits[i]];
    size_t n_equal = 1;
    while (equal + n_equal < sorted + n && equal[n_equal].identity == equal->identity)
      n_equal++;
    status = draw_shots(prompter, visits[i], equal, n_equal, order, &random, err);
  }

cleanup:
  free(visits);
  free(order);
  free(group);
  free(sorted);
  return status;
}

typedef struct shown_choice {
  const char *text;
  uint32_t choice;
} shown_choice;

/* What is shown of an example where choices are: those that are scored, else its options. */
static const bs_choice *shown_of(const bs_example *example, size_t *n) {
  *n = example->n_choices > 0 ? example->n_choices : example->n_options;
  return example->n_choices > 0 ? example->choices : example->options;
}

/* Byte order of UTF-8 is code point order. */
static int by_text(const void *a, const void *b) {
  return strcmp(((const shown_choice *)a)->text, ((const shown_choice *)b)->text);
}

/* Example i of the task, or of those that are shown behind them. */
static const bs_example *example_at(const bs_task *task, size_t i) {
  return i < task->n_examples ? &task->examples[i] : &task->shown[i - task->n_examples];
}

/* The choices of every example in the order they are shown: sorted, then permuted by a generator
   of their own, so that the permutation depends on their number alone. */
static bs_status order_choices(bs_prompter *prompter, uint32_t seed, bs_error *err) {
  const bs_task *task = prompter->task;
  size_t n_all = 0, most = 0, n_permuted = 0, n_examples = task->n_examples + task->n_shown;
  for (size_t i = 0; i < n_examples; i++) {
    size_t n;
    shown_of(example_at(task, i), &n);
    n_all += n;
    most = bs_size_max(n, most);
  }
  bs_status status = BS_ERR_MEMORY;
  uint32_t *permutation = bs_array_new(most, sizeof *permutation, err);
  shown_choice *sorted = bs_array_new(most, sizeof *sorted, err);
  prompter->shown = bs_array_new(n_all, sizeof *prompter->shown, err);
  prompter->first_shown = bs_array_new(n_examples, sizeof *prompter->first_shown, err);
  if (permutation == NULL || sorted == NULL || prompter->shown == NULL ||
      prompter->first_shown == NULL)
    goto cleanup;
  bs_random random;
  size_t first = 0;
  for (size_t i = 0; i < n_examples; i++) {
    size_t n;
    const bs_choice *choices = shown_of(example_at(task, i), &n);
    for (size_t j = 0; j < n; j++)
      sorted[j] = (shown_choice){choices[j].text, (uint32_t)j};
    qsort(sorted, n, sizeof *sorted, by_text);
    if (n != n_permuted) {
      bs_random_seed(&random, seed);
      bs_random_permutation(&random, permutation, (uint32_t)n);
      n_permuted = n;
    }
    prompter->first_shown[i] = first;
    for (size_t j = 0; j < n; j++)
      prompter->shown[first + j] = sorted[permutation[j]].choice;
    first += n;
  }
  status = BS_OK;

cleanup:
  free(permutation);
  free(sorted);
  return status;
}

bs_status bs_prompter_new(bs_prompter **out, const bs_task *task, size_t shots, uint32_t seed,
                          bs_error *err) {
  *out = NULL;
  size_t n_draws;
  if (task->n_examples + task->n_shown >= UINT32_MAX ||
      !bs_size_mul(task->n_examples, shots, &n_draws))
    return bs_error_set(err, BS_ERR_LIMIT, "%s: %zu examples with %zu shots are too many",
                        task->path, task->n_examples, shots);
  if (task->n_shown > 0 && shots > task->n_shown)
    return bs_error_set(err, BS_ERR_INPUT, "%s: %zu shots are asked for, but there %s %zu to show",
                        task->path, shots, task->n_shown == 1 ? "is" : "are", task->n_shown);
  if (task->n_shown == 0 && shots >= task->n_examples)
    return bs_error_set(err, BS_ERR_INPUT, "%s: %zu shot%s asked for, but there %s %zu example%s",
                        task->path, shots, shots == 1 ? " is" : "s are",
                        task->n_examples == 1 ? "is" : "are", task->n_examples,
                        bs_plural(task->n_examples));
  bs_prompter *prompter = bs_array_new(1, sizeof *prompter, err);
  if (prompter == NULL)
    return BS_ERR_MEMORY;
  prompter->task = task;
  prompter->n_shots = shots;
  prompter->answers_are_choices = bs_task_shots_show_choices(task);
  bs_status status = BS_OK;
  if (shots > 0 && task->n_shown == 0) {
    prompter->shots = bs_array_new(n_draws, sizeof *prompter->shots, err);
    status = prompter->shots == NULL ? BS_ERR_MEMORY : draw_all(prompter, seed, err);
  }
  if (status == BS_OK && task->append_choices)
    status = order_choices(prompter, seed, err);
  if (status != BS_OK)
    bs_prompter_free(&prompter);
  *out = prompter;
  return status;
}

void bs_prompter_free(bs_prompter **prompter) {
  if (*prompter == NULL)
    return;
  free((*prompter)->shots);
  free((*prompter)->shown);
  free((*prompter)->first_shown);
  free(*prompter);
  *prompter = NULL;
}

static bs_status no_such_example(const bs_task *task, size_t i, bs_error *err) {
  return bs_error_set(err, BS_ERR_USAGE, "%s: example %zu is asked for, there are %zu", task->path,
                      i, task->n_examples);
}

bs_status bs_prompter_append_query(const bs_prompter *prompter, size_t i, bs_text *prompt,
                                   bs_error *err) {
  const bs_task *task = prompter->task;
  if (i >= task->n_examples + task->n_shown)
    return no_such_example(task, i, err);
  const bs_example *example = example_at(task, i);
  bs_status status = bs_text_append_string(prompt, task->input_prefix, err);
  if (status == BS_OK)
    status = bs_text_append_string(prompt, example->input, err);
  size_t n_shown;
  const bs_choice *choices = shown_of(example, &n_shown);
  for (size_t j = 0; task->append_choices && j < n_shown && status == BS_OK; j++) {
    uint32_t choice = prompter->shown[prompter->first_shown[i] + j];
    status = bs_text_append_string(prompt, task->choice_prefix, err);
    if (status == BS_OK)
      status = bs_text_append_string(prompt, choices[choice].text, err);
  }
  if (status == BS_OK)
    status = bs_text_append_string(prompt, task->output_prefix, err);
  return status;
}

static const char *answer_of(const bs_prompter *prompter, shot of) {
  const bs_example *example = example_at(prompter->task, of.example);
  return takes_choice(prompter, example) ? example->choices[of.answer].text
                                         : example->targets[of.answer];
}

/* Task example j of those that are shown, with the first right answer. */
static shot shown_at(const bs_prompter *prompter, size_t j) {
  shot shown = {.example = (uint32_t)(prompter->task->n_examples + j)};
  const bs_example *example = &prompter->task->shown[j];
  for (uint32_t k = 1; takes_choice(prompter, example) && k < example->n_choices; k++)
    if (example->choices[k].score > example->choices[shown.answer].score)
      shown.answer = k;
  return shown;
}

const char *bs_prompter_shown_answer(const bs_prompter *prompter, size_t i) {
  return answer_of(prompter, shown_at(prompter, i));
}

static shot shot_at(const bs_prompter *prompter, size_t i, size_t j) {
  return prompter->shots != NULL ? prompter->shots[i * prompter->n_shots + j]
                                 : shown_at(prompter, j);
}

bs_status bs_prompter_append(const bs_prompter *prompter, size_t i, bs_text *prompt,
                             bs_error *err) {
  return bs_prompter_append_fewer(prompter, i, 0, prompt, err);
}

/* `separator` stands between the examples. */
static bs_status append_examples(const bs_prompter *prompter, size_t i, size_t n_left_out,
                                 const char *separator, bs_text *prompt, bs_error *err) {
  const bs_task *task = prompter->task;
  if (i >= task->n_examples)
    return no_such_example(task, i, err);
  bs_status status = bs_text_append_string(prompt, task->task_prefix, err);
  for (size_t j = n_left_out; j < prompter->n_shots && status == BS_OK; j++) {
    shot drawn = shot_at(prompter, i, j);
    status = bs_prompter_append_query(prompter, drawn.example, prompt, err);
    if (status == BS_OK)
      status = bs_text_append_string(prompt, answer_of(prompter, drawn), err);
    if (status == BS_OK)
      status = bs_text_append_string(prompt, separator, err);
  }
  if (status == BS_OK)
    status = bs_prompter_append_query(prompter, i, prompt, err);
  return status;
}

bs_status bs_prompter_append_fewer(const bs_prompter *prompter, size_t i, size_t n_left_out,
                                   bs_text *prompt, bs_error *err) {
  return append_examples(prompter, i, n_left_out, prompter->task->separator, prompt, err);
}

const bs_wrap *bs_task_wrap(const bs_task *task, const bs_wrap *of_model) {
  const bs_wrap *wrap = task->wrap != NULL ? task->wrap : of_model;
  return bs_wrap_is_none(wrap) ? NULL : wrap;
}

bs_status bs_prompter_append_whole(const bs_prompter *prompter, size_t i, size_t n_left_out,
                                   const bs_wrap *of_model, bs_text *text, bs_prompt_parts *parts,
                                   bs_error *err) {
  const bs_task *task = prompter->task;
  const bs_wrap *wrap = bs_task_wrap(task, of_model);
  bs_text prompt = {0};
  *parts = (bs_prompt_parts){.n_before = wrap != NULL ? strlen(wrap->before) : 0};
  bs_status status = append_examples(
      prompter, i, n_left_out,
      wrap != NULL && wrap->between != NULL ? wrap->between : task->separator, &prompt, err);
  if (status == BS_OK && task->reasoning_prompt != NULL)
    status = bs_text_append_string(&prompt, task->reasoning_prompt, err);
  if (status == BS_OK)
    status = bs_wrap_append(wrap, &prompt, text, &parts->n_prompt, err);
  bs_text_free(&prompt);
  return status;
}
