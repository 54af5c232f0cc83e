/* Working on units: opens models and tasks as units ask for them and evaluates. */
#include "sweep/limits_internal.h"
#include "sweep/worker/worker_internal.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/available_memory_internal.h"
#include "base/memory_internal.h"
#include "bigsweep/evaluate.h"

static const uint32_t NONE = UINT32_MAX;
enum { MAX_HOST_BYTES = 256 };

struct bs_worker {
  int default_threads;
  bs_text setup_message; /* that `setup` borrows from */
  bs_setup setup;
  bs_task **tasks; /* [setup.n_tasks] loaded when first needed */
  uint32_t held_model;
  bs_backend *backend; /* of held_model, or NULL */
  bs_wrap *wrap;       /* of held_model; NULL: none */
  uint32_t held_task, held_shots;
  bs_prompter *prompter; /* of held_task and held_shots, or NULL */
};

bs_status bs_worker_new(bs_worker **out, int default_threads, bs_error *err) {
  *out = bs_array_new(1, sizeof **out, err);
  if (*out == NULL)
    return BS_ERR_MEMORY;
  **out = (bs_worker){.default_threads = default_threads,
                      .held_model = NONE,
                      .held_task = NONE,
                      .held_shots = NONE};
  return BS_OK;
}

void bs_worker_free(bs_worker **handle) {
  bs_worker *worker = *handle;
  if (worker == NULL)
    return;
  bs_prompter_free(&worker->prompter);
  bs_wrap_free(&worker->wrap);
  bs_backend_close(&worker->backend);
  for (size_t i = 0; worker->tasks != NULL && i < worker->setup.n_tasks; i++)
    bs_task_free(&worker->tasks[i]);
  free(worker->tasks);
  bs_setup_free(&worker->setup);
  bs_text_free(&worker->setup_message);
  free(worker);
  *handle = NULL;
}

bs_status bs_worker_hello(const bs_threads *threads, bs_text *message, bs_error *err) {
  char host[MAX_HOST_BYTES] = "";
  gethostname(host, sizeof host - 1);
  size_t n;
  const bs_isa *present = bs_engine_isas(&n);
  bs_text isas = {0};
  bs_status status = BS_OK;
  for (size_t i = 0; status == BS_OK && i < n; i++)
    status = bs_text_printf(&isas, err, "%s%s", i > 0 ? "," : "", bs_isa_name(present[i]));
  if (status == BS_OK)
    status = bs_encode_hello(
        message,
        &(bs_hello){.host = host,
                    .isas = isas.data,
                    .n_threads = (uint32_t)(threads->n_threads > 0 ? threads->n_threads
                                                                   : bs_threads_default()),
                    .n_cores = (uint32_t)threads->n_cores,
                    .n_node_cores = (uint32_t)threads->n_node_cores,
                    .memory_bytes = bs_memory_available(NULL)},
        err);
  bs_text_free(&isas);
  return status;
}

static bs_status take_setup(bs_worker *worker, const bs_text *message, bs_error *err) {
  if (worker->tasks != NULL)
    return bs_error_set(err, BS_ERR_PROTOCOL, "a second message \"setup\"");
  bs_status status = bs_text_append(&worker->setup_message, message->data, message->n_bytes, err);
  if (status == BS_OK)
    status = bs_decode_setup(&worker->setup_message, &worker->setup, err);
  if (status == BS_OK &&
      (worker->tasks = bs_array_new(worker->setup.n_tasks, sizeof *worker->tasks, err)) == NULL)
    status = BS_ERR_MEMORY;
  return status;
}

/* Another checkpoint at the same path, on a node with a disk of its own, would be scored under the
   name of the coordinator's. */
