/* Tasks from BIG-bench JSON: what is read, settled, warned of and refused. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "bigsweep/metric.h"
#include "bigsweep/task.h"
#include "harness.h"
#include "tasks/task_internal.h"

enum { MAX_FINDINGS = 64 };

typedef struct findings {
  char messages[MAX_FINDINGS][BS_ERROR_MESSAGE_BYTES];
  bool is_error[MAX_FINDINGS];
  size_t n, n_errors;
} findings;

static void take(void *user, bool is_error, const char *message) {
  findings *f = user;
  f->n_errors += is_error;
  if (f->n < MAX_FINDINGS) {
    snprintf(f->messages[f->n], sizeof f->messages[f->n], "%s", message);
    f->is_error[f->n] = is_error;
  }
  f->n++;
}

static bool found(const findings *f, bool is_error, const char *part) {
  for (size_t i = 0; i < f->n && i < MAX_FINDINGS; i++)
    if (f->is_error[i] == is_error && strstr(f->messages[i], part) != NULL)
      return true;
  for (size_t i = 0; i < f->n && i < MAX_FINDINGS; i++)
    printf("\n    %s: %s", f->is_error[i] ? "fault" : "warning", f->messages[i]);
  printf("\n    expected \"%s\"", part);
  return false;
}

static bs_task *parse(const char *json, findings *f) {
  bs_error err = {0};
  bs_task *task = NULL;
  *f = (findings){.n = 0};
  BS_TEST_OK(bs_task_parse(&task, json, strlen(json), "tasks/small/task.json", take, f, &err), err);
  CU_ASSERT_PTR_NOT_NULL_FATAL(task);
  return task;
}

static void refuse(const char *json, findings *f, const char *first) {
  bs_error err = {0};
  bs_task *task = NULL;
  *f = (findings){.n = 0};
  BS_TEST_FAILS(bs_task_parse(&task, json, strlen(json), "t.json", take, f, &err), BS_ERR_INPUT,
                err, first);
  CU_ASSERT_PTR_NULL(task);
  CU_ASSERT_TRUE(f->n_errors > 0);
}

#define HEAD                                                                                       \
  "{\"metrics\": [\"multiple_choice_grade\"], \"preferred_score\": \"multiple_choice_grade\", "
#define TEXT_HEAD "{\"metrics\": [\"exact_str_match\"], \"preferred_score\": \"exact_str_match\", "

static findings f;

static void defaults_are_big_benchs(void) {
  bs_task *task = parse(HEAD "\"examples\": [{\"input\": \"i\", \"target_scores\": {\"a\": 1, "
                             "\"b\": 0.5, \"c\": -1}}]}",
                        &f);
  CU_ASSERT_EQUAL(f.n, 0);
  CU_ASSERT_STRING_EQUAL(task->name, "small");
  CU_ASSERT_STRING_EQUAL(task->task_prefix, "");
  CU_ASSERT_STRING_EQUAL(task->input_prefix, "\nQ: ");
  CU_ASSERT_STRING_EQUAL(task->output_prefix, "\nA: ");
  CU_ASSERT_STRING_EQUAL(task->choice_prefix, "\n  choice: ");
  CU_ASSERT_STRING_EQUAL(task->separator, "\n");
  CU_ASSERT_STRING_EQUAL(task->output_regex, "[^\\.\\?\\!\\;\\n]+");
  CU_ASSERT_PTR_NULL(task->stop_string);
  CU_ASSERT_TRUE(task->append_choices);
  CU_ASSERT_EQUAL(task->max_length, 128);
  CU_ASSERT_EQUAL(strlen(task->sha256), 64);
  CU_ASSERT_EQUAL(task->examples[0].n_choices, 3);
  CU_ASSERT_EQUAL(task->examples[0].choices[2].score, -1);
  CU_ASSERT_DOUBLE_EQUAL(bs_task_chance(task), 0.5 / 3, 1e-15);
  CU_ASSERT_FALSE(bs_task_needs_text(task));
  CU_ASSERT_TRUE(bs_task_answer_kinds(task).choices);
  bs_task_free(&task);
  CU_ASSERT_PTR_NULL(task);
}

static void names_come_from_the_path(void) {
  static const struct {
    const char *path, *name;
  } cases[] = {{"x/five_objects/task.json", "five_objects"},
               {"task.json", "task"},
               {"./task.json", "task"},
               {"/task.json", "task"},
               {"a/b/other.json", "other"},
               {"plain", "plain"}};
  static const char json[] = TEXT_HEAD "\"name\": \"no matter\", \"examples\": [{\"input\": \"i\", "
                                       "\"target\": \"t\"}]}";
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    bs_task *task = NULL;
    bs_error err = {0};
    BS_TEST_OK(bs_task_parse(&task, json, strlen(json), cases[i].path, NULL, NULL, &err), err);
    CU_ASSERT_STRING_EQUAL(task->name, cases[i].name);
    CU_ASSERT_STRING_EQUAL(task->path, cases[i].path);
    bs_task_free(&task);
  }
}

static void the_last_of_repeated_keys_counts(void) {
  bs_task *task =
      parse(HEAD "\"append_choices_to_input\": \"false\",\n\"append_choices_to_input\": false, "
                 "\"examples\": [{\"input\": \"1\", \"input\": \"2\",\n \"target_scores\": {\"a\": "
                 "0, \"b\": 0,\n \"a\": 1}}]}",
            &f);
  CU_ASSERT_FALSE(task->append_choices);
  CU_ASSERT_STRING_EQUAL(task->examples[0].input, "2");
  CU_ASSERT_EQUAL(task->examples[0].n_choices, 2);
  CU_ASSERT_STRING_EQUAL(task->examples[0].choices[0].text, "a");
  CU_ASSERT_EQUAL(task->examples[0].choices[0].score, 1);
  CU_ASSERT_EQUAL(f.n, 3);
  CU_ASSERT_TRUE(found(&f, false, "line 2: append_choices_to_input: the key stands on line 1"));
  CU_ASSERT_TRUE(found(&f, false, "line 2: examples[0].input: the key stands on line 2"));
  CU_ASSERT_TRUE(found(&f, false, "line 4: examples[0].target_scores.a: the choice stands twice"));
  bs_task_free(&task);
}

static void equal_examples_count_once(void) {
  /* By text: the order of keys and how a number is written make a difference, spaces and escapes
     do not. By value: only what Python's == tells apart. */
  bs_task *task =
      parse(HEAD "\"examples\": ["
                 "{\"input\": \"i\", \"target_scores\": {\"a\": 1, \"b\": 0}},"
                 "{\"input\":\"\\u0069\",\"target_scores\":{\"a\":1,\"b\":0}},"
                 "{\"input\": \"i\", \"target_scores\": {\"b\": 0, \"a\": 1}},"
                 "{\"target_scores\": {\"a\": 1, \"b\": 0}, \"input\": \"i\"},"
                 "{\"input\": \"i\", \"target_scores\": {\"a\": 1.0, \"b\": 0e5}},"
                 "{\"input\": \"i\", \"target_scores\": {\"a\": 10e-1, \"b\": 0.0}},"
                 "{\"input\": \"i\", \"target_scores\": {\"a\": 1, \"b\": -0}},"
                 "{\"input\": \"i\", \"target_scores\": {\"a\": true, \"b\": -0.0}},"
                 "{\"input\": \"i\", \"target_scores\": {\"a\": 9, \"b\": 0, \"a\": 1}},"
                 "{\"input\": \"i\", \"target_scores\": {\"a\": 1, \"b\": 0.1}}]}",
            &f);
  CU_ASSERT_EQUAL(task->n_repeated, 4);
  CU_ASSERT_EQUAL(task->n_examples, 6);
  for (size_t i = 1; i < 5; i++)
    CU_ASSERT_EQUAL(task->examples[i].identity, task->examples[0].identity);
  CU_ASSERT_NOT_EQUAL(task->examples[5].identity, task->examples[0].identity);
  bs_task_free(&task);
  task =
      parse(TEXT_HEAD "\"examples\": ["
                      "{\"input\": \"i\", \"target\": \"t\", \"x\": [1, {\"k\": [[], {}]}]},"
                      "{\"input\": \"i\", \"target\": \"t\", \"x\": [1, {\"k\": [ [ ], { } ] }]},"
                      "{\"input\": \"i\", \"target\": \"t\", \"x\": [{\"k\": [[], {}]}, 1]},"
                      "{\"input\": \"i\", \"target\": \"t\", \"x\": 9007199254740993},"
                      "{\"input\": \"i\", \"target\": \"t\", \"x\": 9007199254740992},"
                      "{\"input\": \"i\", \"target\": \"t\", \"x\": 9007199254740992.0},"
                      "{\"input\": \"i\", \"target\": \"t\", \"x\": 1e2},"
                      "{\"input\": \"i\", \"target\": \"t\", \"x\": 100},"
                      "{\"input\": \"i\", \"target\": \"t\", \"x\": null},"
                      "{\"input\": \"i\", \"target\": \"t\", \"x\": \"\"},"
                      "{\"input\": \"i\", \"target\": \"t\"}]}",
            &f);
  CU_ASSERT_EQUAL(task->n_repeated, 1);
  CU_ASSERT_EQUAL(task->n_examples, 10);
  for (size_t i = 0; i < 10; i++)
    for (size_t j = 0; j < i; j++)
      CU_ASSERT_EQUAL(task->examples[i].identity == task->examples[j].identity,
                      (i == 4 && j == 3) || (i == 6 && j == 5));
  bs_task_free(&task);
}

