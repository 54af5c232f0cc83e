/* PhiForCausalLM (Phi-1, 1.5, 2): one norm feeds attention and feed-forward side by side, partly
   rotated heads, biases everywhere, the output head's included. */
#include "checkpoint/keys_internal.h"

static const char *const ignored[] = {".rotary_emb.inv_freq", NULL};
static const char *const obeyed[] = {"hidden_size",
                                     "num_hidden_layers",
                                     "num_attention_heads",
                                     "num_key_value_heads",
                                     "intermediate_size",
                                     "max_position_embeddings",
                                     "layer_norm_eps",
                                     "hidden_act",
                                     "partial_rotary_factor",
                                     BS_ROTARY_KEYS,
                                     NULL};
static const char *const harmless[] = {NULL};

/* The code that came with the published files, which transformers' class was made from. */
static bool is_published_code(const bs_reader *reader, const cJSON *value) {
  static const char *const modules[] = {"configuration_phi", "modeling_phi", NULL};
  (void)reader;
  return bs_key_names_modules(value, modules);
}

static const bs_key_rule refused[] = {
    {"auto_map", .is_neutral = is_published_code,
     .why = "the model brings Python code of its own beside Phi's, which is not run"},
    {"position_embedding_type", {"rope", "rotary"}, .why = "positions are rotary"},
    {0},
};

static const bs_place places[] = {{BS_SLOT_EMBEDDING, "embed_tokens"},
                                  {BS_SLOT_ATTENTION_NORM, "input_layernorm"},
                                  {BS_SLOT_QKV, "self_attn.q_proj"},
                                  {BS_SLOT_QKV, "self_attn.k_proj"},
                                  {BS_SLOT_QKV, "self_attn.v_proj"},
                                  {BS_SLOT_ATTENTION_OUT, "self_attn.dense"},
                                  {BS_SLOT_MLP_IN, "mlp.fc1"},
                                  {BS_SLOT_MLP_OUT, "mlp.fc2"},
                                  {BS_SLOT_FINAL_NORM, "final_layernorm"},
                                  {BS_SLOT_HEAD, "lm_head"},
                                  {BS_SLOT_NONE, NULL}};

static void read_sizes(bs_reader *reader, bs_blueprint *blueprint) {
  blueprint->d_model = bs_model_config_size(reader, "hidden_size", 0);
  blueprint->n_layers = bs_model_config_size(reader, "num_hidden_layers", 0);
  blueprint->n_heads = bs_model_config_size(reader, "num_attention_heads", 0);
  blueprint->d_ff = bs_model_config_size(reader, "intermediate_size", 0);
  blueprint->vocab_size = bs_model_config_size(reader, "vocab_size", 0);
  blueprint->max_positions = bs_model_config_size(reader, "max_position_embeddings", 0);
  bs_model_config_heads(reader, blueprint, "num_attention_heads", "hidden_size");
  bs_model_config_kv_heads(reader, blueprint, 0);
  blueprint->norm_kind = BS_NORM_LAYER;
  blueprint->norm_epsilon = bs_model_config_positive(reader, "layer_norm_eps", 1e-5);
  blueprint->activation = bs_model_config_activation(reader, "hidden_act", "gelu_new");
  bs_model_config_rotary(
      reader, blueprint, 0,
      &(bs_rotary_source){.old_fraction = "partial_rotary_factor", .default_fraction = 0.5});
  bs_reader_layers(reader, blueprint);
  bs_reader_one_norm(reader, blueprint);
}

static void describe(bs_reader *reader, bs_blueprint *blueprint) {
  read_sizes(reader, blueprint);
  bs_reader_heads(blueprint, false);
  bs_bind(reader, blueprint,
          &(bs_naming){.prefix = "model.",
                       .layers = "layers",
                       .places = places,
                       .biased = ~UINT32_C(0),
                       .tied = bs_model_config_bool(reader, "tie_word_embeddings", false)});
}

const bs_family bs_family_phi = {
    .architecture = "PhiForCausalLM",
    .model_type = "phi",
    .describe = describe,
    .ignored = ignored,
    .obeyed = obeyed,
    .harmless = harmless,
    .refused = refused,
};
