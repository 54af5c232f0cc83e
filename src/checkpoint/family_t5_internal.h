/* T5's encoder and decoder, which its relatives share: they differ in the feed-forward layers. */
#ifndef BIGSWEEP_CHECKPOINT_FAMILY_T5_INTERNAL_H
#define BIGSWEEP_CHECKPOINT_FAMILY_T5_INTERNAL_H

#include "checkpoint/keys_internal.h"

/* An architecture's feed-forward layers, and what its configuration class has where config.json is
   silent. */
typedef struct bs_t5_kind {
  /* Reads what the feed-forward layers are, when the layers are there; `bidirectional` tells
     whether they are the encoder's. */
  void (*read_feed_forward)(bs_reader *reader, bs_blueprint *blueprint);
  const bs_place *encoder[2], *decoder[2]; /* without a gate, with one */
  size_t decoder_layers;                   /* 0: as many as the encoder has */
  int32_t decoder_start;                   /* -1: there is none */
  bool tied;
} bs_t5_kind;

void bs_t5_encoder(bs_reader *reader, bs_blueprint *blueprint, const bs_t5_kind *kind);
void bs_t5_decoder(bs_reader *reader, bs_blueprint *blueprint, const bs_t5_kind *kind);

/* The keys that the two read. */
#define BS_T5_KEYS                                                                                 \
  "d_model", "d_kv", "d_ff", "num_layers", "num_decoder_layers", "num_heads", "n_positions",       \
      "relative_attention_num_buckets", "relative_attention_max_distance", "layer_norm_epsilon",   \
      "decoder_start_token_id"

#define BS_T5_RULES                                                                                \
  {"is_encoder_decoder", {"true"}, .null_counts = true, .why = "it has an encoder"}, {             \
    "scale_decoder_outputs",                                                                       \
        .why = "whether the last states are scaled is read from tie_word_embeddings"               \
  }

/* Buffers of no effect. */
extern const char *const bs_t5_ignored[];

#define BS_T5_SELF_ATTENTION(stack)                                                                \
  {BS_SLOT_BUCKETS, stack ".block.0.layer.0.SelfAttention.relative_attention_bias"},               \
      {BS_SLOT_ATTENTION_NORM, "layer.0.layer_norm"}, {BS_SLOT_QKV, "layer.0.SelfAttention.q"},    \
      {BS_SLOT_QKV, "layer.0.SelfAttention.k"}, {BS_SLOT_QKV, "layer.0.SelfAttention.v"}, {        \
    BS_SLOT_ATTENTION_OUT, "layer.0.SelfAttention.o"                                               \
  }
/* The arguments are the places of the feed-forward layer, which begin with "layer.1" in the encoder
   and with "layer.2" in the decoder. */
#define BS_T5_ENCODER_PLACES(...)                                                                  \
  {                                                                                                \
    BS_T5_SELF_ATTENTION("encoder"), {BS_SLOT_MLP_NORM, "layer.1.layer_norm"}, __VA_ARGS__,        \
        {BS_SLOT_FINAL_NORM, "encoder.final_layer_norm"}, {                                        \
      BS_SLOT_NONE, NULL                                                                           \
    }                                                                                              \
  }
#define BS_T5_DECODER_PLACES(...)                                                                  \
  {                                                                                                \
    BS_T5_SELF_ATTENTION("decoder"), {BS_SLOT_CROSS_NORM, "layer.1.layer_norm"},                   \
        {BS_SLOT_CROSS_Q, "layer.1.EncDecAttention.q"},                                            \
        {BS_SLOT_CROSS_KV, "layer.1.EncDecAttention.k"},                                           \
        {BS_SLOT_CROSS_KV, "layer.1.EncDecAttention.v"},                                           \
        {BS_SLOT_CROSS_OUT, "layer.1.EncDecAttention.o"},                                          \
        {BS_SLOT_MLP_NORM, "layer.2.layer_norm"}, __VA_ARGS__,                                     \
        {BS_SLOT_FINAL_NORM, "decoder.final_layer_norm"}, {BS_SLOT_HEAD, "lm_head"}, {             \
      BS_SLOT_NONE, NULL                                                                           \
    }                                                                                              \
  }

#endif
