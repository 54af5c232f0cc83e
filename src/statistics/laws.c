/* Laws of scores over compute for forecasts far ahead. */
#include <math.h>
#include <stdlib.h>

#include "base/memory_internal.h"
#include "statistics/forecast_internal.h"
#include "statistics/least_squares_internal.h"
#include "statistics/numbers_internal.h"

const char *bs_law_name(bs_law law) {
  static const char *const names[] = {
#define BS_LAW_NAME(name, text) [name] = text,
      BS_LAW_LIST(BS_LAW_NAME)
#undef BS_LAW_NAME
  };
  return (size_t)law < sizeof names / sizeof *names ? names[law] : "";
}

static double geometric_mean(const double *values, size_t n) {
  double sum = 0;
  for (size_t i = 0; i < n; i++)
    sum += log(values[i]);
  return exp(sum / (double)n);
}

/* What falls as a power of one or two quantities towards a floor, fitted to relative errors:
   y = sum of b[i] (x[i] / its geometric mean)^-power[i] + b[floor]. */
typedef struct power_law {
  size_t n, n_terms; /* of x */
  const double *x[2];
  const double *y; /* [n] above 0 */
  bool has_floor;
  double scale[2], power[2], b[BS_MOST_COLUMNS];
} power_law;

typedef struct power_room {
  double *ones;                     /* [n] */
  double *columns[BS_MOST_COLUMNS]; /* [n] each */
  double *work;                     /* [BS_MOST_COLUMNS n] */
} power_room;

static void fill_column(const power_law *law, size_t term, double power, double *column) {
  for (size_t i = 0; i < law->n; i++)
    column[i] = pow(law->x[term][i] / law->scale[term], -power) / law->y[i];
}

/* The best of the fits with one pair of powers after another. */
static void try_powers(power_law *law, const double *powers, const power_room *room,
                       double *least) {
  size_t n_columns = law->n_terms + law->has_floor;
  double b[BS_MOST_COLUMNS];
  double rest = bs_nonnegative_least_squares((const double *const *)room->columns, n_columns,
                                             room->ones, law->n, b, room->work);
  if (rest >= *least)
    return;
  *least = rest;
  for (size_t i = 0; i < n_columns; i++)
    law->b[i] = b[i];
  for (size_t i = 0; i < law->n_terms; i++)
    law->power[i] = powers[i];
}

static void search_powers(power_law *law, const power_room *room) {
  enum { POWERS_OF_ONE = 100, POWERS_OF_TWO = 24 };
  double least = INFINITY;
  if (law->n_terms == 1) {
    for (size_t i = 1; i <= POWERS_OF_ONE; i++) {
      double powers[2] = {(double)i / POWERS_OF_ONE, 0};
      fill_column(law, 0, powers[0], room->columns[0]);
      try_powers(law, powers, room, &least);
    }
    return;
  }
  for (size_t i = 0; i < POWERS_OF_TWO; i++)
    for (size_t j = 0; j < POWERS_OF_TWO; j++) {
      double powers[] = {bs_even(.03, .9, i, POWERS_OF_TWO), bs_even(.03, .9, j, POWERS_OF_TWO)};
      fill_column(law, 0, powers[0], room->columns[0]);
      fill_column(law, 1, powers[1], room->columns[1]);
      try_powers(law, powers, room, &least);
    }
}

static bs_status fit_power_law(power_law *law, bs_error *err) {
  size_t n = law->n, n_cells;
  if (!bs_size_mul(n, 2 * BS_MOST_COLUMNS + 1, &n_cells))
    return bs_error_set(err, BS_ERR_MEMORY, "cannot fit a law to %zu runs", n);
  double *cells = bs_array_new(n_cells, sizeof *cells, err);
  if (cells == NULL)
    return BS_ERR_MEMORY;
  power_room room = {.ones = cells, .work = cells + n};
  for (size_t i = 0; i < BS_MOST_COLUMNS; i++)
    room.columns[i] = cells + (1 + BS_MOST_COLUMNS + i) * n;
  for (size_t i = 0; i < law->n_terms; i++)
    law->scale[i] = geometric_mean(law->x[i], n);
  for (size_t i = 0; i < n; i++) {
    room.ones[i] = 1;
    if (law->has_floor)
      room.columns[law->n_terms][i] = 1 / law->y[i];
  }
  search_powers(law, &room);
  free(cells);
  return BS_OK;
}

static double power_law_at(const power_law *law, const double *x) {
  double sum = law->has_floor ? law->b[law->n_terms] : 0;
  for (size_t i = 0; i < law->n_terms; i++)
    sum += law->b[i] * pow(x[i] / law->scale[i], -law->power[i]);
  return sum;
}

