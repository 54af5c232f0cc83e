/* The table of backends: the local one against tokenizer and engine called by hand, and what each
   kind says of itself. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "backend/pairs.h"
#include "backend/scripted_internal.h"
#include "evaluating.h"
#include "harness.h"

static const char MODEL[] = BS_SOURCE_DIR "/models/ladder/s1/30k";

static const char *const CONTEXTS[] = {"Q: 12+13\nA: ", "Q: 12+13\nA:", "say gulig\nA: ", "a",
                                       "home rovog\nA:"};
static const char *const ANSWERS[] = {"25", "24", "no", "gulig"};
enum {
  N_CONTEXTS = sizeof CONTEXTS / sizeof *CONTEXTS,
  N_ANSWERS = sizeof ANSWERS / sizeof *ANSWERS
};

static bs_backend *open_backend(const char *model, bool is_to_look) {
  bs_backend_spec spec = {.place = model,
                          .engine = {.n_threads = 1, .precision = BS_PRECISION_F32},
                          .is_to_look = is_to_look};
  bs_backend *backend = NULL;
  bs_error err = {0};
  BS_TEST_OK(bs_backend_open(&backend, &spec, &err), err);
  CU_ASSERT_PTR_NOT_NULL_FATAL(backend);
  return backend;
}

static bs_passage passage(const char *text) {
  return (bs_passage){.text = text, .n_bytes = strlen(text)};
}

static bs_query *ask(const bs_backend *backend, bs_border border, const char *context,
                     const char *const *answers, size_t n, bool is_prompt) {
  bs_passage passages[N_ANSWERS];
  bs_query *query = NULL;
  bs_error err = {0};
  CU_ASSERT_TRUE_FATAL(n <= N_ANSWERS);
  for (size_t i = 0; i < n; i++)
    passages[i] = passage(answers[i]);
  bs_question question = {.border = border,
                          .context = passage(context),
                          .continuations = passages,
                          .n = n,
                          .tokenless = BS_TOKENLESS_FORBIDDEN,
                          .is_prompt = is_prompt};
  BS_TEST_OK(bs_backend_ask(&query, backend, &question, &err), err);
  CU_ASSERT_PTR_NOT_NULL_FATAL(query);
  return query;
}

/* One answer with its context against the engine, asked for ids that are encoded here. */
static void check_score(const parts *p, bs_border border, const char *context, const char *answer,
                        const bs_query *query, size_t k, const bs_score *score) {
  bs_error err = {0};
  bs_tokens before = {0}, behind = {0};
  bs_score_result *expected = NULL;
  BS_TEST_OK(encode_pair(p->tokenizer, border, context, strlen(context), answer, strlen(answer),
                         &before, &behind, NULL, &err),
             err);
  bs_token_span span = {behind.ids, behind.n};
  bs_score_request request = {{before.ids, before.n}, &span, 1, {0}, {0}};
  BS_TEST_OK(bs_engine_score(p->engine, &request, 1, &expected, &err), err);
  CU_ASSERT_PTR_NOT_NULL_FATAL(expected);
  CU_ASSERT_EQUAL_FATAL(expected[0].error.status, BS_OK);
  CU_ASSERT_EQUAL(query->n_context_tokens, before.n);
  CU_ASSERT_EQUAL(query->n_tokens[k], behind.n);
  CU_ASSERT_TRUE(score->logprob < 0 &&
                 same_bits(&score->logprob, &expected[0].scores[0].logprob, 1));
  CU_ASSERT_EQUAL(score->n_greedy, expected[0].scores[0].n_greedy);
  CU_ASSERT_EQUAL_FATAL(score->n_tokens, behind.n);
  CU_ASSERT_TRUE(same_bits(score->token_logprobs, expected[0].scores[0].token_logprobs, behind.n));
  bs_score_results_free(&expected, 1);
  bs_tokens_free(&before);
  bs_tokens_free(&behind);
}

