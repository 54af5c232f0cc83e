/* Tasks, variants, suites and baselines of a configuration. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "bigsweep/config.h"
#include "bigsweep/sweep.h"
#include "harness.h"

static void write_task(const char *folder, const char *more) {
  char path[128], json[1024];
  mkdir(bs_test_path(folder), 0700);
  snprintf(path, sizeof path, "%s/task.json", folder);
  snprintf(json, sizeof json,
           "{\"name\": \"x\", \"description\": \"d\", %s, \"metrics\": [\"exact_str_match\"], "
           "\"preferred_score\": \"exact_str_match\", \"examples\": [{\"input\": \"i\", "
           "\"target\": \"t\"}, {\"input\": \"j\", \"target\": \"u\"}]}",
           more);
  bs_test_write(path, json, strlen(json));
}

/* A model's folder, and tasks: b/emoji_movie, b/logical_deduction with two subtasks, b/deep/nested,
   b/misconceptions_russian; b/hindu_knowledge whose list of subtasks is broken. */
static void lay_out_files(void) {
  static bool is_there;
  if (is_there)
    return;
  is_there = true;
  mkdir(bs_test_path("m"), 0700);
  mkdir(bs_test_path("b"), 0700);
  mkdir(bs_test_path("b/deep"), 0700);
  mkdir(bs_test_path("b/deep/nested"), 0700);
  mkdir(bs_test_path("b/.hidden"), 0700);
  mkdir(bs_test_path("empty"), 0700);
  mkdir(bs_test_path("h"), 0700);
  mkdir(bs_test_path("h/logical_deduction"), 0700);
  write_task("b/emoji_movie", "\"keywords\": [\"Emotional  Intelligence\", \"json\"]");
  write_task("b/misconceptions_russian", "\"keywords\": [\"non-English\", \"truthfulness\"]");
  write_task("b/russian_roulette", "\"keywords\": [\"games\"]");
  write_task("b/deep/nested", "\"keywords\": [\"games\"]");
  write_task("b/.hidden", "\"keywords\": [\"games\"]");
  mkdir(bs_test_path("b/logical_deduction"), 0700);
  write_task("b/logical_deduction/five", "\"keywords\": [\"games\"]");
  write_task("b/logical_deduction/three", "\"keywords\": []");
  static const char parent[] =
      "{\"subtasks\": [\"logical_deduction:three\", \"five\"], \"keywords\": [\"logic\"]}";
  bs_test_write("b/logical_deduction/task.json", parent, sizeof parent - 1);
  static const char broken[] = "{\"subtasks\": [\"absent\"], \"keywords\": [\"logic\"]}";
  bs_test_write("h/logical_deduction/task.json", broken, sizeof broken - 1);
  bs_test_write("h/causal_judgment.json", "{}", 2);
  bs_test_write("h/navigate.json", "{}", 2);
  bs_test_write("h/anatomy_test.csv", "q,a,b,c,d,A\n", 12);
  bs_test_write("head_emoji_movie.txt", "Head.", 5);
  mkdir(bs_test_path("js"), 0700);
  bs_test_write("js/x.json", "{}", 2);
}

static bs_status parse(bs_config **config, const char *json, bs_error *err) {
  lay_out_files();
  return bs_config_parse(config, json, strlen(json), bs_test_path("c.json"), err);
}

#define MODELS "\"models\": [{\"path\": \"m\"}]"

static bs_config *config_of(const char *json) {
  bs_error err = {0};
  bs_config *config = NULL;
  BS_TEST_OK(parse(&config, json, &err), err);
  CU_ASSERT_PTR_NOT_NULL_FATAL(config);
  return config;
}

static void check_path(const bs_task_spec *spec, const char *path) {
  CU_ASSERT_STRING_EQUAL(spec->path, bs_test_path(path));
}

