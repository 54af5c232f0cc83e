/* Comparing scores, from arrays of numbers alone: means whose examples hang together in clusters,
   two models on the same examples, many comparisons at once, and two curves of scores over scale.
   docs/statistics.md explains each number and gives its measured error rates. */
#ifndef BIGSWEEP_COMPARISON_H
#define BIGSWEEP_COMPARISON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bigsweep/error.h"
#include "bigsweep/statistics.h"
#include "bigsweep/visibility.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A mean, or a difference of means. Undefined is NaN. */
typedef struct bs_difference {
  double value, standard_error;
  bs_interval interval; /* of 95 %, from the t distribution with n_free degrees of freedom */
  double n_free;
  double p; /* two-sided, of "the value is 0" */
} bs_difference;

/* The mean of values[n] and its standard error between clusters,
     sqrt(C / (C - 1) sum over the C clusters of (sum in the cluster of (value - mean))^2) / n,
   with C - 1 degrees of freedom (Liang and Zeger 1986; for evaluations Miller 2024,
   arXiv:2411.00640). Without clusters it is the usual standard error of a mean. With C < 2 all but
   the value is undefined; with an error of 0, which says that no noise was seen, interval and p
   are, except that p is 1 where the value is 0. BS_ERR_MEMORY. */
BS_API bs_status bs_clustered_mean(bs_difference *out, const double *values, size_t n,
                                   bs_clusters clusters, bs_error *err);

/* Two models on the same examples. */
typedef struct bs_paired {
  bs_difference difference; /* first less second, by bs_clustered_mean of the differences */
  /* The smallest true difference that such a comparison shows (p < .05) in 80 % of cases: the .975
     and the .8 quantile of t together, times the standard error (Bloom 1995). */
  double detectable;
  bool is_binary; /* all scores are 0 or 1 */
  /* Of binary scores: examples that only the first, or only the second, has right, and McNemar's
     exact test (McNemar 1947), which does not know of clusters; NaN for other scores. */
  uint64_t only_first, only_second;
  double exact_p;
} bs_paired;

/* first[n] and second[n] are scores of the same examples. BS_ERR_MEMORY. */
BS_API bs_status bs_compare_paired(bs_paired *out, const double *first, const double *second,
                                   size_t n, bs_clusters clusters, bs_error *err);

/* Whoever asks many questions finds something by chance. adjusted[n] may be p[n] itself; NaN is no
   question and stays NaN. Holm 1979: with a limit of .05 in at most 5 % of cases any difference is
   shown that is not there. BS_ERR_MEMORY. */
BS_API bs_status bs_adjust_holm(double *adjusted, const double *p, size_t n, bs_error *err);
/* Benjamini and Hochberg 1995: with a limit of .05 at most 5 % of the differences shown are not
   there, on average. BS_ERR_MEMORY. */
BS_API bs_status bs_adjust_false_discovery(double *adjusted, const double *p, size_t n,
                                           bs_error *err);

/* The exact two-sided probability of a split at least as uneven as a to b, where each of a + b
   falls on either side with probability 1/2 (the sign test, and McNemar's). 1 where both are 0. */
BS_API double bs_sign_test(uint64_t a, uint64_t b);

/* The covariances[m][m] of the means of m columns of rows[n][m], between clusters, as
   bs_clustered_mean. `covariance` is added to: covariance += weight times that. With less than two
   clusters it becomes NaN. BS_ERR_MEMORY. */
BS_API bs_status bs_add_covariance(double *covariance, double weight, const double *rows, size_t n,
                                   size_t m, bs_clusters clusters, bs_error *err);

/* Two curves of scores over scale: n_first models, then n_second. Within each curve scales are
   positive and ascend. */
typedef struct bs_curve_pair {
  size_t n_first, n_second;
  const double *scales;     /* [n_first + n_second] */
  const double *values;     /* [n_first + n_second] */
  const double *covariance; /* [n_first + n_second]^2 of the values */
  double n_free;            /* degrees of freedom of the covariances, or infinite */
} bs_curve_pair;

typedef struct bs_curve_comparison {
  bs_interval scales; /* the scales that both reach; NaN: none */
  /* First less second: the mean over these scales, on a logarithmic axis, of the lines through the
     points. */
  bs_difference difference;
  /* The factor r by which the second's scales must be larger for its scores to be as high: the
     first at scale s is as the second at scale r s, in the mean over the scales at which they can
     be compared so. NaN: not determined. The interval is that of all factors that the data do not
     exclude at 95 %; 0 and infinity are open ends. It allows for what the curves may
     do between their models. */
  double ratio;
  bs_interval ratio_interval;
} bs_curve_comparison;

/* Both ends of a curve must differ beyond noise, and in the same direction, for the ratio to be
   determined. Where one curve alone does so, the interval is given if it is open at an end; else it
   is [0, infinity]. Undefined where a number is NaN, and the ratio where a curve has less than two
   points. BS_ERR_MEMORY. */
BS_API bs_status bs_compare_curves(bs_curve_comparison *out, const bs_curve_pair *pair,
                                   bs_error *err);
/* First less second at one scale, on the lines through the points; undefined outside of the scales
   that both reach. BS_ERR_MEMORY. */
BS_API bs_status bs_compare_curves_at(bs_difference *out, const bs_curve_pair *pair, double scale,
                                      bs_error *err);

#ifdef __cplusplus
}
#endif

#endif
