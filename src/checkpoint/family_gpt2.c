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

static void read_sizes(bs_reader *reader, bs_decoder *decoder) {
  decoder->d_model = bs_config_size_of(reader, width);
  decoder->n_layers = bs_config_size_of(reader, layers);
  decoder->n_heads = bs_config_size_of(reader, heads);
  decoder->n_kv_heads = decoder->n_heads;
  decoder->d_ff = bs_config_size(reader, "n_inner", 4 * decoder->d_model);
  decoder->vocab_size = bs_config_size(reader, "vocab_size", 0);
  decoder->max_positions = bs_config_size_of(reader, positions);
  if (decoder->d_model % decoder->n_heads != 0)
    bs_reader_fail(reader, BS_ERR_INPUT, "n_head", "%zu heads do not divide n_embd %zu",
                   decoder->n_heads, decoder->d_model);
  decoder->head_dim = decoder->d_model / decoder->n_heads;
  decoder->norm_kind = BS_NORM_LAYER;
  decoder->norm_epsilon = bs_config_positive(reader, "layer_norm_epsilon", 1e-5);
  decoder->activation = bs_config_activation(reader, "activation_function", "gelu_new");
  decoder->position = BS_POSITION_LEARNED;
  bs_reader_layers(reader, decoder);
  bool scaled = bs_config_bool(reader, "scale_attn_weights", true);
  bool by_layer = bs_config_bool(reader, "scale_attn_by_inverse_layer_idx", false);
  for (size_t i = 0; reader->status == BS_OK && i < decoder->n_layers; i++) {
    bs_decoder_layer *layer = &decoder->layers[i];
    if (!scaled)
      layer->score_scale = 1;
    if (by_layer)
      layer->score_scale /= (double)(i + 1);
  }
}

static void describe(bs_reader *reader, bs_decoder *decoder) {
  read_sizes(reader, decoder);
  size_t d = decoder->d_model, hd = decoder->head_dim;
  const char *prefix = bs_reader_has(reader, "transformer.wte.weight") ? "transformer." : "";
  decoder->q = (bs_head_layout){.first = 0, .stride = hd};
  decoder->k = (bs_head_layout){.first = d, .stride = hd};
  decoder->v = (bs_head_layout){.first = 2 * d, .stride = hd};
  decoder->embedding = bs_bind_matrix(reader, decoder->vocab_size, d, "%swte.weight", prefix);
  decoder->position_table =
      bs_bind_matrix(reader, decoder->max_positions, d, "%swpe.weight", prefix);
  decoder->final_norm = bs_bind_norm(reader, d, true, "%sln_f", prefix);
  for (size_t i = 0; reader->status == BS_OK && i < decoder->n_layers; i++) {
    bs_decoder_layer *layer = &decoder->layers[i];
    layer->qkv.transposed = layer->attention_out.transposed = true;
    layer->mlp_in.transposed = layer->mlp_out.transposed = true;
    layer->attention_norm = bs_bind_norm(reader, d, true, "%sh.%zu.ln_1", prefix, i);
    layer->mlp_norm = bs_bind_norm(reader, d, true, "%sh.%zu.ln_2", prefix, i);
    bs_bind_affine(reader, &layer->qkv, 3 * d, d, true, "%sh.%zu.attn.c_attn", prefix, i);
    bs_bind_affine(reader, &layer->attention_out, d, d, true, "%sh.%zu.attn.c_proj", prefix, i);
    bs_bind_affine(reader, &layer->mlp_in, decoder->d_ff, d, true, "%sh.%zu.mlp.c_fc", prefix, i);
    bs_bind_affine(reader, &layer->mlp_out, d, decoder->d_ff, true, "%sh.%zu.mlp.c_proj", prefix,
                   i);
  }
  bs_bind_head(reader, decoder, bs_config_bool(reader, "tie_word_embeddings", true),
               "lm_head.weight");
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
