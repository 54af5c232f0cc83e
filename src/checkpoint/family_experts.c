/* Llama's block with experts in place of its feed-forward layer. MixtralForCausalLM;
   Qwen2MoeForCausalLM: a shared expert besides, biases on q, k and v, some layers may be dense;
   Qwen3MoeForCausalLM: norms of each head's q and k; OlmoeForCausalLM: norms of all heads of q and
   k together. */
#include <stddef.h>

#include "checkpoint/family_llama_internal.h"

/* What transformers has where a key is absent. */
static const double MIXTRAL_THETA = 1e6;
static const double MIXTRAL_EPSILON = 1e-5, OLMOE_EPSILON = 1e-5;
enum { MIXTRAL_KV_HEADS = 8, QWEN2_KV_HEADS = 16, QWEN3_KV_HEADS = 4 };

static const char *const ignored[] = {".rotary_emb.inv_freq", NULL};

#define QWEN_KEYS                                                                                  \
  BS_LLAMA_KEYS, "num_experts", "num_experts_per_tok", "norm_topk_prob", "moe_intermediate_size",  \
      "decoder_sparse_step", "mlp_only_layers", "layer_types"

static const char *const mixtral_obeyed[] = {BS_LLAMA_KEYS, "num_local_experts",
                                             "num_experts_per_tok", "sliding_window", NULL};
static const char *const qwen2_obeyed[] = {QWEN_KEYS, "shared_expert_intermediate_size", "qkv_bias",
                                           NULL};
static const char *const qwen3_obeyed[] = {QWEN_KEYS, "attention_bias", NULL};
static const char *const olmoe_obeyed[] = {
    BS_LLAMA_KEYS, "num_experts", "num_experts_per_tok", "norm_topk_prob", "attention_bias",
    "clip_qkv",    NULL};

/* Without use_sliding_window these say nothing. */
static const char *const qwen_harmless[] = {"sliding_window", "max_window_layers", NULL};

static const bs_key_rule qwen_refused[] = {
    BS_LLAMA_RULES,
    {"use_sliding_window",
     {"false"},
     .why = "versions of transformers disagree about the layers of this architecture that have a "
            "window"},
    {0},
};

#define PLACES_BEFORE                                                                              \
  {BS_SLOT_EMBEDDING, "embed_tokens"}, {BS_SLOT_ATTENTION_NORM, "input_layernorm"},                \
      {BS_SLOT_QKV, "self_attn.q_proj"}, {BS_SLOT_QKV, "self_attn.k_proj"},                        \
      {BS_SLOT_QKV, "self_attn.v_proj"}, {BS_SLOT_Q_NORM, "self_attn.q_norm"},                     \
      {BS_SLOT_K_NORM, "self_attn.k_norm"}, {BS_SLOT_ATTENTION_OUT, "self_attn.o_proj"}, {         \
    BS_SLOT_MLP_NORM, "post_attention_layernorm"                                                   \
  }

#define PLACES_BEHIND                                                                              \
  {BS_SLOT_FINAL_NORM, "norm"}, {BS_SLOT_HEAD, "lm_head"}, { BS_SLOT_NONE, NULL }

static const bs_place mixtral_places[] = {PLACES_BEFORE,
                                          {BS_SLOT_ROUTER, "block_sparse_moe.gate"},
                                          {BS_SLOT_EXPERT_IN, "block_sparse_moe.experts.*.w1"},
                                          {BS_SLOT_EXPERT_IN, "block_sparse_moe.experts.*.w3"},
                                          {BS_SLOT_EXPERT_OUT, "block_sparse_moe.experts.*.w2"},
                                          PLACES_BEHIND};

static const bs_place places[] = {PLACES_BEFORE,
                                  {BS_SLOT_MLP_IN, "mlp.gate_proj"},
                                  {BS_SLOT_MLP_IN, "mlp.up_proj"},
                                  {BS_SLOT_MLP_OUT, "mlp.down_proj"},
                                  {BS_SLOT_ROUTER, "mlp.gate"},
                                  {BS_SLOT_SHARED_GATE, "mlp.shared_expert_gate"},
                                  {BS_SLOT_SHARED_IN, "mlp.shared_expert.gate_proj"},
                                  {BS_SLOT_SHARED_IN, "mlp.shared_expert.up_proj"},
                                  {BS_SLOT_SHARED_OUT, "mlp.shared_expert.down_proj"},
                                  {BS_SLOT_EXPERT_IN, "mlp.experts.*.gate_proj"},
                                  {BS_SLOT_EXPERT_IN, "mlp.experts.*.up_proj"},
                                  {BS_SLOT_EXPERT_OUT, "mlp.experts.*.down_proj"},
                                  PLACES_BEHIND};

