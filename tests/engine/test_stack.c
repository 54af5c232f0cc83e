/* A stack computes what its blueprint says, step by step: norms behind an operation, scales, steps
   beside each other, norms that two steps share or that are left out, layers of different steps. No
   family has all of these, so the blueprint of a model is changed here, and the plain computation
   goes by the same one. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../checkpoint/model_writer.h"
#include "engine/stack/routes_internal.h"
#include "engine/stack/stack_internal.h"
#include "harness.h"
#include "reference.h"

enum { N_TOKENS = 70, N_VOCAB = 53 };

/* The steps of all layers, or of the first one alone. */
typedef struct variant {
  const char *name;
  size_t n_steps;
  bs_layer_step steps[BS_LAYER_STEPS];
  bool in_first_layer_only;
} variant;

/* Short names for the table. */
#define A BS_OPERATION_ATTENTION
#define M BS_OPERATION_MLP
#define NONE BS_SLOT_NONE
#define A_NORM BS_SLOT_ATTENTION_NORM
#define M_NORM BS_SLOT_MLP_NORM

static const variant variants[] = {
    {"as it is", 2, {{A, false, A_NORM, NONE, 1, NONE}, {M, false, M_NORM, NONE, 1, NONE}}, false},
    {"a norm behind each operation alone",
     2,
     {{A, false, NONE, A_NORM, 1, NONE}, {M, false, NONE, M_NORM, 1, NONE}},
     false},
    {"norms on both sides",
     2,
     {{A, false, A_NORM, M_NORM, 1, NONE}, {M, false, M_NORM, A_NORM, 1, NONE}},
     false},
    {"scaled results",
     2,
     {{A, false, A_NORM, NONE, 0.22, NONE}, {M, false, M_NORM, NONE, -1.5, NONE}},
     false},
    {"side by side behind one norm",
     2,
     {{A, false, A_NORM, NONE, 1, NONE}, {M, true, A_NORM, NONE, 1, NONE}},
     false},
    {"side by side, normed and scaled",
     2,
     {{A, false, A_NORM, NONE, 0.5, NONE}, {M, true, M_NORM, M_NORM, 2, NONE}},
     false},
    {"norms of the results, as the oldest models have them",
     2,
     {{A, false, NONE, NONE, 1, A_NORM}, {M, false, NONE, A_NORM, 0.5, M_NORM}},
     false},
    {"attention alone", 1, {{A, false, A_NORM, NONE, 1, NONE}}, false},
    {"one layer of another kind",
     2,
     {{A, false, A_NORM, NONE, 1, NONE}, {M, true, M_NORM, NONE, 1, NONE}},
     true},
    {"a feed-forward layer before attention, and two behind it",
     4,
     {{M, false, M_NORM, NONE, 1, NONE},
      {A, false, A_NORM, NONE, 1, NONE},
      {M, false, A_NORM, NONE, 0.7, NONE},
      {M, false, NONE, M_NORM, 1, NONE}},
     false},
};

static bs_checkpoint *open_model(void) {
  const llama_sizes sizes = {.d_model = 48,
                             .n_layers = 3,
                             .n_heads = 4,
                             .n_kv_heads = 2,
                             .head_dim = 12,
                             .d_ff = 40,
                             .n_vocab = N_VOCAB,
                             .n_positions = N_TOKENS,
                             .dtype = BS_DTYPE_F32,
                             .more = ""};
  bs_error err = {0};
  bs_checkpoint *checkpoint = NULL;
  BS_TEST_OK(bs_checkpoint_open(&checkpoint, make_llama("steps", &sizes), &err), err);
  CU_ASSERT_PTR_NOT_NULL_FATAL(checkpoint);
  return checkpoint;
}

/* Of the tokens of a batch only some are asked what follows them. */
static bool is_wanted(size_t position) { return position % 3 != 1; }

