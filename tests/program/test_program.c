/* The program as its users call it: filters, exit codes, messages. */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bigsweep/json.h"
#include "bigsweep/store.h"
#include "harness.h"

/* What a call gave. */
typedef struct outcome {
  int code;
  bs_text out, err;
} outcome;

static void outcome_free(outcome *o) {
  bs_text_free(&o->out);
  bs_text_free(&o->err);
}

/* Runs "bigsweep <arguments>" through a shell with `input` as its standard input. */
static outcome run(const char *input, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static outcome run(const char *input, const char *format, ...) {
  char arguments[8192], line[16384];
  va_list values;
  va_start(values, format);
  vsnprintf(arguments, sizeof arguments, format, values);
  va_end(values);
  const char *in = bs_test_write("stdin", input, strlen(input));
  const char *out = bs_test_path("stdout"), *err = bs_test_path("stderr");
  snprintf(line, sizeof line, "%s %s <%s >%s 2>%s", BS_PROGRAM, arguments, in, out, err);
  int status = system(line);
  outcome o = {.code = WIFEXITED(status) ? WEXITSTATUS(status) : -1};
  o.out = bs_test_read(out);
  o.err = bs_test_read(err);
  return o;
}

/* Line i of a text, parsed as JSON; the caller frees it. */
static bs_json *json_line(const bs_text *text, size_t i) {
  bs_error err = {0};
  bs_json *json = NULL;
  const char *at = text->data != NULL ? text->data : "";
  for (; i > 0 && at != NULL; i--)
    at = strchr(at, '\n') != NULL ? strchr(at, '\n') + 1 : NULL;
  CU_ASSERT_PTR_NOT_NULL_FATAL(at);
  BS_TEST_OK(bs_json_parse(&json, at, strcspn(at, "\n"), "line", &err), err);
  CU_ASSERT_PTR_NOT_NULL_FATAL(json);
  return json;
}

static bool has(const bs_text *text, const char *part) {
  bool found = text->data != NULL && strstr(text->data, part) != NULL;
  if (!found)
    printf("\n    no \"%s\" in: %s", part, text->data != NULL ? text->data : "");
  return found;
}

static const char *ladder(const char *size) {
  static char path[4096];
  snprintf(path, sizeof path, "%s/models/ladder/s1/%s", BS_SOURCE_DIR, size);
  return path;
}

static void wrong_usage_is_told(void) {
  static const struct {
    const char *arguments, *message;
  } cases[] = {
      {"", "bigsweep run"},
      {"tokenise", "did you mean \"tokenize\"?"},
      {"tokenize", "option --model DIR is missing"},
      {"tokenize --modle x", "did you mean --model?"},
      {"loglik --model x --threads 0", "expected a whole number from 1"},
      {"loglik --model x --dtype f64", "f64"},
      {"rnu", "did you mean \"run\"?"},
      {"hepl", "did you mean \"help\"?"},
      {"engine-proces", "unknown command"},
      {"help rnu", "did you mean \"run\"?"},
      {"run none.json", "none.json: cannot read"},
      {"plan none.json", "none.json: cannot read"},
      {"analyze none.h5", "no such file: none.h5"},
      {"analyze --scores none.csv", "no such file: none.csv"},
      {"rescore none.h5", "no such file: none.h5"},
      {"prompt none.json", "no such file: none.json"},
      {"prompt --task t", "--task NAME is one of --config CONFIG.json: give both"},
      {"tokenize --model none", "no such file: none"},
      {"loglik --model none", "no such file: none"},
      {"prompt", "expected a task file, with --variant if wanted, or --config"},
      {"prompt a --config b", "expected a task file"},
      {"prompt --config b --task c --variant d", "expected a task file"},
      {"prompt none.json --variant {", "--variant: line 1"},
      {"prompt none.json --variant {\\\"sample\\\":3}", "did you mean \"samples\"?"},
      {"prompt a b", "unexpected argument b"},
      {"prompt a --format x", "unknown format \"x\", the known ones are auto, bigbench"},
      {"validate a --format x", "unknown format \"x\""},
      {"analyze", "give either"},
      {"run", "an argument is missing"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    outcome o = run("", "%s", cases[i].arguments);
    CU_ASSERT_EQUAL(o.code, 2);
    CU_ASSERT_TRUE(has(&o.err, cases[i].message));
    CU_ASSERT_EQUAL(o.out.n_bytes, 0);
    outcome_free(&o);
  }
  static const char *const helps[][2] = {{"--help", "bigsweep analyze"},
                                         {"-h", "bigsweep analyze"},
                                         {"help", "bigsweep analyze"},
                                         {"help run", "--output"},
                                         {"help analyze", "--scores"},
                                         {"run --help", "--output"},
                                         {"version", "bigsweep "},
                                         {"--version", "bigsweep "},
                                         {"-V", "bigsweep "},
                                         {"-v", "bigsweep "}};
  for (size_t i = 0; i < sizeof helps / sizeof *helps; i++) {
    outcome o = run("", "%s", helps[i][0]);
    CU_ASSERT_EQUAL(o.code, 0);
    CU_ASSERT_TRUE(has(&o.out, helps[i][1]));
    CU_ASSERT_EQUAL(o.err.n_bytes, 0);
    outcome_free(&o);
  }
}

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

static void prompts_are_those_of_the_reference(void) {
  if (!bs_test_have_data("prompts/temporal_sequences.jsonl"))
    return;
  bs_text golden = bs_test_read(bs_test_data("prompts/temporal_sequences.jsonl"));
  outcome o = run("", "prompt %s --shots 2 --max-examples 3",
                  bs_test_data("bigbench/temporal_sequences/task.json"));
  CU_ASSERT_EQUAL(o.code, 0);
  size_t n_compared = 0;
  for (size_t i = 0; i < 40; i++) {
    bs_json *wanted = json_line(&golden, i);
    double example = bs_json_get(wanted->root, "example")->valuedouble;
    if (bs_json_get(wanted->root, "shots")->valuedouble == 2 && example < 3) {
      bs_json *line = json_line(&o.out, (size_t)example);
      CU_ASSERT_TRUE(cJSON_Compare(line->root, wanted->root, 1));
      bs_json_free(&line);
      n_compared++;
    }
    bs_json_free(&wanted);
  }
  CU_ASSERT_EQUAL(n_compared, 3);
  outcome_free(&o);
  bs_text_free(&golden);
}

static void prompts_of_variants_are_shown(void) {
  /* Of a file, with a variant on the command line that says how many shots. */
  outcome o = run("",
                  "prompt %s/tasks/ladder_facts/task.json --max-examples 2 --variant "
                  "\"{\\\"answer\\\": \\\"text\\\", \\\"example_output_prefix\\\": \\\" -> \\\", "
                  "\\\"shots\\\": [1]}\"",
                  BS_SOURCE_DIR);
  CU_ASSERT_EQUAL(o.code, 0);
  bs_json *line = json_line(&o.out, 1);
  CU_ASSERT_STRING_EQUAL(bs_json_get(line->root, "prompt")->valuestring,
                         "\nQ: home vikal -> cove\nQ: home bozus -> ");
  CU_ASSERT_TRUE(cJSON_IsNull(bs_json_get(line->root, "choices")));
  CU_ASSERT_STRING_EQUAL(bs_json_get(line->root, "targets")->child->valuestring, "camp");
  CU_ASSERT_PTR_NULL(bs_json_get(line->root, "reasoning_prompt"));
  bs_json_free(&line);
  outcome_free(&o);
  /* Of a configuration, by the name in the results. */
  o = run("",
          "prompt --config %s/configs/ladder_prompts.json --task ladder_facts@two_steps "
          "--max-examples 1",
          BS_SOURCE_DIR);
  CU_ASSERT_EQUAL(o.code, 0);
  line = json_line(&o.out, 0);
  CU_ASSERT_STRING_EQUAL(bs_json_get(line->root, "prompt")->valuestring, "\nQ: home rovog\nA: ");
  CU_ASSERT_STRING_EQUAL(bs_json_get(line->root, "reasoning_prompt")->valuestring,
                         "Let's think step by step.");
  CU_ASSERT_STRING_EQUAL(bs_json_get(line->root, "answer_prompt")->valuestring,
                         "\nSo the answer is ");
  CU_ASSERT_EQUAL(cJSON_GetArraySize(bs_json_get(line->root, "choices")), 4);
  bs_json_free(&line);
  outcome_free(&o);
  o = run("", "prompt --config %s/configs/ladder_prompts.json --task ladder_facts@none",
          BS_SOURCE_DIR);
  CU_ASSERT_EQUAL(o.code, 2);
  CU_ASSERT_TRUE(has(&o.err, "no usable task is named \"ladder_facts@none\""));
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

static void validate_places_every_fault(void) {
  static const char task[] =
      "{\n\"examples\": [\n{\"input\": 1, \"target\": \"a\"},\n{\"input\": \"x\"}],\n"
      "\"metrics\": [\"exact_str_mach\"]}";
  const char *path = bs_test_write("task.json", task, strlen(task));
  outcome o = run("", "validate %s", path);
  CU_ASSERT_EQUAL(o.code, 1);
  CU_ASSERT_TRUE(has(&o.err, "line 3"));
  CU_ASSERT_TRUE(has(&o.err, "line 4"));
  CU_ASSERT_TRUE(has(&o.err, "exact_str_match"));
  outcome_free(&o);
  o = run("", "validate %s/tasks/ladder_facts/task.json %s/tasks/ladder_addition/task.json",
          BS_SOURCE_DIR, BS_SOURCE_DIR);
  CU_ASSERT_EQUAL(o.code, 0);
  CU_ASSERT_TRUE(has(&o.out, "ladder_addition/task.json: ok"));
  outcome_free(&o);
}

static void formats_are_told_or_given(void) {
  static const char csv[] = "prompt,classes,answer_index\nIs it?,\"[' a', ' b']\",1\n"
                            "p,\"[' a', ' b'\",1\nq,\"[' a', ' b']\",2\n";
  static const char jsonl[] = "{\"input\": \"i\", \"target\": \"t\"}\n";
  static const char parent[] = "{\"subtasks\": [\"a\"], \"metrics\": [\"exact_str_match\"]}";
  const char *path = bs_test_write("prize.csv", csv, strlen(csv));
  outcome o = run("", "validate %s", path);
  CU_ASSERT_EQUAL(o.code, 1);
  CU_ASSERT_TRUE(has(&o.err, "prize.csv: line 3: classes: byte 12 of the list: expected"));
  CU_ASSERT_TRUE(has(&o.err, "prize.csv: line 4: answer_index: expected"));
  CU_ASSERT_TRUE(has(&o.out, "prize.csv: 2 faults"));
  outcome_free(&o);
  o = run("", "validate %s --format mmlu", path);
  CU_ASSERT_EQUAL(o.code, 1);
  CU_ASSERT_TRUE(has(&o.err, "line 1: $: expected 6 fields, found 3"));
  outcome_free(&o);
  path = bs_test_write("own", jsonl, strlen(jsonl));
  o = run("", "validate %s", path);
  CU_ASSERT_EQUAL(o.code, 0);
  CU_ASSERT_TRUE(has(&o.out, "own: ok, 1 example\n"));
  outcome_free(&o);
  o = run("", "prompt %s --format jsonl", path);
  CU_ASSERT_EQUAL(o.code, 0);
  CU_ASSERT_TRUE(has(&o.out, "\"prompt\": \"\\nQ: i\\nA: \", \"choices\": null"));
  outcome_free(&o);
  o = run("", "prompt %s --format bbh", path);
  CU_ASSERT_EQUAL(o.code, 1);
  CU_ASSERT_TRUE(has(&o.err, "key \"examples\" is missing"));
  outcome_free(&o);
  mkdir(bs_test_path("parent"), 0777);
  mkdir(bs_test_path("parent/a"), 0777);
  static const char child[] = "{\"metrics\": [\"exact_str_match\"], \"preferred_score\": "
                              "\"exact_str_match\", \"examples\": [{\"input\": \"i\", "
                              "\"target\": \"t\"}]}";
  bs_test_write("parent/a/task.json", child, strlen(child));
  path = bs_test_write("parent/task.json", parent, strlen(parent));
  o = run("", "validate %s", path);
  CU_ASSERT_EQUAL(o.code, 0);
  CU_ASSERT_TRUE(has(&o.out, "made of 1 subtask\n"));
  CU_ASSERT_TRUE(has(&o.out, "parent/a/task.json: ok, 1 example\n"));
  outcome_free(&o);
  o = run("", "validate %s", bs_test_path("parent"));
  CU_ASSERT_EQUAL(o.code, 0);
  CU_ASSERT_TRUE(has(&o.out, "parent/a/task.json: ok"));
  outcome_free(&o);
  o = run("", "prompt %s", bs_test_path("parent/a"));
  CU_ASSERT_EQUAL(o.code, 0);
  CU_ASSERT_TRUE(has(&o.out, "Q: i"));
  outcome_free(&o);
  bs_test_write("parent/a/task.json", "{}", 2);
  o = run("", "validate %s", bs_test_path("parent/task.json"));
  CU_ASSERT_EQUAL(o.code, 1);
  CU_ASSERT_TRUE(has(&o.out, "parent/a/task.json: 1 fault\n"));
  outcome_free(&o);
  remove(bs_test_path("parent/a/task.json"));
  o = run("", "validate %s", bs_test_path("parent/task.json"));
  CU_ASSERT_EQUAL(o.code, 1);
  CU_ASSERT_TRUE(has(&o.err, "subtasks[0]: no such file"));
  outcome_free(&o);
}

static void analyze_reads_a_table(void) {
  static const char csv[] =
      "family,model,scale,task,metric,shots,value\nf,a,10,t,m,0,0.1\nf,b,100,t,m,0,0.2\n"
      "f,c,1000,t,m,0,0.3\n";
  const char *path = bs_test_write("scores.csv", csv, strlen(csv));
  outcome o = run("", "analyze --scores %s", path);
  CU_ASSERT_EQUAL(o.code, 0);
  CU_ASSERT_TRUE(has(&o.out, "family,shots,task,metric,n,improvement,linearity,breakthroughness"));
  CU_ASSERT_TRUE(has(&o.out, "f,0,t,m,3,"));
  outcome_free(&o);
  o = run("", "analyze --scores %s", bs_test_path("absent.csv"));
  CU_ASSERT_EQUAL(o.code, 2); /* like any file that the command line names and that is not there */
  CU_ASSERT_TRUE(has(&o.err, "absent.csv"));
  outcome_free(&o);
  /* as a filter */
  o = run(csv, "analyze --scores -");
  CU_ASSERT_EQUAL(o.code, 0);
  CU_ASSERT_TRUE(has(&o.out, "f,0,t,m,3,"));
  outcome_free(&o);
  o = run(csv, "analyze --scores /dev/stdin");
  CU_ASSERT_EQUAL(o.code, 0);
  CU_ASSERT_TRUE(has(&o.out, "f,0,t,m,3,"));
  outcome_free(&o);
  o = run("family,model\n", "analyze --scores -");
  CU_ASSERT_EQUAL(o.code, 1);
  CU_ASSERT_TRUE(has(&o.err, "standard input: line 1: no column \"scale\""));
  outcome_free(&o);
  o = run("", "analyze --scores %s", bs_test_folder());
  CU_ASSERT_EQUAL(o.code, 1);
  CU_ASSERT_TRUE(has(&o.err, "expected a file, found a folder"));
  outcome_free(&o);
}

static void tasks_of_a_configuration_are_suggested(void) {
  char config[8192];
  snprintf(
      config, sizeof config,
      "{\"models\": [\"%s\"], \"variants\": {\"line\": {\"output_regex\": \"[^\\\\n]+\"}}, "
      "\"tasks\": [{\"path\": \"%s/tasks/ladder_*\", \"name\": \"ladder:{task}\", \"variants\": "
      "[\"plain\", \"line\"]}]}",
      ladder("3k"), BS_SOURCE_DIR);
  char path[4096];
  snprintf(path, sizeof path, "%s", bs_test_write("suggest.json", config, strlen(config)));
  static const char *const cases[][2] = {
      {"--task ladder_facts", "did you mean \"ladder:ladder_facts\"?"},
      {"--task ladder:ladder_fact", "did you mean \"ladder:ladder_facts\"?"},
      {"--task ladder_facts@line", "did you mean \"ladder:ladder_facts@line\"?"},
      {"",
       "--config needs --task NAME, one of: ladder:ladder_addition, ladder:ladder_addition@line,"},
      {"", " more\n"}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    outcome o = run("", "prompt --config %s %s", path, cases[i][0]);
    CU_ASSERT_EQUAL(o.code, 2);
    CU_ASSERT_TRUE(has(&o.err, cases[i][1]));
    outcome_free(&o);
  }
  outcome o = run("", "prompt --config %s --task ladder:ladder_facts --max-examples 1", path);
  CU_ASSERT_EQUAL(o.code, 0);
  outcome_free(&o);
}

/* Of 3 examples that max_examples leaves of 4 two can never match; the variant mends that. */
static void lost_answers_are_told_by_all_stages(void) {
  static const char task[] =
      "{\"metrics\": [\"exact_str_match\"], \"examples\": [{\"input\": \"a\", \"target\": \"I "
      "walked.\"}, {\"input\": \"b\", \"target\": \"We ran!\"}, {\"input\": \"c\", \"target\": "
      "\"no\"}, {\"input\": \"d\", \"target\": \"No.\"}]}";
  const char *file = bs_test_write("past.json", task, strlen(task));
  char config[8192], path[4096];
  outcome o = run("", "validate %s", file);
  CU_ASSERT_EQUAL(o.code, 0);
  CU_ASSERT_TRUE(has(&o.err, "exact_str_match: of 4 examples 3 can never match"));
  CU_ASSERT_TRUE(has(&o.out, "past.json: ok, 4 examples, 2 warnings"));
  outcome_free(&o);
  snprintf(config, sizeof config,
           "{\"models\": [\"%s\"], \"max_examples\": 3, \"output\": \"past.h5\", \"variants\": "
           "{\"line\": {\"output_regex\": \"[^\\\\n]+\"}}, \"metrics\": [\"bleu\", \"rouge\"], "
           "\"tasks\": [{\"path\": \"past.json\", \"variants\": [\"plain\", \"line\"]}]}",
           ladder("3k"));
  snprintf(path, sizeof path, "%s", bs_test_write("past_config.json", config, strlen(config)));
  o = run("", "plan %s", path);
  CU_ASSERT_EQUAL(o.code, 0);
  CU_ASSERT_TRUE(has(&o.err, "warning: past: exact_str_match: of 3 examples 2 can never match"));
  CU_ASSERT_PTR_NULL(strstr(o.err.data, "past@line"));
  CU_ASSERT_TRUE(
      has(&o.out, "task                                       examples  evaluated  unmatched"));
  CU_ASSERT_TRUE(
      has(&o.out, "past                                              4          3          2"));
  CU_ASSERT_TRUE(
      has(&o.out, "past@line                                         4          3          0"));
  outcome_free(&o);
  o = run("", "run %s", path);
  CU_ASSERT_EQUAL(o.code, 0);
  CU_ASSERT_TRUE(has(&o.err, "warning: past: exact_str_match: of 3 examples 2 can never match"));
  CU_ASSERT_TRUE(has(&o.out, "rougeLsum"));
  CU_ASSERT_TRUE(has(&o.out, "bleu"));
  outcome_free(&o);
  o = run("", "analyze %s", bs_test_path("past.h5"));
  CU_ASSERT_EQUAL(o.code, 0);
  CU_ASSERT_TRUE(has(&o.err, "past: exact_str_match: of 3 examples 2 can never match"));
  outcome_free(&o);
}

/* Alone too, and when everything is done already. */
static void a_run_begins_with_what_it_is(void) {
  char config[8192], path[4096];
  snprintf(config, sizeof config,
           "{\"models\": [\"%s\"], \"max_examples\": 1, \"shots\": [0], \"output\": "
           "\"begins.h5\", \"threads\": 1, \"tasks\": [\"%s/tasks/ladder_facts\"]}",
           ladder("3k"), BS_SOURCE_DIR);
  snprintf(path, sizeof path, "%s", bs_test_write("begins.json", config, strlen(config)));
  static const char *const ends[] = {"1 example, 0 of them done before; the time is not known",
                                     "1 example, 1 of them done before; nothing is left to do"};
  for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
    outcome o = run("", "run %s", path);
    CU_ASSERT_EQUAL(o.code, 0);
    CU_ASSERT_TRUE(has(&o.err, "bigsweep run: version "));
    CU_ASSERT_TRUE(has(&o.err, "bigsweep run: 1 rank on 1 node, of which 1 computes with 1 thread "
                               "each, instruction set "));
    CU_ASSERT_TRUE(has(&o.err, "bigsweep run: 1 model, 1 task, "));
    CU_ASSERT_TRUE(has(&o.err, ends[i]));
    CU_ASSERT_PTR_NULL(strstr(o.err.data, "1 examples"));
    outcome_free(&o);
  }
}

/* A folder with the files of a model of the ladder but for one, which has this text. */
static const char *ladder_with(const char *name, const char *file, const char *text) {
  static const char *const files[] = {"config.json", "model.safetensors", "tokenizer.json",
                                      "tokenizer_config.json"};
  static char folder[4096];
  char from[8192], to[8192];
  snprintf(folder, sizeof folder, "%s", bs_test_path(name));
  mkdir(folder, 0777);
  for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
    snprintf(to, sizeof to, "%s/%s", folder, files[i]);
    snprintf(from, sizeof from, "%s/%s", ladder("3k"), files[i]);
    remove(to);
    if (strcmp(files[i], file) != 0)
      CU_ASSERT_EQUAL(symlink(from, to), 0);
  }
  snprintf(to, sizeof to, "%s/%s", name, file);
  bs_test_write(to, text, strlen(text));
  return folder;
}

/* What is odd about a tokenizer, and answers of more tokens than are generated, are told once by
   plan and by run. */
static void plan_and_run_tell_of_the_tokenizer(void) {
  static const char task[] =
      "{\"metrics\": [\"exact_str_match\"], \"examples\": [{\"input\": \"a\", \"target\": "
      "\"hill\"}, {\"input\": \"b\", \"target\": [\"abcdefghijkl\", \"no\"]}, {\"input\": "
      "\"c\", \"target\": [\"abcdefghijkl\", \"lkjihgfedcbaqr\"]}, {\"input\": \"d\", "
      "\"target\": \" wide moor \"}]}";
  static const char *const commands[] = {"plan", "run"};
  char config[8192], path[4096];
  bs_test_write("long_answers.json", task, strlen(task));
  const char *model =
      ladder_with("odd_class", "tokenizer_config.json", "{\"tokenizer_class\": \"OddTokenizer\"}");
  snprintf(config, sizeof config,
           "{\"models\": [{\"name\": \"odd\", \"path\": \"%s\"}], \"output\": \"odd.h5\", "
           "\"shots\": [0], \"generation\": {\"max_tokens\": 4}, \"variants\": {\"more\": "
           "{\"max_tokens\": 16}, \"one\": {\"max_tokens\": 1}}, \"tasks\": [{\"path\": "
           "\"long_answers.json\", \"variants\": [\"plain\", \"more\", \"one\"]}]}",
           model);
  snprintf(path, sizeof path, "%s", bs_test_write("odd.json", config, strlen(config)));
  for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
    outcome o = run("", "%s %s", commands[i], path);
    CU_ASSERT_EQUAL(o.code, 0);
    const char *note = strstr(o.err.data, "model \"odd\": tokenizer: "), *again;
    CU_ASSERT_PTR_NOT_NULL(note);
    CU_ASSERT_TRUE(has(&o.err, "the tokenizer_class \"OddTokenizer\" is not known"));
    again = note != NULL ? strstr(note + 1, "\"OddTokenizer\"") : NULL;
    again = again != NULL ? strstr(again + 1, "\"OddTokenizer\"") : NULL;
    CU_ASSERT_PTR_NULL(again);
    CU_ASSERT_TRUE(has(&o.err, "warning: long_answers: exact_str_match: of 4 examples 2 can hardly "
                               "match: at most 4 new tokens are generated, and as the tokenizer of "
                               "\"odd\" writes them all accepted answers have more (example 2's "));
    CU_ASSERT_TRUE(has(&o.err, "long_answers@one: exact_str_match: of 4 examples 4 can hardly "
                               "match: at most 1 new token is generated, and"));
    CU_ASSERT_PTR_NULL(
        strstr(o.err.data, "long_answers@more: exact_str_match: of 4 examples 2 can hardly"));
    outcome_free(&o);
  }
}

