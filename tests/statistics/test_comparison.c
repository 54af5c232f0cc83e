/* Comparisons: against reference values (mpmath with 40 digits, NumPy), and against what must
   hold of them. */
#include <math.h>
#include <stdio.h>

#include "base/philox_internal.h"
#include "bigsweep/comparison.h"
#include "harness.h"
#include "statistics/distributions_internal.h"

#define NEAR(a, b, relative) CU_ASSERT_DOUBLE_EQUAL(a, b, fabs(b) * (relative))
#define CLOSE(a, b) NEAR(a, b, 1e-10)

static const bs_clusters ALONE = {NULL, 0};

static void the_incomplete_beta_function(void) {
  static const double OF[][4] = {
      {0.5, 0.5, 0.3, 0.36901011956554538},
      {2, 3, 0.6, 0.8208},
      {50, 0.5, 0.99, 0.31730439787419759},
      {1000, 0.5, 0.998, 0.045419228506963505},
      {10, 200, 0.02, 0.010010757270630778},
      {5e4, 0.5, 0.99996, 0.045498644147791211},
      {1, 1, 0.25, 0.25},
      {3, 4, 0, 0},
      {3, 4, 1, 1},
  };
  for (size_t i = 0; i < sizeof OF / sizeof *OF; i++)
    NEAR(bs_incomplete_beta(OF[i][0], OF[i][1], OF[i][2]), OF[i][3], 1e-9);
}

static void quantiles_of_t(void) {
  static const double OF[][3] = {
      {0.025, 1, 12.706204736174705},       {0.025, 2, 4.3026527297494639},
      {0.025, 5, 2.5705818356363155},       {0.025, 30, 2.0422724563012383},
      {0.025, 999, 1.96234146113345},       {0.025, 100000, 1.9599877075346096},
      {0.025, INFINITY, 1.959963984540054}, {0.2, 1, 1.3763819204711735},
      {0.2, 2, 1.0606601717798213},         {0.2, 5, 0.91954378024082603},
      {0.2, 30, 0.85376726147129763},       {0.2, 999, 0.84198118225894652},
      {0.2, 100000, 0.84162482799690085},
  };
  for (size_t i = 0; i < sizeof OF / sizeof *OF; i++) {
    NEAR(bs_student_quantile(OF[i][0], OF[i][1]), OF[i][2], 1e-9);
    NEAR(bs_student_p(-OF[i][2], OF[i][1]), 2 * OF[i][0], 1e-9);
  }
  CU_ASSERT_EQUAL(bs_student_p(0, 3), 1);
  CU_ASSERT_EQUAL(bs_student_p(INFINITY, 3), 0);
  CU_ASSERT_TRUE(isnan(bs_student_p(NAN, 3)));
}

static void uneven_splits(void) {
  CLOSE(bs_sign_test(0, 5), 0.0625);
  CLOSE(bs_sign_test(9, 3), 0.14599609375);
  CLOSE(bs_sign_test(40, 61), 0.046044066929342804);
  CLOSE(bs_sign_test(310, 250), 0.01259047514938026);
  CU_ASSERT_EQUAL(bs_sign_test(1, 0), 1);
  CU_ASSERT_EQUAL(bs_sign_test(0, 0), 1);
  CU_ASSERT_EQUAL(bs_sign_test(7, 7), 1);
}

static const double VALUES[] = {.2, .9, .4, .4, 1, 0, .35, .8, .15, .6};
enum { N_VALUES = sizeof VALUES / sizeof *VALUES };

static void means_of_clusters(void) {
  static const uint32_t OF[] = {0, 0, 1, 2, 1, 3, 2, 3, 0, 2};
  bs_error err = {0};
  bs_difference mean;
  BS_TEST_OK(bs_clustered_mean(&mean, VALUES, N_VALUES, (bs_clusters){OF, 4}, &err), err);
  CLOSE(mean.value, 0.48);
  CLOSE(mean.standard_error, 0.059262129560116207);
  CLOSE(mean.p, 0.0039331990853608604);
  CU_ASSERT_EQUAL(mean.n_free, 3);
  CLOSE(mean.interval.high, 0.48 + 3.1824463052837096 * 0.059262129560116207);
  CLOSE(mean.interval.low, 0.48 - 3.1824463052837096 * 0.059262129560116207);
  BS_TEST_OK(bs_clustered_mean(&mean, VALUES, N_VALUES, ALONE, &err), err);
  CLOSE(mean.standard_error, 0.10598742063723098);
  CU_ASSERT_EQUAL(mean.n_free, N_VALUES - 1);
}

