/* The weights of a stack, packed for the kernels. */
#ifndef BIGSWEEP_ENGINE_STACK_WEIGHTS_INTERNAL_H
#define BIGSWEEP_ENGINE_STACK_WEIGHTS_INTERNAL_H

#include "checkpoint/decoder_internal.h"
#include "kernels/linear_internal.h"

/* As f32, owned; NULL where the model has none. */
typedef struct bs_norm_weights {
  float *weight, *bias;
} bs_norm_weights;

typedef struct bs_layer_weights {
  bs_norm_weights attention_norm, mlp_norm, q_norm, k_norm;
  bs_linear *qkv, *attention_out, *mlp_in, *mlp_out;
} bs_layer_weights;

typedef struct bs_stack_weights {
  bs_layer_weights *layers;
  size_t n_layers;
  bs_norm_weights embedding_norm, final_norm;
  bs_linear *head;
  bs_linear_room room; /* of all packed layers */
} bs_stack_weights;

/* n_bytes is what all weights take once they are packed. Pages of the checkpoint that have been
   copied are given back. */
bs_status bs_stack_weights_load(bs_stack_weights *weights, const bs_checkpoint *checkpoint,
                                const bs_decoder *decoder, bs_arithmetic arithmetic, size_t n_bytes,
                                bs_error *err);
void bs_stack_weights_free(bs_stack_weights *weights);
/* The kernels' plan of an affine map, without its bias. It points to `parts`. */
bs_linear_plan bs_affine_plan(const bs_affine *affine, bool paired, bs_arithmetic arithmetic,
                              bs_weight parts[BS_AFFINE_MAX_PARTS]);
bs_weight bs_head_weight(const bs_decoder *decoder);
/* Row `row` of a matrix of n_columns as f32. */
void bs_tensor_row(const bs_tensor *tensor, size_t row, size_t n_columns, float *out);

#endif
