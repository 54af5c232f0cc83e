/* Prompts within a wrap, as a model reads them: what is scored and generated behind them, what is
   cut of them, and that none of it depends on the batch. A token of the ladder's models is a
   letter, and they have 256 positions. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bigsweep/evaluate.h"
#include "evaluating.h"
#include "harness.h"

static const char MODEL[] = BS_SOURCE_DIR "/models/ladder/s1/30k";
enum { N_POSITIONS = 256, N_EXAMPLES = 12 };

static bs_wrap *wrap_of(const char *text) {
  bs_error err = {0};
  bs_wrap *wrap = NULL;
  BS_TEST_OK(bs_wrap_parse(&wrap, text, "test", &err), err);
  CU_ASSERT_PTR_NOT_NULL_FATAL(wrap);
  return wrap;
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

static bs_prompter *new_prompter(const bs_task *task, size_t shots) {
  bs_prompter *prompter = NULL;
  bs_error err = {0};
  BS_TEST_OK(bs_prompter_new(&prompter, task, shots, 42, &err), err);
  CU_ASSERT_PTR_NOT_NULL_FATAL(prompter);
  return prompter;
}

/* The first examples in calls of `step`. */
static bs_tables *run(const char *model, const bs_wrap *wrap, const bs_task *task, uint32_t shots,
                      size_t step) {
  static const bs_engine_options ONE_THREAD = {.n_threads = 1};
  const bs_protocol protocol = {.seed = 42, .max_tokens = 8, .precision = BS_PRECISION_F32};
  bs_evaluator *evaluator = open_evaluator(model, &protocol, &ONE_THREAD);
  bs_prompter *prompter = new_prompter(task, shots);
  bs_tables *results = new_results();
  bs_error err = {0};
  evaluator->wrap = wrap;
  for (size_t i = 0; i < N_EXAMPLES; i += step)
    BS_TEST_OK(bs_evaluator_run(evaluator, task, prompter, shots, i, step, 0, 0, results, &err),
               err);
  CU_ASSERT_EQUAL_FATAL(results->n_examples, N_EXAMPLES);
  bs_prompter_free(&prompter);
  close_evaluator(&evaluator);
  return results;
}

static bs_tokens encode(const parts *p, const char *text) {
  bs_error err = {0};
  bs_tokens ids = {0};
  BS_TEST_OK(bs_tokenizer_encode(p->tokenizer, text, strlen(text), false, &ids, &err), err);
  return ids;
}

/* log P(answer | context), each encoded alone. */
static double logprob_of(const parts *p, const bs_tokens *context, const char *answer) {
  bs_error err = {0};
  bs_tokens behind = encode(p, answer);
  const bs_token_span span = {behind.ids, behind.n};
  const bs_score_request request = {
      .context = {context->ids, context->n}, .continuations = &span, .n_continuations = 1};
  bs_score_result *results = NULL;
  BS_TEST_OK(bs_engine_score(p->engine, &request, 1, &results, &err), err);
  CU_ASSERT_PTR_NOT_NULL_FATAL(results);
  double logprob = results[0].scores[0].logprob;
  bs_score_results_free(&results, 1);
  bs_tokens_free(&behind);
  return logprob;
}

/* What is left of a wrapped text in front of an answer: the wrap whole, and of the prompt the end.
 */
static bs_tokens cut_plainly(const parts *p, const bs_text *text, const bs_prompt_parts *in,
                             const char *answer, size_t *cut) {
  bs_error err = {0};
  bs_tokens ids = encode(p, text->data), left = {0};
  size_t room = N_POSITIONS + 1 - strlen(answer);
  *cut = ids.n > room ? ids.n - room : 0;
  CU_ASSERT_TRUE_FATAL(*cut < in->n_prompt);
  bs_tokens_append(&left, ids.ids, in->n_before, &err);
  size_t from = in->n_before + *cut;
  bs_tokens_append(&left, ids.ids + from, ids.n - from, &err);
  bs_tokens_free(&ids);
  return left;
}

