/* Generation: many prompts decode together, one token each per round; who has finished leaves, who
   waits comes in as memory allows. Prompts share the keys and values of common prefixes. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory_internal.h"
#include "base/philox_internal.h"
#include "engine/server/sample_internal.h"
#include "engine/server/source_internal.h"
#include "engine/stack/floats_internal.h"

enum { DECODE_ROOM = 32, LOGIT_ROWS = 32 };

/* One prompt that is being continued. */
typedef struct stream {
  bs_sequence prompt; /* owner: index of the request */
  const bs_generate_request *request;
  bs_generate_result *result;
  size_t cap_ids;
  bs_kv_path path;
  bs_source *source; /* NULL: there is no encoder */
  bool finished;
} stream;

typedef struct generation {
  bs_engine *engine;
  bs_stop_function stop;
  void *user;
  stream *streams; /* sorted by prompt */
  size_t n_streams, n_admitted;
  bs_sources sources;
  size_t n_reserved;  /* tokens that running streams hold or may come to hold */
  bs_kv_path trunk;   /* the prompt that was read last */
  const stream *last; /* whose it was */
  bs_batch batch;
  stream **waiting; /* [batch.n_outputs]: whose token each output decides */
  size_t cap_waiting;
  int32_t *ids; /* [max_rows] */
  bs_floats logits;
  bs_candidate *candidates; /* [vocab_size] */
} generation;

static bs_status check_request(const bs_engine *engine, const bs_generate_request *request,
                               bs_token_span *source, size_t *cut, bs_token_span *prompt,
                               bs_error *err) {
  *prompt = request->prompt;
  *source = request->source;
  if (!(request->temperature >= 0 && isfinite(request->temperature)))
    return bs_error_set(err, BS_ERR_USAGE, "expected a temperature of 0 or more, found %g",
                        request->temperature);
  if (!(request->top_p >= 0 && request->top_p <= 1))
    return bs_error_set(err, BS_ERR_USAGE, "expected a top_p of 0 to 1, found %g", request->top_p);
  if (request->max_tokens > engine->blueprint->max_positions)
    return bs_error_set(err, BS_ERR_LIMIT,
                        "%zu new tokens; the model has %zu positions: lower max_tokens",
                        request->max_tokens, engine->blueprint->max_positions);
  bs_status status = bs_check_source(engine, source, cut, err);
  if (status == BS_OK)
    status = bs_check_ids(engine, *prompt, "prompt", err);
  return status == BS_OK ? bs_default_context(engine, prompt, err) : status;
}

/* Bad requests keep their error; the others become streams in the order of their prompts. */
static bs_status make_streams(generation *g, const bs_generate_request *requests, size_t n,
                              bs_generate_result *results, bs_error *err) {
  const bs_blueprint *blueprint = g->engine->blueprint;
  bs_sequence *sequences = bs_array_new(n, sizeof *sequences, err);
  g->streams = bs_array_new(n, sizeof *g->streams, err);
  if (sequences == NULL || g->streams == NULL) {
    free(sequences);
    return BS_ERR_MEMORY;
  }
  size_t n_sequences = 0;
  for (size_t i = 0; i < n; i++) {
    bs_token_span prompt, source;
    size_t cut_source;
    results[i].finish = BS_FINISH_LENGTH;
    if (check_request(g->engine, &requests[i], &source, &cut_source, &prompt, &results[i].error) !=
            BS_OK ||
        requests[i].max_tokens == 0)
      continue;
    size_t room = blueprint->max_positions + 1 - requests[i].max_tokens;
    size_t cut = prompt.n > room ? prompt.n - room : 0;
    bs_sequence sequence = {.source = source, .n = prompt.n - cut, .owner = i};
    if (bs_sequence_cut(&sequence, prompt, requests[i].kept, cut, &results[i].error) != BS_OK)
      continue;
    sequence.length_class = bs_blueprint_length_class(blueprint, sequence.n);
    results[i].truncated_tokens = cut_source + cut;
    g->engine->done.tokens_asked += source.n + prompt.n - cut;
    sequences[n_sequences++] = sequence;
  }
  bs_sequence_sort(sequences, n_sequences);
  bs_status status = bs_sources_of(&g->sources, sequences, n_sequences, err);
  for (size_t i = 0; i < n_sequences; i++)
    g->streams[i] =
        (stream){.prompt = sequences[i],
                 .request = &requests[sequences[i].owner],
                 .result = &results[sequences[i].owner],
                 .source = g->sources.n > 0 ? &g->sources.items[sequences[i].source_index] : NULL};
  g->n_streams = n_sequences;
  free(sequences);
  return status;
}

