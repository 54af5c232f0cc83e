/* FalconForCausalLM in its three forms: 7b (one key and value for all heads, one norm), 40b and
   11b (heads in groups, two norms side by side or one), rw (ALiBi, one part after the other); and
   the older RWForCausalLM, whose model_type tells 40b from the others. */
#include <math.h>
#include <string.h>

#include "checkpoint/keys_internal.h"

enum { DEFAULT_POSITIONS = 2048 }; /* transformers' */

static const char *const ignored[] = {".rotary_emb.inv_freq", ".rotary.inv_freq", NULL};
static const char *const older_types[] = {"RefinedWebModel", "RefinedWeb", NULL};

/* Each with the name that older files have. */
static const char *const width[] = {"hidden_size", "n_embed", NULL};
static const char *const layers[] = {"num_hidden_layers", "n_layer", NULL};
static const char *const heads[] = {"num_attention_heads", "n_head", NULL};
static const char *const kv_heads[] = {"num_kv_heads", "n_head_kv", NULL};

static const char *const obeyed[] = {"hidden_size",
                                     "n_embed",
                                     "num_hidden_layers",
                                     "n_layer",
                                     "num_attention_heads",
                                     "n_head",
                                     "num_kv_heads",
                                     "n_head_kv",
                                     "ffn_hidden_size",
                                     "max_position_embeddings",
                                     "layer_norm_epsilon",
                                     "activation",
                                     "alibi",
                                     "bias",
                                     "multi_query",
                                     "new_decoder_architecture",
                                     "num_ln_in_parallel_attn",
                                     "parallel_attn",
                                     BS_ROTARY_KEYS,
                                     NULL};
static const char *const harmless[] = {NULL};

/* The code that came with the published files, which transformers' class was made from. */
static bool is_published_code(const bs_reader *reader, const cJSON *value) {
  static const char *const modules[] = {"configuration_falcon", "modeling_falcon",
                                        "configuration_RW",     "modeling_RW",
                                        "modelling_RW",         NULL};
  (void)reader;
  return bs_key_names_modules(value, modules);
}

static const bs_key_rule refused[] = {
    {"apply_residual_connection_post_layernorm",
     {"false"},
     .why = "a residual taken after the norm is not built"},
    {"partial_rotary_factor", {"1"}, .null_counts = true, .why = "whole heads are rotated"},
    {"auto_map", .is_neutral = is_published_code,
     .why = "the model brings Python code of its own beside Falcon's, which is not run"},
    {0},
};

static const bs_place places[] = {{BS_SLOT_EMBEDDING, "word_embeddings"},
                                  {BS_SLOT_ATTENTION_NORM, "input_layernorm"},
                                  {BS_SLOT_MLP_NORM, "post_attention_layernorm"},
                                  {BS_SLOT_QKV, "self_attention.query_key_value"},
                                  {BS_SLOT_ATTENTION_OUT, "self_attention.dense"},
                                  {BS_SLOT_MLP_IN, "mlp.dense_h_to_4h"},
                                  {BS_SLOT_MLP_OUT, "mlp.dense_4h_to_h"},
                                  {BS_SLOT_FINAL_NORM, "ln_f"},
                                  {BS_SLOT_HEAD, "lm_head"},
                                  {BS_SLOT_NONE, NULL}};
static const bs_place two_norms[] = {{BS_SLOT_EMBEDDING, "word_embeddings"},
                                     {BS_SLOT_ATTENTION_NORM, "ln_attn"},
                                     {BS_SLOT_MLP_NORM, "ln_mlp"},
                                     {BS_SLOT_QKV, "self_attention.query_key_value"},
                                     {BS_SLOT_ATTENTION_OUT, "self_attention.dense"},
                                     {BS_SLOT_MLP_IN, "mlp.dense_h_to_4h"},
                                     {BS_SLOT_MLP_OUT, "mlp.dense_4h_to_h"},
                                     {BS_SLOT_FINAL_NORM, "ln_f"},
                                     {BS_SLOT_HEAD, "lm_head"},
                                     {BS_SLOT_NONE, NULL}};

typedef struct form {
  bool is_grouped, is_multi_query, is_parallel, has_alibi, has_bias;
  size_t n_norms; /* side by side */
} form;

static bool is_older_40b(const bs_reader *reader) {
  const cJSON *type = bs_json_get(reader->config->root, "model_type");
  return cJSON_IsString(type) && strcmp(type->valuestring, "RefinedWeb") == 0;
}

static form read_form(bs_reader *reader) {
  form f = {.is_grouped =
                bs_model_config_bool(reader, "new_decoder_architecture", is_older_40b(reader)),
            .is_multi_query = bs_model_config_bool(reader, "multi_query", true),
            .is_parallel = bs_model_config_bool(reader, "parallel_attn", true),
            .has_alibi = bs_model_config_bool(reader, "alibi", false),
            .has_bias = bs_model_config_bool(reader, "bias", false)};
  f.n_norms = bs_model_config_has(reader, "num_ln_in_parallel_attn")
                  ? bs_model_config_size(reader, "num_ln_in_parallel_attn", 0)
                  : 2;
  if (!f.is_grouped)
    f.n_norms = 1;
  if (f.n_norms > 2)
    bs_reader_fail(reader, BS_ERR_INPUT, "num_ln_in_parallel_attn", "expected 1 or 2");
  if (is_older_40b(reader) && !f.is_grouped)
    bs_reader_fail(reader, BS_ERR_INPUT, "new_decoder_architecture",
                   "it contradicts model_type RefinedWeb, whose heads lie in groups");
  if (f.is_grouped && !f.is_parallel)
    bs_reader_fail(reader, BS_ERR_UNSUPPORTED, "parallel_attn",
                   "grouped heads (new_decoder_architecture) with one part after the other are not "
                   "built");
  return f;
}

