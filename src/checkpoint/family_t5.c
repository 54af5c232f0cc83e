/* T5ForConditionalGeneration and its relatives (T5 1.0 and 1.1, Flan-T5, T0, UL2, ByT5, mT5): an
   encoder and a decoder that sees it, RMS norms before each part, scores that are not scaled but
   raised by a table of relative positions, which all layers of a stack share. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "checkpoint/family_t5_internal.h"

/* transformers has made the table for each layer's attention to the encoder once, and never used
   it. */
const char *const bs_t5_ignored[] = {".EncDecAttention.relative_attention_bias.weight", NULL};

static const char *const obeyed[] = {BS_T5_KEYS, "feed_forward_proj", "dense_act_fn",
                                     "is_gated_act", NULL};
static const char *const harmless[] = {"model_parallel", NULL};
static const bs_key_rule refused[] = {BS_T5_RULES, {0}};

/* A feed-forward layer: one matrix in, or a gate beside it. */
#define PLAIN(part)                                                                                \
  {BS_SLOT_MLP_IN, part ".DenseReluDense.wi"}, { BS_SLOT_MLP_OUT, part ".DenseReluDense.wo" }
#define GATED(part)                                                                                \
  {BS_SLOT_MLP_IN, part ".DenseReluDense.wi_0"}, {BS_SLOT_MLP_IN, part ".DenseReluDense.wi_1"}, {  \
    BS_SLOT_MLP_OUT, part ".DenseReluDense.wo"                                                     \
  }

static const bs_place encoder_plain[] = BS_T5_ENCODER_PLACES(PLAIN("layer.1"));
static const bs_place encoder_gated[] = BS_T5_ENCODER_PLACES(GATED("layer.1"));
static const bs_place decoder_plain[] = BS_T5_DECODER_PLACES(PLAIN("layer.2"));
static const bs_place decoder_gated[] = BS_T5_DECODER_PLACES(GATED("layer.2"));

/* Relative positions set no limit; this is what plans count on where config.json names no more. */
enum { LONGEST_TEXT = 2048 };

/* feed_forward_proj: an activation, with "gated-" in front where there is a gate. Newer files also
   say what transformers made of it. */
static void read_feed_forward(bs_reader *reader, bs_blueprint *blueprint, const char *absent) {
  static const char gate[] = "gated-", key[] = "feed_forward_proj";
  const char *name = bs_model_config_string(reader, key, absent);
  if (reader->status != BS_OK)
    return;
  blueprint->gated = strncmp(name, gate, sizeof gate - 1) == 0;
  const char *activation = blueprint->gated ? name + sizeof gate - 1 : name;
  if (blueprint->gated && strcmp(activation, "gelu") == 0)
    activation = "gelu_new"; /* as transformers takes it */
  blueprint->activation = bs_reader_activation(reader, key, activation);
  const char *told = bs_model_config_string(reader, "dense_act_fn", activation);
  if (strcmp(told, activation) != 0)
    bs_reader_fail(reader, BS_ERR_INPUT, "dense_act_fn",
                   "\"%s\" contradicts feed_forward_proj \"%s\", which means \"%s\"", told, name,
                   activation);
  if (bs_model_config_bool(reader, "is_gated_act", blueprint->gated) != blueprint->gated)
    bs_reader_fail(reader, BS_ERR_INPUT, "is_gated_act", "it contradicts feed_forward_proj \"%s\"",
                   name);
}

static void read_buckets(bs_reader *reader, bs_blueprint *blueprint) {
  enum { FEWEST = 4 };
  blueprint->position = BS_POSITION_RELATIVE;
  blueprint->n_buckets = bs_model_config_size(reader, "relative_attention_num_buckets", 32);
  blueprint->max_distance = bs_model_config_size(reader, "relative_attention_max_distance", 128);
  if (reader->status == BS_OK && blueprint->n_buckets < FEWEST)
    bs_reader_fail(reader, BS_ERR_INPUT, "relative_attention_num_buckets",
                   "expected %d or more, found %zu", FEWEST, blueprint->n_buckets);
  if (reader->status == BS_OK && blueprint->max_distance <= blueprint->n_buckets / 2)
    bs_reader_fail(reader, BS_ERR_INPUT, "relative_attention_max_distance",
                   "expected more than half of relative_attention_num_buckets, %zu, found %zu",
                   blueprint->n_buckets / 2, blueprint->max_distance);
}

static void read_stack(bs_reader *reader, bs_blueprint *blueprint, const bs_t5_kind *kind) {
  blueprint->d_model = bs_model_config_size(reader, "d_model", 0);
  blueprint->head_dim = bs_model_config_size(reader, "d_kv", 0);
  blueprint->d_ff = bs_model_config_size(reader, "d_ff", 0);
  blueprint->n_heads = blueprint->n_kv_heads = bs_model_config_size(reader, "num_heads", 0);
  blueprint->vocab_size = bs_model_config_size(reader, "vocab_size", 0);
  blueprint->max_positions = bs_model_config_size(reader, "n_positions", LONGEST_TEXT);
  if (blueprint->max_positions < LONGEST_TEXT)
    blueprint->max_positions = LONGEST_TEXT;
  blueprint->norm_kind = BS_NORM_RMS;
  blueprint->norm_epsilon = bs_model_config_positive(reader, "layer_norm_epsilon", 1e-6);
  read_buckets(reader, blueprint);
  bs_reader_layers(reader, blueprint);
  if (reader->status == BS_OK)
    kind->read_feed_forward(reader, blueprint);
  for (size_t i = 0; reader->status == BS_OK && i < blueprint->n_layers; i++)
    blueprint->layers[i].score_scale = 1;
  bs_reader_heads(blueprint, false);
}

