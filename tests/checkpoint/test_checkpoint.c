/* Checkpoints as downloaded: what the reference folders hold, and weights that are refused. */
#include <stdio.h>
#include <string.h>

#include "base/text_internal.h"
#include "bigsweep/checkpoint.h"
#include "harness.h"
#include "model_writer.h"
#include "small_model.h"

static const struct {
  const char *folder, *architecture;
  uint64_t parameters, outside; /* embeddings and an untied head */
  size_t n_layers;
  bs_dtype dtype;
} models[] = {
    {"models/tiny-llama-a", "LlamaForCausalLM", 103872, 2 * 101 * 64, 2, BS_DTYPE_BF16},
    {"models/tiny-llama-b", "LlamaForCausalLM", 133056, 128 * 64, 3, BS_DTYPE_F32},
    {"models/tiny-gptneox-a", "GPTNeoXForCausalLM", 114432, 2 * 112 * 64, 2, BS_DTYPE_F16},
    {"models/tiny-gptneox-b", "GPTNeoXForCausalLM", 137728, 2 * 97 * 64, 3, BS_DTYPE_F32},
    {"models/tiny-gpt2", "GPT2LMHeadModel", 115136, (107 + 128) * 64, 2, BS_DTYPE_F32},
    {"models/tiny-gpt2-b", "GPT2LMHeadModel", 143704, (111 + 128) * 64, 3, BS_DTYPE_F32},
    {"models/tiny-qwen2", "Qwen2ForCausalLM", 94272, 120 * 64, 2, BS_DTYPE_BF16},
    {"models/tiny-qwen3", "Qwen3ForCausalLM", 123072, 125 * 64, 2, BS_DTYPE_BF16},
    {"models/tiny-mistral", "MistralForCausalLM", 98624, 2 * 96 * 64, 2, BS_DTYPE_BF16},
    {"models/tiny-opt", "OPTForCausalLM", 115072, (104 + 130) * 64, 2, BS_DTYPE_F16},
    {"models/tiny-bloom", "BloomForCausalLM", 108416, 128 * 64, 2, BS_DTYPE_F16},
    {"models/tiny-bloom-b", "BloomForCausalLM", 133776, 100 * 72, 2, BS_DTYPE_F16},
};

/* Where a tensor lies in its file. */
static long place_in(const bs_text *file, const bs_tensor *tensor) {
  enum { HEAD = 16 }; /* compared first: under the sanitizers memcmp looks through all bytes */
  for (size_t at = 0; at + tensor->n_bytes <= file->n_bytes; at++)
    if (memcmp(file->data + at, tensor->data, HEAD) == 0 &&
        memcmp(file->data + at, tensor->data, tensor->n_bytes) == 0)
      return (long)at;
  CU_FAIL_FATAL("the tensor is not in its file");
  return 0;
}

static void put(FILE *file, long place, const void *bytes, size_t n_bytes) {
  fseek(file, place, SEEK_SET);
  fwrite(bytes, 1, n_bytes, file);
  fflush(file);
}

