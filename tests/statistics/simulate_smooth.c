/* Measures by simulation how often a jump share's interval holds the truth, and how often the
   verdict on a breakthrough under a smooth metric is right: the tables of docs/statistics.md. Not a
   test: it takes half an hour.
   usage: simulate_smooth DATA_SETS [SEED] */
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/philox_internal.h"
#include "bigsweep/statistics.h"

enum { MOST_MODELS = 16, MOST_EXAMPLES = 1000 };

typedef struct numbers {
  uint64_t seed, at;
} numbers;

static double next_normal(numbers *from) {
  double u1 = 1 - bs_philox_uniform(from->seed, from->at++);
  double u2 = bs_philox_uniform(from->seed, from->at++);
  return sqrt(-2 * log(u1)) * cos(2 * M_PI * u2);
}

/* Mean 0, standard deviation 1, a long tail to the left, as log-probabilities have it. */
static double next_skewed(numbers *from) {
  return 1 + log(1 - bs_philox_uniform(from->seed, from->at++));
}

/* What models of place x, from 0 to 1, can do: from 0 to 1. Kinks lie at steps where `at` models
   have one. */
typedef double ability_function(size_t k, size_t m, double share);

static double line(size_t k, size_t m, double share) {
  return (void)share, (double)k / (double)(m - 1);
}
static double none(size_t k, size_t m, double share) { return (void)k, (void)m, (void)share, .5; }
/* `share` of the change within the two steps (one with fewer than six models) around the middle,
   the rest evenly before and behind. */
static double kink(size_t k, size_t m, double share) {
  size_t width = m < 6 ? 1 : 2, first = (m - 1) / 2 - (width == 2);
  double others = (1 - share) / (double)(m - 1 - width), step = share / (double)width, sum = 0;
  for (size_t i = 0; i < k; i++)
    sum += i >= first && i < first + width ? step : others;
  return sum;
}
/* `share` of the change in each of the two ends, nothing between. */
static double two_kinks(size_t k, size_t m, double share) {
  size_t width = m < 6 ? 1 : 2;
  double step = share / (double)width;
  return k <= width ? step * (double)k : k < m - 1 - width ? share : 1 - step * (double)(m - 1 - k);
}

typedef struct truth {
  const char *name;
  ability_function *ability;
  double share, spread; /* spread of the examples' difficulties: small, and accuracy jumps */
} truth;

static const truth TRUTHS[] = {
    {"line; accuracy jumps", line, 0, .05},
    {"line; accuracy a line too", line, 0, 1},
    {"flat", none, 0, .5},
    {"share .4; accuracy jumps", kink, .4, .05},
    {"share .5; accuracy jumps", kink, .5, .05},
    {"twice .5; accuracy jumps", two_kinks, .5, .05},
    {"share .6; accuracy jumps", kink, .6, .05},
    {"share .8; accuracy jumps", kink, .8, .05},
    {"share 1; accuracy jumps", kink, 1, .05},
};
enum { N_TRUTHS = sizeof TRUTHS / sizeof *TRUTHS };

typedef struct cell {
  const truth *of;
  size_t m, n;
  double noise; /* of the smooth metric of one answer, beyond what decides about right and wrong */
} cell;

static double phi(double x) { return erfc(-x / M_SQRT2) / 2; }

/* An answer is right where ability and difficulty exceed what the task wants: of two_kinks what
   lies just behind the first jump. The smooth metric has the same sum, and noise. */
static double wanted(const truth *of) { return of->ability == two_kinks ? .25 : .5; }

static void draw(const cell *of, const double *ability, numbers *from, double *sharp,
                 double *smooth) {
  double half = sqrt(.5);
  for (size_t j = 0; j < of->n; j++) {
    double shared = half * next_normal(from), offset = half * next_skewed(from);
    for (size_t k = 0; k < of->m; k++) {
      double s = ability[k] + of->of->spread * (shared + half * next_normal(from));
      sharp[j * of->m + k] = s > wanted(of->of);
      smooth[j * of->m + k] = s + of->noise * (offset + half * next_skewed(from));
    }
  }
}

