/* The architectures of GGUF files: which family each is, and in whose terms. Sources: llama.cpp's
   gguf-py/gguf/constants.py and tensor_mapping.py, and its conversion scripts. */
#include <string.h>

#include "base/size_internal.h"
#include "checkpoint/gguf_model_internal.h"

/* Keys that mean the same to all architectures. */
const bs_gguf_key bs_gguf_keys_of_all[] = {
    {.key = "vocab_size", .kind = BS_GGUF_KEY_LABEL}, /* the table of tokens has as many rows */
    {.key = "attention.value_length", .kind = BS_GGUF_KEY_READ},
    {.key = "attention.causal", .kind = BS_GGUF_KEY_READ},
    {.key = "attention.sliding_window", .kind = BS_GGUF_KEY_READ},
    {.key = "rope.scaling.type", .kind = BS_GGUF_KEY_READ},
    {.key = "rope.scaling.factor", .kind = BS_GGUF_KEY_READ},
    {.key = "rope.scaling.original_context_length", .kind = BS_GGUF_KEY_READ},
    {.key = "rope.scaling.finetuned", .kind = BS_GGUF_KEY_LABEL},
    {.key = "tensor_data_layout", .kind = BS_GGUF_KEY_LABEL},
    {.key = NULL},
};

#define SIZES(width, layers, heads)                                                                \
  {.key = "embedding_length", .name = (width), .kind = BS_GGUF_KEY_SIZE, .required = true},        \
      {.key = "block_count", .name = (layers), .kind = BS_GGUF_KEY_SIZE, .required = true}, {      \
    .key = "attention.head_count", .name = (heads), .kind = BS_GGUF_KEY_SIZE, .required = true     \
  }
#define SIZE(k, n)                                                                                 \
  { .key = (k), .name = (n), .kind = BS_GGUF_KEY_SIZE, .required = true }
#define EPSILON(k, n)                                                                              \
  { .key = (k), .name = (n), .kind = BS_GGUF_KEY_NUMBER, .required = true }
#define READ(k)                                                                                    \
  { .key = (k), .kind = BS_GGUF_KEY_READ }
#define LABEL(k)                                                                                   \
  { .key = (k), .kind = BS_GGUF_KEY_LABEL }

/* Llama and its relatives. */
#define LLAMA_KEYS_BUT_ROPE                                                                        \
  SIZES("hidden_size", "num_hidden_layers", "num_attention_heads"),                                \
      SIZE("context_length", "max_position_embeddings"),                                           \
      SIZE("feed_forward_length", "intermediate_size"),                                            \
      {.key = "attention.head_count_kv",                                                           \
       .name = "num_key_value_heads",                                                              \
       .kind = BS_GGUF_KEY_SIZE,                                                                   \
       .fallback = "attention.head_count"},                                                        \
      {.key = "attention.key_length", .name = "head_dim", .kind = BS_GGUF_KEY_SIZE},               \
      EPSILON("attention.layer_norm_rms_epsilon", "rms_norm_eps")
#define LLAMA_KEYS                                                                                 \
  LLAMA_KEYS_BUT_ROPE,                                                                             \
      {.key = "rope.freq_base", .name = "rope_theta", .kind = BS_GGUF_KEY_NUMBER},                 \
      READ("rope.dimension_count")

static const bs_gguf_key llama_keys[] = {
    LLAMA_KEYS, READ("expert_count"), READ("expert_used_count"), {.key = NULL}};
static const bs_gguf_key qwen_keys[] = {LLAMA_KEYS, {.key = NULL}};

/* Where config.json has no rope_theta Mixtral's is another one than that of such a file. */
static const bs_gguf_key mixtral_keys[] = {
    LLAMA_KEYS_BUT_ROPE,
    {.key = "rope.freq_base", .name = "rope_theta", .kind = BS_GGUF_KEY_NUMBER, .required = true},
    READ("rope.dimension_count"),
    SIZE("expert_count", "num_local_experts"),
    SIZE("expert_used_count", "num_experts_per_tok"),
    {.key = NULL}};

static const bs_gguf_name llama_stack[] = {{"token_embd", "model.embed_tokens"},
                                           {"output_norm", "model.norm"},
                                           {"output", "lm_head"},
                                           {NULL, NULL}};
