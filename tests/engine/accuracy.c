/* How far the engine's log-likelihoods lie from those of a forward pass in double precision, for
   every instruction set of this machine and every precision, and how many decisions between
   choices come out differently. Not a test: it prints a table. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/local_internal.h"
#include "base/memory_internal.h"
#include "bigsweep/json.h"
#include "evaluate/evaluate_internal.h"
#include "reference.h"

enum { MAX_PATHS = 64 };

typedef struct arguments {
  const char *models[MAX_PATHS], *tasks[MAX_PATHS], *texts[MAX_PATHS];
  size_t n_models, n_tasks, n_texts;
  size_t n_examples; /* of each task; 0: all */
} arguments;

/* One continuation and what the reference says of it. */
typedef struct sequence {
  bs_tokens context, continuation;
  double *logprobs; /* [continuation.n] */
  double sum;
} sequence;

/* Sequences of one model; those of one question follow each other. */
typedef struct work {
  sequence *sequences;
  size_t n, capacity;
  size_t *questions; /* [n_questions] the first sequence of each with choices ... */
  size_t *n_choices; /* ... and how many it has */
  size_t n_questions, question_capacity, choice_capacity;
  size_t n_left_out; /* longer than the model's positions */
} work;

typedef struct tally {
  double token_max, token_sum, sequence_max, sequence_sum;
  size_t n_tokens, n_sequences, n_questions, n_different;
} tally;

static bs_status add_sequence(work *w, const bs_tokens *context, const int32_t *ids, size_t n,
                              bs_error *err) {
  bs_status status = bs_reserve(&w->sequences, &w->capacity, w->n, 1, err);
  if (status != BS_OK)
    return status;
  sequence *s = &w->sequences[w->n++];
  *s = (sequence){.logprobs = bs_array_new(n, sizeof *s->logprobs, err)};
  status = s->logprobs == NULL ? BS_ERR_MEMORY : BS_OK;
  if (status == BS_OK)
    status = bs_tokens_append(&s->context, context->ids, context->n, err);
  return status == BS_OK ? bs_tokens_append(&s->continuation, ids, n, err) : status;
}

static bs_status add_job(work *w, const bs_evaluation *job, size_t max_positions, bs_error *err) {
  const bs_local_query *query = job->items.query->own;
  for (size_t i = 0; i < query->n; i++)
    if (query->context.n == 0 || query->continuations[i].n == 0 ||
        query->context.n + query->continuations[i].n > max_positions) {
      w->n_left_out++;
      return BS_OK;
    }
  bs_status status = BS_OK;
  if (job->example->n_choices > 1) {
    status = bs_reserve(&w->questions, &w->question_capacity, w->n_questions, 1, err);
    if (status == BS_OK)
      status = bs_reserve(&w->n_choices, &w->choice_capacity, w->n_questions, 1, err);
    if (status != BS_OK)
      return status;
    w->questions[w->n_questions] = w->n;
    w->n_choices[w->n_questions++] = query->n;
  }
  for (size_t i = 0; i < query->n && status == BS_OK; i++)
    status = add_sequence(w, &query->context, query->continuations[i].ids,
                          query->continuations[i].n, err);
  return status;
}

static bs_status add_task(work *w, const bs_evaluator *evaluator, const char *path, size_t most,
                          bs_error *err) {
  bs_task *task = NULL;
  bs_prompter *prompter = NULL;
  bs_status status = bs_task_load(&task, path, NULL, NULL, err);
  if (status == BS_OK)
    status = bs_prompter_new(&prompter, task, 0, 42, err);
  size_t n = task == NULL ? 0 : task->n_examples;
  if (most > 0 && most < n)
    n = most;
  for (size_t i = 0; i < n && status == BS_OK; i++) {
    bs_evaluation job = {0};
    status = bs_evaluation_prepare(&job, evaluator, task, prompter, 0, i, false, err);
    if (status == BS_OK)
      status = add_job(w, &job, bs_backend_about(evaluator->backend)->model.max_positions, err);
    bs_evaluation_free(&job);
  }
  bs_prompter_free(&prompter);
  bs_task_free(&task);
  return status;
}

/* {"texts": [{"ids": [...]}, ...]}: each from its second token on. */
static bs_status add_texts(work *w, const char *path, bs_error *err) {
  bs_json *json = NULL;
  bs_status status = bs_json_load(&json, path, 0, err);
  const cJSON *texts = status == BS_OK ? bs_json_get(json->root, "texts") : NULL, *entry, *item;
  cJSON_ArrayForEach(entry, texts) {
    bs_tokens ids = {0};
    cJSON_ArrayForEach(item, bs_json_get(entry, "ids")) {
      int32_t id = (int32_t)item->valuedouble;
      if (status == BS_OK)
        status = bs_tokens_append(&ids, &id, 1, err);
    }
    const bs_tokens first = {.ids = ids.ids, .n = 1};
    if (status == BS_OK && ids.n > 1)
      status = add_sequence(w, &first, ids.ids + 1, ids.n - 1, err);
    bs_tokens_free(&ids);
  }
  bs_json_free(&json);
  return status;
}

