/* Buffers of floats that grow and are used again. */
#ifndef BIGSWEEP_ENGINE_STACK_FLOATS_INTERNAL_H
#define BIGSWEEP_ENGINE_STACK_FLOATS_INTERNAL_H

#include <stddef.h>

#include "bigsweep/error.h"

typedef struct bs_floats {
  float *data;
  size_t capacity;
} bs_floats;

/* Room for rows * columns elements; what was there is lost. */
bs_status bs_floats_need(bs_floats *floats, size_t rows, size_t columns, bs_error *err);
void bs_floats_free(bs_floats *floats);

#endif
