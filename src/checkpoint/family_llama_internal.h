/* The Llama block, which several families share. */
#ifndef BIGSWEEP_CHECKPOINT_FAMILY_LLAMA_INTERNAL_H
#define BIGSWEEP_CHECKPOINT_FAMILY_LLAMA_INTERNAL_H

#include "checkpoint/keys_internal.h"

typedef struct bs_llama_variant {
  bool qkv_bias, out_bias, mlp_bias;
  bool head_norms; /* q_norm and k_norm */
  bool tied;       /* where tie_word_embeddings is absent */
} bs_llama_variant;

/* The keys that bs_llama_sizes and bs_llama_bind read. */
#define BS_LLAMA_KEYS                                                                              \
  "hidden_size", "num_hidden_layers", "num_attention_heads", "num_key_value_heads",                \
      "intermediate_size", "max_position_embeddings", "head_dim", "rms_norm_eps", "hidden_act",    \
      BS_ROTARY_KEYS

/* Rules of the block. */
#define BS_LLAMA_RULES                                                                             \
  {"partial_rotary_factor", {"1"}, .null_counts = true, .why = "whole heads are rotated"}, {       \
    "position_embedding_type", {"rope", "rotary"}, .why = "positions are rotary"                   \
  }

/* Of a family that has no others. */
extern const char *const bs_llama_harmless[];
extern const bs_key_rule bs_llama_refused[];

/* What relatives of Llama have where a key is absent. */
typedef struct bs_llama_defaults {
  size_t kv_heads; /* 0: the number of heads, as where num_key_value_heads is null */
  double theta;    /* rope_theta; 0: 10000 */
  double epsilon;  /* rms_norm_eps; 0: 1e-6 */
} bs_llama_defaults;

/* Reads what config.json says in Llama's terms and allocates the layers. */
void bs_llama_sizes(bs_reader *reader, bs_blueprint *blueprint, const bs_llama_defaults *defaults);
/* Binds the tensors. */
void bs_llama_bind(bs_reader *reader, bs_blueprint *blueprint, const bs_llama_variant *variant);

#endif
