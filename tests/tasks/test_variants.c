/* What variants make of tasks: texts, heads, hashes, generated answers. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "bigsweep/metric.h"
#include "bigsweep/prompt.h"
#include "harness.h"
#include "tasks/task_internal.h"
#include "tasks/variant_internal.h"
#include "varying.h"

static const char TEXT[] =
    "{\"name\": \"t\", \"description\": \"d\", \"keywords\": [], \"metrics\": "
    "[\"exact_str_match\", \"bleu\"], \"preferred_score\": \"bleu\", \"stop_string\": \"\\n\", "
    "\"examples\": [{\"input\": \"1+1\", \"target\": \"2\"}, {\"input\": \"1+2\", \"target\": "
    "[\"3\", \"three\"]}]}";

static bs_text prompts_of(const bs_task *task, size_t shots) {
  bs_error err = {0};
  bs_prompter *prompter = NULL;
  bs_text all = {0};
  BS_TEST_OK(bs_prompter_new(&prompter, task, shots, 42, &err), err);
  for (size_t i = 0; prompter != NULL && i < task->n_examples; i++) {
    bs_prompter_append(prompter, i, &all, &err);
    bs_text_append(&all, "\x1E", 1, &err);
  }
  bs_prompter_free(&prompter);
  return all;
}

static void texts_are_replaced(void) {
  bs_task *task = with(CHOICES, "{\"name\": \"v\", \"example_input_prefix\": \"In: \", "
                                "\"example_output_prefix\": \" Out:\", \"choice_prefix\": \" * \", "
                                "\"few_shot_example_separator\": \"|\", \"task_prefix\": \"\"}");
  CU_ASSERT_STRING_EQUAL(task->name, "t@v");
  CU_ASSERT_STRING_EQUAL(task->variant, "v");
  bs_text text = prompts_of(task, 1);
  CU_ASSERT_PTR_NOT_NULL(strstr(text.data, "|In: i1 * two * one Out:\x1E"));
  CU_ASSERT_PTR_NULL(strchr(text.data, 'P'));
  bs_text_free(&text);
  bs_task_free(&task);
  task = with(CHOICES, "{\"name\": \"hidden\", \"append_choices_to_input\": false}");
  text = prompts_of(task, 0);
  CU_ASSERT_EQUAL(strncmp(text.data, "P\nQ: i0\nA: \x1E", 12), 0);
  CU_ASSERT_EQUAL(task->examples[0].n_choices, 3); /* and still scored */
  bs_text_free(&text);
  bs_task_free(&task);
}

static void empty_texts_are_none(void) {
  bs_task *task = with(TEXT, "{\"name\": \"v\", \"stop_string\": \"\", \"output_regex\": \"\"}");
  CU_ASSERT_PTR_NULL(task->stop_string);
  CU_ASSERT_PTR_NULL(task->output_regex);
  bs_task_free(&task);
  /* null lifts a cut; what is absent is as the task has it */
  task = with(TEXT, "{\"name\": \"v\", \"stop_string\": null, \"max_length\": null}");
  CU_ASSERT_PTR_NULL(task->stop_string);
  CU_ASSERT_EQUAL(task->max_length, 0);
  bs_task_free(&task);
  task = with(CHOICES, "{\"name\": \"v\", \"output_regex\": null, \"task_prefix\": null}");
  CU_ASSERT_PTR_NULL(task->output_regex);
  CU_ASSERT_STRING_EQUAL(task->task_prefix, "P");
  bs_task_free(&task);
  task = with(CHOICES, "{\"name\": \"v\", \"append_choices_to_input\": false}");
  CU_ASSERT_PTR_NOT_NULL(task->output_regex);
  CU_ASSERT_EQUAL(task->max_length, 128);
  bs_task_free(&task);
  /* white space at the ends of a choice is no reason that it cannot be generated */
  task =
      with("{\"metrics\": [\"multiple_choice_grade\"], \"stop_string\": \"\\n\", \"output_regex\": "
           "\"\\\\S+\", \"examples\": [{\"input\": \"i\", \"target_scores\": {\" A\": 1, \" B\": "
           "0}}]}",
           "{\"name\": \"v\", \"answer\": \"text\"}");
  CU_ASSERT_STRING_EQUAL(task->examples[0].targets[0], " A");
  bs_task_free(&task);
  task = with(TEXT, "{\"name\": \"v\", \"max_length\": 7, \"max_tokens\": 9}");
  CU_ASSERT_STRING_EQUAL(task->stop_string, "\n");
  CU_ASSERT_EQUAL(task->max_length, 7);
  CU_ASSERT_EQUAL(task->max_new_tokens, 9);
  bs_task_free(&task);
}

