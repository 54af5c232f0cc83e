/* MistralForCausalLM: Llama's block with a sliding window in every layer, or none. */
#include "checkpoint/family_llama_internal.h"

#include <stddef.h>

enum { DEFAULT_KV_HEADS = 8 }; /* transformers' */

static const char *const ignored[] = {".rotary_emb.inv_freq", NULL};
static const char *const obeyed[] = {BS_LLAMA_KEYS, "sliding_window", "layer_types", NULL};

static void describe(bs_reader *reader, bs_decoder *decoder) {
  bs_llama_sizes(reader, decoder, DEFAULT_KV_HEADS);
  bs_config_windows(reader, decoder, false);
  bs_llama_bind(reader, decoder, &(bs_llama_variant){0});
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
