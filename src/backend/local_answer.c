/* Batches for the engine: scores of continuations, and texts that end as soon as what follows
   cannot matter. */
#include <stdlib.h>
#include <string.h>

#include "backend/local_internal.h"
#include "base/memory_internal.h"

/* An encoder's text has been cut already. */
static bs_kept kept_of(const bs_local *local, const bs_local_query *q) {
  return local->has_encoder ? (bs_kept){0} : q->kept;
}

/* One request for each query. */
static void fill_requests(const bs_local *local, bs_query *const *queries, size_t n,
                          bs_score_request *requests, bs_token_span *spans) {
  for (size_t i = 0; i < n; i++) {
    const bs_local_query *q = queries[i]->own;
    const bs_token_span context = {q->context.ids, q->context.n}, none = {NULL, 0};
    requests[i] = (bs_score_request){.context = local->has_encoder ? none : context,
                                     .continuations = spans,
                                     .n_continuations = q->n,
                                     .source = local->has_encoder ? context : none,
                                     .kept = kept_of(local, q)};
    for (size_t k = 0; k < q->n; k++)
      *spans++ = (bs_token_span){q->continuations[k].ids, q->continuations[k].n};
  }
}

static void count_truncated(bs_query *const *queries, size_t n, bs_score_result *results) {
  for (size_t i = 0; i < n; i++) {
    const bs_local_query *q = queries[i]->own;
    for (size_t k = 0; k < results[i].n_scores; k++)
      results[i].scores[k].truncated_tokens += q->truncated;
  }
}

bs_status bs_local_score(void *state, bs_query *const *queries, size_t n, bs_score_result **results,
                         bs_error *err) {
  bs_local *local = state;
  size_t n_spans = 0;
  for (size_t i = 0; i < n; i++)
    n_spans += queries[i]->n;
  bs_score_request *requests = bs_array_new(n, sizeof *requests, err);
  bs_token_span *spans = bs_array_new(n_spans, sizeof *spans, err);
  bs_status status = requests != NULL && spans != NULL ? BS_OK : BS_ERR_MEMORY;
  if (status == BS_OK) {
    fill_requests(local, queries, n, requests, spans);
    status = bs_engine_score(local->engine, requests, n, results, err);
  }
  if (status == BS_OK)
    count_truncated(queries, n, *results);
  free(requests);
  free(spans);
  return status;
}

/* Texts on their way. */
typedef struct writing {
  const bs_local *local;
  const bs_text_request *requests;
  bs_enough enough;
  void *user;
  bs_text text; /* scratch */
} writing;

static const bs_local_query *query_of(const bs_text_request *request) {
  return request->query->own;
}

static bs_token_span source_of(const bs_local *local, const bs_text_request *request) {
  const bs_local_query *q = query_of(request);
  return local->has_encoder ? (bs_token_span){q->context.ids, q->context.n}
                            : (bs_token_span){NULL, 0};
}

static const bs_generation_prompt *prompt_of(const bs_text_request *request) {
  return query_of(request)->prompt;
}

/* How many of the ids give text that later ids cannot change. A byte fallback decoder takes a run
   of byte tokens as a whole, and a token without text of its own may stand within a run. */
static size_t n_settled_ids(writing *w, const int32_t *ids, size_t n) {
  const bs_local *local = w->local;
  bool settled = false;
  while (n > 0 && !settled) {
    size_t id = (size_t)ids[n - 1];
    w->text.n_bytes = 0;
    settled =
        id < local->vocab_size && !local->is_byte[id] &&
        bs_tokenizer_decode(local->tokenizer, ids + n - 1, 1, true, &w->text, NULL) == BS_OK &&
        w->text.n_bytes > 0;
    n -= !settled;
  }
  return n;
}

static size_t without_replacements(const bs_text *text) {
  size_t n = text->n_bytes;
  while (n >= 3 && memcmp(text->data + n - 3, "\xEF\xBF\xBD", 3) == 0)
    n -= 3; /* perhaps the beginning of a character */
  return n;
}

/* The text of new tokens, in w->text. */
static bool decode(writing *w, const bs_text_request *request, const int32_t *ids, size_t n) {
  w->text.n_bytes = 0;
  return bs_generation_prompt_decode(prompt_of(request), ids, n, &w->text, NULL) == BS_OK;
}

/* Whether the last token is a special one that a stop spells: it has no text to be found in. */
static bool is_special_stop(writing *w, const bs_text_request *request, int32_t last) {
  const bs_tokenizer *tokenizer = w->local->tokenizer;
  for (size_t i = 0; i < request->n_stops; i++) {
    if (bs_tokenizer_id(tokenizer, request->stops[i]) != last)
      continue;
    w->text.n_bytes = 0;
    if (bs_tokenizer_decode(tokenizer, &last, 1, true, &w->text, NULL) == BS_OK &&
        w->text.n_bytes == 0)
      return true;
  }
  return false;
}

static bool is_done(void *user, size_t index, const int32_t *ids, size_t n) {
  writing *w = user;
  const bs_text_request *request = &w->requests[index];
  if (n > 0 && is_special_stop(w, request, ids[n - 1]))
    return true;
  if (request->n_stops > 0 && decode(w, request, ids, n) &&
      bs_text_end_at_stop(&w->text, request->stops, request->n_stops))
    return true;
  size_t n_ids = w->enough != NULL ? n_settled_ids(w, ids, n) : 0;
  return n_ids > 0 && decode(w, request, ids, n_ids) &&
         w->enough(w->user, index, w->text.data, without_replacements(&w->text));
}

static bs_status take_result(const bs_text_request *request, const bs_generate_result *from,
                             bs_text_result *to, bs_error *err) {
  to->error = from->error;
  to->n_tokens = from->n_tokens;
  to->finish = from->finish;
  to->truncated_tokens = from->truncated_tokens + query_of(request)->truncated;
  if (from->error.status != BS_OK)
    return BS_OK;
  bs_status status =
      bs_generation_prompt_decode(prompt_of(request), from->ids, from->n_tokens, &to->text, err);
  if (status == BS_OK)
    bs_text_end_at_stop(&to->text, request->stops, request->n_stops);
  return status;
}

bs_status bs_local_generate(void *state, const bs_text_request *requests, size_t n,
                            bs_enough enough, void *user, bs_text_result *results, bs_error *err) {
  bs_local *local = state;
  writing w = {.local = local, .requests = requests, .enough = enough, .user = user};
  bs_generate_result *made = NULL;
  bs_generate_request *all = bs_array_new(n, sizeof *all, err);
  if (all == NULL)
    return BS_ERR_MEMORY;
  for (size_t i = 0; i < n; i++)
    all[i] = (bs_generate_request){.prompt = bs_generation_prompt_ids(prompt_of(&requests[i])),
                                   .max_tokens = requests[i].max_tokens,
                                   .temperature = requests[i].temperature,
                                   .top_p = requests[i].top_p,
                                   .seed = requests[i].seed,
                                   .source = source_of(local, &requests[i]),
                                   .kept = kept_of(local, query_of(&requests[i]))};
  bs_status status = bs_engine_generate(local->engine, all, n, is_done, &w, &made, err);
  for (size_t i = 0; i < n && status == BS_OK; i++)
    status = take_result(&requests[i], &made[i], &results[i], err);
  bs_generate_results_free(&made, n);
  bs_text_free(&w.text);
  free(all);
  return status;
}
