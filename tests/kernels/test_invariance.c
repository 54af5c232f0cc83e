/* A row of results is a function of that row of activations: compared bit for bit between any
   number of rows, orders, threads, strides and addresses, for every kernel of this machine. */
#include <math.h>
#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernels_testing.h"

typedef struct layer {
  kt_weights weights;
  bs_linear *linear;
  size_t n_out, n_in;
  float *x;     /* [m][n_in] */
  float *alone; /* [m][n_out]: each row by itself */
  size_t m;
} layer;

static void apply(const layer *l, const float *x, size_t ld_x, size_t m, float *y, size_t ld_y) {
  kt_apply(l->linear, x, ld_x, m, y, ld_y);
}

static layer layer_new(bs_arithmetic how, bs_dtype dtype, size_t m, size_t n_out, size_t n_in) {
  layer l = {.n_out = n_out, .n_in = n_in, .m = m};
  float bias[2000];
  for (size_t j = 0; j < n_out; j++)
    bias[j] = kt_uniform(9, j);
  l.weights = kt_weights_new(KT_MODEL, dtype, n_out, n_in, false, 0, 11);
  l.linear = kt_linear_new(&l.weights, bias, how);
  l.x = kt_rows_new(KT_MODEL, m, n_in, n_in, 12);
  l.alone = calloc(m * n_out, sizeof *l.alone);
  omp_set_num_threads(1);
  for (size_t i = 0; i < m; i++)
    apply(&l, l.x + i * n_in, n_in, 1, l.alone + i * n_out, n_out);
  return l;
}

static void layer_free(layer *l) {
  bs_linear_free(&l->linear);
  kt_weights_free(&l->weights);
  free(l->x);
  free(l->alone);
}

static void check_batches(bs_arithmetic how) {
  const size_t sizes[][3] = {{70, 100, 300}, {40, 1056, 520}, {33, 17, 51}};
  for (size_t s = 0; s < 3; s++)
    for (size_t d = 0; d < 3; d++) {
      layer l = layer_new(how, kt_dtypes[d], sizes[s][0], sizes[s][1], sizes[s][2]);
      float *y = calloc(l.m * l.n_out, sizeof *y);
      for (int threads = 1; threads <= 3; threads++) {
        omp_set_num_threads(threads);
        size_t step = threads == 1 && s == 0 ? BS_TEST_STEP(5) : threads == 1 ? 5 : 13;
        for (size_t m = 1; m <= l.m; m += step) {
          size_t first = (m * 7) % (l.m - m + 1);
          memset(y, 0xFF, m * l.n_out * sizeof *y);
          apply(&l, l.x + first * l.n_in, l.n_in, m, y, l.n_out);
          CU_ASSERT_EQUAL(memcmp(y, l.alone + first * l.n_out, m * l.n_out * sizeof *y), 0);
        }
      }
      free(y);
      layer_free(&l);
    }
}

static void any_number_of_rows(void) { kt_each_kernel(check_batches); }

/* Enough rows and inputs for several chunks and blocks of inputs. */
static void check_large_of(bs_arithmetic how, bs_dtype dtype) {
  enum { M = 290, N = 130, K = 2100 };
  layer l = layer_new(how, dtype, M, N, K);
  float *x = calloc((size_t)M * (K + 3) + 1, sizeof *x);
  float *y = calloc((size_t)M * (N + 5) + 1, sizeof *y);
  for (int threads = 1; threads <= 2; threads++) {
    omp_set_num_threads(threads);
    /* a permutation, with strides of its own and one float off */
    for (size_t i = 0; i < M; i++)
      memcpy(x + 1 + i * (K + 3), l.x + i * 7 % M * K, K * sizeof *x);
    memset(y, 0xFF, ((size_t)M * (N + 5) + 1) * sizeof *y);
    apply(&l, x + 1, K + 3, M, y + 1, N + 5);
    int bad = 0;
    for (size_t i = 0; i < M; i++)
      bad += memcmp(y + 1 + i * (N + 5), l.alone + i * 7 % M * N, N * sizeof *y) != 0;
    CU_ASSERT_EQUAL(bad, 0);
  }
  free(x);
  free(y);
  layer_free(&l);
}

static void check_large(bs_arithmetic how) {
  check_large_of(how, BS_DTYPE_BF16);
  check_large_of(how, BS_DTYPE_F32);
}

/* Whole tiles may be stored on a way of their own: the sign of a zero is the same on both. */
static void check_zeros(bs_arithmetic how) {
  enum { M = 33, N = 40, K = 8 };
  float x[M * K], weights[N * K], y[M * N], alone[N];
  for (size_t i = 0; i < (size_t)M * K; i++)
    x[i] = i % 2 == 0 ? -0.0F : 0.0F;
  for (size_t i = 0; i < (size_t)N * K; i++)
    weights[i] = kt_uniform(4, i);
  bs_weight part = {weights, BS_DTYPE_F32, N, K, false};
  bs_linear *linear = NULL;
  bs_error err = {0};
  BS_TEST_OK(bs_linear_new(&linear,
                           &(bs_linear_plan){.parts = &part, .n_parts = 1, .arithmetic = how}, NULL,
                           &err),
             err);
  kt_apply(linear, x, K, M, y, N);
  for (size_t i = 0; i < M; i++) {
    kt_apply(linear, x + i * K, K, 1, alone, N);
    CU_ASSERT_EQUAL(memcmp(y + i * N, alone, sizeof alone), 0);
  }
  bs_linear_free(&linear);
}

