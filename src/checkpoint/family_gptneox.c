/* GPTNeoXForCausalLM (GPT-NeoX-20B, Pythia): attention and feed-forward side by side on one
   residual stream or one after the other, partly rotated heads, q, k and v interleaved head by
   head. */
#include "checkpoint/keys_internal.h"

static const char *const ignored[] = {".attention.bias", ".attention.masked_bias",
                                      ".attention.rotary_emb.inv_freq", "rotary_emb.inv_freq",
                                      NULL};
static const char *const obeyed[] = {"hidden_size",
                                     "num_hidden_layers",
                                     "num_attention_heads",
                                     "intermediate_size",
                                     "max_position_embeddings",
                                     "layer_norm_eps",
                                     "hidden_act",
                                     "use_parallel_residual",
                                     "attention_bias",
                                     "rotary_emb_base",
                                     "rotary_pct",
                                     "partial_rotary_factor",
                                     BS_ROTARY_KEYS,
                                     NULL};
static const char *const harmless[] = {NULL};
static const bs_key_rule refused[] = {
    {"position_embedding_type", {"rope", "rotary"}, .why = "positions are rotary"},
    {0},
};

static const bs_place places[] = {{BS_SLOT_EMBEDDING, "embed_in"},
                                  {BS_SLOT_ATTENTION_NORM, "input_layernorm"},
                                  {BS_SLOT_MLP_NORM, "post_attention_layernorm"},
                                  {BS_SLOT_QKV, "attention.query_key_value"},
                                  {BS_SLOT_ATTENTION_OUT, "attention.dense"},
                                  {BS_SLOT_MLP_IN, "mlp.dense_h_to_4h"},
                                  {BS_SLOT_MLP_OUT, "mlp.dense_4h_to_h"},
                                  {BS_SLOT_FINAL_NORM, "final_layer_norm"},
                                  {BS_SLOT_HEAD, "embed_out"},
                                  {BS_SLOT_NONE, NULL}};

static void read_sizes(bs_reader *reader, bs_blueprint *blueprint) {
  blueprint->d_model = bs_model_config_size(reader, "hidden_size", 0);
  blueprint->n_layers = bs_model_config_size(reader, "num_hidden_layers", 0);
  blueprint->n_heads = bs_model_config_size(reader, "num_attention_heads", 0);
  blueprint->d_ff = bs_model_config_size(reader, "intermediate_size", 0);
  blueprint->vocab_size = bs_model_config_size(reader, "vocab_size", 0);
  blueprint->max_positions = bs_model_config_size(reader, "max_position_embeddings", 0);
  bs_model_config_heads(reader, blueprint, "num_attention_heads", "hidden_size");
  blueprint->norm_kind = BS_NORM_LAYER;
  blueprint->norm_epsilon = bs_model_config_positive(reader, "layer_norm_eps", 1e-5);
  blueprint->activation = bs_model_config_activation(reader, "hidden_act", "gelu");
  bool is_parallel = bs_model_config_bool(reader, "use_parallel_residual", true);
  bs_model_config_rotary(reader, blueprint, 0,
                         &(bs_rotary_source){.old_theta = "rotary_emb_base",
                                             .old_fraction = "rotary_pct",
                                             .default_fraction = 0.25});
  bs_reader_layers(reader, blueprint);
  for (size_t i = 0; reader->status == BS_OK && i < blueprint->n_layers; i++)
    blueprint->layers[i].steps[1].beside = is_parallel;
}

static void describe(bs_reader *reader, bs_blueprint *blueprint) {
  const uint32_t attention = BS_SLOT_BIT(BS_SLOT_QKV) | BS_SLOT_BIT(BS_SLOT_ATTENTION_OUT);
  read_sizes(reader, blueprint);
  bs_reader_heads(blueprint, true);
  bool attention_bias = bs_model_config_bool(reader, "attention_bias", true);
  bs_bind(reader, blueprint,
          &(bs_naming){.prefix = "gpt_neox.",
                       .layers = "layers",
                       .places = places,
                       .biased = BS_SLOTS_OF_LAYERS_AND_NORMS & ~(attention_bias ? 0 : attention),
                       .tied = bs_model_config_bool(reader, "tie_word_embeddings", false)});
}

const bs_family bs_family_gptneox = {
    .architecture = "GPTNeoXForCausalLM",
    .model_type = "gpt_neox",
    .describe = describe,
    .ignored = ignored,
    .obeyed = obeyed,
    .harmless = harmless,
    .refused = refused,
};