static void heads_go_first(void) {
  static const struct {
    const char *file, *head;
  } cases[] = {{"canary\n-----\nHead.\n", "Head.\n"},
               {"canary\r\n-----\r\nHead.", "Head."},
               {"canary\n------\nHead.", "canary\n------\nHead."},
               {"-----\nHead.", "-----\nHead."},
               {"\xEF\xBB\xBF"
                "canary\n-----\nHead.",
                "Head."},
               {"\xEF\xBB\xBFHead.\n\n", "Head.\n\n"},
               {"one line", "one line"},
               {"canary\n-----", "canary\n-----"},
               {"", ""}};
  bs_error err = {0};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    bs_test_write("heads_t.txt", cases[i].file, strlen(cases[i].file));
    bs_task *task = parse(CHOICES);
    bs_variant *variant = variant_of("{\"name\": \"cot\", \"head\": \"x\"}");
    free(variant->head);
    variant->head = strdup(bs_test_path("heads_{task}.txt"));
    BS_TEST_OK(bs_task_apply_variant(task, variant, &err), err);
    char expected[64];
    snprintf(expected, sizeof expected, "%sP", cases[i].head);
    CU_ASSERT_STRING_EQUAL(task->task_prefix, expected);
    bs_variant_free(&variant);
    bs_task_free(&task);
  }
  /* {task} is what is behind the last ":". */
  bs_task *task = parse(CHOICES);
  free(task->name);
  task->name = strdup("bbh:t");
  bs_variant *variant = variant_of("{\"name\": \"cot\", \"head\": \"x\"}");
  free(variant->head);
  variant->head = strdup(bs_test_path("heads_{task}.txt"));
  BS_TEST_OK(bs_task_apply_variant(task, variant, &err), err);
  CU_ASSERT_STRING_EQUAL(task->name, "bbh:t@cot");
  BS_TEST_FAILS(bs_task_apply_variant(task, variant, &err), BS_ERR_USAGE, err,
                "has the variant \"cot\" already");
  bs_task_free(&task);
  task = parse(CHOICES);
  free(variant->head);
  variant->head = strdup(bs_test_path("none_{task}.txt"));
  BS_TEST_FAILS(bs_task_apply_variant(task, variant, &err), BS_ERR_INPUT, err, "none_t.txt");
  bs_test_write("heads_t.txt", "a\xFF", 2);
  free(variant->head);
  variant->head = strdup(bs_test_path("heads_t.txt"));
  BS_TEST_FAILS(bs_task_apply_variant(task, variant, &err), BS_ERR_INPUT, err, "UTF-8");
  CU_ASSERT_STRING_EQUAL(task->name, "t"); /* unchanged */
  bs_variant_free(&variant);
  bs_task_free(&task);
}

