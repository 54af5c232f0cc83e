/* The parts that a curve's statistics are put together from. */
#ifndef BIGSWEEP_STATISTICS_CURVE_INTERNAL_H
#define BIGSWEEP_STATISTICS_CURVE_INTERNAL_H

#include "bigsweep/statistics.h"
#include "statistics/noise_internal.h"

/* Each fills its fields of a curve of at least two models. */
bs_status bs_curve_fill_intervals(bs_curve *curve, const bs_noise *noise, bs_error *err);
bs_status bs_curve_fill_shape(bs_curve *curve, const bs_noise *noise, bs_error *err);
bs_status bs_curve_fill_half_rise(bs_curve *curve, const bs_noise *noise, bs_error *err);
bs_status bs_curve_fill_jump(bs_curve *curve, const bs_noise *noise, bs_error *err);

/* The shape that bs_curve_from_errors finds without repeats, numbers of examples and a seed; the
   rest of a curve takes as long again. */
bs_status bs_shape_from_errors(bs_shape *shape, const double *y, const double *standard_errors,
                               size_t n_models, bs_error *err);

/* How many neighbouring steps a jump is looked for in. */
size_t bs_jump_width(size_t n_models);

#endif
