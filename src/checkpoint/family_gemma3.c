/* Gemma3ForCausalLM, and the same inside Gemma3ForConditionalGeneration: norms (of weights 1 + w)
   before and after each part and of each head's q and k; windows in all layers but every sixth,
   which have rotary settings of their own; embeddings times the root of the width. */
#include <math.h>
#include <stddef.h>
#include <string.h>

#include "checkpoint/keys_internal.h"

/* transformers'; published files leave out what is the same. */
enum {
  HIDDEN_SIZE = 2304,
  HIDDEN = 9216,
  LAYERS = 26,
  HEADS = 8,
  KV_HEADS = 4,
  HEAD_DIM = 256,
  VOCABULARY = 262208,
  POSITIONS = 131072,
  WINDOW = 4096,
  PATTERN = 6,
};
enum { WHOLE, WINDOWED }; /* sets of angles */

static const char *const ignored[] = {".rotary_emb.inv_freq", ".rotary_emb_local.inv_freq", NULL};
static const char *const obeyed[] = {"hidden_size",
                                     "num_hidden_layers",
                                     "num_attention_heads",
                                     "num_key_value_heads",
                                     "head_dim",
                                     "intermediate_size",
                                     "max_position_embeddings",
                                     "rms_norm_eps",
                                     "hidden_activation",
                                     "attention_bias",
                                     "query_pre_attn_scalar",
                                     "sliding_window",
                                     "sliding_window_pattern",
                                     "_sliding_window_pattern",
                                     "layer_types",
                                     "rope_local_base_freq",
                                     BS_ROTARY_KEYS,
                                     NULL};
static const char *const harmless[] = {NULL};
static const bs_key_rule refused[] = {
    {"partial_rotary_factor", {"1"}, .null_counts = true, .why = "whole heads are rotated"},
    {"position_embedding_type", {"rope", "rotary"}, .why = "positions are rotary"},
    {0},
};

static const bs_place places[] = {{BS_SLOT_EMBEDDING, "embed_tokens"},
                                  {BS_SLOT_ATTENTION_NORM, "input_layernorm"},
                                  {BS_SLOT_QKV, "self_attn.q_proj"},
                                  {BS_SLOT_QKV, "self_attn.k_proj"},
                                  {BS_SLOT_QKV, "self_attn.v_proj"},
                                  {BS_SLOT_Q_NORM, "self_attn.q_norm"},
                                  {BS_SLOT_K_NORM, "self_attn.k_norm"},
                                  {BS_SLOT_ATTENTION_OUT, "self_attn.o_proj"},
                                  {BS_SLOT_ATTENTION_POST_NORM, "post_attention_layernorm"},
                                  {BS_SLOT_MLP_NORM, "pre_feedforward_layernorm"},
                                  {BS_SLOT_MLP_IN, "mlp.gate_proj"},
                                  {BS_SLOT_MLP_IN, "mlp.up_proj"},
                                  {BS_SLOT_MLP_OUT, "mlp.down_proj"},
                                  {BS_SLOT_MLP_POST_NORM, "post_feedforward_layernorm"},
                                  {BS_SLOT_FINAL_NORM, "norm"},
                                  {BS_SLOT_HEAD, "lm_head"},
                                  {BS_SLOT_NONE, NULL}};

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

static void read_sizes(bs_reader *reader, bs_blueprint *blueprint) {
  blueprint->d_model = bs_model_config_size(reader, "hidden_size", HIDDEN_SIZE);
  blueprint->n_layers = bs_model_config_size(reader, "num_hidden_layers", LAYERS);
  blueprint->n_heads = bs_model_config_size(reader, "num_attention_heads", HEADS);
  bs_model_config_kv_heads(reader, blueprint, KV_HEADS);
  blueprint->head_dim = bs_model_config_size(reader, "head_dim", HEAD_DIM);
  blueprint->d_ff = bs_model_config_size(reader, "intermediate_size", HIDDEN);
  blueprint->vocab_size = bs_model_config_size(reader, "vocab_size", VOCABULARY);
  blueprint->max_positions = bs_model_config_size(reader, "max_position_embeddings", POSITIONS);
  blueprint->norm_kind = BS_NORM_RMS;
  blueprint->norm_epsilon = bs_model_config_positive(reader, "rms_norm_eps", 1e-6);
  blueprint->norm_offset = 1;
  blueprint->activation =
      bs_model_config_activation(reader, "hidden_activation", "gelu_pytorch_tanh");
  blueprint->gated = true;
  read_rotary(reader, blueprint);
  bs_reader_layers(reader, blueprint);
  blueprint->embedding_scale = sqrt((double)blueprint->d_model);
  double scalar = bs_model_config_positive(reader, "query_pre_attn_scalar", HEAD_DIM);
  for (size_t i = 0; reader->status == BS_OK && i < blueprint->n_layers; i++) {
    bs_layer_blueprint *layer = &blueprint->layers[i];
    layer->score_scale = 1 / sqrt(scalar);
    layer->steps[0].post_norm = BS_SLOT_ATTENTION_POST_NORM;
    layer->steps[1].post_norm = BS_SLOT_MLP_POST_NORM;
  }
  read_windows(reader, blueprint);
}

/* `prefix` is that of all names but the head's, which is called `head`. */
static void describe_as(bs_reader *reader, bs_blueprint *blueprint, const char *prefix,
                        const char *head, bool tied) {
  const uint32_t attention = BS_SLOT_BIT(BS_SLOT_QKV) | BS_SLOT_BIT(BS_SLOT_ATTENTION_OUT);
  enum { N_PLACES = sizeof places / sizeof *places };
  bs_place own[N_PLACES];
  memcpy(own, places, sizeof places);
  own[N_PLACES - 2].name = head;
  read_sizes(reader, blueprint);
  bs_reader_heads(blueprint, false);
  bool bias = bs_model_config_bool(reader, "attention_bias", false);
  bs_bind(reader, blueprint,
          &(bs_naming){.prefix = prefix,
                       .layers = "layers",
                       .places = own,
                       .biased = bias ? attention : 0,
                       .tied = tied});
}

static void describe(bs_reader *reader, bs_blueprint *blueprint) {
  describe_as(reader, blueprint, "model.", "lm_head",
              bs_model_config_bool(reader, "tie_word_embeddings", true));
}

const bs_family bs_family_gemma3 = {
    .architecture = "Gemma3ForCausalLM",
    .model_type = "gemma3_text",
    .describe = describe,
    .ignored = ignored,
    .obeyed = obeyed,
    .harmless = harmless,
    .refused = refused,
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
    describe_as(&reader, blueprint, is_old ? "language_model.model." : "model.language_model.",
                is_old ? "language_model.lm_head" : "lm_head", tied);
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
