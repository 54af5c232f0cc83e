/* Right answers and predictions told by token, against texts generated one token at a time and
   edits counted by trying them all. */
#include <math.h>
#include <string.h>

#include "backend/pairs.h"
#include "bigsweep/evaluate.h"
#include "evaluating.h"
#include "harness.h"
#include "small_tasks.h"

/* Whether greedy generation after `context` goes on with `id`. */
static bool goes_on_with(bs_engine *engine, const int32_t *context, size_t n, int32_t id) {
  bs_error err = {0};
  bs_generate_request request = {.prompt = {context, n}, .max_tokens = 1};
  bs_generate_result *results = NULL;
  BS_TEST_OK(bs_engine_generate(engine, &request, 1, NULL, NULL, &results, &err), err);
  CU_ASSERT_PTR_NOT_NULL_FATAL(results);
  bool same = results[0].n_tokens == 1 && results[0].ids[0] == id;
  bs_generate_results_free(&results, 1);
  return same;
}

/* The records of the right answer, against texts generated one token at a time. */
static size_t check_records(const parts *p, const bs_task *task, const bs_tables *results,
                            const bs_prompter *prompter) {
  bs_error err = {0};
  size_t n_greedy_seen = 0;
  for (size_t i = 0; i < task->n_examples; i++) {
    const bs_example *example = &task->examples[i];
    bs_text prompt = {0};
    bs_tokens context = {0}, answer = {0};
    size_t k = (size_t)number_of(results, i, "answer"), n_greedy = 0;
    const char *text = example->n_choices > 0 ? example->choices[k].text : example->targets[k];
    BS_TEST_OK(bs_prompter_append(prompter, i, &prompt, &err), err);
    BS_TEST_OK(encode_pair(p->tokenizer, BS_BORDER_JOINT, prompt.data, prompt.n_bytes, text,
                           strlen(text), &context, &answer, NULL, &err),
               err);
    size_t n_tokens = answer.n;
    for (size_t t = 0; t < n_tokens; t++) {
      n_greedy += goes_on_with(p->engine, context.ids, context.n, answer.ids[t]);
      BS_TEST_OK(bs_tokens_push(&context, answer.ids[t], &err), err);
    }
    double logprob = results->examples[i].target_logprob;
    CU_ASSERT_EQUAL(number_of(results, i, "answer_tokens"), n_tokens);
    CU_ASSERT_EQUAL(number_of(results, i, "log_likelihood_per_byte"),
                    logprob / (double)strlen(text));
    CU_ASSERT_EQUAL(number_of(results, i, "log_likelihood_per_token"), logprob / (double)n_tokens);
    CU_ASSERT_EQUAL(number_of(results, i, "answer_greedy_tokens"), n_greedy);
    CU_ASSERT_EQUAL(number_of(results, i, "per_token_accuracy"),
                    (double)n_greedy / (double)n_tokens);
    n_greedy_seen += n_greedy;
    bs_text_free(&prompt);
    bs_tokens_free(&context);
    bs_tokens_free(&answer);
  }
  return n_greedy_seen;
}

/* The fewest edits that make the tokens from i on those from j on. */
static size_t edits_between(const bs_tokens *a, size_t i, const bs_tokens *b, size_t j,
                            size_t memo[64][64]) {
  CU_ASSERT_TRUE_FATAL(a->n < 64 && b->n < 64);
  if (i == a->n || j == b->n)
    return (a->n - i) + (b->n - j);
  if (memo[i][j] > 0)
    return memo[i][j] - 1;
  size_t best = edits_between(a, i + 1, b, j + 1, memo) + (a->ids[i] != b->ids[j]);
  size_t less = edits_between(a, i + 1, b, j, memo) + 1;
  best = less < best ? less : best;
  less = edits_between(a, i, b, j + 1, memo) + 1;
  best = less < best ? less : best;
  memo[i][j] = best + 1;
  return best;
}

