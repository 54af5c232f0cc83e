/* What a curve does, by simultaneous contrasts: differences between the means of neighbouring
   stretches of models. One critical value, the quantile of the largest of all contrasts of noise
   alone, controls all statements about a curve together. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory_internal.h"
#include "statistics/curve_internal.h"
#include "statistics/isotonic_internal.h"
#include "statistics/numbers_internal.h"

/* With it flat curves were called anything else in 2.0 % of simulated cases, in the worst cell in
   5.0 %. */
static const double LEVEL = 0.04;
/* Differences below this share of the largest score are rounding. */
static const double ROUNDING = 1e-12;
enum { LEAST_MODELS = 3 };

const char *bs_shape_name(bs_shape shape) {
  static const char *const names[] = {
#define BS_SHAPE_NAME(name, text) [name] = text,
      BS_SHAPE_LIST(BS_SHAPE_NAME)
#undef BS_SHAPE_NAME
  };
  return (size_t)shape < sizeof names / sizeof *names ? names[shape] : "";
}

typedef struct test {
  const bs_noise *noise;
  size_t m;
  double tiny;     /* below it a difference is rounding */
  double *sums;    /* [m + 1][BS_REPLICATES]: of the errors of the first k models */
  double *largest; /* [BS_REPLICATES]: of all contrasts of an error, in units of their own error */
  double *se;      /* of contrasts, in the order in which they are walked */
  size_t n_contrasts;
  double critical;
} test;

static double mean_between(const double *sums, size_t stride, size_t from, size_t to) {
  return (sums[to * stride] - sums[from * stride]) / (double)(to - from);
}

/* One contrast: models [b, c] against [a, b - 1]. */
typedef struct contrast {
  size_t a, b, c, number;
} contrast;

static contrast first_contrast(void) { return (contrast){0, 1, 1, 0}; }

/* The next of all a < b <= c < m; false behind the last. */
static bool next_contrast(contrast *q, size_t m) {
  q->number++;
  if (++q->c < m)
    return true;
  q->c = ++q->b;
  if (q->b < m)
    return true;
  q->b = ++q->a + 1;
  q->c = q->b;
  return q->b < m;
}

static double contrast_of(const contrast *q, const double *sums, size_t stride) {
  return mean_between(sums, stride, q->b, q->c + 1) - mean_between(sums, stride, q->a, q->b);
}

static double root_mean_square(const double *values, size_t n) {
  double sum = 0;
  for (size_t i = 0; i < n; i++)
    sum += values[i] * values[i];
  return sqrt(sum / (double)n);
}

/* largest[r] becomes the larger of itself and values[r] / se. */
static void keep_largest(double *largest, const double *values, double se) {
  for (size_t r = 0; r < BS_REPLICATES; r++) {
    double t = values[r] / se;
    largest[r] = t > largest[r] ? t : largest[r];
  }
}

/* The value that a share of LEVEL of the replicates exceeds; sorts them. */
static double critical_value(double *largest) {
  size_t k = (size_t)ceil((1 - LEVEL) * (BS_REPLICATES + 1));
  bs_sort_doubles(largest, BS_REPLICATES);
  return largest[k - 1];
}

/* A difference in units of its error, made comparable to a normal number where the error was
   estimated from few examples (Wallace 1959). */
static double studentized(double difference, double se, double n_free, double tiny) {
  if (fabs(difference) <= tiny)
    return 0;
  if (se <= tiny)
    return copysign(INFINITY, difference);
  double t = difference / se;
  if (!isfinite(n_free))
    return t;
  return t * (1 - 1 / (4 * n_free)) / sqrt(1 + t * t / (2 * n_free));
}

static void fill_sums(test *t) {
  size_t m = t->m;
  for (size_t k = 0; k < m; k++)
    for (size_t r = 0; r < BS_REPLICATES; r++)
      t->sums[(k + 1) * BS_REPLICATES + r] =
          t->sums[k * BS_REPLICATES + r] + t->noise->errors[r * m + k];
}