static void targets_take_every_form(void) {
  bs_task *task =
      parse(TEXT_HEAD "\"examples\": [{\"input\": \"a\", \"target\": \"t\"},"
                      "{\"input\": \"b\", \"target\": [\"x\", 5, -1.50e3]},"
                      "{\"input\": \"c\", \"target\": 12345678901234567890},"
                      "{\"input\": \"d\", \"target_scores\": {\"no\": 0, \"yes\": 2, \"si\": 2}}]}",
            &f);
  CU_ASSERT_EQUAL(f.n, 0);
  const bs_example *e = task->examples;
  CU_ASSERT_EQUAL(e[0].n_targets, 1);
  CU_ASSERT_EQUAL(e[1].n_targets, 3);
  CU_ASSERT_STRING_EQUAL(e[1].targets[1], "5");
  CU_ASSERT_STRING_EQUAL(e[1].targets[2], "-1.50e3");
  CU_ASSERT_STRING_EQUAL(e[2].targets[0], "12345678901234567890");
  CU_ASSERT_EQUAL(e[3].n_targets, 2); /* the best choices, since a metric asks for text */
  CU_ASSERT_STRING_EQUAL(e[3].targets[1], "si");
  CU_ASSERT_TRUE(bs_task_needs_text(task));
  bs_task_free(&task);
}

