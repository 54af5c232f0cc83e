/* Answers in two steps and by votes, against the same worked out one request at a time through the
   public calls alone. */
#include <math.h>
#include <string.h>

#include "backend/pairs.h"
#include "base/text_internal.h"
#include "bigsweep/evaluate.h"
#include "bigsweep/metric.h"
#include "evaluate/evaluate_internal.h"
#include "evaluating.h"
#include "harness.h"
#include "ways.h"

static const char LADDER[] = BS_SOURCE_DIR "/models/ladder/s1/30k";

enum { MOST_CHOICES = 8, FIRST_EXAMPLES = 6 };

static const way *const WAYS[] = {&ONE_STEP, &TWO_STEPS, &TEXT_VOTES, &STEP_VOTES};
enum { N_WAYS = sizeof WAYS / sizeof *WAYS };

static bs_evaluator *open_model(const char *model, int n_threads) {
  bs_protocol protocol = {.seed = SEED, .max_tokens = MAX_TOKENS, .precision = BS_PRECISION_F32};
  bs_engine_options options = {.n_threads = n_threads};
  return open_evaluator(model, &protocol, &options);
}

/* The first n examples in calls of `step`, last call first when `backwards`; in canonical order. */
static bs_tables *run(bs_evaluator *evaluator, const bs_task *task, uint32_t shots, size_t n,
                      size_t step, bool backwards) {
  bs_error err = {0};
  bs_prompter *prompter = NULL;
  bs_tables *results = new_results();
  BS_TEST_OK(bs_tables_add_model(results, &(bs_model_row){.name = "m"}, &err), err);
  BS_TEST_OK(bs_tables_add_task_of(results, task, &err), err);
  BS_TEST_OK(bs_prompter_new(&prompter, task, shots, SEED, &err), err);
  CU_ASSERT_PTR_NOT_NULL_FATAL(prompter);
  size_t n_calls = (n + step - 1) / step;
  for (size_t i = 0; i < n_calls; i++) {
    size_t first = (backwards ? n_calls - 1 - i : i) * step;
    BS_TEST_OK(bs_evaluator_run(evaluator, task, prompter, shots, first,
                                first + step < n ? step : n - first, 0, 0, results, &err),
               err);
  }
  BS_TEST_OK(bs_tables_sort(results, &err), err);
  bs_prompter_free(&prompter);
  CU_ASSERT_EQUAL_FATAL(results->n_examples, n);
  return results;
}

/* The reference: one request at a time, every generation to its very end. */

static void generate_alone(const parts *p, const bs_text *prompt, const way *w, uint64_t seed,
                           bool draws, bs_text *text) {
  bs_generate_request request = {.max_tokens =
                                     w->max_new_tokens > 0 ? w->max_new_tokens : MAX_TOKENS,
                                 .temperature = draws ? w->temperature : 0,
                                 .top_p = draws ? w->top_p : 0,
                                 .seed = seed};
  generate_plainly(p, prompt, request, text);
}

static double logprob_alone(const parts *p, const bs_text *prompt, const char *continuation) {
  bs_error err = {0};
  bs_tokens context = {0}, ids = {0};
  BS_TEST_OK(encode_pair(p->tokenizer, BS_BORDER_JOINT, prompt->data, prompt->n_bytes, continuation,
                         strlen(continuation), &context, &ids, NULL, &err),
             err);
  bs_token_span span = {ids.ids, ids.n};
  bs_score_request request = {
      .context = {context.ids, context.n}, .continuations = &span, .n_continuations = 1};
  bs_score_result *results = NULL;
  BS_TEST_OK(bs_engine_score(p->engine, &request, 1, &results, &err), err);
  CU_ASSERT_PTR_NOT_NULL_FATAL(results);
  double logprob = results[0].scores[0].logprob;
  bs_score_results_free(&results, 1);
  bs_tokens_free(&context);
  bs_tokens_free(&ids);
  return logprob;
}

