/* Evaluations of examples: rows do not depend on the split into calls, and agree with requests made
   one at a time. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "backend/pairs.h"
#include "bigsweep/evaluate.h"
#include "bigsweep/metric.h"
#include "evaluating.h"
#include "harness.h"
#include "small_tasks.h"

static void check_splits(bs_evaluator *evaluator, const bs_task *task, size_t shots, size_t n) {
  static const size_t steps[] = {1, 2, 3, 7};
  bs_tables *whole = run_steps(evaluator, task, shots, n, n);
  for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
    bs_tables *in_steps = run_steps(evaluator, task, shots, n, steps[i]);
    check_same(whole, in_steps);
    bs_tables_free(&in_steps);
  }
  bs_tables_free(&whole);
}

static void rows_do_not_depend_on_the_split(void) {
  static const char *const names[] = {"disambiguation_qa", "reasoning_about_colored_objects",
                                      "operators", "gender_inclusive_sentences_german"};
  if (!bs_test_have_data(STORIES) || !bs_test_have_data("bigbench"))
    return;
  bs_evaluator *evaluator = open_model(bs_test_data(STORIES), BS_BORDER_JOINT, 12);
  bs_error err = {0};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    char path[256];
    snprintf(path, sizeof path, "bigbench/%s/task.json", names[i]);
    bs_task *task = NULL;
    BS_TEST_OK(bs_task_load(&task, bs_test_data(path), NULL, NULL, &err), err);
    CU_ASSERT_PTR_NOT_NULL_FATAL(task);
    check_splits(evaluator, task, i % 3, 8);
    bs_task_free(&task);
  }
  static const char *const small[] = {TEXT_TASK, CHOICE_TASK};
  for (size_t i = 0; i < 2; i++) {
    bs_task *task = parse(small[i]);
    check_splits(evaluator, task, 0, task->n_examples);
    check_splits(evaluator, task, 2, task->n_examples);
    bs_task_free(&task);
  }
  close_evaluator(&evaluator);
}

/* One continuation by itself, through the public calls alone. */
static double logprob_alone(bs_engine *engine, const bs_tokenizer *tokenizer, bs_border border,
                            const bs_text *prompt, const char *continuation) {
  bs_error err = {0};
  bs_tokens context = {0}, ids = {0};
  BS_TEST_OK(encode_pair(tokenizer, border, prompt->data, prompt->n_bytes, continuation,
                         strlen(continuation), &context, &ids, NULL, &err),
             err);
  bs_token_span span = {ids.ids, ids.n};
  bs_score_request request = {
      .context = {context.ids, context.n}, .continuations = &span, .n_continuations = 1};
  bs_score_result *results = NULL;
  BS_TEST_OK(bs_engine_score(engine, &request, 1, &results, &err), err);
  CU_ASSERT_PTR_NOT_NULL_FATAL(results);
  CU_ASSERT_EQUAL_FATAL(results[0].error.status, BS_OK);
  double logprob = results[0].scores[0].logprob;
  bs_score_results_free(&results, 1);
  bs_tokens_free(&context);
  bs_tokens_free(&ids);
  return logprob;
}

