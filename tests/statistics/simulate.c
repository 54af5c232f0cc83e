/* Measures by simulation how often intervals hold the truth and how often shapes are called what
   they are: the tables of docs/statistics.md. Not a test: it takes hours.
   usage: simulate DATA_SETS [examples|errors|seeds|uneven-seeds|clusters|ignored-clusters] [SEED]
 */
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/philox_internal.h"
#include "bigsweep/statistics.h"

enum { MOST_MODELS = 16, MOST_EXAMPLES = 1000, MOST_SEEDS = 5 };

/* A stream of standard normal numbers. */
typedef struct normals {
  uint64_t seed, at;
} normals;

static double next_normal(normals *from) {
  double u1 = 1 - bs_philox_uniform(from->seed, from->at++);
  double u2 = bs_philox_uniform(from->seed, from->at++);
  return sqrt(-2 * log(u1)) * cos(2 * M_PI * u2);
}

static double sigmoid(double x) { return 1 / (1 + exp(-x)); }

/* Place k of m models, from 0 to 1. */
static double place(size_t k, size_t m) { return (double)k / (double)(m - 1); }

typedef double curve_function(size_t k, size_t m, double se);

static double line(size_t k, size_t m, double se) { return (void)se, .25 + .5 * place(k, m); }
static double falling_line(size_t k, size_t m, double se) {
  return (void)se, .75 - .5 * place(k, m);
}
static double steep_line(size_t k, size_t m, double se) { return (void)se, .05 + .9 * place(k, m); }
static double sharp_sigmoid(size_t k, size_t m, double se) {
  return (void)se, .25 + .5 * sigmoid(25 * (place(k, m) - .6));
}
static double soft_sigmoid(size_t k, size_t m, double se) {
  return (void)se, .1 + .8 * sigmoid(8 * (place(k, m) - .5));
}
static double jump(size_t k, size_t m, double se) { return (void)se, place(k, m) < .6 ? .25 : .75; }
static double falling_jump(size_t k, size_t m, double se) {
  return (void)se, place(k, m) < .6 ? .75 : .25;
}
static double last_alone(size_t k, size_t m, double se) { return (void)se, k + 1 < m ? .25 : .6; }
static double saturating(size_t k, size_t m, double se) {
  return (void)se, .2 + .6 * (1 - exp(-4 * place(k, m)));
}
static double small_step(size_t k, size_t m, double se) {
  return place(k, m) < .5 ? .4 : .4 + 3 * se;
}
static double small_line(size_t k, size_t m, double se) { return .4 + 3 * se * place(k, m); }
static double line_of_six(size_t k, size_t m, double se) { return .4 + 6 * se * place(k, m); }
static double valley(size_t k, size_t m, double se) {
  return .4 - 6 * se * (1 - fabs(2 * place(k, m) - 1));
}
static double hill(size_t k, size_t m, double se) {
  return .4 + 6 * se * (1 - fabs(2 * place(k, m) - 1));
}
/* The first half of its steps are 0, so that B is infinite. */
static double level_then_line(size_t k, size_t m, double se) {
  return (void)se, k <= m / 2 ? .3 : .3 + .4 * place(k - m / 2, m - m / 2);
}
static double flat_low(size_t k, size_t m, double se) { return (void)k, (void)m, (void)se, .02; }
static double flat_quarter(size_t k, size_t m, double se) {
  return (void)k, (void)m, (void)se, .25;
}
static double flat_half(size_t k, size_t m, double se) { return (void)k, (void)m, (void)se, .5; }
static double flat_high(size_t k, size_t m, double se) { return (void)k, (void)m, (void)se, .9; }

typedef struct truth {
  const char *name;
  curve_function *p;
} truth;

static const truth TRUTHS[] = {
    {"line", line},
    {"falling line", falling_line},
    {"steep line", steep_line},
    {"sharp sigmoid", sharp_sigmoid},
    {"soft sigmoid", soft_sigmoid},
    {"jump", jump},
    {"falling jump", falling_jump},
    {"last model alone", last_alone},
    {"saturating", saturating},
    {"step of 3 SE", small_step},
    {"line of 3 SE", small_line},
    {"line of 6 SE", line_of_six},
    {"U of 6 SE", valley},
    {"inverted U of 6 SE", hill},
    {"level then line", level_then_line},
    {"flat .02", flat_low},
    {"flat .25", flat_quarter},
    {"flat .5", flat_half},
    {"flat .9", flat_high},
};
enum { N_TRUTHS = sizeof TRUTHS / sizeof *TRUTHS };

