/* What a metric makes of outcomes, and numbers that should be equal. */
#include "metrics/estimating.h"

#include <math.h>
#include <stdio.h>

#include "harness.h"

void close_to(double found, double expected, const char *what) {
  bool same = (isnan(found) && isnan(expected)) || found == expected ||
              fabs(found - expected) <= 1e-12 * (1 + fabs(expected));
  if (!same) {
    printf("\n    %s: expected %.17g, found %.17g", what, expected, found);
    CU_FAIL("not close");
  }
}

bs_estimate estimate(const char *metric, const bs_outcome *outcomes, size_t n) {
  bs_error err = {0};
  bs_estimate out = {0};
  const bs_metric *row = bs_metric_find(metric);
  CU_ASSERT_PTR_NOT_NULL_FATAL(row);
  BS_TEST_OK(bs_metric_evaluate(row, outcomes, n, &out, &err), err);
  return out;
}