/* The error of each contrast, and the largest contrast of each replicate of noise. */
static void walk_noise(test *t, double *values) {
  contrast q = first_contrast();
  do {
    for (size_t r = 0; r < BS_REPLICATES; r++)
      values[r] = contrast_of(&q, t->sums + r, BS_REPLICATES);
    t->se[q.number] = root_mean_square(values, BS_REPLICATES);
    if (t->se[q.number] <= t->tiny)
      continue;
    for (size_t r = 0; r < BS_REPLICATES; r++)
      values[r] = fabs(values[r]);
    keep_largest(t->largest, values, t->se[q.number]);
  } while (next_contrast(&q, t->m));
}

/* The largest rise and fall of a curve among all contrasts. */
typedef struct moves {
  double up, down;
} moves;

static moves moves_of(const test *t, const double *y, double *sums) {
  moves of = {0};
  sums[0] = 0;
  for (size_t k = 0; k < t->m; k++)
    sums[k + 1] = sums[k] + y[k];
  contrast q = first_contrast();
  do {
    double s = studentized(contrast_of(&q, sums, 1), t->se[q.number], t->noise->n_free, t->tiny);
    of.up = fmax(of.up, s);
    of.down = fmax(of.down, -s);
  } while (next_contrast(&q, t->m));
  return of;
}

static double weighted_rest(const double *y, const double *fit, const double *weights, size_t m) {
  double sum = 0;
  for (size_t k = 0; k < m; k++)
    sum += weights[k] * (y[k] - fit[k]) * (y[k] - fit[k]);
  return sum;
}

/* Room for fits of m models. */
typedef struct fitting {
  double *weights, *fit, *best, *pooled;
  size_t *sizes;
} fitting;

/* room->best becomes the best curve that moves against `sign` up to some model and with it from
   there: a U where sign is 1. Returns its weighted sum of squares. */
static double fit_turn(const double *y, size_t m, int sign, const fitting *room) {
  double least = INFINITY;
  for (size_t k = 1; k < m; k++) {
    bs_isotonic(y, room->weights, k, -sign, room->fit, room->pooled, room->sizes);
    bs_isotonic(y + k, room->weights + k, m - k, sign, room->fit + k, room->pooled, room->sizes);
    double rest = weighted_rest(y, room->fit, room->weights, m);
    if (rest < least) {
      least = rest;
      memcpy(room->best, room->fit, m * sizeof *room->best);
    }
  }
  return least;
}

/* A curve that both rises and falls. */
static bs_shape shape_of_turn(const test *t, const fitting *room, double *sums) {
  const double *y = t->noise->y;
  size_t m = t->m;
  for (size_t k = 0; k < m; k++) {
    double square = 0;
    for (size_t r = 0; r < BS_REPLICATES; r++)
      square += t->noise->errors[r * m + k] * t->noise->errors[r * m + k] / BS_REPLICATES;
    room->weights[k] = 1 / fmax(square, t->tiny * t->tiny);
  }
  double inverted = fit_turn(y, m, -1, room), upright = fit_turn(y, m, 1, room);
  bs_shape shape = upright <= inverted ? BS_SHAPE_U : BS_SHAPE_INVERTED_U;
  if (shape == BS_SHAPE_INVERTED_U)
    fit_turn(y, m, -1, room);
  for (size_t k = 0; k < m; k++)
    room->fit[k] = y[k] - room->best[k];
  moves left = moves_of(t, room->fit, sums);
  return fmax(left.up, left.down) > t->critical ? BS_SHAPE_IRREGULAR : shape;
}

/* Whether some step (two neighbouring ones) exceeds half of the whole change: what no straight line
   of four steps or more does. */
