/* Continuing an earlier run: a sweep that has grown, and one that must not be mixed. */
#include <stdio.h>
#include <string.h>

#include "bigsweep/store.h"
#include "harness.h"
#include "stage.h"
#include "sweep/coordinator/collect_internal.h"

static void a_sweep_may_grow(void) {
  world w;
  world_new(&w);
  bs_sweep_summary summary;
  const char *grown = bs_test_path("grown.h5"), *whole = bs_test_path("at_once.h5");
  /* First the second model alone, without shots: its row number changes later. */
  world less = w;
  for (size_t t = 0; t < 2; t++) {
    less.spec[t].n_shots = 1;
    less.specs[t] = &less.spec[t];
  }
  less.plan.specs = less.specs;
  less.plan.config = &less.config;
  less.plan.models = less.models + 1;
  less.plan.n_models = 1;
  less.plan.units = less.units;
  less.plan.n_units = 0;
  for (size_t i = 0; i < w.plan.n_units; i++)
    if (w.units[i].model == 1 && w.units[i].shots == 0) {
      less.units[less.plan.n_units] = w.units[i];
      less.units[less.plan.n_units++].model = 0;
    }
  CU_ASSERT_TRUE(drive(&less, grown, 2, 1000, 0.01, 1, NO_FAILURE, &summary));
  CU_ASSERT_TRUE(drive(&w, grown, 2, 1000, 0.01, 1, NO_FAILURE, &summary));
  CU_ASSERT_EQUAL(summary.examples_reused, 2 * N_EXAMPLES);
  CU_ASSERT_TRUE(drive(&w, whole, 2, 1000, 0.01, 1, NO_FAILURE, &summary));
  bs_error err = {0};
  bs_tables *content = NULL;
  BS_TEST_OK(bs_store_read(&content, grown, &err), err);
  CU_ASSERT_EQUAL(content->n_examples, 2 * 2 * 2 * N_EXAMPLES);
  CU_ASSERT_EQUAL(content->n_models, 2);
  bs_tables_free(&content);
  world_free(&w);
}

static void unlike_results_are_not_mixed(void) {
  world w;
  world_new(&w);
  bs_error err = {0};
  bs_sweep_summary summary;
  bs_coordinator *c = NULL;
  mailboxes boxes = {0};
  const char *path = bs_test_path("mix.h5");
  CU_ASSERT_TRUE(drive(&w, path, 1, 1000, 0.01, 1, NO_FAILURE, &summary));
#define REFUSED(part)                                                                              \
  BS_TEST_FAILS(bs_coordinator_new(&c, &w.plan, path, 1, post, &boxes, NULL, &err), BS_ERR_USAGE,  \
                err, part)
  w.config.protocol.seed = 43;
  REFUSED("another protocol");
  w.config.protocol.seed = 42;
  w.config.protocol.reading = BS_READING_5_0;
  REFUSED("another protocol");
  w.config.protocol.reading = BS_READING_DEFAULT;
  w.models[0].row.sha256[0] = '9';
  REFUSED("the model \"small\" has another content");
  w.models[0].row.name = "renamed";
  REFUSED("results of the model \"small\", which the configuration does not have: put it back or");
  w.plan.n_bad_inputs = 1; /* it may be the one that cannot be used now */
  REFUSED("results of the model \"small\", which is left out now, or not in the configuration");
  w.plan.n_bad_inputs = 0;
  w.models[0].row.sha256[0] = '1'; /* the same content under another name is the same model */
  w.config.max_examples = 5;
  REFUSED("max_examples");
  w.config.max_examples = 0;
  w.spec[1].n_shots = 1;
  REFUSED("results of \"second\" with 2 shots");
  w.spec[1].n_shots = 2;
  CU_ASSERT_TRUE(drive(&w, path, 1, 1000, 0.01, 1, NO_FAILURE, &summary));
  CU_ASSERT_EQUAL(summary.progress.units_done, 0);
  world_free(&w);
}

/* A revision of the protocol may give other scores for the same configuration. */
static void other_revisions_are_refused(void) {
  world w;
  world_new(&w);
  bs_error err = {0};
  bs_sweep_summary summary;
  bs_coordinator *c = NULL;
  mailboxes boxes = {0};
  bs_tables *content = NULL;
  const char *path = bs_test_path("revision.h5");
  CU_ASSERT_TRUE(drive(&w, path, 1, 1000, 0.01, 1, NO_FAILURE, &summary));
  BS_TEST_OK(bs_store_read(&content, path, &err), err);
  CU_ASSERT_EQUAL(strncmp(content->provenance.protocol, "bigbench-2 ", 11), 0);
  bs_text protocol = {0};
  bs_text_printf(&protocol, &err, "bigbench-1 %s", content->provenance.protocol + 11);
  content->provenance.protocol = protocol.data;
  BS_TEST_OK(bs_store_write(path, content, NULL, &err), err);
  bs_tables_free(&content);
  REFUSED("another version of this program, which scored differently (protocol \"bigbench-1\", now "
          "\"bigbench-2\")");
  BS_TEST_OK(bs_sweep_collect(&content, path, &err), err); /* as analyze reads it */
  bs_tables_free(&content);
  bs_text_free(&protocol);
  world_free(&w);
}

/* Runs the sweep on one worker, on which everything of a model, or of a task, crashes. */
static void run_with_a_broken_one(const char *name, long model, long task) {
  stage s;
  bs_tables *content = NULL;
  bs_assignment work;
  stage_open(&s, name, 1);
  stage_hello(&s, 0);
  for (size_t turn = 0; turn < 1000 && take_unit(&s.boxes, 0, &work); turn++)
    if (work.unit.model == model || work.unit.task == task)
      stage_crash(&s, 0, &work.unit);
    else
      stage_done(&s, 0, &work.unit);
  stage_finish(&s, name, &content);
  CU_ASSERT_EQUAL(content->n_examples, 2 * 2 * N_EXAMPLES);
  bs_tables_free(&content);
  stage_close(&s);
}

