/* The engine against reference values: float64 forward passes over the same weights. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../checkpoint/model_writer.h"
#include "../checkpoint/small_model.h"
#include "bigsweep/engine.h"
#include "bigsweep/helpers.h"
#include "bigsweep/json.h"
#include "gguf_twin.h"
#include "harness.h"
#include "kernels/linear_internal.h"

enum { MAX_IDS = 600 }; /* and one more */

typedef struct model {
  bs_checkpoint *checkpoint;
  bs_engine *engine;
} model;

static bool open_model(model *m, const char *folder, bs_isa isa) {
  bs_error err = {0};
  const bs_engine_options options = {.isa = isa};
  *m = (model){0};
  BS_TEST_OK(bs_checkpoint_open(&m->checkpoint, folder, &err), err);
  if (m->checkpoint != NULL)
    BS_TEST_OK(bs_engine_open(&m->engine, m->checkpoint, &options, &err), err);
  return m->engine != NULL;
}

static void close_model(model *m) {
  bs_engine_free(&m->engine);
  bs_checkpoint_free(&m->checkpoint);
}

static size_t read_ids(const cJSON *array, int32_t *ids) {
  size_t n = 0;
  const cJSON *item;
  cJSON_ArrayForEach(item, array) {
    CU_ASSERT_FATAL(n < MAX_IDS);
    ids[n++] = (int32_t)item->valuedouble;
  }
  return n;
}

typedef struct errors {
  double largest, sum;
  size_t n;
} errors;

static void count_error(errors *of, double found, double expected) {
  double error = fabs(found - expected);
  of->largest = error > of->largest ? error : of->largest;
  of->sum += error;
  of->n++;
}

/* Scores ids[1..) after ids[0], and the most likely next token after all of them; these are the
   decoder's where there is an encoder. */
static void check_case(bs_engine *engine, const cJSON *entry, errors *of) {
  int32_t ids[MAX_IDS + 1], source_ids[MAX_IDS];
  const cJSON *sources = bs_json_get(entry, "encoder_ids");
  size_t n = read_ids(bs_json_get(entry, sources != NULL ? "decoder_ids" : "ids"), ids);
  int32_t next = (int32_t)bs_json_get(entry, "next_argmax")->valuedouble;
  ids[n] = next; /* so that all ids are fed: some models' scores go by how many are */
  const bs_token_span rest = {ids + 1, n}, after = {&next, 1};
  const bs_token_span source = {source_ids, sources != NULL ? read_ids(sources, source_ids) : 0};
  const bs_score_request requests[] = {{{ids, 1}, &rest, 1, source, {0}},
                                       {{ids, n}, &after, 1, source, {0}}};
  bs_score_result *results = NULL;
  bs_error err = {0};
  BS_TEST_OK(bs_engine_score(engine, requests, 2, &results, &err), err);
  CU_ASSERT_PTR_NOT_NULL_FATAL(results);
  CU_ASSERT_EQUAL_FATAL(results[0].error.status, BS_OK);
  CU_ASSERT_EQUAL_FATAL(results[1].error.status, BS_OK);
  const cJSON *logprob = bs_json_get(entry, "logprobs")->child;
  double sum = 0;
  for (size_t k = 0; k + 1 < n; k++, logprob = logprob->next) {
    count_error(of, results[0].scores[0].token_logprobs[k], logprob->valuedouble);
    sum += logprob->valuedouble;
  }
  sum += bs_json_get(entry, "next_logprob")->valuedouble;
  CU_ASSERT_DOUBLE_EQUAL(results[0].scores[0].logprob, sum, 5e-5 * (double)n);
  count_error(of, results[1].scores[0].logprob, bs_json_get(entry, "next_logprob")->valuedouble);
  CU_ASSERT_EQUAL(results[1].scores[0].n_greedy, results[1].scores[0].n_tokens);
  bs_score_results_free(&results, 2);
}

