#include <math.h>
#include <stdio.h>
#include <string.h>

#include "harness.h"
#include "tables/tables_internal.h"

static const char *const METRICS[] = {"exact_str_match", "log_likelihood"};

static bs_tables *new_results(void) {
  bs_error err = {0};
  bs_tables *results = NULL;
  BS_TEST_OK(bs_tables_new(&results, METRICS, 2, &err), err);
  CU_ASSERT_PTR_NOT_NULL_FATAL(results);
  for (int i = 0; i < 2; i++) {
    BS_TEST_OK(bs_tables_add_model(results, &(bs_model_row){.name = "m"}, &err), err);
    BS_TEST_OK(bs_tables_add_task(results, &(bs_task_row){.name = "t"}, &err), err);
  }
  return results;
}

static void add(bs_tables *results, uint32_t model, uint32_t task, uint32_t shots, uint32_t example,
                uint32_t n_choices, double mark) {
  bs_error err = {0};
  bs_choice_row choices[4];
  bs_sample_row samples[4];
  char answer[32];
  snprintf(answer, sizeof answer, "%g", mark);
  for (uint32_t i = 0; i < n_choices; i++) /* last choice first: the sort turns them round */
    choices[i] = (bs_choice_row){.choice = n_choices - 1 - i, .logprob = mark - i};
  bs_example_row row = {.model = model,
                        .task = task,
                        .shots = shots,
                        .example = example,
                        .target_logprob = mark,
                        .n_choices = n_choices,
                        .n_samples = (n_choices + 1) % 4};
  for (uint32_t i = 0; i < row.n_samples; i++)
    samples[i] = (bs_sample_row){.sample = row.n_samples - 1 - i, .answer = answer};
  BS_TEST_OK(bs_tables_add_example(results, &row, choices, samples, (double[]){mark, -mark}, &err),
             err);
}

static void rows_grow_and_strings_are_owned(void) {
  bs_error err = {0};
  bs_tables *results = new_results();
  char name[32];
  for (uint32_t i = 0; i < 1000; i++) {
    snprintf(name, sizeof name, "prediction %u", i);
    bs_example_row row = {.example = i, .prediction = name, .n_choices = i % 3};
    bs_choice_row choices[2] = {{.choice = 0, .logprob = -1}, {.choice = 1, .logprob = -2}};
    BS_TEST_OK(bs_tables_add_example(results, &row, choices, NULL, (double[]){i, NAN}, &err), err);
  }
  CU_ASSERT_EQUAL(results->n_examples, 1000);
  CU_ASSERT_STRING_EQUAL(results->examples[7].prediction, "prediction 7");
  CU_ASSERT_STRING_EQUAL(results->examples[999].prediction, "prediction 999");
  CU_ASSERT_STRING_EQUAL(results->examples[7].generated, "");
  CU_ASSERT_EQUAL(results->examples[8].first_choice, 8 / 3 * 3 + 1);
  CU_ASSERT_EQUAL(results->choices[results->examples[8].first_choice].row, 8);
  CU_ASSERT_EQUAL(results->metric_values[2 * 7], 7.0);
  CU_ASSERT_TRUE(isnan(results->metric_values[2 * 7 + 1]));
  BS_TEST_OK(bs_tables_check(results, &err), err);
  bs_tables_free(&results);
  CU_ASSERT_PTR_NULL(results);
  bs_tables_free(&results);
}

static void strings_of_every_length_survive(void) {
  bs_tables *results = new_results();
  static char text[3 << 20];
  memset(text, 'x', sizeof text);
  const char *kept[64];
  size_t lengths[64];
  for (size_t i = 0; i < 64; i++) {
    lengths[i] = i * i * i * 11 % sizeof text;
    text[0] = (char)('a' + i % 26);
    kept[i] = bs_arena_string(results->arena, text, lengths[i]);
    CU_ASSERT_PTR_NOT_NULL_FATAL(kept[i]);
  }
  for (size_t i = 0; i < 64; i++) {
    CU_ASSERT_EQUAL(strlen(kept[i]), lengths[i]);
    if (lengths[i] > 0)
      CU_ASSERT_EQUAL(kept[i][0], (char)('a' + i % 26));
  }
  CU_ASSERT_STRING_EQUAL(bs_arena_string(results->arena, "a\xFF\xC3z\xC3\xA9", 6),
                         "a\xEF\xBF\xBD\xEF\xBF\xBDz\xC3\xA9");
  bs_tables_free(&results);
}

