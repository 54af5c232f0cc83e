/* A decoder-only transformer described by data: what the engine runs and what a family's source
   file fills in from config.json and the tensors. The engine knows no family. */
#ifndef BIGSWEEP_CHECKPOINT_DECODER_INTERNAL_H
#define BIGSWEEP_CHECKPOINT_DECODER_INTERNAL_H

#include <stdbool.h>

#include "bigsweep/checkpoint.h"

typedef enum bs_norm_kind { BS_NORM_LAYER, BS_NORM_RMS } bs_norm_kind;

typedef enum bs_position_kind {
  BS_POSITION_ROTARY,  /* q and k rotated, halves of the rotary dimensions paired */
  BS_POSITION_LEARNED, /* a table added to the token's embedding */
  BS_POSITION_ALIBI,   /* scores lowered by slope * distance */
} bs_position_kind;

typedef enum bs_activation {
  BS_ACTIVATION_SILU,
  BS_ACTIVATION_GELU,       /* x Phi(x) */
  BS_ACTIVATION_GELU_TANH,  /* its tanh form */
  BS_ACTIVATION_GELU_QUICK, /* x sigmoid(1.702 x) */
  BS_ACTIVATION_RELU,
} bs_activation;

enum { BS_AFFINE_MAX_PARTS = 3 };

/* A linear layer whose outputs are those of its parts in order. */
typedef struct bs_affine {
  size_t n_parts, n_in;
  const bs_tensor *weights[BS_AFFINE_MAX_PARTS];
  const bs_tensor *biases[BS_AFFINE_MAX_PARTS]; /* all or none */
  size_t n_out[BS_AFFINE_MAX_PARTS];
  bool transposed; /* weights are [n_in][n_out] */
} bs_affine;

/* weight NULL: no norm here; bias NULL: none. */
typedef struct bs_norm {
  const bs_tensor *weight, *bias;
} bs_norm;

typedef struct bs_decoder_layer {
  bs_norm attention_norm, mlp_norm;
  bs_norm q_norm, k_norm; /* per head, of head_dim elements, before the rotation */
  bs_affine qkv;          /* (d_model) -> row laid out by bs_decoder.q, k, v */
  bs_affine attention_out;
  bs_affine mlp_in; /* gated: two parts, gate then up */
  bs_affine mlp_out;
  size_t window;      /* a token sees itself and the window - 1 before it; 0: all before it */
  double score_scale; /* of q . k */
} bs_decoder_layer;

/* Where head h of q, k or v stands in a row of qkv: at first + h * stride. */
typedef struct bs_head_layout {
  size_t first, stride;
} bs_head_layout;

typedef struct bs_decoder {
  size_t n_layers, d_model, n_heads, n_kv_heads, head_dim, d_ff, vocab_size, max_positions;
  bs_norm_kind norm_kind;
  double norm_epsilon;
  bs_activation activation;
  bool gated;             /* mlp: activation(gate) * up */
  bool parallel_residual; /* x + attention(norm1 x) + mlp(norm2 x) */
  bs_head_layout q, k, v;

  bs_position_kind position;
  size_t n_rotary;                 /* leading dimensions of a head that are rotated, even */
  double *inverse_frequencies;     /* [n_rotary / 2], owned; scaling applied */
  const bs_tensor *position_table; /* learned: row position + position_offset */
  size_t position_offset;

  const bs_tensor *embedding; /* (vocab_size, d_model) */
  bs_norm embedding_norm, final_norm;
  const bs_tensor *head;    /* (vocab_size, d_model); the embedding when tied */
  bs_decoder_layer *layers; /* [n_layers], owned */

  int32_t bos;  /* -1: none */
  int32_t *eos; /* [n_eos], owned */
  size_t n_eos;
} bs_decoder;

/* Columns of a row of qkv and of the attention's output. */
static inline size_t bs_decoder_qkv_width(const bs_decoder *decoder) {
  return (decoder->n_heads + 2 * decoder->n_kv_heads) * decoder->head_dim;
}
static inline size_t bs_decoder_attention_width(const bs_decoder *decoder) {
  return decoder->n_heads * decoder->head_dim;
}

void bs_decoder_free(bs_decoder *decoder);

/* Borrowed until the checkpoint is freed. */
const bs_decoder *bs_checkpoint_decoder(const bs_checkpoint *checkpoint);

#endif
