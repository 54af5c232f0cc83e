/* Prompts that are too long: cut, with fewer shots, or left out. A token of the ladder's models is
   a letter, and they have 256 positions. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/pairs.h"
#include "bigsweep/evaluate.h"
#include "evaluating.h"
#include "harness.h"

static const char MODEL[] = BS_SOURCE_DIR "/models/ladder/s1/30k";
enum { N_POSITIONS = 256, N_EXAMPLES = 24 };

static bs_evaluator *open_model(bs_overlong overlong, size_t max_tokens) {
  static const bs_engine_options ONE_THREAD = {.n_threads = 1};
  bs_protocol protocol = {
      .seed = 42, .overlong = overlong, .max_tokens = max_tokens, .precision = BS_PRECISION_F32};
  return open_evaluator(MODEL, &protocol, &ONE_THREAD);
}

static bs_task *load(const char *name) {
  char path[1024];
  bs_task *task = NULL;
  bs_error err = {0};
  snprintf(path, sizeof path, "%s/tasks/%s/task.json", BS_SOURCE_DIR, name);
  BS_TEST_OK(bs_task_load(&task, path, NULL, NULL, &err), err);
  CU_ASSERT_PTR_NOT_NULL_FATAL(task);
  return task;
}

static bs_prompter *new_prompter(const bs_task *task, uint32_t shots) {
  bs_prompter *prompter = NULL;
  bs_error err = {0};
  BS_TEST_OK(bs_prompter_new(&prompter, task, shots, 42, &err), err);
  CU_ASSERT_PTR_NOT_NULL_FATAL(prompter);
  return prompter;
}

/* The first examples in calls of `step`. */
static bs_tables *run(bs_overlong overlong, size_t max_tokens, const bs_task *task, uint32_t shots,
                      size_t step) {
  bs_evaluator *evaluator = open_model(overlong, max_tokens);
  bs_prompter *prompter = new_prompter(task, shots);
  bs_tables *results = new_results();
  bs_error err = {0};
  for (size_t i = 0; i < N_EXAMPLES; i += step)
    BS_TEST_OK(bs_evaluator_run(evaluator, task, prompter, shots, i,
                                i + step < N_EXAMPLES ? step : N_EXAMPLES - i, 0, 0, results, &err),
               err);
  CU_ASSERT_EQUAL_FATAL(results->n_examples + results->n_skipped, N_EXAMPLES);
  bs_prompter_free(&prompter);
  close_evaluator(&evaluator);
  return results;
}

/* Letters of example i's prompt without its first shots; white space at the end is the answer's. */
static size_t letters_of(const bs_prompter *prompter, size_t i, size_t n_left_out,
                         bs_text *prompt) {
  bs_error err = {0};
  prompt->n_bytes = 0;
  BS_TEST_OK(bs_prompter_append_fewer(prompter, i, n_left_out, prompt, &err), err);
  size_t n = prompt->n_bytes;
  while (n > 0 && strchr(" \n", prompt->data[n - 1]) != NULL)
    n--;
  return n;
}

/* Letters that an example needs behind its prompt, the space that moves to its answers included. */
static size_t answer_letters(const bs_example *example) {
  size_t longest = 0;
  for (size_t k = 0; k < example->n_choices; k++) {
    size_t n = strlen(example->choices[k].text) + 1;
    longest = n > longest ? n : longest;
  }
  for (size_t k = 0; example->n_choices == 0 && k < example->n_targets; k++) {
    size_t n = strlen(example->targets[k]) + 1;
    longest = n > longest ? n : longest;
  }
  return longest;
}

/* The most shots, of those asked for, with which the example fits; SIZE_MAX: not even without. */
static size_t fitting_shots(const bs_prompter *prompter, const bs_task *task, size_t i,
                            uint32_t shots, size_t n_behind) {
  bs_text prompt = {0};
  size_t n_answer = answer_letters(&task->examples[i]), n_left_out = 0;
  n_behind = n_behind > n_answer ? n_behind : n_answer;
  while (n_left_out <= shots &&
         letters_of(prompter, i, n_left_out, &prompt) + n_behind > N_POSITIONS + 1)
    n_left_out++;
  bs_text_free(&prompt);
  return n_left_out <= shots ? shots - n_left_out : SIZE_MAX;
}

