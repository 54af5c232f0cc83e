/* bigsweep loglik: log-probabilities of continuations, a line each. */
#include <stdlib.h>

#include "bigsweep/helpers.h"
#include "program/filter.h"
#include "program/model_options.h"

enum { MAX_BATCH = 256 };

typedef struct loglik {
  bs_backend *model;
  bs_tokens context, continuation; /* of a line that gives ids */
  bs_query *queries[MAX_BATCH];    /* the lines of a batch that can be asked about */
  size_t line_of[MAX_BATCH];
  size_t n_queries;
} loglik;

/* The ids of a model with an encoder by their own names: what it reads, and the decoder's text,
   whose first id is the one that it begins with and is not scored. */
static bs_status read_decoder(loglik *l, const bs_json *json, bs_question *question,
                              bs_passage *continuation, bs_error *err) {
  const bs_model_info *info = &bs_backend_about(l->model)->model;
  if (!info->has_encoder)
    return bs_json_fault(json, json->root, err,
                         "encoder_ids, decoder_ids: this model has no encoder; give context_ids "
                         "and continuation_ids");
  l->context.n = l->continuation.n = 0;
  bs_status status = get_ids(json, "encoder_ids", &l->context, err);
  if (status == BS_OK)
    status = get_ids(json, "decoder_ids", &l->continuation, err);
  if (status == BS_OK && (l->continuation.n == 0 || l->continuation.ids[0] != info->decoder_start))
    status = bs_json_fault(json, bs_json_get(json->root, "decoder_ids"), err,
                           "expected ids that begin with %d, config.json's decoder_start_token_id",
                           (int)info->decoder_start);
  if (status != BS_OK)
    return status;
  question->context = (bs_passage){.ids = l->context.ids, .n_ids = l->context.n};
  *continuation = (bs_passage){.ids = l->continuation.ids + 1, .n_ids = l->continuation.n - 1};
  return BS_OK;
}

/* A member of the line: text, or where `ids` are given those. */
static bs_status read_passage(const bs_json *json, const char *key, const char *ids_key,
                              bs_tokens *ids, bs_passage *passage, bs_error *err) {
  *passage = (bs_passage){0};
  if (ids == NULL)
    return get_text(json, key, &passage->text, &passage->n_bytes, err);
  ids->n = 0;
  bs_status status = get_ids(json, ids_key, ids, err);
  passage->ids = ids->ids;
  passage->n_ids = ids->n;
  return status;
}

/* What a line asks, given as text or as ids. */
static bs_status read_query(loglik *l, const bs_json *json, bs_query **query, bs_error *err) {
  static const char *const known[] = {
      "context",     "continuation", "context_ids", "continuation_ids",
      "encoder_ids", "decoder_ids",  "border"};
  bs_passage continuation;
  bs_question question = {
      .continuations = &continuation, .n = 1, .tokenless = BS_TOKENLESS_IF_EMPTY};
  bs_status status = bs_json_known_keys(json, json->root, known, sizeof known / sizeof *known, err);
  if (status == BS_OK)
    status = get_border(json, &question.border, err);
  if (status != BS_OK)
    return status;
  if (bs_json_get(json->root, "encoder_ids") != NULL ||
      bs_json_get(json->root, "decoder_ids") != NULL) {
    status = read_decoder(l, json, &question, &continuation, err);
    return status == BS_OK ? bs_backend_ask(query, l->model, &question, err) : status;
  }
  bool has_ids = bs_json_get(json->root, "context_ids") != NULL ||
                 bs_json_get(json->root, "continuation_ids") != NULL;
  status = read_passage(json, "context", "context_ids", has_ids ? &l->context : NULL,
                        &question.context, err);
  if (status == BS_OK)
    status = read_passage(json, "continuation", "continuation_ids",
                          has_ids ? &l->continuation : NULL, &continuation, err);
  return status == BS_OK ? bs_backend_ask(query, l->model, &question, err) : status;
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

static void free_queries(loglik *l) {
  for (size_t i = 0; i < l->n_queries; i++)
    bs_query_free(&l->queries[i]);
  l->n_queries = 0;
}

static bs_status score_lines(void *user, filter_item *items, size_t n, bs_error *err) {
  loglik *l = user;
  for (size_t i = 0; i < n; i++)
    if (items[i].error.status == BS_OK &&
        read_query(l, items[i].json, &l->queries[l->n_queries], &items[i].error) == BS_OK)
      l->line_of[l->n_queries++] = i;
  bs_score_result *results = NULL;
  bs_status status = bs_backend_score(l->model, l->queries, l->n_queries, &results, err);
  for (size_t r = 0; status == BS_OK && r < l->n_queries; r++) {
    filter_item *item = &items[l->line_of[r]];
    if (results[r].error.status != BS_OK)
      item->error = results[r].error;
    else
      status = write_score(&results[r].scores[0], l->queries[r]->n_spanned > 0, &item->answer, err);
  }
  bs_score_results_free(&results, l->n_queries);
  free_queries(l);
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
  loglik *l = bs_array_new(1, sizeof *l, &err);
  if (l == NULL)
    return fail(command, &err);
  int code = model_open(&l->model, &values, &err) != BS_OK
                 ? fail(command, &err)
                 : filter_run(command, MAX_BATCH, score_lines, l);
  bs_tokens_free(&l->context);
  bs_tokens_free(&l->continuation);
  bs_backend_close(&l->model);
  free(l);
  return code;
}

const bs_command loglik_command = {
    "loglik",
    "--model DIR [--dtype auto|f32|bf16x2|bf16] [--threads N] [--isa NAME] "
    "[--transformers V]",
    "filter: {\"context\", \"continuation\", \"border\"} (or ..._ids) to log-probabilities", run};
