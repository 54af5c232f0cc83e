/* Results that come out again, and those that do not. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bigsweep/store.h"
#include "bigsweep/sweep.h"
#include "calling.h"
#include "harness.h"

static const char MODELS[] = BS_SOURCE_DIR "/models/ladder/s1/";

/* A small sweep: choices, texts, and votes over reasonings. */
static void make_results(const char *output) {
  char config[4096];
  int n = snprintf(
      config, sizeof config,
      "{\"name\": \"test\", \"models\": [{\"path\": \"%s3k\"}, {\"path\": \"%s10k\"}], "
      "\"tasks\": [\"%s/tasks/ladder_facts\", {\"path\": \"%s/tasks/ladder_addition\", "
      "\"variants\": [{\"name\": \"votes\", \"reasoning_prompt\": \"so \", "
      "\"answer_prompt\": \" is \", \"samples\": 3, \"temperature\": 1}]}], \"shots\": [0, 2], "
      "\"max_examples\": 4, \"seed\": 5, \"generation\": {\"max_tokens\": 5}}",
      MODELS, MODELS, BS_SOURCE_DIR, BS_SOURCE_DIR);
  const char *path = bs_test_write("sweep.json", config, (size_t)n);
  outcome o = run("", "run %s -o %s", path, output);
  CU_ASSERT_EQUAL_FATAL(o.code, 0);
  outcome_free(&o);
}

static size_t n_told;
static char last_told[1024];

static void hear(void *user, const char *what) {
  (void)user;
  n_told++;
  snprintf(last_told, sizeof last_told, "%s", what);
}

static void hear_notice(void *user, bool is_error, const char *message) {
  (void)is_error;
  hear(user, message);
}

/* With all examples. */
static bs_verify_summary verify(const char *path, const bs_moved_model *moved, size_t n_moved) {
  bs_error err = {0};
  bs_verify_summary summary;
  const bs_verify_options options = {.n = 1000,
                                     .moved = moved,
                                     .n_moved = n_moved,
                                     .n_threads = 1,
                                     .differs = hear,
                                     .notice = hear_notice};
  n_told = 0;
  BS_TEST_OK(bs_sweep_verify(&summary, path, &options, &err), err);
  return summary;
}

/* The results with one thing changed. */
static const char *changed(const char *path, void (*change)(bs_tables *of)) {
  bs_error err = {0};
  bs_tables *tables = NULL;
  const char *other = bs_test_path("changed.h5");
  BS_TEST_OK(bs_store_read(&tables, path, &err), err);
  CU_ASSERT_PTR_NOT_NULL_FATAL(tables);
  change(tables);
  BS_TEST_OK(bs_store_write(other, tables, NULL, &err), err);
  bs_tables_free(&tables);
  return other;
}

static void last_bit(bs_tables *of) {
  uint64_t bits;
  memcpy(&bits, &of->choices[5].logprob, sizeof bits);
  bits ^= 1;
  memcpy(&of->choices[5].logprob, &bits, sizeof bits);
}
static void other_sample(bs_tables *of) { of->samples[2].reasoning = "never\x1b[2J said"; }
static void other_metric(bs_tables *of) {
  for (size_t i = 0; i < of->n_metrics; i++)
    if (strcmp(of->metric_names[i], "multiple_choice_grade") == 0)
      of->metric_values[i] = 7;
}
static void other_isa(bs_tables *of) { of->provenance.isa = ""; }
static void other_isa_and_bit(bs_tables *of) {
  other_isa(of);
  last_bit(of);
}
static void other_isa_and_text(bs_tables *of) {
  other_isa(of);
  other_sample(of);
}
static void other_checkpoint(bs_tables *of) { of->models[0].sha256[0] ^= 1; }
static void other_place(bs_tables *of) { of->models[1].path = "nowhere/10k"; }
static void other_rules(bs_tables *of) { of->provenance.protocol = "bigbench-1 seed=5"; }
static void no_questions(bs_tables *of) { of->n_inputs = 0; }

