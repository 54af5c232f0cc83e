/* Evaluation without a model: a script answers, and every number of the rows is worked out by hand.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "backend/scripted_internal.h"
#include "evaluating.h"
#include "harness.h"

static const char CHOICE_TASK[] =
    "{\"metrics\": [\"multiple_choice_grade\", \"exact_str_match\"], \"preferred_score\": "
    "\"multiple_choice_grade\", \"append_choices_to_input\": false, \"examples\": ["
    "{\"input\": \"one two\", \"target\": \"yes\", \"target_scores\": {\"yes\": 1, \"no\": 0}},"
    "{\"input\": \"three\", \"target\": \"no\", \"target_scores\": {\"yes\": 0, \"no it is\": "
    "1}}]}";

static const char TEXT_TASK[] =
    "{\"metrics\": [\"exact_str_match\", \"log_likelihood\"], \"preferred_score\": "
    "\"exact_str_match\", \"output_regex\": \"[^\\\\n]+\", \"examples\": ["
    "{\"input\": \"one two\", \"target\": [\"the end\", \"yes\"]},"
    "{\"input\": \"three\", \"target\": \"no\"}]}";

/* What a script has been asked. */
typedef struct asked {
  size_t n_scores, n_texts, n_drawn;
  uint64_t seeds[8];
} asked;

static size_t count_words(void *user, const char *text) {
  size_t n = 0;
  (void)user;
  for (const char *at = text; *at != '\0'; at++)
    n += strchr(" \n", *at) == NULL && (at[1] == '\0' || strchr(" \n", at[1]) != NULL);
  return n;
}

/* "yes" is worth -1, everything else -2 a word. */
static bs_status score_words(void *user, const char *context, const char *continuation,
                             bs_score *score, bs_error *err) {
  asked *a = user;
  a->n_scores++;
  if (strstr(context, "refused") != NULL)
    return bs_error_set(err, BS_ERR_INPUT, "the script refuses this");
  score->n_tokens = count_words(NULL, continuation);
  score->n_greedy = strcmp(continuation, "yes") == 0;
  score->logprob = score->n_greedy > 0 ? -1 : -2 * (double)score->n_tokens;
  return BS_OK;
}

/* After "two" it says yes, then more; else no. */
static bs_status say(void *user, const char *prompt, const bs_text_request *request, bs_text *text,
                     bs_error *err) {
  asked *a = user;
  a->seeds[a->n_texts % 8] = request->seed;
  a->n_texts++;
  a->n_drawn += request->temperature > 0;
  return bs_text_append_string(text, strstr(prompt, "two") != NULL ? " yes\nand more" : " no", err);
}

static bs_task *parse(const char *json) {
  bs_task *task = NULL;
  bs_error err = {0};
  BS_TEST_OK(bs_task_parse(&task, json, strlen(json), "small.json", NULL, NULL, &err), err);
  CU_ASSERT_PTR_NOT_NULL_FATAL(task);
  return task;
}

static bs_evaluator open_script(const bs_script *script, bs_protocol protocol) {
  bs_evaluator evaluator = {.protocol = protocol};
  bs_backend_spec spec = {.kind = "scripted", .script = script};
  bs_error err = {0};
  BS_TEST_OK(bs_backend_open(&evaluator.backend, &spec, &err), err);
  CU_ASSERT_PTR_NOT_NULL_FATAL(evaluator.backend);
  return evaluator;
}

static bs_status try_run(const bs_script *script, bs_protocol protocol, const bs_task *task,
                         uint32_t shots, bs_tables *results, bs_error *err) {
  bs_evaluator evaluator = open_script(script, protocol);
  bs_prompter *prompter = NULL;
  bs_status status = bs_prompter_new(&prompter, task, shots, 42, err);
  if (status == BS_OK)
    status = bs_evaluator_run(&evaluator, task, prompter, shots, 0, task->n_examples, 0, 0, results,
                              err);
  bs_prompter_free(&prompter);
  bs_backend_close(&evaluator.backend);
  return status;
}

static bs_tables *run(const bs_script *script, bs_protocol protocol, const bs_task *task,
                      uint32_t shots) {
  bs_tables *results = new_results();
  bs_error err = {0};
  BS_TEST_OK(try_run(script, protocol, task, shots, results, &err), err);
  CU_ASSERT_EQUAL_FATAL(results->n_examples + results->n_skipped, task->n_examples);
  return results;
}