/* 64 bits, little-endian, of the SHA-256 of hash, seed, shots, example and sample. */
static uint64_t seed_of(const bs_task *task, uint32_t shots, uint64_t example, uint64_t sample) {
  unsigned char bytes[88] = {0}, digest[32];
  uint32_t words[2] = {SEED, shots};
  uint64_t numbers[2] = {example, sample}, seed = 0;
  memcpy(bytes, task->sha256, 64);
  for (size_t i = 0; i < 8; i++)
    bytes[64 + i] = (unsigned char)(words[i / 4] >> 8 * (i % 4));
  for (size_t i = 0; i < 16; i++)
    bytes[72 + i] = (unsigned char)(numbers[i / 8] >> 8 * (i % 8));
  bs_error err = {0};
  BS_TEST_OK(bs_sha256(bytes, sizeof bytes, digest, &err), err);
  for (size_t i = 8; i-- > 0;)
    seed = seed << 8 | digest[i];
  return seed;
}

static void cut_at(bs_text *text, const char *mark) {
  char *end = mark != NULL ? strstr(text->data, mark) : NULL;
  if (end != NULL) {
    *end = '\0';
    text->n_bytes = (size_t)(end - text->data);
  }
}

/* One sample's way to its answer. */
typedef struct reference {
  bs_text reasoning, text; /* as compared */
  double logprobs[MOST_CHOICES];
  size_t choice;
} reference;

static reference work_out(const parts *p, const bs_task *task, const way *w, const bs_text *prompt,
                          uint32_t shots, size_t number, size_t sample, bool wants_text) {
  const bs_example *example = &task->examples[number];
  size_t n_items = example->n_choices > 0 ? example->n_choices : example->n_targets;
  reference r = {0};
  bs_error err = {0};
  bs_text context = {0}, generated = {0};
  uint64_t seed = seed_of(task, shots, number, sample);
  bool two_steps = w->answer_prompt != NULL;
  bs_text_append(&context, prompt->data, prompt->n_bytes, &err);
  if (w->reasoning_prompt != NULL)
    bs_text_append_string(&context, w->reasoning_prompt, &err);
  if (two_steps) {
    generate_alone(p, &context, w, seed, w->n_samples > 0, &r.reasoning);
    cut_at(&r.reasoning, w->reasoning_stop);
    bs_text_append_string(&context, r.reasoning.data, &err);
    bs_text_append_string(&context, w->answer_prompt, &err);
  }
  for (size_t i = 0; i < n_items; i++)
    r.logprobs[i] = logprob_alone(
        p, &context, example->n_choices > 0 ? example->choices[i].text : example->targets[i]);
  r.choice = bs_best_choice(r.logprobs, n_items);
  bs_text_append(&r.text, "", 0, &err);
  if (wants_text) {
    generate_alone(p, &context, w, seed, w->n_samples > 0 && !two_steps, &generated);
    BS_TEST_OK(bs_postprocess(generated.data, generated.n_bytes, task->max_length,
                              task->stop_string, task->output_regex, &r.text, &err),
               err);
  }
  bs_text_free(&context);
  bs_text_free(&generated);
  return r;
}

static void free_reference(reference *r) {
  bs_text_free(&r->reasoning);
  bs_text_free(&r->text);
}

static void check_choice_vote(const bs_tables *results, size_t row, const bs_example *example,
                              const reference *all, size_t n) {
  const bs_example_row *of = &results->examples[row];
  const char *answers[MOST_SAMPLES];
  size_t most;
  for (size_t s = 0; s < n; s++) {
    answers[s] = example->choices[all[s].choice].text;
    CU_ASSERT_STRING_EQUAL(results->samples[of->first_sample + s].answer, answers[s]);
  }
  size_t winner = count_votes(answers, n, true, &most);
  CU_ASSERT_STRING_EQUAL(of->prediction, answers[winner]);
  CU_ASSERT_EQUAL(number_of(results, row, "vote_share"), (double)most / (double)n);
  CU_ASSERT_EQUAL(number_of(results, row, "multiple_choice_grade"),
                  example->choices[all[winner].choice].score);
  double brier = 0;
  for (size_t k = 0; k < example->n_choices; k++) {
    size_t count = 0;
    for (size_t s = 0; s < n; s++)
      count += all[s].choice == k;
    double share = (double)count / (double)n, d = share - example->choices[k].score;
    CU_ASSERT_EQUAL(results->choices[of->first_choice + k].logprob,
                    count > 0 ? log(share) : -INFINITY);
    brier += d * d / (double)example->n_choices;
  }
  CU_ASSERT_DOUBLE_EQUAL(number_of(results, row, "calibration_multiple_choice_brier_score"), brier,
                         1e-12);
  CU_ASSERT_TRUE(isnan(of->target_logprob));
  CU_ASSERT_TRUE(isnan(number_of(results, row, "log_likelihood")));
  CU_ASSERT_TRUE(isnan(number_of(results, row, "answer")));
  CU_ASSERT_TRUE(isnan(number_of(results, row, "multiple_choice_grade_per_byte")));
  CU_ASSERT_TRUE(isnan(number_of(results, row, "multiple_choice_grade_per_token")));
}

