/* OPTForCausalLM: learned positions read from row 2 on, norms before each part, ReLU. The 350m
   model has norms behind each sum, none at the end, and a narrower embedding; Galactica's norms may
   have no weights. */
#include "checkpoint/keys_internal.h"

enum { POSITION_OFFSET = 2 };

static const char *const ignored[] = {NULL};
static const char *const obeyed[] = {"hidden_size",
                                     "num_hidden_layers",
                                     "num_attention_heads",
                                     "ffn_dim",
                                     "max_position_embeddings",
                                     "activation_function",
                                     "enable_bias",
                                     "word_embed_proj_dim",
                                     "do_layer_norm_before",
                                     "layer_norm_elementwise_affine",
                                     "_remove_final_layer_norm",
                                     NULL};
/* Of the code that the models were trained with; the class does not read it. */
static const char *const harmless[] = {"output_projection", NULL};
static const bs_key_rule refused[] = {
    {"position_embedding_type", {"absolute", "learned"}, .why = "positions are learned"},
    {"learned_embeddings", {"true"}, .why = "positions are learned"},
    {0},
};

static const bs_place places[] = {{BS_SLOT_EMBEDDING, "embed_tokens"},
                                  {BS_SLOT_PROJECT_IN, "project_in"},
                                  {BS_SLOT_PROJECT_OUT, "project_out"},
                                  {BS_SLOT_POSITIONS, "embed_positions"},
                                  {BS_SLOT_FINAL_NORM, "final_layer_norm"},
                                  {BS_SLOT_ATTENTION_NORM, "self_attn_layer_norm"},
                                  {BS_SLOT_MLP_NORM, "final_layer_norm"},
                                  {BS_SLOT_QKV, "self_attn.q_proj"},
                                  {BS_SLOT_QKV, "self_attn.k_proj"},
                                  {BS_SLOT_QKV, "self_attn.v_proj"},
                                  {BS_SLOT_ATTENTION_OUT, "self_attn.out_proj"},
                                  {BS_SLOT_MLP_IN, "fc1"},
                                  {BS_SLOT_MLP_OUT, "fc2"},
                                  {BS_SLOT_HEAD, "lm_head"},
                                  {BS_SLOT_NONE, NULL}};

static void read_sizes(bs_reader *reader, bs_blueprint *blueprint) {
  blueprint->d_model = bs_model_config_size(reader, "hidden_size", 0);
  blueprint->n_layers = bs_model_config_size(reader, "num_hidden_layers", 0);
  blueprint->n_heads = bs_model_config_size(reader, "num_attention_heads", 0);
  blueprint->d_ff = bs_model_config_size(reader, "ffn_dim", 0);
  blueprint->vocab_size = bs_model_config_size(reader, "vocab_size", 0);
  blueprint->max_positions = bs_model_config_size(reader, "max_position_embeddings", 0);
  bs_model_config_heads(reader, blueprint, "num_attention_heads", "hidden_size");
  blueprint->norm_kind = BS_NORM_LAYER;
  blueprint->norm_epsilon = 1e-5;
  blueprint->activation = bs_model_config_activation(reader, "activation_function", "relu");
  blueprint->position = BS_POSITION_LEARNED;
  blueprint->position_offset = POSITION_OFFSET;
  size_t d_embedding = bs_model_config_has(reader, "word_embed_proj_dim")
                           ? bs_model_config_size(reader, "word_embed_proj_dim", 0)
                           : blueprint->d_model;
  if (d_embedding != blueprint->d_model)
    blueprint->d_embedding = d_embedding;
  bs_reader_layers(reader, blueprint);
}

/* Norms behind the sums in place of before the parts. */
static void norm_the_sums(const bs_reader *reader, bs_blueprint *blueprint) {
  for (size_t i = 0; reader->status == BS_OK && i < blueprint->n_layers; i++)
    for (size_t j = 0; j < blueprint->layers[i].n_steps; j++) {
      bs_layer_step *step = &blueprint->layers[i].steps[j];
      step->result_norm = step->pre_norm;
      step->pre_norm = BS_SLOT_NONE;
    }
}

/* Which norms there are; returns the slots that have no tensors. */
static uint32_t read_norms(bs_reader *reader, bs_blueprint *blueprint) {
  const uint32_t last = BS_SLOT_BIT(BS_SLOT_FINAL_NORM);
  const uint32_t of_layers = BS_SLOT_BIT(BS_SLOT_ATTENTION_NORM) | BS_SLOT_BIT(BS_SLOT_MLP_NORM);
  bool is_before = bs_model_config_bool(reader, "do_layer_norm_before", true);
  bool has_weights = bs_model_config_bool(reader, "layer_norm_elementwise_affine", true);
  bool has_last = !bs_model_config_bool(reader, "_remove_final_layer_norm", false) && is_before;
  if (!is_before)
    norm_the_sums(reader, blueprint);
  if (!has_weights)
    bs_reader_bare_norms(reader, blueprint);
  if (!has_last)
    blueprint->slots[BS_SLOT_FINAL_NORM] = (bs_slot_tensors){0};
  return (has_weights ? 0 : of_layers | last) | (has_last ? 0 : last);
}

static void describe(bs_reader *reader, bs_blueprint *blueprint) {
  const uint32_t norms = BS_SLOT_BIT(BS_SLOT_ATTENTION_NORM) | BS_SLOT_BIT(BS_SLOT_MLP_NORM) |
                         BS_SLOT_BIT(BS_SLOT_FINAL_NORM);
  const uint32_t projections = BS_SLOT_BIT(BS_SLOT_PROJECT_IN) | BS_SLOT_BIT(BS_SLOT_PROJECT_OUT);
  read_sizes(reader, blueprint);
  bs_reader_heads(blueprint, false);
  uint32_t absent = read_norms(reader, blueprint);
  /* Facebook's own files lack "model.". */
  bool is_short = bs_reader_has(reader, "decoder.embed_tokens.weight");
  bool has_biases = bs_model_config_bool(reader, "enable_bias", true);
  bs_bind(reader, blueprint,
          &(bs_naming){.prefix = is_short ? "decoder." : "model.decoder.",
                       .layers = "layers",
                       .places = places,
                       .biased = has_biases ? BS_SLOTS_OF_LAYERS_AND_NORMS & ~projections : norms,
                       .absent = absent | (blueprint->d_embedding > 0 ? 0 : projections),
                       .tied = bs_model_config_bool(reader, "tie_word_embeddings", true)});
}

const bs_family bs_family_opt = {
    .architecture = "OPTForCausalLM",
    .model_type = "opt",
    .describe = describe,
    .ignored = ignored,
    .obeyed = obeyed,
    .harmless = harmless,
    .refused = refused,
};
