/* Checkpoints of random weights: they open, are the same every time, and have the spread they
   should have. */
#include <math.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bigsweep/random_model.h"
#include "harness.h"

static const bs_random_model shapes[] = {
    {"llama", 2, 128, 352, 4, 2, 1000, 64, BS_DTYPE_BF16, 7},
    {"llama", 1, 64, 192, 1, 1, 301, 32, BS_DTYPE_F32, 7},
    {"gptneox", 2, 128, 512, 2, 2, 999, 64, BS_DTYPE_F16, 7},
    {"gpt2", 2, 128, 512, 2, 2, 777, 50, BS_DTYPE_F32, 7},
    {"mixtral", 1, 64, 96, 2, 1, 100, 32, BS_DTYPE_F32, 8},
    {"olmoe", 1, 64, 32, 2, 2, 100, 32, BS_DTYPE_BF16, 9},
    {"t5", 2, 64, 96, 2, 2, 100, 4096, BS_DTYPE_BF16, 10},
    {"switch", 2, 64, 96, 2, 2, 100, 2048, BS_DTYPE_F32, 11},
};
enum { N_SHAPES = sizeof shapes / sizeof *shapes };

static const char *write_model(const char *name, const bs_random_model *model) {
  bs_error err = {0};
  const char *folder = bs_test_path(name);
  mkdir(folder, 0700);
  BS_TEST_OK(bs_random_model_write(model, folder, &err), err);
  return folder;
}

static double element(const bs_tensor *tensor, size_t i) {
  const unsigned char *data = tensor->data;
  if (tensor->dtype == BS_DTYPE_F32) {
    float value;
    memcpy(&value, data + 4 * i, 4);
    return (double)value;
  }
  unsigned half = data[2 * i] | (unsigned)data[2 * i + 1] << 8;
  unsigned n_fraction = tensor->dtype == BS_DTYPE_BF16 ? 7 : 10, bias = n_fraction == 7 ? 127 : 15;
  unsigned fraction = half & ((1U << n_fraction) - 1), exponent = (half & 0x7FFFU) >> n_fraction;
  double value = exponent == 0 ? ldexp(fraction, 1 - (int)bias - (int)n_fraction)
                               : ldexp(fraction + (1U << n_fraction),
                                       (int)exponent - (int)bias - (int)n_fraction);
  return (half & 0x8000U) != 0 ? -value : value;
}

/* Mean, deviation and the share beyond two deviations of a matrix with n_in inputs. */
static void check_spread(const bs_tensor *tensor, double n_in) {
  size_t n = tensor->n_bytes / bs_dtype_bytes(tensor->dtype), n_beyond = 0;
  double sum = 0, squares = 0, scale = 1 / sqrt(n_in);
  for (size_t i = 0; i < n; i++) {
    double value = element(tensor, i);
    sum += value;
    squares += value * value;
    n_beyond += fabs(value) > 2 * scale;
  }
  CU_ASSERT_DOUBLE_EQUAL(sum / (double)n, 0, 5 * scale / sqrt((double)n));
  CU_ASSERT_DOUBLE_EQUAL(sqrt(squares / (double)n) / scale, 1, 4 / sqrt((double)n));
  CU_ASSERT_DOUBLE_EQUAL((double)n_beyond / (double)n, 0.0455, 5 * sqrt(0.0455 / (double)n));
}

static void models_open(void) {
  for (size_t i = 0; i < N_SHAPES; i++) {
    char name[32];
    bs_error err = {0};
    snprintf(name, sizeof name, "shape-%zu", i);
    const char *folder = write_model(name, &shapes[i]);
    bs_checkpoint *checkpoint = NULL;
    BS_TEST_OK(bs_checkpoint_open(&checkpoint, folder, &err), err);
    CU_ASSERT_PTR_NOT_NULL_FATAL(checkpoint);
    bs_model_info info;
    bs_checkpoint_info(checkpoint, &info);
    CU_ASSERT_EQUAL(info.n_layers, shapes[i].n_layers * (info.has_encoder ? 2 : 1));
    CU_ASSERT_EQUAL(info.d_model, shapes[i].d_model);
    CU_ASSERT_EQUAL(info.vocab_size, shapes[i].vocab_size);
    CU_ASSERT_EQUAL(info.max_positions, shapes[i].max_positions);
    CU_ASSERT_EQUAL(info.weights_dtype, shapes[i].store);
    char path[4096];
    struct stat file;
    uint64_t bytes = 0;
    snprintf(path, sizeof path, "%s/model.safetensors", folder);
    CU_ASSERT_EQUAL(stat(path, &file), 0);
    BS_TEST_OK(bs_random_model_bytes(&shapes[i], &bytes, &err), err);
    CU_ASSERT_EQUAL((uint64_t)file.st_size, bytes);
    static const char *const heads[] = {"lm_head.weight", "lm_head.weight", "embed_out.weight",
                                        "wte.weight",     "lm_head.weight", "lm_head.weight",
                                        "lm_head.weight", "lm_head.weight"};
    const bs_tensor *head = bs_checkpoint_tensor(checkpoint, heads[i]);
    CU_ASSERT_PTR_NOT_NULL_FATAL(head);
    check_spread(head, (double)shapes[i].d_model);
    bs_checkpoint_free(&checkpoint);
  }
}

