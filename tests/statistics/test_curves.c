/* Curves with their uncertainty, from scores whose answer is known. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/philox_internal.h"
#include "bigsweep/statistics.h"
#include "harness.h"
#include "statistics/isotonic_internal.h"

#define CLOSE(a, b) CU_ASSERT_DOUBLE_EQUAL(a, b, 1e-9)

enum { N = 40, M = 8 };

/* Every example has the curve itself as its scores: no noise. */
static bs_curve certain(const double *y, size_t m) {
  double scores[N * M];
  for (size_t j = 0; j < N; j++)
    memcpy(scores + j * m, y, m * sizeof *y);
  bs_error err = {0};
  bs_curve curve;
  BS_TEST_OK(bs_curve_from_examples(&curve, scores, N, m, 1, &err), err);
  return curve;
}

/* Example j is right under model k with a probability of p[k]; `n` at most 1000. */
static bs_curve drawn(const double *p, size_t m, size_t n, uint64_t seed) {
  static double scores[1000 * M];
  for (size_t j = 0; j < n; j++) {
    for (size_t k = 0; k < m; k++)
      scores[j * m + k] = bs_philox_uniform(seed, j * m + k) < p[k];
  }
  bs_error err = {0};
  bs_curve curve;
  BS_TEST_OK(bs_curve_from_examples(&curve, scores, n, m, 7, &err), err);
  return curve;
}

static void without_noise(void) {
  bs_curve curve = certain((double[]){0, .1, .2, .3, .4, .5, .6, .7}, 8);
  CLOSE(curve.linearity_corrected, 7);
  CLOSE(curve.linearity.low, 7);
  CLOSE(curve.linearity.high, 7);
  CLOSE(curve.improvement.low, .7);
  CLOSE(curve.sign_share, 1);
  CU_ASSERT_EQUAL(curve.shape, BS_SHAPE_GROWTH);
  CLOSE(curve.shape_p, 1. / 2000);
  CU_ASSERT_TRUE(isnan(curve.half_rise));
  curve = certain((double[]){.7, .6, .5, .4, .3, .2, .1, 0}, 8);
  CLOSE(curve.linearity.high, -7);
  CU_ASSERT_EQUAL(curve.shape, BS_SHAPE_INVERSE);
  curve = certain((double[]){.2, .2, .2, .2, .2, .8, .8, .8}, 8);
  CU_ASSERT_EQUAL(curve.shape, BS_SHAPE_BREAKTHROUGH);
  CLOSE(curve.half_rise, 4.5);
  CLOSE(curve.half_rise_interval.low, 4.5);
  CLOSE(curve.half_rise_interval.high, 4.5);
  CU_ASSERT_TRUE(isnan(curve.of.breakthroughness)); /* its median step is 0 */
  CU_ASSERT_TRUE(curve.breakthroughness.high > 1 && isinf(curve.breakthroughness.high));
  curve = certain((double[]){.8, .8, .4, .2, .2, .2, .2, .2}, 8);
  CU_ASSERT_EQUAL(curve.shape, BS_SHAPE_INVERSE_BREAKTHROUGH);
  CLOSE(curve.half_rise, 1.75); /* .5 lies a quarter of the way behind .4, counted backwards */
  curve = certain((double[]){.6, .4, .3, .2, .2, .3, .5, .7}, 8);
  CU_ASSERT_EQUAL(curve.shape, BS_SHAPE_U);
  curve = certain((double[]){.2, .4, .5, .6, .6, .5, .3, .1}, 8);
  CU_ASSERT_EQUAL(curve.shape, BS_SHAPE_INVERTED_U);
  curve = certain((double[]){.2, .6, .2, .6, .2, .6, .2, .6}, 8);
  CU_ASSERT_EQUAL(curve.shape, BS_SHAPE_IRREGULAR);
  curve = certain((double[]){.3, .3, .3}, 3);
  CU_ASSERT_EQUAL(curve.shape, BS_SHAPE_FLAT);
  CLOSE(curve.shape_p, 1);
  CU_ASSERT_EQUAL(curve.n_undefined, BS_REPLICATES);
  CU_ASSERT_TRUE(isinf(curve.breakthroughness.low) && isinf(curve.breakthroughness.high));
}

