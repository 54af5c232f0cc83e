#include "model_writer.h"

#include <CUnit/CUnit.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "harness.h"

double random_double(uint64_t *seed) { /* splitmix64 */
  uint64_t z = *seed += 0x9E3779B97F4A7C15U;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9U;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBU;
  return (double)((z ^ (z >> 31)) >> 11) * 0x1p-53;
}

size_t random_below(uint64_t *seed, size_t n) { return (size_t)(random_double(seed) * (double)n); }

const char *make_folder(const char *name) {
  const char *path = bs_test_path(name);
  mkdir(path, 0777);
  return path;
}

void write_file(const char *folder, const char *name, const void *bytes, size_t n_bytes) {
  bs_text path = {0};
  bs_text_printf(&path, NULL, "%s/%s", folder, name);
  remove(
      path.data); /* a file that is cut and written again is flushed to the disk, which is slow */
  FILE *file = fopen(path.data, "wb");
  CU_ASSERT_PTR_NOT_NULL_FATAL(file);
  CU_ASSERT_EQUAL_FATAL(fwrite(bytes, 1, n_bytes, file), n_bytes);
  fclose(file);
  bs_text_free(&path);
}

/* Half precision of a normal number of moderate size, rounded towards zero. */
static uint16_t half_of(float value, bs_dtype dtype) {
  uint32_t bits;
  memcpy(&bits, &value, sizeof bits);
  if (dtype == BS_DTYPE_BF16)
    return (uint16_t)(bits >> 16);
  int exponent = (int)((bits >> 23) & 255U) - 127 + 15;
  if (exponent <= 0)
    return (uint16_t)((bits >> 16) & 0x8000U);
  return (uint16_t)(((bits >> 16) & 0x8000U) | (uint32_t)exponent << 10 | ((bits >> 13) & 0x3FFU));
}

void tensor_writer_add(tensor_writer *writer, const char *name, bs_dtype dtype, const size_t *shape,
                       double centre) {
  size_t begin = writer->data.n_bytes, n = 1;
  bs_text *header = &writer->header;
  bs_text_printf(header, NULL, "%s\"%s\":{\"dtype\":\"%s\",\"shape\":[",
                 header->n_bytes > 0 ? "," : "", name, bs_dtype_name(dtype));
  for (size_t i = 0; shape[i] != 0; i++) {
    bs_text_printf(header, NULL, "%s%zu", i > 0 ? "," : "", shape[i]);
    n *= shape[i];
  }
  for (size_t i = 0; i < n; i++) {
    double spread = centre != 0 ? 0.2 : 0.3;
    float value = (float)(centre + spread * (2 * random_double(&writer->seed) - 1));
    uint16_t half = half_of(value, dtype);
    if (dtype == BS_DTYPE_F32)
      bs_text_append(&writer->data, (const char *)&value, sizeof value, NULL);
    else
      bs_text_append(&writer->data, (const char *)&half, sizeof half, NULL);
  }
  bs_text_printf(header, NULL, "],\"data_offsets\":[%zu,%zu]}", begin, writer->data.n_bytes);
}

static void append_length(bs_text *bytes, uint64_t n) {
  for (int i = 0; i < 8; i++) {
    char byte = (char)(unsigned char)(n >> (8 * i));
    bs_text_append(bytes, &byte, 1, NULL);
  }
}

bs_text safetensors_bytes(const char *header, size_t n_data) {
  bs_text bytes = {0};
  append_length(&bytes, strlen(header));
  bs_text_append_string(&bytes, header, NULL);
  for (size_t i = 0; i < n_data; i++)
    bs_text_append(&bytes, "\0", 1, NULL);
  return bytes;
}

void tensor_writer_save(tensor_writer *writer, const char *folder, const char *name) {
  bs_text bytes = {0};
  append_length(&bytes, writer->header.n_bytes + 2);
  bs_text_append(&bytes, "{", 1, NULL);
  bs_text_append(&bytes, writer->header.data, writer->header.n_bytes, NULL);
  bs_text_append(&bytes, "}", 1, NULL);
  bs_text_append(&bytes, writer->data.data, writer->data.n_bytes, NULL);
  write_file(folder, name, bytes.data, bytes.n_bytes);
  bs_text_free(&bytes);
  bs_text_free(&writer->header);
  bs_text_free(&writer->data);
}

static void add(tensor_writer *writer, bs_dtype dtype, size_t rows, size_t columns, double centre,
                const char *format, size_t layer) {
  char name[128];
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
  snprintf(name, sizeof name, format, layer);
#pragma GCC diagnostic pop
  const size_t shape[3] = {rows, columns, 0};
  tensor_writer_add(writer, name, dtype, shape, centre);
}

