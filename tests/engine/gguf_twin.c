/* Writes GGUF files of F32 from folders of safetensors. */
#include "gguf_twin.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bigsweep/buffer.h"
#include "bigsweep/checkpoint.h"
#include "checkpoint/dtype_internal.h"
#include "harness.h"
#include "kernels/convert_internal.h"

enum { TYPE_U32 = 4, TYPE_F32 = 6, TYPE_STRING = 8, ALIGNMENT = 32, NAME_BYTES = 128 };

typedef struct twin {
  bs_text keys, infos, data;
  uint64_t n_keys, n_tensors;
} twin;

static void put_u32(bs_text *to, uint32_t value) { bs_text_append(to, (char *)&value, 4, NULL); }
static void put_u64(bs_text *to, uint64_t value) { bs_text_append(to, (char *)&value, 8, NULL); }

static void put_string(bs_text *to, const char *text) {
  put_u64(to, strlen(text));
  bs_text_append_string(to, text, NULL);
}

static void add_string(twin *t, const char *key, const char *value) {
  put_string(&t->keys, key);
  put_u32(&t->keys, TYPE_STRING);
  put_string(&t->keys, value);
  t->n_keys++;
}

static void add_u32(twin *t, const char *key, uint32_t value) {
  put_string(&t->keys, key);
  put_u32(&t->keys, TYPE_U32);
  put_u32(&t->keys, value);
  t->n_keys++;
}

static void add_f32(twin *t, const char *key, float value) {
  put_string(&t->keys, key);
  put_u32(&t->keys, TYPE_F32);
  bs_text_append(&t->keys, (char *)&value, sizeof value, NULL);
  t->n_keys++;
}

static void pad(bs_text *to) {
  while (to->n_bytes % ALIGNMENT != 0)
    bs_text_append(to, "", 1, NULL);
}

static void add_tensor(twin *t, const char *name, const bs_tensor *tensor, const float *values) {
  put_string(&t->infos, name);
  put_u32(&t->infos, (uint32_t)tensor->n_dims);
  for (size_t i = tensor->n_dims; i-- > 0;)
    put_u64(&t->infos, tensor->shape[i]);
  put_u32(&t->infos, 0); /* F32 */
  put_u64(&t->infos, t->data.n_bytes);
  bs_text_append(&t->data, (const char *)values, bs_tensor_elements(tensor) * sizeof *values, NULL);
  pad(&t->data);
  t->n_tensors++;
}

static const char *save(twin *t, const char *name) {
  bs_text whole = {0};
  bs_text_append_string(&whole, "GGUF", NULL);
  put_u32(&whole, 3);
  put_u64(&whole, t->n_tensors);
  put_u64(&whole, t->n_keys);
  bs_text_append(&whole, t->keys.data, t->keys.n_bytes, NULL);
  bs_text_append(&whole, t->infos.data, t->infos.n_bytes, NULL);
  pad(&whole);
  bs_text_append(&whole, t->data.data, t->data.n_bytes, NULL);
  const char *path = bs_test_write(name, whole.data, whole.n_bytes);
  bs_text_free(&whole);
  bs_text_free(&t->keys);
  bs_text_free(&t->infos);
  bs_text_free(&t->data);
  return path;
}

/* What stands in a folder's name and in the file's; both end with ".weight" or ".bias". */
typedef struct twin_name {
  const char *from, *to;
} twin_name;

/* Layers and how they begin in the folder and in the file: "model.layers.", "blk.". Behind them,
   with
   "" and "", what is no layer's. */
typedef struct twin_stack {
  const char *layers, *blocks;
  const twin_name *names;
} twin_stack;

/* "model.layers.3.mlp.up_proj.weight" as "blk.3.ffn_up.weight". */
static void name_of(char to[NAME_BYTES], const twin_stack *stack, const char *name) {
  const char *ending = strrchr(name, '.'), *rest = name;
  while (strncmp(name, stack->layers, strlen(stack->layers)) != 0)
    stack++;
  size_t n_digits = 0;
  if (stack->layers[0] != '\0') {
    rest = name + strlen(stack->layers);
    n_digits = strcspn(rest, ".") + 1;
  }
  to[0] = '\0';
  for (const twin_name *at = stack->names; at->from != NULL; at++)
    if (strlen(at->from) == (size_t)(ending - rest) - n_digits &&
        strncmp(at->from, rest + n_digits, strlen(at->from)) == 0)
      snprintf(to, NAME_BYTES, "%s%.*s%s%s", stack->blocks, (int)n_digits, rest, at->to, ending);
  CU_ASSERT_FATAL(to[0] != '\0');
}