/* A 95 % interval of the ratio of two differences is where a test of their combination, with the
   share as its weight, does not reject: here from the scores themselves. */
static void shares_of_jumps(void) {
  bs_curve curve = certain((double[]){0, .1, .2, .3, .4, .5, .6, .7}, 8);
  CLOSE(curve.jump, 2. / 7); /* two of seven equal steps */
  /* One of 40 examples could have moved by the whole range. */
  CU_ASSERT_TRUE(curve.jump_interval.low > .2 && curve.jump_interval.low < 2. / 7);
  CU_ASSERT_TRUE(curve.jump_interval.high > 2. / 7 && curve.jump_interval.high < .4);
  curve = certain((double[]){.2, .2, .2, .2, .2, .8, .8, .8}, 8);
  CLOSE(curve.jump, 1);
  CU_ASSERT_TRUE(curve.jump_interval.low > .9 && curve.jump_interval.low < .98);
  CLOSE(certain((double[]){.8, .8, .4, .2, .2, .2, .2, .2}, 8).jump, 1);
  CLOSE(certain((double[]){.2, .2, .3, .6, .6}, 5).jump, .75);      /* of five models one step */
  CLOSE(certain((double[]){.2, .1, .7, .6, .5, .6}, 6).jump, 1.25); /* and back again */
  CU_ASSERT_TRUE(isnan(certain((double[]){.2, .4, .2}, 3).jump));
  CU_ASSERT_TRUE(isnan(certain((double[]){.2, .4, .2}, 3).jump_interval.high));
  CU_ASSERT_TRUE(isnan(certain((double[]){.2, .4}, 2).jump));
  const double p[] = {.2, .3, .5, .9};
  enum { MODELS = 4, EXAMPLES = 300 };
  double scores[EXAMPLES * MODELS], high = -INFINITY, t = 1.967903; /* of 299 degrees, 97.5 % */
  for (size_t i = 0; i < EXAMPLES * MODELS; i++)
    scores[i] = bs_philox_uniform(11, i) < p[i % MODELS];
  bs_error err = {0};
  BS_TEST_OK(bs_curve_from_examples(&curve, scores, EXAMPLES, MODELS, 7, &err), err);
  for (size_t k = 0; k + 1 < MODELS; k++)
    for (double share = 2; share > -1; share -= 1e-4) {
      double sum = 0, squares = 0;
      for (size_t j = 0; j < EXAMPLES; j++) {
        const double *x = scores + j * MODELS;
        double of = x[k + 1] - x[k] - share * (x[MODELS - 1] - x[0]);
        sum += of;
        squares += of * of;
      }
      double mean = sum / EXAMPLES;
      double error = sqrt((squares / EXAMPLES - mean * mean) / (EXAMPLES - 1));
      if (fabs(mean) > t * error)
        continue;
      high = fmax(high, share);
      break;
    }
  /* Replicates measure errors to some 2 %, and models of small variance count as noisier. */
  CU_ASSERT_DOUBLE_EQUAL(curve.jump_interval.high, high, .02);
  CU_ASSERT_TRUE(curve.jump_interval.low < curve.jump && curve.jump < curve.jump_interval.high);
  /* An error of 0 from standard errors alone. */
  const double y[] = {.2, .3, .6, .7}, none[] = {0, 0, 0, 0};
  BS_TEST_OK(bs_curve_from_errors(&curve, y, none, NULL, 4, 0, 1, &err), err);
  CLOSE(curve.jump, .6);
  CLOSE(curve.jump_interval.high, .6);
  CLOSE(curve.jump_interval.low, .6);
}