/* Row `row` is what the evaluator makes of the prompt with just the shots that are shown. */
static void check_fewer(const bs_tables *results, size_t row, const bs_task *task,
                        const bs_prompter *prompter, const parts *p) {
  const bs_example_row *of = &results->examples[row];
  const bs_example *example = &task->examples[of->example];
  bs_error err = {0};
  bs_text prompt = {0};
  size_t n = letters_of(prompter, of->example, of->shots - of->shots_shown, &prompt);
  CU_ASSERT_EQUAL(of->prompt_tokens, n);
  for (size_t k = 0; k < of->n_choices; k++) {
    bs_tokens context = {0}, answer = {0};
    BS_TEST_OK(encode_pair(p->tokenizer, BS_BORDER_JOINT, prompt.data, prompt.n_bytes,
                           example->choices[k].text, strlen(example->choices[k].text), &context,
                           &answer, NULL, &err),
               err);
    bs_token_span span = {answer.ids, answer.n};
    bs_score_request request = {
        .context = {context.ids, context.n}, .continuations = &span, .n_continuations = 1};
    bs_score_result *scored = NULL;
    BS_TEST_OK(bs_engine_score(p->engine, &request, 1, &scored, &err), err);
    CU_ASSERT_EQUAL(results->choices[of->first_choice + k].logprob, scored[0].scores[0].logprob);
    bs_score_results_free(&scored, 1);
    bs_tokens_free(&context);
    bs_tokens_free(&answer);
  }
  bs_text_free(&prompt);
}

/* A task of choices, and one of texts, whose new tokens need room. */
static const struct {
  const char *task;
  uint32_t shots;
  size_t max_tokens, n_behind; /* letters that generation needs */
} kinds[] = {{"ladder_bias_ambiguous", 9, 16, 0}, {"ladder_addition", 6, 151, 151}};
enum { N_KINDS = sizeof kinds / sizeof *kinds };

static void shots_are_dropped_until_it_fits(void) {
  parts p = open_parts(MODEL);
  for (size_t k = 0; k < N_KINDS; k++) {
    bs_task *task = load(kinds[k].task);
    uint32_t shots = kinds[k].shots;
    bs_prompter *prompter = new_prompter(task, shots);
    bs_tables *cut = run(BS_OVERLONG_CUT, kinds[k].max_tokens, task, shots, N_EXAMPLES);
    bs_tables *fewer = run(BS_OVERLONG_FEWER_SHOTS, kinds[k].max_tokens, task, shots, N_EXAMPLES);
    size_t n_fewer = 0;
    CU_ASSERT_EQUAL(fewer->n_skipped, 0);
    for (size_t i = 0; i < N_EXAMPLES; i++) {
      const bs_example_row *row = &fewer->examples[i];
      size_t expected = fitting_shots(prompter, task, i, shots, kinds[k].n_behind);
      CU_ASSERT_EQUAL(row->shots, shots);
      CU_ASSERT_EQUAL(row->shots_shown, expected);
      CU_ASSERT_EQUAL(row->truncated_tokens, 0);
      CU_ASSERT_EQUAL(cut->examples[i].shots_shown, shots);
      CU_ASSERT_EQUAL(cut->examples[i].truncated_tokens > 0, expected < shots);
      check_fewer(fewer, i, task, prompter, &p);
      n_fewer += expected < shots;
    }
    CU_ASSERT_TRUE(n_fewer > 0 && n_fewer < N_EXAMPLES);
    bs_tables *again = run(BS_OVERLONG_FEWER_SHOTS, kinds[k].max_tokens, task, shots, 5);
    check_same(fewer, again);
    bs_tables_free(&again);
    bs_tables_free(&cut);
    bs_tables_free(&fewer);
    bs_prompter_free(&prompter);
    bs_task_free(&task);
  }
  close_parts(&p);
}

