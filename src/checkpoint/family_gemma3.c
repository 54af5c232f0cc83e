/* Gemma3ForCausalLM, and the same inside Gemma3ForConditionalGeneration: norms (of weights 1 + w)
   before and after each part and of each head's q and k; windows in all layers but every sixth,
   which have rotary settings of their own; embeddings times the root of the width. */
#include "checkpoint/family_gemma_internal.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

enum { WINDOW = 4096, PATTERN = 6 }; /* transformers'; published files leave out what is the same */
enum { WHOLE, WINDOWED };            /* sets of angles */

static const char *const obeyed[] = {
    BS_GEMMA_KEYS,    "hidden_activation",      "query_pre_attn_scalar",
    "sliding_window", "sliding_window_pattern", "_sliding_window_pattern",
    "layer_types",    "rope_local_base_freq",   NULL};
static const char *const harmless[] = {NULL};

/* Every how many layers one has no window: by the name of older files, or of newer ones. */
static size_t read_pattern(bs_reader *reader) {
  size_t older = bs_model_config_size(reader, "sliding_window_pattern", PATTERN);
  size_t newer = bs_model_config_size(reader, "_sliding_window_pattern", older);
  if (newer != older && bs_model_config_has(reader, "sliding_window_pattern"))
    bs_reader_fail(reader, BS_ERR_INPUT, "_sliding_window_pattern",
                   "%zu contradicts sliding_window_pattern, which is %zu", newer, older);
  return newer;
}

/* layer_types, where it is there; else by the pattern. */
static void read_windows(bs_reader *reader, bs_blueprint *blueprint) {
  if (bs_json_get(reader->config->root, "sliding_window") != NULL &&
      !bs_model_config_has(reader, "sliding_window"))
    bs_reader_fail(reader, BS_ERR_INPUT, "sliding_window", "null: expected a window");
  size_t window = bs_model_config_size(reader, "sliding_window", WINDOW);
  size_t pattern = read_pattern(reader);
  if (reader->status == BS_OK && bs_model_config_has(reader, "layer_types"))
    bs_model_config_layer_types(reader, blueprint, window);
  bool by_pattern = !bs_model_config_has(reader, "layer_types");
  bool has_pattern = bs_model_config_has(reader, "sliding_window_pattern") ||
                     bs_model_config_has(reader, "_sliding_window_pattern");
  for (size_t i = 0; reader->status == BS_OK && i < blueprint->n_layers; i++) {
    bs_layer_blueprint *layer = &blueprint->layers[i];
    size_t expected = (i + 1) % pattern != 0 ? window : 0;
    if (by_pattern)
      layer->window = expected;
    else if (has_pattern && layer->window != expected)
      bs_reader_fail(reader, BS_ERR_INPUT, "layer_types",
                     "layer %zu contradicts sliding_window_pattern, which is %zu", i, pattern);
    layer->angles = layer->window > 0 ? WINDOWED : WHOLE;
  }
}

static void read_rotary(bs_reader *reader, bs_blueprint *blueprint) {
  bs_model_config_rotary(
      reader, blueprint, WHOLE,
      &(bs_rotary_source){.default_theta = 1e6, .default_fraction = 1, .layers = "full_attention"});
  bs_model_config_rotary(reader, blueprint, WINDOWED,
                         &(bs_rotary_source){.theta = "rope_local_base_freq",
                                             .default_theta = 1e4,
                                             .default_fraction = 1,
                                             .layers = "sliding_attention",
                                             .plain = true});
}

static void describe_form(bs_reader *reader, bs_blueprint *blueprint, const bs_gemma_form *form) {
  static const bs_gemma_defaults defaults = {.d_model = 2304,
                                             .d_ff = 9216,
                                             .n_layers = 26,
                                             .n_heads = 8,
                                             .n_kv_heads = 4,
                                             .head_dim = 256,
                                             .vocab_size = 262208,
                                             .max_positions = 131072};
  bs_gemma_sizes(reader, blueprint, &defaults);
  blueprint->activation =
      bs_model_config_activation(reader, "hidden_activation", "gelu_pytorch_tanh");
  read_rotary(reader, blueprint);
  bs_reader_layers(reader, blueprint);
  blueprint->embedding_scale = sqrt((double)blueprint->d_model);
  bs_gemma_four_norms(reader, blueprint, 256);
  read_windows(reader, blueprint);
  bs_gemma_bind(reader, blueprint, form);
}