/* The quantile of the normal distribution by bisection. */
static double normal_quantile(double p) {
  double low = -10, high = 10;
  for (int i = 0; i < 80; i++) {
    double middle = (low + high) / 2;
    if (erfc(-middle / M_SQRT2) / 2 < p)
      low = middle;
    else
      high = middle;
  }
  return low;
}

typedef struct cell {
  const truth *of;
  size_t m, n;
  double correlation; /* of the latent difficulty of an example between models */
  size_t n_seeds;     /* of each model */
  double deviation;   /* of a seed's probability, in the truths' standard errors */
  bool is_uneven; /* every other model's seeds are all the same, the others' twice as variable */
  size_t cluster; /* examples that hang together, 1: none; by TOGETHER of a latent's variance */
} cell;

/* Where a model's latent number must lie below for each of its seeds. A seed's probability stays
   between 0 and 1: where it would leave them it is moved by less, down as far as up. */
static void draw_thresholds(const cell *of, const double *p, double se, normals *from,
                            double *thresholds) {
  for (size_t k = 0; k < of->m; k++)
    for (size_t s = 0; s < of->n_seeds; s++) {
      double deviation = of->deviation * se * (!of->is_uneven ? 1 : k % 2 == 1 ? M_SQRT2 : 0);
      double most = fmin(p[k], 1 - p[k]) - 1e-6;
      double moved = deviation > 0 ? deviation * next_normal(from) : 0;
      thresholds[k * of->n_seeds + s] = normal_quantile(p[k] + fmax(-most, fmin(moved, most)));
    }
}

/* A normal number of which a part stays the same within a cluster, `kept`. */
static double next_latent(const cell *of, size_t j, double *kept, normals *from) {
  static const double TOGETHER = .3;
  if (of->cluster == 1)
    return next_normal(from);
  if (j % of->cluster == 0)
    *kept = next_normal(from);
  return sqrt(TOGETHER) * *kept + sqrt(1 - TOGETHER) * next_normal(from);
}

/* Paired binary scores [n][m * n_seeds]: an example is right where a latent normal number lies
   below the threshold, and all models share a part of it. Both parts hang together in clusters. */
static void draw(const cell *of, const double *thresholds, normals *from, double *scores) {
  double shared = sqrt(of->correlation), own = sqrt(1 - of->correlation);
  double kept[1 + MOST_MODELS * MOST_SEEDS];
  size_t n_columns = of->m * of->n_seeds;
  for (size_t j = 0; j < of->n; j++) {
    double common = shared * next_latent(of, j, &kept[n_columns], from);
    for (size_t k = 0; k < n_columns; k++)
      scores[j * n_columns + k] = common + own * next_latent(of, j, &kept[k], from) < thresholds[k];
  }
}

/* Means and standard errors of what was drawn, for the variant that knows no more. */
static void summarize(const double *scores, size_t n, size_t m, double *y, double *se) {
  for (size_t k = 0; k < m; k++) {
    double sum = 0;
    for (size_t j = 0; j < n; j++)
      sum += scores[j * m + k];
    y[k] = sum / (double)n;
    se[k] = sqrt(y[k] * (1 - y[k]) / (double)(n - 1));
  }
}

typedef struct tally {
  size_t improvement, linearity, breakthroughness, half, n_half, not_flat, excludes_zero;
  size_t shapes[BS_SHAPE_IRREGULAR + 1];
} tally;

static bool holds(bs_interval of, double value) {
  /* What rounding makes of a bound that is exactly the truth is no miss. */
  double slack = 1e-9 * fmax(1, fabs(value));
  return of.low - slack <= value && value <= of.high + slack;
}