const char *make_llama(const char *name, const llama_sizes *s) {
  const char *folder = make_folder(name);
  bs_text config = {0};
  bs_text_printf(
      &config, NULL,
      "{\"architectures\":[\"LlamaForCausalLM\"],\"hidden_size\":%zu,\"num_hidden_layers\":%zu,"
      "\"num_attention_heads\":%zu,\"num_key_value_heads\":%zu,\"head_dim\":%zu,"
      "\"intermediate_size\":%zu,\"vocab_size\":%zu,\"max_position_embeddings\":%zu,"
      "\"attention_bias\":%s,\"mlp_bias\":%s,\"tie_word_embeddings\":%s%s}",
      s->d_model, s->n_layers, s->n_heads, s->n_kv_heads, s->head_dim, s->d_ff, s->n_vocab,
      s->n_positions, s->attention_bias ? "true" : "false", s->mlp_bias ? "true" : "false",
      s->tied ? "true" : "false", s->more);
  write_file(folder, "config.json", config.data, config.n_bytes);
  bs_text_free(&config);
  size_t d = s->d_model, q = s->n_heads * s->head_dim, kv = s->n_kv_heads * s->head_dim;
  tensor_writer w = {.seed = 7};
  add(&w, s->dtype, s->n_vocab, d, 0, "model.embed_tokens.weight", 0);
  add(&w, s->dtype, d, 0, 1, "model.norm.weight", 0);
  if (!s->tied)
    add(&w, s->dtype, s->n_vocab, d, 0, "lm_head.weight", 0);
  for (size_t i = 0; i < s->n_layers; i++) {
    add(&w, s->dtype, d, 0, 1, "model.layers.%zu.input_layernorm.weight", i);
    add(&w, s->dtype, d, 0, 1, "model.layers.%zu.post_attention_layernorm.weight", i);
    add(&w, s->dtype, q, d, 0, "model.layers.%zu.self_attn.q_proj.weight", i);
    add(&w, s->dtype, kv, d, 0, "model.layers.%zu.self_attn.k_proj.weight", i);
    add(&w, s->dtype, kv, d, 0, "model.layers.%zu.self_attn.v_proj.weight", i);
    add(&w, s->dtype, d, q, 0, "model.layers.%zu.self_attn.o_proj.weight", i);
    add(&w, s->dtype, s->d_ff, d, 0, "model.layers.%zu.mlp.gate_proj.weight", i);
    add(&w, s->dtype, s->d_ff, d, 0, "model.layers.%zu.mlp.up_proj.weight", i);
    add(&w, s->dtype, d, s->d_ff, 0, "model.layers.%zu.mlp.down_proj.weight", i);
    if (s->attention_bias) {
      add(&w, s->dtype, q, 0, 0, "model.layers.%zu.self_attn.q_proj.bias", i);
      add(&w, s->dtype, kv, 0, 0, "model.layers.%zu.self_attn.k_proj.bias", i);
      add(&w, s->dtype, kv, 0, 0, "model.layers.%zu.self_attn.v_proj.bias", i);
      add(&w, s->dtype, d, 0, 0, "model.layers.%zu.self_attn.o_proj.bias", i);
    }
    if (s->mlp_bias) {
      add(&w, s->dtype, s->d_ff, 0, 0, "model.layers.%zu.mlp.gate_proj.bias", i);
      add(&w, s->dtype, s->d_ff, 0, 0, "model.layers.%zu.mlp.up_proj.bias", i);
      add(&w, s->dtype, d, 0, 0, "model.layers.%zu.mlp.down_proj.bias", i);
    }
  }
  tensor_writer_save(&w, folder, "model.safetensors");
  return folder;
}

