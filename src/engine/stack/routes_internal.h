/* Which experts the rows of a pass go through, and the rows gathered by expert. */
#ifndef BIGSWEEP_ENGINE_STACK_ROUTES_INTERNAL_H
#define BIGSWEEP_ENGINE_STACK_ROUTES_INTERNAL_H

#include "engine/stack/batch_internal.h"

/* In place of an expert whose capacity was used up, and of the place of such a choice. */
enum { BS_NO_EXPERT = UINT16_MAX };
static const size_t BS_NO_PLACE = SIZE_MAX;

/* Choices of a row stand together, the most likely expert first. All arrays are owned and used
   again from pass to pass. */
typedef struct bs_routes {
  uint32_t *experts; /* [n_rows * per_token] */
  float *weights;    /* of the expert's result in the row's sum */
  size_t *places;    /* where the choice stands among those of all experts, or BS_NO_PLACE ... */
  size_t *rows;      /* ... [n_rows * per_token], expert after expert: the row of each place */
  size_t *first;     /* [n_experts + 1]: expert e has the places first[e] .. first[e + 1] */
  size_t *counts;    /* [n_experts]: tokens of a text that an expert was asked to take */
  size_t capacity;   /* choices */
} bs_routes;

/* Experts and weights of all rows. `logits` (n_rows, n_experts) become probabilities on the way. A
   row's choices and weights follow from its logits alone. */
bs_status bs_routes_choose(bs_routes *routes, const bs_experts *experts, float *logits,
                           size_t n_rows, bs_error *err);
/* Where experts have a capacity: the choices of the batch's rows, which are all rows, are kept in
   their blocks, and those become BS_NO_EXPERT that come too late in their text. */
void bs_routes_limit(bs_routes *routes, const bs_experts *experts, const bs_batch *batch,
                     const bs_kv_shape *kv, size_t layer);
/* Only the choices of these ascending rows stay. */
void bs_routes_keep(bs_routes *routes, const bs_experts *experts, const size_t *rows, size_t n);
/* The other arrays, from the experts that the rows chose. */
void bs_routes_gather(bs_routes *routes, const bs_experts *experts, size_t n_rows);
void bs_routes_free(bs_routes *routes);

/* Bytes of the routes of n_rows rows. */
double bs_routes_bytes(const bs_experts *experts, size_t n_rows);

#endif
