/* Models whose scores go by the length of the whole text: a text is scored as if it were alone,
   whatever is scored with it, and generation goes on as documented. */
#include <stdio.h>
#include <string.h>

#include "../checkpoint/model_writer.h"
#include "bigsweep/engine.h"
#include "checkpoint/blueprint_internal.h"
#include "harness.h"
#include "reference.h"

enum { THRESHOLD = 20, MAX_LENGTH = 48, N_VOCAB = 61 };

static const char dynamic[] = ",\"max_position_embeddings\":20,\"rope_scaling\":{\"rope_type\":"
                              "\"dynamic\",\"factor\":3}";
static const char longrope[] =
    ",\"rope_theta\":100,\"rope_scaling\":{\"rope_type\":\"longrope\",\"long_factor\":[1,2,4,6],"
    "\"short_factor\":[1,1.1,1.2,1.3],\"original_max_position_embeddings\":20}";

typedef struct model {
  bs_checkpoint *checkpoint;
  bs_engine *engine;
} model;

static model open_model(const char *name, const char *more) {
  model m = {0};
  bs_error err = {0};
  const char *folder = make_llama(name, &(llama_sizes){.d_model = 32,
                                                       .n_layers = 2,
                                                       .n_heads = 4,
                                                       .n_kv_heads = 2,
                                                       .head_dim = 8,
                                                       .d_ff = 40,
                                                       .n_vocab = N_VOCAB,
                                                       .n_positions = 60,
                                                       .dtype = BS_DTYPE_F32,
                                                       .more = more});
  BS_TEST_OK(bs_checkpoint_open(&m.checkpoint, folder, &err), err);
  CU_ASSERT_PTR_NOT_NULL_FATAL(m.checkpoint);
  BS_TEST_OK(bs_engine_open(&m.engine, m.checkpoint, NULL, &err), err);
  CU_ASSERT_PTR_NOT_NULL_FATAL(m.engine);
  return m;
}

static void close_model(model *m) {
  bs_engine_free(&m->engine);
  bs_checkpoint_free(&m->checkpoint);
}

/* Texts of 2 .. MAX_LENGTH tokens that begin alike, all in one call; the tokens that are fed are
   the whole text. */
static void check_scores(const char *name, const char *more) {
  model m = open_model(name, more);
  const bs_blueprint *blueprint = bs_checkpoint_blueprint(m.checkpoint);
  int32_t ids[MAX_LENGTH + 1];
  uint64_t seed = 5;
  for (size_t i = 0; i <= MAX_LENGTH; i++)
    ids[i] = (int32_t)random_below(&seed, N_VOCAB);
  bs_token_span rest[MAX_LENGTH + 1];
  bs_score_request requests[MAX_LENGTH + 1];
  size_t n_requests = 0;
  for (size_t n = 2; n <= MAX_LENGTH; n++, n_requests++) {
    rest[n_requests] = (bs_token_span){ids + 1, n};
    requests[n_requests] = (bs_score_request){{ids, 1}, &rest[n_requests], 1, {0}, {0}};
  }
  bs_score_result *results = NULL;
  bs_error err = {0};
  BS_TEST_OK(bs_engine_score(m.engine, requests, n_requests, &results, &err), err);
  CU_ASSERT_PTR_NOT_NULL_FATAL(results);
  double changed = 0;
  for (size_t i = 0; i < n_requests; i++) {
    size_t n = i + 2;
    double expected[MAX_LENGTH];
    reference_logprobs(blueprint, ids, n, expected);
    for (size_t k = 0; k + 1 < n; k++) {
      double found = results[i].scores[0].token_logprobs[k];
      CU_ASSERT_DOUBLE_EQUAL(found, expected[k], 2e-5);
      double shorter = results[1].scores[0].token_logprobs[1];
      if (k == 1 && (n <= THRESHOLD) != (found == shorter))
        CU_FAIL("the second token's score goes by the length");
      changed += k == 1 && found != shorter;
    }
  }
  CU_ASSERT_EQUAL(changed, MAX_LENGTH - THRESHOLD);
  bs_score_results_free(&results, n_requests);
  close_model(&m);
}

static void scores(void) {
  check_scores("dynamic", dynamic);
  check_scores("longrope", longrope);
}

static bs_generate_result *generate(bs_engine *engine, const int32_t *prompt, size_t n,
                                    size_t max_tokens) {
  const bs_generate_request request = {.prompt = {prompt, n}, .max_tokens = max_tokens, .top_p = 1};
  bs_generate_result *results = NULL;
  bs_error err = {0};
  BS_TEST_OK(bs_engine_generate(engine, &request, 1, NULL, NULL, &results, &err), err);
  CU_ASSERT_PTR_NOT_NULL_FATAL(results);
  CU_ASSERT_EQUAL_FATAL(results->n_tokens, max_tokens);
  return results;
}

/* By lists of factors: every token is the most likely one after the text before it, as a text of
   its own length, also where that passes the threshold. */
static void generation_begins_anew(void) {
  enum { PROMPT = 12, NEW = 24 };
  model m = open_model("longrope-text", longrope);
  int32_t ids[PROMPT + NEW];
  uint64_t seed = 9;
  for (size_t i = 0; i < PROMPT; i++)
    ids[i] = (int32_t)random_below(&seed, N_VOCAB);
  bs_generate_result *text = generate(m.engine, ids, PROMPT, NEW);
  memcpy(ids + PROMPT, text->ids, NEW * sizeof *ids);
  for (size_t k = 0; k < NEW; k++) {
    const bs_token_span next = {ids + PROMPT + k, 1};
    const bs_score_request request = {{ids, PROMPT + k}, &next, 1, {0}, {0}};
    bs_score_result *result = NULL;
    bs_error err = {0};
    BS_TEST_OK(bs_engine_score(m.engine, &request, 1, &result, &err), err);
    CU_ASSERT_PTR_NOT_NULL_FATAL(result);
    CU_ASSERT_EQUAL(result->scores[0].n_greedy, 1);
    bs_score_results_free(&result, 1);
  }
  bs_generate_results_free(&text, 1);
  close_model(&m);
}

static const bs_test tests[] = {
    {"a text's scores go by its own length", scores},
    {"generation that passes the threshold begins anew", generation_begins_anew},
};

int main(void) { return bs_test_main("engine_lengths", tests, sizeof tests / sizeof *tests); }