/* The model in `folder` against the values of the one in `of_data`. */
static void check_model(const char *folder, const char *of_data, const char *list,
                        double tolerance) {
  char path[256];
  snprintf(path, sizeof path, "%s/expected.json", of_data);
  if (!bs_test_have_data(path))
    return;
  bs_error err = {0};
  bs_json *json = NULL;
  BS_TEST_OK(bs_json_load(&json, bs_test_data(path), 0, &err), err);
  size_t n_isas;
  const bs_isa *isas = bs_isa_list(&n_isas);
  for (size_t i = 0; json != NULL && i < n_isas; i++) {
    model m;
    errors of = {0};
    const cJSON *entry;
    if (open_model(&m, folder, isas[i]))
      cJSON_ArrayForEach(entry, bs_json_get(json->root, list)) check_case(m.engine, entry, &of);
    printf("\n    %s, %s: %zu values, error mean %.2e, max %.2e ", of_data,
           m.engine != NULL ? bs_isa_name(bs_engine_isa(m.engine)) : "-", of.n,
           of.sum / (double)(of.n > 0 ? of.n : 1), of.largest);
    CU_ASSERT_TRUE(of.n > 0 && of.largest <= tolerance);
    close_model(&m);
  }
  bs_json_free(&json);
}

static void check_gguf(const char *name, const char *list, double tolerance) {
  char folder[128], path[160];
  snprintf(folder, sizeof folder, "gguf/models/%s", name);
  snprintf(path, sizeof path, "%s/model.gguf", folder);
  check_model(bs_test_data(path), folder, list, tolerance);
}

static void check_folder(const char *folder, const char *list, double tolerance) {
  char *path = bs_string_copy(bs_test_data(folder), NULL); /* outlives the slot */
  check_model(path, folder, list, tolerance);
  free(path);
}

/* Their README tells what each has. */
static void gguf_models(void) {
  static const char *const folders[] = {
      "llama-q4_k_m", "llama-f16-qkv", "qwen2-q5_k_m", "qwen3-iq4_xs", "gptneox-q8_0", "gpt2-q5_1",
      "bloom-q4_0",   "gemma-q4_k",    "falcon-q5_0",  "t5-q8_0",      "mixtral-q4_0"};
  for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
    check_gguf(folders[i], "cases", 5e-5);
    check_gguf(folders[i], "texts", 5e-5);
  }
  check_gguf("tiny-llama-a-bf16", "cases", 5e-5);
  check_gguf("stories260K-f32", "texts", 2e-5);
}

static void tiny_models(void) {
  static const char *const folders[] = {
      "models/tiny-llama-a",    "models/tiny-llama-b",      "models/tiny-gptneox-a",
      "models/tiny-gptneox-b",  "models/tiny-gpt2",         "models/tiny-gpt2-b",
      "models/tiny-qwen2",      "models/tiny-qwen3",        "models/tiny-mistral",
      "models/tiny-opt",        "models/tiny-bloom",        "models/tiny-bloom-b",
      "models/tiny-llama-yarn", "models/tiny-llama-linear", "models/tiny-llama-dynamic",
      "models/tiny-llama-bias", "models/tiny-gptj",         "models/tiny-gpt-neo",
      "models/tiny-phi",        "models/tiny-phi3",         "models/tiny-phi3-long",
      "models/tiny-smollm3",    "models/tiny-xglm",         "models/tiny-gemma",
      "models/tiny-gemma2",     "models/tiny-gemma3",       "models/tiny-t5",
      "models/tiny-flan-t5",    "models/tiny-mt5",          "models/tiny-ul2",
      "models/tiny-falcon-7b",  "models/tiny-falcon-40b",   "models/tiny-falcon-rw",
      "models/tiny-granite",    "models/tiny-olmo",         "models/tiny-olmo2",
      "models/tiny-mpt",        "models/tiny-stablelm",     "models/tiny-stablelm-12b",
      "models/tiny-opt-350m",   "models/tiny-mixtral",      "models/tiny-qwen2-moe",
      "models/tiny-qwen3-moe",  "models/tiny-olmoe",        "models/tiny-switch",
      "models/tiny-switch-cap",
  };
  for (size_t i = 0; i < sizeof folders / sizeof *folders; i++)
    check_folder(folders[i], "cases", 5e-5);
}