static bool is_jump(test *t, int sign, double *values) {
  size_t m = t->m, width = bs_jump_width(m);
  const double *y = t->noise->y;
  double most = 0;
  for (size_t r = 0; r < BS_REPLICATES; r++)
    t->largest[r] = 0;
  for (size_t k = 0; k + width < m; k++) {
    for (size_t r = 0; r < BS_REPLICATES; r++) {
      const double *e = t->noise->errors + r * m;
      values[r] = sign * (e[k + width] - e[k] - (e[m - 1] - e[0]) / 2);
    }
    double se = root_mean_square(values, BS_REPLICATES);
    double jump = sign * (y[k + width] - y[k] - (y[m - 1] - y[0]) / 2);
    most = fmax(most, studentized(jump, se, t->noise->n_free, t->tiny));
    if (se > t->tiny)
      keep_largest(t->largest, values, se);
  }
  return most > critical_value(t->largest);
}

static bs_shape shape_of(test *t, const fitting *room, double *values) {
  moves of = moves_of(t, t->noise->y, values);
  bool rises = of.up > t->critical, falls = of.down > t->critical;
  if (!rises && !falls)
    return BS_SHAPE_FLAT;
  if (rises && falls)
    return shape_of_turn(t, room, values);
  bool jumps = is_jump(t, rises ? 1 : -1, values);
  if (rises)
    return jumps ? BS_SHAPE_BREAKTHROUGH : BS_SHAPE_GROWTH;
  return jumps ? BS_SHAPE_INVERSE_BREAKTHROUGH : BS_SHAPE_INVERSE;
}

static double p_of(const test *t, double *sums) {
  moves of = moves_of(t, t->noise->y, sums);
  double most = fmax(of.up, of.down);
  size_t n_beyond = 0;
  for (size_t r = 0; r < BS_REPLICATES; r++)
    n_beyond += t->largest[r] >= most;
  return (double)(1 + n_beyond) / (BS_REPLICATES + 1);
}

static double largest_size(const double *y, size_t n) {
  double largest = 0;
  for (size_t k = 0; k < n; k++)
    largest = fmax(largest, fabs(y[k]));
  return largest;
}

/* Contrasts of m models: choose (m + 1, 3). */
static bool count_contrasts(size_t m, size_t *n) {
  size_t pairs;
  if (!bs_size_mul(m, m + 1, &pairs) || !bs_size_mul(pairs / 2, m - 1, n))
    return false;
  *n /= 3;
  return true;
}

bs_status bs_curve_fill_shape(bs_curve *curve, const bs_noise *noise, bs_error *err) {
  size_t m = noise->n_models;
  if (m < LEAST_MODELS)
    return BS_OK;
  test t = {.noise = noise, .m = m, .tiny = ROUNDING * largest_size(noise->y, m)};
  size_t n_sums, room_for = m + 1 > BS_REPLICATES ? m + 1 : BS_REPLICATES;
  if (!count_contrasts(m, &t.n_contrasts) || !bs_size_mul(m + 1, BS_REPLICATES, &n_sums))
    return bs_error_set(err, BS_ERR_MEMORY, "cannot test curves of %zu models", m);
  double *values = bs_array_new(room_for, sizeof *values, err);
  t.sums = bs_array_new(n_sums, sizeof *t.sums, err);
  t.largest = bs_array_new(BS_REPLICATES, sizeof *t.largest, err);
  t.se = bs_array_new(t.n_contrasts, sizeof *t.se, err);
  double *fits = bs_array_new(4 * m, sizeof *fits, err);
  size_t *sizes = bs_array_new(m, sizeof *sizes, err);
  bs_status status = BS_ERR_MEMORY;
  if (values == NULL || t.sums == NULL || t.largest == NULL || t.se == NULL || fits == NULL ||
      sizes == NULL)
    goto cleanup;
  status = BS_OK;
  fitting room = {fits, fits + m, fits + 2 * m, fits + 3 * m, sizes};
  fill_sums(&t);
  walk_noise(&t, values);
  curve->shape_p = p_of(&t, values);
  t.critical = critical_value(t.largest);
  curve->shape = shape_of(&t, &room, values);

cleanup:
  free(values);
  free(t.sums);
  free(t.largest);
  free(t.se);
  free(fits);
  free(sizes);
  return status;
}