/* Compares every choice with the plainest computation; returns how many texts were cut. */
static size_t check_choices(const bs_task *task, const bs_wrap *wrap, size_t shots,
                            const bs_tables *results, size_t n_skipped_bytes) {
  parts p = open_parts(MODEL);
  bs_prompter *prompter = new_prompter(task, shots);
  size_t at = 0, n_cut = 0;
  for (size_t i = 0; i < N_EXAMPLES; i++) {
    bs_error err = {0};
    bs_text text = {0};
    bs_prompt_parts in;
    BS_TEST_OK(bs_prompter_append_whole(prompter, i, 0, wrap, &text, &in, &err), err);
    size_t most_cut = 0;
    bool is_moved = in.n_before + in.n_prompt == text.n_bytes && text.data[text.n_bytes - 1] == ' ';
    if (is_moved) /* what ends the context begins the answer */
      text.data[text.n_bytes - 1] = '\0';
    for (size_t k = 0; k < task->examples[i].n_choices; k++, at++) {
      char answer[64];
      size_t cut;
      snprintf(answer, sizeof answer, "%s%s", is_moved ? " " : "",
               task->examples[i].choices[k].text + n_skipped_bytes);
      bs_tokens context = cut_plainly(&p, &text, &in, answer, &cut);
      double expected = logprob_of(&p, &context, answer);
      CU_ASSERT_TRUE(same_bits(&results->choices[at].logprob, &expected, 1));
      most_cut = cut > most_cut ? cut : most_cut;
      bs_tokens_free(&context);
    }
    CU_ASSERT_EQUAL(results->examples[i].truncated_tokens, most_cut);
    CU_ASSERT_EQUAL(results->examples[i].prompt_tokens, text.n_bytes - is_moved);
    n_cut += most_cut > 0;
    bs_text_free(&text);
  }
  CU_ASSERT_EQUAL(at, results->n_choices);
  bs_prompter_free(&prompter);
  close_parts(&p);
  return n_cut;
}

static void choices_are_scored_behind_the_whole_wrap(void) {
  bs_task *task = load("ladder_facts");
  bs_wrap *wrap = wrap_of("{\"before\": \"b\\n\", \"after\": \"\\nA: \\n\"}");
  bs_tables *results = run(MODEL, wrap, task, 1, N_EXAMPLES);
  CU_ASSERT_EQUAL(check_choices(task, wrap, 1, results, 0), 0);
  bs_tables_free(&results);
  bs_wrap_free(&wrap);
  bs_task_free(&task);
}

/* A turn that begins behind a line break begins without a space; " yes" behind "]" keeps its own.
 */
static void an_answer_begins_without_white_space_behind_white_space(void) {
  static const char *const afters[] = {"{\"after\": \"\\n\"}", "{\"after\": \"A:\"}"};
  bs_task *task = load("ladder_facts");
  for (size_t i = 0; i < N_EXAMPLES; i++)
    for (size_t k = 0; k < task->examples[i].n_choices; k++) {
      bs_choice *choice = &task->examples[i].choices[k];
      char *spaced = calloc(strlen(choice->text) + 3, 1);
      CU_ASSERT_PTR_NOT_NULL_FATAL(spaced);
      sprintf(spaced, " \n%s", choice->text);
      free(choice->text);
      choice->text = spaced;
    }
  for (size_t a = 0; a < 2; a++) {
    bs_wrap *wrap = wrap_of(afters[a]);
    bs_tables *results = run(MODEL, wrap, task, 0, N_EXAMPLES);
    check_choices(task, wrap, 0, results, a == 0 ? 2 : 0);
    bs_tables_free(&results);
    bs_wrap_free(&wrap);
  }
  bs_task_free(&task);
}

static void a_cut_leaves_the_wrap_alone(void) {
  bs_task *task = load("ladder_facts");
  static const char *const wraps[] = {
      "{\"before\": \"begin here\\n\", \"after\": \"\\nend there:\\n\"}",
      "{\"before\": \"begin here\\n\"}", "{\"after\": \"\\nend there:\"}"};
  for (size_t i = 0; i < sizeof wraps / sizeof *wraps; i++) {
    bs_wrap *wrap = wrap_of(wraps[i]);
    bs_tables *results = run(MODEL, wrap, task, 12, N_EXAMPLES);
    CU_ASSERT_EQUAL(check_choices(task, wrap, 12, results, 0), N_EXAMPLES);
    bs_tables_free(&results);
    bs_wrap_free(&wrap);
  }
  bs_task_free(&task);
}

static void a_wrap_without_room_is_an_error(void) {
  bs_task *task = load("ladder_facts");
  char text[512];
  bs_error err = {0};
  snprintf(text, sizeof text, "{\"before\": \"%0250d\", \"after\": \"012345678901234567890\"}", 0);
  bs_wrap *wrap = wrap_of(text);
  const bs_protocol protocol = {.seed = 42, .max_tokens = 8, .precision = BS_PRECISION_F32};
  bs_evaluator *evaluator = open_evaluator(MODEL, &protocol, NULL);
  bs_prompter *prompter = new_prompter(task, 0);
  bs_tables *results = new_results();
  evaluator->wrap = wrap;
  BS_TEST_FAILS(bs_evaluator_run(evaluator, task, prompter, 0, 0, 1, 0, 0, results, &err),
                BS_ERR_LIMIT, err, "tokens around the prompt are its wrap's and stay");
  bs_tables_free(&results);
  bs_prompter_free(&prompter);
  close_evaluator(&evaluator);
  bs_wrap_free(&wrap);
  bs_task_free(&task);
}