/* Architectures of which no GGUF file is at hand: a folder's weights written as one give what the
   folder gives. */
static void gguf_twins(void) {
  if (bs_test_have_data("models/tiny-gemma2"))
    check_model(make_gemma2_twin(), "models/tiny-gemma2", "cases", 5e-5);
  if (bs_test_have_data("models/tiny-falcon-40b"))
    check_model(make_falcon_40b_twin(), "models/tiny-falcon-40b", "cases", 5e-5);
  if (bs_test_have_data("models/tiny-t5"))
    check_model(make_t5_twin(), "models/tiny-t5", "cases", 5e-5);
}

/* tiny-gemma3 as the language model inside one that reads images: its names behind `prefix`, its
   config.json as text_config, and a tensor of the part that is left out. */
static const char *wrap_gemma3(const char *name, const char *prefix, const char *vision) {
  char source[512];
  snprintf(source, sizeof source, "%s", bs_test_data("models/tiny-gemma3"));
  bs_text weights = slurp(source, "model.safetensors"), config = slurp(source, "config.json");
  size_t n_header = 0;
  for (size_t i = 8; i-- > 0;)
    n_header = n_header << 8 | (unsigned char)weights.data[i];
  cJSON *header = cJSON_ParseWithLength(weights.data + 8, n_header), *entry;
  tensor_writer writer = {.seed = 1};
  cJSON_ArrayForEach(entry, header) {
    const char *of_model = strstr(entry->string, "model.");
    char *text = cJSON_PrintUnformatted(entry);
    if (of_model == entry->string)
      bs_text_printf(&writer.header, NULL, "%s\"%s%s\":%s", writer.header.n_bytes > 0 ? "," : "",
                     prefix, entry->string + strlen("model."), text);
    cJSON_free(text);
  }
  bs_text_append(&writer.data, weights.data + 8 + n_header, weights.n_bytes - 8 - n_header, NULL);
  const size_t shape[] = {3, 2, 0};
  tensor_writer_add(&writer, vision, BS_DTYPE_F32, shape, 0);
  const char *folder = make_folder(name);
  tensor_writer_save(&writer, folder, "model.safetensors");
  bs_text whole = {0};
  bs_text_printf(&whole, NULL,
                 "{\"architectures\": [\"Gemma3ForConditionalGeneration\"], \"model_type\": "
                 "\"gemma3\", \"vision_config\": {}, \"text_config\": %s}",
                 config.data);
  write_file(folder, "config.json", whole.data, whole.n_bytes);
  cJSON_Delete(header);
  bs_text_free(&weights);
  bs_text_free(&config);
  bs_text_free(&whole);
  return folder;
}

static void inner_language_model(void) {
  if (!bs_test_have_data("models/tiny-gemma3"))
    return;
  check_model(wrap_gemma3("old", "language_model.model.", "vision_tower.x"), "models/tiny-gemma3",
              "cases", 5e-5);
  check_model(wrap_gemma3("new", "model.language_model.", "model.vision_tower.x"),
              "models/tiny-gemma3", "cases", 5e-5);
}

