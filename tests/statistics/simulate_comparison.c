/* Measures by simulation how often the intervals of comparisons hold the truth: the tables of
   docs/statistics.md on comparisons. Not a test: it takes minutes. usage: simulate DATA_SETS */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/philox_internal.h"
#include "bigsweep/comparison.h"

enum { MOST_MODELS = 16, MOST_EXAMPLES = 1000 };

typedef struct normals {
  uint64_t seed, at;
} normals;

static double next_normal(normals *from) {
  double u1 = 1 - bs_philox_uniform(from->seed, from->at++);
  double u2 = bs_philox_uniform(from->seed, from->at++);
  return sqrt(-2 * log(u1)) * cos(2 * M_PI * u2);
}

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

/* The score at x, the logarithm of the scale to base 2. */
typedef double law(double x);
static double line(double x) { return fmin(.95, fmax(.05, .1 + .055 * x)); }
static double soft(double x) { return .1 + .8 / (1 + exp(-.6 * (x - 7))); }
static double sharp(double x) { return .25 + .7 / (1 + exp(-2.5 * (x - 7))); }
static double late(double x) { return .02 + .9 / (1 + exp(-1.2 * (x - 11))); }
static double flat(double x) { return (void)x, .3; }

static const struct {
  const char *name;
  law *of;
} LAWS[] = {{"line", line}, {"soft", soft}, {"sharp", sharp}, {"late", late}, {"flat", flat}};

typedef struct cell {
  law *of;
  size_t m, n;
  double ratio;       /* the second's scales must be so much larger */
  double correlation; /* of the latent difficulty of an example between models */
} cell;

typedef struct tally {
  size_t difference, ratio, determined, bounded, open, n;
  double width;
} tally;

/* Models from 2^0 to 2^14 in the first family, and the second half a step further. */
static void place(const cell *of, double *scales, double *thresholds, double *p) {
  double step = 14 / (double)(of->m - 1);
  for (size_t k = 0; k < 2 * of->m; k++) {
    double x = k < of->m ? step * (double)k : step * ((double)(k - of->m) + .5);
    scales[k] = exp2(x);
    p[k] = of->of(k < of->m ? x : x - log2(of->ratio));
    thresholds[k] = normal_quantile(p[k]);
  }
}

static void draw(const cell *of, const double *thresholds, normals *from, double *rows) {
  size_t m = 2 * of->m;
  for (size_t j = 0; j < of->n; j++) {
    double common = sqrt(of->correlation) * next_normal(from);
    for (size_t k = 0; k < m; k++)
      rows[j * m + k] = common + sqrt(1 - of->correlation) * next_normal(from) < thresholds[k];
  }
}

static bs_status compare(const cell *of, const double *rows, const double *scales,
                         bs_curve_comparison *found, bs_error *err) {
  double covariance[4 * MOST_MODELS * MOST_MODELS] = {0}, values[2 * MOST_MODELS] = {0};
  size_t m = 2 * of->m;
  for (size_t j = 0; j < of->n; j++)
    for (size_t k = 0; k < m; k++)
      values[k] += rows[j * m + k] / (double)of->n;
  bs_curve_pair pair = {of->m, of->m, scales, values, covariance, (double)(of->n - 1)};
  bs_status status = bs_add_covariance(covariance, 1, rows, of->n, m, (bs_clusters){NULL, 0}, err);
  return status == BS_OK ? bs_compare_curves(found, &pair, err) : status;
}

static void count(tally *to, const bs_curve_comparison *found, double difference, double ratio) {
  bs_interval of = found->ratio_interval;
  to->n++;
  to->difference += isnan(found->difference.interval.low)
                        ? fabs(found->difference.value - difference) < 1e-12
                        : found->difference.interval.low <= difference &&
                              difference <= found->difference.interval.high;
  to->ratio += of.low <= ratio && ratio <= of.high;
  to->determined += isfinite(found->ratio);
  bool is_bounded = of.low > 0 && isfinite(of.high);
  to->bounded += is_bounded;
  to->open += !is_bounded && (of.low > 0 || isfinite(of.high));
  if (is_bounded)
    to->width += log2(of.high / of.low);
}

