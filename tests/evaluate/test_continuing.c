/* Text generated behind a prompt: the prompt is the one for scoring, and the white space at its end
   comes off the text. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/pairs.h"
#include "bigsweep/evaluate.h"
#include "evaluating.h"
#include "harness.h"
#include "small_tasks.h"

/* The text of tokens that are given, behind a prompt. */
static void check_text(const char *model, bs_border border, const char *prompt, const char *text,
                       const char *expected) {
  bs_error err = {0};
  bs_tokenizer *tokenizer = NULL;
  bs_generation_prompt *opened = NULL;
  bs_tokens before = {0}, all = {0};
  bs_text got = {0}, whole = {0};
  BS_TEST_OK(bs_tokenizer_open(&tokenizer, model, &err), err);
  BS_TEST_OK(open_generation_prompt(&opened, tokenizer, border, prompt, strlen(prompt), &err), err);
  size_t n = strlen(prompt);
  while (border == BS_BORDER_JOINT && n > 0 && strchr(" \n", prompt[n - 1]) != NULL)
    n--;
  BS_TEST_OK(bs_tokenizer_encode(tokenizer, prompt, n, true, &before, &err), err);
  CU_ASSERT_EQUAL_FATAL(bs_generation_prompt_ids(opened).n, before.n);
  bs_text_append(&whole, prompt, n, &err);
  bs_text_append_string(&whole, text, &err);
  BS_TEST_OK(bs_tokenizer_encode(tokenizer, whole.data, whole.n_bytes, true, &all, &err), err);
  BS_TEST_OK(bs_generation_prompt_decode(opened, all.ids + before.n, all.n - before.n, &got, &err),
             err);
  CU_ASSERT_STRING_EQUAL(got.data, expected);
  bs_generation_prompt_free(&opened);
  bs_tokenizer_free(&tokenizer);
  bs_tokens_free(&before);
  bs_tokens_free(&all);
  bs_text_free(&got);
  bs_text_free(&whole);
}

static void moved_white_space_comes_off_the_front(void) {
  check_text(LADDER, BS_BORDER_JOINT, "A: ", " so", "so");
  check_text(LADDER, BS_BORDER_JOINT, "A: ", "  so", " so");
  check_text(LADDER, BS_BORDER_JOINT, "A: ", "so", "so");
  check_text(LADDER, BS_BORDER_JOINT, "A: ", "\nso", "\nso");
  check_text(LADDER, BS_BORDER_JOINT, "A:\n\n", "\nso", "so"); /* as much of it as comes */
  check_text(LADDER, BS_BORDER_JOINT, "A:\n ", "\nso", "so");
  check_text(LADDER, BS_BORDER_JOINT, "A:\n ", " so", " so");
  check_text(LADDER, BS_BORDER_JOINT, "A: ", " ", "");
  check_text(LADDER, BS_BORDER_JOINT, "A:", " so", " so");
  check_text(LADDER, BS_BORDER_SEPARATE, "A: ", " so", " so");
  if (!bs_test_have_data(STORIES))
    return;
  const char *stories = bs_test_data(STORIES);
  check_text(stories, BS_BORDER_JOINT, "named", " Lily", " Lily");
  check_text(stories, BS_BORDER_JOINT, "named ", " Lily", "Lily");
  check_text(stories, BS_BORDER_JOINT, "named ", "  Lily", " Lily");
  check_text(stories, BS_BORDER_JOINT, "", "Lily", "Lily");
  check_text(stories, BS_BORDER_JOINT, "\xE4\xBD\xA0 ", " \xE5\xA5\xBD", "\xE5\xA5\xBD");
  /* As the reference decodes: what a tokenizer drops of a text's beginning is dropped. */
  check_text(stories, BS_BORDER_SEPARATE, "named", " Lily", "Lily");
}

