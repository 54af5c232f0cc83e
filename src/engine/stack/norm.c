/* Norms of rows and heads, of the kind that the stack has. */
#include <string.h>

#include "engine/stack/pass_internal.h"

void bs_norm_row(const bs_stack *stack, const bs_slot_weights *norm, const float *x, float *y,
                 size_t n) {
  const bs_blueprint *blueprint = stack->blueprint;
  if (norm->norm == NULL) {
    if (y != x)
      memcpy(y, x, n * sizeof *y);
  } else if (blueprint->norm_kind == BS_NORM_RMS) {
    stack->rows->rms_norm(x, y, n, norm->norm, blueprint->norm_epsilon);
  } else {
    stack->rows->layer_norm(x, y, n, norm->norm, norm->bias, blueprint->norm_epsilon);
  }
}