static void too_little_is_undefined(void) {
  bs_error err = {0};
  bs_curve curve;
  double scores[] = {0, 1, 1, 0, 1, 1};
  BS_TEST_OK(bs_curve_from_examples(&curve, scores, 1, 6, 1, &err), err);
  CU_ASSERT_TRUE(isnan(curve.linearity.low) && isnan(curve.shape_p));
  CU_ASSERT_EQUAL(curve.shape, BS_SHAPE_UNDEFINED);
  BS_TEST_OK(bs_curve_from_examples(&curve, scores, 6, 1, 1, &err), err);
  CU_ASSERT_TRUE(isnan(curve.improvement.low) && isnan(curve.sign_share));
  BS_TEST_OK(bs_curve_from_examples(&curve, scores, 3, 2, 1, &err), err); /* two models */
  CU_ASSERT_EQUAL(curve.shape, BS_SHAPE_UNDEFINED);
  CU_ASSERT_TRUE(isfinite(curve.improvement.low) && isnan(curve.of.linearity));
  CU_ASSERT_STRING_EQUAL(bs_shape_name(curve.shape), "");
  scores[3] = NAN;
  BS_TEST_FAILS(bs_curve_from_examples(&curve, scores, 3, 2, 1, &err), BS_ERR_INPUT, err,
                "not a finite number");
  CU_ASSERT_EQUAL(bs_curve_from_examples(&curve, scores, 3, 2, 1, NULL), BS_ERR_INPUT);
  double errors[] = {.1, -.1, .1};
  BS_TEST_FAILS(bs_curve_from_errors(&curve, errors, errors, NULL, 3, 100, 1, &err), BS_ERR_INPUT,
                err, "its error");
}

static void intervals_hold_the_estimates(void) {
  const double p[] = {.2, .25, .3, .4, .55, .6, .7, .75};
  for (uint64_t seed = 0; seed < 20; seed++) {
    bs_curve curve = drawn(p, M, 200, seed);
    CU_ASSERT_TRUE(curve.improvement.low <= curve.improvement_corrected);
    CU_ASSERT_TRUE(curve.improvement_corrected <= curve.improvement.high);
    CU_ASSERT_TRUE(curve.linearity.low <= curve.linearity_corrected);
    CU_ASSERT_TRUE(curve.linearity_corrected <= curve.linearity.high);
    CU_ASSERT_TRUE(curve.linearity.high <= M - 1 + 1e-9);
    CU_ASSERT_TRUE(curve.breakthroughness.low > 0);
    CU_ASSERT_EQUAL(curve.shape, BS_SHAPE_GROWTH);
  }
}

/* A seed, 100 examples and three curves: how many are called anything but flat, and whether jumps
   are found. Rates over many more cases are in docs/statistics.md. */
static void shapes_of_drawn_curves(void) {
  const double flat[] = {.5, .5, .5, .5, .5, .5, .5, .5};
  const double jump[] = {.25, .25, .25, .25, .25, .75, .75, .75};
  size_t n_not_flat = 0, n_jumps = 0, n_half = 0;
  for (uint64_t seed = 0; seed < 100; seed++) {
    n_not_flat += drawn(flat, M, 100, seed).shape != BS_SHAPE_FLAT;
    bs_curve curve = drawn(jump, M, 100, 1000 + seed);
    n_jumps += curve.shape == BS_SHAPE_BREAKTHROUGH;
    n_half += curve.half_rise_interval.low <= 4.5 && curve.half_rise_interval.high >= 4.5;
  }
  CU_ASSERT_TRUE(n_not_flat <= 8); /* 4 expected */
  CU_ASSERT_TRUE(n_jumps >= 85);
  CU_ASSERT_TRUE(n_half >= 75);
  printf(" %zu of 100 flat curves not flat, %zu jumps found, %zu places held ", n_not_flat, n_jumps,
         n_half);
}