static bool has(const bs_task *task, const char *name) {
  const bs_metric *metrics[64];
  size_t n = bs_task_metrics(task, metrics);
  for (size_t i = 0; i < n; i++)
    if (strcmp(metrics[i]->name, name) == 0)
      return true;
  return false;
}

static void metrics_are_settled(void) {
#define TEXT_EXAMPLES "\"examples\": [{\"input\": \"a\", \"target\": \"t\"}]}"
#define BOTH_EXAMPLES                                                                              \
  "\"examples\": [{\"input\": \"a\", \"target\": \"t\", \"target_scores\": {\"t\": 1, \"u\": "     \
  "0}}]}"
  bs_task *task = parse(
      "{\"metrics\": [\"bleurt\", \"rouge\"], \"preferred_score\": \"bleurt\", " TEXT_EXAMPLES, &f);
  CU_ASSERT_TRUE(found(&f, false, "metrics: metric \"bleurt\" is not computed: it needs"));
  CU_ASSERT_TRUE(found(&f, false, "preferred_score: \"bleurt\" is not computed, \""));
  CU_ASSERT_TRUE(has(task, "rouge1") && has(task, "rouge2") && has(task, "rougeLsum"));
  CU_ASSERT_TRUE(has(task, "exact_str_match") && has(task, "log_likelihood"));
  CU_ASSERT_FALSE(has(task, "bleu") || has(task, "multiple_choice_grade"));
  bs_task_free(&task);
  task = parse("{\"metrics\": [\"bleu\"], \"preferred_score\": \"bleu\", " TEXT_EXAMPLES, &f);
  CU_ASSERT_STRING_EQUAL(task->preferred_metric, "bleu");
  CU_ASSERT_TRUE(has(task, "bleu"));
  bs_task_free(&task);
  task = parse("{" BOTH_EXAMPLES, &f);
  CU_ASSERT_TRUE(found(&f, false, "key \"metrics\" is missing"));
  CU_ASSERT_TRUE(found(&f, false, "\"multiple_choice_grade\" is taken"));
  CU_ASSERT_FALSE(bs_task_needs_text(task)); /* targets beside choices, and no metric over text */
  bs_task_free(&task);
  task = parse("{" TEXT_EXAMPLES, &f);
  CU_ASSERT_STRING_EQUAL(task->preferred_metric, "exact_str_match");
  bs_task_free(&task);
  refuse("{\"metrics\": [\"exact_str_mach\"], " TEXT_EXAMPLES, &f,
         "t.json: line 1: metrics: unknown metric \"exact_str_mach\", did you mean "
         "\"exact_str_match\"?");
  refuse("{\"metrics\": [\"zzz\"], " TEXT_EXAMPLES, &f, "the known ones are exact_str_match, ");
  refuse(HEAD TEXT_EXAMPLES, &f,
         "preferred_score: \"multiple_choice_grade\" applies to no example");
  refuse(TEXT_HEAD "\"output_regex\": \"(\", " TEXT_EXAMPLES, &f, "output_regex: regex \"(\"");
  refuse(TEXT_HEAD "\"output_regex\": \"(a)(b)\", " TEXT_EXAMPLES, &f, "2 groups");
  task = parse(TEXT_HEAD "\"stop_string\": \"\\n\", " TEXT_EXAMPLES, &f);
  CU_ASSERT_PTR_NULL(task->output_regex);
  CU_ASSERT_STRING_EQUAL(task->stop_string, "\n");
  bs_task_free(&task);
}

