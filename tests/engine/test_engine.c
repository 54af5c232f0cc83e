/* What the engine promises beyond the reference values: an independent computation on models of
   odd shapes and long texts, truncation, empty contexts, bad requests, sampling, the end of texts.
 */
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../checkpoint/model_writer.h"
#include "base/philox_internal.h"
#include "bigsweep/engine.h"
#include "engine/server/sample_internal.h"
#include "harness.h"
#include "kernels/linear_internal.h"
#include "reference.h"

enum { LONG = 300 };

static bs_checkpoint *open_checkpoint(const char *folder) {
  bs_error err = {0};
  bs_checkpoint *checkpoint = NULL;
  BS_TEST_OK(bs_checkpoint_open(&checkpoint, folder, &err), err);
  CU_ASSERT_PTR_NOT_NULL_FATAL(checkpoint);
  return checkpoint;
}

static bs_engine *open_engine(const bs_checkpoint *checkpoint, bs_isa isa) {
  bs_error err = {0};
  bs_engine *engine = NULL;
  const bs_engine_options options = {.isa = isa, .max_batch_tokens = 100};
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

/* Compares a text of n tokens with the plain computation on every instruction set. */
static void compare(const char *folder, size_t n) {
  bs_checkpoint *checkpoint = open_checkpoint(folder);
  const bs_blueprint *blueprint = bs_checkpoint_blueprint(checkpoint);
  int32_t ids[LONG];
  double expected[LONG];
  uint64_t seed = 11;
  for (size_t i = 0; i < n; i++)
    ids[i] = (int32_t)random_below(&seed, blueprint->vocab_size);
  reference_logprobs(blueprint, ids, n, expected);
  size_t n_isas;
  const bs_isa *isas = bs_isa_list(&n_isas);
  for (size_t i = 0; i < n_isas; i++) {
    bs_engine *engine = open_engine(checkpoint, isas[i]);
    const bs_token_span rest = {ids + 1, n - 1};
    const bs_score_request request = {{ids, 1}, &rest, 1, {0}, {0}};
    bs_score_result *results = score(engine, &request, 1);
    double largest = 0;
    CU_ASSERT_EQUAL_FATAL(results->error.status, BS_OK);
    for (size_t k = 0; k + 1 < n; k++)
      largest = fmax(largest, fabs(results->scores[0].token_logprobs[k] - expected[k]));
    printf("\n    %s, %s: max error %.1e ", strrchr(folder, '/') + 1, bs_isa_name(isas[i]),
           largest);
    CU_ASSERT_TRUE(largest < 3e-5);
    bs_score_results_free(&results, 1);
    bs_engine_free(&engine);
  }
  bs_checkpoint_free(&checkpoint);
}

static llama_sizes llama(void) {
  return (llama_sizes){.d_model = 48,
                       .n_layers = 2,
                       .n_heads = 4,
                       .n_kv_heads = 2,
                       .head_dim = 12,
                       .d_ff = 40,
                       .n_vocab = 53,
                       .n_positions = LONG,
                       .dtype = BS_DTYPE_F32,
                       .more = ",\"bos_token_id\":5,\"eos_token_id\":[7,9]"};
}

static void odd_shapes(void) {
  llama_sizes wide = llama(); /* more heads in a group than a tile holds; odd widths */
  wide.n_heads = 21;
  wide.n_kv_heads = 1;
  wide.head_dim = 6;
  compare(make_llama("many-heads", &wide), 90);
  llama_sizes biased = llama();
  biased.attention_bias = biased.mlp_bias = true;
  biased.more = ",\"rope_scaling\":{\"type\":\"linear\",\"factor\":4},\"hidden_act\":\"gelu_new\"";
  compare(make_llama("biases", &biased), LONG);
  llama_sizes sliding = llama();
  sliding.more = ",\"architectures\":[\"MistralForCausalLM\"],\"sliding_window\":100";
  compare(make_llama("window-100", &sliding), LONG);
  sliding.more = ",\"architectures\":[\"MistralForCausalLM\"],\"sliding_window\":1";
  compare(make_llama("window-1", &sliding), 70);
  compare(
      make_gptneox("neox", &(gptneox_sizes){.d_model = 40,
                                            .n_layers = 2,
                                            .n_heads = 2,
                                            .d_ff = 33,
                                            .n_vocab = 41,
                                            .n_positions = LONG,
                                            .more = ",\"rotary_pct\":0.3,\"hidden_act\":\"relu\""}),
      LONG);
  compare(
      make_gpt2("inverse-layer", &(gpt2_sizes){.d_model = 34,
                                               .n_layers = 3,
                                               .n_heads = 2,
                                               .d_ff = 50,
                                               .n_vocab = 47,
                                               .n_positions = LONG,
                                               .more = ",\"scale_attn_by_inverse_layer_idx\":true,"
                                                       "\"activation_function\":\"quick_gelu\""}),
      LONG);
}

/* Too long a context is scored as its right end; the end alone gives the same bits. */
static void truncation(void) {
  llama_sizes sizes = llama();
  sizes.n_positions = 40;
  bs_checkpoint *checkpoint = open_checkpoint(make_llama("short", &sizes));
  bs_engine *engine = open_engine(checkpoint, BS_ISA_AUTO);
  int32_t ids[100];
  uint64_t seed = 5;
  for (size_t i = 0; i < 100; i++)
    ids[i] = (int32_t)random_below(&seed, sizes.n_vocab);
  const bs_token_span ends[] = {{ids + 50, 10}, {ids + 50, 40}, {ids + 50, 3}, {ids + 50, 0}};
  const bs_score_request requests[] = {{{ids, 50}, ends, 4, {0}, {0}},
                                       {{ids + 19, 31}, &ends[0], 1, {0}, {0}},
                                       {{ids + 49, 1}, &ends[1], 1, {0}, {0}},
                                       {{ids + 12, 38}, &ends[2], 1, {0}, {0}}};
  bs_score_result *results = score(engine, requests, 4);
  static const size_t cut[] = {19, 49, 12, 9};
  for (size_t k = 0; k < 4; k++) {
    CU_ASSERT_EQUAL(results[0].scores[k].truncated_tokens, cut[k]);
    if (k < 3) {
      CU_ASSERT_EQUAL(results[k + 1].scores[0].truncated_tokens, 0);
      CU_ASSERT_EQUAL(results[0].scores[k].logprob, results[k + 1].scores[0].logprob);
    }
  }
  CU_ASSERT_EQUAL(results[0].scores[3].logprob, 0);
  CU_ASSERT_EQUAL(results[0].scores[3].n_tokens, 0);
  bs_score_results_free(&results, 4);
  bs_engine_free(&engine);
  bs_checkpoint_free(&checkpoint);
}

/* No token goes through the layers twice, none that predicts nothing goes at all. */
static void work_is_shared(void) {
  llama_sizes sizes = llama();
  bs_checkpoint *checkpoint = open_checkpoint(make_llama("work", &sizes));
  bs_engine *engine = open_engine(checkpoint, BS_ISA_AUTO);
  int32_t ids[80];
  for (size_t i = 0; i < 80; i++)
    ids[i] = (int32_t)((7 * i) % 53);
  const bs_token_span ends[] = {{ids + 50, 3}, {ids + 55, 3}, {ids + 60, 1}, {ids + 50, 2}};
  const bs_score_request requests[] = {{{ids, 50}, ends, 4, {0}, {0}},
                                       {{ids, 50}, ends, 2, {0}, {0}}};
  bs_engine_work work;
  bs_score_result *results = score(engine, requests, 1);
  bs_engine_work_done(engine, &work);
  CU_ASSERT_EQUAL(work.tokens_asked, 4 * 50 + 9);
  CU_ASSERT_EQUAL(work.tokens_computed, 50 + 2 + 2);
  CU_ASSERT_EQUAL(work.logits_computed, 1 + 2 + 2);
  bs_score_results_free(&results, 1);
  results = score(engine, requests, 2); /* the second asks for nothing new */
  bs_engine_work_done(engine, &work);
  CU_ASSERT_EQUAL(work.tokens_computed, 2 * (50 + 2 + 2));
  bs_score_results_free(&results, 2);
  bs_engine_free(&engine);
  bs_checkpoint_free(&checkpoint);
}

static void empty_contexts(void) {
  llama_sizes sizes = llama();
  bs_checkpoint *checkpoint = open_checkpoint(make_llama("bos", &sizes));
  bs_engine *engine = open_engine(checkpoint, BS_ISA_AUTO);
  const int32_t ids[] = {5, 8, 3};
  const bs_token_span end = {ids + 1, 2};
  const bs_score_request requests[] = {{{NULL, 0}, &end, 1, {0}, {0}},
                                       {{ids, 1}, &end, 1, {0}, {0}}};
  bs_score_result *results = score(engine, requests, 2);
  CU_ASSERT_EQUAL(results[0].scores[0].logprob, results[1].scores[0].logprob);
  bs_score_results_free(&results, 2);
  bs_engine_free(&engine);
  bs_checkpoint_free(&checkpoint);

  sizes.more = "";
  checkpoint = open_checkpoint(make_llama("no-bos", &sizes));
  engine = open_engine(checkpoint, BS_ISA_AUTO);
  results = score(engine, requests, 2);
  CU_ASSERT_EQUAL(results[0].error.status, BS_ERR_INPUT);
  CU_ASSERT_PTR_NOT_NULL(strstr(results[0].error.message, "bos_token_id"));
  CU_ASSERT_EQUAL(results[1].error.status, BS_OK);
  bs_score_results_free(&results, 2);
  bs_engine_free(&engine);
  bs_checkpoint_free(&checkpoint);
}

static void bad_requests(void) {
  llama_sizes sizes = llama();
  sizes.n_positions = 16;
  bs_checkpoint *checkpoint = open_checkpoint(make_llama("bad", &sizes));
  bs_engine *engine = open_engine(checkpoint, BS_ISA_AUTO);
  int32_t good[20] = {0}, high[] = {1, 53}, low[] = {-1};
  const bs_token_span fine = {good, 2}, too_high = {high, 2}, negative = {low, 1},
                      too_long = {good, 17};
  const bs_token_span mixed[] = {{good, 2}, {high, 2}};
  const bs_score_request requests[] = {
      {fine, &fine, 1, {0}, {0}},     {fine, &too_high, 1, {0}, {0}},
      {negative, &fine, 1, {0}, {0}}, {fine, &too_long, 1, {0}, {0}},
      {fine, mixed, 2, {0}, {0}},     {fine, NULL, 0, {0}, {0}},
      {fine, &fine, 1, {0}, {0}}};
  bs_score_result *results = score(engine, requests, 7);
  static const bs_status expected[] = {BS_OK,        BS_ERR_INPUT, BS_ERR_INPUT, BS_ERR_LIMIT,
                                       BS_ERR_INPUT, BS_OK,        BS_OK};
  for (size_t i = 0; i < 7; i++)
    CU_ASSERT_EQUAL(results[i].error.status, expected[i]);
  CU_ASSERT_PTR_NOT_NULL(strstr(results[1].error.message, "token 1 is 53"));
  CU_ASSERT_EQUAL(results[4].n_scores, 0);
  CU_ASSERT_EQUAL(results[0].scores[0].logprob, results[6].scores[0].logprob);
  bs_score_results_free(&results, 7);
  results = score(engine, NULL, 0);
  bs_score_results_free(&results, 0);

  const bs_generate_request texts[] = {
      {.prompt = fine, .max_tokens = 2},
      {.prompt = too_high, .max_tokens = 2},
      {.prompt = fine, .max_tokens = 17},
      {.prompt = fine, .max_tokens = 2, .temperature = -1},
      {.prompt = fine, .max_tokens = 2, .temperature = NAN},
      {.prompt = fine, .max_tokens = 2, .top_p = 1.5},
      {.prompt = too_long, .max_tokens = 3},
  };
  static const bs_status outcomes[] = {BS_OK,        BS_ERR_INPUT, BS_ERR_LIMIT, BS_ERR_USAGE,
                                       BS_ERR_USAGE, BS_ERR_USAGE, BS_OK};
  bs_generate_result *made = NULL;
  bs_error err = {0};
  BS_TEST_OK(bs_engine_generate(engine, texts, 7, NULL, NULL, &made, &err), err);
  for (size_t i = 0; made != NULL && i < 7; i++)
    CU_ASSERT_EQUAL(made[i].error.status, outcomes[i]);
  CU_ASSERT_STRING_EQUAL(made[2].error.message,
                         "17 new tokens; the model has 16 positions: lower max_tokens");
  CU_ASSERT_EQUAL(made[6].truncated_tokens, 3);
  bs_generate_results_free(&made, 7);
  bs_engine_free(&engine);
  bs_checkpoint_free(&checkpoint);
}

static void bad_options(void) {
  llama_sizes sizes = llama();
  bs_checkpoint *checkpoint = open_checkpoint(make_llama("options", &sizes));
  bs_engine *engine = NULL;
  bs_error err = {0};
  for (bs_isa isa = BS_ISA_PORTABLE; isa <= BS_ISA_AMX; isa++)
    if (!bs_engine_has_isa(isa))
      BS_TEST_FAILS(bs_engine_open(&engine, checkpoint, &(bs_engine_options){.isa = isa}, &err),
                    BS_ERR_UNSUPPORTED, err, bs_isa_name(isa));
  BS_TEST_FAILS(bs_engine_open(&engine, checkpoint, &(bs_engine_options){.n_threads = -1}, &err),
                BS_ERR_USAGE, err, "threads");
  CU_ASSERT_PTR_NULL(engine);
  bs_precision precision;
  BS_TEST_FAILS(bs_precision_parse(&precision, "f8", &err), BS_ERR_USAGE, err, "bf16");
  BS_TEST_OK(bs_precision_parse(&precision, "bf16", &err), err);
  CU_ASSERT_EQUAL(precision, BS_PRECISION_BF16);
  static const bs_precision all[] = {BS_PRECISION_AUTO, BS_PRECISION_F32, BS_PRECISION_BF16X2,
                                     BS_PRECISION_BF16};
  for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
    BS_TEST_OK(bs_precision_parse(&precision, bs_precision_name(all[i]), &err), err);
    CU_ASSERT_EQUAL(precision, all[i]);
  }
  uint64_t bytes = 0, fewer = 0;
  BS_TEST_OK(bs_engine_memory(checkpoint, NULL, &bytes, &err), err);
  BS_TEST_OK(
      bs_engine_memory(checkpoint, &(bs_engine_options){.max_batch_tokens = 16}, &fewer, &err),
      err);
  bs_model_info info;
  bs_checkpoint_info(checkpoint, &info);
  CU_ASSERT_TRUE(fewer < bytes && fewer > 4 * info.parameters);
  bs_checkpoint_free(&checkpoint);
}