/* Sums of .1 are rounded; the noise of equal values is none all the same. */
static void equal_values_have_no_error(void) {
  enum { N = 200, IN_ONE = 10 };
  double values[N];
  uint32_t of[N];
  bs_error err = {0};
  bs_difference mean;
  for (uint32_t i = 0; i < N; i++) {
    values[i] = .1;
    of[i] = i / IN_ONE;
  }
  BS_TEST_OK(bs_clustered_mean(&mean, values, N, (bs_clusters){of, N / IN_ONE}, &err), err);
  CU_ASSERT_EQUAL(mean.standard_error, 0);
  CU_ASSERT_TRUE(isnan(mean.p));
  BS_TEST_OK(bs_clustered_mean(&mean, values, N, ALONE, &err), err);
  CU_ASSERT_EQUAL(mean.standard_error, 0);
}

/* Where nothing is known of the noise nothing is said. */
static void means_without_noise(void) {
  static const uint32_t ONE[N_VALUES] = {0};
  static const double SAME[] = {.5, .5, .5}, NONE[] = {0, 0, 0};
  bs_error err = {0};
  bs_difference mean;
  BS_TEST_OK(bs_clustered_mean(&mean, VALUES, N_VALUES, (bs_clusters){ONE, 1}, &err), err);
  CLOSE(mean.value, 0.48);
  CU_ASSERT_TRUE(isnan(mean.standard_error) && isnan(mean.p) && isnan(mean.interval.low));
  BS_TEST_OK(bs_clustered_mean(&mean, SAME, 3, ALONE, &err), err);
  CU_ASSERT_TRUE(mean.standard_error == 0 && isnan(mean.p) && isnan(mean.interval.high));
  BS_TEST_OK(bs_clustered_mean(&mean, NONE, 3, ALONE, &err), err);
  CU_ASSERT_EQUAL(mean.p, 1);
  BS_TEST_OK(bs_clustered_mean(&mean, NONE, 0, ALONE, &err), err);
  CU_ASSERT_TRUE(isnan(mean.value));
}

static void two_models(void) {
  static const double FIRST[] = {1, 1, 1, 0, 1, 1, 0, 1, 1, 1, 1, 0},
                      SECOND[] = {0, 1, 0, 0, 0, 1, 1, 0, 0, 1, 0, 0};
  bs_error err = {0};
  bs_paired of;
  BS_TEST_OK(bs_compare_paired(&of, FIRST, SECOND, 12, ALONE, &err), err);
  CU_ASSERT_TRUE(of.is_binary);
  CU_ASSERT_EQUAL(of.only_first, 6);
  CU_ASSERT_EQUAL(of.only_second, 1);
  CLOSE(of.exact_p, 0.125); /* 2 (1 + 7) / 2^7 */
  CLOSE(of.difference.value, 5. / 12);
  double error = sqrt((7 - 25. / 12) / 11 / 12);
  CLOSE(of.difference.standard_error, error);
  CLOSE(of.detectable, error * (bs_student_quantile(.025, 11) + bs_student_quantile(.2, 11)));
  BS_TEST_OK(bs_compare_paired(&of, VALUES, SECOND, N_VALUES, ALONE, &err), err);
  CU_ASSERT_FALSE(of.is_binary);
  CU_ASSERT_TRUE(isnan(of.exact_p) && of.only_first == 0 && of.only_second == 0);
}

/* Of 1,000 experiments with a true difference of the detectable size some 80 % show it. */
static void what_is_detectable_is_detected(void) {
  enum { N = 200, EXPERIMENTS = 1000 };
  double first[N], second[N];
  bs_error err = {0};
  size_t n_shown = 0;
  uint64_t at = 0;
  for (size_t i = 0; i < EXPERIMENTS; i++) {
    double shift = 2.8 * sqrt(2 / 12. / N); /* of uniform numbers; 1.96 + .84 errors */
    for (size_t j = 0; j < N; j++) {
      first[j] = bs_philox_uniform(5, at++) + shift;
      second[j] = bs_philox_uniform(5, at++);
    }
    bs_paired of;
    BS_TEST_OK(bs_compare_paired(&of, first, second, N, ALONE, &err), err);
    NEAR(of.detectable, shift, .2);
    n_shown += of.difference.p < .05;
  }
  CU_ASSERT_TRUE(n_shown > 760 && n_shown < 840);
}

