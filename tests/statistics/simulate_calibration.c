/* Measures by simulation how often the intervals of a calibration error, of its slope and of a
   Brier score hold the truth: the tables of docs/statistics.md. Not a test: it takes minutes.
   usage: simulate_calibration DATA_SETS [SEED] */
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/philox_internal.h"
#include "statistics/calibration_internal.h"

enum { MODELS = 8, MOST_EXAMPLES = 1000, TRUTH_STEPS = 2000 };

/* Confidence at quantile u of a model of place x, from 0 to 1. */
typedef double confidence_function(double u, double x);
/* How far the accuracy at a confidence is from it. */
typedef double gap_function(double confidence, double x);

static double spread(double u, double x) { return (void)x, .25 + .75 * u; }
static double low(double u, double x) { return (void)x, .25 + .2 * u * u; }
static double high(double u, double x) { return (void)x, 1 - .6 * u * u * u; }
static double surer(double u, double x) { return .25 + .75 * (x * sqrt(u) + (1 - x) * .3 * u); }

static double calibrated(double confidence, double x) { return (void)confidence, (void)x, 0; }
static double over(double confidence, double x) { return (void)confidence, (void)x, -.05; }
static double far_over(double confidence, double x) { return (void)confidence, (void)x, -.15; }
static double waves(double confidence, double x) {
  return (void)x, .1 * sin(2 * M_PI * confidence);
}
static double better(double confidence, double x) { return (void)confidence, -.15 * (1 - x); }
static double worse(double confidence, double x) { return (void)confidence, -.15 * x; }

typedef struct truth {
  const char *name;
  confidence_function *confidence;
  gap_function *gap;
} truth;

static const truth TRUTHS[] = {
    {"calibrated; confidences spread", spread, calibrated},
    {"calibrated; low", low, calibrated},
    {"calibrated; high", high, calibrated},
    {"calibrated; surer with size", surer, calibrated},
    {"over .05; spread", spread, over},
    {"over .05; surer with size", surer, over},
    {"over .15; spread", spread, far_over},
    {"over .15; high", high, far_over},
    {"waves; spread", spread, waves},
    {"better with size; spread", spread, better},
    {"better with size; surer", surer, better},
    {"worse with size; surer", surer, worse},
};
enum { N_TRUTHS = sizeof TRUTHS / sizeof *TRUTHS };

static double accuracy(const truth *of, double confidence, double x) {
  return fmin(1, fmax(0, confidence + of->gap(confidence, x)));
}

static size_t bin_of(double confidence) {
  size_t bin = (size_t)(BS_CALIBRATION_BINS * confidence);
  return bin < BS_CALIBRATION_BINS ? bin : BS_CALIBRATION_BINS - 1;
}

/* The error of endlessly many answers. */
static double true_error(const truth *of, double x) {
  double gaps[BS_CALIBRATION_BINS] = {0}, error = 0;
  for (size_t i = 0; i < TRUTH_STEPS; i++) {
    double confidence = of->confidence(((double)i + .5) / TRUTH_STEPS, x);
    gaps[bin_of(confidence)] += (accuracy(of, confidence, x) - confidence) / TRUTH_STEPS;
  }
  for (size_t b = 0; b < BS_CALIBRATION_BINS; b++)
    error += fabs(gaps[b]);
  return error;
}

/* An example is as easy for all models to some degree: half of the draws are shared. */
static void draw(const truth *of, size_t n, uint64_t seed, uint64_t *at,
                 bs_scored_answer *answers) {
  for (size_t j = 0; j < n; j++) {
    double u = bs_philox_uniform(seed, (*at)++), v = bs_philox_uniform(seed, (*at)++);
    for (size_t k = 0; k < MODELS; k++) {
      double x = (double)k / (MODELS - 1);
      bool is_shared = bs_philox_uniform(seed, (*at)++) < .5;
      double own_u = bs_philox_uniform(seed, (*at)++), own_v = bs_philox_uniform(seed, (*at)++);
      double confidence = of->confidence(is_shared ? u : own_u, x);
      double correct = (is_shared ? v : own_v) < accuracy(of, confidence, x);
      answers[j * MODELS + k] =
          (bs_scored_answer){.of = {bin_of(confidence), confidence, correct},
                             .brier = (correct - confidence) * (correct - confidence)};
    }
  }
}

static double true_brier(const truth *of, double x) {
  double sum = 0;
  for (size_t i = 0; i < TRUTH_STEPS; i++) {
    double c = of->confidence(((double)i + .5) / TRUTH_STEPS, x), p = accuracy(of, c, x);
    sum += (p * (1 - c) * (1 - c) + (1 - p) * c * c) / TRUTH_STEPS;
  }
  return sum;
}

typedef struct tally {
  size_t n, held, excludes_zero;
  double truth, plain, corrected, plain_square, corrected_square, width;
} tally;

