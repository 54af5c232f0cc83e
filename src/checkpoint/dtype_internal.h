/* Element types in the terms of GGUF files. */
#ifndef BIGSWEEP_CHECKPOINT_DTYPE_INTERNAL_H
#define BIGSWEEP_CHECKPOINT_DTYPE_INTERNAL_H

#include "bigsweep/checkpoint.h"
#include "gguf/types_internal.h"

/* How blocks of a type are expanded; NULL for types without blocks. */
const bs_block_type *bs_dtype_blocks(bs_dtype dtype);
/* Every type of a GGUF file is one of a tensor. */
bs_dtype bs_dtype_of_blocks(const bs_block_type *type);
/* The elements of a tensor, whose shape has been checked. */
size_t bs_tensor_elements(const bs_tensor *tensor);

#endif
