/* GPT2LMHeadModel (GPT-2, Cerebras-GPT): learned positions, weights stored [in][out], names with or
   without "transformer.". */
#include "checkpoint/keys_internal.h"

static const char *const ignored[] = {".attn.bias", ".attn.masked_bias", NULL};

/* Each with transformers' other names for it and the older n_ctx. */
static const char *const width[] = {"n_embd", "hidden_size", NULL};
static const char *const layers[] = {"n_layer", "num_hidden_layers", NULL};
static const char *const heads[] = {"n_head", "num_attention_heads", NULL};
static const char *const positions[] = {"n_positions", "max_position_embeddings", "n_ctx", NULL};

static const char *const obeyed[] = {"n_embd",
                                     "hidden_size",
                                     "n_layer",
                                     "num_hidden_layers",
                                     "n_head",
                                     "num_attention_heads",
                                     "n_positions",
                                     "max_position_embeddings",
                                     "n_ctx",
                                     "n_inner",
                                     "layer_norm_epsilon",
                                     "activation_function",
                                     "scale_attn_weights",
                                     "scale_attn_by_inverse_layer_idx",
                                     NULL};
static const char *const harmless[] = {"reorder_and_upcast_attn", NULL};
static const bs_key_rule refused[] = {
    {"position_embedding_type", {"absolute", "learned"}, .why = "positions are learned"},
    {0},
};

static const bs_place places[] = {{BS_SLOT_EMBEDDING, "wte"},
                                  {BS_SLOT_POSITIONS, "wpe"},
                                  {BS_SLOT_ATTENTION_NORM, "ln_1"},
                                  {BS_SLOT_QKV, "attn.c_attn"},
                                  {BS_SLOT_ATTENTION_OUT, "attn.c_proj"},
                                  {BS_SLOT_MLP_NORM, "ln_2"},
                                  {BS_SLOT_MLP_IN, "mlp.c_fc"},
                                  {BS_SLOT_MLP_OUT, "mlp.c_proj"},
                                  {BS_SLOT_FINAL_NORM, "ln_f"},
                                  {BS_SLOT_HEAD, "lm_head"},
                                  {BS_SLOT_NONE, NULL}};

static void read_sizes(bs_reader *reader, bs_blueprint *blueprint) {
  blueprint->d_model = bs_model_config_size_of(reader, width);
  blueprint->n_layers = bs_model_config_size_of(reader, layers);
  blueprint->n_heads = bs_model_config_size_of(reader, heads);
  blueprint->d_ff = bs_model_config_size(reader, "n_inner", 4 * blueprint->d_model);
  blueprint->vocab_size = bs_model_config_size(reader, "vocab_size", 0);
  blueprint->max_positions = bs_model_config_size_of(reader, positions);
  bs_model_config_heads(reader, blueprint, "n_head", "n_embd");
  blueprint->norm_kind = BS_NORM_LAYER;
  blueprint->norm_epsilon = bs_model_config_positive(reader, "layer_norm_epsilon", 1e-5);
  blueprint->activation = bs_model_config_activation(reader, "activation_function", "gelu_new");
  blueprint->position = BS_POSITION_LEARNED;
  bs_reader_layers(reader, blueprint);
  bool scaled = bs_model_config_bool(reader, "scale_attn_weights", true);
  bool by_layer = bs_model_config_bool(reader, "scale_attn_by_inverse_layer_idx", false);
  for (size_t i = 0; reader->status == BS_OK && i < blueprint->n_layers; i++) {
    bs_layer_blueprint *layer = &blueprint->layers[i];
    if (!scaled)
      layer->score_scale = 1;
    if (by_layer)
      layer->score_scale /= (double)(i + 1);
  }
}

static void describe(bs_reader *reader, bs_blueprint *blueprint) {
  read_sizes(reader, blueprint);
  bs_reader_heads(blueprint, false);
  bs_bind(
      reader, blueprint,
      &(bs_naming){.prefix = bs_reader_has(reader, "transformer.wte.weight") ? "transformer." : "",
                   .layers = "h",
                   .places = places,
                   .transposed = true,
                   .biased = BS_SLOTS_OF_LAYERS_AND_NORMS,
                   .tied = bs_model_config_bool(reader, "tie_word_embeddings", true)});
}

const bs_family bs_family_gpt2 = {
    .architecture = "GPT2LMHeadModel",
    .model_type = "gpt2",
    .describe = describe,
    .ignored = ignored,
    .obeyed = obeyed,
    .harmless = harmless,
    .refused = refused,
};