static const bs_gguf_name llama_layer[] = {
    {"attn_norm", "input_layernorm"},    {"attn_q", "self_attn.q_proj"},
    {"attn_k", "self_attn.k_proj"},      {"attn_v", "self_attn.v_proj"},
    {"attn_q_norm", "self_attn.q_norm"}, {"attn_k_norm", "self_attn.k_norm"},
    {"attn_output", "self_attn.o_proj"}, {"ffn_norm", "post_attention_layernorm"},
    {"ffn_gate", "mlp.gate_proj"},       {"ffn_up", "mlp.up_proj"},
    {"ffn_down", "mlp.down_proj"},       {NULL, NULL}};

static const bs_gguf_name mixtral_layer[] = {{"attn_norm", "input_layernorm"},
                                             {"attn_q", "self_attn.q_proj"},
                                             {"attn_k", "self_attn.k_proj"},
                                             {"attn_v", "self_attn.v_proj"},
                                             {"attn_output", "self_attn.o_proj"},
                                             {"ffn_norm", "post_attention_layernorm"},
                                             {"ffn_gate_inp", "block_sparse_moe.gate"},
                                             {"ffn_gate_exps", "block_sparse_moe.experts.*.w1"},
                                             {"ffn_down_exps", "block_sparse_moe.experts.*.w2"},
                                             {"ffn_up_exps", "block_sparse_moe.experts.*.w3"},
                                             {NULL, NULL}};

static const bs_gguf_key gptneox_keys[] = {
    SIZES("hidden_size", "num_hidden_layers", "num_attention_heads"),
    SIZE("context_length", "max_position_embeddings"),
    SIZE("feed_forward_length", "intermediate_size"),
    EPSILON("attention.layer_norm_epsilon", "layer_norm_eps"),
    {.key = "use_parallel_residual",
     .name = "use_parallel_residual",
     .kind = BS_GGUF_KEY_BOOL,
     .required = true},
    {.key = "rope.freq_base", .name = "rotary_emb_base", .kind = BS_GGUF_KEY_NUMBER},
    READ("rope.dimension_count"),
    {.key = NULL}};
static const bs_gguf_name gptneox_stack[] = {{"token_embd", "gpt_neox.embed_in"},
                                             {"output_norm", "gpt_neox.final_layer_norm"},
                                             {"output", "embed_out"},
                                             {NULL, NULL}};
static const bs_gguf_name gptneox_layer[] = {{"attn_norm", "input_layernorm"},
                                             {"ffn_norm", "post_attention_layernorm"},
                                             {"attn_qkv", "attention.query_key_value"},
                                             {"attn_output", "attention.dense"},
                                             {"ffn_up", "mlp.dense_h_to_4h"},
                                             {"ffn_down", "mlp.dense_4h_to_h"},
                                             {NULL, NULL}};

/* n_inner is read of the tensor: the converter writes 4 * embedding_length whatever it is. */
static const bs_gguf_key gpt2_keys[] = {
    SIZES("n_embd", "n_layer", "n_head"),
    SIZE("context_length", "n_positions"),
    READ("feed_forward_length"),
    LABEL("attention.head_count_kv"),
    EPSILON("attention.layer_norm_epsilon", "layer_norm_epsilon"),
    {.key = NULL}};
static const bs_gguf_name gpt2_stack[] = {{"token_embd", "wte"},
                                          {"position_embd", "wpe"},
                                          {"output_norm", "ln_f"},
                                          {"output", "lm_head"},
                                          {NULL, NULL}};
static const bs_gguf_name gpt2_layer[] = {
    {"attn_norm", "ln_1"}, {"attn_qkv", "attn.c_attn"}, {"attn_output", "attn.c_proj"},
    {"ffn_norm", "ln_2"},  {"ffn_up", "mlp.c_fc"},      {"ffn_down", "mlp.c_proj"},
    {NULL, NULL}};

static const bs_gguf_key bloom_keys[] = {
    SIZES("hidden_size", "n_layer", "n_head"),
    READ("context_length"),
    LABEL("feed_forward_length"),
    LABEL("attention.head_count_kv"),
    EPSILON("attention.layer_norm_epsilon", "layer_norm_epsilon"),
    {.key = NULL}};