static void examples_name_their_cluster(void) {
  bs_task *task =
      parse(TEXT_HEAD "\"examples\": [{\"input\": \"a\", \"target\": \"t\", \"cluster\": "
                      "\"passage 1\"}, {\"input\": \"b\", \"target\": \"t\", \"cluster\": 7}, "
                      "{\"input\": \"c\", \"target\": \"t\"}, {\"input\": \"d\", \"target\": "
                      "\"t\", \"cluster\": \"7\"}, {\"input\": \"e\", \"target\": \"t\", "
                      "\"cluster\": null}]}",
            &f);
  const bs_example *of = task->examples;
  CU_ASSERT_EQUAL(f.n, 0);
  CU_ASSERT_EQUAL_FATAL(task->n_examples, 5);
  CU_ASSERT_TRUE(of[0].cluster != 0 && of[1].cluster != 0 && of[0].cluster != of[1].cluster);
  CU_ASSERT_EQUAL(of[1].cluster, of[3].cluster);
  CU_ASSERT_EQUAL(of[2].cluster, 0);
  CU_ASSERT_EQUAL(of[4].cluster, 0);
  bs_task_free(&task);
  refuse(TEXT_HEAD "\"examples\": [{\"input\": \"a\", \"target\": \"t\", \"cluster\": "
                   "9007199254740993}]}",
         &f, "whole numbers of 2^53 (16 digits) and more are not told apart: write a string");
  refuse(TEXT_HEAD "\"examples\": [{\"input\": \"a\", \"target\": \"t\", \"cluster\": [1]}]}", &f,
         "expected a string or a number, found a list");
  task = parse(TEXT_HEAD "\"examples\": [{\"input\": \"a\", \"target\": \"t\", \"cluster\": 1}, "
                         "{\"input\": \"b\", \"target\": \"t\", \"cluster\": 1}]}",
               &f);
  CU_ASSERT_EQUAL(f.n, 1);
  CU_ASSERT_TRUE(found(&f, false, "all examples are of one cluster"));
  bs_task_free(&task);
}

static void unknown_fields_are_listed_once(void) {
  bs_task *task =
      parse(TEXT_HEAD "\"prefix\": \"\", \"contributors\": [], \"canary\": \"c\","
                      "\"examples\": [{\"input\": \"a\", \"target\": \"t\", \"_id\": 1, "
                      "\"comment\": {}}, {\"input\": \"b\", \"target\": \"t\", "
                      "\"_id\": 2}]}",
            &f);
  CU_ASSERT_EQUAL(f.n, 1);
  CU_ASSERT_TRUE(found(&f, false,
                       "unknown fields are ignored: prefix, contributors, "
                       "examples[]._id"));
  bs_task_free(&task);
}

