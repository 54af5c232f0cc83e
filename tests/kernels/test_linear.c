/* Linear layers against a double-precision reference: every kernel of this machine, every type of
   weights, odd sizes, values that are hard on f32. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernels/across_internal.h"
#include "kernels/convert_internal.h"
#include "kernels_testing.h"

/* Errors relative to the sum of magnitudes of the products, the natural unit of a dot product. */
typedef struct errors {
  double most, sum_of_squares;
  size_t n;
} errors;

static void add_error(errors *e, double value, double exact, double magnitude) {
  double error = magnitude > 0 ? fabs(value - exact) / magnitude : fabs(value - exact);
  if (!(error <= e->most))
    e->most = error;
  e->sum_of_squares += error * error;
  e->n++;
}

static double rms(const errors *e) { return e->n > 0 ? sqrt(e->sum_of_squares / (double)e->n) : 0; }

typedef struct sizes {
  size_t m, n_out, n_in;
} sizes;

/* Errors of a kernel and of plain f32 arithmetic (one product and one sum after the other). */
static void measure(bs_arithmetic how, kt_kind kind, bs_dtype dtype, sizes s, errors *kernel,
                    errors *plain) {
  kt_weights w = kt_weights_new(kind, dtype, s.n_out, s.n_in, false, 0, 1);
  float *x = kt_rows_new(kind, s.m, s.n_in, s.n_in, 2), *y = calloc(s.m * s.n_out, sizeof *y);
  bs_linear *linear = kt_linear_new(&w, NULL, how);
  kt_apply(linear, x, s.n_in, s.m, y, s.n_out);
  *kernel = *plain = (errors){0};
  for (size_t i = 0; i < s.m; i++)
    for (size_t j = 0; j < s.n_out; j++) {
      double exact = 0, magnitude = 0;
      float sum = 0;
      for (size_t k = 0; k < s.n_in; k++) {
        double product = (double)x[i * s.n_in + k] * (double)w.values[j * s.n_in + k];
        exact += product;
        magnitude += fabs(product);
        sum += x[i * s.n_in + k] * w.values[j * s.n_in + k];
      }
      add_error(kernel, (double)y[i * s.n_out + j], exact, magnitude);
      add_error(plain, (double)sum, exact, magnitude);
    }
  bs_linear_free(&linear);
  kt_weights_free(&w);
  free(x);
  free(y);
}

/* What a precision promises: an error, in units of the sum of magnitudes. For f32 the root mean
   square is no larger than that of plain f32 arithmetic, nor the largest of some thousand (which
   has the scatter of a largest value). */
static void check_precision(bs_arithmetic how) {
  const sizes list[] = {{33, 65, 768}, {17, 31, 257}, {5, 96, 2048}};
  for (kt_kind kind = 0; kind < KT_KINDS; kind++)
    for (size_t d = 0; d < 3; d++)
      for (size_t i = 0; i < sizeof list / sizeof *list; i++) {
        errors kernel, plain;
        measure(how, kind, kt_dtypes[d], list[i], &kernel, &plain);
        bool good = how.precision == BS_PRECISION_F32
                        ? kernel.most <= 1.25 * plain.most && rms(&kernel) <= 1.05 * rms(&plain)
                        : kernel.most <=
                              (how.precision == BS_PRECISION_BF16 ? 0x1p-7 : 0x1p-15) + plain.most;
        if (i == 0 && kind <= KT_MODEL)
          printf("\n    %-8s %-6s %-4s %-7s error max %.1e rms %.1e, plain f32 %.1e %.1e",
                 bs_isa_name(how.isa), bs_precision_name(how.precision),
                 bs_dtype_name(kt_dtypes[d]), kt_kind_name(kind), kernel.most, rms(&kernel),
                 plain.most, rms(&plain));
        if (!good)
          printf("\n    %s %s %s %s %zux%zux%zu: error max %.2e rms %.2e, plain f32 %.2e %.2e",
                 bs_isa_name(how.isa), bs_precision_name(how.precision),
                 bs_dtype_name(kt_dtypes[d]), kt_kind_name(kind), list[i].m, list[i].n_out,
                 list[i].n_in, kernel.most, rms(&kernel), plain.most, rms(&plain));
        CU_ASSERT_TRUE(good);
      }
}

