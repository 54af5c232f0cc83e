/* The coordinator and its workers: crashes, leases, poisonous examples, broken messages. */
#include <stdio.h>
#include <string.h>

#include "bigsweep/evaluate.h"
#include "harness.h"
#include "stage.h"
#include "sweep/coordinator/collect_internal.h"

/* Every unit that holds a poisonous example crashes; two of them, far from each other. */
static bool is_poisoned(const bs_unit *unit) {
  return unit->model == 1 && unit->task == 0 && unit->shots == 2 &&
         ((unit->first <= 3 && 3 < unit->first + unit->n) ||
          (unit->first <= 27 && 27 < unit->first + unit->n));
}

static void a_poisonous_example_is_given_up_alone(void) {
  for (size_t n_workers = 1; n_workers <= 3; n_workers++) {
    stage s;
    bs_tables *content = NULL;
    stage_open(&s, "poison.h5", n_workers);
    for (size_t i = 0; i < n_workers; i++)
      stage_hello(&s, i);
    size_t last_crash = SIZE_MAX, n_crashes = 0;
    bs_unit last = {0};
    for (size_t turn = 0; turn < 1000 && !bs_coordinator_is_over(s.c); turn++) {
      bs_assignment work;
      if (!take_unit(&s.boxes, turn % n_workers, &work))
        continue;
      s.now += 0.01;
      if (!is_poisoned(&work.unit)) {
        stage_done(&s, turn % n_workers, &work.unit);
        continue;
      }
      if (n_workers > 1 && work.unit.n == last.n && work.unit.first == last.first)
        CU_ASSERT_NOT_EQUAL(turn % n_workers, last_crash); /* tried again elsewhere */
      last = work.unit;
      last_crash = turn % n_workers;
      n_crashes++;
      stage_crash(&s, turn % n_workers, &work.unit);
    }
    bs_sweep_summary summary;
    bs_coordinator_summary(s.c, s.now, &summary);
    CU_ASSERT_TRUE(summary.finished);
    CU_ASSERT_EQUAL(summary.n_failed, 2);
    CU_ASSERT_EQUAL(summary.progress.units_done, summary.progress.units_total);
    CU_ASSERT_TRUE(n_crashes >= 2 * (2 + 3) && n_crashes <= 2 * (2 + 4 + 3));
    stage_finish(&s, "poison.h5", &content);
    CU_ASSERT_EQUAL(content->n_examples, 2 * 2 * 2 * N_EXAMPLES - 2);
    uint64_t asked = 0, computed = 0, n_samples = 0;
    for (size_t i = 0; i < content->n_runs; i++) {
      asked += content->runs[i].tokens_asked;
      computed += content->runs[i].tokens_computed;
    }
    CU_ASSERT_EQUAL(asked, 10 * content->n_examples);
    CU_ASSERT_EQUAL(computed, content->n_examples);
    CU_ASSERT_EQUAL(summary.progress.tokens_asked, asked);
    CU_ASSERT_EQUAL(summary.progress.tokens, computed);
    for (size_t i = 0; i < content->n_examples; i++) {
      CU_ASSERT_EQUAL(content->examples[i].n_samples, content->examples[i].example % 3);
      n_samples += content->examples[i].n_samples;
    }
    CU_ASSERT_EQUAL(content->n_samples, n_samples);
    size_t n_rows = 0;
    for (size_t i = 0; i < content->n_runs; i++) {
      const bs_run_row *row = &content->runs[i];
      if (row->failure[0] == '\0')
        continue;
      n_rows++;
      CU_ASSERT_STRING_EQUAL(row->failure, "killed by signal 11");
      CU_ASSERT_STRING_EQUAL(row->host, "h");
      CU_ASSERT_TRUE(row->n_examples == 1 && (row->first_example == 3 || row->first_example == 27));
    }
    CU_ASSERT_EQUAL(n_rows, 2);
    bs_tables_free(&content);
    stage_close(&s);
    remove(bs_test_path("poison.h5"));
  }
}

/* As many rows and failures as the unit has examples, but one example twice and one not at all. */
static void an_answer_that_leaves_an_example_out_is_not_kept(void) {
  stage s;
  bs_tables *content = NULL;
  stage_open(&s, "blame.h5", 1);
  s.boxes.failing_example = 17;
  s.boxes.blames_another = true;
  stage_hello(&s, 0);
  for (size_t turn = 0; turn < 1000 && !bs_coordinator_is_over(s.c); turn++) {
    bs_assignment work;
    if (take_unit(&s.boxes, 0, &work))
      stage_done(&s, 0, &work.unit);
  }
  stage_finish(&s, "blame.h5", &content);
  size_t n_left_out = 0;
  for (size_t i = 0; i < content->n_runs; i++)
    if (content->runs[i].failure[0] != '\0') {
      CU_ASSERT_STRING_EQUAL(content->runs[i].failure,
                             "the engine process did not answer every example");
      n_left_out += content->runs[i].n_examples;
    }
  CU_ASSERT_TRUE(n_left_out > 0);
  CU_ASSERT_EQUAL(content->n_examples + n_left_out, 2 * 2 * 2 * N_EXAMPLES);
  bs_tables_free(&content);
  stage_close(&s);
}

