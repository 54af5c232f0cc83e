/* What the results of a hidden layer become, of a feed-forward layer or of an expert. */
#include "engine/stack/pass_internal.h"

void bs_activate_results(const void *context, const float *gate, const float *up, float *y,
                         size_t n) {
  const bs_stack *stack = context;
  if (up != NULL)
    stack->rows->activate_gated(stack->blueprint->activation, gate, up, y, n);
  else
    stack->rows->activate(stack->blueprint->activation, gate, y, n);
}