static const bs_gguf_name bloom_stack[] = {{"token_embd", "word_embeddings"},
                                           {"token_embd_norm", "word_embeddings_layernorm"},
                                           {"output_norm", "ln_f"},
                                           {"output", "lm_head"},
                                           {NULL, NULL}};
static const bs_gguf_name bloom_layer[] = {{"attn_norm", "input_layernorm"},
                                           {"attn_qkv", "self_attention.query_key_value"},
                                           {"attn_output", "self_attention.dense"},
                                           {"ffn_norm", "post_attention_layernorm"},
                                           {"ffn_up", "mlp.dense_h_to_4h"},
                                           {"ffn_down", "mlp.dense_4h_to_h"},
                                           {NULL, NULL}};

/* Falcon's converter writes attn_qkv as all q, all k, all v: 7b is the case of one group. */
static const bs_gguf_key falcon_keys[] = {
    SIZES("hidden_size", "num_hidden_layers", "num_attention_heads"),
    SIZE("context_length", "max_position_embeddings"),
    SIZE("feed_forward_length", "ffn_hidden_size"),
    {.key = "attention.head_count_kv",
     .name = "num_kv_heads",
     .kind = BS_GGUF_KEY_SIZE,
     .fallback = "attention.head_count"},
    EPSILON("attention.layer_norm_epsilon", "layer_norm_epsilon"),
    {.key = "rope.freq_base", .name = "rope_theta", .kind = BS_GGUF_KEY_NUMBER},
    READ("rope.dimension_count"),
    {.key = NULL}};
static const bs_gguf_name falcon_stack[] = {{"token_embd", "transformer.word_embeddings"},
                                            {"output_norm", "transformer.ln_f"},
                                            {"output", "lm_head"},
                                            {NULL, NULL}};
#define FALCON_MATRICES                                                                            \
  {"attn_qkv", "self_attention.query_key_value"}, {"attn_output", "self_attention.dense"},         \
      {"ffn_up", "mlp.dense_h_to_4h"}, {"ffn_down", "mlp.dense_4h_to_h"}, {                        \
    NULL, NULL                                                                                     \
  }
static const bs_gguf_name falcon_layer[] = {{"attn_norm", "input_layernorm"}, FALCON_MATRICES};
static const bs_gguf_name falcon_two_norms[] = {
    {"attn_norm", "ln_mlp"}, {"attn_norm_2", "ln_attn"}, FALCON_MATRICES};

static const bs_gguf_key gemma2_keys[] = {
    LLAMA_KEYS,
    {.key = "attn_logit_softcapping", .name = "attn_logit_softcapping", .kind = BS_GGUF_KEY_NUMBER},
    {.key = "final_logit_softcapping",
     .name = "final_logit_softcapping",
     .kind = BS_GGUF_KEY_NUMBER},
    {.key = "attention.sliding_window", .name = "sliding_window", .kind = BS_GGUF_KEY_SIZE},
    {.key = NULL}};
static const bs_gguf_name gemma2_layer[] = {{"attn_norm", "input_layernorm"},
                                            {"attn_q", "self_attn.q_proj"},
                                            {"attn_k", "self_attn.k_proj"},
                                            {"attn_v", "self_attn.v_proj"},
                                            {"attn_output", "self_attn.o_proj"},
                                            {"post_attention_norm", "post_attention_layernorm"},
                                            {"ffn_norm", "pre_feedforward_layernorm"},
                                            {"ffn_gate", "mlp.gate_proj"},
                                            {"ffn_up", "mlp.up_proj"},
                                            {"ffn_down", "mlp.down_proj"},
                                            {"post_ffw_norm", "post_feedforward_layernorm"},
                                            {NULL, NULL}};

/* The files have T5's epsilon under both names; the maximum distance, 128, is in none. */
static const bs_gguf_key t5_keys[] = {
    {.key = "embedding_length", .name = "d_model", .kind = BS_GGUF_KEY_SIZE, .required = true},
    {.key = "block_count", .name = "num_layers", .kind = BS_GGUF_KEY_SIZE, .required = true},
    {.key = "decoder_block_count", .name = "num_decoder_layers", .kind = BS_GGUF_KEY_SIZE},
    SIZE("attention.head_count", "num_heads"),
    LABEL("attention.head_count_kv"),
    SIZE("attention.key_length", "d_kv"),
    SIZE("feed_forward_length", "d_ff"),
    SIZE("context_length", "n_positions"),
    SIZE("attention.relative_buckets_count", "relative_attention_num_buckets"),
    EPSILON("attention.layer_norm_rms_epsilon", "layer_norm_epsilon"),
    LABEL("attention.layer_norm_epsilon"),
    SIZE("decoder_start_token_id", "decoder_start_token_id"),
    {.key = NULL}};
