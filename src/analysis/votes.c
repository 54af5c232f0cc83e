/* The votes again, from the stored samples. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/outcomes_internal.h"
#include "base/memory_internal.h"
#include "metrics/vote_internal.h"

/* The post-processed texts of an example's samples, each behind the other, and their vote. */
static bs_status vote_on_texts(const bs_task_row *task, const bs_sample_row *samples, size_t n,
                               bs_vote_again *vote, bs_error *err) {
  bs_text texts = {0};
  size_t *at = bs_array_new(n, sizeof *at, err);
  const char **answers = bs_array_new(n, sizeof *answers, err);
  bs_status status = at == NULL || answers == NULL ? BS_ERR_MEMORY : BS_OK;
  for (size_t i = 0; i < n && status == BS_OK; i++) {
    at[i] = texts.n_bytes;
    status = bs_postprocess(samples[i].generated, strlen(samples[i].generated), task->max_length,
                            task->stop_string, task->output_regex, &texts, err);
    if (status == BS_OK)
      status = bs_text_append(&texts, "", 1, err);
  }
  for (size_t i = 0; i < n && status == BS_OK; i++)
    answers[i] = texts.data + at[i];
  if (status == BS_OK)
    status = bs_vote(answers, n, BS_VOTE_OF_TEXTS, &vote->text_winner, &vote->share, err);
  vote->of_texts = status == BS_OK;
  free(answers);
  free(at);
  bs_text_free(&texts);
  return status;
}

/* The choices are told by their texts; of those that read the same the first was voted for. */
static bs_status vote_on_choices(const bs_sample_row *samples, size_t n, bs_outcome *outcome,
                                 bs_vote_again *vote, bs_error *err) {
  const char **answers = bs_array_new(n, sizeof *answers, err);
  if (answers == NULL)
    return BS_ERR_MEMORY;
  for (size_t i = 0; i < n; i++)
    answers[i] = samples[i].answer;
  bs_status status =
      bs_vote(answers, n, BS_VOTE_OF_CHOICES, &vote->choice_winner, &vote->share, err);
  vote->of_choices = status == BS_OK;
  outcome->voted = outcome->n_choices;
  for (size_t k = 0; status == BS_OK && outcome->choice_texts != NULL && k < outcome->n_choices;
       k++)
    if (outcome->voted == outcome->n_choices &&
        strcmp(outcome->choice_texts[k], answers[vote->choice_winner]) == 0)
      outcome->voted = k;
  outcome->is_vote = true;
  if (outcome->voted == outcome->n_choices) /* a file that does not tell */
    outcome->voted = bs_best_choice(outcome->choice_logprobs, outcome->n_choices);
  free(answers);
  return status;
}

bs_status bs_outcomes_vote(bs_outcomes *of, bool with_text, bs_error *err) {
  const bs_tables *results = of->results;
  const bs_task_row *task = &results->tasks[results->examples[of->first].task];
  size_t column = of->record_columns[BS_RECORD_VOTE_SHARE];
  bs_status status = BS_OK;
  for (size_t i = 0; i < of->n && status == BS_OK; i++) {
    size_t row = of->first + i;
    const bs_example_row *example = &results->examples[row];
    const bs_sample_row *samples = bs_tables_samples(results, row);
    bs_outcome *outcome = &of->all[i];
    bs_vote_again *vote = &of->votes[i];
    *vote = (bs_vote_again){.share = NAN};
    if (samples == NULL || column == SIZE_MAX ||
        isnan(results->metric_values[row * results->n_metrics + column]))
      continue;
    if (with_text && outcome->n_targets > 0)
      status = vote_on_texts(task, samples, example->n_samples, vote, err);
    if (status == BS_OK && outcome->n_choices > 0 && isnan(example->target_logprob))
      status = vote_on_choices(samples, example->n_samples, outcome, vote, err);
  }
  if (status != BS_OK)
    bs_error_prefix(err, "task %s", task->name);
  return status;
}
