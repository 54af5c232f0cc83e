#include "family_models.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "checkpoint/family_internal.h"
#include "model_writer.h"

#define LLAMA_MEMBERS                                                                              \
  {"vocab_size", "10"}, {"hidden_size", "8"}, {"num_hidden_layers", "2"},                          \
      {"num_attention_heads", "2"}, {"num_key_value_heads", "1"}, {"head_dim", "4"},               \
      {"intermediate_size", "32"}, {"max_position_embeddings", "20"}, {"rms_norm_eps", "1e-5"},    \
      {"hidden_act", "\"silu\""}, {"rope_theta", "10000.0"}, {"rope_scaling", "null"}, {           \
    "tie_word_embeddings", "false"                                                                 \
  }

#define LLAMA_PROBES                                                                               \
  {"vocab_size", "11"}, {"hidden_size", "16"}, {"num_hidden_layers", "1"},                         \
      {"num_attention_heads", "4"}, {"num_key_value_heads", "2"}, {"head_dim", "8"},               \
      {"intermediate_size", "16"}, {"max_position_embeddings", "21"}, {"rms_norm_eps", "1e-6"},    \
      {"hidden_act", "\"gelu\""}, {"rope_theta", "500000"},                                        \
      {"rope_scaling", "{\"type\":\"linear\",\"factor\":2}"},                                      \
      {"rope_parameters", "{\"rope_type\":\"linear\",\"factor\":2}"}, {                            \
    "tie_word_embeddings", "true"                                                                  \
  }

#define LLAMA_TENSORS                                                                              \
  "model.embed_tokens.weight:V,D", "model.norm.weight:D", "lm_head.weight:V,D",                    \
      "model.layers.%zu.input_layernorm.weight:D",                                                 \
      "model.layers.%zu.post_attention_layernorm.weight:D",                                        \
      "model.layers.%zu.self_attn.q_proj.weight:D,D",                                              \
      "model.layers.%zu.self_attn.k_proj.weight:K,D",                                              \
      "model.layers.%zu.self_attn.v_proj.weight:K,D",                                              \
      "model.layers.%zu.self_attn.o_proj.weight:D,D", "model.layers.%zu.mlp.gate_proj.weight:F,D", \
      "model.layers.%zu.mlp.up_proj.weight:F,D", "model.layers.%zu.mlp.down_proj.weight:D,F"

#define GEMMA_MEMBERS                                                                              \
  {"vocab_size", "10"}, {"hidden_size", "8"}, {"num_hidden_layers", "2"},                          \
      {"num_attention_heads", "2"}, {"num_key_value_heads", "1"}, {"head_dim", "4"},               \
      {"intermediate_size", "32"}, {"max_position_embeddings", "20"}, {"rms_norm_eps", "1e-6"}, {  \
    "rope_theta", "10000.0"                                                                        \
  }

#define GEMMA_PROBES                                                                               \
  {"vocab_size", "11"}, {"hidden_size", "16"}, {"num_hidden_layers", "1"},                         \
      {"num_attention_heads", "4"}, {"num_key_value_heads", "2"}, {"head_dim", "8"},               \
      {"intermediate_size", "16"}, {"max_position_embeddings", "21"}, {"rms_norm_eps", "1e-5"},    \
      {"attention_bias", "true"}, {"rope_theta", "500000"},                                        \
      {"rope_scaling", "{\"type\":\"linear\",\"factor\":2}"},                                      \
      {"rope_parameters", "{\"rope_type\":\"linear\",\"factor\":2}"}, {                            \
    "tie_word_embeddings", "false"                                                                 \
  }

#define GEMMA_TENSORS                                                                              \
  "model.embed_tokens.weight:V,D", "model.norm.weight:D",                                          \
      "model.layers.%zu.input_layernorm.weight:D",                                                 \
      "model.layers.%zu.post_attention_layernorm.weight:D",                                        \
      "model.layers.%zu.self_attn.q_proj.weight:D,D",                                              \
      "model.layers.%zu.self_attn.k_proj.weight:K,D",                                              \
      "model.layers.%zu.self_attn.v_proj.weight:K,D",                                              \
      "model.layers.%zu.self_attn.o_proj.weight:D,D", "model.layers.%zu.mlp.gate_proj.weight:F,D", \
      "model.layers.%zu.mlp.up_proj.weight:F,D", "model.layers.%zu.mlp.down_proj.weight:D,F"

#define WINDOW_MEMBERS                                                                             \
  {"sliding_window", "4"}, {"use_sliding_window", "true"}, { "max_window_layers", "1" }

#define WINDOW_PROBES                                                                              \
  {"sliding_window", "5"}, {"use_sliding_window", "false"}, {"max_window_layers", "0"}, {          \
    "layer_types", "[\"full_attention\",\"full_attention\"]"                                       \
  }

/* Needs low_freq_factor and so on beside it, so it is only tried together with a scaling. */
#define ORIGINAL_LENGTH                                                                            \
  { "original_max_position_embeddings", NULL }

#define T5_MEMBERS                                                                                 \
  {"vocab_size", "10"}, {"d_model", "8"}, {"d_kv", "4"}, {"d_ff", "32"}, {"num_layers", "2"},      \
      {"num_heads", "2"}, {"is_encoder_decoder", "true"}, {"layer_norm_epsilon", "1e-5"}, {        \
    "decoder_start_token_id", "0"                                                                  \
  }

#define T5_PROBES                                                                                  \
  {"vocab_size", "11"}, {"d_model", "16"}, {"d_kv", "8"}, {"d_ff", "16"}, {"num_layers", "1"},     \
      {"num_decoder_layers", "1"}, {"num_heads", "1"}, {"n_positions", "4096"},                    \
      {"layer_norm_epsilon", "1e-6"}, {"relative_attention_num_buckets", "16"},                    \
      {"relative_attention_max_distance", "64"}, {"dense_act_fn", "\"silu\""}, {                   \
    "decoder_start_token_id", "4"                                                                  \
  }

#define T5_TENSORS                                                                                 \
  "shared.weight:V,D", "encoder.final_layer_norm.weight:D", "decoder.final_layer_norm.weight:D",   \
      "encoder.block.0.layer.0.SelfAttention.relative_attention_bias.weight:F,N",                  \
      "decoder.block.0.layer.0.SelfAttention.relative_attention_bias.weight:F,N",                  \
      "encoder.block.%zu.layer.0.SelfAttention.q.weight:D,D",                                      \
      "encoder.block.%zu.layer.0.SelfAttention.k.weight:D,D",                                      \
      "encoder.block.%zu.layer.0.SelfAttention.v.weight:D,D",                                      \
      "encoder.block.%zu.layer.0.SelfAttention.o.weight:D,D",                                      \
      "encoder.block.%zu.layer.0.layer_norm.weight:D",                                             \
      "encoder.block.%zu.layer.1.layer_norm.weight:D",                                             \
      "decoder.block.%zu.layer.0.SelfAttention.q.weight:D,D",                                      \
      "decoder.block.%zu.layer.0.SelfAttention.k.weight:D,D",                                      \
      "decoder.block.%zu.layer.0.SelfAttention.v.weight:D,D",                                      \
      "decoder.block.%zu.layer.0.SelfAttention.o.weight:D,D",                                      \
      "decoder.block.%zu.layer.0.layer_norm.weight:D",                                             \
      "decoder.block.%zu.layer.1.EncDecAttention.q.weight:D,D",                                    \
      "decoder.block.%zu.layer.1.EncDecAttention.k.weight:D,D",                                    \
      "decoder.block.%zu.layer.1.EncDecAttention.v.weight:D,D",                                    \
      "decoder.block.%zu.layer.1.EncDecAttention.o.weight:D,D",                                    \
      "decoder.block.%zu.layer.1.layer_norm.weight:D",                                             \
      "decoder.block.%zu.layer.2.layer_norm.weight:D"