/* The log-probabilities of the tokens behind wanted ones, in two batches of which the second goes
   on from the keys and values of the first. */
static void run_stack(bs_stack *stack, const int32_t *ids, size_t length_class, double *logprobs) {
  enum { FIRST = 41 };
  bs_error err = {0};
  bs_batch batch = {0};
  bs_kv_path path = {0};
  for (size_t at = 0, n = FIRST; at < N_TOKENS - 1; at += n, n = N_TOKENS - 1 - at) {
    size_t offsets[N_TOKENS + 1], places[N_TOKENS], n_wanted = 0;
    double norms[N_TOKENS];
    int32_t best[N_TOKENS], next[N_TOKENS];
    float logits[N_TOKENS];
    BS_TEST_OK(bs_batch_add(&batch, &path, ids + at, n, 0, length_class, &err), err);
    for (size_t i = 0; i < batch.n_rows; i++)
      if (batch.rows[i].block->data == NULL)
        BS_TEST_OK(bs_kv_block_keep(batch.rows[i].block, bs_stack_kv(stack), &err), err);
    for (size_t i = 0; i < n; i++) {
      if (!is_wanted(at + i))
        continue;
      BS_TEST_OK(bs_batch_want(&batch, i, &err), err);
      offsets[n_wanted] = n_wanted;
      next[n_wanted] = ids[at + i + 1];
      places[n_wanted++] = at + i;
    }
    offsets[n_wanted] = n_wanted;
    BS_TEST_OK(bs_stack_run(stack, &batch, &err), err);
    BS_TEST_OK(bs_stack_summary(stack, 0, n_wanted, offsets, next, norms, best, logits, &err), err);
    for (size_t i = 0; i < n_wanted; i++)
      logprobs[places[i]] = (double)logits[i] - norms[i];
    bs_batch_clear(&batch);
  }
  bs_batch_free(&batch);
  bs_kv_path_free(&path);
}

static void check_blueprint(const bs_checkpoint *checkpoint, const bs_blueprint *blueprint,
                            const char *name, double *logprobs) {
  int32_t ids[N_TOKENS];
  double expected[N_TOKENS], largest = 0;
  bs_error err = {0};
  bs_stack *stack = NULL;
  uint64_t seed = 3;
  for (size_t i = 0; i < N_TOKENS; i++)
    ids[i] = (int32_t)random_below(&seed, N_VOCAB);
  reference_logprobs(blueprint, ids, N_TOKENS, expected);
  bs_arithmetic arithmetic = {.precision = BS_PRECISION_F32};
  BS_TEST_OK(bs_arithmetic_settle(&arithmetic, &err), err);
  BS_TEST_OK(bs_stack_open(&stack, checkpoint, blueprint, arithmetic, &err), err);
  CU_ASSERT_PTR_NOT_NULL_FATAL(stack);
  run_stack(stack, ids, bs_blueprint_length_class(blueprint, N_TOKENS), logprobs);
  for (size_t i = 0; i + 1 < N_TOKENS; i++)
    if (is_wanted(i))
      largest = fmax(largest, fabs(logprobs[i] - expected[i]));
  printf("\n    %s: max error %.1e ", name, largest);
  CU_ASSERT_TRUE(largest < 3e-5);
  bs_stack_free(&stack);
}

