/* A stack of transformer layers described by data: what the engine runs and what a family's source
   file fills in from config.json and the tensors. The engine knows no family.

   A layer is a short list of steps on the residual stream x, a row for each token:
     x = x + scale * post_norm(operation(pre_norm(x))),   x = result_norm(x)
   A further operation is a further bs_operation, with its
   slots, and a row of the engine's table of operations. */
#ifndef BIGSWEEP_CHECKPOINT_BLUEPRINT_INTERNAL_H
#define BIGSWEEP_CHECKPOINT_BLUEPRINT_INTERNAL_H

#include "checkpoint/activation_internal.h"
#include "checkpoint/slots_internal.h"

typedef enum bs_norm_kind { BS_NORM_LAYER, BS_NORM_RMS } bs_norm_kind;

typedef enum bs_position_kind {
  BS_POSITION_ROTARY,     /* q and k rotated */
  BS_POSITION_LEARNED,    /* a table added to the token's embedding */
  BS_POSITION_ALIBI,      /* scores lowered by slope * distance */
  BS_POSITION_SINUSOIDAL, /* sines of all angles, then cosines, added to the token's embedding */
  BS_POSITION_RELATIVE,   /* scores raised by what a table has for head and distance */
} bs_position_kind;

/* Angles of positions: position * frequency. */
typedef struct bs_angles {
  double *frequencies; /* [n_angles of the blueprint], owned; scaling applied */
  double factor;       /* of cosines and sines */
  /* Texts of more than `length` tokens have other frequencies; 0: all texts have the same. */
  size_t length;
  double *long_frequencies; /* those of all longer texts, owned; NULL: theta grows with the length
                               n, to theta * (growth * n / length - (growth - 1))^(d / (d - 2)), d
                               being twice n_angles */
  double theta, growth;
} bs_angles;

/* Sets of angles that a stack's layers may have. */
enum { BS_ANGLE_SETS = 2, BS_NO_ANGLES = BS_ANGLE_SETS };

typedef enum bs_operation {
  BS_OPERATION_ATTENTION, /* causal: a token sees itself and what stands before it; of a stack that
                             is bidirectional it sees all of its text */
  BS_OPERATION_MLP,       /* activation between two matrices, or activation(gate) * up */
  BS_OPERATION_CROSS_ATTENTION, /* a token sees all of the text that an encoder has read */
  BS_OPERATION_EXPERTS,         /* of several MLPs those that a router chooses (bs_experts) */
} bs_operation;

typedef struct bs_layer_step {
  bs_operation operation;
  bool beside; /* starts from the same x as the step before it: x + first(x) + second(x) */
  bs_slot pre_norm, post_norm; /* BS_SLOT_NONE: none; two steps may share one */
  double scale;
  bs_slot result_norm; /* of a step that no other stands beside; BS_SLOT_NONE: none */
} bs_layer_step;

/* Attention stands in every layer, and first among steps beside each other. */
enum { BS_LAYER_STEPS = 4 };

typedef struct bs_layer_blueprint {
  bs_layer_step steps[BS_LAYER_STEPS];
  size_t n_steps;
  bs_slot_tensors slots[BS_LAYER_SLOTS];
  size_t window;      /* a token sees itself and the window - 1 before it; 0: all before it */
  double score_scale; /* of q . k */
  double score_cap;   /* a score becomes cap * tanh(score / cap); 0: none */
  size_t angles;      /* of the blueprint's, or BS_NO_ANGLES: q and k are not rotated */
} bs_layer_blueprint;

/* Where head h of q, k or v stands in a row of qkv: heads lie `stride` apart, `per_group` of them
   together, and groups group_stride apart (bs_head_place). */
typedef struct bs_head_layout {
  size_t first, stride, per_group, group_stride;
} bs_head_layout;

static inline size_t bs_head_place(const bs_head_layout *layout, size_t h) {
  return layout->first + h / layout->per_group * layout->group_stride +
         h % layout->per_group * layout->stride;
}

/* What the norms of q and k are, where a model has them: one of each head, all with the same
   weights; one of each head with weights of its own; one of all heads together. */
typedef enum bs_head_norms {
  BS_HEAD_NORMS_SHARED,
  BS_HEAD_NORMS_OWN,
  BS_HEAD_NORMS_JOINT,
} bs_head_norms;

/* Experts of the layers that have any: feed-forward layers of which a router chooses some for each
   token. Their results are added up, each times its probability: the softmax over all experts, or
   (renormalised) over the chosen ones. */
