/* GemmaForCausalLM and Gemma2ForCausalLM, and what all generations of Gemma share. Gemma 2 has
   norms on both sides of each part, windows in every other layer, and caps of scores and logits. */
#include "checkpoint/family_gemma_internal.h"

#include <math.h>
#include <string.h>

const char *const bs_gemma_ignored[] = {".rotary_emb.inv_freq", ".rotary_emb_local.inv_freq", NULL};
const bs_key_rule bs_gemma_refused[] = {BS_GEMMA_RULES, {0}};

void bs_gemma_sizes(bs_reader *reader, bs_blueprint *blueprint, const bs_gemma_defaults *defaults) {
  blueprint->d_model = bs_model_config_size(reader, "hidden_size", defaults->d_model);
  blueprint->n_layers = bs_model_config_size(reader, "num_hidden_layers", defaults->n_layers);
  blueprint->n_heads = bs_model_config_size(reader, "num_attention_heads", defaults->n_heads);
  bs_model_config_kv_heads(reader, blueprint, defaults->n_kv_heads);
  blueprint->head_dim = bs_model_config_size(reader, "head_dim", defaults->head_dim);
  blueprint->d_ff = bs_model_config_size(reader, "intermediate_size", defaults->d_ff);
  blueprint->vocab_size = bs_model_config_size(reader, "vocab_size", defaults->vocab_size);
  blueprint->max_positions =
      bs_model_config_size(reader, "max_position_embeddings", defaults->max_positions);
  blueprint->norm_kind = BS_NORM_RMS;
  blueprint->norm_epsilon = bs_model_config_positive(reader, "rms_norm_eps", 1e-6);
  blueprint->norm_offset = 1;
  blueprint->gated = true;
}

void bs_gemma_four_norms(bs_reader *reader, bs_blueprint *blueprint, double default_scalar) {
  double scalar = bs_model_config_positive(reader, "query_pre_attn_scalar", default_scalar);
  for (size_t i = 0; reader->status == BS_OK && i < blueprint->n_layers; i++) {
    bs_layer_blueprint *layer = &blueprint->layers[i];
    layer->score_scale = 1 / sqrt(scalar);
    layer->steps[0].post_norm = BS_SLOT_ATTENTION_POST_NORM;
    layer->steps[1].post_norm = BS_SLOT_MLP_POST_NORM;
  }
}

#define ATTENTION_PLACES                                                                           \
  {BS_SLOT_EMBEDDING, "embed_tokens"}, {BS_SLOT_ATTENTION_NORM, "input_layernorm"},                \
      {BS_SLOT_QKV, "self_attn.q_proj"}, {BS_SLOT_QKV, "self_attn.k_proj"},                        \
      {BS_SLOT_QKV, "self_attn.v_proj"}, {                                                         \
    BS_SLOT_ATTENTION_OUT, "self_attn.o_proj"                                                      \
  }
#define OTHER_PLACES                                                                               \
  {BS_SLOT_MLP_IN, "mlp.gate_proj"}, {BS_SLOT_MLP_IN, "mlp.up_proj"},                              \
      {BS_SLOT_MLP_OUT, "mlp.down_proj"}, {BS_SLOT_FINAL_NORM, "norm"}, {BS_SLOT_HEAD, "lm_head"}, \
  {                                                                                                \
    BS_SLOT_NONE, NULL                                                                             \
  }

static const bs_place two_norms[] = {
    ATTENTION_PLACES, {BS_SLOT_MLP_NORM, "post_attention_layernorm"}, OTHER_PLACES};

static const bs_place four_norm_places[] = {
    ATTENTION_PLACES,
    {BS_SLOT_Q_NORM, "self_attn.q_norm"},
    {BS_SLOT_K_NORM, "self_attn.k_norm"},
    {BS_SLOT_ATTENTION_POST_NORM, "post_attention_layernorm"},
    {BS_SLOT_MLP_NORM, "pre_feedforward_layernorm"},
    {BS_SLOT_MLP_POST_NORM, "post_feedforward_layernorm"},
    OTHER_PLACES};