static void errors_stay_in_the_precision(void) { kt_each_kernel(check_precision); }

/* Sums of a few products: no worse than a few roundings (plain f32 has fewer of them here). */
static void check_odd_sizes(bs_arithmetic how) {
  const size_t edges[] = {1, 2, 3, 15, 16, 17, 31, 32, 33, 51, 64, 100};
  const double unit = how.precision == BS_PRECISION_F32      ? 0x1p-24
                      : how.precision == BS_PRECISION_BF16X2 ? 0x1p-16
                                                             : 0x1p-8;
  enum { N = sizeof edges / sizeof *edges };
  for (size_t a = 0; a < N; a++)
    for (size_t b = 0; b < N; b++)
      for (size_t d = 0; d < 3; d++) {
        errors kernel, plain;
        measure(how, KT_UNIFORM, kt_dtypes[d], (sizes){edges[(a + b) % N], edges[a], edges[b]},
                &kernel, &plain);
        CU_ASSERT_TRUE(kernel.most <= 3 * unit + plain.most);
      }
}

static void odd_sizes(void) { kt_each_kernel(check_odd_sizes); }

/* bf16 is what it says: the kernel's error against a double sum of the rounded operands is that of
   f32 sums. */
static void check_bf16(bs_arithmetic how) {
  if (how.precision != BS_PRECISION_BF16)
    return;
  enum { M = 9, N = 40, K = 300 };
  kt_weights w = kt_weights_new(KT_UNIFORM, BS_DTYPE_F32, N, K, false, 0, 3);
  float *x = kt_rows_new(KT_UNIFORM, M, K, K, 4), y[M * N];
  bs_linear *linear = kt_linear_new(&w, NULL, how);
  kt_apply(linear, x, K, M, y, N);
  errors e = {0};
  for (size_t i = 0; i < M; i++)
    for (size_t j = 0; j < N; j++) {
      double exact = 0, magnitude = 0;
      for (size_t k = 0; k < K; k++) {
        double product = (double)bs_f32_of_bf16(bs_bf16_of_f32(x[i * K + k])) *
                         (double)bs_f32_of_bf16(bs_bf16_of_f32(w.values[j * K + k]));
        exact += product;
        magnitude += fabs(product);
      }
      add_error(&e, (double)y[i * N + j], exact, magnitude);
    }
  CU_ASSERT_TRUE(e.most < 0x1p-21);
  bs_linear_free(&linear);
  kt_weights_free(&w);
  free(x);
}

static void bf16_rounds_operands_only(void) { kt_each_kernel(check_bf16); }