#define T5_OUT                                                                                     \
  "encoder.block.%zu.layer.1.DenseReluDense.wo.weight:D,F",                                        \
      "decoder.block.%zu.layer.2.DenseReluDense.wo.weight:D,F"

#define T5_PLAIN                                                                                   \
  T5_OUT, "encoder.block.%zu.layer.1.DenseReluDense.wi.weight:F,D",                                \
      "decoder.block.%zu.layer.2.DenseReluDense.wi.weight:F,D"

#define SWITCH_TENSORS(mlp)                                                                        \
  mlp "router.classifier.weight:N,D", mlp "experts.expert_0.wi.weight:F,D",                        \
      mlp "experts.expert_0.wo.weight:D,F", mlp "experts.expert_1.wi.weight:F,D",                  \
      mlp "experts.expert_1.wo.weight:D,F"

/* Two experts, all of which a token goes through unless the file says otherwise. */
#define EXPERT_LAYER_TENSORS                                                                       \
  "model.embed_tokens.weight:V,D", "model.norm.weight:D", "lm_head.weight:V,D",                    \
      "model.layers.%zu.input_layernorm.weight:D",                                                 \
      "model.layers.%zu.post_attention_layernorm.weight:D",                                        \
      "model.layers.%zu.self_attn.q_proj.weight:D,D",                                              \
      "model.layers.%zu.self_attn.k_proj.weight:K,D",                                              \
      "model.layers.%zu.self_attn.v_proj.weight:K,D",                                              \
      "model.layers.%zu.self_attn.o_proj.weight:D,D"

#define EXPERT_TENSORS(expert, gate, up, down, width)                                              \
  expert "0." gate ".weight:" width ",D", expert "0." up ".weight:" width ",D",                    \
      expert "0." down ".weight:D," width, expert "1." gate ".weight:" width ",D",                 \
      expert "1." up ".weight:" width ",D", expert "1." down ".weight:D," width

#define MOE_TENSORS(width)                                                                         \
  EXPERT_LAYER_TENSORS, "model.layers.%zu.mlp.gate.weight:N,D",                                    \
      EXPERT_TENSORS("model.layers.%zu.mlp.experts.", "gate_proj", "up_proj", "down_proj", width)

#define QWEN_MOE_MEMBERS                                                                           \
  LLAMA_MEMBERS, {"num_experts", "2"}, {"num_experts_per_tok", "2"}, {                             \
    "moe_intermediate_size", "24"                                                                  \
  }

#define QWEN_MOE_PROBES                                                                            \
  LLAMA_PROBES, ORIGINAL_LENGTH, {"num_experts", "3"}, {"num_experts_per_tok", "1"},               \
      {"norm_topk_prob", "true"}, {"moe_intermediate_size", "16"}, {"decoder_sparse_step", "2"},   \
      {"mlp_only_layers", "[0]"}, {                                                                \
    "layer_types", "[\"full_attention\",\"sliding_attention\"]"                                    \
  }