static void errors_alone(void) {
  bs_error err = {0};
  bs_curve curve;
  const double y[] = {.2, .25, .3, .4, .55, .6, .7, .75};
  const double none[M] = {0}, some[] = {.03, .03, .03, .03, .03, .03, .03, .03};
  BS_TEST_OK(bs_curve_from_errors(&curve, y, none, NULL, M, 0, 1, &err), err);
  CLOSE(curve.linearity.low, curve.of.linearity);
  CLOSE(curve.linearity.high, curve.of.linearity);
  CLOSE(curve.breakthroughness.low, curve.of.breakthroughness);
  BS_TEST_OK(bs_curve_from_errors(&curve, y, some, NULL, M, 200, 1, &err), err);
  CU_ASSERT_TRUE(curve.linearity.low < curve.of.linearity &&
                 curve.of.linearity < curve.linearity.high);
  CU_ASSERT_EQUAL(curve.shape, BS_SHAPE_GROWTH);
  bs_curve again;
  BS_TEST_OK(bs_curve_from_errors(&again, y, some, NULL, M, 200, 1, &err), err);
  CU_ASSERT_EQUAL(again.linearity.low, curve.linearity.low);
  BS_TEST_OK(bs_curve_from_errors(&again, y, some, NULL, M, 200, 2, &err), err);
  CU_ASSERT_NOT_EQUAL(again.linearity.low, curve.linearity.low);
}

/* Scores of 8 models with n_seeds[k] seeds each: seed s of model k is right with a probability of
   p[k] and what `moved` says. */
static bs_curve repeated(const double *p, const size_t *n_seeds, const double *moved, size_t n) {
  static double scores[1000 * 3 * M];
  size_t n_columns = 0;
  for (size_t k = 0; k < M; k++)
    n_columns += n_seeds[k];
  for (size_t j = 0; j < n; j++)
    for (size_t k = 0, at = 0; k < M; k++)
      for (size_t s = 0; s < n_seeds[k]; s++, at++)
        scores[j * n_columns + at] =
            bs_philox_uniform(5, j * n_columns + at) < p[k] + (moved != NULL ? moved[at] : 0);
  bs_error err = {0};
  bs_curve curve;
  BS_TEST_OK(bs_curve_from_repeats(&curve, scores, n_seeds, n, M, (bs_clusters){0}, 7, &err), err);
  return curve;
}

static void seeds_widen_intervals(void) {
  const double p[] = {.2, .25, .3, .4, .5, .6, .7, .75};
  const size_t two[] = {2, 2, 2, 2, 2, 2, 2, 2}, ends[] = {1, 1, 1, 3, 1, 1, 1, 1};
  const double apart[] = {.1, -.1, -.1, .1, .1, -.1, -.1, .1, -.1, .1, .1, -.1, -.1, .1, .1, -.1};
  bs_curve same = repeated(p, two, NULL, 400), unlike = repeated(p, two, apart, 400);
  CU_ASSERT_TRUE(same.seed_deviation > .01 && same.seed_deviation < .05);
  CU_ASSERT_DOUBLE_EQUAL(unlike.seed_deviation, .2 / M_SQRT2, .03);
  CU_ASSERT_TRUE(unlike.improvement.high - unlike.improvement.low >
                 1.5 * (same.improvement.high - same.improvement.low));
  CU_ASSERT_TRUE(unlike.breakthroughness.low < same.breakthroughness.low);
  CU_ASSERT_TRUE(unlike.shape_p > same.shape_p);
  /* Models with one seed are as unsure as the one with three, which alone tells how much. */
  bs_curve some = repeated(p, ends, (double[]){0, 0, 0, .15, -.15, 0, 0, 0, 0, 0}, 400);
  CU_ASSERT_DOUBLE_EQUAL(some.seed_deviation, .15, .04);
  CU_ASSERT_TRUE(some.improvement.low < .3);
}

/* A dip of one of two seeds of a model is no shape of the curve. */
static void a_dip_of_a_seed(void) {
  const double p[] = {.1, .2, .3, .6, .6, .8, .9, .95};
  const size_t one[] = {1, 1, 1, 1, 1, 1, 1, 1}, two[] = {2, 2, 2, 2, 2, 2, 2, 2};
  double first[M] = {0, 0, 0, 0, -.5}, both[2 * M] = {0};
  both[8] = -.5; /* the fifth model's first seed */
  CU_ASSERT_EQUAL(repeated(p, one, first, 400).shape, BS_SHAPE_IRREGULAR);
  bs_curve curve = repeated(p, two, both, 400);
  CU_ASSERT_EQUAL(curve.shape, BS_SHAPE_GROWTH);
}

