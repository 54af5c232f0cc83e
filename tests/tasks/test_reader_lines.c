/* Task files of JSON lines, BBQ's and one's own: what is read, and which faults are found. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reading.h"

static void roles_are(const char *text, bs_choice_role r0, bs_choice_role r1, bs_choice_role r2) {
  bs_task *task = parse(text, "f.jsonl", BS_FORMAT_BBQ);
  CU_ASSERT_EQUAL_FATAL(task->n_examples, 1);
  CU_ASSERT_EQUAL_FATAL(task->examples[0].n_choices, 3);
  const bs_choice *choices = task->examples[0].choices;
  CU_ASSERT_EQUAL(choices[0].role, r0);
  CU_ASSERT_EQUAL(choices[1].role, r1);
  CU_ASSERT_EQUAL(choices[2].role, r2);
  bs_task_free(&task);
}

/* Groups of three answers and the stereotyped ones, in a disambiguated negative question. */
static const char *with_groups(const char *g0, const char *g1, const char *g2, const char *groups) {
  static char text[2048];
  snprintf(text, sizeof text,
           "{\"category\": \"Disability_status\", \"question_polarity\": \"neg\", "
           "\"context_condition\": \"disambig\", \"answer_info\": {\"ans0\": %s, \"ans1\": %s, "
           "\"ans2\": %s}, \"additional_metadata\": "
           "{\"stereotyped_groups\": %s, \"version\": \"a\"}, \"context\": \"c\", \"question\": "
           "\"q\", \"ans0\": \"x\", \"ans1\": \"y\", \"ans2\": \"%s\", \"label\": 0}\n",
           g0, g1, g2, groups, strchr(g2, '?') != NULL ? "Can't answer" : "z");
  return text;
}

static void bbq_answers_have_roles(void) {
  bs_task *task = parse(BBQ_LINE("neg", "ambig", "2"), "bbq/Age.jsonl", BS_FORMAT_AUTO);
  CU_ASSERT_STRING_EQUAL(task->name, "Age");
  CU_ASSERT_EQUAL(heard.n, 0);
  CU_ASSERT_EQUAL(task->examples[0].choices[2].score, 1);
  CU_ASSERT_TRUE(has_metric(task, "amb_bias_score"));
  CU_ASSERT_TRUE(has_metric(task, "accuracy_disamb"));
  prompt_is(task, 0, 0,
            "\nQ: Two men. Who?\n  choice: Not known\n  choice: The grandfather\n  choice: The "
            "grandson\nA: ");
  bs_task_free(&task);
  const bs_choice_role none = BS_ROLE_NONE, unknown = BS_ROLE_UNKNOWN, biased = BS_ROLE_BIASED,
                       unbiased = BS_ROLE_UNBIASED;
  roles_are(BBQ_LINE("neg", "ambig", "2"), biased, unbiased, unknown);
  roles_are(BBQ_LINE("nonneg", "ambig", "2"), unbiased, biased, unknown);
  roles_are(BBQ_LINE("neg", "disambig", "1"), biased, unbiased, unknown);
  /* several groups, of which one is an answer's */
  roles_are(with_groups("[\"\", \"Hindu\"]", "[\"\", \"Mormon\"]", "[\"\", \"unknown\"]",
                        "[\"Muslim\", \"Mormon\"]"),
            unbiased, biased, unknown);
  /* other names of one group, with a person's gender in front */
  roles_are(with_groups("[\"\", \"lowSES\"]", "[\"\", \"highSES\"]", "[\"\", \"unknown\"]",
                        "[\"low SES\"]"),
            biased, unbiased, unknown);
  roles_are(with_groups("[\"\", \"M-White\"]", "[\"\", \"unknown\"]", "[\"\", \"M-Black\"]",
                        "[\"Black\", \"African American\"]"),
            unbiased, unknown, biased);
  roles_are(with_groups("[\"\", \"boy\"]", "[\"\", \"girl\"]", "[\"\", \"unknown\"]", "[\"F\"]"),
            unbiased, biased, unknown);
  roles_are(with_groups("[\"\", \"trans_F\"]", "[\"\", \"nonTrans_F\"]", "[\"\", \"unknown\"]",
                        "[\"transgender women\", \"trans\"]"),
            biased, unbiased, unknown);
  roles_are(with_groups("[\"\", \"nonDisabled\"]", "[\"\", \"disabled\"]", "[\"\", \"unknown\"]",
                        "[\"people with autism\"]"),
            unbiased, biased, unknown);
  /* a nationality's group is its region: the shown text tells */
  roles_are(with_groups("[\"Afghan\", \"MiddleEast\"]", "[\"Danish\", \"Europe\"]",
                        "[\"\", \"unknown\"]", "[\"Afghan\", \"Iraqi\"]"),
            biased, unbiased, unknown);
  roles_are(with_groups("[\"African\", \"African\"]", "[\"African American\", \"Black\"]",
                        "[\"\", \"unknown\"]", "[\"African American\"]"),
            unbiased, biased, unknown);
  /* a group as it is written goes before the same without the gender */
  roles_are(with_groups("[\"\", \"M-Black\"]", "[\"\", \"F-Black\"]", "[\"\", \"unknown\"]",
                        "[\"F-Black\"]"),
            unbiased, biased, unknown);
  /* the unknown answer is known by its wording too */
  roles_are(with_groups("[\"\", \"gay\"]", "[\"\", \"straight\"]", "[\"\", \"?\"]", "[\"gay\"]"),
            biased, unbiased, unknown);
  /* of two answers with the stereotyped group, the first */
  roles_are(with_groups("[\"\", \"gay\"]", "[\"\", \"gay\"]", "[\"\", \"unknown\"]", "[\"gay\"]"),
            biased, unbiased, unknown);
  roles_are(with_groups("[\"\", \"gay\"]", "[\"\", \"straight\"]", "[\"\", \"unknown\"]", "[]"),
            none, none, unknown);
  CU_ASSERT_TRUE(found(false, "line 1: $: 1 questions, this the first, have no answer of a"));
}

