/* What some workers cannot open is done by the others, and what none can open is left out. */
#include <stdio.h>
#include <string.h>

#include "harness.h"
#include "stage.h"

static void cannot_open(stage *s, size_t worker, const bs_unit *unit, bs_fault_of fault) {
  bs_error err = {0};
  bs_attempt attempt = {.unit = *unit, .tried = true, .fault = fault, .reason = "no such file"};
  BS_TEST_OK(bs_encode_failed(&s->message, &attempt, &err), err);
  BS_TEST_OK(bs_coordinator_handle(s->c, worker, &s->message, s->now, &err), err);
}

/* What which worker cannot open: bits of (worker, model or task). */
typedef struct lacks {
  bool model[MAX_WORKERS][2], task[MAX_WORKERS][2];
} lacks;

/* Works until the end and tells how many units each worker could not open. */
static void work_with(stage *s, const lacks *of, size_t n_faults[MAX_WORKERS]) {
  memset(n_faults, 0, MAX_WORKERS * sizeof *n_faults);
  for (size_t turn = 0; turn < 2000 && !bs_coordinator_is_over(s->c); turn++) {
    size_t w = turn % s->n_workers;
    bs_assignment work;
    if (!take_unit(&s->boxes, w, &work))
      continue;
    n_faults[w] += of->model[w][work.unit.model] || of->task[w][work.unit.task];
    if (of->model[w][work.unit.model])
      cannot_open(s, w, &work.unit, BS_FAULT_OF_MODEL);
    else if (of->task[w][work.unit.task])
      cannot_open(s, w, &work.unit, BS_FAULT_OF_TASK);
    else
      stage_done(s, w, &work.unit);
  }
}

static const char *const CLEAN = "all_can.h5";

static void make_clean_results(void) {
  stage s;
  bs_tables *content = NULL;
  size_t n_faults[MAX_WORKERS];
  stage_open(&s, CLEAN, 1);
  stage_hello(&s, 0);
  work_with(&s, &(lacks){0}, n_faults);
  stage_finish(&s, CLEAN, &content);
  bs_tables_free(&content);
  stage_close(&s);
}

/* A model or task that some workers cannot open is done by the others; nothing fails. */
static void what_one_cannot_open_others_do(void) {
  static const lacks cases[] = {{.model = {{true, false}}},
                                {.model = {{true, true}}},
                                {.task = {{true, false}, {false, true}}},
                                {.model = {{true, false}, {false, true}}},
                                {.model = {{true, false}}, .task = {{false, true}, {true, false}}}};
  make_clean_results();
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    stage s;
    bs_tables *content = NULL;
    bs_sweep_summary summary;
    size_t n_faults[MAX_WORKERS];
    stage_open(&s, "some_cannot.h5", 3);
    for (size_t w = 0; w < 3; w++)
      stage_hello(&s, w);
    work_with(&s, &cases[i], n_faults);
    bs_coordinator_summary(s.c, 0, &summary);
    CU_ASSERT_TRUE(summary.finished);
    CU_ASSERT_EQUAL(summary.n_failed, 0);
    CU_ASSERT_EQUAL(summary.n_bad_inputs, 0);
    for (size_t w = 0; w < 3; w++)
      CU_ASSERT_TRUE(n_faults[w] <= 2 * 2); /* at most what was in its hands when it said so */
    stage_finish(&s, "some_cannot.h5", &content);
    bs_tables_free(&content);
    check_same_results(bs_test_path(CLEAN), bs_test_path("some_cannot.h5"));
    remove(bs_test_path("some_cannot.h5"));
    stage_close(&s);
  }
}

/* One that none can open is left out, without a failed example, and the next run does it. */
static void what_nobody_can_open_is_left_out(void) {
  static const lacks cases[] = {{.model = {{true, false}, {true, false}}},
                                {.task = {{false, true}, {false, true}}},
                                {.model = {{true, true}, {true, true}}}};
  static const size_t n_left[] = {2 * 2 * N_EXAMPLES, 2 * 2 * N_EXAMPLES, 0}, n_out[] = {1, 1, 2};
  make_clean_results();
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    stage s;
    bs_tables *content = NULL;
    bs_sweep_summary summary;
    size_t n_faults[MAX_WORKERS];
    stage_open(&s, "none_can.h5", 2);
    stage_hello(&s, 0);
    stage_hello(&s, 1);
    work_with(&s, &cases[i], n_faults);
    bs_coordinator_summary(s.c, 0, &summary);
    CU_ASSERT_TRUE(summary.finished);
    CU_ASSERT_EQUAL(summary.n_failed, 0);
    CU_ASSERT_EQUAL(summary.n_bad_inputs, n_out[i]);
    CU_ASSERT_EQUAL(summary.progress.examples_done, n_left[i]);
    CU_ASSERT_EQUAL(summary.progress.examples_total, n_left[i]);
    stage_finish(&s, "none_can.h5", &content);
    CU_ASSERT_EQUAL(content->n_examples, n_left[i]);
    for (size_t k = 0; k < content->n_runs; k++)
      CU_ASSERT_STRING_EQUAL(content->runs[k].failure, "");
    bs_tables_free(&content);
    stage_close(&s);
    stage_open(&s, "none_can.h5", 2);
    stage_hello(&s, 0);
    stage_hello(&s, 1);
    work_with(&s, &(lacks){0}, n_faults);
    stage_finish(&s, "none_can.h5", &content);
    bs_tables_free(&content);
    check_same_results(bs_test_path(CLEAN), bs_test_path("none_can.h5"));
    remove(bs_test_path("none_can.h5"));
    stage_close(&s);
  }
}

