#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "bigsweep/config.h"
#include "harness.h"

/* A folder m with a model folder and two tasks. */
static void lay_out_files(void) {
  mkdir(bs_test_path("m"), 0700);
  mkdir(bs_test_path("t"), 0700);
  mkdir(bs_test_path("t/b"), 0700);
  mkdir(bs_test_path("t/a"), 0700);
  bs_test_write("t/b/task.json", "{}", 2);
  bs_test_write("t/a/task.json", "{}", 2);
}

static bs_status parse(bs_config **config, const char *json, bs_error *err) {
  return bs_config_parse(config, json, strlen(json), bs_test_path("c.json"), err);
}

static void reads_what_the_contract_shows(void) {
  lay_out_files();
  bs_error err = {0};
  bs_config *config = NULL;
  BS_TEST_OK(
      parse(&config,
            "{\"name\": \"x\", \"models\": [{\"name\": \"m1\", \"family\": \"f\", \"path\": \"m\"},"
            "{\"path\": \"m\", \"scale\": 7e9, \"seed\": 3}], \"tasks\": [\"t/*/task.json\", "
            "\"t/a\"],"
            "\"shots\": [0, 3, 1], \"seed\": 7, \"max_examples\": null, \"dtype\": \"f32\","
            "\"generation\": {\"max_tokens\": 16}, \"isa\": \"portable\", \"output\": \"o.h5\"}",
            &err),
      err);
  CU_ASSERT_PTR_NOT_NULL_FATAL(config);
  CU_ASSERT_EQUAL(config->n_models, 2);
  CU_ASSERT_STRING_EQUAL(config->models[0].name, "m1");
  CU_ASSERT_STRING_EQUAL(config->models[0].path, bs_test_path("m"));
  CU_ASSERT_STRING_EQUAL(config->models[0].given_path, "m");
  CU_ASSERT_TRUE(isnan(config->models[0].scale));
  CU_ASSERT_TRUE(isnan(config->models[0].seed));
  CU_ASSERT_EQUAL(config->models[1].seed, 3);
  CU_ASSERT_STRING_EQUAL(config->models[1].name, "m");
  CU_ASSERT_STRING_EQUAL(config->models[1].family, "x");
  CU_ASSERT_EQUAL(config->models[1].scale, 7e9);
  CU_ASSERT_EQUAL_FATAL(config->n_tasks,
                        2); /* the folder t/a is t/a/task.json, which is there already */
  CU_ASSERT_STRING_EQUAL(config->tasks[0].path, bs_test_path("t/a/task.json"));
  CU_ASSERT_STRING_EQUAL(config->tasks[1].path, bs_test_path("t/b/task.json"));
  CU_ASSERT_EQUAL(config->tasks[1].n_shots, 3);
  CU_ASSERT_EQUAL(config->tasks[1].shots[0], 0);
  CU_ASSERT_EQUAL(config->tasks[1].shots[1], 1); /* ascending */
  CU_ASSERT_EQUAL(config->tasks[1].shots[2], 3);
  CU_ASSERT_EQUAL(config->tasks[1].format, BS_FORMAT_AUTO);
  CU_ASSERT_PTR_NULL(config->tasks[1].variant);
  CU_ASSERT_EQUAL(config->protocol.seed, 7);
  CU_ASSERT_EQUAL(config->protocol.max_tokens, 16);
  CU_ASSERT_EQUAL(config->protocol.precision, BS_PRECISION_F32);
  CU_ASSERT_EQUAL(config->isa, BS_ISA_PORTABLE);
  CU_ASSERT_EQUAL(config->max_examples, 0);
  CU_ASSERT_STRING_EQUAL(config->output, bs_test_path("o.h5"));
  bs_config_free(&config);
  CU_ASSERT_PTR_NULL(config);
}

