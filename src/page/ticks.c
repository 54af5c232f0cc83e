/* Axes and the round numbers on them. */
#include <math.h>

#include "page/plot_internal.h"

static void add(bs_plot_ticks *to, const bs_plot_axis *axis, double value) {
  double slack = 1e-9 * (axis->high - axis->low);
  if (to->n < BS_PLOT_MOST_TICKS && value >= axis->low - slack && value <= axis->high + slack)
    to->at[to->n++] = value;
}

/* 1, 2 or 5 times a power of ten, not below `least`. */
static double round_step(double least) {
  double power = pow(10, floor(log10(least))), share = least / power;
  return power * (share <= 1.0000001 ? 1 : share <= 2.0000001 ? 2 : share <= 5.0000001 ? 5 : 10);
}

static bs_plot_ticks linear_ticks(const bs_plot_axis *axis, size_t n_wanted) {
  bs_plot_ticks ticks = {.n = 0};
  double step = round_step((axis->high - axis->low) / (double)n_wanted);
  double first = ceil(axis->low / step - 1e-9);
  for (size_t i = 0; i < BS_PLOT_MOST_TICKS; i++)
    add(&ticks, axis, (first + (double)i) * step);
  return ticks;
}

/* Powers of ten, or of several tens; between less than two of them 2 and 5 times these too. */
static bs_plot_ticks log_ticks(const bs_plot_axis *axis, size_t n_wanted) {
  static const double WITHIN[] = {1, 2, 5};
  bs_plot_ticks ticks = {.n = 0};
  double from = floor(log10(axis->low) + 1e-9), to = ceil(log10(axis->high) - 1e-9);
  double decades = log10(axis->high / axis->low);
  double stride = fmax(1, ceil(decades / (double)n_wanted));
  size_t n_within = decades < 2 ? 3 : 1;
  for (double power = from; power <= to; power += stride)
    for (size_t i = 0; i < n_within; i++)
      add(&ticks, axis, WITHIN[i] * pow(10, power));
  if (ticks.n >= 2)
    return ticks;
  ticks.n = 0; /* less than a step of 1, 2, 5: the ends */
  add(&ticks, axis, axis->low);
  add(&ticks, axis, axis->high);
  return ticks;
}

/* 0 and powers of ten on both sides. */
static bs_plot_ticks asinh_ticks(const bs_plot_axis *axis, size_t n_wanted) {
  bs_plot_ticks ticks = {.n = 0};
  double most = fmax(fabs(axis->low), fabs(axis->high));
  double last = floor(log10(fmax(most, 1)) + 1e-9);
  double stride = fmax(1, ceil((2 * last + 1) / (double)n_wanted));
  for (double power = last - fmod(last, stride); power >= 0; power -= stride)
    add(&ticks, axis, -pow(10, power));
  add(&ticks, axis, 0);
  for (double power = 0; power <= last; power += stride)
    add(&ticks, axis, pow(10, power));
  return ticks;
}

bs_plot_ticks bs_plot_ticks_of(const bs_plot_axis *axis, size_t n_wanted) {
  n_wanted = n_wanted < 1 ? 1 : n_wanted;
  return axis->kind == BS_AXIS_LOG     ? log_ticks(axis, n_wanted)
         : axis->kind == BS_AXIS_ASINH ? asinh_ticks(axis, n_wanted)
                                       : linear_ticks(axis, n_wanted);
}

bs_plot_axis bs_plot_axis_around(bs_axis_kind kind, double low, double high) {
  static const double ROOM = .05, FACTOR = 3;
  bs_plot_axis axis = {.kind = kind, .low = low, .high = high};
  if (!isfinite(low) || !isfinite(high) || low > high || (kind == BS_AXIS_LOG && low <= 0)) {
    axis.low = kind == BS_AXIS_LOG ? 1 : 0;
    axis.high = kind == BS_AXIS_LOG ? 10 : 1;
  } else if (kind == BS_AXIS_LOG) {
    double factor = high > low ? pow(high / low, ROOM) : FACTOR;
    axis.low = low / factor;
    axis.high = high * factor;
  } else {
    double more = high > low ? ROOM * (high - low) : fmax(fabs(high) / 2, .5);
    axis.low = low - more;
    axis.high = high + more;
  }
  return axis;
}

bs_plot_axis bs_plot_axis_round(double low, double high) {
  enum { STEPS = 4 };
  bs_plot_axis axis = {.kind = BS_AXIS_LINEAR, .low = low, .high = high};
  if (!isfinite(low) || !isfinite(high) || high - low <= 1e-12 * fmax(fabs(low), fabs(high)))
    return bs_plot_axis_around(BS_AXIS_LINEAR, low, high);
  double step = round_step((high - low) / STEPS);
  axis.low = step * floor(low / step + 1e-9);
  axis.high = step * ceil(high / step - 1e-9);
  return axis;
}