/* Without ids for the encoder, or with some where there is none. */
static void missing_encoder_ids(void) {
  static const char *const folders[] = {"models/tiny-t5", "models/tiny-gpt2"};
  static const char *const faults[] = {"the ids for the encoder are missing", "has none"};
  for (size_t i = 0; i < 2; i++) {
    model m;
    if (!bs_test_have_data(folders[i]) || !open_model(&m, bs_test_data(folders[i]), BS_ISA_AUTO))
      continue;
    const int32_t ids[] = {3, 500};
    const bs_token_span fine = {ids, 1}, high = {ids, 2}, none = {NULL, 0};
    const bs_token_span right = i == 0 ? fine : none, wrong = i == 0 ? none : fine;
    const bs_score_request requests[] = {
        {fine, &fine, 1, wrong, {0}}, {fine, &fine, 1, right, {0}}, {fine, &fine, 1, high, {0}}};
    const bs_generate_request texts[] = {
        {.prompt = fine, .max_tokens = 1, .source = wrong},
        {.prompt = fine, .max_tokens = 1, .source = right},
    };
    bs_score_result *results = NULL;
    bs_generate_result *made = NULL;
    bs_error err = {0};
    BS_TEST_OK(bs_engine_score(m.engine, requests, 3, &results, &err), err);
    BS_TEST_OK(bs_engine_generate(m.engine, texts, 2, NULL, NULL, &made, &err), err);
    CU_ASSERT_EQUAL(results[0].error.status, BS_ERR_INPUT);
    CU_ASSERT_PTR_NOT_NULL(strstr(results[0].error.message, faults[i]));
    CU_ASSERT_EQUAL(results[1].error.status, BS_OK);
    CU_ASSERT_EQUAL(results[2].error.status, BS_ERR_INPUT);
    CU_ASSERT_PTR_NOT_NULL(strstr(made[0].error.message, faults[i]));
    CU_ASSERT_EQUAL(made[1].error.status, BS_OK);
    bs_score_results_free(&results, 3);
    bs_generate_results_free(&made, 2);
    close_model(&m);
  }
}

/* Greedy generation writes what scoring calls the most likely token, the start token understood. */
static void encoder_greedy(void) {
  enum { N = 24 };
  model m;
  if (!bs_test_have_data("models/tiny-flan-t5") ||
      !open_model(&m, bs_test_data("models/tiny-flan-t5"), BS_ISA_AUTO))
    return;
  int32_t source[3 * N];
  for (size_t i = 0; i < 3 * N; i++)
    source[i] = (int32_t)(2 + 7 * i % 101);
  for (size_t n = 1; n < 3 * N; n += 13) {
    const bs_token_span read = {source, n};
    const bs_generate_request text = {.max_tokens = N, .source = read};
    bs_generate_result *made = NULL;
    bs_score_result *results = NULL;
    bs_error err = {0};
    BS_TEST_OK(bs_engine_generate(m.engine, &text, 1, NULL, NULL, &made, &err), err);
    CU_ASSERT_EQUAL_FATAL(made[0].error.status, BS_OK);
    const bs_token_span written = {made[0].ids, made[0].n_tokens};
    const bs_score_request request = {{NULL, 0}, &written, 1, read, {0}};
    BS_TEST_OK(bs_engine_score(m.engine, &request, 1, &results, &err), err);
    CU_ASSERT_EQUAL(results[0].scores[0].n_greedy, written.n);
    bs_score_results_free(&results, 1);
    bs_generate_results_free(&made, 1);
  }
  close_model(&m);
}

/* tiny-mixtral with a router in its last layer whose logits overflow. */
static const char *write_wild_router(void) {
  static const char router[] = "model.layers.1.block_sparse_moe.gate.weight";
  char source[512];
  snprintf(source, sizeof source, "%s", bs_test_data("models/tiny-mixtral"));
  bs_text weights = slurp(source, "model.safetensors"), config = slurp(source, "config.json");
  size_t n_header = 0;
  for (size_t i = 8; i-- > 0;)
    n_header = n_header << 8 | (unsigned char)weights.data[i];
  cJSON *header = cJSON_ParseWithLength(weights.data + 8, n_header);
  const cJSON *offsets = bs_json_get(bs_json_get(header, router), "data_offsets");
  CU_ASSERT_FATAL(cJSON_GetArraySize(offsets) == 2);
  size_t begin = (size_t)cJSON_GetArrayItem(offsets, 0)->valuedouble;
  size_t end = (size_t)cJSON_GetArrayItem(offsets, 1)->valuedouble;
  memset(weights.data + 8 + n_header + begin, 0x7F, end - begin); /* 3.4e38 */
  const char *folder = make_folder("wild-router");
  write_file(folder, "model.safetensors", weights.data, weights.n_bytes);
  write_file(folder, "config.json", config.data, config.n_bytes);
  cJSON_Delete(header);
  bs_text_free(&weights);
  bs_text_free(&config);
  return folder;
}

