/* The promise of the engine: a result is the same, bit for bit, alone or in any batch, in any
   order, with or without shared prefixes, on any number of threads, in passes of any size. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../checkpoint/model_writer.h"
#include "bigsweep/engine.h"
#include "harness.h"
#include "kernels/linear_internal.h"

enum { N_REQUESTS = 14, MAX_CONTINUATIONS = 6, MAX_TOKENS = 160, POSITIONS = 150 };

/* The ways of batching that are tried: all for each kind of attention and positions, the first ones
   for each further family, whose layers are made of the same operations. */
enum { ALL_WAYS = 7, FEW_WAYS = 2, ALL_PASSES = 4, FEW_PASSES = 1 };

/* The sanitizers look for faults of memory, which one small pass and one large one show; equal bits
   are shown without them. */
#ifdef __SANITIZE_ADDRESS__
enum { TRIED_WAYS = FEW_WAYS, TRIED_PASSES = FEW_PASSES };
#else
enum { TRIED_WAYS = ALL_WAYS, TRIED_PASSES = ALL_PASSES };
#endif
enum { FAMILY_STEP = BS_TEST_STEP(8) }; /* test_golden.c runs all of them once */

typedef struct case_request {
  int32_t source[MAX_TOKENS], context[MAX_TOKENS], tokens[MAX_CONTINUATIONS][MAX_TOKENS];
  bs_token_span continuations[MAX_CONTINUATIONS];
  bs_score_request request;
} case_request;

static void random_tokens(uint64_t *seed, int32_t *ids, size_t n, size_t n_vocab) {
  for (size_t i = 0; i < n; i++)
    ids[i] = (int32_t)random_below(seed, n_vocab);
}

/* What the encoder reads: every fourth request has the text of the one before. */
static void add_source(case_request *c, size_t r, size_t n_vocab) {
  uint64_t seed = r % 4 == 3 ? r - 1 : r;
  size_t n = 1 + random_below(&seed, MAX_TOKENS);
  random_tokens(&seed, c->source, n, n_vocab);
  c->request.source = (bs_token_span){c->source, n};
}

/* Contexts that begin alike, continuations that are empty, equal, prefixes of each other, or as
   long as the model; some requests lose context on their left. */
static void random_requests(uint64_t seed, case_request *cases, const bs_checkpoint *checkpoint) {
  bs_model_info info;
  bs_checkpoint_info(checkpoint, &info);
  size_t n_vocab = info.vocab_size;
  int32_t trunk[MAX_TOKENS];
  random_tokens(&seed, trunk, MAX_TOKENS, n_vocab);
  for (size_t r = 0; r < N_REQUESTS; r++) {
    case_request *c = &cases[r];
    size_t n_shared = random_below(&seed, 100), n_own = random_below(&seed, 60);
    if (r % 5 == 4)
      n_own = 0;
    random_tokens(&seed, c->context, MAX_TOKENS, n_vocab);
    memcpy(c->context, trunk, n_shared * sizeof *trunk);
    size_t n = 1 + random_below(&seed, MAX_CONTINUATIONS);
    for (size_t k = 0; k < n; k++) {
      size_t length = random_below(&seed, 9);
      if (r == 3 && k == 0)
        length = info.max_positions < POSITIONS ? info.max_positions : POSITIONS;
      random_tokens(&seed, c->tokens[k], MAX_TOKENS, n_vocab);
      if (k > 0 && random_below(&seed, 2) == 0)
        memcpy(c->tokens[k], c->tokens[k - 1], sizeof c->tokens[k]);
      c->continuations[k] = (bs_token_span){c->tokens[k], length};
    }
    c->request = (bs_score_request){.context = {c->context, n_shared + n_own},
                                    .continuations = c->continuations,
                                    .n_continuations = n};
    if (info.has_encoder)
      add_source(c, r, n_vocab);
  }
}

static bool same_score(const bs_score *a, const bs_score *b) {
  return memcmp(&a->logprob, &b->logprob, sizeof a->logprob) == 0 && a->n_tokens == b->n_tokens &&
         memcmp(a->token_logprobs, b->token_logprobs, a->n_tokens * sizeof(double)) == 0 &&
         a->n_greedy == b->n_greedy && a->truncated_tokens == b->truncated_tokens;
}

