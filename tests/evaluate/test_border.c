/* The border of prompt and answer: no answer without tokens, no token that belongs to both, and one
   prompt for scoring and generating. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "bigsweep/evaluate.h"
#include "evaluating.h"
#include "harness.h"

static const char STORIES[] = "models/stories260K";
static const char LADDER[] = BS_SOURCE_DIR "/models/ladder/s1/30k";

static const bs_engine_options ONE_THREAD = {.n_threads = 1, .precision = BS_PRECISION_F32};

static bs_evaluator *open_model(const char *model, bs_border border, size_t max_tokens) {
  bs_protocol protocol = {
      .seed = 42, .border = border, .max_tokens = max_tokens, .precision = BS_PRECISION_F32};
  return open_evaluator(model, &protocol, &ONE_THREAD);
}

/* A file of the model in the repository, with one text of it replaced by another. */
static void copy_file(const char *folder, const char *name, const char *old, const char *new) {
  char from[1024], to[1024];
  snprintf(from, sizeof from, "%s/%s", LADDER, name);
  snprintf(to, sizeof to, "%s/%s", folder, name);
  bs_text bytes = bs_test_read(from);
  FILE *file = fopen(to, "wb");
  CU_ASSERT_PTR_NOT_NULL_FATAL(file);
  size_t n = bytes.n_bytes;
  const char *at = old != NULL ? strstr(bytes.data, old) : NULL;
  CU_ASSERT_TRUE(old == NULL || at != NULL);
  if (at != NULL) {
    size_t before = (size_t)(at - bytes.data);
    fwrite(bytes.data, 1, before, file);
    fwrite(new, 1, strlen(new), file);
    fwrite(at + strlen(old), 1, n - before - strlen(old), file);
  } else {
    fwrite(bytes.data, 1, n, file);
  }
  fclose(file);
  bs_text_free(&bytes);
}

/* The ladder's model with a vocabulary of letters in which ":n" and ":A" are tokens too, as they
   are in those of Llama 3 and Qwen; it has no x, y and z. */
static const char *spanning_model(void) {
  static char folder[512];
  if (folder[0] != '\0')
    return folder;
  snprintf(folder, sizeof folder, "%s", bs_test_path("spanning"));
  mkdir(folder, 0700);
  copy_file(folder, "config.json", NULL, NULL);
  copy_file(folder, "model.safetensors", NULL, NULL);
  copy_file(folder, "tokenizer.json",
            "\"x\": 41,\n      \"y\": 42,\n      \"z\": 43\n    },\n    \"merges\": []",
            "\":n\": 41, \": \": 42, \": A\": 43}, \"merges\": [[\":\", \"n\"], [\":\", \" \"], "
            "[\": \", \"A\"]]");
  return folder;
}

/* BPE over letters; what is no letter of it is dropped. */
static bs_tokenizer *small_tokenizer(const char *normalizer) {
  bs_text json = {0};
  bs_error err = {0};
  bs_tokenizer *tokenizer = NULL;
  bs_text_printf(
      &json, &err,
      "{\"version\": \"1.0\", \"added_tokens\": [], \"normalizer\": %s, "
      "\"pre_tokenizer\": null, \"post_processor\": null, \"decoder\": {\"type\": "
      "\"Fuse\"}, \"model\": {\"type\": \"BPE\", \"vocab\": {\"a\": 0, \"b\": 1, \":\": 2, "
      "\":b\": 3, \" \": 4, \"\\n\": 5}, \"merges\": [\": b\"]}}",
      normalizer);
  BS_TEST_OK(bs_tokenizer_parse(&tokenizer, json.data, json.n_bytes, "small", &err), err);
  CU_ASSERT_PTR_NOT_NULL_FATAL(tokenizer);
  bs_text_free(&json);
  return tokenizer;
}