/* A model whose weights are numbers, and overflow what is computed with them, says so. */
static void weights_that_overflow(void) {
  llama_sizes sizes = llama();
  const char *folder = make_llama("overflow", &sizes);
  bs_checkpoint *checkpoint = open_checkpoint(folder);
  const bs_tensor *tensor = bs_checkpoint_tensor(checkpoint, "model.norm.weight");
  bs_text file = bs_test_read(bs_test_path("overflow/model.safetensors"));
  for (size_t at = 8; at + tensor->n_bytes <= file.n_bytes; at++)
    if (memcmp(file.data + at, tensor->data, tensor->n_bytes) == 0)
      for (size_t i = 0; i < tensor->n_bytes / 4; i++)
        memcpy(file.data + at + 4 * i, &(float){FLT_MAX}, 4);
  bs_checkpoint_free(&checkpoint);
  write_file(folder, "model.safetensors", file.data, file.n_bytes);
  bs_text_free(&file);
  checkpoint = open_checkpoint(folder);
  bs_engine *engine = open_engine(checkpoint, BS_ISA_AUTO);
  const int32_t ids[] = {1, 2};
  const bs_token_span end = {ids + 1, 1};
  const bs_score_request request = {{ids, 1}, &end, 1, {0}, {0}};
  bs_score_result *results = score(engine, &request, 1);
  CU_ASSERT_EQUAL(results->error.status, BS_ERR_INPUT);
  CU_ASSERT_PTR_NOT_NULL(strstr(results->error.message, "not finite"));
  bs_score_results_free(&results, 1);
  for (int sampled = 0; sampled < 2; sampled++) {
    const bs_generate_request text = {.prompt = {ids, 1}, .max_tokens = 2, .temperature = sampled};
    bs_generate_result *made = NULL;
    bs_error err = {0};
    BS_TEST_OK(bs_engine_generate(engine, &text, 1, NULL, NULL, &made, &err), err);
    CU_ASSERT_EQUAL(made->error.status, BS_ERR_INPUT);
    bs_generate_results_free(&made, 1);
  }
  bs_engine_free(&engine);
  bs_checkpoint_free(&checkpoint);
}