static void check_text_vote(const bs_tables *results, size_t row, const bs_example *example,
                            const reference *all, size_t n, bool is_choice) {
  const bs_example_row *of = &results->examples[row];
  const char *answers[MOST_SAMPLES];
  size_t most;
  bool matches = false;
  for (size_t s = 0; s < n; s++)
    answers[s] = all[s].text.data;
  size_t winner = count_votes(answers, n, false, &most);
  CU_ASSERT_STRING_EQUAL(of->generated, results->samples[of->first_sample + winner].generated);
  for (size_t i = 0; i < example->n_targets; i++)
    matches |= strcmp(example->targets[i], answers[winner]) == 0;
  CU_ASSERT_EQUAL(number_of(results, row, "exact_str_match"), matches);
  if (is_choice)
    return;
  CU_ASSERT_EQUAL(number_of(results, row, "vote_share"), (double)most / (double)n);
  if (example->n_choices == 0)
    CU_ASSERT_STRING_EQUAL(of->prediction, answers[winner]);
  for (size_t s = 0; s < n; s++)
    CU_ASSERT_STRING_EQUAL(results->samples[of->first_sample + s].answer, answers[s]);
}

/* Choices or targets that were scored once. */
static void check_scored(const bs_tables *results, size_t row, const bs_example *example,
                         const reference *r) {
  const bs_example_row *of = &results->examples[row];
  double best = -INFINITY;
  size_t n = example->n_choices > 0 ? example->n_choices : example->n_targets;
  for (size_t k = 0; k < n; k++) {
    bool is_right = true;
    for (size_t i = 0; i < example->n_choices; i++)
      is_right = is_right && example->choices[i].score <= example->choices[k].score;
    if (is_right)
      best = fmax(best, r->logprobs[k]);
    if (example->n_choices > 0)
      CU_ASSERT_EQUAL(results->choices[of->first_choice + k].logprob, r->logprobs[k]);
  }
  CU_ASSERT_EQUAL(of->target_logprob, best);
  if (example->n_choices > 0)
    CU_ASSERT_STRING_EQUAL(of->prediction, example->choices[r->choice].text);
}

static void check_example(const parts *p, const bs_task *task, const way *w, const bs_text *prompt,
                          uint32_t shots, const bs_tables *results, size_t i, size_t *n_split) {
  const bs_example *example = &task->examples[i];
  const bs_example_row *row = &results->examples[i];
  bool two_steps = w->answer_prompt != NULL, votes = w->n_samples > 0;
  bool wants_text = bs_task_needs_text(task) && example->n_targets > 0;
  size_t n = votes ? w->n_samples : 1, n_trials = two_steps || wants_text ? n : 0;
  reference all[MOST_SAMPLES];
  for (size_t s = 0; s < n; s++)
    all[s] = work_out(p, task, w, prompt, shots, i, s, wants_text);
  CU_ASSERT_EQUAL_FATAL(row->n_samples, two_steps || votes ? n_trials : 0);
  for (size_t s = 0; s < row->n_samples; s++) {
    const bs_sample_row *sample = &results->samples[row->first_sample + s];
    CU_ASSERT_EQUAL(sample->sample, s);
    CU_ASSERT_EQUAL(sample->row, i);
    CU_ASSERT_STRING_EQUAL(sample->reasoning, two_steps ? all[s].reasoning.data : "");
    CU_ASSERT_TRUE(wants_text || sample->generated[0] == '\0');
  }
  bool is_choice_vote = votes && two_steps && example->n_choices > 0;
  if (is_choice_vote)
    check_choice_vote(results, i, example, all, n);
  if (votes && wants_text)
    check_text_vote(results, i, example, all, n, is_choice_vote);
  if (!(votes && two_steps))
    check_scored(results, i, example, &all[0]);
  if (!votes) {
    CU_ASSERT_TRUE(isnan(number_of(results, i, "vote_share")));
    if (example->n_choices == 0)
      CU_ASSERT_STRING_EQUAL(row->prediction, all[0].text.data);
  }
  double share = number_of(results, i, "vote_share");
  *n_split += share < 1;
  for (size_t s = 0; s < n; s++)
    free_reference(&all[s]);
}