const family_model family_models[] = {
    {.architecture = "LlamaForCausalLM",
     .members = {LLAMA_MEMBERS},
     .probes = {LLAMA_PROBES, {"attention_bias", "true"}, {"mlp_bias", "true"}, ORIGINAL_LENGTH},
     .tensors = {LLAMA_TENSORS}},
    {.architecture = "MistralForCausalLM",
     .members = {LLAMA_MEMBERS, {"sliding_window", "4"}},
     .probes = {LLAMA_PROBES,
                {"sliding_window", "null"},
                {"layer_types", "[\"full_attention\",\"sliding_attention\"]"},
                ORIGINAL_LENGTH},
     .tensors = {LLAMA_TENSORS}},
    {.architecture = "Qwen2ForCausalLM",
     .members = {LLAMA_MEMBERS, WINDOW_MEMBERS},
     .probes = {LLAMA_PROBES, WINDOW_PROBES, ORIGINAL_LENGTH},
     .tensors = {LLAMA_TENSORS, "model.layers.%zu.self_attn.q_proj.bias:D",
                 "model.layers.%zu.self_attn.k_proj.bias:K",
                 "model.layers.%zu.self_attn.v_proj.bias:K"}},
    {.architecture = "Qwen3ForCausalLM",
     .members = {LLAMA_MEMBERS, WINDOW_MEMBERS},
     .probes = {LLAMA_PROBES, WINDOW_PROBES, {"attention_bias", "true"}, ORIGINAL_LENGTH},
     .tensors = {LLAMA_TENSORS, "model.layers.%zu.self_attn.q_norm.weight:K",
                 "model.layers.%zu.self_attn.k_norm.weight:K"}},
    {.architecture = "GPTNeoXForCausalLM",
     .members = {{"vocab_size", "10"},
                 {"hidden_size", "8"},
                 {"num_hidden_layers", "2"},
                 {"num_attention_heads", "2"},
                 {"intermediate_size", "32"},
                 {"max_position_embeddings", "20"},
                 {"layer_norm_eps", "1e-5"},
                 {"hidden_act", "\"gelu\""},
                 {"rotary_emb_base", "10000"},
                 {"rotary_pct", "1"},
                 {"use_parallel_residual", "true"},
                 {"tie_word_embeddings", "false"}},
     .probes = {{"vocab_size", "11"},
                {"hidden_size", "16"},
                {"num_hidden_layers", "1"},
                {"num_attention_heads", "1"},
                {"intermediate_size", "16"},
                {"max_position_embeddings", "21"},
                {"layer_norm_eps", "1e-6"},
                {"hidden_act", "\"relu\""},
                {"rotary_emb_base", "20000"},
                {"rotary_pct", "0.5"},
                {"rope_theta", "20000"},
                {"partial_rotary_factor", "0.5"},
                {"rope_scaling", "{\"type\":\"linear\",\"factor\":2}"},
                {"rope_parameters", "{\"rope_type\":\"linear\",\"factor\":2}"},
                {"use_parallel_residual", "null"},
                {"attention_bias", "false"},
                {"tie_word_embeddings", "true"},
                ORIGINAL_LENGTH},
     .tensors = {"gpt_neox.embed_in.weight:V,D", "embed_out.weight:V,D",
                 "gpt_neox.final_layer_norm.weight:D", "gpt_neox.final_layer_norm.bias:D",
                 "gpt_neox.layers.%zu.input_layernorm.weight:D",
                 "gpt_neox.layers.%zu.input_layernorm.bias:D",
                 "gpt_neox.layers.%zu.post_attention_layernorm.weight:D",
                 "gpt_neox.layers.%zu.post_attention_layernorm.bias:D",
                 "gpt_neox.layers.%zu.attention.query_key_value.weight:T,D",
                 "gpt_neox.layers.%zu.attention.query_key_value.bias:T",
                 "gpt_neox.layers.%zu.attention.dense.weight:D,D",
                 "gpt_neox.layers.%zu.attention.dense.bias:D",
                 "gpt_neox.layers.%zu.mlp.dense_h_to_4h.weight:F,D",
                 "gpt_neox.layers.%zu.mlp.dense_h_to_4h.bias:F",
                 "gpt_neox.layers.%zu.mlp.dense_4h_to_h.weight:D,F",
                 "gpt_neox.layers.%zu.mlp.dense_4h_to_h.bias:D"}},
    {.architecture = "GPT2LMHeadModel",
     .members = {{"vocab_size", "10"},
                 {"n_embd", "8"},
                 {"n_layer", "2"},
                 {"n_head", "2"},
                 {"n_positions", "20"},
                 {"n_inner", "null"},
                 {"layer_norm_epsilon", "1e-5"},
                 {"activation_function", "\"gelu_new\""}},
     .probes = {{"vocab_size", "11"},
                {"n_embd", "16"},
                {"hidden_size", "16"},
                {"n_layer", "1"},
                {"num_hidden_layers", "1"},
                {"n_head", "4"},
                {"num_attention_heads", "4"},
                {"n_positions", "21"},
                {"max_position_embeddings", "21"},
                {"n_ctx", "21"},
                {"n_inner", "16"},
                {"layer_norm_epsilon", "1e-6"},
                {"activation_function", "\"relu\""},
                {"scale_attn_weights", "false"},
                {"scale_attn_by_inverse_layer_idx", "true"},
                {"tie_word_embeddings", "false"}},
     .tensors = {"wte.weight:V,D", "wpe.weight:P,D", "ln_f.weight:D", "ln_f.bias:D",
                 "h.%zu.ln_1.weight:D", "h.%zu.ln_1.bias:D", "h.%zu.ln_2.weight:D",
                 "h.%zu.ln_2.bias:D", "h.%zu.attn.c_attn.weight:D,T", "h.%zu.attn.c_attn.bias:T",
                 "h.%zu.attn.c_proj.weight:D,D", "h.%zu.attn.c_proj.bias:D",
                 "h.%zu.mlp.c_fc.weight:D,F", "h.%zu.mlp.c_fc.bias:F",
                 "h.%zu.mlp.c_proj.weight:F,D", "h.%zu.mlp.c_proj.bias:D"}},
    {.architecture = "OPTForCausalLM",
     .members = {{"vocab_size", "10"},
                 {"hidden_size", "8"},
                 {"num_hidden_layers", "2"},
                 {"num_attention_heads", "2"},
                 {"ffn_dim", "32"},
                 {"max_position_embeddings", "20"},
                 {"activation_function", "\"relu\""}},
     .probes = {{"vocab_size", "11"},
                {"hidden_size", "16"},
                {"num_hidden_layers", "1"},
                {"num_attention_heads", "4"},
                {"ffn_dim", "16"},
                {"max_position_embeddings", "21"},
                {"activation_function", "\"gelu\""},
                {"enable_bias", "false"},
                {"word_embed_proj_dim", "4"},
                {"do_layer_norm_before", "false"},
                {"layer_norm_elementwise_affine", "false"},
                {"_remove_final_layer_norm", "true"},
                {"tie_word_embeddings", "false"}},
     .tensors = {"model.decoder.embed_tokens.weight:V,D",
                 "model.decoder.embed_positions.weight:Q,D",
                 "model.decoder.final_layer_norm.weight:D",
                 "model.decoder.final_layer_norm.bias:D",
                 "model.decoder.layers.%zu.self_attn_layer_norm.weight:D",
                 "model.decoder.layers.%zu.self_attn_layer_norm.bias:D",
                 "model.decoder.layers.%zu.final_layer_norm.weight:D",
                 "model.decoder.layers.%zu.final_layer_norm.bias:D",
                 "model.decoder.layers.%zu.self_attn.q_proj.weight:D,D",
                 "model.decoder.layers.%zu.self_attn.q_proj.bias:D",
                 "model.decoder.layers.%zu.self_attn.k_proj.weight:D,D",
                 "model.decoder.layers.%zu.self_attn.k_proj.bias:D",
                 "model.decoder.layers.%zu.self_attn.v_proj.weight:D,D",
                 "model.decoder.layers.%zu.self_attn.v_proj.bias:D",
                 "model.decoder.layers.%zu.self_attn.out_proj.weight:D,D",
                 "model.decoder.layers.%zu.self_attn.out_proj.bias:D",
                 "model.decoder.layers.%zu.fc1.weight:F,D",
                 "model.decoder.layers.%zu.fc1.bias:F",
                 "model.decoder.layers.%zu.fc2.weight:D,F",
                 "model.decoder.layers.%zu.fc2.bias:D"}},
    {.architecture = "BloomForCausalLM",
     .members = {{"vocab_size", "10"},
                 {"hidden_size", "8"},
                 {"n_layer", "2"},
                 {"n_head", "2"},
                 {"seq_length", "20"},
                 {"layer_norm_epsilon", "1e-5"}},
     .probes = {{"vocab_size", "11"},
                {"hidden_size", "16"},
                {"n_embed", "16"},
                {"n_layer", "1"},
                {"num_hidden_layers", "1"},
                {"n_head", "4"},
                {"num_attention_heads", "4"},
                {"seq_length", "21"},
                {"layer_norm_epsilon", "1e-6"},
                {"tie_word_embeddings", "false"}},
     .tensors = {"word_embeddings.weight:V,D", "word_embeddings_layernorm.weight:D",
                 "word_embeddings_layernorm.bias:D", "ln_f.weight:D", "ln_f.bias:D",
                 "h.%zu.input_layernorm.weight:D", "h.%zu.input_layernorm.bias:D",
                 "h.%zu.post_attention_layernorm.weight:D", "h.%zu.post_attention_layernorm.bias:D",
                 "h.%zu.self_attention.query_key_value.weight:T,D",
                 "h.%zu.self_attention.query_key_value.bias:T",
                 "h.%zu.self_attention.dense.weight:D,D", "h.%zu.self_attention.dense.bias:D",
                 "h.%zu.mlp.dense_h_to_4h.weight:F,D", "h.%zu.mlp.dense_h_to_4h.bias:F",
                 "h.%zu.mlp.dense_4h_to_h.weight:D,F", "h.%zu.mlp.dense_4h_to_h.bias:D"}},
    {.architecture = "GPTJForCausalLM",
     .members = {{"vocab_size", "10"},
                 {"n_embd", "8"},
                 {"n_layer", "2"},
                 {"n_head", "2"},
                 {"n_positions", "20"},
                 {"n_inner", "null"},
                 {"rotary_dim", "2"},
                 {"layer_norm_epsilon", "1e-5"},
                 {"activation_function", "\"gelu_new\""}},
     .probes = {{"vocab_size", "11"},
                {"n_embd", "16"},
                {"hidden_size", "16"},
                {"n_layer", "1"},
                {"num_hidden_layers", "1"},
                {"n_head", "4"},
                {"num_attention_heads", "4"},
                {"n_positions", "21"},
                {"max_position_embeddings", "21"},
                {"n_ctx", "21"},
                {"n_inner", "16"},
                {"rotary_dim", "4"},
                {"layer_norm_epsilon", "1e-6"},
                {"activation_function", "\"relu\""},
                {"tie_word_embeddings", "true"}},
     .tensors = {"transformer.wte.weight:V,D", "transformer.ln_f.weight:D",
                 "transformer.ln_f.bias:D", "lm_head.weight:V,D", "lm_head.bias:V",
                 "transformer.h.%zu.ln_1.weight:D", "transformer.h.%zu.ln_1.bias:D",
                 "transformer.h.%zu.attn.q_proj.weight:D,D",
                 "transformer.h.%zu.attn.k_proj.weight:D,D",
                 "transformer.h.%zu.attn.v_proj.weight:D,D",
                 "transformer.h.%zu.attn.out_proj.weight:D,D",
                 "transformer.h.%zu.mlp.fc_in.weight:F,D", "transformer.h.%zu.mlp.fc_in.bias:F",
                 "transformer.h.%zu.mlp.fc_out.weight:D,F", "transformer.h.%zu.mlp.fc_out.bias:D"}},
    {.architecture = "GPTNeoForCausalLM",
     .members = {{"vocab_size", "10"},
                 {"hidden_size", "8"},
                 {"num_layers", "2"},
                 {"num_heads", "2"},
                 {"max_position_embeddings", "20"},
                 {"intermediate_size", "null"},
                 {"layer_norm_epsilon", "1e-5"},
                 {"attention_types", "[[[\"global\",\"local\"],1]]"},
                 {"window_size", "5"},
                 {"activation_function", "\"gelu_new\""}},
     .probes = {{"vocab_size", "11"},
                {"hidden_size", "16"},
                {"num_layers", "1"},
                {"num_hidden_layers", "1"},
                {"num_heads", "4"},
                {"num_attention_heads", "4"},
                {"max_position_embeddings", "21"},
                {"intermediate_size", "16"},
                {"layer_norm_epsilon", "1e-6"},
                {"attention_types", "[[[\"global\"],2]]"},
                {"attention_layers", "[\"local\",\"global\"]"},
                {"window_size", "6"},
                {"activation_function", "\"relu\""},
                {"tie_word_embeddings", "false"}},
     .tensors = {"wte.weight:V,D", "wpe.weight:P,D", "ln_f.weight:D", "ln_f.bias:D",
                 "h.%zu.ln_1.weight:D", "h.%zu.ln_1.bias:D", "h.%zu.ln_2.weight:D",
                 "h.%zu.ln_2.bias:D", "h.%zu.attn.attention.q_proj.weight:D,D",
                 "h.%zu.attn.attention.k_proj.weight:D,D", "h.%zu.attn.attention.v_proj.weight:D,D",
                 "h.%zu.attn.attention.out_proj.weight:D,D", "h.%zu.attn.attention.out_proj.bias:D",
                 "h.%zu.mlp.c_fc.weight:F,D", "h.%zu.mlp.c_fc.bias:F",
                 "h.%zu.mlp.c_proj.weight:D,F", "h.%zu.mlp.c_proj.bias:D"}},
    {.architecture = "PhiForCausalLM",
     .members = {{"vocab_size", "10"},
                 {"hidden_size", "8"},
                 {"num_hidden_layers", "2"},
                 {"num_attention_heads", "2"},
                 {"num_key_value_heads", "1"},
                 {"intermediate_size", "32"},
                 {"max_position_embeddings", "20"},
                 {"layer_norm_eps", "1e-5"},
                 {"hidden_act", "\"gelu_new\""},
                 {"partial_rotary_factor", "1"},
                 {"rope_theta", "10000.0"},
                 {"rope_scaling", "null"}},
     .probes = {{"vocab_size", "11"},
                {"hidden_size", "16"},
                {"num_hidden_layers", "1"},
                {"num_attention_heads", "4"},
                {"num_key_value_heads", "2"},
                {"intermediate_size", "16"},
                {"max_position_embeddings", "21"},
                {"layer_norm_eps", "1e-6"},
                {"hidden_act", "\"relu\""},
                {"partial_rotary_factor", "0.5"},
                {"rope_theta", "500000"},
                {"rope_scaling", "{\"type\":\"linear\",\"factor\":2}"},
                {"rope_parameters", "{\"rope_type\":\"linear\",\"factor\":2}"},
                {"tie_word_embeddings", "true"},
                ORIGINAL_LENGTH},
     .tensors = {"model.embed_tokens.weight:V,D", "model.final_layernorm.weight:D",
                 "model.final_layernorm.bias:D", "lm_head.weight:V,D", "lm_head.bias:V",
                 "model.layers.%zu.input_layernorm.weight:D",
                 "model.layers.%zu.input_layernorm.bias:D",
                 "model.layers.%zu.self_attn.q_proj.weight:D,D",
                 "model.layers.%zu.self_attn.q_proj.bias:D",
                 "model.layers.%zu.self_attn.k_proj.weight:K,D",
                 "model.layers.%zu.self_attn.k_proj.bias:K",
                 "model.layers.%zu.self_attn.v_proj.weight:K,D",
                 "model.layers.%zu.self_attn.v_proj.bias:K",
                 "model.layers.%zu.self_attn.dense.weight:D,D",
                 "model.layers.%zu.self_attn.dense.bias:D", "model.layers.%zu.mlp.fc1.weight:F,D",
                 "model.layers.%zu.mlp.fc1.bias:F", "model.layers.%zu.mlp.fc2.weight:D,F",
                 "model.layers.%zu.mlp.fc2.bias:D"}},
    {.architecture = "Phi3ForCausalLM",
     .members = {{"vocab_size", "10"},
                 {"hidden_size", "8"},
                 {"num_hidden_layers", "2"},
                 {"num_attention_heads", "2"},
                 {"intermediate_size", "16"},
                 {"max_position_embeddings", "20"},
                 {"rms_norm_eps", "1e-5"},
                 {"hidden_act", "\"silu\""},
                 {"sliding_window", "5"},
                 {"original_max_position_embeddings", "10"},
                 {"rope_theta", "10000.0"},
                 {"rope_scaling",
                  "{\"type\":\"longrope\",\"long_factor\":[1,2],\"short_factor\":[1,1.5]}"}},
     .probes = {{"vocab_size", "11"},
                {"hidden_size", "16"},
                {"num_hidden_layers", "1"},
                {"num_attention_heads", "4"},
                {"num_key_value_heads", "1"},
                {"intermediate_size", "32"},
                {"max_position_embeddings", "21"},
                {"rms_norm_eps", "1e-6"},
                {"hidden_act", "\"gelu\""},
                {"sliding_window", "null"},
                {"partial_rotary_factor", "0.5"},
                {"original_max_position_embeddings", "5"},
                {"rope_theta", "500000"},
                {"rope_scaling", "null"},
                {"rope_parameters", "{\"rope_type\":\"linear\",\"factor\":2}"},
                {"tie_word_embeddings", "true"}},
     .tensors = {"model.embed_tokens.weight:V,D", "model.norm.weight:D", "lm_head.weight:V,D",
                 "model.layers.%zu.input_layernorm.weight:D",
                 "model.layers.%zu.post_attention_layernorm.weight:D",
                 "model.layers.%zu.self_attn.qkv_proj.weight:T,D",
                 "model.layers.%zu.self_attn.o_proj.weight:D,D",
                 "model.layers.%zu.mlp.gate_up_proj.weight:F,D",
                 "model.layers.%zu.mlp.down_proj.weight:D,H"}},
    {.architecture = "SmolLM3ForCausalLM",
     .members = {LLAMA_MEMBERS, {"no_rope_layer_interval", "2"}},
     .probes = {LLAMA_PROBES,
                {"attention_bias", "true"},
                {"mlp_bias", "true"},
                {"no_rope_layers", "[0,1]"},
                {"no_rope_layer_interval", "3"},
                ORIGINAL_LENGTH},
     .tensors = {LLAMA_TENSORS}},
    {.architecture = "XGLMForCausalLM",
     .members = {{"vocab_size", "10"},
                 {"d_model", "8"},
                 {"num_layers", "2"},
                 {"attention_heads", "2"},
                 {"ffn_dim", "32"},
                 {"max_position_embeddings", "20"},
                 {"activation_function", "\"gelu\""},
                 {"scale_embedding", "true"}},
     .probes = {{"vocab_size", "11"},
                {"d_model", "16"},
                {"hidden_size", "16"},
                {"num_layers", "1"},
                {"num_hidden_layers", "1"},
                {"attention_heads", "4"},
                {"num_attention_heads", "4"},
                {"ffn_dim", "16"},
                {"max_position_embeddings", "21"},
                {"activation_function", "\"relu\""},
                {"scale_embedding", "false"},
                {"tie_word_embeddings", "false"}},
     .tensors = {"model.embed_tokens.weight:V,D", "model.layer_norm.weight:D",
                 "model.layer_norm.bias:D", "model.layers.%zu.self_attn_layer_norm.weight:D",
                 "model.layers.%zu.self_attn_layer_norm.bias:D",
                 "model.layers.%zu.final_layer_norm.weight:D",
                 "model.layers.%zu.final_layer_norm.bias:D",
                 "model.layers.%zu.self_attn.q_proj.weight:D,D",
                 "model.layers.%zu.self_attn.q_proj.bias:D",
                 "model.layers.%zu.self_attn.k_proj.weight:D,D",
                 "model.layers.%zu.self_attn.k_proj.bias:D",
                 "model.layers.%zu.self_attn.v_proj.weight:D,D",
                 "model.layers.%zu.self_attn.v_proj.bias:D",
                 "model.layers.%zu.self_attn.out_proj.weight:D,D",
                 "model.layers.%zu.self_attn.out_proj.bias:D", "model.layers.%zu.fc1.weight:F,D",
                 "model.layers.%zu.fc1.bias:F", "model.layers.%zu.fc2.weight:D,F",
                 "model.layers.%zu.fc2.bias:D"}},
    {.architecture = "GemmaForCausalLM",
     .members = {GEMMA_MEMBERS, {"hidden_act", "\"gelu_pytorch_tanh\""}},
     .probes = {GEMMA_PROBES,
                {"hidden_act", "\"relu\""},
                {"hidden_activation", "\"gelu\""},
                ORIGINAL_LENGTH},
     .tensors = {GEMMA_TENSORS}},
    {.architecture = "Gemma2ForCausalLM",
     .members = {GEMMA_MEMBERS,
                 {"hidden_activation", "\"gelu_pytorch_tanh\""},
                 {"query_pre_attn_scalar", "5"},
                 {"sliding_window", "5"},
                 {"attn_logit_softcapping", "50.0"},
                 {"final_logit_softcapping", "30.0"}},
     .probes = {GEMMA_PROBES,
                {"hidden_activation", "\"gelu\""},
                {"query_pre_attn_scalar", "6"},
                {"sliding_window", "6"},
                {"layer_types", "[\"full_attention\",\"full_attention\"]"},
                {"attn_logit_softcapping", "null"},
                {"final_logit_softcapping", "20.0"},
                ORIGINAL_LENGTH},
     .tensors = {GEMMA_TENSORS, "model.layers.%zu.pre_feedforward_layernorm.weight:D",
                 "model.layers.%zu.post_feedforward_layernorm.weight:D"}},
    {.architecture = "Gemma3ForCausalLM",
     .members = {{"vocab_size", "10"},
                 {"hidden_size", "8"},
                 {"num_hidden_layers", "2"},
                 {"num_attention_heads", "2"},
                 {"num_key_value_heads", "1"},
                 {"head_dim", "4"},
                 {"intermediate_size", "32"},
                 {"max_position_embeddings", "20"},
                 {"rms_norm_eps", "1e-6"},
                 {"hidden_activation", "\"gelu_pytorch_tanh\""},
                 {"query_pre_attn_scalar", "5"},
                 {"sliding_window", "5"},
                 {"sliding_window_pattern", "2"},
                 {"rope_theta", "1000000"},
                 {"rope_local_base_freq", "10000"},
                 {"rope_scaling", "{\"rope_type\":\"linear\",\"factor\":8}"}},
     .probes = {{"vocab_size", "11"},
                {"hidden_size", "16"},
                {"num_hidden_layers", "1"},
                {"num_attention_heads", "4"},
                {"num_key_value_heads", "2"},
                {"head_dim", "8"},
                {"intermediate_size", "16"},
                {"max_position_embeddings", "21"},
                {"rms_norm_eps", "1e-5"},
                {"hidden_activation", "\"gelu\""},
                {"attention_bias", "true"},
                {"query_pre_attn_scalar", "6"},
                {"sliding_window", "6"},
                {"sliding_window_pattern", "1"},
                {"_sliding_window_pattern", "3"},
                {"layer_types", "[\"full_attention\",\"full_attention\"]"},
                {"rope_theta", "500000"},
                {"rope_local_base_freq", "20000"},
                {"rope_scaling", "null"},
                {"rope_parameters", "{}"},
                {"tie_word_embeddings", "false"},
                ORIGINAL_LENGTH},
     .tensors = {"model.embed_tokens.weight:V,D", "model.norm.weight:D",
                 "model.layers.%zu.input_layernorm.weight:D",
                 "model.layers.%zu.post_attention_layernorm.weight:D",
                 "model.layers.%zu.pre_feedforward_layernorm.weight:D",
                 "model.layers.%zu.post_feedforward_layernorm.weight:D",
                 "model.layers.%zu.self_attn.q_proj.weight:D,D",
                 "model.layers.%zu.self_attn.k_proj.weight:K,D",
                 "model.layers.%zu.self_attn.v_proj.weight:K,D",
                 "model.layers.%zu.self_attn.o_proj.weight:D,D",
                 "model.layers.%zu.self_attn.q_norm.weight:K",
                 "model.layers.%zu.self_attn.k_norm.weight:K",
                 "model.layers.%zu.mlp.gate_proj.weight:F,D",
                 "model.layers.%zu.mlp.up_proj.weight:F,D",
                 "model.layers.%zu.mlp.down_proj.weight:D,F"}},
    {.architecture = "Gemma3ForConditionalGeneration",
     .members = {{"text_config",
                  "{\"vocab_size\": 10, \"hidden_size\": 8, \"num_hidden_layers\": 2,\n"
                  "\"num_attention_heads\": 2, \"num_key_value_heads\": 1, \"head_dim\": 4,\n"
                  "\"intermediate_size\": 32, \"max_position_embeddings\": 20,\n"
                  "\"model_type\": \"gemma3_text\"}"},
                 {"vision_config", "{\"hidden_size\": 7}"}},
     .probes = {{"vocab_size", NULL},
                {"tie_word_embeddings", "false"},
                {"text_config", "{\"vocab_size\": 11}"}},
     .tensors = {"language_model.model.embed_tokens.weight:V,D",
                 "language_model.model.norm.weight:D",
                 "language_model.model.layers.%zu.input_layernorm.weight:D",
                 "language_model.model.layers.%zu.post_attention_layernorm.weight:D",
                 "language_model.model.layers.%zu.pre_feedforward_layernorm.weight:D",
                 "language_model.model.layers.%zu.post_feedforward_layernorm.weight:D",
                 "language_model.model.layers.%zu.self_attn.q_proj.weight:D,D",
                 "language_model.model.layers.%zu.self_attn.k_proj.weight:K,D",
                 "language_model.model.layers.%zu.self_attn.v_proj.weight:K,D",
                 "language_model.model.layers.%zu.self_attn.o_proj.weight:D,D",
                 "language_model.model.layers.%zu.self_attn.q_norm.weight:K",
                 "language_model.model.layers.%zu.self_attn.k_norm.weight:K",
                 "language_model.model.layers.%zu.mlp.gate_proj.weight:F,D",
                 "language_model.model.layers.%zu.mlp.up_proj.weight:F,D",
                 "language_model.model.layers.%zu.mlp.down_proj.weight:D,F"}},
    {.architecture = "T5ForConditionalGeneration",
     .members = {T5_MEMBERS},
     .probes = {T5_PROBES,
                {"is_gated_act", "3"},
                {"feed_forward_proj", "\"gelu\""},
                {"tie_word_embeddings", "false"}},
     .tensors = {T5_TENSORS, T5_PLAIN}},
    {.architecture = "T5WithLMHeadModel",
     .members = {T5_MEMBERS},
     .probes = {T5_PROBES,
                {"is_gated_act", "3"},
                {"feed_forward_proj", "\"gelu\""},
                {"tie_word_embeddings", "false"}},
     .tensors = {T5_TENSORS, T5_PLAIN}},
    {.architecture = "MT5ForConditionalGeneration",
     .members = {T5_MEMBERS},
     .probes = {T5_PROBES,
                {"is_gated_act", "3"},
                {"feed_forward_proj", "\"gated-silu\""},
                {"tie_word_embeddings", "true"}},
     .tensors = {T5_TENSORS, T5_OUT, "lm_head.weight:V,D",
                 "encoder.block.%zu.layer.1.DenseReluDense.wi_0.weight:F,D",
                 "encoder.block.%zu.layer.1.DenseReluDense.wi_1.weight:F,D",
                 "decoder.block.%zu.layer.2.DenseReluDense.wi_0.weight:F,D",
                 "decoder.block.%zu.layer.2.DenseReluDense.wi_1.weight:F,D"}},
    {.architecture = "SwitchTransformersForConditionalGeneration",
     .members = {T5_MEMBERS,
                 {"num_decoder_layers", "2"},
                 {"num_experts", "2"},
                 {"encoder_sparse_step", "2"},
                 {"decoder_sparse_step", "1"}},
     .probes = {T5_PROBES,
                {"feed_forward_proj", "\"gelu\""},
                {"tie_word_embeddings", "false"},
                {"num_experts", "3"},
                {"expert_capacity", "3"},
                {"num_sparse_encoder_layers", NULL}, /* where the step is absent */
                {"num_sparse_decoder_layers", NULL},
                {"encoder_sparse_step", "1"},
                {"decoder_sparse_step", "2"}},
     .tensors = {T5_TENSORS, "encoder.block.0.layer.1.mlp.wi.weight:F,D",
                 "encoder.block.0.layer.1.mlp.wo.weight:D,F",
                 SWITCH_TENSORS("encoder.block.1.layer.1.mlp."),
                 SWITCH_TENSORS("decoder.block.%zu.layer.2.mlp.")}},
    {.architecture = "FalconForCausalLM",
     .members = {{"vocab_size", "10"},
                 {"hidden_size", "8"},
                 {"num_hidden_layers", "2"},
                 {"num_attention_heads", "2"},
                 {"layer_norm_epsilon", "1e-5"},
                 {"alibi", "false"},
                 {"bias", "false"},
                 {"multi_query", "true"},
                 {"new_decoder_architecture", "false"},
                 {"parallel_attn", "true"}},
     .probes = {{"vocab_size", "11"},
                {"hidden_size", "16"},
                {"n_embed", "16"},
                {"num_hidden_layers", "1"},
                {"n_layer", "1"},
                {"num_attention_heads", "4"},
                {"n_head", "4"},
                {"num_kv_heads", NULL}, /* of grouped heads alone */
                {"n_head_kv", NULL},
                {"num_ln_in_parallel_attn", NULL},
                {"ffn_hidden_size", "16"},
                {"max_position_embeddings", "21"},
                {"layer_norm_epsilon", "1e-6"},
                {"activation", "\"relu\""},
                {"alibi", "true"},
                {"bias", "true"},
                {"multi_query", "false"},
                {"new_decoder_architecture", "true"},
                {"parallel_attn", "false"},
                {"rope_theta", "500000"},
                {"rope_scaling", "{\"type\":\"linear\",\"factor\":2}"},
                {"rope_parameters", "{\"rope_type\":\"linear\",\"factor\":2}"},
                {"tie_word_embeddings", "false"},
                ORIGINAL_LENGTH},
     .tensors = {"transformer.word_embeddings.weight:V,D", "transformer.ln_f.weight:D",
                 "transformer.ln_f.bias:D", "transformer.h.%zu.input_layernorm.weight:D",
                 "transformer.h.%zu.input_layernorm.bias:D",
                 "transformer.h.%zu.self_attention.query_key_value.weight:H,D",
                 "transformer.h.%zu.self_attention.dense.weight:D,D",
                 "transformer.h.%zu.mlp.dense_h_to_4h.weight:F,D",
                 "transformer.h.%zu.mlp.dense_4h_to_h.weight:D,F"}},
    {.architecture = "GraniteForCausalLM",
     .members = {LLAMA_MEMBERS,
                 {"embedding_multiplier", "12"},
                 {"residual_multiplier", "0.5"},
                 {"attention_multiplier", "0.25"},
                 {"logits_scaling", "8"}},
     .probes = {LLAMA_PROBES,
                {"attention_bias", "true"},
                {"mlp_bias", "true"},
                {"embedding_multiplier", "11"},
                {"residual_multiplier", "0.25"},
                {"attention_multiplier", "0.5"},
                {"logits_scaling", "4"},
                ORIGINAL_LENGTH},
     .tensors = {LLAMA_TENSORS}},
    {.architecture = "OlmoForCausalLM",
     .members = {{"vocab_size", "10"},
                 {"hidden_size", "8"},
                 {"num_hidden_layers", "2"},
                 {"num_attention_heads", "2"},
                 {"num_key_value_heads", "1"},
                 {"intermediate_size", "32"},
                 {"max_position_embeddings", "20"},
                 {"hidden_act", "\"silu\""},
                 {"rope_theta", "10000.0"},
                 {"rope_scaling", "null"},
                 {"clip_qkv", "1.5"}},
     .probes = {{"vocab_size", "11"},
                {"hidden_size", "16"},
                {"num_hidden_layers", "1"},
                {"num_attention_heads", "4"},
                {"num_key_value_heads", "2"},
                {"intermediate_size", "16"},
                {"max_position_embeddings", "21"},
                {"hidden_act", "\"gelu\""},
                {"rope_theta", "500000"},
                {"rope_scaling", "{\"type\":\"linear\",\"factor\":2}"},
                {"rope_parameters", "{\"rope_type\":\"linear\",\"factor\":2}"},
                {"tie_word_embeddings", "true"},
                ORIGINAL_LENGTH,
                {"attention_bias", "true"},
                {"clip_qkv", "null"}},
     .tensors = {"model.embed_tokens.weight:V,D", "lm_head.weight:V,D",
                 "model.layers.%zu.self_attn.q_proj.weight:D,D",
                 "model.layers.%zu.self_attn.k_proj.weight:K,D",
                 "model.layers.%zu.self_attn.v_proj.weight:K,D",
                 "model.layers.%zu.self_attn.o_proj.weight:D,D",
                 "model.layers.%zu.mlp.gate_proj.weight:F,D",
                 "model.layers.%zu.mlp.up_proj.weight:F,D",
                 "model.layers.%zu.mlp.down_proj.weight:D,F"}},
    {.architecture = "Olmo2ForCausalLM",
     .members = {{"vocab_size", "10"},
                 {"hidden_size", "8"},
                 {"num_hidden_layers", "2"},
                 {"num_attention_heads", "2"},
                 {"num_key_value_heads", "1"},
                 {"intermediate_size", "32"},
                 {"max_position_embeddings", "20"},
                 {"hidden_act", "\"silu\""},
                 {"rope_theta", "10000.0"},
                 {"rope_scaling", "null"},
                 {"rms_norm_eps", "1e-6"}},
     .probes = {{"vocab_size", "11"},
                {"hidden_size", "16"},
                {"num_hidden_layers", "1"},
                {"num_attention_heads", "4"},
                {"num_key_value_heads", "2"},
                {"intermediate_size", "16"},
                {"max_position_embeddings", "21"},
                {"hidden_act", "\"gelu\""},
                {"rope_theta", "500000"},
                {"rope_scaling", "{\"type\":\"linear\",\"factor\":2}"},
                {"rope_parameters", "{\"rope_type\":\"linear\",\"factor\":2}"},
                {"tie_word_embeddings", "true"},
                ORIGINAL_LENGTH,
                {"attention_bias", "true"},
                {"rms_norm_eps", "1e-5"}},
     .tensors = {"model.embed_tokens.weight:V,D", "lm_head.weight:V,D",
                 "model.layers.%zu.self_attn.q_proj.weight:D,D",
                 "model.layers.%zu.self_attn.k_proj.weight:K,D",
                 "model.layers.%zu.self_attn.v_proj.weight:K,D",
                 "model.layers.%zu.self_attn.o_proj.weight:D,D",
                 "model.layers.%zu.mlp.gate_proj.weight:F,D",
                 "model.layers.%zu.mlp.up_proj.weight:F,D",
                 "model.layers.%zu.mlp.down_proj.weight:D,F", "model.norm.weight:D",
                 "model.layers.%zu.post_attention_layernorm.weight:D",
                 "model.layers.%zu.post_feedforward_layernorm.weight:D",
                 "model.layers.%zu.self_attn.q_norm.weight:D",
                 "model.layers.%zu.self_attn.k_norm.weight:K"}},
    {.architecture = "MptForCausalLM",
     .members = {{"vocab_size", "10"},
                 {"d_model", "8"},
                 {"n_layers", "2"},
                 {"n_heads", "2"},
                 {"max_seq_len", "20"},
                 {"expansion_ratio", "4"},
                 {"no_bias", "true"},
                 {"norm_type", "\"low_precision_layernorm\""},
                 {"attn_config", "{\"alibi\":true,\"clip_qkv\":1.5,\"attn_impl\":\"torch\","
                                 "\"attn_pdrop\":0,\"prefix_lm\":false}"}},
     .probes = {{"vocab_size", "11"},
                {"d_model", "16"},
                {"hidden_size", "16"},
                {"n_layers", "1"},
                {"num_hidden_layers", "1"},
                {"n_heads", "4"},
                {"num_attention_heads", "4"},
                {"max_seq_len", "21"},
                {"expansion_ratio", "2"},
                {"layer_norm_epsilon", "1e-6"},
                {"attn_config", "{\"alibi\":true}"},
                {"tie_word_embeddings", "false"}},
     .tensors = {"transformer.wte.weight:V,D", "transformer.norm_f.weight:D",
                 "transformer.blocks.%zu.norm_1.weight:D", "transformer.blocks.%zu.norm_2.weight:D",
                 "transformer.blocks.%zu.attn.Wqkv.weight:T,D",
                 "transformer.blocks.%zu.attn.out_proj.weight:D,D",
                 "transformer.blocks.%zu.ffn.up_proj.weight:F,D",
                 "transformer.blocks.%zu.ffn.down_proj.weight:D,F"}},
    {.architecture = "StableLmForCausalLM",
     .members = {{"vocab_size", "10"},
                 {"hidden_size", "8"},
                 {"num_hidden_layers", "2"},
                 {"num_attention_heads", "2"},
                 {"num_key_value_heads", "1"},
                 {"intermediate_size", "32"},
                 {"max_position_embeddings", "20"},
                 {"hidden_act", "\"silu\""},
                 {"rope_theta", "10000.0"},
                 {"rope_scaling", "null"},
                 {"layer_norm_eps", "1e-5"},
                 {"partial_rotary_factor", "1"},
                 {"use_qkv_bias", "false"},
                 {"qk_layernorm", "true"},
                 {"use_parallel_residual", "false"}},
     .probes = {{"vocab_size", "11"},
                {"hidden_size", "16"},
                {"num_hidden_layers", "1"},
                {"num_attention_heads", "4"},
                {"num_key_value_heads", "2"},
                {"intermediate_size", "16"},
                {"max_position_embeddings", "21"},
                {"hidden_act", "\"gelu\""},
                {"rope_theta", "500000"},
                {"rope_scaling", "{\"type\":\"linear\",\"factor\":2}"},
                {"rope_parameters", "{\"rope_type\":\"linear\",\"factor\":2}"},
                {"tie_word_embeddings", "true"},
                ORIGINAL_LENGTH,
                {"layer_norm_eps", "1e-6"},
                {"norm_eps", "1e-6"},
                {"partial_rotary_factor", "0.5"},
                {"rope_pct", "0.5"},
                {"use_qkv_bias", "true"},
                {"qk_layernorm", "false"},
                {"use_parallel_residual", "true"}},
     .tensors = {"model.embed_tokens.weight:V,D", "lm_head.weight:V,D",
                 "model.layers.%zu.self_attn.q_proj.weight:D,D",
                 "model.layers.%zu.self_attn.k_proj.weight:K,D",
                 "model.layers.%zu.self_attn.v_proj.weight:K,D",
                 "model.layers.%zu.self_attn.o_proj.weight:D,D",
                 "model.layers.%zu.mlp.gate_proj.weight:F,D",
                 "model.layers.%zu.mlp.up_proj.weight:F,D",
                 "model.layers.%zu.mlp.down_proj.weight:D,F", "model.norm.weight:D",
                 "model.norm.bias:D", "model.layers.%zu.input_layernorm.weight:D",
                 "model.layers.%zu.input_layernorm.bias:D",
                 "model.layers.%zu.post_attention_layernorm.weight:D",
                 "model.layers.%zu.post_attention_layernorm.bias:D",
                 "model.layers.%zu.self_attn.q_layernorm.norms.0.weight:K",
                 "model.layers.%zu.self_attn.q_layernorm.norms.1.weight:K",
                 "model.layers.%zu.self_attn.k_layernorm.norms.0.weight:K"}},
    {.architecture = "MixtralForCausalLM",
     .members = {LLAMA_MEMBERS, {"num_local_experts", "2"}, {"num_experts_per_tok", "2"}},
     .probes = {LLAMA_PROBES,
                ORIGINAL_LENGTH,
                {"num_local_experts", "3"},
                {"num_experts_per_tok", "1"},
                {"sliding_window", "4"}},
     .tensors = {EXPERT_LAYER_TENSORS, "model.layers.%zu.block_sparse_moe.gate.weight:N,D",
                 EXPERT_TENSORS("model.layers.%zu.block_sparse_moe.experts.", "w1", "w3", "w2",
                                "F")}},
    {.architecture = "Qwen2MoeForCausalLM",
     .members = {QWEN_MOE_MEMBERS, {"shared_expert_intermediate_size", "22"}},
     .probes = {QWEN_MOE_PROBES, {"shared_expert_intermediate_size", "16"}, {"qkv_bias", "false"}},
     .tensors = {MOE_TENSORS("T"), "model.layers.%zu.self_attn.q_proj.bias:D",
                 "model.layers.%zu.self_attn.k_proj.bias:K",
                 "model.layers.%zu.self_attn.v_proj.bias:K",
                 "model.layers.%zu.mlp.shared_expert_gate.weight:O,D",
                 "model.layers.%zu.mlp.shared_expert.gate_proj.weight:Q,D",
                 "model.layers.%zu.mlp.shared_expert.up_proj.weight:Q,D",
                 "model.layers.%zu.mlp.shared_expert.down_proj.weight:D,Q"}},
    {.architecture = "Qwen3MoeForCausalLM",
     .members = {QWEN_MOE_MEMBERS},
     .probes = {QWEN_MOE_PROBES, {"attention_bias", "true"}},
     .tensors = {MOE_TENSORS("T"), "model.layers.%zu.self_attn.q_norm.weight:K",
                 "model.layers.%zu.self_attn.k_norm.weight:K"}},
    {.architecture = "OlmoeForCausalLM",
     .members = {LLAMA_MEMBERS, {"num_experts", "2"}, {"num_experts_per_tok", "2"}},
     .probes = {LLAMA_PROBES,
                ORIGINAL_LENGTH,
                {"num_experts", "3"},
                {"num_experts_per_tok", "1"},
                {"norm_topk_prob", "true"},
                {"clip_qkv", "0.5"},
                {"attention_bias", "true"}},
     .tensors = {MOE_TENSORS("F"), "model.layers.%zu.self_attn.q_norm.weight:D",
                 "model.layers.%zu.self_attn.k_norm.weight:K"}},
};

