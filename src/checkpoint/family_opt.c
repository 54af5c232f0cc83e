/* OPTForCausalLM: learned positions read from row 2 on, norms before each part, ReLU. The 350m
   model's norms after each part and its narrower embedding are not built. */
#include "checkpoint/keys_internal.h"

enum { POSITION_OFFSET = 2 };

static const char *const ignored[] = {NULL};
static const char *const obeyed[] = {"hidden_size",
                                     "num_hidden_layers",
                                     "num_attention_heads",
                                     "ffn_dim",
                                     "max_position_embeddings",
                                     "activation_function",
                                     "enable_bias",
                                     NULL};
static const char *const harmless[] = {NULL};
static const bs_key_rule refused[] = {
    {"word_embed_proj_dim", .is_neutral = bs_key_is_hidden_size,
     .why = "an embedding of another width than hidden_size is not built (OPT 350m)"},
    {"do_layer_norm_before",
     {"true"},
     .null_counts = true,
     .why = "norms after each part are not built (OPT 350m)"},
    {"layer_norm_elementwise_affine",
     {"true"},
     .null_counts = true,
     .why = "norms without weights are not built"},
    {"_remove_final_layer_norm", {"false"}, .why = "a model without its last norm is not built"},
    {"position_embedding_type", {"absolute", "learned"}, .why = "positions are learned"},
    {"learned_embeddings", {"true"}, .why = "positions are learned"},
    {0},
};

static void read_sizes(bs_reader *reader, bs_decoder *decoder) {
  decoder->d_model = bs_config_size(reader, "hidden_size", 0);
  decoder->n_layers = bs_config_size(reader, "num_hidden_layers", 0);
  decoder->n_heads = bs_config_size(reader, "num_attention_heads", 0);
  decoder->n_kv_heads = decoder->n_heads;
  decoder->d_ff = bs_config_size(reader, "ffn_dim", 0);
  decoder->vocab_size = bs_config_size(reader, "vocab_size", 0);
  decoder->max_positions = bs_config_size(reader, "max_position_embeddings", 0);
  if (decoder->d_model % decoder->n_heads != 0)
    bs_reader_fail(reader, BS_ERR_INPUT, "num_attention_heads",
                   "%zu heads do not divide hidden_size %zu", decoder->n_heads, decoder->d_model);
  decoder->head_dim = decoder->d_model / decoder->n_heads;
  decoder->norm_kind = BS_NORM_LAYER;
  decoder->norm_epsilon = 1e-5;
  decoder->activation = bs_config_activation(reader, "activation_function", "relu");
  decoder->position = BS_POSITION_LEARNED;
  decoder->position_offset = POSITION_OFFSET;
  bs_reader_layers(reader, decoder);
}

static void bind_layer(bs_reader *reader, const bs_decoder *decoder, size_t i, const char *prefix,
                       bool bias) {
  static const char *const names[] = {"q", "k", "v"};
  size_t d = decoder->d_model;
  bs_decoder_layer *layer = &decoder->layers[i];
  layer->attention_norm =
      bs_bind_norm(reader, d, true, "%slayers.%zu.self_attn_layer_norm", prefix, i);
  layer->mlp_norm = bs_bind_norm(reader, d, true, "%slayers.%zu.final_layer_norm", prefix, i);
  for (size_t part = 0; part < 3; part++)
    bs_bind_affine(reader, &layer->qkv, d, d, bias, "%slayers.%zu.self_attn.%s_proj", prefix, i,
                   names[part]);
  bs_bind_affine(reader, &layer->attention_out, d, d, bias, "%slayers.%zu.self_attn.out_proj",
                 prefix, i);
  bs_bind_affine(reader, &layer->mlp_in, decoder->d_ff, d, bias, "%slayers.%zu.fc1", prefix, i);
  bs_bind_affine(reader, &layer->mlp_out, d, decoder->d_ff, bias, "%slayers.%zu.fc2", prefix, i);
}

static void describe(bs_reader *reader, bs_decoder *decoder) {
  read_sizes(reader, decoder);
  size_t d = decoder->d_model;
  /* Facebook's own files lack "model.". */
  const char *prefix =
      bs_reader_has(reader, "decoder.embed_tokens.weight") ? "decoder." : "model.decoder.";
  bool bias = bs_config_bool(reader, "enable_bias", true);
  decoder->q = (bs_head_layout){.first = 0, .stride = decoder->head_dim};
  decoder->k = (bs_head_layout){.first = d, .stride = decoder->head_dim};
  decoder->v = (bs_head_layout){.first = 2 * d, .stride = decoder->head_dim};
  decoder->embedding =
      bs_bind_matrix(reader, decoder->vocab_size, d, "%sembed_tokens.weight", prefix);
  decoder->position_table = bs_bind_matrix(reader, decoder->max_positions + POSITION_OFFSET, d,
                                           "%sembed_positions.weight", prefix);
  decoder->final_norm = bs_bind_norm(reader, d, true, "%sfinal_layer_norm", prefix);
  for (size_t i = 0; reader->status == BS_OK && i < decoder->n_layers; i++)
    bind_layer(reader, decoder, i, prefix, bias);
  bs_bind_head(reader, decoder, bs_config_bool(reader, "tie_word_embeddings", true),
               "lm_head.weight");
}

const bs_family bs_family_opt = {
    .architecture = "OPTForCausalLM",
    .model_type = "opt",
    .describe = describe,
    .ignored = ignored,
    .obeyed = obeyed,
    .harmless = harmless,
    .refused = refused,
};