static void steps_are_obeyed(void) {
  bs_checkpoint *checkpoint = open_model();
  bs_blueprint changed = *bs_checkpoint_blueprint(checkpoint);
  bs_layer_blueprint *own = changed.layers;
  double plain[N_TOKENS], logprobs[N_TOKENS];
  changed.layers = calloc(changed.n_layers, sizeof *changed.layers);
  CU_ASSERT_PTR_NOT_NULL_FATAL(changed.layers);
  for (size_t v = 0; v < sizeof variants / sizeof *variants; v++) {
    const variant *as = &variants[v];
    memcpy(changed.layers, own, changed.n_layers * sizeof *own);
    for (size_t i = 0; i < (as->in_first_layer_only ? 1 : changed.n_layers); i++) {
      changed.layers[i].n_steps = as->n_steps;
      memcpy(changed.layers[i].steps, as->steps, sizeof as->steps);
    }
    check_blueprint(checkpoint, &changed, as->name, v == 0 ? plain : logprobs);
    double difference = 0; /* from the model as it is */
    for (size_t i = 0; v > 0 && i + 1 < N_TOKENS; i++)
      if (is_wanted(i))
        difference = fmax(difference, fabs(logprobs[i] - plain[i]));
    CU_ASSERT_TRUE(v == 0 || difference > 1e-3);
  }
  free(changed.layers);
  bs_checkpoint_free(&checkpoint);
}

/* Changes of what a blueprint says beside steps; frequencies and slopes are the test's own. */
static double own_frequencies[6] = {1, 0.5, 0.2, 0.1, 0.03, 0.01};
static double own_sinusoids[24];
static double own_slopes[4] = {0.5, 0.25, 0.1, 0.03};

static void cap_scores(bs_blueprint *b) {
  b->layers[0].score_cap = 0.3;
  b->layers[2].score_cap = 0.1;
}
static void pair_neighbours(bs_blueprint *b) { b->neighbours = true; }
static void rotate_not(bs_blueprint *b) { b->layers[1].angles = BS_NO_ANGLES; }
static void rotate_otherwise(bs_blueprint *b) {
  b->angles[1] = (bs_angles){.frequencies = own_frequencies, .factor = 1.3};
  b->layers[0].angles = b->layers[2].angles = 1;
}
static void rotate_long_texts(bs_blueprint *b) {
  b->angles[0].length = 20;
  b->angles[0].long_frequencies = own_frequencies;
}
static void add_sinusoids(bs_blueprint *b) {
  for (size_t i = 0; i < 24; i++)
    own_sinusoids[i] = 1 / (1 + (double)i);
  b->position = BS_POSITION_SINUSOIDAL;
  b->position_offset = 2;
  b->n_angles = 24;
  b->angles[0] = (bs_angles){.frequencies = own_sinusoids, .factor = 1};
  for (size_t i = 0; i < b->n_layers; i++)
    b->layers[i].angles = BS_NO_ANGLES;
}
static void slope(bs_blueprint *b) { b->alibi_slopes = own_slopes; }
static void cap_and_slope(bs_blueprint *b) {
  cap_scores(b);
  slope(b);
}
static void scale_embeddings(bs_blueprint *b) { b->embedding_scale = 3; }
static void offset_norms(bs_blueprint *b) { b->norm_offset = 0.25; }

static const struct {
  const char *name;
  void (*apply)(bs_blueprint *);
} changes[] = {
    {"capped scores", cap_scores},
    {"neighbouring pairs", pair_neighbours},
    {"a layer that is not rotated", rotate_not},
    {"two sets of angles, a factor", rotate_otherwise},
    {"other angles in long texts", rotate_long_texts},
    {"sinusoids", add_sinusoids},
    {"slopes", slope},
    {"capped scores and slopes", cap_and_slope},
    {"scaled embeddings", scale_embeddings},
    {"norms of weights with an offset", offset_norms},
};

static void changes_are_obeyed(void) {
  bs_checkpoint *checkpoint = open_model();
  const bs_blueprint *own = bs_checkpoint_blueprint(checkpoint);
  double plain[N_TOKENS], logprobs[N_TOKENS];
  check_blueprint(checkpoint, own, "as it is", plain);
  for (size_t v = 0; v < sizeof changes / sizeof *changes; v++) {
    bs_blueprint changed = *own;
    bs_layer_blueprint layers[3];
    memcpy(layers, own->layers, sizeof layers);
    changed.layers = layers;
    changes[v].apply(&changed);
    check_blueprint(checkpoint, &changed, changes[v].name, logprobs);
    double difference = 0;
    for (size_t i = 0; i + 1 < N_TOKENS; i++)
      if (is_wanted(i))
        difference = fmax(difference, fabs(logprobs[i] - plain[i]));
    CU_ASSERT_TRUE(difference > 1e-3);
  }
  bs_checkpoint_free(&checkpoint);
}