static void what_comes_out_again_is_told(void) {
  const char *path = bs_test_path("results.h5");
  enum { ALL = 2 * 2 * 2 * 4 };
  make_results(path);
  char results[4096];
  snprintf(results, sizeof results, "%s", path);
  bs_verify_summary s = verify(results, NULL, 0);
  CU_ASSERT_EQUAL(s.n_checked, ALL);
  CU_ASSERT_EQUAL(s.n_differing + s.n_failed, 0);
  CU_ASSERT_FALSE(s.is_other_isa);
  static const struct {
    void (*change)(bs_tables *of);
    const char *what;
  } CHANGES[] = {
      {last_bit, "logprob of choice 1: "},
      {other_sample, "reasoning of sample 2: \"never?[2J said\" and "},
      {other_metric, "3k, ladder_facts, 0 shots, example 0: multiple_choice_grade: 7 and "},
      {other_isa_and_text, "reasoning of sample 2: "}};
  for (size_t i = 0; i < sizeof CHANGES / sizeof *CHANGES; i++) {
    s = verify(changed(results, CHANGES[i].change), NULL, 0);
    CU_ASSERT_EQUAL(s.n_checked, ALL);
    CU_ASSERT_EQUAL(s.n_differing, 1);
    CU_ASSERT_EQUAL(n_told, 1);
    if (strstr(last_told, CHANGES[i].what) == NULL) {
      printf("\n    %s\n", last_told);
      CU_FAIL("another difference is told");
    }
  }
  s = verify(changed(results, other_isa_and_bit), NULL, 0);
  CU_ASSERT_TRUE(s.is_other_isa);
  CU_ASSERT_EQUAL(s.n_checked, ALL);
  CU_ASSERT_EQUAL(s.n_differing, 0);

  s = verify(changed(results, other_checkpoint), NULL, 0);
  CU_ASSERT_EQUAL(s.n_failed, ALL / 2);
  CU_ASSERT_EQUAL(n_told, 1);
  CU_ASSERT_PTR_NOT_NULL(strstr(last_told, "another checkpoint than the one that was scored"));
  const char *moved = changed(results, other_place);
  s = verify(moved, NULL, 0);
  CU_ASSERT_EQUAL(s.n_failed, ALL / 2);
  CU_ASSERT_PTR_NOT_NULL(strstr(last_told, "--models 10k=PATH"));
  char place[4096];
  snprintf(place, sizeof place, "%s10k", MODELS);
  s = verify(moved, &(bs_moved_model){"10k", place}, 1);
  CU_ASSERT_EQUAL(s.n_checked, ALL);
  CU_ASSERT_EQUAL(s.n_differing + s.n_failed, 0);

  bs_error err = {0};
  const bs_verify_options options = {.n = 1};
  BS_TEST_FAILS(bs_sweep_verify(&s, changed(results, other_rules), &options, &err), BS_ERR_INPUT,
                err, "by other rules (\"bigbench-1\")");
  BS_TEST_FAILS(bs_sweep_verify(&s, changed(results, no_questions), &options, &err), BS_ERR_INPUT,
                err, "are not in the file (/inputs)");
}

static void expect_code(int code, const char *path, const char *options) {
  outcome o = run("", "verify %s %s", path, options);
  CU_ASSERT_EQUAL(o.code, code);
  outcome_free(&o);
}

static void exit_codes_tell(void) {
  char results[4096];
  snprintf(results, sizeof results, "%s", bs_test_path("results.h5"));
  expect_code(0, results, "-n 3 --seed 1");
  expect_code(1, changed(results, last_bit), "-n 100");
  expect_code(2, results, "--models 3k");
  expect_code(2, "nofile.h5", "");
}

int main(void) {
  static const bs_test tests[] = {
      {"what comes out again is told", what_comes_out_again_is_told},
      {"exit codes tell", exit_codes_tell},
  };
  return bs_test_main("verify", tests, sizeof tests / sizeof *tests);
}