static bool stop_at_four(void *user, size_t index, const int32_t *ids, size_t n) {
  size_t *calls = user;
  calls[index]++;
  CU_ASSERT_TRUE(ids[n - 1] >= 0);
  return index == 1 && n == 4;
}

static void texts_end(void) {
  llama_sizes sizes = llama();
  sizes.more = "";
  bs_checkpoint *checkpoint = open_checkpoint(make_llama("no-end", &sizes));
  bs_engine *engine = open_engine(checkpoint, BS_ISA_AUTO);
  const int32_t prompt[] = {1, 2, 3};
  const bs_generate_request requests[] = {{.prompt = {prompt, 3}, .max_tokens = 12},
                                          {.prompt = {prompt, 3}, .max_tokens = 12}};
  bs_generate_result *made = NULL, *ended = NULL;
  bs_error err = {0};
  size_t calls[2] = {0};
  BS_TEST_OK(bs_engine_generate(engine, requests, 2, stop_at_four, calls, &made, &err), err);
  CU_ASSERT_PTR_NOT_NULL_FATAL(made);
  CU_ASSERT_EQUAL(made[0].finish, BS_FINISH_LENGTH);
  CU_ASSERT_EQUAL(made[0].n_tokens, 12);
  CU_ASSERT_EQUAL(made[1].finish, BS_FINISH_STOP);
  CU_ASSERT_EQUAL(made[1].n_tokens, 4);
  CU_ASSERT_TRUE(calls[0] == 12 && calls[1] == 4);
  bs_engine_free(&engine);
  bs_checkpoint_free(&checkpoint);

  /* The same weights with one of those tokens as the end of text, told by generation_config.json:
     everything before its first place stays. */
  int32_t eos = made[0].ids[6];
  size_t first = 0;
  while (made[0].ids[first] != eos)
    first++;
  sizes.more = ",\"eos_token_id\":52";
  const char *folder = make_llama("end", &sizes);
  char text[64];
  int n_text = snprintf(text, sizeof text, "{\"eos_token_id\": [51, %d]}", (int)eos);
  write_file(folder, "generation_config.json", text, (size_t)n_text);
  checkpoint = open_checkpoint(folder);
  engine = open_engine(checkpoint, BS_ISA_AUTO);
  BS_TEST_OK(bs_engine_generate(engine, requests, 1, NULL, NULL, &ended, &err), err);
  CU_ASSERT_EQUAL(ended->finish, BS_FINISH_EOS);
  CU_ASSERT_EQUAL(ended->n_tokens, first);
  CU_ASSERT_EQUAL(memcmp(ended->ids, made[0].ids, first * sizeof *ended->ids), 0);
  bs_generate_results_free(&ended, 1);
  bs_generate_results_free(&made, 2);
  bs_engine_free(&engine);
  bs_checkpoint_free(&checkpoint);
}