const char *make_gpt2(const char *name, const gpt2_sizes *s) {
  const char *folder = make_folder(name);
  bs_text config = {0};
  bs_text_printf(&config, NULL,
                 "{\"architectures\":[\"GPT2LMHeadModel\"],\"n_embd\":%zu,\"n_layer\":%zu,"
                 "\"n_head\":%zu,\"n_inner\":%zu,\"vocab_size\":%zu,\"n_positions\":%zu%s}",
                 s->d_model, s->n_layers, s->n_heads, s->d_ff, s->n_vocab, s->n_positions, s->more);
  write_file(folder, "config.json", config.data, config.n_bytes);
  bs_text_free(&config);
  size_t d = s->d_model;
  bs_dtype f32 = BS_DTYPE_F32;
  tensor_writer w = {.seed = 8};
  add(&w, f32, s->n_vocab, d, 0, "wte.weight", 0);
  add(&w, f32, s->n_positions, d, 0, "wpe.weight", 0);
  add(&w, f32, d, 0, 1, "ln_f.weight", 0);
  add(&w, f32, d, 0, 0, "ln_f.bias", 0);
  for (size_t i = 0; i < s->n_layers; i++) {
    add(&w, f32, d, 0, 1, "h.%zu.ln_1.weight", i);
    add(&w, f32, d, 0, 0, "h.%zu.ln_1.bias", i);
    add(&w, f32, d, 0, 1, "h.%zu.ln_2.weight", i);
    add(&w, f32, d, 0, 0, "h.%zu.ln_2.bias", i);
    add(&w, f32, d, 3 * d, 0, "h.%zu.attn.c_attn.weight", i);
    add(&w, f32, 3 * d, 0, 0, "h.%zu.attn.c_attn.bias", i);
    add(&w, f32, d, d, 0, "h.%zu.attn.c_proj.weight", i);
    add(&w, f32, d, 0, 0, "h.%zu.attn.c_proj.bias", i);
    add(&w, f32, d, s->d_ff, 0, "h.%zu.mlp.c_fc.weight", i);
    add(&w, f32, s->d_ff, 0, 0, "h.%zu.mlp.c_fc.bias", i);
    add(&w, f32, s->d_ff, d, 0, "h.%zu.mlp.c_proj.weight", i);
    add(&w, f32, d, 0, 0, "h.%zu.mlp.c_proj.bias", i);
  }
  tensor_writer_save(&w, folder, "model.safetensors");
  return folder;
}

const char *make_gptneox(const char *name, const gptneox_sizes *s) {
  const char *folder = make_folder(name);
  bs_text config = {0};
  bs_text_printf(
      &config, NULL,
      "{\"architectures\":[\"GPTNeoXForCausalLM\"],\"hidden_size\":%zu,\"num_hidden_layers\":%zu,"
      "\"num_attention_heads\":%zu,\"intermediate_size\":%zu,\"vocab_size\":%zu,"
      "\"max_position_embeddings\":%zu,\"attention_bias\":%s%s}",
      s->d_model, s->n_layers, s->n_heads, s->d_ff, s->n_vocab, s->n_positions,
      s->attention_bias ? "true" : "false", s->more);
  write_file(folder, "config.json", config.data, config.n_bytes);
  bs_text_free(&config);
  size_t d = s->d_model;
  bs_dtype f16 = BS_DTYPE_F16;
  tensor_writer w = {.seed = 9};
  add(&w, f16, s->n_vocab, d, 0, "gpt_neox.embed_in.weight", 0);
  add(&w, f16, s->n_vocab, d, 0, "embed_out.weight", 0);
  add(&w, f16, d, 0, 1, "gpt_neox.final_layer_norm.weight", 0);
  add(&w, f16, d, 0, 0, "gpt_neox.final_layer_norm.bias", 0);
  for (size_t i = 0; i < s->n_layers; i++) {
    add(&w, f16, d, 0, 1, "gpt_neox.layers.%zu.input_layernorm.weight", i);
    add(&w, f16, d, 0, 0, "gpt_neox.layers.%zu.input_layernorm.bias", i);
    add(&w, f16, d, 0, 1, "gpt_neox.layers.%zu.post_attention_layernorm.weight", i);
    add(&w, f16, d, 0, 0, "gpt_neox.layers.%zu.post_attention_layernorm.bias", i);
    add(&w, f16, 3 * d, d, 0, "gpt_neox.layers.%zu.attention.query_key_value.weight", i);
    add(&w, f16, d, d, 0, "gpt_neox.layers.%zu.attention.dense.weight", i);
    if (s->attention_bias) {
      add(&w, f16, 3 * d, 0, 0, "gpt_neox.layers.%zu.attention.query_key_value.bias", i);
      add(&w, f16, d, 0, 0, "gpt_neox.layers.%zu.attention.dense.bias", i);
    }
    add(&w, f16, s->d_ff, d, 0, "gpt_neox.layers.%zu.mlp.dense_h_to_4h.weight", i);
    add(&w, f16, s->d_ff, 0, 0, "gpt_neox.layers.%zu.mlp.dense_h_to_4h.bias", i);
    add(&w, f16, d, s->d_ff, 0, "gpt_neox.layers.%zu.mlp.dense_4h_to_h.weight", i);
    add(&w, f16, d, 0, 0, "gpt_neox.layers.%zu.mlp.dense_4h_to_h.bias", i);
  }
  tensor_writer_save(&w, folder, "model.safetensors");
  return folder;
}
