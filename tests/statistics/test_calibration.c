/* Calibration with its intervals, from answers whose sums are known. The numbers themselves are
   computed again in Python (tests/analysis/test_results.py). */
#include <math.h>
#include <stdio.h>

#include "base/philox_internal.h"
#include "harness.h"
#include "statistics/calibration_internal.h"

#define CLOSE(a, b) CU_ASSERT_DOUBLE_EQUAL(a, b, 1e-12)

enum { N = 200, M = 3 };

static bs_scored_answer answer(double confidence, bool is_correct) {
  size_t bin = (size_t)(BS_CALIBRATION_BINS * confidence);
  double correct = is_correct;
  return (bs_scored_answer){
      .of = {bin < BS_CALIBRATION_BINS ? bin : BS_CALIBRATION_BINS - 1, confidence, correct},
      .brier = (correct - confidence) * (correct - confidence)};
}

/* Model k is right `over[k]` less often than it is sure; `n` at most N. */
static void draw(bs_scored_answer *answers, size_t n, const double over[M], uint64_t seed) {
  for (size_t j = 0; j < n; j++)
    for (size_t k = 0; k < M; k++) {
      double confidence = .5 + .5 * bs_philox_uniform(seed, 2 * (j * M + k));
      answers[j * M + k] =
          answer(confidence, bs_philox_uniform(seed, 2 * (j * M + k) + 1) < confidence - over[k]);
    }
}

static void sums_by_hand(void) {
  bs_error err = {0};
  bs_calibration of;
  BS_TEST_OK(bs_calibration_new(&of, 2, &err), err);
  const bs_scored_answer none = {.of = {.confidence = NAN}};
  /* Model 0: bins .6 and .9; model 1 has answered two of three. */
  const bs_scored_answer answers[] = {answer(.62, true),  answer(.95, false),
                                      answer(.66, false), none,
                                      answer(.9, true),   answer(1, true)};
  BS_TEST_OK(bs_calibration_add(&of, answers, 3, 1, &err), err);
  bs_calibrated error, brier;
  BS_TEST_OK(bs_calibration_of_model(&of, BS_CALIBRATION_ERROR, 0, &error, &err), err);
  CLOSE(error.value, (fabs(1 - .62 - .66) + .1) / 3);
  BS_TEST_OK(bs_calibration_of_model(&of, BS_BRIER_SCORE, 0, &brier, &err), err);
  CLOSE(brier.value, (.38 * .38 + .66 * .66 + .01) / 3);
  CLOSE(brier.corrected, brier.value);
  BS_TEST_OK(bs_calibration_of_model(&of, BS_CALIBRATION_ERROR, 1, &error, &err), err);
  CLOSE(error.value, .95 / 2);
  CU_ASSERT_EQUAL(of.sums[BS_N_SUMS + BS_SUM_N], 2);
  const double weights[] = {-1, 1};
  bs_calibrated difference;
  BS_TEST_OK(bs_calibration_sum(&of, BS_CALIBRATION_ERROR, weights, &difference, &err), err);
  CLOSE(difference.value, .95 / 2 - .38 / 3);
  CU_ASSERT_TRUE(difference.interval.low <= difference.value);
  CU_ASSERT_TRUE(difference.value <= difference.interval.high);
  bs_calibration_clear(&of);
  BS_TEST_OK(bs_calibration_of_model(&of, BS_CALIBRATION_ERROR, 0, &error, &err), err);
  CU_ASSERT_TRUE(isnan(error.value) && isnan(error.corrected) && isnan(error.interval.low));
  BS_TEST_OK(bs_calibration_add(&of, NULL, 0, 1, &err), err); /* no examples */
  BS_TEST_OK(bs_calibration_sum(&of, BS_BRIER_SCORE, weights, &difference, &err), err);
  CU_ASSERT_TRUE(isnan(difference.value) && isnan(difference.interval.high));
  bs_calibration_free(&of);
}

