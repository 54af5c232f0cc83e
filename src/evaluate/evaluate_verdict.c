/* What an example's trials come to: the one there is, or the vote of many. */
#include <math.h>
#include <stdlib.h>

#include "base/memory_internal.h"
#include "evaluate/evaluate_internal.h"
#include "metrics/vote_internal.h"

/* The vote of the trials' choices. */
static bs_status vote_on_choices(bs_verdict *v, const bs_evaluation *job, bs_error *err) {
  size_t n = job->n_trials, n_choices = job->example->n_choices, winner = 0;
  size_t *choices = bs_array_new(n, sizeof *choices, err);
  const char **answers = bs_array_new(n, sizeof *answers, err);
  v->logprobs = bs_array_new(n_choices, sizeof *v->logprobs, err);
  bs_status status =
      choices == NULL || answers == NULL || v->logprobs == NULL ? BS_ERR_MEMORY : BS_OK;
  for (size_t i = 0; i < n && status == BS_OK; i++) {
    choices[i] = job->trials[i].choice;
    answers[i] = job->example->choices[choices[i]].text;
  }
  if (status == BS_OK)
    status = bs_vote(answers, n, BS_VOTE_OF_CHOICES, &winner, &v->vote_share, err);
  if (status == BS_OK) {
    v->voted = choices[winner];
    bs_vote_logprobs(choices, n, n_choices, v->logprobs);
  }
  free(answers);
  free(choices);
  return status;
}

static bs_status vote_on_texts(bs_verdict *v, const bs_evaluation *job, bs_error *err) {
  size_t n = job->n_trials, winner = 0;
  const char **answers = bs_array_new(n, sizeof *answers, err);
  if (answers == NULL)
    return BS_ERR_MEMORY;
  for (size_t i = 0; i < n; i++)
    answers[i] = job->trials[i].text;
  bs_status status = bs_vote(answers, n, BS_VOTE_OF_TEXTS, &winner, &v->vote_share, err);
  v->text = &job->trials[winner];
  free(answers);
  return status;
}

bs_status bs_verdict_of(bs_verdict *v, const bs_evaluation *job, const bs_task *task,
                        bs_error *err) {
  bool two_steps = bs_task_in_two_steps(task), votes = bs_task_is_voted(task);
  bs_status status = BS_OK;
  *v = (bs_verdict){.items = two_steps && job->n_trials > 0 ? &job->trials[0].items : &job->items,
                    .is_vote = votes && two_steps,
                    .vote_share = NAN};
  if (job->wants_text && votes)
    status = vote_on_texts(v, job, err);
  else if (job->wants_text)
    v->text = &job->trials[0];
  if (status == BS_OK && v->is_vote && job->example->n_choices > 0)
    status = vote_on_choices(v, job, err);
  return status;
}

void bs_verdict_free(bs_verdict *v) {
  free(v->logprobs);
  *v = (bs_verdict){0};
}
