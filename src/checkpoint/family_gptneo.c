/* GPTNeoForCausalLM: learned positions, scores that are not scaled, windows in the layers that
   attention_types calls local, q, k and v without biases. */
#include <string.h>

#include "checkpoint/keys_internal.h"

enum { DEFAULT_WINDOW = 256, DEFAULT_ROUNDS = 12 };

static const char *const ignored[] = {".attention.bias", ".attention.masked_bias", NULL};

/* Each with transformers' other name for it. */
static const char *const layers[] = {"num_layers", "num_hidden_layers", NULL};
static const char *const heads[] = {"num_heads", "num_attention_heads", NULL};

static const char *const obeyed[] = {"hidden_size",
                                     "num_layers",
                                     "num_hidden_layers",
                                     "num_heads",
                                     "num_attention_heads",
                                     "intermediate_size",
                                     "max_position_embeddings",
                                     "layer_norm_epsilon",
                                     "activation_function",
                                     "attention_types",
                                     "attention_layers",
                                     "window_size",
                                     NULL};
static const char *const harmless[] = {NULL};
static const bs_key_rule refused[] = {
    {"position_embedding_type", {"absolute", "learned"}, .why = "positions are learned"},
    {0},
};

static const bs_place places[] = {{BS_SLOT_EMBEDDING, "wte"},
                                  {BS_SLOT_POSITIONS, "wpe"},
                                  {BS_SLOT_ATTENTION_NORM, "ln_1"},
                                  {BS_SLOT_QKV, "attn.attention.q_proj"},
                                  {BS_SLOT_QKV, "attn.attention.k_proj"},
                                  {BS_SLOT_QKV, "attn.attention.v_proj"},
                                  {BS_SLOT_ATTENTION_OUT, "attn.attention.out_proj"},
                                  {BS_SLOT_MLP_NORM, "ln_2"},
                                  {BS_SLOT_MLP_IN, "mlp.c_fc"},
                                  {BS_SLOT_MLP_OUT, "mlp.c_proj"},
                                  {BS_SLOT_FINAL_NORM, "ln_f"},
                                  {BS_SLOT_HEAD, "lm_head"},
                                  {BS_SLOT_NONE, NULL}};

/* The layers' kinds in the order in which a file tells them. */
typedef struct kinds {
  bs_reader *reader;
  bs_blueprint *blueprint;
  const char *key;
  size_t window, n;
} kinds;

static void add_kind(kinds *k, const char *name) {
  bool is_local = strcmp(name, "local") == 0;
  if (!is_local && strcmp(name, "global") != 0)
    bs_reader_fail(k->reader, BS_ERR_UNSUPPORTED, k->key,
                   "unknown kind \"%s\"; known: global, local", name);
  else if (k->n == k->blueprint->n_layers)
    bs_reader_fail(k->reader, BS_ERR_INPUT, k->key, "expected the kinds of %zu layers, found more",
                   k->n);
  if (k->reader->status == BS_OK)
    k->blueprint->layers[k->n++].window = is_local ? k->window : 0;
}

static void add_names(kinds *k, const cJSON *names) {
  const cJSON *name;
  if (!cJSON_IsArray(names))
    bs_reader_fail(k->reader, BS_ERR_INPUT, k->key, "expected an array of names");
  cJSON_ArrayForEach(name, names) {
    if (k->reader->status == BS_OK)
      add_kind(k, cJSON_IsString(name) ? name->valuestring : "(not a string)");
  }
}