/* As bs_curve.half_rise, of the truth. */
static double true_half(const double *p, size_t m) {
  double half = (p[0] + p[m - 1]) / 2, sign = p[m - 1] > p[0] ? 1 : -1;
  for (size_t k = 0; k + 1 < m; k++)
    if (sign * (p[k] - half) < 0 && sign * (p[k + 1] - half) >= 0)
      return (double)k + (half - p[k]) / (p[k + 1] - p[k]);
  return NAN;
}

/* B of a truth whose median step is 0 is beyond all bounds. */
static bool holds_breakthroughness(bs_interval interval, const bs_linearity *of) {
  if (of->improvement == 0)
    return isinf(interval.low) && isinf(interval.high);
  if (of->root_median_square > 0)
    return holds(interval, of->breakthroughness);
  return of->improvement > 0 ? isinf(interval.high) : isinf(interval.low);
}

static void count(tally *to, const bs_curve *curve, const double *p, size_t m) {
  bs_linearity of = bs_linearity_of(p, m);
  to->improvement += holds(curve->improvement, of.improvement);
  to->linearity += isnan(of.linearity) || holds(curve->linearity, of.linearity);
  to->breakthroughness += holds_breakthroughness(curve->breakthroughness, &of);
  to->excludes_zero += curve->linearity.low > 0 || curve->linearity.high < 0;
  to->not_flat += curve->shape != BS_SHAPE_FLAT;
  to->shapes[curve->shape]++;
  if (!isnan(curve->half_rise)) {
    to->n_half++;
    to->half += holds(curve->half_rise_interval, true_half(p, m));
  }
}

typedef enum variant {
  FROM_EXAMPLES,
  FROM_ERRORS,
  WITH_SEEDS,
  WITH_UNEVEN_SEEDS,
  WITH_CLUSTERS,
  IGNORING_CLUSTERS
} variant;
static const char *const VARIANTS[] = {"examples",     "errors",   "seeds",
                                       "uneven-seeds", "clusters", "ignored-clusters"};

static bs_status estimate(bs_curve *curve, const cell *of, variant by, const double *scores,
                          uint64_t seed, bs_error *err) {
  double y[MOST_MODELS], errors[MOST_MODELS];
  size_t n_seeds[MOST_MODELS];
  uint32_t clusters[MOST_EXAMPLES];
  for (size_t k = 0; k < of->m; k++)
    n_seeds[k] = of->n_seeds;
  for (size_t j = 0; j < of->n; j++)
    clusters[j] = (uint32_t)(j / of->cluster);
  if (by == FROM_EXAMPLES || by == IGNORING_CLUSTERS)
    return bs_curve_from_examples(curve, scores, of->n, of->m, seed, err);
  if (by != FROM_ERRORS)
    return bs_curve_from_repeats(
        curve, scores, n_seeds, of->n, of->m,
        (bs_clusters){by == WITH_CLUSTERS ? clusters : NULL, of->n / of->cluster}, seed, err);
  summarize(scores, of->n, of->m, y, errors);
  return bs_curve_from_errors(curve, y, errors, NULL, of->m, of->n, seed, err);
}

static void print_cell(const cell *of, const tally *counted, double all) {
  printf("%s,%zu,%zu,%g,%zu,%g,%.0f,%.3f,%.3f,%.3f,%.3f,%.3f,%zu,%.3f", of->of->name, of->m, of->n,
         of->correlation, of->n_seeds, of->deviation, all, (double)counted->improvement / all,
         (double)counted->linearity / all, (double)counted->breakthroughness / all,
         (double)counted->excludes_zero / all, (double)counted->not_flat / all, counted->n_half,
         counted->n_half > 0 ? (double)counted->half / (double)counted->n_half : NAN);
  for (int s = BS_SHAPE_FLAT; s <= BS_SHAPE_IRREGULAR; s++)
    printf(",%.3f", (double)counted->shapes[s] / all);
  printf("\n");
  fflush(stdout);
}