/* Of what nothing was scored may be repaired, renamed, or both: the file goes on, and its tables
   are those of a run that had it right from the start. */
static void a_model_without_results_may_be_repaired(void) {
  world w;
  bs_sweep_summary summary;
  const char *clean = bs_test_path("clean.h5"), *path = bs_test_path("broken_model.h5");
  run_with_a_broken_one("broken_model.h5", 1, -1);
  world_new(&w);
  w.models[1].row.sha256[0] = '9';
  w.models[1].row.name = "repaired";
  CU_ASSERT_TRUE(drive(&w, path, 2, 3, 10, 1, NO_FAILURE, &summary) == false); /* killed ... */
  CU_ASSERT_TRUE(drive(&w, path, 3, 1000, 0.01, 1, NO_FAILURE, &summary));     /* ... and resumed */
  CU_ASSERT_EQUAL(summary.n_failed, 0);
  CU_ASSERT_TRUE(drive(&w, clean, 1, 1000, 0.01, 1, NO_FAILURE, &summary));
  check_same_results(clean, path);
  bs_error err = {0};
  bs_tables *content = NULL;
  BS_TEST_OK(bs_store_read(&content, path, &err), err);
  CU_ASSERT_EQUAL(content->n_models, 2);
  CU_ASSERT_STRING_EQUAL(content->models[1].name, "repaired");
  for (size_t i = 0; i < content->n_runs; i++)
    CU_ASSERT_STRING_EQUAL(content->runs[i].failure, "");
  bs_tables_free(&content);
  world_free(&w);
}

static void a_model_without_results_may_be_removed(void) {
  world w;
  bs_sweep_summary summary;
  bs_error err = {0};
  bs_tables *content = NULL;
  const char *path = bs_test_path("removed.h5");
  run_with_a_broken_one("removed.h5", 0, -1);
  world_new(&w);
  /* The one that is left moves up, and its units of work with it. */
  world less = w;
  less.plan.config = &less.config;
  less.plan.models = less.models + 1;
  less.plan.n_models = 1;
  less.plan.units = less.units;
  less.plan.n_units = 0;
  for (size_t i = 0; i < w.plan.n_units; i++)
    if (w.units[i].model == 1) {
      less.units[less.plan.n_units] = w.units[i];
      less.units[less.plan.n_units++].model = 0;
    }
  CU_ASSERT_TRUE(drive(&less, path, 2, 1000, 0.01, 1, NO_FAILURE, &summary));
  CU_ASSERT_EQUAL(summary.examples_reused, 2 * 2 * N_EXAMPLES);
  BS_TEST_OK(bs_store_read(&content, path, &err), err);
  CU_ASSERT_EQUAL(content->n_models, 1);
  CU_ASSERT_EQUAL(content->n_examples, 2 * 2 * N_EXAMPLES);
  uint32_t n = 0;
  for (size_t i = 0; i < content->n_runs; i++) {
    CU_ASSERT_EQUAL(content->runs[i].model, 0);
    n += content->runs[i].n_examples;
  }
  CU_ASSERT_EQUAL(n, 2 * 2 * N_EXAMPLES); /* each row is of the model that did the work */
  bs_tables_free(&content);
  world_free(&w);
}

static void a_task_without_results_may_be_repaired(void) {
  world w;
  bs_sweep_summary summary;
  const char *clean = bs_test_path("clean_task.h5"), *path = bs_test_path("broken_task.h5");
  run_with_a_broken_one("broken_task.h5", -1, 1);
  world_new(&w);
  w.tasks[1]->sha256[0] = w.tasks[1]->sha256[0] == '0' ? '1' : '0';
  CU_ASSERT_TRUE(drive(&w, path, 2, 1000, 0.01, 1, NO_FAILURE, &summary));
  CU_ASSERT_TRUE(drive(&w, clean, 1, 1000, 0.01, 1, NO_FAILURE, &summary));
  check_same_results(clean, path);
  world_free(&w);
}

/* Two models of one content, of which one has another now: its earlier rows are the other's, which
   has them already. */
static void equal_models_are_not_counted_twice(void) {
  world w;
  bs_sweep_summary summary;
  const char *path = bs_test_path("twins.h5");
  world_new(&w);
  memset(w.models[1].row.sha256, '1', 64);
  CU_ASSERT_TRUE(drive(&w, path, 1, 1000, 0.01, 1, NO_FAILURE, &summary));
  memset(w.models[1].row.sha256, '2', 64);
  CU_ASSERT_TRUE(drive(&w, path, 1, 1000, 0.01, 1, NO_FAILURE, &summary));
  CU_ASSERT_EQUAL(summary.examples_reused, 2 * 2 * N_EXAMPLES);
  CU_ASSERT_EQUAL(summary.progress.examples_done, 2 * 2 * N_EXAMPLES);
  world_free(&w);
}

int main(void) {
  static const bs_test tests[] = {
      {"a sweep may grow", a_sweep_may_grow},
      {"unlike results are not mixed", unlike_results_are_not_mixed},
      {"other revisions are refused", other_revisions_are_refused},
      {"a model without results may be repaired", a_model_without_results_may_be_repaired},
      {"a model without results may be removed", a_model_without_results_may_be_removed},
      {"a task without results may be repaired", a_task_without_results_may_be_repaired},
      {"equal models are not counted twice", equal_models_are_not_counted_twice},
  };
  return bs_test_main("resume", tests, sizeof tests / sizeof *tests);
}