/* The only worker that can open a model dies: the rest of it is left out instead of being waited
   for. And units that no single worker can open both sides of are given up. */
static void nothing_is_waited_for_in_vain(void) {
  stage s;
  bs_error err = {0};
  bs_tables *content = NULL;
  bs_sweep_summary summary;
  size_t n_faults[MAX_WORKERS];
  bs_assignment work;
  stage_open(&s, "dies.h5", 2);
  stage_hello(&s, 0);
  stage_hello(&s, 1);
  CU_ASSERT_TRUE_FATAL(take_unit(&s.boxes, 0, &work));
  while (work.unit.model != 1) { /* the larger one is begun with */
    stage_done(&s, 0, &work.unit);
    CU_ASSERT_TRUE_FATAL(take_unit(&s.boxes, 0, &work));
  }
  cannot_open(&s, 0, &work.unit, BS_FAULT_OF_MODEL);
  BS_TEST_OK(bs_encode_plain(&s.message, BS_MESSAGE_BYE, &err), err);
  BS_TEST_OK(bs_coordinator_handle(s.c, 1, &s.message, s.now, &err), err);
  s.n_workers = 1;
  work_with(&s, &(lacks){.model = {{false, true}}}, n_faults);
  bs_coordinator_summary(s.c, 0, &summary);
  CU_ASSERT_TRUE(summary.finished);
  CU_ASSERT_EQUAL(summary.n_bad_inputs, 1);
  stage_finish(&s, "dies.h5", &content);
  CU_ASSERT_EQUAL(content->n_examples, 2 * 2 * N_EXAMPLES);
  bs_tables_free(&content);
  stage_close(&s);
  stage_open(&s, "crossed.h5", 2);
  stage_hello(&s, 0);
  stage_hello(&s, 1);
  work_with(&s, &(lacks){.model = {{true, false}}, .task = {{false, false}, {true, false}}},
            n_faults);
  bs_coordinator_summary(s.c, 0, &summary);
  CU_ASSERT_TRUE(summary.finished);
  CU_ASSERT_EQUAL(summary.n_failed, 2 * N_EXAMPLES);
  stage_finish(&s, "crossed.h5", &content);
  CU_ASSERT_EQUAL(content->n_examples, 3 * 2 * N_EXAMPLES);
  bs_tables_free(&content);
  stage_close(&s);
}

/* A model that no worker has the memory for is left out before anything is loaded. */
static void a_model_must_fit_somewhere(void) {
  static const struct {
    uint64_t memory[2];
    size_t n_left_out;
  } cases[] = {{{50, 60}, 1}, {{50, 100}, 0}, {{50, 0}, 0}}; /* 0: not known */
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    stage s;
    bs_error err = {0};
    bs_sweep_summary summary;
    stage_open(&s, "memory.h5", 2);
    s.w.models[1].least_bytes = 100;
    for (size_t w = 0; w < 2; w++) {
      bs_hello hello = {.host = "h", .isas = "x", .memory_bytes = cases[i].memory[w]};
      BS_TEST_OK(bs_encode_hello(&s.message, &hello, &err), err);
      BS_TEST_OK(bs_coordinator_handle(s.c, w, &s.message, 0, &err), err);
    }
    bs_coordinator_summary(s.c, 0, &summary);
    CU_ASSERT_EQUAL(summary.n_bad_inputs, cases[i].n_left_out);
    bs_assignment work;
    bool has_large = false;
    for (size_t w = 0; w < 2; w++)
      while (take_unit(&s.boxes, w, &work))
        has_large |= work.unit.model == 1;
    CU_ASSERT_EQUAL(has_large, cases[i].n_left_out == 0);
    stage_close(&s);
  }
}

int main(void) {
  static const bs_test tests[] = {
      {"what one cannot open others do", what_one_cannot_open_others_do},
      {"what nobody can open is left out", what_nobody_can_open_is_left_out},
      {"nothing is waited for in vain", nothing_is_waited_for_in_vain},
      {"a model must fit somewhere", a_model_must_fit_somewhere},
  };
  return bs_test_main("left_out", tests, sizeof tests / sizeof *tests);
}