/* What a converter does to a tensor's values; NULL: nothing. */
typedef void (*change)(const char *name, const bs_tensor *tensor, float *values);

static void add_tensors(twin *t, const char *folder, const twin_stack *stacks,
                        change change_values) {
  bs_checkpoint *checkpoint = NULL;
  bs_error err = {0};
  BS_TEST_OK(bs_checkpoint_open(&checkpoint, bs_test_data(folder), &err), err);
  CU_ASSERT_PTR_NOT_NULL_FATAL(checkpoint);
  for (size_t i = 0; i < bs_checkpoint_n_tensors(checkpoint); i++) {
    const bs_tensor *tensor = bs_checkpoint_tensor_at(checkpoint, i);
    char name[NAME_BYTES];
    float *values = malloc(bs_tensor_elements(tensor) * sizeof *values);
    CU_ASSERT_PTR_NOT_NULL_FATAL(values);
    bs_convert_to_f32(tensor->dtype, tensor->data, values, bs_tensor_elements(tensor));
    name_of(name, stacks, tensor->name);
    if (change_values != NULL)
      change_values(name, tensor, values);
    add_tensor(t, name, tensor, values);
    free(values);
  }
  bs_checkpoint_free(&checkpoint);
}

static void change_gemma2(const char *name, const bs_tensor *tensor, float *values) {
  enum { KEY_LENGTH = 20, SCALAR = 30 };
  for (uint64_t i = 0; i < bs_tensor_elements(tensor); i++)
    if (strstr(name, "norm.weight") != NULL)
      values[i] += 1;
    else if (strstr(name, "attn_q.") != NULL)
      values[i] *= sqrtf((float)KEY_LENGTH / SCALAR);
}

const char *make_gemma2_twin(void) {
  static const twin_name names[] = {{"model.embed_tokens", "token_embd"},
                                    {"model.norm", "output_norm"},
                                    {"input_layernorm", "attn_norm"},
                                    {"self_attn.q_proj", "attn_q"},
                                    {"self_attn.k_proj", "attn_k"},
                                    {"self_attn.v_proj", "attn_v"},
                                    {"self_attn.o_proj", "attn_output"},
                                    {"post_attention_layernorm", "post_attention_norm"},
                                    {"pre_feedforward_layernorm", "ffn_norm"},
                                    {"mlp.gate_proj", "ffn_gate"},
                                    {"mlp.up_proj", "ffn_up"},
                                    {"mlp.down_proj", "ffn_down"},
                                    {"post_feedforward_layernorm", "post_ffw_norm"},
                                    {NULL, NULL}};
  static const twin_stack stacks[] = {{"model.layers.", "blk.", names}, {"", "", names}};
  twin t = {0};
  add_string(&t, "general.architecture", "gemma2");
  add_u32(&t, "gemma2.context_length", 128);
  add_u32(&t, "gemma2.embedding_length", 48);
  add_u32(&t, "gemma2.block_count", 3);
  add_u32(&t, "gemma2.feed_forward_length", 88);
  add_u32(&t, "gemma2.attention.head_count", 6);
  add_u32(&t, "gemma2.attention.head_count_kv", 3);
  add_u32(&t, "gemma2.attention.key_length", 20);
  add_u32(&t, "gemma2.attention.value_length", 20);
  add_u32(&t, "gemma2.attention.sliding_window", 9);
  add_f32(&t, "gemma2.attention.layer_norm_rms_epsilon", 1e-6F);
  add_f32(&t, "gemma2.attn_logit_softcapping", 5);
  add_f32(&t, "gemma2.final_logit_softcapping", 7);
  add_tensors(&t, "models/tiny-gemma2", stacks, change_gemma2);
  return save(&t, "gemma2.gguf");
}

static void change_falcon(const char *name, const bs_tensor *tensor, float *values) {
  enum { HEADS = 6, GROUPS = 2, EACH = HEADS / GROUPS, PARTS = EACH + 2 };
  if (strstr(name, "attn_qkv.") == NULL)
    return;
  uint64_t n = bs_tensor_elements(tensor), of_head = n / (HEADS + 2 * GROUPS);
  float *sorted = malloc(n * sizeof *sorted);
  CU_ASSERT_PTR_NOT_NULL_FATAL(sorted);
  for (uint64_t g = 0; g < GROUPS; g++)
    for (uint64_t p = 0; p < PARTS; p++) {
      uint64_t at = p < EACH ? g * EACH + p : HEADS + (p - EACH) * GROUPS + g;
      memcpy(sorted + at * of_head, values + (g * PARTS + p) * of_head, of_head * sizeof *values);
    }
  memcpy(values, sorted, n * sizeof *values);
  free(sorted);
}

