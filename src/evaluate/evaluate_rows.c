/* From an example's answers to its rows in the results, and from a task to its own. */
#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory_internal.h"
#include "evaluate/evaluate_internal.h"
#include "metrics/choices_internal.h"
#include "metrics/estimate_internal.h"
#include "metrics/table_internal.h"

static const char *example_names[BS_MOST_COLUMNS];
static size_t n_example_names;
static pthread_once_t names_once = PTHREAD_ONCE_INIT;

static void fill_names(void) {
  for (size_t i = 0; i < bs_metric_count(); i++)
    if (bs_metric_at(i)->example != NULL)
      example_names[n_example_names++] = bs_metric_at(i)->name;
  for (int i = 0; i < BS_N_RECORDS; i++)
    example_names[n_example_names++] = bs_record_name((bs_record)i);
}

const char *bs_record_name(bs_record record) {
  static const char *const names[BS_N_RECORDS] = {
      [BS_RECORD_ANSWER] = "answer",
      [BS_RECORD_ANSWER_TOKENS] = "answer_tokens",
      [BS_RECORD_GREEDY_TOKENS] = "answer_greedy_tokens",
      [BS_RECORD_TOKEN_EDITS] = "prediction_token_edits",
      [BS_RECORD_VOTE_SHARE] = "vote_share",
  };
  return record < BS_N_RECORDS ? names[record] : NULL;
}

const char *const *bs_example_metric_names(size_t *n) {
  pthread_once(&names_once, fill_names);
  *n = n_example_names;
  return example_names;
}

/* The most probable of the items that are right and were scored, the first of equal ones; items->n
   where there is none. */
static size_t answer_of(const bs_evaluation *job, const bs_items *items) {
  size_t answer = items->n;
  for (size_t i = 0; i < items->n; i++)
    if (!isnan(items->logprobs[i]) && bs_evaluation_is_right(job, i) &&
        (answer == items->n || items->logprobs[i] > items->logprobs[answer]))
      answer = i;
  return answer;
}

static bool is_among(const bs_metric *metric, const bs_row_place *place) {
  for (size_t i = 0; i < place->n_metrics; i++)
    if (place->metrics[i] == metric)
      return true;
  return false;
}

static void example_values(const bs_row_place *place, const bs_outcome *outcome, size_t answer,
                           double vote_share, double *values) {
  size_t column = 0;
  for (size_t i = 0; i < bs_metric_count(); i++) {
    const bs_metric *metric = bs_metric_at(i);
    if (metric->example == NULL)
      continue;
    bool applies = is_among(metric, place) && bs_metric_applies(metric, outcome);
    values[column++] = applies ? metric->example(outcome) : NAN;
  }
  double *records = values + column;
  bool is_known = outcome->answer != NULL;
  records[BS_RECORD_ANSWER] = is_known ? (double)answer : NAN;
  records[BS_RECORD_ANSWER_TOKENS] = is_known ? (double)outcome->answer_tokens : NAN;
  records[BS_RECORD_GREEDY_TOKENS] = outcome->has_greedy ? (double)outcome->greedy_tokens : NAN;
  records[BS_RECORD_TOKEN_EDITS] = outcome->has_token_edits ? (double)outcome->token_edits : NAN;
  records[BS_RECORD_VOTE_SHARE] = vote_share;
}

/* What the metrics see of a job's choices, beside the rows that they become. */
typedef struct seen_choices {
  const double *logprobs; /* borrowed */
  double *scores;
  const char **texts;
  uint32_t *tokens, *roles;
  bool any_role;
  bs_choice_row *rows;
} seen_choices;

static void free_seen(seen_choices *seen) {
  free(seen->scores);
  free(seen->texts);
  free(seen->tokens);
  free(seen->roles);
  free(seen->rows);
}

static bs_status see_choices(seen_choices *seen, const bs_evaluation *job, const bs_verdict *v,
                             bs_error *err) {
  const bs_example *example = job->example;
  size_t n = example->n_choices;
  seen->logprobs = v->logprobs != NULL ? v->logprobs : v->items->logprobs;
  seen->scores = bs_array_new(n, sizeof *seen->scores, err);
  seen->texts = bs_array_new(n, sizeof *seen->texts, err);
  seen->tokens = bs_array_new(n, sizeof *seen->tokens, err);
  seen->roles = bs_array_new(n, sizeof *seen->roles, err);
  seen->rows = bs_array_new(n, sizeof *seen->rows, err);
  if (seen->scores == NULL || seen->texts == NULL || seen->tokens == NULL || seen->roles == NULL ||
      seen->rows == NULL)
    return BS_ERR_MEMORY;
  for (size_t i = 0; i < n; i++) {
    seen->scores[i] = example->choices[i].score;
    seen->texts[i] = example->choices[i].text;
    seen->tokens[i] = (uint32_t)v->items->query->n_tokens[i];
    seen->roles[i] = (uint32_t)example->choices[i].role;
    seen->any_role |= example->choices[i].role != BS_ROLE_NONE;
    seen->rows[i] = (bs_choice_row){.choice = (uint32_t)i,
                                    .tokens = seen->tokens[i],
                                    .logprob = seen->logprobs[i],
                                    .target_score = seen->scores[i]};
  }
  return BS_OK;
}