/* Of choices: "yes" (-1) before "no" (-2), and before "no it is" (-6). */
static void check_choices(const bs_script *script) {
  bs_task *task = parse(CHOICE_TASK);
  bs_tables *results = run(script, (bs_protocol){.seed = 42, .max_tokens = 8}, task, 0);
  const bs_example_row *rows = results->examples;
  CU_ASSERT_STRING_EQUAL(rows[0].prediction, "yes");
  CU_ASSERT_STRING_EQUAL(rows[1].prediction, "yes");
  CU_ASSERT_EQUAL(number_of(results, 0, "multiple_choice_grade"), 1);
  CU_ASSERT_EQUAL(number_of(results, 1, "multiple_choice_grade"), 0);
  CU_ASSERT_EQUAL(rows[0].target_logprob, -1);
  CU_ASSERT_EQUAL(rows[1].target_logprob, -6);
  CU_ASSERT_EQUAL(number_of(results, 0, "answer_tokens"), 1);
  CU_ASSERT_EQUAL(number_of(results, 1, "answer_tokens"), 3);
  CU_ASSERT_EQUAL(number_of(results, 0, "answer_greedy_tokens"), 1);
  CU_ASSERT_EQUAL(number_of(results, 1, "answer_greedy_tokens"), 0);
  CU_ASSERT_EQUAL_FATAL(results->n_choices, 4);
  CU_ASSERT_EQUAL(results->choices[1].logprob, -2);
  CU_ASSERT_EQUAL(results->choices[3].logprob, -6);
  CU_ASSERT_EQUAL(results->choices[3].tokens, 3);
  /* No tokenizer is known: edits in its tokens are not. */
  CU_ASSERT_TRUE(isnan(number_of(results, 0, "prediction_token_edits")));
  CU_ASSERT_EQUAL(rows[0].border, 0);
  CU_ASSERT_EQUAL(rows[0].truncated_tokens, 0);
  /* "Q: one two A:" */
  CU_ASSERT_EQUAL(rows[0].prompt_tokens, script->count != NULL ? 4 : 0);
  bs_tables_free(&results);
  bs_task_free(&task);
}

static void choices_are_scored(void) {
  asked a = {0};
  bs_script script = {.user = &a, .count = count_words, .score = score_words, .generate = say};
  check_choices(&script);
  CU_ASSERT_EQUAL(a.n_scores, 4);
}

/* Where the answer alone tells how many tokens there were, all else is the same. */
static void tokens_need_not_be_counted_beforehand(void) {
  asked a = {0};
  bs_script script = {.user = &a, .score = score_words, .generate = say};
  check_choices(&script);
}

static void texts_are_cut_and_compared(void) {
  asked a = {0};
  bs_script script = {.user = &a, .count = count_words, .score = score_words, .generate = say};
  bs_task *task = parse(TEXT_TASK);
  bs_tables *results = run(&script, (bs_protocol){.seed = 42, .max_tokens = 8}, task, 0);
  const bs_example_row *rows = results->examples;
  CU_ASSERT_STRING_EQUAL(rows[0].generated, " yes\nand more");
  CU_ASSERT_STRING_EQUAL(rows[0].prediction, " yes");
  CU_ASSERT_STRING_EQUAL(rows[1].generated, " no");
  CU_ASSERT_EQUAL(number_of(results, 0, "exact_str_match"), 1);
  CU_ASSERT_EQUAL(number_of(results, 1, "exact_str_match"), 1);
  /* "yes" is worth more than "the end". */
  CU_ASSERT_EQUAL(rows[0].target_logprob, -1);
  CU_ASSERT_EQUAL(number_of(results, 0, "answer"), 1);
  CU_ASSERT_EQUAL(rows[1].target_logprob, -2);
  CU_ASSERT_EQUAL(a.n_scores, 3);
  CU_ASSERT_EQUAL(a.n_texts, 2);
  CU_ASSERT_EQUAL(a.n_drawn, 0);
  bs_tables_free(&results);
  bs_task_free(&task);
}

static void samples_have_seeds_of_their_own(void) {
  enum { N_SAMPLES = 3 };
  asked a = {0};
  bs_script script = {.user = &a, .count = count_words, .score = score_words, .generate = say};
  bs_task *task = parse(TEXT_TASK);
  task->n_samples = N_SAMPLES;
  task->temperature = 1;
  task->top_p = 1;
  bs_tables *results = run(&script, (bs_protocol){.seed = 42, .max_tokens = 8}, task, 0);
  CU_ASSERT_EQUAL(a.n_texts, 2 * N_SAMPLES);
  CU_ASSERT_EQUAL(a.n_drawn, 2 * N_SAMPLES);
  for (size_t i = 0; i < 2 * N_SAMPLES; i++)
    for (size_t k = 0; k < i; k++)
      CU_ASSERT_NOT_EQUAL(a.seeds[i], a.seeds[k]);
  CU_ASSERT_EQUAL(results->n_samples, 2 * N_SAMPLES);
  CU_ASSERT_STRING_EQUAL(results->samples[0].answer, " yes");
  CU_ASSERT_EQUAL(number_of(results, 0, "vote_share"), 1);
  bs_tables_free(&results);
  bs_task_free(&task);
}

