/* StableLmForCausalLM and the older StableLMEpochForCausalLM: LayerNorms in Llama's block, partly
   rotated heads; the 12b model has norms of each head's own and its parts side by side. */
#include "checkpoint/keys_internal.h"

enum { DEFAULT_KV_HEADS = 32 }; /* transformers' */

static const char *const ignored[] = {".rotary_emb.inv_freq", NULL};
static const char *const older_types[] = {"stablelm_epoch", NULL};
static const char *const obeyed[] = {"hidden_size",
                                     "num_hidden_layers",
                                     "num_attention_heads",
                                     "num_key_value_heads",
                                     "intermediate_size",
                                     "max_position_embeddings",
                                     "layer_norm_eps",
                                     "norm_eps",
                                     "hidden_act",
                                     "use_qkv_bias",
                                     "qk_layernorm",
                                     "use_parallel_residual",
                                     "partial_rotary_factor",
                                     "rope_pct",
                                     BS_ROTARY_KEYS,
                                     NULL};
static const char *const harmless[] = {NULL};

/* The code that came with the published files, which transformers' class was made from. */
static bool is_published_code(const bs_reader *reader, const cJSON *value) {
  static const char *const modules[] = {"configuration_stablelm_epoch", "modeling_stablelm_epoch",
                                        "configuration_stablelm", "modeling_stablelm", NULL};
  (void)reader;
  return bs_key_names_modules(value, modules);
}

static const bs_key_rule refused[] = {
    {"position_embedding_type", {"rope", "rotary"}, .why = "positions are rotary"},
    {"rotary_scaling_factor", {"1"}, .why = "it stretches the positions"},
    {"auto_map", .is_neutral = is_published_code,
     .why = "the model brings Python code of its own beside StableLM's, which is not run"},
    {0},
};

static const bs_place places[] = {{BS_SLOT_EMBEDDING, "embed_tokens"},
                                  {BS_SLOT_ATTENTION_NORM, "input_layernorm"},
                                  {BS_SLOT_QKV, "self_attn.q_proj"},
                                  {BS_SLOT_QKV, "self_attn.k_proj"},
                                  {BS_SLOT_QKV, "self_attn.v_proj"},
                                  {BS_SLOT_Q_NORM, "self_attn.q_layernorm.norms.*"},
                                  {BS_SLOT_K_NORM, "self_attn.k_layernorm.norms.*"},
                                  {BS_SLOT_ATTENTION_OUT, "self_attn.o_proj"},
                                  {BS_SLOT_MLP_NORM, "post_attention_layernorm"},
                                  {BS_SLOT_MLP_IN, "mlp.gate_proj"},
                                  {BS_SLOT_MLP_IN, "mlp.up_proj"},
                                  {BS_SLOT_MLP_OUT, "mlp.down_proj"},
                                  {BS_SLOT_FINAL_NORM, "norm"},
                                  {BS_SLOT_HEAD, "lm_head"},
                                  {BS_SLOT_NONE, NULL}};

static void read_sizes(bs_reader *reader, bs_blueprint *blueprint) {
  const char *epsilon = bs_model_config_has(reader, "norm_eps") ? "norm_eps" : "layer_norm_eps";
  blueprint->d_model = bs_model_config_size(reader, "hidden_size", 0);
  blueprint->n_layers = bs_model_config_size(reader, "num_hidden_layers", 0);
  blueprint->n_heads = bs_model_config_size(reader, "num_attention_heads", 0);
  blueprint->d_ff = bs_model_config_size(reader, "intermediate_size", 0);
  blueprint->vocab_size = bs_model_config_size(reader, "vocab_size", 0);
  blueprint->max_positions = bs_model_config_size(reader, "max_position_embeddings", 0);
  bs_model_config_heads(reader, blueprint, "num_attention_heads", "hidden_size");
  bs_model_config_kv_heads(reader, blueprint, DEFAULT_KV_HEADS);
  blueprint->norm_kind = BS_NORM_LAYER;
  blueprint->norm_epsilon = bs_model_config_positive(reader, epsilon, 1e-5);
  blueprint->activation = bs_model_config_activation(reader, "hidden_act", "silu");
  blueprint->gated = true;
  bs_model_config_rotary(reader, blueprint, 0,
                         &(bs_rotary_source){.old_fraction = "rope_pct", .default_fraction = 0.25});
  bs_reader_layers(reader, blueprint);
}

static void describe(bs_reader *reader, bs_blueprint *blueprint) {
  const uint32_t norms = BS_SLOT_BIT(BS_SLOT_ATTENTION_NORM) | BS_SLOT_BIT(BS_SLOT_MLP_NORM) |
                         BS_SLOT_BIT(BS_SLOT_FINAL_NORM);
  const uint32_t head_norms = BS_SLOT_BIT(BS_SLOT_Q_NORM) | BS_SLOT_BIT(BS_SLOT_K_NORM);
  read_sizes(reader, blueprint);
  bs_reader_heads(blueprint, false);
  bool has_bias = bs_model_config_bool(reader, "use_qkv_bias", false);
  bool has_head_norms = bs_model_config_bool(reader, "qk_layernorm", false);
  bool is_parallel = bs_model_config_bool(reader, "use_parallel_residual", false);
  if (has_head_norms)
    blueprint->head_norms = BS_HEAD_NORMS_OWN;
  if (is_parallel)
    bs_reader_one_norm(reader, blueprint);
  bs_bind(reader, blueprint,
          &(bs_naming){.prefix = "model.",
                       .layers = "layers",
                       .places = places,
                       .biased = norms | (has_bias ? BS_SLOT_BIT(BS_SLOT_QKV) : 0),
                       .absent = (has_head_norms ? 0 : head_norms) |
                                 (is_parallel ? BS_SLOT_BIT(BS_SLOT_MLP_NORM) : 0),
                       .tied = bs_model_config_bool(reader, "tie_word_embeddings", false)});
}

const bs_family bs_family_stablelm = {
    .architecture = "StableLmForCausalLM",
    .model_type = "stablelm",
    .older_architecture = "StableLMEpochForCausalLM",
    .older_types = older_types,
    .describe = describe,
    .ignored = ignored,
    .obeyed = obeyed,
    .harmless = harmless,
    .refused = refused,
};