static bs_status check_copy(const bs_backend_spec *spec, const char *fingerprints, bs_error *err) {
  if (fingerprints[0] == '\0')
    return BS_OK;
  bs_status status = bs_backend_check_copy(spec, fingerprints, err);
  if (status == BS_ERR_INPUT) {
    char host[MAX_HOST_BYTES] = "";
    gethostname(host, sizeof host - 1);
    bs_error_prefix(err, "on %s", host);
  }
  return status;
}

static bs_status hold_model(bs_worker *worker, uint32_t model, bs_error *err) {
  const bs_setup *setup = &worker->setup;
  if (worker->held_model == model && worker->backend != NULL)
    return BS_OK;
  bs_backend_close(&worker->backend);
  bs_wrap_free(&worker->wrap);
  worker->held_model = model;
  bs_backend_spec spec = {
      .place = setup->model_paths[model],
      .reading = setup->protocol.reading,
      .engine = {.precision = setup->protocol.precision,
                 .n_threads = setup->threads > 0 ? setup->threads : worker->default_threads}};
  bs_status status = bs_isa_parse(&spec.engine.isa, setup->isa, err);
  if (status == BS_OK)
    status = check_copy(&spec, setup->model_prints[model], err);
  if (status == BS_OK && setup->model_wraps[model][0] != '\0')
    status = bs_wrap_parse(&worker->wrap, setup->model_wraps[model], "wrap", err);
  return status == BS_OK ? bs_backend_open(&worker->backend, &spec, err) : status;
}

static bs_status open_task(bs_task **out, const char *json, bs_error *err) {
  bs_task_spec spec;
  bs_status status = bs_task_spec_parse(&spec, json, strlen(json), err);
  if (status == BS_OK)
    status = bs_task_open(out, &spec, NULL, NULL, err);
  bs_task_spec_clear(&spec);
  return status;
}

static bs_status hold_prompts(bs_worker *worker, uint32_t task, uint32_t shots, bs_error *err) {
  if (worker->held_task == task && worker->held_shots == shots && worker->prompter != NULL)
    return BS_OK;
  bs_prompter_free(&worker->prompter);
  if (worker->tasks[task] == NULL) {
    bs_status status = open_task(&worker->tasks[task], worker->setup.task_specs[task], err);
    if (status != BS_OK)
      return status;
  }
  if (strcmp(worker->tasks[task]->sha256, worker->setup.task_hashes[task]) != 0)
    return bs_error_set(err, BS_ERR_INPUT,
                        "%s: not the file that the coordinator has read, or not the head that goes "
                        "before it",
                        worker->tasks[task]->path);
  worker->held_task = task;
  worker->held_shots = shots;
  return bs_prompter_new(&worker->prompter, worker->tasks[task], shots, worker->setup.protocol.seed,
                         err);
}

static bs_status add_failure(bs_unit_result *result, uint32_t example, const char *message,
                             bs_error *err) {
  bs_unit_failure *failure = &result->failures[result->n_failures];
  failure->example = example;
  failure->message = bs_string_copy(message, err);
  if (failure->message == NULL)
    return BS_ERR_MEMORY;
  result->n_failures++;
  return BS_OK;
}

/* Opens what the unit needs. What cannot be opened here is no fault of the unit: *fault_of tells
   whose it is, and `cause` why. */
static bs_fault_of hold_inputs(bs_worker *worker, bs_unit_result *result, bs_error *cause) {
  const bs_unit *unit = &result->unit;
  double start = bs_steady_seconds();
  bs_status status = hold_model(worker, unit->model, cause);
  result->load_seconds = bs_steady_seconds() - start;
  if (status != BS_OK)
    return BS_FAULT_OF_MODEL;
  return hold_prompts(worker, unit->task, unit->shots, cause) == BS_OK ? BS_FAULT_OF_UNIT
                                                                       : BS_FAULT_OF_TASK;
}

/* Runs the unit as one batch; when that fails, its examples one by one, so that a bad one does not
   take the others with it. */