/* A score over a loss: ceiling - drop logistic(slope (loss - middle)). */
typedef struct descent {
  double ceiling, drop, slope, middle;
} descent;

typedef struct points {
  size_t n; /* behind them stands a point where the loss is 0 and every answer is right */
  const double *losses, *scores;
  double chance;
  bool to_one; /* ceiling and drop are given, and with them what the last point says */
} points;

static double loss_of(const points *of, size_t i) { return i < of->n ? of->losses[i] : 0; }
static double score_of(const points *of, size_t i) { return i < of->n ? of->scores[i] : 1; }

/* Sums over the points, s being the logistic part of each. */
typedef struct sums {
  double n, s, ss, y, sy, yy;
} sums;

static sums sums_of(const points *of, double slope, double middle) {
  sums to = {0};
  for (size_t i = 0; i < of->n + !of->to_one; i++) {
    double s = bs_logistic(slope * (loss_of(of, i) - middle)), y = score_of(of, i);
    to.n++;
    to.s += s;
    to.ss += s * s;
    to.y += y;
    to.sy += s * y;
    to.yy += y * y;
  }
  return to;
}

/* Sum of squares of ceiling - drop s - y. */
static double rest_with(const sums *of, double ceiling, double drop) {
  return ceiling * ceiling * of->n + drop * drop * of->ss + of->yy - 2 * ceiling * drop * of->s -
         2 * ceiling * of->y + 2 * drop * of->sy;
}

static void keep_better(const sums *of, double ceiling, double drop, double *least, descent *to) {
  double rest = rest_with(of, ceiling, drop);
  if (rest >= *least)
    return;
  *least = rest;
  to->ceiling = ceiling;
  to->drop = drop;
}

/* Least squares with 0 <= drop <= 1 and ceiling <= 1: inside, or on one of the edges. */
static double fit_heights(const points *of, descent *to) {
  sums s = sums_of(of, to->slope, to->middle);
  double least = INFINITY;
  if (of->to_one) {
    keep_better(&s, 1, 1 - of->chance, &least, to);
    return least;
  }
  double spread = s.ss - s.s * s.s / s.n, shared = s.sy - s.s * s.y / s.n;
  double drop = spread > 0 ? -shared / spread : 0, ceiling = (s.y + drop * s.s) / s.n;
  if (drop >= 0 && drop <= 1 && ceiling <= 1) {
    keep_better(&s, ceiling, drop, &least, to);
    return least;
  }
  keep_better(&s, fmin(s.y / s.n, 1), 0, &least, to);
  keep_better(&s, fmin((s.y + s.s) / s.n, 1), 1, &least, to);
  keep_better(&s, 1, bs_within_unit(s.ss > 0 ? (s.s - s.sy) / s.ss : 0), &least, to);
  return least;
}

static descent fit_descent(const points *of) {
  enum { SLOPES = 60, MIDDLES = 80 };
  double most = 0, least = INFINITY;
  for (size_t i = 0; i < of->n; i++)
    most = fmax(most, of->losses[i]);
  descent best = {0};
  for (size_t i = 0; i < SLOPES; i++)
    for (size_t j = 0; j < MIDDLES; j++) {
      descent here = {.slope = bs_log_even(.8, 25, i, SLOPES),
                      .middle = bs_even(0, 1.3 * most, j, MIDDLES)};
      double rest = fit_heights(of, &here);
      if (rest < least) {
        least = rest;
        best = here;
      }
    }
  return best;
}

static bs_status two_steps(const bs_runs *runs, bool by_tokens, bool to_one, double *forecast,
                           bs_error *err) {
  if (runs->losses == NULL || (by_tokens && (runs->parameters == NULL || runs->tokens == NULL)))
    return BS_OK;
  power_law loss = {.n = runs->n,
                    .n_terms = by_tokens ? 2 : 1,
                    .x = {by_tokens ? runs->parameters : runs->compute, runs->tokens},
                    .y = runs->losses,
                    .has_floor = true};
  double target[] = {by_tokens ? runs->target_parameters : runs->target_compute,
                     runs->target_tokens};
  bs_status status = fit_power_law(&loss, err);
  if (status != BS_OK)
    return status;
  bool has_points = runs->n_points > 0;
  points seen = {.n = has_points ? runs->n_points : runs->n,
                 .losses = has_points ? runs->point_losses : runs->losses,
                 .scores = has_points ? runs->point_scores : runs->scores,
                 .chance = runs->chance,
                 .to_one = to_one};
  descent of = fit_descent(&seen);
  *forecast =
      of.ceiling - of.drop * bs_logistic(of.slope * (power_law_at(&loss, target) - of.middle));
  return BS_OK;
}

