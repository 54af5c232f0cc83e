/* What the engine says it will need against what the process takes, models that do not fit, and
   pages of the checkpoint that are given back. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/available_memory_internal.h"
#include "bigsweep/engine.h"
#include "bigsweep/random_model.h"
#include "harness.h"

/* The sanitizers' own memory would be counted. */
#if defined(__SANITIZE_ADDRESS__)
enum { IS_MEASURABLE = 0 };
#else
enum { IS_MEASURABLE = 1 };
#endif

static const double MIB = 1048576;

/* The most that the process had while it was watched. */
typedef struct watch {
  atomic_bool stop;
  uint64_t most;
  pthread_t thread;
} watch;

static void *watch_on(void *user) {
  watch *w = user;
  while (!atomic_load(&w->stop)) {
    uint64_t now = bs_memory_resident();
    w->most = now > w->most ? now : w->most;
    (void)nanosleep(&(struct timespec){.tv_nsec = 500000}, NULL);
  }
  return NULL;
}

static void watch_begin(watch *w) {
  w->most = 0;
  atomic_init(&w->stop, false);
  if (pthread_create(&w->thread, NULL, watch_on, w) != 0)
    _exit(1);
}

static double watch_end(watch *w, uint64_t before) {
  atomic_store(&w->stop, true);
  pthread_join(w->thread, NULL);
  return (double)w->most - (double)before;
}

static bs_checkpoint *open_random(const char *name, const bs_random_model *model) {
  bs_error err = {0};
  bs_checkpoint *checkpoint = NULL;
  const char *folder = bs_test_path(name);
  mkdir(folder, 0700);
  BS_TEST_OK(bs_random_model_write(model, folder, &err), err);
  BS_TEST_OK(bs_checkpoint_open(&checkpoint, folder, &err), err);
  CU_ASSERT_PTR_NOT_NULL_FATAL(checkpoint);
  return checkpoint;
}

static void fill_ids(int32_t *ids, size_t n, size_t vocab_size) {
  uint32_t state = 1;
  for (size_t i = 0; i < n; i++) {
    state = state * 1664525U + 1013904223U;
    ids[i] = (int32_t)((state >> 8) % vocab_size);
  }
}

/* Passes that fill the batch, and a text of all positions whose path is kept for its branches.
   Behind an encoder as many longest texts that it reads as may be kept at a time. */
static bool score_all(bs_engine *engine, const int32_t *ids, size_t n_positions, bool reads) {
  enum { BRANCHES = 8, BRANCH = 200, READ = 8, LONG = 2 };
  bs_token_span branches[BRANCHES];
  bs_score_request requests[READ];
  for (size_t i = 0; i < BRANCHES; i++)
    branches[i] = (bs_token_span){ids + i, BRANCH};
  for (size_t i = 0; i < READ; i++)
    requests[i] = (bs_score_request){{ids + i, i < LONG ? n_positions - BRANCH : 1},
                                     branches,
                                     i < LONG ? BRANCHES : 1,
                                     {reads ? ids + i : NULL, reads ? n_positions : 0},
                                     {0}};
  bs_score_result *results = NULL;
  bs_error err = {0};
  size_t n = reads ? READ : LONG;
  bool done = bs_engine_score(engine, requests, n, &results, &err) == BS_OK &&
              results[0].error.status == BS_OK;
  bs_score_results_free(&results, n);
  return done;
}

/* Texts until generation has no more room for keys and values. */
static bool generate_many(bs_engine *engine, const int32_t *ids, size_t n_positions, bool reads,
                          size_t n) {
  bs_generate_request *requests = calloc(n, sizeof *requests);
  bs_generate_result *results = NULL;
  bs_error err = {0};
  for (size_t i = 0; requests != NULL && i < n; i++)
    requests[i] = (bs_generate_request){.prompt = {ids + i, n_positions - 8},
                                        .source = {ids + i, reads ? n_positions - i : 0},
                                        .max_tokens = 2 + i % 3};
  bool done = requests != NULL &&
              bs_engine_generate(engine, requests, n, NULL, NULL, &results, &err) == BS_OK &&
              results[n - 1].error.status == BS_OK;
  bs_generate_results_free(&results, n);
  free(requests);
  return done;
}

static void check(const char *what, double taken, double foretold) {
  printf("\n    %-22s foretold %7.1f MiB, taken %7.1f MiB ", what, foretold / MIB, taken / MIB);
  CU_ASSERT_TRUE(taken <= 1.1 * foretold);
  CU_ASSERT_TRUE(taken >= 0.9 * foretold);
}

