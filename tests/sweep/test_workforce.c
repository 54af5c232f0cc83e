/* The coordinator and its workers: crashes, leases, poisonous examples, broken messages. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bigsweep/evaluate.h"
#include "harness.h"
#include "stage.h"
#include "sweep/coordinator/collect_internal.h"
#include "sweep/coordinator/start_internal.h"

static void ranks_agree_on_an_instruction_set(void) {
  world w;
  world_new(&w);
  bs_error err = {0};
  bs_coordinator *c = NULL;
  mailboxes boxes = {0};
  bs_text hello = {0};
  BS_TEST_OK(bs_coordinator_new(&c, &w.plan, bs_test_path("isa.h5"), 2, post, &boxes, NULL, &err),
             err);
  BS_TEST_OK(bs_encode_hello(&hello, &(bs_hello){.host = "a", .isas = "x,y"}, &err), err);
  BS_TEST_OK(bs_coordinator_handle(c, 0, &hello, 0, &err), err);
  BS_TEST_OK(bs_encode_hello(&hello, &(bs_hello){.host = "b", .isas = "xx,z"}, &err), err);
  BS_TEST_FAILS(bs_coordinator_handle(c, 1, &hello, 0, &err), BS_ERR_INTERNAL, err, "in common");
  bs_coordinator_free(&c);
  BS_TEST_OK(bs_coordinator_new(&c, &w.plan, bs_test_path("isa.h5"), 2, post, &boxes, NULL, &err),
             err);
  BS_TEST_FAILS(
      bs_coordinator_handle(c, 0, &(bs_text){.data = (char *)"nonsense", .n_bytes = 8}, 0, &err),
      BS_ERR_PROTOCOL, err, "not one of this version");
  bs_coordinator_free(&c);
  bs_text_free(&hello);
  free_boxes(&boxes);
  world_free(&w);
}

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

static bs_coordinator *new_with_isa(world *w, const char *name, const char *isa, mailboxes *boxes) {
  bs_error err = {0};
  bs_coordinator *c = NULL;
  bs_coordinator_options options = {.limits = bs_limits_get(0), .isa = isa};
  BS_TEST_OK(bs_coordinator_new(&c, &w->plan, bs_test_path(name), 2, post, boxes, &options, &err),
             err);
  CU_ASSERT_PTR_NOT_NULL_FATAL(c);
  return c;
}

static bs_status say_hello(bs_coordinator *c, size_t w, const char *isas, bs_error *err) {
  bs_text hello = {0};
  bs_status status =
      bs_encode_hello(&hello, &(bs_hello){.host = w == 0 ? "a" : "b", .isas = isas}, err);
  if (status == BS_OK)
    status = bs_coordinator_handle(c, w, &hello, 0, err);
  bs_text_free(&hello);
  return status;
}

/* The first lines of a run that finds nothing left to do say who is there all the same: the workers
   have been told to stop before anybody asks. */
static void a_finished_sweep_is_described(void) {
  world w;
  world_new(&w);
  bs_error err = {0};
  mailboxes boxes = {0};
  bs_sweep_summary summary;
  CU_ASSERT_TRUE(drive(&w, bs_test_path("whole.h5"), 2, 1000, 0.01, 1, NO_FAILURE, &summary));
  static const struct {
    const char *host;
    size_t n_nodes;
  } cases[] = {{NULL, 2}, {"a", 2}, {"b", 2}, {"c", 3}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    bs_sweep_start start = {0};
    bs_coordinator *c = new_with_isa(&w, "whole.h5", NULL, &boxes);
    CU_ASSERT_FALSE(bs_coordinator_describe(c, cases[i].host, &start));
    BS_TEST_OK(say_hello(c, 0, "x,y", &err), err);
    BS_TEST_OK(say_hello(c, 1, "x,y", &err), err);
    CU_ASSERT_TRUE(bs_coordinator_is_over(c));
    CU_ASSERT_TRUE(bs_coordinator_describe(c, cases[i].host, &start));
    CU_ASSERT_EQUAL(start.n_workers, 2);
    CU_ASSERT_EQUAL(start.n_nodes, cases[i].n_nodes);
    CU_ASSERT_STRING_EQUAL(start.isa, "x");
    CU_ASSERT_TRUE(start.examples_total > 0);
    CU_ASSERT_EQUAL(start.examples_total, start.examples_reused);
    bs_coordinator_free(&c);
  }
}

