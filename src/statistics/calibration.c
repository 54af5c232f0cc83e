/* Brier scores and calibration errors from sums over answers, as they are and drawn anew. */
#include "statistics/calibration_internal.h"

#include <math.h>
#include <stdlib.h>

#include "base/memory_internal.h"
#include "statistics/numbers_internal.h"
#include "statistics/resample_internal.h"

/* Of each side of an interval. */
static const double TAIL = 0.025;
/* Two standard deviations of normal noise, in units of its mean size. */
static const double WITHIN_NOISE = 2.5066282746310002;

/* The sums of replicate r; of the answers as they are where it is 0. */
static const double *sums_of(const bs_calibration *of, size_t r, size_t model) {
  return of->sums + (r * of->n_models + model) * BS_N_SUMS;
}

static size_t n_sums(const bs_calibration *of) {
  return (BS_REPLICATES + 1) * of->n_models * BS_N_SUMS;
}

bs_status bs_calibration_new(bs_calibration *of, size_t n_models, bs_error *err) {
  size_t n;
  *of = (bs_calibration){.n_models = n_models};
  if (!bs_size_mul(n_models, (BS_REPLICATES + 1) * BS_N_SUMS, &n))
    return bs_error_set(err, BS_ERR_MEMORY, "cannot resample the answers of %zu models", n_models);
  of->sums = bs_array_new(n, sizeof *of->sums, err);
  return of->sums != NULL ? BS_OK : BS_ERR_MEMORY;
}

void bs_calibration_free(bs_calibration *of) {
  free(of->sums);
  *of = (bs_calibration){0};
}

void bs_calibration_clear(bs_calibration *of) {
  for (size_t i = 0; i < n_sums(of); i++)
    of->sums[i] = 0;
}

void bs_calibration_merge(bs_calibration *to, const bs_calibration *from) {
  for (size_t i = 0; i < n_sums(to); i++)
    to->sums[i] += from->sums[i];
}

/* What answer `sum` of a model adds to it. */
static double term_of(const bs_scored_answer *answer, size_t sum) {
  if (isnan(answer->of.confidence))
    return 0;
  if (sum == BS_SUM_N)
    return 1;
  if (sum == BS_SUM_BRIER)
    return answer->brier;
  return sum == BS_SUM_GAP + answer->of.bin ? answer->of.correct - answer->of.confidence : 0;
}

/* The sums that some answer adds to, by model: used[n_models * BS_N_SUMS]; returns their number. */
static size_t find_used(size_t m, const bs_scored_answer *answers, size_t n, size_t *used) {
  size_t n_used = 0;
  for (size_t i = 0; i < m * BS_N_SUMS; i++) {
    bool is_used = false;
    for (size_t j = 0; j < n && !is_used; j++)
      is_used = term_of(&answers[j * m + i / BS_N_SUMS], i % BS_N_SUMS) != 0;
    if (is_used)
      used[n_used++] = i;
  }
  return n_used;
}

bs_status bs_calibration_add(bs_calibration *of, const bs_scored_answer *answers, size_t n_examples,
                             uint64_t seed, bs_error *err) {
  size_t m = of->n_models, width = m * BS_N_SUMS, n_terms = 0, n_means = 0;
  double *terms = NULL, *means = NULL;
  size_t *used = bs_array_new(width, sizeof *used, err);
  if (used == NULL)
    return BS_ERR_MEMORY;
  size_t n_used = find_used(m, answers, n_examples, used);
  bs_status status = BS_ERR_MEMORY;
  if (!bs_size_mul(n_examples, n_used, &n_terms) || !bs_size_mul(BS_REPLICATES, n_used, &n_means) ||
      (terms = bs_array_new(n_terms, sizeof *terms, err)) == NULL ||
      (means = bs_array_new(n_means, sizeof *means, err)) == NULL) {
    bs_error_set(err, status, "cannot resample the answers to %zu examples", n_examples);
    goto cleanup;
  }
  for (size_t j = 0; j < n_examples; j++)
    for (size_t u = 0; u < n_used; u++) {
      double term = term_of(&answers[j * m + used[u] / BS_N_SUMS], used[u] % BS_N_SUMS);
      terms[j * n_used + u] = term;
      of->sums[used[u]] += term;
    }
  status = n_used > 0
               ? bs_resample_means(means, BS_REPLICATES, terms, n_examples, n_used, seed, err)
               : BS_OK;
  for (size_t r = 0; status == BS_OK && r < BS_REPLICATES; r++)
    for (size_t u = 0; u < n_used; u++)
      of->sums[(r + 1) * width + used[u]] += means[r * n_used + u] * (double)n_examples;

cleanup:
  free(used);
  free(terms);
  free(means);
  return status;
}

static double measure_of(const double *sums, bs_calibration_measure measure) {
  if (!(sums[BS_SUM_N] > 0))
    return NAN;
  if (measure == BS_BRIER_SCORE)
    return sums[BS_SUM_BRIER] / sums[BS_SUM_N];
  double error = 0;
  for (size_t b = 0; b < BS_CALIBRATION_BINS; b++)
    error += fabs(sums[BS_SUM_GAP + b]);
  return error / sums[BS_SUM_N];
}

