/* MptForCausalLM, published as MPTForCausalLM: ALiBi with slopes of its own, norms and layers
   without biases, q, k and v clipped; what attention does stands in an object of its own. */
#include <string.h>

#include "checkpoint/keys_internal.h"

enum { DEFAULT_RATIO = 4, DEFAULT_POSITIONS = 2048 }; /* transformers' */

static const char *const ignored[] = {NULL};

/* Each with transformers' other name. */
static const char *const width[] = {"d_model", "hidden_size", NULL};
static const char *const layers[] = {"n_layers", "num_hidden_layers", NULL};
static const char *const heads[] = {"n_heads", "num_attention_heads", NULL};

static const char *const obeyed[] = {"d_model",           "hidden_size", "n_layers",
                                     "num_hidden_layers", "n_heads",     "num_attention_heads",
                                     "expansion_ratio",   "max_seq_len", "layer_norm_epsilon",
                                     "attn_config",       NULL};
/* learned_pos_emb is read where there is no ALiBi; embedding_fraction is of gradients;
   use_pad_tok_in_ffn of padding, which is not fed. */
static const char *const harmless[] = {"learned_pos_emb",
                                       "embedding_fraction",
                                       "use_pad_tok_in_ffn",
                                       "tokenizer_name",
                                       "verbose",
                                       NULL};

/* The code that came with the published files, which transformers' class was made from. */
static bool is_published_code(const bs_reader *reader, const cJSON *value) {
  static const char *const modules[] = {"configuration_mpt", "modeling_mpt", NULL};
  (void)reader;
  return bs_key_names_modules(value, modules);
}

/* "torch" or {"name": "torch"}: a plain matrix. */
static bool is_plain_matrix(const bs_reader *reader, const cJSON *value) {
  (void)reader;
  const cJSON *name =
      cJSON_IsObject(value) && cJSON_GetArraySize(value) == 1 ? bs_json_get(value, "name") : value;
  return cJSON_IsString(name) && strcmp(name->valuestring, "torch") == 0;
}

/* MPT's own feed-forward layer, said in newer files. */
static bool is_plain_ffn(const bs_reader *reader, const cJSON *value) {
  const cJSON *item;
  if (!cJSON_IsObject(value))
    return false;
  cJSON_ArrayForEach(item, value) {
    bool is_kind = strcmp(item->string, "ffn_type") == 0 && cJSON_IsString(item) &&
                   strcmp(item->valuestring, "mptmlp") == 0;
    if (!is_kind && !(strcmp(item->string, "fc_type") == 0 && is_plain_matrix(reader, item)))
      return false;
  }
  return true;
}

#define MATRIX "matrices of another make are not built"

static const bs_key_rule refused[] = {
    {"fc_type", .is_neutral = is_plain_matrix, .why = MATRIX},
    {"ffn_config", .is_neutral = is_plain_ffn,
     .why = "it describes another feed-forward layer than MPT's own"},
    {"no_bias", {"true"}, .null_counts = true, .why = "biases are not built for MPT"},
    {"norm_type",
     {"low_precision_layernorm", "layernorm"},
     .null_counts = true,
     .why = "norms are LayerNorms"},
    {"position_embedding_type", {"alibi"}, .why = "positions are by ALiBi"},
    {"auto_map", .is_neutral = is_published_code,
     .why = "the model brings Python code of its own beside MPT's, which is not run"},
    {0},
};

/* attn_config's own keys, sorted as those of a family. */
static const char *const attention_obeyed[] = {"alibi_bias_max", "clip_qkv", "softmax_scale", NULL};
/* rope_... is read beside rope alone, which is refused. */
static const char *const attention_harmless[] = {"attn_impl",        "rope_theta",     "rope_impl",
                                                 "rope_dail_config", "rope_hf_config", NULL};
static const bs_key_rule attention_refused[] = {
    {"alibi", {"true"}, .null_counts = true, .why = "positions are by ALiBi"},
    {"attn_type", {"multihead_attention"}, .why = "each head has a key of its own"},
    {"attn_uses_sequence_id", {"false"}, .why = "several texts in one are not built"},
    {"fc_type", .is_neutral = is_plain_matrix, .why = MATRIX},
    {"qk_ln", {"false"}, .why = "norms of q and k are not built for MPT"},
    {"qk_gn", {"false"}, .why = "norms of q and k are not built for MPT"},
    {"rope", {"false"}, .why = "positions are by ALiBi"},
    {"sliding_window_size", {"-1"}, .why = "MPT's windows are not built"},
    {0},
};
static const bs_family attention_keys = {
    .architecture = "MptForCausalLM (attn_config)",
    .obeyed = attention_obeyed,
    .harmless = attention_harmless,
    .refused = attention_refused,
};