/* Each greedy token is the one that scoring calls the most likely. */
static void generation_agrees_with_scoring(void) {
  llama_sizes sizes = llama();
  sizes.more = "";
  bs_checkpoint *checkpoint = open_checkpoint(make_llama("agree", &sizes));
  bs_engine *engine = open_engine(checkpoint, BS_ISA_AUTO);
  const int32_t prompt[] = {1, 2, 3};
  const bs_generate_request request = {.prompt = {prompt, 3}, .max_tokens = 150};
  bs_generate_result *made = NULL;
  bs_error err = {0};
  BS_TEST_OK(bs_engine_generate(engine, &request, 1, NULL, NULL, &made, &err), err);
  CU_ASSERT_PTR_NOT_NULL_FATAL(made);
  const bs_token_span end = {made->ids, made->n_tokens};
  const bs_score_request check = {{prompt, 3}, &end, 1, {0}, {0}};
  bs_score_result *results = score(engine, &check, 1);
  CU_ASSERT_EQUAL(made->n_tokens, 150);
  CU_ASSERT_EQUAL(results->scores[0].n_greedy, results->scores[0].n_tokens);
  made->ids[149] = (made->ids[149] + 1) % 53;
  bs_score_results_free(&results, 1);
  results = score(engine, &check, 1);
  CU_ASSERT(results->scores[0].n_greedy < results->scores[0].n_tokens);
  bs_score_results_free(&results, 1);
  bs_generate_results_free(&made, 1);
  bs_engine_free(&engine);
  bs_checkpoint_free(&checkpoint);
}