static void check_choices(bs_border border) {
  bs_evaluator *evaluator = open_model(bs_test_data(STORIES), border, 8);
  parts p = open_parts(bs_test_data(STORIES));
  bs_task *task = parse(CHOICE_TASK);
  if (border == BS_BORDER_SEPARATE) /* nothing moves to the empty choice: see test_border.c */
    task->examples[0].n_choices--;
  bs_prompter *prompter = NULL;
  bs_error err = {0};
  BS_TEST_OK(bs_prompter_new(&prompter, task, 1, 42, &err), err);
  bs_tables *results = run_steps(evaluator, task, 1, task->n_examples, task->n_examples);
  size_t n_names, grade = 0;
  const char *const *names = bs_example_metric_names(&n_names);
  while (grade < n_names && strcmp(names[grade], "multiple_choice_grade") != 0)
    grade++;
  for (size_t i = 0; i < task->n_examples; i++) {
    const bs_example_row *row = &results->examples[i];
    const bs_example *example = &task->examples[i];
    bs_text prompt = {0};
    BS_TEST_OK(bs_prompter_append(prompter, i, &prompt, &err), err);
    CU_ASSERT_EQUAL_FATAL(row->n_choices, example->n_choices);
    double logprobs[8], best_score = -INFINITY, target = -INFINITY;
    for (size_t j = 0; j < example->n_choices; j++) {
      logprobs[j] = logprob_alone(p.engine, p.tokenizer, border, &prompt, example->choices[j].text);
      CU_ASSERT_TRUE(same_bits(&logprobs[j], &results->choices[row->first_choice + j].logprob, 1));
      best_score = fmax(best_score, example->choices[j].score);
    }
    for (size_t j = 0; j < example->n_choices; j++)
      if (example->choices[j].score == best_score)
        target = fmax(target, logprobs[j]);
    size_t best = bs_best_choice(logprobs, example->n_choices);
    CU_ASSERT_EQUAL(row->target_logprob, target);
    CU_ASSERT_STRING_EQUAL(row->prediction, example->choices[best].text);
    CU_ASSERT_STRING_EQUAL(row->generated, "");
    CU_ASSERT_EQUAL(results->metric_values[i * n_names + grade], example->choices[best].score);
    CU_ASSERT_EQUAL(row->model, 3);
    CU_ASSERT_EQUAL(row->task, 5);
    CU_ASSERT_EQUAL(row->shots, 1);
    bs_text_free(&prompt);
  }
  bs_tables_free(&results);
  bs_prompter_free(&prompter);
  if (border == BS_BORDER_SEPARATE)
    task->examples[0].n_choices++;
  bs_task_free(&task);
  close_parts(&p);
  close_evaluator(&evaluator);
}

static void choices_are_scored_as_if_alone(void) {
  if (!bs_test_have_data(STORIES))
    return;
  check_choices(BS_BORDER_JOINT);
  check_choices(BS_BORDER_SEPARATE);
}

/* The protocol's rule in the plainest way. Returns whether a token spans the border. */
static bool check_border(const parts *p, bs_border border, const char *context,
                         const char *continuation) {
  bs_error err = {0};
  bs_text text = {0};
  bs_tokens a = {0}, b = {0}, head = {0}, tail = {0}, whole = {0};
  bool spans, expected = false;
  size_t n = strlen(context);
  while (border == BS_BORDER_JOINT && n > 0 && strchr(" \n\t", context[n - 1]) != NULL)
    n--;
  BS_TEST_OK(encode_pair(p->tokenizer, border, context, strlen(context), continuation,
                         strlen(continuation), &a, &b, &spans, &err),
             err);
  bs_text_printf(&text, &err, "%s%s", context, continuation);
  BS_TEST_OK(bs_tokenizer_encode(p->tokenizer, text.data, text.n_bytes, true, &whole, &err), err);
  BS_TEST_OK(bs_tokenizer_encode(p->tokenizer, context, n, true, &head, &err), err);
  BS_TEST_OK(bs_tokenizer_encode(p->tokenizer, text.data + n, text.n_bytes - n, false, &tail, &err),
             err);
  if (border == BS_BORDER_JOINT)
    expected = whole.n <= head.n || memcmp(whole.ids, head.ids, head.n * sizeof *head.ids) != 0;
  CU_ASSERT_EQUAL(spans, expected);
  CU_ASSERT_TRUE(b.n > 0);
  bool is_joint = border == BS_BORDER_JOINT && !expected;
  CU_ASSERT_EQUAL(a.n, head.n);
  CU_ASSERT_EQUAL_FATAL(b.n, is_joint ? whole.n - head.n : tail.n);
  CU_ASSERT_EQUAL(memcmp(a.ids, head.ids, a.n * sizeof *a.ids), 0);
  CU_ASSERT_EQUAL(memcmp(b.ids, is_joint ? whole.ids + head.n : tail.ids, b.n * sizeof *b.ids), 0);
  bs_text_free(&text);
  bs_tokens_free(&a);
  bs_tokens_free(&b);
  bs_tokens_free(&head);
  bs_tokens_free(&tail);
  bs_tokens_free(&whole);
  return spans;
}

