/* Statistics of a curve of scores over model size, from arrays of numbers alone: linearity and
   breakthroughness (BIG-bench paper, Srivastava et al. 2022, arXiv:2206.04615, appendix on
   linearity and breakthroughness), their intervals, and the shape of the curve. docs/statistics.md
   explains each number and gives its measured error rates. */
#ifndef BIGSWEEP_STATISTICS_H
#define BIGSWEEP_STATISTICS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bigsweep/error.h"
#include "bigsweep/visibility.h"

#ifdef __cplusplus
extern "C" {
#endif

/* How a score moves with scale: y[0..n) in ascending order of scale. Undefined is NaN. */
typedef struct bs_linearity {
  size_t n;                /* scales */
  double improvement;      /* I = sign(argmax y - argmin y) (max y - min y); first place on a tie */
  double root_mean_square; /* sqrt(mean (y[i+1]-y[i])^2) */
  double root_median_square; /* sqrt(median (y[i+1]-y[i])^2) */
  double linearity;          /* I / root_mean_square */
  double breakthroughness;   /* I / root_median_square */
  double linearity_per_step; /* linearity / (n - 1): 1 on a straight line */
} bs_linearity;

/* Computes it. With n < 3 or any NaN among y the ratios are NaN; with I = 0 both are NaN; with a
   zero denominator that ratio is NaN. n == 0 gives all NaN. */
BS_API bs_linearity bs_linearity_of(const double *y, size_t n);

/* Ends of an interval; either may be infinite, both are NaN where nothing can be said. */
typedef struct bs_interval {
  double low, high;
} bs_interval;

/* What a curve does from its smallest to its largest model. "Growth" means that it rises and was
   not shown to be a jump; "flat" that no change was shown. */
#define BS_SHAPE_LIST(X)                                                                           \
  X(BS_SHAPE_UNDEFINED, "")                                                                        \
  X(BS_SHAPE_FLAT, "flat")                                                                         \
  X(BS_SHAPE_GROWTH, "growth")                                                                     \
  X(BS_SHAPE_BREAKTHROUGH, "breakthrough")                                                         \
  X(BS_SHAPE_INVERSE, "inverse")                                                                   \
  X(BS_SHAPE_INVERSE_BREAKTHROUGH, "inverse breakthrough")                                         \
  X(BS_SHAPE_U, "U")                                                                               \
  X(BS_SHAPE_INVERTED_U, "inverted U")                                                             \
  X(BS_SHAPE_IRREGULAR, "irregular")

typedef enum bs_shape {
#define BS_SHAPE_ENUM(name, text) name,
  BS_SHAPE_LIST(BS_SHAPE_ENUM)
#undef BS_SHAPE_ENUM
} bs_shape;

/* The text of the list above; "" for a value that is not in it. Static storage. */
BS_API const char *bs_shape_name(bs_shape shape);

/* A curve with its uncertainty. Intervals are of nominal 95 %. */
typedef struct bs_curve {
  bs_linearity of; /* of the scores as they are */
  /* I and L less what noise adds to range and steps: noise widens every step, so that the plain L
     is too small. */
  double improvement_corrected, linearity_corrected;
  bs_interval improvement, linearity;
  bs_interval breakthroughness; /* high is often infinite: then B is "at least low" */
  /* Standard deviation of the score over seeds of a model's training, beyond the noise of the
     examples, of all models together. NaN: no model has repeats. Where it is a number, all
     intervals and the shape are of what models of other seeds would show. */
  double seed_deviation;
  double sign_share;  /* of the resampled curves whose I has the sign of the curve's */
  size_t n_undefined; /* resampled curves without L: I = 0 */
  bs_shape shape;     /* BS_SHAPE_UNDEFINED with fewer than three models */
  double shape_p;     /* of "the curve is flat" */
  /* Of breakthroughs: where the curve passes half of its rise (or fall), as a place between models:
     2.25 lies a quarter of the way from model 2 to model 3. Else NaN. */
  double half_rise;
  bs_interval half_rise_interval;
  /* The largest share of the whole change, from the first model to the last, that lies within two
     neighbouring steps (one with fewer than six models): 1 where the curve moves there alone, more
     where it moves back elsewhere. NaN where the whole change is not beyond noise, or with fewer
     than three models. */
  double jump;
  bs_interval jump_interval;
} bs_curve;

/* What becomes of the breakthrough of a sharp metric under a smooth one, on the same task and the
   same models (Schaeffer, Miranda, Koyejo 2023, arXiv:2304.15004). */
#define BS_VERDICT_LIST(X)                                                                         \
  X(BS_VERDICT_NONE, "no breakthrough") /* of the sharp metric */                                  \
  X(BS_VERDICT_GONE, "gone")                                                                       \
  X(BS_VERDICT_STAYS, "stays")                                                                     \
  X(BS_VERDICT_UNDETERMINED, "undetermined")

typedef enum bs_verdict {
#define BS_VERDICT_ENUM(name, text) name,
  BS_VERDICT_LIST(BS_VERDICT_ENUM)
#undef BS_VERDICT_ENUM
} bs_verdict;

/* The text of the list above; "" for a value that is not in it. Static storage. */
BS_API const char *bs_verdict_name(bs_verdict verdict);

/* The smooth curve as the verdict sees it. */
typedef struct bs_smooth_course {
  bs_shape shape;
  double change;    /* from its first model to its last */
  bs_interval jump; /* bs_curve.jump_interval */
  bool is_mirrored; /* it falls where the sharp one rises: one counts what is right, the other what
                       is wrong */
} bs_smooth_course;

/* Gone: the smooth curve changes in the same sense, and is shown to have no two neighbouring steps
   (one with fewer than six models) with half of its change. Stays: it is a breakthrough in the same
   sense, or shown to have two such steps. Undetermined: neither is shown, or it does not move in
   the same sense. */
BS_API bs_verdict bs_breakthrough_verdict(bs_shape sharp, const bs_smooth_course *smooth);

enum { BS_REPLICATES = 1999 };

/* scores[n_examples][n_models]: the same examples for all models, models in ascending order of
   scale. The examples are resampled with a random stream that is a function of `seed` and
   n_examples alone, so that all families meet the same examples. Fewer than two examples or two
   models: only `of` is defined. BS_ERR_INPUT where a score is not finite, BS_ERR_MEMORY. */
BS_API bs_status bs_curve_from_examples(bs_curve *curve, const double *scores, size_t n_examples,
                                        size_t n_models, uint64_t seed, bs_error *err);

/* Which examples hang together: they share a passage or a template. number[i], less than n, is the
   cluster of example i; `number` NULL: every example is one by itself. */
typedef struct bs_clusters {
  const uint32_t *number;
  size_t n;
} bs_clusters;

/* The same where models were trained n_seeds[n_models] times, each at least once:
   scores[n_examples][sum of n_seeds], the seeds of a model being neighbours. The curve is that of
   the means over seeds, and its noise that of examples and seeds; models with one seed are taken to
   vary over seeds as the others do. Where examples hang together whole clusters are resampled, by a
   stream of their number, and fewer than two of them define nothing. BS_ERR_INPUT also where a
   model has no seed. */
BS_API bs_status bs_curve_from_repeats(bs_curve *curve, const double *scores, const size_t *n_seeds,
                                       size_t n_examples, size_t n_models, bs_clusters clusters,
                                       uint64_t seed, bs_error *err);

/* The repeats of each model, and the standard deviation of their scores (not looked at where there
   is one). */
typedef struct bs_seed_deviations {
  const size_t *n;          /* [n_models], at least 1 */
  const double *deviations; /* [n_models] */
} bs_seed_deviations;

/* From means y[n_models] and their standard errors alone, the errors being taken as independent
   from model to model (where all models saw the same examples the intervals are wider than they
   need be). n_examples is the number behind each mean, 0 where it is unknown. `seeds` NULL: no
   model has repeats; the standard errors are of the mean over the seeds, for the examples alone.
   BS_ERR_INPUT where a
   number is not finite or an error is negative, BS_ERR_MEMORY. */
BS_API bs_status bs_curve_from_errors(bs_curve *curve, const double *y,
                                      const double *standard_errors,
                                      const bs_seed_deviations *seeds, size_t n_models,
                                      uint64_t n_examples, uint64_t seed, bs_error *err);

#ifdef __cplusplus
}
#endif

#endif
