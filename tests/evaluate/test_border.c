/* The border of prompt and answer: no answer without tokens, and no token that belongs to both. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "backend/pairs.h"
#include "bigsweep/evaluate.h"
#include "evaluating.h"
#include "harness.h"
#include "small_tasks.h"

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
  BS_TEST_OK(encode_pair(tokenizer, border, context, strlen(context), continuation,
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
  BS_TEST_FAILS(encode_pair(tokenizer, BS_BORDER_JOINT, "a:", 2, "\xC3\xA9", 2, &a, &b, NULL, &err),
                BS_ERR_INPUT, err, "the answer \"\xC3\xA9\" has no tokens");
  bs_tokenizer_free(&tokenizer);
  tokenizer = small_tokenizer("{\"type\": \"Strip\", \"strip_left\": true, \"strip_right\": true}");
  BS_TEST_FAILS(encode_pair(tokenizer, BS_BORDER_JOINT, "a:", 2, " ", 1, &a, &b, NULL, &err),
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
  BS_TEST_OK(encode_pair(tokenizer, BS_BORDER_JOINT, context, strlen(context), answer,
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

/* Choices behind ":" of which a token spans the border for some, against ids put together here. */
static void check_choices(bs_evaluator *evaluator, const parts *p, const bs_task *task,
                          size_t n_spanned) {
  bs_error err = {0};
  bs_prompter *prompter = NULL;
  bs_tables *results = run_all(evaluator, task, 0);
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
  results = run_all(evaluator, task, 0);
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

int main(void) {
  static const bs_test tests[] = {
      {"tokens belong to one side", tokens_belong_to_one_side},
      {"answers without tokens are refused", answers_without_tokens_are_refused},
      {"every tokenizer keeps the rule", every_tokenizer_keeps_the_rule},
      {"no answer is certain for want of tokens", no_answer_is_certain_for_want_of_tokens},
      {"empty answers do not win", empty_answers_do_not_win},
  };
  return bs_test_main("border", tests, sizeof tests / sizeof *tests);
}