static void without_repeats_nothing_changes(void) {
  const double p[] = {.2, .25, .3, .4, .5, .6, .7, .75};
  const size_t one[] = {1, 1, 1, 1, 1, 1, 1, 1}, none[] = {1, 0, 1, 1};
  bs_curve curve = repeated(p, one, NULL, 200), again;
  static double scores[200 * M];
  for (size_t i = 0; i < 200 * M; i++)
    scores[i] = bs_philox_uniform(5, i) < p[i % M];
  bs_error err = {0};
  BS_TEST_OK(bs_curve_from_examples(&again, scores, 200, M, 7, &err), err);
  CU_ASSERT_TRUE(isnan(curve.seed_deviation) && isnan(again.seed_deviation));
  CU_ASSERT_EQUAL(curve.linearity.low, again.linearity.low);
  CU_ASSERT_EQUAL(curve.breakthroughness.low, again.breakthroughness.low);
  CU_ASSERT_EQUAL(curve.shape_p, again.shape_p);
  BS_TEST_FAILS(bs_curve_from_repeats(&curve, scores, none, 10, 4, (bs_clusters){0}, 7, &err),
                BS_ERR_INPUT, err, "no scores of any seed");
}

/* The same seeds, told by their standard deviation alone. */
static void seeds_of_a_table(void) {
  const double y[] = {.2, .2, .2, .2, .2, .6, .6, .6};
  const double errors[] = {.01, .01, .01, .01, .01, .01, .01, .01};
  const double deviations[] = {.04, NAN, .05, NAN, .03, NAN, NAN, NAN};
  const size_t n[] = {3, 1, 2, 1, 2, 1, 1, 1}, missing[] = {3, 2, 2, 1, 2, 1, 1, 1};
  const bs_seed_deviations seeds = {n, deviations};
  bs_curve with, without;
  bs_error err = {0};
  BS_TEST_OK(bs_curve_from_errors(&without, y, errors, NULL, M, 0, 1, &err), err);
  BS_TEST_OK(bs_curve_from_errors(&with, y, errors, &seeds, M, 0, 1, &err), err);
  CLOSE(with.seed_deviation, sqrt((2 * .0016 + .0025 + .0009) / 4));
  CU_ASSERT_TRUE(isnan(without.seed_deviation));
  CU_ASSERT_TRUE(with.improvement.high - with.improvement.low >
                 2 * (without.improvement.high - without.improvement.low));
  BS_TEST_FAILS(bs_curve_from_errors(&with, y, errors, &(bs_seed_deviations){missing, deviations},
                                     M, 0, 1, &err),
                BS_ERR_INPUT, err, "standard deviation");
}

/* Four copies of each example say no more than one. With few clusters intervals are wider by what
   Student's t is. */
