/* The output head: log-sum-exp, argmax and wanted logits against whole logits in double. */
#include <math.h>
#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernels_testing.h"

typedef struct answers {
  double *log_sum_exp;
  int32_t *argmax;
  float *wanted;
} answers;

static answers answers_new(size_t m, size_t n_wanted) {
  return (answers){calloc(m, sizeof(double)), calloc(m, sizeof(int32_t)),
                   calloc(n_wanted + 1, sizeof(float))};
}

static void answers_free(answers *a) {
  free(a->log_sum_exp);
  free(a->argmax);
  free(a->wanted);
}

/* Wanted: i % 4 outputs of row i, the first and the last among them. */
static size_t wish(size_t m, size_t n_out, size_t *offsets, int32_t *wanted) {
  size_t n = 0;
  for (size_t i = 0; i < m; i++) {
    offsets[i] = n;
    for (size_t k = 0; k < i % 4; k++)
      wanted[n++] = (int32_t)(k == 0 ? n_out - 1 : k == 1 ? 0 : (i * 131) % n_out);
  }
  offsets[m] = n;
  return n;
}

static void summarize(const bs_linear *linear, const float *x, size_t ld_x, size_t m,
                      const bs_logits_summary *summary) {
  bs_error err = {0};
  BS_TEST_OK(bs_linear_run(linear, &(bs_linear_input){.x = x, .ld_x = ld_x}, m,
                           &(bs_linear_output){.summary = summary}, &err),
             err);
}

static void check_size(bs_arithmetic how, size_t m, size_t n_out, size_t n_in, bool with_bias) {
  kt_weights w = kt_weights_new(KT_UNIFORM, BS_DTYPE_BF16, n_out, n_in, false, 0, 31);
  float *x = kt_rows_new(KT_UNIFORM, m, n_in, n_in, 32);
  float *bias = calloc(n_out, sizeof *bias), *y = calloc(m * n_out, sizeof *y);
  for (size_t j = 0; j < n_out; j++)
    bias[j] = 3.0F * kt_uniform(33, j);
  bs_linear *linear = kt_linear_new(&w, with_bias ? bias : NULL, how);
  size_t *offsets = calloc(m + 1, sizeof *offsets);
  int32_t *wanted = calloc(4 * m, sizeof *wanted);
  size_t n_wanted = wish(m, n_out, offsets, wanted);
  answers a = answers_new(m, n_wanted), b = answers_new(m, n_wanted);
  omp_set_num_threads(2);
  kt_apply(linear, x, n_in, m, y, n_out);
  summarize(linear, x, n_in, m,
            &(bs_logits_summary){.log_sum_exp = a.log_sum_exp,
                                 .argmax = a.argmax,
                                 .offsets = offsets,
                                 .wanted = wanted,
                                 .wanted_logits = a.wanted});
  for (size_t i = 0; i < m; i++) {
    const float *row = y + i * n_out;
    size_t best = 0;
    double sum = 0;
    for (size_t j = 1; j < n_out; j++)
      best = row[j] > row[best] ? j : best;
    for (size_t j = 0; j < n_out; j++)
      sum += exp((double)row[j] - (double)row[best]);
    CU_ASSERT_EQUAL(a.argmax[i], (int32_t)best);
    CU_ASSERT_DOUBLE_EQUAL(a.log_sum_exp[i], (double)row[best] + log(sum), 3e-7);
    for (size_t k = offsets[i]; k < offsets[i + 1]; k++)
      CU_ASSERT_EQUAL(a.wanted[k], row[wanted[k]]); /* the logits are those of the plain product */
  }
  /* alone and with one thread: the same bits */
  omp_set_num_threads(1);
  for (size_t i = 0; i < m; i++)
    summarize(linear, x + i * n_in, n_in, 1,
              &(bs_logits_summary){.log_sum_exp = b.log_sum_exp + i,
                                   .argmax = b.argmax + i,
                                   .offsets = offsets + i,
                                   .wanted = wanted,
                                   .wanted_logits = b.wanted});
  CU_ASSERT_EQUAL(memcmp(a.log_sum_exp, b.log_sum_exp, m * sizeof(double)), 0);
  CU_ASSERT_EQUAL(memcmp(a.argmax, b.argmax, m * sizeof(int32_t)), 0);
  CU_ASSERT_EQUAL(memcmp(a.wanted, b.wanted, n_wanted * sizeof(float)), 0);
  answers_free(&a);
  answers_free(&b);
  bs_linear_free(&linear);
  kt_weights_free(&w);
  free(x);
  free(y);
  free(bias);
  free(offsets);
  free(wanted);
}

static void check_sizes(bs_arithmetic how) {
  check_size(how, 37, 700, 60, true);
  check_size(how, 5, 1024, 33, false);
  check_size(how, 3, 17, 5, true);
  check_size(how, 2, 1, 1, false);
  check_size(how, 300, 257, 20, false);
  check_size(how, 64, 1500, 200, false); /* enough for two threads */
}

static void summaries(void) { kt_each_kernel(check_sizes); }

/* Logits that f32 cannot exponentiate, ties, and a vocabulary where one block decides. */
static void check_spread(bs_arithmetic how) {
  enum { N = 600 };
  float weights[N], x = 1, wanted_logit;
  for (size_t j = 0; j < N; j++)
    weights[j] = -1000.0F - (float)(j % 7) * 8.0F;
  weights[300] = weights[300 + 256] = weights[301] = 2048.0F;
  bs_weight part = {weights, BS_DTYPE_F32, N, 1, false};
  bs_linear *linear = NULL;
  bs_error err = {0};
  const size_t offsets[] = {0, 1};
  const int32_t wanted = 556;
  double log_sum_exp;
  int32_t argmax;
  BS_TEST_OK(bs_linear_new(&linear,
                           &(bs_linear_plan){.parts = &part, .n_parts = 1, .arithmetic = how}, NULL,
                           &err),
             err);
  summarize(linear, &x, 1, 1,
            &(bs_logits_summary){.log_sum_exp = &log_sum_exp,
                                 .argmax = &argmax,
                                 .offsets = offsets,
                                 .wanted = &wanted,
                                 .wanted_logits = &wanted_logit});
  CU_ASSERT_EQUAL(argmax, 300);
  CU_ASSERT_DOUBLE_EQUAL(log_sum_exp, 2048 + log(3), 1e-9);
  CU_ASSERT_EQUAL(wanted_logit, 2048.0F);
  x = NAN;
  summarize(linear, &x, 1, 1,
            &(bs_logits_summary){.log_sum_exp = &log_sum_exp,
                                 .argmax = &argmax,
                                 .offsets = offsets,
                                 .wanted = &wanted,
                                 .wanted_logits = &wanted_logit});
  CU_ASSERT_TRUE(isnan(log_sum_exp));
  CU_ASSERT_TRUE(argmax >= 0 && argmax < N);
  bs_linear_free(&linear);
}

static void spread(void) { kt_each_kernel(check_spread); }

int main(void) {
  const bs_test tests[] = {
      {"against whole logits; alone and in a batch", summaries},
      {"ties, wide spread, NaN", spread},
  };
  return bs_test_main("kernels_head", tests, sizeof tests / sizeof *tests);
}
