/* The rows of a pass. */
#include <string.h>

#include "engine/stack/pass_internal.h"

void bs_pass_keep_wanted(bs_pass *pass) {
  size_t d = pass->stack->blueprint->d_model;
  float *x = pass->stack->work.x.data;
  for (size_t i = 0; i < pass->n_wanted; i++)
    if (pass->wanted[i] != i)
      memcpy(x + i * d, x + pass->wanted[i] * d, d * sizeof *x);
  pass->n_rows = pass->n_wanted;
}
