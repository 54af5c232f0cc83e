/* GPTJForCausalLM: rotary positions on neighbouring pairs of a head's first dimensions; one norm
   feeds attention and feed-forward side by side; a bias on the output head. */
#include "checkpoint/keys_internal.h"

enum { DEFAULT_ROTARY = 64 };
static const double THETA = 10000;

static const char *const ignored[] = {".attn.bias", ".attn.masked_bias", NULL};

/* Each with transformers' other name for it. */
static const char *const width[] = {"n_embd", "hidden_size", NULL};
static const char *const layers[] = {"n_layer", "num_hidden_layers", NULL};
static const char *const heads[] = {"n_head", "num_attention_heads", NULL};
static const char *const positions[] = {"n_positions", "max_position_embeddings", "n_ctx", NULL};

static const char *const obeyed[] = {"n_embd",
                                     "hidden_size",
                                     "n_layer",
                                     "num_hidden_layers",
                                     "n_head",
                                     "num_attention_heads",
                                     "n_positions",
                                     "max_position_embeddings",
                                     "n_ctx",
                                     "n_inner",
                                     "rotary_dim",
                                     "layer_norm_epsilon",
                                     "activation_function",
                                     NULL};
static const char *const harmless[] = {"scale_attn_weights", NULL}; /* the class does not read it */
static const bs_key_rule refused[] = {
    {"position_embedding_type", {"rope", "rotary"}, .why = "positions are rotary"},
    {0},
};

static const bs_place places[] = {
    {BS_SLOT_EMBEDDING, "wte"},    {BS_SLOT_ATTENTION_NORM, "ln_1"},
    {BS_SLOT_QKV, "attn.q_proj"},  {BS_SLOT_QKV, "attn.k_proj"},
    {BS_SLOT_QKV, "attn.v_proj"},  {BS_SLOT_ATTENTION_OUT, "attn.out_proj"},
    {BS_SLOT_MLP_IN, "mlp.fc_in"}, {BS_SLOT_MLP_OUT, "mlp.fc_out"},
    {BS_SLOT_FINAL_NORM, "ln_f"},  {BS_SLOT_HEAD, "lm_head"},
    {BS_SLOT_NONE, NULL}};

/* null would rotate by the whole width, which transformers stops at. */
static size_t read_rotary_dim(bs_reader *reader, const bs_blueprint *blueprint) {
  if (bs_json_get(reader->config->root, "rotary_dim") != NULL &&
      !bs_model_config_has(reader, "rotary_dim"))
    bs_reader_fail(reader, BS_ERR_INPUT, "rotary_dim", "null: expected a number of dimensions");
  size_t n = bs_model_config_size(reader, "rotary_dim", DEFAULT_ROTARY);
  if (n % 2 != 0 || n > blueprint->head_dim)
    bs_reader_fail(reader, BS_ERR_INPUT, "rotary_dim",
                   "%zu of a head's %zu dimensions would be rotated; expected an even number", n,
                   blueprint->head_dim);
  return n;
}

static void read_sizes(bs_reader *reader, bs_blueprint *blueprint) {
  blueprint->d_model = bs_model_config_size_of(reader, width);
  blueprint->n_layers = bs_model_config_size_of(reader, layers);
  blueprint->n_heads = bs_model_config_size_of(reader, heads);
  blueprint->d_ff = bs_model_config_size(reader, "n_inner", 4 * blueprint->d_model);
  blueprint->vocab_size = bs_model_config_size(reader, "vocab_size", 0);
  blueprint->max_positions = bs_model_config_size_of(reader, positions);
  bs_model_config_heads(reader, blueprint, "n_head", "n_embd");
  blueprint->norm_kind = BS_NORM_LAYER;
  blueprint->norm_epsilon = bs_model_config_positive(reader, "layer_norm_epsilon", 1e-5);
  blueprint->activation = bs_model_config_activation(reader, "activation_function", "gelu_new");
  bs_reader_angles(reader, blueprint, 0, THETA, read_rotary_dim(reader, blueprint) / 2);
  blueprint->neighbours = true;
  bs_reader_layers(reader, blueprint);
  bs_reader_one_norm(reader, blueprint);
}

static void describe(bs_reader *reader, bs_blueprint *blueprint) {
  const uint32_t attention = BS_SLOT_BIT(BS_SLOT_QKV) | BS_SLOT_BIT(BS_SLOT_ATTENTION_OUT);
  read_sizes(reader, blueprint);
  bs_reader_heads(blueprint, false);
  bs_bind(reader, blueprint,
          &(bs_naming){.prefix = "transformer.",
                       .layers = "h",
                       .places = places,
                       .biased = ~attention,
                       .tied = bs_model_config_bool(reader, "tie_word_embeddings", false)});
}

const bs_family bs_family_gptj = {
    .architecture = "GPTJForCausalLM",
    .model_type = "gptj",
    .describe = describe,
    .ignored = ignored,
    .obeyed = obeyed,
    .harmless = harmless,
    .refused = refused,
};