static void scores_are_those_of_the_tokens(void) {
  bs_backend *backend = open_backend(MODEL, false);
  parts p = open_parts(MODEL);
  for (int b = 0; b < 2; b++) {
    bs_border border = b == 0 ? BS_BORDER_JOINT : BS_BORDER_SEPARATE;
    bs_query *queries[N_CONTEXTS];
    bs_score_result *results = NULL;
    bs_error err = {0};
    for (size_t i = 0; i < N_CONTEXTS; i++)
      queries[i] = ask(backend, border, CONTEXTS[i], ANSWERS, N_ANSWERS, false);
    BS_TEST_OK(bs_backend_score(backend, queries, N_CONTEXTS, &results, &err), err);
    CU_ASSERT_PTR_NOT_NULL_FATAL(results);
    for (size_t i = 0; i < N_CONTEXTS; i++) {
      CU_ASSERT_EQUAL_FATAL(results[i].error.status, BS_OK);
      CU_ASSERT_EQUAL_FATAL(results[i].n_scores, N_ANSWERS);
      for (size_t k = 0; k < N_ANSWERS; k++)
        check_score(&p, border, CONTEXTS[i], ANSWERS[k], queries[i], k, &results[i].scores[k]);
    }
    bs_score_results_free(&results, N_CONTEXTS);
    for (size_t i = 0; i < N_CONTEXTS; i++)
      bs_query_free(&queries[i]);
  }
  close_parts(&p);
  bs_backend_close(&backend);
}

/* The same question in ids gives the same bits. */
static void ids_stand_for_text(void) {
  bs_backend *backend = open_backend(MODEL, false);
  parts p = open_parts(MODEL);
  bs_error err = {0};
  bs_tokens before = {0}, behind = {0};
  bs_query *queries[2] = {ask(backend, BS_BORDER_JOINT, CONTEXTS[0], ANSWERS, 1, false), NULL};
  bs_score_result *results = NULL;
  BS_TEST_OK(encode_pair(p.tokenizer, BS_BORDER_JOINT, CONTEXTS[0], strlen(CONTEXTS[0]), ANSWERS[0],
                         strlen(ANSWERS[0]), &before, &behind, NULL, &err),
             err);
  bs_passage continuation = {.ids = behind.ids, .n_ids = behind.n};
  bs_question question = {
      .context = {.ids = before.ids, .n_ids = before.n}, .continuations = &continuation, .n = 1};
  BS_TEST_OK(bs_backend_ask(&queries[1], backend, &question, &err), err);
  BS_TEST_OK(bs_backend_score(backend, queries, 2, &results, &err), err);
  CU_ASSERT_PTR_NOT_NULL_FATAL(results);
  CU_ASSERT_EQUAL(queries[0]->n_context_tokens, queries[1]->n_context_tokens);
  CU_ASSERT_TRUE(same_bits(&results[0].scores[0].logprob, &results[1].scores[0].logprob, 1));
  bs_score_results_free(&results, 2);
  bs_query_free(&queries[0]);
  bs_query_free(&queries[1]);
  bs_tokens_free(&before);
  bs_tokens_free(&behind);
  close_parts(&p);
  bs_backend_close(&backend);
}

/* What a text within another counts has no BOS; a continuation without tokens is as asked for. */
static void questions_are_counted(void) {
  bs_error err = {0};
  bs_query *query = NULL;
  bs_backend *backend = open_backend(MODEL, true);
  bs_tokens prefix = {0};
  BS_TEST_OK(bs_border_prefix(bs_backend_about(backend)->tokenizer, &prefix, &err), err);
  bs_passage empty = passage("");
  bs_question question = {.context = passage("abc"), .continuations = &empty, .n = 1};
  BS_TEST_OK(bs_backend_ask(&query, backend, &question, &err), err);
  CU_ASSERT_EQUAL(query->n_context_tokens, prefix.n + 3); /* a token of this model is a letter */
  CU_ASSERT_EQUAL(query->n_tokens[0], 0);
  bs_query_free(&query);
  question.is_inside = true;
  question.tokenless = BS_TOKENLESS_IF_EMPTY;
  BS_TEST_OK(bs_backend_ask(&query, backend, &question, &err), err);
  CU_ASSERT_EQUAL(query->n_context_tokens, 3);
  bs_query_free(&query);
  question.tokenless = BS_TOKENLESS_FORBIDDEN;
  BS_TEST_FAILS(bs_backend_ask(&query, backend, &question, &err), BS_ERR_INPUT, err,
                "the answer is empty and the prompt does not end in white space");
  CU_ASSERT_PTR_NULL(query);
  question.context = passage("abc "); /* the blank moves to the answer */
  BS_TEST_OK(bs_backend_ask(&query, backend, &question, &err), err);
  CU_ASSERT_EQUAL(query->n_tokens[0], 1);
  bs_query_free(&query);
  question.context = passage("\xFF");
  BS_TEST_FAILS(bs_backend_ask(&query, backend, &question, &err), BS_ERR_INPUT, err, "UTF-8");
  bs_tokens_free(&prefix);
  bs_backend_close(&backend);
}