static bs_status refer(work *w, const bs_blueprint *blueprint, bs_error *err) {
  reference *r = reference_new(blueprint);
  bs_status status = BS_OK;
#pragma omp parallel for schedule(dynamic)
  for (size_t i = 0; i < w->n; i++) {
    sequence *s = &w->sequences[i];
    size_t n = s->context.n + s->continuation.n;
    int32_t *ids = calloc(n, sizeof *ids);
    if (ids != NULL) {
      memcpy(ids, s->context.ids, s->context.n * sizeof *ids);
      memcpy(ids + s->context.n, s->continuation.ids, s->continuation.n * sizeof *ids);
      reference_logprobs_from(r, ids, n, s->context.n - 1, s->logprobs);
      for (size_t k = 0; k < s->continuation.n; k++)
        s->sum += s->logprobs[k];
    } else {
#pragma omp critical
      status = bs_error_set(err, BS_ERR_MEMORY, "cannot copy %zu tokens", n);
    }
    free(ids);
  }
  reference_free(r);
  return status;
}

/* The first of the most probable choices. */
static size_t decide(const double *sums, size_t n) {
  size_t best = 0;
  for (size_t i = 1; i < n; i++)
    if (sums[i] > sums[best])
      best = i;
  return best;
}

static void count(tally *t, const work *w, const bs_score_result *results, double *found,
                  double *expected) {
  for (size_t i = 0; i < w->n; i++) {
    const sequence *s = &w->sequences[i];
    for (size_t k = 0; k < s->continuation.n; k++) {
      double error = fabs(results[i].scores[0].token_logprobs[k] - s->logprobs[k]);
      t->token_max = error > t->token_max ? error : t->token_max;
      t->token_sum += error;
    }
    found[i] = results[i].scores[0].logprob;
    expected[i] = s->sum;
    double error = fabs(found[i] - expected[i]);
    t->sequence_max = error > t->sequence_max ? error : t->sequence_max;
    t->sequence_sum += error;
    t->n_tokens += s->continuation.n;
  }
  t->n_sequences += w->n;
  t->n_questions += w->n_questions;
  for (size_t q = 0; q < w->n_questions; q++)
    t->n_different += decide(found + w->questions[q], w->n_choices[q]) !=
                      decide(expected + w->questions[q], w->n_choices[q]);
}

/* All sequences of the model on one instruction set and precision. */
static bs_status compare(tally *t, const work *w, const bs_checkpoint *checkpoint, bs_isa isa,
                         bs_precision precision, bs_error *err) {
  bs_engine *engine = NULL;
  bs_score_result *results = NULL;
  bs_token_span *continuations = bs_array_new(w->n, sizeof *continuations, err);
  bs_score_request *requests = bs_array_new(w->n, sizeof *requests, err);
  double *found = bs_array_new(w->n, sizeof *found, err);
  double *expected = bs_array_new(w->n, sizeof *expected, err);
  bs_status status = BS_ERR_MEMORY;
  if (continuations == NULL || requests == NULL || found == NULL || expected == NULL)
    goto cleanup;
  for (size_t i = 0; i < w->n; i++) {
    const sequence *s = &w->sequences[i];
    continuations[i] = (bs_token_span){s->continuation.ids, s->continuation.n};
    requests[i] =
        (bs_score_request){{s->context.ids, s->context.n}, &continuations[i], 1, {0}, {0}};
  }
  const bs_engine_options options = {.precision = precision, .isa = isa};
  status = bs_engine_open(&engine, checkpoint, &options, err);
  if (status == BS_OK)
    status = bs_engine_score(engine, requests, w->n, &results, err);
  for (size_t i = 0; i < w->n && status == BS_OK; i++)
    if (results[i].error.status != BS_OK)
      status = bs_error_set(err, results[i].error.status, "%s", results[i].error.message);
  if (status == BS_OK)
    count(t, w, results, found, expected);
cleanup:
  bs_score_results_free(&results, w->n);
  bs_engine_free(&engine);
  free(continuations);
  free(requests);
  free(found);
  free(expected);
  return status;
}

static void work_free(work *w) {
  for (size_t i = 0; i < w->n; i++) {
    bs_tokens_free(&w->sequences[i].context);
    bs_tokens_free(&w->sequences[i].continuation);
    free(w->sequences[i].logprobs);
  }
  free(w->sequences);
  free(w->questions);
  free(w->n_choices);
  *w = (work){0};
}

