/* Scoring: requests become sequences, the sequences a tree of shared prefixes, the tree's tokens
   passes of bounded size; a token goes through the layers once. Texts whose angles go by their
   length share only with texts of the same length class. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory_internal.h"
#include "engine/server/source_internal.h"

/* The logit of `id` behind token `row` of the whole walk, and where its log-probability goes. */
typedef struct want {
  size_t row;
  int32_t id;
  bs_score *score;
  size_t place; /* in score->token_logprobs */
} want;

typedef struct scoring {
  bs_engine *engine;
  bs_sequence *sequences;
  size_t n_sequences, cap_sequences;
  bs_score **scores; /* by owner */
  size_t n_scores, cap_scores;
  bs_sources sources;
  size_t first_read, end_read; /* of sources: those that are kept now */
  want *wants;                 /* ascending rows */
  size_t n_wants;

  /* The walk. */
  bs_batch batch;
  bs_kv_path path;
  int32_t *ids;     /* [max_rows] */
  size_t n_walked;  /* tokens of finished passes */
  size_t next_want; /* of wants */
} scoring;

/* One continuation: checks, allocates its score, and adds a sequence unless nothing is computed. */
static bs_status add_continuation(scoring *s, bs_token_span source, bs_token_span context,
                                  bs_kept kept, bs_token_span continuation, bs_score *score,
                                  bs_error *err) {
  const bs_blueprint *blueprint = s->engine->blueprint;
  bs_status status = bs_check_ids(s->engine, continuation, "continuation", err);
  if (status != BS_OK)
    return status;
  if (continuation.n > blueprint->max_positions)
    return bs_error_set(err, BS_ERR_LIMIT,
                        "a continuation of %zu tokens; the model has %zu positions", continuation.n,
                        blueprint->max_positions);
  size_t room = blueprint->max_positions + 1 - continuation.n; /* at least 1 */
  size_t cut = context.n > room ? context.n - room : 0;
  bs_sequence sequence = {.source = source, .tail = continuation, .owner = s->n_scores};
  status = bs_sequence_cut(&sequence, context, kept, cut, err);
  if (status != BS_OK)
    return status;
  *score = (bs_score){.n_tokens = continuation.n, .truncated_tokens = cut};
  score->token_logprobs = bs_array_new(continuation.n, sizeof *score->token_logprobs, err);
  if (score->token_logprobs == NULL)
    return BS_ERR_MEMORY;
  s->engine->done.tokens_asked += source.n + context.n - cut + continuation.n;
  if (continuation.n == 0)
    return BS_OK;
  status = bs_reserve(&s->sequences, &s->cap_sequences, s->n_sequences, 1, err);
  if (status == BS_OK)
    status = bs_reserve(&s->scores, &s->cap_scores, s->n_scores, 1, err);
  if (status != BS_OK)
    return status;
  sequence.n = context.n - cut + continuation.n - 1;
  sequence.length_class = bs_blueprint_length_class(blueprint, sequence.n);
  s->sequences[s->n_sequences++] = sequence;
  s->scores[s->n_scores++] = score;
  return BS_OK;
}

static void free_scores(bs_score_result *result) {
  for (size_t i = 0; i < result->n_scores; i++)
    free(result->scores[i].token_logprobs);
  free(result->scores);
  result->scores = NULL;
  result->n_scores = 0;
}

/* A bad request leaves its error in its result and no sequence behind; only BS_ERR_MEMORY is
   returned. */
static bs_status add_request(scoring *s, const bs_score_request *request, bs_score_result *result,
                             bs_error *err) {
  bs_token_span context = request->context, source = request->source;
  size_t n_sequences = s->n_sequences, n_scores = s->n_scores;
  bs_engine_work done = s->engine->done;
  bs_error *own = &result->error;
  size_t cut;
  bs_status status = bs_check_source(s->engine, &source, &cut, own);
  if (status == BS_OK)
    status = bs_check_ids(s->engine, context, "context", own);
  if (status == BS_OK)
    status = bs_default_context(s->engine, &context, own);
  if (status == BS_OK) {
    result->scores = bs_array_new(request->n_continuations, sizeof *result->scores, own);
    status = result->scores == NULL ? BS_ERR_MEMORY : BS_OK;
  }
  for (size_t i = 0; i < request->n_continuations && status == BS_OK; i++) {
    result->n_scores = i + 1;
    status = add_continuation(s, source, context, request->kept, request->continuations[i],
                              &result->scores[i], own);
    result->scores[i].truncated_tokens += cut;
  }
  if (status == BS_OK)
    return BS_OK;
  s->n_sequences = n_sequences;
  s->n_scores = n_scores;
  s->engine->done = done;
  free_scores(result);
  return status == BS_ERR_MEMORY ? bs_error_set(err, status, "%s", own->message) : BS_OK;
}

static int by_row(const void *a, const void *b) {
  const want *x = a, *y = b;
  return x->row < y->row ? -1 : x->row > y->row;
}