static void hashes_are_of_what_is_said(void) {
  static const char *const variants[] = {
      "{\"name\": \"v\"}",
      "{\"name\": \"v\", \"task_prefix\": \"a\"}",
      "{\"name\": \"v\", \"task_prefix\": \"b\"}",
      "{\"name\": \"v\", \"example_input_prefix\": \"a\"}",
      "{\"name\": \"v\", \"append_choices_to_input\": true}",
      "{\"name\": \"v\", \"append_choices_to_input\": false}",
      "{\"name\": \"v\", \"answer\": \"text\"}",
      "{\"name\": \"v\", \"answer\": \"text\", \"max_tokens\": 3}",
      "{\"name\": \"v\", \"answer\": \"text\", \"samples\": 3, \"temperature\": 0.5}",
      "{\"name\": \"v\", \"answer\": \"text\", \"samples\": 3, \"temperature\": 0.6}",
      "{\"name\": \"v\", \"reasoning_prompt\": \"a\", \"answer_prompt\": \"b\"}",
      "{\"name\": \"v\", \"reasoning_prompt\": \"ab\", \"answer_prompt\": \"\"}",
  };
  enum { N = sizeof variants / sizeof *variants };
  bs_task *tasks[N], *plain = parse(CHOICES);
  for (size_t i = 0; i < N; i++) {
    tasks[i] = with(CHOICES, variants[i]);
    CU_ASSERT_STRING_NOT_EQUAL(tasks[i]->sha256, plain->sha256);
    for (size_t j = 0; j < i; j++)
      CU_ASSERT_STRING_NOT_EQUAL(tasks[i]->sha256, tasks[j]->sha256);
  }
  /* The variant's own name is no part of what is done. */
  bs_task *renamed = with(CHOICES, "{\"name\": \"w\", \"task_prefix\": \"a\"}");
  CU_ASSERT_STRING_EQUAL(renamed->sha256, tasks[1]->sha256);
  /* The head's bytes are, and not where it lies. */
  bs_variant *variant = variant_of("{\"name\": \"v\", \"head\": \"x\"}");
  char first[65] = "";
  static const struct {
    const char *file, *bytes;
    bool same;
  } heads[] = {{"one", "text", true}, {"two", "text", true}, {"two", "texts", false}};
  for (size_t i = 0; i < 3; i++) {
    bs_error err = {0};
    bs_task *task = parse(CHOICES);
    free(variant->head);
    variant->head = strdup(bs_test_write(heads[i].file, heads[i].bytes, strlen(heads[i].bytes)));
    BS_TEST_OK(bs_task_apply_variant(task, variant, &err), err);
    if (i == 0)
      memcpy(first, task->sha256, sizeof first);
    CU_ASSERT_EQUAL(strcmp(first, task->sha256) == 0, heads[i].same);
    bs_task_free(&task);
  }
  bs_variant_free(&variant);
  bs_task_free(&renamed);
  bs_task_free(&plain);
  for (size_t i = 0; i < N; i++)
    bs_task_free(&tasks[i]);
}

static bool lists(const bs_task *task, const char *metric) {
  for (size_t i = 0; i < task->n_metrics; i++)
    if (strcmp(task->metrics[i], metric) == 0)
      return true;
  return false;
}

static void generated_answers_take_the_place_of_choices(void) {
  bs_task *plain = parse(CHOICES), *task = with(CHOICES, "{\"name\": \"v\", \"answer\": \"text\"}");
  CU_ASSERT_EQUAL(task->examples[0].n_choices, 0);
  CU_ASSERT_EQUAL(task->examples[0].n_options, 3);
  CU_ASSERT_EQUAL_FATAL(task->examples[0].n_targets, 2);
  CU_ASSERT_STRING_EQUAL(task->examples[0].targets[0], "red");
  CU_ASSERT_STRING_EQUAL(task->examples[0].targets[1], "green");
  CU_ASSERT_EQUAL_FATAL(task->examples[2].n_targets, 1);
  CU_ASSERT_STRING_EQUAL(task->examples[2].targets[0], "x");
  CU_ASSERT_STRING_EQUAL(task->preferred_metric, "exact_str_match");
  CU_ASSERT_TRUE(lists(task, "exact_str_match"));
  CU_ASSERT_TRUE(bs_task_needs_text(task));
  CU_ASSERT_FALSE(bs_task_answer_kinds(task).choices);
  CU_ASSERT_EQUAL(bs_task_chance(task), 0);
  /* Prompts and the answers of shots are what they were. */
  for (size_t shots = 0; shots < 4; shots++) {
    bs_text before = prompts_of(plain, shots), after = prompts_of(task, shots);
    CU_ASSERT_STRING_EQUAL(before.data, after.data);
    bs_text_free(&before);
    bs_text_free(&after);
  }
  bs_task_free(&plain);
  bs_task_free(&task);
  /* A task without choices stays what it is. */
  task = with(TEXT, "{\"name\": \"v\", \"answer\": \"text\"}");
  CU_ASSERT_STRING_EQUAL(task->preferred_metric, "bleu");
  CU_ASSERT_EQUAL(task->n_metrics, 2);
  CU_ASSERT_EQUAL(task->examples[1].n_targets, 2);
  bs_task_free(&task);
}

