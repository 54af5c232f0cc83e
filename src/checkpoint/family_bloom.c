/* BloomForCausalLM: ALiBi, a norm after the embedding, q, k and v interleaved head by head, GELU in
   its tanh form; names with or without "transformer.". */
#include "checkpoint/keys_internal.h"

static const char *const ignored[] = {NULL};

/* Each with its other name, of transformers or of the published files. */
static const char *const width[] = {"hidden_size", "n_embed", NULL};
static const char *const layers[] = {"n_layer", "num_hidden_layers", NULL};
static const char *const heads[] = {"n_head", "num_attention_heads", NULL};

static const char *const obeyed[] = {"hidden_size", "n_embed",
                                     "n_layer",     "num_hidden_layers",
                                     "n_head",      "num_attention_heads",
                                     "seq_length",  "layer_norm_epsilon",
                                     NULL};
static const char *const harmless[] = {"attention_softmax_in_fp32",
                                       "bias_dropout_fusion",
                                       "masked_softmax_fusion",
                                       "offset_alibi",
                                       "skip_bias_add",
                                       "skip_bias_add_qkv",
                                       "slow_but_exact",
                                       NULL};
static const bs_key_rule refused[] = {
    {"n_inner", .is_neutral = bs_key_is_four_hidden_sizes,
     .why = "BLOOM's feed-forward layer is 4 times hidden_size"},
    {"apply_residual_connection_post_layernorm",
     {"false"},
     .why = "a residual taken after the norm is not built"},
    {"position_embedding_type", {"alibi"}, .why = "positions are by ALiBi"},
    {"alibi", {"true"}, .null_counts = true, .why = "positions are by ALiBi"},
    {0},
};

/* config.json names no limit, and ALiBi has none: the length the published models were trained on
   stands in where seq_length is absent. */
enum { DEFAULT_POSITIONS = 2048 };

static const bs_place places[] = {{BS_SLOT_EMBEDDING, "word_embeddings"},
                                  {BS_SLOT_EMBEDDING_NORM, "word_embeddings_layernorm"},
                                  {BS_SLOT_ATTENTION_NORM, "input_layernorm"},
                                  {BS_SLOT_QKV, "self_attention.query_key_value"},
                                  {BS_SLOT_ATTENTION_OUT, "self_attention.dense"},
                                  {BS_SLOT_MLP_NORM, "post_attention_layernorm"},
                                  {BS_SLOT_MLP_IN, "mlp.dense_h_to_4h"},
                                  {BS_SLOT_MLP_OUT, "mlp.dense_4h_to_h"},
                                  {BS_SLOT_FINAL_NORM, "ln_f"},
                                  {BS_SLOT_HEAD, "lm_head"},
                                  {BS_SLOT_NONE, NULL}};

static void read_sizes(bs_reader *reader, bs_blueprint *blueprint) {
  blueprint->d_model = bs_model_config_size_of(reader, width);
  blueprint->n_layers = bs_model_config_size_of(reader, layers);
  blueprint->n_heads = bs_model_config_size_of(reader, heads);
  blueprint->d_ff = 4 * blueprint->d_model;
  blueprint->vocab_size = bs_model_config_size(reader, "vocab_size", 0);
  blueprint->max_positions = bs_model_config_size(reader, "seq_length", DEFAULT_POSITIONS);
  bs_model_config_heads(reader, blueprint, "n_head", "hidden_size");
  blueprint->norm_kind = BS_NORM_LAYER;
  blueprint->norm_epsilon = bs_model_config_positive(reader, "layer_norm_epsilon", 1e-5);
  blueprint->activation = BS_ACTIVATION_GELU_TANH;
  bs_reader_alibi(reader, blueprint, BS_ALIBI_BLOOM, 8, 1);
  bs_reader_layers(reader, blueprint);
}

static void describe(bs_reader *reader, bs_blueprint *blueprint) {
  read_sizes(reader, blueprint);
  bs_reader_heads(blueprint, true);
  bool has_prefix = bs_reader_has(reader, "transformer.word_embeddings.weight");
  bs_bind(reader, blueprint,
          &(bs_naming){.prefix = has_prefix ? "transformer." : "",
                       .layers = "h",
                       .places = places,
                       .biased = BS_SLOTS_OF_LAYERS_AND_NORMS,
                       .tied = bs_model_config_bool(reader, "tie_word_embeddings", true)});
}

const bs_family bs_family_bloom = {
    .architecture = "BloomForCausalLM",
    .model_type = "bloom",
    .describe = describe,
    .ignored = ignored,
    .obeyed = obeyed,
    .harmless = harmless,
    .refused = refused,
};
