/* Buffers of floats that grow and are used again. */
#include "engine/stack/floats_internal.h"

#include <stdlib.h>

#include "base/memory_internal.h"
#include "kernels/scratch_internal.h"

bs_status bs_floats_need(bs_floats *floats, size_t rows, size_t columns, bs_error *err) {
  size_t n, n_bytes;
  if (!bs_size_mul(rows, columns, &n) || !bs_size_mul(n, sizeof(float), &n_bytes))
    return bs_error_set(err, BS_ERR_MEMORY, "a buffer of %zu x %zu", rows, columns);
  if (n <= floats->capacity)
    return BS_OK;
  free(floats->data);
  floats->capacity = 0;
  floats->data = bs_aligned_new(n_bytes);
  if (floats->data == NULL)
    return bs_error_set(err, BS_ERR_MEMORY, "cannot allocate %zu bytes", n_bytes);
  floats->capacity = n;
  return BS_OK;
}

void bs_floats_free(bs_floats *floats) {
  free(floats->data);
  *floats = (bs_floats){0};
}
