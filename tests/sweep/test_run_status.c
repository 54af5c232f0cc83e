/* The status file of a run that is at work, whole and damaged. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file_internal.h"
#include "bigsweep/sweep.h"
#include "harness.h"
#include "sweep/lock_internal.h"

static const bs_limits limits = {.lock_beat_seconds = 0.002, .lock_stale_seconds = 0.004};

static const char whole[] =
    "{\"updated\": 1700000000,\n\"units_done\": 3,\n\"units_total\": 7,\n\"examples_done\": 30,\n"
    "\"examples_total\": 70,\n\"examples_reused\": 5,\n\"tokens\": 1234,\n\"tokens_asked\": "
    "5678,\n\"n_models\": "
    "2,\n\"models_done\": 1,\n"
    "\"models_running\": 1,\n\"n_failed\": 0,\n\"n_workers\": 4,\n\"n_lost\": 1,\n"
    "\"cost_done\": 1.5,\n\"cost_total\": 4.25,\n\"seconds\": 12.5,\n\"models\": [\n"
    "  {\"name\": \"70m\", \"total\": 35, \"done\": 30, \"failed\": 0, \"running\": true, "
    "\"prompts\": 30, \"truncated\": 4, \"skipped\": 2},\n"
    "  {\"name\": \"1b \\u00e9\", \"total\": 35, \"done\": 0, \"failed\": 2, \"running\": "
    "false}]}\n";

/* What a reader gets while a run holds the lock; true: it is that of a whole file. */
static bool read_state(const void *bytes, size_t n_bytes) {
  bs_error err = {0};
  bs_sweep_state *state = NULL;
  bs_test_write("x.h5.status", bytes, n_bytes);
  BS_TEST_OK(bs_sweep_state_read(&state, bs_test_path("x.h5"), &err), err);
  if (state == NULL)
    return false;
  CU_ASSERT_TRUE(state->is_running);
  bool has = state->n_models > 0;
  /* All or nothing. */
  if (!has) {
    CU_ASSERT_TRUE(state->progress.units_total == 0 && state->progress.seconds == 0 &&
                   state->progress.tokens == 0 && state->updated == 0);
  }
  for (size_t m = 0; m < state->n_models; m++)
    CU_ASSERT_PTR_NOT_NULL(state->models[m].name);
  bs_sweep_state_free(&state);
  CU_ASSERT_PTR_NULL(state);
  return has;
}

static bs_lock *lock_output(void) {
  bs_error err = {0};
  bs_lock *lock = NULL;
  BS_TEST_OK(bs_lock_take(&lock, bs_test_path("x.h5"), &limits, NULL, NULL, &err), err);
  CU_ASSERT_PTR_NOT_NULL_FATAL(lock);
  return lock;
}

static void a_whole_file_is_read(void) {
  bs_error err = {0};
  bs_sweep_state *state = NULL;
  bs_lock *lock = lock_output();
  bs_test_write("x.h5.status", whole, sizeof whole - 1);
  BS_TEST_OK(bs_sweep_state_read(&state, bs_test_path("x.h5"), &err), err);
  CU_ASSERT_EQUAL(state->updated, 1700000000);
  CU_ASSERT_EQUAL(state->progress.examples_total, 70);
  CU_ASSERT_EQUAL(state->progress.cost_total, 4.25);
  CU_ASSERT_EQUAL_FATAL(state->n_models, 2);
  CU_ASSERT_STRING_EQUAL(state->models[1].name, "1b \xC3\xA9");
  CU_ASSERT_EQUAL(state->models[1].examples_failed, 2);
  CU_ASSERT_TRUE(state->models[0].is_running);
  CU_ASSERT_EQUAL(state->models[0].prompts.prompts, 30);
  CU_ASSERT_EQUAL(state->models[0].prompts.truncated, 4);
  CU_ASSERT_EQUAL(state->models[0].prompts.skipped, 2);
  CU_ASSERT_FALSE(bs_prompt_counts_any(&state->models[1].prompts));
  bs_sweep_state_free(&state);
  bs_lock_free(&lock);
}

