/* log_likelihood: the log-probability of the right answer. */
#include <math.h>

#include "metrics/table_internal.h"

static double example(const bs_outcome *outcome) { return outcome->target_logprob; }

/* No log-likelihood is the lowest, so the raw value is all that can be told: low is NaN. */
const bs_metric bs_metric_log_likelihood = {
    .name = "log_likelihood",
    .definition = "natural log of the probability of the target, summed over its tokens",
    .source = "BIG-bench",
    .needs = BS_NEEDS_TARGET_LOGPROB,
    .is_always_computed = true,
    .higher_is_better = true,
    .low_score = NAN,
    .high_score = 0,
    .example = example,
};
