/* Time limits from the environment, and a clock that never goes back. */
#include "sweep/limits_internal.h"

#include <math.h>
#include <stdlib.h>
#include <time.h>

static double time_scale(void) {
  const char *text = getenv("BIGSWEEP_TIME_SCALE");
  if (text == NULL)
    return 1;
  char *end;
  double scale = strtod(text, &end);
  return end != text && *end == '\0' && isfinite(scale) && scale > 0 ? scale : 1;
}

bs_limits bs_limits_get(double lease_seconds) {
  static const double LEASE_SECONDS = 30, BEAT_SECONDS = 2, SILENCE_LEASES = 4, LEAST_BEATS = 5;
  double scale = time_scale();
  double lease = lease_seconds > 0 ? lease_seconds : LEASE_SECONDS * scale;
  return (bs_limits){.beat_seconds = fmin(BEAT_SECONDS * scale, lease / LEAST_BEATS),
                     .lease_seconds = lease,
                     .hello_seconds = 120 * scale,
                     .silence_seconds = SILENCE_LEASES * lease,
                     .goodbye_seconds = lease,
                     .stall_seconds = 300 * scale,
                     .unit_seconds = 600 * scale,
                     .unknown_seconds = 7200 * scale,
                     .lock_beat_seconds = 5 * scale,
                     .lock_stale_seconds = 30 * scale,
                     .status_seconds = 2 * scale};
}

double bs_steady_seconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}
