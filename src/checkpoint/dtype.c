/* The types of a tensor's elements. */
#include "checkpoint/dtype_internal.h"

#include <string.h>

static const struct {
  const char *name;
  size_t bytes; /* of an element */
  const bs_block_type *blocks;
} dtypes[BS_DTYPES] = {
#define BS_DTYPE_ROW(id, name, bytes) [id] = {name, bytes, NULL},
#define BS_BLOCK_DTYPE_ROW(name) [BS_DTYPE_##name] = {#name, 0, &bs_block_types[BS_BLOCK_##name]},
    BS_DTYPE_LIST(BS_DTYPE_ROW) BS_BLOCK_DTYPE_LIST(BS_BLOCK_DTYPE_ROW)
#undef BS_DTYPE_ROW
#undef BS_BLOCK_DTYPE_ROW
};

const char *bs_dtype_name(bs_dtype dtype) { return dtypes[dtype].name; }

size_t bs_dtype_bytes(bs_dtype dtype) { return dtypes[dtype].bytes; }

const bs_block_type *bs_dtype_blocks(bs_dtype dtype) { return dtypes[dtype].blocks; }

bs_dtype bs_dtype_of_blocks(const bs_block_type *type) {
  size_t i = 0;
  while (i + 1 < BS_DTYPES && strcmp(dtypes[i].name, type->name) != 0)
    i++;
  return (bs_dtype)i;
}

size_t bs_dtype_block(bs_dtype dtype) {
  const bs_block_type *type = bs_dtype_blocks(dtype);
  return type != NULL ? type->n_values : 1;
}

size_t bs_dtype_size(bs_dtype dtype, size_t n) {
  const bs_block_type *type = bs_dtype_blocks(dtype);
  return type != NULL ? n / type->n_values * type->n_bytes : n * dtypes[dtype].bytes;
}

size_t bs_tensor_elements(const bs_tensor *tensor) {
  size_t n = 1;
  for (size_t i = 0; i < tensor->n_dims; i++)
    n *= (size_t)tensor->shape[i];
  return n;
}