static void many_comparisons(void) {
  const double p[] = {.01, NAN, .04, .03, .005, .9};
  static const double HOLM[] = {.04, NAN, .09, .09, .025, .9},
                      RATE[] = {.025, NAN, .05, .05, .025, .9};
  double adjusted[6];
  bs_error err = {0};
  BS_TEST_OK(bs_adjust_holm(adjusted, p, 6, &err), err);
  for (size_t i = 0; i < 6; i++)
    CU_ASSERT_TRUE(i == 1 ? isnan(adjusted[i]) : fabs(adjusted[i] - HOLM[i]) < 1e-12);
  BS_TEST_OK(bs_adjust_false_discovery(adjusted, p, 6, &err), err);
  for (size_t i = 0; i < 6; i++)
    CU_ASSERT_TRUE(i == 1 ? isnan(adjusted[i]) : fabs(adjusted[i] - RATE[i]) < 1e-12);
  BS_TEST_OK(bs_adjust_holm(adjusted, adjusted, 0, &err), err);
}

enum { FIRST = 5, SECOND = 4, BOTH = FIRST + SECOND, EXAMPLES = 12 };

typedef struct two_curves {
  double scales[BOTH], values[BOTH], covariance[BOTH * BOTH];
  bs_curve_pair pair;
} two_curves;

/* Curves with the given means and the noise of the reference. */
static void make_curves(two_curves *to, const double *scales, const double *y) {
  double rows[EXAMPLES * BOTH];
  *to = (two_curves){.pair = {FIRST, SECOND, to->scales, to->values, to->covariance, EXAMPLES - 1}};
  for (size_t j = 0; j < EXAMPLES; j++)
    for (size_t k = 0; k < BOTH; k++) {
      double phase = k < FIRST ? (double)(3 * j + 7 * k) : (double)(3 * j + 7 * (k - FIRST) + 1);
      rows[j * BOTH + k] = y[k] + .08 * sin(phase);
      to->values[k] += rows[j * BOTH + k] / EXAMPLES;
      to->scales[k] = scales[k];
    }
  bs_error err = {0};
  BS_TEST_OK(bs_add_covariance(to->covariance, 1, rows, EXAMPLES, BOTH, ALONE, &err), err);
}

static const double SCALES[BOTH] = {1, 2, 4, 8, 16, 3, 6, 12, 24};
static const double RISING[BOTH] = {.1, .2, .5, .8, .85, .15, .3, .6, .9};

static void curves_over_scale(void) {
  two_curves of;
  bs_error err = {0};
  bs_curve_comparison found;
  make_curves(&of, SCALES, RISING);
  BS_TEST_OK(bs_compare_curves(&found, &of.pair, &err), err);
  CU_ASSERT_EQUAL(found.scales.low, 3);
  CU_ASSERT_EQUAL(found.scales.high, 16);
  CLOSE(found.difference.value, 0.29214646491945601);
  CLOSE(found.difference.standard_error, 0.0015175740992706972);
  NEAR(found.ratio, 2.29149651, 1e-6);
  NEAR(found.ratio_interval.low, 1.9212663012597404, 1e-4);
  NEAR(found.ratio_interval.high, 2.8423072186934784, 1e-4);
  bs_difference at;
  BS_TEST_OK(bs_compare_curves_at(&at, &of.pair, 8, &err), err);
  CLOSE(at.value, 0.37492022739315484);
  CLOSE(at.standard_error, 0.002382428665372379);
  BS_TEST_OK(bs_compare_curves_at(&at, &of.pair, 17, &err), err);
  CU_ASSERT_TRUE(isnan(at.value));
}

/* A curve and its own copy at larger scales; both ways round, and falling. */
static void copies_at_other_scales(void) {
  for (int falls = 0; falls < 2; falls++)
    for (double factor = .5; factor <= 4; factor *= 2) {
      double scales[BOTH], y[BOTH];
      for (size_t k = 0; k < BOTH; k++) {
        double place = k < FIRST ? (double)k : (double)(k - FIRST);
        scales[k] = pow(2, place) * (k < FIRST ? 1 : factor);
        y[k] = falls ? 1 - .2 * place : .2 * place;
      }
      two_curves of;
      make_curves(&of, scales, y);
      for (size_t k = 0; k < BOTH; k++)
        of.values[k] = y[k];
      bs_error err = {0};
      bs_curve_comparison found;
      BS_TEST_OK(bs_compare_curves(&found, &of.pair, &err), err);
      NEAR(found.ratio, factor, 1e-9);
      CU_ASSERT_TRUE(found.ratio_interval.low < factor && found.ratio_interval.high > factor);
    }
}

