/* Tasks and variants of a configuration. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "bigsweep/config.h"
#include "harness.h"
#include "task_files.h"

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
      {"documented variants are read", documented_variants_are_read},
  };
  return bs_test_main("config_tasks", tests, sizeof tests / sizeof *tests);
}