static void check_pair(const bs_tokenizer *tokenizer, bs_border border, const char *context,
                       const char *continuation, const char *expected, bool expected_spans) {
  bs_error err = {0};
  bs_tokens a = {0}, b = {0};
  bs_text text = {0};
  bool spans;
  BS_TEST_OK(bs_encode_pair(tokenizer, border, context, strlen(context), continuation,
                            strlen(continuation), &a, &b, &spans, &err),
             err);
  for (size_t i = 0; i < a.n; i++)
    bs_text_printf(&text, &err, "%d ", a.ids[i]);
  bs_text_append_string(&text, "|", &err);
  for (size_t i = 0; i < b.n; i++)
    bs_text_printf(&text, &err, " %d", b.ids[i]);
  CU_ASSERT_STRING_EQUAL(text.data, expected);
  CU_ASSERT_EQUAL(spans, expected_spans);
  bs_tokens_free(&a);
  bs_tokens_free(&b);
  bs_text_free(&text);
}

static void tokens_belong_to_one_side(void) {
  bs_tokenizer *tokenizer = small_tokenizer("null");
  check_pair(tokenizer, BS_BORDER_JOINT, "a:", "a", "0 2 | 0", false);
  check_pair(tokenizer, BS_BORDER_JOINT, "a:", "b", "0 2 | 1", true);
  check_pair(tokenizer, BS_BORDER_JOINT, "a:", "ba", "0 2 | 1 0", true);
  check_pair(tokenizer, BS_BORDER_JOINT, "a: ", "b", "0 2 | 4 1", false);
  check_pair(tokenizer, BS_BORDER_JOINT, "a:\n ", "", "0 2 | 5 4", false);
  check_pair(tokenizer, BS_BORDER_JOINT, "", "b", "| 1", false);
  check_pair(tokenizer, BS_BORDER_JOINT, " ", "b", "| 4 1", false);
  check_pair(tokenizer, BS_BORDER_SEPARATE, "a:", "b", "0 2 | 1", false);
  check_pair(tokenizer, BS_BORDER_SEPARATE, "a: ", "b", "0 2 4 | 1", false);
  bs_tokenizer_free(&tokenizer);
  /* A normaliser that takes the space at the end away: the answer keeps the one before it. */
  tokenizer =
      small_tokenizer("{\"type\": \"Strip\", \"strip_left\": false, \"strip_right\": true}");
  check_pair(tokenizer, BS_BORDER_JOINT, "a: ", "b", "0 2 | 4 1", false);
  bs_tokenizer_free(&tokenizer);
}

static void answers_without_tokens_are_refused(void) {
  bs_error err = {0};
  bs_tokens a = {0}, b = {0};
  bs_tokenizer *tokenizer = small_tokenizer("null");
  BS_TEST_FAILS(
      bs_encode_pair(tokenizer, BS_BORDER_JOINT, "a:", 2, "\xC3\xA9", 2, &a, &b, NULL, &err),
      BS_ERR_INPUT, err, "the answer \"\xC3\xA9\" has no tokens");
  bs_tokenizer_free(&tokenizer);
  tokenizer = small_tokenizer("{\"type\": \"Strip\", \"strip_left\": true, \"strip_right\": true}");
  BS_TEST_FAILS(bs_encode_pair(tokenizer, BS_BORDER_JOINT, "a:", 2, " ", 1, &a, &b, NULL, &err),
                BS_ERR_INPUT, err, "the answer \" \" has no tokens");
  /* Nothing at all is nothing to score, and no error of the call. */
  a.n = b.n = 0;
  check_pair(tokenizer, BS_BORDER_JOINT, "a:", "", "0 2 |", false);
  bs_tokenizer_free(&tokenizer);
  bs_tokens_free(&a);
  bs_tokens_free(&b);
}

/* Of all tokenizers: the tokens of the context are those of the context alone, whatever comes
   behind; the answer has some; and the two are one text's where no token spans. */