static void what_is_too_long_is_left_out(void) {
  for (size_t k = 0; k < N_KINDS; k++) {
    bs_task *task = load(kinds[k].task);
    uint32_t shots = kinds[k].shots;
    bs_prompter *prompter = new_prompter(task, shots);
    bs_tables *cut = run(BS_OVERLONG_CUT, kinds[k].max_tokens, task, shots, N_EXAMPLES);
    bs_tables *kept = run(BS_OVERLONG_SKIP, kinds[k].max_tokens, task, shots, N_EXAMPLES);
    bs_tables *again = run(BS_OVERLONG_SKIP, kinds[k].max_tokens, task, shots, 7);
    check_same(kept, again);
    CU_ASSERT_EQUAL_FATAL(kept->n_skipped, again->n_skipped);
    CU_ASSERT_TRUE(kept->n_skipped > 0 && kept->n_examples > 0);
    size_t at = 0, at_skipped = 0;
    for (size_t i = 0; i < N_EXAMPLES; i++) {
      const bs_example_row *row = &cut->examples[i];
      if (fitting_shots(prompter, task, i, shots, kinds[k].n_behind) == shots) {
        const bs_example_row *same = &kept->examples[at++];
        CU_ASSERT_EQUAL(same->example, i);
        CU_ASSERT_STRING_EQUAL(same->prediction, row->prediction);
        CU_ASSERT_EQUAL(same->target_logprob, row->target_logprob);
        continue;
      }
      const bs_skipped_row *left_out = &kept->skipped[at_skipped++];
      CU_ASSERT_EQUAL(left_out->example, i);
      CU_ASSERT_EQUAL(left_out->shots, shots);
      CU_ASSERT_EQUAL(left_out->prompt_tokens, row->prompt_tokens);
      CU_ASSERT_EQUAL(memcmp(left_out, &again->skipped[at_skipped - 1], sizeof *left_out), 0);
    }
    CU_ASSERT_EQUAL(at, kept->n_examples);
    CU_ASSERT_EQUAL(at_skipped, kept->n_skipped);
    bs_tables_free(&cut);
    bs_tables_free(&kept);
    bs_tables_free(&again);
    bs_prompter_free(&prompter);
    bs_task_free(&task);
  }
}

/* A reasoning may take all its tokens: with room for them nothing is ever cut. */
static void reasonings_have_room(void) {
  bs_task *task = load("ladder_facts");
  task->reasoning_prompt = strdup("say ");
  task->answer_prompt = strdup("\nA: ");
  task->max_new_tokens = 120;
  bs_tables *cut = run(BS_OVERLONG_CUT, 8, task, 5, N_EXAMPLES);
  bs_tables *fewer = run(BS_OVERLONG_FEWER_SHOTS, 8, task, 5, N_EXAMPLES);
  bs_tables *kept = run(BS_OVERLONG_SKIP, 8, task, 5, N_EXAMPLES);
  size_t n_cut = 0, n_fewer = 0;
  for (size_t i = 0; i < N_EXAMPLES; i++) {
    n_cut += cut->examples[i].truncated_tokens > 0;
    n_fewer += fewer->examples[i].shots_shown < 5;
    CU_ASSERT_EQUAL(fewer->examples[i].truncated_tokens, 0);
  }
  for (size_t i = 0; i < kept->n_examples; i++)
    CU_ASSERT_EQUAL(kept->examples[i].truncated_tokens, 0);
  CU_ASSERT_TRUE(n_cut > 0 && n_fewer >= n_cut);
  CU_ASSERT_EQUAL(kept->n_skipped, n_fewer);
  bs_tables_free(&cut);
  bs_tables_free(&fewer);
  bs_tables_free(&kept);
  bs_task_free(&task);
}

/* Without shots there is nothing left to drop; and more new tokens than positions, or an answer
   that is longer, no prompt can mend. */