/* Bytes beyond what a process had before it opened the engine. */
typedef struct taken {
  bs_engine_parts foretold;
  double packed, scoring, generation;
} taken;

/* In a process of its own, whose heap holds nothing that earlier work has left. */
static bool measure(taken *t, const char *folder, const bs_random_model *model,
                    bs_precision precision) {
  enum { TEXTS = 18, READ_TEXTS = 5 };
  bs_error err = {0};
  bs_checkpoint *checkpoint = NULL;
  bs_engine *engine = NULL;
  const bs_engine_options options = {.precision = precision, .n_threads = 2};
  int32_t *ids = calloc(model->max_positions + TEXTS, sizeof *ids);
  bs_model_info info;
  if (ids == NULL || bs_random_model_write(model, folder, &err) != BS_OK ||
      bs_checkpoint_open(&checkpoint, folder, &err) != BS_OK ||
      bs_engine_memory_parts(checkpoint, &options, &t->foretold, &err) != BS_OK)
    return false;
  fill_ids(ids, model->max_positions + TEXTS, model->vocab_size);
  bs_checkpoint_info(checkpoint, &info);
  uint64_t before = bs_memory_resident();
  if (bs_engine_open(&engine, checkpoint, &options, &err) != BS_OK)
    return false;
  t->packed = (double)bs_memory_resident() - (double)before;
  watch w;
  watch_begin(&w);
  bool done = score_all(engine, ids, model->max_positions, info.has_encoder);
  t->scoring = watch_end(&w, before);
  watch_begin(&w);
  done = done && generate_many(engine, ids, model->max_positions, info.has_encoder,
                               info.has_encoder ? READ_TEXTS : TEXTS);
  t->generation = watch_end(&w, before);
  bs_engine_free(&engine);
  bs_checkpoint_free(&checkpoint);
  free(ids);
  return done;
}

static void check_memory(const char *name, const bs_random_model *model, bs_precision precision) {
  if (!IS_MEASURABLE || bs_memory_resident() == 0)
    return;
  const char *folder = bs_test_path(name);
  int ends[2], status = -1;
  taken t = {0};
  CU_ASSERT_EQUAL_FATAL(mkdir(folder, 0700), 0);
  CU_ASSERT_EQUAL_FATAL(pipe(ends), 0);
  fflush(stdout);
  pid_t child = fork();
  CU_ASSERT_TRUE_FATAL(child >= 0);
  if (child == 0) {
    bool done = measure(&t, folder, model, precision);
    _exit(done && write(ends[1], &t, sizeof t) == (ssize_t)sizeof t ? 0 : 1);
  }
  close(ends[1]);
  CU_ASSERT_EQUAL(waitpid(child, &status, 0), child);
  CU_ASSERT_EQUAL_FATAL(status, 0);
  CU_ASSERT_EQUAL_FATAL(read(ends[0], &t, sizeof t), (ssize_t)sizeof t);
  close(ends[0]);
  double weights = (double)t.foretold.weights, pass = (double)t.foretold.pass;
  check("packed weights", t.packed, weights);
  check("with scoring", t.scoring, weights + pass);
  check("with generation", t.generation, weights + pass + (double)t.foretold.generation);
}

static void llama(void) {
  check_memory("llama",
               &(bs_random_model){.family = "llama",
                                  .n_layers = 4,
                                  .d_model = 768,
                                  .d_ff = 2048,
                                  .n_heads = 12,
                                  .n_kv_heads = 4,
                                  .vocab_size = 16000,
                                  .max_positions = 1024,
                                  .store = BS_DTYPE_BF16,
                                  .seed = 1},
               BS_PRECISION_F32);
}

static void gptneox(void) {
  check_memory("gptneox",
               &(bs_random_model){.family = "gptneox",
                                  .n_layers = 4,
                                  .d_model = 512,
                                  .d_ff = 2048,
                                  .n_heads = 8,
                                  .n_kv_heads = 8,
                                  .vocab_size = 30000,
                                  .max_positions = 1024,
                                  .store = BS_DTYPE_F16,
                                  .seed = 1},
               BS_PRECISION_BF16X2);
}

static void gpt2(void) {
  check_memory("gpt2",
               &(bs_random_model){.family = "gpt2",
                                  .n_layers = 4,
                                  .d_model = 512,
                                  .d_ff = 2048,
                                  .n_heads = 8,
                                  .n_kv_heads = 8,
                                  .vocab_size = 30000,
                                  .max_positions = 1024,
                                  .store = BS_DTYPE_F32,
                                  .seed = 1},
               BS_PRECISION_BF16);
}

