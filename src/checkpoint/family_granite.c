/* GraniteForCausalLM: Llama's block with factors of the embedding, the scores, what a layer adds,
   and the logits. */
#include <stddef.h>

#include "checkpoint/family_llama_internal.h"

static const char *const ignored[] = {".rotary_emb.inv_freq", NULL};
static const char *const obeyed[] = {
    BS_LLAMA_KEYS,         "attention_bias",       "mlp_bias",       "embedding_multiplier",
    "residual_multiplier", "attention_multiplier", "logits_scaling", NULL};

static void read_factors(bs_reader *reader, bs_blueprint *blueprint) {
  blueprint->embedding_scale = bs_model_config_positive(reader, "embedding_multiplier", 1);
  blueprint->output_scale = 1 / bs_model_config_positive(reader, "logits_scaling", 1);
  double residual = bs_model_config_positive(reader, "residual_multiplier", 1);
  double attention = bs_model_config_positive(reader, "attention_multiplier", 1);
  for (size_t i = 0; reader->status == BS_OK && i < blueprint->n_layers; i++) {
    bs_layer_blueprint *layer = &blueprint->layers[i];
    layer->score_scale = attention;
    for (size_t j = 0; j < layer->n_steps; j++)
      layer->steps[j].scale = residual;
  }
}

static void describe(bs_reader *reader, bs_blueprint *blueprint) {
  bs_llama_sizes(reader, blueprint, &(bs_llama_defaults){0});
  read_factors(reader, blueprint);
  bool attention_bias = bs_model_config_bool(reader, "attention_bias", false);
  bs_llama_bind(reader, blueprint,
                &(bs_llama_variant){.qkv_bias = attention_bias,
                                    .out_bias = attention_bias,
                                    .mlp_bias = bs_model_config_bool(reader, "mlp_bias", false)});
}

const bs_family bs_family_granite = {
    .architecture = "GraniteForCausalLM",
    .model_type = "granite",
    .describe = describe,
    .ignored = ignored,
    .obeyed = obeyed,
    .harmless = bs_llama_harmless,
    .refused = bs_llama_refused,
};