/* A prompt that spells out the token that the tokenizer puts before every text has it twice. */
static void plan_and_run_tell_of_a_token_given_twice(void) {
  static const char task[] = "{\"metrics\": [\"exact_str_match\"], \"task_prefix\": \"<unk>\", "
                             "\"examples\": [{\"input\": \"a\", \"target\": \"hill\"}]}";
  static const char *const commands[] = {"plan", "run"};
  char config[4096], path[4096];
  bs_test_write("twice.json", task, strlen(task));
  const char *model =
      ladder_with("bos_class", "tokenizer_config.json",
                  "{\"tokenizer_class\": \"LlamaTokenizer\", \"bos_token\": \"<unk>\"}");
  snprintf(config, sizeof config,
           "{\"models\": [{\"name\": \"bos\", \"path\": \"%s\"}], \"output\": \"twice.h5\", "
           "\"tasks\": [\"twice.json\"], \"generation\": {\"max_tokens\": 8}}",
           model);
  snprintf(path, sizeof path, "%s", bs_test_write("twice_config.json", config, strlen(config)));
  for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
    outcome o = run("", "%s %s", commands[i], path);
    CU_ASSERT_EQUAL(o.code, 0);
    CU_ASSERT_TRUE(has(&o.err, "model \"bos\": prompts of 1 of 1 task (twice first) spell out the "
                               "token that the tokenizer puts before every text"));
    outcome_free(&o);
  }
}