static void defaults_are_those_of_the_contract(void) {
  lay_out_files();
  bs_error err = {0};
  bs_config *config = NULL;
  BS_TEST_OK(
      parse(&config, "{\"models\": [{\"path\": \"m\"}], \"tasks\": [\"t/a/task.json\"]}", &err),
      err);
  CU_ASSERT_PTR_NOT_NULL_FATAL(config);
  CU_ASSERT_EQUAL(config->tasks[0].n_shots, 1);
  CU_ASSERT_EQUAL(config->tasks[0].shots[0], 0);
  CU_ASSERT_EQUAL(config->protocol.seed, 42);
  CU_ASSERT_EQUAL(config->protocol.max_tokens, 128);
  CU_ASSERT_EQUAL(config->protocol.border, BS_BORDER_JOINT);
  CU_ASSERT_PTR_NULL(config->output);
  CU_ASSERT_EQUAL(config->isa, BS_ISA_AUTO);
  bs_config_free(&config);
}

/* A model, like a task, may be its path alone. */
static void models_are_paths_or_objects(void) {
  lay_out_files();
  bs_error err = {0};
  bs_config *config = NULL;
  BS_TEST_OK(parse(&config,
                   "{\"name\": \"n\", \"models\": [\"m\", {\"path\": \"m\", \"name\": \"x\"}], "
                   "\"tasks\": [\"t/a/task.json\"]}",
                   &err),
             err);
  CU_ASSERT_PTR_NOT_NULL_FATAL(config);
  CU_ASSERT_EQUAL_FATAL(config->n_models, 2);
  CU_ASSERT_STRING_EQUAL(config->models[0].name, "m");
  CU_ASSERT_STRING_EQUAL(config->models[0].family, "n");
  CU_ASSERT_STRING_EQUAL(config->models[0].path, bs_test_path("m"));
  CU_ASSERT_STRING_EQUAL(config->models[0].given_path, "m");
  CU_ASSERT_TRUE(isnan(config->models[0].scale));
  bs_config_free(&config);
}

/* A path completed by the shell ends in a slash. */
static void a_folder_names_its_model_and_task(void) {
  lay_out_files();
  static const char *const models[] = {"m", "m/", "m//", "m/.", "./m/", "t/../m", "m/../m/"};
  static const char *const tasks[] = {"t/a", "t/a/", "t/a//", "t/a/.", "t/b/../a"};
  for (size_t i = 0; i < sizeof models / sizeof *models; i++) {
    bs_error err = {0};
    bs_config *config = NULL;
    char json[256];
    snprintf(json, sizeof json, "{\"models\": [{\"path\": \"%s\"}], \"tasks\": [\"t/a\"]}",
             models[i]);
    BS_TEST_OK(parse(&config, json, &err), err);
    CU_ASSERT_PTR_NOT_NULL_FATAL(config);
    CU_ASSERT_STRING_EQUAL(config->models[0].name, "m");
    CU_ASSERT_STRING_EQUAL(config->models[0].given_path, models[i]);
    bs_config_free(&config);
  }
  static const char example[] = "{\"examples\": [{\"input\": \"i\", \"target\": \"t\"}]}";
  for (size_t i = 0; i < sizeof tasks / sizeof *tasks; i++) {
    bs_error err = {0};
    bs_task *task = NULL;
    char path[64];
    snprintf(path, sizeof path, "%s/task.json", tasks[i]);
    (void)bs_task_parse(&task, example, sizeof example - 1, bs_test_path(path), NULL, NULL, &err);
    CU_ASSERT_PTR_NOT_NULL_FATAL(task);
    CU_ASSERT_STRING_EQUAL(task->name, "a");
    bs_task_free(&task);
  }
}

