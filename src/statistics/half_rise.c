/* Where a breakthrough passes half of its rise. A monotone fit puts its ends too far apart where
   noise is all that moves there, and that moves the crossing; a replicate has the data's noise and
   its own, so it is moved twice. The interval is the union of the replicates' percentiles and of
   the same less what they are moved. */
#include <math.h>
#include <stdlib.h>

#include "base/memory_internal.h"
#include "statistics/curve_internal.h"
#include "statistics/isotonic_internal.h"
#include "statistics/numbers_internal.h"

static const double TAIL = 0.025;

typedef struct room {
  double *fit, *weights, *pooled;
  size_t *sizes;
} room;

/* The place, between 0 and m - 1, where the monotone fit of y is halfway between its ends, on the
   straight line between the two models around it; NaN where the fit has no ends to speak of. */
static double crossing(const double *y, size_t m, int sign, const room *of) {
  bs_isotonic(y, of->weights, m, sign, of->fit, of->pooled, of->sizes);
  double half = (of->fit[0] + of->fit[m - 1]) / 2;
  for (size_t k = 0; k + 1 < m; k++) {
    double before = sign * (of->fit[k] - half), after = sign * (of->fit[k + 1] - half);
    if (before < 0 && after >= 0)
      return (double)k + before / (before - after);
  }
  return NAN;
}

bs_status bs_curve_fill_half_rise(bs_curve *curve, const bs_noise *noise, bs_error *err) {
  if (curve->shape != BS_SHAPE_BREAKTHROUGH && curve->shape != BS_SHAPE_INVERSE_BREAKTHROUGH)
    return BS_OK;
  size_t m = noise->n_models;
  int sign = curve->shape == BS_SHAPE_BREAKTHROUGH ? 1 : -1;
  double *values = bs_array_new(BS_REPLICATES, sizeof *values, err);
  double *fits = bs_array_new(3 * m, sizeof *fits, err);
  size_t *sizes = bs_array_new(m, sizeof *sizes, err);
  bs_status status = BS_ERR_MEMORY;
  if (values == NULL || fits == NULL || sizes == NULL)
    goto cleanup;
  status = BS_OK;
  room of = {fits, fits + m, fits + 2 * m, sizes};
  for (size_t k = 0; k < m; k++)
    of.weights[k] = 1;
  curve->half_rise = crossing(noise->y, m, sign, &of);
  for (size_t r = 0; r < BS_REPLICATES; r++)
    values[r] = crossing(noise->replicates + r * m, m, sign, &of);
  size_t n = bs_drop_nan(values, BS_REPLICATES), k = (size_t)(TAIL * (double)(n + 1));
  bs_sort_doubles(values, n);
  if (k > 0) {
    double moved = 2 * (bs_mean_of(values, n) - curve->half_rise);
    double low = values[k - 1], high = values[n - k];
    curve->half_rise_interval = (bs_interval){fmax(fmin(low, low - moved), 0),
                                              fmin(fmax(high, high - moved), (double)(m - 1))};
  }

cleanup:
  free(values);
  free(fits);
  free(sizes);
  return status;
}
