/* The kinds of backends, and the one way to open, ask and close each of them. */
#include <stdlib.h>
#include <string.h>

#include "backend/backend_internal.h"
#include "base/memory_internal.h"

static const bs_backend_kind *const kinds[] = {&bs_backend_local, &bs_backend_scripted};
enum { N_KINDS = sizeof kinds / sizeof *kinds };

struct bs_backend {
  const bs_backend_kind *kind;
  void *state;
  bs_backend_info info;
};

static const bs_backend_kind *find_kind(const char *name, bs_error *err) {
  if (name == NULL)
    return &bs_backend_local;
  for (size_t i = 0; i < N_KINDS; i++)
    if (strcmp(kinds[i]->name, name) == 0)
      return kinds[i];
  bs_error_set(err, BS_ERR_USAGE,
               "expected \"local\" or \"scripted\" as kind of model, found \"%s\"", name);
  return NULL;
}

bs_status bs_backend_open(bs_backend **out, const bs_backend_spec *spec, bs_error *err) {
  *out = NULL;
  const bs_backend_kind *kind = find_kind(spec->kind, err);
  if (kind == NULL)
    return BS_ERR_USAGE;
  bs_backend *backend = *out = bs_array_new(1, sizeof *backend, err);
  if (backend == NULL)
    return BS_ERR_MEMORY;
  backend->kind = kind;
  bs_status status = kind->open(&backend->state, spec, err);
  if (status != BS_OK) {
    bs_backend_close(out);
    return status;
  }
  kind->info(backend->state, &backend->info);
  backend->info.kind = kind->name;
  backend->info.is_to_look = spec->is_to_look;
  if (spec->is_to_look)
    backend->info.can &= ~(unsigned)(BS_CAN_SCORE | BS_CAN_GENERATE);
  return BS_OK;
}

void bs_backend_close(bs_backend **backend) {
  if (*backend == NULL)
    return;
  if ((*backend)->state != NULL)
    (*backend)->kind->close((*backend)->state);
  free(*backend);
  *backend = NULL;
}

const bs_backend_info *bs_backend_about(const bs_backend *backend) { return &backend->info; }

bs_status bs_backend_cost_of(const bs_backend *backend, bs_backend_cost *cost, bs_error *err) {
  return backend->kind->cost(backend->state, cost, err);
}

bs_status bs_backend_identify(const bs_backend *backend, char sha256[65], bs_text *fingerprints,
                              bs_error *err) {
  return backend->kind->identify(backend->state, sha256, fingerprints, err);
}

bs_status bs_backend_check_copy(const bs_backend_spec *spec, const char *fingerprints,
                                bs_error *err) {
  const bs_backend_kind *kind = find_kind(spec->kind, err);
  return kind != NULL ? kind->check_copy(spec, fingerprints, err) : BS_ERR_USAGE;
}

bs_status bs_backend_ask(bs_query **out, const bs_backend *backend, const bs_question *question,
                         bs_error *err) {
  bs_query *query = *out = bs_array_new(1, sizeof *query, err);
  if (query == NULL)
    return BS_ERR_MEMORY;
  query->n = question->n;
  query->n_tokens = bs_array_new(query->n, sizeof *query->n_tokens, err);
  bs_status status = query->n_tokens != NULL
                         ? backend->kind->ask(backend->state, question, query, err)
                         : BS_ERR_MEMORY;
  if (status != BS_OK)
    bs_query_free(out);
  return status;
}

void bs_query_free(bs_query **query) {
  if (*query == NULL)
    return;
  if ((*query)->own != NULL)
    (*query)->free_own((*query)->own);
  free((*query)->n_tokens);
  free(*query);
  *query = NULL;
}

static bs_status check_ability(const bs_backend *backend, bs_ability ability, const char *what,
                               bs_error *err) {
  if (backend->info.can & ability)
    return BS_OK;
  return bs_error_set(err, BS_ERR_UNSUPPORTED, "this model (%s) cannot %s%s", backend->info.kind,
                      what, backend->info.is_to_look ? ": it is open to be looked at alone" : "");
}

bs_status bs_backend_score(bs_backend *backend, bs_query *const *queries, size_t n,
                           bs_score_result **results, bs_error *err) {
  *results = NULL;
  bs_status status = check_ability(backend, BS_CAN_SCORE, "give log-probabilities of texts", err);
  return status == BS_OK ? backend->kind->score(backend->state, queries, n, results, err) : status;
}

bs_status bs_backend_generate(bs_backend *backend, const bs_text_request *requests, size_t n,
                              bs_enough enough, void *user, bs_text_result **results,
                              bs_error *err) {
  *results = NULL;
  bs_status status = check_ability(backend, BS_CAN_GENERATE, "generate text", err);
  if (status != BS_OK)
    return status;
  *results = bs_array_new(n, sizeof **results, err);
  if (*results == NULL)
    return BS_ERR_MEMORY;
  status = backend->kind->generate(backend->state, requests, n, enough, user, *results, err);
  if (status != BS_OK)
    bs_text_results_free(results, n);
  return status;
}

void bs_text_results_free(bs_text_result **results, size_t n) {
  if (*results == NULL)
    return;
  for (size_t i = 0; i < n; i++)
    bs_text_free(&(*results)[i].text);
  free(*results);
  *results = NULL;
}

void bs_backend_work_done(const bs_backend *backend, bs_engine_work *work) {
  backend->kind->work_done(backend->state, work);
}
