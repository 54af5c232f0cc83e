/* Prompts: their texts and the examples that are drawn as shots. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bigsweep/json.h"
#include "bigsweep/prompt.h"
#include "harness.h"
#include "tasks/random_internal.h"

static void generator_is_mersenne_twister(void) {
  bs_random random;
  /* The reference implementation's default seed; C++'s std::mt19937 fixes the same number. */
  bs_random_seed(&random, 5489);
  uint32_t value = 0;
  for (size_t i = 0; i < 10000; i++)
    value = bs_random_next(&random);
  CU_ASSERT_EQUAL(value, UINT32_C(4123659995));
  bs_random_seed(&random, 42); /* numpy.random.RandomState(42).randint(0, 2**32) */
  CU_ASSERT_EQUAL(bs_random_next(&random), UINT32_C(1608637542));
}

static void permutations_are_numpys(void) {
  /* numpy.random.RandomState(42).permutation(n) */
  static const struct {
    uint32_t n, expected[10];
  } cases[] = {{1, {0}},
               {2, {1, 0}},
               {3, {0, 1, 2}},
               {4, {1, 3, 0, 2}},
               {5, {1, 4, 2, 0, 3}},
               {6, {0, 1, 5, 2, 4, 3}},
               {10, {8, 1, 5, 0, 7, 2, 9, 4, 3, 6}}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    bs_random random;
    uint32_t found[10];
    bs_random_seed(&random, 42);
    bs_random_permutation(&random, found, cases[i].n);
    CU_ASSERT_EQUAL(memcmp(found, cases[i].expected, cases[i].n * sizeof *found), 0);
  }
}

static void intervals_stay_inside(void) {
  bs_random random;
  bs_random_seed(&random, 1);
  uint32_t first = random.words[0];
  CU_ASSERT_EQUAL(bs_random_interval(&random, 0), 0);
  CU_ASSERT_EQUAL(random.next, BS_RANDOM_WORDS); /* nothing was drawn */
  CU_ASSERT_EQUAL(random.words[0], first);
  for (uint32_t max = 1; max < 70; max++) {
    uint32_t seen = 0;
    for (size_t i = 0; i < 2000; i++) {
      uint32_t value = bs_random_interval(&random, max);
      CU_ASSERT_TRUE_FATAL(value <= max);
      seen += value == max;
    }
    CU_ASSERT_TRUE(seen > 0);
  }
  bs_random_interval(&random, UINT32_MAX);
}

static bs_task *parse(const char *json) {
  bs_error err = {0};
  bs_task *task = NULL;
  BS_TEST_OK(bs_task_parse(&task, json, strlen(json), "t/task.json", NULL, NULL, &err), err);
  CU_ASSERT_PTR_NOT_NULL_FATAL(task);
  return task;
}

static bs_text prompt_of(const bs_task *task, size_t shots, size_t example) {
  bs_error err = {0};
  bs_prompter *prompter = NULL;
  bs_text prompt = {0};
  BS_TEST_OK(bs_prompter_new(&prompter, task, shots, 42, &err), err);
  CU_ASSERT_PTR_NOT_NULL_FATAL(prompter);
  BS_TEST_OK(bs_prompter_append(prompter, example, &prompt, &err), err);
  bs_prompter_free(&prompter);
  CU_ASSERT_PTR_NULL(prompter);
  return prompt;
}

static void choices_are_sorted_by_code_point_and_permuted(void) {
  /* Sorted: B, a, U+00E9, U+1F600 (a surrogate pair in UTF-16); permuted by [1,3,0,2]. */
  bs_task *task = parse("{\"metrics\": [\"multiple_choice_grade\"], \"choice_prefix\": \"|\","
                        "\"preferred_score\": \"multiple_choice_grade\", \"examples\": [{\"input\":"
                        "\"x\", \"target_scores\": {\"\\ud83d\\ude00\": 0, \"\\u00e9\": 1, \"a\": "
                        "0, \"B\": 0}}]}");
  bs_text prompt = prompt_of(task, 0, 0);
  CU_ASSERT_STRING_EQUAL(prompt.data, "\nQ: x|a|\xF0\x9F\x98\x80|B|\xC3\xA9\nA: ");
  bs_text_free(&prompt);
  bs_task_free(&task);
}