static void finish(generation *g, stream *s, bs_finish how) {
  s->finished = true;
  s->result->finish = how;
  bs_kv_path_free(&s->path);
  g->n_reserved -= s->prompt.n + s->request->max_tokens;
  if (s->source != NULL && bs_source_leave(s->source))
    g->n_reserved -= s->source->ids.n;
}

static bool is_eos(const bs_special_ids *special, int32_t id) {
  for (size_t i = 0; i < special->n_eos; i++)
    if (special->eos[i] == id)
      return true;
  return false;
}

/* The stream's next token is known: -1 when the logits were no numbers. */
static bs_status accept(generation *g, stream *s, int32_t id, bs_error *err) {
  bs_generate_result *result = s->result;
  if (id < 0) {
    bs_error_set(&result->error, BS_ERR_INPUT,
                 "the logits after new token %zu are not finite: the model's weights overflow here",
                 result->n_tokens);
    finish(g, s, BS_FINISH_STOP);
    return BS_OK;
  }
  if (is_eos(g->engine->special, id)) {
    finish(g, s, BS_FINISH_EOS);
    return BS_OK;
  }
  bs_status status = bs_reserve(&result->ids, &s->cap_ids, result->n_tokens, 1, err);
  if (status != BS_OK)
    return status;
  result->ids[result->n_tokens++] = id;
  g->engine->done.tokens_asked++;
  if (g->stop != NULL && g->stop(g->user, s->prompt.owner, result->ids, result->n_tokens))
    finish(g, s, BS_FINISH_STOP);
  else if (result->n_tokens == s->request->max_tokens)
    finish(g, s, BS_FINISH_LENGTH);
  return BS_OK;
}

/* Outputs first .. first + n, all of greedy streams. */
static bs_status choose_greedy(generation *g, size_t first, size_t n, bs_error *err) {
  size_t *offsets = bs_array_new(n + 1, sizeof *offsets, err);
  int32_t *best = bs_array_new(n, sizeof *best, err);
  double *norms = bs_array_new(n, sizeof *norms, err);
  const int32_t no_id = 0;
  float no_logit = 0;
  bs_status status = offsets == NULL || best == NULL || norms == NULL ? BS_ERR_MEMORY : BS_OK;
  if (status == BS_OK)
    status =
        bs_stack_summary(g->engine->stack, first, n, offsets, &no_id, norms, best, &no_logit, err);
  for (size_t i = 0; i < n && status == BS_OK; i++)
    status = accept(g, g->waiting[first + i], isfinite(norms[i]) ? best[i] : -1, err);
  free(norms);
  free(best);
  free(offsets);
  return status;
}

/* Outputs first .. first + n, all of sampling streams. */
static bs_status choose_sampled(generation *g, size_t first, size_t n, bs_error *err) {
  size_t n_vocab = g->engine->blueprint->vocab_size;
  bs_status status = bs_floats_need(&g->logits, n, n_vocab, err);
  if (status == BS_OK && g->candidates == NULL) {
    g->candidates = bs_array_new(n_vocab, sizeof *g->candidates, err);
    status = g->candidates == NULL ? BS_ERR_MEMORY : BS_OK;
  }
  if (status == BS_OK)
    status = bs_stack_logits(g->engine->stack, first, n, g->logits.data, err);
  for (size_t i = 0; i < n && status == BS_OK; i++) {
    stream *s = g->waiting[first + i];
    double u = bs_philox_uniform(s->request->seed, s->result->n_tokens);
    int32_t id = bs_sample(g->logits.data + i * n_vocab, n_vocab, s->request->temperature,
                           s->request->top_p, u, g->candidates);
    status = accept(g, s, id, err);
  }
  return status;
}

