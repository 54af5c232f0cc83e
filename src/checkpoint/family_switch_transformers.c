/* SwitchTransformersForConditionalGeneration: T5 without a gate, whose sparse layers send a token
   through the likeliest expert alone, as long as that one has taken fewer tokens of the text than
   its capacity. */
#include <string.h>

#include "checkpoint/family_t5_internal.h"

/* What transformers has where a key is absent. */
enum { EXPERTS = 8, CAPACITY = 64, DECODER_LAYERS = 12, SPARSE_LAYERS = 3 };

static const char *const obeyed[] = {BS_T5_KEYS,
                                     "feed_forward_proj",
                                     "dense_act_fn",
                                     "num_experts",
                                     "expert_capacity",
                                     "num_sparse_encoder_layers",
                                     "num_sparse_decoder_layers",
                                     "encoder_sparse_step",
                                     "decoder_sparse_step",
                                     NULL};
static const char *const harmless[] = {"model_parallel", "add_router_probs",
                                       "router_ignore_padding_tokens", NULL};
static const bs_key_rule refused[] = {
    BS_T5_RULES,
    {"router_bias", {"false"}, .why = "no published model has a bias in its router"},
    {"router_type", {"tokens_masked"}, .why = "tokens choose their expert"},
    {"num_selected_experts", {"1"}, .why = "a token goes through one expert"},
    {"batch_prioritized_routing",
     {"false"},
     .why = "an expert takes tokens in the order of the text"},
    {"is_gated_act", {"false"}, .why = "feed-forward layers have no gate"},
    {"router_dtype", {"float32"}, .why = "the router is computed in float32"},
    {0},
};

#define FEED_FORWARD(part)                                                                         \
  {BS_SLOT_MLP_IN, part ".mlp.wi"}, {BS_SLOT_MLP_OUT, part ".mlp.wo"},                             \
      {BS_SLOT_ROUTER, part ".mlp.router.classifier"},                                             \
      {BS_SLOT_EXPERT_IN, part ".mlp.experts.expert_*.wi"}, {                                      \
    BS_SLOT_EXPERT_OUT, part ".mlp.experts.expert_*.wo"                                            \
  }

static const bs_place encoder_places[] = BS_T5_ENCODER_PLACES(FEED_FORWARD("layer.1"));
static const bs_place decoder_places[] = BS_T5_DECODER_PLACES(FEED_FORWARD("layer.2"));

/* What is absent has its default; null is no number. */
static void refuse_null(bs_reader *reader, const char *key) {
  if (reader->status == BS_OK && cJSON_IsNull(bs_json_get(reader->config->root, key)))
    bs_reader_fail(reader, BS_ERR_INPUT, key, "null: expected a whole number");
}

/* A whole number that may be 0. */
static size_t read_count(bs_reader *reader, const char *key, size_t fallback) {
  int64_t value = (int64_t)fallback;
  refuse_null(reader, key);
  if (reader->status == BS_OK)
    reader->status = bs_json_get_integer(reader->config, reader->config->root, key, false, 0,
                                         BS_MAX_LAYERS, &value, reader->err);
  return reader->status == BS_OK ? (size_t)value : 0;
}

/* Every step-th layer is sparse, the second one first; of step 1 all are, of step 0 none. Without
   the step it follows from the number of sparse layers. */
static void read_sparse_layers(bs_reader *reader, bs_blueprint *blueprint, const char *step_key,
                               const char *count_key) {
  size_t count = read_count(reader, count_key, SPARSE_LAYERS);
  size_t step = read_count(reader, step_key, count > 0 ? blueprint->n_layers / count : 0);
  for (size_t i = 0; reader->status == BS_OK && i < blueprint->n_layers; i++)
    if (step == 1 || (step > 1 && i % step == 1))
      blueprint->layers[i].steps[1].operation = BS_OPERATION_EXPERTS;
}

static void read_feed_forward(bs_reader *reader, bs_blueprint *blueprint) {
  const char *activation = bs_model_config_string(reader, "dense_act_fn", "relu");
  blueprint->activation = bs_model_config_activation(reader, "dense_act_fn", "relu");
  const char *told = bs_model_config_string(reader, "feed_forward_proj", activation);
  if (reader->status == BS_OK && strcmp(told, activation) != 0)
    bs_reader_fail(reader, BS_ERR_INPUT, "feed_forward_proj",
                   "\"%s\" contradicts dense_act_fn, which is \"%s\": a layer has one activation "
                   "and no gate",
                   told, activation);
  refuse_null(reader, "num_experts");
  refuse_null(reader, "expert_capacity");
  blueprint->experts =
      (bs_experts){.n = bs_model_config_size(reader, "num_experts", EXPERTS),
                   .per_token = 1,
                   .capacity = bs_model_config_size(reader, "expert_capacity", CAPACITY),
                   .d_hidden = blueprint->d_ff};
  if (reader->reading == BS_READING_5_0)
    blueprint->experts.capacity = 0; /* it counts along an axis of length 1 */
  if (blueprint->experts.n > BS_MAX_EXPERTS)
    bs_reader_fail(reader, BS_ERR_LIMIT, "num_experts", "%zu experts; at most %d are read",
                   blueprint->experts.n, (int)BS_MAX_EXPERTS);
  if (blueprint->bidirectional)
    read_sparse_layers(reader, blueprint, "encoder_sparse_step", "num_sparse_encoder_layers");
  else
    read_sparse_layers(reader, blueprint, "decoder_sparse_step", "num_sparse_decoder_layers");
}

static const bs_t5_kind kind = {
    .read_feed_forward = read_feed_forward,
    .encoder = {encoder_places},
    .decoder = {decoder_places},
    .decoder_layers = DECODER_LAYERS,
    .decoder_start = -1,
    .tied = true,
};

static void describe_decoder(bs_reader *reader, bs_blueprint *blueprint) {
  bs_t5_decoder(reader, blueprint, &kind);
}

static void describe_encoder(bs_reader *reader, bs_blueprint *blueprint) {
  bs_t5_encoder(reader, blueprint, &kind);
}

const bs_family bs_family_switch_transformers = {
    .architecture = "SwitchTransformersForConditionalGeneration",
    .model_type = "switch_transformers",
    .describe = describe_decoder,
    .describe_encoder = describe_encoder,
    .ignored = bs_t5_ignored,
    .obeyed = obeyed,
    .harmless = harmless,
    .refused = refused,
};