/* One element that is no number, wherever it stands and in every type that weights have. */
static void damaged_weights_are_found(void) {
  static const struct {
    bs_dtype dtype;
    size_t n_bytes;
    unsigned char values[3][4]; /* NaN, infinite, the largest number */
  } cases[] = {
      {BS_DTYPE_F32, 4, {{1, 0, 0x80, 0x7F}, {0, 0, 0x80, 0xFF}, {0xFF, 0xFF, 0x7F, 0x7F}}},
      {BS_DTYPE_F16, 2, {{1, 0xFC}, {0, 0x7C}, {0xFF, 0x7B}}},
      {BS_DTYPE_BF16, 2, {{0x81, 0xFF}, {0x80, 0x7F}, {0x7F, 0x7F}}}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    const char *folder = make_llama("damaged", &(llama_sizes){.d_model = 512,
                                                              .n_layers = 1,
                                                              .n_heads = 4,
                                                              .n_kv_heads = 4,
                                                              .head_dim = 128,
                                                              .d_ff = 512,
                                                              .n_vocab = 300,
                                                              .n_positions = 16,
                                                              .dtype = cases[i].dtype,
                                                              .more = ""});
    bs_error err = {0};
    bs_checkpoint *checkpoint = open_folder(folder);
    BS_TEST_OK(bs_checkpoint_check_finite(checkpoint, &err), err);
    const bs_tensor *tensor =
        bs_checkpoint_tensor(checkpoint, "model.layers.0.mlp.down_proj.weight");
    const size_t n_bytes = cases[i].n_bytes, n = tensor->n_bytes / n_bytes;
    const size_t places[] = {0, 1, 32767, 32768, 200000, n - 1};
    char path[4096], expected[160];
    snprintf(path, sizeof path, "%s/model.safetensors", folder);
    bs_text text = bs_test_read(path);
    FILE *file = fopen(path, "r+b");
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    long begin = place_in(&text, tensor);
    for (size_t k = 0; k < sizeof places / sizeof *places; k++) {
      long place = begin + (long)(places[k] * n_bytes);
      for (size_t v = 0; v < 2; v++) {
        put(file, place, cases[i].values[v], n_bytes);
        snprintf(expected, sizeof expected, "element %zu of the tensor %s is %s", places[k],
                 tensor->name, v == 0 ? "NaN" : "infinite");
        BS_TEST_FAILS(bs_checkpoint_check_finite(checkpoint, &err), BS_ERR_INPUT, err, expected);
      }
      put(file, place, cases[i].values[2], n_bytes);
      BS_TEST_OK(bs_checkpoint_check_finite(checkpoint, &err), err);
      put(file, place, text.data + place, n_bytes);
    }
    fclose(file);
    bs_text_free(&text);
    bs_checkpoint_free(&checkpoint);
  }
}

static void counts_parameters(void) {
  for (size_t i = 0; i < sizeof models / sizeof *models; i++) {
    if (!bs_test_have_data(models[i].folder))
      continue;
    bs_checkpoint *checkpoint = open_folder(bs_test_data(models[i].folder));
    bs_model_info info;
    bs_checkpoint_info(checkpoint, &info);
    CU_ASSERT_EQUAL(info.parameters, models[i].parameters);
    CU_ASSERT_EQUAL(info.non_embedding_parameters, models[i].parameters - models[i].outside);
    CU_ASSERT_EQUAL(info.active_parameters, models[i].parameters);
    CU_ASSERT_STRING_EQUAL(info.architecture, models[i].architecture);
    CU_ASSERT_EQUAL(info.n_layers, models[i].n_layers);
    CU_ASSERT_EQUAL(info.weights_dtype, models[i].dtype);
    CU_ASSERT_EQUAL(info.max_positions,
                    strcmp(models[i].folder, "models/tiny-bloom") == 0 ? 2048 : 128);
    for (size_t t = 0; t < bs_checkpoint_n_tensors(checkpoint); t++) {
      const bs_tensor *tensor = bs_checkpoint_tensor_at(checkpoint, t);
      CU_ASSERT_PTR_EQUAL(bs_checkpoint_tensor(checkpoint, tensor->name), tensor);
    }
    CU_ASSERT_PTR_NULL(bs_checkpoint_tensor(checkpoint, "no such tensor"));
    bs_checkpoint_free(&checkpoint);
  }
}

/* Of 8 experts 2, of 6 experts 2 beside a dense layer, with three matrices each; of 5 experts one
   in one layer of the encoder and two of the decoder, with two matrices. */
static void counts_active_parameters(void) {
  static const struct {
    const char *folder;
    uint64_t idle;
  } sparse[] = {{"models/tiny-mixtral", UINT64_C(2) * 6 * 3 * 64 * 96},
                {"models/tiny-qwen3-moe", UINT64_C(2) * 4 * 3 * 48 * 20},
                {"models/tiny-switch", UINT64_C(3) * 4 * 2 * 40 * 56}};
  for (size_t i = 0; i < sizeof sparse / sizeof *sparse; i++) {
    if (!bs_test_have_data(sparse[i].folder))
      continue;
    bs_checkpoint *checkpoint = open_folder(bs_test_data(sparse[i].folder));
    bs_model_info info;
    bs_checkpoint_info(checkpoint, &info);
    CU_ASSERT_EQUAL(info.active_parameters + sparse[i].idle, info.parameters);
    bs_checkpoint_free(&checkpoint);
  }
}