/* Numbers the tokens of the walk and finds, for every scored token, the one that predicts it. */
static bs_status collect_wants(scoring *s, bs_error *err) {
  size_t n_wants = 0, longest = 0, n_rows = 0;
  for (size_t i = 0; i < s->n_sequences; i++) {
    const bs_sequence *sequence = &s->sequences[i];
    n_wants += sequence->tail.n;
    longest = bs_size_max(sequence->n, longest);
  }
  size_t *row_at = bs_array_new(longest, sizeof *row_at, err); /* by position, on the path */
  s->wants = bs_array_new(n_wants, sizeof *s->wants, err);
  if (row_at == NULL || s->wants == NULL) {
    free(row_at);
    return BS_ERR_MEMORY;
  }
  for (size_t i = 0; i < s->n_sequences; i++) {
    const bs_sequence *sequence = &s->sequences[i];
    size_t shared = i > 0 ? bs_sequence_shared(&s->sequences[i - 1], sequence) : 0;
    for (size_t p = shared; p < sequence->n; p++)
      row_at[p] = n_rows++;
    size_t n_before = sequence->front.n + sequence->head.n;
    for (size_t k = 0; k < sequence->tail.n; k++)
      s->wants[s->n_wants++] = (want){.row = row_at[n_before + k - 1],
                                      .id = sequence->tail.ids[k],
                                      .score = s->scores[sequence->owner],
                                      .place = k};
  }
  free(row_at);
  if (s->n_wants > 1)
    qsort(s->wants, s->n_wants, sizeof *s->wants, by_row);
  return BS_OK;
}

/* The output head over the batch's outputs; `first` of the n wants is the first that is theirs. */
static bs_status summarize(scoring *s, const want *wants, size_t n, bs_error *err) {
  size_t m = s->batch.n_outputs;
  size_t *offsets = bs_array_new(m + 1, sizeof *offsets, err);
  int32_t *ids = bs_array_new(n, sizeof *ids, err);
  int32_t *best = bs_array_new(m, sizeof *best, err);
  float *logits = bs_array_new(n, sizeof *logits, err);
  double *norms = bs_array_new(m, sizeof *norms, err);
  bs_status status = BS_ERR_MEMORY;
  if (offsets == NULL || ids == NULL || best == NULL || logits == NULL || norms == NULL)
    goto cleanup;
  for (size_t i = 0, k = 0; i < m; i++) {
    for (; k < n && wants[k].row == s->n_walked + s->batch.outputs[i]; k++)
      ids[k] = wants[k].id;
    offsets[i + 1] = k;
  }
  status = bs_stack_summary(s->engine->stack, 0, m, offsets, ids, norms, best, logits, err);
  for (size_t i = 0; status == BS_OK && i < m; i++) {
    for (size_t k = offsets[i]; k < offsets[i + 1]; k++) {
      wants[k].score->token_logprobs[wants[k].place] = (double)logits[k] - norms[i];
      wants[k].score->n_greedy += ids[k] == best[i];
    }
  }

cleanup:
  free(norms);
  free(logits);
  free(best);
  free(ids);
  free(offsets);
  return status;
}

/* Runs the batch. Later sequences go on from the first `keep` positions of the path: their blocks
   get memory for all layers, the batch's other blocks live for this pass. */
static bs_status run_pass(scoring *s, size_t keep, bs_error *err) {
  bs_status status = BS_OK;
  bs_kv_path_truncate(&s->path, keep);
  for (size_t i = 0; i < s->path.n && status == BS_OK; i++)
    if (s->path.pieces[i].block->data == NULL)
      status = bs_kv_block_keep(s->path.pieces[i].block, bs_stack_kv(s->engine->stack), err);
  size_t first = s->next_want;
  while (status == BS_OK && s->next_want < s->n_wants &&
         s->wants[s->next_want].row < s->n_walked + s->batch.n_rows) {
    size_t row = s->wants[s->next_want++].row - s->n_walked;
    size_t n = s->batch.n_outputs;
    if (n == 0 || s->batch.outputs[n - 1] != row)
      status = bs_batch_want(&s->batch, row, err);
  }
  if (status == BS_OK)
    status = bs_engine_run(s->engine, &s->batch, err);
  if (status == BS_OK && s->batch.n_outputs > 0)
    status = summarize(s, s->wants + first, s->next_want - first, err);
  s->n_walked += s->batch.n_rows;
  bs_batch_clear(&s->batch);
  return status;
}

/* Blocks are padded; many short branches may fill a pass before its tokens do. */
static bool is_full(const scoring *s) {
  return s->batch.n_rows >= s->engine->max_rows ||
         s->batch.n_new_positions / 4 >= s->engine->max_rows;
}

/* Lets the encoder read the source of a sequence, if it has not, and as many of those that follow
   as may be kept at a time; those before are done with. */