static void too_many_shots_are_refused(void) {
  bs_error err = {0};
  bs_prompter *prompter = NULL;
  bs_task *task = parse("{\"metrics\": [\"exact_str_match\"], \"examples\": ["
                        "{\"input\": \"a\", \"target\": \"1\"},"
                        "{\"target\": \"1\", \"input\": \"a\"},"
                        "{\"input\": \"b\", \"target\": \"2\"}]}");
  CU_ASSERT_EQUAL(task->n_examples, 3);
  BS_TEST_FAILS(bs_prompter_new(&prompter, task, 3, 42, &err), BS_ERR_INPUT, err, "3 examples");
  /* Two examples are equal as values: only one other differs from each. */
  BS_TEST_FAILS(bs_prompter_new(&prompter, task, 2, 42, &err), BS_ERR_INPUT, err,
                "only 1 of the 3 examples differ");
  CU_ASSERT_PTR_NULL(prompter);
  for (size_t i = 0; i < 2; i++) {
    bs_text prompt = prompt_of(task, 1, i);
    CU_ASSERT_STRING_EQUAL(prompt.data, "\nQ: b\nA: 2\n\nQ: a\nA: ");
    bs_text_free(&prompt);
  }
  BS_TEST_OK(bs_prompter_new(&prompter, task, 0, 42, &err), err);
  bs_text prompt = {0};
  BS_TEST_FAILS(bs_prompter_append(prompter, 3, &prompt, &err), BS_ERR_USAGE, err, "example 3");
  bs_prompter_free(&prompter);
  bs_text_free(&prompt);
  bs_task_free(&task);
}

static void answers_of_shots_are_drawn(void) {
  /* With every best choice and every target some shot shows it; a worse choice never. */
  bs_text json = {0};
  bs_error err = {0};
  bs_text_append_string(&json, "{\"metrics\": [\"multiple_choice_grade\"], \"examples\": [", &err);
  for (int i = 0; i < 40; i++)
    bs_text_printf(&json, &err,
                   "%s{\"input\": \"%d\", \"target_scores\": {\"bad\": 0, \"one\": 1, \"two\": "
                   "1.0}, \"target\": \"free\"}",
                   i > 0 ? "," : "", i);
  bs_text_append_string(&json, "], \"append_choices_to_input\": false}", &err);
  bs_task *task = parse(json.data);
  bs_text prompt = prompt_of(task, 20, 7);
  CU_ASSERT_PTR_NOT_NULL(strstr(prompt.data, "A: one\n"));
  CU_ASSERT_PTR_NOT_NULL(strstr(prompt.data, "A: two\n"));
  CU_ASSERT_PTR_NULL(strstr(prompt.data, "bad"));
  CU_ASSERT_PTR_NULL(strstr(prompt.data, "free"));
  CU_ASSERT_PTR_NULL(strstr(prompt.data, "Q: 7\nA: one"));
  bs_text_free(&prompt);
  bs_task_free(&task);
  bs_text_free(&json);
  task = parse("{\"metrics\": [\"exact_str_match\"], \"examples\": ["
               "{\"input\": \"a\", \"target\": [\"x\", \"y\"], \"target_scores\": {\"z\": 1}},"
               "{\"input\": \"b\", \"target\": \"w\"}], \"append_choices_to_input\": false}");
  prompt = prompt_of(task, 1, 1);
  CU_ASSERT_TRUE(strcmp(prompt.data, "\nQ: a\nA: x\n\nQ: b\nA: ") == 0 ||
                 strcmp(prompt.data, "\nQ: a\nA: y\n\nQ: b\nA: ") == 0);
  bs_text_free(&prompt);
  bs_task_free(&task);
}

static void check_list(const bs_json *json, const char *key, const bs_example *example,
                       bool choices) {
  const cJSON *list = bs_json_get(json->root, key);
  size_t n = choices ? example->n_choices : example->n_targets, i = 0;
  if (cJSON_IsNull(list)) {
    CU_ASSERT_EQUAL(n, 0);
    return;
  }
  const cJSON *item;
  cJSON_ArrayForEach(item, list) {
    CU_ASSERT_TRUE_FATAL(i < n);
    CU_ASSERT_STRING_EQUAL(item->valuestring,
                           choices ? example->choices[i].text : example->targets[i]);
    i++;
  }
  CU_ASSERT_EQUAL(i, n);
}

/* One line of a golden file. */
static void check_golden(const bs_task *task, bs_prompter *const prompters[4], const char *line,
                         size_t n_bytes, const char *name) {
  bs_error err = {0};
  bs_json *json = NULL;
  BS_TEST_OK(bs_json_parse(&json, line, n_bytes, name, &err), err);
  CU_ASSERT_PTR_NOT_NULL_FATAL(json);
  int64_t example = -1, shots = -1;
  BS_TEST_OK(bs_json_get_integer(json, json->root, "example", true, 0, 1 << 20, &example, &err),
             err);
  BS_TEST_OK(bs_json_get_integer(json, json->root, "shots", true, 0, 3, &shots, &err), err);
  CU_ASSERT_TRUE_FATAL((size_t)example < task->n_examples);
  bs_text prompt = {0};
  BS_TEST_OK(bs_prompter_append(prompters[shots], (size_t)example, &prompt, &err), err);
  size_t n_expected;
  const char *expected = bs_json_string(bs_json_get(json->root, "prompt"), &n_expected);
  bool same = n_expected == prompt.n_bytes && memcmp(expected, prompt.data, n_expected) == 0;
  if (!same)
    printf("\n    %s: example %d with %d shots differs", name, (int)example, (int)shots);
  CU_ASSERT_TRUE(same);
  check_list(json, "choices", &task->examples[example], true);
  check_list(json, "targets", &task->examples[example], false);
  bs_text_free(&prompt);
  bs_json_free(&json);
}

