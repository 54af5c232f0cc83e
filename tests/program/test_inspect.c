/* bigsweep inspect: of models that run, and of folders that are refused. */
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "calling.h"
#include "harness.h"

static double number(const bs_json *json, const char *key) {
  const cJSON *item = bs_json_get(json->root, key);
  return cJSON_IsNumber(item) ? item->valuedouble : -1;
}

static void a_model_is_described(void) {
  outcome o = run("", "inspect --json %s", ladder("3k"));
  CU_ASSERT_EQUAL(o.code, 0);
  bs_json *json = json_line(&o.out, 0);
  double parameters = number(json, "parameters"), all = 0;
  const cJSON *elements = bs_json_get(json->root, "elements"), *type;
  cJSON_ArrayForEach(type, elements) all += type->valuedouble;
  CU_ASSERT_TRUE(parameters > 3000 && parameters < 4000);
  CU_ASSERT_TRUE(all >= parameters);
  CU_ASSERT_TRUE(number(json, "non_embedding_parameters") < parameters);
  CU_ASSERT_EQUAL(number(json, "active_parameters"), parameters);
  CU_ASSERT_TRUE(number(json, "layers") >= 1);
  const cJSON *memory = bs_json_get(json->root, "memory_bytes");
  double bytes = number(json, "file_bytes");
  CU_ASSERT_TRUE(bytes > 0 && bs_json_get(memory, "f32")->valuedouble > bytes);
  CU_ASSERT_TRUE(bs_json_get(memory, "bf16")->valuedouble > 0);
  CU_ASSERT_PTR_NULL(bs_json_get(json->root, "refused"));
  CU_ASSERT_STRING_EQUAL(bs_json_get(json->root, "tokenizer")->valuestring, "BPE");
  CU_ASSERT_PTR_NOT_NULL(strstr(bs_json_get(json->root, "first_tokens")->valuestring, "\"Q\""));
  bs_json_free(&json);
  outcome_free(&o);
  o = run("", "inspect %s", ladder("3k"));
  CU_ASSERT_EQUAL(o.code, 0);
  CU_ASSERT_TRUE(has(&o.out, "architecture  "));
  CU_ASSERT_TRUE(has(&o.out, "memory_bytes              f32 "));
  outcome_free(&o);
}

static void what_is_refused_is_told_with_what_can_be_read(void) {
  static const char config[] = "{\"architectures\": [\"NoSuchModel\"], \"hidden_size\": 16}";
  bs_test_write("config.json", config, sizeof config - 1);
  outcome o = run("", "inspect --json %s", bs_test_folder());
  CU_ASSERT_EQUAL(o.code, 1);
  bs_json *json = json_line(&o.out, 0);
  CU_ASSERT_EQUAL(bs_json_get(bs_json_get(json->root, "config"), "hidden_size")->valuedouble, 16);
  CU_ASSERT_EQUAL(cJSON_GetArraySize(bs_json_get(json->root, "refused")), 2); /* no tokenizer */
  CU_ASSERT_TRUE(has(&o.out, "NoSuchModel"));
  CU_ASSERT_TRUE(has(&o.out, "tokenizer.json"));
  bs_json_free(&json);
  outcome_free(&o);
  bs_test_write("config.json", "{", 1);
  o = run("", "inspect %s", bs_test_folder());
  CU_ASSERT_EQUAL(o.code, 1);
  CU_ASSERT_TRUE(has(&o.out, "refused"));
  outcome_free(&o);
  o = run("", "inspect %s/nowhere", bs_test_folder());
  CU_ASSERT_EQUAL(o.code, 2);
  outcome_free(&o);
  o = run("", "inspect");
  CU_ASSERT_EQUAL(o.code, 2);
  outcome_free(&o);
}

/* Every one is described, or refused with a reason: nothing in between. */
static void every_small_model_is_told(void) {
  glob_t found = {0};
  if (glob(bs_test_data("models/tiny-*"), 0, NULL, &found) != 0) {
    fprintf(stderr, "the shared data are not there: their models are not inspected\n");
    return;
  }
  for (size_t i = 0; i < found.gl_pathc; i++) {
    outcome o = run("", "inspect --json %s", found.gl_pathv[i]);
    bs_json *json = json_line(&o.out, 0);
    const cJSON *refused = bs_json_get(json->root, "refused");
    CU_ASSERT_EQUAL(o.code, refused != NULL);
    CU_ASSERT_EQUAL(o.err.n_bytes, 0);
    CU_ASSERT_TRUE(number(json, "parameters") > 0 || bs_json_get(json->root, "config") != NULL);
    bs_json_free(&json);
    outcome_free(&o);
  }
  globfree(&found);
}

int main(void) {
  static const bs_test tests[] = {
      {"a model is described", a_model_is_described},
      {"what is refused is told with what can be read",
       what_is_refused_is_told_with_what_can_be_read},
      {"every small model is told", every_small_model_is_told},
  };
  return bs_test_main("inspect", tests, sizeof tests / sizeof *tests);
}