static void remove_file(const char *folder, const char *name) {
  bs_text path = {0};
  bs_text_printf(&path, NULL, "%s/%s", folder, name);
  CU_ASSERT_EQUAL(remove(path.data), 0);
  bs_text_free(&path);
}

/* Replaces `from` by `to` (of equal length) in the weights' header. */
static void edit_weights(const char *folder, const char *from, const char *to) {
  bs_text text = slurp(folder, "model.safetensors");
  size_t n = strlen(from);
  bool found = false;
  for (size_t at = 0; at + n <= text.n_bytes && !found; at++) {
    found = memcmp(text.data + at, from, n) == 0;
    if (found)
      memcpy(text.data + at, to, n);
  }
  CU_ASSERT_TRUE_FATAL(found && strlen(to) == n);
  write_file(folder, "model.safetensors", text.data, text.n_bytes);
  bs_text_free(&text);
}

static void wrong_weights(void) {
  const char *folder = small_with("dtype", "");
  edit_weights(folder, "\"model.norm.weight\":{\"dtype\":\"F16\"",
               "\"model.norm.weight\":{\"dtype\":\"I16\"");
  refuse(folder, BS_ERR_UNSUPPORTED, "tensor model.norm.weight: type I16");
  folder = small_with("renamed", "");
  edit_weights(folder, "model.norm.weight", "model.worm.weight");
  refuse(folder, BS_ERR_INPUT, "model.norm.weight: missing; LlamaForCausalLM");
  folder = small_with("cut", "");
  bs_text text = slurp(folder, "model.safetensors");
  write_file(folder, "model.safetensors", text.data, text.n_bytes - 1);
  refuse(folder, BS_ERR_INPUT, "outside");
  write_file(folder, "model.safetensors", text.data, 0);
  refuse(folder, BS_ERR_INPUT, "0 bytes");
  bs_text_free(&text);
  folder = small_with("pickle", "");
  remove_file(folder, "model.safetensors");
  refuse(folder, BS_ERR_IO, "neither model.safetensors");
  write_file(folder, "pytorch_model.bin", "PK", 2);
  refuse(folder, BS_ERR_UNSUPPORTED, "pytorch_model.bin, a Python pickle");
  folder = small_with("config", "");
  write_file(folder, "config.json", "{\"architectures\": [", 19);
  refuse(folder, BS_ERR_INPUT, "config.json");
  write_file(folder, "config.json", "[1]", 3);
  refuse(folder, BS_ERR_INPUT, "architectures");
  remove_file(folder, "config.json");
  refuse(folder, BS_ERR_IO, "config.json");
  refuse(bs_test_path("absent"), BS_ERR_IO, "no such folder");
}

/* The weights of `folder` with one more tensor behind them. */
static void add_tensor(const char *folder, const char *name, const size_t *shape) {
  bs_text text = slurp(folder, "model.safetensors");
  tensor_writer more = {0};
  tensor_writer_add(&more, name, BS_DTYPE_F32, shape, 0);
  size_t n_header = 0;
  for (size_t i = 0; i < 8; i++)
    n_header |= (size_t)(unsigned char)text.data[i] << (8 * i);
  size_t n_data = text.n_bytes - 8 - n_header;
  bs_text header = {0}, bytes = {0};
  bs_text_printf(&header, NULL, "%.*s,\"%s\":{\"dtype\":\"F32\",\"shape\":[", (int)(n_header - 1),
                 text.data + 8, name);
  for (size_t i = 0; shape[i] != 0; i++)
    bs_text_printf(&header, NULL, "%s%zu", i > 0 ? "," : "", shape[i]);
  bs_text_printf(&header, NULL, "],\"data_offsets\":[%zu,%zu]}}", n_data,
                 n_data + more.data.n_bytes);
  for (size_t i = 0; i < 8; i++) {
    char byte = (char)(unsigned char)(header.n_bytes >> (8 * i));
    bs_text_append(&bytes, &byte, 1, NULL);
  }
  bs_text_append(&bytes, header.data, header.n_bytes, NULL);
  bs_text_append(&bytes, text.data + 8 + n_header, n_data, NULL);
  bs_text_append(&bytes, more.data.data, more.data.n_bytes, NULL);
  write_file(folder, "model.safetensors", bytes.data, bytes.n_bytes);
  bs_text_free(&text);
  bs_text_free(&header);
  bs_text_free(&bytes);
  bs_text_free(&more.header);
  bs_text_free(&more.data);
}