/* Shots of a file of their own: their choices go with the others. */
static void shown_examples_change_too(void) {
  static const char test[] = "Is it?,yes,no,perhaps,never,B\nWhy?,a,b,c,d,D\n";
  static const char dev[] = "Who?,me,you,he,they,C\nWhen?,now,then,soon,later,A\n";
  bs_error err = {0};
  mkdir(bs_test_path("test"), 0700);
  mkdir(bs_test_path("dev"), 0700);
  bs_test_write("dev/s_dev.csv", dev, sizeof dev - 1);
  const char *path = bs_test_write("test/s_test.csv", test, sizeof test - 1);
  bs_task *plain = NULL, *task = NULL;
  bs_variant *variant = variant_of("{\"name\": \"v\", \"answer\": \"text\"}");
  BS_TEST_OK(bs_task_load_as(&plain, path, BS_FORMAT_MMLU, NULL, NULL, &err), err);
  BS_TEST_OK(bs_task_load_as(&task, path, BS_FORMAT_MMLU, NULL, NULL, &err), err);
  CU_ASSERT_PTR_NOT_NULL_FATAL(task);
  BS_TEST_OK(bs_task_apply_variant(task, variant, &err), err);
  CU_ASSERT_EQUAL_FATAL(task->n_shown, 2);
  CU_ASSERT_EQUAL(task->shown[0].n_choices, 0);
  CU_ASSERT_EQUAL(task->shown[0].n_options, 4);
  for (size_t shots = 0; shots < 3; shots++) {
    bs_text before = prompts_of(plain, shots), after = prompts_of(task, shots);
    CU_ASSERT_STRING_EQUAL(before.data, after.data);
    bs_text_free(&before);
    bs_text_free(&after);
  }
  bs_variant_free(&variant);
  bs_task_free(&plain);
  bs_task_free(&task);
}

static void prompts_of_generated_answers_are_big_benchs(void) {
  static const char *const names[] = {"date_understanding", "movie_recommendation",
                                      "temporal_sequences", "epistemic_reasoning"};
  if (!bs_test_have_data("bigbench"))
    return;
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    bs_error err = {0};
    bs_task *plain = NULL, *task = NULL;
    char path[128];
    snprintf(path, sizeof path, "bigbench/%s/task.json", names[i]);
    bs_variant *variant = variant_of(
        "{\"name\": \"v\", \"answer\": \"text\", \"output_regex\": \"\", \"max_length\": 100000}");
    BS_TEST_OK(bs_task_load(&plain, bs_test_data(path), NULL, NULL, &err), err);
    BS_TEST_OK(bs_task_load(&task, bs_test_data(path), NULL, NULL, &err), err);
    CU_ASSERT_PTR_NOT_NULL_FATAL(task);
    BS_TEST_OK(bs_task_apply_variant(task, variant, &err), err);
    bs_text before = prompts_of(plain, 3), after = prompts_of(task, 3);
    CU_ASSERT_EQUAL(before.n_bytes, after.n_bytes);
    CU_ASSERT_EQUAL(memcmp(before.data, after.data, before.n_bytes), 0);
    bs_text_free(&before);
    bs_text_free(&after);
    bs_variant_free(&variant);
    bs_task_free(&plain);
    bs_task_free(&task);
  }
}

