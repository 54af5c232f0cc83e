/* Random examples of a results file, computed anew. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file_internal.h"
#include "base/memory_internal.h"
#include "bigsweep/backend.h"
#include "bigsweep/evaluate.h"
#include "bigsweep/sweep.h"
#include "sweep/plan/plan_internal.h"
#include "tables/tables_internal.h"

static const double TOLERANCE = 1e-4; /* between instruction sets */

typedef struct verifying {
  const bs_verify_options *options;
  const char *path;
  const bs_tables *stored;
  bs_verify_summary *out;
  bs_protocol protocol;
  bs_isa isa;
  /* What is open; models that cannot be used stay closed. */
  bs_backend *backend;
  bs_wrap *wrap; /* of the model; NULL: none */
  uint32_t model;
  bs_task *task;
  bs_prompter *prompter;
  uint32_t task_row, shots;
} verifying;

static void tell(const verifying *v, bool is_error, const char *subject, const char *message) {
  bs_text line = {0};
  if (v->options->notice != NULL &&
      bs_text_printf(&line, NULL, "%s: %s", subject, message) == BS_OK)
    v->options->notice(v->options->user, is_error, line.data);
  bs_text_free(&line);
}

/* The results' instruction set, or the best that this machine has. */
static bs_status choose_isa(verifying *v, bs_error *err) {
  const char *name = v->stored->provenance.isa;
  size_t n;
  bs_status status = name[0] != '\0' ? bs_isa_parse(&v->isa, name, err) : BS_OK;
  if (name[0] == '\0' || (status == BS_OK && !bs_engine_has_isa(v->isa))) {
    v->isa = bs_engine_isas(&n)[0];
    v->out->is_other_isa = true;
  }
  snprintf(v->out->isa, sizeof v->out->isa, "%s", bs_isa_name(v->isa));
  return status;
}

static bs_status read_protocol(verifying *v, bs_error *err) {
  const char *text = v->stored->provenance.protocol;
  size_t n = strcspn(text, " ");
  if (n != strlen(BS_PROTOCOL_REVISION) || memcmp(text, BS_PROTOCOL_REVISION, n) != 0)
    return bs_error_set(err, BS_ERR_INPUT,
                        "%s: its scores were made by other rules (\"%.*s\") than this version's "
                        "(\"" BS_PROTOCOL_REVISION "\"): they come out otherwise",
                        v->path, (int)n, text);
  return bs_protocol_parse(&v->protocol, text, err);
}

/* Where a model is: as it was moved to, as the results say, or beside them. Free with free(). */
static char *place_of(const verifying *v, uint32_t model, bs_error *err) {
  const bs_model_row *row = &v->stored->models[model];
  for (size_t i = 0; i < v->options->n_moved; i++)
    if (strcmp(v->options->moved[i].name, row->name) == 0)
      return bs_string_copy(v->options->moved[i].path, err);
  if (bs_file_exists(row->path))
    return bs_string_copy(row->path, err);
  char *folder = bs_path_folder(v->path, err);
  char *beside = folder != NULL ? bs_path_join(folder, row->path, err) : NULL;
  free(folder);
  return beside;
}

static bs_status open_place(verifying *v, const char *place, bs_error *err) {
  const bs_model_row *row = &v->stored->models[v->model];
  char sha256[65];
  bs_text prints = {0};
  bs_backend_spec spec = {.place = place,
                          .reading = v->protocol.reading,
                          .engine = {.precision = v->protocol.precision,
                                     .n_threads = v->options->n_threads,
                                     .isa = v->isa}};
  if (!bs_file_exists(place))
    return bs_error_set(err, BS_ERR_INPUT,
                        "%s: no such checkpoint: say where it is with --models %s=PATH", place,
                        row->name);
  bs_status status = bs_backend_open(&v->backend, &spec, err);
  if (status == BS_OK)
    status = bs_backend_identify(v->backend, sha256, &prints, err);
  if (status == BS_OK && row->wrap[0] != '\0')
    status = bs_wrap_parse(&v->wrap, row->wrap, "models: wrap", err);
  if (status == BS_OK)
    status = bs_plan_hash_wrap(sha256, v->wrap, err);
  if (status == BS_OK && strcmp(sha256, row->sha256) != 0)
    status = bs_error_set(err, BS_ERR_INPUT,
                          "%s: another checkpoint than the one that was scored (SHA-256 %.12s…, "
                          "then %.12s…)",
                          place, sha256, row->sha256);
  bs_text_free(&prints);
  if (status != BS_OK)
    bs_backend_close(&v->backend);
  return status;
}

/* A model that cannot be used is reported once; v->backend is NULL then. */
static bs_status hold_model(verifying *v, uint32_t model, bs_error *err) {
  bs_error fault = {0};
  if (v->model == model)
    return BS_OK;
  bs_backend_close(&v->backend);
  bs_wrap_free(&v->wrap);
  v->model = model;
  char *place = place_of(v, model, err);
  if (place == NULL)
    return BS_ERR_MEMORY;
  if (open_place(v, place, &fault) != BS_OK)
    tell(v, true, v->stored->models[model].name, fault.message);
  free(place);
  return fault.status == BS_ERR_MEMORY ? bs_error_set(err, fault.status, "%s", fault.message)
                                       : BS_OK;
}