static int run_cell(const char *name, const cell *of, size_t n_sets, uint64_t seed) {
  static double rows[2 * MOST_MODELS * MOST_EXAMPLES];
  double scales[2 * MOST_MODELS], thresholds[2 * MOST_MODELS], p[2 * MOST_MODELS],
      none[4 * MOST_MODELS * MOST_MODELS] = {0};
  bs_curve_comparison truth, found;
  bs_error err = {0};
  place(of, scales, thresholds, p);
  bs_curve_pair exact = {of->m, of->m, scales, p, none, INFINITY};
  bs_status status = bs_compare_curves(&truth, &exact, &err);
  normals from = {seed, 0};
  tally counted = {0};
  for (size_t i = 0; status == BS_OK && i < n_sets; i++) {
    draw(of, thresholds, &from, rows);
    status = compare(of, rows, scales, &found, &err);
    count(&counted, &found, truth.difference.value, of->ratio);
  }
  if (status != BS_OK) {
    fprintf(stderr, "simulate: %s\n", err.message);
    return 1;
  }
  double all = (double)counted.n;
  printf("%s,%zu,%zu,%g,%g,%zu,%.3f,%.3f,%.3f,%.3f,%.3f,%.2f,%.3f\n", name, of->m, of->n, of->ratio,
         of->correlation, n_sets, (double)counted.difference / all, (double)counted.ratio / all,
         (double)counted.determined / all, (double)counted.bounded / all,
         (double)counted.open / all, counted.width / (double)counted.bounded, truth.ratio);
  fflush(stdout);
  return 0;
}

/* Clusters of `size` examples that share a part of their difference. */
static int run_clusters(size_t n_clusters, size_t size, double shared, size_t n_sets,
                        uint64_t seed) {
  static double values[MOST_EXAMPLES];
  static uint32_t number[MOST_EXAMPLES];
  size_t n = n_clusters * size, held = 0, held_without = 0;
  normals from = {seed, 0};
  bs_error err = {0};
  for (size_t i = 0; i < n_sets; i++) {
    bs_difference with, without;
    double common = 0;
    for (size_t j = 0; j < n; j++) {
      number[j] = (uint32_t)(j / size);
      if (j % size == 0)
        common = sqrt(shared) * next_normal(&from);
      values[j] = common + sqrt(1 - shared) * next_normal(&from);
    }
    if (bs_clustered_mean(&with, values, n, (bs_clusters){number, n_clusters}, &err) != BS_OK ||
        bs_clustered_mean(&without, values, n, (bs_clusters){NULL, 0}, &err) != BS_OK)
      return 1;
    held += with.interval.low <= 0 && with.interval.high >= 0;
    held_without += without.interval.low <= 0 && without.interval.high >= 0;
  }
  printf("%zu,%zu,%g,%zu,%.3f,%.3f\n", n_clusters, size, shared, n_sets,
         (double)held / (double)n_sets, (double)held_without / (double)n_sets);
  return 0;
}

int main(int argc, char **argv) {
  static const size_t MODELS[] = {4, 8}, EXAMPLES[] = {100, 1000}, CLUSTERS[] = {5, 20, 100};
  static const double RATIOS[] = {1, 2, 10}, CORRELATIONS[] = {0, .5, .9};
  if (argc < 2) {
    fprintf(stderr, "usage: simulate DATA_SETS\n");
    return 2;
  }
  size_t n_sets = (size_t)strtoull(argv[1], NULL, 10);
  uint64_t seed = 1;
  printf("clusters,size,shared,data_sets,holds,holds_without_clusters\n");
  for (size_t c = 0; c < 3; c++)
    for (size_t s = 0; s < 2; s++)
      if (run_clusters(CLUSTERS[c], 10, s == 0 ? 0 : .3, n_sets, seed++) != 0)
        return 1;
  printf(
      "\nlaw,models,examples,ratio,correlation,data_sets,difference_holds,ratio_holds,determined,"
      "bounded,open,doublings_wide,ratio_without_noise\n");
  for (size_t l = 0; l < sizeof LAWS / sizeof *LAWS; l++)
    for (size_t i = 0; i < 2; i++)
      for (size_t j = 0; j < 2; j++)
        for (size_t r = 0; r < 3; r++)
          for (size_t c = 0; c < 3; c++) {
            cell of = {LAWS[l].of, MODELS[i], EXAMPLES[j], RATIOS[r], CORRELATIONS[c]};
            if (run_cell(LAWS[l].name, &of, n_sets, seed++) != 0)
              return 1;
          }
  return 0;
}