static double true_jump(const double *y, size_t m) {
  size_t width = m < 6 ? 1 : 2;
  double most = -INFINITY;
  for (size_t k = 0; k + width < m; k++)
    most = fmax(most, (y[k + width] - y[k]) / (y[m - 1] - y[0]));
  return most;
}

typedef struct coverage {
  size_t n, below, above; /* intervals, the truth lies below or above them */
} coverage;

static void count_jump(coverage *to, const bs_curve *curve, double share) {
  if (isnan(curve->jump) || !isfinite(share))
    return;
  to->n++;
  to->below += share < curve->jump_interval.low - 1e-9;
  to->above += share > curve->jump_interval.high + 1e-9;
}

static void print_coverage(const coverage *of) {
  double n = (double)of->n;
  printf(",%zu,%.3f,%.3f", of->n, (double)of->below / n, (double)of->above / n);
}

static int run_cell(const cell *of, size_t n_sets, uint64_t seed) {
  static double sharp[MOST_EXAMPLES * MOST_MODELS], smooth[MOST_EXAMPLES * MOST_MODELS];
  double ability[MOST_MODELS], p[MOST_MODELS];
  size_t verdicts[BS_VERDICT_UNDETERMINED + 1] = {0};
  coverage of_sharp = {0}, of_smooth = {0};
  numbers from = {seed, 0};
  bs_error err = {0};
  for (size_t k = 0; k < of->m; k++) {
    ability[k] = of->of->ability(k, of->m, of->of->share);
    p[k] = phi((ability[k] - wanted(of->of)) / of->of->spread);
  }
  for (size_t i = 0; i < n_sets; i++) {
    bs_curve a, b;
    draw(of, ability, &from, sharp, smooth);
    bs_status status = bs_curve_from_examples(&a, sharp, of->n, of->m, i, &err);
    if (status == BS_OK)
      status = bs_curve_from_examples(&b, smooth, of->n, of->m, i, &err);
    if (status != BS_OK) {
      fprintf(stderr, "simulate_smooth: %s\n", err.message);
      return 1;
    }
    double change = 0;
    for (size_t j = 0; j < of->n; j++)
      change += smooth[(j + 1) * of->m - 1] - smooth[j * of->m];
    bs_smooth_course course = {b.shape, change, b.jump_interval, false};
    verdicts[bs_breakthrough_verdict(a.shape, &course)]++;
    count_jump(&of_sharp, &a, true_jump(p, of->m));
    count_jump(&of_smooth, &b, true_jump(ability, of->m));
  }
  printf("%s,%zu,%zu,%g,%zu", of->of->name, of->m, of->n, of->noise, n_sets);
  for (size_t v = 0; v <= BS_VERDICT_UNDETERMINED; v++)
    printf(",%.3f", (double)verdicts[v] / (double)n_sets);
  print_coverage(&of_sharp);
  print_coverage(&of_smooth);
  printf("\n");
  fflush(stdout);
  return 0;
}

int main(int argc, char **argv) {
  static const size_t MODELS[] = {5, 8, 16}, EXAMPLES[] = {100, 1000};
  static const double NOISE[] = {.3, 1};
  if (argc < 2) {
    fprintf(stderr, "usage: simulate_smooth DATA_SETS [SEED]\n");
    return 2;
  }
  size_t n_sets = (size_t)strtoull(argv[1], NULL, 10);
  uint64_t seed = argc > 2 ? strtoull(argv[2], NULL, 10) : 1;
  printf("truth,models,examples,noise,data_sets");
  for (int v = 0; v <= BS_VERDICT_UNDETERMINED; v++)
    printf(",%s", bs_verdict_name((bs_verdict)v));
  printf(",sharp_shares,sharp_below,sharp_above,smooth_shares,smooth_below,smooth_above\n");
  for (size_t j = 0; j < 2; j++)
    for (size_t i = 0; i < 3; i++)
      for (size_t c = 0; c < 2; c++)
        for (size_t t = 0; t < N_TRUTHS; t++) {
          cell of = {&TRUTHS[t], MODELS[i], EXAMPLES[j], NOISE[c]};
          if (run_cell(&of, n_sets, seed++) != 0)
            return 1;
        }
  return 0;
}