static size_t check_golden_file(const char *name) {
  char path[512];
  bs_error err = {0};
  snprintf(path, sizeof path, "bigbench/%.*s/task.json", (int)(strlen(name) - 6), name);
  bs_task *task = NULL;
  BS_TEST_OK(bs_task_load(&task, bs_test_data(path), NULL, NULL, &err), err);
  CU_ASSERT_PTR_NOT_NULL_FATAL(task);
  CU_ASSERT_NSTRING_EQUAL(task->name, name, strlen(name) - 6);
  bs_prompter *prompters[4];
  for (size_t shots = 0; shots < 4; shots++)
    BS_TEST_OK(bs_prompter_new(&prompters[shots], task, shots, 42, &err), err);
  snprintf(path, sizeof path, "prompts/%s", name);
  bs_text goldens = bs_test_read(bs_test_data(path));
  size_t n_lines = 0;
  for (size_t at = 0; at < goldens.n_bytes; n_lines++) {
    const char *line = goldens.data + at;
    const char *end = memchr(line, '\n', goldens.n_bytes - at);
    size_t n = end != NULL ? (size_t)(end - line) : goldens.n_bytes - at;
    check_golden(task, prompters, line, n, name);
    at += n + 1;
  }
  bs_text_free(&goldens);
  for (size_t shots = 0; shots < 4; shots++)
    bs_prompter_free(&prompters[shots]);
  bs_task_free(&task);
  return n_lines;
}

static void prompts_are_the_references(void) {
  if (!bs_test_have_data("prompts/README.md"))
    return;
  DIR *folder = opendir(bs_test_data("prompts"));
  CU_ASSERT_PTR_NOT_NULL_FATAL(folder);
  size_t n_files = 0, n_prompts = 0;
  for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
    size_t n = strlen(entry->d_name);
    if (n < 7 || strcmp(entry->d_name + n - 6, ".jsonl") != 0)
      continue;
    n_prompts += check_golden_file(entry->d_name);
    n_files++;
  }
  closedir(folder);
  CU_ASSERT_EQUAL(n_files, 21);
  CU_ASSERT_EQUAL(n_prompts, 810);
}

/* Of this process: what else the machine does stays out of the figure. */
static double seconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* Not a timed test: the figure is printed, what is checked is that all prompts can be built. */
static void every_prompt_of_every_task_is_built(void) {
  if (!bs_test_have_data("bigbench/README.md"))
    return;
  DIR *folder = opendir(bs_test_data("bigbench"));
  CU_ASSERT_PTR_NOT_NULL_FATAL(folder);
  double begin = seconds(), loading = 0, drawing = 0;
  size_t n_tasks = 0, n_examples = 0, n_bytes = 0;
  bs_text prompt = {0};
  bs_error err = {0};
  for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
    if (strchr(entry->d_name, '.') != NULL)
      continue;
    char path[512];
    snprintf(path, sizeof path, "bigbench/%s/task.json", entry->d_name);
    bs_task *task = NULL;
    double before = seconds();
    BS_TEST_OK(bs_task_load(&task, bs_test_data(path), NULL, NULL, &err), err);
    CU_ASSERT_PTR_NOT_NULL_FATAL(task);
    loading += seconds() - before;
    before = seconds();
    bs_prompter *prompter = NULL;
    BS_TEST_OK(bs_prompter_new(&prompter, task, 3, 42, &err), err);
    CU_ASSERT_PTR_NOT_NULL_FATAL(prompter);
    drawing += seconds() - before;
    for (size_t i = 0; i < task->n_examples; i++) {
      prompt.n_bytes = 0;
      BS_TEST_OK(bs_prompter_append(prompter, i, &prompt, &err), err);
      n_bytes += prompt.n_bytes;
    }
    n_tasks++;
    n_examples += task->n_examples;
    bs_prompter_free(&prompter);
    bs_task_free(&task);
  }
  closedir(folder);
  bs_text_free(&prompt);
  printf(
      "%zu tasks, %zu examples, %zu bytes of 3-shot prompts: %.2f s (loading %.2f, drawing %.2f) ",
      n_tasks, n_examples, n_bytes, seconds() - begin, loading, drawing);
  CU_ASSERT_EQUAL(n_tasks, 21);
}

int main(void) {
  static const bs_test tests[] = {
      {"the generator is MT19937 with NumPy's seeding", generator_is_mersenne_twister},
      {"permutations are NumPy's", permutations_are_numpys},
      {"intervals stay inside", intervals_stay_inside},
      {"choices are sorted and permuted", choices_are_sorted_by_code_point_and_permuted},
      {"too many shots are refused", too_many_shots_are_refused},
      {"answers of shots are drawn", answers_of_shots_are_drawn},
      {"prompts are the reference's", prompts_are_the_references},
      {"every prompt of every task is built", every_prompt_of_every_task_is_built},
  };
  return bs_test_main("prompts", tests, sizeof tests / sizeof *tests);
}
