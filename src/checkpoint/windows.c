/* Sliding windows of config.json -> the window of each layer. */
#include <string.h>

#include "checkpoint/family_internal.h"

/* What transformers' Mistral and Qwen configurations fall back to. */
enum { DEFAULT_WINDOW = 4096, DEFAULT_FULL_LAYERS = 28 };

static size_t read_window(bs_reader *reader, bool has_switch) {
  if (has_switch && !bs_model_config_bool(reader, "use_sliding_window", false))
    return 0;
  if (bs_json_get(reader->config->root, "sliding_window") == NULL)
    return DEFAULT_WINDOW;
  return bs_model_config_has(reader, "sliding_window")
             ? bs_model_config_size(reader, "sliding_window", 0)
             : 0;
}

/* Layers before this one see everything. */
static size_t first_with_window(bs_reader *reader) {
  const cJSON *item = bs_json_get(reader->config->root, "max_window_layers");
  int64_t first = DEFAULT_FULL_LAYERS;
  if (cJSON_IsNull(item))
    bs_reader_fail(reader, BS_ERR_INPUT, "max_window_layers", "null: expected a number of layers");
  if (reader->status == BS_OK)
    reader->status = bs_json_get_integer(reader->config, reader->config->root, "max_window_layers",
                                         false, 0, BS_MAX_WIDTH, &first, reader->err);
  return (size_t)first;
}

void bs_model_config_layer_types(bs_reader *reader, bs_blueprint *blueprint, size_t window) {
  const cJSON *types = bs_json_get(reader->config->root, "layer_types");
  if (!cJSON_IsArray(types) || (size_t)cJSON_GetArraySize(types) != blueprint->n_layers) {
    bs_reader_fail(reader, BS_ERR_INPUT, "layer_types", "expected an array of %zu names",
                   blueprint->n_layers);
    return;
  }
  size_t i = 0;
  const cJSON *type;
  cJSON_ArrayForEach(type, types) {
    const char *name = cJSON_IsString(type) ? type->valuestring : "";
    bool slides = strcmp(name, "sliding_attention") == 0;
    if (!slides && strcmp(name, "full_attention") != 0)
      bs_reader_fail(reader, BS_ERR_UNSUPPORTED, "layer_types",
                     "unknown kind \"%s\"; known: full_attention, sliding_attention", name);
    else if (slides && window == 0)
      bs_reader_fail(reader, BS_ERR_INPUT, "layer_types", "sliding_attention without a window");
    blueprint->layers[i++].window = slides ? window : 0;
  }
}

void bs_model_config_windows(bs_reader *reader, bs_blueprint *blueprint, bool has_switch) {
  size_t window = read_window(reader, has_switch);
  bool has_types = bs_model_config_has(reader, "layer_types");
  size_t first = has_switch && window > 0 && !has_types ? first_with_window(reader) : 0;
  for (size_t i = first; reader->status == BS_OK && i < blueprint->n_layers; i++)
    blueprint->layers[i].window = window;
  if (reader->status != BS_OK || !has_types)
    return;
  bs_model_config_layer_types(reader, blueprint, window);
  for (size_t i = 0; !has_switch && reader->status == BS_OK && i < blueprint->n_layers; i++)
    if (blueprint->layers[i].window != window)
      bs_reader_fail(reader, BS_ERR_UNSUPPORTED, "layer_types",
                     "layer %zu without the window: sliding_window gives %s one of %zu in every "
                     "layer (Ministral has layers of two kinds, and is not read)",
                     i, reader->family->architecture, window);
}
