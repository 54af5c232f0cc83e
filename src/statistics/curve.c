/* A curve with its uncertainty: intervals and shape from replicates of it. */
#include <math.h>
#include <stdlib.h>

#include "base/memory_internal.h"
#include "bigsweep/statistics.h"
#include "statistics/curve_internal.h"
#include "statistics/numbers_internal.h"

static bs_curve undefined_curve(void) {
  bs_interval nowhere = {NAN, NAN};
  return (bs_curve){.of = bs_linearity_of(NULL, 0),
                    .improvement_corrected = NAN,
                    .linearity_corrected = NAN,
                    .improvement = nowhere,
                    .linearity = nowhere,
                    .breakthroughness = nowhere,
                    .sign_share = NAN,
                    .seed_deviation = NAN,
                    .shape = BS_SHAPE_UNDEFINED,
                    .shape_p = NAN,
                    .half_rise = NAN,
                    .half_rise_interval = nowhere,
                    .jump = NAN,
                    .jump_interval = nowhere};
}

/* Frees the noise. */
static bs_status fill(bs_curve *curve, bs_noise *noise, bs_error *err) {
  curve->of = bs_linearity_of(noise->y, noise->n_models);
  bs_status status = bs_curve_fill_intervals(curve, noise, err);
  if (status == BS_OK)
    status = bs_curve_fill_shape(curve, noise, err);
  if (status == BS_OK)
    status = bs_curve_fill_half_rise(curve, noise, err);
  if (status == BS_OK)
    status = bs_curve_fill_jump(curve, noise, err);
  bs_noise_free(noise);
  return status;
}

/* The same with the noise of the seeds. */
static bs_status fill_repeats(bs_curve *curve, bs_noise *noise, const bs_seed_deviations *seeds,
                              uint64_t seed, bs_error *err) {
  curve->seed_deviation = bs_noise_add_seeds(noise, seeds, seed);
  return fill(curve, noise, err);
}

bs_status bs_curve_from_examples(bs_curve *curve, const double *scores, size_t n_examples,
                                 size_t n_models, uint64_t seed, bs_error *err) {
  *curve = undefined_curve();
  if (n_examples < 2 || n_models < 2)
    return BS_OK;
  if (!bs_all_finite(scores, n_examples * n_models))
    return bs_error_set(err, BS_ERR_INPUT, "a score is not a finite number");
  bs_noise noise;
  bs_status status = bs_noise_from_examples(&noise, scores, n_examples, n_models, seed, err);
  return status == BS_OK ? fill(curve, &noise, err) : status;
}

/* means[n_examples][n_models] over the seeds of each model, in their order. */
static void average_seeds(double *means, const double *scores, size_t n_examples,
                          const size_t *n_seeds, size_t n_models) {
  for (size_t j = 0; j < n_examples; j++)
    for (size_t k = 0; k < n_models; k++) {
      double sum = 0;
      for (size_t s = 0; s < n_seeds[k]; s++)
        sum += *scores++;
      *means++ = sum / (double)n_seeds[k];
    }
}

static bs_status count_columns(const size_t *n_seeds, size_t n_models, size_t *n, bs_error *err) {
  *n = 0;
  for (size_t k = 0; k < n_models; k++) {
    if (n_seeds[k] == 0)
      return bs_error_set(err, BS_ERR_INPUT, "a model of a curve has no scores of any seed");
    *n += n_seeds[k];
  }
  return BS_OK;
}

/* rows[clusters][n_models] of scores[n_examples][n_models]: what a cluster alone adds to the means
   over all examples, times the number of clusters. Their mean is that of the examples, and the
   variance of that mean what bs_clustered_mean says. `means` is room for n_models numbers, 0. */
static void add_up_clusters(double *rows, const double *scores, size_t n_examples, size_t n_models,
                            bs_clusters clusters, double *means) {
  double share = (double)clusters.n / (double)n_examples;
  for (size_t j = 0; j < n_examples; j++)
    for (size_t k = 0; k < n_models; k++)
      means[k] += scores[j * n_models + k] / (double)n_examples;
  for (size_t c = 0; c < clusters.n; c++)
    for (size_t k = 0; k < n_models; k++)
      rows[c * n_models + k] = means[k];
  for (size_t j = 0; j < n_examples; j++)
    for (size_t k = 0; k < n_models; k++)
      rows[clusters.number[j] * n_models + k] += share * (scores[j * n_models + k] - means[k]);
}

