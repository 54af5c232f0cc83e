/* Qwen2ForCausalLM: Llama's block with biases on q, k and v alone, and a sliding window where
   use_sliding_window says so. Qwen3ForCausalLM: no such biases, but norms of each head's q and k.
 */
#include "checkpoint/family_llama_internal.h"

#include <stddef.h>

enum { DEFAULT_KV_HEADS = 32 }; /* transformers' */

static const char *const ignored[] = {".rotary_emb.inv_freq", NULL};

#define WINDOW_KEYS "sliding_window", "use_sliding_window", "max_window_layers", "layer_types"

static const char *const qwen2_obeyed[] = {BS_LLAMA_KEYS, WINDOW_KEYS, NULL};
static const char *const qwen3_obeyed[] = {BS_LLAMA_KEYS, WINDOW_KEYS, "attention_bias", NULL};
/* Qwen2 has its biases whatever the file says; the tensors must be there. */
static const char *const qwen2_harmless[] = {"attention_bias", NULL};
static const bs_key_rule qwen3_refused[] = {
    BS_LLAMA_RULES,
    {"use_qk_norm", {"true"}, .null_counts = true, .why = "Qwen3 has norms of q and k"},
    {"qk_norm", {"true"}, .null_counts = true, .why = "Qwen3 has norms of q and k"},
    {"qk_layernorm", {"true"}, .null_counts = true, .why = "Qwen3 has norms of q and k"},
    {0},
};

static void describe_qwen2(bs_reader *reader, bs_blueprint *blueprint) {
  bs_llama_sizes(reader, blueprint, &(bs_llama_defaults){.kv_heads = DEFAULT_KV_HEADS});
  bs_model_config_windows(reader, blueprint, true);
  bs_llama_bind(reader, blueprint, &(bs_llama_variant){.qkv_bias = true});
}

static void describe_qwen3(bs_reader *reader, bs_blueprint *blueprint) {
  if (!bs_model_config_has(reader, "head_dim"))
    bs_reader_fail(reader, BS_ERR_INPUT, "head_dim", "missing");
  bs_llama_sizes(reader, blueprint, &(bs_llama_defaults){.kv_heads = DEFAULT_KV_HEADS});
  bs_model_config_windows(reader, blueprint, true);
  bool bias = bs_model_config_bool(reader, "attention_bias", false);
  bs_llama_bind(reader, blueprint,
                &(bs_llama_variant){.qkv_bias = bias, .out_bias = bias, .head_norms = true});
}

const bs_family bs_family_qwen2 = {
    .architecture = "Qwen2ForCausalLM",
    .model_type = "qwen2",
    .describe = describe_qwen2,
    .ignored = ignored,
    .obeyed = qwen2_obeyed,
    .harmless = qwen2_harmless,
    .refused = bs_llama_refused,
};

const bs_family bs_family_qwen3 = {
    .architecture = "Qwen3ForCausalLM",
    .model_type = "qwen3",
    .describe = describe_qwen3,
    .ignored = ignored,
    .obeyed = qwen3_obeyed,
    .harmless = bs_llama_harmless,
    .refused = qwen3_refused,
};
