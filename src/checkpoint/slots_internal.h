/* The slots of a stack: every place that a tensor, or a matrix put together from several, can take.
   One table says what lies in each; binding, loading, freeing, the estimate of memory, the bench
   and the writer of random checkpoints walk it. A new kind of weight is a row of it. */
#ifndef BIGSWEEP_CHECKPOINT_SLOTS_INTERNAL_H
#define BIGSWEEP_CHECKPOINT_SLOTS_INTERNAL_H

#include <stdbool.h>

#include "bigsweep/checkpoint.h"

typedef enum bs_slot {
  BS_SLOT_NONE,
  /* Of each layer. Matrices are packed, and multiplied, in this order. */
  BS_SLOT_ATTENTION_NORM,
  BS_SLOT_Q_NORM, /* of the heads, before the rotation (bs_head_norms) */
  BS_SLOT_K_NORM,
  BS_SLOT_QKV, /* outputs laid out by the blueprint's q, k, v */
  BS_SLOT_ATTENTION_OUT,
  BS_SLOT_ATTENTION_POST_NORM,
  BS_SLOT_CROSS_NORM,
  BS_SLOT_CROSS_KV, /* of the encoder's hidden states: all heads of k, then of v */
  BS_SLOT_CROSS_Q,
  BS_SLOT_CROSS_OUT,
  BS_SLOT_MLP_NORM,
  BS_SLOT_MLP_IN, /* gated: two parts, gate then up */
  BS_SLOT_MLP_OUT,
  BS_SLOT_MLP_POST_NORM,
  BS_SLOT_ROUTER,      /* an output for each expert */
  BS_SLOT_SHARED_GATE, /* one output: how much of the shared expert a token gets */
  BS_SLOT_SHARED_IN,   /* as MLP_IN */
  BS_SLOT_SHARED_OUT,
  BS_SLOT_EXPERT_IN, /* members, each as MLP_IN */
  BS_SLOT_EXPERT_OUT,
  BS_LAYER_SLOTS,
  /* Of the stack. */
  BS_SLOT_EMBEDDING = BS_LAYER_SLOTS,
  BS_SLOT_PROJECT_IN,  /* from the embedding's width to the stream's, where they differ ... */
  BS_SLOT_PROJECT_OUT, /* ... and back before the head */
  BS_SLOT_POSITIONS,   /* row position + position_offset */
  BS_SLOT_BUCKETS,     /* of relative positions, a column for each head; for all layers */
  BS_SLOT_EMBEDDING_NORM,
  BS_SLOT_FINAL_NORM,
  BS_SLOT_HEAD, /* the embedding when tied */
  BS_SLOTS
} bs_slot;

typedef enum bs_slot_kind {
  BS_KIND_TABLE,  /* (n_out, n_in): rows are read where they lie in the file */
  BS_KIND_NORM,   /* (n_out) */
  BS_KIND_LINEAR, /* (n_out, n_in): a matrix that rows are multiplied by */
} bs_slot_kind;

/* A number of elements that a blueprint has (bs_blueprint_width). */
typedef enum bs_width {
  BS_WIDTH_NONE,
  BS_WIDTH_MODEL,
  BS_WIDTH_EMBEDDING,
  BS_WIDTH_Q_NORM,
  BS_WIDTH_K_NORM,
  BS_WIDTH_QUERIES,
  BS_WIDTH_KEYS, /* and of values */
  BS_WIDTH_HIDDEN,
  BS_WIDTH_GATE, /* as HIDDEN, or 0 without a gate */
  BS_WIDTH_VOCABULARY,
  BS_WIDTH_POSITIONS,   /* rows of the position table */
  BS_WIDTH_OWN_Q_NORMS, /* heads, if each has a norm of its own */
  BS_WIDTH_OWN_K_NORMS,
  BS_WIDTH_BUCKETS,
  BS_WIDTH_HEADS,   /* their number */
  BS_WIDTH_EXPERTS, /* their number */
  BS_WIDTH_EXPERT_HIDDEN,
  BS_WIDTH_EXPERT_GATE, /* as EXPERT_HIDDEN, or 0 without a gate */
  BS_WIDTH_SHARED_HIDDEN,
  BS_WIDTH_SHARED_GATE,
  BS_WIDTH_ONE,
} bs_width;

enum { BS_SLOT_PARTS = 3 };

typedef struct bs_slot_rule {
  bs_slot_kind kind;
  bs_width n_out[BS_SLOT_PARTS]; /* of the parts in order; a file may hold them as one matrix */
  bs_width n_in;
  bs_width n_members; /* a number above 0: the slot holds so many that are alike */
} bs_slot_rule;

extern const bs_slot_rule bs_slot_rules[BS_SLOTS]; /* BS_SLOT_NONE has no meaning */

/* What a checkpoint has for a slot: one tensor, or parts whose outputs follow one another, or
   members of this kind. */
typedef struct bs_slot_tensors {
  size_t n_parts; /* 0: this model has none, or members */
  const bs_tensor *weights[BS_SLOT_PARTS];
  const bs_tensor *biases[BS_SLOT_PARTS]; /* all or none */
  size_t n_out[BS_SLOT_PARTS], n_in;
  bool transposed;                 /* weights are [n_in][n_out] */
  bool bare;                       /* a norm of n_out[0] without tensors: its weights are 1 */
  struct bs_slot_tensors *members; /* [n_members], owned by the blueprint, or NULL */
  size_t n_members;
} bs_slot_tensors;

static inline bool bs_slot_is_there(const bs_slot_tensors *tensors) {
  return tensors->n_parts > 0 || tensors->bare || tensors->n_members > 0;
}

/* The sum of n_out. */
size_t bs_slot_outputs(const bs_slot_tensors *tensors);

#endif