static int run_cell(const cell *of, size_t n_sets, variant by, uint64_t seed) {
  static double scores[MOST_EXAMPLES * MOST_MODELS * MOST_SEEDS];
  double p[MOST_MODELS], thresholds[MOST_MODELS * MOST_SEEDS];
  double se = sqrt(2 * .4 * .6 * (1 - .6 * of->correlation) / (double)of->n);
  for (size_t k = 0; k < of->m; k++)
    p[k] = of->of->p(k, of->m, se);
  normals from = {seed, 0};
  tally counted = {0};
  bs_error err = {0};
  for (size_t i = 0; i < n_sets; i++) {
    bs_curve curve;
    draw_thresholds(of, p, se, &from, thresholds);
    draw(of, thresholds, &from, scores);
    if (estimate(&curve, of, by, scores, i, &err) != BS_OK) {
      fprintf(stderr, "simulate: %s\n", err.message);
      return 1;
    }
    count(&counted, &curve, p, of->m);
  }
  print_cell(of, &counted, (double)n_sets);
  return 0;
}

/* Clusters of ten examples. */
static int run_clusters(size_t n_sets, variant by, uint64_t seed) {
  static const size_t MODELS[] = {5, 8}, CLUSTERS[] = {6, 10, 20, 50};
  enum { SIZE = 10 };
  for (size_t i = 0; i < 2; i++)
    for (size_t c = 0; c < 4; c++)
      for (size_t t = 0; t < N_TRUTHS; t++) {
        cell of = {.of = &TRUTHS[t],
                   .m = MODELS[i],
                   .n = SIZE * CLUSTERS[c],
                   .correlation = .5,
                   .n_seeds = 1,
                   .cluster = SIZE};
        if (run_cell(&of, n_sets, by, seed++) != 0)
          return 1;
      }
  return 0;
}

/* Models without repeats: every correlation. With repeats: one, and one number of examples, but
   every number of seeds. */
static int run_all(size_t n_sets, variant by, uint64_t seed) {
  static const size_t MODELS[] = {5, 8, 16}, EXAMPLES[] = {100, 1000}, SEEDS[] = {2, 3, 5};
  static const double CORRELATIONS[] = {0, .5, .9}, DEVIATIONS[] = {0, 1, 3};
  bool has_seeds = by == WITH_SEEDS || by == WITH_UNEVEN_SEEDS;
  for (size_t c = 0; c < (has_seeds ? 9 : 3); c++)
    for (size_t i = 0; i < 3; i++)
      for (size_t j = 0; j < (has_seeds ? 1 : 2); j++)
        for (size_t t = 0; t < N_TRUTHS; t++) {
          cell of = {.of = &TRUTHS[t],
                     .m = MODELS[i],
                     .n = has_seeds ? 200 : EXAMPLES[j],
                     .correlation = has_seeds ? .5 : CORRELATIONS[c],
                     .n_seeds = has_seeds ? SEEDS[c / 3] : 1,
                     .deviation = has_seeds ? DEVIATIONS[c % 3] : 0,
                     .is_uneven = by == WITH_UNEVEN_SEEDS,
                     .cluster = 1};
          if (run_cell(&of, n_sets, by, seed++) != 0)
            return 1;
        }
  return 0;
}

int main(int argc, char **argv) {
  size_t n_sets = argc > 1 ? (size_t)strtoull(argv[1], NULL, 10) : 0;
  size_t by = 0, n_variants = sizeof VARIANTS / sizeof *VARIANTS;
  while (argc > 2 && by < n_variants && strcmp(argv[2], VARIANTS[by]) != 0)
    by++;
  if (n_sets == 0 || by == n_variants) {
    fprintf(stderr, "usage: simulate DATA_SETS [examples|errors|seeds|uneven-seeds|clusters|"
                    "ignored-clusters] [SEED]\n");
    return 2;
  }
  printf("truth,models,examples,correlation,seeds,seed_deviation,data_sets,improvement,linearity,"
         "breakthroughness,linearity_excludes_zero,not_flat,half_rises,half_rise");
  for (int s = BS_SHAPE_FLAT; s <= BS_SHAPE_IRREGULAR; s++)
    printf(",%s", bs_shape_name((bs_shape)s));
  printf("\n");
  uint64_t seed = argc > 3 ? strtoull(argv[3], NULL, 10) : 1;
  return by == WITH_CLUSTERS || by == IGNORING_CLUSTERS ? run_clusters(n_sets, (variant)by, seed)
                                                        : run_all(n_sets, (variant)by, seed);
}
