/* LlamaForCausalLM and its relatives with the same block: RMS norms before attention and a gated
   feed-forward layer, rotary positions, grouped queries. */
#include "checkpoint/family_llama_internal.h"

#include <stddef.h>

static const char *const ignored[] = {".rotary_emb.inv_freq", NULL};
static const char *const obeyed[] = {BS_LLAMA_KEYS, "attention_bias", "mlp_bias", NULL};

const char *const bs_llama_harmless[] = {NULL};

const bs_key_rule bs_llama_refused[] = {BS_LLAMA_RULES, {0}};

void bs_llama_sizes(bs_reader *reader, bs_decoder *decoder, size_t default_kv_heads) {
  decoder->d_model = bs_config_size(reader, "hidden_size", 0);
  decoder->n_layers = bs_config_size(reader, "num_hidden_layers", 0);
  decoder->n_heads = bs_config_size(reader, "num_attention_heads", 0);
  bool is_absent = bs_json_get(reader->config->root, "num_key_value_heads") == NULL;
  decoder->n_kv_heads =
      bs_config_size(reader, "num_key_value_heads",
                     is_absent && default_kv_heads > 0 ? default_kv_heads : decoder->n_heads);
  decoder->d_ff = bs_config_size(reader, "intermediate_size", 0);
  decoder->vocab_size = bs_config_size(reader, "vocab_size", 0);
  decoder->max_positions = bs_config_size(reader, "max_position_embeddings", 0);
  if (!bs_config_has(reader, "head_dim") && decoder->d_model % decoder->n_heads != 0)
    bs_reader_fail(reader, BS_ERR_INPUT, "num_attention_heads",
                   "%zu heads do not divide hidden_size %zu", decoder->n_heads, decoder->d_model);
  decoder->head_dim = bs_config_has(reader, "head_dim") ? bs_config_size(reader, "head_dim", 0)
                                                        : decoder->d_model / decoder->n_heads;
  if (decoder->n_heads % decoder->n_kv_heads != 0)
    bs_reader_fail(reader, BS_ERR_INPUT, "num_key_value_heads",
                   "%zu do not divide num_attention_heads %zu", decoder->n_kv_heads,
                   decoder->n_heads);
  decoder->norm_kind = BS_NORM_RMS;
  decoder->norm_epsilon = bs_config_positive(reader, "rms_norm_eps", 1e-6);
  decoder->activation = bs_config_activation(reader, "hidden_act", "silu");
  decoder->gated = true;
  bs_config_rotary(reader, decoder, NULL, NULL, 1);
  if (reader->status == BS_OK && decoder->n_rotary != decoder->head_dim)
    bs_reader_fail(reader, BS_ERR_UNSUPPORTED, "partial_rotary_factor", "%s rotates whole heads",
                   reader->family->architecture);
  bs_reader_layers(reader, decoder);
}

void bs_llama_bind(bs_reader *reader, bs_decoder *decoder, const bs_llama_variant *variant) {
  size_t d = decoder->d_model, hd = decoder->head_dim, ff = decoder->d_ff;
  size_t q_width = decoder->n_heads * hd, kv_width = decoder->n_kv_heads * hd;
  decoder->q = (bs_head_layout){.first = 0, .stride = hd};
  decoder->k = (bs_head_layout){.first = q_width, .stride = hd};
  decoder->v = (bs_head_layout){.first = q_width + kv_width, .stride = hd};
  decoder->embedding = bs_bind_matrix(reader, decoder->vocab_size, d, "model.embed_tokens.weight");
  decoder->final_norm = bs_bind_norm(reader, d, false, "model.norm");
  for (size_t i = 0; reader->status == BS_OK && i < decoder->n_layers; i++) {
    bs_decoder_layer *layer = &decoder->layers[i];
    layer->attention_norm = bs_bind_norm(reader, d, false, "model.layers.%zu.input_layernorm", i);
    static const char *const names[] = {"q", "k", "v"};
    for (size_t part = 0; part < 3; part++)
      bs_bind_affine(reader, &layer->qkv, part == 0 ? q_width : kv_width, d, variant->qkv_bias,
                     "model.layers.%zu.self_attn.%s_proj", i, names[part]);
    if (variant->head_norms) {
      layer->q_norm = bs_bind_norm(reader, hd, false, "model.layers.%zu.self_attn.q_norm", i);
      layer->k_norm = bs_bind_norm(reader, hd, false, "model.layers.%zu.self_attn.k_norm", i);
    }
    bs_bind_affine(reader, &layer->attention_out, d, q_width, variant->out_bias,
                   "model.layers.%zu.self_attn.o_proj", i);
    layer->mlp_norm =
        bs_bind_norm(reader, d, false, "model.layers.%zu.post_attention_layernorm", i);
    bs_bind_affine(reader, &layer->mlp_in, ff, d, variant->mlp_bias,
                   "model.layers.%zu.mlp.gate_proj", i);
    bs_bind_affine(reader, &layer->mlp_in, ff, d, variant->mlp_bias, "model.layers.%zu.mlp.up_proj",
                   i);
    bs_bind_affine(reader, &layer->mlp_out, d, ff, variant->mlp_bias,
                   "model.layers.%zu.mlp.down_proj", i);
  }
  bs_bind_head(reader, decoder, bs_config_bool(reader, "tie_word_embeddings", false),
               "lm_head.weight");
}

static void describe(bs_reader *reader, bs_decoder *decoder) {
  bs_llama_sizes(reader, decoder, 0);
  bool attention_bias = bs_config_bool(reader, "attention_bias", false);
  bs_llama_bind(reader, decoder,
                &(bs_llama_variant){.qkv_bias = attention_bias,
                                    .out_bias = attention_bias,
                                    .mlp_bias = bs_config_bool(reader, "mlp_bias", false)});
}

const bs_family bs_family_llama = {
    .architecture = "LlamaForCausalLM",
    .model_type = "llama",
    .describe = describe,
    .ignored = ignored,
    .obeyed = obeyed,
    .harmless = bs_llama_harmless,
    .refused = bs_llama_refused,
};