static const bs_gguf_name t5_stack[] = {
    {"token_embd", "shared"},
    {"output", "lm_head"},
    {"enc.output_norm", "encoder.final_layer_norm"},
    {"dec.output_norm", "decoder.final_layer_norm"},
    {"enc.blk.0.attn_rel_b", "encoder.block.0.layer.0.SelfAttention.relative_attention_bias"},
    {"dec.blk.0.attn_rel_b", "decoder.block.0.layer.0.SelfAttention.relative_attention_bias"},
    {"dec.blk.0.cross_attn_rel_b",
     "decoder.block.0.layer.1.EncDecAttention.relative_attention_bias"},
    {NULL, NULL}};
#define T5_ATTENTION                                                                               \
  {"attn_norm", "layer.0.layer_norm"}, {"attn_q", "layer.0.SelfAttention.q"},                      \
      {"attn_k", "layer.0.SelfAttention.k"}, {"attn_v", "layer.0.SelfAttention.v"}, {              \
    "attn_o", "layer.0.SelfAttention.o"                                                            \
  }
#define T5_FEED_FORWARD(layer, up)                                                                 \
  {"ffn_norm", layer ".layer_norm"}, {"ffn_gate", layer ".DenseReluDense.wi_0"},                   \
      {"ffn_up", layer ".DenseReluDense." up}, {"ffn_down", layer ".DenseReluDense.wo"}, {         \
    NULL, NULL                                                                                     \
  }
#define T5_CROSS                                                                                   \
  {"cross_attn_norm", "layer.1.layer_norm"}, {"cross_attn_q", "layer.1.EncDecAttention.q"},        \
      {"cross_attn_k", "layer.1.EncDecAttention.k"},                                               \
      {"cross_attn_v", "layer.1.EncDecAttention.v"}, {                                             \
    "cross_attn_o", "layer.1.EncDecAttention.o"                                                    \
  }
static const bs_gguf_name t5_encoder[] = {T5_ATTENTION, T5_FEED_FORWARD("layer.1", "wi")};
static const bs_gguf_name t5_decoder[] = {T5_ATTENTION, T5_CROSS, T5_FEED_FORWARD("layer.2", "wi")};
static const bs_gguf_name t5_encoder_gated[] = {T5_ATTENTION, T5_FEED_FORWARD("layer.1", "wi_1")};
static const bs_gguf_name t5_decoder_gated[] = {T5_ATTENTION, T5_CROSS,
                                                T5_FEED_FORWARD("layer.2", "wi_1")};