typedef struct bs_experts {
  size_t n;         /* 0: there are none */
  size_t per_token; /* those that a token goes through; the lowest numbers among equals */
  bool renormalised;
  /* An expert takes so many of a text's tokens, from the first one on; to a later one of its tokens
     it adds nothing. 0: all. Only where a token goes through one expert. */
  size_t capacity;
  size_t d_hidden; /* of an expert */
  size_t d_shared; /* of the one that all tokens go through besides; 0: there is none */
} bs_experts;

typedef struct bs_blueprint {
  size_t n_layers, d_model, n_heads, n_kv_heads, head_dim, d_ff, vocab_size, max_positions;
  bs_norm_kind norm_kind;
  double norm_epsilon;
  double norm_offset; /* added to the weights of norms: 1 in Gemma's files */
  bs_head_norms head_norms;
  bs_activation activation;
  bool gated; /* the hidden layer: activation(gate) * up */
  bs_experts experts;
  bs_head_layout q, k, v;
  /* q, k and v are kept within -clip .. clip, behind norms of all heads together, before norms of
     one head and rotation; 0: none. */
  double qkv_clip;

  size_t d_embedding;     /* of a narrower embedding and head; 0: d_model */
  double embedding_scale; /* of a token's embedding */
  bs_position_kind position;
  size_t n_angles; /* of a position: half the leading dimensions of a head that are rotated; half of
                      d_model where positions are sinusoidal */
  bool neighbours; /* dimensions (2 i, 2 i + 1) are rotated together, else (i, i + n_angles) */
  bs_angles angles[BS_ANGLE_SETS]; /* without frequencies: not there */
  double *alibi_slopes;            /* [n_heads], owned */
  size_t position_offset;          /* of positions that are added to embeddings */
  double output_scale;             /* of the final hidden state, and so of the logits */
  double logit_cap;                /* a logit becomes cap * tanh(logit / cap); 0: none */
  size_t n_buckets, max_distance;  /* of relative positions (bs_relative_bucket) */
  bool bidirectional;              /* a token sees what stands behind it, too: an encoder */

  bs_slot_tensors slots[BS_SLOTS]; /* those of the stack; the first BS_LAYER_SLOTS are empty */
  bs_layer_blueprint *layers;      /* [n_layers], owned */
} bs_blueprint;

size_t bs_blueprint_width(const bs_blueprint *blueprint, bs_width width);
/* Parameters of the experts that a token does not go through. */
uint64_t bs_blueprint_idle_parameters(const bs_blueprint *blueprint);
/* Columns of a row of qkv and of the attention's output. */
static inline size_t bs_blueprint_qkv_width(const bs_blueprint *blueprint) {
  return (blueprint->n_heads + 2 * blueprint->n_kv_heads) * blueprint->head_dim;
}
static inline size_t bs_blueprint_attention_width(const bs_blueprint *blueprint) {
  return blueprint->n_heads * blueprint->head_dim;
}

/* Texts have the same angles if they have the same length class: 0 up to the length from which on
   angles depend on a text's length, else a length that stands for all of the class. */
size_t bs_blueprint_length_class(const bs_blueprint *blueprint, size_t n_tokens);
/* Whether a text that has grown to n_tokens is computed anew, from its first token on: where it has
   passed the length from which on another list of frequencies holds. Elsewhere the keys of a
   growing text keep the angles that they got, as in transformers' cache. */
bool bs_blueprint_begins_anew(const bs_blueprint *blueprint, size_t n_tokens);
/* The frequencies of a set of angles in texts of this class: to[n_angles]. */
void bs_angles_at(const bs_blueprint *blueprint, const bs_angles *angles, size_t length_class,
                  double *to);

/* The row of the table of BS_SLOT_BUCKETS for a key that stands `distance` places behind its query
   (before it: less than 0). Each of the two directions has half of the buckets where a token sees
   both: half of these for a distance each, the others for distances that grow by a factor up to
   max_distance and all beyond. (transformers, T5Attention._relative_position_bucket.) */
size_t bs_relative_bucket(const bs_blueprint *blueprint, int64_t distance);

void bs_blueprint_free(bs_blueprint *blueprint);

/* The ids that begin and end a text. */
typedef struct bs_special_ids {
  int32_t bos;           /* -1: none */
  int32_t decoder_start; /* that a decoder's text begins with; -1: there is no encoder */
  int32_t *eos;          /* [n_eos], owned */
  size_t n_eos;
} bs_special_ids;

/* Borrowed until the checkpoint is freed. */
const bs_blueprint *bs_checkpoint_blueprint(const bs_checkpoint *checkpoint);
/* The encoder that the stack of bs_checkpoint_blueprint sees; NULL: there is none. */
const bs_blueprint *bs_checkpoint_encoder(const bs_checkpoint *checkpoint);
const bs_special_ids *bs_checkpoint_special_ids(const bs_checkpoint *checkpoint);

#endif
