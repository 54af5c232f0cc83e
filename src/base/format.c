/* Numbers as people read them. */
#include "base/format_internal.h"

#include <math.h>
#include <stdio.h>

void bs_format_scale(char out[BS_CELL_BYTES], double scale) {
  static const char *const UNITS[] = {"", "K", "M", "B", "T"};
  size_t unit = 0;
  while (scale >= 999.5 && unit + 1 < sizeof UNITS / sizeof *UNITS) {
    scale /= 1000;
    unit++;
  }
  snprintf(out, BS_CELL_BYTES, "%.3g%s", scale, UNITS[unit]);
}

int bs_decimals_of(double value) {
  double size = fabs(value);
  return size >= 99.95 ? 1 : size >= 9.995 ? 2 : 3;
}

void bs_format_number(char out[BS_CELL_BYTES], double value) {
  if (!isfinite(value))
    snprintf(out, BS_CELL_BYTES, "-");
  else if (fabs(value) >= 1e6)
    snprintf(out, BS_CELL_BYTES, "%.3e", value);
  else
    snprintf(out, BS_CELL_BYTES, "%.*f", bs_decimals_of(value), value);
}