/* The expression of the recipe "few_shot_cot" as docs/configuration.md prints it: a JSON string. */
static bs_text printed_expression(void) {
  static const char key[] = "\"output_regex\": ";
  bs_error err = {0};
  bs_text docs = bs_test_read(BS_SOURCE_DIR "/docs/configuration.md"), expression = {0};
  const char *recipe = strstr(docs.data, "\"few_shot_cot\": {");
  CU_ASSERT_PTR_NOT_NULL_FATAL(recipe);
  const char *from = strstr(recipe, key);
  CU_ASSERT_PTR_NOT_NULL_FATAL(from);
  from += sizeof key - 1;
  const char *end = strstr(from, "\",\n");
  CU_ASSERT_PTR_NOT_NULL_FATAL(end);
  BS_TEST_OK(bs_text_append(&expression, from, (size_t)(end - from) + 1, &err), err);
  bs_text_free(&docs);
  return expression;
}

static void the_printed_recipe_takes_the_answer(void) {
  static const char *const cases[][2] = {
      {"So the answer is (B).", "(B)"},
      {"So the answer is (B)", "(B)"},
      {"So the answer is (B). ", "(B)"},
      {"So the answer is (B).\r\n", "(B)"},
      {"So the answer is (B) \t.  \n\nQ: next", "(B) \t"},
      {"So the answer is (B) \nbecause", "(B)"},
      {"So the answer is 3.5. \nThe answer is 4.", "3.5"},
      {"So the answer is ab cd ef. \r\n\r\n", "ab cd ef"},
      {"So the answer is (B).\xC2\xA0\n", "(B)"},
      {"No answer. ", ""},
  };
  bs_error err = {0};
  bs_text json = {0}, expression = printed_expression();
  bs_text_printf(&json, &err,
                 "{\"name\": \"v\", \"reasoning_prompt\": \"Think.\", \"output_regex\": %s}",
                 expression.data);
  bs_task *task = with(TEXT, json.data);
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    bs_text answer = {0};
    BS_TEST_OK(bs_postprocess(cases[i][0], strlen(cases[i][0]), task->max_length, task->stop_string,
                              task->output_regex, &answer, &err),
               err);
    CU_ASSERT_STRING_EQUAL(answer.data != NULL ? answer.data : "", cases[i][1]);
    bs_text_free(&answer);
  }
  bs_task_free(&task);
  bs_text_free(&json);
  bs_text_free(&expression);
}

/* The authors' prompt (README of the data): the head without its first two lines, a blank line, the
   question, "A: Let's think step by step." */