static bool same_result(const bs_score_result *a, const bs_score_result *b) {
  if (a->error.status != b->error.status || a->n_scores != b->n_scores)
    return false;
  for (size_t i = 0; i < a->n_scores; i++)
    if (!same_score(&a->scores[i], &b->scores[i]))
      return false;
  return true;
}

static bs_engine *open_engine(const bs_checkpoint *checkpoint, bs_engine_options options) {
  bs_error err = {0};
  bs_engine *engine = NULL;
  BS_TEST_OK(bs_engine_open(&engine, checkpoint, &options, &err), err);
  CU_ASSERT_PTR_NOT_NULL_FATAL(engine);
  return engine;
}

static bs_score_result *score(bs_engine *engine, const bs_score_request *requests, size_t n) {
  bs_error err = {0};
  bs_score_result *results = NULL;
  BS_TEST_OK(bs_engine_score(engine, requests, n, &results, &err), err);
  CU_ASSERT_PTR_NOT_NULL_FATAL(results);
  return results;
}

/* Every continuation in a request of its own, every request in a call of its own. */
static bs_score_result *score_alone(bs_engine *engine, const case_request *cases) {
  bs_score_result *results = calloc(N_REQUESTS, sizeof *results);
  for (size_t r = 0; r < N_REQUESTS; r++) {
    const bs_score_request *request = &cases[r].request;
    results[r].n_scores = request->n_continuations;
    results[r].scores = calloc(request->n_continuations, sizeof *results[r].scores);
    for (size_t k = 0; k < request->n_continuations; k++) {
      const bs_score_request one = {request->context, &request->continuations[k], 1,
                                    request->source, request->kept};
      bs_score_result *alone = score(engine, &one, 1);
      CU_ASSERT_EQUAL_FATAL(alone->error.status, BS_OK);
      results[r].scores[k] = alone->scores[0];
      alone->n_scores = 0;
      bs_score_results_free(&alone, 1);
    }
  }
  return results;
}

static void check_batches(const bs_checkpoint *checkpoint, bs_isa isa, bs_precision precision,
                          uint64_t seed, size_t n_ways) {
  static const struct {
    int n_threads;
    size_t max_batch_tokens;
    bool reversed;
  } ways[ALL_WAYS] = {{2, 7, true},   {1, 0, false},  {2, 0, true},  {3, 1, false},
                      {1, 64, false}, {2, 65, false}, {2, 333, true}};
  case_request *cases = calloc(N_REQUESTS, sizeof *cases);
  random_requests(seed, cases, checkpoint);
  bs_engine *engine = open_engine(
      checkpoint, (bs_engine_options){.isa = isa, .precision = precision, .n_threads = 1});
  bs_score_result *alone = score_alone(engine, cases);
  bs_engine_free(&engine);
  for (size_t w = 0; w < n_ways; w++) {
    bs_score_request requests[N_REQUESTS];
    for (size_t r = 0; r < N_REQUESTS; r++)
      requests[ways[w].reversed ? N_REQUESTS - 1 - r : r] = cases[r].request;
    engine =
        open_engine(checkpoint, (bs_engine_options){.isa = isa,
                                                    .precision = precision,
                                                    .n_threads = ways[w].n_threads,
                                                    .max_batch_tokens = ways[w].max_batch_tokens});
    bs_score_result *together = score(engine, requests, N_REQUESTS);
    for (size_t r = 0; r < N_REQUESTS; r++)
      CU_ASSERT_TRUE(same_result(&alone[r], &together[ways[w].reversed ? N_REQUESTS - 1 - r : r]));
    bs_engine_work work;
    bs_engine_work_done(engine, &work);
    CU_ASSERT_TRUE(work.tokens_computed < work.tokens_asked);
    bs_score_results_free(&together, N_REQUESTS);
    bs_engine_free(&engine);
  }
  bs_score_results_free(&alone, N_REQUESTS);
  free(cases);
}

static bs_generate_result *generate(bs_engine *engine, const bs_generate_request *requests,
                                    size_t n) {
  bs_error err = {0};
  bs_generate_result *results = NULL;
  BS_TEST_OK(bs_engine_generate(engine, requests, n, NULL, NULL, &results, &err), err);
  CU_ASSERT_PTR_NOT_NULL_FATAL(results);
  return results;
}

static bool same_text(const bs_generate_result *a, const bs_generate_result *b) {
  return a->error.status == BS_OK && b->error.status == BS_OK && a->n_tokens == b->n_tokens &&
         a->finish == b->finish && a->truncated_tokens == b->truncated_tokens &&
         (a->n_tokens == 0 || memcmp(a->ids, b->ids, a->n_tokens * sizeof *a->ids) == 0);
}

