/* LlamaForCausalLM and its relatives with the same block: RMS norms before attention and a gated
   feed-forward layer, rotary positions, grouped queries. */
#include "checkpoint/family_llama_internal.h"

#include <stddef.h>

static const char *const ignored[] = {".rotary_emb.inv_freq", NULL};
static const char *const obeyed[] = {BS_LLAMA_KEYS, "attention_bias", "mlp_bias", NULL};

static const bs_place places[] = {{BS_SLOT_EMBEDDING, "embed_tokens"},
                                  {BS_SLOT_ATTENTION_NORM, "input_layernorm"},
                                  {BS_SLOT_QKV, "self_attn.q_proj"},
                                  {BS_SLOT_QKV, "self_attn.k_proj"},
                                  {BS_SLOT_QKV, "self_attn.v_proj"},
                                  {BS_SLOT_Q_NORM, "self_attn.q_norm"},
                                  {BS_SLOT_K_NORM, "self_attn.k_norm"},
                                  {BS_SLOT_ATTENTION_OUT, "self_attn.o_proj"},
                                  {BS_SLOT_MLP_NORM, "post_attention_layernorm"},
                                  {BS_SLOT_MLP_IN, "mlp.gate_proj"},
                                  {BS_SLOT_MLP_IN, "mlp.up_proj"},
                                  {BS_SLOT_MLP_OUT, "mlp.down_proj"},
                                  {BS_SLOT_FINAL_NORM, "norm"},
                                  {BS_SLOT_HEAD, "lm_head"},
                                  {BS_SLOT_NONE, NULL}};

const char *const bs_llama_harmless[] = {NULL};

const bs_key_rule bs_llama_refused[] = {BS_LLAMA_RULES, {0}};

void bs_llama_sizes(bs_reader *reader, bs_blueprint *blueprint, const bs_llama_defaults *defaults) {
  blueprint->d_model = bs_model_config_size(reader, "hidden_size", 0);
  blueprint->n_layers = bs_model_config_size(reader, "num_hidden_layers", 0);
  blueprint->n_heads = bs_model_config_size(reader, "num_attention_heads", 0);
  blueprint->d_ff = bs_model_config_size(reader, "intermediate_size", 0);
  blueprint->vocab_size = bs_model_config_size(reader, "vocab_size", 0);
  blueprint->max_positions = bs_model_config_size(reader, "max_position_embeddings", 0);
  if (!bs_model_config_has(reader, "head_dim") && blueprint->d_model % blueprint->n_heads != 0)
    bs_reader_fail(reader, BS_ERR_INPUT, "num_attention_heads",
                   "%zu heads do not divide hidden_size %zu", blueprint->n_heads,
                   blueprint->d_model);
  blueprint->head_dim = bs_model_config_has(reader, "head_dim")
                            ? bs_model_config_size(reader, "head_dim", 0)
                            : blueprint->d_model / blueprint->n_heads;
  bs_model_config_kv_heads(reader, blueprint, defaults->kv_heads);
  blueprint->norm_kind = BS_NORM_RMS;
  blueprint->norm_epsilon = bs_model_config_positive(
      reader, "rms_norm_eps", defaults->epsilon > 0 ? defaults->epsilon : 1e-6);
  blueprint->activation = bs_model_config_activation(reader, "hidden_act", "silu");
  blueprint->gated = true;
  bs_model_config_rotary(
      reader, blueprint, 0,
      &(bs_rotary_source){.default_theta = defaults->theta, .default_fraction = 1});
  if (reader->status == BS_OK && 2 * blueprint->n_angles != blueprint->head_dim)
    bs_reader_fail(reader, BS_ERR_UNSUPPORTED, "partial_rotary_factor", "%s rotates whole heads",
                   reader->family->architecture);
  bs_reader_layers(reader, blueprint);
}

void bs_llama_bind(bs_reader *reader, bs_blueprint *blueprint, const bs_llama_variant *variant) {
  const uint32_t mlp = BS_SLOT_BIT(BS_SLOT_MLP_IN) | BS_SLOT_BIT(BS_SLOT_MLP_OUT);
  const uint32_t head_norms = BS_SLOT_BIT(BS_SLOT_Q_NORM) | BS_SLOT_BIT(BS_SLOT_K_NORM);
  bs_reader_heads(blueprint, false);
  bs_bind(reader, blueprint,
          &(bs_naming){.prefix = "model.",
                       .layers = "layers",
                       .places = places,
                       .biased = (variant->qkv_bias ? BS_SLOT_BIT(BS_SLOT_QKV) : 0) |
                                 (variant->out_bias ? BS_SLOT_BIT(BS_SLOT_ATTENTION_OUT) : 0) |
                                 (variant->mlp_bias ? mlp : 0),
                       .absent = variant->head_norms ? 0 : head_norms,
                       .tied = bs_model_config_bool(reader, "tie_word_embeddings", variant->tied)});
}

static void describe(bs_reader *reader, bs_blueprint *blueprint) {
  bs_llama_sizes(reader, blueprint, &(bs_llama_defaults){0});
  bool attention_bias = bs_model_config_bool(reader, "attention_bias", false);
  bs_llama_bind(reader, blueprint,
                &(bs_llama_variant){.qkv_bias = attention_bias,
                                    .out_bias = attention_bias,
                                    .mlp_bias = bs_model_config_bool(reader, "mlp_bias", false)});
}

const bs_family bs_family_llama = {
    .architecture = "LlamaForCausalLM",
    .model_type = "llama",
    .describe = describe,
    .ignored = ignored,
    .obeyed = obeyed,
    .harmless = bs_llama_harmless,
    .refused = bs_llama_refused,
};