static bs_status hold_prompts(verifying *v, uint32_t task, uint32_t shots, bs_error *err) {
  bs_status status = BS_OK;
  if (v->prompter != NULL && v->task_row == task && v->shots == shots)
    return BS_OK;
  bs_prompter_free(&v->prompter);
  bs_task_free(&v->task);
  v->task_row = task;
  v->shots = shots;
  status = bs_task_of_tables(&v->task, v->stored, task, err);
  return status == BS_OK ? bs_prompter_new(&v->prompter, v->task, shots, v->protocol.seed, err)
                         : status;
}

/* Metrics that were added to the file later are not this task's to compute. */
static bool is_added(void *user, const char *name) {
  const verifying *v = user;
  const bs_metric *metrics[BS_MOST_METRICS];
  size_t n = bs_task_metrics(v->task, metrics);
  if (bs_metric_find(name) == NULL)
    return false;
  for (size_t i = 0; i < n; i++)
    if (strcmp(metrics[i]->name, name) == 0)
      return false;
  return true;
}

static void compare(verifying *v, size_t row, bs_tables *computed) {
  const bs_example_row *of = &v->stored->examples[row];
  const bs_leeway leeway = {
      .tolerance = v->out->is_other_isa ? TOLERANCE : 0, .skips = is_added, .user = v};
  char what[BS_DIFFERENCE_BYTES] = "it is left out now";
  bs_text line = {0};
  if (computed->n_examples == 1)
    computed->examples[0].cluster = of->cluster; /* is not computed */
  if (computed->n_examples == 1 && !bs_examples_differ(v->stored, row, computed, 0, &leeway, what))
    return;
  v->out->n_differing++;
  if (v->options->differs != NULL &&
      bs_text_printf(&line, NULL, "%s, %s, %u shot%s, example %u: %s",
                     v->stored->models[of->model].name, v->stored->tasks[of->task].name, of->shots,
                     bs_plural(of->shots), of->example, what) == BS_OK)
    v->options->differs(v->options->user, line.data);
  bs_text_free(&line);
}

static bs_status verify_row(verifying *v, size_t row, bs_error *err) {
  const bs_example_row *of = &v->stored->examples[row];
  size_t n_metrics;
  const char *const *names = bs_example_metric_names(&n_metrics);
  bs_tables *computed = NULL;
  bs_error fault = {0};
  bs_status status = hold_model(v, of->model, err);
  if (status == BS_OK && v->backend == NULL) {
    v->out->n_failed++;
    return BS_OK;
  }
  if (status == BS_OK)
    status = hold_prompts(v, of->task, of->shots, err);
  if (status == BS_OK)
    status = bs_tables_new(&computed, names, n_metrics, err);
  if (status != BS_OK)
    return status;
  bs_evaluator evaluator = {v->backend, v->protocol, v->wrap};
  if (bs_evaluator_run(&evaluator, v->task, v->prompter, of->shots, of->example, 1, 0, 0, computed,
                       &fault) == BS_OK) {
    v->out->n_checked++;
    compare(v, row, computed);
  } else {
    v->out->n_failed++;
    tell(v, true, v->stored->models[of->model].name, fault.message);
  }
  bs_tables_free(&computed);
  return BS_OK;
}

/* The finaliser of splitmix64 (Steele et al. 2014). */
static uint64_t next_random(uint64_t *state) {
  uint64_t x = *state += 0x9E3779B97F4A7C15U;
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9U;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBU;
  return x ^ (x >> 31);
}

static int by_number(const void *a, const void *b) {
  size_t x = *(const size_t *)a, y = *(const size_t *)b;
  return (x > y) - (x < y);
}

/* n of the rows, each once, in their order, so that each model is opened once. */
static size_t *choose_rows(size_t n_rows, size_t n, uint64_t seed, bs_error *err) {
  size_t *rows = bs_array_new(n_rows, sizeof *rows, err);
  for (size_t i = 0; rows != NULL && i < n_rows; i++)
    rows[i] = i;
  for (size_t i = 0; rows != NULL && i < n; i++) {
    size_t other = i + (size_t)(next_random(&seed) % (n_rows - i)), held = rows[i];
    rows[i] = rows[other];
    rows[other] = held;
  }
  if (rows != NULL)
    qsort(rows, n, sizeof *rows, by_number);
  return rows;
}

bs_status bs_sweep_verify(bs_verify_summary *out, const char *path,
                          const bs_verify_options *options, bs_error *err) {
  bs_tables *stored = NULL;
  size_t *rows = NULL, n = 0;
  *out = (bs_verify_summary){0};
  verifying v = {.options = options, .path = path, .out = out, .model = BS_NOT_THERE};
  bs_status status = bs_sweep_collect(&stored, path, err);
  v.stored = stored;
  if (status == BS_OK)
    status = read_protocol(&v, err);
  if (status == BS_OK)
    status = choose_isa(&v, err);
  if (status == BS_OK) {
    n = bs_size_min(options->n, stored->n_examples);
    rows = choose_rows(stored->n_examples, n, options->seed, err);
    status = rows != NULL ? BS_OK : BS_ERR_MEMORY;
  }
  for (size_t i = 0; status == BS_OK && i < n; i++)
    status = verify_row(&v, rows[i], err);
  free(rows);
  bs_prompter_free(&v.prompter);
  bs_task_free(&v.task);
  bs_backend_close(&v.backend);
  bs_wrap_free(&v.wrap);
  bs_tables_free(&stored);
  return status;
}