static void borders_are_where_the_protocol_says(void) {
  static const char *const contexts[] = {"Once upon", "A: ", "The end.\n \t", "wa", "\xE4\xBD\xA0"};
  static const char *const continuations[] = {" a time", "yes", "s", "\n", "\xE5\xA5\xBD"};
  if (!bs_test_have_data(STORIES))
    return;
  parts p = open_parts(bs_test_data(STORIES));
  size_t n_spanned = 0;
  for (size_t i = 0; i < sizeof contexts / sizeof *contexts; i++) {
    for (size_t j = 0; j < sizeof continuations / sizeof *continuations; j++) {
      n_spanned += check_border(&p, BS_BORDER_JOINT, contexts[i], continuations[j]);
      CU_ASSERT_FALSE(check_border(&p, BS_BORDER_SEPARATE, contexts[i], continuations[j]));
    }
  }
  CU_ASSERT_TRUE(n_spanned > 0 && n_spanned < 10); /* "was" is one token */
  /* White space at the end of the context is the continuation's. */
  bs_error err = {0};
  bs_tokens a = {0}, b = {0}, c = {0}, d = {0};
  BS_TEST_OK(encode_pair(p.tokenizer, BS_BORDER_JOINT, "A: ", 3, "yes", 3, &a, &b, NULL, &err),
             err);
  BS_TEST_OK(encode_pair(p.tokenizer, BS_BORDER_JOINT, "A:", 2, " yes", 4, &c, &d, NULL, &err),
             err);
  CU_ASSERT_EQUAL(a.n, c.n);
  CU_ASSERT_EQUAL(b.n, d.n);
  CU_ASSERT_TRUE(a.n > 0 && a.ids[0] == bs_tokenizer_id(p.tokenizer, "<s>"));
  bs_tokens_free(&a);
  bs_tokens_free(&b);
  bs_tokens_free(&c);
  bs_tokens_free(&d);
  close_parts(&p);
}

/* The prediction of a generation that runs to its end. */
static void full_prediction(const parts *p, const bs_task *task, const bs_text *prompt,
                            size_t max_tokens, bs_text *prediction) {
  bs_error err = {0};
  bs_text text = {0};
  generate_plainly(p, prompt, (bs_generate_request){.max_tokens = max_tokens, .seed = 42}, &text);
  BS_TEST_OK(bs_postprocess(text.data, text.n_bytes, task->max_length, task->stop_string,
                            task->output_regex, prediction, &err),
             err);
  bs_text_free(&text);
}

static void generations_end_early_without_effect(void) {
  if (!bs_test_have_data(STORIES))
    return;
  static const struct {
    size_t max_length;
    char *stop, *regex;
  } ways[] = {{128, NULL, "[^\\.\\?\\!\\;\\n]+"},
              {9, NULL, NULL},
              {128, "e", NULL},
              {128, "\n", "(\\w+)\\.$"}};
  bs_evaluator *evaluator = open_model(bs_test_data(STORIES), BS_BORDER_JOINT, 40);
  parts p = open_parts(bs_test_data(STORIES));
  bs_task *task = parse(TEXT_TASK);
  bs_task as_parsed = *task;
  bs_error err = {0};
  bool ended_early = false;
  for (size_t w = 0; w < sizeof ways / sizeof *ways; w++) {
    task->max_length = ways[w].max_length;
    task->stop_string = ways[w].stop;
    task->output_regex = ways[w].regex;
    bs_tables *results = run_steps(evaluator, task, 0, task->n_examples, task->n_examples);
    bs_prompter *prompter = NULL;
    BS_TEST_OK(bs_prompter_new(&prompter, task, 0, 42, &err), err);
    for (size_t i = 0; i < task->n_examples; i++) {
      bs_text prompt = {0}, prediction = {0};
      BS_TEST_OK(bs_prompter_append(prompter, i, &prompt, &err), err);
      full_prediction(&p, task, &prompt, 40, &prediction);
      CU_ASSERT_STRING_EQUAL(results->examples[i].prediction, prediction.data);
      ended_early |= strlen(results->examples[i].generated) < 40;
      double most = -INFINITY;
      for (size_t j = 0; j < task->examples[i].n_targets; j++)
        most = fmax(most, logprob_alone(p.engine, p.tokenizer, BS_BORDER_JOINT, &prompt,
                                        task->examples[i].targets[j]));
      CU_ASSERT_EQUAL(results->examples[i].target_logprob, most);
      CU_ASSERT_EQUAL(results->examples[i].n_choices, 0);
      bs_text_free(&prompt);
      bs_text_free(&prediction);
    }
    bs_prompter_free(&prompter);
    bs_tables_free(&results);
  }
  CU_ASSERT_TRUE(ended_early);
  *task = as_parsed;
  bs_task_free(&task);
  close_parts(&p);
  close_evaluator(&evaluator);
}