static void check_rule(const bs_tokenizer *tokenizer, const char *context, const char *answer,
                       size_t counts[2]) {
  bs_error err = {0};
  bs_tokens a = {0}, b = {0}, head = {0}, whole = {0};
  bs_text text = {0};
  bool spans = false;
  size_t n = strlen(context);
  while (n > 0 && strchr(" \n", context[n - 1]) != NULL)
    n--;
  bs_text_printf(&text, &err, "%s%s", context, answer);
  BS_TEST_OK(bs_encode_pair(tokenizer, BS_BORDER_JOINT, context, strlen(context), answer,
                            strlen(answer), &a, &b, &spans, &err),
             err);
  BS_TEST_OK(bs_tokenizer_encode(tokenizer, context, n, false, &head, &err), err);
  BS_TEST_OK(bs_tokenizer_encode(tokenizer, text.data, text.n_bytes, false, &whole, &err), err);
  CU_ASSERT_TRUE_FATAL(b.n > 0 && a.n >= head.n);
  size_t n_prefix = a.n - head.n;
  CU_ASSERT_TRUE(head.n == 0 || memcmp(a.ids + n_prefix, head.ids, head.n * sizeof *head.ids) == 0);
  bool same = whole.n == head.n + b.n &&
              (head.n == 0 || memcmp(whole.ids, head.ids, head.n * sizeof *head.ids) == 0) &&
              memcmp(whole.ids + head.n, b.ids, b.n * sizeof *b.ids) == 0;
  CU_ASSERT_TRUE(same || spans);
  counts[spans]++;
  bs_tokens_free(&a);
  bs_tokens_free(&b);
  bs_tokens_free(&head);
  bs_tokens_free(&whole);
  bs_text_free(&text);
}

static void every_tokenizer_keeps_the_rule(void) {
  static const char *const tokenizers[] = {"gpt2",     "gpt-neox",   "llama2", "mistral",
                                           "llama3",   "qwen2.5",    "qwen3",  "gemma",
                                           "t5-legal", "stories260k"};
  static const char *const contexts[] = {"Is ice cold?\nAnswer:",
                                         "Q: 1+1=",
                                         "\nA:",
                                         "wa",
                                         "(",
                                         "He said \"",
                                         "\xE4\xBD\xA0",
                                         "a\n",
                                         "x:\n\n",
                                         "",
                                         "co",
                                         "1",
                                         "the end."};
  static const char *const blanks[] = {"", " ", "\n", "  "};
  static const char *const answers[] = {
      "no", "yes", "true",         "false",     "none",     "left",    "right", "A",
      "B",  " C",  "D)",           "s",         "2",        " 7",      ".",     "\"",
      "\n", " ",   "\xE5\xA5\xBD", "e\xCC\x81", "\xCC\x81", "the cat", "-1"};
  bool any_spans = false;
  for (size_t t = 0; t < sizeof tokenizers / sizeof *tokenizers; t++) {
    char path[64];
    snprintf(path, sizeof path, "tokenizers/%s", tokenizers[t]);
    if (!bs_test_have_data(path))
      return;
    bs_tokenizer *tokenizer = NULL;
    bs_error err = {0};
    size_t counts[2] = {0};
    bs_status status = bs_tokenizer_open(&tokenizer, bs_test_data(path), &err);
    if (status == BS_ERR_UNSUPPORTED) /* its normaliser */
      continue;
    BS_TEST_OK(status, err);
    CU_ASSERT_PTR_NOT_NULL_FATAL(tokenizer);
    for (size_t c = 0; c < sizeof contexts / sizeof *contexts; c++)
      for (size_t b = 0; b < sizeof blanks / sizeof *blanks; b++)
        for (size_t a = 0; a < sizeof answers / sizeof *answers; a++) {
          char context[128];
          snprintf(context, sizeof context, "%s%s", contexts[c], blanks[b]);
          /* T5's has no token for white space alone */
          if (strcmp(tokenizers[t], "t5-legal") != 0 || strspn(answers[a], " \n") == 0)
            check_rule(tokenizer, context, answers[a], counts);
        }
    CU_ASSERT_TRUE(counts[0] > counts[1]);
    any_spans |= counts[1] > 0;
    bs_tokenizer_free(&tokenizer);
  }
  CU_ASSERT_TRUE(any_spans);
}

