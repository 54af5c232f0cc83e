/* How a run starts: who is there, and the instruction set that all ranks compute with. */
#include <stdio.h>
#include <string.h>

#include "harness.h"
#include "stage.h"
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
  free_boxes(&boxes);
  world_free(&w);
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
      {"a finished sweep is described", a_finished_sweep_is_described},
      {"an instruction set can be asked for", an_instruction_set_can_be_asked_for},
  };
  return bs_test_main("sweep_start", tests, sizeof tests / sizeof *tests);
}