static void count(tally *to, const bs_calibrated *of, double truth_value) {
  to->n++;
  to->held += of->interval.low <= truth_value + 1e-12 && truth_value <= of->interval.high + 1e-12;
  to->excludes_zero += of->interval.low > 0 || of->interval.high < 0;
  to->truth += truth_value;
  to->plain += of->value;
  to->corrected += of->corrected;
  to->plain_square += (of->value - truth_value) * (of->value - truth_value);
  to->corrected_square += (of->corrected - truth_value) * (of->corrected - truth_value);
  to->width += of->interval.high - of->interval.low;
}

static void print_tally(const tally *of) {
  double n = (double)of->n;
  printf(",%.4f,%.4f,%.4f,%.4f,%.4f,%.3f,%.3f,%.4f", of->truth / n, of->plain / n,
         of->corrected / n, sqrt(of->plain_square / n), sqrt(of->corrected_square / n),
         (double)of->held / n, (double)of->excludes_zero / n, of->width / n);
}

static bs_status run_cell(const truth *of, size_t n, size_t n_sets, uint64_t seed, bs_error *err) {
  static bs_scored_answer answers[MOST_EXAMPLES * MODELS];
  static const size_t SHOWN[] = {0, MODELS / 2, MODELS - 1};
  double x[MODELS], weights[MODELS], slope[2] = {0};
  tally errors = {0}, briers = {0}, slopes[2] = {{0}, {0}};
  uint64_t at = 0;
  bs_calibration sums;
  bs_status status = bs_calibration_new(&sums, MODELS, err);
  for (size_t k = 0; k < MODELS; k++)
    x[k] = (double)k; /* ln(scale) */
  bs_slope_weights(x, MODELS, weights);
  for (size_t k = 0; k < MODELS; k++) {
    slope[BS_BRIER_SCORE] += weights[k] * true_brier(of, (double)k / (MODELS - 1));
    slope[BS_CALIBRATION_ERROR] += weights[k] * true_error(of, (double)k / (MODELS - 1));
  }
  for (size_t i = 0; status == BS_OK && i < n_sets; i++) {
    bs_calibrated found;
    draw(of, n, seed, &at, answers);
    bs_calibration_clear(&sums);
    status = bs_calibration_add(&sums, answers, n, i, err);
    for (size_t s = 0; status == BS_OK && s < sizeof SHOWN / sizeof *SHOWN; s++) {
      double place = (double)SHOWN[s] / (MODELS - 1);
      status = bs_calibration_of_model(&sums, BS_CALIBRATION_ERROR, SHOWN[s], &found, err);
      count(&errors, &found, true_error(of, place));
      if (status == BS_OK)
        status = bs_calibration_of_model(&sums, BS_BRIER_SCORE, SHOWN[s], &found, err);
      count(&briers, &found, true_brier(of, place));
    }
    for (int m = 0; status == BS_OK && m < 2; m++) {
      status = bs_calibration_sum(&sums, (bs_calibration_measure)m, weights, &found, err);
      count(&slopes[m], &found, slope[m]);
    }
  }
  printf("%s,%zu,%zu", of->name, n, n_sets);
  print_tally(&errors);
  print_tally(&slopes[BS_CALIBRATION_ERROR]);
  print_tally(&briers);
  print_tally(&slopes[BS_BRIER_SCORE]);
  printf("\n");
  fflush(stdout);
  bs_calibration_free(&sums);
  return status;
}

int main(int argc, char **argv) {
  static const size_t EXAMPLES[] = {100, 200, 1000};
  static const char *const OF[] = {"error", "error_slope", "brier", "brier_slope"};
  static const char *const WHAT[] = {"truth",          "plain", "corrected",     "plain_rmse",
                                     "corrected_rmse", "held",  "excludes_zero", "width"};
  if (argc < 2) {
    fprintf(stderr, "usage: simulate_calibration DATA_SETS [SEED]\n");
    return 2;
  }
  size_t n_sets = (size_t)strtoull(argv[1], NULL, 10);
  uint64_t seed = argc > 2 ? strtoull(argv[2], NULL, 10) : 1;
  printf("truth,examples,data_sets");
  for (size_t i = 0; i < sizeof OF / sizeof *OF; i++)
    for (size_t j = 0; j < sizeof WHAT / sizeof *WHAT; j++)
      printf(",%s_%s", OF[i], WHAT[j]);
  printf("\n");
  for (size_t j = 0; j < 3; j++)
    for (size_t t = 0; t < N_TRUTHS; t++) {
      bs_error err = {0};
      if (run_cell(&TRUTHS[t], EXAMPLES[j], n_sets, seed++, &err) != BS_OK) {
        fprintf(stderr, "simulate_calibration: %s\n", err.message);
        return 1;
      }
    }
  return 0;
}