static double weighted_sum(const bs_calibration *of, size_t r, bs_calibration_measure measure,
                           const double *weights) {
  double sum = 0;
  for (size_t k = 0; k < of->n_models; k++)
    sum += weights[k] != 0 ? weights[k] * measure_of(sums_of(of, r, k), measure) : 0;
  return sum;
}

/* The ends between which the middle 95 % of values[n] lie; sorts them. */
static bs_interval middle_of(double *values, size_t n) {
  bs_sort_doubles(values, n);
  size_t k = (size_t)(TAIL * (double)(n + 1));
  return k > 0 ? (bs_interval){values[k - 1], values[n - k]} : (bs_interval){NAN, NAN};
}

/* A replicate has the noise of the data and its own: it is moved twice. */
static bs_calibrated corrected(double value, double *values, bs_calibration_measure measure) {
  size_t n = bs_drop_nan(values, BS_REPLICATES);
  bs_calibrated of = {value, value, {NAN, NAN}};
  if (isnan(value) || n == 0)
    return of;
  of.interval = middle_of(values, n);
  if (measure == BS_BRIER_SCORE)
    return of;
  double moved = bs_mean_of(values, n) - value;
  of.corrected = value - moved;
  of.interval.low = fmin(of.interval.low, of.interval.low - 2 * moved);
  of.interval.high = fmax(of.interval.high, of.interval.high - 2 * moved);
  return of;
}

/* How much too large model k's calibration error may be beyond what resampling tells: a gap that is
   within noise may be none, and then all of it is noise. */
static double unresolved(const bs_calibration *of, size_t k) {
  const double *sums = sums_of(of, 0, k);
  double all = 0;
  for (size_t b = BS_SUM_GAP; b < BS_N_SUMS; b++) {
    double noise = 0, resampled = 0;
    for (size_t r = 1; r <= BS_REPLICATES; r++) {
      const double *replicate = sums_of(of, r, k);
      noise += fabs(replicate[b] - sums[b]) / BS_REPLICATES;
      resampled += fabs(replicate[b]) / BS_REPLICATES;
    }
    if (fabs(sums[b]) <= WITHIN_NOISE * noise)
      all += fmax(0, noise - (resampled - fabs(sums[b])));
  }
  return all / sums[BS_SUM_N];
}

bs_status bs_calibration_sum(const bs_calibration *of, bs_calibration_measure measure,
                             const double *weights, bs_calibrated *out, bs_error *err) {
  double *values = bs_array_new(BS_REPLICATES, sizeof *values, err);
  if (values == NULL)
    return BS_ERR_MEMORY;
  for (size_t r = 0; r < BS_REPLICATES; r++)
    values[r] = weighted_sum(of, r + 1, measure, weights);
  *out = corrected(weighted_sum(of, 0, measure, weights), values, measure);
  for (size_t k = 0; k < of->n_models && measure == BS_CALIBRATION_ERROR; k++) {
    double more = weights[k] != 0 ? weights[k] * unresolved(of, k) : 0;
    out->interval.low -= fmax(0, more);
    out->interval.high -= fmin(0, more);
  }
  free(values);
  return BS_OK;
}

/* The calibration error that noise alone shows, in one replicate. */
static double error_of_noise(const double *replicate, const double *sums) {
  double error = 0;
  for (size_t b = BS_SUM_GAP; b < BS_N_SUMS; b++)
    error += fabs(replicate[b] / replicate[BS_SUM_N] - sums[b] / sums[BS_SUM_N]);
  return error;
}

bs_status bs_calibration_of_model(const bs_calibration *of, bs_calibration_measure measure,
                                  size_t model, bs_calibrated *out, bs_error *err) {
  double *values = bs_array_new(BS_REPLICATES, sizeof *values, err);
  if (values == NULL)
    return BS_ERR_MEMORY;
  for (size_t r = 0; r < BS_REPLICATES; r++)
    values[r] = measure_of(sums_of(of, r + 1, model), measure);
  *out = corrected(measure_of(sums_of(of, 0, model), measure), values, measure);
  if (measure == BS_CALIBRATION_ERROR && !isnan(out->value)) {
    for (size_t r = 0; r < BS_REPLICATES; r++)
      values[r] = error_of_noise(sums_of(of, r + 1, model), sums_of(of, 0, model));
    size_t n = bs_drop_nan(values, BS_REPLICATES);
    out->corrected = fmax(0, out->corrected);
    out->interval.low = fmax(0, out->interval.low);
    if (n > 0 && out->value <= middle_of(values, n).high)
      out->interval.low = 0;
  }
  free(values);
  return BS_OK;
}

void bs_slope_weights(const double *x, size_t n, double *weights) {
  double squares = 0, mean = n > 0 ? bs_mean_of(x, n) : 0;
  for (size_t k = 0; k < n; k++)
    squares += (x[k] - mean) * (x[k] - mean);
  for (size_t k = 0; k < n; k++)
    weights[k] = squares > 0 && isfinite(squares) ? (x[k] - mean) / squares : 0;
}