/* `answer` is items->n where nothing is known of it. */
static bs_outcome outcome_of(const bs_evaluation *job, const bs_verdict *v,
                             const seen_choices *seen, size_t answer) {
  const bs_example *example = job->example;
  const bs_items *items = v->items;
  bs_outcome outcome = {.n_choices = example->n_choices,
                        .prediction = v->text != NULL ? v->text->text : NULL,
                        .targets = (const char *const *)example->targets,
                        .n_targets = example->n_targets,
                        .target_logprob = NAN};
  if (example->n_choices > 0) {
    outcome.choice_logprobs = seen->logprobs;
    outcome.is_vote = v->is_vote;
    outcome.voted = v->voted;
    outcome.target_scores = seen->scores;
    outcome.choice_texts = seen->texts;
    outcome.choice_tokens = seen->tokens;
    outcome.choice_roles = seen->any_role ? seen->roles : NULL;
  }
  if (answer < items->n) {
    outcome.target_logprob = items->logprobs[answer];
    outcome.answer =
        example->n_choices > 0 ? example->choices[answer].text : example->targets[answer];
    outcome.answer_tokens = items->query->n_tokens[answer];
    outcome.has_greedy = true;
    outcome.greedy_tokens = items->n_greedy[answer];
  }
  return outcome;
}

static bs_status add_token_edits(bs_outcome *outcome, const bs_row_place *place, bs_error *err) {
  double edits;
  if (place->tokenizer == NULL)
    return BS_OK;
  bs_status status = bs_token_edits(place->tokenizer, outcome->prediction, outcome->targets,
                                    outcome->n_targets, &edits, err);
  outcome->has_token_edits = !isnan(edits);
  outcome->token_edits = outcome->has_token_edits ? (size_t)edits : 0;
  return status;
}

static const char *text_of(const bs_text *text) { return text->data != NULL ? text->data : ""; }

/* One row for each trial, where there is more to keep than one generated text. */
static bs_sample_row *sample_rows(const bs_evaluation *job, const bs_task *task, uint32_t *n,
                                  bs_error *err) {
  bool is_kept = bs_task_in_two_steps(task) || bs_task_is_voted(task);
  *n = is_kept ? (uint32_t)job->n_trials : 0;
  bs_sample_row *rows = bs_array_new(*n, sizeof *rows, err);
  for (uint32_t i = 0; rows != NULL && i < *n; i++) {
    const bs_trial *trial = &job->trials[i];
    bool chooses = bs_task_in_two_steps(task) && job->example->n_choices > 0;
    rows[i] = (bs_sample_row){.sample = i,
                              .reasoning = text_of(&trial->reasoning),
                              .generated = text_of(&trial->generated),
                              .answer = chooses ? job->example->choices[trial->choice].text
                                        : trial->text != NULL ? trial->text
                                                              : ""};
  }
  return rows;
}

static const char *prediction_of(const bs_verdict *v, const bs_outcome *outcome) {
  if (outcome->n_choices > 0)
    return outcome->choice_texts[bs_outcome_choice(outcome)];
  return v->text != NULL ? v->text->text : "";
}

static bs_status append_skipped(const bs_evaluation *job, const bs_row_place *place,
                                bs_tables *results, bs_error *err) {
  bs_skipped_row row = {.model = place->model,
                        .task = place->task,
                        .shots = place->shots,
                        .example = (uint32_t)job->number,
                        .prompt_tokens = (uint32_t)job->prompt_tokens};
  return bs_tables_add_skipped(results, &row, err);
}

bs_status bs_evaluation_append(const bs_evaluation *job, const bs_row_place *place,
                               bs_tables *results, bs_error *err) {
  if (job->is_skipped)
    return append_skipped(job, place, results, err);
  double values[BS_MOST_COLUMNS];
  seen_choices seen = {0};
  bs_verdict v = {0};
  bs_sample_row *samples = NULL;
  uint32_t n_samples = 0;
  bs_status status = bs_verdict_of(&v, job, place->of, err);
  if (status == BS_OK)
    status = see_choices(&seen, job, &v, err);
  if (status == BS_OK && (samples = sample_rows(job, place->of, &n_samples, err)) == NULL)
    status = BS_ERR_MEMORY;
  if (status != BS_OK)
    goto cleanup;
  size_t answer = v.is_vote ? v.items->n : answer_of(job, v.items);
  bs_outcome outcome = outcome_of(job, &v, &seen, answer);
  status = add_token_edits(&outcome, place, err);
  if (status != BS_OK)
    goto cleanup;
  example_values(place, &outcome, answer, v.vote_share, values);
  bs_example_row row = {.model = place->model,
                        .task = place->task,
                        .shots = place->shots,
                        .example = (uint32_t)job->number,
                        .cluster = job->example->cluster,
                        .target_logprob = outcome.target_logprob,
                        .prompt_tokens = (uint32_t)job->prompt_tokens,
                        .truncated_tokens = (uint32_t)job->truncated_tokens,
                        .border = (uint32_t)job->n_spanned,
                        .shots_shown = (uint32_t)job->shots_shown,
                        .prediction = prediction_of(&v, &outcome),
                        .generated = v.text != NULL ? text_of(&v.text->generated) : "",
                        .n_choices = (uint32_t)job->example->n_choices,
                        .n_samples = n_samples};
  status = bs_tables_add_example(results, &row, seen.rows, samples, values, err);

cleanup:
  free(samples);
  bs_verdict_free(&v);
  free_seen(&seen);
  return status;
}