/* "Q: one two A:" and an answer of at most two words need five positions and one to predict. */
static void long_prompts_are_left_out(void) {
  asked a = {0};
  bs_script script = {.user = &a, .count = count_words, .score = score_words, .generate = say};
  bs_protocol protocol = {.seed = 42, .overlong = BS_OVERLONG_SKIP, .max_tokens = 1};
  bs_task *task = parse(TEXT_TASK);
  for (size_t positions = 4; positions <= 5; positions++) {
    script.max_positions = positions;
    bs_tables *results = run(&script, protocol, task, 0);
    CU_ASSERT_EQUAL(results->n_skipped, positions == 4);
    if (results->n_skipped == 1) {
      CU_ASSERT_EQUAL(results->skipped[0].example, 0);
      CU_ASSERT_EQUAL(results->skipped[0].prompt_tokens, 4);
    }
    bs_tables_free(&results);
  }
  /* Where tokens cannot be counted nothing is left out. */
  script.count = NULL;
  script.max_positions = 1;
  bs_tables *results = run(&script, protocol, task, 0);
  CU_ASSERT_EQUAL(results->n_skipped, 0);
  bs_tables_free(&results);
  bs_task_free(&task);
}

static bs_status score_badly(void *user, const char *context, const char *continuation,
                             bs_score *score, bs_error *err) {
  (void)user, (void)context, (void)continuation, (void)err;
  *score = (bs_score){.logprob = 0.5, .n_tokens = 1};
  return BS_OK;
}

static bs_status fail_to_say(void *user, const char *prompt, const bs_text_request *request,
                             bs_text *text, bs_error *err) {
  (void)user, (void)request, (void)text;
  return strstr(prompt, "three") != NULL ? bs_error_set(err, BS_ERR_IO, "the line is cut") : BS_OK;
}

static void errors_name_their_example(void) {
  static const char REFUSED[] =
      "{\"metrics\": [\"multiple_choice_grade\"], \"append_choices_to_input\": false, "
      "\"examples\": [{\"input\": \"one\", \"target_scores\": {\"yes\": 1, \"no\": 0}}, "
      "{\"input\": \"refused\", \"target_scores\": {\"yes\": 1, \"no\": 0}}]}";
  asked a = {0};
  bs_script script = {.user = &a, .count = count_words, .score = score_words, .generate = say};
  bs_protocol protocol = {.seed = 42, .max_tokens = 8};
  bs_error err = {0};
  bs_tables *results = new_results();
  bs_task *task = parse(REFUSED);
  BS_TEST_FAILS(try_run(&script, protocol, task, 0, results, &err), BS_ERR_INPUT, err,
                "small.json: example 1: the script refuses this");
  bs_task_free(&task);
  task = parse(CHOICE_TASK);
  script.score = score_badly;
  BS_TEST_FAILS(try_run(&script, protocol, task, 0, results, &err), BS_ERR_INTERNAL, err,
                "small.json: example 0: answer 0 of 1 tokens has 1 scored tokens and the "
                "log-probability 0.5");
  script.score = score_words;
  script.generate = fail_to_say;
  BS_TEST_FAILS(try_run(&script, protocol, task, 0, results, &err), BS_ERR_IO, err,
                "small.json: example 1: the line is cut");
  CU_ASSERT_EQUAL(results->n_examples, 0);
  bs_task_free(&task);
  bs_tables_free(&results);
}

/* Nothing is scored as chance: what is missing is an error by name. */
static void what_a_model_cannot_do_is_told(void) {
  asked a = {0};
  bs_script script = {.user = &a, .generate = say};
  bs_protocol protocol = {.seed = 42, .max_tokens = 8};
  bs_error err = {0};
  bs_tables *results = new_results();
  bs_task *task = parse(CHOICE_TASK);
  BS_TEST_FAILS(try_run(&script, protocol, task, 0, results, &err), BS_ERR_UNSUPPORTED, err,
                "this model (scripted) cannot give log-probabilities of texts");
  bs_task_free(&task);
  task = parse(TEXT_TASK);
  script = (bs_script){.user = &a, .count = count_words, .score = score_words};
  BS_TEST_FAILS(try_run(&script, protocol, task, 0, results, &err), BS_ERR_UNSUPPORTED, err,
                "this model (scripted) cannot generate text");
  CU_ASSERT_EQUAL(results->n_examples, 0);
  bs_task_free(&task);
  bs_tables_free(&results);
}

int main(void) {
  static const bs_test tests[] = {
      {"choices are scored", choices_are_scored},
      {"tokens need not be counted beforehand", tokens_need_not_be_counted_beforehand},
      {"texts are cut and compared", texts_are_cut_and_compared},
      {"samples have seeds of their own", samples_have_seeds_of_their_own},
      {"long prompts are left out", long_prompts_are_left_out},
      {"errors name their example", errors_name_their_example},
      {"what a model cannot do is told", what_a_model_cannot_do_is_told},
  };
  return bs_test_main("scripted", tests, sizeof tests / sizeof *tests);
}
