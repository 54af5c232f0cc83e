/* Prompts and answers from a results file alone: a task that was made again from the tables gives
   what the task itself gives, byte for byte and bit for bit. */
#include <dirent.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "bigsweep/evaluate.h"
#include "bigsweep/store.h"
#include "evaluating.h"
#include "harness.h"
#include "ways.h"

static const char LADDER[] = BS_SOURCE_DIR "/models/ladder/s1/30k";

/* The tables as a results file gives them back, with the task as their row 1. */
static bs_tables *kept(const bs_task *task, uint32_t seed) {
  bs_error err = {0};
  bs_tables *results = new_results(), *read = NULL;
  const char *path = bs_test_path("kept.h5");
  bs_task *other = put(MIXED, &ONE_STEP);
  BS_TEST_OK(bs_tables_add_task_of(results, other, &err), err);
  BS_TEST_OK(bs_tables_add_task_of(results, task, &err), err);
  BS_TEST_OK(bs_tables_add_inputs_of(results, other, 0, seed, &err), err);
  BS_TEST_OK(bs_tables_add_inputs_of(results, task, 1, seed, &err), err);
  BS_TEST_OK(bs_store_write(path, results, NULL, &err), err);
  BS_TEST_OK(bs_store_read(&read, path, &err), err);
  bs_task_free(&other);
  bs_tables_free(&results);
  CU_ASSERT_PTR_NOT_NULL_FATAL(read);
  return read;
}

static bs_task *made_again(const bs_tables *results) {
  bs_error err = {0};
  bs_task *again = NULL;
  BS_TEST_OK(bs_task_of_tables(&again, results, 1, &err), err);
  CU_ASSERT_PTR_NOT_NULL_FATAL(again);
  return again;
}

/* Compares the prompts of every example, or of every `step`-th. Returns how many. */
static size_t compare_prompts(const bs_task *task, const bs_task *again, size_t shots,
                              uint32_t seed, size_t step) {
  bs_error err = {0};
  bs_prompter *before = NULL, *after = NULL;
  bs_text expected = {0}, made = {0};
  size_t n = 0;
  BS_TEST_OK(bs_prompter_new(&before, task, shots, seed, &err), err);
  BS_TEST_OK(bs_prompter_new(&after, again, shots, seed, &err), err);
  CU_ASSERT_TRUE_FATAL(before != NULL && after != NULL);
  for (size_t i = 0; i < task->n_examples; i += step, n++) {
    expected.n_bytes = made.n_bytes = 0;
    BS_TEST_OK(bs_prompter_append(before, i, &expected, &err), err);
    BS_TEST_OK(bs_prompter_append(after, i, &made, &err), err);
    if (expected.n_bytes != made.n_bytes || memcmp(expected.data, made.data, made.n_bytes) != 0) {
      printf("\n    %s, example %zu, %zu shots\n", task->name, i, shots);
      CU_FAIL("another prompt");
      break;
    }
  }
  bs_prompter_free(&before);
  bs_prompter_free(&after);
  bs_text_free(&expected);
  bs_text_free(&made);
  return n;
}

static void compare_inputs(const bs_task *task, const bs_tables *results) {
  for (size_t i = 0; i < task->n_examples; i++) {
    size_t n_bytes;
    const bs_input_row *row = bs_tables_input(results, 1, (uint32_t)i);
    CU_ASSERT_PTR_NOT_NULL_FATAL(row);
    const char *input = bs_input_text(row, &n_bytes);
    if (n_bytes != strlen(task->examples[i].input) ||
        memcmp(input, task->examples[i].input, n_bytes) != 0) {
      printf("\n    %s, example %zu\n", task->name, i);
      CU_FAIL("another input");
      return;
    }
  }
}

/* Returns the number of prompts compared. */
static size_t check_task(const bs_task *task, size_t step) {
  size_t n = 0;
  bs_tables *results = kept(task, 42);
  bs_task *again = made_again(results);
  CU_ASSERT_EQUAL(again->n_examples, task->n_examples);
  CU_ASSERT_EQUAL(again->n_shown, task->n_shown);
  compare_inputs(task, results);
  size_t most = bs_task_most_shots(task);
  for (size_t shots = 0; shots <= 3 && shots <= most; shots += shots == 0 ? 2 : 1)
    n += compare_prompts(task, again, shots, 42, step);
  bs_task_free(&again);
  bs_tables_free(&results);
  return n;
}

static size_t check_file(const char *path, const char *variant, size_t step) {
  bs_error err = {0};
  bs_task_spec spec = {.path = bs_task_file_of(path, &err)};
  bs_task *task = NULL;
  int64_t shots;
  if (variant != NULL)
    BS_TEST_OK(bs_variant_parse(&spec.variant, &shots, variant, strlen(variant), "test", &err),
               err);
  BS_TEST_OK(bs_task_open(&task, &spec, NULL, NULL, &err), err);
  CU_ASSERT_PTR_NOT_NULL_FATAL(task);
  size_t n = check_task(task, step);
  bs_task_free(&task);
  bs_task_spec_clear(&spec);
  return n;
}