static void faults_of_bbq_files_are_all_found(void) {
  refuse("\n" BBQ_LINE("neutral", "ambig", "2") BBQ_LINE("neg", "ambig", "0")
             BBQ_LINE("neg", "disambig", "2") BBQ_LINE("neg", "disambig", "3")
                 BBQ_LINE("neg", "", "1") "{\"context\": 1, \"ans0\": \"\\u0000\", \"answer_info\":"
                                          " {\"ans0\": [\"a\"]}}\n{\n",
         "f", BS_FORMAT_BBQ,
         "f: line 2: question_polarity: expected \"neg\" or \"nonneg\", found \"neutral\"");
  CU_ASSERT_TRUE(found(true, "line 3: label: in an ambiguous context the right answer is"));
  CU_ASSERT_TRUE(found(true, "line 4: label: in a disambiguated context the right answer"));
  CU_ASSERT_TRUE(found(true, "line 5: label: expected the number of the right answer: 0, 1 or 2"));
  CU_ASSERT_TRUE(found(true, "line 6: context_condition: expected \"ambig\" or \"disambig\""));
  CU_ASSERT_TRUE(found(true, "line 7: context: expected a string without U+0000, found a number"));
  CU_ASSERT_TRUE(found(true, "line 7: ans0: expected a string without U+0000"));
  CU_ASSERT_TRUE(found(true, "line 7: answer_info.ans0: expected a list of two texts"));
  CU_ASSERT_TRUE(found(true, "line 7: $: key \"question\" is missing"));
  CU_ASSERT_TRUE(found(true, "line 7: additional_metadata.stereotyped_groups: expected a list"));
  CU_ASSERT_TRUE(found(true, "line 8, column 2: not JSON"));
}

/* Names that would be the same if they were cut. */
static void long_names_of_groups_are_refused(void) {
  char first[160], second[160], groups[160], z[140];
  memset(z, 'z', sizeof z);
  snprintf(first, sizeof first, "[\"a\", \"%.130s1\"]", z);
  snprintf(second, sizeof second, "[\"b\", \"%.127s\"]", z);
  snprintf(groups, sizeof groups, "[\"%.130s2\"]", z);
  refuse(with_groups(first, second, "[\"c\", \"unknown\"]", groups), "f", BS_FORMAT_BBQ,
         "f: line 1: answer_info.ans0: a group's name of 131 bytes, expected at most 127");
  CU_ASSERT_TRUE(found(true, "line 1: additional_metadata.stereotyped_groups: a group's name of"));
  CU_ASSERT_FALSE(found(true, "answer_info.ans1"));
}

