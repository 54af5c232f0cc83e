/* Whole sweeps with workers that make up their results: committing, failures, stopping. */
#include <stdio.h>
#include <string.h>

#include "base/file_internal.h"
#include "bigsweep/store.h"
#include "harness.h"
#include "stage.h"
#include "sweep/coordinator/collect_internal.h"

static void any_number_of_workers_gives_one_result(void) {
  world w;
  world_new(&w);
  bs_sweep_summary summary;
  const char *one = bs_test_path("one.h5");
  CU_ASSERT_TRUE(drive(&w, one, 1, 1000, 0.01, 1, NO_FAILURE, &summary));
  CU_ASSERT_TRUE(summary.finished);
  CU_ASSERT_EQUAL(summary.progress.examples_done, 2 * 2 * 2 * N_EXAMPLES);
  for (unsigned n = 2; n <= MAX_WORKERS; n++) {
    char name[32];
    snprintf(name, sizeof name, "%u.h5", n);
    const char *several = bs_test_path(name);
    CU_ASSERT_TRUE(drive(&w, several, n, 1000, 0.01, 100 + n, NO_FAILURE, &summary));
    check_same_results(one, several);
  }
  world_free(&w);
}

static void a_killed_run_is_continued(void) {
  world w;
  world_new(&w);
  bs_sweep_summary summary;
  const char *whole = bs_test_path("whole.h5"), *killed = bs_test_path("killed.h5");
  CU_ASSERT_TRUE(drive(&w, whole, 2, 1000, 0.4, 1, NO_FAILURE, &summary));
  /* Commits come a second after the first result that waits; what came later is lost with the kill.
   */
  uint64_t reused = 0;
  bool over = false;
  for (unsigned round = 0; !over && round < 20; round++) {
    over = drive(&w, killed, 1 + round % 3, 7, 0.4, round, NO_FAILURE, &summary);
    CU_ASSERT_TRUE(summary.examples_reused >= reused);
    reused = summary.examples_reused;
  }
  CU_ASSERT_TRUE(over);
  CU_ASSERT_TRUE(reused > 0);
  check_same_results(whole, killed);
  CU_ASSERT_FALSE(bs_file_exists(bs_test_path("killed.h5.parts")));
  /* Once more: nothing is left to do. */
  CU_ASSERT_TRUE(drive(&w, killed, 3, 1000, 0.4, 5, NO_FAILURE, &summary));
  CU_ASSERT_EQUAL(summary.examples_reused, 2 * 2 * 2 * N_EXAMPLES);
  CU_ASSERT_EQUAL(summary.progress.units_done, 0);
  check_same_results(whole, killed);
  world_free(&w);
}

static void failures_are_told_and_tried_again(void) {
  world w;
  world_new(&w);
  bs_error err = {0};
  bs_sweep_summary summary;
  const char *path = bs_test_path("failing.h5"), *whole = bs_test_path("fine.h5");
  CU_ASSERT_TRUE(drive(&w, path, 2, 1000, 0.01, 3, 17, &summary));
  CU_ASSERT_EQUAL(summary.n_failed, 2 * 2); /* models times shots, on the one task */
  bs_tables *content = NULL;
  BS_TEST_OK(bs_store_read(&content, path, &err), err);
  CU_ASSERT_EQUAL(content->n_examples, 2 * 2 * 2 * N_EXAMPLES - 4);
  size_t n_failures = 0;
  for (size_t i = 0; i < content->n_runs; i++)
    n_failures += strcmp(content->runs[i].failure, "made to fail") == 0;
  CU_ASSERT_EQUAL(n_failures, 4);
  bs_tables_free(&content);
  CU_ASSERT_TRUE(drive(&w, path, 1, 1000, 0.01, 3, NO_FAILURE, &summary));
  CU_ASSERT_EQUAL(summary.progress.examples_done, 4);
  CU_ASSERT_TRUE(drive(&w, whole, 1, 1000, 0.01, 3, NO_FAILURE, &summary));
  check_same_results(path, whole);
  world_free(&w);
}

static void a_stop_commits_and_leaves_the_rest(void) {
  world w;
  world_new(&w);
  bs_error err = {0};
  bs_coordinator *c = NULL;
  mailboxes boxes = {.failing_example = NO_FAILURE};
  bs_text answer = {0};
  const char *path = bs_test_path("stopped.h5");
  BS_TEST_OK(bs_coordinator_new(&c, &w.plan, path, 1, post, &boxes, NULL, &err), err);
  BS_TEST_OK(bs_encode_hello(&answer, &(bs_hello){.host = "h", .isas = "x"}, &err), err);
  BS_TEST_OK(bs_coordinator_handle(c, 0, &answer, 0, &err), err);
  BS_TEST_OK(bs_coordinator_stop(c, 10, 0, &err), err);
  bs_assignment work;
  CU_ASSERT_TRUE_FATAL(take_unit(&boxes, 0, &work));
  answer_unit(&boxes, &work.unit, &answer);
  BS_TEST_OK(bs_coordinator_handle(c, 0, &answer, 0.1, &err), err);
  CU_ASSERT_FALSE(bs_coordinator_is_over(c)); /* the next one is in its hands */
  CU_ASSERT_TRUE_FATAL(take_unit(&boxes, 0, &work));
  BS_TEST_OK(bs_encode_failed(&answer, &(bs_attempt){.unit = work.unit, .reason = ""}, &err), err);
  BS_TEST_OK(bs_coordinator_handle(c, 0, &answer, 0.2, &err), err);
  CU_ASSERT_EQUAL(boxes.n_units[0], 0);
  CU_ASSERT_TRUE(bs_coordinator_is_over(c));
  bs_sweep_summary summary;
  bs_coordinator_summary(c, 0.1, &summary);
  CU_ASSERT_FALSE(summary.finished);
  BS_TEST_OK(bs_coordinator_finish(c, &err), err);
  bs_coordinator_free(&c);
  CU_ASSERT_FALSE(bs_file_exists(path));
  bs_tables *content = NULL;
  BS_TEST_OK(bs_sweep_collect(&content, path, &err), err);
  CU_ASSERT_EQUAL(content->n_examples, 10);
  bs_tables_free(&content);
  free_boxes(&boxes);
  bs_text_free(&answer);
  world_free(&w);
}

int main(void) {
  static const bs_test tests[] = {
      {"any number of workers gives one result", any_number_of_workers_gives_one_result},
      {"a killed run is continued", a_killed_run_is_continued},
      {"failures are told and tried again", failures_are_told_and_tried_again},
      {"a stop commits and leaves the rest", a_stop_commits_and_leaves_the_rest},
  };
  return bs_test_main("sweep", tests, sizeof tests / sizeof *tests);
}
