/* Suites of a configuration: what they find, what they lack, and those of the data. */
#include <stdio.h>
#include <string.h>

#include "bigsweep/config.h"
#include "harness.h"
#include "task_files.h"

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

int main(void) {
  static const bs_test tests[] = {
      {"suites find, and name what they lack", suites_find_and_name_what_they_lack},
      {"suites go by what tasks say", suites_go_by_what_tasks_say},
      {"suites are those of the data", suites_are_those_of_the_data},
  };
  return bs_test_main("config_suites", tests, sizeof tests / sizeof *tests);
}