/* The stop string, the length that counts and the expression see the text without it. */
static void cuts_are_made_behind_it(void) {
  static const struct {
    const char *ending;
    char *stop, *regex;
    size_t max_length;
    const char *generated, *prediction;
  } ways[] = {
      {" ", NULL, NULL, 4, "Lily", "Lily"},
      {" ", NULL, "^\\w+", 0, NULL, "Lily"},
      {" ", " ", NULL, 0, NULL, "Lily. "},
      {"", NULL, NULL, 5, " Lily", " Lily"},
      {" ", "Lil", NULL, 0, NULL, "Lily. She loved to"},
  };
  if (!bs_test_have_data(STORIES))
    return;
  bs_evaluator *evaluator = open_model(bs_test_data(STORIES), BS_BORDER_JOINT, 8);
  for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
    bs_task *task =
        parse("{\"metrics\": [\"exact_str_match\"], \"example_input_prefix\": \"\", \"examples\": "
              "[{\"input\": \"Once upon a time, there was a little girl named\", \"target\": "
              "\"Lily\"}]}");
    free(task->output_prefix);
    task->output_prefix = strdup(ways[i].ending);
    char *regex = task->output_regex, *stop = task->stop_string;
    task->output_regex = ways[i].regex;
    task->stop_string = ways[i].stop;
    task->max_length = ways[i].max_length;
    bs_tables *results = run_all(evaluator, task, 0);
    const bs_example_row *row = &results->examples[0];
    if (ways[i].generated != NULL)
      CU_ASSERT_EQUAL(strncmp(row->generated, ways[i].generated, strlen(ways[i].generated)), 0);
    CU_ASSERT_EQUAL(strncmp(row->prediction, ways[i].prediction, strlen(ways[i].prediction)), 0);
    if (i != 4)
      CU_ASSERT_STRING_EQUAL(row->prediction, ways[i].prediction);
    if (ways[i].ending[0] != '\0') /* else the target lacks a space */
      CU_ASSERT_EQUAL(number_of(results, 0, "per_token_accuracy"), 1);
    bs_tables_free(&results);
    task->output_regex = regex;
    task->stop_string = stop;
    bs_task_free(&task);
  }
  close_evaluator(&evaluator);
}

/* Where all of an answer's tokens are the greedy ones, greedy text begins with that answer. Prompts
   of a task, and beginnings of what the model writes as answers. */
static size_t check_greedy(const parts *p, const char *prompt) {
  enum { MAX_TOKENS = 12, MOST_BYTES = 24 };
  bs_error err = {0};
  bs_text prompt_text = {0}, text = {0};
  size_t n_checked = 0;
  bs_text_append_string(&prompt_text, prompt, &err);
  generate_plainly(p, &prompt_text, (bs_generate_request){.max_tokens = MAX_TOKENS}, &text);
  bs_generation_prompt *opened = NULL;
  bs_generate_result *made = NULL;
  bs_text generated = {0};
  BS_TEST_OK(
      open_generation_prompt(&opened, p->tokenizer, BS_BORDER_JOINT, prompt, strlen(prompt), &err),
      err);
  bs_generate_request request = {.prompt = bs_generation_prompt_ids(opened),
                                 .max_tokens = MAX_TOKENS};
  BS_TEST_OK(bs_engine_generate(p->engine, &request, 1, NULL, NULL, &made, &err), err);
  BS_TEST_OK(bs_generation_prompt_decode(opened, made[0].ids, made[0].n_tokens, &generated, &err),
             err);
  CU_ASSERT_STRING_EQUAL(generated.data, text.data);
  for (size_t n = 1; n <= text.n_bytes && n <= MOST_BYTES; n++) {
    bs_tokens context = {0}, answer = {0};
    bool spans;
    size_t n_greedy = 0;
    if (((unsigned char)text.data[n] & 0xC0) == 0x80)
      continue;
    BS_TEST_OK(encode_pair(p->tokenizer, BS_BORDER_JOINT, prompt, strlen(prompt), text.data, n,
                           &context, &answer, &spans, &err),
               err);
    CU_ASSERT_TRUE(logprob_of(p->engine, &context, &answer, &n_greedy) < 0);
    if (!spans && n_greedy == answer.n && answer.n <= MAX_TOKENS) {
      CU_ASSERT_EQUAL(strncmp(generated.data, text.data, n), 0);
      n_checked++;
    }
    bs_tokens_free(&context);
    bs_tokens_free(&answer);
  }
  bs_generate_results_free(&made, 1);
  bs_generation_prompt_free(&opened);
  bs_text_free(&prompt_text);
  bs_text_free(&text);
  bs_text_free(&generated);
  return n_checked;
}