/* Known answers of the generator's authors (Random123, kat_vectors). */
static void philox_known_answers(void) {
  static const struct {
    uint32_t counter[4], key[2], out[4];
  } cases[] = {
      {{0, 0, 0, 0}, {0, 0}, {0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8}},
      {{~0U, ~0U, ~0U, ~0U}, {~0U, ~0U}, {0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD}},
      {{0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344},
       {0xA4093822, 0x299F31D0},
       {0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1}},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    uint32_t out[4];
    bs_philox(cases[i].counter, cases[i].key, out);
    CU_ASSERT_EQUAL(memcmp(out, cases[i].out, sizeof out), 0);
    uint32_t lanes[BS_PHILOX_LANES][4], counter[4];
    memcpy(counter, cases[i].counter, sizeof counter);
    bs_philox_lanes(counter, cases[i].key, lanes);
    for (size_t lane = 0; lane < BS_PHILOX_LANES; lane++, counter[0]++) {
      bs_philox(counter, cases[i].key, out);
      CU_ASSERT_EQUAL(memcmp(out, lanes[lane], sizeof out), 0);
    }
  }
}

static void sampling_follows_the_distribution(void) {
  enum { N = 20000 };
  const float logits[] = {0, 1, 2, -INFINITY, 1};
  bs_candidate scratch[5];
  double total = 1 + 2 * exp(0.5) + exp(1);
  const double p[] = {1 / total, exp(0.5) / total, exp(1) / total, 0, exp(0.5) / total};
  size_t counts[5] = {0}, cut[5] = {0};
  for (uint64_t i = 0; i < N; i++) {
    double u = bs_philox_uniform(3, i);
    CU_ASSERT_TRUE(u >= 0 && u < 1);
    counts[bs_sample(logits, 5, 2, 1, u, scratch)]++;
    cut[bs_sample(logits, 5, 2, 0.5, u, scratch)]++; /* 0.37, 0.23: two reach a half */
  }
  for (size_t i = 0; i < 5; i++)
    CU_ASSERT_DOUBLE_EQUAL((double)counts[i] / N, p[i], 4 * sqrt(p[i] / N) + 1e-12);
  CU_ASSERT_TRUE(cut[1] > 0 && cut[0] == 0 && cut[3] == 0 && cut[4] == 0);
  CU_ASSERT_DOUBLE_EQUAL((double)cut[2] / N, exp(1) / (exp(1) + exp(0.5)), 0.02);
  CU_ASSERT_EQUAL(bs_sample(logits, 5, 1e-300, 0, 0.999, scratch), 2);
  CU_ASSERT_EQUAL(bs_sample(&(float){NAN}, 1, 1, 0, 0.5, scratch), -1);
}

