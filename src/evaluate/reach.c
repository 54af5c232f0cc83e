/* Which accepted answers post-processing would cut until nothing can match them. */
#include "bigsweep/reach.h"

#include <stdlib.h>
#include <string.h>

#include <utf8proc.h>

#include "base/memory_internal.h"
#include "base/text_internal.h"
#include "evaluate/evaluate_internal.h"
#include "metrics/postprocess_internal.h"
#include "metrics/table_internal.h"
#include "metrics/text_internal.h"

/* What comes of an answer that is generated word for word. */
typedef enum survival { LOST, SURVIVES, UNTOLD } survival;

void bs_reach_begin(bs_reach *reach, const bs_cut *cut, bool has_numbers) {
  *reach = (bs_reach){.cut = *cut, .has_numbers = has_numbers};
}

void bs_reach_free(bs_reach *reach) {
  bs_unmatched *kinds[] = {&reach->lost, &reach->numbers, &reach->blank, &reach->decomposed};
  for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
    free(kinds[i]->answer);
    free(kinds[i]->left);
  }
  free(reach->too_slow);
  bs_text_free(&reach->around.before);
  bs_text_free(&reach->around.after);
  *reach = (bs_reach){0};
}

/* What the cut leaves of a generated text. */
static bs_status cut(const bs_cut *by, const char *text, bs_text *left, bs_error *err) {
  const char *mark =
      by->end_mark != NULL && by->end_mark[0] != '\0' ? strstr(text, by->end_mark) : NULL;
  size_t n = mark != NULL ? (size_t)(mark - text) : strlen(text);
  left->n_bytes = 0;
  bs_status status = bs_text_append(left, "", 0, err);
  return status == BS_OK
             ? bs_postprocess(text, n, by->max_length, by->stop_string, by->output_regex, left, err)
             : status;
}

/* The cut of before + answer + after. */
static bs_status cut_within(const bs_cut *by, const char *before, const char *answer,
                            const char *after, bs_text *left, bs_error *err) {
  bs_text whole = {0};
  bs_status status = bs_text_printf(&whole, err, "%s%s%s", before, answer, after);
  if (status == BS_OK)
    status = cut(by, whole.data, left, err);
  bs_text_free(&whole);
  return status;
}

/* Makes a text around answers, and sees whether the expression takes some answer out of it. */
static bs_status find_surroundings(bs_reach *reach, bs_error *err) {
  bs_surroundings *around = &reach->around;
  bs_text inside = {0}, left = {0};
  bool is_known = false;
  around->is_made = true;
  bs_status status = bs_regex_sample(reach->cut.output_regex, &around->before, &inside,
                                     &around->after, &is_known, err);
  const char *probes[] = {inside.data != NULL ? inside.data : "", "x", "1", "A", "(A)"};
  for (size_t i = 0; status == BS_OK && is_known && i < sizeof probes / sizeof *probes; i++) {
    status =
        cut_within(&reach->cut, around->before.data, probes[i], around->after.data, &left, err);
    around->is_known |=
        status == BS_OK && probes[i][0] != '\0' && strcmp(left.data, probes[i]) == 0;
  }
  bs_text_free(&inside);
  bs_text_free(&left);
  return status;
}

/* An answer in the text that the expression asks for, up to the answer or, where that is not
   enough, with what stands behind it. */
static bs_status cut_in_context(bs_reach *reach, const char *answer, bs_text *left, survival *what,
                                bs_error *err) {
  bs_surroundings *around = &reach->around;
  bs_status status = around->is_made ? BS_OK : find_surroundings(reach, err);
  *what = UNTOLD;
  if (status != BS_OK || !around->is_known)
    return status;
  *what = LOST;
  status = cut_within(&reach->cut, around->before.data, answer, "", left, err);
  if (status == BS_OK && left->n_bytes == 0)
    status = cut_within(&reach->cut, around->before.data, answer, around->after.data, left, err);
  return status;
}

