/* OlmoForCausalLM: Llama's block with LayerNorms that have no weights, q, k and v clipped.
   Olmo2ForCausalLM: norms after each part in place of before it, and norms of all heads of q and k
   together. */
#include <stddef.h>

#include "checkpoint/family_llama_internal.h"

static const double EPSILON = 1e-5; /* OLMo's, which no key changes, and OLMo 2's where none does */

static const char *const ignored[] = {".rotary_emb.inv_freq", NULL};

#define SIZES                                                                                      \
  "hidden_size", "num_hidden_layers", "num_attention_heads", "num_key_value_heads",                \
      "intermediate_size", "max_position_embeddings", "hidden_act", "attention_bias",              \
      BS_ROTARY_KEYS

static const char *const obeyed[] = {SIZES, "clip_qkv", NULL};
static const char *const obeyed_2[] = {SIZES, "rms_norm_eps", NULL};

#define PLACES_OF_PARTS                                                                            \
  {BS_SLOT_EMBEDDING, "embed_tokens"}, {BS_SLOT_QKV, "self_attn.q_proj"},                          \
      {BS_SLOT_QKV, "self_attn.k_proj"}, {BS_SLOT_QKV, "self_attn.v_proj"},                        \
      {BS_SLOT_ATTENTION_OUT, "self_attn.o_proj"}, {BS_SLOT_MLP_IN, "mlp.gate_proj"},              \
      {BS_SLOT_MLP_IN, "mlp.up_proj"}, {                                                           \
    BS_SLOT_MLP_OUT, "mlp.down_proj"                                                               \
  }

static const bs_place places[] = {PLACES_OF_PARTS, {BS_SLOT_HEAD, "lm_head"}, {BS_SLOT_NONE, NULL}};

static const bs_place places_2[] = {PLACES_OF_PARTS,
                                    {BS_SLOT_Q_NORM, "self_attn.q_norm"},
                                    {BS_SLOT_K_NORM, "self_attn.k_norm"},
                                    {BS_SLOT_ATTENTION_POST_NORM, "post_attention_layernorm"},
                                    {BS_SLOT_MLP_POST_NORM, "post_feedforward_layernorm"},
                                    {BS_SLOT_FINAL_NORM, "norm"},
                                    {BS_SLOT_HEAD, "lm_head"},
                                    {BS_SLOT_NONE, NULL}};

static void bind(bs_reader *reader, bs_blueprint *blueprint, const bs_place *of) {
  const uint32_t attention = BS_SLOT_BIT(BS_SLOT_QKV) | BS_SLOT_BIT(BS_SLOT_ATTENTION_OUT);
  bs_reader_heads(blueprint, false);
  bool bias = bs_model_config_bool(reader, "attention_bias", false);
  bs_bind(reader, blueprint,
          &(bs_naming){.prefix = "model.",
                       .layers = "layers",
                       .places = of,
                       .biased = bias ? attention : 0,
                       .tied = bs_model_config_bool(reader, "tie_word_embeddings", false)});
}

static void describe(bs_reader *reader, bs_blueprint *blueprint) {
  bs_llama_sizes(reader, blueprint, &(bs_llama_defaults){.epsilon = EPSILON});
  blueprint->norm_kind = BS_NORM_LAYER;
  if (bs_model_config_has(reader, "clip_qkv"))
    blueprint->qkv_clip = bs_model_config_positive(reader, "clip_qkv", 0);
  bs_reader_bare_norms(reader, blueprint);
  bind(reader, blueprint, places);
}

static void describe_2(bs_reader *reader, bs_blueprint *blueprint) {
  bs_llama_sizes(reader, blueprint, &(bs_llama_defaults){.epsilon = EPSILON});
  blueprint->head_norms = BS_HEAD_NORMS_JOINT;
  for (size_t i = 0; reader->status == BS_OK && i < blueprint->n_layers; i++) {
    bs_layer_step *steps = blueprint->layers[i].steps;
    steps[0].pre_norm = BS_SLOT_NONE;
    steps[0].post_norm = BS_SLOT_ATTENTION_POST_NORM;
    steps[1].pre_norm = BS_SLOT_NONE;
    steps[1].post_norm = BS_SLOT_MLP_POST_NORM;
  }
  bind(reader, blueprint, places_2);
}

const bs_family bs_family_olmo = {
    .architecture = "OlmoForCausalLM",
    .model_type = "olmo",
    .describe = describe,
    .ignored = ignored,
    .obeyed = obeyed,
    .harmless = bs_llama_harmless,
    .refused = bs_llama_refused,
};

const bs_family bs_family_olmo2 = {
    .architecture = "Olmo2ForCausalLM",
    .model_type = "olmo2",
    .describe = describe_2,
    .ignored = ignored,
    .obeyed = obeyed_2,
    .harmless = bs_llama_harmless,
    .refused = bs_llama_refused,
};