static bool samples(const generation *g, size_t output) {
  return g->waiting[output]->request->temperature > 0;
}

/* Runs the batch and decides the next token of every stream that waits for one. */
static bs_status flush(generation *g, bs_error *err) {
  bs_status status = BS_OK;
  if (g->batch.n_rows == 0)
    return BS_OK;
  for (size_t i = 0; i < g->batch.n_rows && status == BS_OK; i++)
    if (g->batch.rows[i].block->data == NULL)
      status = bs_kv_block_keep(g->batch.rows[i].block, bs_stack_kv(g->engine->stack), err);
  if (status == BS_OK)
    status = bs_engine_run(g->engine, &g->batch, err);
  size_t n = g->batch.n_outputs;
  for (size_t first = 0, next; first < n && status == BS_OK; first = next) {
    bool sampled = samples(g, first);
    for (next = first + 1;
         next < n && samples(g, next) == sampled && !(sampled && next - first == LOGIT_ROWS);)
      next++;
    status = sampled ? choose_sampled(g, first, next - first, err)
                     : choose_greedy(g, first, next - first, err);
  }
  bs_batch_clear(&g->batch);
  return status;
}

/* Adds n tokens (g->ids) of a stream; `wanted` when the last of them decides its next token. */
static bs_status feed(generation *g, stream *s, size_t n, size_t room, size_t length_class,
                      bool wanted, bs_error *err) {
  bs_status status = bs_batch_add(&g->batch, &s->path, g->ids, n, room, length_class, err);
  if (status == BS_OK && s->source != NULL)
    status = bs_batch_see(&g->batch, &s->source->path, err);
  if (status != BS_OK || !wanted)
    return status;
  status = bs_reserve(&g->waiting, &g->cap_waiting, g->batch.n_outputs, 1, err);
  if (status == BS_OK) {
    g->waiting[g->batch.n_outputs] = s;
    status = bs_batch_want(&g->batch, g->batch.n_rows - 1, err);
  }
  return status;
}

/* A text of the stream from token `at` on. */
static bs_status feed_text(generation *g, stream *s, const bs_sequence *text, size_t at,
                           bs_error *err) {
  bs_status status = BS_OK;
  while (at < text->n && status == BS_OK) {
    if (g->batch.n_rows >= g->engine->max_rows)
      status = flush(g, err);
    size_t room = g->engine->max_rows - g->batch.n_rows;
    size_t n = text->n - at < room ? text->n - at : room;
    if (status != BS_OK)
      break;
    bs_sequence_copy(text, at, n, g->ids);
    at += n;
    status = feed(g, s, n, 0, text->length_class, at == text->n, err);
  }
  return status;
}

/* The whole prompt but for what it shares with the one before; its last token is always computed.
   The trunk outlives the stream, which may finish as soon as its batch runs. */
static bs_status feed_prompt(generation *g, stream *s, bs_error *err) {
  bs_status status = BS_OK;
  size_t at = 0;
  if (g->last != NULL) {
    at = bs_sequence_shared(&g->last->prompt, &s->prompt);
    at = at < s->prompt.n ? at : s->prompt.n - 1;
    status = bs_kv_path_copy(&s->path, &g->trunk, at, err);
  }
  if (status == BS_OK)
    status = feed_text(g, s, &s->prompt, at, err);
  bs_kv_path_free(&g->trunk);
  g->last = s;
  return status == BS_OK ? bs_kv_path_copy(&g->trunk, &s->path, s->prompt.n, err) : status;
}

/* The token that was decided last. A text that grows into other angles is computed anew. */
static bs_status feed_token(generation *g, stream *s, bs_error *err) {
  const bs_blueprint *blueprint = g->engine->blueprint;
  size_t n = s->path.n_positions + 1;
  size_t length_class = bs_blueprint_length_class(blueprint, n);
  if (bs_blueprint_begins_anew(blueprint, n)) {
    const bs_sequence text = {.front = s->prompt.front,
                              .head = s->prompt.head,
                              .tail = {s->result->ids, s->result->n_tokens},
                              .n = n,
                              .length_class = length_class};
    bs_kv_path_free(&s->path);
    return feed_text(g, s, &text, 0, err);
  }
  g->ids[0] = s->result->ids[s->result->n_tokens - 1];
  return feed(g, s, 1, DECODE_ROOM, length_class, true, err);
}