/* Stacked parts of different types and layouts, bias, sum with what is there, strides. */
static void check_parts(bs_arithmetic how) {
  enum { M = 7, K = 70, LD_X = 75, LD_Y = 120 };
  const size_t n[] = {40, 3, 37};
  const size_t n_out = 80;
  for (int mixed = 0; mixed < 2; mixed++) {
    kt_weights parts[3];
    bs_weight list[3];
    float bias[80], y[M * LD_Y], before[M * LD_Y];
    for (size_t p = 0; p < 3; p++) {
      parts[p] = kt_weights_new(KT_UNIFORM, mixed != 0 ? kt_dtypes[p] : BS_DTYPE_BF16, n[p], K,
                                p == 1, 1 + p, 10 + p);
      list[p] = parts[p].weight;
    }
    for (size_t j = 0; j < n_out; j++)
      bias[j] = kt_uniform(20, j);
    float *x = kt_rows_new(KT_UNIFORM, M, K, LD_X, 5);
    bs_linear *linear = NULL;
    bs_error err = {0};
    BS_TEST_OK(bs_linear_new(
                   &linear,
                   &(bs_linear_plan){.parts = list, .n_parts = 3, .bias = bias, .arithmetic = how},
                   NULL, &err),
               err);
    CU_ASSERT_EQUAL(bs_linear_n_out(linear), n_out);
    CU_ASSERT_EQUAL(bs_linear_n_in(linear), K);
    for (int add = 0; add < 2; add++) {
      for (size_t i = 0; i < (size_t)M * LD_Y; i++)
        y[i] = before[i] = kt_uniform(21, i);
      BS_TEST_OK(bs_linear_run(linear, &(bs_linear_input){.x = x, .ld_x = LD_X}, M,
                               &(bs_linear_output){.y = y,
                                                   .ld_y = LD_Y,
                                                   .epilogue = add != 0 ? BS_EPILOGUE_ADD
                                                                        : BS_EPILOGUE_STORE},
                               &err),
                 err);
      double bound = how.precision == BS_PRECISION_F32      ? 1e-5
                     : how.precision == BS_PRECISION_BF16X2 ? 1e-3
                                                            : 0.3;
      for (size_t i = 0; i < M; i++)
        for (size_t j = 0, first = 0, p = 0; j < LD_Y; j++) {
          if (j >= n_out) { /* not ours */
            CU_ASSERT_EQUAL(y[i * LD_Y + j], before[i * LD_Y + j]);
            continue;
          }
          if (j >= first + n[p])
            first += n[p++];
          double exact = (double)bias[j] + (add != 0 ? (double)before[i * LD_Y + j] : 0);
          for (size_t k = 0; k < K; k++)
            exact += (double)x[i * LD_X + k] * (double)parts[p].values[(j - first) * K + k];
          CU_ASSERT_DOUBLE_EQUAL(y[i * LD_Y + j], exact, bound);
        }
    }
    bs_linear_free(&linear);
    CU_ASSERT_PTR_NULL(linear);
    for (size_t p = 0; p < 3; p++)
      kt_weights_free(&parts[p]);
    free(x);
  }
}

static void stacked_parts(void) { kt_each_kernel(check_parts); }

typedef struct matrix {
  const float *data;
  size_t n_columns;
} matrix;

static void copy_row(const void *context, size_t row, float *out) {
  const matrix *from = context;
  memcpy(out, from->data + row * from->n_columns, from->n_columns * sizeof *out);
}

static void combine(const void *context, const float *a, const float *b, float *y, size_t n) {
  float factor = *(const float *)context;
  for (size_t i = 0; i < n; i++)
    y[i] = factor * a[i] + (b != NULL ? b[i] : 0);
}

/* Mapped results that go packed into the next layer: as if stored (y) in between. */
static void check_packed(const bs_linear *linear, const bs_linear_input *source, size_t m,
                         const bs_result_map *map, const float *y, size_t ld_y, size_t n,
                         bs_arithmetic how) {
  enum { N_NEXT = 40, MOST_ROWS = 64 };
  static float expected[MOST_ROWS * N_NEXT], found[MOST_ROWS * N_NEXT];
  bs_error err = {0};
  size_t n_bytes = 0;
  kt_weights w = kt_weights_new(KT_UNIFORM, BS_DTYPE_BF16, N_NEXT, n, false, 0, 77);
  bs_linear *next = kt_linear_new(&w, NULL, how);
  BS_TEST_OK(bs_linear_slab_bytes(next, m, &n_bytes, &err), err);
  void *slab = aligned_alloc(64, n_bytes);
  CU_ASSERT_FATAL(slab != NULL && m <= MOST_ROWS);
  memset(slab, 0xFF, n_bytes); /* NaN, if anything is multiplied that was not packed */
  kt_apply(next, y, ld_y, m, expected, N_NEXT);
  BS_TEST_OK(bs_linear_run(linear, source, m,
                           &(bs_linear_output){.map = *map, .next = next, .slab = slab}, &err),
             err);
  BS_TEST_OK(bs_linear_run(next, &(bs_linear_input){.slab = slab}, m,
                           &(bs_linear_output){.y = found, .ld_y = N_NEXT}, &err),
             err);
  CU_ASSERT_EQUAL(memcmp(expected, found, m * N_NEXT * sizeof *found), 0);
  free(slab);
  bs_linear_free(&next);
  kt_weights_free(&w);
}

/* Rows from a function, results through a function, and two layers side by side: all as if stored
   in between, bit for bit. 45 outputs leave part of a panel empty. */
