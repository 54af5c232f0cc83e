/* exact_str_match: the text equals an accepted answer. */
#include "metrics/table_internal.h"
#include "metrics/text_internal.h"

static double example(const bs_outcome *outcome) {
  for (size_t i = 0; i < outcome->n_targets; i++)
    if (bs_texts_match(outcome->prediction, outcome->targets[i]))
      return 1;
  return 0;
}

const bs_metric bs_metric_exact_str_match = {
    .name = "exact_str_match",
    .definition =
        "1 when the text equals one of the targets, but for white space at the ends, else 0",
    .source = "BIG-bench",
    .needs = BS_NEEDS_TEXT,
    .is_always_computed = true,
    .higher_is_better = true,
    .low_score = 0,
    .high_score = 1,
    .example = example,
};