/* [[[names], how often], ...] */
static void add_types(kinds *k, const cJSON *types) {
  const cJSON *type;
  if (!cJSON_IsArray(types))
    bs_reader_fail(k->reader, BS_ERR_INPUT, k->key, "expected [[[kinds of layers], how often]]");
  cJSON_ArrayForEach(type, types) {
    const cJSON *names = cJSON_GetArrayItem(type, 0), *times = cJSON_GetArrayItem(type, 1);
    double n = cJSON_IsNumber(times) ? times->valuedouble : -1;
    if (!cJSON_IsArray(names) || cJSON_GetArraySize(names) == 0 || !(n >= 0 && n <= BS_MAX_LAYERS))
      bs_reader_fail(k->reader, BS_ERR_INPUT, k->key, "expected [[[kinds of layers], how often]]");
    for (size_t i = 0; k->reader->status == BS_OK && i < (size_t)n; i++)
      add_names(k, names);
  }
}

static void expect_all(kinds *k) {
  if (k->reader->status == BS_OK && k->n != k->blueprint->n_layers)
    bs_reader_fail(k->reader, BS_ERR_INPUT, k->key, "expected the kinds of %zu layers, found %zu",
                   k->blueprint->n_layers, k->n);
}

/* attention_types, absent: global and local in turn, 12 times. attention_layers is the same written
   out, and transformers takes it where it stands there. */
static void read_windows(bs_reader *reader, bs_blueprint *blueprint) {
  kinds k = {.reader = reader,
             .blueprint = blueprint,
             .key = "attention_types",
             .window = bs_model_config_size(reader, "window_size", DEFAULT_WINDOW)};
  const cJSON *types = bs_json_get(reader->config->root, k.key);
  for (size_t i = 0; types == NULL && i < DEFAULT_ROUNDS; i++) {
    add_kind(&k, "global");
    add_kind(&k, "local");
  }
  if (types != NULL)
    add_types(&k, types);
  expect_all(&k);
  if (!bs_model_config_has(reader, "attention_layers"))
    return;
  k.key = "attention_layers";
  k.n = 0;
  add_names(&k, bs_json_get(reader->config->root, k.key));
  expect_all(&k);
}

static void read_sizes(bs_reader *reader, bs_blueprint *blueprint) {
  blueprint->d_model = bs_model_config_size(reader, "hidden_size", 0);
  blueprint->n_layers = bs_model_config_size_of(reader, layers);
  blueprint->n_heads = bs_model_config_size_of(reader, heads);
  blueprint->d_ff = bs_model_config_size(reader, "intermediate_size", 4 * blueprint->d_model);
  blueprint->vocab_size = bs_model_config_size(reader, "vocab_size", 0);
  blueprint->max_positions = bs_model_config_size(reader, "max_position_embeddings", 0);
  bs_model_config_heads(reader, blueprint, "num_heads", "hidden_size");
  blueprint->norm_kind = BS_NORM_LAYER;
  blueprint->norm_epsilon = bs_model_config_positive(reader, "layer_norm_epsilon", 1e-5);
  blueprint->activation = bs_model_config_activation(reader, "activation_function", "gelu_new");
  blueprint->position = BS_POSITION_LEARNED;
  bs_reader_layers(reader, blueprint);
  for (size_t i = 0; reader->status == BS_OK && i < blueprint->n_layers; i++)
    blueprint->layers[i].score_scale = 1;
  if (reader->status == BS_OK)
    read_windows(reader, blueprint);
}

static void describe(bs_reader *reader, bs_blueprint *blueprint) {
  read_sizes(reader, blueprint);
  bs_reader_heads(blueprint, false);
  bs_bind(
      reader, blueprint,
      &(bs_naming){.prefix = bs_reader_has(reader, "transformer.wte.weight") ? "transformer." : "",
                   .layers = "h",
                   .places = places,
                   .biased = BS_SLOTS_OF_LAYERS_AND_NORMS & ~BS_SLOT_BIT(BS_SLOT_QKV),
                   .tied = bs_model_config_bool(reader, "tie_word_embeddings", true)});
}

const bs_family bs_family_gptneo = {
    .architecture = "GPTNeoForCausalLM",
    .model_type = "gpt_neo",
    .describe = describe,
    .ignored = ignored,
    .obeyed = obeyed,
    .harmless = harmless,
    .refused = refused,
};