static bs_tables *results_of(const char *path) {
  bs_tables *content = NULL;
  bs_error err = {0};
  BS_TEST_OK(bs_store_read(&content, path, &err), err);
  CU_ASSERT_PTR_NOT_NULL_FATAL(content);
  return content;
}

/* Metrics of the configuration are what rescore would add, and rows without them are not gone on
   with. */
static void metrics_are_asked_for_in_a_configuration(void) {
  static const char with[] = "\"metrics\": [\"bleu\", \"case_insensitive_str_match\", \"rouge\", "
                             "\"weighted_probabilities\"],";
  char config[8192], asked[4096], plain[4096], one[4096], two[4096];
  for (int i = 0; i < 2; i++) {
    snprintf(config, sizeof config,
             "{\"models\": [\"%s\"], %s \"tasks\": [\"%s/tasks/ladder_facts\", "
             "\"%s/tasks/ladder_addition\"], \"max_examples\": 12}",
             ladder("3k"), i == 0 ? with : "", BS_SOURCE_DIR, BS_SOURCE_DIR);
    snprintf(i == 0 ? asked : plain, sizeof asked, "%s",
             bs_test_write(i == 0 ? "asked.json" : "plain.json", config, strlen(config)));
  }
  snprintf(one, sizeof one, "%s", bs_test_path("asked.h5"));
  snprintf(two, sizeof two, "%s", bs_test_path("plain.h5"));
  const struct {
    const char *arguments[4];
    int code;
    const char *told;
  } steps[] = {
      {{"run", asked, "-o", one}, 0, "12 examples"},
      {{"run", plain, "-o", two}, 0, "12 examples"},
      {{"run", asked, "-o", two},
       2,
       "its results lack metrics that are asked for: `bigsweep rescore"},
      {{"rescore", two, "--metrics",
        "bleu,case_insensitive_str_match,rouge,weighted_probabilities"},
       0,
       ""},
      {{"run", asked, "-o", two}, 0, "24 found done"},
  };
  for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
    const char *const *a = steps[i].arguments;
    outcome o = run("", "%s %s %s %s", a[0], a[1], a[2], a[3]);
    CU_ASSERT_EQUAL(o.code, steps[i].code);
    CU_ASSERT_TRUE(i < 2 || steps[i].told[0] == '\0' || has(&o.err, steps[i].told));
    outcome_free(&o);
  }
  bs_tables *a = results_of(one), *b = results_of(two);
  CU_ASSERT_EQUAL_FATAL(a->n_tasks, b->n_tasks);
  for (size_t t = 0; t < a->n_tasks; t++)
    CU_ASSERT_STRING_EQUAL(a->tasks[t].metrics, b->tasks[t].metrics);
  CU_ASSERT_EQUAL_FATAL(a->n_examples, b->n_examples);
  CU_ASSERT_EQUAL_FATAL(a->n_metrics, b->n_metrics);
  CU_ASSERT_EQUAL(
      memcmp(a->metric_values, b->metric_values, a->n_examples * a->n_metrics * sizeof(double)), 0);
  /* each only where it applies, and nothing is generated for its sake */
  const char *facts = a->tasks[0].metrics, *sums = a->tasks[1].metrics;
  CU_ASSERT_PTR_NULL(strstr(facts, "bleu"));
  CU_ASSERT_PTR_NOT_NULL(strstr(facts, "weighted_probabilities"));
  CU_ASSERT_PTR_NOT_NULL(strstr(sums, "bleu"));
  CU_ASSERT_PTR_NOT_NULL(strstr(sums, "rouge1,rouge2,rougeLsum"));
  CU_ASSERT_PTR_NULL(strstr(sums, "weighted_probabilities"));
  bs_tables_free(&a);
  bs_tables_free(&b);
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

