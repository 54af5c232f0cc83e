/* Which experts the rows of a pass go through, and the rows gathered by expert. */
#ifndef BIGSWEEP_ENGINE_STACK_ROUTES_INTERNAL_H
#define BIGSWEEP_ENGINE_STACK_ROUTES_INTERNAL_H

#include "checkpoint/blueprint_internal.h"

/* Choices of a row stand together, the most likely expert first. All arrays are owned and used
   again from pass to pass. */
typedef struct bs_routes {
  uint32_t *experts; /* [n_rows * per_token] */
  float *weights;    /* of the expert's result in the row's sum */
  size_t *places;    /* where the choice stands among those of all experts ... */
  size_t *rows;      /* ... [n_rows * per_token], expert after expert: the row of each place */
  size_t *first;     /* [n_experts + 1]: expert e has the places first[e] .. first[e + 1] */
  size_t capacity;   /* choices */
} bs_routes;

/* `logits` (n_rows, n_experts) become probabilities on the way. A row's choices and weights follow
   from its logits alone. */
bs_status bs_routes_make(bs_routes *routes, const bs_experts *experts, float *logits, size_t n_rows,
                         bs_error *err);
void bs_routes_free(bs_routes *routes);

/* Bytes of the routes of n_rows rows. */
double bs_routes_bytes(const bs_experts *experts, size_t n_rows);

#endif
