/* Series of models, their attributes, and the axis that scale is taken from. */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "bigsweep/config.h"
#include "harness.h"

#define TASKS "\"tasks\": [\"a/task.json\"]"

static void make_folders(const char *const *names, size_t n) {
  mkdir(bs_test_path("a"), 0700);
  bs_test_write("a/task.json", "{}", 2);
  for (size_t i = 0; i < n; i++)
    mkdir(bs_test_path(names[i]), 0700);
}
#define FOLDERS(...)                                                                               \
  make_folders((const char *const[]){__VA_ARGS__},                                                 \
               sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *))

static bs_status parse(bs_config **config, const char *json, bs_error *err) {
  return bs_config_parse(config, json, strlen(json), bs_test_path("c.json"), err);
}

static void expect_refused(const char *json, const char *message) {
  bs_error err = {0};
  bs_config *config = NULL;
  CU_ASSERT_EQUAL(parse(&config, json, &err), BS_ERR_USAGE);
  CU_ASSERT_PTR_NULL(config);
  if (strstr(err.message, message) == NULL) {
    fprintf(stderr, "expected \"%s\" in \"%s\"\n", message, err.message);
    CU_FAIL("another message");
  }
}

static bs_config *accepted(const char *json) {
  bs_error err = {0};
  bs_config *config = NULL;
  BS_TEST_OK(parse(&config, json, &err), err);
  CU_ASSERT_PTR_NOT_NULL_FATAL(config);
  return config;
}

static void steps_are_models_in_order_of_their_number(void) {
  FOLDERS("p", "p/step1000", "p/step20", "p/step143000", "p/notes", "p/step", "p/step5x");
  bs_config *config =
      accepted("{\"models\": [{\"path\": \"p/step{step}\", \"tokens_per_step\": 2097152, "
               "\"tuning\": \"base\", \"group\": \"dense\"}], " TASKS "}");
  CU_ASSERT_EQUAL_FATAL(config->n_models, 3);
  const bs_model_spec *m = config->models;
  CU_ASSERT_STRING_EQUAL(m[0].name, "p-step20");
  CU_ASSERT_STRING_EQUAL(m[1].name, "p-step1000");
  CU_ASSERT_STRING_EQUAL(m[2].name, "p-step143000");
  CU_ASSERT_STRING_EQUAL(m[1].given_path, "p/step1000");
  CU_ASSERT_STRING_EQUAL(m[1].path, bs_test_path("p/step1000"));
  CU_ASSERT_STRING_EQUAL(m[1].family, "p");
  CU_ASSERT_STRING_EQUAL(m[1].series, "training");
  CU_ASSERT_STRING_EQUAL(m[1].tuning, "base");
  CU_ASSERT_STRING_EQUAL(m[1].group, "dense");
  CU_ASSERT_EQUAL(m[1].step, 1000);
  CU_ASSERT_EQUAL(m[1].tokens, 2097152000.0);
  CU_ASSERT_EQUAL(m[1].axis, BS_AXIS_TOKENS);
  bs_config_free(&config);
}

static void the_usual_names_of_checkpoints_are_read(void) {
  FOLDERS("q", "q/iter_0001000", "q/iter_0000500", "q/checkpoint-500", "q/step1000-tokens4B",
          "q/step10-tokens1.5M", "q/main");
  bs_config *config = accepted("{\"models\": [{\"path\": \"q/iter_{step}\"}], " TASKS "}");
  CU_ASSERT_EQUAL_FATAL(config->n_models, 2);
  CU_ASSERT_EQUAL(config->models[0].step, 500);
  CU_ASSERT_STRING_EQUAL(config->models[0].name, "q-iter_0000500");
  CU_ASSERT_EQUAL(config->models[0].axis, BS_AXIS_STEP);
  CU_ASSERT_TRUE(isnan(config->models[0].tokens));
  bs_config_free(&config);
  config = accepted("{\"models\": [\"q/checkpoint-{step}\", \"q/step{step}-tokens{tokens}\"], "
                    "\"axis\": \"step\", " TASKS "}");
  CU_ASSERT_EQUAL_FATAL(config->n_models, 3);
  CU_ASSERT_EQUAL(config->models[0].step, 500);
  CU_ASSERT_EQUAL(config->models[1].tokens, 1.5e6);
  CU_ASSERT_EQUAL(config->models[2].tokens, 4e9);
  CU_ASSERT_EQUAL(config->models[2].axis, BS_AXIS_STEP);
  bs_config_free(&config);
}

static void quantizations_are_a_series_by_bytes(void) {
  FOLDERS("g", "g/x-Q4_K_M", "g/x-Q8_0", "g/y-Q8_0");
  bs_config *config =
      accepted("{\"name\": \"s\", \"models\": [{\"path\": \"g/x-{quantization}\"}], " TASKS "}");
  CU_ASSERT_EQUAL_FATAL(config->n_models, 2);
  CU_ASSERT_STRING_EQUAL(config->models[0].quantization, "Q4_K_M");
  CU_ASSERT_STRING_EQUAL(config->models[1].quantization, "Q8_0");
  CU_ASSERT_STRING_EQUAL(config->models[0].name, "x-Q4_K_M");
  CU_ASSERT_STRING_EQUAL(config->models[0].family, "s");
  CU_ASSERT_STRING_EQUAL(config->models[0].series, "quantization");
  CU_ASSERT_EQUAL(config->models[0].axis, BS_AXIS_WEIGHTS_BYTES);
  bs_config_free(&config);
  bs_test_write("g/z-Q4_0.gguf", "GGUF", 4);
  config = accepted("{\"models\": [{\"path\": \"g/z-{quantization}.gguf\"}], " TASKS "}");
  CU_ASSERT_EQUAL_FATAL(config->n_models, 1);
  CU_ASSERT_STRING_EQUAL(config->models[0].quantization, "Q4_0");
  CU_ASSERT_STRING_EQUAL(config->models[0].name, "z-Q4_0");
  bs_config_free(&config);
}