static void analyze_names_models_of_one_scale(void) {
  static const char csv[] = "family,model,scale,task,metric,shots,value\nf,base,10,t,m,0,0.25\n"
                            "f,tuned,10,t,m,0,0.75\nf,b,100,t,m,0,0.5\nf,c,1000,t,m,0,1\n";
  const char *path = bs_test_write("scores.csv", csv, strlen(csv));
  outcome o = run("", "analyze --scores %s", path);
  CU_ASSERT_EQUAL(o.code, 0);
  CU_ASSERT_TRUE(has(&o.out, "f,0,t,m,3,,,,,,\n")); /* no linearity of what is mixed */
  CU_ASSERT_TRUE(
      has(&o.err, "family \"f\" has different models of the same scale: base and tuned"));
  outcome_free(&o);
  o = run("", "analyze --table --scores %s", path);
  CU_ASSERT_TRUE(has(&o.out, "n   base  tuned    100     1K  I  L  B\n"));
  CU_ASSERT_TRUE(has(&o.out, "-  0.250  0.750  0.500  1.000  -  -  -\n"));
  outcome_free(&o);
}

/* Models with so many examples done and failed, of four each. */
static void write_stopped_run(const char *path) {
  static const struct {
    const char *name;
    uint32_t n_done, n_failed;
  } MODELS[] = {{"whole", 4, 0}, {"broken", 0, 4}, {"partly", 3, 1}, {"half", 2, 0}};
  bs_error err = {0};
  bs_tables *results = NULL;
  char status[2048], status_path[4096];
  BS_TEST_OK(bs_tables_new(&results, NULL, 0, &err), err);
  CU_ASSERT_PTR_NOT_NULL_FATAL(results);
  bs_task_row task = {.name = "t", .low_score = NAN, .high_score = NAN};
  BS_TEST_OK(bs_tables_add_task(results, &task, &err), err);
  int n = snprintf(
      status, sizeof status,
      "{\"updated\": 1, \"units_done\": 0, \"units_total\": 5, \"examples_done\": 0, "
      "\"examples_total\": 20, \"examples_reused\": 0, \"tokens\": 0, \"tokens_asked\": 0, "
      "\"n_models\": 5, \"models_done\": 0, \"models_running\": 0, \"n_failed\": 0, "
      "\"n_workers\": 1, \"n_lost\": 0, \"cost_done\": 0, \"cost_total\": 1, \"seconds\": 1, "
      "\"models\": [{\"name\": \"none\", \"total\": 4, \"done\": 0, \"failed\": 0, \"running\": "
      "false}");
  for (uint32_t m = 0; m < 4; m++) {
    bs_model_row model = {.name = MODELS[m].name, .family = "f", .scale = 1 + m, .seed = NAN};
    BS_TEST_OK(bs_tables_add_model(results, &model, &err), err);
    for (uint32_t i = 0; i < MODELS[m].n_done; i++) {
      bs_example_row row = {.model = m, .example = i};
      BS_TEST_OK(bs_tables_add_example(results, &row, NULL, NULL, NULL, &err), err);
    }
    bs_run_row run = {.model = m,
                      .n_examples = MODELS[m].n_failed,
                      .host = "h",
                      .failure = MODELS[m].n_failed > 0 ? "no tokenizer" : ""};
    BS_TEST_OK(bs_tables_add_run(results, &run, &err), err);
    n += snprintf(status + n, sizeof status - (size_t)n,
                  ", {\"name\": \"%s\", \"total\": 4, \"done\": 0, \"failed\": 0, \"running\": "
                  "true}",
                  MODELS[m].name);
  }
  snprintf(status + n, sizeof status - (size_t)n, "]}");
  BS_TEST_OK(bs_store_write(path, results, NULL, &err), err);
  snprintf(status_path, sizeof status_path, "%s.status", strrchr(path, '/') + 1);
  bs_test_write(status_path, status, strlen(status));
  bs_tables_free(&results);
}

