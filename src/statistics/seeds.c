/* The noise of seeds: what other trainings of the same models would have scored. Two or three seeds
   of a model say little of how far apart they are, and resampling them says less still (with two it
   shows half of their variance). So their variance is pooled over the models of the curve; noise of
   that size, or of a model's own variance where that is larger, is drawn from the normal
   distribution, and is widened where it makes intervals as Student's t is by what so few seeds
   leave unknown. */
#include <math.h>

#include "statistics/distributions_internal.h"
#include "statistics/noise_internal.h"
#include "statistics/resample_internal.h"

/* The stream of the normal numbers, "SEED"; see resample.c. */
static const uint32_t STREAM_SEEDS = 0x53454544;
/* Of each side of an interval, and the normal distribution's quantile at 1 - TAIL. */
static const double TAIL = 0.025, Z = 1.959963984540054;

void bs_seed_deviations_of(const double *scores, size_t n_examples, const size_t *n_seeds,
                           size_t n_models, double *deviations) {
  size_t n_columns = 0;
  for (size_t k = 0; k < n_models; k++)
    n_columns += n_seeds[k];
  const double *first = scores; /* of the model's first seed */
  for (size_t k = 0; k < n_models; first += n_seeds[k++]) {
    double mean = 0, squares = 0;
    for (size_t i = 0; i < n_examples * n_seeds[k]; i++)
      mean += first[i / n_seeds[k] * n_columns + i % n_seeds[k]];
    mean /= (double)(n_examples * n_seeds[k]);
    for (size_t s = 0; s < n_seeds[k]; s++) {
      double of_seed = 0;
      for (size_t j = 0; j < n_examples; j++)
        of_seed += first[j * n_columns + s];
      of_seed /= (double)n_examples;
      squares += (of_seed - mean) * (of_seed - mean);
    }
    deviations[k] = n_seeds[k] > 1 ? sqrt(squares / (double)(n_seeds[k] - 1)) : NAN;
  }
}

/* The variance of one seed's score, of all models together, and its degrees of freedom. */
static double pooled_variance(const bs_seed_deviations *seeds, size_t n_models, double *n_free) {
  double sum = 0;
  *n_free = 0;
  for (size_t k = 0; k < n_models; k++) {
    if (seeds->n[k] < 2)
      continue;
    double n_more = (double)(seeds->n[k] - 1);
    sum += n_more * seeds->deviations[k] * seeds->deviations[k];
    *n_free += n_more;
  }
  return *n_free > 0 ? sum / *n_free : NAN;
}

/* Degrees of freedom of a variance that is the sum of two (Satterthwaite 1946). */
static double freedom_of_sum(double first, double n_first, double second, double n_second) {
  double sum = first + second;
  return sum > 0 ? sum * sum / (first * first / n_first + second * second / n_second) : n_first;
}

/* Of the mean variance of a step, which n_free degrees tell of as far as it is the seeds'. */
static double freedom_with_seeds(const bs_noise *noise, double n_free) {
  double examples = 0, seeds = 0;
  for (size_t k = 0; k + 1 < noise->n_models; k++) {
    examples += noise->variance[k * noise->n_models + k + 1];
    seeds += noise->seed_variance[k] + noise->seed_variance[k + 1];
  }
  return freedom_of_sum(examples, noise->n_free, seeds, n_free);
}

static void draw_seeds(bs_noise *noise, size_t k, double sd, double widening, uint64_t seed) {
  size_t m = noise->n_models;
  for (uint32_t r = 0; sd > 0 && r < BS_REPLICATES; r++) {
    double normal = sd * bs_draw_normal(seed, STREAM_SEEDS, r, (uint32_t)k);
    noise->replicates[r * m + k] += widening * normal;
    noise->errors[r * m + k] += normal;
  }
}

double bs_noise_add_seeds(bs_noise *noise, const bs_seed_deviations *seeds, uint64_t seed) {
  size_t m = noise->n_models;
  double n_free, pooled = pooled_variance(seeds, m, &n_free);
  if (!(n_free > 0))
    return NAN;
  noise->has_seeds = true;
  double widening = bs_student_quantile(TAIL, n_free) / Z;
  for (size_t k = 0; k < m; k++) {
    bool has_own = seeds->n[k] > 1;
    double own = has_own ? seeds->deviations[k] * seeds->deviations[k] : 0;
    double most = fmax(own, pooled) / (double)seeds->n[k];
    noise->seed_variance[k] = pooled / (double)seeds->n[k];
    noise->wide_seed_variance[k] = widening * widening * most;
    draw_seeds(noise, k, sqrt(most), widening, seed);
  }
  noise->n_free = freedom_with_seeds(noise, n_free);
  return sqrt(pooled);
}