static void a_transposed_layer(void) {
  bs_error err = {0};
  bs_checkpoint *checkpoint = NULL;
  BS_TEST_OK(bs_checkpoint_open(&checkpoint, write_model("gpt2", &shapes[3]), &err), err);
  CU_ASSERT_PTR_NOT_NULL_FATAL(checkpoint);
  check_spread(bs_checkpoint_tensor(checkpoint, "h.0.mlp.c_proj.weight"), 512);
  check_spread(bs_checkpoint_tensor(checkpoint, "h.1.mlp.c_fc.weight"), 128);
  const bs_tensor *norm = bs_checkpoint_tensor(checkpoint, "h.1.ln_1.weight");
  for (size_t i = 0; i < 128; i++)
    CU_ASSERT_EQUAL(element(norm, i), 1);
  bs_checkpoint_free(&checkpoint);
}

/* By the hash of the files: any number of threads, another seed. */
static void threads_do_not_matter(void) {
  bs_random_model model = {"llama", 1, 1024, 2048, 16, 16, 3000, 64, BS_DTYPE_BF16, 1};
  char hashes[3][65];
  bs_error err = {0};
  int before = omp_get_max_threads();
  omp_set_num_threads(1);
  BS_TEST_OK(bs_checkpoint_sha256(write_model("one", &model), hashes[0], &err), err);
  omp_set_num_threads(3);
  BS_TEST_OK(bs_checkpoint_sha256(write_model("three", &model), hashes[1], &err), err);
  omp_set_num_threads(before);
  model.seed = 2;
  BS_TEST_OK(bs_checkpoint_sha256(write_model("other", &model), hashes[2], &err), err);
  CU_ASSERT_STRING_EQUAL(hashes[0], hashes[1]);
  CU_ASSERT_STRING_NOT_EQUAL(hashes[0], hashes[2]);
}

static void bad_models(void) {
  static const struct {
    bs_random_model model;
    const char *message;
  } cases[] = {
      {{"gpt5", 1, 64, 64, 1, 1, 100, 32, BS_DTYPE_F32, 1}, "known: llama"},
      {{"llama", 0, 64, 64, 1, 1, 100, 32, BS_DTYPE_F32, 1}, "layers"},
      {{"llama", 1, 64, 64, 3, 1, 100, 32, BS_DTYPE_F32, 1}, "do not divide"},
      {{"llama", 1, 64, 64, 4, 3, 100, 32, BS_DTYPE_F32, 1}, "do not divide"},
      {{"llama", 1, 64, 64, 4, 5, 100, 32, BS_DTYPE_F32, 1}, "key-value heads"},
      {{"llama", 1, SIZE_MAX, 64, 1, 1, 100, 32, BS_DTYPE_F32, 1}, "dimensions"},
      {{"llama", 1, 64, 64, 1, 1, 0, 32, BS_DTYPE_F32, 1}, "vocabulary"},
      {{"llama", 1, 64, 64, 1, 1, 100, 32, BS_DTYPE_I8, 1}, "I8"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    bs_error err = {0};
    uint64_t bytes;
    BS_TEST_FAILS(bs_random_model_bytes(&cases[i].model, &bytes, &err), BS_ERR_USAGE, err,
                  cases[i].message);
  }
}

static void folders_in_the_way(void) {
  bs_error err = {0};
  BS_TEST_FAILS(bs_random_model_write(&shapes[1], bs_test_path("nowhere"), &err), BS_ERR_IO, err,
                "nowhere");
  const char *folder = write_model("taken", &shapes[1]);
  BS_TEST_FAILS(bs_random_model_write(&shapes[1], folder, &err), BS_ERR_IO, err, "config.json");
  char config[4096], weights[4096];
  snprintf(config, sizeof config, "%s/config.json", folder);
  snprintf(weights, sizeof weights, "%s/model.safetensors", folder);
  CU_ASSERT_EQUAL(access(weights, R_OK), 0); /* what was there stays */
  CU_ASSERT_EQUAL(unlink(config), 0);
  BS_TEST_FAILS(bs_random_model_write(&shapes[1], folder, &err), BS_ERR_IO, err,
                "model.safetensors");
  CU_ASSERT_NOT_EQUAL(access(config, R_OK), 0); /* nothing by halves */
  /* More than any disk has. */
  bs_random_model model = {"llama", 1024, 1 << 20, 1 << 22, 16, 16, 1000, 64, BS_DTYPE_F32, 1};
  unlink(weights);
  BS_TEST_FAILS(bs_random_model_write(&model, folder, &err), BS_ERR_LIMIT, err, "MiB are free");
}

static const bs_test tests[] = {
    {"models open", models_open},
    {"a transposed layer", a_transposed_layer},
    {"threads do not matter", threads_do_not_matter},
    {"bad models", bad_models},
    {"folders in the way, a full disk", folders_in_the_way},
};

int main(void) { return bs_test_main("checkpoint_random", tests, sizeof tests / sizeof *tests); }