static void check_functions(bs_arithmetic how) {
  enum { M = 37, N = 45, K = 70, LD_Y = 50 };
  static float a[M * N], b[M * N], y[M * LD_Y], sum[M * N];
  const float factor = 2;
  float bias[2 * N];
  bs_error err = {0};
  for (size_t j = 0; j < 2 * (size_t)N; j++)
    bias[j] = kt_uniform(22, j);
  for (size_t d = 0; d < 3; d++) {
    for (int biased = 0; biased < 2; biased++) {
      kt_weights w[2];
      bs_weight halves[2];
      bs_linear *alone[2] = {NULL}, *paired = NULL;
      float *x = kt_rows_new(KT_UNIFORM, M, K, K, 8);
      for (size_t h = 0; h < 2; h++) {
        w[h] = kt_weights_new(KT_UNIFORM, kt_dtypes[d], N, K, false, 0, 30 + h);
        halves[h] = w[h].weight;
        alone[h] = kt_linear_new(&w[h], biased != 0 ? bias + h * N : NULL, how);
        kt_apply(alone[h], x, K, M, h == 0 ? a : b, N);
      }
      const matrix rows = {x, K};
      const bs_linear_input source = {.source = {copy_row, &rows}};
      memcpy(sum, b, sizeof sum);
      kt_add(alone[0], x, K, M, sum, N);
      BS_TEST_OK(bs_linear_run(alone[0], &source, M,
                               &(bs_linear_output){.y = b, .ld_y = N, .epilogue = BS_EPILOGUE_ADD},
                               &err),
                 err);
      CU_ASSERT_EQUAL(memcmp(sum, b, sizeof b), 0);
      kt_apply(alone[1], x, K, M, b, N);

      const bs_linear_plan plan = {.parts = halves,
                                   .n_parts = 2,
                                   .paired = true,
                                   .bias = biased != 0 ? bias : NULL,
                                   .arithmetic = how};
      BS_TEST_OK(bs_linear_new(&paired, &plan, NULL, &err), err);
      CU_ASSERT_EQUAL(bs_linear_n_out(paired), 128); /* two panels of 32 for each half */
      for (int pairs = 0; pairs < 2; pairs++) {
        memset(y, 0, sizeof y);
        const bs_result_map map = {combine, &factor};
        BS_TEST_OK(bs_linear_run(pairs != 0 ? paired : alone[0], &source, M,
                                 &(bs_linear_output){.y = y, .ld_y = LD_Y, .map = map}, &err),
                   err);
        for (size_t i = 0; i < M; i++)
          for (size_t j = 0; j < LD_Y; j++) {
            float expected = j >= N ? 0 : factor * a[i * N + j] + (pairs ? b[i * N + j] : 0);
            CU_ASSERT_EQUAL(y[i * LD_Y + j], expected);
          }
        check_packed(pairs != 0 ? paired : alone[0], &source, M, &map, y, LD_Y, N, how);
      }
      bs_linear_free(&paired);
      for (size_t h = 0; h < 2; h++) {
        bs_linear_free(&alone[h]);
        kt_weights_free(&w[h]);
      }
      free(x);
    }
  }
}

static void rows_and_results_through_functions(void) { kt_each_kernel(check_functions); }

/* Non-finite values stay non-finite and stay in their row; tiny ones lose at most what the header
   of the AMX kernels says. */
static void check_extremes(bs_arithmetic how) {
  enum { M = 6, N = 33, K = 40 };
  for (size_t d = 0; d < 3; d++) {
    kt_weights w = kt_weights_new(KT_UNIFORM, kt_dtypes[d], N, K, false, 0, 6);
    float *x = kt_rows_new(KT_UNIFORM, M, K, K, 7), y[M * N];
    x[0 * K + 3] = INFINITY;
    x[1 * K + 39] = NAN;
    x[2 * K + 0] = -INFINITY;
    for (size_t k = 0; k < K; k++) {
      x[4 * K + k] *= 0x1p-125F;
      x[5 * K + k] *= 0x1p120F;
    }
    bs_linear *linear = kt_linear_new(&w, NULL, how);
    kt_apply(linear, x, K, M, y, N);
    double unit = how.precision == BS_PRECISION_F32      ? 0x1p-20
                  : how.precision == BS_PRECISION_BF16X2 ? 0x1p-14
                                                         : 0x1p-6;
    for (size_t i = 0; i < M; i++)
      for (size_t j = 0; j < N; j++) {
        double exact = 0, magnitude = 0;
        for (size_t k = 0; k < K; k++) {
          double product = (double)x[i * K + k] * (double)w.values[j * K + k];
          exact += product;
          magnitude += fabs(product);
        }
        if (i < 3)
          CU_ASSERT_FALSE(isfinite(y[i * N + j]));
        if (i >= 3)
          CU_ASSERT_TRUE(fabs((double)y[i * N + j] - exact) <= unit * magnitude + K * 0x1p-126);
      }
    bs_linear_free(&linear);
    kt_weights_free(&w);
    free(x);
  }
}