static bs_text_result *generate(bs_backend *backend, const bs_text_request *requests, size_t n,
                                bs_enough enough, void *user) {
  bs_text_result *results = NULL;
  bs_error err = {0};
  BS_TEST_OK(bs_backend_generate(backend, requests, n, enough, user, &results, &err), err);
  CU_ASSERT_PTR_NOT_NULL_FATAL(results);
  return results;
}

/* What has been told of a text so far is its beginning. */
typedef struct heard {
  char *text[N_CONTEXTS];
  size_t n_calls, most_bytes;
} heard;

static bool hear(void *user, size_t index, const char *text, size_t n_bytes) {
  heard *h = user;
  h->n_calls++;
  free(h->text[index]);
  h->text[index] = strndup(text, n_bytes);
  return n_bytes >= h->most_bytes;
}

static void texts_are_those_of_the_tokens(void) {
  enum { MAX_TOKENS = 12 };
  bs_backend *backend = open_backend(MODEL, false);
  parts p = open_parts(MODEL);
  bs_text_request requests[N_CONTEXTS];
  bs_query *queries[N_CONTEXTS];
  heard h = {.most_bytes = 4};
  for (size_t i = 0; i < N_CONTEXTS; i++) {
    queries[i] = ask(backend, BS_BORDER_JOINT, CONTEXTS[i], NULL, 0, true);
    requests[i] = (bs_text_request){.query = queries[i], .max_tokens = MAX_TOKENS};
  }
  bs_text_result *whole = generate(backend, requests, N_CONTEXTS, NULL, NULL);
  bs_text_result *ended = generate(backend, requests, N_CONTEXTS, hear, &h);
  for (size_t i = 0; i < N_CONTEXTS; i++) {
    bs_error err = {0};
    bs_text prompt = {0}, expected = {0};
    bs_text_append_string(&prompt, CONTEXTS[i], &err);
    generate_plainly(&p, &prompt, (bs_generate_request){.max_tokens = MAX_TOKENS}, &expected);
    CU_ASSERT_STRING_EQUAL(whole[i].text.data, expected.data);
    CU_ASSERT_EQUAL(strncmp(expected.data, ended[i].text.data, ended[i].text.n_bytes), 0);
    CU_ASSERT_TRUE(h.text[i] == NULL || strncmp(expected.data, h.text[i], strlen(h.text[i])) == 0);
    CU_ASSERT_TRUE(ended[i].text.n_bytes >= (expected.n_bytes < 4 ? expected.n_bytes : 4));
    CU_ASSERT_TRUE(ended[i].finish != BS_FINISH_STOP || ended[i].n_tokens < MAX_TOKENS);
    bs_text_free(&prompt);
    bs_text_free(&expected);
  }
  CU_ASSERT_TRUE(h.n_calls > N_CONTEXTS);
  /* One of the texts, ended before its second character; a token is a letter. */
  CU_ASSERT_TRUE_FATAL(whole[1].text.n_bytes >= 2);
  char second[2] = {whole[1].text.data[1], '\0'};
  const char *const stops[] = {"never in it", second};
  requests[1].stops = stops;
  requests[1].n_stops = 2;
  bs_text_result *stopped = generate(backend, &requests[1], 1, NULL, NULL);
  CU_ASSERT_EQUAL(stopped[0].finish, BS_FINISH_STOP);
  CU_ASSERT_EQUAL(stopped[0].text.n_bytes, strcspn(whole[1].text.data, second));
  CU_ASSERT_EQUAL(stopped[0].n_tokens, stopped[0].text.n_bytes + 1);
  bs_text_results_free(&stopped, 1);
  bs_text_results_free(&whole, N_CONTEXTS);
  bs_text_results_free(&ended, N_CONTEXTS);
  for (size_t i = 0; i < N_CONTEXTS; i++) {
    bs_query_free(&queries[i]);
    free(h.text[i]);
  }
  close_parts(&p);
  bs_backend_close(&backend);
}