static void a_model_that_always_crashes_is_given_up(void) {
  stage s;
  bs_tables *content = NULL;
  stage_open(&s, "hopeless.h5", 2);
  stage_hello(&s, 0);
  stage_hello(&s, 1);
  size_t n_crashes = 0;
  for (size_t turn = 0; turn < 1000 && !bs_coordinator_is_over(s.c); turn++) {
    bs_assignment work;
    if (!take_unit(&s.boxes, turn % 2, &work))
      continue;
    n_crashes += work.unit.model == 1;
    if (work.unit.model == 1)
      stage_crash(&s, turn % 2, &work.unit);
    else
      stage_done(&s, turn % 2, &work.unit);
  }
  CU_ASSERT_TRUE(n_crashes <= 3 * 2 + 2 * 4); /* and what was in hands or waited elsewhere */
  stage_finish(&s, "hopeless.h5", &content);
  CU_ASSERT_EQUAL(content->n_examples, 2 * 2 * N_EXAMPLES);
  uint64_t n_failed = 0;
  for (size_t i = 0; i < content->n_runs; i++)
    if (content->runs[i].failure[0] != '\0')
      n_failed += content->runs[i].n_examples;
  CU_ASSERT_EQUAL(n_failed, 2 * 2 * N_EXAMPLES);
  bs_tables_free(&content);
  stage_close(&s);
}

/* One of two workers falls silent with two units in its hands. */
static void a_silent_worker_loses_its_units(void) {
  stage s;
  bs_error err = {0};
  bs_tables *content = NULL;
  stage_open(&s, "lost.h5", 2);
  stage_hello(&s, 0);
  stage_hello(&s, 1);
  CU_ASSERT_EQUAL(s.boxes.n_units[0], 2); /* the next one before the present one is done */
  CU_ASSERT_EQUAL(s.boxes.n_units[1], 2);
  for (; s.now < 9; s.now += 0.5) {
    stage_beat(&s, 0);
    CU_ASSERT_FALSE(bs_coordinator_has_lost(s.c, 1));
  }
  for (; s.now < 13; s.now += 0.5)
    stage_beat(&s, 0);
  CU_ASSERT_TRUE(bs_coordinator_has_lost(s.c, 1));
  bs_assignment stale, work;
  CU_ASSERT_TRUE_FATAL(take_unit(&s.boxes, 1, &stale));
  take_unit(&s.boxes, 1, &work);
  CU_ASSERT_EQUAL(s.boxes.n_units[1], 0);
  bool again = false;
  for (int i = 0; i < 12 && take_unit(&s.boxes, 0, &work); i++) {
    again |= work.unit.model == stale.unit.model && work.unit.task == stale.unit.task &&
             work.unit.shots == stale.unit.shots && work.unit.first == stale.unit.first &&
             work.unit.n == stale.unit.n;
    stage_done(&s, 0, &work.unit);
  }
  CU_ASSERT_TRUE(again);
  /* It was not dead: it gets work again, and what it had done meanwhile does not count twice. */
  stage_done(&s, 1, &stale.unit);
  CU_ASSERT_FALSE(bs_coordinator_has_lost(s.c, 1));
  CU_ASSERT_TRUE(s.boxes.n_units[1] > 0);
  for (size_t turn = 0; turn < 1000 && !bs_coordinator_is_over(s.c); turn++)
    if (take_unit(&s.boxes, turn % 2, &work))
      stage_done(&s, turn % 2, &work.unit);
  stage_finish(&s, "lost.h5", &content);
  CU_ASSERT_EQUAL(content->n_examples, 2 * 2 * 2 * N_EXAMPLES);
  uint64_t n_done = 0;
  for (size_t i = 0; i < content->n_runs; i++)
    n_done += content->runs[i].n_examples;
  CU_ASSERT_EQUAL(n_done, 2 * 2 * 2 * N_EXAMPLES);
  bs_tables_free(&content);
  stage_close(&s);
  /* Without any worker the run is over, unfinished; one that never came is not waited for. */
  stage_open(&s, "deserted.h5", 2);
  stage_hello(&s, 1);
  for (s.now = 0; s.now < 40 && !bs_coordinator_is_over(s.c); s.now += 0.5) {
    if (s.now < 24)
      stage_beat(&s, 1);
    else
      BS_TEST_OK(bs_coordinator_tick(s.c, s.now, &err), err);
    CU_ASSERT_EQUAL(bs_coordinator_has_lost(s.c, 0), s.now > 20.5);
  }
  CU_ASSERT_TRUE(bs_coordinator_is_over(s.c));
  CU_ASSERT_TRUE(s.now > 30 && s.now < 38);
  CU_ASSERT_TRUE(s.boxes.n_units[1] > 0); /* it had been given work when the other did not come */
  bs_sweep_summary summary;
  bs_coordinator_summary(s.c, s.now, &summary);
  CU_ASSERT_FALSE(summary.finished);
  stage_close(&s);
}

