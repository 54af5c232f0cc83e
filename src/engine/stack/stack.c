/* A stack from opening to freeing. */
#include <stdlib.h>

#include "base/memory_internal.h"
#include "engine/stack/stack_parts_internal.h"

bs_status bs_stack_open(bs_stack **out, const bs_checkpoint *checkpoint,
                        const bs_blueprint *blueprint, bs_arithmetic arithmetic, bs_error *err) {
  bs_stack_memory need;
  *out = NULL;
  bs_status status = bs_stack_memory_need(blueprint, arithmetic, 1, 1, &need, err);
  if (status != BS_OK)
    return status;
  bs_stack *stack = bs_array_new(1, sizeof *stack, err);
  if (stack == NULL)
    return BS_ERR_MEMORY;
  *stack = (bs_stack){.blueprint = blueprint,
                      .rows = bs_rows_for(arithmetic.isa),
                      .kv = bs_kv_shape_of(blueprint, arithmetic)};
  status = bs_stack_weights_load(&stack->weights, checkpoint, blueprint, arithmetic,
                                 (size_t)need.weights, err);
  if (status != BS_OK)
    bs_stack_free(&stack);
  *out = stack;
  return status;
}

void bs_stack_free(bs_stack **stack) {
  if (*stack == NULL)
    return;
  bs_workspace *work = &(*stack)->work;
  bs_stack_weights_free(&(*stack)->weights);
  for (size_t i = 0; i < BS_ANGLE_SETS; i++)
    bs_angle_table_free(&(*stack)->angles[i]);
  bs_bias_table_free(&(*stack)->biases);
  bs_floats_free(&work->x);
  bs_floats_free(&work->qkv);
  bs_floats_free(&work->attention);
  bs_floats_free(&work->hidden);
  bs_floats_free(&work->branch);
  bs_floats_free(&work->narrow);
  bs_floats_free(&work->transient);
  bs_floats_free(&work->scores);
  bs_floats_free(&work->angles);
  bs_routes_free(&work->routes);
  bs_floats_free(&work->normed);
  bs_floats_free(&work->choices);
  bs_floats_free(&work->answers);
  bs_floats_free(&work->shared);
  bs_floats_free(&work->gates);
  free(*stack);
  *stack = NULL;
}

const bs_kv_shape *bs_stack_kv(const bs_stack *stack) { return &stack->kv; }