static void looking_answers_nothing(void) {
  bs_error err = {0};
  bs_backend *backend = open_backend(MODEL, true);
  const bs_backend_info *info = bs_backend_about(backend);
  bs_query *query = ask(backend, BS_BORDER_JOINT, "a", ANSWERS, 1, true);
  bs_score_result *scores = NULL;
  bs_text_result *texts = NULL;
  bs_text_request request = {.query = query, .max_tokens = 1};
  CU_ASSERT_STRING_EQUAL(info->kind, "local");
  CU_ASSERT_TRUE(info->is_to_look);
  CU_ASSERT_EQUAL(info->can & (BS_CAN_SCORE | BS_CAN_GENERATE), 0);
  CU_ASSERT_NOT_EQUAL(info->can & BS_CAN_COUNT_TOKENS, 0);
  BS_TEST_FAILS(bs_backend_score(backend, &query, 1, &scores, &err), BS_ERR_UNSUPPORTED, err,
                "cannot give log-probabilities of texts");
  BS_TEST_FAILS(bs_backend_generate(backend, &request, 1, NULL, NULL, &texts, &err),
                BS_ERR_UNSUPPORTED, err, "cannot generate text");
  bs_query_free(&query);
  bs_backend_close(&backend);
}

static void copy_file(const char *folder, const char *name) {
  char from[1024], to[1024];
  snprintf(from, sizeof from, "%s/%s", MODEL, name);
  snprintf(to, sizeof to, "%s/%s", folder, name);
  bs_text bytes = bs_test_read(from);
  FILE *file = fopen(to, "wb");
  CU_ASSERT_PTR_NOT_NULL_FATAL(file);
  CU_ASSERT_EQUAL(fwrite(bytes.data, 1, bytes.n_bytes, file), bytes.n_bytes);
  fclose(file);
  bs_text_free(&bytes);
}

static void ids_do_without_a_tokenizer(void) {
  bs_error err = {0};
  bs_backend *backend = NULL;
  bs_query *query = NULL;
  bs_score_result *results = NULL;
  char folder[512];
  snprintf(folder, sizeof folder, "%s", bs_test_path("bare"));
  mkdir(folder, 0700);
  copy_file(folder, "config.json");
  copy_file(folder, "model.safetensors");
  bs_backend_spec spec = {.place = folder, .engine = {.n_threads = 1}};
  BS_TEST_FAILS(bs_backend_open(&backend, &spec, &err), BS_ERR_IO, err, "tokenizer.json");
  CU_ASSERT_PTR_NULL(backend);
  spec.may_lack_tokenizer = true;
  BS_TEST_OK(bs_backend_open(&backend, &spec, &err), err);
  CU_ASSERT_PTR_NOT_NULL_FATAL(backend);
  CU_ASSERT_PTR_NULL(bs_backend_about(backend)->tokenizer);
  static const int32_t ids[] = {3, 4, 5};
  bs_passage continuation = {.ids = ids + 1, .n_ids = 2};
  bs_question question = {
      .context = {.ids = ids, .n_ids = 1}, .continuations = &continuation, .n = 1};
  BS_TEST_OK(bs_backend_ask(&query, backend, &question, &err), err);
  BS_TEST_OK(bs_backend_score(backend, &query, 1, &results, &err), err);
  CU_ASSERT_TRUE(results[0].scores[0].logprob < 0);
  bs_score_results_free(&results, 1);
  bs_query_free(&query);
  question.is_prompt = true; /* its text would need one */
  BS_TEST_FAILS(bs_backend_ask(&query, backend, &question, &err), BS_ERR_INPUT, err,
                "the model has no tokenizer.json: give token ids");
  question = (bs_question){.context = passage("a")};
  BS_TEST_FAILS(bs_backend_ask(&query, backend, &question, &err), BS_ERR_INPUT, err,
                "the model has no tokenizer.json: give token ids");
  bs_backend_close(&backend);
}

static void models_are_told_apart(void) {
  bs_error err = {0};
  char expected[65], sha256[65];
  bs_text prints = {0};
  bs_backend *backend = open_backend(MODEL, true);
  bs_backend_spec same = {.place = MODEL}, other = {.place = BS_SOURCE_DIR "/models/ladder/s2/30k"};
  BS_TEST_OK(bs_checkpoint_sha256(MODEL, expected, &err), err);
  BS_TEST_OK(bs_backend_identify(backend, sha256, &prints, &err), err);
  CU_ASSERT_STRING_EQUAL(sha256, expected);
  BS_TEST_OK(bs_backend_check_copy(&same, prints.data, &err), err);
  BS_TEST_FAILS(bs_backend_check_copy(&other, prints.data, &err), BS_ERR_INPUT, err,
                "not the file that the coordinator has read");
  bs_text_free(&prints);
  bs_backend_close(&backend);
}