static void check_generation(const bs_checkpoint *checkpoint, bs_isa isa, bs_precision precision,
                             uint64_t seed, size_t n_passes) {
  static const size_t passes[ALL_PASSES] = {5, 0, 1, 64};
  case_request *cases = calloc(N_REQUESTS, sizeof *cases);
  bs_generate_request requests[N_REQUESTS], reversed[N_REQUESTS];
  bs_generate_result *alone[N_REQUESTS];
  random_requests(seed, cases, checkpoint);
  bs_engine *engine = open_engine(
      checkpoint, (bs_engine_options){.isa = isa, .precision = precision, .n_threads = 1});
  for (size_t r = 0; r < N_REQUESTS; r++) {
    requests[r] = (bs_generate_request){.prompt = cases[r].request.context,
                                        .source = cases[r].request.source,
                                        .max_tokens = r == 2 ? 0 : 3 + 4 * r,
                                        .temperature = r % 3 == 0 ? 0 : 0.8,
                                        .top_p = r % 3 == 1 ? 0.9 : 1,
                                        .seed = r};
    if (r == 7) /* equal prompts and seeds give equal texts */
      requests[r] = requests[6];
    reversed[N_REQUESTS - 1 - r] = requests[r];
    alone[r] = generate(engine, &requests[r], 1);
    CU_ASSERT_TRUE(alone[r]->n_tokens == requests[r].max_tokens ||
                   alone[r]->finish == BS_FINISH_EOS);
  }
  CU_ASSERT_TRUE(same_text(alone[6], alone[7]));
  bs_engine_free(&engine);
  for (size_t p = 0; p < n_passes; p++) {
    engine = open_engine(checkpoint, (bs_engine_options){.isa = isa,
                                                         .precision = precision,
                                                         .n_threads = 2 - (int)(p % 2),
                                                         .max_batch_tokens = passes[p]});
    bs_generate_result *together = generate(engine, requests, N_REQUESTS);
    bs_generate_result *backwards = generate(engine, reversed, N_REQUESTS);
    for (size_t r = 0; r < N_REQUESTS; r++) {
      CU_ASSERT_TRUE(same_text(alone[r], &together[r]));
      CU_ASSERT_TRUE(same_text(alone[r], &backwards[N_REQUESTS - 1 - r]));
    }
    bs_generate_results_free(&together, N_REQUESTS);
    bs_generate_results_free(&backwards, N_REQUESTS);
    bs_engine_free(&engine);
  }
  for (size_t r = 0; r < N_REQUESTS; r++)
    bs_generate_results_free(&alone[r], 1);
  free(cases);
}

static void check_model(const char *folder) {
  bs_error err = {0};
  bs_checkpoint *checkpoint = NULL;
  BS_TEST_OK(bs_checkpoint_open(&checkpoint, folder, &err), err);
  CU_ASSERT_PTR_NOT_NULL_FATAL(checkpoint);
  size_t n_isas;
  const bs_isa *isas = bs_isa_list(&n_isas);
  static const bs_precision precisions[] = {BS_PRECISION_F32, BS_PRECISION_BF16X2,
                                            BS_PRECISION_BF16};
  for (size_t i = 0; i < n_isas; i++)
    for (size_t p = 0; p < 3; p++) {
      check_batches(checkpoint, isas[i], precisions[p], p + 1, TRIED_WAYS);
      if (p % BS_TEST_STEP(3) == 0)
        check_generation(checkpoint, isas[i], precisions[p], p + 4, TRIED_PASSES);
    }
  bs_checkpoint_free(&checkpoint);
}

static void llama(void) {
  check_model(make_llama("llama", &(llama_sizes){.d_model = 32,
                                                 .n_layers = 2,
                                                 .n_heads = 6,
                                                 .n_kv_heads = 2,
                                                 .head_dim = 10,
                                                 .d_ff = 44,
                                                 .n_vocab = 61,
                                                 .n_positions = POSITIONS,
                                                 .tied = true,
                                                 .dtype = BS_DTYPE_BF16,
                                                 .more = ",\"bos_token_id\":3"}));
}