/* One table for all, called shared, or by one of its other names where a file lacks that. */
static void bind_embedding(bs_reader *reader, bs_blueprint *blueprint) {
  static const char *const names[] = {"shared", "encoder.embed_tokens", "decoder.embed_tokens"};
  enum { N_NAMES = sizeof names / sizeof *names };
  char full[N_NAMES][40];
  size_t first = N_NAMES;
  for (size_t i = N_NAMES; i-- > 0;) {
    snprintf(full[i], sizeof full[i], "%s.weight", names[i]);
    if (bs_reader_has(reader, full[i]))
      first = i;
  }
  const bs_place places[] = {{BS_SLOT_EMBEDDING, names[first < N_NAMES ? first : 0]},
                             {BS_SLOT_NONE, NULL}};
  bs_bind(reader, blueprint, &(bs_naming){.prefix = "", .layers = "", .places = places});
  for (size_t i = 0; i < N_NAMES; i++)
    bs_bind_copy(reader, &blueprint->slots[BS_SLOT_EMBEDDING], full[i]);
}

/* Attention to the encoder stands between the layer's two parts. */
static void add_cross_attention(bs_layer_blueprint *layer) {
  layer->steps[2] = layer->steps[1];
  layer->steps[1] = (bs_layer_step){
      .operation = BS_OPERATION_CROSS_ATTENTION, .pre_norm = BS_SLOT_CROSS_NORM, .scale = 1};
  layer->n_steps = 3;
}

void bs_t5_decoder(bs_reader *reader, bs_blueprint *blueprint, const bs_t5_kind *kind) {
  size_t n_layers = bs_model_config_size(reader, "num_layers", 0);
  blueprint->n_layers = bs_model_config_size(
      reader, "num_decoder_layers", kind->decoder_layers > 0 ? kind->decoder_layers : n_layers);
  read_stack(reader, blueprint, kind);
  for (size_t i = 0; reader->status == BS_OK && i < blueprint->n_layers; i++)
    add_cross_attention(&blueprint->layers[i]);
  reader->eos = 1;
  if (kind->decoder_start < 0 && !bs_model_config_has(reader, "decoder_start_token_id"))
    bs_reader_fail(reader, BS_ERR_INPUT, "decoder_start_token_id",
                   "it is missing: the id that the decoder's text begins with. The published T5 "
                   "files have 0, the id of their padding");
  reader->decoder_start = bs_model_config_token(reader, "decoder_start_token_id",
                                                blueprint->vocab_size, kind->decoder_start);
  bool tied = bs_model_config_bool(reader, "tie_word_embeddings", kind->tied);
  if (tied)
    blueprint->output_scale = 1 / sqrt((double)blueprint->d_model);
  bind_embedding(reader, blueprint);
  bs_bind(reader, blueprint,
          &(bs_naming){.prefix = "",
                       .layers = "decoder.block",
                       .places = kind->decoder[blueprint->gated],
                       .tied = tied});
}

void bs_t5_encoder(bs_reader *reader, bs_blueprint *blueprint, const bs_t5_kind *kind) {
  blueprint->n_layers = bs_model_config_size(reader, "num_layers", 0);
  blueprint->bidirectional = true;
  read_stack(reader, blueprint, kind);
  bind_embedding(reader, blueprint);
  bs_bind(reader, blueprint,
          &(bs_naming){
              .prefix = "", .layers = "encoder.block", .places = kind->encoder[blueprint->gated]});
}

static void read_t5(bs_reader *reader, bs_blueprint *blueprint) {
  read_feed_forward(reader, blueprint, "relu");
}

static void read_mt5(bs_reader *reader, bs_blueprint *blueprint) {
  read_feed_forward(reader, blueprint, "gated-gelu");
}

static const bs_t5_kind t5 = {
    .read_feed_forward = read_t5,
    .encoder = {encoder_plain, encoder_gated},
    .decoder = {decoder_plain, decoder_gated},
    .decoder_start = -1,
    .tied = true,
};

static const bs_t5_kind mt5 = {
    .read_feed_forward = read_mt5,
    .encoder = {encoder_plain, encoder_gated},
    .decoder = {decoder_plain, decoder_gated},
};

static void t5_decoder(bs_reader *reader, bs_blueprint *blueprint) {
  bs_t5_decoder(reader, blueprint, &t5);
}

static void t5_encoder(bs_reader *reader, bs_blueprint *blueprint) {
  bs_t5_encoder(reader, blueprint, &t5);
}

static void mt5_decoder(bs_reader *reader, bs_blueprint *blueprint) {
  bs_t5_decoder(reader, blueprint, &mt5);
}

static void mt5_encoder(bs_reader *reader, bs_blueprint *blueprint) {
  bs_t5_encoder(reader, blueprint, &mt5);
}

#define FAMILY(name, type, decoder, encoder)                                                       \
  {                                                                                                \
    .architecture = (name), .model_type = (type), .describe = (decoder),                           \
    .describe_encoder = (encoder), .ignored = bs_t5_ignored, .obeyed = obeyed,                     \
    .harmless = harmless, .refused = refused                                                       \
  }

const bs_family bs_family_t5 = FAMILY("T5ForConditionalGeneration", "t5", t5_decoder, t5_encoder);
/* The name before transformers 3. */
const bs_family bs_family_t5_old = FAMILY("T5WithLMHeadModel", "t5", t5_decoder, t5_encoder);
const bs_family bs_family_mt5 =
    FAMILY("MT5ForConditionalGeneration", "mt5", mt5_decoder, mt5_encoder);