static void sort_is_canonical(void) {
  bs_error err = {0};
  bs_tables *results = new_results();
  add(results, 1, 0, 0, 0, 2, 5);
  add(results, 0, 1, 0, 0, 0, 4);
  add(results, 0, 0, 3, 0, 3, 3);
  add(results, 0, 0, 0, 9, 1, 2);
  add(results, 0, 0, 0, 1, 4, 1);
  add(results, 0, 0, 0, 9, 2, 99); /* a repeated key: the first stays, with its choices */
  BS_TEST_OK(bs_tables_sort(results, &err), err);
  CU_ASSERT_EQUAL_FATAL(results->n_examples, 5);
  CU_ASSERT_EQUAL(results->n_choices, 10);
  CU_ASSERT_EQUAL(results->n_samples, 1 + 2 + 0 + 1 + 3);
  static const uint32_t n_choices[] = {4, 1, 3, 0, 2};
  for (size_t i = 0; i < 5; i++) {
    const bs_example_row *row = &results->examples[i];
    CU_ASSERT_EQUAL(row->target_logprob, (double)i + 1);
    CU_ASSERT_EQUAL(row->n_choices, n_choices[i]);
    CU_ASSERT_EQUAL(results->metric_values[2 * i], (double)i + 1);
    CU_ASSERT_EQUAL(results->metric_values[2 * i + 1], -(double)i - 1);
    for (uint32_t k = 0; k < row->n_choices; k++) {
      const bs_choice_row *choice = &results->choices[row->first_choice + k];
      CU_ASSERT_EQUAL(choice->row, i);
      CU_ASSERT_EQUAL(choice->choice, k);
      CU_ASSERT_EQUAL(choice->logprob, (double)i + 1 - (row->n_choices - 1 - k));
    }
    char answer[32];
    snprintf(answer, sizeof answer, "%zu", i + 1);
    CU_ASSERT_EQUAL(row->n_samples, (n_choices[i] + 1) % 4);
    for (uint32_t k = 0; k < row->n_samples; k++) {
      const bs_sample_row *sample = &results->samples[row->first_sample + k];
      CU_ASSERT_EQUAL(sample->row, i);
      CU_ASSERT_EQUAL(sample->sample, k);
      CU_ASSERT_STRING_EQUAL(sample->answer, answer);
      CU_ASSERT_STRING_EQUAL(sample->reasoning, "");
    }
  }
  BS_TEST_OK(bs_tables_check(results, &err), err);
  /* more rows after a sort */
  add(results, 0, 0, 0, 0, 1, 0);
  BS_TEST_OK(bs_tables_sort(results, &err), err);
  CU_ASSERT_EQUAL(results->n_examples, 6);
  CU_ASSERT_EQUAL(results->examples[0].target_logprob, 0);
  CU_ASSERT_EQUAL(results->examples[5].first_choice, 9);
  BS_TEST_OK(bs_tables_check(results, &err), err);
  bs_tables_free(&results);
}

static void sort_of_nothing(void) {
  bs_error err = {0};
  bs_tables *results = NULL;
  BS_TEST_OK(bs_tables_new(&results, NULL, 0, &err), err);
  BS_TEST_OK(bs_tables_sort(results, &err), err);
  BS_TEST_OK(bs_tables_check(results, &err), err);
  bs_tables_free(&results);
}