static void check_way(const parts *p, bs_evaluator *evaluator, const char *json_or_path,
                      const way *w, uint32_t shots, size_t *n_split) {
  bs_error err = {0};
  bs_task *task = put(json_or_path, w);
  size_t n = task->n_examples < FIRST_EXAMPLES ? task->n_examples : FIRST_EXAMPLES;
  bs_tables *results = run(evaluator, task, shots, n, n, false);
  bs_prompter *prompter = NULL;
  BS_TEST_OK(bs_prompter_new(&prompter, task, shots, SEED, &err), err);
  for (size_t i = 0; i < n; i++) {
    bs_text prompt = {0};
    BS_TEST_OK(bs_prompter_append(prompter, i, &prompt, &err), err);
    check_example(p, task, w, &prompt, shots, results, i, n_split);
    bs_text_free(&prompt);
  }
  bs_prompter_free(&prompter);
  bs_tables_free(&results);
  bs_task_free(&task);
}

static void answers_are_those_worked_out_alone(void) {
  static const char *const tasks[] = {MIXED, BS_SOURCE_DIR "/tasks/ladder_facts/task.json",
                                      BS_SOURCE_DIR "/tasks/ladder_addition/task.json"};
  parts p = open_parts(LADDER);
  bs_evaluator *evaluator = open_model(LADDER, 1);
  size_t n_split = 0;
  for (size_t t = 0; t < sizeof tasks / sizeof *tasks; t++)
    for (size_t w = 0; w < N_WAYS; w++)
      check_way(&p, evaluator, tasks[t], WAYS[w], (uint32_t)(t + w) % 3, &n_split);
  CU_ASSERT_TRUE(n_split > 8); /* votes that were not unanimous */
  close_evaluator(&evaluator);
  close_parts(&p);
}

/* Pieces of characters, byte tokens, and an end of text that does come. */
static void texts_of_another_tokenizer_too(void) {
  static const char model[] = "models/stories260K";
  if (!bs_test_have_data(model))
    return;
  parts p = open_parts(bs_test_data(model));
  bs_evaluator *evaluator = open_model(bs_test_data(model), 1);
  size_t n_split = 0;
  for (size_t w = 0; w < N_WAYS; w++)
    check_way(&p, evaluator, MIXED, WAYS[w], 1, &n_split);
  CU_ASSERT_TRUE(n_split > 2);
  close_evaluator(&evaluator);
  close_parts(&p);
}

static void rows_do_not_depend_on_the_split(void) {
  static const size_t steps[] = {1, 2, 5};
  bs_evaluator *one = open_model(LADDER, 1), *two = open_model(LADDER, 2);
  for (size_t w = 0; w < N_WAYS; w++) {
    bs_task *task = put(MIXED, WAYS[w]);
    bs_tables *whole = run(one, task, 1, task->n_examples, task->n_examples, false);
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
      bs_tables *pieces =
          run(i % 2 == 0 ? two : one, task, 1, task->n_examples, steps[i], i % 2 == 0);
      check_same(whole, pieces);
      bs_tables_free(&pieces);
    }
    bs_tables_free(&whole);
    bs_task_free(&task);
  }
  close_evaluator(&one);
  close_evaluator(&two);
}

/* More samples than go to the engine at a time: batches end within an example. */
static void many_samples_go_in_batches(void) {
  way w = STEP_VOTES;
  w.n_samples = 700;
  w.max_new_tokens = 2;
  bs_evaluator *evaluator = open_model(BS_SOURCE_DIR "/models/ladder/s1/3k", 1);
  bs_task *task = put(MIXED, &w);
  bs_tables *whole = run(evaluator, task, 0, 4, 4, false);
  bs_tables *pieces = run(evaluator, task, 0, 4, 1, true);
  CU_ASSERT_EQUAL(whole->n_samples, 4 * 700);
  check_same(whole, pieces);
  bs_tables_free(&whole);
  bs_tables_free(&pieces);
  bs_task_free(&task);
  close_evaluator(&evaluator);
}

