/* Tasks with choices whose answer is generated: the choices become options, the texts of the best
   the accepted answers. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory_internal.h"
#include "bigsweep/metric.h"
#include "metrics/text_internal.h"
#include "tasks/variant_internal.h"

static void free_list(bs_answer_list *list) {
  for (size_t i = 0; list->texts != NULL && list->n_texts != NULL && i < list->n; i++) {
    for (size_t j = 0; list->texts[i] != NULL && j < list->n_texts[i]; j++)
      free(list->texts[i][j]);
    free(list->texts[i]);
  }
  free(list->texts);
  free(list->n_texts);
}

void bs_answers_free(bs_answers *answers) {
  for (size_t i = 0; i < BS_N_ANSWER_LISTS; i++)
    free_list(&answers->lists[i]);
  free(answers->preferred_metric);
  free(answers->added_metric);
  free(answers->metrics);
  *answers = (bs_answers){0};
}

static bs_status best_choices(const bs_example *example, char ***out, size_t *n, bs_error *err) {
  double best = -INFINITY;
  *n = 0;
  *out = bs_array_new(example->n_choices, sizeof **out, err);
  if (*out == NULL)
    return BS_ERR_MEMORY;
  for (size_t i = 0; i < example->n_choices; i++)
    best = example->choices[i].score > best ? example->choices[i].score : best;
  for (size_t i = 0; i < example->n_choices; i++)
    if (example->choices[i].score == best) {
      (*out)[*n] = bs_string_copy(example->choices[i].text, err);
      if ((*out)[*n] == NULL)
        return BS_ERR_MEMORY;
      ++*n;
    }
  return BS_OK;
}

static bs_status fill_list(bs_answer_list *list, bs_error *err) {
  list->texts = bs_array_new(list->n, sizeof *list->texts, err);
  list->n_texts = bs_array_new(list->n, sizeof *list->n_texts, err);
  if (list->texts == NULL || list->n_texts == NULL)
    return BS_ERR_MEMORY;
  bs_status status = BS_OK;
  for (size_t i = 0; status == BS_OK && i < list->n; i++)
    if (list->examples[i].n_choices > 0)
      status = best_choices(&list->examples[i], &list->texts[i], &list->n_texts[i], err);
  return status;
}

/* An answer that comes to something else when it is generated would never count as right. */
static bs_status check_texts(const bs_answer_list *list, const bs_generation *generation,
                             bs_error *err) {
  bs_text kept = {0};
  bs_status status = BS_OK;
  for (size_t i = 0; status == BS_OK && i < list->n; i++)
    for (size_t t = 0; status == BS_OK && t < list->n_texts[i]; t++) {
      const char *answer = list->texts[i][t];
      kept.n_bytes = 0;
      status = bs_text_append(&kept, "", 0, err);
      if (status == BS_OK)
        status = bs_postprocess(answer, strlen(answer), generation->max_length,
                                generation->stop_string, generation->output_regex, &kept, err);
      if (status == BS_OK && !bs_texts_match(kept.data, answer))
        status = bs_error_set(err, BS_ERR_INPUT,
                              "the answer \"%s\" of example %zu could not be generated: "
                              "stop_string, output_regex and max_length make \"%s\" of it; give "
                              "the variant others, such as \"output_regex\": \"[^\\\\n]+\"",
                              answer, i, kept.data);
    }
  bs_text_free(&kept);
  return status;
}

static bs_status check_roles(const bs_task *task, bs_error *err) {
  for (size_t i = 0; i < task->n_examples; i++)
    for (size_t j = 0; j < task->examples[i].n_choices; j++)
      if (task->examples[i].choices[j].role == BS_ROLE_CONTROL)
        return bs_error_set(err, BS_ERR_INPUT,
                            "\"answer\": \"text\", but the task compares how probable its choices "
                            "are after two prompts");
  return BS_OK;
}

static bool lists_metric(const bs_task *task, const char *metric) {
  for (size_t i = 0; i < task->n_metrics; i++)
    if (strcmp(task->metrics[i], metric) == 0)
      return true;
  return false;
}

static bs_status prepare_metrics(bs_answers *answers, const bs_task *task, bs_error *err) {
  static const char exact[] = "exact_str_match";
  const bs_metric *preferred =
      task->preferred_metric != NULL ? bs_metric_find(task->preferred_metric) : NULL;
  if (preferred == NULL || (preferred->needs & (BS_NEEDS_CHOICES | BS_NEEDS_CHOICE_ROLES)) != 0) {
    answers->preferred_metric = bs_string_copy(exact, err);
    if (answers->preferred_metric == NULL)
      return BS_ERR_MEMORY;
  }
  if (lists_metric(task, exact))
    return BS_OK;
  answers->added_metric = bs_string_copy(exact, err);
  answers->metrics = bs_array_new(task->n_metrics + 1, sizeof *answers->metrics, err);
  return answers->added_metric != NULL && answers->metrics != NULL ? BS_OK : BS_ERR_MEMORY;
}

bs_status bs_answers_prepare(bs_answers *answers, const bs_task *task,
                             const bs_generation *generation, bs_error *err) {
  answers->lists[0] = (bs_answer_list){.examples = task->examples, .n = task->n_examples};
  answers->lists[1] = (bs_answer_list){.examples = task->shown, .n = task->n_shown};
  bs_status status = check_roles(task, err);
  for (size_t i = 0; status == BS_OK && i < BS_N_ANSWER_LISTS; i++)
    status = fill_list(&answers->lists[i], err);
  if (status == BS_OK && generation->is_whole)
    status = check_texts(&answers->lists[0], generation, err);
  return status == BS_OK ? prepare_metrics(answers, task, err) : status;
}

static void carry_out_list(bs_answer_list *list) {
  for (size_t i = 0; list->texts != NULL && i < list->n; i++) {
    bs_example *example = &list->examples[i];
    if (example->n_choices == 0)
      continue;
    char **targets = example->targets;
    size_t n_targets = example->n_targets;
    example->targets = list->texts[i];
    example->n_targets = list->n_texts[i];
    list->texts[i] = targets; /* to be freed */
    list->n_texts[i] = n_targets;
    example->options = example->choices;
    example->n_options = example->n_choices;
    example->choices = NULL;
    example->n_choices = 0;
  }
}

void bs_answers_carry_out(bs_answers *answers, bs_task *task) {
  for (size_t i = 0; i < BS_N_ANSWER_LISTS; i++)
    carry_out_list(&answers->lists[i]);
  if (answers->preferred_metric != NULL) {
    free(task->preferred_metric);
    task->preferred_metric = answers->preferred_metric;
    answers->preferred_metric = NULL;
  }
  if (answers->metrics == NULL)
    return;
  for (size_t i = 0; i < task->n_metrics; i++)
    answers->metrics[i] = task->metrics[i];
  answers->metrics[task->n_metrics++] = answers->added_metric;
  answers->added_metric = NULL;
  free(task->metrics);
  task->metrics = answers->metrics;
  answers->metrics = NULL;
}