/* Whole and cut texts, scored and generated: one at a time as all at once. */
static void scores_do_not_depend_on_the_batch(void) {
  static const char *const names[] = {"ladder_facts", "ladder_addition"};
  bs_wrap *wrap = wrap_of("{\"before\": \"begin\\n\", \"after\": \"\\nend:\\n\", \"end\": \"Q\", "
                          "\"between shots\": \"\\n\\n\", \"trim\": true}");
  for (size_t t = 0; t < 2; t++)
    for (uint32_t shots = 0; shots <= 12; shots += 6) {
      bs_task *task = load(names[t]);
      bs_tables *together = run(MODEL, wrap, task, shots, N_EXAMPLES);
      bs_tables *alone = run(MODEL, wrap, task, shots, 1);
      check_same(together, alone);
      bs_tables_free(&together);
      bs_tables_free(&alone);
      bs_task_free(&task);
    }
  bs_wrap_free(&wrap);
}

/* The ladder's model with a letter as a special token, which has no text when it is decoded. */
static const char *model_with_special(char letter) {
  static char folder[512];
  char command[4096], text[2] = {letter, '\0'};
  parts p = open_parts(MODEL);
  int32_t id = bs_tokenizer_id(p.tokenizer, text);
  close_parts(&p);
  snprintf(folder, sizeof folder, "%s", bs_test_path("special"));
  snprintf(
      command, sizeof command,
      "mkdir -p '%s' && cp %s/* '%s' && sed 's/\"added_tokens\": \\[/&{\"id\": %d, \"content\": "
      "\"%c\", \"special\": true},/' %s/tokenizer.json >'%s/tokenizer.json'",
      folder, MODEL, folder, (int)id, letter, MODEL, folder);
  CU_ASSERT_EQUAL_FATAL(system(command), 0);
  return folder;
}

/* What is generated up to the end of the turn, whether that has a text or is a special token. */
static void the_end_of_the_turn_ends_a_text(void) {
  bs_task *task = load("ladder_addition");
  free(task->output_regex);
  task->output_regex = NULL;
  bs_wrap *wrap = wrap_of("{\"before\": \"\\n\", \"after\": \"\\nA: \"}");
  bs_tables *whole = run(MODEL, wrap, task, 2, N_EXAMPLES);
  CU_ASSERT_TRUE_FATAL(strlen(whole->examples[0].generated) > 2);
  char end[] = {whole->examples[0].generated[2], '\0'};
  const char *models[] = {MODEL, model_with_special(*end)};
  wrap->end = end;
  for (size_t m = 0; m < 2; m++) {
    bs_tables *results = run(models[m], wrap, task, 2, N_EXAMPLES);
    CU_ASSERT_TRUE(strlen(results->examples[0].generated) <= 2);
    for (size_t i = 0; i < N_EXAMPLES; i++) {
      const char *text = whole->examples[i].generated;
      size_t n = strcspn(text, end);
      CU_ASSERT_EQUAL(strlen(results->examples[i].generated), n);
      CU_ASSERT_TRUE(strncmp(results->examples[i].generated, text, n) == 0);
    }
    bs_tables_free(&results);
  }
  bs_tables_free(&whole);
  wrap->end = NULL;
  bs_wrap_free(&wrap);
  bs_task_free(&task);
}

/* In two steps the wrap stands around the question, and the model's turn goes on to the answer. */
static void two_steps_are_wrapped_once(void) {
  bs_task *task = load("ladder_facts");
  bs_error err = {0};
  bs_variant *variant = NULL;
  int64_t shots;
  static const char json[] =
      "{\"reasoning_prompt\": \"so\", \"answer_prompt\": \"\\nA: \", \"max_tokens\": 5, \"wrap\": "
      "{\"before\": \"b\\n\", \"after\": \"\\ne: \\n\"}}";
  BS_TEST_OK(bs_variant_parse(&variant, &shots, json, strlen(json), "v", &err), err);
  BS_TEST_OK(bs_task_apply_variant(task, variant, &err), err);
  bs_tables *results = run(MODEL, NULL, task, 0, N_EXAMPLES), *alone = run(MODEL, NULL, task, 0, 1);
  check_same(results, alone);
  parts p = open_parts(MODEL);
  bs_prompter *prompter = new_prompter(task, 0);
  for (size_t i = 0; i < 3; i++) {
    bs_text text = {0};
    bs_prompt_parts in;
    BS_TEST_OK(bs_prompter_append_whole(prompter, i, 0, NULL, &text, &in, &err), err);
    CU_ASSERT_PTR_NOT_NULL(strstr(text.data, "so\ne: \n"));
    bs_text_append_string(&text, results->samples[i].reasoning, &err);
    bs_text_append_string(&text, "\nA:", &err); /* the task's own space moves to the answer */
    bs_tokens context = encode(&p, text.data);
    const bs_choice_row *row = &results->choices[results->examples[i].first_choice];
    char answer[256];
    snprintf(answer, sizeof answer, " %s", task->examples[i].choices[0].text);
    double expected = logprob_of(&p, &context, answer);
    CU_ASSERT_TRUE(same_bits(&row->logprob, &expected, 1));
    bs_tokens_free(&context);
    bs_text_free(&text);
  }
  bs_prompter_free(&prompter);
  close_parts(&p);
  bs_tables_free(&results);
  bs_tables_free(&alone);
  bs_variant_free(&variant);
  bs_task_free(&task);
}

