/* What folders hold: names of models, folders of all kinds, and a configuration made of them. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bigsweep/config.h"
#include "bigsweep/helpers.h"
#include "harness.h"
#include "program/calling.h"
#include "survey/survey_internal.h"

/* Names as they are on the Hub. */
static void names_tell_families(void) {
  static const struct {
    const char *name, *family;
    bool is_tuned;
  } cases[] = {
      {"pythia-70m", "pythia", false},
      {"pythia-6.9b-deduped-v0", "pythia-deduped-v0", false},
      {"gpt2", "gpt2", false},
      {"gpt2-medium", "gpt2", false},
      {"opt-1.3b", "opt", false},
      {"bloom-7b1", "bloom", false},
      {"Cerebras-GPT-111M", "Cerebras-GPT", false},
      {"Qwen2.5-0.5B-Instruct", "Qwen2.5-Instruct", true},
      {"Qwen1.5-MoE-A2.7B-Chat", "Qwen1.5-MoE-Chat", true},
      {"Meta-Llama-3.1-8B", "Meta-Llama-3.1", false},
      {"Mixtral-8x7B-v0.1", "Mixtral-v0.1", false},
      {"OLMoE-1B-7B-0924", "OLMoE-0924", false},
      {"flan-t5-xl", "flan-t5", false},
      {"Phi-3-mini-4k-instruct", "Phi-3-4k-instruct", true},
      {"gemma-2-2b-it", "gemma-2-it", true},
      {"stories15M", "stories", false},
      {"3k", "around", false},
      {"gpt-j-6b", "gpt-j", false},
      {"mpt-7b", "mpt", false},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    bs_error err = {0};
    bs_survey_model model = {.name = bs_string_copy(cases[i].name, &err), .seed = NAN};
    BS_TEST_OK(bs_model_name_read(&model, "around", &err), err);
    CU_ASSERT_STRING_EQUAL(model.family, cases[i].family);
    if (strcmp(model.family, cases[i].family) != 0)
      printf("\n    %s: %s", cases[i].name, model.family);
    CU_ASSERT_EQUAL(model.tuning != NULL, cases[i].is_tuned);
    free(model.name);
    free(model.family);
    free(model.tuning);
  }
}

static void names_tell_seeds_steps_and_types(void) {
  bs_error err = {0};
  double step = -1;
  bs_survey_model model = {.name = bs_string_copy("pythia-70m-seed3", &err), .seed = NAN};
  BS_TEST_OK(bs_model_name_read(&model, "around", &err), err);
  CU_ASSERT_STRING_EQUAL(model.family, "pythia");
  CU_ASSERT_EQUAL(model.seed, 3);
  free(model.name);
  free(model.family);
  CU_ASSERT_EQUAL(bs_model_name_step("step1000", &step), 4);
  CU_ASSERT_EQUAL(step, 1000);
  CU_ASSERT_EQUAL(bs_model_name_step("checkpoint-500", &step), 11);
  CU_ASSERT_EQUAL(step, 500);
  CU_ASSERT_EQUAL(bs_model_name_step("stepping", &step), 0);
  CU_ASSERT_EQUAL(bs_model_name_stem("qwen2.5-0.5b-instruct-Q4_K_M"), 22);
  CU_ASSERT_EQUAL(bs_model_name_stem("llama-7b.IQ4_XS"), 9);
  CU_ASSERT_EQUAL(bs_model_name_stem("llama-7b-F16"), 9);
  CU_ASSERT_EQUAL(bs_model_name_stem("llama-7b-Quick"), 0);
}

