/* What is computed from stored records is what the evaluator wrote. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bigsweep/analysis.h"
#include "bigsweep/evaluate.h"
#include "bigsweep/metric.h"
#include "bigsweep/store.h"
#include "harness.h"

/* Choices and text in one task, several right answers, fractional and negative scores. */
static const char MIXED[] =
    "{\"metrics\": [\"multiple_choice_grade\", \"bleu\", \"sequence_f1\", "
    "\"weighted_probabilities\"], \"preferred_score\": \"multiple_choice_grade\", \"examples\": ["
    "{\"input\": \"one\", \"target\": [\"a b\", \"\\u00e9 b\"], \"target_scores\": {\"a b\": 1, "
    "\"\\u00e9 b\": 1, \"c\": -0.5}},"
    "{\"input\": \"two\", \"target\": \"a\", \"target_scores\": {\"a\": 0.25, \"b\": 0.5}},"
    "{\"input\": \"three\", \"target\": \"b\"},"
    "{\"input\": \"four\", \"target_scores\": {\"x\": 0, \"yy yy\": 1, \"\": 0}}]}";
static const char TEXT[] =
    "{\"metrics\": [\"numeric_match_with_0_1_relative_error\", \"macro_f1\"], "
    "\"preferred_score\": \"macro_f1\", \"stop_string\": \"\\n\", \"examples\": ["
    "{\"input\": \"1+1\", \"target\": [\"2\", \"two\"]}, {\"input\": \"2+3\", \"target\": \"5\"},"
    "{\"input\": \"4+4\", \"target\": 8}]}";
/* Examples with targets in a task of choices: these are scored, not generated. */
static const char CHOICE[] =
    "{\"metrics\": [\"multiple_choice_grade\"], \"examples\": [{\"input\": \"i\", "
    "\"target_scores\": {\"yes\": 1, \"no\": 0}}, {\"input\": \"j\", \"target\": \"k l\"}]}";
/* Choices with roles: of a question about bias, and of pairs of prompts. */
#define BIAS(polarity, condition, label)                                                           \
  "{\"question_polarity\": \"" polarity "\", \"context_condition\": \"" condition                  \
  "\", \"answer_info\": {\"ans0\": [\"\", \"old\"], \"ans1\": [\"\", \"nonOld\"], \"ans2\": "      \
  "[\"\", \"unknown\"]}, \"additional_metadata\": {\"stereotyped_groups\": [\"old\"]}, "           \
  "\"context\": \"c\", \"question\": \"" polarity condition                                        \
  "\", \"ans0\": \"old\", \"ans1\": \"young\", \"ans2\": \"unknown\", \"label\": " label "}\n"
static const char ROLES[] = BIAS("neg", "ambig", "2") BIAS("nonneg", "ambig", "2")
    BIAS("neg", "disambig", "0") BIAS("nonneg", "disambig", "1");
static const char PAIRS[] = "prompt,other_prompt,classes,answer_index\n"
                            "p,o,\"[' a', ' b']\",1\nq,o,\"[' a', ' b']\",0\n";

/* Tasks and how they are put. */
static const struct {
  const char *json;
  char *answer_prompt; /* NULL: in one step */
  size_t n_samples;
} TASKS[] = {{MIXED, NULL, 0}, {TEXT, NULL, 0},     {CHOICE, NULL, 0}, {MIXED, NULL, 5},
             {TEXT, NULL, 6},  {MIXED, "\nA: ", 6}, {TEXT, "=", 5},    {CHOICE, " ", 3},
             {TEXT, "=", 0},   {MIXED, "\nA: ", 0}, {ROLES, NULL, 0},  {PAIRS, NULL, 0}};
enum { N_TASKS = sizeof TASKS / sizeof *TASKS, N_VOTED_IN_TWO_STEPS = 3 };

/* The fields are taken away again before the task is freed. */
static void put(bs_task *task, size_t t) {
  task->reasoning_prompt = TASKS[t].answer_prompt;
  task->reasoning_stop = TASKS[t].answer_prompt != NULL ? "\n" : NULL;
  task->answer_prompt = TASKS[t].answer_prompt;
  task->n_samples = TASKS[t].n_samples;
  task->temperature = 1.4;
  task->top_p = 1;
}

