/* The angles by which queries and keys are rotated, as a table over positions. */
#include "engine/stack/rotary_table_internal.h"

#include <math.h>
#include <stdlib.h>

#include "base/memory_internal.h"

bs_status bs_rotary_table_grow(bs_rotary_table *table, const double *inverse_frequencies,
                               size_t n_half, size_t n_positions, bs_error *err) {
  if (n_positions <= table->n_positions)
    return BS_OK;
  size_t larger = 2 * table->n_positions > n_positions ? 2 * table->n_positions : n_positions, n;
  if (!bs_size_mul(larger, n_half, &n))
    return bs_error_set(err, BS_ERR_MEMORY, "a rotary table of %zu x %zu", larger, n_half);
  float *cosines = bs_array_new(n, sizeof *cosines, err);
  float *sines = bs_array_new(n, sizeof *sines, err);
  if (cosines == NULL || sines == NULL) {
    free(cosines);
    free(sines);
    return BS_ERR_MEMORY;
  }
  for (size_t p = 0; p < larger; p++) {
    for (size_t i = 0; i < n_half; i++) {
      double angle = (double)p * inverse_frequencies[i];
      cosines[p * n_half + i] = (float)cos(angle);
      sines[p * n_half + i] = (float)sin(angle);
    }
  }
  bs_rotary_table_free(table);
  *table = (bs_rotary_table){.cosines = cosines, .sines = sines, .n_positions = larger};
  return BS_OK;
}

void bs_rotary_table_free(bs_rotary_table *table) {
  free(table->cosines);
  free(table->sines);
  *table = (bs_rotary_table){0};
}