static void languages_are_told(void) {
  static const struct {
    const char *keywords, *name, *description, *languages;
  } cases[] = {
      {"logical reasoning", "a", "of German cars", "English"},
      {"grammar, non-English", "sentences_german", "in German", "German"},
      {"translation", "x", "from French to Swahili", "French, Swahili"},
      {"multilingual", "x", "many", "not English alone"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    bs_error err = {0};
    bs_text text = {0};
    BS_TEST_OK(
        bs_task_languages(&text, cases[i].keywords, cases[i].name, cases[i].description, &err),
        err);
    CU_ASSERT_STRING_EQUAL(text.data, cases[i].languages);
    bs_text_free(&text);
  }
}

static void make_folder(const char *name) { CU_ASSERT_EQUAL(mkdir(bs_test_path(name), 0777), 0); }

static void link_to(const char *target, const char *name) {
  CU_ASSERT_EQUAL(symlink(target, bs_test_path(name)), 0);
}

static const bs_survey_model *find(const bs_survey_models *models, const char *name) {
  for (size_t i = 0; i < models->n; i++)
    if (models->list[i].name != NULL && strcmp(models->list[i].name, name) == 0)
      return &models->list[i];
  printf("\n    no model %s", name);
  CU_FAIL("a model is not found");
  return NULL;
}

/* A hub cache, steps of a training, a link that leads back, and folders that are no models. */
static void lay_out_models(void) {
  static const char *const folders[] = {"m",
                                        "m/sizes",
                                        "m/tiny-1m",
                                        "m/tiny-1m/step10",
                                        "m/hub",
                                        "m/hub/models--some--net-3k",
                                        "m/hub/models--some--net-3k/refs",
                                        "m/hub/models--some--net-3k/snapshots",
                                        "m/broken",
                                        "m/adapter"};
  for (size_t i = 0; i < sizeof folders / sizeof *folders; i++)
    make_folder(folders[i]);
  link_to(ladder("3k"), "m/sizes/net-3k");
  link_to(ladder("10k"), "m/sizes/net-10k");
  rmdir(bs_test_path("m/tiny-1m/step10"));
  link_to(ladder("3k"), "m/tiny-1m/step10");
  link_to(ladder("10k"), "m/tiny-1m/step20");
  link_to(ladder("10k"), "m/hub/models--some--net-3k/snapshots/0123456789");
  link_to(ladder("3k"), "m/hub/models--some--net-3k/snapshots/abcdef0123");
  bs_test_write("m/hub/models--some--net-3k/refs/main", "abcdef0123\n", 11);
  link_to("..", "m/sizes/back");
  bs_test_write("m/broken/config.json", "{\"model_type\": \"odd\"}", 21);
  bs_test_write("m/adapter/adapter_config.json", "{}", 2);
  bs_test_write("m/sizes/bad-Q4_0.gguf", "GGUF", 4);
}

static void models_are_found_in_all_places(void) {
  bs_survey_models models;
  bs_error err = {0};
  lay_out_models();
  const char *paths[] = {bs_test_path("m")};
  BS_TEST_OK(bs_survey_models_find(&models, paths, 1, &err), err);
  CU_ASSERT_EQUAL(models.n, 8);
  CU_ASSERT_EQUAL(models.n_usable, 5);
  size_t n = 0;
  for (size_t i = 0; i < models.n; i++) {
    n += models.list[i].fault != NULL;
    CU_ASSERT_EQUAL(models.list[i].fault == NULL, i < models.n_usable);
    if (i < models.n_usable && strstr(models.list[i].path, "snapshots") != NULL) {
      CU_ASSERT_PTR_NOT_NULL(strstr(models.list[i].path, "/abcdef0123"));
      CU_ASSERT_STRING_EQUAL(models.list[i].name, "net-3k");
    }
  }
  CU_ASSERT_EQUAL(n, 3);
  const bs_survey_model *net = find(&models, "net-10k"), *step = find(&models, "tiny-1m-step20");
  if (net != NULL && step != NULL) {
    CU_ASSERT_STRING_EQUAL(net->family, "net");
    CU_ASSERT_EQUAL(net->parameters, 10900);
    CU_ASSERT_STRING_EQUAL(net->type, "BF16");
    CU_ASSERT_PTR_NULL(net->series_path);
    CU_ASSERT_EQUAL(step->step, 20);
    CU_ASSERT_PTR_NOT_NULL(step->series_path);
  }
  bs_survey_models_free(&models);
}

static void missing_folders_are_told(void) {
  bs_survey_models models;
  bs_survey_tasks tasks;
  bs_error err = {0};
  const char *paths[] = {"/nowhere/at/all"};
  BS_TEST_FAILS(bs_survey_models_find(&models, paths, 1, &err), BS_ERR_USAGE, err,
                "no such folder: /nowhere/at/all");
  BS_TEST_FAILS(bs_survey_tasks_find(&tasks, paths, 1, &err), BS_ERR_USAGE, err,
                "no such folder: /nowhere/at/all");
}

static void tasks_are_described(void) {
  outcome o = run("", "tasks %s/tasks", BS_SOURCE_DIR);
  CU_ASSERT_EQUAL(o.code, 0);
  CU_ASSERT_TRUE(has(&o.out, "ladder_recite              text         120         0  exact_str"));
  CU_ASSERT_TRUE(has(&o.out, "14 tasks, 2640 examples"));
  CU_ASSERT_TRUE(has(&o.out, "keywords: multiple choice 8,"));
  outcome_free(&o);
  o = run("", "tasks %s/tasks --json", BS_SOURCE_DIR);
  bs_json *json = json_line(&o.out, 0);
  CU_ASSERT_STRING_EQUAL(bs_json_get(json->root, "name")->valuestring, "ladder_addition");
  CU_ASSERT_STRING_EQUAL(bs_json_get(json->root, "kind")->valuestring, "text");
  CU_ASSERT_EQUAL(bs_json_get(json->root, "examples")->valuedouble, 200);
  bs_json_free(&json);
  outcome_free(&o);
}

/* One that can be read, one that cannot, one that an earlier one is called like. */
static void bad_tasks_do_not_stop_the_rest(void) {
  static const char good[] = "{\"metrics\": [\"exact_str_match\"], \"keywords\": [\"odd\"], "
                             "\"examples\": [{\"input\": \"a\", \"target\": \"b\"}]}";
  static const char *const folders[] = {"t", "t/a", "t/b", "t/other", "t/other/a"};
  for (size_t i = 0; i < sizeof folders / sizeof *folders; i++)
    make_folder(folders[i]);
  bs_test_write("t/a/task.json", good, strlen(good));
  bs_test_write("t/other/a/task.json", good, strlen(good));
  bs_test_write("t/b/task.json", "{", 1);
  outcome o = run("", "tasks %s", bs_test_path("t"));
  CU_ASSERT_EQUAL(o.code, 1);
  CU_ASSERT_TRUE(has(&o.out, "2 tasks, 2 examples"));
  CU_ASSERT_TRUE(has(&o.err, "/t/b/task.json: line 1"));
  outcome_free(&o);
  o = run("", "init %s/models %s -o -", BS_SOURCE_DIR, bs_test_path("t"));
  CU_ASSERT_EQUAL(o.code, 0);
  CU_ASSERT_TRUE(has(&o.out, "/t/a/task.json\"\n  ],"));
  CU_ASSERT_TRUE(has(&o.err, "a second task with the name \"a\""));
  CU_ASSERT_TRUE(has(&o.err, "left out: "));
  outcome_free(&o);
}

/* What init writes, validate accepts and run takes, from any folder. */
static void a_configuration_is_written_that_runs(void) {
  char path[4096];
  snprintf(path, sizeof path, "%s", bs_test_path("made.json"));
  outcome o = run("", "init %s/.. %s/tasks/ladder_facts -o %s", ladder("3k"), BS_SOURCE_DIR, path);
  CU_ASSERT_EQUAL(o.code, 0);
  CU_ASSERT_TRUE(has(&o.err, "made.json: 8 models, 1 task. Next:\n  bigsweep plan "));
  outcome_free(&o);
  bs_config *config = NULL;
  bs_error err = {0};
  BS_TEST_OK(bs_config_load(&config, path, &err), err);
  if (config != NULL) {
    CU_ASSERT_EQUAL(config->n_models, 8);
    CU_ASSERT_STRING_EQUAL(config->models[0].name, "s1-3k");
    CU_ASSERT_STRING_EQUAL(config->models[7].family, "s1");
  }
  bs_config_free(&config);
  o = run("", "validate %s", path);
  CU_ASSERT_EQUAL(o.code, 0);
  CU_ASSERT_TRUE(has(&o.out, "made.json: ok, a configuration of 8 models and 1 task"));
  outcome_free(&o);
  o = run("", "init %s %s/tasks/ladder_facts -o %s --force", ladder("3k"), BS_SOURCE_DIR, path);
  CU_ASSERT_EQUAL(o.code, 0);
  outcome_free(&o);
  o = run("", "run %s", path);
  CU_ASSERT_EQUAL(o.code, 0);
  CU_ASSERT_TRUE(has(&o.err, "made.h5. To look at them:\n  bigsweep analyze "));
  outcome_free(&o);
  o = run("", "init %s %s/tasks -o %s", ladder("3k"), BS_SOURCE_DIR, path);
  CU_ASSERT_EQUAL(o.code, 2);
  CU_ASSERT_TRUE(has(&o.err, "is there already: --force replaces it"));
  outcome_free(&o);
}

int main(void) {
  static const bs_test tests[] = {
      {"names tell families", names_tell_families},
      {"names tell seeds, steps and types", names_tell_seeds_steps_and_types},
      {"languages are told", languages_are_told},
      {"models are found in all places", models_are_found_in_all_places},
      {"missing folders are told", missing_folders_are_told},
      {"tasks are described", tasks_are_described},
      {"bad tasks do not stop the rest", bad_tasks_do_not_stop_the_rest},
      {"a configuration is written that runs", a_configuration_is_written_that_runs},
  };
  return bs_test_main("survey", tests, sizeof tests / sizeof *tests);
}
