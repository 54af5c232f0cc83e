/* Two small tasks and two small models, and calls that evaluate them. */
#include "small_tasks.h"

#include <string.h>

#include "evaluating.h"
#include "harness.h"

const char STORIES[] = "models/stories260K";
const char LADDER[] = BS_SOURCE_DIR "/models/ladder/s1/30k";

/* A model this small is slower on several threads; that they change nothing is the engine's test.
 */
static const bs_engine_options ONE_THREAD = {.n_threads = 1};

const char TEXT_TASK[] =
    "{\"metrics\": [\"exact_str_match\", \"bleu\"], \"preferred_score\": \"exact_str_match\", "
    "\"example_input_prefix\": \"\", \"example_output_prefix\": \" \", \"examples\": ["
    "{\"input\": \"Once upon a time, there was a\", \"target\": [\"little girl\", \"boy\"]},"
    "{\"input\": \"The dog\", \"target\": \"was happy\"},"
    "{\"input\": \"Lily said\", \"target\": \"\\\"Hello\"},"
    "{\"input\": \"\\u4f60\\u597d\", \"target\": \"\\u00e9\"},"
    "{\"input\": \"\", \"target\": \"x\"}]}";

const char CHOICE_TASK[] =
    "{\"metrics\": [\"multiple_choice_grade\"], \"preferred_score\": \"multiple_choice_grade\", "
    "\"task_prefix\": \"Stories. \", \"append_choices_to_input\": true, "
    "\"example_output_prefix\": \"\\nA: \", \"examples\": ["
    "{\"input\": \"One day\", \"target_scores\": {\"a girl\": 1, \"the\": 0, \"\": 0.25}},"
    "{\"input\": \"The cat\", \"target_scores\": {\" sat\": 0.5, \"sat\": 0.5, \"ran\": -1}},"
    "{\"input\": \"Tom\", \"target_scores\": {\"was\": 0, \"wa\": 0, \"s\": 1, \"\\u00e9\": 0}},"
    "{\"input\": \"She\", \"target_scores\": {\"said\": 1}},"
    "{\"input\": \"They\", \"target_scores\": {\"went\": 0, \"w\": 0}}]}";

bs_evaluator *open_model(const char *model, bs_border border, size_t max_tokens) {
  bs_protocol protocol = {
      .seed = 42, .border = border, .max_tokens = max_tokens, .precision = BS_PRECISION_F32};
  return open_evaluator(model, &protocol, &ONE_THREAD);
}

bs_task *parse(const char *json) {
  bs_task *task = NULL;
  bs_error err = {0};
  BS_TEST_OK(bs_task_parse(&task, json, strlen(json), "small.json", NULL, NULL, &err), err);
  CU_ASSERT_PTR_NOT_NULL_FATAL(task);
  return task;
}

bs_tables *run_all(bs_evaluator *evaluator, const bs_task *task, uint32_t shots) {
  bs_error err = {0};
  bs_prompter *prompter = NULL;
  bs_tables *results = new_results();
  BS_TEST_OK(bs_prompter_new(&prompter, task, shots, 42, &err), err);
  BS_TEST_OK(
      bs_evaluator_run(evaluator, task, prompter, shots, 0, task->n_examples, 0, 0, results, &err),
      err);
  CU_ASSERT_EQUAL_FATAL(results->n_examples, task->n_examples);
  bs_prompter_free(&prompter);
  return results;
}

bs_tables *run_steps(bs_evaluator *evaluator, const bs_task *task, size_t shots, size_t n,
                     size_t step) {
  bs_error err = {0};
  bs_prompter *prompter = NULL;
  bs_tables *results = new_results();
  BS_TEST_OK(bs_prompter_new(&prompter, task, shots, 42, &err), err);
  CU_ASSERT_PTR_NOT_NULL_FATAL(prompter);
  for (size_t i = 0; i < n; i += step)
    BS_TEST_OK(bs_evaluator_run(evaluator, task, prompter, (uint32_t)shots, i,
                                i + step < n ? step : n - i, 3, 5, results, &err),
               err);
  bs_prompter_free(&prompter);
  CU_ASSERT_EQUAL_FATAL(results->n_examples, n);
  return results;
}

double logprob_of(bs_engine *engine, const bs_tokens *context, const bs_tokens *answer,
                  size_t *n_greedy) {
  bs_error err = {0};
  bs_token_span span = {answer->ids, answer->n};
  bs_score_request request = {
      .context = {context->ids, context->n}, .continuations = &span, .n_continuations = 1};
  bs_score_result *results = NULL;
  BS_TEST_OK(bs_engine_score(engine, &request, 1, &results, &err), err);
  CU_ASSERT_PTR_NOT_NULL_FATAL(results);
  CU_ASSERT_EQUAL_FATAL(results[0].error.status, BS_OK);
  double logprob = results[0].scores[0].logprob;
  *n_greedy = results[0].scores[0].n_greedy;
  bs_score_results_free(&results, 1);
  return logprob;
}
