/* Weights that are no numbers. */
#ifndef BIGSWEEP_CHECKPOINT_FINITE_INTERNAL_H
#define BIGSWEEP_CHECKPOINT_FINITE_INTERNAL_H

#include "bigsweep/checkpoint.h"

/* BS_ERR_INPUT names the first element of a tensor that is NaN or infinite. Reads the tensor whole,
   with OpenMP's threads. */
bs_status bs_tensor_check_finite(const bs_tensor *tensor, bs_error *err);

#endif