/* The log-probability of tokens that are given. */
static double logprob_of(bs_engine *engine, const bs_tokens *context, const bs_tokens *answer,
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

static bs_tables *run(bs_evaluator *evaluator, const bs_task *task, uint32_t shots) {
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

/* Choices behind ":" of which a token spans the border for some, against ids put together here. */
static void check_choices(bs_evaluator *evaluator, const parts *p, const bs_task *task,
                          size_t n_spanned) {
  bs_error err = {0};
  bs_prompter *prompter = NULL;
  bs_tables *results = run(evaluator, task, 0);
  BS_TEST_OK(bs_prompter_new(&prompter, task, 0, 42, &err), err);
  for (size_t i = 0; i < results->n_examples; i++) {
    const bs_example_row *row = &results->examples[i];
    bs_text prompt = {0};
    BS_TEST_OK(bs_prompter_append(prompter, i, &prompt, &err), err);
    CU_ASSERT_EQUAL(row->border, n_spanned);
    for (size_t k = 0; k < row->n_choices; k++) {
      const bs_choice_row *choice = &results->choices[row->first_choice + k];
      const char *text = task->examples[i].choices[k].text;
      bs_tokens context = {0}, alone = {0};
      size_t n_greedy;
      BS_TEST_OK(
          bs_tokenizer_encode(p->tokenizer, prompt.data, prompt.n_bytes, false, &context, &err),
          err);
      BS_TEST_OK(bs_tokenizer_encode(p->tokenizer, text, strlen(text), false, &alone, &err), err);
      CU_ASSERT_EQUAL(choice->tokens, alone.n);
      CU_ASSERT_TRUE(choice->tokens > 0 && choice->logprob < 0);
      double expected = logprob_of(p->engine, &context, &alone, &n_greedy);
      CU_ASSERT_TRUE(same_bits(&choice->logprob, &expected, 1));
      bs_tokens_free(&context);
      bs_tokens_free(&alone);
    }
    bs_text_free(&prompt);
  }
  bs_prompter_free(&prompter);
  bs_tables_free(&results);
}

/* Choices, letters of MMLU, questions of BBQ and of the Inverse Scaling Prize, by their readers. */
static void no_answer_is_certain_for_want_of_tokens(void) {
  static const struct {
    const char *text, *name;
    const char *output_prefix; /* NULL: as the format has it */
    size_t n_spanned;
  } files[] = {
      {"{\"metrics\": [\"multiple_choice_grade\"], \"append_choices_to_input\": false, "
       "\"example_output_prefix\": \"\\nA:\", \"examples\": [{\"input\": \"is 1 odd\", "
       "\"target_scores\": {\"so\": 1, \"no\": 0}}, {\"input\": \"is 2 odd\", \"target_scores\": "
       "{\"so\": 0, \"no\": 1}}]}",
       "task.json", NULL, 1},
      {"which,b,c,d,e,A\nwhat,q,r,s,t,C\n", "letters_test.csv", NULL, 4},
      {",prompt,classes,answer_index\n0,\"is it:\",\"['so', 'no', 'nor']\",1\n", "classes.csv",
       NULL, 2},
      {"{\"input\": \"is it\", \"choices\": [\"so\", \"no\"], \"answer\": 1}\n", "own.jsonl",
       "\nA:", 1},
  };
  bs_evaluator *evaluator = open_model(spanning_model(), BS_BORDER_JOINT, 8);
  parts p = open_parts(spanning_model());
  for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
    bs_task *task = NULL;
    bs_error err = {0};
    BS_TEST_OK(bs_task_load(&task,
                            bs_test_write(files[i].name, files[i].text, strlen(files[i].text)),
                            NULL, NULL, &err),
               err);
    CU_ASSERT_PTR_NOT_NULL_FATAL(task);
    if (files[i].output_prefix != NULL) {
      free(task->output_prefix);
      task->output_prefix = strdup(files[i].output_prefix);
    }
    check_choices(evaluator, &p, task, files[i].n_spanned);
    bs_task_free(&task);
  }
  close_parts(&p);
  close_evaluator(&evaluator);
}

static bs_task *parse(const char *json) {
  bs_task *task = NULL;
  bs_error err = {0};
  BS_TEST_OK(bs_task_parse(&task, json, strlen(json), "small.json", NULL, NULL, &err), err);
  CU_ASSERT_PTR_NOT_NULL_FATAL(task);
  return task;
}

/* An empty choice cannot be scored, an empty accepted answer need not be. */
static void empty_answers_do_not_win(void) {
  static const char CHOICES[] =
      "{\"metrics\": [\"multiple_choice_grade\"], \"example_output_prefix\": \"\\nA:\", "
      "\"append_choices_to_input\": false, \"examples\": [{\"input\": \"a\", \"target_scores\": "
      "{\"b\": 1}}, {\"input\": \"c\", \"target_scores\": {\"b\": 1, \"\": 0}}]}";
  static const char TARGETS[] =
      "{\"metrics\": [\"exact_str_match\"], \"example_output_prefix\": \"\\nA:\", \"examples\": ["
      "{\"input\": \"a\", \"target\": [\"\", \"b\"]}, {\"input\": \"c\", \"target\": \"\"}]}";
  bs_error err = {0};
  bs_prompter *prompter = NULL;
  bs_evaluator *evaluator = open_model(LADDER, BS_BORDER_JOINT, 4);
  bs_task *task = parse(CHOICES);
  bs_tables *results = new_results();
  BS_TEST_OK(bs_prompter_new(&prompter, task, 0, 42, &err), err);
  BS_TEST_FAILS(bs_evaluator_run(evaluator, task, prompter, 0, 0, 2, 0, 0, results, &err),
                BS_ERR_INPUT, err, "example 1: the answer is empty");
  CU_ASSERT_EQUAL(results->n_examples, 0);
  bs_tables_free(&results);
  bs_prompter_free(&prompter);
  bs_task_free(&task);

  task = parse(TARGETS);
  results = run(evaluator, task, 0);
  CU_ASSERT_TRUE(results->examples[0].target_logprob < 0);
  CU_ASSERT_EQUAL(number_of(results, 0, "answer"), 1);
  CU_ASSERT_TRUE(isnan(results->examples[1].target_logprob));
  CU_ASSERT_TRUE(isnan(number_of(results, 1, "log_likelihood")));
  CU_ASSERT_TRUE(isnan(number_of(results, 1, "answer_tokens")));
  CU_ASSERT_FALSE(isnan(number_of(results, 1, "exact_str_match")));
  bs_tables_free(&results);
  bs_task_free(&task);
  close_evaluator(&evaluator);
}

/* The text of tokens that are given, behind a prompt. */
static void check_text(const char *model, bs_border border, const char *prompt, const char *text,
                       const char *expected) {
  bs_error err = {0};
  bs_tokenizer *tokenizer = NULL;
  bs_generation_prompt *opened = NULL;
  bs_tokens before = {0}, all = {0};
  bs_text got = {0}, whole = {0};
  BS_TEST_OK(bs_tokenizer_open(&tokenizer, model, &err), err);
  BS_TEST_OK(bs_generation_prompt_new(&opened, tokenizer, border, prompt, strlen(prompt), &err),
             err);
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
    bs_tables *results = run(evaluator, task, 0);
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
  BS_TEST_OK(bs_generation_prompt_new(&opened, p->tokenizer, BS_BORDER_JOINT, prompt,
                                      strlen(prompt), &err),
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
    BS_TEST_OK(bs_encode_pair(p->tokenizer, BS_BORDER_JOINT, prompt, strlen(prompt), text.data, n,
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
    bs_tables *results = run(evaluator, task, 1);
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
      {"tokens belong to one side", tokens_belong_to_one_side},
      {"answers without tokens are refused", answers_without_tokens_are_refused},
      {"every tokenizer keeps the rule", every_tokenizer_keeps_the_rule},
      {"no answer is certain for want of tokens", no_answer_is_certain_for_want_of_tokens},
      {"empty answers do not win", empty_answers_do_not_win},
      {"moved white space comes off the front", moved_white_space_comes_off_the_front},
      {"cuts are made behind it", cuts_are_made_behind_it},
      {"greedy text begins with greedy answers", greedy_text_begins_with_greedy_answers},
      {"rows agree on what is greedy", rows_agree_on_what_is_greedy},
  };
  return bs_test_main("border", tests, sizeof tests / sizeof *tests);
}
