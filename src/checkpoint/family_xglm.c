/* XGLMForCausalLM: sinusoidal positions that no tensor holds, embeddings times the root of the
   width, norms before each part, biases everywhere but on the head. */
#include <math.h>

#include "checkpoint/keys_internal.h"

enum { POSITION_OFFSET = 2 };

static const char *const ignored[] = {".embed_positions.weights", NULL};

/* Each with transformers' other name for it. */
static const char *const width[] = {"d_model", "hidden_size", NULL};
static const char *const layers[] = {"num_layers", "num_hidden_layers", NULL};
static const char *const heads[] = {"attention_heads", "num_attention_heads", NULL};

static const char *const obeyed[] = {"d_model",
                                     "hidden_size",
                                     "num_layers",
                                     "num_hidden_layers",
                                     "attention_heads",
                                     "num_attention_heads",
                                     "ffn_dim",
                                     "max_position_embeddings",
                                     "activation_function",
                                     "scale_embedding",
                                     NULL};
static const char *const harmless[] = {NULL};
static const bs_key_rule refused[] = {
    {"position_embedding_type", {"sinusoidal"}, .why = "positions are sinusoidal"},
    {0},
};

static const bs_place places[] = {{BS_SLOT_EMBEDDING, "embed_tokens"},
                                  {BS_SLOT_ATTENTION_NORM, "self_attn_layer_norm"},
                                  {BS_SLOT_QKV, "self_attn.q_proj"},
                                  {BS_SLOT_QKV, "self_attn.k_proj"},
                                  {BS_SLOT_QKV, "self_attn.v_proj"},
                                  {BS_SLOT_ATTENTION_OUT, "self_attn.out_proj"},
                                  {BS_SLOT_MLP_NORM, "final_layer_norm"},
                                  {BS_SLOT_MLP_IN, "fc1"},
                                  {BS_SLOT_MLP_OUT, "fc2"},
                                  {BS_SLOT_FINAL_NORM, "layer_norm"},
                                  {BS_SLOT_HEAD, "lm_head"},
                                  {BS_SLOT_NONE, NULL}};

static void read_sizes(bs_reader *reader, bs_blueprint *blueprint) {
  blueprint->d_model = bs_model_config_size_of(reader, width);
  blueprint->n_layers = bs_model_config_size_of(reader, layers);
  blueprint->n_heads = bs_model_config_size_of(reader, heads);
  blueprint->d_ff = bs_model_config_size(reader, "ffn_dim", 0);
  blueprint->vocab_size = bs_model_config_size(reader, "vocab_size", 0);
  blueprint->max_positions = bs_model_config_size(reader, "max_position_embeddings", 0);
  bs_model_config_heads(reader, blueprint, "attention_heads", "d_model");
  blueprint->norm_kind = BS_NORM_LAYER;
  blueprint->norm_epsilon = 1e-5;
  blueprint->activation = bs_model_config_activation(reader, "activation_function", "gelu");
  blueprint->position_offset = POSITION_OFFSET;
  bs_reader_sinusoids(reader, blueprint, "d_model");
  bs_reader_layers(reader, blueprint);
  if (bs_model_config_bool(reader, "scale_embedding", true))
    blueprint->embedding_scale = sqrt((double)blueprint->d_model);
}

static void describe(bs_reader *reader, bs_blueprint *blueprint) {
  read_sizes(reader, blueprint);
  bs_reader_heads(blueprint, false);
  bs_bind(reader, blueprint,
          &(bs_naming){.prefix = "model.",
                       .layers = "layers",
                       .places = places,
                       .biased = BS_SLOTS_OF_LAYERS_AND_NORMS,
                       .tied = bs_model_config_bool(reader, "tie_word_embeddings", true)});
}

const bs_family bs_family_xglm = {
    .architecture = "XGLMForCausalLM",
    .model_type = "xglm",
    .describe = describe,
    .ignored = ignored,
    .obeyed = obeyed,
    .harmless = harmless,
    .refused = refused,
};