static void extremes(void) { kt_each_kernel(check_extremes); }

/* The largest finite values do not become infinite on their way through bf16. */
static void check_largest(bs_arithmetic how) {
  if (how.precision == BS_PRECISION_BF16)
    return; /* rounding to bf16 overflows: that is what was asked for */
  const float values[4] = {0x1.FFFFFEp127F, 0, 0, 0};
  const float weights[4] = {0.5F, 1, 1, 1};
  bs_weight part = {weights, BS_DTYPE_F32, 1, 4, false};
  bs_linear *linear = NULL;
  bs_error err = {0};
  float y = 0;
  BS_TEST_OK(bs_linear_new(&linear,
                           &(bs_linear_plan){.parts = &part, .n_parts = 1, .arithmetic = how}, NULL,
                           &err),
             err);
  kt_apply(linear, values, 4, 1, &y, 1);
  CU_ASSERT_DOUBLE_EQUAL(y, 0x1.FFFFFEp126, 0x1p126 * 0x1p-15);
  bs_linear_free(&linear);
}

static void largest_values(void) { kt_each_kernel(check_largest); }

static bs_status plan_of(const bs_weight *parts, size_t n_parts, bool paired, bs_error *err) {
  bs_linear *linear = NULL;
  bs_status status = bs_linear_new(
      &linear, &(bs_linear_plan){.parts = parts, .n_parts = n_parts, .paired = paired}, NULL, err);
  CU_ASSERT_PTR_NULL(linear);
  return status;
}

static void wrong_plans(void) {
  bs_error err = {0};
  float data[6] = {0};
  bs_weight two[] = {{data, BS_DTYPE_F32, 2, 3, false}, {data, BS_DTYPE_F32, 2, 2, false}};
  BS_TEST_FAILS(plan_of(two, 2, false, &err), BS_ERR_USAGE, err, "3 and 2 inputs");
  BS_TEST_FAILS(plan_of(two, 0, false, &err), BS_ERR_UNSUPPORTED, err, "0 x 0");
  BS_TEST_FAILS(plan_of(two, 1, true, &err), BS_ERR_USAGE, err, "1 matrices instead of a pair");
  bs_weight unequal[2] = {two[0], two[0]};
  unequal[1].n_out = 1;
  BS_TEST_FAILS(plan_of(unequal, 2, true, &err), BS_ERR_USAGE, err, "halves of 2 and 1 outputs");
  unequal[0].n_out = unequal[1].n_out = 0;
  BS_TEST_FAILS(plan_of(unequal, 2, true, &err), BS_ERR_UNSUPPORTED, err, "a half of 0 outputs");
  two[0].dtype = BS_DTYPE_I8;
  BS_TEST_FAILS(plan_of(two, 1, false, &err), BS_ERR_UNSUPPORTED, err, "weights of type I8");
}