static bs_status run_unit(bs_worker *worker, bs_unit_result *result, bs_error *err) {
  const bs_unit *unit = &result->unit;
  bs_error fault = {0};
  bs_status status = BS_OK;
  const bs_task *task = worker->tasks[unit->task];
  bs_evaluator evaluator = {worker->backend, worker->setup.protocol, worker->wrap};
  if (bs_evaluator_run(&evaluator, task, worker->prompter, unit->shots, unit->first, unit->n,
                       unit->model, unit->task, result->rows, &fault) == BS_OK)
    return BS_OK;
  for (uint32_t i = unit->first; i < unit->first + unit->n; i++) {
    bs_error_clear(&fault);
    if (bs_evaluator_run(&evaluator, task, worker->prompter, unit->shots, i, 1, unit->model,
                         unit->task, result->rows, &fault) != BS_OK &&
        (status = add_failure(result, i, fault.message, err)) != BS_OK)
      return status;
  }
  return BS_OK;
}

static bs_engine_work work_done(const bs_worker *worker) {
  bs_engine_work work = {0};
  if (worker->backend != NULL)
    bs_backend_work_done(worker->backend, &work);
  return work;
}

static bs_status answer_unit(bs_worker *worker, const bs_text *message, bs_text *answer,
                             bs_error *err) {
  bs_unit_result result = {0};
  size_t n_metrics;
  const char *const *names = bs_example_metric_names(&n_metrics);
  bs_assignment assignment = {0};
  bs_status status = bs_decode_unit(message, &assignment, err);
  result.unit = assignment.unit;
  if (status == BS_OK && (worker->tasks == NULL || result.unit.model >= worker->setup.n_models ||
                          result.unit.task >= worker->setup.n_tasks))
    status =
        bs_error_set(err, BS_ERR_PROTOCOL, "a unit of model %u and task %u, which the setup lacks",
                     result.unit.model, result.unit.task);
  if (status == BS_OK)
    status = bs_tables_new(&result.rows, names, n_metrics, err);
  if (status == BS_OK &&
      (result.failures = bs_array_new(result.unit.n, sizeof *result.failures, err)) == NULL)
    status = BS_ERR_MEMORY;
  bs_fault_of fault = BS_FAULT_OF_UNIT;
  bs_error cause = {0};
  if (status == BS_OK) {
    double start = bs_steady_seconds();
    bs_engine_work before = {0};
    if (worker->held_model == result.unit.model)
      before = work_done(worker);
    fault = hold_inputs(worker, &result, &cause);
    if (fault == BS_FAULT_OF_UNIT)
      status = run_unit(worker, &result, err);
    result.seconds = bs_steady_seconds() - start;
    bs_engine_work after = work_done(worker);
    result.tokens_asked = after.tokens_asked - before.tokens_asked;
    result.tokens_computed = after.tokens_computed - before.tokens_computed;
  }
  if (status == BS_OK && fault == BS_FAULT_OF_UNIT)
    status = bs_encode_result(answer, &result, err);
  else if (status == BS_OK)
    status = bs_encode_failed(
        answer,
        &(bs_attempt){.unit = result.unit, .tried = true, .fault = fault, .reason = cause.message},
        err);
  bs_unit_result_free(&result);
  return status;
}

bs_status bs_worker_handle(bs_worker *worker, const bs_text *message, bs_text *answer, bool *stop,
                           bs_error *err) {
  bs_message_kind kind;
  answer->n_bytes = 0;
  *stop = false;
  bs_status status = bs_message_kind_of(message, &kind, err);
  if (status != BS_OK)
    return status;
  switch (kind) {
  case BS_MESSAGE_SETUP:
    return take_setup(worker, message, err);
  case BS_MESSAGE_UNIT:
    return answer_unit(worker, message, answer, err);
  case BS_MESSAGE_STOP:
    *stop = true;
    return BS_OK;
  default:
    return bs_error_set(err, BS_ERR_PROTOCOL, "a worker does not take message %d", (int)kind);
  }
}
