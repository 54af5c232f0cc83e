/* One example on its way: its prompt, its trials, and the steps in which they go to the model, a
   batch for many examples at once. */
#include <stdlib.h>
#include <string.h>

#include "base/memory_internal.h"
#include "base/text_internal.h"
#include "bigsweep/metric.h"
#include "evaluate/evaluate_internal.h"

/* Tokens and texts of so many trials are with the model at a time. */
enum { MOST_TRIALS = 1024 };

bool bs_evaluation_is_right(const bs_evaluation *job, size_t i) {
  const bs_example *example = job->example;
  for (size_t k = 0; k < example->n_choices; k++)
    if (example->choices[k].score > example->choices[i].score)
      return false;
  return true;
}

static size_t put_number(unsigned char *to, uint64_t number, size_t n_bytes) {
  for (size_t i = 0; i < n_bytes; i++)
    to[i] = (unsigned char)(number >> 8 * i);
  return n_bytes;
}

bs_status bs_sample_seed(uint64_t *seed, uint32_t protocol_seed, const char *task_sha256,
                         uint32_t shots, uint64_t example, uint64_t sample, bs_error *err) {
  enum { HASH_CHARACTERS = 64 };
  unsigned char bytes[HASH_CHARACTERS + 24] = {0}, digest[32];
  size_t n = strnlen(task_sha256, HASH_CHARACTERS);
  memcpy(bytes, task_sha256, n);
  n = HASH_CHARACTERS;
  n += put_number(bytes + n, protocol_seed, 4);
  n += put_number(bytes + n, shots, 4);
  n += put_number(bytes + n, example, 8);
  n += put_number(bytes + n, sample, 8);
  bs_status status = bs_sha256(bytes, n, digest, err);
  *seed = 0;
  for (size_t i = 0; status == BS_OK && i < 8; i++)
    *seed |= (uint64_t)digest[i] << 8 * i;
  return status;
}

static bs_status make_trials(bs_evaluation *job, const bs_evaluator *evaluator, const bs_task *task,
                             uint32_t shots, bs_error *err) {
  size_t n = bs_task_is_voted(task) ? task->n_samples : 1;
  job->trials = bs_array_new(n, sizeof *job->trials, err);
  if (job->trials == NULL)
    return BS_ERR_MEMORY;
  job->n_trials = n;
  bs_status status = BS_OK;
  for (size_t i = 0; i < n && status == BS_OK; i++) {
    job->trials[i].job = job;
    status = bs_sample_seed(&job->trials[i].seed, evaluator->protocol.seed, task->sha256, shots,
                            job->number, i, err);
  }
  return status;
}

static void forget_prompt(bs_evaluation *job) {
  bs_text_free(&job->prompt);
  bs_items_free(&job->items);
}

/* The prompt without the first n_left_out of its shots, and what is asked behind it. */
static bs_status write_prompt(bs_evaluation *job, const bs_evaluator *evaluator,
                              const bs_task *task, const bs_prompter *prompter, size_t n_left_out,
                              bool has_trials, bs_error *err) {
  forget_prompt(job);
  bs_status status = bs_prompter_append_whole(prompter, job->number, n_left_out, evaluator->wrap,
                                              &job->prompt, &job->parts, err);
  bs_asked asked = {.text = job->prompt.data,
                    .n_bytes = job->prompt.n_bytes,
                    .is_scored = !bs_task_in_two_steps(task),
                    .is_prompt = has_trials,
                    .wrapped = job->wrap != NULL ? job : NULL};
  if (status == BS_OK)
    status = bs_items_ask(&job->items, evaluator, job->example, &asked, err);
  if (status == BS_OK)
    job->prompt_tokens = job->items.query->n_context_tokens;
  return status;
}

bs_status bs_evaluation_prepare(bs_evaluation *job, const bs_evaluator *evaluator,
                                const bs_task *task, const bs_prompter *prompter, uint32_t shots,
                                size_t number, bool wants_text, bs_error *err) {
  const bs_example *example = &task->examples[number];
  bs_overlong overlong = evaluator->protocol.overlong;
  *job = (bs_evaluation){.example = example,
                         .wrap = bs_task_wrap(task, evaluator->wrap),
                         .number = number,
                         .shots_shown = shots,
                         .wants_text = wants_text && example->n_targets > 0};
  bool has_trials = job->wants_text || bs_task_scores_behind_reasoning(task, example), fits = true;
  bs_status status = write_prompt(job, evaluator, task, prompter, 0, has_trials, err);
  if (status == BS_OK && overlong != BS_OVERLONG_CUT)
    status = bs_evaluation_fits(job, evaluator, task, &fits, err);
  while (status == BS_OK && !fits && overlong == BS_OVERLONG_FEWER_SHOTS && job->shots_shown > 0) {
    job->shots_shown--;
    status =
        write_prompt(job, evaluator, task, prompter, shots - job->shots_shown, has_trials, err);
    if (status == BS_OK)
      status = bs_evaluation_fits(job, evaluator, task, &fits, err);
  }
  job->is_skipped = !fits && overlong == BS_OVERLONG_SKIP;
  if (job->is_skipped)
    forget_prompt(job);
  else if (status == BS_OK && has_trials)
    status = make_trials(job, evaluator, task, shots, err);
  return status;
}

static void free_trial(bs_trial *trial) {
  bs_text_free(&trial->reasoning);
  bs_items_free(&trial->items);
  bs_text_free(&trial->generated);
  free(trial->text);
}