/* Names are known whether or not this machine has the set; using one that it lacks is an error. */
static void instruction_sets(void) {
  bs_error err = {0};
  bs_isa isa;
  BS_TEST_FAILS(bs_isa_parse(&isa, "AVX", &err), BS_ERR_USAGE, err,
                "unknown instruction set \"AVX\"; known: ");
  BS_TEST_FAILS(bs_isa_parse(&isa, "auto", &err), BS_ERR_USAGE, err, "portable");
  BS_TEST_OK(bs_isa_parse(&isa, "portable", &err), err);
  CU_ASSERT_EQUAL(isa, BS_ISA_PORTABLE);
  size_t n, n_named;
  const bs_isa *isas = bs_isa_list(&n);
  const char *const *names = bs_isa_names(&n_named);
  CU_ASSERT_EQUAL(n, n_named);
  CU_ASSERT_EQUAL(isas[n - 1], BS_ISA_PORTABLE);
  for (size_t i = 0; i < n; i++)
    CU_ASSERT_STRING_EQUAL(bs_isa_name(isas[i]), names[i]);
  bs_arithmetic best = {BS_ISA_AUTO, BS_PRECISION_AUTO};
  BS_TEST_OK(bs_arithmetic_settle(&best, &err), err);
  CU_ASSERT_EQUAL(best.isa, isas[0]);
  CU_ASSERT_EQUAL(best.precision, BS_PRECISION_F32);
  for (isa = BS_ISA_PORTABLE; isa <= BS_ISA_AMX; isa = (bs_isa)(isa + 1)) {
    bs_arithmetic how = {isa, BS_PRECISION_BF16};
    if (bs_isa_present(isa))
      BS_TEST_OK(bs_arithmetic_settle(&how, &err), err);
    else
      BS_TEST_FAILS(bs_arithmetic_settle(&how, &err), BS_ERR_UNSUPPORTED, err,
                    "this machine lacks the instruction set");
    CU_ASSERT_EQUAL(how.isa, isa);
  }
}

static void precisions(void) {
  bs_error err = {0};
  bs_precision precision;
  for (size_t p = 0; p < 3; p++) {
    BS_TEST_OK(bs_precision_parse(&precision, bs_precision_name(kt_precisions[p]), &err), err);
    CU_ASSERT_EQUAL(precision, kt_precisions[p]);
  }
  BS_TEST_FAILS(bs_precision_parse(&precision, "f64", &err), BS_ERR_USAGE, err,
                "unknown precision \"f64\"; known: auto, f32, bf16x2, bf16");
}

/* The planner's figures are those of the packed layer: at least the parts that a precision keeps,
   at most a panel and a step of padding more. */
static void check_sizes(bs_arithmetic how) {
  bs_error err = {0};
  bs_weight weight = {.n_out = 1000, .n_in = 1000};
  bs_linear_plan plan = {.parts = &weight, .n_parts = 1, .arithmetic = how};
  bs_linear_sizes few, many, packed;
  for (size_t d = 0; d < 3; d++) {
    weight.dtype = kt_dtypes[d];
    BS_TEST_OK(bs_linear_measure(&plan, &(bs_linear_use){1, 1, false}, &few, &err), err);
    CU_ASSERT_TRUE(few.weight_bytes >= 2U * 1000 * 1000 && few.weight_bytes <= 6U * 1024 * 1024);
    CU_ASSERT_EQUAL(few.n_out, 1000);
    CU_ASSERT_EQUAL(few.slab_bytes, 0);
    BS_TEST_OK(bs_linear_measure(&plan, &(bs_linear_use){512, 2, false}, &many, &err), err);
    CU_ASSERT_TRUE(few.scratch_bytes > 0 && many.scratch_bytes > few.scratch_bytes);
    BS_TEST_OK(bs_linear_measure(&plan, &(bs_linear_use){512, 2, true}, &packed, &err), err);
    CU_ASSERT_TRUE(packed.scratch_bytes < many.scratch_bytes &&
                   packed.slab_bytes >= 512U * 1000 * 2);
  }
  bs_weight halves[2] = {weight, weight};
  plan = (bs_linear_plan){.parts = halves, .n_parts = 2, .paired = true, .arithmetic = how};
  BS_TEST_OK(bs_linear_measure(&plan, &(bs_linear_use){1, 1, false}, &few, &err), err);
  CU_ASSERT_EQUAL(few.n_out, 2048); /* 32 panels of 32 for each half */
  weight.n_out = (size_t)1 << 40;
  plan = (bs_linear_plan){.parts = &weight, .n_parts = 1, .arithmetic = how};
  BS_TEST_FAILS(bs_linear_measure(&plan, &(bs_linear_use){1, 1, false}, &few, &err),
                BS_ERR_UNSUPPORTED, err, "each side");
}