static size_t check_folder(const char *folder, const char *variant, size_t step) {
  size_t n = 0;
  char *root = strdup(folder);
  DIR *entries = opendir(root);
  CU_ASSERT_PTR_NOT_NULL_FATAL(entries);
  for (const struct dirent *entry; (entry = readdir(entries)) != NULL;) {
    char path[4096];
    if (strchr(entry->d_name, '.') != NULL)
      continue;
    snprintf(path, sizeof path, "%s/%s", root, entry->d_name);
    n += check_file(path, variant, step);
  }
  closedir(entries);
  free(root);
  return n;
}

static void prompts_of_own_tasks_are_made_again(void) {
  CU_ASSERT_TRUE(check_folder(BS_SOURCE_DIR "/tasks", NULL, 1) > 100);
}

/* Affixes, choices that are not scored, another answer of shots. */
static void prompts_of_variants_are_made_again(void) {
  static const char *const VARIANTS[] = {
      "{\"name\": \"v\", \"example_input_prefix\": \"\", \"example_output_prefix\": \" =>\", "
      "\"task_prefix\": \"Well.\\n\", \"few_shot_example_separator\": \"\\n##\\n\"}",
      "{\"name\": \"v\", \"answer\": \"text\", \"choice_prefix\": \"\\n- \", "
      "\"append_choices_to_input\": true, \"reasoning_prompt\": \"Hm\", \"answer_prompt\": \"\"}",
      "{\"name\": \"v\", \"append_choices_to_input\": false}"};
  for (size_t i = 0; i < sizeof VARIANTS / sizeof *VARIANTS; i++)
    CU_ASSERT_TRUE(check_file(BS_SOURCE_DIR "/tasks/ladder_facts", VARIANTS[i], 1) > 10);
}

/* Choices and accepted answers, of which shots show the latter; equal examples show no other. */
static void answers_of_shots_are_kept(void) {
  static const char TASK[] =
      "{\"metrics\": [\"exact_str_match\"], \"examples\": ["
      "{\"input\": \"a\", \"target\": [\"x\", \"y\"], \"target_scores\": {\"x\": 1, \"z\": 0}},"
      "{\"input\": \"b\", \"target\": [\"u\", \"v\"], \"target_scores\": {\"u\": 1, \"w\": 1}},"
      "{\"input\": \"c\", \"target_scores\": {\"k\": 1, \"l\": 1, \"m\": 0}},"
      "{\"input\": \"d\", \"target\": \"q\"}, {\"input\": \"e\", \"target\": \"r\"},"
      "{\"input\": \"f\", \"target\": [\"s\", \"t\"]}]}";
  static const char *const METRICS[] = {"multiple_choice_grade", "log_likelihood"};
  bs_error err = {0};
  bs_task *task = NULL;
  BS_TEST_OK(bs_task_parse(&task, TASK, strlen(TASK), "small.json", NULL, NULL, &err), err);
  CU_ASSERT_PTR_NOT_NULL_FATAL(task);
  CU_ASSERT_TRUE(check_task(task, 1) > 0);
  for (size_t i = 0; i < 2; i++) {
    free(task->metrics[0]);
    task->metrics[0] = strdup(METRICS[i]);
    CU_ASSERT_TRUE(check_task(task, 1) > 0);
  }
  task->examples[1].identity = task->examples[0].identity;
  CU_ASSERT_TRUE(check_task(task, 1) > 0);
  bs_task_free(&task);
}

/* Shots that are never asked, with and without choices. */
static void questions_that_are_shown_are_kept(void) {
  bs_error err = {0};
  const char *path = bs_test_path("test/small_test.csv");
  mkdir(bs_test_path("dev"), 0777);
  mkdir(bs_test_path("test"), 0777);
  static const char ASKED[] = "one?,1,2,3,4,A\ntwo?,1,2,3,4,B\n";
  static const char SHOWN[] = "three?,3,2,1,0,A\nnone?,3,2,1,0,D\n";
  bs_test_write("test/small_test.csv", ASKED, sizeof ASKED - 1);
  bs_test_write("dev/small_dev.csv", SHOWN, sizeof SHOWN - 1);
  bs_task *task = NULL;
  BS_TEST_OK(bs_task_load(&task, path, NULL, NULL, &err), err);
  CU_ASSERT_PTR_NOT_NULL_FATAL(task);
  CU_ASSERT_EQUAL(task->n_shown, 2);
  CU_ASSERT_EQUAL(check_task(task, 1), 4);
  bs_tables *results = kept(task, 42);
  const bs_input_row *row = bs_tables_input(results, 1, 3);
  CU_ASSERT_PTR_NOT_NULL_FATAL(row);
  CU_ASSERT_TRUE(row->answer[0] != '\0');
  CU_ASSERT_STRING_EQUAL(bs_tables_input(results, 1, 0)->answer, "");
  bs_tables_free(&results);
  bs_task_free(&task);
}

