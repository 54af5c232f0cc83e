/* What the files of a stack share: its weights and the working memory of a pass. */
#ifndef BIGSWEEP_ENGINE_STACK_STACK_PARTS_INTERNAL_H
#define BIGSWEEP_ENGINE_STACK_STACK_PARTS_INTERNAL_H

#include "engine/stack/floats_internal.h"
#include "engine/stack/rotary_table_internal.h"
#include "engine/stack/stack_internal.h"
#include "engine/stack/weights_internal.h"
#include "kernels/rows/rows_internal.h"

/* Buffers of one pass, kept from pass to pass. m rows; all (m, width). */
typedef struct bs_workspace {
  bs_floats x;         /* residual stream, d_model; at the end of a pass the final hidden states */
  bs_floats qkv;       /* outputs of the qkv layer */
  bs_floats attention; /* n_heads * head_dim */
  bs_floats hidden;    /* a slab for mlp_out (linear_internal.h) */
  bs_floats transient; /* keys and values that only this pass needs */
  bs_floats scores;    /* working memory of attention, per thread */
} bs_workspace;

struct bs_stack {
  const bs_decoder *decoder; /* borrowed */
  const bs_rows *rows;
  bs_kv_shape kv;
  bs_stack_weights weights;
  bs_rotary_table rotary;
  bs_workspace work;
};

#endif