static void sizes_of_layers(void) { kt_each_kernel(check_sizes); }

/* Weights in blocks stay where they lie: their products are, bit for bit, those of the same weights
   in f32, for any number of rows, stacked with others or in pairs. */
typedef struct in_blocks {
  unsigned char *data;
  bs_weight blocks, values;
} in_blocks;

static in_blocks in_blocks_new(bs_dtype dtype, size_t n_out, size_t n_in, uint64_t seed) {
  size_t n_bytes = bs_dtype_size(dtype, n_out * n_in);
  in_blocks w = {.data = malloc(n_bytes)};
  float *values = malloc(n_out * n_in * sizeof *values);
  for (size_t i = 0; i < n_bytes; i++) /* scales stay below 2 */
    w.data[i] = (unsigned char)(kt_bits(seed, i) & 0x3FU);
  bs_convert_to_f32(dtype, w.data, values, n_out * n_in);
  w.blocks = (bs_weight){w.data, dtype, n_out, n_in, false};
  w.values = (bs_weight){values, BS_DTYPE_F32, n_out, n_in, false};
  return w;
}

static void in_blocks_free(in_blocks *w) {
  free(w->data);
  free((void *)(size_t)w->values.data);
}

static void compare_plans(const bs_linear_plan *lying, const bs_linear_plan *packed, size_t m) {
  bs_error err = {0};
  bs_linear *a = NULL, *b = NULL;
  BS_TEST_OK(bs_linear_new(&a, lying, NULL, &err), err);
  BS_TEST_OK(bs_linear_new(&b, packed, NULL, &err), err);
  CU_ASSERT_FATAL(a != NULL && b != NULL);
  size_t n_out = bs_linear_n_out(a), n_in = bs_linear_n_in(a);
  float *x = kt_rows_new(KT_MODEL, m, n_in, n_in, 5);
  float *found = calloc(m * n_out, sizeof *found), *expected = calloc(m * n_out, sizeof *expected);
  kt_apply(a, x, n_in, m, found, n_out);
  kt_apply(b, x, n_in, m, expected, n_out);
  CU_ASSERT_EQUAL(memcmp(found, expected, m * n_out * sizeof *found), 0);
  free(x);
  free(found);
  free(expected);
  bs_linear_free(&a);
  bs_linear_free(&b);
}

static void check_in_blocks(bs_arithmetic how) {
  static const bs_dtype dtypes[] = {BS_DTYPE_Q8_0, BS_DTYPE_Q4_K, BS_DTYPE_Q6_K, BS_DTYPE_IQ2_XS};
  static const size_t rows[] = {1, 7, 300, 1100};
  for (size_t d = 0; d < sizeof dtypes / sizeof *dtypes; d++) {
    in_blocks first = in_blocks_new(dtypes[d], 75, 512, 21), second = first;
    in_blocks other = in_blocks_new(BS_DTYPE_Q5_K, 40, 512, 22);
    const bs_weight stacked[] = {first.blocks, other.blocks, first.values};
    const bs_weight stacked_values[] = {first.values, other.values, first.values};
    const bs_weight pair[] = {first.blocks, second.blocks};
    const bs_weight pair_values[] = {first.values, second.values};
    float bias[190];
    for (size_t i = 0; i < 190; i++)
      bias[i] = kt_uniform(23, i);
    for (size_t r = 0; r < sizeof rows / sizeof *rows; r++)
      compare_plans(
          &(bs_linear_plan){.parts = stacked, .n_parts = 3, .bias = bias, .arithmetic = how},
          &(bs_linear_plan){.parts = stacked_values, .n_parts = 3, .bias = bias, .arithmetic = how},
          rows[r]);
    compare_plans(
        &(bs_linear_plan){
            .parts = pair, .n_parts = 2, .paired = true, .bias = bias, .arithmetic = how},
        &(bs_linear_plan){
            .parts = pair_values, .n_parts = 2, .paired = true, .bias = bias, .arithmetic = how},
        9);
    in_blocks_free(&first);
    in_blocks_free(&other);
  }
}

