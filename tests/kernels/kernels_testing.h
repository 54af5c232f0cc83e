/* What the suites of the kernels share: reproducible data, weights of a type, every row of the
   kernel table that this machine has. */
#ifndef BIGSWEEP_TESTS_KERNELS_TESTING_H
#define BIGSWEEP_TESTS_KERNELS_TESTING_H

#include "harness.h"
#include "kernels/linear_internal.h"

/* A counter-based generator: the i-th of stream `seed`, uniform bits. */
uint64_t kt_bits(uint64_t seed, uint64_t i);
/* Uniform in [-1, 1). */
float kt_uniform(uint64_t seed, uint64_t i);
/* Close to a standard normal. */
float kt_normal(uint64_t seed, uint64_t i);

/* How values are drawn. */
typedef enum kt_kind {
  KT_UNIFORM,      /* [-1, 1) */
  KT_MODEL,        /* as in a model: normal, 0.02 for weights; activations with channels of outliers
                    */
  KT_MAGNITUDES,   /* 2^-40 to 2^40 */
  KT_CANCELLATION, /* the second half of each 128 inputs nearly undoes the first */
  KT_ZEROS,        /* four in five activations are 0 */
  KT_KINDS
} kt_kind;

const char *kt_kind_name(kt_kind kind);
float kt_value(kt_kind kind, bool weight, uint64_t seed, size_t row, size_t k);

/* A weight matrix [n_out][n_in] (or transposed) with the values as the type holds them in f32. */
typedef struct kt_weights {
  bs_weight weight;
  unsigned char *data; /* owned; weight.data = data + misalignment */
  float *values;       /* [n_out][n_in] whatever the layout */
} kt_weights;

kt_weights kt_weights_new(kt_kind kind, bs_dtype dtype, size_t n_out, size_t n_in, bool transposed,
                          size_t misalignment, uint64_t seed);
void kt_weights_free(kt_weights *weights);

float *kt_rows_new(kt_kind kind, size_t m, size_t n_in, size_t ld, uint64_t seed);

/* Calls `check` for every instruction set of this machine and precision. */
void kt_each_kernel(void (*check)(bs_arithmetic how));

extern const bs_precision kt_precisions[3]; /* all but AUTO */
extern const bs_dtype kt_dtypes[3];

/* A packed layer; fails the test when that does not work. */
bs_linear *kt_linear_new(const kt_weights *weights, const float *bias, bs_arithmetic how);

/* y = or += the product of m rows; fails the test when that does not work. */
void kt_apply(const bs_linear *linear, const float *x, size_t ld_x, size_t m, float *y,
              size_t ld_y);
void kt_add(const bs_linear *linear, const float *x, size_t ld_x, size_t m, float *y, size_t ld_y);

#endif