/* chance + rise logistic((ln compute - middle) / width), its rise at most what is left to 1. */
static double logistic_law(const bs_runs *runs, bool to_one) {
  enum { WIDTHS = 40, MIDDLES = 120 };
  size_t n = runs->n;
  double first = log(runs->compute[0]), last = log(runs->compute[n - 1]);
  double d = (last - first) / (double)(n - 1), left = 1 - runs->chance, least = INFINITY;
  double forecast = NAN;
  for (size_t i = 0; i < WIDTHS; i++)
    for (size_t j = 0; j < MIDDLES; j++) {
      double width = bs_log_even(d, 8 * d, i, WIDTHS);
      double middle = bs_even(first - 8 * d, last + 8 * d, j, MIDDLES);
      double ss = 0, sy = 0, yy = 0;
      for (size_t k = 0; k < n; k++) {
        double s = bs_logistic((log(runs->compute[k]) - middle) / width);
        double y = runs->scores[k] - runs->chance;
        ss += s * s;
        sy += s * y;
        yy += y * y;
      }
      double rise = to_one ? left : fmin(fmax(sy / ss, 0), left);
      double rest = yy - 2 * rise * sy + rise * rise * ss;
      if (rest < least) {
        least = rest;
        forecast = runs->chance + rise * bs_logistic((log(runs->target_compute) - middle) / width);
      }
    }
  return forecast;
}

/* A power law of what is still wrong, or of -ln of the score above chance. */
static bs_status score_power(const bs_runs *runs, bool of_logarithm, double *forecast,
                             bs_error *err) {
  static const double LEAST = 1e-3; /* share of the way from chance to 1 */
  double *y = bs_array_new(runs->n, sizeof *y, err);
  if (y == NULL)
    return BS_ERR_MEMORY;
  double left = 1 - runs->chance;
  for (size_t i = 0; i < runs->n; i++) {
    double share = (runs->scores[i] - runs->chance) / left;
    y[i] = of_logarithm ? -log(fmin(fmax(share, LEAST), 1 - LEAST)) : 1 - runs->scores[i];
    y[i] = fmax(y[i], LEAST);
  }
  power_law law = {
      .n = runs->n, .n_terms = 1, .x = {runs->compute, NULL}, .y = y, .has_floor = !of_logarithm};
  bs_status status = fit_power_law(&law, err);
  if (status == BS_OK) {
    double at = power_law_at(&law, &runs->target_compute);
    *forecast = of_logarithm ? runs->chance + left * exp(-at) : 1 - at;
  }
  free(y);
  return status;
}

bs_status bs_law_forecast(bs_law law, const bs_runs *runs, double *forecast, bs_error *err) {
  *forecast = NAN;
  if (runs->n < 3)
    return BS_OK;
  switch (law) {
  case BS_LAW_TWO_STEPS_COMPUTE:
    return two_steps(runs, false, false, forecast, err);
  case BS_LAW_TWO_STEPS_TOKENS:
    return two_steps(runs, true, false, forecast, err);
  case BS_LAW_TWO_STEPS_COMPUTE_TO_ONE:
    return two_steps(runs, false, true, forecast, err);
  case BS_LAW_TWO_STEPS_TOKENS_TO_ONE:
    return two_steps(runs, true, true, forecast, err);
  case BS_LAW_LOGISTIC_TO_ONE:
  case BS_LAW_LOGISTIC:
    *forecast = logistic_law(runs, law == BS_LAW_LOGISTIC_TO_ONE);
    return BS_OK;
  case BS_LAW_ERROR_POWER:
    return score_power(runs, false, forecast, err);
  case BS_LAW_LOG_POWER:
    return score_power(runs, true, forecast, err);
  case BS_N_LAWS:
    break;
  }
  return bs_error_set(err, BS_ERR_USAGE, "there is no law number %d", (int)law);
}

bs_status bs_laws_median(const bs_runs *runs, const double *further, size_t n_further,
                         double *forecast, bs_error *err) {
  size_t n = 0;
  *forecast = NAN;
  double *each = bs_array_new(BS_N_LAWS + n_further, sizeof *each, err);
  bs_status status = each != NULL ? BS_OK : BS_ERR_MEMORY;
  for (int law = 0; law < BS_N_LAWS && status == BS_OK; law++) {
    status = bs_law_forecast((bs_law)law, runs, &each[n], err);
    n += status == BS_OK && !isnan(each[n]);
  }
  for (size_t i = 0; i < n_further && status == BS_OK; i++)
    if (!isnan(further[i]))
      each[n++] = further[i];
  if (status == BS_OK && n > 0)
    *forecast = bs_median(each, n);
  free(each);
  return status;
}