/* A tensor that config.json has no place for would be left out of the computation silently. */
static void tensors_without_a_place(void) {
  static const struct {
    const char *name;
    size_t shape[3];
  } extra[] = {
      {"model.layers.0.self_attn.q_proj.bias", {16}},
      {"model.layers.1.mlp.down_proj.bias", {8}},
      {"model.layers.0.self_attn.q_norm.weight", {8}},
      {"model.layers.1.self_attn.k_norm.weight", {8}},
      {"model.layers.2.input_layernorm.weight", {8}},
      {"model.layers.0.pre_feedforward_layernorm.weight", {8}},
      {"model.layers.0.self_attn.q_proj.lora_A.weight", {2, 8}},
      {"model.layers.0.self_attn.q_proj.weight_scale", {1}},
      {"model.layers.0.self_attn.sinks", {2}},
      {"model.layers.0.mlp.gate.weight", {2, 8}},
      {"lm_head.bias", {10}},
      {"score.weight", {2, 8}},
  };
  for (size_t i = 0; i < sizeof extra / sizeof *extra; i++) {
    const char *folder = small_with("extra", "");
    add_tensor(folder, extra[i].name, extra[i].shape);
    refuse(folder, BS_ERR_UNSUPPORTED, "has no place in LlamaForCausalLM");
    refuse(folder, BS_ERR_UNSUPPORTED, extra[i].name);
  }
  const size_t buffer[] = {4, 0};
  const char *folder = small_with("extra", "");
  add_tensor(folder, "model.layers.0.self_attn.rotary_emb.inv_freq", buffer);
  bs_checkpoint *checkpoint = open_folder(folder);
  bs_checkpoint_free(&checkpoint);
}

/* A tied head that is stored as well counts once and must hold the embedding's values. */
static void tied_heads(void) {
  llama_sizes sizes = small();
  const char *folder = make_llama("stored", &sizes);
  bs_checkpoint *checkpoint = open_folder(folder);
  bs_model_info untied, tied;
  bs_checkpoint_info(checkpoint, &untied);
  bs_text text = slurp(folder, "model.safetensors");
  const bs_tensor *head = bs_checkpoint_tensor(checkpoint, "lm_head.weight");
  const bs_tensor *embedding = bs_checkpoint_tensor(checkpoint, "model.embed_tokens.weight");
  const char *first = bs_checkpoint_tensor(checkpoint, "model.embed_tokens.weight")->data;
  size_t begin = text.n_bytes;
  for (size_t at = 0; at + head->n_bytes <= text.n_bytes; at++) {
    if (memcmp(text.data + at, first, embedding->n_bytes) == 0)
      begin = at;
    if (memcmp(text.data + at, head->data, head->n_bytes) == 0)
      memcpy(text.data + at, embedding->data, head->n_bytes);
  }
  CU_ASSERT_TRUE(begin < text.n_bytes);
  bs_checkpoint_free(&checkpoint);
  write_file(folder, "model.safetensors", text.data, text.n_bytes);
  bs_text_free(&text);
  bs_text config = slurp(folder, "config.json");
  char *flag = strstr(config.data, "\"tie_word_embeddings\":false");
  CU_ASSERT_PTR_NOT_NULL_FATAL(flag);
  memcpy(flag, "\"tie_word_embeddings\":true ", 27);
  write_file(folder, "config.json", config.data, config.n_bytes);
  bs_text_free(&config);
  checkpoint = open_folder(folder);
  bs_checkpoint_info(checkpoint, &tied);
  CU_ASSERT_EQUAL(tied.parameters + 80, untied.parameters);
  CU_ASSERT_EQUAL(tied.non_embedding_parameters, untied.non_embedding_parameters);
  bs_checkpoint_free(&checkpoint);
}