static bs_status join_listed(const bs_task *task, bs_text *joined, bs_error *err) {
  bs_status status = bs_text_append(joined, "", 0, err);
  for (size_t i = 0; i < task->n_metrics && status == BS_OK; i++)
    status = bs_text_printf(joined, err, "%s%s", i > 0 ? "," : "", task->metrics[i]);
  return status;
}

static bs_status join_metrics(const bs_task *task, bs_text *joined, bs_error *err) {
  const bs_metric *metrics[BS_MOST_METRICS];
  size_t n = bs_task_metrics(task, metrics);
  bs_status status = bs_text_append(joined, "", 0, err);
  for (size_t i = 0; i < n && status == BS_OK; i++)
    status = bs_text_printf(joined, err, "%s%s", i > 0 ? "," : "", metrics[i]->name);
  return status;
}

/* What metrics compare with or measure, and what shots show: accepted answers that are generated,
   scored or shown, choices. */
static bs_status add_answers(bs_tables *results, const bs_task *task, uint32_t task_row,
                             uint32_t number, bool needs_targets, bs_error *err) {
  const bs_example *example = &task->examples[number];
  size_t n_targets = needs_targets || example->n_choices == 0 ? example->n_targets : 0;
  bs_status status = BS_OK;
  for (size_t i = 0; i < n_targets && status == BS_OK; i++) {
    bs_target_row row = {.task = task_row, .example = number, .text = example->targets[i]};
    status = bs_tables_add_target(results, &row, err);
  }
  for (size_t i = 0; i < example->n_choices && status == BS_OK; i++) {
    bs_choice_text_row row = {.task = task_row,
                              .example = number,
                              .choice = (uint32_t)i,
                              .text = example->choices[i].text,
                              .role = (uint32_t)example->choices[i].role,
                              .target_score = example->choices[i].score};
    status = bs_tables_add_choice_text(results, &row, err);
  }
  return status;
}

bs_status bs_tables_add_task_of(bs_tables *results, const bs_task *task, bs_error *err) {
  bs_text metrics = {0}, listed = {0}, wrap = {0};
  uint32_t number = (uint32_t)results->n_tasks;
  const bs_metric *preferred = bs_metric_find(task->preferred_metric);
  bs_status status = join_metrics(task, &metrics, err);
  if (status == BS_OK)
    status = join_listed(task, &listed, err);
  if (status == BS_OK && task->wrap != NULL)
    status = bs_wrap_print(task->wrap, &wrap, err);
  bs_task_row row = {.name = task->name,
                     .preferred_metric = task->preferred_metric,
                     .keywords = task->keywords,
                     .metrics = metrics.data,
                     .stop_string = task->stop_string != NULL ? task->stop_string : "",
                     .output_regex = task->output_regex != NULL ? task->output_regex : "",
                     .max_length = task->max_length,
                     .variant = task->variant != NULL ? task->variant : "",
                     .low_score = preferred != NULL ? preferred->low_score : NAN,
                     .high_score = preferred != NULL ? preferred->high_score : NAN,
                     .human_average = task->human_average,
                     .human_best = task->human_best,
                     .examples = task->n_examples,
                     .task_prefix = task->task_prefix,
                     .separator = task->separator,
                     .listed_metrics = listed.data,
                     .steps = bs_task_in_two_steps(task) ? 2 : 1,
                     .reasoning_prompt = task->reasoning_prompt,
                     .reasoning_stop = task->reasoning_stop,
                     .answer_prompt = task->answer_prompt,
                     .max_new_tokens = task->max_new_tokens,
                     .n_samples = task->n_samples,
                     .temperature = task->temperature,
                     .top_p = task->top_p,
                     .wrap = wrap.data};
  if (preferred != NULL && preferred->low_is_chance)
    row.low_score = bs_task_chance(task);
  memcpy(row.sha256, task->sha256, sizeof row.sha256);
  if (status == BS_OK)
    status = bs_tables_add_task(results, &row, err);
  bool needs_targets = bs_task_needs_text(task) || !bs_task_shots_show_choices(task);
  for (size_t i = 0; i < task->n_examples && status == BS_OK; i++)
    status = add_answers(results, task, number, (uint32_t)i, needs_targets, err);
  bs_text_free(&metrics);
  bs_text_free(&listed);
  bs_text_free(&wrap);
  return status;
}
