#include "stage.h"
#include "bigsweep/store.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bigsweep/evaluate.h"
#include "bigsweep/task.h"
#include "harness.h"

static bs_task *make_task(const char *name) {
  bs_error err = {0};
  bs_text json = {0};
  bs_task *task = NULL;
  char path[64];
  snprintf(path, sizeof path, "%s/task.json", name);
  bs_text_printf(&json, &err,
                 "{\"name\": \"%s\", \"description\": \"d\", \"keywords\": [], "
                 "\"metrics\": [\"multiple_choice_grade\"], \"preferred_score\": "
                 "\"multiple_choice_grade\", \"examples\": [",
                 name);
  for (int i = 0; i < N_EXAMPLES; i++)
    bs_text_printf(&json, &err, "%s{\"input\": \"%s %d\", \"target_scores\": {\"a\": 1, \"b\": 0}}",
                   i > 0 ? ", " : "", name, i);
  bs_text_append_string(&json, "]}", &err);
  BS_TEST_OK(bs_task_parse(&task, json.data, json.n_bytes, path, NULL, NULL, &err), err);
  CU_ASSERT_PTR_NOT_NULL_FATAL(task);
  bs_text_free(&json);
  return task;
}

void world_new(world *w) {
  *w = (world){.shots = {0, 2}};
  w->config = (bs_config){
      .json = (char *)"{}", .path = (char *)"c.json", .protocol = {.seed = 42, .max_tokens = 8}};
  static const char *const names[] = {"small", "large"};
  for (size_t m = 0; m < 2; m++) {
    w->models[m].path = names[m];
    w->models[m].row = (bs_model_row){.name = names[m],
                                      .wrap = "",
                                      .family = "f",
                                      .architecture = "A",
                                      .path = names[m],
                                      .parameters = 100 + m,
                                      .non_embedding_parameters = 50 + m,
                                      .active_parameters = 100 + m,
                                      .scale = 100.0 + (double)m};
    memset(w->models[m].row.sha256, m == 0 ? '1' : '2', 64);
  }
  w->tasks[0] = make_task("first");
  w->tasks[1] = make_task("second");
  for (size_t t = 0; t < 2; t++) {
    w->spec[t] = (bs_task_spec){.path = w->tasks[t]->path, .shots = w->shots, .n_shots = 2};
    w->specs[t] = &w->spec[t];
  }
  w->plan = (bs_plan){.config = &w->config,
                      .models = w->models,
                      .n_models = 2,
                      .tasks = w->tasks,
                      .specs = w->specs,
                      .n_tasks = 2,
                      .units = w->units};
  for (uint32_t m = 0; m < 2; m++)
    for (uint32_t t = 0; t < 2; t++)
      for (size_t s = 0; s < 2; s++)
        for (uint32_t first = 0; first < N_EXAMPLES; first += 10)
          w->units[w->plan.n_units++] = (bs_unit){
              .model = m, .task = t, .shots = w->shots[s], .first = first, .n = 10, .cost = 1 + m};
}

void world_free(world *w) {
  bs_task_free(&w->tasks[0]);
  bs_task_free(&w->tasks[1]);
}

bs_status post(void *user, size_t worker, const bs_text *message, bs_error *err) {
  mailboxes *boxes = user;
  bs_message_kind kind;
  bs_status status = bs_message_kind_of(message, &kind, err);
  if (status == BS_OK && kind == BS_MESSAGE_STOP)
    boxes->stopped[worker] = true;
  if (status != BS_OK || kind != BS_MESSAGE_UNIT)
    return status;
  CU_ASSERT_FATAL(boxes->n_units[worker] < BOX_UNITS);
  bs_text *unit = &boxes->unit[worker][boxes->n_units[worker]++];
  unit->n_bytes = 0;
  return bs_text_append(unit, message->data, message->n_bytes, err);
}

bool take_unit(mailboxes *boxes, size_t worker, bs_assignment *assignment) {
  bs_error err = {0};
  if (boxes->n_units[worker] == 0)
    return false;
  bs_text first = boxes->unit[worker][0];
  BS_TEST_OK(bs_decode_unit(&first, assignment, &err), err);
  boxes->n_units[worker]--;
  for (size_t i = 0; i < boxes->n_units[worker]; i++)
    boxes->unit[worker][i] = boxes->unit[worker][i + 1];
  boxes->unit[worker][boxes->n_units[worker]] = first;
  return true;
}