/* Real tokenizers: the ids are those of the text as it is, BOS once; what spells a special token is
   one, in the wrap and in the task, as in the library. */
static void bos_stands_there_once(void) {
  static const struct {
    const char *folder, *wrap, *inside;
    int32_t first;
    size_t n_before;
  } cases[] = {{"tokenizers/llama3", "llama3", "hi <|eot_id|>", 128000, 0},
               {"tokenizers/mistral", "mistral", "hi </s> ho", 1, 0},
               {"tokenizers/mistral", "zephyr", "hi", 1, 1}, /* spells none: the tokenizer's */
               {"tokenizers/gemma", "gemma", "hi", 2, 0},
               {"tokenizers/qwen2.5", "qwen2.5", "hi <|im_start|>", 151644, 0}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    if (!bs_test_have_data(cases[i].folder))
      continue;
    bs_error err = {0};
    bs_tokenizer *tokenizer = NULL;
    bs_tokens prefix = {0}, whole = {0};
    bs_text text = {0};
    bs_kept kept;
    bs_wrap *wrap = wrap_of(cases[i].wrap);
    bs_text_printf(&text, &err, "%s%s%s", wrap->before, cases[i].inside, wrap->after);
    const bs_wrapping wrapping = {.is_there = true,
                                  .n_before_bytes = strlen(wrap->before),
                                  .n_prompt_bytes = strlen(cases[i].inside),
                                  .keeps_end = true};
    BS_TEST_OK(bs_tokenizer_open(&tokenizer, bs_test_data(cases[i].folder), &err), err);
    CU_ASSERT_PTR_NOT_NULL_FATAL(tokenizer);
    BS_TEST_OK(bs_border_prefix(tokenizer, &prefix, &err), err);
    bs_context context;
    BS_TEST_OK(bs_context_open(&context, tokenizer, (bs_token_span){prefix.ids, prefix.n},
                               BS_BORDER_JOINT, text.data, text.n_bytes, &wrapping, &err),
               err);
    BS_TEST_OK(bs_context_kept(&context, &wrapping, &kept, &err), err);
    BS_TEST_OK(bs_tokenizer_encode(tokenizer, text.data, text.n_bytes, false, &whole, &err), err);
    CU_ASSERT_EQUAL_FATAL(context.ids.n, whole.n + cases[i].n_before);
    CU_ASSERT_EQUAL(context.ids.ids[0], cases[i].first);
    CU_ASSERT_TRUE(
        memcmp(context.ids.ids + cases[i].n_before, whole.ids, whole.n * sizeof *whole.ids) == 0);
    CU_ASSERT_EQUAL(context.n_bytes, text.n_bytes);
    CU_ASSERT_TRUE(kept.n_first > cases[i].n_before);
    CU_ASSERT_TRUE(kept.n_last > 0 && kept.n_first + kept.n_last < context.ids.n);
    bs_context_close(&context);
    bs_tokens_free(&prefix);
    bs_tokens_free(&whole);
    bs_text_free(&text);
    bs_wrap_free(&wrap);
    bs_tokenizer_free(&tokenizer);
  }
}

int main(void) {
  static const bs_test tests[] = {
      {"choices are scored behind the whole wrap", choices_are_scored_behind_the_whole_wrap},
      {"an answer begins without white space behind white space",
       an_answer_begins_without_white_space_behind_white_space},
      {"a cut leaves the wrap alone", a_cut_leaves_the_wrap_alone},
      {"a wrap without room is an error", a_wrap_without_room_is_an_error},
      {"scores do not depend on the batch", scores_do_not_depend_on_the_batch},
      {"the end of the turn ends a text", the_end_of_the_turn_ends_a_text},
      {"two steps are wrapped once", two_steps_are_wrapped_once},
      {"BOS stands there once", bos_stands_there_once},
  };
  return bs_test_main("wrapped", tests, sizeof tests / sizeof *tests);
}
