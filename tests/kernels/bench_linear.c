/* Throughput of every kernel of this machine: GFLOP/s (2 m n_out n_in / s), best of several runs.
   Not a test. */
#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/half_internal.h"
#include "kernels/linear_internal.h"

typedef struct options {
  const char *isa, *precision, *dtype, *shape; /* NULL: all */
  int threads;                                 /* 0: 1 and 2 */
  size_t m;                                    /* 0: all */
  double seconds;                              /* per figure */
  /* Wall time; or, on a machine that others use too, the thread's processor time (one thread). */
  clockid_t clock;
} options;

static const struct {
  const char *name;
  size_t n_in, n_out;
} shapes[] = {{"768x3072", 768, 3072},
              {"3072x768", 3072, 768},
              {"2048x5632", 2048, 5632},
              {"768x32000", 768, 32000}};
static const size_t row_counts[] = {1, 16, 64, 256, 1024};

static double now(clockid_t clock) {
  struct timespec t;
  clock_gettime(clock, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Uniform in [-1, 1): a counter's hash. */
static float random_at(uint64_t i) {
  i = (i + 1) * 0x9E3779B97F4A7C15U;
  i = (i ^ i >> 30) * 0xBF58476D1CE4E5B9U;
  i = (i ^ i >> 27) * 0x94D049BB133111EBU;
  return (float)(int32_t)((i ^ i >> 31) >> 32) * 0x1p-31F;
}

static void *random_weights(bs_dtype dtype, size_t n) {
  size_t bytes = bs_dtype_bytes(dtype), n_bytes = bs_dtype_size(dtype, n);
  unsigned char *data = malloc(n_bytes);
  for (size_t i = 0; bytes == 0 && data != NULL && i < n_bytes; i++) /* scales stay below 2 */
    data[i] = (unsigned char)((bs_f32_bits(random_at(i)) >> 8) & 0x3FU);
  if (bytes == 0)
    return data;
  for (size_t i = 0; data != NULL && i < n; i++) {
    float value = random_at(i);
    uint32_t bits;
    memcpy(&bits, &value, 4);
    /* F16 of the same sign and fraction in [1, 2): the value does not matter here */
    uint16_t half = dtype == BS_DTYPE_BF16
                        ? (uint16_t)(bits >> 16)
                        : (uint16_t)((bits >> 16 & 0x8000U) | 0x3800U | (bits >> 13 & 0x3FFU));
    if (bytes == 4)
      memcpy(data + 4 * i, &value, 4);
    else
      memcpy(data + 2 * i, &half, 2);
  }
  return data;
}

/* Best seconds of one call. */
static double time_call(const bs_linear *linear, bool head, const float *x, size_t m, float *y,
                        const options *o) {
  size_t n_in = bs_linear_n_in(linear), n_out = bs_linear_n_out(linear);
  size_t *offsets = calloc(m + 1, sizeof *offsets);
  double *lse = calloc(m, sizeof *lse);
  int32_t *argmax = calloc(m, sizeof *argmax);
  double best = 1e30, begin = now(CLOCK_MONOTONIC);
  bs_error err = {0};
  for (int run = 0; offsets != NULL && lse != NULL && argmax != NULL; run++) {
    double start = now(o->clock);
    bs_status status =
        head ? bs_linear_run(
                   linear, &(bs_linear_input){.x = x, .ld_x = n_in}, m,
                   &(bs_linear_output){.summary = &(bs_logits_summary){.log_sum_exp = lse,
                                                                       .argmax = argmax,
                                                                       .offsets = offsets}},
                   &err)
             : bs_linear_run(linear, &(bs_linear_input){.x = x, .ld_x = n_in}, m,
                             &(bs_linear_output){.y = y, .ld_y = n_out}, &err);
    double end = now(o->clock);
    if (status != BS_OK) {
      fprintf(stderr, "%s\n", err.message);
      break;
    }
    if (run > 0 && end - start < best)
      best = end - start;
    if (run > 2 && now(CLOCK_MONOTONIC) - begin > o->seconds)
      break;
  }
  free(offsets);
  free(lse);
  free(argmax);
  return best;
}

static void bench_shape(const options *o, size_t shape, bs_arithmetic how, bs_dtype dtype) {
  size_t n_in = shapes[shape].n_in, n_out = shapes[shape].n_out, most = 1024;
  bool head = n_out == 32000;
  void *weights = random_weights(dtype, n_in * n_out);
  float *x = malloc(most * n_in * sizeof *x), *y = calloc(most * n_out, sizeof *y);
  bs_linear *linear = NULL;
  bs_error err = {0};
  for (size_t i = 0; x != NULL && i < most * n_in; i++)
    x[i] = random_at(i + 12345);
  bs_weight part = {weights, dtype, n_out, n_in, false};
  double start = now(CLOCK_MONOTONIC);
  if (weights == NULL || x == NULL || y == NULL ||
      bs_linear_new(&linear, &(bs_linear_plan){.parts = &part, .n_parts = 1, .arithmetic = how},
                    NULL, &err) != BS_OK) {
    fprintf(stderr, "no memory or %s\n", err.message);
    goto cleanup;
  }
  double packing = now(CLOCK_MONOTONIC) - start;
  for (int threads = 1; threads <= 2; threads++) {
    if ((o->threads != 0 && o->threads != threads) || (threads > 1 && o->clock != CLOCK_MONOTONIC))
      continue;
    omp_set_num_threads(threads);
    printf("%-8s %-6s %-4s %-9s %d thr", bs_isa_name(how.isa), bs_precision_name(how.precision),
           bs_dtype_name(dtype), shapes[shape].name, threads);
    for (size_t i = 0; i < sizeof row_counts / sizeof *row_counts; i++) {
      size_t m = row_counts[i];
      if (o->m != 0 && o->m != m)
        continue;
      double seconds = time_call(linear, head, x, m, y, o);
      printf("  %4zu: %6.0f", m, 2e-9 * (double)(m * n_in * n_out) / seconds);
      fflush(stdout);
    }
    printf("   packed in %.0f ms\n", 1e3 * packing);
  }
cleanup:
  bs_linear_free(&linear);
  free(weights);
  free(x);
  free(y);
}

static bool wants(const char *asked, const char *name) {
  return asked == NULL || strcmp(asked, name) == 0;
}

int main(int argc, char **argv) {
  options o = {.seconds = 0.1, .clock = CLOCK_MONOTONIC};
  for (int i = 1; i < argc; i += 2) {
    const char *value = i + 1 < argc ? argv[i + 1] : NULL;
    if (value != NULL && strcmp(argv[i], "--isa") == 0)
      o.isa = value;
    else if (value != NULL && strcmp(argv[i], "--precision") == 0)
      o.precision = value;
    else if (value != NULL && strcmp(argv[i], "--dtype") == 0)
      o.dtype = value;
    else if (value != NULL && strcmp(argv[i], "--shape") == 0)
      o.shape = value;
    else if (value != NULL && strcmp(argv[i], "--threads") == 0)
      o.threads = atoi(value);
    else if (value != NULL && strcmp(argv[i], "--m") == 0)
      o.m = strtoul(value, NULL, 10);
    else if (value != NULL && strcmp(argv[i], "--clock") == 0 && strcmp(value, "cpu") == 0)
      o.clock = CLOCK_THREAD_CPUTIME_ID;
    else if (value != NULL && strcmp(argv[i], "--seconds") == 0)
      o.seconds = strtod(value, NULL);
    else {
      fprintf(stderr, "bench_linear [--isa avx512] [--precision f32|bf16x2|bf16] [--dtype "
                      "F32|F16|BF16|Q4_K ...] "
                      "[--shape 768x3072] [--threads 1|2] [--m 256] [--seconds per figure] "
                      "[--clock cpu]\n");
      return 2;
    }
  }
  size_t n_isas;
  const bs_isa *isas = bs_isa_list(&n_isas);
  const bs_precision precisions[] = {BS_PRECISION_F32, BS_PRECISION_BF16X2, BS_PRECISION_BF16};
  const bs_dtype dtypes[] = {BS_DTYPE_F32,  BS_DTYPE_F16,    BS_DTYPE_BF16,  BS_DTYPE_Q8_0,
                             BS_DTYPE_Q4_0, BS_DTYPE_Q4_K,   BS_DTYPE_Q6_K,  BS_DTYPE_Q5_K,
                             BS_DTYPE_Q3_K, BS_DTYPE_IQ4_XS, BS_DTYPE_IQ2_XS};
  for (size_t i = 0; i < n_isas; i++)
    for (size_t p = 0; p < 3; p++)
      for (size_t d = 0; d < sizeof dtypes / sizeof *dtypes; d++)
        for (size_t j = 0; j < sizeof shapes / sizeof *shapes; j++)
          if (wants(o.isa, bs_isa_name(isas[i])) &&
              wants(o.precision, bs_precision_name(precisions[p])) &&
              wants(o.dtype, bs_dtype_name(dtypes[d])) && wants(o.shape, shapes[j].name))
            bench_shape(&o, j, (bs_arithmetic){isas[i], precisions[p]}, dtypes[d]);
  return 0;
}