/* All layers get experts; `count` is the key of their number. */
static void read_experts(bs_reader *reader, bs_blueprint *blueprint, const char *count,
                         bool renormalised, size_t d_hidden) {
  size_t n = bs_model_config_size(reader, count, 0);
  size_t per_token = bs_model_config_size(reader, "num_experts_per_tok", 0);
  if (n > BS_MAX_EXPERTS)
    bs_reader_fail(reader, BS_ERR_LIMIT, count, "%zu experts; at most %d are read", n,
                   (int)BS_MAX_EXPERTS);
  if (per_token > n)
    bs_reader_fail(reader, BS_ERR_INPUT, "num_experts_per_tok",
                   "%zu of %zu experts: expected no more than there are (%s)", per_token, n, count);
  blueprint->experts = (bs_experts){
      .n = n, .per_token = per_token, .renormalised = renormalised, .d_hidden = d_hidden};
  for (size_t i = 0; reader->status == BS_OK && i < blueprint->n_layers; i++)
    blueprint->layers[i].steps[1].operation = BS_OPERATION_EXPERTS;
}

static void make_dense(bs_blueprint *blueprint, size_t layer) {
  blueprint->layers[layer].steps[1].operation = BS_OPERATION_MLP;
}

/* Layers are dense that mlp_only_layers names, and of each decoder_sparse_step all but the last. */
static void read_dense_layers(bs_reader *reader, bs_blueprint *blueprint) {
  const cJSON *item, *list = bs_json_get(reader->config->root, "mlp_only_layers");
  size_t step = bs_model_config_size(reader, "decoder_sparse_step", 1);
  if (list != NULL && !cJSON_IsNull(list) && !cJSON_IsArray(list))
    bs_reader_fail(reader, BS_ERR_INPUT, "mlp_only_layers", "expected an array of layers");
  for (size_t i = 0; reader->status == BS_OK && i < blueprint->n_layers; i++)
    if ((i + 1) % step != 0)
      make_dense(blueprint, i);
  cJSON_ArrayForEach(item, list) {
    double layer = cJSON_IsNumber(item) ? item->valuedouble : -1;
    if (!(layer >= 0 && layer < (double)BS_MAX_LAYERS) || layer != (double)(size_t)layer)
      bs_reader_fail(reader, BS_ERR_INPUT, "mlp_only_layers", "expected numbers of layers");
    else if (reader->status == BS_OK && layer < (double)blueprint->n_layers)
      make_dense(blueprint, (size_t)layer);
  }
}

static void read_qwen(bs_reader *reader, bs_blueprint *blueprint) {
  read_experts(reader, blueprint, "num_experts",
               bs_model_config_bool(reader, "norm_topk_prob", false),
               bs_model_config_size(reader, "moe_intermediate_size", 0));
  read_dense_layers(reader, blueprint);
  if (reader->status == BS_OK && bs_model_config_has(reader, "layer_types"))
    bs_model_config_layer_types(reader, blueprint, 0);
}

static void bind(bs_reader *reader, bs_blueprint *blueprint, const bs_place *of,
                 const bs_llama_variant *variant) {
  const uint32_t head_norms = BS_SLOT_BIT(BS_SLOT_Q_NORM) | BS_SLOT_BIT(BS_SLOT_K_NORM);
  const uint32_t shared = BS_SLOT_BIT(BS_SLOT_SHARED_GATE) | BS_SLOT_BIT(BS_SLOT_SHARED_IN) |
                          BS_SLOT_BIT(BS_SLOT_SHARED_OUT);
  bs_reader_heads(blueprint, false);
  bs_bind(reader, blueprint,
          &(bs_naming){.prefix = "model.",
                       .layers = "layers",
                       .places = of,
                       .biased = (variant->qkv_bias ? BS_SLOT_BIT(BS_SLOT_QKV) : 0) |
                                 (variant->out_bias ? BS_SLOT_BIT(BS_SLOT_ATTENTION_OUT) : 0),
                       .absent = (variant->head_norms ? 0 : head_norms) |
                                 (blueprint->experts.d_shared > 0 ? 0 : shared),
                       .tied = bs_model_config_bool(reader, "tie_word_embeddings", false)});
}