/* Where no expert is the most likely the first ones are taken; what comes of them is no number. */
static void router_overflows(void) {
  model m;
  if (!bs_test_have_data("models/tiny-mixtral") ||
      !open_model(&m, write_wild_router(), BS_ISA_AUTO))
    return;
  const int32_t ids[] = {3, 4, 5};
  const bs_token_span rest = {ids + 1, 2};
  const bs_score_request request = {{ids, 1}, &rest, 1, {0}, {0}};
  bs_score_result *results = NULL;
  bs_error err = {0};
  BS_TEST_OK(bs_engine_score(m.engine, &request, 1, &results, &err), err);
  CU_ASSERT_PTR_NOT_NULL_FATAL(results);
  CU_ASSERT_TRUE(results[0].error.status != BS_OK || !isfinite(results[0].scores[0].logprob));
  bs_score_results_free(&results, 1);
  close_model(&m);
}

/* Opens a copy of a model whose config.json has `to` in place of `from`, of equal length. */
static bool open_edited(model *m, const char *source, const char *from, const char *to,
                        bs_reading reading) {
  char path[512];
  snprintf(path, sizeof path, "%s", bs_test_data(source));
  bs_text weights = slurp(path, "model.safetensors"), config = slurp(path, "config.json");
  char *found = strstr(config.data, from);
  CU_ASSERT_PTR_NOT_NULL_FATAL(found);
  memcpy(found, to, strlen(to));
  const char *folder = make_folder("edited");
  write_file(folder, "model.safetensors", weights.data, weights.n_bytes);
  write_file(folder, "config.json", config.data, config.n_bytes);
  bs_text_free(&weights);
  bs_text_free(&config);
  bs_error err = {0};
  *m = (model){0};
  BS_TEST_OK(bs_checkpoint_open_as(&m->checkpoint, folder, reading, &err), err);
  if (m->checkpoint != NULL)
    BS_TEST_OK(bs_engine_open(&m->engine, m->checkpoint, NULL, &err), err);
  return m->engine != NULL;
}

/* The log-probability of ids 2, 9, 16, ... (7 k modulo 91, and 2), n of them, behind the first; of
   a model with an encoder behind its start, and the encoder reads them as well. */
static double score_sevens(const model *m, size_t n) {
  int32_t ids[MAX_IDS];
  bs_model_info info;
  bs_checkpoint_info(m->checkpoint, &info);
  for (size_t i = 0; i < n; i++)
    ids[i] = (int32_t)(2 + 7 * i % 91);
  size_t first = info.has_encoder ? 0 : 1;
  const bs_token_span rest = {ids + first, n - first};
  const bs_score_request request = {{ids, first}, &rest, 1, {ids, info.has_encoder ? n : 0}, {0}};
  bs_error err = {0};
  bs_score_result *results = NULL;
  BS_TEST_OK(bs_engine_score(m->engine, &request, 1, &results, &err), err);
  CU_ASSERT_PTR_NOT_NULL_FATAL(results);
  CU_ASSERT_EQUAL_FATAL(results[0].error.status, BS_OK);
  double logprob = results[0].scores[0].logprob;
  bs_score_results_free(&results, 1);
  return logprob;
}

/* A text whose experts are full; with `capacity` in place of the file's. */
static double score_full(bs_reading reading, const char *capacity) {
  model m;
  double logprob = 0;
  if (open_edited(&m, "models/tiny-switch-cap", "\"expert_capacity\": 7,", capacity, reading))
    logprob = score_sevens(&m, 48);
  close_model(&m);
  return logprob;
}