static const bs_place places[] = {
    {BS_SLOT_EMBEDDING, "wte"},         {BS_SLOT_ATTENTION_NORM, "norm_1"},
    {BS_SLOT_QKV, "attn.Wqkv"},         {BS_SLOT_ATTENTION_OUT, "attn.out_proj"},
    {BS_SLOT_MLP_NORM, "norm_2"},       {BS_SLOT_MLP_IN, "ffn.up_proj"},
    {BS_SLOT_MLP_OUT, "ffn.down_proj"}, {BS_SLOT_FINAL_NORM, "norm_f"},
    {BS_SLOT_HEAD, "lm_head"},          {BS_SLOT_NONE, NULL}};

/* What attn_config says, or what it has where it is absent. */
static void read_attention(bs_reader *reader, bs_blueprint *blueprint) {
  double bias_max = 8;
  const cJSON *object = bs_json_get(reader->config->root, "attn_config");
  if (object != NULL && !cJSON_IsNull(object) && !cJSON_IsObject(object))
    bs_reader_fail(reader, BS_ERR_INPUT, "attn_config", "expected an object");
  if (reader->status == BS_OK && cJSON_IsObject(object)) {
    bs_json part = *reader->config;
    part.root = bs_json_get(reader->config->root, "attn_config");
    bs_reader inner = *reader;
    inner.config = &part;
    inner.family = &attention_keys;
    bs_keys_check(&inner);
    bias_max = bs_model_config_positive(&inner, "alibi_bias_max", 8);
    if (bs_model_config_has(&inner, "clip_qkv"))
      blueprint->qkv_clip = bs_model_config_positive(&inner, "clip_qkv", 1);
    double scale = bs_model_config_has(&inner, "softmax_scale")
                       ? bs_model_config_positive(&inner, "softmax_scale", 1)
                       : 0;
    for (size_t i = 0; scale > 0 && inner.status == BS_OK && i < blueprint->n_layers; i++)
      blueprint->layers[i].score_scale = scale;
    reader->status = inner.status;
  }
  bs_reader_alibi(reader, blueprint, BS_ALIBI_MPT, bias_max, 1);
}

static void read_sizes(bs_reader *reader, bs_blueprint *blueprint) {
  blueprint->d_model = bs_model_config_size_of(reader, width);
  blueprint->n_layers = bs_model_config_size_of(reader, layers);
  blueprint->n_heads = bs_model_config_size_of(reader, heads);
  size_t ratio = bs_model_config_size(reader, "expansion_ratio", DEFAULT_RATIO);
  if (ratio > BS_MAX_WIDTH / blueprint->d_model)
    bs_reader_fail(reader, BS_ERR_LIMIT, "expansion_ratio", "%zu times %zu is too wide", ratio,
                   blueprint->d_model);
  blueprint->d_ff = ratio * blueprint->d_model;
  blueprint->vocab_size = bs_model_config_size(reader, "vocab_size", 0);
  blueprint->max_positions = bs_model_config_size(reader, "max_seq_len", DEFAULT_POSITIONS);
  bs_model_config_heads(reader, blueprint, "n_heads", "d_model");
  blueprint->norm_kind = BS_NORM_LAYER;
  blueprint->norm_epsilon = bs_model_config_positive(reader, "layer_norm_epsilon", 1e-5);
  blueprint->activation = BS_ACTIVATION_GELU;
  blueprint->position = BS_POSITION_ALIBI;
  bs_reader_layers(reader, blueprint);
  read_attention(reader, blueprint);
}

static void describe(bs_reader *reader, bs_blueprint *blueprint) {
  read_sizes(reader, blueprint);
  bs_reader_heads(blueprint, false);
  bs_bind(reader, blueprint,
          &(bs_naming){.prefix = "transformer.",
                       .layers = "blocks",
                       .places = places,
                       .tied = bs_model_config_bool(reader, "tie_word_embeddings", true)});
}

const bs_family bs_family_mpt = {
    .architecture = "MptForCausalLM",
    .model_type = "mpt",
    .older_architecture = "MPTForCausalLM",
    .describe = describe,
    .ignored = ignored,
    .obeyed = obeyed,
    .harmless = harmless,
    .refused = refused,
};