/* What is estimated grows with the buffer that normed or scaled results need. */
static void branches_are_estimated(void) {
  bs_checkpoint *checkpoint = open_model();
  bs_blueprint changed = *bs_checkpoint_blueprint(checkpoint);
  bs_layer_blueprint layers[3];
  bs_stack_memory plain, scaled;
  bs_error err = {0};
  const bs_arithmetic portable = {.isa = BS_ISA_PORTABLE, .precision = BS_PRECISION_F32};
  enum { ROWS = 100 };
  CU_ASSERT_EQUAL_FATAL(changed.n_layers, 3);
  BS_TEST_OK(bs_stack_memory_need(&changed, portable, ROWS, 1, &plain, &err), err);
  memcpy(layers, changed.layers, sizeof layers);
  layers[1].steps[1].scale = 0.5;
  changed.layers = layers;
  BS_TEST_OK(bs_stack_memory_need(&changed, portable, ROWS, 1, &scaled, &err), err);
  CU_ASSERT_EQUAL(scaled.weights, plain.weights);
  CU_ASSERT_EQUAL(scaled.pass, plain.pass + (double)(ROWS * changed.d_model * sizeof(float)));
  bs_checkpoint_free(&checkpoint);
}

/* The lowest numbers among equals and where nothing is a number; rows ascend within an expert. */
static void routes_are_chosen(void) {
  enum { N = 4, K = 2, ROWS = 4 };
  static const uint32_t chosen[ROWS * K] = {1, 2, 0, 1, 0, 1, 3, 0};
  static const size_t first[N + 1] = {0, 3, 6, 7, 8}, rows[ROWS * K] = {1, 2, 3, 0, 1, 2, 0, 3};
  for (int renormalised = 0; renormalised < 2; renormalised++) {
    float logits[ROWS * N] = {1,   3,   3,   2,   /* the first of equals */
                              0,   0,   0,   0,   /* all equal */
                              NAN, NAN, NAN, NAN, /* no numbers */
                              1,   0,   -90, 90};
    const bs_experts experts = {.n = N, .per_token = K, .renormalised = renormalised > 0};
    bs_routes routes = {0};
    bs_error err = {0};
    BS_TEST_OK(bs_routes_choose(&routes, &experts, logits, ROWS, &err), err);
    bs_routes_gather(&routes, &experts, ROWS);
    CU_ASSERT_EQUAL(memcmp(routes.experts, chosen, sizeof chosen), 0);
    CU_ASSERT_EQUAL(memcmp(routes.first, first, sizeof first), 0);
    CU_ASSERT_EQUAL(memcmp(routes.rows, rows, sizeof rows), 0);
    for (size_t c = 0; c < ROWS * K; c++)
      CU_ASSERT_EQUAL(routes.rows[routes.places[c]], c / K);
    CU_ASSERT_DOUBLE_EQUAL(routes.weights[2], renormalised ? 0.5 : 0.25, 1e-7);
    CU_ASSERT_DOUBLE_EQUAL(routes.weights[6], 1, 1e-7);
    CU_ASSERT_TRUE(isnan(routes.weights[4]));
    bs_routes_free(&routes);
  }
}

static const bs_test tests[] = {
    {"steps are obeyed", steps_are_obeyed},
    {"positions, caps and scales are obeyed", changes_are_obeyed},
    {"buffers of steps are estimated", branches_are_estimated},
    {"routes to experts are chosen", routes_are_chosen},
};

int main(void) { return bs_test_main("engine_stack", tests, sizeof tests / sizeof *tests); }
