/* Means of examples that hang together in clusters, and two models on the same examples. */
#include <math.h>
#include <stdlib.h>

#include "base/memory_internal.h"
#include "bigsweep/comparison.h"
#include "statistics/difference_internal.h"
#include "statistics/distributions_internal.h"

static const double TAIL = .025;        /* on either side of an interval of 95 % */
static const double LACKING_POWER = .2; /* of a difference that is just detectable */

bs_difference bs_difference_of(double value, double standard_error, double n_free) {
  bs_difference of = {value, standard_error, {NAN, NAN}, n_free, NAN};
  if (value == 0 && standard_error == 0)
    of.p = 1;
  if (!(standard_error > 0) || !(n_free > 0))
    return of;
  double reach = bs_student_quantile(TAIL, n_free) * standard_error;
  of.interval = (bs_interval){value - reach, value + reach};
  of.p = bs_student_p(value / standard_error, n_free);
  return of;
}

size_t bs_n_clusters(bs_clusters clusters, size_t n_examples) {
  return clusters.number != NULL ? clusters.n : n_examples;
}

bs_status bs_add_covariance(double *covariance, double weight, const double *rows, size_t n,
                            size_t m, bs_clusters clusters, bs_error *err) {
  size_t n_clusters = bs_n_clusters(clusters, n), n_sums;
  if (!bs_size_mul(n_clusters, m, &n_sums))
    return bs_error_set(err, BS_ERR_MEMORY, "%zu clusters of %zu scores are too many", n_clusters,
                        m);
  double *means = bs_array_new(m, sizeof *means, err);
  double *sums = bs_array_new(n_sums, sizeof *sums, err); /* (n_clusters, m) of deviations */
  bs_status status = means != NULL && sums != NULL ? BS_OK : BS_ERR_MEMORY;
  /* from the first row on, so that equal rows have no deviation at all */
  for (size_t j = 0; status == BS_OK && j < n; j++)
    for (size_t k = 0; k < m; k++)
      means[k] += rows[j * m + k] - rows[k];
  for (size_t k = 0; status == BS_OK && n > 0 && k < m; k++)
    means[k] = rows[k] + means[k] / (double)n;
  for (size_t j = 0; status == BS_OK && j < n; j++) {
    double *to = sums + (clusters.number != NULL ? clusters.number[j] : j) * m;
    for (size_t k = 0; k < m; k++)
      to[k] += rows[j * m + k] - means[k];
  }
  double count = (double)n_clusters;
  double factor =
      n_clusters > 1 ? weight * count / (count - 1) / (double)n / (double)n : (double)NAN;
  for (size_t k = 0; status == BS_OK && k < m; k++)
    for (size_t l = 0; l < m; l++) {
      double products = 0;
      for (size_t c = 0; c < n_clusters; c++)
        products += sums[c * m + k] * sums[c * m + l];
      covariance[k * m + l] += factor * products;
    }
  free(means);
  free(sums);
  return status;
}

bs_status bs_clustered_mean(bs_difference *out, const double *values, size_t n,
                            bs_clusters clusters, bs_error *err) {
  double variance = 0, sum = 0;
  *out = (bs_difference){NAN, NAN, {NAN, NAN}, NAN, NAN};
  if (n == 0)
    return BS_OK;
  bs_status status = bs_add_covariance(&variance, 1, values, n, 1, clusters, err);
  for (size_t j = 0; j < n; j++)
    sum += values[j];
  if (status == BS_OK)
    *out =
        bs_difference_of(sum / (double)n, sqrt(variance), (double)bs_n_clusters(clusters, n) - 1);
  return status;
}

static bool is_binary(const double *values, size_t n) {
  for (size_t j = 0; j < n; j++)
    if (values[j] != 0 && values[j] != 1)
      return false;
  return n > 0;
}

bs_status bs_compare_paired(bs_paired *out, const double *first, const double *second, size_t n,
                            bs_clusters clusters, bs_error *err) {
  *out = (bs_paired){.detectable = NAN, .exact_p = NAN};
  double *differences = bs_array_new(n, sizeof *differences, err);
  if (differences == NULL)
    return BS_ERR_MEMORY;
  for (size_t j = 0; j < n; j++) {
    differences[j] = first[j] - second[j];
    out->only_first += differences[j] > 0;
    out->only_second += differences[j] < 0;
  }
  out->is_binary = is_binary(first, n) && is_binary(second, n);
  if (out->is_binary)
    out->exact_p = bs_sign_test(out->only_first, out->only_second);
  else
    out->only_first = out->only_second = 0;
  bs_status status = bs_clustered_mean(&out->difference, differences, n, clusters, err);
  const bs_difference *of = &out->difference;
  if (status == BS_OK && of->standard_error > 0)
    out->detectable = of->standard_error * (bs_student_quantile(TAIL, of->n_free) +
                                            bs_student_quantile(LACKING_POWER, of->n_free));
  free(differences);
  return status;
}
