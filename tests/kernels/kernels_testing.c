/* Data, weights and layers for the suites of the kernels. */
#include "kernels_testing.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernels/convert_internal.h"

const bs_precision kt_precisions[3] = {BS_PRECISION_F32, BS_PRECISION_BF16X2, BS_PRECISION_BF16};
const bs_dtype kt_dtypes[3] = {BS_DTYPE_F32, BS_DTYPE_F16, BS_DTYPE_BF16};

uint64_t kt_bits(uint64_t seed, uint64_t i) {
  i = (i + 1) * 0x9E3779B97F4A7C15U + seed * 0xD1B54A32D192ED03U;
  i = (i ^ i >> 30) * 0xBF58476D1CE4E5B9U;
  i = (i ^ i >> 27) * 0x94D049BB133111EBU;
  return i ^ i >> 31;
}

float kt_uniform(uint64_t seed, uint64_t i) {
  return (float)(int32_t)(kt_bits(seed, i) >> 32) * 0x1p-31F;
}

float kt_normal(uint64_t seed, uint64_t i) {
  float sum = 0; /* of 12 uniform numbers of variance 1/3 */
  for (uint64_t j = 0; j < 12; j++)
    sum += kt_uniform(seed, 12 * i + j);
  return sum * 0.5F;
}

const char *kt_kind_name(kt_kind kind) {
  static const char *const names[] = {[KT_UNIFORM] = "uniform",
                                      [KT_MODEL] = "model",
                                      [KT_MAGNITUDES] = "magnitudes",
                                      [KT_CANCELLATION] = "cancellation",
                                      [KT_ZEROS] = "zeros"};
  return names[kind];
}

float kt_value(kt_kind kind, bool weight, uint64_t seed, size_t row, size_t k) {
  uint64_t i = row * 100003 + k;
  switch (kind) {
  case KT_MODEL:
    return kt_normal(seed, i) * (weight ? 0.02F : kt_bits(seed + 1, k) % 64 == 0 ? 50.0F : 1.0F);
  case KT_MAGNITUDES:
    /* F16 weights end at 65504 and 6e-8 */
    return ldexpf(kt_uniform(seed, i),
                  (int)(kt_bits(seed + 2, i) % (weight ? 21 : 81)) - (weight ? 10 : 40));
  case KT_CANCELLATION: /* the second of 64 neighbours undoes the first */
    i = row * 100003 + (k & ~(size_t)64);
    if (weight)
      return kt_uniform(seed, i);
    return (k & 64) == 0 ? kt_uniform(seed, i)
                         : -kt_uniform(seed, i) * (1.0F + 0x1p-12F * kt_uniform(seed + 3, k));
  case KT_ZEROS:
    return weight || kt_bits(seed + 4, i) % 5 == 0 ? kt_uniform(seed, i) : 0.0F;
  default:
    return kt_uniform(seed, i);
  }
}

kt_weights kt_weights_new(kt_kind kind, bs_dtype dtype, size_t n_out, size_t n_in, bool transposed,
                          size_t misalignment, uint64_t seed) {
  size_t bytes = bs_dtype_bytes(dtype);
  kt_weights w = {.data = malloc(n_out * n_in * bytes + misalignment),
                  .values = malloc(n_out * n_in * sizeof(float))};
  for (size_t j = 0; j < n_out; j++)
    for (size_t k = 0; k < n_in; k++) {
      float value = kt_value(kind, true, seed, j, k);
      unsigned char *to =
          w.data + misalignment + (transposed ? k * n_out + j : j * n_in + k) * bytes;
      uint16_t half = dtype == BS_DTYPE_F16 ? bs_f16_of_f64(value) : bs_bf16_of_f32(value);
      if (bytes == 4)
        memcpy(to, &value, 4);
      else
        memcpy(to, &half, 2);
      bs_convert_to_f32(dtype, to, &w.values[j * n_in + k], 1);
    }
  w.weight = (bs_weight){w.data + misalignment, dtype, n_out, n_in, transposed};
  return w;
}

void kt_weights_free(kt_weights *weights) {
  free(weights->data);
  free(weights->values);
  *weights = (kt_weights){0};
}

float *kt_rows_new(kt_kind kind, size_t m, size_t n_in, size_t ld, uint64_t seed) {
  float *x = calloc(m * ld + 1, sizeof *x);
  for (size_t i = 0; i < m; i++)
    for (size_t k = 0; k < ld; k++) /* what lies behind a row must not matter */
      x[i * ld + k] = k < n_in ? kt_value(kind, false, seed, i, k) : NAN;
  return x;
}

void kt_each_kernel(void (*check)(bs_arithmetic how)) {
  size_t n;
  const bs_isa *isas = bs_isa_list(&n);
  for (size_t i = 0; i < n; i++)
    for (size_t p = 0; p < 3; p++)
      check((bs_arithmetic){isas[i], kt_precisions[p]});
}

bs_linear *kt_linear_new(const kt_weights *weights, const float *bias, bs_arithmetic how) {
  bs_linear *linear = NULL;
  bs_error err = {0};
  BS_TEST_OK(
      bs_linear_new(&linear,
                    &(bs_linear_plan){
                        .parts = &weights->weight, .n_parts = 1, .bias = bias, .arithmetic = how},
                    NULL, &err),
      err);
  return linear;
}

void kt_apply(const bs_linear *linear, const float *x, size_t ld_x, size_t m, float *y,
              size_t ld_y) {
  bs_error err = {0};
  BS_TEST_OK(bs_linear_run(linear, &(bs_linear_input){.x = x, .ld_x = ld_x}, m,
                           &(bs_linear_output){.y = y, .ld_y = ld_y}, &err),
             err);
}

void kt_add(const bs_linear *linear, const float *x, size_t ld_x, size_t m, float *y, size_t ld_y) {
  bs_error err = {0};
  BS_TEST_OK(bs_linear_run(linear, &(bs_linear_input){.x = x, .ld_x = ld_x}, m,
                           &(bs_linear_output){.y = y, .ld_y = ld_y, .epilogue = BS_EPILOGUE_ADD},
                           &err),
             err);
}