static void entries_are_specs(void) {
  bs_config *config = config_of(
      "{" MODELS ", \"shots\": [2, 0], \"variants\": {"
      "\"cot\": {\"head\": \"head_{task}.txt\", \"shots\": [0]}, \"b\": {\"task_prefix\": \"B\"}},"
      "\"tasks\": [\"b/emoji_movie\", {\"path\": \"b/*russian*\", \"variants\": [\"plain\", "
      "\"cot\", "
      "{\"name\": \"own\", \"task_prefix\": \"\", \"shots\": [3, 1]}], \"shots\": [5], "
      "\"name\": \"x:{task}\", \"format\": \"bigbench\"}, {\"path\": \"b/logical_deduction\", "
      "\"variants\": [\"b\"]}]}");
  CU_ASSERT_EQUAL_FATAL(config->n_tasks, 1 + 2 * 3 + 2);
  const bs_task_spec *t = config->tasks;
  check_path(&t[0], "b/emoji_movie/task.json");
  CU_ASSERT_EQUAL(t[0].format, BS_FORMAT_AUTO);
  CU_ASSERT_PTR_NULL(t[0].name);
  CU_ASSERT_PTR_NULL(t[0].variant);
  CU_ASSERT_EQUAL(t[0].n_shots, 2);
  CU_ASSERT_EQUAL(t[0].shots[1], 2);
  CU_ASSERT_TRUE(isnan(t[0].human_average));
  for (size_t i = 0; i < 2; i++, t += 3) {
    check_path(&t[1],
               i == 0 ? "b/misconceptions_russian/task.json" : "b/russian_roulette/task.json");
    CU_ASSERT_STRING_EQUAL(t[2].path, t[1].path);
    CU_ASSERT_STRING_EQUAL(t[3].path, t[1].path);
    CU_ASSERT_STRING_EQUAL(t[1].name, "x:{task}");
    CU_ASSERT_EQUAL(t[1].format, BS_FORMAT_BIGBENCH);
    CU_ASSERT_PTR_NULL(t[1].variant);
    CU_ASSERT_EQUAL(t[1].n_shots, 1);
    CU_ASSERT_EQUAL(t[1].shots[0], 5);
    CU_ASSERT_STRING_EQUAL(t[2].variant->name, "cot");
    CU_ASSERT_STRING_EQUAL(t[2].variant->head, bs_test_path("head_{task}.txt"));
    CU_ASSERT_EQUAL(t[2].shots[0], 0);
    CU_ASSERT_STRING_EQUAL(t[3].variant->name, "own");
    CU_ASSERT_STRING_EQUAL(t[3].variant->task_prefix, "");
    CU_ASSERT_EQUAL(t[3].n_shots, 2);
    CU_ASSERT_EQUAL(t[3].shots[0], 1);
  }
  check_path(&t[1], "b/logical_deduction/three/task.json");
  check_path(&t[2], "b/logical_deduction/five/task.json");
  CU_ASSERT_STRING_EQUAL(t[2].variant->name, "b");
  bs_config_free(&config);
}

/* A folder that is no task stands for the tasks in it, subtasks as ever; its own task.json goes
   first. */
static void folders_of_tasks_are_taken(void) {
  bs_config *config = config_of("{" MODELS ", \"tasks\": [\"b\"]}");
  bs_config *pattern = config_of("{" MODELS ", \"tasks\": [\"b/*/task.json\"]}");
  CU_ASSERT_EQUAL_FATAL(config->n_tasks, 5);
  CU_ASSERT_EQUAL_FATAL(pattern->n_tasks, 5);
  for (size_t i = 0; i < 5; i++)
    CU_ASSERT_STRING_EQUAL(config->tasks[i].path, pattern->tasks[i].path);
  bs_config_free(&config);
  bs_config_free(&pattern);
  config = config_of("{" MODELS ", \"tasks\": [{\"path\": \"b/\", \"name\": \"x:{task}\"}]}");
  CU_ASSERT_EQUAL(config->n_tasks, 5);
  bs_config_free(&config);
  config = config_of("{" MODELS ", \"tasks\": [\"b/emoji_movie\"]}");
  CU_ASSERT_EQUAL(config->n_tasks, 1);
  bs_config_free(&config);
}

static void check_metrics(const bs_task_spec *spec, const char *const *names, size_t n) {
  CU_ASSERT_EQUAL_FATAL(spec->n_metrics, n);
  for (size_t i = 0; i < n; i++)
    CU_ASSERT_STRING_EQUAL(spec->metrics[i], names[i]);
}

