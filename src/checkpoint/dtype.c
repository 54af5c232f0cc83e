/* The types of a tensor's elements. */
#include "bigsweep/checkpoint.h"

static const struct {
  const char *name;
  size_t bytes;
} dtypes[] = {
#define BS_DTYPE_ROW(id, name, bytes) [id] = {name, bytes},
    BS_DTYPE_LIST(BS_DTYPE_ROW)
#undef BS_DTYPE_ROW
};

const char *bs_dtype_name(bs_dtype dtype) { return dtypes[dtype].name; }

size_t bs_dtype_bytes(bs_dtype dtype) { return dtypes[dtype].bytes; }