static bs_status read_sources(scoring *s, const bs_sequence *sequence, bs_error *err) {
  const bs_engine *engine = s->engine;
  if (s->sources.n == 0 || sequence->source_index < s->end_read)
    return BS_OK;
  bs_status status = s->batch.n_rows > 0 ? run_pass(s, 0, err) : BS_OK;
  for (; s->first_read < s->end_read; s->first_read++)
    bs_kv_path_free(&s->sources.items[s->first_read].path);
  size_t most = bs_kept_tokens(bs_stack_kv(engine->stack), engine->blueprint,
                               engine->encoder_blueprint, engine->max_rows) -
                engine->blueprint->max_positions;
  size_t n_tokens = 0;
  do
    n_tokens += s->sources.items[s->end_read++].ids.n;
  while (s->end_read < s->sources.n && n_tokens + s->sources.items[s->end_read].ids.n <= most);
  return status == BS_OK ? bs_sources_read(s->engine, &s->sources, s->first_read, s->end_read, err)
                         : status;
}

/* Adds n tokens of a sequence to the batch, from `at` on. */
static bs_status add_tokens(scoring *s, const bs_sequence *sequence, size_t at, size_t n,
                            bs_error *err) {
  bs_sequence_copy(sequence, at, n, s->ids);
  bs_status status = bs_batch_add(&s->batch, &s->path, s->ids, n, 0, sequence->length_class, err);
  if (status == BS_OK && s->sources.n > 0)
    status = bs_batch_see(&s->batch, &s->sources.items[sequence->source_index].path, err);
  return status;
}

static bs_status walk(scoring *s, bs_error *err) {
  bs_status status = BS_OK;
  for (size_t i = 0; i < s->n_sequences && status == BS_OK; i++) {
    const bs_sequence *sequence = &s->sequences[i];
    size_t at = i > 0 ? bs_sequence_shared(&s->sequences[i - 1], sequence) : 0;
    status = read_sources(s, sequence, err);
    if (status != BS_OK)
      break;
    if (s->batch.n_rows > 0 && is_full(s))
      status = run_pass(s, at, err);
    else
      bs_kv_path_truncate(&s->path, at);
    while (at < sequence->n && status == BS_OK) {
      size_t room = s->engine->max_rows - s->batch.n_rows;
      size_t n = sequence->n - at < room ? sequence->n - at : room;
      status = add_tokens(s, sequence, at, n, err);
      at += n;
      if (status == BS_OK && at < sequence->n)
        status = run_pass(s, at, err);
    }
  }
  if (status == BS_OK && s->batch.n_rows > 0)
    status = run_pass(s, 0, err);
  return status;
}

/* Sums; a log-probability that is no number is the request's error. */
static void finish(bs_score_result *result) {
  for (size_t i = 0; i < result->n_scores; i++) {
    bs_score *score = &result->scores[i];
    for (size_t k = 0; k < score->n_tokens; k++) {
      if (!isfinite(score->token_logprobs[k]))
        bs_error_set(&result->error, BS_ERR_INPUT,
                     "the log-probability of token %zu of continuation %zu is not finite: the "
                     "model's weights overflow here",
                     k, i);
      score->logprob += score->token_logprobs[k];
    }
  }
  if (result->error.status != BS_OK)
    free_scores(result);
}

bs_status bs_engine_score(bs_engine *engine, const bs_score_request *requests, size_t n,
                          bs_score_result **results, bs_error *err) {
  *results = NULL;
  scoring s = {.engine = engine};
  int before = bs_engine_enter(engine);
  bs_score_result *all = bs_array_new(n, sizeof *all, err);
  bs_status status = all == NULL ? BS_ERR_MEMORY : BS_OK;
  for (size_t i = 0; i < n && status == BS_OK; i++)
    status = add_request(&s, &requests[i], &all[i], err);
  bs_sequence_sort(s.sequences, s.n_sequences);
  if (status == BS_OK) {
    s.ids = bs_array_new(engine->max_rows < engine->blueprint->max_positions
                             ? engine->max_rows
                             : engine->blueprint->max_positions,
                         sizeof *s.ids, err);
    status = s.ids == NULL ? BS_ERR_MEMORY : BS_OK;
  }
  if (status == BS_OK)
    status = bs_sources_of(&s.sources, s.sequences, s.n_sequences, err);
  if (status == BS_OK)
    status = collect_wants(&s, err);
  if (status == BS_OK)
    status = walk(&s, err);
  for (size_t i = 0; i < n && status == BS_OK; i++)
    finish(&all[i]);
  bs_batch_free(&s.batch);
  bs_kv_path_free(&s.path);
  bs_sources_free(&s.sources);
  free(s.ids);
  free(s.wants);
  free(s.scores);
  free(s.sequences);
  bs_engine_leave(before);
  if (status != BS_OK)
    bs_score_results_free(&all, n);
  *results = all;
  return status;
}

void bs_score_results_free(bs_score_result **results, size_t n) {
  if (*results == NULL)
    return;
  for (size_t i = 0; i < n; i++)
    free_scores(&(*results)[i]);
  free(*results);
  *results = NULL;
}
