/* SmolLM3ForCausalLM: Llama's block, without rotation in the layers that no_rope_layers has 0 for.
 */
#include "checkpoint/family_llama_internal.h"

#include <stddef.h>

enum { DEFAULT_KV_HEADS = 4, DEFAULT_INTERVAL = 4 }; /* transformers' */
static const double DEFAULT_THETA = 2e6;

static const char *const ignored[] = {".rotary_emb.inv_freq", NULL};
static const char *const obeyed[] = {BS_LLAMA_KEYS,    "attention_bias",         "mlp_bias",
                                     "no_rope_layers", "no_rope_layer_interval", NULL};
/* Windows, which no published model has, would go by layer_types. */
static const char *const harmless[] = {"max_window_layers", NULL};

/* Absent: every fourth layer, or every no_rope_layer_interval-th, is not rotated. */
static void read_rotated(bs_reader *reader, bs_blueprint *blueprint) {
  const cJSON *list = bs_json_get(reader->config->root, "no_rope_layers"), *item;
  size_t interval = bs_model_config_size(reader, "no_rope_layer_interval", DEFAULT_INTERVAL), i = 0;
  bool is_given = bs_model_config_has(reader, "no_rope_layers");
  if (is_given && (!cJSON_IsArray(list) || (size_t)cJSON_GetArraySize(list) != blueprint->n_layers))
    bs_reader_fail(reader, BS_ERR_INPUT, "no_rope_layers",
                   "expected an array of %zu numbers, 0 or 1", blueprint->n_layers);
  for (size_t l = 0; reader->status == BS_OK && !is_given && l < blueprint->n_layers; l++)
    blueprint->layers[l].angles = (l + 1) % interval != 0 ? 0 : BS_NO_ANGLES;
  if (reader->status != BS_OK || !is_given)
    return;
  cJSON_ArrayForEach(item, list) {
    if (!cJSON_IsNumber(item) || (item->valuedouble != 0 && item->valuedouble != 1))
      bs_reader_fail(reader, BS_ERR_INPUT, "no_rope_layers", "expected numbers, 0 or 1");
    else
      blueprint->layers[i].angles = item->valuedouble == 1 ? 0 : BS_NO_ANGLES;
    i++;
  }
}

static void describe(bs_reader *reader, bs_blueprint *blueprint) {
  bs_llama_sizes(reader, blueprint,
                 &(bs_llama_defaults){.kv_heads = DEFAULT_KV_HEADS, .theta = DEFAULT_THETA});
  if (reader->status == BS_OK)
    read_rotated(reader, blueprint);
  bool bias = bs_model_config_bool(reader, "attention_bias", false);
  bs_llama_bind(reader, blueprint,
                &(bs_llama_variant){.qkv_bias = bias,
                                    .out_bias = bias,
                                    .mlp_bias = bs_model_config_bool(reader, "mlp_bias", false),
                                    .tied = true});
}

const bs_family bs_family_smollm3 = {
    .architecture = "SmolLM3ForCausalLM",
    .model_type = "smollm3",
    .describe = describe,
    .ignored = ignored,
    .obeyed = obeyed,
    .harmless = harmless,
    .refused = bs_llama_refused,
};
