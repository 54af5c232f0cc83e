#include <stdlib.h>
#include <string.h>

#include "base/memory_internal.h"
#include "bigsweep/evaluate.h"
#include "program/filter.h"
#include "program/model.h"

enum { MAX_BATCH = 256 };

typedef struct pair {
  bs_tokens context, continuation;
  bool spans; /* a token would span their border */
} pair;

/* Tokens of a line, given as text or as ids. */
static bs_status read_pair(const model *m, const bs_json *json, pair *p, bs_error *err) {
  static const char *const known[] = {"context", "continuation", "context_ids", "continuation_ids",
                                      "border"};
  bs_border border;
  p->context.n = p->continuation.n = 0;
  p->spans = false;
  bs_status status = bs_json_known_keys(json, json->root, known, sizeof known / sizeof *known, err);
  if (status == BS_OK)
    status = get_border(json, &border, err);
  if (status != BS_OK)
    return status;
  if (bs_json_get(json->root, "context_ids") != NULL ||
      bs_json_get(json->root, "continuation_ids") != NULL) {
    status = get_ids(json, "context_ids", &p->context, err);
    return status == BS_OK ? get_ids(json, "continuation_ids", &p->continuation, err) : status;
  }
  const char *context = NULL, *continuation = NULL;
  size_t context_bytes = 0, continuation_bytes = 0;
  status = get_text(json, "context", &context, &context_bytes, err);
  if (status == BS_OK)
    status = get_text(json, "continuation", &continuation, &continuation_bytes, err);
  if (status == BS_OK)
    status = model_needs_tokenizer(m, err);
  if (status == BS_OK)
    status = bs_encode_pair(m->tokenizer, border, context, context_bytes, continuation,
                            continuation_bytes, &p->context, &p->continuation, &p->spans, err);
  return status;
}

static bs_status write_score(const bs_score *score, bool spans, bs_text *answer, bs_error *err) {
  bs_status status = bs_text_append_string(answer, "{\"logprob\": ", err);
  if (status == BS_OK)
    status = bs_json_append_double(answer, score->logprob, err);
  if (status == BS_OK)
    status = bs_text_append_string(answer, ", \"token_logprobs\": [", err);
  for (size_t i = 0; status == BS_OK && i < score->n_tokens; i++) {
    if (i > 0)
      status = bs_text_append(answer, ", ", 2, err);
    if (status == BS_OK)
      status = bs_json_append_double(answer, score->token_logprobs[i], err);
  }
  if (status == BS_OK)
    status = bs_text_printf(answer, err, "], \"greedy\": %s",
                            score->n_greedy == score->n_tokens ? "true" : "false");
  if (status == BS_OK && spans)
    status = bs_text_append_string(answer, ", \"border\": \"separate\"", err);
  if (status == BS_OK && score->truncated_tokens > 0)
    status = bs_text_printf(answer, err, ", \"truncated_tokens\": %zu", score->truncated_tokens);
  return status == BS_OK ? bs_text_append(answer, "}", 1, err) : status;
}

/* The lines of a batch as one batch of the engine. */
typedef struct batch {
  pair pairs[MAX_BATCH];
  bs_token_span continuations[MAX_BATCH];
  bs_score_request requests[MAX_BATCH];
  size_t line_of[MAX_BATCH];
} batch;

typedef struct loglik {
  model m;
  batch *batch;
} loglik;

static bs_status score_lines(void *user, filter_item *items, size_t n, bs_error *err) {
  loglik *l = user;
  batch *b = l->batch;
  size_t n_requests = 0;
  for (size_t i = 0; i < n; i++) {
    if (items[i].error.status != BS_OK ||
        read_pair(&l->m, items[i].json, &b->pairs[i], &items[i].error) != BS_OK)
      continue;
    b->continuations[n_requests] =
        (bs_token_span){b->pairs[i].continuation.ids, b->pairs[i].continuation.n};
    b->requests[n_requests] =
        (bs_score_request){.context = {b->pairs[i].context.ids, b->pairs[i].context.n},
                           .continuations = &b->continuations[n_requests],
                           .n_continuations = 1};
    b->line_of[n_requests++] = i;
  }
  bs_score_result *results = NULL;
  bs_status status = bs_engine_score(l->m.engine, b->requests, n_requests, &results, err);
  for (size_t r = 0; status == BS_OK && r < n_requests; r++) {
    filter_item *item = &items[b->line_of[r]];
    if (results[r].error.status != BS_OK)
      item->error = results[r].error;
    else
      status =
          write_score(&results[r].scores[0], b->pairs[b->line_of[r]].spans, &item->answer, err);
  }
  bs_score_results_free(&results, n_requests);
  return status;
}

static int run(const bs_command *command, int argc, char **argv) {
  model_options values = {0};
  option options[N_MODEL_OPTIONS];
  model_option_rows(&values, options);
  parsed p = options_parse(command, argc, argv, options, N_MODEL_OPTIONS, 0, 0);
  if (!p.go_on)
    return p.exit_code;
  bs_error err = {0};
  loglik l = {.batch = bs_array_new(1, sizeof(batch), &err)};
  if (l.batch != NULL)
    model_open(&l.m, &values, &err);
  int code =
      err.status != BS_OK ? fail(command, &err) : filter_run(command, MAX_BATCH, score_lines, &l);
  for (size_t i = 0; l.batch != NULL && i < MAX_BATCH; i++) {
    bs_tokens_free(&l.batch->pairs[i].context);
    bs_tokens_free(&l.batch->pairs[i].continuation);
  }
  free(l.batch);
  model_close(&l.m);
  return code;
}

const bs_command loglik_command = {
    "loglik", "--model DIR [--dtype auto|f32|bf16x2|bf16] [--threads N] [--isa NAME]",
    "filter: {\"context\", \"continuation\", \"border\"} (or ..._ids) to log-probabilities", run};
