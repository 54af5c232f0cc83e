/* What relative positions add to the scores of each head, as a table over distances. */
#ifndef BIGSWEEP_ENGINE_STACK_BIAS_TABLE_INTERNAL_H
#define BIGSWEEP_ENGINE_STACK_BIAS_TABLE_INTERNAL_H

#include "bigsweep/error.h"
#include "checkpoint/blueprint_internal.h"

/* (n_heads, 2 n_positions - 1): for a key that stands d places behind its query at column
   n_positions - 1 + d. */
typedef struct bs_bias_table {
  float *data;
  size_t n_positions;
} bs_bias_table;

/* Makes the table reach texts of n_positions at least, in a stack that has relative positions. */
bs_status bs_bias_table_grow(bs_bias_table *table, const bs_blueprint *blueprint,
                             size_t n_positions, bs_error *err);
void bs_bias_table_free(bs_bias_table *table);

/* What is added to the scores of the keys from position `low` on, for a query of this head. */
static inline const float *bs_bias_from(const bs_bias_table *table, size_t head, size_t query,
                                        size_t low) {
  return table->data + head * (2 * table->n_positions - 1) + (table->n_positions - 1) + low - query;
}

#endif