static const bs_precision precisions[] = {BS_PRECISION_F32, BS_PRECISION_BF16X2, BS_PRECISION_BF16};
enum { N_PRECISIONS = sizeof precisions / sizeof *precisions, MAX_ISAS = 8 };

static bs_status run_model(tally tallies[MAX_ISAS][N_PRECISIONS], const arguments *a,
                           const char *dir, bs_error *err) {
  size_t n_isas;
  const bs_isa *isas = bs_engine_isas(&n_isas);
  bs_checkpoint *checkpoint = NULL;
  work w = {0};
  bs_evaluator evaluator = {.protocol = {.seed = 42, .border = BS_BORDER_JOINT, .max_tokens = 16}};
  const bs_backend_spec spec = {.place = dir, .is_to_look = true};
  bs_status status = bs_checkpoint_open(&checkpoint, dir, err);
  if (status == BS_OK)
    status = bs_backend_open(&evaluator.backend, &spec, err);
  for (size_t i = 0; i < a->n_tasks && status == BS_OK; i++)
    status = add_task(&w, &evaluator, a->tasks[i], a->n_examples, err);
  for (size_t i = 0; i < a->n_texts && status == BS_OK; i++)
    status = add_texts(&w, a->texts[i], err);
  if (status == BS_OK)
    status = refer(&w, bs_checkpoint_blueprint(checkpoint), err);
  if (status == BS_OK && w.n_left_out > 0)
    fprintf(stderr, "%s: %zu examples are longer than the model's positions and left out\n", dir,
            w.n_left_out);
  for (size_t i = 0; i < n_isas && i < MAX_ISAS; i++)
    for (size_t p = 0; p < N_PRECISIONS && status == BS_OK; p++)
      status = compare(&tallies[i][p], &w, checkpoint, isas[i], precisions[p], err);
  bs_backend_close(&evaluator.backend);
  bs_checkpoint_free(&checkpoint);
  work_free(&w);
  return status;
}

static void print_table(tally tallies[MAX_ISAS][N_PRECISIONS]) {
  size_t n_isas;
  const bs_isa *isas = bs_engine_isas(&n_isas);
  const tally *any = &tallies[0][0];
  printf("%zu tokens, %zu sequences, %zu questions with choices\n\n", any->n_tokens,
         any->n_sequences, any->n_questions);
  printf("| instruction set | precision | token: max | mean | sequence: max | mean | decisions "
         "that differ |\n|---|---|---|---|---|---|---|\n");
  for (size_t i = 0; i < n_isas && i < MAX_ISAS; i++) {
    for (size_t p = 0; p < N_PRECISIONS; p++) {
      const tally *t = &tallies[i][p];
      printf("| %s | %s | %.1e | %.1e | %.1e | %.1e | %zu of %zu |\n", bs_isa_name(isas[i]),
             bs_precision_name(precisions[p]), t->token_max, t->token_sum / (double)t->n_tokens,
             t->sequence_max, t->sequence_sum / (double)t->n_sequences, t->n_different,
             t->n_questions);
    }
  }
}

static bool take(arguments *a, const char *name, const char *value) {
  const struct {
    const char *name;
    const char **list;
    size_t *n;
  } lists[] = {{"--model", a->models, &a->n_models},
               {"--task", a->tasks, &a->n_tasks},
               {"--texts", a->texts, &a->n_texts}};
  if (strcmp(name, "--examples") == 0) {
    a->n_examples = strtoul(value, NULL, 10);
    return true;
  }
  for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
    if (strcmp(name, lists[i].name) == 0 && *lists[i].n < MAX_PATHS) {
      lists[i].list[(*lists[i].n)++] = value;
      return true;
    }
  return false;
}

int main(int argc, char **argv) {
  static tally tallies[MAX_ISAS][N_PRECISIONS];
  arguments a = {0};
  bs_error err = {0};
  bool understood = argc > 1;
  for (int i = 1; i < argc && understood; i += 2)
    understood = i + 1 < argc && take(&a, argv[i], argv[i + 1]);
  if (!understood || a.n_models == 0) {
    fprintf(stderr, "accuracy [--examples N] --model DIR ... [--task TASK.json ...] "
                    "[--texts EXPECTED.json ...]\n");
    return 2;
  }
  for (size_t i = 0; i < a.n_models && err.status == BS_OK; i++)
    run_model(tallies, &a, a.models[i], &err);
  if (err.status != BS_OK || tallies[0][0].n_sequences == 0) {
    fprintf(stderr, "accuracy: %s\n", err.status != BS_OK ? err.message : "nothing to compare");
    return 1;
  }
  print_table(tallies);
  return 0;
}
