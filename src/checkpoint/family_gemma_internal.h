/* What the generations of Gemma have in common: norms of weights 1 + w, a gated feed-forward layer,
   heads of a width of their own, embeddings times the root of the model's width. */
#ifndef BIGSWEEP_CHECKPOINT_FAMILY_GEMMA_INTERNAL_H
#define BIGSWEEP_CHECKPOINT_FAMILY_GEMMA_INTERNAL_H

#include "checkpoint/keys_internal.h"

/* What transformers takes where a key is absent. */
typedef struct bs_gemma_defaults {
  size_t d_model, d_ff, n_layers, n_heads, n_kv_heads, head_dim, vocab_size, max_positions;
} bs_gemma_defaults;

/* The keys that bs_gemma_sizes, bs_gemma_layers and bs_gemma_bind read. */
#define BS_GEMMA_KEYS                                                                              \
  "hidden_size", "num_hidden_layers", "num_attention_heads", "num_key_value_heads", "head_dim",    \
      "intermediate_size", "max_position_embeddings", "rms_norm_eps", "attention_bias",            \
      BS_ROTARY_KEYS

/* Sizes, norms and the gate; the activation and positions are left to the family. */
void bs_gemma_sizes(bs_reader *reader, bs_blueprint *blueprint, const bs_gemma_defaults *defaults);
/* Norms behind attention and feed-forward, too, and scores by query_pre_attn_scalar in place of
   head_dim (Gemma 2 and 3). */
void bs_gemma_four_norms(bs_reader *reader, bs_blueprint *blueprint, double default_scalar);
/* How the tensors of a generation are called and which there are. */
typedef struct bs_gemma_form {
  const char *prefix, *head; /* of all names but the head's; the head's */
  bool four_norms;           /* of a layer, else two */
  bool head_norms;           /* of q and k */
  bool tied;
} bs_gemma_form;

void bs_gemma_bind(bs_reader *reader, bs_blueprint *blueprint, const bs_gemma_form *form);

/* Rules of all generations. */
#define BS_GEMMA_RULES                                                                             \
  {"partial_rotary_factor", {"1"}, .null_counts = true, .why = "whole heads are rotated"}, {       \
    "position_embedding_type", {"rope", "rotary"}, .why = "positions are rotary"                   \
  }

extern const char *const bs_gemma_ignored[];
extern const bs_key_rule bs_gemma_refused[];

#endif