void bs_evaluation_free(bs_evaluation *job) {
  for (size_t i = 0; i < job->n_trials; i++)
    free_trial(&job->trials[i]);
  free(job->trials);
  forget_prompt(job);
  *job = (bs_evaluation){0};
}

bs_status bs_evaluations_score(const bs_evaluator *evaluator, const bs_task *task,
                               bs_evaluation *jobs, size_t n, bs_error *err) {
  bs_scored *all = bs_array_new(n, sizeof *all, err);
  if (all == NULL)
    return BS_ERR_MEMORY;
  for (size_t i = 0; i < n; i++)
    all[i] = (bs_scored){&jobs[i].items, &jobs[i]};
  bs_status status = bs_items_score(evaluator, task, all, n, err);
  free(all);
  return status;
}

/* What is asked behind prompt, reasoning and the words that ask for the answer. */
static bs_status prepare_answer(bs_trial *trial, const bs_evaluator *evaluator, const bs_task *task,
                                bs_error *err) {
  const bs_evaluation *job = trial->job;
  bs_text text = {0};
  bs_status status = bs_text_append(&text, job->prompt.data, job->prompt.n_bytes, err);
  if (status == BS_OK)
    status = bs_text_append(&text, trial->reasoning.data, trial->reasoning.n_bytes, err);
  if (status == BS_OK)
    status = bs_text_append_string(&text, task->answer_prompt, err);
  bs_asked asked = {.text = text.data,
                    .n_bytes = text.n_bytes,
                    .is_scored = bs_task_scores_behind_reasoning(task, job->example),
                    .is_prompt = job->wants_text,
                    .wrapped = job->wrap != NULL ? job : NULL};
  if (status == BS_OK)
    status = bs_items_ask(&trial->items, evaluator, job->example, &asked, err);
  bs_text_free(&text);
  return status;
}

/* The most probable choice, the first of those that read the same. */
static size_t chosen(const bs_example *example, const bs_items *items) {
  size_t best = bs_best_choice(items->logprobs, items->n), first = 0;
  while (strcmp(example->choices[first].text, example->choices[best].text) != 0)
    first++;
  return first;
}

static bs_status score_answers(const bs_evaluator *evaluator, const bs_task *task,
                               bs_trial *const *trials, size_t n, bs_error *err) {
  bs_scored *all = bs_array_new(n, sizeof *all, err);
  if (all == NULL)
    return BS_ERR_MEMORY;
  for (size_t i = 0; i < n; i++)
    all[i] = (bs_scored){&trials[i]->items, trials[i]->job};
  bs_status status = bs_items_score(evaluator, task, all, n, err);
  for (size_t i = 0; i < n && status == BS_OK; i++)
    if (trials[i]->job->example->n_choices > 0)
      trials[i]->choice = chosen(trials[i]->job->example, &trials[i]->items);
  free(all);
  return status;
}

/* Reasonings, then what is scored and generated behind them. Of a vote only the first trial's items
   are kept, for their numbers of tokens. */
static bs_status try_two_steps(const bs_evaluator *evaluator, const bs_task *task,
                               bs_trial *const *trials, size_t n, bs_error *err) {
  bs_trial **with_text = bs_array_new(n, sizeof *with_text, err);
  if (with_text == NULL)
    return BS_ERR_MEMORY;
  size_t n_with_text = 0;
  bs_status status = bs_trials_generate(evaluator, task, trials, n, BS_STEP_REASONING, err);
  for (size_t i = 0; i < n && status == BS_OK; i++) {
    bs_error cause = {0};
    status = prepare_answer(trials[i], evaluator, task, &cause);
    if (status != BS_OK)
      bs_evaluation_error(task, trials[i]->job, &cause, err);
    if (trials[i]->job->wants_text)
      with_text[n_with_text++] = trials[i];
  }
  if (status == BS_OK)
    status = score_answers(evaluator, task, trials, n, err);
  if (status == BS_OK)
    status = bs_trials_generate(evaluator, task, with_text, n_with_text, BS_STEP_ANSWER, err);
  for (size_t i = 0; i < n; i++)
    if (trials[i] != trials[i]->job->trials)
      bs_items_free(&trials[i]->items);
  free(with_text);
  return status;
}

bs_status bs_evaluations_try(const bs_evaluator *evaluator, const bs_task *task,
                             bs_evaluation *jobs, size_t n, bs_error *err) {
  size_t n_trials = 0;
  for (size_t i = 0; i < n; i++)
    n_trials += jobs[i].n_trials;
  bs_trial **trials = bs_array_new(n_trials, sizeof(bs_trial *), err);
  if (trials == NULL)
    return BS_ERR_MEMORY;
  for (size_t i = 0, at = 0; i < n; i++)
    for (size_t k = 0; k < jobs[i].n_trials; k++)
      trials[at++] = &jobs[i].trials[k];
  bs_status status = BS_OK;
  for (size_t first = 0; first < n_trials && status == BS_OK; first += MOST_TRIALS) {
    size_t left = n_trials - first, n_now = bs_size_min(left, MOST_TRIALS);
    status = bs_task_in_two_steps(task)
                 ? try_two_steps(evaluator, task, trials + first, n_now, err)
                 : bs_trials_generate(evaluator, task, trials + first, n_now, BS_STEP_ANSWER, err);
  }
  free(trials);
  return status;
}