static void write_index(const char *folder, const char *map) {
  bs_text text = {0};
  bs_text_printf(&text, NULL, "{\"weight_map\":%s}", map);
  write_file(folder, "model.safetensors.index.json", text.data, text.n_bytes);
  bs_text_free(&text);
}

static void bad_indexes(void) {
  const char *folder = small_with("index", "");
  remove_file(folder, "model.safetensors");
  tensor_writer w = {0};
  const size_t shape[] = {2, 0};
  tensor_writer_add(&w, "x", BS_DTYPE_F32, shape, 0);
  tensor_writer_save(&w, folder, "a.safetensors");
  static const struct {
    const char *map;
    bs_status status;
    const char *says;
  } cases[] = {
      {"{\"x\":\"a.safetensors\"}", BS_ERR_INPUT, "model.embed_tokens.weight: missing"},
      {"{\"x\":\"b.safetensors\"}", BS_ERR_IO, "weight_map names a file that cannot be read"},
      {"{\"x\":\"a.safetensors\",\"y\":\"a.safetensors\"}", BS_ERR_INPUT, "tensor y is in a"},
      {"{\"y\":\"a.safetensors\"}", BS_ERR_INPUT, "tensor y is in a"},
      {"{\"x\":\"../index/a.safetensors\"}", BS_ERR_INPUT, "same folder"},
      {"{\"x\":\"/a.safetensors\"}", BS_ERR_INPUT, "same folder"},
      {"{\"x\":\"pytorch_model.bin\"}", BS_ERR_INPUT, "same folder"},
      {"{\"x\":7}", BS_ERR_INPUT, "same folder"},
      {"{}", BS_ERR_INPUT, "weight_map"},
      {"[]", BS_ERR_INPUT, "weight_map"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    write_index(folder, cases[i].map);
    refuse(folder, cases[i].status, cases[i].says);
  }
  tensor_writer_add(&w, "x", BS_DTYPE_F32, shape, 0);
  tensor_writer_add(&w, "y", BS_DTYPE_F32, shape, 0);
  tensor_writer_save(&w, folder, "b.safetensors");
  write_index(folder, "{\"x\":\"a.safetensors\",\"y\":\"b.safetensors\"}");
  refuse(folder, BS_ERR_INPUT, "b.safetensors holds 2 tensors, weight_map names 1");
  write_file(folder, "model.safetensors.index.json", "{\"weight_map\"", 13);
  refuse(folder, BS_ERR_INPUT, "index.json");
}

/* The hash by its definition, over a folder made here. */
static void content_hash(void) {
  bs_error err = {0};
  const char *folder = make_folder("hash");
  write_file(folder, "config.json", "abc", 3);
  write_file(folder, "b.safetensors", "", 0);
  write_file(folder, "a.safetensors", "abc", 3);
  write_file(folder, "README.md", "not hashed", 10);
  static const char lines[] =
      "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad  config.json\n"
      "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad  a.safetensors\n"
      "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855  b.safetensors\n";
  unsigned char digest[32];
  char expected[65], found[65];
  BS_TEST_OK(bs_sha256(lines, strlen(lines), digest, &err), err);
  bs_hex(digest, sizeof digest, expected);
  BS_TEST_OK(bs_checkpoint_sha256(folder, found, &err), err);
  CU_ASSERT_STRING_EQUAL(found, expected);
  write_file(folder, "tokenizer.json", "{}", 2);
  BS_TEST_OK(bs_checkpoint_sha256(folder, found, &err), err);
  CU_ASSERT_STRING_NOT_EQUAL(found, expected);
  BS_TEST_FAILS(bs_checkpoint_sha256(bs_test_path("absent"), found, &err), BS_ERR_IO, err,
                "absent");
}

static const bs_test tests[] = {
    {"damaged weights are found", damaged_weights_are_found},
    {"parameters are counted as transformers counts them", counts_parameters},
    {"parameters that a token goes through", counts_active_parameters},
    {"weights that are refused", wrong_weights},
    {"tensors that nothing has a place for", tensors_without_a_place},
    {"tied heads", tied_heads},
    {"indexes that are refused", bad_indexes},
    {"hash of the content", content_hash},
};

int main(void) { return bs_test_main("checkpoint", tests, sizeof tests / sizeof *tests); }