static void failures_add_no_row(void) {
  if (!bs_test_have_data(STORIES))
    return;
  bs_evaluator *evaluator = open_model(bs_test_data(STORIES), BS_BORDER_JOINT, 4);
  bs_error err = {0};
  bs_text json = {0};
  bs_text_append_string(&json,
                        "{\"metrics\": [\"multiple_choice_grade\"], \"examples\": [{\"input\": "
                        "\"a\", \"target_scores\": {\"b\": 1}}, {\"input\": \"c\", "
                        "\"target_scores\": {\"x\": 0, \"",
                        &err);
  for (size_t i = 0; i < 600; i++) /* longer than the model's 512 positions */
    bs_text_append_string(&json, " zebra", &err);
  bs_text_append_string(&json, "\": 1}}]}", &err);
  bs_task *task = parse(json.data);
  bs_prompter *prompter = NULL;
  BS_TEST_OK(bs_prompter_new(&prompter, task, 0, 42, &err), err);
  bs_tables *results = new_results();
  BS_TEST_FAILS(bs_evaluator_run(evaluator, task, prompter, 0, 0, 2, 0, 0, results, &err),
                err.status, err, "small.json: example 1: ");
  CU_ASSERT_EQUAL(results->n_examples, 0);
  CU_ASSERT_EQUAL(results->n_choices, 0);
  BS_TEST_OK(bs_evaluator_run(evaluator, task, prompter, 0, 0, 1, 0, 0, results, &err), err);
  CU_ASSERT_EQUAL(results->n_examples, 1);
  BS_TEST_FAILS(bs_evaluator_run(evaluator, task, prompter, 0, 1, 2, 0, 0, results, &err),
                BS_ERR_USAGE, err, "there are 2");
  BS_TEST_OK(bs_evaluator_run(evaluator, task, prompter, 0, 2, 0, 0, 0, results, &err), err);
  bs_tables_free(&results);
  BS_TEST_OK(bs_tables_new(&results, NULL, 0, &err), err);
  BS_TEST_FAILS(bs_evaluator_run(evaluator, task, prompter, 0, 0, 1, 0, 0, results, &err),
                BS_ERR_USAGE, err, "0 metric columns");
  bs_tables_free(&results);
  bs_prompter_free(&prompter);
  bs_task_free(&task);
  bs_text_free(&json);
  close_evaluator(&evaluator);
}

static void long_prompts_are_cut_on_their_left(void) {
  if (!bs_test_have_data(STORIES))
    return;
  bs_evaluator *evaluator = open_model(bs_test_data(STORIES), BS_BORDER_JOINT, 4);
  bs_error err = {0};
  bs_text json = {0};
  bs_text_append_string(&json, "{\"metrics\": [\"exact_str_match\"], \"examples\": [{\"input\": \"",
                        &err);
  for (size_t i = 0; i < 600; i++)
    bs_text_append_string(&json, " zebra", &err);
  bs_text_append_string(&json, "\", \"target\": \"b\"}]}", &err);
  bs_task *task = parse(json.data);
  bs_tables *results = run_steps(evaluator, task, 0, 1, 1);
  const bs_example_row *row = &results->examples[0];
  CU_ASSERT_TRUE(row->prompt_tokens > 600);
  CU_ASSERT_TRUE(row->truncated_tokens > 0 && row->truncated_tokens >= row->prompt_tokens - 512);
  CU_ASSERT_TRUE(isfinite(row->target_logprob));
  bs_tables_free(&results);
  bs_task_free(&task);
  bs_text_free(&json);
  close_evaluator(&evaluator);
}