static int by_weight(const void *a, const void *b) {
  const bs_candidate *x = a, *y = b;
  if (x->weight != y->weight)
    return x->weight > y->weight ? -1 : 1;
  return x->id < y->id ? -1 : x->id > y->id;
}

/* What a cut by top_p leaves is what sorting all of them gives, ties and all. */
static void sampling_cuts_as_if_sorted(void) {
  enum { N = 60, ROUNDS = 4000 };
  bs_candidate scratch[N], sorted[N];
  float logits[N];
  for (uint64_t round = 0; round < ROUNDS; round++) {
    size_t n = 1 + round % N, n_kept = 0;
    double top_p = bs_philox_uniform(1, round), u = bs_philox_uniform(2, round);
    double largest = -INFINITY, total = 0, reached = 0, sum = 0;
    for (size_t i = 0; i < n; i++) { /* few values, so that many are equal */
      logits[i] = (float)floor(4 * bs_philox_uniform(3, round * N + i));
      largest = fmax(largest, (double)logits[i]);
    }
    for (size_t i = 0; i < n; i++) {
      sorted[i] = (bs_candidate){exp(((double)logits[i] - largest) / 0.7), (int32_t)i};
      total += sorted[i].weight;
    }
    qsort(sorted, n, sizeof *sorted, by_weight);
    while (n_kept < n && reached < top_p * total)
      reached += sorted[n_kept++].weight;
    int32_t id = -1;
    for (size_t i = 0; i < n_kept && id < 0; i++)
      if ((sum += sorted[i].weight) > u * reached)
        id = sorted[i].id;
    CU_ASSERT_EQUAL(bs_sample(logits, n, 0.7, top_p, u, scratch), id);
  }
}

static const bs_test tests[] = {
    {"odd shapes against the plain computation", odd_shapes},
    {"contexts lose tokens on their left", truncation},
    {"work is shared", work_is_shared},
    {"empty contexts", empty_contexts},
    {"bad requests keep to themselves", bad_requests},
    {"bad options", bad_options},
    {"weights that overflow", weights_that_overflow},
    {"texts end", texts_end},
    {"generation agrees with scoring", generation_agrees_with_scoring},
    {"philox known answers", philox_known_answers},
    {"sampling follows the distribution", sampling_follows_the_distribution},
    {"sampling cuts as if sorted", sampling_cuts_as_if_sorted},
};

int main(void) { return bs_test_main("engine", tests, sizeof tests / sizeof *tests); }