static void tasks_are_added(void) {
  static bs_scored_answer first[N * M], second[N * M];
  const double over[M] = {.1, 0, .2};
  bs_error err = {0};
  bs_calibration a, b, both;
  draw(first, N, over, 1);
  draw(second, 50, over, 2);
  BS_TEST_OK(bs_calibration_new(&a, M, &err), err);
  BS_TEST_OK(bs_calibration_new(&b, M, &err), err);
  BS_TEST_OK(bs_calibration_new(&both, M, &err), err);
  BS_TEST_OK(bs_calibration_add(&a, first, N, 11, &err), err);
  BS_TEST_OK(bs_calibration_add(&b, second, 50, 12, &err), err);
  BS_TEST_OK(bs_calibration_add(&both, first, N, 11, &err), err);
  BS_TEST_OK(bs_calibration_add(&both, second, 50, 12, &err), err);
  bs_calibration_merge(&a, &b);
  for (size_t i = 0; i < (size_t)(BS_REPLICATES + 1) * M * BS_N_SUMS; i++)
    CU_ASSERT_DOUBLE_EQUAL(a.sums[i], both.sums[i], 1e-11);
  /* Each replicate draws as many examples of each task as it has. */
  for (size_t r = 0; r <= BS_REPLICATES; r++)
    CU_ASSERT_EQUAL(round(a.sums[r * M * BS_N_SUMS + BS_SUM_N]), N + 50);
  bs_calibration_free(&a);
  bs_calibration_free(&b);
  bs_calibration_free(&both);
}

/* Rates over many more cases are in docs/statistics.md. */
static void intervals_of_drawn_answers(void) {
  static bs_scored_answer answers[N * M];
  const double over[M] = {.3, .3, 0};
  bs_error err = {0};
  bs_calibration of;
  BS_TEST_OK(bs_calibration_new(&of, M, &err), err);
  size_t n_held = 0, n_zero = 0, n_falls = 0;
  for (uint64_t seed = 0; seed < 40; seed++) {
    bs_calibrated sure, calibrated, slope;
    double x[M] = {0, 1, 2}, weights[M];
    draw(answers, N, over, seed);
    bs_calibration_clear(&of);
    BS_TEST_OK(bs_calibration_add(&of, answers, N, seed, &err), err);
    BS_TEST_OK(bs_calibration_of_model(&of, BS_CALIBRATION_ERROR, 0, &sure, &err), err);
    BS_TEST_OK(bs_calibration_of_model(&of, BS_CALIBRATION_ERROR, 2, &calibrated, &err), err);
    n_held += sure.interval.low <= .3 && .3 <= sure.interval.high;
    n_zero += calibrated.interval.low == 0;
    CU_ASSERT_TRUE(calibrated.value > 0);
    CU_ASSERT_TRUE(calibrated.corrected < calibrated.value);
    CU_ASSERT_TRUE(calibrated.interval.low <= calibrated.corrected);
    bs_slope_weights(x, M, weights);
    CLOSE(weights[0], -.5);
    CLOSE(weights[2], .5);
    BS_TEST_OK(bs_calibration_sum(&of, BS_CALIBRATION_ERROR, weights, &slope, &err), err);
    CU_ASSERT_TRUE(slope.interval.low <= slope.corrected);
    CU_ASSERT_TRUE(slope.corrected <= slope.interval.high);
    n_falls += slope.interval.high < 0;
  }
  printf(" %zu of 40 errors of .3 held, %zu of 0, %zu slopes below 0 ", n_held, n_zero, n_falls);
  CU_ASSERT_TRUE(n_held >= 35);
  CU_ASSERT_TRUE(n_zero >= 35);
  CU_ASSERT_TRUE(n_falls >= 35);
  bs_calibration_free(&of);
}

static void slopes(void) {
  double x[] = {1, 2, 4}, weights[3];
  bs_slope_weights(x, 3, weights);
  CLOSE(weights[0] * 5 + weights[1] * 7 + weights[2] * 11, 2);
  const double one[] = {3, 3, 3}, endless[] = {1, INFINITY, 2};
  bs_slope_weights(one, 3, weights);
  CU_ASSERT_TRUE(weights[0] == 0 && weights[1] == 0 && weights[2] == 0);
  bs_slope_weights(endless, 3, weights);
  CU_ASSERT_TRUE(weights[0] == 0 && weights[1] == 0);
  bs_slope_weights(NULL, 0, NULL);
}

int main(void) {
  static const bs_test tests[] = {
      {"sums by hand", sums_by_hand},
      {"tasks are added", tasks_are_added},
      {"intervals of drawn answers", intervals_of_drawn_answers},
      {"slopes", slopes},
  };
  return bs_test_main("calibration", tests, sizeof tests / sizeof *tests);
}