static bs_tables *evaluated(void) {
  bs_evaluator evaluator = {.protocol = {.seed = 42, .max_tokens = 8}};
  bs_backend_spec spec = {.place = BS_SOURCE_DIR "/models/ladder/s1/20k",
                          .engine = {.n_threads = 1, .precision = BS_PRECISION_F32}};
  bs_tables *results = NULL;
  bs_error err = {0};
  size_t n;
  const char *const *names = bs_example_metric_names(&n);
  BS_TEST_OK(bs_backend_open(&evaluator.backend, &spec, &err), err);
  BS_TEST_OK(bs_tables_new(&results, names, n, &err), err);
  CU_ASSERT_PTR_NOT_NULL_FATAL(results);
  bs_model_row model = {.name = "m", .family = "f", .scale = 1};
  BS_TEST_OK(bs_tables_add_model(results, &model, &err), err);
  for (uint32_t t = 0; t < N_TASKS; t++) {
    bs_task *task = NULL;
    bs_prompter *prompter = NULL;
    char name[16];
    snprintf(name, sizeof name, "t%u", t);
    BS_TEST_OK(bs_task_parse_as(&task, TASKS[t].json, strlen(TASKS[t].json), name, BS_FORMAT_AUTO,
                                NULL, NULL, &err),
               err);
    CU_ASSERT_PTR_NOT_NULL_FATAL(task);
    put(task, t);
    BS_TEST_OK(bs_tables_add_task_of(results, task, &err), err);
    for (uint32_t shots = 0; shots < 2; shots++) {
      BS_TEST_OK(bs_prompter_new(&prompter, task, shots, 42, &err), err);
      BS_TEST_OK(bs_evaluator_run(&evaluator, task, prompter, shots, 0, task->n_examples, 0, t,
                                  results, &err),
                 err);
      bs_prompter_free(&prompter);
    }
    task->reasoning_prompt = task->reasoning_stop = task->answer_prompt = NULL;
    bs_task_free(&task);
  }
  bs_backend_close(&evaluator.backend);
  BS_TEST_OK(bs_tables_sort(results, &err), err);
  return results;
}

static bool is_in(const char *name, const char *const *names, size_t n) {
  for (size_t i = 0; i < n; i++)
    if (strcmp(names[i], name) == 0)
      return true;
  return false;
}

/* A copy without some columns, and whose tasks do not list them. */
static bs_tables *without(const bs_tables *from, const char *const *dropped, size_t n_dropped) {
  const char *names[64];
  size_t columns[64], n = 0;
  bs_error err = {0};
  bs_tables *to = NULL;
  for (size_t i = 0; i < from->n_metrics; i++)
    if (!is_in(from->metric_names[i], dropped, n_dropped)) {
      names[n] = from->metric_names[i];
      columns[n++] = i;
    }
  BS_TEST_OK(bs_tables_new(&to, names, n, &err), err);
  CU_ASSERT_PTR_NOT_NULL_FATAL(to);
  BS_TEST_OK(bs_tables_add_model(to, &from->models[0], &err), err);
  for (size_t t = 0; t < from->n_tasks; t++) {
    bs_task_row row = from->tasks[t];
    char list[1024], kept[1024] = "";
    snprintf(list, sizeof list, "%s", row.metrics);
    for (char *name = strtok(list, ","); name != NULL; name = strtok(NULL, ","))
      if (!is_in(name, dropped, n_dropped)) {
        strcat(kept, kept[0] != '\0' ? "," : "");
        strcat(kept, name);
      }
    row.metrics = kept;
    BS_TEST_OK(bs_tables_add_task(to, &row, &err), err);
  }
  for (size_t i = 0; i < from->n_targets; i++)
    BS_TEST_OK(bs_tables_add_target(to, &from->targets[i], &err), err);
  for (size_t i = 0; i < from->n_choice_texts; i++)
    BS_TEST_OK(bs_tables_add_choice_text(to, &from->choice_texts[i], &err), err);
  for (size_t i = 0; i < from->n_examples; i++) {
    double values[64];
    for (size_t c = 0; c < n; c++)
      values[c] = from->metric_values[i * from->n_metrics + columns[c]];
    BS_TEST_OK(bs_tables_add_example(to, &from->examples[i], bs_tables_choices(from, i),
                                     bs_tables_samples(from, i), values, &err),
               err);
  }
  return to;
}

