/* The arithmetic on rows, for every instruction set of this machine: accuracy against double, and
   that results do not depend on how the work is cut. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../checkpoint/model_writer.h"
#include "harness.h"
#include "kernels/linear_internal.h"
#include "kernels/rows/rows_internal.h"

static const bs_rows *variants[8];
static size_t n_variants;

/* The variants that some instruction set of this machine leads to, each once. The linear layers may
   know fewer than the processor has, so those the compiler can ask for are added. */
static void add_variant(bs_isa isa) {
  const bs_rows *rows = bs_rows_for(isa);
  for (size_t i = 0; i < n_variants; i++)
    if (variants[i] == rows)
      return;
  variants[n_variants++] = rows;
}

static void find_variants(void) {
  add_variant(BS_ISA_PORTABLE);
#if defined(__x86_64__) && defined(__GNUC__)
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) {
    add_variant(BS_ISA_AVX2);
    if (__builtin_cpu_supports("avx512f"))
      add_variant(BS_ISA_AVX512);
  }
#endif
  size_t n;
  const bs_isa *isas = bs_isa_list(&n);
  for (size_t i = 0; i < n; i++)
    add_variant(isas[i]);
}

static void fill(float *x, size_t n, double spread, uint64_t *seed) {
  for (size_t i = 0; i < n; i++)
    x[i] = (float)(spread * (2 * random_double(seed) - 1));
}

/* The softmax of two scores, 0 and x <= 0, holds exp(x). */
static void exponentials(void) {
  for (size_t v = 0; v < n_variants; v++) {
    double largest = 0;
    for (double x = 0; x > -87; x -= 0.00137) {
      float s[BS_KEY_GROUP] = {0, (float)x};
      float sum = variants[v]->softmax(s, 2, 1, 0);
      double expected = exp((double)(float)x);
      largest = fmax(largest, fabs((double)s[1] - expected) / expected);
      CU_ASSERT_EQUAL(s[0], 1);
      CU_ASSERT_EQUAL(sum, 1 + s[1]);
    }
    float far[BS_KEY_GROUP] = {0, -1e6F};
    variants[v]->softmax(far, 2, 1, 0);
    CU_ASSERT_EQUAL(far[1], 0);
    printf("\n    %s: exp, relative error %.1e ", bs_isa_name(variants[v]->isa), largest);
    CU_ASSERT_TRUE(largest < 1.6e-7);
  }
}

static double exact(bs_activation kind, double x) {
  switch (kind) {
  case BS_ACTIVATION_SILU:
    return x / (1 + exp(-x));
  case BS_ACTIVATION_GELU:
    return x * erfc(-x / sqrt(2)) / 2;
  case BS_ACTIVATION_GELU_TANH:
    return x / 2 * (1 + tanh(sqrt(2 / acos(-1)) * (x + 0.044715 * x * x * x)));
  case BS_ACTIVATION_GELU_QUICK:
    return x / (1 + exp(-1.702 * x));
  case BS_ACTIVATION_RELU:
    return x > 0 ? x : 0;
  }
  return NAN;
}

static void activations(void) {
  enum { N = 40001 };
  static float x[N], y[N], up[N], gated[N];
  for (size_t v = 0; v < n_variants; v++) {
    for (int kind = 0; kind <= BS_ACTIVATION_RELU; kind++) {
      double largest = 0;
      for (size_t i = 0; i < N; i++) {
        x[i] = ((float)i - 20000) * 0.001F;
        up[i] = 2;
      }
      memcpy(y, x, sizeof y);
      memcpy(gated, x, sizeof gated);
      variants[v]->activate((bs_activation)kind, y, y, N);
      variants[v]->activate_gated((bs_activation)kind, gated, up, gated, N);
      for (size_t i = 0; i < N; i++) {
        double error = fabs((double)y[i] - exact((bs_activation)kind, (double)x[i]));
        largest = fmax(largest, error / fmax(1, fabs((double)x[i])));
        CU_ASSERT_EQUAL(gated[i], 2 * y[i]);
        float one = x[i];
        if (i % 97 == 0) { /* alone as in a row */
          variants[v]->activate((bs_activation)kind, &one, &one, 1);
          CU_ASSERT_EQUAL(one, y[i]);
        }
      }
      CU_ASSERT_TRUE(largest < 2e-7);
      float ends[2] = {-1e30F, 1e30F};
      variants[v]->activate((bs_activation)kind, ends, ends, 2);
      CU_ASSERT_DOUBLE_EQUAL(ends[0], 0, 1e-6);
      CU_ASSERT_DOUBLE_EQUAL(ends[1], 1e30, 1e24);
    }
  }
}