static void describe_mixtral(bs_reader *reader, bs_blueprint *blueprint) {
  bs_llama_sizes(reader, blueprint,
                 &(bs_llama_defaults){.kv_heads = MIXTRAL_KV_HEADS,
                                      .theta = MIXTRAL_THETA,
                                      .epsilon = MIXTRAL_EPSILON});
  read_experts(reader, blueprint, "num_local_experts", true, blueprint->d_ff);
  size_t window = bs_model_config_has(reader, "sliding_window")
                      ? bs_model_config_size(reader, "sliding_window", 0)
                      : 0;
  for (size_t i = 0; reader->status == BS_OK && i < blueprint->n_layers; i++)
    blueprint->layers[i].window = window;
  bind(reader, blueprint, mixtral_places, &(bs_llama_variant){0});
}

static void describe_qwen2(bs_reader *reader, bs_blueprint *blueprint) {
  bs_llama_sizes(reader, blueprint, &(bs_llama_defaults){.kv_heads = QWEN2_KV_HEADS});
  read_qwen(reader, blueprint);
  blueprint->experts.d_shared = bs_model_config_size(reader, "shared_expert_intermediate_size", 0);
  bind(reader, blueprint, places,
       &(bs_llama_variant){.qkv_bias = bs_model_config_bool(reader, "qkv_bias", true)});
}

static void describe_qwen3(bs_reader *reader, bs_blueprint *blueprint) {
  bs_llama_sizes(reader, blueprint, &(bs_llama_defaults){.kv_heads = QWEN3_KV_HEADS});
  read_qwen(reader, blueprint);
  bool bias = bs_model_config_bool(reader, "attention_bias", false);
  bind(reader, blueprint, places,
       &(bs_llama_variant){.qkv_bias = bias, .out_bias = bias, .head_norms = true});
}

static void describe_olmoe(bs_reader *reader, bs_blueprint *blueprint) {
  bs_llama_sizes(reader, blueprint, &(bs_llama_defaults){.epsilon = OLMOE_EPSILON});
  read_experts(reader, blueprint, "num_experts",
               bs_model_config_bool(reader, "norm_topk_prob", false), blueprint->d_ff);
  blueprint->head_norms = BS_HEAD_NORMS_JOINT;
  if (bs_model_config_has(reader, "clip_qkv"))
    blueprint->qkv_clip = bs_model_config_positive(reader, "clip_qkv", 0);
  bool bias = bs_model_config_bool(reader, "attention_bias", false);
  bind(reader, blueprint, places,
       &(bs_llama_variant){.qkv_bias = bias, .out_bias = bias, .head_norms = true});
}

const bs_family bs_family_mixtral = {
    .architecture = "MixtralForCausalLM",
    .model_type = "mixtral",
    .describe = describe_mixtral,
    .ignored = ignored,
    .obeyed = mixtral_obeyed,
    .harmless = bs_llama_harmless,
    .refused = bs_llama_refused,
};

const bs_family bs_family_qwen2_moe = {
    .architecture = "Qwen2MoeForCausalLM",
    .model_type = "qwen2_moe",
    .describe = describe_qwen2,
    .ignored = ignored,
    .obeyed = qwen2_obeyed,
    .harmless = qwen_harmless,
    .refused = qwen_refused,
};

const bs_family bs_family_qwen3_moe = {
    .architecture = "Qwen3MoeForCausalLM",
    .model_type = "qwen3_moe",
    .describe = describe_qwen3,
    .ignored = ignored,
    .obeyed = qwen3_obeyed,
    .harmless = qwen_harmless,
    .refused = qwen_refused,
};

const bs_family bs_family_olmoe = {
    .architecture = "OlmoeForCausalLM",
    .model_type = "olmoe",
    .describe = describe_olmoe,
    .ignored = ignored,
    .obeyed = olmoe_obeyed,
    .harmless = bs_llama_harmless,
    .refused = bs_llama_refused,
};
