/* A configuration from plan over run to status: what they say and warn of, and exit codes. */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bigsweep/store.h"
#include "calling.h"
#include "harness.h"

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
  CU_ASSERT_TRUE(has(&o.out, "exact_str_match, 0 shots"));
  CU_ASSERT_PTR_NULL(strstr(o.out.data, "rougeLsum")); /* not what the task goes by */
  outcome_free(&o);
  o = run("", "analyze %s --all", bs_test_path("past.h5"));
  CU_ASSERT_EQUAL(o.code, 0);
  CU_ASSERT_TRUE(has(&o.out, "rougeLsum"));
  CU_ASSERT_TRUE(has(&o.out, "bleu"));
  outcome_free(&o);
  o = run("", "analyze %s", bs_test_path("past.h5"));
  CU_ASSERT_EQUAL(o.code, 0);
  CU_ASSERT_TRUE(has(&o.err, "past: exact_str_match: of 3 examples 2 can never match"));
  outcome_free(&o);
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
      {"lost answers are told by all stages", lost_answers_are_told_by_all_stages},
      {"metrics are asked for in a configuration", metrics_are_asked_for_in_a_configuration},
      {"status says what became of each model", status_says_what_became_of_each_model},
      {"plan counts the work", plan_counts_the_work},
      {"a run begins with what it is", a_run_begins_with_what_it_is},
      {"plan and run tell of the tokenizer", plan_and_run_tell_of_the_tokenizer},
      {"plan and run tell of a token given twice", plan_and_run_tell_of_a_token_given_twice},
  };
  return bs_test_main("runs", tests, sizeof tests / sizeof *tests);
}