static void some_prompts_cannot_be_mended(void) {
  bs_error err = {0};
  bs_text json = {0};
  bs_text_append_string(&json, "{\"metrics\": [\"exact_str_match\"], \"examples\": [{\"input\": \"",
                        &err);
  for (size_t i = 0; i < N_POSITIONS; i++)
    bs_text_append_string(&json, "a", &err);
  bs_text_append_string(&json, "\", \"target\": \"b\"}, {\"input\": \"a\", \"target\": \"b\"}]}",
                        &err);
  bs_task *task = NULL;
  BS_TEST_OK(bs_task_parse(&task, json.data, json.n_bytes, "small.json", NULL, NULL, &err), err);
  CU_ASSERT_PTR_NOT_NULL_FATAL(task);
  bs_prompter *prompter = new_prompter(task, 0);
  bs_evaluator *evaluator = open_model(BS_OVERLONG_FEWER_SHOTS, 8);
  bs_tables *results = new_results();
  BS_TEST_OK(bs_evaluator_run(evaluator, task, prompter, 0, 0, 2, 0, 0, results, &err), err);
  CU_ASSERT_EQUAL_FATAL(results->n_examples, 2);
  CU_ASSERT_TRUE(results->examples[0].truncated_tokens > 0);
  CU_ASSERT_EQUAL(results->examples[1].truncated_tokens, 0);
  bs_tables_free(&results);
  close_evaluator(&evaluator);
  evaluator = open_model(BS_OVERLONG_SKIP, N_POSITIONS + 1);
  results = new_results();
  BS_TEST_FAILS(bs_evaluator_run(evaluator, task, prompter, 0, 1, 1, 0, 0, results, &err),
                BS_ERR_LIMIT, err, "257 new tokens");
  CU_ASSERT_EQUAL(results->n_skipped, 0);
  bs_tables_free(&results);
  bs_prompter_free(&prompter);
  close_evaluator(&evaluator);
  bs_task_free(&task);
  bs_text_free(&json);
}

/* Looking at prompts alone tells what a run comes to. */
static void prompts_are_counted_beforehand(void) {
  static const bs_overlong ways[] = {BS_OVERLONG_CUT, BS_OVERLONG_FEWER_SHOTS, BS_OVERLONG_SKIP};
  bs_error err = {0};
  for (size_t k = 0; k < N_KINDS; k++) {
    bs_task *task = load(kinds[k].task);
    bs_prompter *prompter = new_prompter(task, kinds[k].shots);
    for (size_t w = 0; w < sizeof ways / sizeof *ways; w++) {
      bs_protocol protocol = {.overlong = ways[w], .max_tokens = kinds[k].max_tokens};
      bs_backend_spec spec = {.place = MODEL, .is_to_look = true};
      bs_evaluator evaluator = {.protocol = protocol};
      bs_prompt_counts counts = {0}, counted = {0};
      BS_TEST_OK(bs_backend_open(&evaluator.backend, &spec, &err), err);
      BS_TEST_OK(bs_evaluator_count_prompts(&evaluator, task, prompter, kinds[k].shots, N_EXAMPLES,
                                            1, &counts, &err),
                 err);
      bs_tables *results = run(ways[w], kinds[k].max_tokens, task, kinds[k].shots, N_EXAMPLES);
      for (size_t i = 0; i < results->n_examples; i++)
        bs_prompt_counts_add_example(&counted, &results->examples[i]);
      for (size_t i = 0; i < results->n_skipped; i++)
        bs_prompt_counts_add_skipped(&counted);
      CU_ASSERT_EQUAL(memcmp(&counts, &counted, sizeof counts), 0);
      CU_ASSERT_EQUAL(counts.prompts, N_EXAMPLES);
      CU_ASSERT_TRUE(bs_prompt_counts_any(&counts));
      BS_TEST_FAILS(
          bs_evaluator_run(&evaluator, task, prompter, kinds[k].shots, 0, 1, 0, 0, results, &err),
          BS_ERR_USAGE, err, "prompts alone");
      bs_tables_free(&results);
      bs_backend_close(&evaluator.backend);
    }
    bs_prompter_free(&prompter);
    bs_task_free(&task);
  }
}

int main(void) {
  static const bs_test tests[] = {
      {"shots are dropped until it fits", shots_are_dropped_until_it_fits},
      {"what is too long is left out", what_is_too_long_is_left_out},
      {"reasonings have room", reasonings_have_room},
      {"some prompts cannot be mended", some_prompts_cannot_be_mended},
      {"prompts are counted beforehand", prompts_are_counted_beforehand},
  };
  return bs_test_main("overlong", tests, sizeof tests / sizeof *tests);
}