/* Places before the last two, the head and the end. */
static size_t count_places(const bs_place *places) {
  size_t n = 0;
  while (places[n].slot != BS_SLOT_HEAD)
    n++;
  return n;
}

void bs_gemma_bind(bs_reader *reader, bs_blueprint *blueprint, const bs_gemma_form *form) {
  enum { MOST_PLACES = sizeof four_norm_places / sizeof *four_norm_places };
  const uint32_t attention = BS_SLOT_BIT(BS_SLOT_QKV) | BS_SLOT_BIT(BS_SLOT_ATTENTION_OUT);
  const uint32_t of_heads = BS_SLOT_BIT(BS_SLOT_Q_NORM) | BS_SLOT_BIT(BS_SLOT_K_NORM);
  const bs_place *known = form->four_norms ? four_norm_places : two_norms;
  bs_place places[MOST_PLACES];
  size_t n = count_places(known);
  memcpy(places, known, n * sizeof *places);
  places[n] = (bs_place){BS_SLOT_HEAD, form->head};
  places[n + 1] = (bs_place){BS_SLOT_NONE, NULL};
  bs_reader_heads(blueprint, false);
  bool bias = bs_model_config_bool(reader, "attention_bias", false);
  bs_bind(reader, blueprint,
          &(bs_naming){.prefix = form->prefix,
                       .layers = "layers",
                       .places = places,
                       .biased = bias ? attention : 0,
                       .absent = form->head_norms ? 0 : of_heads,
                       .tied = form->tied});
}

/* Binds tensors that are called as in the first generation. */
static void bind_plain(bs_reader *reader, bs_blueprint *blueprint, bool four_norms) {
  bs_gemma_bind(
      reader, blueprint,
      &(bs_gemma_form){.prefix = "model.",
                       .head = "lm_head",
                       .four_norms = four_norms,
                       .tied = bs_model_config_bool(reader, "tie_word_embeddings", true)});
}

/* The first files say hidden_act "gelu" and no hidden_activation: the tanh form is meant. Where
   both stand, hidden_activation counted in some versions of transformers and hidden_act in others.
 */
static void read_activation(bs_reader *reader, bs_blueprint *blueprint) {
  static const char form[] = "gelu_pytorch_tanh";
  const cJSON *older = bs_json_get(reader->config->root, "hidden_act");
  bool is_older_name = cJSON_IsString(older) && strcmp(older->valuestring, "gelu") == 0;
  bool has_newer = bs_model_config_has(reader, "hidden_activation");
  bs_activation by_older = is_older_name ? BS_ACTIVATION_GELU_TANH
                                         : bs_model_config_activation(reader, "hidden_act", form);
  blueprint->activation =
      has_newer ? bs_model_config_activation(reader, "hidden_activation", form) : by_older;
  if (blueprint->activation != by_older && bs_model_config_has(reader, "hidden_act"))
    bs_reader_fail(reader, BS_ERR_INPUT, "hidden_activation",
                   "contradicts hidden_act; versions of transformers differ in which counts. Take "
                   "the wrong one out of config.json");
}

/* --- Gemma 1 -------------------------------------------------------------------------------- */

static const char *const obeyed[] = {BS_GEMMA_KEYS, "hidden_act", "hidden_activation", NULL};
static const char *const harmless[] = {NULL};

static void describe(bs_reader *reader, bs_blueprint *blueprint) {
  static const bs_gemma_defaults defaults = {.d_model = 3072,
                                             .d_ff = 24576,
                                             .n_layers = 28,
                                             .n_heads = 16,
                                             .n_kv_heads = 16,
                                             .head_dim = 256,
                                             .vocab_size = 256000,
                                             .max_positions = 8192};
  bs_gemma_sizes(reader, blueprint, &defaults);
  read_activation(reader, blueprint);
  bs_model_config_rotary(reader, blueprint, 0, &(bs_rotary_source){.default_fraction = 1});
  bs_reader_layers(reader, blueprint);
  blueprint->embedding_scale = sqrt((double)blueprint->d_model);
  bind_plain(reader, blueprint, false);
}