/* Several blanks become one. */
static void squeeze(char *text) {
  char *to = text;
  for (const char *from = text; *from != '\0'; from++)
    if (*from != ' ' || to == text || to[-1] != ' ')
      *to++ = *from;
  *to = '\0';
}

static void status_says_what_became_of_each_model(void) {
  const char *path = bs_test_path("stopped.h5");
  write_stopped_run(path);
  outcome o = run("", "status %s", path);
  CU_ASSERT_EQUAL(o.code, 0);
  squeeze(o.out.data);
  CU_ASSERT_TRUE(has(&o.out, "not running\n"));
  CU_ASSERT_TRUE(has(&o.out, "\nwhole 4 0 0 done\n"));
  CU_ASSERT_TRUE(has(&o.out, "\nbroken 0 0 4 failed\n"));
  CU_ASSERT_TRUE(has(&o.out, "\npartly 3 0 1 done, with failures\n"));
  CU_ASSERT_TRUE(has(&o.out, "\nhalf 2 2 0 stopped\n"));
  CU_ASSERT_TRUE(has(&o.out, "\nnone 0 4 0 not begun\n"));
  outcome_free(&o);
}

static void plan_counts_the_work(void) {
  char config[8192];
  int n = snprintf(config, sizeof config,
                   "{\"models\": [{\"path\": \"%s\"}], \"tasks\": [\"%s/tasks/ladder_facts\"], "
                   "\"shots\": [0, 1], \"max_examples\": 10}",
                   ladder("3k"), BS_SOURCE_DIR);
  char path[4096];
  snprintf(path, sizeof path, "%s", bs_test_write("plan.json", config, (size_t)n));
  outcome o = run("", "plan %s --ranks 3", path);
  CU_ASSERT_EQUAL(o.code, 0);
  CU_ASSERT_TRUE(has(&o.out, "ladder_facts"));
  CU_ASSERT_TRUE(has(&o.out, "measured on this machine"));
  CU_ASSERT_TRUE(has(&o.out, "expected s"));
  CU_ASSERT_TRUE(
      has(&o.out, "first tokens of a prompt of ladder_facts\n3k                       \""));
  CU_ASSERT_FALSE(has(&o.err, "tokenizer"));
  outcome_free(&o);
  o = run("", "plan %s --simulate 2,17 --threads 1", path);
  CU_ASSERT_EQUAL(o.code, 0);
  CU_ASSERT_TRUE(has(&o.out, "measured on this machine, 1 thread"));
  CU_ASSERT_TRUE(has(&o.out, "\n        17         16 "));
  outcome_free(&o);
  snprintf(config, sizeof config,
           "{\"models\": [{\"path\": \"%s\"}], \"tasks\": [{\"suite\": \"keyword:memorization\", "
           "\"path\": \"%s/tasks\", \"variants\": [{\"name\": \"v\", \"shots\": [3, 1]}]}], "
           "\"max_examples\": 10}",
           ladder("3k"), BS_SOURCE_DIR);
  bs_test_write("suite.json", config, strlen(config));
  o = run("", "plan %s", bs_test_path("suite.json"));
  CU_ASSERT_EQUAL(o.code, 0);
  CU_ASSERT_TRUE(has(&o.out, "ladder_facts@v "));
  CU_ASSERT_TRUE(has(&o.out, " 1,3 "));
  CU_ASSERT_TRUE(has(&o.out, "\nkeyword:memorization "));
  outcome_free(&o);
  snprintf(config, sizeof config,
           "{\"models\": [{\"path\": \"%s\"}], \"tasks\": [\"%s/tasks/ladder_facts\"], \"shots\": "
           "[1000]}",
           ladder("3k"), BS_SOURCE_DIR);
  bs_test_write("nothing.json", config, strlen(config));
  o = run("", "plan %s", bs_test_path("nothing.json"));
  CU_ASSERT_EQUAL(o.code, 1);
  CU_ASSERT_TRUE(has(&o.err, "1000 shots are left out"));
  CU_ASSERT_TRUE(has(&o.err, "nothing to do"));
  outcome_free(&o);
  o = run("", "plan %s --simulate 2,x", path);
  CU_ASSERT_EQUAL(o.code, 2);
  CU_ASSERT_TRUE(has(&o.err, "found \"2,x\""));
  outcome_free(&o);
  o = run("", "plan %s --from %s", path, path);
  CU_ASSERT_EQUAL(o.code, 1);
  outcome_free(&o);
  o = run("", "run %s -o %s.h5", path, path);
  CU_ASSERT_EQUAL(o.code, 0);
  outcome_free(&o);
  o = run("", "plan %s --ranks 2 --from %s.h5", path, path);
  CU_ASSERT_EQUAL(o.code, 0);
  CU_ASSERT_TRUE(has(&o.out, "as in the run of"));
  outcome_free(&o);
}

