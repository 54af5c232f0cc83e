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

static void read_sizes(bs_reader *reader, bs_decoder *decoder) {
  decoder->d_model = bs_config_size_of(reader, width);
  decoder->n_layers = bs_config_size_of(reader, layers);
  decoder->n_heads = bs_config_size_of(reader, heads);
  decoder->n_kv_heads = decoder->n_heads;
  decoder->d_ff = 4 * decoder->d_model;
  decoder->vocab_size = bs_config_size(reader, "vocab_size", 0);
  decoder->max_positions = bs_config_size(reader, "seq_length", DEFAULT_POSITIONS);
  if (decoder->d_model % decoder->n_heads != 0)
    bs_reader_fail(reader, BS_ERR_INPUT, "n_head", "%zu heads do not divide hidden_size %zu",
                   decoder->n_heads, decoder->d_model);
  decoder->head_dim = decoder->d_model / decoder->n_heads;
  decoder->norm_kind = BS_NORM_LAYER;
  decoder->norm_epsilon = bs_config_positive(reader, "layer_norm_epsilon", 1e-5);
  decoder->activation = BS_ACTIVATION_GELU_TANH;
  decoder->position = BS_POSITION_ALIBI;
  bs_reader_layers(reader, decoder);
}

static void describe(bs_reader *reader, bs_decoder *decoder) {
  read_sizes(reader, decoder);
  size_t d = decoder->d_model, hd = decoder->head_dim;
  const char *prefix =
      bs_reader_has(reader, "transformer.word_embeddings.weight") ? "transformer." : "";
  decoder->q = (bs_head_layout){.first = 0, .stride = 3 * hd};
  decoder->k = (bs_head_layout){.first = hd, .stride = 3 * hd};
  decoder->v = (bs_head_layout){.first = 2 * hd, .stride = 3 * hd};
  decoder->embedding =
      bs_bind_matrix(reader, decoder->vocab_size, d, "%sword_embeddings.weight", prefix);
  decoder->embedding_norm = bs_bind_norm(reader, d, true, "%sword_embeddings_layernorm", prefix);
  decoder->final_norm = bs_bind_norm(reader, d, true, "%sln_f", prefix);
  for (size_t i = 0; reader->status == BS_OK && i < decoder->n_layers; i++) {
    bs_decoder_layer *layer = &decoder->layers[i];
    layer->attention_norm = bs_bind_norm(reader, d, true, "%sh.%zu.input_layernorm", prefix, i);
    layer->mlp_norm = bs_bind_norm(reader, d, true, "%sh.%zu.post_attention_layernorm", prefix, i);
    bs_bind_affine(reader, &layer->qkv, 3 * d, d, true, "%sh.%zu.self_attention.query_key_value",
                   prefix, i);
    bs_bind_affine(reader, &layer->attention_out, d, d, true, "%sh.%zu.self_attention.dense",
                   prefix, i);
    bs_bind_affine(reader, &layer->mlp_in, decoder->d_ff, d, true, "%sh.%zu.mlp.dense_h_to_4h",
                   prefix, i);
    bs_bind_affine(reader, &layer->mlp_out, d, decoder->d_ff, true, "%sh.%zu.mlp.dense_4h_to_h",
                   prefix, i);
  }
  bs_bind_head(reader, decoder, bs_config_bool(reader, "tie_word_embeddings", true),
               "lm_head.weight");
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
