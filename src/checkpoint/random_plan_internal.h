/* What a checkpoint of random weights will hold: its config.json, and the tensors that the family
   asks for when it reads that. */
#ifndef BIGSWEEP_CHECKPOINT_RANDOM_PLAN_INTERNAL_H
#define BIGSWEEP_CHECKPOINT_RANDOM_PLAN_INTERNAL_H

#include "bigsweep/buffer.h"
#include "bigsweep/random_model.h"

/* One tensor: centre + scale * a normal number. */
typedef struct bs_random_tensor {
  uint64_t n; /* elements */
  uint64_t begin;
  double centre, scale;
} bs_random_tensor;

typedef struct bs_random_plan {
  const bs_random_model *model;
  bs_text config; /* config.json */
  bs_text header; /* of the safetensors file */
  bs_random_tensor *tensors;
  size_t n_tensors, capacity;
  bool has_embedding;
  uint64_t n_bytes; /* of the data */
  bs_status status; /* sticks */
  bs_error *err;
} bs_random_plan;

/* BS_ERR_USAGE names what is wrong with the shape. To be freed on an error as well. */
bs_status bs_random_plan_make(bs_random_plan *plan, const bs_random_model *model, bs_error *err);
void bs_random_plan_free(bs_random_plan *plan);

#endif