/* A reasoning goes no further than its end, and samples of a prompt have it in common. */
static void no_more_is_computed_than_needed(void) {
  bs_engine_work start, plain, drawn;
  bs_evaluator *evaluator = open_model(LADDER, 1);
  const bs_backend *backend = evaluator->backend;
  way w = {.reasoning_stop = "\n", .answer_prompt = "\nA: ", .max_new_tokens = 100};
  bs_task *task = put(BS_SOURCE_DIR "/tasks/ladder_facts/task.json", &w);
  bs_backend_work_done(backend, &start);
  bs_tables *results = run(evaluator, task, 0, 4, 4, false);
  bs_backend_work_done(backend, &plain);
  size_t n_reasoned = 0;
  for (size_t i = 0; i < results->n_samples; i++)
    n_reasoned += strlen(results->samples[i].reasoning);
  CU_ASSERT_TRUE(n_reasoned > 0 && n_reasoned < 4 * 40);
  /* four prompts of some 15 characters, each twice, and choices: not 400 tokens of reasoning */
  CU_ASSERT_TRUE(plain.tokens_computed - start.tokens_computed < 4 * (2 * 15 + 40 + 4 * 8));
  bs_tables_free(&results);
  bs_task_free(&task);
  w = TEXT_VOTES;
  w.n_samples = 16;
  w.max_new_tokens = 4;
  task = put(BS_SOURCE_DIR "/tasks/ladder_addition/task.json", &w);
  results = run(evaluator, task, 3, 4, 4, false);
  bs_backend_work_done(backend, &drawn);
  uint64_t prompts = 0, computed = drawn.tokens_computed - plain.tokens_computed;
  for (size_t i = 0; i < 4; i++)
    prompts += results->examples[i].prompt_tokens;
  /* each prompt once to score and once to draw, then the new tokens and one of the prompt's */
  CU_ASSERT_TRUE(computed < 2 * prompts + 4 * 16 * 5);
  CU_ASSERT_TRUE(drawn.tokens_asked - plain.tokens_asked > 16 * prompts);
  bs_tables_free(&results);
  bs_task_free(&task);
  close_evaluator(&evaluator);
}

/* The reasoning takes room: what it pushes out is told, and what cannot be done names its example.
 */
static void limits_are_told(void) {
  bs_error err = {0};
  bs_evaluator *evaluator = open_model(LADDER, 1);
  way w = TWO_STEPS;
  w.max_new_tokens = 200; /* of 256 positions */
  w.reasoning_stop = NULL;
  bs_task *task = put(BS_SOURCE_DIR "/tasks/ladder_facts/task.json", &w);
  bs_tables *results = run(evaluator, task, 3, 2, 2, false);
  const bs_example_row *row = &results->examples[0];
  CU_ASSERT_TRUE(row->prompt_tokens > 60 && row->prompt_tokens < 120);
  CU_ASSERT_EQUAL(strlen(results->samples[0].reasoning), 200);
  /* context of prompt, 200 new tokens and "\nA: ", less its last space, before 5 characters */
  size_t context = row->prompt_tokens + 1 + 200 + strlen("\nA:");
  CU_ASSERT_EQUAL(row->truncated_tokens, context + strlen(" hill") - 257);
  bs_tables_free(&results);
  task->max_new_tokens = 300;
  bs_prompter *prompter = NULL;
  BS_TEST_OK(bs_prompter_new(&prompter, task, 0, SEED, &err), err);
  results = new_results();
  BS_TEST_FAILS(bs_evaluator_run(evaluator, task, prompter, 0, 3, 2, 0, 0, results, &err),
                BS_ERR_LIMIT, err, "example 3: 300 new tokens");
  CU_ASSERT_EQUAL(results->n_examples, 0);
  CU_ASSERT_EQUAL(results->n_samples, 0);
  bs_tables_free(&results);
  bs_prompter_free(&prompter);
  bs_task_free(&task);
  close_evaluator(&evaluator);
}

int main(void) {
  static const bs_test tests[] = {
      {"answers are those worked out alone", answers_are_those_worked_out_alone},
      {"texts of another tokenizer too", texts_of_another_tokenizer_too},
      {"rows do not depend on the split", rows_do_not_depend_on_the_split},
      {"many samples go in batches", many_samples_go_in_batches},
      {"no more is computed than needed", no_more_is_computed_than_needed},
      {"limits are told", limits_are_told},
  };
  return bs_test_main("reasoning", tests, sizeof tests / sizeof *tests);
}
