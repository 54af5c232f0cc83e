/* GGUF files that are not as they should be: each gives its outcome, and those that open give the
   same log-probabilities. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bigsweep/engine.h"
#include "bigsweep/json.h"
#include "harness.h"

/* What a refusal says. */
static const struct {
  const char *file;
  bs_status status;
  const char *message;
} refused[] = {
    {"bad-magic.gguf", BS_ERR_UNSUPPORTED, "older GGML"},
    {"version-1.gguf", BS_ERR_UNSUPPORTED, "version 1"},
    {"big-endian.gguf", BS_ERR_UNSUPPORTED, "big-endian"},
    {"empty.gguf", BS_ERR_INPUT, "an empty file"},
    {"kv-count-huge.gguf", BS_ERR_INPUT, "more than the file has bytes for"},
    {"string-past-end.gguf", BS_ERR_INPUT, "general.name, 1099511627776 bytes, goes past the end"},
    {"array-of-arrays.gguf", BS_ERR_UNSUPPORTED, "x.nested is an array of arrays"},
    {"kv-type-unknown.gguf", BS_ERR_UNSUPPORTED, "key x.unknown has type 13"},
    {"offset-past-end.gguf", BS_ERR_INPUT, "output_norm.weight"},
    {"offset-unaligned.gguf", BS_ERR_INPUT, "output_norm.weight, 8164, is not a multiple"},
    {"type-removed.gguf", BS_ERR_UNSUPPORTED, "blk.0.attn_q.weight has type 31 (Q4_0_4_4)"},
    {"tensor-twice.gguf", BS_ERR_INPUT, "two tensors of the name blk.0.attn_q.weight"},
    {"key-missing.gguf", BS_ERR_INPUT, "no key llama.block_count"},
    {"key-type-wrong.gguf", BS_ERR_INPUT, "llama.block_count is of type string"},
    {"dims-overflow.gguf", BS_ERR_INPUT, "blk.0.attn_q.weight has more elements"},
    {"dims-zero.gguf", BS_ERR_INPUT, "blk.0.attn_q.weight has a side of 0"},
    {"alignment-24.gguf", BS_ERR_INPUT, "general.alignment 24"},
    {"scores-short.gguf", BS_ERR_INPUT, "10 scores for 40 tokens"},
    {"ok-split-00002-of-00003.gguf", BS_ERR_INPUT, "file 2 of 3"},
};

static const char *path_of(const char *file) {
  char path[128];
  snprintf(path, sizeof path, "gguf/bad/%s", file);
  return bs_test_data(path);
}

static void refusals(void) {
  if (!bs_test_have_data("gguf/bad/outcomes.json"))
    return;
  for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
    bs_error err = {0};
    bs_checkpoint *checkpoint = NULL;
    BS_TEST_FAILS(bs_checkpoint_open(&checkpoint, path_of(refused[i].file), &err),
                  refused[i].status, err, refused[i].message);
    bs_checkpoint_free(&checkpoint);
  }
}

