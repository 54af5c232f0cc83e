/* Variants that contradict themselves, and tasks that cannot have them. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "varying.h"

static void contradictions_are_placed(void) {
  static const struct {
    const char *json, *message;
  } cases[] = {
      {"{\"name\": \"a b\"}", "name: \"a b\" is no name of a variant"},
      {"{\"name\": \"\"}", "name: \"\" is no name of a variant"},
      {"{}", "key \"name\" is missing"},
      {"[]", "expected a variant: an object"},
      {"{\"name\": \"v\", \"task_prefx\": \"\"}", "did you mean \"task_prefix\"?"},
      {"{\"name\": \"v\", \"shots\": [1]}", "unknown key \"shots\""},
      {"{\"name\": \"v\", \"samples\": 5}", "samples: 5 samples without a \"temperature\""},
      {"{\"name\": \"v\", \"temperature\": 1}", "temperature: a temperature without \"samples\""},
      {"{\"name\": \"v\", \"samples\": 2, \"temperature\": -1}", "temperature: expected"},
      {"{\"name\": \"v\", \"samples\": 2, \"temperature\": 1e999}", "temperature: expected"},
      {"{\"name\": \"v\", \"samples\": 2, \"temperature\": 1, \"top_p\": 0}", "top_p: expected"},
      {"{\"name\": \"v\", \"samples\": 2, \"temperature\": 1, \"top_p\": 1.5}", "top_p: expected"},
      {"{\"name\": \"v\", \"top_p\": 0.5}", "top_p: \"top_p\" without \"samples\""},
      {"{\"name\": \"v\", \"samples\": 0}", "samples: expected a whole number from 1"},
      {"{\"name\": \"v\", \"answer_prompt\": \"a\"}",
       "answer_prompt: an answer prompt without a \"reasoning_prompt\""},
      {"{\"name\": \"v\", \"reasoning_stop\": \"a\"}",
       "reasoning_stop: an end of the reasoning without"},
      {"{\"name\": \"v\", \"reasoning_prompt\": \"a\"}",
       "reasoning_prompt: reasoning in one step needs an \"output_regex\""},
      {"{\"name\": \"v\", \"output_regex\": \"(\"}", "output_regex: "},
      {"{\"name\": \"v\", \"output_regex\": \"(a)(b)\"}", "at most one"},
      {"{\"name\": \"v\", \"answer\": \"choice\"}", "expected \"choices\" or \"text\""},
      {"{\"name\": \"v\", \"head\": \"\"}", "head: expected the path"},
      {"{\"name\": \"v\", \"task_prefix\": \"a\\u0000b\"}", "task_prefix: the text holds U+0000"},
      {"{\"name\": \"v\", \"task_prefix\": 1}", "task_prefix: expected a string"},
      {"{\"name\": \"v\", \"append_choices_to_input\": 1}", "expected a boolean"},
      {"{\"name\": \"v\", \"max_length\": 1.5}", "max_length: expected a whole number"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    bs_error err = {0};
    bs_variant *variant = NULL;
    BS_TEST_FAILS(read_variant(&variant, cases[i].json, &err), BS_ERR_INPUT, err, cases[i].message);
    CU_ASSERT_PTR_NULL(variant);
  }
}

/* A score that is no share of votes. */
static const char LIKELIHOOD[] =
    "{\"name\": \"t\", \"description\": \"d\", \"keywords\": [], \"metrics\": "
    "[\"log_likelihood\", \"multiple_choice_grade\"], \"preferred_score\": \"log_likelihood\", "
    "\"examples\": [{\"input\": \"i0\", \"target_scores\": {\"a\": 1, \"b\": 0, \"c\": 0}}]}";

static void tasks_may_not_have_every_variant(void) {
  static const struct {
    const char *task, *variant, *message;
  } cases[] = {
      {CHOICES, "{\"name\": \"v\", \"reasoning_prompt\": \"a\", \"output_regex\": \".+\"}",
       "folder/t/task.json: variant \"v\": reasoning in one step, but the task's choices are"},
      {CHOICES, "{\"name\": \"v\", \"samples\": 3, \"temperature\": 1}",
       "variant \"v\": samples, but the task's choices are scored"},
      {CHOICES, "{\"name\": \"v\", \"answer\": \"text\", \"output_regex\": \"[a-f]+\"}",
       "the answer \"red\" of example 0 could not be generated"},
      {CHOICES, "{\"name\": \"v\", \"answer\": \"text\", \"max_length\": 4}",
       "the answer \"green\" of example 0 could not be generated"},
      {LIKELIHOOD,
       "{\"name\": \"v\", \"reasoning_prompt\": \"a\", \"answer_prompt\": \"b\", \"samples\": 3, "
       "\"temperature\": 1}",
       "preferred metric \"log_likelihood\" cannot be computed from"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    bs_error err = {0};
    bs_task *task = parse(cases[i].task), *same = parse(cases[i].task);
    bs_variant *variant = variant_of(cases[i].variant);
    BS_TEST_FAILS(bs_task_apply_variant(task, variant, &err), BS_ERR_INPUT, err, cases[i].message);
    CU_ASSERT_PTR_NULL(task->variant);
    CU_ASSERT_STRING_EQUAL(task->sha256, same->sha256);
    CU_ASSERT_EQUAL(task->examples[0].n_choices, 3);
    CU_ASSERT_STRING_EQUAL(task->preferred_metric, same->preferred_metric);
    bs_variant_free(&variant);
    bs_task_free(&task);
    bs_task_free(&same);
  }
  /* Two steps and choices go together, with samples too. */
  bs_task *task = with(CHOICES, "{\"name\": \"v\", \"reasoning_prompt\": \"a\", \"answer_prompt\": "
                                "\"b\", \"samples\": 3, \"temperature\": 1}");
  CU_ASSERT_EQUAL(task->examples[0].n_choices, 3);
  bs_task_free(&task);
}

static void made_up_variants_are_checked(void) {
  bs_error err = {0};
  bs_task *task = parse(CHOICES);
  bs_variant variant = {.name = (char *)"v", .append_choices = -1, .n_samples = 1};
  BS_TEST_FAILS(bs_task_apply_variant(task, &variant, &err), BS_ERR_USAGE, err, "samples: ");
  variant = (bs_variant){.append_choices = -1};
  BS_TEST_FAILS(bs_task_apply_variant(task, &variant, &err), BS_ERR_USAGE, err, "name: ");
  variant = (bs_variant){.name = (char *)"v", .append_choices = -1, .temperature = NAN};
  BS_TEST_FAILS(bs_task_apply_variant(task, &variant, &err), BS_ERR_USAGE, err, "temperature: ");
  bs_task_free(&task);
}

int main(void) {
  static const bs_test tests[] = {
      {"contradictions are placed", contradictions_are_placed},
      {"tasks may not have every variant", tasks_may_not_have_every_variant},
      {"made-up variants are checked", made_up_variants_are_checked},
  };
  return bs_test_main("variant_faults", tests, sizeof tests / sizeof *tests);
}