static void gptneox(void) {
  check_model(make_gptneox("gptneox", &(gptneox_sizes){.d_model = 32,
                                                       .n_layers = 2,
                                                       .n_heads = 4,
                                                       .d_ff = 50,
                                                       .n_vocab = 67,
                                                       .n_positions = POSITIONS,
                                                       .attention_bias = true,
                                                       .more = ",\"bos_token_id\":3"}));
}

static void gpt2(void) {
  check_model(make_gpt2("gpt2", &(gpt2_sizes){.d_model = 36,
                                              .n_layers = 2,
                                              .n_heads = 3,
                                              .d_ff = 70,
                                              .n_vocab = 59,
                                              .n_positions = POSITIONS,
                                              .more = ",\"bos_token_id\":3"}));
}

/* A window that is shorter than a block, and one that reaches over several. */
static void mistral(void) {
  llama_sizes sizes = {.d_model = 24,
                       .n_layers = 2,
                       .n_heads = 4,
                       .n_kv_heads = 2,
                       .head_dim = 8,
                       .d_ff = 20,
                       .n_vocab = 50,
                       .n_positions = POSITIONS,
                       .dtype = BS_DTYPE_F32};
  sizes.more =
      ",\"bos_token_id\":3,\"architectures\":[\"MistralForCausalLM\"],\"sliding_window\":9";
  check_model(make_llama("mistral-9", &sizes));
  sizes.more =
      ",\"bos_token_id\":3,\"architectures\":[\"MistralForCausalLM\"],\"sliding_window\":81";
  check_model(make_llama("mistral-81", &sizes));
}

static void bloom(void) {
  if (bs_test_have_data("models/tiny-bloom"))
    check_model(bs_test_data("models/tiny-bloom"));
}

/* An encoder's texts of different lengths, several of which a pass takes, and one longer than a
   pass may be. */
static void encoder(void) {
  if (bs_test_have_data("models/tiny-flan-t5"))
    check_model(bs_test_data("models/tiny-flan-t5"));
}

/* The families whose layers are made of what the tests above try, a line each: on the machine's own
   instruction set. */
static void families(void) {
  static const char *const folders[] = {
      "models/tiny-qwen2",     "models/tiny-qwen3",      "models/tiny-opt",
      "models/tiny-phi",       "models/tiny-gptj",       "models/tiny-gpt-neo",
      "models/tiny-phi3",      "models/tiny-phi3-long",  "models/tiny-smollm3",
      "models/tiny-xglm",      "models/tiny-gemma",      "models/tiny-gemma2",
      "models/tiny-gemma3",    "models/tiny-llama-yarn", "models/tiny-llama-dynamic",
      "models/tiny-t5",        "models/tiny-mt5",        "models/tiny-ul2",
      "models/tiny-falcon-7b", "models/tiny-falcon-40b", "models/tiny-falcon-rw",
      "models/tiny-granite",   "models/tiny-olmo",       "models/tiny-olmo2",
      "models/tiny-mpt",       "models/tiny-stablelm",   "models/tiny-stablelm-12b",
      "models/tiny-opt-350m",  "models/tiny-mixtral",    "models/tiny-qwen2-moe",
      "models/tiny-qwen3-moe", "models/tiny-olmoe",
  };
  for (size_t i = FAMILY_STEP - 1; i < sizeof folders / sizeof *folders; i += FAMILY_STEP) {
    if (!bs_test_have_data(folders[i]))
      continue;
    bs_error err = {0};
    bs_checkpoint *checkpoint = NULL;
    BS_TEST_OK(bs_checkpoint_open(&checkpoint, bs_test_data(folders[i]), &err), err);
    CU_ASSERT_PTR_NOT_NULL_FATAL(checkpoint);
    check_batches(checkpoint, BS_ISA_AUTO, BS_PRECISION_F32, 7, FEW_WAYS);
    check_batches(checkpoint, BS_ISA_AUTO, BS_PRECISION_BF16, 8, FEW_WAYS);
    check_generation(checkpoint, BS_ISA_AUTO, BS_PRECISION_F32, 9, FEW_PASSES);
    bs_checkpoint_free(&checkpoint);
  }
}

static const bs_test tests[] = {
    {"grouped queries, rotary positions", llama},
    {"parallel residual", gptneox},
    {"learned positions", gpt2},
    {"sliding windows", mistral},
    {"slopes for positions", bloom},
    {"an encoder and a decoder", encoder},
    {"further families", families},
};

int main(void) { return bs_test_main("engine_invariance", tests, sizeof tests / sizeof *tests); }