/* Only grouped heads may share keys as num_kv_heads says. */
static void read_kv_heads(bs_reader *reader, bs_blueprint *blueprint, const form *f) {
  const char *key = bs_model_config_has(reader, kv_heads[0]) ? kv_heads[0] : kv_heads[1];
  size_t n =
      bs_model_config_has(reader, key) ? bs_model_config_size(reader, key, 0) : blueprint->n_heads;
  if (f->is_grouped && blueprint->n_heads % n != 0)
    bs_reader_fail(reader, BS_ERR_INPUT, key, "%zu do not divide num_attention_heads %zu", n,
                   blueprint->n_heads);
  if (!f->is_grouped && !f->is_multi_query && n != blueprint->n_heads)
    bs_reader_fail(reader, BS_ERR_INPUT, key,
                   "%zu: without multi_query and new_decoder_architecture each of the %zu heads "
                   "has its own key",
                   n, blueprint->n_heads);
  blueprint->n_kv_heads = f->is_grouped ? n : f->is_multi_query ? 1 : blueprint->n_heads;
}

static void read_positions(bs_reader *reader, bs_blueprint *blueprint, bool has_alibi) {
  if (has_alibi) /* the slopes are scaled with the scores */
    bs_reader_alibi(reader, blueprint, BS_ALIBI_BLOOM, 8, 1 / sqrt((double)blueprint->head_dim));
  else
    bs_model_config_rotary(reader, blueprint, 0, &(bs_rotary_source){.default_fraction = 1});
}

static void read_sizes(bs_reader *reader, bs_blueprint *blueprint, const form *f) {
  blueprint->d_model = bs_model_config_size_of(reader, width);
  blueprint->n_layers = bs_model_config_size_of(reader, layers);
  blueprint->n_heads = bs_model_config_size_of(reader, heads);
  blueprint->d_ff = bs_model_config_has(reader, "ffn_hidden_size")
                        ? bs_model_config_size(reader, "ffn_hidden_size", 0)
                        : 4 * blueprint->d_model;
  blueprint->vocab_size = bs_model_config_size(reader, "vocab_size", 0);
  blueprint->max_positions =
      bs_model_config_size(reader, "max_position_embeddings", DEFAULT_POSITIONS);
  bs_model_config_heads(reader, blueprint, "num_attention_heads", "hidden_size");
  read_kv_heads(reader, blueprint, f);
  blueprint->norm_kind = BS_NORM_LAYER;
  blueprint->norm_epsilon = bs_model_config_positive(reader, "layer_norm_epsilon", 1e-5);
  blueprint->activation = bs_model_config_activation(reader, "activation", "gelu");
  read_positions(reader, blueprint, f->has_alibi);
  bs_reader_layers(reader, blueprint);
  if (f->n_norms == 1 && f->is_parallel)
    bs_reader_one_norm(reader, blueprint);
  for (size_t i = 0; reader->status == BS_OK && i < blueprint->n_layers; i++)
    blueprint->layers[i].steps[1].beside = f->is_parallel;
}

static void describe(bs_reader *reader, bs_blueprint *blueprint) {
  const uint32_t norms = BS_SLOT_BIT(BS_SLOT_ATTENTION_NORM) | BS_SLOT_BIT(BS_SLOT_MLP_NORM) |
                         BS_SLOT_BIT(BS_SLOT_FINAL_NORM);
  const form f = read_form(reader);
  read_sizes(reader, blueprint, &f);
  if (f.is_grouped)
    bs_reader_grouped_heads(blueprint);
  else
    bs_reader_heads(blueprint, !f.is_multi_query);
  bool has_one = f.n_norms == 1 && f.is_parallel;
  bs_bind(reader, blueprint,
          &(bs_naming){.prefix = "transformer.",
                       .layers = "h",
                       .places = f.n_norms == 2 ? two_norms : places,
                       .biased = f.has_bias ? BS_SLOTS_OF_LAYERS_AND_NORMS : norms,
                       .absent = has_one ? BS_SLOT_BIT(BS_SLOT_MLP_NORM) : 0,
                       .tied = bs_model_config_bool(reader, "tie_word_embeddings", true)});
}

const bs_family bs_family_falcon = {
    .architecture = "FalconForCausalLM",
    .model_type = "falcon",
    .older_architecture = "RWForCausalLM",
    .older_types = older_types,
    .describe = describe,
    .ignored = ignored,
    .obeyed = obeyed,
    .harmless = harmless,
    .refused = refused,
};