static void every_fault_is_reported(void) {
  refuse("{\"metrics\": [\"multiple_choice_grade\"],\n\"task_prefix\": 5,\n\"examples\": [\n"
         "{\"target\": \"x\"},\n"
         "{\"input\": 7, \"target\": []},\n"
         "{\"input\": \"a\"},\n"
         "3,\n"
         "{\"input\": \"b\", \"target_scores\": {}},\n"
         "{\"input\": \"b\", \"target_scores\": {\"x\": \"1\",\n\"y\": 1e999, \"z\": 01}},\n"
         "{\"input\": \"c\\u0000\", \"target\": {}},\n"
         "{\"input\": \"d\", \"target\": [true]}]}",
         &f, "t.json: line 2: task_prefix: expected a string, found a number");
  CU_ASSERT_EQUAL(f.n_errors, 13);
  CU_ASSERT_TRUE(found(&f, true, "line 4: examples[0]: key \"input\" is missing"));
  CU_ASSERT_TRUE(found(&f, true, "line 5: examples[1].input: expected a string, found a number"));
  CU_ASSERT_TRUE(found(&f, true, "line 5: examples[1].target: expected an accepted answer"));
  CU_ASSERT_TRUE(found(&f, true, "line 6: examples[2]: neither \"target\" nor"));
  CU_ASSERT_TRUE(found(&f, true, "line 7: examples[3]: expected an object"));
  CU_ASSERT_TRUE(found(&f, true, "line 8: examples[4].target_scores: expected an object"));
  CU_ASSERT_TRUE(found(&f, true, "line 9: examples[5].target_scores.x: expected a finite"));
  CU_ASSERT_TRUE(found(&f, true, "line 10: examples[5].target_scores.y: expected a finite"));
  CU_ASSERT_TRUE(found(&f, true, "line 10: examples[5].target_scores.z: expected a finite"));
  CU_ASSERT_TRUE(found(&f, true, "line 11: examples[6].input: the text holds U+0000"));
  CU_ASSERT_TRUE(found(&f, true, "line 11: examples[6].target: expected a string, found an"));
  CU_ASSERT_TRUE(found(&f, true, "line 12: examples[7].target: expected a string, found a bool"));
}

static void hopeless_files_are_refused(void) {
  refuse("", &f, "t.json: line 1");
  refuse("[]", &f, "expected an object");
  refuse("{}", &f, "key \"examples\" is missing");
  refuse(TEXT_HEAD "\"examples\": []}", &f, "the task has no examples");
  refuse(TEXT_HEAD "\"examples\": {}}", &f, "expected a list of examples");
  refuse(TEXT_HEAD "\"subtasks\": [\"a\"]}", &f, "subtasks");
  refuse(TEXT_HEAD "\"examples\": [{\"input\": \"\xFF\", \"target\": \"t\"}]}", &f, "not UTF-8");
  refuse(TEXT_HEAD "\"append_choices_to_input\": \"false\", \"examples\": [{\"input\": \"i\", "
                   "\"target\": \"t\"}]}",
         &f, "append_choices_to_input: expected true or false, found a string");
  bs_error err = {0};
  bs_task *task = NULL;
  BS_TEST_FAILS(bs_task_load(&task, bs_test_path("absent.json"), take, &f, &err), BS_ERR_IO, err,
                "absent.json");
  CU_ASSERT_EQUAL(bs_task_load(&task, bs_test_path("absent.json"), NULL, NULL, NULL), BS_ERR_IO);
}

static const char *write_in(const char *folder, const char *name, const char *content) {
  char path[256];
  mkdir(bs_test_path(folder), 0777);
  snprintf(path, sizeof path, "%s/%s", folder, name);
  return bs_test_write(path, content, strlen(content));
}