static void predictions_are_told_by_token(void) {
  if (!bs_test_have_data(STORIES))
    return;
  parts p = open_parts(bs_test_data(STORIES));
  bs_evaluator *evaluator = open_model(bs_test_data(STORIES), BS_BORDER_JOINT, 8);
  bs_task *task = parse(TEXT_TASK);
  bs_tables *results = run_steps(evaluator, task, 0, task->n_examples, 5);
  bs_error err = {0};
  double sum = 0;
  for (size_t i = 0; i < task->n_examples; i++) {
    bs_tokens prediction = {0};
    const char *text = results->examples[i].prediction;
    size_t fewest = SIZE_MAX;
    BS_TEST_OK(bs_tokenizer_encode(p.tokenizer, text, strlen(text), false, &prediction, &err), err);
    for (size_t k = 0; k < task->examples[i].n_targets; k++) {
      bs_tokens target = {0};
      size_t memo[64][64] = {{0}};
      text = task->examples[i].targets[k];
      BS_TEST_OK(bs_tokenizer_encode(p.tokenizer, text, strlen(text), false, &target, &err), err);
      size_t edits = edits_between(&prediction, 0, &target, 0, memo);
      fewest = edits < fewest ? edits : fewest;
      bs_tokens_free(&target);
    }
    CU_ASSERT_EQUAL(number_of(results, i, "prediction_token_edits"), (double)fewest);
    CU_ASSERT_EQUAL(number_of(results, i, "token_edit_distance"), (double)fewest);
    sum += (double)fewest;
    bs_tokens_free(&prediction);
  }
  CU_ASSERT_TRUE(sum > 5);
  bs_tables_free(&results);
  bs_task_free(&task);
  task = parse(CHOICE_TASK);
  results = run_steps(evaluator, task, 0, task->n_examples, 5);
  CU_ASSERT_TRUE(isnan(number_of(results, 0, "prediction_token_edits")));
  CU_ASSERT_TRUE(isnan(number_of(results, 0, "token_edit_distance")));
  bs_tables_free(&results);
  bs_task_free(&task);
  close_evaluator(&evaluator);
  close_parts(&p);
}

static void right_answers_are_told_by_token(void) {
  if (!bs_test_have_data(STORIES))
    return;
  static const char EASY[] =
      "{\"metrics\": [\"exact_str_match\"], \"example_input_prefix\": \"\", "
      "\"example_output_prefix\": \"\", \"examples\": ["
      "{\"input\": \"Once upon\", \"target\": [\" a time, there was a zebra\", \" never\"]},"
      "{\"input\": \"Once upon a\", \"target\": [\" time, there was a little girl\"]}]}";
  static const char *const tasks[] = {TEXT_TASK, EASY, CHOICE_TASK};
  bs_evaluator *evaluator = open_model(bs_test_data(STORIES), BS_BORDER_JOINT, 2);
  parts p = open_parts(bs_test_data(STORIES));
  size_t n_greedy = 0;
  for (size_t i = 0; i < 3; i++) {
    bs_task *task = parse(tasks[i]);
    if (i == 2)
      task->examples[0].choices[2].score = -1; /* "" has no tokens: it must not be right */
    bs_prompter *prompter = NULL;
    bs_error err = {0};
    BS_TEST_OK(bs_prompter_new(&prompter, task, 1, 42, &err), err);
    bs_tables *results = run_steps(evaluator, task, 1, task->n_examples, task->n_examples);
    n_greedy += check_records(&p, task, results, prompter);
    bs_tables_free(&results);
    bs_prompter_free(&prompter);
    bs_task_free(&task);
  }
  CU_ASSERT_TRUE(n_greedy > 3);
  close_parts(&p);
  close_evaluator(&evaluator);
}

int main(void) {
  static const bs_test tests[] = {
      {"right answers are told by token", right_answers_are_told_by_token},
      {"predictions are told by token", predictions_are_told_by_token},
  };
  return bs_test_main("by_token", tests, sizeof tests / sizeof *tests);
}