static void targets_keep_their_order(void) {
  bs_error err = {0};
  bs_tables *results = new_results();
  static const bs_target_row rows[] = {
      {1, 0, "d"}, {0, 2, "b"}, {0, 2, "a"}, {0, 1, "z"}, {0, 2, "c"}};
  static const bs_choice_text_row choices[] = {
      {1, 0, 0, "last", 0, 0}, {0, 2, 1, "yes", 0, 1}, {0, 2, 0, "no", 0, 0}};
  static const bs_input_row inputs[] = {{1, 0, "third", 0, 5, 0, ""},
                                        {0, 1, "second?", 2, 900, 0, ""},
                                        {0, 0, "first", 9, 9, 0, ""},
                                        {0, 1, "again", 0, 0, 0, ""}};
  for (size_t i = 0; i < 5; i++)
    BS_TEST_OK(bs_tables_add_target(results, &rows[i], &err), err);
  for (size_t i = 0; i < 3; i++)
    BS_TEST_OK(bs_tables_add_choice_text(results, &choices[i], &err), err);
  for (size_t i = 0; i < 4; i++)
    BS_TEST_OK(bs_tables_add_input(results, &inputs[i], &err), err);
  CU_ASSERT_FALSE(bs_tables_in_order(results));
  BS_TEST_OK(bs_tables_sort(results, &err), err);
  CU_ASSERT_TRUE(bs_tables_in_order(results));
  static const char *const expected[] = {"z", "b", "a", "c", "d"};
  static const char *const expected_choices[] = {"yes", "no", "last"};
  for (size_t i = 0; i < 5; i++)
    CU_ASSERT_STRING_EQUAL(results->targets[i].text, expected[i]);
  for (size_t i = 0; i < 3; i++)
    CU_ASSERT_STRING_EQUAL(results->choice_texts[i].text, expected_choices[i]);
  static const char *const expected_inputs[] = {"", "cond?", "third"}; /* within their queries */
  CU_ASSERT_EQUAL_FATAL(results->n_inputs, 3);
  for (size_t i = 0; i < 3; i++) {
    size_t n;
    const char *text = bs_input_text(&results->inputs[i], &n);
    CU_ASSERT_EQUAL(n, strlen(expected_inputs[i]));
    CU_ASSERT_EQUAL(memcmp(text, expected_inputs[i], n), 0);
  }
  CU_ASSERT_PTR_EQUAL(bs_tables_input(results, 0, 1), &results->inputs[1]);
  CU_ASSERT_PTR_EQUAL(bs_tables_input(results, 1, 0), &results->inputs[2]);
  CU_ASSERT_PTR_NULL(bs_tables_input(results, 1, 1));
  bs_tables_free(&results);
}

static bs_run_row run_of(uint32_t model, uint32_t first, uint32_t n, const char *host) {
  return (bs_run_row){
      .model = model, .first_example = first, .n_examples = n, .host = host, .failure = ""};
}

static void runs_are_sorted_and_all_kept(void) {
  bs_error err = {0};
  bs_tables *results = new_results();
  const bs_run_row rows[] = {run_of(1, 0, 4, "e"), run_of(0, 4, 4, "c"), run_of(0, 4, 5, "d"),
                             run_of(0, 4, 3, "a"), run_of(0, 4, 3, "b")};
  for (size_t i = 0; i < 5; i++)
    BS_TEST_OK(bs_tables_add_run(results, &rows[i], &err), err);
  BS_TEST_OK(bs_tables_sort(results, &err), err);
  CU_ASSERT_EQUAL_FATAL(results->n_runs, 5);
  for (size_t i = 0; i < 5; i++)
    CU_ASSERT_EQUAL(results->runs[i].host[0], (char)('a' + i));
  bs_tables_free(&results);
}

/* Rows under other numbers of models and tasks; what is not there is left out. */
static void rows_are_renumbered(void) {
  static const uint32_t models[] = {1, BS_NOT_THERE}, tasks[] = {BS_NOT_THERE, 0};
  const bs_index_maps maps = {models, tasks};
  bs_error err = {0};
  bs_tables *from = new_results(), *to = new_results(), *other = NULL;
  add(from, 0, 1, 2, 3, 2, 7);
  add(from, 0, 0, 2, 3, 1, 8);
  add(from, 1, 1, 2, 3, 1, 9);
  const bs_skipped_row skipped[] = {{0, 1, 5, 6, 7}, {1, 1, 5, 6, 7}};
  for (size_t i = 0; i < 2; i++)
    BS_TEST_OK(bs_tables_add_skipped(from, &skipped[i], &err), err);
  BS_TEST_OK(bs_tables_append(to, from, BS_TABLE_EXAMPLES, maps, &err), err);
  BS_TEST_OK(bs_tables_append(to, from, BS_TABLE_SKIPPED, maps, &err), err);
  CU_ASSERT_EQUAL_FATAL(to->n_examples, 1);
  CU_ASSERT_TRUE(to->examples[0].model == 1 && to->examples[0].task == 0);
  CU_ASSERT_EQUAL(to->examples[0].target_logprob, 7);
  CU_ASSERT_EQUAL(to->n_choices, 2);
  CU_ASSERT_EQUAL_FATAL(to->n_skipped, 1);
  CU_ASSERT_TRUE(to->skipped[0].model == 1 && to->skipped[0].task == 0);
  CU_ASSERT_EQUAL(to->skipped[0].prompt_tokens, 7);
  BS_TEST_OK(bs_tables_check(to, &err), err);
  BS_TEST_OK(bs_tables_new(&other, METRICS, 1, &err), err);
  BS_TEST_FAILS(bs_tables_append(other, from, BS_TABLE_EXAMPLES, maps, &err), BS_ERR_INPUT, err,
                "metric columns differ");
  bs_tables_free(&from);
  bs_tables_free(&to);
  bs_tables_free(&other);
}

