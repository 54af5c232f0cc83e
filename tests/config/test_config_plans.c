/* The plan of a configuration: baselines that reach the tasks, what is told, what units cost. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "bigsweep/config.h"
#include "bigsweep/sweep.h"
#include "harness.h"
#include "task_files.h"

static char told[4096];

static void tell(void *user, bool is_error, const char *message) {
  (void)user;
  (void)is_error;
  snprintf(told + strlen(told), sizeof told - strlen(told), "%s\n", message);
}

/* The plan of a configuration on a model of the project; what it told is in `told`. */
static bs_plan *plan_of(const char *tasks, bs_config **config, bs_status expected, bs_error *err) {
  char json[2048];
  bs_plan *plan = NULL;
  lay_out_files();
  snprintf(json, sizeof json, "{\"models\": [{\"path\": \"%s/models/ladder/s1/3k\"}], %s}",
           BS_SOURCE_DIR, tasks);
  BS_TEST_OK(bs_config_parse(config, json, strlen(json), bs_test_path("c.json"), err), *err);
  CU_ASSERT_PTR_NOT_NULL_FATAL(*config);
  told[0] = '\0';
  CU_ASSERT_EQUAL(bs_plan_new(&plan, *config, 1, false, tell, NULL, err), expected);
  return plan;
}

static void write_text(const char *name, const char *text) {
  bs_test_write(name, text, strlen(text));
}

static void baselines_reach_the_tasks(void) {
  bs_error err = {0};
  bs_config *config = NULL;
  lay_out_files();
  write_text("people.json", "{\"emoji_movie\": {\"average\": 0.5, \"best\": 1, \"source\": \"s\"}, "
                            "\"five\": {\"best\": 0.75}, \"absent\": {\"average\": 1}}");
  write_text("own.json", "{\"emoji_movie\": {\"average\": 0.25}, \"missing\": {\"best\": 1}}");
  bs_plan *plan = plan_of(
      "\"baselines\": \"people.json\", \"tasks\": [{\"path\": \"b/emoji_movie\", \"variants\": "
      "[\"plain\", {\"name\": \"v\"}]}, \"b/logical_deduction\", {\"path\": \"b/emoji_movie\", "
      "\"name\": \"second\", \"baselines\": \"own.json\"}, {\"path\": \"b/emoji_movie\", "
      "\"name\": \"third:{task}\", \"baselines\": \"own.json\"}]",
      &config, BS_OK, &err);
  CU_ASSERT_PTR_NOT_NULL_FATAL(plan);
  CU_ASSERT_EQUAL_FATAL(plan->n_tasks, 6);
  CU_ASSERT_EQUAL(plan->tasks[0]->human_average, 0.5);
  CU_ASSERT_EQUAL(plan->tasks[0]->human_best, 1);
  CU_ASSERT_STRING_EQUAL(plan->tasks[1]->name, "emoji_movie@v");
  CU_ASSERT_EQUAL(plan->tasks[1]->human_average, 0.5);
  CU_ASSERT_STRING_EQUAL(plan->tasks[3]->name, "logical_deduction:five");
  CU_ASSERT_TRUE(isnan(plan->tasks[3]->human_average));
  CU_ASSERT_EQUAL(plan->tasks[3]->human_best, 0.75);
  CU_ASSERT_TRUE(isnan(plan->tasks[2]->human_best));
  CU_ASSERT_TRUE(isnan(plan->tasks[4]->human_average)); /* "second" */
  CU_ASSERT_EQUAL(plan->tasks[5]->human_average, 0.25); /* the entry's go before */
  CU_ASSERT_PTR_NOT_NULL(strstr(told, "people.json: no task of the sweep is named absent"));
  CU_ASSERT_PTR_NOT_NULL(
      strstr(told, "own.json: no task of the sweep is named emoji_movie, missing"));
  bs_plan_free(&plan);
  bs_config_free(&config);
  static const struct {
    const char *json, *message;
  } cases[] = {{"[]", "expected an object of tasks by name"},
               {"{\"a\": 1}", "a: expected an object with \"average\""},
               {"{\"a\": {}}", "a: expected \"average\" or \"best\" or both"},
               {"{\"a\": {\"avrage\": 1}}", "did you mean \"average\"?"},
               {"{\"a\": {\"average\": \"1\"}}", "a.average: expected a number"},
               {"{\"a\": {\"best\": 1e999}}", "a.best: expected a finite number"},
               {"{\"a\": {\"best\": 1, \"source\": 1}}", "a.source: expected a string"},
               {"{\"a\": {\"best\": 1}, \"a\": {\"best\": 2}}", "a: the task stands twice"},
               {"{\"a\": {\"best\": 1, \"best\": 2}}", "a.best: the key stands twice"},
               {"{", "not JSON"}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    write_text("bad.json", cases[i].json);
    BS_TEST_FAILS(parse(&config,
                        "{" MODELS ", \"tasks\": [\"b/emoji_movie\"], \"baselines\": \"bad.json\"}",
                        &err),
                  BS_ERR_USAGE, err, cases[i].message);
  }
}