int main(void) {
  static const bs_test tests[] = {
      {"wrong usage is told", wrong_usage_is_told},
      {"tokenize goes there and back", tokenize_goes_there_and_back},
      {"tokenize explains and warns", tokenize_explains_and_warns},
      {"loglik agrees with the goldens", loglik_agrees_with_the_goldens},
      {"loglik answers each line in its place", loglik_answers_each_line_in_its_place},
      {"filters refuse what they do not know", filters_refuse_what_they_do_not_know},
      {"generate continues a known text", generate_continues_a_known_text},
      {"generate takes whole seeds", generate_takes_whole_seeds},
      {"prompts are those of the reference", prompts_are_those_of_the_reference},
      {"prompts of variants are shown", prompts_of_variants_are_shown},
      {"metrics are computed", metrics_are_computed},
      {"validate places every fault", validate_places_every_fault},
      {"formats of tasks are told or given", formats_are_told_or_given},
      {"analyze reads a table", analyze_reads_a_table},
      {"tasks of a configuration are suggested", tasks_of_a_configuration_are_suggested},
      {"lost answers are told by all stages", lost_answers_are_told_by_all_stages},
      {"metrics are asked for in a configuration", metrics_are_asked_for_in_a_configuration},
      {"analyze names models of one scale", analyze_names_models_of_one_scale},
      {"status says what became of each model", status_says_what_became_of_each_model},
      {"plan counts the work", plan_counts_the_work},
      {"a run begins with what it is", a_run_begins_with_what_it_is},
      {"plan and run tell of the tokenizer", plan_and_run_tell_of_the_tokenizer},
      {"plan and run tell of a token given twice", plan_and_run_tell_of_a_token_given_twice},
  };
  return bs_test_main("program", tests, sizeof tests / sizeof *tests);
}