static void subtasks_are_named_after_their_parent(void) {
  static const char CHILD[] = TEXT_HEAD "\"examples\": [{\"input\": \"i\", \"target\": \"t\"}]}";
  bs_error err = {0};
  bs_subtasks subtasks;
  const char *parent =
      write_in("parent", "task.json",
               "{\"name\": \"x\", \"subtasks\": [\"parent:b\", \"a\", \"parent/b\", "
               "\"a\"]}");
  BS_TEST_FAILS(bs_task_subtasks(&subtasks, parent, &err), BS_ERR_INPUT, err, "no such file");
  CU_ASSERT_EQUAL(subtasks.n, 0);
  write_in("parent/a", "task.json", CHILD);
  write_in("parent/b", "task.json", CHILD);
  write_in("parent/other", "task.json", CHILD);
  BS_TEST_OK(bs_task_subtasks(&subtasks, parent, &err), err);
  CU_ASSERT_EQUAL_FATAL(subtasks.n, 2);
  CU_ASSERT_STRING_EQUAL(subtasks.names[0], "b");
  CU_ASSERT_STRING_EQUAL(subtasks.names[1], "a");
  static const char *const names[] = {"parent:b", "parent:a"};
  bs_task *task = NULL;
  for (size_t i = 0; i < 2; i++) {
    BS_TEST_OK(bs_task_load(&task, subtasks.paths[i], NULL, NULL, &err), err);
    CU_ASSERT_PTR_NOT_NULL_FATAL(task);
    CU_ASSERT_STRING_EQUAL(task->name, names[i]);
    bs_task_free(&task);
  }
  bs_subtasks_free(&subtasks);
  BS_TEST_OK(bs_task_load(&task, bs_test_path("parent/other/task.json"), NULL, NULL, &err), err);
  CU_ASSERT_STRING_EQUAL(task->name, "other");
  bs_task_free(&task);
  BS_TEST_OK(bs_task_subtasks(&subtasks, bs_test_path("parent/a/task.json"), &err), err);
  CU_ASSERT_EQUAL(subtasks.n, 0);
  BS_TEST_OK(bs_task_subtasks(&subtasks, bs_test_path("absent.json"), &err), err);
  static const char *const bad[] = {"[\"..\"]", "[\"a/..\"]", "[\"parent:\"]", "[1]", "[]",
                                    "{}",       "3"};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    char json[64];
    snprintf(json, sizeof json, "{\"subtasks\": %s}", bad[i]);
    parent = write_in("parent", "task.json", json);
    BS_TEST_FAILS(bs_task_subtasks(&subtasks, parent, &err), BS_ERR_INPUT, err,
                  "task.json: line 1");
  }
}

static void big_bench_files_load(void) {
  if (!bs_test_have_data("bigbench/README.md"))
    return;
  static const struct {
    const char *name;
    size_t n, n_repeated, n_warnings;
    const char *warning;
  } cases[] = {
      {"timedial", 2550, 0, 1, "append_choices_to_input: the key stands on line"},
      {"tense", 286, 0, 1, "examples[].task_prefix"},
      {"dyck_languages", 1000, 0, 0, NULL},
      {"linguistics_puzzles", 2000, 0, 0, NULL},
      {"operators", 211, 0, 0, NULL},
      {"gender_inclusive_sentences_german", 200, 0, 0, NULL},
      {"temporal_sequences", 1000, 0, 0, NULL},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    char path[256];
    snprintf(path, sizeof path, "bigbench/%s/task.json", cases[i].name);
    bs_error err = {0};
    bs_task *task = NULL;
    f = (findings){.n = 0};
    BS_TEST_OK(bs_task_load(&task, bs_test_data(path), take, &f, &err), err);
    CU_ASSERT_PTR_NOT_NULL_FATAL(task);
    CU_ASSERT_EQUAL(task->n_examples + task->n_repeated, cases[i].n);
    CU_ASSERT_EQUAL(f.n, cases[i].n_warnings);
    if (cases[i].warning != NULL)
      CU_ASSERT_TRUE(found(&f, false, cases[i].warning));
    bs_task_free(&task);
  }
}

int main(void) {
  static const bs_test tests[] = {
      {"defaults are BIG-bench's", defaults_are_big_benchs},
      {"names come from the path", names_come_from_the_path},
      {"the last of repeated keys counts", the_last_of_repeated_keys_counts},
      {"equal examples count once", equal_examples_count_once},
      {"targets take every form", targets_take_every_form},
      {"metrics are settled", metrics_are_settled},
      {"examples name their cluster", examples_name_their_cluster},
      {"unknown fields are listed once", unknown_fields_are_listed_once},
      {"every fault is reported", every_fault_is_reported},
      {"hopeless files are refused", hopeless_files_are_refused},
      {"subtasks are named after their parent", subtasks_are_named_after_their_parent},
      {"BIG-bench's files load", big_bench_files_load},
  };
  return bs_test_main("tasks", tests, sizeof tests / sizeof *tests);
}