static void plans_tell_what_is_amiss(void) {
  bs_error err = {0};
  bs_config *config = NULL;
  bs_plan *plan = plan_of("\"tasks\": [\"b/emoji_movie\", {\"path\": \"b/russian_roulette\", "
                          "\"name\": \"emoji_movie\"}]",
                          &config, BS_ERR_USAGE, &err);
  CU_ASSERT_PTR_NOT_NULL(strstr(err.message, "two tasks have the name \"emoji_movie\""));
  CU_ASSERT_PTR_NOT_NULL(strstr(err.message, "give one of them a \"name\""));
  bs_config_free(&config);
  bs_error_clear(&err);
  plan = plan_of("\"variants\": {\"cot\": {\"head\": \"head_{task}.txt\"}}, \"tasks\": [{\"path\": "
                 "\"b/emoji_movie\", \"variants\": [\"cot\"], \"shots\": [0, 1]}, {\"path\": "
                 "\"b/*russian*\", \"variants\": [\"cot\", \"plain\"]}, "
                 "{\"suite\": \"bigbench-lite\", \"path\": \"b\", \"variants\": [{\"name\": "
                 "\"w\"}]}]",
                 &config, BS_OK, &err);
  CU_ASSERT_PTR_NOT_NULL_FATAL(plan);
  CU_ASSERT_EQUAL(plan->n_bad_inputs, 2); /* no heads for the two */
  CU_ASSERT_EQUAL_FATAL(plan->n_tasks, 3 + 4);
  CU_ASSERT_PTR_NOT_NULL(strstr(told, "head_misconceptions_russian.txt"));
  CU_ASSERT_PTR_NOT_NULL(strstr(told, "of the suite \"bigbench-lite\""));
  CU_ASSERT_PTR_NOT_NULL(strstr(told, "lacks auto_debugging, "));
  CU_ASSERT_STRING_EQUAL(plan->tasks[0]->name, "emoji_movie@cot");
  CU_ASSERT_STRING_EQUAL(plan->tasks[0]->task_prefix, "Head.");
  /* Units by the shots of each task: the first has two numbers, the others one. */
  size_t n_of_first = 0;
  for (size_t i = 0; i < plan->n_units; i++)
    n_of_first += plan->units[i].task == 0;
  CU_ASSERT_EQUAL(n_of_first, 2);
  CU_ASSERT_EQUAL(plan->n_units, 2 + 6);
  bs_plan_free(&plan);
  bs_config_free(&config);
}

/* Reasoning and samples cost what they generate. */
static void generation_costs(void) {
  static const char *const variants[] = {
      "{\"name\": \"v\", \"max_tokens\": 8}", "{\"name\": \"v\", \"max_tokens\": 16}",
      "{\"name\": \"v\", \"max_tokens\": 16, \"reasoning_prompt\": \"r\", \"answer_prompt\": "
      "\"a\"}",
      "{\"name\": \"v\", \"max_tokens\": 16, \"samples\": 5, \"temperature\": 1}",
      "{\"name\": \"v\", \"max_tokens\": 16, \"samples\": 5, \"temperature\": 1, "
      "\"reasoning_prompt\": \"r\", \"answer_prompt\": \"a\"}"};
  double before = 0;
  for (size_t i = 0; i < sizeof variants / sizeof *variants; i++) {
    bs_error err = {0};
    bs_config *config = NULL;
    char tasks[512];
    snprintf(tasks, sizeof tasks, "\"tasks\": [{\"path\": \"b/emoji_movie\", \"variants\": [%s]}]",
             variants[i]);
    bs_plan *plan = plan_of(tasks, &config, BS_OK, &err);
    CU_ASSERT_PTR_NOT_NULL_FATAL(plan);
    CU_ASSERT_TRUE(plan->units[0].cost > before);
    before = plan->units[0].cost;
    bs_plan_free(&plan);
    bs_config_free(&config);
  }
}

/* A GGUF file tells its quantization, and a model whether it is sparse, unless the configuration
   says it. */
static void models_tell_their_labels(void) {
  static const char *const expected[] = {"Q8_0", "mine", "", "Q4_0"};
  static const char *const groups[] = {"dense", "own", "dense", "sparse"};
  bs_error err = {0};
  bs_config *config = NULL;
  bs_plan *plan = NULL;
  bs_text json = {0};
  if (!bs_test_have_data("gguf/models/gptneox-q8_0/model.gguf") ||
      !bs_test_have_data("gguf/models/mixtral-q4_0/model.gguf"))
    return;
  lay_out_files();
  const char *file = bs_test_data("gguf/models/gptneox-q8_0/model.gguf");
  const char *sparse = bs_test_data("gguf/models/mixtral-q4_0/model.gguf");
  bs_text_printf(
      &json, NULL,
      "{\"models\": [{\"name\": \"a\", \"path\": \"%s\"}, {\"name\": \"b\", \"path\": "
      "\"%s\", \"quantization\": \"mine\", \"group\": \"own\"}, {\"name\": \"c\", \"path\": "
      "\"%s/models/ladder/s1/3k\"}, {\"name\": \"d\", \"path\": \"%s\"}], "
      "\"tasks\": [\"b/emoji_movie\"]}",
      file, file, BS_SOURCE_DIR, sparse);
  BS_TEST_OK(bs_config_parse(&config, json.data, json.n_bytes, bs_test_path("c.json"), &err), err);
  CU_ASSERT_PTR_NOT_NULL_FATAL(config);
  BS_TEST_OK(bs_plan_new(&plan, config, 1, false, tell, NULL, &err), err);
  CU_ASSERT_FATAL(plan != NULL && plan->n_models == 4);
  for (size_t i = 0; i < 4; i++) {
    CU_ASSERT_STRING_EQUAL(plan->models[i].row.quantization, expected[i]);
    CU_ASSERT_STRING_EQUAL(plan->models[i].row.group, groups[i]);
  }
  bs_plan_free(&plan);
  bs_config_free(&config);
  bs_text_free(&json);
}

int main(void) {
  static const bs_test tests[] = {
      {"baselines reach the tasks", baselines_reach_the_tasks},
      {"plans tell what is amiss", plans_tell_what_is_amiss},
      {"generation costs", generation_costs},
      {"models tell their labels", models_tell_their_labels},
  };
  return bs_test_main("config_plans", tests, sizeof tests / sizeof *tests);
}