static void a_cut_file_is_nothing(void) {
  bs_lock *lock = lock_output();
  for (size_t n = 0; n + 2 < sizeof whole; n++) /* the last byte is the end of the line */
    CU_ASSERT_FALSE(read_state(whole, n));
  CU_ASSERT_TRUE(read_state(whole, sizeof whole - 2));
  bs_lock_free(&lock);
}

static void a_damaged_file_never_crashes(void) {
  bs_lock *lock = lock_output();
  char text[sizeof whole];
  memcpy(text, whole, sizeof whole);
  for (size_t bit = 0; bit < 8 * (sizeof whole - 1); bit += 3) { /* every place in some byte */
    text[bit / 8] ^= (char)(1 << bit % 8);
    read_state(text, sizeof whole - 1);
    text[bit / 8] ^= (char)(1 << bit % 8);
  }
  bs_lock_free(&lock);
}

/* `whole` with the value of a key replaced. */
static bool read_with(const char *key, const char *value) {
  char text[2 * sizeof whole + 64], wanted[64];
  snprintf(wanted, sizeof wanted, "\"%s\": ", key);
  const char *at = strstr(whole, wanted);
  CU_ASSERT_PTR_NOT_NULL_FATAL(at);
  at += strlen(wanted);
  snprintf(text, sizeof text, "%.*s%s%s", (int)(at - whole), whole, value,
           at + strcspn(at, ",}\n"));
  return read_state(text, strlen(text));
}

static void absurd_values_are_refused(void) {
  static const char *const absurd[] = {"-1",     "1e300", "1e400", "99999999999999999999",
                                       "0.5",    "null",  "\"3\"", "true",
                                       "[3, 4]", "{}",    "NaN",   "-"};
  bs_lock *lock = lock_output();
  for (size_t i = 0; i < sizeof absurd / sizeof *absurd; i++) {
    CU_ASSERT_FALSE(read_with("units_done", absurd[i]));
    CU_ASSERT_FALSE(read_with("updated", absurd[i]));
    CU_ASSERT_FALSE(read_with("total", absurd[i]));
  }
  CU_ASSERT_FALSE(read_with("truncated", "-1"));
  CU_ASSERT_FALSE(read_with("running", "1"));
  CU_ASSERT_FALSE(read_with("name", "7"));
  CU_ASSERT_FALSE(read_with("seconds", "\"long\""));
  CU_ASSERT_TRUE(read_with("units_done", "9007199254740991"));
  static const char no_list[] = "{\"updated\": 1}", not_json[] = "\xFF\xFE{", list[] = "[1, 2]";
  CU_ASSERT_FALSE(read_state(no_list, sizeof no_list - 1));
  CU_ASSERT_FALSE(read_state(not_json, sizeof not_json - 1));
  CU_ASSERT_FALSE(read_state(list, sizeof list - 1));
  enum { DEPTH = 1 << 20 };
  char *deep = malloc(DEPTH);
  memset(deep, '[', DEPTH);
  CU_ASSERT_FALSE(read_state(deep, DEPTH));
  free(deep);
  bs_lock_free(&lock);
}

/* Nobody at work, nothing committed: there is nothing to tell, whatever the status file says. */
static void without_results_there_is_no_state(void) {
  bs_error err = {0};
  bs_sweep_state *state = NULL;
  bs_test_write("x.h5.status", whole, sizeof whole - 1);
  BS_TEST_FAILS(bs_sweep_state_read(&state, bs_test_path("x.h5"), &err), BS_ERR_IO, err,
                "no such results file");
  CU_ASSERT_PTR_NULL(state);
}

int main(void) {
  static const bs_test tests[] = {
      {"a whole file is read", a_whole_file_is_read},
      {"a cut file is nothing", a_cut_file_is_nothing},
      {"a damaged file never crashes", a_damaged_file_never_crashes},
      {"absurd values are refused", absurd_values_are_refused},
      {"without results there is no state", without_results_there_is_no_state},
  };
  return bs_test_main("run status", tests, sizeof tests / sizeof *tests);
}