const size_t n_family_models = sizeof family_models / sizeof *family_models;

static size_t extent(char symbol) {
  static const struct {
    char symbol;
    size_t n;
  } extents[] = {{'V', 10}, {'D', 8}, {'F', 32}, {'T', 24}, {'P', 20},
                 {'Q', 22}, {'K', 4}, {'H', 16}, {'N', 2},  {'O', 1}};
  for (size_t i = 0; i < sizeof extents / sizeof *extents; i++)
    if (extents[i].symbol == symbol)
      return extents[i].n;
  abort();
}

static void add_tensor(tensor_writer *writer, const char *spec, size_t layer) {
  char name[128];
  const char *colon = strchr(spec, ':'), *place = strstr(spec, "%zu");
  if (place == NULL)
    snprintf(name, sizeof name, "%.*s", (int)(colon - spec), spec);
  else
    snprintf(name, sizeof name, "%.*s%zu%.*s", (int)(place - spec), spec, layer,
             (int)(colon - place - 3), place + 3);
  const size_t shape[3] = {extent(colon[1]), colon[2] == ',' ? extent(colon[3]) : 0, 0};
  tensor_writer_add(writer, name, BS_DTYPE_F32, shape, 0);
}

const char *make_family_weights(const family_model *model, const char *name) {
  const char *folder = make_folder(name);
  tensor_writer writer = {.seed = 11};
  for (size_t i = 0; i < FAMILY_TENSORS && model->tensors[i] != NULL; i++) {
    add_tensor(&writer, model->tensors[i], 0);
    if (strstr(model->tensors[i], "%zu") != NULL)
      add_tensor(&writer, model->tensors[i], 1);
  }
  tensor_writer_save(&writer, folder, "model.safetensors");
  return folder;
}

