/* The commands that answer line by line: tokenize, loglik, generate, metric. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bigsweep/json.h"
#include "calling.h"
#include "harness.h"

static void tokenize_goes_there_and_back(void) {
  outcome o = run("{\"text\": \"\\nQ: 1+2\"}\nnot json\n{\"txt\": 1}\n{\"text\": \"\xC3\xA9\"}\n",
                  "tokenize --model %s", ladder("3k"));
  CU_ASSERT_EQUAL(o.code, 1); /* of the bad lines */
  bs_json *first = json_line(&o.out, 0), *second = json_line(&o.out, 1),
          *third = json_line(&o.out, 2), *last = json_line(&o.out, 3);
  CU_ASSERT_EQUAL(cJSON_GetArraySize(bs_json_get(first->root, "ids")), 7);
  CU_ASSERT_PTR_NOT_NULL(bs_json_get(second->root, "error"));
  CU_ASSERT_PTR_NOT_NULL(
      strstr(bs_json_get(third->root, "error")->valuestring, "\"text\" is missing"));
  CU_ASSERT_EQUAL(cJSON_GetArrayItem(bs_json_get(last->root, "ids"), 0)->valuedouble,
                  0); /* <unk> */
  char *ids = cJSON_PrintUnformatted(bs_json_get(first->root, "ids"));
  char line[256];
  snprintf(line, sizeof line, "{\"ids\": %s}", ids);
  outcome back = run(line, "tokenize --decode --model %s", ladder("3k"));
  CU_ASSERT_EQUAL(back.code, 0);
  CU_ASSERT_STRING_EQUAL(back.out.data, "{\"text\": \"\\nQ: 1+2\"}\n");
  outcome_free(&back);
  free(ids);
  bs_json_free(&first);
  bs_json_free(&second);
  bs_json_free(&third);
  bs_json_free(&last);
  outcome_free(&o);
}

/* A tokenizer of three letters that puts <s> before every text. */
static void write_bos_tokenizer(const char *config) {
  static const char tokenizer[] =
      "{\"version\": \"1.0\", \"added_tokens\": [{\"id\": 3, \"content\": \"<s>\", \"special\": "
      "true}], \"post_processor\": {\"type\": \"TemplateProcessing\", \"single\": "
      "[{\"SpecialToken\": {\"id\": \"<s>\"}}, {\"Sequence\": {\"id\": \"A\"}}], "
      "\"special_tokens\": {\"<s>\": {\"ids\": [3]}}}, \"model\": {\"type\": \"BPE\", \"vocab\": "
      "{\"a\": 0, \"b\": 1, \"\\n\": 2}, \"merges\": []}}";
  static const char model[] = "{\"model_type\": \"llama\", \"bos_token_id\": 3}";
  bs_test_write("tokenizer.json", tokenizer, sizeof tokenizer - 1);
  bs_test_write("config.json", model, sizeof model - 1);
  bs_test_write("tokenizer_config.json", config, strlen(config));
}

static void tokenize_explains_and_warns(void) {
  const char *folder = bs_test_folder();
  write_bos_tokenizer("{\"tokenizer_class\": \"PreTrainedTokenizerFast\"}");
  outcome o = run("{\"text\": \"a\\nb\"}\n{\"text\": \"<s>a\"}\n",
                  "tokenize --special --explain --model %s", folder);
  CU_ASSERT_EQUAL(o.code, 0);
  CU_ASSERT_STRING_EQUAL(o.out.data,
                         "{\"ids\": [3, 0, 2, 1], \"tokens\": [\"<s>\", \"a\", \"\\n\", \"b\"]}\n"
                         "{\"ids\": [3, 3, 0], \"tokens\": [\"<s>\", \"<s>\", \"a\"]}\n");
  CU_ASSERT_TRUE(has(&o.err, "in a prompt it stands twice"));
  CU_ASSERT_FALSE(has(&o.err, "no BOS"));
  outcome_free(&o);
  write_bos_tokenizer("{\"tokenizer_class\": \"LlamaTokenizer\", \"add_bos_token\": false}");
  o = run("{\"text\": \"a\"}\n", "tokenize --special --model %s", folder);
  CU_ASSERT_EQUAL(o.code, 0);
  CU_ASSERT_STRING_EQUAL(o.out.data, "{\"ids\": [0]}\n");
  CU_ASSERT_TRUE(has(&o.err, "no BOS stands before a text, although llama models"));
  outcome_free(&o);
}