static void metrics_are_asked_for(void) {
  bs_config *config = config_of(
      "{" MODELS ", \"metrics\": [\"bleu\", \"rouge\"], \"tasks\": [\"b/emoji_movie\", {\"path\": "
      "\"b/russian_roulette\", \"metrics\": [\"macro_f1\"]}, {\"suite\": \"keyword:truthfulness\", "
      "\"path\": \"b\"}, {\"suite\": \"keyword:json\", \"path\": \"b\", \"metrics\": "
      "[\"sequence_f1\"], \"variants\": [{\"name\": \"v\", \"task_prefix\": \"x\"}]}]}");
  static const char *const top[] = {"bleu", "rouge"}, *const own[] = {"macro_f1"},
                           *const last[] = {"sequence_f1"};
  CU_ASSERT_EQUAL_FATAL(config->n_tasks, 4);
  check_metrics(&config->tasks[0], top, 2);
  check_metrics(&config->tasks[1], own, 1);
  check_metrics(&config->tasks[2], top, 2);
  check_metrics(&config->tasks[3], last, 1);
  bs_config_free(&config);
  config = config_of("{" MODELS ", \"tasks\": [\"b/emoji_movie\"]}");
  CU_ASSERT_EQUAL(config->tasks[0].n_metrics, 0);
  bs_config_free(&config);
}

static void the_same_is_asked_for_once(void) {
  bs_config *config =
      config_of("{" MODELS ", \"shots\": [1], \"tasks\": [\"b/*/task.json\", \"b/emoji_movie\", "
                "{\"path\": \"b/emoji_movie\", \"shots\": [1]}]}");
  CU_ASSERT_EQUAL(config->n_tasks, 5); /* three, and the two subtasks */
  bs_config_free(&config);
}