const bs_gguf_architecture bs_gguf_architectures[] = {
    {.name = "llama",
     .marker = "blk.0.ffn_gate_exps.weight",
     .architecture = "MixtralForCausalLM",
     .keys = mixtral_keys,
     .stack = llama_stack,
     .layer = mixtral_layer,
     .layers = "model.layers",
     .neighbours = true,
     .splits_qkv = true},
    {.name = "llama",
     .architecture = "LlamaForCausalLM",
     .keys = llama_keys,
     .stack = llama_stack,
     .layer = llama_layer,
     .layers = "model.layers",
     .neighbours = true,
     .splits_qkv = true},
    {.name = "qwen2",
     .architecture = "Qwen2ForCausalLM",
     .keys = qwen_keys,
     .stack = llama_stack,
     .layer = llama_layer,
     .layers = "model.layers",
     .splits_qkv = true},
    {.name = "qwen3",
     .architecture = "Qwen3ForCausalLM",
     .keys = qwen_keys,
     .stack = llama_stack,
     .layer = llama_layer,
     .layers = "model.layers",
     .splits_qkv = true},
    {.name = "gptneox",
     .architecture = "GPTNeoXForCausalLM",
     .constants = "\"hidden_act\": \"gelu\"",
     .keys = gptneox_keys,
     .stack = gptneox_stack,
     .layer = gptneox_layer,
     .layers = "gpt_neox.layers"},
    {.name = "gpt2",
     .architecture = "GPT2LMHeadModel",
     .keys = gpt2_keys,
     .stack = gpt2_stack,
     .layer = gpt2_layer,
     .layers = "h"},
    {.name = "bloom",
     .architecture = "BloomForCausalLM",
     .keys = bloom_keys,
     .stack = bloom_stack,
     .layer = bloom_layer,
     .layers = "h"},
    {.name = "gemma",
     .architecture = "GemmaForCausalLM",
     .constants = "\"hidden_activation\": \"gelu_pytorch_tanh\"",
     .keys = qwen_keys,
     .stack = llama_stack,
     .layer = llama_layer,
     .layers = "model.layers",
     .splits_qkv = true},
    {.name = "gemma2",
     .architecture = "Gemma2ForCausalLM",
     .constants = "\"hidden_activation\": \"gelu_pytorch_tanh\"",
     .keys = gemma2_keys,
     .stack = llama_stack,
     .layer = gemma2_layer,
     .layers = "model.layers",
     .splits_qkv = true},
    {.name = "falcon",
     .marker = "blk.0.attn_norm_2.weight",
     .architecture = "FalconForCausalLM",
     .constants = "\"new_decoder_architecture\": true, \"num_ln_in_parallel_attn\": 2",
     .keys = falcon_keys,
     .stack = falcon_stack,
     .layer = falcon_two_norms,
     .layers = "transformer.h"},
    {.name = "falcon",
     .architecture = "FalconForCausalLM",
     .constants = "\"new_decoder_architecture\": true, \"num_ln_in_parallel_attn\": 1",
     .keys = falcon_keys,
     .stack = falcon_stack,
     .layer = falcon_layer,
     .layers = "transformer.h"},
    {.name = "t5",
     .marker = "enc.blk.0.ffn_gate.weight",
     .architecture = "T5ForConditionalGeneration",
     .constants = "\"feed_forward_proj\": \"gated-gelu\"",
     .keys = t5_keys,
     .stack = t5_stack,
     .layer = t5_decoder_gated,
     .layers = "decoder.block",
     .encoder_layer = t5_encoder_gated,
     .encoder_layers = "encoder.block"},
    {.name = "t5",
     .architecture = "T5ForConditionalGeneration",
     .constants = "\"feed_forward_proj\": \"relu\"",
     .keys = t5_keys,
     .stack = t5_stack,
     .layer = t5_decoder,
     .layers = "decoder.block",
     .encoder_layer = t5_encoder,
     .encoder_layers = "encoder.block"},
    {.name = NULL},
};

const bs_gguf_tensor *bs_gguf_find_tensor(const bs_gguf *gguf, const char *name) {
  for (size_t i = 0; i < gguf->n_tensors; i++)
    if (strcmp(gguf->tensors[i].name, name) == 0)
      return &gguf->tensors[i];
  return NULL;
}

bs_status bs_gguf_architecture_of(const bs_gguf_architecture **out, const bs_gguf *gguf,
                                  bs_error *err) {
  const char *name = "";
  size_t n_name = 0;
  bs_text known = {0};
  bs_status status = bs_gguf_get_string(gguf, "general.architecture", true, &name, &n_name, err);
  if (status != BS_OK)
    return status;
  for (const bs_gguf_architecture *at = bs_gguf_architectures; at->name != NULL; at++) {
    if (strlen(at->name) == n_name && memcmp(at->name, name, n_name) == 0 &&
        (at->marker == NULL || bs_gguf_find_tensor(gguf, at->marker) != NULL)) {
      *out = at;
      bs_text_free(&known);
      return BS_OK;
    }
    if (status == BS_OK && at->marker == NULL)
      status = bs_text_printf(&known, err, "%s%s", known.n_bytes > 0 ? ", " : "", at->name);
  }
  if (status == BS_OK)
    status = bs_error_set(
        err, BS_ERR_UNSUPPORTED, "%s: general.architecture \"%.*s\" is not read; known: %s",
        gguf->path, (int)bs_size_min(bs_utf8_valid_bytes(name, n_name), 64), name, known.data);
  bs_text_free(&known);
  return status;
}