/* Files of other architectures with one name changed: what is missing then is told. */
static void missing_names(void) {
  static const struct {
    const char *file, *name;
    bs_status status;
    const char *message;
  } cases[] = {
      {"mixtral-q4_0", "blk.0.ffn_gate_exps", BS_ERR_UNSUPPORTED,
       "experts are read where the matrices of a layer"},
      {"mixtral-q4_0", "blk.1.ffn_up_exps", BS_ERR_INPUT,
       "model.layers.1.block_sparse_moe.experts.0.w3.weight"},
      {"mixtral-q4_0", "llama.rope.freq_base", BS_ERR_INPUT, "no key llama.rope.freq_base"},
      {"falcon-q5_0", "blk.1.attn_norm", BS_ERR_INPUT, "transformer.h.1.input_layernorm.weight"},
      {"t5-q8_0", "t5.decoder_start_token_id", BS_ERR_INPUT, "no key t5.decoder_start_token_id"},
      {"t5-q8_0", "enc.blk.1.attn_k", BS_ERR_INPUT,
       "encoder.block.1.layer.0.SelfAttention.k.weight"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    char path[128];
    bs_error err = {0};
    bs_checkpoint *checkpoint = NULL;
    snprintf(path, sizeof path, "gguf/models/%s/model.gguf", cases[i].file);
    if (!bs_test_have_data(path))
      return;
    bs_text bytes = bs_test_read(bs_test_data(path));
    size_t at = 0, n = strlen(cases[i].name);
    while (at + n < bytes.n_bytes && memcmp(bytes.data + at, cases[i].name, n) != 0)
      at++;
    CU_ASSERT_FATAL(at + n < bytes.n_bytes);
    bytes.data[at + n - 1] = '_';
    const char *changed = bs_test_write("changed.gguf", bytes.data, bytes.n_bytes);
    BS_TEST_FAILS(bs_checkpoint_open(&checkpoint, changed, &err), cases[i].status, err,
                  cases[i].message);
    bs_checkpoint_free(&checkpoint);
    bs_text_free(&bytes);
  }
}

/* The log-probabilities of one text. */
static void check_text(bs_engine *engine, const cJSON *entry) {
  int32_t ids[64];
  size_t n = 0;
  bs_error err = {0};
  bs_score_result *results = NULL;
  const cJSON *item;
  cJSON_ArrayForEach(item, bs_json_get(entry, "ids")) ids[n++] = (int32_t)item->valuedouble;
  const bs_token_span rest = {ids + 1, n - 1};
  const bs_score_request request = {
      .context = {ids, 1}, .continuations = &rest, .n_continuations = 1};
  BS_TEST_OK(bs_engine_score(engine, &request, 1, &results, &err), err);
  CU_ASSERT_PTR_NOT_NULL_FATAL(results);
  const cJSON *expected = bs_json_get(entry, "logprobs")->child;
  for (size_t k = 0; k + 1 < n; k++, expected = expected->next)
    CU_ASSERT_DOUBLE_EQUAL(results[0].scores[0].token_logprobs[k], expected->valuedouble, 5e-5);
  bs_score_results_free(&results, 1);
}

static void check_opens(const char *file, const bs_json *outcomes) {
  bs_error err = {0};
  bs_checkpoint *checkpoint = NULL;
  bs_engine *engine = NULL;
  const bs_engine_options options = {.isa = BS_ISA_AUTO};
  BS_TEST_OK(bs_checkpoint_open(&checkpoint, path_of(file), &err), err);
  if (checkpoint != NULL)
    BS_TEST_OK(bs_engine_open(&engine, checkpoint, &options, &err), err);
  const cJSON *entry;
  if (engine != NULL)
    cJSON_ArrayForEach(entry, bs_json_get(outcomes->root, "numbers")) check_text(engine, entry);
  bs_engine_free(&engine);
  bs_checkpoint_free(&checkpoint);
}

static bool is_refused(const char *file) {
  for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
    if (strcmp(file, refused[i].file) == 0)
      return true;
  return false;
}

static void outcomes(void) {
  bs_error err = {0};
  bs_json *json = NULL;
  size_t n_open = 0;
  if (!bs_test_have_data("gguf/bad/outcomes.json"))
    return;
  BS_TEST_OK(bs_json_load(&json, bs_test_data("gguf/bad/outcomes.json"), 0, &err), err);
  const cJSON *entry;
  cJSON_ArrayForEach(entry, bs_json_get(json->root, "files")) {
    const char *file = cJSON_GetStringValue(bs_json_get(entry, "file"));
    bool opens = strncmp(file, "ok-", 3) == 0;
    CU_ASSERT_EQUAL(is_refused(file), !opens);
    if (opens)
      check_opens(file, json);
    n_open += opens;
  }
  CU_ASSERT_EQUAL(n_open, 4);
  bs_json_free(&json);
}

/* The content is that of all files of the model. */
static void hashes(void) {
  bs_error err = {0};
  char hex[65], again[65];
  bs_text lines = {0};
  if (!bs_test_have_data("gguf/bad/outcomes.json"))
    return;
  BS_TEST_OK(bs_checkpoint_sha256(path_of("ok-split-00001-of-00003.gguf"), hex, &err), err);
  BS_TEST_OK(bs_checkpoint_sha256(path_of("ok-base.gguf"), again, &err), err);
  CU_ASSERT_STRING_NOT_EQUAL(hex, again);
  BS_TEST_OK(bs_checkpoint_fingerprints(path_of("ok-split-00001-of-00003.gguf"), &lines, &err),
             err);
  CU_ASSERT_PTR_NOT_NULL(strstr(lines.data, "  ok-split-00003-of-00003.gguf\n"));
  BS_TEST_OK(bs_checkpoint_check_copy(path_of("ok-split-00001-of-00003.gguf"), lines.data, &err),
             err);
  CU_ASSERT_EQUAL(bs_checkpoint_check_copy(path_of("ok-base.gguf"), lines.data, &err),
                  BS_ERR_INPUT);
  bs_text_free(&lines);
}

int main(void) {
  static const bs_test tests[] = {{"refusals", refusals},
                                  {"missing names", missing_names},
                                  {"outcomes", outcomes},
                                  {"hashes and copies", hashes}};
  return bs_test_main("engine_gguf", tests, sizeof tests / sizeof *tests);
}