const bs_family bs_family_gemma = {
    .architecture = "GemmaForCausalLM",
    .model_type = "gemma",
    .describe = describe,
    .ignored = bs_gemma_ignored,
    .obeyed = obeyed,
    .harmless = harmless,
    .refused = bs_gemma_refused,
};

/* --- Gemma 2 -------------------------------------------------------------------------------- */

static const char *const obeyed_2[] = {
    BS_GEMMA_KEYS, "hidden_activation",      "query_pre_attn_scalar",   "sliding_window",
    "layer_types", "attn_logit_softcapping", "final_logit_softcapping", NULL};
/* Its activation is hidden_activation's, whatever this older key says. */
static const char *const harmless_2[] = {"hidden_act", NULL};

enum { DEFAULT_WINDOW = 4096 }; /* transformers' */

/* A name of published files that transformers' class does not read. */
static bool is_the_window(const bs_reader *reader, const cJSON *value) {
  const cJSON *window = bs_json_get(reader->config->root, "sliding_window");
  return window != NULL ? cJSON_Compare(value, window, true)
                        : cJSON_IsNumber(value) && value->valuedouble == DEFAULT_WINDOW;
}

static const bs_key_rule refused_2[] = {
    BS_GEMMA_RULES,
    {"sliding_window_size", .is_neutral = is_the_window,
     .why = "it is another window than sliding_window, the key that is read"},
    {0},
};

/* null: none. */
static double read_cap(bs_reader *reader, const char *key, double fallback) {
  const cJSON *item = bs_json_get(reader->config->root, key);
  return item != NULL && cJSON_IsNull(item) ? 0 : bs_model_config_positive(reader, key, fallback);
}

/* A window in every other layer from the first on, unless layer_types says otherwise. */
static void read_windows(bs_reader *reader, bs_blueprint *blueprint) {
  const cJSON *item = bs_json_get(reader->config->root, "sliding_window");
  bool has_none = item != NULL && cJSON_IsNull(item);
  size_t window = has_none ? 0 : bs_model_config_size(reader, "sliding_window", DEFAULT_WINDOW);
  if (bs_model_config_has(reader, "layer_types"))
    bs_model_config_layer_types(reader, blueprint, window);
  else
    for (size_t i = 0; reader->status == BS_OK && i < blueprint->n_layers; i += 2)
      blueprint->layers[i].window = window;
}

static void describe_2(bs_reader *reader, bs_blueprint *blueprint) {
  static const bs_gemma_defaults defaults = {.d_model = 2304,
                                             .d_ff = 9216,
                                             .n_layers = 26,
                                             .n_heads = 8,
                                             .n_kv_heads = 4,
                                             .head_dim = 256,
                                             .vocab_size = 256000,
                                             .max_positions = 8192};
  bs_gemma_sizes(reader, blueprint, &defaults);
  blueprint->activation =
      bs_model_config_activation(reader, "hidden_activation", "gelu_pytorch_tanh");
  bs_model_config_rotary(reader, blueprint, 0, &(bs_rotary_source){.default_fraction = 1});
  bs_reader_layers(reader, blueprint);
  blueprint->embedding_scale = sqrt((double)blueprint->d_model);
  bs_gemma_four_norms(reader, blueprint, 256);
  read_windows(reader, blueprint);
  double score_cap = read_cap(reader, "attn_logit_softcapping", 50);
  for (size_t i = 0; reader->status == BS_OK && i < blueprint->n_layers; i++)
    blueprint->layers[i].score_cap = score_cap;
  blueprint->logit_cap = read_cap(reader, "final_logit_softcapping", 30);
  bind_plain(reader, blueprint, true);
}

const bs_family bs_family_gemma2 = {
    .architecture = "Gemma2ForCausalLM",
    .model_type = "gemma2",
    .describe = describe_2,
    .ignored = bs_gemma_ignored,
    .obeyed = obeyed_2,
    .harmless = harmless_2,
    .refused = refused_2,
};