static bs_text written(const bs_tables *results) {
  bs_error err = {0};
  bs_analysis *analysis = NULL;
  BS_TEST_OK(bs_analysis_from_tables(&analysis, results, &err), err);
  CU_ASSERT_PTR_NOT_NULL_FATAL(analysis);
  BS_TEST_OK(bs_store_write(bs_test_path("r.h5"), results, bs_analysis_tables(analysis), &err),
             err);
  bs_analysis_free(&analysis);
  return bs_test_read(bs_test_path("r.h5"));
}

/* Every column that is a metric of some task can go, one at a time and all together. */
static void dropped_columns_come_back(void) {
  bs_tables *results = evaluated(), *again = NULL;
  bs_text expected = written(results);
  bs_error err = {0};
  for (size_t i = 0; i <= results->n_metrics; i++) {
    const char *dropped[64];
    size_t n = 0;
    for (size_t k = 0; k < results->n_metrics; k++)
      if ((k == i || i == results->n_metrics) && bs_metric_find(results->metric_names[k]) != NULL)
        dropped[n++] = results->metric_names[k];
    bs_tables *less = without(results, dropped, n);
    /* what tasks merely list must still be listed */
    for (size_t t = 0; t < less->n_tasks; t++)
      less->tasks[t].metrics = results->tasks[t].metrics;
    BS_TEST_OK(bs_analysis_rescore(&again, less, NULL, 0, NULL, NULL, &err), err);
    CU_ASSERT_PTR_NOT_NULL_FATAL(again);
    bs_text found = written(again);
    CU_ASSERT_TRUE(found.n_bytes == expected.n_bytes &&
                   memcmp(found.data, expected.data, found.n_bytes) == 0);
    bs_text_free(&found);
    bs_tables_free(&again);
    bs_tables_free(&less);
  }
  bs_text_free(&expected);
  bs_tables_free(&results);
}

/* What votes come to is worked out again: predictions, shares, and the text that stands for them.
 */
static void votes_are_taken_again(void) {
  bs_tables *results = evaluated(), *again = NULL;
  bs_text expected = written(results);
  bs_error err = {0};
  size_t column = 0, n_votes = 0, n_split = 0;
  while (strcmp(results->metric_names[column], "vote_share") != 0)
    column++;
  for (size_t i = 0; i < results->n_examples; i++) {
    bs_example_row *row = &results->examples[i];
    double *share = &results->metric_values[i * results->n_metrics + column];
    size_t n_samples = TASKS[row->task].n_samples;
    /* targets beside choices are scored, not generated: there is nothing to vote on */
    bool has_answers = row->n_choices > 0 || TASKS[row->task].json != CHOICE;
    CU_ASSERT_EQUAL(!isnan(*share), n_samples > 0 && row->n_samples > 0 && has_answers);
    if (isnan(*share))
      continue;
    n_votes++;
    n_split += *share < 1;
    *share = 0.125;
    bool choices_are_scored = row->n_choices > 0 && TASKS[row->task].answer_prompt == NULL;
    row->prediction = choices_are_scored ? row->prediction : "spoilt";
    row->generated = row->generated[0] != '\0' ? "spoilt" : "";
  }
  CU_ASSERT_TRUE(n_votes > 20 && n_split > 10);
  BS_TEST_OK(bs_analysis_rescore(&again, results, NULL, 0, NULL, NULL, &err), err);
  CU_ASSERT_PTR_NOT_NULL_FATAL(again);
  bs_text found = written(again);
  CU_ASSERT_TRUE(found.n_bytes == expected.n_bytes &&
                 memcmp(found.data, expected.data, found.n_bytes) == 0);
  bs_text_free(&found);
  bs_text_free(&expected);
  bs_tables_free(&again);
  bs_tables_free(&results);
}