static void steps_can_be_chosen_and_names_given(void) {
  FOLDERS("r", "r/a", "r/a/step0", "r/a/step1", "r/a/step2", "r/a/step2/hf", "r/a/step1/hf");
  bs_config *config =
      accepted("{\"models\": [{\"path\": \"r/a/step{step}/hf\", \"steps\": [2, 1], \"name\": "
               "\"m{step}\", \"family\": \"f\"}], " TASKS "}");
  CU_ASSERT_EQUAL_FATAL(config->n_models, 2);
  CU_ASSERT_STRING_EQUAL(config->models[0].name, "m1");
  CU_ASSERT_STRING_EQUAL(config->models[1].given_path, "r/a/step2/hf");
  CU_ASSERT_STRING_EQUAL(config->models[1].family, "f");
  bs_config_free(&config);
}

static void faults_of_series_are_named(void) {
  FOLDERS("e", "e/step0", "e/step1", "e2", "e2/step1", "e2/step01", "e3");
  expect_refused("{\"models\": [{\"path\": \"e/iter_{step}\"}], " TASKS "}",
                 "matches \"iter_{step}\"; there are \"step0\", \"step1\"");
  expect_refused("{\"models\": [\"e3/step{step}\"], " TASKS "}", "there are no files");
  expect_refused("{\"models\": [\"nowhere/step{step}\"], " TASKS "}", "models[0]: ");
  expect_refused("{\"models\": [\"e/step{step}\"], " TASKS "}", "list the others under \"steps\"");
  expect_refused("{\"models\": [\"e2/step{step}\"], " TASKS "}",
                 "\"step01\" and \"step1\" are the same step");
  expect_refused("{\"models\": [\"e{step}/step{step}\"], " TASKS "}", "in one component");
  expect_refused("{\"models\": [{\"path\": \"e/step{step}\", \"steps\": [7]}], " TASKS "}",
                 "models[0].steps[0]: no step 7 is there");
  expect_refused("{\"models\": [{\"path\": \"e/step{step}\", \"steps\": []}], " TASKS "}",
                 "models[0].steps: expected a list");
  expect_refused("{\"models\": [{\"path\": \"e\", \"steps\": [1]}], " TASKS "}",
                 "models[0].steps: the path has no {step}");
  expect_refused("{\"models\": [{\"path\": \"e/step{step}\", \"tokens\": 5}], " TASKS "}",
                 "models[0].tokens: all steps");
  expect_refused("{\"models\": [{\"path\": \"e\", \"tokens_per_step\": 5}], " TASKS "}",
                 "models[0].tokens_per_step: the model has no \"step\"");
  expect_refused("{\"models\": [{\"path\": \"e/step{step}\", \"steps\": [1], \"scale\": 5}], " TASKS
                 "}",
                 "models[0].scale: all steps");
  expect_refused("{\"models\": [{\"path\": \"e2/step{step}\", \"name\": \"x\"}], " TASKS "}",
                 "same step");
}

static void an_axis_needs_its_numbers(void) {
  FOLDERS("e");
  expect_refused("{\"axis\": \"size\", \"models\": [\"e\"], " TASKS "}",
                 "axis: expected \"parameters\"");
  expect_refused("{\"axis\": \"tokens\", \"models\": [\"e\"], " TASKS "}",
                 "models[0]: the axis is \"tokens\", but nothing tells it of \"e\"");
  expect_refused("{\"axis\": \"compute\", \"models\": [\"e\"], " TASKS "}",
                 "\"tokens\" or \"compute\"");
  expect_refused("{\"axis\": \"tokens\", \"models\": [{\"path\": \"e\", \"tokens\": 0}], " TASKS
                 "}",
                 "begins above 0");
  expect_refused("{\"models\": [{\"path\": \"e\", \"tokens\": -1}], " TASKS "}",
                 "models[0].tokens: expected a number, 0 or more");
  expect_refused("{\"models\": [{\"path\": \"e\", \"group\": 1}], " TASKS "}", "models[0].group");
  bs_config *config = accepted("{\"axis\": \"compute\", \"models\": [{\"path\": \"e\", \"tokens\": "
                               "3e11}, {\"path\": \"e\", \"name\": \"e2\", \"compute\": 1e20}, "
                               "{\"path\": \"e\", \"name\": \"e3\", \"scale\": 5}], " TASKS "}");
  CU_ASSERT_EQUAL(config->models[0].axis, BS_AXIS_COMPUTE);
  CU_ASSERT_EQUAL(config->models[0].tokens, 3e11);
  CU_ASSERT_EQUAL(config->models[1].compute, 1e20);
  CU_ASSERT_EQUAL(config->models[2].axis, BS_AXIS_GIVEN);
  bs_config_free(&config);
  config = accepted("{\"models\": [\"e\"], " TASKS "}");
  CU_ASSERT_EQUAL(config->models[0].axis, BS_AXIS_PARAMETERS);
  bs_config_free(&config);
}

int main(void) {
  static const bs_test tests[] = {
      {"steps are models in order of their number", steps_are_models_in_order_of_their_number},
      {"the usual names of checkpoints are read", the_usual_names_of_checkpoints_are_read},
      {"quantizations are a series by bytes", quantizations_are_a_series_by_bytes},
      {"steps can be chosen and names given", steps_can_be_chosen_and_names_given},
      {"faults of series are named", faults_of_series_are_named},
      {"an axis needs its numbers", an_axis_needs_its_numbers},
  };
  return bs_test_main("config_series", tests, sizeof tests / sizeof *tests);
}