static bs_curve_comparison compared(const double *y) {
  two_curves of;
  bs_error err = {0};
  bs_curve_comparison found;
  make_curves(&of, SCALES, y);
  BS_TEST_OK(bs_compare_curves(&found, &of.pair, &err), err);
  return found;
}

static void what_cannot_be_told(void) {
  /* both flat */
  bs_curve_comparison found = compared((double[]){.5, .5, .5, .5, .5, .5, .5, .5, .5});
  CU_ASSERT_TRUE(isnan(found.ratio));
  CU_ASSERT_TRUE(found.ratio_interval.low == 0 && isinf(found.ratio_interval.high));
  /* one flat amid the other's scores: at which scale it has them is not known */
  found = compared((double[]){.1, .2, .5, .8, .9, .5, .5, .5, .5});
  CU_ASSERT_TRUE(isnan(found.ratio));
  CU_ASSERT_TRUE(found.ratio_interval.low == 0 && isinf(found.ratio_interval.high));
  /* the second's largest is still where the first's smallest is */
  found = compared((double[]){.1, .2, .5, .8, .9, .1, .1, .1, .1});
  CU_ASSERT_TRUE(isnan(found.ratio));
  CU_ASSERT_TRUE(found.ratio_interval.low > 4 && isinf(found.ratio_interval.high));
  /* scores that do not meet */
  found = compared((double[]){.6, .7, .8, .9, .95, .0, .1, .2, .3});
  CU_ASSERT_TRUE(isnan(found.ratio));
  NEAR(found.ratio_interval.low, 24., 1e-9); /* 24 / 1 */
  CU_ASSERT_TRUE(isinf(found.ratio_interval.high));
  found = compared((double[]){.0, .1, .2, .2, .3, .6, .7, .8, .9});
  CU_ASSERT_EQUAL(found.ratio_interval.low, 0);
  NEAR(found.ratio_interval.high, 3. / 16, 1e-9);
  /* against each other */
  found = compared((double[]){.1, .2, .5, .8, .9, .9, .6, .4, .1});
  CU_ASSERT_TRUE(isnan(found.ratio) && isinf(found.ratio_interval.high));
}

static void curves_with_gaps(void) {
  two_curves of;
  bs_error err = {0};
  bs_curve_comparison found;
  make_curves(&of, SCALES, RISING);
  of.values[2] = NAN;
  BS_TEST_OK(bs_compare_curves(&found, &of.pair, &err), err);
  CU_ASSERT_TRUE(isnan(found.difference.value) && isnan(found.ratio_interval.low));
  /* scales that do not meet: no difference at equal scale, but a ratio */
  make_curves(&of, (double[]){1, 2, 4, 8, 16, 32, 64, 128, 256}, RISING);
  BS_TEST_OK(bs_compare_curves(&found, &of.pair, &err), err);
  CU_ASSERT_TRUE(isnan(found.difference.value) && isnan(found.scales.low));
  CU_ASSERT_TRUE(found.ratio > 10 && found.ratio < 40);
  /* one model each */
  bs_curve_pair one = {
      1, 1, (double[]){8, 8}, (double[]){.5, .25}, (double[]){.01, .006, .006, .02}, INFINITY};
  BS_TEST_OK(bs_compare_curves(&found, &one, &err), err);
  CLOSE(found.difference.value, .25);
  CLOSE(found.difference.standard_error, sqrt(.018));
  CU_ASSERT_TRUE(isnan(found.ratio) && isnan(found.ratio_interval.low));
}

int main(void) {
  static const bs_test tests[] = {
      {"the incomplete beta function", the_incomplete_beta_function},
      {"quantiles of t", quantiles_of_t},
      {"uneven splits", uneven_splits},
      {"means of clusters", means_of_clusters},
      {"equal values have no error", equal_values_have_no_error},
      {"means without noise", means_without_noise},
      {"two models", two_models},
      {"what is detectable is detected", what_is_detectable_is_detected},
      {"many comparisons", many_comparisons},
      {"curves over scale", curves_over_scale},
      {"copies at other scales", copies_at_other_scales},
      {"what cannot be told", what_cannot_be_told},
      {"curves with gaps", curves_with_gaps},
  };
  return bs_test_main("comparison", tests, sizeof tests / sizeof *tests);
}