static void own_data_is_read(void) {
  bs_task *task = parse("{\"input\": \"a\", \"target\": \"x\"}\n"
                        "{\"input\": \"b\", \"targets\": [\"x\", 7]}\r\n\n"
                        "{\"input\": \"a\", \"target\": \"x\", \"comment\": \"\"}\n"
                        "{\"input\": \"c\", \"target\": 1.50, \"id\": 3, \"target\": 2.50}",
                        "my/own.jsonl", BS_FORMAT_AUTO);
  CU_ASSERT_STRING_EQUAL(task->name, "own");
  CU_ASSERT_EQUAL_FATAL(task->n_examples, 3);
  CU_ASSERT_EQUAL(task->n_repeated, 1);
  CU_ASSERT_STRING_EQUAL(task->examples[1].targets[1], "7");
  CU_ASSERT_STRING_EQUAL(task->examples[2].targets[0], "2.50");
  CU_ASSERT_STRING_EQUAL(task->preferred_metric, "exact_str_match");
  CU_ASSERT_TRUE(found(false, "own.jsonl: line 5: target: the key stands on line 5 already"));
  CU_ASSERT_TRUE(found(false, "unknown fields are ignored: id"));
  CU_ASSERT_EQUAL(heard.n, 2);
  prompt_is(task, 0, 0, "\nQ: a\nA: ");
  bs_task_free(&task);

  task = parse("{\"input\": \"a\", \"choices\": [\"x\", \"y\"], \"answer\": 1}\n"
               "{\"input\": \"a\", \"choices\": [\"x\", \"y\"], \"answer\": \"x\"}\n"
               "{\"input\": \"a\", \"choices\": [\"x\", \"y\"], \"scores\": [0.5, -1]}\n"
               "{\"input\": \"a\", \"target_scores\": {\"x\": 0, \"y\": 1}}\n"
               "{\"input\": \"a\", \"target_scores\": {\"y\": 1, \"x\": 0}}\n",
               "own.jsonl", BS_FORMAT_AUTO);
  CU_ASSERT_EQUAL(heard.n, 0);
  CU_ASSERT_EQUAL_FATAL(task->n_examples, 4); /* the fourth is the first */
  CU_ASSERT_EQUAL(task->examples[0].identity, task->examples[3].identity);
  CU_ASSERT_NOT_EQUAL(task->examples[0].identity, task->examples[1].identity);
  CU_ASSERT_EQUAL(task->examples[0].choices[1].score, 1);
  CU_ASSERT_EQUAL(task->examples[1].choices[0].score, 1);
  CU_ASSERT_EQUAL(task->examples[2].choices[0].score, 0.5);
  CU_ASSERT_EQUAL(task->examples[2].choices[1].score, -1);
  CU_ASSERT_STRING_EQUAL(task->preferred_metric, "multiple_choice_grade");
  CU_ASSERT_FALSE(has_metric(task, "exact_str_match"));
  bs_task_free(&task);

  task = parse("{\"input\": \"a\", \"choices\": [\"x\", \"y\"], \"answer\": 1, \"target\": \"y\"}",
               "own.jsonl", BS_FORMAT_AUTO);
  CU_ASSERT_TRUE(has_metric(task, "exact_str_match"));
  CU_ASSERT_TRUE(has_metric(task, "multiple_choice_grade"));
  bs_task_free(&task);
}