static void greedy_text_begins_with_greedy_answers(void) {
  static const char *const texts[] = {"Once upon a time, there was a little girl named",
                                      "Q: 12+13\nA:",
                                      "\nQ: home rovog\nA:",
                                      "The dog",
                                      "a",
                                      "say gulig\nA:"};
  static const char *const blanks[] = {"", " ", "\n", "  ", " \n"};
  size_t n_checked = 0;
  for (int m = 0; m < 2; m++) {
    if (m == 1 && !bs_test_have_data(STORIES))
      break;
    parts p = open_parts(m == 0 ? LADDER : bs_test_data(STORIES));
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
      for (size_t k = 0; k < sizeof blanks / sizeof *blanks; k++) {
        char prompt[128];
        snprintf(prompt, sizeof prompt, "%s%s", texts[i], blanks[k]);
        n_checked += check_greedy(&p, prompt);
      }
    close_parts(&p);
  }
  CU_ASSERT_TRUE(n_checked > 100);
}

/* The same of whole tasks: /examples says so itself. */
static void rows_agree_on_what_is_greedy(void) {
  static const char *const tasks[] = {"ladder_copy_words", "ladder_addition", "ladder_recite"};
  bs_evaluator *evaluator = open_model(BS_SOURCE_DIR "/models/ladder/s1/1m", BS_BORDER_JOINT, 32);
  size_t n_greedy = 0;
  for (size_t t = 0; t < sizeof tasks / sizeof *tasks; t++) {
    char path[512];
    bs_task *task = NULL;
    bs_error err = {0};
    snprintf(path, sizeof path, "%s/tasks/%s/task.json", BS_SOURCE_DIR, tasks[t]);
    BS_TEST_OK(bs_task_load(&task, path, NULL, NULL, &err), err);
    CU_ASSERT_PTR_NOT_NULL_FATAL(task);
    char *regex = task->output_regex;
    size_t n_examples = task->n_examples;
    task->output_regex = NULL;
    task->n_examples = n_examples < 40 ? n_examples : 40;
    bs_tables *results = run_all(evaluator, task, 1);
    for (size_t i = 0; i < results->n_examples; i++) {
      const bs_example *example = &task->examples[i];
      double n_tokens = number_of(results, i, "answer_tokens");
      if (example->n_choices > 0 || example->n_targets == 0 || results->examples[i].border > 0 ||
          number_of(results, i, "answer_greedy_tokens") < n_tokens)
        continue;
      const char *answer = example->targets[(size_t)number_of(results, i, "answer")];
      CU_ASSERT_EQUAL(strncmp(results->examples[i].generated, answer, strlen(answer)), 0);
      n_greedy++;
    }
    bs_tables_free(&results);
    task->output_regex = regex;
    task->n_examples = n_examples;
    bs_task_free(&task);
  }
  CU_ASSERT_TRUE(n_greedy > 20);
  close_evaluator(&evaluator);
}

int main(void) {
  static const bs_test tests[] = {
      {"moved white space comes off the front", moved_white_space_comes_off_the_front},
      {"cuts are made behind it", cuts_are_made_behind_it},
      {"greedy text begins with greedy answers", greedy_text_begins_with_greedy_answers},
      {"rows agree on what is greedy", rows_agree_on_what_is_greedy},
  };
  return bs_test_main("continuing", tests, sizeof tests / sizeof *tests);
}