/* Samples that do not fit their example, as no evaluator writes them. */
static void odd_samples_do_no_harm(void) {
  bs_tables *results = evaluated(), *again = NULL;
  bs_error err = {0};
  for (size_t i = 0; i < results->n_samples; i++)
    results->samples[i].answer = i % 3 == 0 ? "no such choice" : "";
  size_t n = 0;
  for (size_t i = 0; i < results->n_choice_texts; i += 2)
    results->choice_texts[n++] = results->choice_texts[i];
  results->n_choice_texts = n;
  for (size_t t = 0; t < results->n_tasks; t++)
    results->tasks[t].metrics = "multiple_choice_grade,exact_str_match,expected_calibration_error";
  bs_status status = bs_analysis_rescore(&again, results, NULL, 0, NULL, NULL, &err);
  CU_ASSERT_TRUE(status == BS_OK || err.message[0] != '\0');
  bs_analysis *analysis = NULL;
  bs_error_clear(&err);
  BS_TEST_OK(bs_analysis_from_tables(&analysis, results, &err), err);
  bs_analysis_free(&analysis);
  bs_tables_free(&again);
  bs_tables_free(&results);
}

static const char *metrics_of(const bs_tables *results, size_t task) {
  return results->tasks[task].metrics;
}

/* The roles of choices are in the rows of the choices' texts, and needed. */
static void roles_are_kept(void) {
  static const char *const columns[] = {"accuracy_amb", "accuracy_disamb"};
  bs_tables *results = evaluated(), *less = without(results, columns, 2), *again = NULL;
  bs_error err = {0};
  CU_ASSERT_PTR_NOT_NULL(strstr(metrics_of(results, 10), "amb_bias_score,disamb_bias_score"));
  CU_ASSERT_PTR_NOT_NULL(strstr(metrics_of(results, 11), "logodds_difference"));
  BS_TEST_OK(bs_analysis_rescore(&again, less, columns, 2, NULL, NULL, &err), err);
  CU_ASSERT_PTR_NOT_NULL_FATAL(again);
  CU_ASSERT_STRING_EQUAL(metrics_of(again, 10), metrics_of(results, 10));
  CU_ASSERT_PTR_NULL(strstr(metrics_of(again, 0), "accuracy_amb")); /* its choices have none */
  bs_analysis *analysis = NULL;
  BS_TEST_OK(bs_analysis_from_tables(&analysis, again, &err), err);
  size_t n_scores = bs_analysis_tables(analysis)->n_scores, n_found = 0;
  const bs_score_row *scores = bs_analysis_tables(analysis)->scores;
  for (size_t i = 0; i < n_scores; i++)
    if (strcmp(scores[i].metric, "amb_bias_score") == 0 ||
        strcmp(scores[i].metric, "logodds_difference") == 0) {
      CU_ASSERT_EQUAL(scores[i].n, 2);
      CU_ASSERT_FALSE(isnan(scores[i].value));
      n_found++;
    }
  CU_ASSERT_EQUAL(n_found, 4); /* with no shots and one */
  bs_analysis_free(&analysis);
  bs_tables_free(&again);
  for (size_t i = 0; i < less->n_choice_texts; i++)
    less->choice_texts[i].role = BS_ROLE_NONE;
  BS_TEST_FAILS(bs_analysis_rescore(&again, less, columns, 2, NULL, NULL, &err), BS_ERR_INPUT, err,
                "the records lack the roles of the choices (/choice_texts)");
  bs_tables_free(&less);
  bs_tables_free(&results);
}