static void check_finds_faults(void) {
  bs_error err = {0};
  bs_tables *results = new_results();
  add(results, 0, 0, 0, 0, 2, 0);
  add(results, 1, 1, 0, 0, 2, 0);
  results->examples[1].model = 2;
  BS_TEST_FAILS(bs_tables_check(results, &err), BS_ERR_INPUT, err, "row 1: model 2 of 2");
  results->examples[1].model = 0;
  results->examples[1].task = 7;
  BS_TEST_FAILS(bs_tables_check(results, &err), BS_ERR_INPUT, err, "row 1: task 7 of 2");
  results->examples[1].task = 0;
  results->examples[1].first_choice = 3;
  BS_TEST_FAILS(bs_tables_check(results, &err), BS_ERR_INPUT, err, "begin at 3, expected 2");
  results->examples[1].first_choice = 2;
  results->examples[1].n_choices = 3;
  BS_TEST_FAILS(bs_tables_check(results, &err), BS_ERR_INPUT, err, "3 choices, 2 are left");
  results->examples[1].n_choices = 1;
  BS_TEST_FAILS(bs_tables_check(results, &err), BS_ERR_INPUT, err, "4 rows, 3 belong");
  results->examples[1].n_choices = 2;
  results->choices[3].row = 0;
  BS_TEST_FAILS(bs_tables_check(results, &err), BS_ERR_INPUT, err, "row 3: example 0, expected 1");
  results->choices[3].row = 1;
  results->examples[1].first_sample = 2;
  BS_TEST_FAILS(bs_tables_check(results, &err), BS_ERR_INPUT, err, "begin at 2, expected 3");
  results->examples[1].first_sample = 3;
  results->examples[1].n_samples = 4;
  BS_TEST_FAILS(bs_tables_check(results, &err), BS_ERR_INPUT, err, "4 samples, 3 are left");
  results->examples[1].n_samples = 2;
  BS_TEST_FAILS(bs_tables_check(results, &err), BS_ERR_INPUT, err, "6 rows, 5 belong");
  results->examples[1].n_samples = 3;
  results->samples[5].row = 0;
  BS_TEST_FAILS(bs_tables_check(results, &err), BS_ERR_INPUT, err,
                "samples: row 5: example 0, expected 1");
  results->samples[5].row = 1;
  BS_TEST_OK(bs_tables_add_target(results, &(bs_target_row){.task = 2}, &err), err);
  BS_TEST_FAILS(bs_tables_check(results, &err), BS_ERR_INPUT, err, "targets: row 0: task 2 of 2");
  results->n_targets = 0;
  BS_TEST_OK(bs_tables_add_choice_text(results, &(bs_choice_text_row){.task = 2}, &err), err);
  BS_TEST_FAILS(bs_tables_check(results, &err), BS_ERR_INPUT, err,
                "choice_texts: row 0: task 2 of 2");
  results->n_choice_texts = 0;
  BS_TEST_OK(bs_tables_add_skipped(results, &(bs_skipped_row){.model = 2}, &err), err);
  BS_TEST_FAILS(bs_tables_check(results, &err), BS_ERR_INPUT, err, "skipped: row 0: model 2 of 2");
  results->n_skipped = 0;
  BS_TEST_OK(bs_tables_add_run(results, &(bs_run_row){.task = 3}, &err), err);
  BS_TEST_FAILS(bs_tables_check(results, &err), BS_ERR_INPUT, err, "run/units: row 0: task 3 of 2");
  bs_tables_free(&results);
}

int main(void) {
  static const bs_test tests[] = {
      {"rows grow and strings are owned", rows_grow_and_strings_are_owned},
      {"strings of every length survive", strings_of_every_length_survive},
      {"sort is canonical", sort_is_canonical},
      {"sort of nothing", sort_of_nothing},
      {"targets keep their order", targets_keep_their_order},
      {"runs are sorted, and all kept", runs_are_sorted_and_all_kept},
      {"rows are renumbered", rows_are_renumbered},
      {"check finds faults", check_finds_faults},
  };
  return bs_test_main("tables", tests, sizeof tests / sizeof *tests);
}