static void faults_of_own_data_are_all_found(void) {
  refuse("{\"target\": \"x\"}\n"
         "{\"input\": \"a\"}\n"
         "{\"input\": \"a\", \"target\": \"x\", \"targets\": [\"x\"]}\n"
         "{\"input\": \"a\", \"targets\": []}\n"
         "{\"input\": \"a\", \"choices\": [\"x\", \"y\"]}\n"
         "{\"input\": \"a\", \"choices\": [\"x\", \"y\"], \"answer\": 2}\n"
         "{\"input\": \"a\", \"choices\": [\"x\", \"y\"], \"answer\": 0.5}\n"
         "{\"input\": \"a\", \"choices\": [\"x\", \"y\"], \"scores\": [1]}\n"
         "{\"input\": \"a\", \"choices\": [\"x\", \"y\"], \"scores\": [1, \"1\"]}\n"
         "{\"input\": \"a\", \"choices\": [\"x\", \"x\"], \"answer\": 0}\n"
         "{\"input\": \"a\", \"choices\": \"x\", \"answer\": 0}\n"
         "{\"input\": \"a\\u0000\", \"target_scores\": {\"x\": null}}\n"
         "null\n{\"input\": \"\xFF\"}\n",
         "f", BS_FORMAT_JSONL, "f: line 1: $: key \"input\" is missing, expected a string");
  static const char *const others[] = {
      "line 2: $: expected \"target\", \"targets\", \"choices\" or",
      "line 3: targets: \"target\" is there too",
      "line 4: targets: expected an accepted answer, found an empty list",
      "line 5: $: expected \"choices\" with either \"answer\" or \"scores\"",
      "line 6: answer: expected a choice: its number, 0 to 1, or its text",
      "line 7: answer: expected a choice",
      "line 8: scores: expected a list of 2 numbers",
      "line 9: scores: expected a finite number",
      "line 10: choices: the choice \"x\" stands twice",
      "line 11: choices: expected a list of texts",
      "line 12: input: the text holds U+0000",
      "line 12: target_scores.x: expected a finite number",
      "line 13: $: expected an object: one example a line",
      "line 14, column 12: not UTF-8",
  };
  for (size_t i = 0; i < sizeof others / sizeof *others; i++)
    CU_ASSERT_TRUE(found(true, others[i]));
  CU_ASSERT_EQUAL(heard.n_errors, 1 + sizeof others / sizeof *others);
}

/* Whatever is cut off or flipped: a task or an error, never a crash. */
/* Told in one pass over many choices, each once. */
static void many_choices_are_compared_in_time(void) {
  enum { MANY = 100000 };
  bs_text lines = {0}, classes = {0};
  bs_error err = {0};
  BS_TEST_OK(
      bs_text_append_string(&lines, "{\"input\": \"i\", \"answer\": 0, \"choices\": [", &err), err);
  BS_TEST_OK(bs_text_append_string(&classes, "prompt,classes,answer_index\np,\"[", &err), err);
  for (int i = 0; i < MANY; i++) {
    BS_TEST_OK(bs_text_printf(&lines, &err, "\"c%d\", \"c%d\", ", i, i / 2 * 2), err);
    BS_TEST_OK(bs_text_printf(&classes, &err, "' c%d', ", i == MANY - 1 ? 7 : i), err);
  }
  BS_TEST_OK(bs_text_append_string(&lines, "\"\"]}\n", &err), err);
  BS_TEST_OK(bs_text_append_string(&classes, "]\",0\n", &err), err);
  refuse(lines.data, "f", BS_FORMAT_JSONL, "choices: the choice \"c0\" stands twice");
  CU_ASSERT_EQUAL(heard.n_errors, MANY / 2);
  refuse(classes.data, "f", BS_FORMAT_INVERSE_SCALING, "classes: the class \" c7\" stands twice");
  CU_ASSERT_EQUAL(heard.n_errors, 1);
  bs_text_free(&lines);
  bs_text_free(&classes);
}

int main(void) {
  static const bs_test tests[] = {
      {"BBQ's answers have roles", bbq_answers_have_roles},
      {"faults of BBQ files are all found", faults_of_bbq_files_are_all_found},
      {"long names of groups are refused", long_names_of_groups_are_refused},
      {"one's own data is read", own_data_is_read},
      {"faults of one's own data are all found", faults_of_own_data_are_all_found},
      {"many choices are compared in time", many_choices_are_compared_in_time},
  };
  return bs_test_main("reader_lines", tests, sizeof tests / sizeof *tests);
}