static bool matches_any(const char *text, const char *const *targets, size_t n) {
  for (size_t i = 0; i < n; i++)
    if (bs_texts_match(text, targets[i]))
      return true;
  return false;
}

static bool matches_number(const char *text, const char *const *targets, size_t n) {
  bs_outcome outcome = {.prediction = text, .targets = targets, .n_targets = n};
  return bs_metric_numeric_match.example(&outcome) == 1;
}

/* An example's answers, and what is found out of them. */
typedef struct answers {
  const char *const *targets;
  size_t n;
  bool survives, is_number, is_untold;
} answers;

static bs_status try_answer(bs_reach *reach, answers *of, const char *answer, bs_text *left,
                            bs_error *err) {
  survival what = LOST;
  bs_status status = cut(&reach->cut, answer, left, err);
  if (status == BS_OK && left->n_bytes == 0 && bs_strip(answer).n_bytes > 0 &&
      reach->cut.output_regex != NULL && reach->cut.output_regex[0] != '\0')
    status = cut_in_context(reach, answer, left, &what, err);
  if (status != BS_OK)
    return status;
  of->is_untold |= what == UNTOLD;
  of->survives |= what != UNTOLD && matches_any(left->data, of->targets, of->n);
  of->is_number |=
      what != UNTOLD && reach->has_numbers && matches_number(left->data, of->targets, of->n);
  return BS_OK;
}

/* Each answer as it stands and without the white space at its ends. */
static bs_status try_answers(bs_reach *reach, answers *of, bs_text *first_left, bs_error *err) {
  bs_text bare = {0}, left = {0};
  bs_status status = BS_OK;
  for (size_t i = 0; status == BS_OK && i < of->n; i++) {
    bs_stripped part = bs_strip(of->targets[i]);
    bare.n_bytes = 0;
    status = bs_text_append(&bare, part.bytes, part.n_bytes, err);
    if (status == BS_OK)
      status = try_answer(reach, of, bare.data, &left, err);
    if (status == BS_OK && i == 0)
      status = bs_text_append(first_left, left.data, left.n_bytes, err);
    if (status == BS_OK && part.n_bytes < strlen(of->targets[i]))
      status = try_answer(reach, of, of->targets[i], &left, err);
  }
  bs_text_free(&bare);
  bs_text_free(&left);
  return status;
}

static bs_status count(bs_unmatched *kind, size_t example, const char *answer, const char *left,
                       bs_error *err) {
  if (kind->n++ > 0)
    return BS_OK;
  kind->first = example;
  kind->answer = bs_string_copy(answer, err);
  kind->left = bs_string_copy(left, err);
  return kind->answer != NULL && kind->left != NULL ? BS_OK : BS_ERR_MEMORY;
}

/* Which steps of the cut make another text of a lost answer by themselves. */
static bs_status note_steps(bs_reach *reach, const char *answer, bs_error *err) {
  const bs_cut *all = &reach->cut;
  const bs_cut alone[BS_N_CUT_STEPS] = {
      [BS_CUT_END_MARK] = {.end_mark = all->end_mark},
      [BS_CUT_LENGTH] = {.max_length = all->max_length},
      [BS_CUT_STOP] = {.stop_string = all->stop_string},
      [BS_CUT_REGEX] = {.output_regex = all->output_regex},
  };
  bs_text left = {0};
  bs_status status = BS_OK;
  for (int i = 0; status == BS_OK && i < BS_N_CUT_STEPS; i++) {
    status = cut(&alone[i], answer, &left, err);
    if (status != BS_OK || bs_texts_match(left.data, answer))
      continue;
    reach->by_step[i]++;
    size_t n = bs_count_characters(answer);
    if (i == BS_CUT_LENGTH && n > reach->longest)
      reach->longest = n;
  }
  bs_stripped bare = bs_strip(answer);
  reach->has_lines |= bare.n_bytes > 0 && memchr(bare.bytes, '\n', bare.n_bytes) != NULL;
  bs_text_free(&left);
  return status;
}