/* Types that are taken side by side, and one that is not; the last inputs are no whole block of a
   kernel, where the type allows it. */
static void check_every_type(bs_arithmetic how) {
  static const bs_dtype dtypes[] = {BS_DTYPE_Q8_0,   BS_DTYPE_Q4_0, BS_DTYPE_IQ4_NL, BS_DTYPE_Q5_1,
                                    BS_DTYPE_IQ4_XS, BS_DTYPE_Q2_K, BS_DTYPE_Q3_K,   BS_DTYPE_Q4_K,
                                    BS_DTYPE_Q5_K,   BS_DTYPE_Q6_K};
  static const size_t rows[] = {1, 2, 17};
  for (size_t d = 0; d < sizeof dtypes / sizeof *dtypes; d++) {
    in_blocks w = in_blocks_new(dtypes[d], 70, bs_dtype_block(dtypes[d]) == 32 ? 288 : 768, d);
    for (size_t r = 0; r < sizeof rows / sizeof *rows; r++)
      compare_plans(&(bs_linear_plan){.parts = &w.blocks, .n_parts = 1, .arithmetic = how},
                    &(bs_linear_plan){.parts = &w.values, .n_parts = 1, .arithmetic = how},
                    rows[r]);
    in_blocks_free(&w);
  }
}

/* Bytes of any kind: every code, scale and sign. */
#if defined(__x86_64__)
static void check_side_by_side(const bs_across *across, const bs_block_type *type) {
  enum { N = 768 };
  static unsigned char blocks[BS_ACROSS_ROWS][N * 2];
  static float expected[BS_ACROSS_ROWS][N], found[N][BS_ACROSS_ROWS];
  const unsigned char *rows[BS_ACROSS_ROWS];
  size_t n_different = 0;
  for (size_t r = 0; r < BS_ACROSS_ROWS; r++) {
    rows[r] = blocks[r];
    for (size_t i = 0; i < sizeof blocks[r]; i++)
      blocks[r][i] = (unsigned char)kt_bits(type->number, r * N * 2 + i);
    bs_blocks_expand(type, blocks[r], N, expected[r]);
  }
  across->values(rows, 0, N, found[0], BS_ACROSS_ROWS);
  for (size_t r = 0; r < BS_ACROSS_ROWS; r++)
    for (size_t i = 0; i < N; i++)
      n_different += memcmp(&expected[r][i], &found[i][r], sizeof(float)) != 0 &&
                     !(isnan(expected[r][i]) && isnan(found[i][r]));
  CU_ASSERT_EQUAL(n_different, 0);
}

static void rows_side_by_side(void) {
  size_t n_types = 0;
  if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma"))
    return;
  for (size_t i = 0; i < BS_BLOCK_IDS; i++) {
    const bs_across *across = bs_across_avx2((bs_block_id)i);
    n_types += across != NULL;
    if (across != NULL)
      check_side_by_side(across, &bs_block_types[i]);
  }
  CU_ASSERT_EQUAL(n_types, 9);
}
#else
static void rows_side_by_side(void) {}
#endif

static void weights_in_blocks(void) { kt_each_kernel(check_in_blocks); }
static void every_type_of_blocks(void) { kt_each_kernel(check_every_type); }

int main(void) {
  const bs_test tests[] = {
      {"weights in blocks", weights_in_blocks},
      {"rows side by side", rows_side_by_side},
      {"every type of blocks", every_type_of_blocks},
      {"errors stay in the precision", errors_stay_in_the_precision},
      {"odd sizes", odd_sizes},
      {"bf16 rounds the operands and nothing else", bf16_rounds_operands_only},
      {"stacked parts, bias, residual, strides", stacked_parts},
      {"rows and results through functions", rows_and_results_through_functions},
      {"infinities, NaN, tiny values", extremes},
      {"the largest values", largest_values},
      {"wrong plans", wrong_plans},
      {"instruction sets have names", instruction_sets},
      {"precisions have names", precisions},
      {"sizes of layers", sizes_of_layers},
  };
  return bs_test_main("kernels_linear", tests, sizeof tests / sizeof *tests);
}