static void prompts_of_published_tasks_are_made_again(void) {
  if (!bs_test_have_data("bigbench/README.md"))
    return;
  CU_ASSERT_TRUE(check_folder(bs_test_data("bigbench"), NULL, 23) > 1000);
}

/* The whole way: a reasoning in one step and in two, votes with their seeds, choices, texts. */
static void answers_come_out_the_same(void) {
  static const way *const WAYS[] = {&ONE_STEP, &TWO_STEPS, &TEXT_VOTES, &STEP_VOTES};
  bs_error err = {0};
  bs_protocol protocol = {.seed = SEED, .max_tokens = MAX_TOKENS, .precision = BS_PRECISION_F32};
  bs_engine_options options = {.n_threads = 1};
  bs_evaluator *evaluator = open_evaluator(LADDER, &protocol, &options);
  for (size_t w = 0; w < sizeof WAYS / sizeof *WAYS; w++) {
    bs_task *task = put(MIXED, WAYS[w]);
    bs_tables *results = kept(task, SEED);
    const bs_task *of[2] = {task, made_again(results)};
    bs_tables *rows[2];
    for (size_t k = 0; k < 2; k++) {
      bs_prompter *prompter = NULL;
      rows[k] = new_results();
      BS_TEST_OK(bs_tables_add_model(rows[k], &(bs_model_row){.name = "m"}, &err), err);
      BS_TEST_OK(bs_tables_add_task_of(rows[k], task, &err), err);
      BS_TEST_OK(bs_prompter_new(&prompter, of[k], 1, SEED, &err), err);
      BS_TEST_OK(bs_evaluator_run(evaluator, of[k], prompter, 1, 0, 3, 0, 0, rows[k], &err), err);
      bs_prompter_free(&prompter);
    }
    CU_ASSERT_EQUAL(rows[0]->n_examples, 3);
    check_same(rows[0], rows[1]);
    bs_tables_free(&rows[0]);
    bs_tables_free(&rows[1]);
    bs_task *again = (bs_task *)of[1];
    bs_task_free(&again);
    bs_task_free(&task);
    bs_tables_free(&results);
  }
  close_evaluator(&evaluator);
}

static void what_does_not_hang_together_is_refused(void) {
  bs_error err = {0};
  bs_task *task = put(MIXED, &TWO_STEPS), *again = NULL;
  bs_tables *results = kept(task, SEED);
  BS_TEST_FAILS(bs_task_of_tables(&again, results, 2, &err), BS_ERR_USAGE, err, "task 2 of 2");
  results->inputs[results->n_inputs - 1].example++;
  BS_TEST_FAILS(bs_task_of_tables(&again, results, 1, &err), BS_ERR_INPUT, err, "inputs: row");
  results->inputs[results->n_inputs - 1].example--;
  results->choice_texts[results->n_choice_texts - 1].choice += 7;
  BS_TEST_FAILS(bs_task_of_tables(&again, results, 1, &err), BS_ERR_INPUT, err,
                "choice_texts: row");
  results->choice_texts[results->n_choice_texts - 1].choice -= 7;
  results->choice_texts[results->n_choice_texts - 1].target_score = NAN;
  BS_TEST_FAILS(bs_task_of_tables(&again, results, 1, &err), BS_ERR_INPUT, err, "no target score");
  results->tasks[1].n_samples = UINT64_MAX;
  BS_TEST_FAILS(bs_task_of_tables(&again, results, 1, &err), BS_ERR_INPUT, err, "to draw samples");
  results->tasks[1].n_samples = 0;
  results->n_choice_texts = results->n_targets = 0;
  BS_TEST_FAILS(bs_task_of_tables(&again, results, 1, &err), BS_ERR_INPUT, err,
                "neither choices nor targets");
  results->n_inputs--;
  BS_TEST_FAILS(bs_task_of_tables(&again, results, 1, &err), BS_ERR_INPUT, err,
                "are not in the file (/inputs)");
  CU_ASSERT_PTR_NULL(again);
  bs_tables_free(&results);
  bs_task_free(&task);
}

int main(void) {
  static const bs_test tests[] = {
      {"prompts of own tasks are made again", prompts_of_own_tasks_are_made_again},
      {"prompts of variants are made again", prompts_of_variants_are_made_again},
      {"answers of shots are kept", answers_of_shots_are_kept},
      {"questions that are shown are kept", questions_that_are_shown_are_kept},
      {"prompts of published tasks are made again", prompts_of_published_tasks_are_made_again},
      {"answers come out the same", answers_come_out_the_same},
      {"what does not hang together is refused", what_does_not_hang_together_is_refused},
  };
  return bs_test_main("inputs", tests, sizeof tests / sizeof *tests);
}