static void loglik_agrees_with_the_goldens(void) {
  bs_error err = {0};
  if (!bs_test_have_data("models/tiny-llama-a/expected.json"))
    return;
  bs_json *expected = NULL;
  BS_TEST_OK(bs_json_load(&expected, bs_test_data("models/tiny-llama-a/expected.json"), 0, &err),
             err);
  bs_text input = {0};
  size_t n_cases = 0;
  const cJSON *one, *cases = bs_json_get(expected->root, "cases");
  cJSON_ArrayForEach(one, cases) {
    cJSON *ids = cJSON_Duplicate(bs_json_get(one, "ids"), 1);
    cJSON *context = cJSON_CreateArray();
    cJSON_AddItemToArray(context, cJSON_DetachItemFromArray(ids, 0));
    char *a = cJSON_PrintUnformatted(context), *b = cJSON_PrintUnformatted(ids);
    bs_text_printf(&input, &err, "{\"context_ids\": %s, \"continuation_ids\": %s}\n", a, b);
    free(a);
    free(b);
    cJSON_Delete(ids);
    cJSON_Delete(context);
    n_cases++;
  }
  outcome o = run(input.data, "loglik --model %s --threads 1", bs_test_data("models/tiny-llama-a"));
  CU_ASSERT_EQUAL(o.code, 0);
  size_t i = 0;
  cJSON_ArrayForEach(one, cases) {
    bs_json *line = json_line(&o.out, i++);
    double sum = bs_json_get(one, "sum")->valuedouble;
    CU_ASSERT_DOUBLE_EQUAL(bs_json_get(line->root, "logprob")->valuedouble, sum,
                           1e-4 + 1e-5 * fabs(sum));
    CU_ASSERT_EQUAL(cJSON_GetArraySize(bs_json_get(line->root, "token_logprobs")),
                    cJSON_GetArraySize(bs_json_get(one, "logprobs")));
    bs_json_free(&line);
  }
  CU_ASSERT_EQUAL(i, n_cases);
  bs_text_free(&input);
  outcome_free(&o);
  bs_json_free(&expected);
}

static void loglik_answers_each_line_in_its_place(void) {
  outcome o = run("{\"context\": \"\\nQ: 37+45\\nA: \", \"continuation\": \"82\"}\n"
                  "{\"context_ids\": [1, 999], \"continuation_ids\": [2]}\n"
                  "{\"context\": \"a\"}\n"
                  "{\"context\": \"\\nQ: 37+45\\nA:\", \"continuation\": \" 82\"}\n",
                  "loglik --model %s", ladder("30k"));
  CU_ASSERT_EQUAL(o.code, 1);
  bs_json *first = json_line(&o.out, 0), *second = json_line(&o.out, 1),
          *third = json_line(&o.out, 2), *last = json_line(&o.out, 3);
  CU_ASSERT_TRUE(bs_json_get(first->root, "logprob")->valuedouble < 0);
  CU_ASSERT_PTR_NOT_NULL(strstr(bs_json_get(second->root, "error")->valuestring, "999"));
  CU_ASSERT_PTR_NOT_NULL(strstr(bs_json_get(third->root, "error")->valuestring, "continuation"));
  /* The space at the border belongs to the continuation either way. */
  CU_ASSERT_EQUAL(bs_json_get(last->root, "logprob")->valuedouble,
                  bs_json_get(first->root, "logprob")->valuedouble);
  bs_json_free(&first);
  bs_json_free(&second);
  bs_json_free(&third);
  bs_json_free(&last);
  outcome_free(&o);
}

