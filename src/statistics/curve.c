/* A curve with its uncertainty: intervals and shape from replicates of it. */
#include <math.h>

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

bs_status bs_curve_from_errors(bs_curve *curve, const double *y, const double *standard_errors,
                               size_t n_models, uint64_t n_examples, uint64_t seed, bs_error *err) {
  *curve = undefined_curve();
  if (n_models < 2)
    return BS_OK;
  for (size_t k = 0; k < n_models; k++)
    if (!isfinite(y[k]) || !isfinite(standard_errors[k]) || standard_errors[k] < 0)
      return bs_error_set(err, BS_ERR_INPUT, "a score or its error is not a finite number");
  bs_noise noise;
  bs_status status =
      bs_noise_from_errors(&noise, y, standard_errors, n_models, n_examples, seed, err);
  return status == BS_OK ? fill(curve, &noise, err) : status;
}