static void faults_are_placed(void) {
  lay_out_files();
#define MODELS "\"models\": [{\"path\": \"m\"}]"
#define TASKS "\"tasks\": [\"t/a\"]"
  static const struct {
    const char *json, *message;
  } cases[] = {
      {"{" MODELS ",\n\"taks\": []}",
       "c.json: line 2: taks: unknown key \"taks\", did you mean \"tasks\"?"},
      {"{" TASKS "}", "key \"models\" is missing"},
      {"{" MODELS "}", "key \"tasks\" is missing"},
      {"{\"models\": [], " TASKS "}", "models: expected a list with at least one element"},
      {"{\"models\": [{\"path\": \"absent\"}], " TASKS "}", "no such folder"},
      {"{\"models\": [\"absent\"], " TASKS "}", "models[0]: no such folder"},
      {"{\"models\": [\"\"], " TASKS "}", "models[0]: expected the path of a checkpoint"},
      {"{\"models\": [1], " TASKS "}", "models[0]: expected a path, or an object"},
      {"{\"models\": [\"m\", \"m\"], " TASKS "}", "a second model with the name \"m\""},
      {"{\"models\": [{\"name\": \"a\"}], " TASKS "}", "key \"path\" is missing"},
      {"{\"models\": [{\"path\": \"m\", \"scale\": -1}], " TASKS "}",
       "models[0].scale: expected a positive"},
      {"{\"models\": [{\"path\": \"m\", \"seed\": -1}], " TASKS "}",
       "models[0].seed: expected a whole number from 0"},
      {"{\"models\": [{\"path\": \"m\", \"seed\": 1.5}], " TASKS "}", "models[0].seed: expected"},
      {"{\"models\": [{\"path\": \"m\", \"seed\": \"a\"}], " TASKS "}", "models[0].seed: expected"},
      {"{\"models\": [{\"path\": \"m\"}, {\"path\": \"m\"}], " TASKS "}",
       "models[1]: a second model with the name \"m\": \"m\" and \"m\"; give one of them another"},
      {"{\"models\": [{\"path\": \"m/\"}, {\"path\": \"t/../m/.\"}], " TASKS "}",
       "a second model with the name \"m\": \"m/\" and \"t/../m/.\""},
      {"{\"models\": [{\"path\": \"//\"}], " TASKS "}",
       "models[0].path: the folder // has no name of its own: give the model a \"name\""},
      {"{" MODELS ", \"tasks\": [\"t/*/nothing.json\"]}", "tasks[0]: no file matches"},
      {"{" MODELS ", \"tasks\": [\"absent.json\"]}", "tasks[0]: no such file"},
      {"{" MODELS "," TASKS ", \"shots\": [0, 0]}", "shots[1]: 0 shots stand twice"},
      {"{" MODELS "," TASKS ", \"shots\": [1.5]}", "shots[0]: expected a whole number"},
      {"{" MODELS "," TASKS ", \"shots\": 3}", "shots: expected a list"},
      {"{" MODELS "," TASKS ", \"seed\": -1}", "seed: expected a whole number"},
      {"{" MODELS "," TASKS ", \"dtype\": \"f3\"}", "dtype: "},
      {"{" MODELS "," TASKS ", \"transformers\": \"3\"}",
       "transformers: unknown version of transformers \"3\"; known: default, 4.52, 5.0"},
      {"{" MODELS "," TASKS ", \"isa\": \"avx\"}", "isa: unknown instruction set \"avx\"; known: "},
      {"{" MODELS "," TASKS ", \"isa\": 2}", "isa: expected a string"},
      {"{" MODELS "," TASKS ", \"border\": \"x\"}", "border: expected \"joint\" or \"separate\""},
      {"{" MODELS "," TASKS ", \"generation\": {\"max_token\": 1}}",
       "did you mean \"max_tokens\"?"},
      {"{" MODELS "," TASKS ", \"max_examples\": 0}", "max_examples: expected"},
      {"{" MODELS "," TASKS ", \"output\": \"\"}", "output: expected a text, found an empty one"},
      {"{" MODELS "," TASKS ", \"output\": \"a\\u0000b\"}", "output: the text holds U+0000"},
      {"{\"models\": [{\"path\": \"m\", \"family\": \"\\u0000\"}], " TASKS "}",
       "models[0].family: the text holds U+0000"},
      {"[]", "expected an object"},
      {"{", "not JSON"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    bs_error err = {0};
    bs_config *config = NULL;
    BS_TEST_FAILS(parse(&config, cases[i].json, &err), BS_ERR_USAGE, err, cases[i].message);
    CU_ASSERT_PTR_NULL(config);
  }
  bs_error err = {0};
  bs_config *config = NULL;
  BS_TEST_FAILS(bs_config_load(&config, bs_test_path("none.json"), &err), BS_ERR_USAGE, err,
                "none.json");
}

int main(void) {
  static const bs_test tests[] = {
      {"the contract's example is read", reads_what_the_contract_shows},
      {"defaults", defaults_are_those_of_the_contract},
      {"models are paths or objects", models_are_paths_or_objects},
      {"a folder names its model and task", a_folder_names_its_model_and_task},
      {"faults are placed", faults_are_placed},
  };
  return bs_test_main("config", tests, sizeof tests / sizeof *tests);
}