/* A key that is not known may be one that is misspelt, such as the border. */
static void filters_refuse_what_they_do_not_know(void) {
  static const struct {
    const char *line, *command, *expected;
  } cases[] = {
      {"{\"context\": \"a\", \"continuation\": \"b\", \"bordr\": \"separate\"}\n", "loglik --model",
       "bordr"},
      {"{\"prompt\": \"a\", \"max_token\": 2}\n", "generate --model", "max_token"},
      {"{\"predictions\": [\"a\"], \"references\": [[\"a\"]], \"target_score\": [[1]]}\n", "metric",
       "target_score"},
      {"{\"log_probs\": [[0.5, -1]], \"target_scores\": [[1, 0]]}\n", "metric", "at most 0"},
      {"{\"log_probs\": [[1e999, -1]], \"target_scores\": [[1, 0]]}\n", "metric", "at most 0"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    outcome o = strcmp(cases[i].command, "metric") == 0
                    ? run(cases[i].line, "metric")
                    : run(cases[i].line, "%s %s", cases[i].command, ladder("3k"));
    CU_ASSERT_EQUAL(o.code, 1);
    CU_ASSERT_TRUE(has(&o.out, "error"));
    CU_ASSERT_TRUE(has(&o.out, cases[i].expected));
    outcome_free(&o);
  }
}

static void generate_continues_a_known_text(void) {
  bs_error err = {0};
  if (!bs_test_have_data("models/stories260K/expected.json"))
    return;
  bs_json *expected = NULL;
  BS_TEST_OK(bs_json_load(&expected, bs_test_data("models/stories260K/expected.json"), 0, &err),
             err);
  const char *text = bs_json_get(bs_json_get(expected->root, "greedy"), "text")->valuestring;
  outcome o = run("{\"prompt\": \"\", \"max_tokens\": 256}\n"
                  "{\"prompt\": \"Once upon a time\", \"max_tokens\": 40, \"stop\": [\"Lily\"]}\n"
                  "{\"prompt\": \"Once\", \"max_tokens\": -1}\n",
                  "generate --model %s", bs_test_data("models/stories260K"));
  CU_ASSERT_EQUAL(o.code, 1);
  bs_json *first = json_line(&o.out, 0), *second = json_line(&o.out, 1),
          *third = json_line(&o.out, 2);
  CU_ASSERT_STRING_EQUAL(bs_json_get(first->root, "text")->valuestring, text);
  CU_ASSERT_EQUAL(bs_json_get(first->root, "tokens")->valuedouble, 256);
  CU_ASSERT_STRING_EQUAL(bs_json_get(first->root, "finish")->valuestring, "length");
  CU_ASSERT_STRING_EQUAL(bs_json_get(second->root, "text")->valuestring,
                         ", there was a little girl named ");
  CU_ASSERT_STRING_EQUAL(bs_json_get(second->root, "finish")->valuestring, "stop");
  CU_ASSERT_PTR_NOT_NULL(bs_json_get(third->root, "error"));
  bs_json_free(&first);
  bs_json_free(&second);
  bs_json_free(&third);
  bs_json_free(&expected);
  outcome_free(&o);
}

/* Of 64 bits, as text where a number of JSON would be inexact. */
static void generate_takes_whole_seeds(void) {
#define LINE(seed)                                                                                 \
  "{\"prompt\": \"Q: \", \"max_tokens\": 30, \"temperature\": 2, \"seed\": " seed "}\n"
  outcome o = run(LINE("7") LINE("\"7\"") LINE("\"18446744073709551615\"")
                      LINE("\"18446744073709551616\"") LINE("\"\"") LINE("\"7 \""),
                  "generate --model %s", ladder("3k"));
  bs_json *lines[6];
  for (size_t i = 0; i < 6; i++)
    lines[i] = json_line(&o.out, i);
  CU_ASSERT_EQUAL(o.code, 1);
  const char *number = bs_json_get(lines[0]->root, "text")->valuestring;
  CU_ASSERT_STRING_EQUAL(number, bs_json_get(lines[1]->root, "text")->valuestring);
  CU_ASSERT_STRING_NOT_EQUAL(number, bs_json_get(lines[2]->root, "text")->valuestring);
  for (size_t i = 3; i < 6; i++) {
    const cJSON *error = bs_json_get(lines[i]->root, "error");
    CU_ASSERT_PTR_NOT_NULL_FATAL(error);
    CU_ASSERT_PTR_NOT_NULL(strstr(error->valuestring, "seed: expected a whole number below 2^64"));
  }
  for (size_t i = 0; i < 6; i++)
    bs_json_free(&lines[i]);
  outcome_free(&o);
#undef LINE
}

static void metrics_are_computed(void) {
  outcome o = run("{\"predictions\": [\"a\", \"b\"], \"references\": [[\"a\"], [\"x\", \"c\"]]}\n"
                  "{\"log_probs\": [[-1, -2], [-3, -1]], \"target_scores\": [[1, 0], [1, 0]]}\n"
                  "{\"predictions\": [\"a\"], \"references\": []}\n",
                  "metric");
  CU_ASSERT_EQUAL(o.code, 1);
  bs_json *text = json_line(&o.out, 0), *choice = json_line(&o.out, 1), *bad = json_line(&o.out, 2);
  CU_ASSERT_EQUAL(bs_json_get(text->root, "exact_str_match")->valuedouble, 0.5);
  CU_ASSERT_PTR_NOT_NULL(bs_json_get(text->root, "rougeLsum"));
  CU_ASSERT_EQUAL(bs_json_get(choice->root, "multiple_choice_grade")->valuedouble, 0.5);
  double p = 1 / (1 + exp(-1.0)), q = 1 / (1 + exp(2.0));
  CU_ASSERT_DOUBLE_EQUAL(
      bs_json_get(choice->root, "calibration_multiple_choice_brier_score")->valuedouble,
      ((1 - p) * (1 - p) + (1 - q) * (1 - q)) / 2, 1e-12);
  CU_ASSERT_PTR_NOT_NULL(strstr(bs_json_get(bad->root, "error")->valuestring, "references"));
  bs_json_free(&text);
  bs_json_free(&choice);
  bs_json_free(&bad);
  outcome_free(&o);
}

int main(void) {
  static const bs_test tests[] = {
      {"tokenize goes there and back", tokenize_goes_there_and_back},
      {"tokenize explains and warns", tokenize_explains_and_warns},
      {"loglik agrees with the goldens", loglik_agrees_with_the_goldens},
      {"loglik answers each line in its place", loglik_answers_each_line_in_its_place},
      {"filters refuse what they do not know", filters_refuse_what_they_do_not_know},
      {"generate continues a known text", generate_continues_a_known_text},
      {"generate takes whole seeds", generate_takes_whole_seeds},
      {"metrics are computed", metrics_are_computed},
  };
  return bs_test_main("filters", tests, sizeof tests / sizeof *tests);
}