static void norms(void) {
  enum { N = 203 };
  float x[N], w[N], b[N], y[N];
  uint64_t seed = 1;
  fill(x, N, 3, &seed);
  fill(w, N, 1, &seed);
  fill(b, N, 1, &seed);
  double mean = 0, square = 0, variance = 0;
  for (size_t i = 0; i < N; i++)
    mean += (double)x[i] / N;
  for (size_t i = 0; i < N; i++) {
    square += (double)x[i] * (double)x[i] / N;
    variance += ((double)x[i] - mean) * ((double)x[i] - mean) / N;
  }
  for (size_t v = 0; v < n_variants; v++) {
    variants[v]->rms_norm(x, y, N, w, 0.25);
    for (size_t i = 0; i < N; i++)
      CU_ASSERT_DOUBLE_EQUAL(y[i], (double)x[i] / sqrt(square + 0.25) * (double)w[i], 4e-7);
    variants[v]->layer_norm(x, y, N, w, b, 0.25);
    for (size_t i = 0; i < N; i++)
      CU_ASSERT_DOUBLE_EQUAL(
          y[i], ((double)x[i] - mean) / sqrt(variance + 0.25) * (double)w[i] + (double)b[i], 4e-7);
  }
}

/* Scores and weighted sums: right, and the same for one query as for four, for all keys at once as
   for some at a time. */
static void attention_parts(void) {
  enum { KEYS = 53, CAPACITY = 64 };
  static const size_t dims[] = {1, 6, 12, 24, 64, 80};
  for (size_t v = 0; v < n_variants; v++) {
    const bs_rows *rows = variants[v];
    for (size_t t = 0; t < sizeof dims / sizeof *dims; t++) {
      size_t hd = dims[t];
      uint64_t seed = t;
      float *k = malloc(hd * CAPACITY * sizeof *k), *values = malloc(KEYS * hd * sizeof *values);
      float q[4][80], s[4][CAPACITY], single[CAPACITY], out[4][80] = {{0}}, cut[80] = {0};
      fill(k, hd * CAPACITY, 1, &seed);
      fill(values, KEYS * hd, 1, &seed);
      const float *qs[4], *ps[4];
      float *ss[4], *outs[4];
      for (size_t i = 0; i < 4; i++) {
        fill(q[i], hd, 1, &seed);
        qs[i] = q[i], ps[i] = s[i], ss[i] = s[i], outs[i] = out[i];
      }
      rows->scores(qs, 4, hd, k, CAPACITY, KEYS, ss);
      for (size_t i = 0; i < 4; i++) {
        float *to = single;
        rows->scores(&qs[i], 1, hd, k, CAPACITY, 17, &to);
        CU_ASSERT_EQUAL(memcmp(single, s[i], 17 * sizeof *single), 0);
        for (size_t j = 0; j < KEYS; j++) {
          double sum = 0;
          for (size_t d = 0; d < hd; d++)
            sum += (double)q[i][d] * (double)k[d * CAPACITY + j];
          CU_ASSERT_DOUBLE_EQUAL(s[i][j], sum, 1e-5);
        }
      }
      rows->values(ps, 4, values, KEYS, hd, outs);
      for (size_t i = 1; i < 4; i++) {
        rows->values(ps, i, values, 0, hd, outs); /* nothing to add */
        float *to = cut;
        const float *head = s[i], *tail = s[i] + 20;
        memset(cut, 0, sizeof cut);
        rows->values(&head, 1, values, 20, hd, &to);
        rows->values(&tail, 1, values + 20 * hd, KEYS - 20, hd, &to);
        CU_ASSERT_EQUAL(memcmp(cut, out[i], hd * sizeof *cut), 0);
        for (size_t d = 0; d < hd; d++) {
          double sum = 0;
          for (size_t j = 0; j < KEYS; j++)
            sum += (double)s[i][j] * (double)values[j * hd + d];
          CU_ASSERT_DOUBLE_EQUAL(out[i][d], sum, 1e-4);
        }
      }
      free(k);
      free(values);
    }
  }
}