const char *make_falcon_40b_twin(void) {
  static const twin_name names[] = {{"transformer.word_embeddings", "token_embd"},
                                    {"transformer.ln_f", "output_norm"},
                                    {"lm_head", "output"},
                                    {"ln_attn", "attn_norm_2"},
                                    {"ln_mlp", "attn_norm"},
                                    {"self_attention.query_key_value", "attn_qkv"},
                                    {"self_attention.dense", "attn_output"},
                                    {"mlp.dense_h_to_4h", "ffn_up"},
                                    {"mlp.dense_4h_to_h", "ffn_down"},
                                    {NULL, NULL}};
  static const twin_stack stacks[] = {{"transformer.h.", "blk.", names}, {"", "", names}};
  twin t = {0};
  add_string(&t, "general.architecture", "falcon");
  add_u32(&t, "falcon.context_length", 2048);
  add_u32(&t, "falcon.embedding_length", 72);
  add_u32(&t, "falcon.block_count", 2);
  add_u32(&t, "falcon.feed_forward_length", 288);
  add_u32(&t, "falcon.attention.head_count", 6);
  add_u32(&t, "falcon.attention.head_count_kv", 2);
  add_f32(&t, "falcon.attention.layer_norm_epsilon", 1e-5F);
  add_tensors(&t, "models/tiny-falcon-40b", stacks, change_falcon);
  return save(&t, "falcon-40b.gguf");
}

#define T5_ATTENTION                                                                               \
  {"layer.0.layer_norm", "attn_norm"}, {"layer.0.SelfAttention.q", "attn_q"},                      \
      {"layer.0.SelfAttention.k", "attn_k"}, {"layer.0.SelfAttention.v", "attn_v"},                \
      {"layer.0.SelfAttention.o", "attn_o"}, {                                                     \
    "layer.0.SelfAttention.relative_attention_bias", "attn_rel_b"                                  \
  }

const char *make_t5_twin(void) {
  static const twin_name encoder[] = {T5_ATTENTION,
                                      {"layer.1.layer_norm", "ffn_norm"},
                                      {"layer.1.DenseReluDense.wi", "ffn_up"},
                                      {"layer.1.DenseReluDense.wo", "ffn_down"},
                                      {NULL, NULL}};
  static const twin_name decoder[] = {
      T5_ATTENTION,
      {"layer.1.layer_norm", "cross_attn_norm"},
      {"layer.1.EncDecAttention.q", "cross_attn_q"},
      {"layer.1.EncDecAttention.k", "cross_attn_k"},
      {"layer.1.EncDecAttention.v", "cross_attn_v"},
      {"layer.1.EncDecAttention.o", "cross_attn_o"},
      {"layer.1.EncDecAttention.relative_attention_bias", "cross_attn_rel_b"},
      {"layer.2.layer_norm", "ffn_norm"},
      {"layer.2.DenseReluDense.wi", "ffn_up"},
      {"layer.2.DenseReluDense.wo", "ffn_down"},
      {NULL, NULL}};
  static const twin_name others[] = {{"shared", "token_embd"},
                                     {"encoder.final_layer_norm", "enc.output_norm"},
                                     {"decoder.final_layer_norm", "dec.output_norm"},
                                     {NULL, NULL}};
  static const twin_stack stacks[] = {{"encoder.block.", "enc.blk.", encoder},
                                      {"decoder.block.", "dec.blk.", decoder},
                                      {"", "", others}};
  twin t = {0};
  add_string(&t, "general.architecture", "t5");
  add_u32(&t, "t5.context_length", 128);
  add_u32(&t, "t5.embedding_length", 64);
  add_u32(&t, "t5.block_count", 2);
  add_u32(&t, "t5.feed_forward_length", 256);
  add_u32(&t, "t5.attention.head_count", 4);
  add_u32(&t, "t5.attention.key_length", 16);
  add_u32(&t, "t5.attention.value_length", 16);
  add_u32(&t, "t5.attention.relative_buckets_count", 32);
  add_u32(&t, "t5.decoder_start_token_id", 0);
  add_f32(&t, "t5.attention.layer_norm_epsilon", 1e-6F);
  add_f32(&t, "t5.attention.layer_norm_rms_epsilon", 1e-6F);
  add_tensors(&t, "models/tiny-t5", stacks, NULL);
  return save(&t, "t5.gguf");
}