static void tasks_have_their_rows(void) {
  bs_error err = {0};
  bs_tables *results = new_results();
  bs_task *choice = parse(CHOICE_TASK), *text = parse(TEXT_TASK);
  BS_TEST_OK(bs_tables_add_task_of(results, choice, &err), err);
  BS_TEST_OK(bs_tables_add_task_of(results, text, &err), err);
  CU_ASSERT_EQUAL_FATAL(results->n_tasks, 2);
  const bs_task_row *row = results->tasks;
  CU_ASSERT_STRING_EQUAL(row[0].name, "small");
  CU_ASSERT_STRING_EQUAL(row[0].metrics,
                         "multiple_choice_grade,multiple_choice_grade_per_byte,"
                         "multiple_choice_grade_per_char,multiple_choice_grade_per_token,"
                         "choice_probability,calibration_multiple_choice_brier_score,"
                         "expected_calibration_error,log_likelihood,answer_probability,"
                         "log_likelihood_per_byte,log_likelihood_per_char,"
                         "log_likelihood_per_word,log_likelihood_per_token,per_token_accuracy");
  CU_ASSERT_EQUAL(row[0].low_score, bs_task_chance(choice));
  CU_ASSERT_EQUAL(row[0].high_score, 1);
  CU_ASSERT_EQUAL(row[0].examples, 5);
  CU_ASSERT_STRING_EQUAL(row[0].sha256, choice->sha256);
  CU_ASSERT_STRING_EQUAL(row[1].preferred_metric, "exact_str_match");
  CU_ASSERT_STRING_EQUAL(
      row[1].metrics, "exact_str_match,log_likelihood,answer_probability,log_likelihood_per_byte,"
                      "log_likelihood_per_char,log_likelihood_per_word,log_likelihood_per_token,"
                      "per_token_accuracy,character_edit_distance,token_edit_distance,bleu");
  CU_ASSERT_STRING_EQUAL(row[1].stop_string, "");
  CU_ASSERT_STRING_EQUAL(row[1].output_regex, "[^\\.\\?\\!\\;\\n]+");
  CU_ASSERT_EQUAL(row[1].max_length, 128);
  enum { N_CHOICES = 13 };
  CU_ASSERT_EQUAL_FATAL(results->n_choice_texts, N_CHOICES);
  CU_ASSERT_EQUAL_FATAL(results->n_targets, 6);
  const bs_choice_text_row *choice_text = &results->choice_texts[4];
  CU_ASSERT_EQUAL(choice_text->task, 0);
  CU_ASSERT_EQUAL(choice_text->example, 1);
  CU_ASSERT_EQUAL(choice_text->choice, 1);
  CU_ASSERT_STRING_EQUAL(choice_text->text, "sat");
  const bs_target_row *target = &results->targets[1];
  CU_ASSERT_EQUAL(target->task, 1);
  CU_ASSERT_EQUAL(target->example, 0);
  CU_ASSERT_STRING_EQUAL(target->text, "boy");
  bs_task_free(&choice);
  bs_task_free(&text);
  bs_tables_free(&results);
}

int main(void) {
  static const bs_test tests[] = {
      {"rows do not depend on the split", rows_do_not_depend_on_the_split},
      {"choices are scored as if alone", choices_are_scored_as_if_alone},
      {"borders are where the protocol says", borders_are_where_the_protocol_says},
      {"generations end early without effect", generations_end_early_without_effect},
      {"failures add no row", failures_add_no_row},
      {"long prompts are cut on their left", long_prompts_are_cut_on_their_left},
      {"tasks have their rows", tasks_have_their_rows},
  };
  return bs_test_main("evaluate", tests, sizeof tests / sizeof *tests);
}
