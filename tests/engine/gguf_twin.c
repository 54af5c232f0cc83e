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

/* "model.layers.3.mlp.up_proj.weight" as "blk.3.ffn_up.weight". */
static void name_of(char to[NAME_BYTES], const twin_name *names, const char *layers,
                    const char *name) {
  const char *ending = strrchr(name, '.'), *rest = name;
  char number[16] = "";
  if (strncmp(name, layers, strlen(layers)) == 0) {
    size_t n = strcspn(name + strlen(layers), ".");
    snprintf(number, sizeof number, "blk.%.*s.", (int)n, name + strlen(layers));
    rest = name + strlen(layers) + n + 1;
  }
  to[0] = '\0';
  for (; names->from != NULL; names++)
    if (strlen(names->from) == (size_t)(ending - rest) &&
        strncmp(names->from, rest, strlen(names->from)) == 0)
      snprintf(to, NAME_BYTES, "%s%s%s", number, names->to, ending);
  CU_ASSERT_FATAL(to[0] != '\0');
}

/* What a converter does to a tensor's values. */
typedef void (*change)(const char *name, const bs_tensor *tensor, float *values);

static void add_tensors(twin *t, const char *folder, const twin_name *names, const char *layers,
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
    name_of(name, names, layers, tensor->name);
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
  add_tensors(&t, "models/tiny-gemma2", names, "model.layers.", change_gemma2);
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
  twin t = {0};
  add_string(&t, "general.architecture", "falcon");
  add_u32(&t, "falcon.context_length", 2048);
  add_u32(&t, "falcon.embedding_length", 72);
  add_u32(&t, "falcon.block_count", 2);
  add_u32(&t, "falcon.feed_forward_length", 288);
  add_u32(&t, "falcon.attention.head_count", 6);
  add_u32(&t, "falcon.attention.head_count_kv", 2);
  add_f32(&t, "falcon.attention.layer_norm_epsilon", 1e-5F);
  add_tensors(&t, "models/tiny-falcon-40b", names, "transformer.h.", change_falcon);
  return save(&t, "falcon-40b.gguf");
}