static void olmoe(void) {
  check_memory("olmoe",
               &(bs_random_model){.family = "olmoe",
                                  .n_layers = 2,
                                  .d_model = 256,
                                  .d_ff = 128,
                                  .n_heads = 4,
                                  .n_kv_heads = 4,
                                  .vocab_size = 8000,
                                  .max_positions = 1024,
                                  .store = BS_DTYPE_BF16,
                                  .seed = 1},
               BS_PRECISION_BF16);
}

static void switch_transformers(void) {
  check_memory("switch",
               &(bs_random_model){.family = "switch",
                                  .n_layers = 2,
                                  .d_model = 256,
                                  .d_ff = 512,
                                  .n_heads = 4,
                                  .n_kv_heads = 4,
                                  .vocab_size = 8000,
                                  .max_positions = 2048,
                                  .store = BS_DTYPE_BF16,
                                  .seed = 1},
               BS_PRECISION_F32);
}

static const bs_random_model small = {.family = "llama",
                                      .n_layers = 2,
                                      .d_model = 256,
                                      .d_ff = 512,
                                      .n_heads = 4,
                                      .n_kv_heads = 4,
                                      .vocab_size = 8000,
                                      .max_positions = 128,
                                      .store = BS_DTYPE_F32,
                                      .seed = 1};

static void too_large(void) {
  if (bs_memory_available(NULL) == UINT64_MAX)
    return;
  bs_error err = {0};
  bs_checkpoint *checkpoint = open_random("large", &small);
  bs_engine *engine = NULL;
  const bs_engine_options options = {.max_batch_tokens = (size_t)1 << 40};
  BS_TEST_FAILS(bs_engine_open(&engine, checkpoint, &options, &err), BS_ERR_LIMIT, err,
                "MiB are available");
  BS_TEST_FAILS(bs_engine_open(&engine, checkpoint, &options, &err), BS_ERR_LIMIT, err,
                "the model needs");
  CU_ASSERT_PTR_NULL(engine);
  bs_checkpoint_free(&checkpoint);
}

/* Kilobytes of mapped files in memory, or 0. */
static unsigned long file_kib(void) {
  unsigned long kib = 0;
  char line[256];
  FILE *file = fopen("/proc/self/status", "r");
  while (file != NULL && fgets(line, sizeof line, file) != NULL)
    if (strncmp(line, "RssFile:", 8) == 0)
      kib = strtoul(line + 8, NULL, 10);
  if (file != NULL)
    fclose(file);
  return kib;
}

static void pages_are_given_back(void) {
  bs_error err = {0};
  bs_checkpoint *checkpoint = open_random("pages", &small);
  unsigned long before = file_kib(), n_kib = 0;
  uint64_t sum = 0;
  for (size_t i = 0; i < bs_checkpoint_n_tensors(checkpoint); i++) {
    const bs_tensor *tensor = bs_checkpoint_tensor_at(checkpoint, i);
    for (size_t at = 0; at < tensor->n_bytes; at += 512)
      sum += ((const unsigned char *)tensor->data)[at];
    n_kib += tensor->n_bytes / 1024;
  }
  unsigned long touched = file_kib();
  if (before > 0)
    CU_ASSERT_TRUE(touched > before + n_kib / 2);
  bs_checkpoint_release_pages(checkpoint, NULL);
  if (before > 0)
    CU_ASSERT_TRUE(file_kib() < before + n_kib / 4);
  uint64_t again = 0;
  for (size_t i = 0; i < bs_checkpoint_n_tensors(checkpoint); i++) {
    const bs_tensor *tensor = bs_checkpoint_tensor_at(checkpoint, i);
    for (size_t at = 0; at < tensor->n_bytes; at += 512)
      again += ((const unsigned char *)tensor->data)[at];
    bs_checkpoint_release_pages(checkpoint, tensor);
  }
  CU_ASSERT_EQUAL(again, sum);
  bs_engine *engine = NULL;
  BS_TEST_OK(bs_engine_open(&engine, checkpoint, NULL, &err), err);
  if (before > 0) /* layers and head have been copied */
    CU_ASSERT_TRUE(file_kib() < before + n_kib / 4);
  bs_engine_free(&engine);
  bs_checkpoint_free(&checkpoint);
}

static const bs_test tests[] = {
    {"Llama, f32", llama},
    {"GPT-NeoX, bf16x2", gptneox},
    {"GPT-2, bf16", gpt2},
    {"OLMoE, bf16", olmoe},
    {"Switch, f32", switch_transformers},
    {"a model that does not fit", too_large},
    {"copied pages are given back", pages_are_given_back},
};

int main(void) { return bs_test_main("engine_memory", tests, sizeof tests / sizeof *tests); }