void free_boxes(mailboxes *boxes) {
  for (size_t w = 0; w < MAX_WORKERS; w++)
    for (size_t i = 0; i < BOX_UNITS; i++)
      bs_text_free(&boxes->unit[w][i]);
}

/* A value that depends on the identity of the example alone. */
static double made_up(const bs_unit *unit, uint32_t example) {
  return sin(1.0 + unit->model * 7.0 + unit->task * 13.0 + unit->shots * 29.0 + example);
}

void answer_unit(const mailboxes *boxes, const bs_unit *unit, bs_text *answer) {
  bs_error err = {0};
  bs_unit_result result = {.unit = *unit,
                           .seconds = boxes->rate > 0 ? unit->cost / boxes->rate : 0,
                           .tokens_asked = 10 * (uint64_t)unit->n,
                           .tokens_computed = unit->n};
  size_t n_metrics;
  const char *const *names = bs_example_metric_names(&n_metrics);
  double *values = calloc(n_metrics, sizeof *values);
  BS_TEST_OK(bs_tables_new(&result.rows, names, n_metrics, &err), err);
  result.failures = calloc(result.unit.n, sizeof *result.failures);
  for (uint32_t i = result.unit.first; i < result.unit.first + result.unit.n; i++) {
    if (result.unit.task == 1 && (long)i == boxes->failing_example) {
      result.failures[result.n_failures++] =
          (bs_unit_failure){i - boxes->blames_another, strdup("made to fail")};
      continue;
    }
    double value = made_up(&result.unit, i);
    bs_choice_row choices[] = {{.choice = 0, .tokens = 1, .logprob = value - 2, .target_score = 1},
                               {.choice = 1, .tokens = 1, .logprob = -2, .target_score = 0}};
    for (size_t k = 0; k < n_metrics; k++)
      values[k] = value;
    bs_example_row row = {.model = result.unit.model,
                          .task = result.unit.task,
                          .shots = result.unit.shots,
                          .example = i,
                          .target_logprob = value - 2,
                          .prompt_tokens = 3,
                          .prediction = value > 0 ? "a" : "b",
                          .generated = "",
                          .n_choices = 2,
                          .n_samples = i % 3};
    const bs_sample_row samples[] = {
        {.reasoning = "so", .generated = "a.", .answer = "a"},
        {.sample = 1, .reasoning = "", .generated = "", .answer = "b"}};
    BS_TEST_OK(bs_tables_add_example(result.rows, &row, choices, samples, values, &err), err);
  }
  BS_TEST_OK(bs_encode_result(answer, &result, &err), err);
  free(values);
  bs_unit_result_free(&result);
}

bool drive(const world *w, const char *output, size_t n_workers, size_t n_results, double pace,
           unsigned seed, long failing_example, bs_sweep_summary *summary) {
  bs_error err = {0};
  mailboxes boxes = {.failing_example = failing_example};
  bs_coordinator *c = NULL;
  bs_text answer = {0};
  BS_TEST_OK(bs_coordinator_new(&c, &w->plan, output, n_workers, post, &boxes, NULL, &err), err);
  CU_ASSERT_PTR_NOT_NULL_FATAL(c);
  double now = 0;
  BS_TEST_OK(bs_encode_hello(&answer, &(bs_hello){.host = "h", .isas = "x,portable"}, &err), err);
  for (size_t i = 0; i < n_workers; i++)
    BS_TEST_OK(bs_coordinator_handle(c, i, &answer, now, &err), err);
  for (size_t done = 0; done < n_results && !bs_coordinator_is_over(c);) {
    seed = seed * 1103515245U + 12345U;
    size_t worker = (seed >> 16) % n_workers;
    bs_assignment work;
    if (!take_unit(&boxes, worker, &work))
      continue;
    answer_unit(&boxes, &work.unit, &answer);
    now += pace;
    BS_TEST_OK(bs_coordinator_handle(c, worker, &answer, now, &err), err);
    done++;
  }
  bool over = bs_coordinator_is_over(c);
  bs_coordinator_summary(c, now, summary);
  if (over)
    BS_TEST_OK(bs_coordinator_finish(c, &err), err);
  for (size_t i = 0; i < n_workers; i++)
    CU_ASSERT_TRUE(boxes.stopped[i] || !over);
  free_boxes(&boxes);
  bs_text_free(&answer);
  bs_coordinator_free(&c);
  return over;
}