static void describe(bs_reader *reader, bs_blueprint *blueprint) {
  describe_form(
      reader, blueprint,
      &(bs_gemma_form){.prefix = "model.",
                       .head = "lm_head",
                       .four_norms = true,
                       .head_norms = true,
                       .tied = bs_model_config_bool(reader, "tie_word_embeddings", true)});
}

const bs_family bs_family_gemma3 = {
    .architecture = "Gemma3ForCausalLM",
    .model_type = "gemma3_text",
    .describe = describe,
    .ignored = bs_gemma_ignored,
    .obeyed = obeyed,
    .harmless = harmless,
    .refused = bs_gemma_refused,
};

/* --- the language model of those that read images as well ----------------------------------- */

static const char *const whole_ignored[] = {".rotary_emb.inv_freq",
                                            ".rotary_emb_local.inv_freq",
                                            "vision_tower.",
                                            "multi_modal_projector.",
                                            "model.vision_tower.",
                                            "model.multi_modal_projector.",
                                            NULL};
static const char *const whole_obeyed[] = {"text_config", NULL};
static const char *const whole_harmless[] = {"vision_config",     "mm_tokens_per_image",
                                             "boi_token_index",   "eoi_token_index",
                                             "image_token_index", NULL};
static const bs_key_rule whole_refused[] = {{0}};

/* Whether the head is the embedding: text_config and the whole agree where both say it. */
static bool is_tied(bs_reader *whole, bs_reader *reader) {
  static const char key[] = "tie_word_embeddings";
  bool outer = bs_model_config_bool(whole, key, true);
  bool inner = bs_model_config_bool(reader, key, outer);
  if (inner != outer && bs_model_config_has(whole, key))
    bs_reader_fail(whole, BS_ERR_INPUT, key, "it contradicts that in text_config");
  return inner;
}

static void check_inner_type(bs_reader *reader) {
  const cJSON *type = bs_json_get(reader->config->root, "model_type");
  if (type != NULL && !(cJSON_IsString(type) && strcmp(type->valuestring, "gemma3_text") == 0))
    bs_reader_fail(reader, BS_ERR_UNSUPPORTED, "model_type",
                   "text_config is of another kind of model; expected \"gemma3_text\"");
}

/* Older files: language_model.model.NAME; newer ones: model.language_model.NAME. */
static void describe_whole(bs_reader *whole, bs_blueprint *blueprint) {
  cJSON *object = bs_json_get(whole->config->root, "text_config");
  if (!cJSON_IsObject(object)) {
    bs_reader_fail(whole, BS_ERR_INPUT, "text_config",
                   "expected an object that describes the language model");
    return;
  }
  bs_json config = bs_json_inner(whole->config, object);
  bs_reader reader = *whole;
  reader.config = &config;
  reader.family = &bs_family_gemma3;
  check_inner_type(&reader);
  if (reader.status == BS_OK)
    bs_keys_check(&reader);
  bool is_old = bs_reader_has(whole, "language_model.model.embed_tokens.weight");
  bool tied = reader.status == BS_OK && is_tied(whole, &reader);
  if (whole->status == BS_OK && reader.status == BS_OK)
    describe_form(
        &reader, blueprint,
        &(bs_gemma_form){.prefix = is_old ? "language_model.model." : "model.language_model.",
                         .head = is_old ? "language_model.lm_head" : "lm_head",
                         .four_norms = true,
                         .head_norms = true,
                         .tied = tied});
  whole->parameters = reader.parameters;
  if (whole->status == BS_OK)
    whole->status = reader.status;
}

const bs_family bs_family_gemma3_whole = {
    .architecture = "Gemma3ForConditionalGeneration",
    .model_type = "gemma3",
    .describe = describe_whole,
    .ignored = whole_ignored,
    .obeyed = whole_obeyed,
    .harmless = whole_harmless,
    .refused = whole_refused,
};