static void costs_follow_the_weights(void) {
  bs_error err = {0};
  bs_backend *backend = open_backend(MODEL, true);
  const bs_model_info *info = &bs_backend_about(backend)->model;
  bs_backend_cost cost;
  bs_checkpoint *checkpoint = NULL;
  bs_engine_options options = {.n_threads = 1, .precision = BS_PRECISION_F32};
  uint64_t bytes = 0;
  BS_TEST_OK(bs_backend_cost_of(backend, &cost, &err), err);
  BS_TEST_OK(bs_checkpoint_open(&checkpoint, MODEL, &err), err);
  BS_TEST_OK(bs_engine_memory(checkpoint, &options, &bytes, &err), err);
  CU_ASSERT_EQUAL(cost.per_token, 2.0 * (double)(info->non_embedding_parameters + 1));
  CU_ASSERT_EQUAL(cost.opening, 100.0 * (double)info->weights_bytes);
  CU_ASSERT_EQUAL(cost.smallest, 512 * cost.per_token);
  CU_ASSERT_EQUAL(cost.memory_bytes, bytes);
  CU_ASSERT_TRUE(cost.least_bytes > 0 && cost.least_bytes < cost.memory_bytes);
  bs_checkpoint_free(&checkpoint);
  bs_backend_close(&backend);
}

static void count_note(void *user, const char *note) {
  CU_ASSERT_TRUE(strlen(note) > 0);
  ++*(size_t *)user;
}

static void kinds_are_known_by_name(void) {
  bs_error err = {0};
  bs_backend *backend = NULL;
  size_t n_notes = 0;
  bs_backend_spec spec = {.kind = "remote", .place = MODEL};
  BS_TEST_FAILS(bs_backend_open(&backend, &spec, &err), BS_ERR_USAGE, err,
                "expected \"local\" or \"scripted\" as kind of model, found \"remote\"");
  CU_ASSERT_PTR_NULL(backend);
  spec.kind = "scripted";
  BS_TEST_FAILS(bs_backend_open(&backend, &spec, &err), BS_ERR_USAGE, err, "needs a script");
  CU_ASSERT_PTR_NULL(backend);
  spec = (bs_backend_spec){
      .kind = "local", .place = MODEL, .is_to_look = true, .note = count_note, .user = &n_notes};
  BS_TEST_OK(bs_backend_open(&backend, &spec, &err), err);
  bs_checkpoint *checkpoint = NULL;
  BS_TEST_OK(bs_checkpoint_open(&checkpoint, MODEL, &err), err);
  CU_ASSERT_EQUAL(n_notes, bs_checkpoint_n_notes(checkpoint));
  bs_checkpoint_free(&checkpoint);
  bs_backend_close(&backend);
  bs_backend_close(&backend); /* nothing is left to close */
  static const bs_script silent;
  spec = (bs_backend_spec){.kind = "scripted", .script = &silent};
  BS_TEST_OK(bs_backend_open(&backend, &spec, &err), err);
  CU_ASSERT_EQUAL(bs_backend_about(backend)->can, 0);
  bs_question question = {.context = {.ids = (const int32_t[]){1}, .n_ids = 1}};
  bs_query *query = NULL;
  BS_TEST_FAILS(bs_backend_ask(&query, backend, &question, &err), BS_ERR_INPUT, err,
                "takes text, not token ids");
  bs_backend_close(&backend);
}

int main(void) {
  static const bs_test tests[] = {
      {"scores are those of the tokens", scores_are_those_of_the_tokens},
      {"ids stand for text", ids_stand_for_text},
      {"questions are counted", questions_are_counted},
      {"texts are those of the tokens", texts_are_those_of_the_tokens},
      {"looking answers nothing", looking_answers_nothing},
      {"ids do without a tokenizer", ids_do_without_a_tokenizer},
      {"models are told apart", models_are_told_apart},
      {"costs follow the weights", costs_follow_the_weights},
      {"kinds are known by name", kinds_are_known_by_name},
  };
  return bs_test_main("backend", tests, sizeof tests / sizeof *tests);
}
