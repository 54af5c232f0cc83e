/* What the files of a stack share: its weights and the working memory of a pass. */
#ifndef BIGSWEEP_ENGINE_STACK_STACK_PARTS_INTERNAL_H
#define BIGSWEEP_ENGINE_STACK_STACK_PARTS_INTERNAL_H

#include "engine/stack/angle_table_internal.h"
#include "engine/stack/bias_table_internal.h"
#include "engine/stack/floats_internal.h"
#include "engine/stack/routes_internal.h"
#include "engine/stack/stack_internal.h"
#include "engine/stack/weights_internal.h"
#include "kernels/rows/rows_internal.h"

/* Buffers of one pass, kept from pass to pass. m rows; all (m, width). */
typedef struct bs_workspace {
  bs_floats x;         /* residual stream, d_model; at the end of a pass the final hidden states */
  bs_floats qkv;       /* outputs of the qkv layer */
  bs_floats attention; /* n_heads * head_dim */
  bs_floats hidden;    /* slabs for mlp_out or experts' outputs (linear_internal.h) */
  bs_floats branch;    /* results of a step that are not added as they are, d_model */
  bs_floats narrow;    /* embeddings and final hidden states of a narrower width */
  bs_floats transient; /* keys and values that only this pass needs */
  bs_floats scores;    /* working memory of attention, per thread */
  bs_floats angles;    /* of rows that have their own */
  bs_routes routes;    /* of layers of experts, and there: */
  bs_floats normed;    /* x, normed, d_model */
  bs_floats choices;   /* the router's logits, n_experts */
  bs_floats answers;   /* (m * per_token, d_model), expert after expert */
  bs_floats shared;    /* the shared expert's, d_model ... */
  bs_floats gates;     /* ... and its gate */
} bs_workspace;

/* Whether a step's results are added to x as they are. */
static inline bool bs_step_is_plain(const bs_layer_step *step) {
  return step->post_norm == BS_SLOT_NONE && step->scale == 1;
}

struct bs_stack {
  const bs_blueprint *blueprint; /* borrowed */
  const bs_rows *rows;
  bs_kv_shape kv;
  bs_stack_weights weights;
  bs_angle_table angles[BS_ANGLE_SETS];
  bs_bias_table biases;
  bs_workspace work;
};

#endif
