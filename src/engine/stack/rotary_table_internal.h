/* The angles by which queries and keys are rotated, as a table over positions. */
#ifndef BIGSWEEP_ENGINE_STACK_ROTARY_TABLE_INTERNAL_H
#define BIGSWEEP_ENGINE_STACK_ROTARY_TABLE_INTERNAL_H

#include <stddef.h>

#include "bigsweep/error.h"

/* Cosines and sines of positions 0 .. n_positions, (n_positions, n_half) each. */
typedef struct bs_rotary_table {
  float *cosines, *sines;
  size_t n_positions;
} bs_rotary_table;

/* Makes the table reach n_positions at least; its angles are position * inverse_frequencies[0 ..
   n_half). */
bs_status bs_rotary_table_grow(bs_rotary_table *table, const double *inverse_frequencies,
                               size_t n_half, size_t n_positions, bs_error *err);
void bs_rotary_table_free(bs_rotary_table *table);

#endif
