/* MistralForCausalLM: Llama's block with a sliding window in every layer, or none. */
#include "checkpoint/family_llama_internal.h"

#include <stddef.h>

enum { DEFAULT_KV_HEADS = 8 }; /* transformers' */

static const char *const ignored[] = {".rotary_emb.inv_freq", NULL};
static const char *const obeyed[] = {BS_LLAMA_KEYS, "sliding_window", "layer_types", NULL};

static void describe(bs_reader *reader, bs_blueprint *blueprint) {
  bs_llama_sizes(reader, blueprint, &(bs_llama_defaults){.kv_heads = DEFAULT_KV_HEADS});
  bs_model_config_windows(reader, blueprint, false);
  bs_llama_bind(reader, blueprint, &(bs_llama_variant){0});
}

const bs_family bs_family_mistral = {
    .architecture = "MistralForCausalLM",
    .model_type = "mistral",
    .describe = describe,
    .ignored = ignored,
    .obeyed = obeyed,
    .harmless = bs_llama_harmless,
    .refused = bs_llama_refused,
};