static bool is_composed(const char *text) {
  utf8proc_uint8_t *composed = utf8proc_NFC((const utf8proc_uint8_t *)text);
  bool same = composed == NULL || strcmp((const char *)composed, text) == 0;
  free(composed);
  return same;
}

static bool any_is_composed(const answers *of) {
  for (size_t i = 0; i < of->n; i++)
    if (is_composed(of->targets[i]))
      return true;
  return false;
}

static const char *first_blank(const answers *of) {
  for (size_t i = 0; i < of->n; i++)
    if (bs_strip(of->targets[i]).n_bytes == 0)
      return of->targets[i];
  return NULL;
}

/* The expression backtracks without end, or the text is not what it can read: what was counted so
   far stands, and the reason is told. */
static bs_status give_up(bs_reach *reach, size_t example, const bs_error *cause, bs_error *err) {
  bs_text why = {0};
  bs_status status = bs_text_printf(&why, err, "example %zu: %s", example, cause->message);
  reach->too_slow = why.data;
  return status;
}

bs_status bs_reach_add(bs_reach *reach, size_t example, const char *const *targets,
                       size_t n_targets, bs_error *err) {
  if (n_targets == 0 || reach->too_slow != NULL)
    return BS_OK;
  answers of = {.targets = targets, .n = n_targets};
  bs_text left = {0};
  bs_error fault = {0};
  bs_status status = try_answers(reach, &of, &left, &fault);
  const char *rest = left.data != NULL ? left.data : "", *blank = first_blank(&of);
  if (status == BS_ERR_LIMIT || status == BS_ERR_INPUT) {
    status = give_up(reach, example, &fault, err);
    goto cleanup;
  }
  if (status != BS_OK) {
    bs_error_set(err, status, "%s", fault.message);
    goto cleanup;
  }
  reach->n++;
  reach->n_untold += !of.survives && of.is_untold;
  if (!of.survives && !of.is_untold)
    status = count(&reach->lost, example, targets[0], rest, err);
  if (status == BS_OK && !of.survives && !of.is_untold)
    status = note_steps(reach, targets[0], err);
  if (status == BS_OK && reach->has_numbers && !of.is_number && !of.is_untold)
    status = count(&reach->numbers, example, targets[0], rest, err);
  if (status == BS_OK && blank != NULL)
    status = count(&reach->blank, example, blank, "", err);
  if (status == BS_OK && !any_is_composed(&of))
    status = count(&reach->decomposed, example, targets[0], "", err);

cleanup:
  bs_text_free(&left);
  return status;
}

static bool lists_numbers(const bs_task *task) {
  const bs_metric *metrics[BS_MOST_METRICS];
  size_t n = bs_task_metrics(task, metrics);
  for (size_t i = 0; i < n; i++)
    if (metrics[i] == &bs_metric_numeric_match)
      return true;
  return false;
}

bs_status bs_reach_of_task(bs_reach *out, const bs_task *task, size_t n_examples, bs_error *err) {
  bool in_one_step = task->reasoning_prompt != NULL && task->answer_prompt == NULL;
  bs_cut by = {.end_mark = in_one_step ? task->reasoning_stop : NULL,
               .max_length = task->max_length,
               .stop_string = task->stop_string,
               .output_regex = task->output_regex};
  size_t n = n_examples > 0 && n_examples < task->n_examples ? n_examples : task->n_examples;
  bs_status status = BS_OK;
  bs_reach_begin(out, &by, lists_numbers(task));
  if (!bs_task_needs_text(task))
    return BS_OK;
  for (size_t i = 0; status == BS_OK && i < n; i++)
    status = bs_reach_add(out, i, (const char *const *)task->examples[i].targets,
                          task->examples[i].n_targets, err);
  if (status != BS_OK)
    bs_reach_free(out);
  return status;
}