static void signs_of_zeros(void) { kt_each_kernel(check_zeros); }

/* Without a bias, for the kernels that then store tiles directly. */
static void check_no_bias(bs_arithmetic how) {
  enum { M = 70, N = 75, K = 130 };
  kt_weights w = kt_weights_new(KT_MODEL, BS_DTYPE_BF16, N, K, false, 0, 5);
  float *x = kt_rows_new(KT_MODEL, M, K, K, 6), y[M * N], alone[N];
  bs_linear *linear = kt_linear_new(&w, NULL, how);
  kt_apply(linear, x, K, M, y, N);
  for (size_t i = 0; i < M; i++) {
    kt_apply(linear, x + i * K, K, 1, alone, N);
    CU_ASSERT_EQUAL(memcmp(y + i * N, alone, sizeof alone), 0);
  }
  bs_linear_free(&linear);
  kt_weights_free(&w);
  free(x);
}

static void without_bias(void) { kt_each_kernel(check_no_bias); }

static void permuted_and_strided_rows(void) { kt_each_kernel(check_large); }

/* Where the weights lie, how they are laid out and stacked does not matter either. */
static void check_weights(bs_arithmetic how) {
  enum { M = 5, N = 50, K = 90 };
  for (size_t d = 0; d < 3; d++) {
    float *x = kt_rows_new(KT_UNIFORM, M, K, K, 1), y[M * N], expected[M * N];
    for (int layout = 0; layout < 4; layout++) {
      kt_weights w = kt_weights_new(KT_UNIFORM, kt_dtypes[d], N, K, layout / 2 == 1,
                                    layout % 2 == 1 ? 3 : 0, 2);
      bs_linear *linear = kt_linear_new(&w, NULL, how);
      kt_apply(linear, x, K, M, layout == 0 ? expected : y, N);
      if (layout > 0)
        CU_ASSERT_EQUAL(memcmp(y, expected, sizeof y), 0);
      bs_linear_free(&linear);
      kt_weights_free(&w);
    }
    free(x);
  }
}

static void layout_of_weights(void) { kt_each_kernel(check_weights); }

static void check_residual(bs_arithmetic how) {
  enum { M = 40, N = 70, K = 260 };
  layer l = layer_new(how, BS_DTYPE_F16, M, N, K);
  float y[M * N], expected[M * N];
  for (size_t i = 0; i < (size_t)M * N; i++)
    expected[i] = (y[i] = kt_uniform(3, i)) + l.alone[i];
  kt_add(l.linear, l.x, K, M, y, N);
  CU_ASSERT_EQUAL(memcmp(y, expected, sizeof y), 0);
  layer_free(&l);
}

static void residual_is_one_sum(void) { kt_each_kernel(check_residual); }

/* Several layers in turn, from inside another team of threads as well. */
static void check_nested(bs_arithmetic how) {
  enum { M = 35, N = 64, K = 128 };
  layer a = layer_new(how, BS_DTYPE_BF16, M, N, K);
  layer b = layer_new(how, BS_DTYPE_F32, M, 2 * N, 3 * K);
  int bad = 0;
#pragma omp parallel for num_threads(2) reduction(+ : bad)
  for (int i = 0; i < 8; i++) {
    const layer *l = i % 2 == 0 ? &a : &b;
    bs_error err = {0};
    float *y = calloc(M * l->n_out, sizeof *y);
    bad += bs_linear_run(l->linear, &(bs_linear_input){.x = l->x, .ld_x = l->n_in}, M,
                         &(bs_linear_output){.y = y, .ld_y = l->n_out}, &err) != BS_OK;
    bad += memcmp(y, l->alone, M * l->n_out * sizeof *y) != 0;
    free(y);
  }
  CU_ASSERT_EQUAL(bad, 0);
  layer_free(&a);
  layer_free(&b);
}

static void layers_in_turn(void) { kt_each_kernel(check_nested); }

/* Products and sums are the same operations in the same order on every f32 unit; where every
   product is exact (bf16) even the portable kernel agrees. */
static void same_on_all_fma_units(void) {
  enum { M = 19, N = 45, K = 700 };
  size_t n;
  const bs_isa *isas = bs_isa_list(&n);
  float y[M * N], first[M * N];
  for (size_t p = 0; p < 3; p++) {
    bool have = false;
    for (size_t i = 0; i < n; i++) {
      const bs_arithmetic how = {isas[i], kt_precisions[p]};
      bool fma = how.isa == BS_ISA_AVX512 || how.isa == BS_ISA_AVX2;
      if (!fma && !(how.precision == BS_PRECISION_BF16 && how.isa == BS_ISA_PORTABLE))
        continue;
      layer l = layer_new(how, BS_DTYPE_F32, M, N, K);
      apply(&l, l.x, K, M, have ? y : first, N);
      if (have)
        CU_ASSERT_EQUAL(memcmp(y, first, sizeof y), 0);
      have = true;
      layer_free(&l);
    }
  }
}

int main(void) {
  const bs_test tests[] = {
      {"any number of rows and threads", any_number_of_rows},
      {"permuted and strided rows", permuted_and_strided_rows},
      {"signs of zeros", signs_of_zeros},
      {"without a bias", without_bias},
      {"layout of the weights", layout_of_weights},
      {"the residual is one sum", residual_is_one_sum},
      {"layers in turn, in a team", layers_in_turn},
      {"AVX2 and AVX-512 agree", same_on_all_fma_units},
  };
  return bs_test_main("kernels_invariance", tests, sizeof tests / sizeof *tests);
}
