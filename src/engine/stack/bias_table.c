/* The table of relative positions of a checkpoint, spread out over distances. */
#include "engine/stack/bias_table_internal.h"

#include <stdlib.h>

#include "base/memory_internal.h"
#include "engine/stack/weights_internal.h"

/* The biases of all heads at one distance. */
static void fill(const bs_blueprint *blueprint, int64_t distance, float *heads, float *column,
                 size_t n_columns) {
  size_t n = blueprint->n_heads;
  bs_tensor_row(blueprint->slots[BS_SLOT_BUCKETS].weights[0],
                bs_relative_bucket(blueprint, distance), n, heads);
  for (size_t h = 0; h < n; h++)
    column[h * n_columns] = heads[h];
}

bs_status bs_bias_table_grow(bs_bias_table *table, const bs_blueprint *blueprint,
                             size_t n_positions, bs_error *err) {
  if (blueprint->position != BS_POSITION_RELATIVE || n_positions <= table->n_positions)
    return BS_OK;
  size_t larger = bs_size_max(2 * table->n_positions, n_positions), n_columns = 2 * larger - 1, n;
  if (!bs_size_mul(n_columns, blueprint->n_heads, &n))
    return bs_error_set(err, BS_ERR_MEMORY, "a table of positions of %zu x %zu", n_columns,
                        blueprint->n_heads);
  float *data = bs_array_new(n, sizeof *data, err);
  float *heads = bs_array_new(blueprint->n_heads, sizeof *heads, err);
  bs_status status = data == NULL || heads == NULL ? BS_ERR_MEMORY : BS_OK;
  for (size_t i = 0; status == BS_OK && i < n_columns; i++)
    fill(blueprint, (int64_t)i - (int64_t)(larger - 1), heads, data + i, n_columns);
  free(heads);
  if (status != BS_OK) {
    free(data);
    return status;
  }
  bs_bias_table_free(table);
  *table = (bs_bias_table){.data = data, .n_positions = larger};
  return BS_OK;
}

void bs_bias_table_free(bs_bias_table *table) {
  free(table->data);
  *table = (bs_bias_table){0};
}