static void bbh_prompts_are_the_authors(void) {
  static const char *const names[] = {"navigate", "causal_judgement", "word_sorting",
                                      "tracking_shuffled_objects_five_objects"};
  if (!bs_test_have_data("bbh/cot-prompts"))
    return;
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    bs_error err = {0};
    bs_task *task = NULL;
    bs_prompter *prompter = NULL;
    char path[128];
    bs_text json = {0}, expression = printed_expression();
    bs_text_printf(
        &json, &err,
        "{\"name\": \"cot\", \"head\": \"x\", \"example_input_prefix\": \"\\n\\nQ: \", "
        "\"example_output_prefix\": \"\\nA: \", \"reasoning_prompt\": \"Let's think step "
        "by step.\\n\", \"output_regex\": %s}",
        expression.data);
    bs_variant *variant = variant_of(json.data);
    bs_text_free(&json);
    bs_text_free(&expression);
    free(variant->head);
    variant->head = strdup(bs_test_data("bbh/cot-prompts/{task}.txt"));
    snprintf(path, sizeof path, "bbh/%s.json", names[i]);
    bs_task_spec spec = {.path = strdup(bs_test_data(path)),
                         .format = BS_FORMAT_BBH,
                         .name = strdup("bbh:{task}"),
                         .variant = variant,
                         .human_average = NAN,
                         .human_best = NAN};
    BS_TEST_OK(bs_task_open(&task, &spec, NULL, NULL, &err), err);
    CU_ASSERT_PTR_NOT_NULL_FATAL(task);
    snprintf(path, sizeof path, "bbh/cot-prompts/%s.txt", names[i]);
    bs_text head = bs_test_read(bs_test_data(path)), wanted = {0}, prompt = {0};
    const char *begin = strchr(strchr(head.data, '\n') + 1, '\n') + 1;
    bs_text_printf(&wanted, &err, "%s\n\nQ: %s\nA: Let's think step by step.\n", begin,
                   task->examples[7].input);
    BS_TEST_OK(bs_prompter_new(&prompter, task, 0, 42, &err), err);
    BS_TEST_OK(bs_prompter_append(prompter, 7, &prompt, &err), err);
    bs_text_append_string(&prompt, task->reasoning_prompt, &err);
    CU_ASSERT_STRING_EQUAL(prompt.data, wanted.data);
    /* And the answer is taken out of a reasoning as it is there. */
    bs_text answer = {0};
    const char said[] = "So (1) is it. So the answer is (A, b) c.d.\n\nQ: no, the answer is x.";
    BS_TEST_OK(bs_postprocess(said, sizeof said - 1, task->max_length, task->stop_string,
                              task->output_regex, &answer, &err),
               err);
    CU_ASSERT_STRING_EQUAL(answer.data, "(A, b) c.d");
    bs_text_free(&answer);
    bs_text_free(&head);
    bs_text_free(&wanted);
    bs_text_free(&prompt);
    bs_prompter_free(&prompter);
    bs_task_free(&task);
    bs_task_spec_clear(&spec);
  }
}

static void one_step_keeps_the_whole_text(void) {
  bs_task *task = with(TEXT, "{\"name\": \"v\", \"reasoning_prompt\": \"Think.\", "
                             "\"output_regex\": \"is (.*)\", \"reasoning_stop\": \"\\nQ:\"}");
  CU_ASSERT_EQUAL(task->max_length, 0);
  CU_ASSERT_PTR_NULL(task->stop_string);
  CU_ASSERT_STRING_EQUAL(task->reasoning_stop, "\nQ:");
  CU_ASSERT_PTR_NULL(task->answer_prompt);
  bs_task_free(&task);
  task = with(TEXT, "{\"name\": \"v\", \"reasoning_prompt\": \"\", \"answer_prompt\": \"So:\", "
                    "\"samples\": 5, \"temperature\": 0.7}");
  CU_ASSERT_EQUAL(task->max_length, 128);
  CU_ASSERT_STRING_EQUAL(task->reasoning_prompt, "");
  CU_ASSERT_STRING_EQUAL(task->answer_prompt, "So:");
  CU_ASSERT_EQUAL(task->n_samples, 5);
  CU_ASSERT_EQUAL(task->temperature, 0.7);
  CU_ASSERT_EQUAL(task->top_p, 1);
  bs_task_free(&task);
}

int main(void) {
  static const bs_test tests[] = {
      {"texts are replaced", texts_are_replaced},
      {"empty texts are none", empty_texts_are_none},
      {"heads go first", heads_go_first},
      {"hashes are of what is said", hashes_are_of_what_is_said},
      {"generated answers take the place of choices", generated_answers_take_the_place_of_choices},
      {"shown examples change too", shown_examples_change_too},
      {"their prompts are BIG-bench's", prompts_of_generated_answers_are_big_benchs},
      {"BBH's prompts are the authors'", bbh_prompts_are_the_authors},
      {"the printed recipe takes the answer", the_printed_recipe_takes_the_answer},
      {"one step keeps the whole text", one_step_keeps_the_whole_text},
  };
  return bs_test_main("variants", tests, sizeof tests / sizeof *tests);
}
