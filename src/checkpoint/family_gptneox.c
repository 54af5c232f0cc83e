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

static void read_sizes(bs_reader *reader, bs_decoder *decoder) {
  decoder->d_model = bs_config_size(reader, "hidden_size", 0);
  decoder->n_layers = bs_config_size(reader, "num_hidden_layers", 0);
  decoder->n_heads = bs_config_size(reader, "num_attention_heads", 0);
  decoder->n_kv_heads = decoder->n_heads;
  decoder->d_ff = bs_config_size(reader, "intermediate_size", 0);
  decoder->vocab_size = bs_config_size(reader, "vocab_size", 0);
  decoder->max_positions = bs_config_size(reader, "max_position_embeddings", 0);
  if (decoder->d_model % decoder->n_heads != 0)
    bs_reader_fail(reader, BS_ERR_INPUT, "num_attention_heads",
                   "%zu heads do not divide hidden_size %zu", decoder->n_heads, decoder->d_model);
  decoder->head_dim = decoder->d_model / decoder->n_heads;
  decoder->norm_kind = BS_NORM_LAYER;
  decoder->norm_epsilon = bs_config_positive(reader, "layer_norm_eps", 1e-5);
  decoder->activation = bs_config_activation(reader, "hidden_act", "gelu");
  decoder->parallel_residual = bs_config_bool(reader, "use_parallel_residual", true);
  bs_config_rotary(reader, decoder, "rotary_emb_base", "rotary_pct", 0.25);
  bs_reader_layers(reader, decoder);
}

static void describe(bs_reader *reader, bs_decoder *decoder) {
  read_sizes(reader, decoder);
  size_t d = decoder->d_model, hd = decoder->head_dim;
  bool attention_bias = bs_config_bool(reader, "attention_bias", true);
  decoder->q = (bs_head_layout){.first = 0, .stride = 3 * hd};
  decoder->k = (bs_head_layout){.first = hd, .stride = 3 * hd};
  decoder->v = (bs_head_layout){.first = 2 * hd, .stride = 3 * hd};
  decoder->embedding = bs_bind_matrix(reader, decoder->vocab_size, d, "gpt_neox.embed_in.weight");
  decoder->final_norm = bs_bind_norm(reader, d, true, "gpt_neox.final_layer_norm");
  for (size_t i = 0; reader->status == BS_OK && i < decoder->n_layers; i++) {
    bs_decoder_layer *layer = &decoder->layers[i];
    layer->attention_norm = bs_bind_norm(reader, d, true, "gpt_neox.layers.%zu.input_layernorm", i);
    layer->mlp_norm =
        bs_bind_norm(reader, d, true, "gpt_neox.layers.%zu.post_attention_layernorm", i);
    bs_bind_affine(reader, &layer->qkv, 3 * d, d, attention_bias,
                   "gpt_neox.layers.%zu.attention.query_key_value", i);
    bs_bind_affine(reader, &layer->attention_out, d, d, attention_bias,
                   "gpt_neox.layers.%zu.attention.dense", i);
    bs_bind_affine(reader, &layer->mlp_in, decoder->d_ff, d, true,
                   "gpt_neox.layers.%zu.mlp.dense_h_to_4h", i);
    bs_bind_affine(reader, &layer->mlp_out, d, decoder->d_ff, true,
                   "gpt_neox.layers.%zu.mlp.dense_4h_to_h", i);
  }
  bs_bind_head(reader, decoder, bs_config_bool(reader, "tie_word_embeddings", false),
               "embed_out.weight");
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