/* So that a job goes on on any node: the set asked for is that of all ranks, and results of another
   one are not gone on with. */
static void an_instruction_set_can_be_asked_for(void) {
  world w;
  world_new(&w);
  bs_error err = {0};
  mailboxes boxes = {0};
  bs_sweep_start start = {0};
  bs_sweep_summary summary;
  bs_coordinator *c = new_with_isa(&w, "asked.h5", "y", &boxes);
  BS_TEST_OK(say_hello(c, 0, "x,y,z", &err), err);
  CU_ASSERT_FALSE(bs_coordinator_describe(c, NULL, &start));
  BS_TEST_OK(say_hello(c, 1, "x,y", &err), err);
  CU_ASSERT_TRUE(bs_coordinator_describe(c, NULL, &start));
  CU_ASSERT_STRING_EQUAL(start.isa, "y");
  CU_ASSERT_EQUAL(start.n_nodes, 2);
  bs_coordinator_free(&c);
  c = new_with_isa(&w, "asked.h5", "z", &boxes);
  BS_TEST_OK(say_hello(c, 0, "x,y,z", &err), err);
  BS_TEST_FAILS(
      say_hello(c, 1, "x,y", &err), BS_ERR_USAGE, err,
      "\"z\" is asked for, which worker 2 on b lacks (it has: x,y); all ranks have: x, y");
  bs_coordinator_free(&c);
  /* Results of "x" are there now. */
  CU_ASSERT_FALSE(drive(&w, bs_test_path("begun.h5"), 2, 5, 10, 1, NO_FAILURE, &summary));
  bs_coordinator_options options = {.limits = bs_limits_get(0), .isa = "y"};
  BS_TEST_FAILS(
      bs_coordinator_new(&c, &w.plan, bs_test_path("begun.h5"), 2, post, &boxes, &options, &err),
      BS_ERR_USAGE, err, "set \"isa\" (or --isa) to \"x\"");
  c = new_with_isa(&w, "begun.h5", NULL, &boxes);
  BS_TEST_OK(say_hello(c, 0, "x,y", &err), err);
  BS_TEST_FAILS(say_hello(c, 1, "y", &err), BS_ERR_USAGE, err,
                "which worker 2 on b lacks (it has: y), and results of two are not mixed: go on "
                "where all ranks have it, or give another output and, so that it can go on "
                "anywhere, the key \"isa\" or the option --isa one of: y");
  bs_coordinator_free(&c);
  free_boxes(&boxes);
  world_free(&w);
}

int main(void) {
  static const bs_test tests[] = {
      {"ranks agree on an instruction set", ranks_agree_on_an_instruction_set},
      {"a poisonous example is given up alone", a_poisonous_example_is_given_up_alone},
      {"an answer that leaves an example out is not kept",
       an_answer_that_leaves_an_example_out_is_not_kept},
      {"a model that always crashes is given up", a_model_that_always_crashes_is_given_up},
      {"a silent worker loses its units", a_silent_worker_loses_its_units},
      {"the coordinator's own pause costs nobody", the_coordinators_own_pause_costs_nobody},
      {"a stop waits until its deadline", a_stop_waits_until_its_deadline},
      {"a broken result is an attempt", a_broken_result_is_an_attempt},
      {"what one cannot open others do", what_one_cannot_open_others_do},
      {"what nobody can open is left out", what_nobody_can_open_is_left_out},
      {"nothing is waited for in vain", nothing_is_waited_for_in_vain},
      {"a model must fit somewhere", a_model_must_fit_somewhere},
      {"a finished sweep is described", a_finished_sweep_is_described},
      {"an instruction set can be asked for", an_instruction_set_can_be_asked_for},
  };
  return bs_test_main("workforce", tests, sizeof tests / sizeof *tests);
}