static void faults_are_placed(void) {
#define TASK(...) "{" MODELS ", \"tasks\": [{" __VA_ARGS__ "}]}"
#define VARIANTS(...)                                                                              \
  "{" MODELS ", \"tasks\": [\"b/emoji_movie\"], \"variants\": {" __VA_ARGS__ "}}"
  static const struct {
    const char *json, *message;
  } cases[] = {
      {"{" MODELS ", \"tasks\": [3]}", "tasks[0]: expected a path or a glob pattern"},
      {TASK("\"pth\": \"b\""), "tasks[0].pth: unknown key \"pth\", did you mean \"path\"?"},
      {TASK("\"name\": \"b\""), "tasks[0]: key \"path\" is missing"},
      {TASK("\"path\": 3"), "tasks[0].path: expected a path or a glob pattern"},
      {TASK("\"path\": \"a\\u0000\""), "tasks[0].path: expected a path or a glob pattern"},
      {TASK("\"path\": \"b/none\""), "tasks[0].path: no such file"},
      {TASK("\"path\": \"empty\""), "empty is a folder without a task.json, and there is none in"},
      {TASK("\"path\": \"b/deep/nested/../../../h\", \"format\": \"bbh\""),
       "is a folder, expected"},
      {TASK("\"path\": \"js\""), "js is a folder without a task.json: for the files in it write"},
      {TASK("\"path\": \"~/b\""), "(~ and $NAME are not replaced here"},
      {TASK("\"path\": \"$HOME/b/*\""), "(~ and $NAME are not replaced here"},
      {TASK("\"suite\": \"bbh\", \"path\": \"${DATA}/bbh\""), "(~ and $NAME are not replaced"},
      {"{\"models\": [\"~/m\"], \"tasks\": [\"b/emoji_movie\"]}", "(~ and $NAME are not replaced"},
      {"{" MODELS ", \"output\": \"$SCRATCH/x.h5\", \"tasks\": [\"b/emoji_movie\"]}",
       "output: no such folder: $SCRATCH/x.h5 (~ and $NAME"},
      {"{" MODELS ", \"metrics\": [\"blue\"], \"tasks\": [\"b/emoji_movie\"]}",
       "metrics[0]: unknown metric \"blue\", did you mean \"bleu\"?"},
      {"{" MODELS ", \"metrics\": [\"bleurt\"], \"tasks\": [\"b/emoji_movie\"]}",
       "metrics[0]: metric \"bleurt\" is not computed: it needs"},
      {"{" MODELS ", \"metrics\": \"bleu\", \"tasks\": [\"b/emoji_movie\"]}",
       "metrics: expected a list of"},
      {TASK("\"path\": \"b/emoji_movie\", \"metrics\": [\"bleu\", \"bleu\"]"),
       "metrics[1]: the metric \"bleu\" stands twice"},
      {TASK("\"path\": \"b/emoji_movie\", \"format\": \"bigbenc\""), "did you mean \"bigbench\"?"},
      {TASK("\"path\": \"b/emoji_movie\", \"format\": \"mmlu\""), "is a folder, expected a file"},
      {TASK("\"path\": \"b/emoji_movie\", \"name\": \"a/b\""), "tasks[0].name: \"a/b\" is no name"},
      {TASK("\"path\": \"b/*russian*\", \"name\": \"r\""),
       "tasks[0].name: one name for 2 tasks: put {task} into it"},
      {TASK("\"path\": \"b/emoji_movie\", \"shots\": 1"), "tasks[0].shots: expected a list"},
      {TASK("\"path\": \"b/emoji_movie\", \"shots\": [1, 1]"), "tasks[0].shots[1]: 1 shots stand"},
      {TASK("\"path\": \"b/emoji_movie\", \"variants\": []"), "tasks[0].variants: expected a list"},
      {TASK("\"path\": \"b/emoji_movie\", \"variants\": [\"plan\"]"),
       "tasks[0].variants[0]: no variant \"plan\" is defined at the top, under \"variants\"; did "
       "you "
       "mean \"plain\"?"},
      {TASK("\"path\": \"b/emoji_movie\", \"variants\": [\"plain\", \"\"]"),
       "tasks[0].variants[1]: the variant \"plain\" stands twice"},
      {TASK("\"path\": \"b/emoji_movie\", \"variants\": [3]"), "expected the name of a variant"},
      {TASK("\"path\": \"b/emoji_movie\", \"variants\": [{\"shots\": [0]}]"),
       "tasks[0].variants[0]: key \"name\" is missing"},
      {TASK("\"path\": \"b/emoji_movie\", \"variants\": [{\"name\": \"plain\"}]"),
       "\"plain\" is the task as its file has it"},
      {TASK("\"path\": \"b/emoji_movie\", \"variants\": [{\"name\": \"v\", \"samples\": 3}]"),
       "tasks[0].variants[0].samples: 3 samples without a \"temperature\" above 0"},
      {TASK("\"path\": \"b/emoji_movie\", \"variants\": [{\"name\": \"v\", \"shots\": []}]"),
       "tasks[0].variants[0].shots: expected a list"},
      {VARIANTS("\"v\": {\"answer_prompt\": \"x\"}"),
       "variants.v.answer_prompt: an answer prompt without a \"reasoning_prompt\""},
      {VARIANTS("\"v\": {\"name\": \"w\"}"), "unknown key \"name\""},
      {VARIANTS("\"v\": {}, \"v\": {}"), "a second variant with the name \"v\""},
      {VARIANTS("\"v\": {\"max_tokens\": 1, \"max_tokens\": 2}"),
       "variants.v.max_tokens: the key stands twice"},
      {"{" MODELS ", \"tasks\": [\"b/emoji_movie\"], \"variants\": {\"v\": {}}, \"variants\": {}}",
       "variants: the key stands twice"},
      {VARIANTS("\"a b\": {}"), "is no name of a variant"},
      {VARIANTS("\"v\": []"), "variants.v: expected a variant"},
      {"{" MODELS ", \"tasks\": [\"b/emoji_movie\"], \"variants\": []}", "expected an object of"},
      {"{" MODELS ", \"shots\": [0], \"tasks\": [\"b/emoji_movie\", {\"path\": \"b/emoji_movie\", "
       "\"shots\": [1]}]}",
       "tasks[1]: "},
      {"{" MODELS
       ", \"tasks\": [\"b/emoji_movie\", {\"path\": \"b/emoji_movie\", \"shots\": [1]}]}",
       "stands twice with no variant, but not in the same way"},
      {TASK("\"suite\": \"bigbench-lit\", \"path\": \"b\""), "did you mean \"bigbench-lite\"?"},
      {TASK("\"suite\": \"keyword\", \"path\": \"b\""), "keyword:NAME"},
      {TASK("\"suite\": \"bbh\""), "key \"path\" is missing, expected the folder"},
      {TASK("\"suite\": \"bbh\", \"path\": \"none\""), "no such folder"},
      {TASK("\"suite\": \"bbh\", \"path\": \"b\", \"name\": \"x\""), "unknown key \"name\""},
      {TASK("\"suite\": \"bbh\", \"path\": \"empty\""), "nothing of the suite \"bbh\" is in"},
      {TASK("\"suite\": \"keyword:game\", \"path\": \"b\""), "did you mean \"keyword:games\"?"},
      {TASK("\"suite\": \"keyword:no\", \"path\": \"b\""), "nothing of the suite \"keyword:no\""},
      {TASK("\"path\": \"b/emoji_movie\", \"baselines\": \"none.json\""), "none.json"},
      {"{" MODELS ", \"tasks\": [\"b/emoji_movie\"], \"baselines\": 3}", "baselines: expected a"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    bs_error err = {0};
    bs_config *config = NULL;
    BS_TEST_FAILS(parse(&config, cases[i].json, &err), BS_ERR_USAGE, err, cases[i].message);
    CU_ASSERT_PTR_NULL(config);
  }
}

static bool lacks(const bs_suite_found *suite, const char *name) {
  for (size_t i = 0; i < suite->n_missing; i++)
    if (strncmp(suite->missing[i], name, strlen(name)) == 0)
      return true;
  return false;
}

static void suites_find_and_name_what_they_lack(void) {
  bs_config *config = config_of(TASK("\"suite\": \"bigbench-lite\", \"path\": \"b\""));
  CU_ASSERT_EQUAL_FATAL(config->n_suites, 1);
  const bs_suite_found *suite = &config->suites[0];
  CU_ASSERT_STRING_EQUAL(suite->name, "bigbench-lite");
  CU_ASSERT_EQUAL(suite->n_wanted, 24);
  CU_ASSERT_EQUAL(suite->n_found, 3);
  CU_ASSERT_EQUAL(suite->n_missing, 21);
  CU_ASSERT_TRUE(lacks(suite, "winowhy"));
  CU_ASSERT_FALSE(lacks(suite, "emoji_movie"));
  CU_ASSERT_EQUAL_FATAL(config->n_tasks, 4); /* a task and its parts in their place */
  check_path(&config->tasks[0], "b/emoji_movie/task.json");
  check_path(&config->tasks[1], "b/logical_deduction/three/task.json");
  check_path(&config->tasks[3], "b/misconceptions_russian/task.json");
  bs_config_free(&config);

  config = config_of(TASK("\"suite\": \"bbh\", \"path\": \"h\", \"shots\": [0, 3]"));
  CU_ASSERT_EQUAL(config->suites[0].n_wanted, 27);
  CU_ASSERT_EQUAL(config->suites[0].n_missing, 25);
  CU_ASSERT_EQUAL_FATAL(config->n_tasks, 2);
  check_path(&config->tasks[0], "h/causal_judgment.json"); /* the other spelling */
  CU_ASSERT_STRING_EQUAL(config->tasks[0].name, "bbh:causal_judgement");
  CU_ASSERT_EQUAL(config->tasks[0].format, BS_FORMAT_BBH);
  CU_ASSERT_EQUAL(config->tasks[1].n_shots, 2);
  bs_config_free(&config);

  config = config_of(TASK("\"suite\": \"mmlu\", \"path\": \"h\""));
  CU_ASSERT_EQUAL(config->suites[0].n_wanted, 57);
  CU_ASSERT_EQUAL(config->suites[0].n_missing, 56);
  CU_ASSERT_STRING_EQUAL(config->tasks[0].name, "mmlu:anatomy");
  CU_ASSERT_EQUAL(config->tasks[0].format, BS_FORMAT_MMLU);
  bs_config_free(&config);

  /* A broken list of subtasks is not there, and said so. */
  bs_error err = {0};
  BS_TEST_FAILS(parse(&config, TASK("\"suite\": \"bigbench-lite\", \"path\": \"h\""), &err),
                BS_ERR_USAGE, err, "nothing of the suite \"bigbench-lite\"");
}

static void suites_go_by_what_tasks_say(void) {
  static const struct {
    const char *suite;
    const char *paths[6];
  } cases[] = {
      {"bigbench-json",
       {"deep/nested", "emoji_movie", "logical_deduction/three", "logical_deduction/five",
        "misconceptions_russian", "russian_roulette"}},
      {"keyword:games", {"deep/nested", "logical_deduction/five", "russian_roulette"}},
      {"keyword:LOGIC", {"logical_deduction/three", "logical_deduction/five"}},
      {"language:Russian", {"misconceptions_russian"}},
      {"language:english",
       {"deep/nested", "emoji_movie", "logical_deduction/three", "logical_deduction/five",
        "russian_roulette"}},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    char json[256], path[128];
    snprintf(json, sizeof json, TASK("\"suite\": \"%s\", \"path\": \"b\""), cases[i].suite);
    bs_config *config = config_of(json);
    size_t n = 0;
    while (n < 6 && cases[i].paths[n] != NULL)
      n++;
    CU_ASSERT_EQUAL_FATAL(config->n_tasks, n);
    CU_ASSERT_EQUAL(config->suites[0].n_wanted, 0);
    CU_ASSERT_EQUAL(config->suites[0].n_missing, 0);
    for (size_t t = 0; t < n; t++) {
      snprintf(path, sizeof path, "b/%s/task.json", cases[i].paths[t]);
      check_path(&config->tasks[t], path);
    }
    bs_config_free(&config);
  }
}

static void suites_are_those_of_the_data(void) {
  if (!bs_test_have_data("bbh/navigate.json"))
    return;
  char json[1024], folder[512];
  snprintf(folder, sizeof folder, "%s", bs_test_data("bbh"));
  snprintf(json, sizeof json, TASK("\"suite\": \"bbh\", \"path\": \"%s\""), folder);
  bs_config *config = config_of(json);
  CU_ASSERT_EQUAL(config->n_tasks, 27);
  CU_ASSERT_EQUAL(config->suites[0].n_missing, 0);
  bs_config_free(&config);
  snprintf(folder, sizeof folder, "%s", bs_test_data("bigbench"));
  static const struct {
    const char *suite;
    size_t n;
  } cases[] = {{"bigbench-json", 21},       {"bigbench-lite", 2},       {"language:german", 2},
               {"keyword:common sense", 7}, {"keyword:non-English", 1}, {"language:english", 19}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    snprintf(json, sizeof json, TASK("\"suite\": \"%s\", \"path\": \"%s\""), cases[i].suite,
             folder);
    config = config_of(json);
    CU_ASSERT_EQUAL(config->n_tasks, cases[i].n);
    bs_config_free(&config);
  }
}

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

/* The variants of the documentation are what the reader takes. */
static void documented_variants_are_read(void) {
  bs_text docs = bs_test_read(BS_SOURCE_DIR "/docs/configuration.md");
  size_t n = 0;
  for (const char *at = docs.data; (at = strstr(at, "\n    \"variants\": {")) != NULL; n++) {
    const char *end = strstr(at, "\n    }");
    CU_ASSERT_PTR_NOT_NULL_FATAL(end);
    bs_text json = {0};
    bs_error err = {0};
    bs_config *config = NULL;
    bs_text_printf(&json, &err, "{" MODELS ", \"tasks\": [\"b/emoji_movie\"], %.*s}}",
                   (int)(end - at), at);
    BS_TEST_OK(parse(&config, json.data, &err), err);
    bs_config_free(&config);
    bs_text_free(&json);
    at = end;
  }
  CU_ASSERT_TRUE(n >= 5);
  bs_text_free(&docs);
  bs_error err = {0};
  bs_config *config = NULL;
  BS_TEST_OK(bs_config_load(&config, BS_SOURCE_DIR "/configs/ladder_prompts.json", &err), err);
  CU_ASSERT_TRUE(config != NULL && config->n_tasks == 11);
  bs_config_free(&config);
}

int main(void) {
  static const bs_test tests[] = {
      {"entries are specs", entries_are_specs},
      {"folders of tasks are taken", folders_of_tasks_are_taken},
      {"metrics are asked for", metrics_are_asked_for},
      {"the same is asked for once", the_same_is_asked_for_once},
      {"faults are placed", faults_are_placed},
      {"suites find, and name what they lack", suites_find_and_name_what_they_lack},
      {"suites go by what tasks say", suites_go_by_what_tasks_say},
      {"suites are those of the data", suites_are_those_of_the_data},
      {"baselines reach the tasks", baselines_reach_the_tasks},
      {"plans tell what is amiss", plans_tell_what_is_amiss},
      {"generation costs", generation_costs},
      {"documented variants are read", documented_variants_are_read},
  };
  return bs_test_main("config_tasks", tests, sizeof tests / sizeof *tests);
}