/* One token more for everyone. */
static bs_status run_round(generation *g, bs_error *err) {
  bs_status status = BS_OK;
  for (size_t i = 0; i < g->n_admitted && status == BS_OK; i++) {
    stream *s = &g->streams[i];
    if (s->finished)
      continue;
    if (g->batch.n_rows >= g->engine->max_rows)
      status = flush(g, err);
    if (status == BS_OK)
      status = s->path.n_positions == 0 ? feed_prompt(g, s, err) : feed_token(g, s, err);
  }
  return status == BS_OK ? flush(g, err) : status;
}

/* Streams of one source stand one after the other; the first of them brings it along. */
static bool brings_source(const generation *g, const stream *s) {
  return s->source != NULL && (s == g->streams || s[-1].source != s->source);
}

static bs_status admit(generation *g, bs_error *err) {
  bs_engine *engine = g->engine;
  size_t limit = bs_kept_tokens(bs_stack_kv(engine->stack), engine->blueprint,
                                engine->encoder_blueprint, engine->max_rows);
  size_t first = g->sources.n, end = 0; /* sources that come in */
  while (g->n_admitted < g->n_streams) {
    const stream *s = &g->streams[g->n_admitted];
    bool is_new = brings_source(g, s);
    size_t n = s->prompt.n + s->request->max_tokens + (is_new ? s->source->ids.n : 0);
    if (g->n_reserved > 0 && g->n_reserved + n > limit)
      break;
    if (is_new) {
      end = (size_t)(s->source - g->sources.items) + 1;
      first = bs_size_min(first, end - 1);
    }
    g->n_reserved += n;
    g->n_admitted++;
  }
  return first < end ? bs_sources_read(engine, &g->sources, first, end, err) : BS_OK;
}

bs_status bs_engine_generate(bs_engine *engine, const bs_generate_request *requests, size_t n,
                             bs_stop_function stop, void *user, bs_generate_result **results,
                             bs_error *err) {
  *results = NULL;
  generation g = {.engine = engine, .stop = stop, .user = user};
  int before = bs_engine_enter(engine);
  bs_generate_result *all = bs_array_new(n, sizeof *all, err);
  g.ids = bs_array_new(engine->max_rows < engine->blueprint->max_positions
                           ? engine->max_rows
                           : engine->blueprint->max_positions,
                       sizeof *g.ids, err);
  bs_status status = all == NULL || g.ids == NULL ? BS_ERR_MEMORY : BS_OK;
  if (status == BS_OK)
    status = make_streams(&g, requests, n, all, err);
  while (status == BS_OK && (g.n_reserved > 0 || g.n_admitted < g.n_streams)) {
    status = admit(&g, err);
    if (status == BS_OK)
      status = run_round(&g, err);
  }
  for (size_t i = 0; i < g.n_streams; i++)
    bs_kv_path_free(&g.streams[i].path);
  for (size_t i = 0; i < n && all != NULL; i++)
    if (all[i].error.status != BS_OK) {
      free(all[i].ids);
      all[i].ids = NULL;
      all[i].n_tokens = 0;
    }
  bs_batch_free(&g.batch);
  bs_kv_path_free(&g.trunk);
  bs_sources_free(&g.sources);
  free(g.streams);
  free(g.waiting);
  free(g.ids);
  bs_floats_free(&g.logits);
  free(g.candidates);
  bs_engine_leave(before);
  if (status != BS_OK)
    bs_generate_results_free(&all, n);
  *results = all;
  return status;
}

void bs_generate_results_free(bs_generate_result **results, size_t n) {
  if (*results == NULL)
    return;
  for (size_t i = 0; i < n; i++)
    free((*results)[i].ids);
  free(*results);
  *results = NULL;
}