void check_same_results(const char *a, const char *b) {
  bs_error err = {0};
  bs_tables *x = NULL, *y = NULL;
  BS_TEST_OK(bs_store_read(&x, a, &err), err);
  BS_TEST_OK(bs_store_read(&y, b, &err), err);
  CU_ASSERT_PTR_NOT_NULL_FATAL(x);
  CU_ASSERT_PTR_NOT_NULL_FATAL(y);
  CU_ASSERT_EQUAL_FATAL(x->n_examples, y->n_examples);
  CU_ASSERT_EQUAL_FATAL(x->n_choices, y->n_choices);
  for (size_t i = 0; i < x->n_examples; i++) {
    const bs_example_row *r = &x->examples[i], *s = &y->examples[i];
    CU_ASSERT_TRUE(r->model == s->model && r->task == s->task && r->shots == s->shots &&
                   r->example == s->example && r->target_logprob == s->target_logprob);
    CU_ASSERT_STRING_EQUAL(r->prediction, s->prediction);
  }
  CU_ASSERT_EQUAL(
      memcmp(x->metric_values, y->metric_values, x->n_examples * x->n_metrics * sizeof(double)), 0);
  bs_tables_free(&x);
  bs_tables_free(&y);
}

void stage_open(stage *s, const char *name, size_t n_workers) {
  bs_error err = {0};
  *s = (stage){.boxes = {.failing_example = NO_FAILURE}, .n_workers = n_workers};
  world_new(&s->w);
  bs_coordinator_options options = {.limits = {.beat_seconds = 1,
                                               .lease_seconds = 10,
                                               .hello_seconds = 20,
                                               .unit_seconds = 100,
                                               .unknown_seconds = 1000}};
  BS_TEST_OK(bs_coordinator_new(&s->c, &s->w.plan, bs_test_path(name), n_workers, post, &s->boxes,
                                &options, &err),
             err);
  CU_ASSERT_PTR_NOT_NULL_FATAL(s->c);
}

void stage_hello(stage *s, size_t worker) {
  bs_error err = {0};
  BS_TEST_OK(bs_encode_hello(&s->message, &(bs_hello){.host = "h", .isas = "x"}, &err), err);
  BS_TEST_OK(bs_coordinator_handle(s->c, worker, &s->message, s->now, &err), err);
}

void stage_done(stage *s, size_t worker, const bs_unit *unit) {
  bs_error err = {0};
  answer_unit(&s->boxes, unit, &s->message);
  BS_TEST_OK(bs_coordinator_handle(s->c, worker, &s->message, s->now, &err), err);
}

void stage_crash(stage *s, size_t worker, const bs_unit *unit) {
  bs_error err = {0};
  bs_attempt attempt = {.unit = *unit, .tried = true, .reason = "killed by signal 11"};
  BS_TEST_OK(bs_encode_failed(&s->message, &attempt, &err), err);
  BS_TEST_OK(bs_coordinator_handle(s->c, worker, &s->message, s->now, &err), err);
}

void stage_beat(stage *s, size_t worker) {
  bs_error err = {0};
  BS_TEST_OK(bs_encode_plain(&s->message, BS_MESSAGE_BEAT, &err), err);
  BS_TEST_OK(bs_coordinator_handle(s->c, worker, &s->message, s->now, &err), err);
}

void stage_close(stage *s) {
  free_boxes(&s->boxes);
  bs_text_free(&s->message);
  bs_coordinator_free(&s->c);
  world_free(&s->w);
}

void stage_finish(stage *s, const char *name, bs_tables **content) {
  bs_error err = {0};
  CU_ASSERT_TRUE(bs_coordinator_is_over(s->c));
  BS_TEST_OK(bs_coordinator_finish(s->c, &err), err);
  BS_TEST_OK(bs_store_read(content, bs_test_path(name), &err), err);
  CU_ASSERT_PTR_NOT_NULL_FATAL(*content);
}