/* OLMoE clips q, k and v behind the norms of q and k. The value is that of a float64 NumPy forward
   pass which gives the folder's own values to 1e-14. */
static void clipped_behind_norms(void) {
  static const double EXPECTED = -67.24783965289816; /* -71.80 without */
  model m;
  if (!bs_test_have_data("models/tiny-olmoe"))
    return;
  if (open_edited(&m, "models/tiny-olmoe", "\"clip_qkv\": null", "\"clip_qkv\": 0.75",
                  BS_READING_DEFAULT))
    CU_ASSERT_DOUBLE_EQUAL(score_sevens(&m, 12), EXPECTED, 11 * 5e-5);
  close_model(&m);
}

/* transformers 4.52 obeys the capacity, as it is by default; in 5.0 nothing is beyond it. */
static void readings_of_capacity(void) {
  static const char as_is[] = "\"expert_capacity\": 7,", large[] = "\"expert_capacity\":99,";
  if (!bs_test_have_data("models/tiny-switch-cap"))
    return;
  double obeyed = score_full(BS_READING_DEFAULT, as_is);
  CU_ASSERT_EQUAL(score_full(BS_READING_4_52, as_is), obeyed);
  double not_obeyed = score_full(BS_READING_5_0, as_is);
  CU_ASSERT_TRUE(fabs(not_obeyed - obeyed) > 0.1);
  CU_ASSERT_EQUAL(score_full(BS_READING_DEFAULT, large), not_obeyed);
}

static void stories(void) { check_folder("models/stories260K", "texts", 2e-5); }

/* From <s> alone 256 tokens, the text that the reference program prints. */
static void stories_greedy(void) {
  if (!bs_test_have_data("models/stories260K/expected.json"))
    return;
  bs_error err = {0};
  bs_json *json = NULL;
  model m;
  BS_TEST_OK(bs_json_load(&json, bs_test_data("models/stories260K/expected.json"), 0, &err), err);
  CU_ASSERT_FATAL(json != NULL && open_model(&m, bs_test_data("models/stories260K"), BS_ISA_AUTO));
  const cJSON *greedy = bs_json_get(json->root, "greedy");
  int32_t prompt[MAX_IDS], expected[MAX_IDS];
  size_t n_prompt = read_ids(bs_json_get(greedy, "prompt_ids"), prompt);
  size_t n = read_ids(bs_json_get(greedy, "ids"), expected);
  const bs_generate_request requests[2] = {{.prompt = {prompt, n_prompt}, .max_tokens = 256},
                                           {.prompt = {NULL, 0}, .max_tokens = 256}};
  bs_generate_result *results = NULL;
  BS_TEST_OK(bs_engine_generate(m.engine, requests, 2, NULL, NULL, &results, &err), err);
  for (size_t i = 0; results != NULL && i < 2; i++) {
    CU_ASSERT_EQUAL(results[i].finish, BS_FINISH_LENGTH);
    CU_ASSERT_EQUAL_FATAL(results[i].n_tokens, 256);
    CU_ASSERT_EQUAL(n, 256 + n_prompt);
    CU_ASSERT_EQUAL(memcmp(results[i].ids, expected + n_prompt, 256 * sizeof *expected), 0);
  }
  bs_generate_results_free(&results, 2);
  close_model(&m);
  bs_json_free(&json);
}

static const bs_test tests[] = {
    {"random-weight models", tiny_models},
    {"GGUF files", gguf_models},
    {"folders written as GGUF files", gguf_twins},
    {"a language model inside a larger one", inner_language_model},
    {"ids for an encoder", missing_encoder_ids},
    {"greedy text of a decoder with an encoder", encoder_greedy},
    {"a router whose logits are no numbers", router_overflows},
    {"readings of a capacity", readings_of_capacity},
    {"clipped behind norms", clipped_behind_norms},
    {"a real small model", stories},
    {"a real small model's greedy text", stories_greedy},
};

int main(void) { return bs_test_main("engine_golden", tests, sizeof tests / sizeof *tests); }
