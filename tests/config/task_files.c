/* Lays out the files of tasks, and reads configurations that name them. */
#include "task_files.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

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

void lay_out_files(void) {
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

bs_status parse(bs_config **config, const char *json, bs_error *err) {
  lay_out_files();
  return bs_config_parse(config, json, strlen(json), bs_test_path("c.json"), err);
}

bs_config *config_of(const char *json) {
  bs_error err = {0};
  bs_config *config = NULL;
  BS_TEST_OK(parse(&config, json, &err), err);
  CU_ASSERT_PTR_NOT_NULL_FATAL(config);
  return config;
}

void check_path(const bs_task_spec *spec, const char *path) {
  CU_ASSERT_STRING_EQUAL(spec->path, bs_test_path(path));
}