static void softmax_with_distances(void) {
  enum { N = 37 };
  for (size_t v = 0; v < n_variants; v++) {
    float s[48];
    double z[N], largest = -INFINITY, total = 0;
    uint64_t seed = 3;
    fill(s, N, 4, &seed);
    for (size_t j = 0; j < N; j++) {
      z[j] = 0.5 * (double)s[j] - 0.25 * (double)(N - 1 - j);
      largest = fmax(largest, z[j]);
    }
    double sum = (double)variants[v]->softmax(s, N, 0.5F, 0.25F);
    for (size_t j = 0; j < N; j++) {
      CU_ASSERT_DOUBLE_EQUAL(s[j], exp(z[j] - largest), 1e-6);
      total += exp(z[j] - largest);
    }
    CU_ASSERT_DOUBLE_EQUAL(sum, total, 1e-6 * total);
  }
}

static void rotation(void) {
  for (size_t v = 0; v < n_variants; v++) {
    float x[6] = {1, 2, 3, 4, 5, 6};
    const float cosines[3] = {1, 0, 0.6F}, sines[3] = {0, 1, 0.8F};
    variants[v]->rotate(x, cosines, sines, 3);
    static const double expected[] = {1, -5, 0.6 * 3 - 0.8 * 6, 4, 2, 0.6 * 6 + 0.8 * 3};
    for (size_t i = 0; i < 6; i++)
      CU_ASSERT_DOUBLE_EQUAL(x[i], expected[i], 1e-6);
  }
}

/* In pairs of neighbours. */
static void rotation_of_neighbours(void) {
  for (size_t v = 0; v < n_variants; v++) {
    float x[7] = {1, 4, 2, 5, 3, 6, 7};
    const float cosines[3] = {1, 0, 0.6F}, sines[3] = {0, 1, 0.8F};
    variants[v]->rotate_neighbours(x, cosines, sines, 3);
    static const double expected[] = {1, 4, -5, 2, 0.6 * 3 - 0.8 * 6, 0.6 * 6 + 0.8 * 3, 7};
    for (size_t i = 0; i < 7; i++)
      CU_ASSERT_DOUBLE_EQUAL(x[i], expected[i], 1e-6);
  }
}

static void caps(void) {
  enum { N = 20001 };
  static float x[N], y[N];
  for (size_t v = 0; v < n_variants; v++) {
    double largest = 0;
    for (size_t i = 0; i < N; i++)
      y[i] = x[i] = ((float)i - 10000) * 0.03F;
    variants[v]->cap(y, N, 0.5F, 30);
    for (size_t i = 0; i < N; i++) {
      double expected = 30 * tanh(0.5 * (double)x[i] / 30);
      largest = fmax(largest, fabs((double)y[i] - expected) / fmax(1e-30, fabs(expected)));
      float one = x[i];
      variants[v]->cap(&one, 1, 0.5F, 30);
      CU_ASSERT_EQUAL(one, y[i]);
    }
    float ends[3] = {-1e30F, 1e30F, 0};
    variants[v]->cap(ends, 3, 1, 5);
    CU_ASSERT_TRUE(ends[0] == -5 && ends[1] == 5 && ends[2] == 0);
    printf("\n    %s: cap, relative error %.1e ", bs_isa_name(variants[v]->isa), largest);
    CU_ASSERT_TRUE(largest < 4e-7);
  }
}

static const bs_test tests[] = {
    {"exponentials", exponentials},
    {"activations", activations},
    {"norms", norms},
    {"scores and weighted sums", attention_parts},
    {"softmax with distances", softmax_with_distances},
    {"rotation", rotation},
    {"rotation of neighbours", rotation_of_neighbours},
    {"caps", caps},
};

int main(void) {
  find_variants();
  return bs_test_main("engine_rows", tests, sizeof tests / sizeof *tests);
}
