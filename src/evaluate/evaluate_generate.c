/* Texts that the model generates, each ended as soon as what follows cannot matter. */
#include <stdlib.h>
#include <string.h>

#include "base/memory_internal.h"
#include "evaluate/evaluate_internal.h"
#include "metrics/postprocess_internal.h"

typedef struct stopper {
  const bs_evaluator *evaluator;
  const bs_task *task;
  bs_step step;
} stopper;

static const bs_query *query_of(const stopper *s, const bs_trial *trial) {
  bool is_second = s->step == BS_STEP_ANSWER && bs_task_in_two_steps(s->task);
  return is_second ? trial->items.query : trial->job->items.query;
}

/* What ends a text of this step, and all that follows it; NULL: nothing does. */
static const char *end_mark(const bs_task *task, bs_step step) {
  bool applies = step == BS_STEP_REASONING || !bs_task_in_two_steps(task);
  return applies && task->reasoning_stop != NULL && task->reasoning_stop[0] != '\0'
             ? task->reasoning_stop
             : NULL;
}

/* The bytes before the mark, or all. */
static size_t bytes_before(const char *text, size_t n_bytes, const char *mark) {
  size_t n_mark = mark != NULL ? strlen(mark) : 0;
  for (size_t at = 0; n_mark > 0 && at + n_mark <= n_bytes; at++)
    if (memcmp(text + at, mark, n_mark) == 0)
      return at;
  return n_bytes;
}

/* Ends a generation as soon as what is taken out of it cannot change any more. */
static bool is_done(void *user, size_t index, const char *text, size_t n_bytes) {
  const stopper *s = user;
  const bs_task *task = s->task;
  (void)index;
  return bytes_before(text, n_bytes, end_mark(task, s->step)) < n_bytes ||
         (s->step == BS_STEP_ANSWER &&
          bs_prediction_settled(text, n_bytes, task->max_length, task->stop_string,
                                task->output_regex));
}

/* Texts are kept as C strings: U+0000 becomes U+FFFD. */
static bs_status append_without_nul(bs_text *to, const bs_text *text, bs_error *err) {
  bs_status status = bs_text_append(to, "", 0, err);
  for (size_t i = 0; i < text->n_bytes && status == BS_OK; i++)
    status = text->data[i] != '\0' ? bs_text_append(to, text->data + i, 1, err)
                                   : bs_text_append(to, "\xEF\xBF\xBD", 3, err);
  return status;
}

/* The text of a request, up to the mark that ends it. */
static bs_status take_text(const stopper *s, const bs_text_result *result, bs_text *to,
                           bs_error *err) {
  bs_status status = append_without_nul(to, &result->text, err);
  if (status == BS_OK) {
    to->n_bytes = bytes_before(to->data, to->n_bytes, end_mark(s->task, s->step));
    to->data[to->n_bytes] = '\0';
  }
  return status;
}

static bs_status take_result(const stopper *s, bs_trial *trial, const bs_text_result *result,
                             bs_error *err) {
  const bs_task *task = s->task;
  bs_evaluation *job = trial->job;
  if (result->error.status != BS_OK)
    return bs_evaluation_error(task, job, &result->error, err);
  if (result->truncated_tokens > job->truncated_tokens)
    job->truncated_tokens = result->truncated_tokens;
  if (s->step == BS_STEP_REASONING)
    return take_text(s, result, &trial->reasoning, err);
  bs_text text = {0};
  bs_status status = take_text(s, result, &trial->generated, err);
  if (status == BS_OK)
    status = bs_text_append(&text, "", 0, err);
  if (status == BS_OK)
    status = bs_postprocess(trial->generated.data, trial->generated.n_bytes, task->max_length,
                            task->stop_string, task->output_regex, &text, err);
  trial->text = text.data;
  return status;
}

/* The end of the model's turn, where there is a wrap that has one, ends every text. */
static void end_with_turn(const bs_evaluation *job, bs_text_request *request) {
  if (job->wrap == NULL || job->wrap->end == NULL)
    return;
  request->stops = (const char *const *)&job->wrap->end;
  request->n_stops = 1;
}

static bs_text_request request_of(const stopper *s, const bs_trial *trial) {
  const bs_task *task = s->task;
  const bs_protocol *protocol = &s->evaluator->protocol;
  bs_text_request request = {.query = query_of(s, trial),
                             .max_tokens = bs_task_new_tokens(task, protocol),
                             .seed = protocol->seed};
  end_with_turn(trial->job, &request);
  bool is_drawn = s->step == BS_STEP_REASONING || !bs_task_in_two_steps(task);
  if (bs_task_is_voted(task) && is_drawn) {
    request.temperature = task->temperature;
    request.top_p = task->top_p;
    request.seed = trial->seed;
  }
  return request;
}

bs_status bs_trials_generate(const bs_evaluator *evaluator, const bs_task *task,
                             bs_trial *const *trials, size_t n, bs_step step, bs_error *err) {
  stopper s = {evaluator, task, step};
  bs_text_result *results = NULL;
  bs_text_request *requests = bs_array_new(n, sizeof *requests, err);
  if (requests == NULL)
    return BS_ERR_MEMORY;
  for (size_t i = 0; i < n; i++)
    requests[i] = request_of(&s, trials[i]);
  bs_status status = BS_OK;
  if (n > 0)
    status = bs_backend_generate(evaluator->backend, requests, n, is_done, &s, &results, err);
  for (size_t i = 0; i < n && status == BS_OK; i++)
    status = take_result(&s, trials[i], &results[i], err);
  bs_text_results_free(&results, n);
  free(requests);
  return status;
}