static void copies_are_no_news(void) {
  enum { N_CLUSTERS = 40, COPIES = 4 };
  const double p[] = {.35, .37, .4, .45, .5, .55, .6, .62};
  const size_t one[] = {1, 1, 1, 1, 1, 1, 1, 1};
  static double once[N_CLUSTERS * M], copied[N_CLUSTERS * COPIES * M];
  uint32_t number[N_CLUSTERS * COPIES], all_one[N_CLUSTERS * COPIES] = {0};
  for (size_t i = 0; i < N_CLUSTERS * M; i++)
    once[i] = bs_philox_uniform(9, i) < p[i % M];
  for (size_t j = 0; j < N_CLUSTERS * COPIES; j++) {
    number[j] = (uint32_t)(j % N_CLUSTERS);
    for (size_t k = 0; k < M; k++)
      copied[j * M + k] = once[number[j] * M + k];
  }
  bs_error err = {0};
  bs_curve single, clustered, blind, alone;
  size_t n = N_CLUSTERS * COPIES;
  BS_TEST_OK(bs_curve_from_examples(&single, once, N_CLUSTERS, M, 7, &err), err);
  BS_TEST_OK(bs_curve_from_examples(&blind, copied, n, M, 7, &err), err);
  BS_TEST_OK(bs_curve_from_repeats(&clustered, copied, one, n, M, (bs_clusters){number, N_CLUSTERS},
                                   7, &err),
             err);
  CLOSE(clustered.of.improvement, single.of.improvement);
  CU_ASSERT_EQUAL(clustered.shape, single.shape);
  CLOSE(clustered.shape_p, single.shape_p);
  CU_ASSERT_TRUE(blind.shape_p < single.shape_p);
  double width = single.improvement.high - single.improvement.low;
  double with_clusters = clustered.improvement.high - clustered.improvement.low;
  CU_ASSERT_TRUE(with_clusters >= width && with_clusters < 1.15 * width);
  CU_ASSERT_TRUE(blind.improvement.high - blind.improvement.low < .75 * width);
  CU_ASSERT_TRUE(clustered.breakthroughness.low <= single.breakthroughness.low);
  BS_TEST_OK(bs_curve_from_repeats(&alone, copied, one, n, M, (bs_clusters){all_one, 1}, 7, &err),
             err);
  CU_ASSERT_TRUE(isnan(alone.shape_p) && isnan(alone.improvement.low));
}

/* Of four steps one that is barely beyond its own noise is what chance makes of three. */
static void one_step_by_chance_is_no_bound(void) {
  static const struct {
    double step;
    bool has_bound;
  } CASES[] = {{.05, false}, {.08, true}};
  const double errors[] = {.015, .015, .015, .015, .015};
  bs_error err = {0};
  bs_curve curve;
  for (size_t i = 0; i < 2; i++) {
    double middle = .25 + CASES[i].step;
    const double y[] = {.25, .25, middle, .75, .75};
    BS_TEST_OK(bs_curve_from_errors(&curve, y, errors, NULL, 5, 1000, 1, &err), err);
    CU_ASSERT_EQUAL(isfinite(curve.breakthroughness.high), CASES[i].has_bound);
    CU_ASSERT_TRUE(curve.breakthroughness.low > 3);
  }
}

static void monotone_fits(void) {
  double fit[6], pooled[6];
  size_t sizes[6];
  const double y[] = {1, 3, 2, 2, 5, 4}, weights[] = {1, 1, 1, 2, 1, 3};
  bs_isotonic(y, weights, 6, 1, fit, pooled, sizes);
  const double rising[] = {1, 2.25, 2.25, 2.25, 4.25, 4.25};
  for (size_t i = 0; i < 6; i++)
    CLOSE(fit[i], rising[i]);
  bs_isotonic(y, weights, 6, -1, fit, pooled, sizes);
  for (size_t i = 0; i < 6; i++)
    CLOSE(fit[i], 27. / 9); /* all pooled: the weighted mean */
}

int main(void) {
  static const bs_test tests[] = {
      {"curves without noise", without_noise},
      {"shares of jumps", shares_of_jumps},
      {"too little is undefined", too_little_is_undefined},
      {"intervals hold the estimates", intervals_hold_the_estimates},
      {"shapes of drawn curves", shapes_of_drawn_curves},
      {"from errors alone", errors_alone},
      {"seeds widen intervals", seeds_widen_intervals},
      {"a dip of a seed", a_dip_of_a_seed},
      {"without repeats nothing changes", without_repeats_nothing_changes},
      {"seeds of a table", seeds_of_a_table},
      {"copies are no news", copies_are_no_news},
      {"one step by chance is no bound", one_step_by_chance_is_no_bound},
      {"monotone fits", monotone_fits},
  };
  return bs_test_main("curves", tests, sizeof tests / sizeof *tests);
}