/* A long commit is the coordinator's silence, not the workers'. */
static void the_coordinators_own_pause_costs_nobody(void) {
  stage s;
  bs_error err = {0};
  stage_open(&s, "pause.h5", 2);
  stage_hello(&s, 0);
  stage_hello(&s, 1);
  BS_TEST_OK(bs_coordinator_tick(s.c, 1, &err), err);
  BS_TEST_OK(bs_coordinator_tick(s.c, 500, &err), err);
  BS_TEST_OK(bs_coordinator_tick(s.c, 500.9, &err), err);
  CU_ASSERT_FALSE(bs_coordinator_has_lost(s.c, 0));
  CU_ASSERT_FALSE(bs_coordinator_has_lost(s.c, 1));
  stage_close(&s);
}

static void a_stop_waits_until_its_deadline(void) {
  stage s;
  bs_error err = {0};
  stage_open(&s, "grace.h5", 2);
  stage_hello(&s, 0);
  stage_hello(&s, 1);
  bs_assignment work;
  CU_ASSERT_TRUE_FATAL(take_unit(&s.boxes, 0, &work));
  BS_TEST_OK(bs_coordinator_stop(s.c, 5, 0, &err), err);
  stage_done(&s, 0, &work.unit);
  CU_ASSERT_EQUAL(s.boxes.n_units[0], 1); /* nothing more was handed out */
  BS_TEST_OK(bs_coordinator_tick(s.c, 4.9, &err), err);
  CU_ASSERT_FALSE(bs_coordinator_is_over(s.c));
  BS_TEST_OK(bs_coordinator_tick(s.c, 5, &err), err);
  CU_ASSERT_TRUE(bs_coordinator_is_over(s.c));
  CU_ASSERT_TRUE(s.boxes.stopped[0] && s.boxes.stopped[1]);
  BS_TEST_OK(bs_coordinator_finish(s.c, &err), err);
  bs_tables *content = NULL;
  BS_TEST_OK(bs_sweep_collect(&content, bs_test_path("grace.h5"), &err), err);
  CU_ASSERT_EQUAL(content->n_examples, 10);
  bs_tables_free(&content);
  stage_close(&s);
}

/* A result that is cut, or lacks examples, costs an attempt and is not counted. */
static void a_broken_result_is_an_attempt(void) {
  stage s;
  bs_error err = {0};
  bs_sweep_summary summary;
  bs_tables *content = NULL;
  stage_open(&s, "broken.h5", 1);
  stage_hello(&s, 0);
  bs_assignment work;
  CU_ASSERT_TRUE_FATAL(take_unit(&s.boxes, 0, &work));
  answer_unit(&s.boxes, &work.unit, &s.message);
  s.message.n_bytes -= 3;
  BS_TEST_OK(bs_coordinator_handle(s.c, 0, &s.message, 0, &err), err);
  CU_ASSERT_TRUE_FATAL(take_unit(&s.boxes, 0, &work));
  bs_unit_result result = {.unit = work.unit};
  size_t n_metrics;
  const char *const *names = bs_example_metric_names(&n_metrics);
  BS_TEST_OK(bs_tables_new(&result.rows, names, n_metrics, &err), err);
  BS_TEST_OK(bs_encode_result(&s.message, &result, &err), err); /* no rows at all */
  BS_TEST_OK(bs_coordinator_handle(s.c, 0, &s.message, 0, &err), err);
  bs_tables_free(&result.rows);
  bs_coordinator_summary(s.c, 0, &summary);
  CU_ASSERT_EQUAL(summary.progress.examples_done, 0);
  for (size_t turn = 0; turn < 1000 && take_unit(&s.boxes, 0, &work); turn++)
    stage_done(&s, 0, &work.unit);
  stage_finish(&s, "broken.h5", &content);
  CU_ASSERT_EQUAL(content->n_examples, 2 * 2 * 2 * N_EXAMPLES);
  size_t n_second = 0;
  for (size_t i = 0; i < content->n_runs; i++)
    n_second += content->runs[i].attempts == 2;
  CU_ASSERT_EQUAL(n_second, 2);
  bs_tables_free(&content);
  stage_close(&s);
}

int main(void) {
  static const bs_test tests[] = {
      {"a poisonous example is given up alone", a_poisonous_example_is_given_up_alone},
      {"an answer that leaves an example out is not kept",
       an_answer_that_leaves_an_example_out_is_not_kept},
      {"a model that always crashes is given up", a_model_that_always_crashes_is_given_up},
      {"a silent worker loses its units", a_silent_worker_loses_its_units},
      {"the coordinator's own pause costs nobody", the_coordinators_own_pause_costs_nobody},
      {"a stop waits until its deadline", a_stop_waits_until_its_deadline},
      {"a broken result is an attempt", a_broken_result_is_an_attempt},
  };
  return bs_test_main("workforce", tests, sizeof tests / sizeof *tests);
}