static bs_status noise_from_clusters(bs_noise *noise, const double *scores, size_t n_examples,
                                     size_t n_models, bs_clusters clusters, uint64_t seed,
                                     bs_error *err) {
  double *means = bs_array_new(n_models, sizeof *means, err);
  double *rows = bs_array_new(clusters.n * n_models, sizeof *rows, err); /* no more than scores */
  bs_status status = means != NULL && rows != NULL ? BS_OK : BS_ERR_MEMORY;
  if (status == BS_OK) {
    add_up_clusters(rows, scores, n_examples, n_models, clusters, means);
    status = bs_noise_from_examples(noise, rows, clusters.n, n_models, seed, err);
  }
  if (status == BS_OK)
    bs_noise_widen(noise, clusters.n);
  free(means);
  free(rows);
  return status;
}

bs_status bs_curve_from_repeats(bs_curve *curve, const double *scores, const size_t *n_seeds,
                                size_t n_examples, size_t n_models, bs_clusters clusters,
                                uint64_t seed, bs_error *err) {
  *curve = undefined_curve();
  size_t n_columns;
  bool has_clusters = clusters.number != NULL && clusters.n < n_examples;
  if (n_examples < 2 || n_models < 2 || (has_clusters && clusters.n < 2))
    return BS_OK;
  bs_status status = count_columns(n_seeds, n_models, &n_columns, err);
  if (status != BS_OK)
    return status;
  if (!bs_all_finite(scores, n_examples * n_columns))
    return bs_error_set(err, BS_ERR_INPUT, "a score is not a finite number");
  double *means = bs_array_new(n_examples * n_models, sizeof *means, err);
  double *deviations = bs_array_new(n_models, sizeof *deviations, err);
  bs_noise noise;
  status = means != NULL && deviations != NULL ? BS_OK : BS_ERR_MEMORY;
  if (status == BS_OK) {
    average_seeds(means, scores, n_examples, n_seeds, n_models);
    bs_seed_deviations_of(scores, n_examples, n_seeds, n_models, deviations);
    status = has_clusters
                 ? noise_from_clusters(&noise, means, n_examples, n_models, clusters, seed, err)
                 : bs_noise_from_examples(&noise, means, n_examples, n_models, seed, err);
  }
  if (status == BS_OK)
    status = fill_repeats(curve, &noise, &(bs_seed_deviations){n_seeds, deviations}, seed, err);
  free(means);
  free(deviations);
  return status;
}

static bs_status check_errors(const double *y, const double *standard_errors,
                              const bs_seed_deviations *seeds, size_t n_models, bs_error *err) {
  for (size_t k = 0; k < n_models; k++)
    if (!isfinite(y[k]) || !isfinite(standard_errors[k]) || standard_errors[k] < 0)
      return bs_error_set(err, BS_ERR_INPUT, "a score or its error is not a finite number");
  for (size_t k = 0; seeds != NULL && k < n_models; k++)
    if (seeds->n[k] == 0 || (seeds->n[k] > 1 && !(seeds->deviations[k] >= 0)))
      return bs_error_set(err, BS_ERR_INPUT, "seeds without a standard deviation of their scores");
  return BS_OK;
}

bs_status bs_curve_from_errors(bs_curve *curve, const double *y, const double *standard_errors,
                               const bs_seed_deviations *seeds, size_t n_models,
                               uint64_t n_examples, uint64_t seed, bs_error *err) {
  *curve = undefined_curve();
  if (n_models < 2)
    return BS_OK;
  bs_noise noise;
  bs_status status = check_errors(y, standard_errors, seeds, n_models, err);
  if (status == BS_OK)
    status = bs_noise_from_errors(&noise, y, standard_errors, n_models, n_examples, seed, err);
  if (status != BS_OK)
    return status;
  return seeds != NULL ? fill_repeats(curve, &noise, seeds, seed, err) : fill(curve, &noise, err);
}

bs_status bs_shape_from_errors(bs_shape *shape, const double *y, const double *standard_errors,
                               size_t n_models, bs_error *err) {
  bs_curve curve = undefined_curve();
  bs_noise noise;
  *shape = curve.shape;
  if (n_models < 2)
    return BS_OK;
  bs_status status = check_errors(y, standard_errors, NULL, n_models, err);
  if (status == BS_OK)
    status = bs_noise_from_errors(&noise, y, standard_errors, n_models, 0, 0, err);
  if (status != BS_OK)
    return status;
  status = bs_curve_fill_shape(&curve, &noise, err);
  *shape = curve.shape;
  bs_noise_free(&noise);
  return status;
}