static void metrics_are_added_by_name(void) {
  static const char *const listed[] = {"bleu", "sequence_f1", "weighted_probabilities",
                                       "numeric_match_with_0_1_relative_error", "macro_f1"};
  bs_tables *results = evaluated(), *less = without(results, listed, 5), *again = NULL;
  bs_error err = {0};
  CU_ASSERT_PTR_NULL(strstr(metrics_of(less, 0), "sequence_f1"));
  /* a task with choices and text that lists no text metric but the one it always has */
  BS_TEST_OK(bs_analysis_rescore(&again, less, listed, 3, NULL, NULL, &err), err);
  CU_ASSERT_PTR_NOT_NULL_FATAL(again);
  CU_ASSERT_STRING_EQUAL(metrics_of(again, 0), metrics_of(results, 0));
  CU_ASSERT_PTR_NOT_NULL(strstr(metrics_of(again, 1), "bleu"));
  CU_ASSERT_PTR_NULL(strstr(metrics_of(again, 2), "bleu")); /* no text was generated */
  CU_ASSERT_PTR_NOT_NULL(strstr(metrics_of(again, 2), "weighted_probabilities"));
  bs_text text = written(again);
  bs_text_free(&text);
  bs_tables_free(&again);
  static const char *const unknown[] = {"sequence_f"}, *const unsupported[] = {"bleurt"};
  BS_TEST_FAILS(bs_analysis_rescore(&again, less, unknown, 1, NULL, NULL, &err), BS_ERR_USAGE, err,
                "did you mean \"sequence_f1\"?");
  BS_TEST_FAILS(bs_analysis_rescore(&again, less, unsupported, 1, NULL, NULL, &err), BS_ERR_USAGE,
                err, "BLEURT");
  CU_ASSERT_PTR_NULL(again);
  bs_tables_free(&less);
  bs_tables_free(&results);
}

typedef struct notices {
  size_t n;
  char last[1024];
} notices;

static void take_notice(void *user, const char *message) {
  notices *to = user;
  to->n++;
  snprintf(to->last, sizeof to->last, "%s", message);
}

static void what_records_lack_is_told(void) {
  static const char *const greedy[] = {"answer_greedy_tokens"};
  static const char *const both[] = {"answer_greedy_tokens", "per_token_accuracy"};
  bs_tables *results = evaluated(), *again = NULL;
  bs_error err = {0};
  notices told = {0};
  /* the column is kept, the records are not needed */
  bs_tables *less = without(results, greedy, 1);
  BS_TEST_OK(bs_analysis_rescore(&again, less, NULL, 0, take_notice, &told, &err), err);
  CU_ASSERT_PTR_NOT_NULL_FATAL(again);
  CU_ASSERT_EQUAL(told.n, 0);
  CU_ASSERT_STRING_EQUAL(metrics_of(again, 1), metrics_of(results, 1));
  bs_tables_free(&again);
  bs_tables_free(&less);
  /* neither: it is left out and told */
  less = without(results, both, 2);
  BS_TEST_OK(bs_analysis_rescore(&again, less, NULL, 0, take_notice, &told, &err), err);
  CU_ASSERT_PTR_NOT_NULL_FATAL(again);
  CU_ASSERT_EQUAL(told.n, 1);
  char expected[64];
  snprintf(expected, sizeof expected, " and %d others: metric \"per_token_accuracy\" cannot",
           N_TASKS - N_VOTED_IN_TWO_STEPS - 1);
  CU_ASSERT_PTR_NOT_NULL(strstr(told.last, expected));
  CU_ASSERT_PTR_NULL(strstr(metrics_of(again, 1), "per_token_accuracy"));
  bs_tables_free(&again);
  /* asked for: refused */
  BS_TEST_FAILS(bs_analysis_rescore(&again, less, both + 1, 1, NULL, NULL, &err), BS_ERR_INPUT, err,
                "lack which tokens are the most likely ones");
  bs_tables_free(&less);
  /* without the choices' texts */
  results->n_choice_texts = 0;
  static const char *const bytes[] = {"multiple_choice_grade_per_byte"};
  less = without(results, bytes, 1);
  BS_TEST_FAILS(bs_analysis_rescore(&again, less, bytes, 1, NULL, NULL, &err), BS_ERR_INPUT, err,
                "/choice_texts");
  bs_tables_free(&less);
  results->examples[0].example = 99;
  BS_TEST_FAILS(bs_analysis_rescore(&again, results, NULL, 0, NULL, NULL, &err), BS_ERR_INPUT, err,
                "not in order");
  bs_tables_free(&results);
}

int main(void) {
  static const bs_test tests[] = {
      {"dropped columns come back", dropped_columns_come_back},
      {"votes are taken again", votes_are_taken_again},
      {"odd samples do no harm", odd_samples_do_no_harm},
      {"metrics are added by name", metrics_are_added_by_name},
      {"roles of choices are kept", roles_are_kept},
      {"what records lack is told", what_records_lack_is_told},
  };
  return bs_test_main("rescore", tests, sizeof tests / sizeof *tests);
}
