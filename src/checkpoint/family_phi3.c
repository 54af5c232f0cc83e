/* Phi3ForCausalLM (Phi-3, 3.5, 4-mini): Llama's block with q, k and v in one matrix and both halves
   of the gated layer in another, a window in every layer or none, longrope. */
#include <stddef.h>

#include "checkpoint/family_llama_internal.h"

enum { DEFAULT_ORIGINAL = 4096 };

static const char *const ignored[] = {".rotary_emb.inv_freq", NULL};
static const char *const obeyed[] = {
    "hidden_size",       "num_hidden_layers",       "num_attention_heads", "num_key_value_heads",
    "intermediate_size", "max_position_embeddings", "rms_norm_eps",        "hidden_act",
    "sliding_window",    "partial_rotary_factor",   BS_ROTARY_KEYS,        NULL};

/* The published files name the code that came with them first, which transformers' own class was
   made from. */
static bool is_published_code(const bs_reader *reader, const cJSON *value) {
  static const char *const modules[] = {"configuration_phi3", "modeling_phi3", NULL};
  (void)reader;
  return bs_key_names_modules(value, modules);
}

static const bs_key_rule refused[] = {
    {"position_embedding_type", {"rope", "rotary"}, .why = "positions are rotary"},
    {"auto_map", .is_neutral = is_published_code,
     .why = "the model brings Python code of its own beside Phi-3's, which is not run"},
    {"lm_head_bias", {"false"}, .why = "the output head has no bias"},
    {"full_attn_mod", {"1"}, .why = "every layer has the same kind of attention"},
    {"interpolate_factor", {"1"}, .why = "it stretches the positions"},
    {0},
};

static const bs_place places[] = {{BS_SLOT_EMBEDDING, "embed_tokens"},
                                  {BS_SLOT_ATTENTION_NORM, "input_layernorm"},
                                  {BS_SLOT_QKV, "self_attn.qkv_proj"},
                                  {BS_SLOT_ATTENTION_OUT, "self_attn.o_proj"},
                                  {BS_SLOT_MLP_NORM, "post_attention_layernorm"},
                                  {BS_SLOT_MLP_IN, "mlp.gate_up_proj"},
                                  {BS_SLOT_MLP_OUT, "mlp.down_proj"},
                                  {BS_SLOT_FINAL_NORM, "norm"},
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
  blueprint->norm_kind = BS_NORM_RMS;
  blueprint->norm_epsilon = bs_model_config_positive(reader, "rms_norm_eps", 1e-5);
  blueprint->activation = bs_model_config_activation(reader, "hidden_act", "silu");
  blueprint->gated = true;
  bs_model_config_rotary(
      reader, blueprint, 0,
      &(bs_rotary_source){.default_fraction = 1, .default_original = DEFAULT_ORIGINAL});
  bs_reader_layers(reader, blueprint);
  size_t window = bs_model_config_has(reader, "sliding_window")
                      ? bs_model_config_size(reader, "sliding_window", 0)
                      : 0;
  for (size_t i = 0; reader->status == BS_OK && i < blueprint->n_layers; i++)
    blueprint->layers[i].window = window;
}

static void describe(bs_reader *reader, bs_blueprint *blueprint) {
  read_sizes(reader, blueprint);
  bs_reader_heads(blueprint, false);
  bs_bind(reader, blueprint,
          &(bs_naming){.prefix = "model.",
                       .layers = "layers",
                       .places = places,
                       .tied = bs_model_config_bool(reader, "tie_word_embeddings", false)});
}

const bs_family bs_family_phi3 = {
    .architecture = "Phi3ForCausalLM",
    .model_type = "phi3",
    .describe = describe,
    .ignored = ignored,
    .obeyed = obeyed,
    .harmless = bs_llama_harmless,
    .refused = refused,
};
