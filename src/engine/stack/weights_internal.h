/* The weights of a stack, packed for the kernels. */
#ifndef BIGSWEEP_ENGINE_STACK_WEIGHTS_INTERNAL_H
#define BIGSWEEP_ENGINE_STACK_WEIGHTS_INTERNAL_H

#include "checkpoint/blueprint_internal.h"
#include "kernels/linear_internal.h"

/* What lies in a slot, by its kind; owned, NULL where the model has none. */
typedef struct bs_slot_weights {
  float *norm, *bias; /* of a norm, as f32 */
  bs_linear *linear;
  bs_linear **members; /* [n_members] */
  size_t n_members;
} bs_slot_weights;

typedef struct bs_layer_weights {
  bs_slot_weights slots[BS_LAYER_SLOTS];
} bs_layer_weights;

typedef struct bs_stack_weights {
  bs_layer_weights *layers;
  size_t n_layers;
  bs_slot_weights slots[BS_SLOTS]; /* those of the stack; tables stay in the file */
  bs_linear_room room;             /* of all packed layers */
} bs_stack_weights;

/* n_bytes is what all weights take once they are packed. Pages of the checkpoint that have been
   copied are given back. */
bs_status bs_stack_weights_load(bs_stack_weights *weights, const bs_checkpoint *checkpoint,
                                const bs_blueprint *blueprint, bs_arithmetic arithmetic,
                                size_t n_bytes, bs_error *err);
void bs_stack_weights_free(bs_stack_weights *weights);
/* The kernels' plan of what lies in a slot, without its bias. It points to `parts`. */
bs_linear_plan bs_slot_plan(const bs_blueprint *blueprint, bs_slot slot,
                            const bs_slot_tensors *tensors, bs_arithmetic arithmetic,
                            bs_weight parts[BS_SLOT_PARTS]);
/* Row `row` of a matrix of n_columns as f32. */
void bs_tensor_row(const bs_tensor *tensor, size_t row, size_t n_columns, float *out);

#endif
