/* The backend whose answers are given by a script. */
#include "backend/scripted_internal.h"

#include <stdlib.h>

#include "backend/backend_internal.h"
#include "base/memory_internal.h"

typedef struct scripted {
  const bs_script *script; /* borrowed */
  bs_engine_work work;     /* tokens, where they can be counted */
} scripted;

/* The texts of a question. */
typedef struct texts {
  char *context;
  char **continuations; /* [n] */
  size_t n;
} texts;

static bs_status open_script(void **state, const bs_backend_spec *spec, bs_error *err) {
  if (spec->script == NULL)
    return bs_error_set(err, BS_ERR_USAGE, "a scripted model needs a script");
  scripted *s = bs_array_new(1, sizeof *s, err);
  *state = s;
  if (s == NULL)
    return BS_ERR_MEMORY;
  s->script = spec->script;
  return BS_OK;
}

static void close_script(void *state) { free(state); }

static void info_of(const void *state, bs_backend_info *info) {
  const scripted *s = state;
  const bs_script *script = s->script;
  info->can = (script->score != NULL ? BS_CAN_SCORE | BS_CAN_TELL_GREEDY : 0U) |
              (script->generate != NULL ? BS_CAN_GENERATE : 0U) |
              (script->count != NULL ? BS_CAN_COUNT_TOKENS : 0U);
  info->tokenizer = script->tokenizer;
  info->model = (bs_model_info){.architecture = "scripted", .max_positions = script->max_positions};
}

static bs_status cost_of(const void *state, bs_backend_cost *cost, bs_error *err) {
  (void)state, (void)err;
  *cost = (bs_backend_cost){.per_token = 1, .smallest = 1};
  return BS_OK;
}

static bs_status identify(const void *state, char sha256[65], bs_text *fingerprints,
                          bs_error *err) {
  (void)state;
  for (size_t i = 0; i < 64; i++)
    sha256[i] = '0';
  sha256[64] = '\0';
  return bs_text_append(fingerprints, "", 0, err);
}

static bs_status check_copy(const bs_backend_spec *spec, const char *fingerprints, bs_error *err) {
  (void)spec, (void)fingerprints, (void)err;
  return BS_OK;
}

static void free_texts(void *own) {
  texts *t = own;
  free(t->context);
  for (size_t i = 0; t->continuations != NULL && i < t->n; i++)
    free(t->continuations[i]);
  free(t->continuations);
  free(t);
}

static bs_status take_text(char **to, const bs_passage *passage, bs_error *err) {
  if (passage->text == NULL)
    return bs_error_set(err, BS_ERR_INPUT, "a scripted model takes text, not token ids");
  *to = bs_string_new(passage->text, passage->n_bytes, err);
  return *to != NULL ? BS_OK : BS_ERR_MEMORY;
}

static bs_status check_tokens(const bs_question *question, size_t i, bs_error *err) {
  bool is_empty = question->continuations[i].n_bytes == 0;
  if (question->tokenless == BS_TOKENLESS_ALLOWED ||
      (question->tokenless == BS_TOKENLESS_IF_EMPTY && is_empty))
    return BS_OK;
  return bs_error_set(err, BS_ERR_INPUT, "answer %zu has no tokens", i);
}

static bs_status ask(const void *state, const bs_question *question, bs_query *query,
                     bs_error *err) {
  const scripted *s = state;
  const bs_script *script = s->script;
  texts *t = bs_array_new(1, sizeof *t, err);
  if (t == NULL)
    return BS_ERR_MEMORY;
  query->own = t;
  query->free_own = free_texts;
  t->n = question->n;
  t->continuations = bs_array_new(t->n, sizeof(char *), err);
  if (t->continuations == NULL)
    return BS_ERR_MEMORY;
  bs_status status = take_text(&t->context, &question->context, err);
  if (status == BS_OK && script->count != NULL)
    query->n_context_tokens = script->count(script->user, t->context);
  for (size_t i = 0; i < t->n && status == BS_OK; i++) {
    status = take_text(&t->continuations[i], &question->continuations[i], err);
    if (status != BS_OK || script->count == NULL)
      continue;
    query->n_tokens[i] = script->count(script->user, t->continuations[i]);
    if (query->n_tokens[i] == 0)
      status = check_tokens(question, i, err);
  }
  return status;
}

static bs_status score_one(const bs_script *script, const texts *t, bs_score_result *result,
                           bs_error *err) {
  result->scores = bs_array_new(t->n, sizeof *result->scores, err);
  if (result->scores == NULL)
    return BS_ERR_MEMORY;
  result->n_scores = t->n;
  for (size_t k = 0; k < t->n; k++)
    if (result->error.status == BS_OK)
      script->score(script->user, t->context, t->continuations[k], &result->scores[k],
                    &result->error);
  return BS_OK;
}

static bs_status score(void *state, bs_query *const *queries, size_t n, bs_score_result **results,
                       bs_error *err) {
  scripted *s = state;
  *results = bs_array_new(n, sizeof **results, err);
  bs_status status = *results != NULL ? BS_OK : BS_ERR_MEMORY;
  for (size_t i = 0; i < n && status == BS_OK; i++) {
    status = score_one(s->script, queries[i]->own, &(*results)[i], err);
    for (size_t k = 0; k < queries[i]->n; k++)
      s->work.tokens_asked += queries[i]->n_context_tokens + queries[i]->n_tokens[k];
  }
  if (status != BS_OK)
    bs_score_results_free(results, n);
  return status;
}

static bs_status generate(void *state, const bs_text_request *requests, size_t n, bs_enough enough,
                          void *user, bs_text_result *results, bs_error *err) {
  scripted *s = state;
  const bs_script *script = s->script;
  (void)enough, (void)user; /* all is there at once */
  for (size_t i = 0; i < n; i++) {
    const texts *t = requests[i].query->own;
    bs_text_result *result = &results[i];
    bs_status status = bs_text_append(&result->text, "", 0, err);
    if (status != BS_OK)
      return status;
    script->generate(script->user, t->context, &requests[i], &result->text, &result->error);
    result->finish = bs_text_end_at_stop(&result->text, requests[i].stops, requests[i].n_stops)
                         ? BS_FINISH_STOP
                         : BS_FINISH_EOS;
    if (script->count != NULL)
      result->n_tokens = script->count(script->user, result->text.data);
    s->work.tokens_asked += requests[i].query->n_context_tokens + result->n_tokens;
  }
  return BS_OK;
}

static void work_done(const void *state, bs_engine_work *work) {
  const scripted *s = state;
  *work = s->work;
}

const bs_backend_kind bs_backend_scripted = {.name = "scripted",
                                             .open = open_script,
                                             .info = info_of,
                                             .cost = cost_of,
                                             .identify = identify,
                                             .check_copy = check_copy,
                                             .ask = ask,
                                             .score = score,
                                             .generate = generate,
                                             .work_done = work_done,
                                             .close = close_script};
