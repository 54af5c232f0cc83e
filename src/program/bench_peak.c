/* The peak rate of the instructions that the kernels multiply with, measured. */
#include "program/bench_peak.h"

#include <omp.h>

static const struct {
  bs_isa isa;
  const char *what;
  float (*run)(size_t n);
  double flops; /* of a round */
} loops[] = {
#ifdef BENCH_PEAK_X86
    {BS_ISA_AMX, "AMX bf16 tile products", peak_amx, PEAK_AMX_FLOPS},
    {BS_ISA_AVX512, "AVX-512 f32 fused multiply-adds", peak_avx512, PEAK_AVX512_FLOPS},
    {BS_ISA_AVX2, "AVX2 f32 fused multiply-adds", peak_avx2, PEAK_AVX2_FLOPS},
#endif
    {BS_ISA_PORTABLE, "f32 multiplications and additions of compiled C", peak_portable,
     PEAK_PORTABLE_FLOPS},
};

static const double RUN_SECONDS = 0.02;
enum { RUNS = 25 };

/* Seconds of n rounds on all threads. */
static double time_rounds(float (*run)(size_t n), size_t n, int n_threads) {
  double begin = 0, end = 0;
  volatile float sink = 0;
#pragma omp parallel num_threads(n_threads)
  {
#pragma omp barrier
#pragma omp master
    begin = omp_get_wtime();
    float sum = run(n);
#pragma omp critical
    sink = sink + sum;
#pragma omp barrier
#pragma omp master
    end = omp_get_wtime();
  }
  return end - begin;
}

double bench_peak(bs_isa isa, int n_threads, const char **what) {
  for (size_t i = 0; i < sizeof loops / sizeof *loops; i++) {
    if (isa != loops[i].isa)
      continue;
    *what = loops[i].what;
    size_t n = 1024;
    while (n < (size_t)1 << 40 && time_rounds(loops[i].run, n, n_threads) < RUN_SECONDS)
      n *= 2;
    double best = 0;
    for (int run = 0; run < RUNS; run++) {
      double seconds = time_rounds(loops[i].run, n, n_threads);
      double rate = seconds > 0 ? loops[i].flops * (double)n * n_threads / seconds : 0;
      best = rate > best ? rate : best;
    }
    return best;
  }
  *what = "unknown";
  return 0;
}