static const config_member *find(const config_member *members, size_t n, const char *key) {
  for (size_t i = 0; i < n && members[i].key != NULL; i++)
    if (strcmp(members[i].key, key) == 0)
      return &members[i];
  return NULL;
}

static void append(bs_text *text, const char *key, const char *value) {
  if (value != NULL)
    bs_text_printf(text, NULL, "%s\n  \"%s\": %s", text->n_bytes > 1 ? "," : "", key, value);
}

void write_family_config(const family_model *model, const char *folder,
                         const config_member *changes, size_t n) {
  bs_text text = {0}, names = {0}, type = {0};
  const bs_family *family = bs_family_find(model->architecture, NULL);
  bs_text_printf(&names, NULL, "[\"%s\"]", model->architecture);
  bs_text_printf(&type, NULL, "\"%s\"", family->model_type);
  bs_text_append(&text, "{", 1, NULL);
  if (find(changes, n, "architectures") == NULL)
    append(&text, "architectures", names.data);
  if (find(changes, n, "model_type") == NULL)
    append(&text, "model_type", type.data);
  for (size_t i = 0; i < FAMILY_MEMBERS && model->members[i].key != NULL; i++)
    if (find(changes, n, model->members[i].key) == NULL)
      append(&text, model->members[i].key, model->members[i].value);
  for (size_t i = 0; i < n; i++)
    append(&text, changes[i].key, changes[i].value);
  bs_text_append_string(&text, "\n}\n", NULL);
  write_file(folder, "config.json", text.data, text.n_bytes);
  bs_text_free(&text);
  bs_text_free(&names);
  bs_text_free(&type);
}
