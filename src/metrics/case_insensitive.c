/* case_insensitive_str_match: the same in lower case. */
#include <math.h>

#include "metrics/table_internal.h"
#include "metrics/text_internal.h"

static double example(const bs_outcome *outcome) {
  bs_text prediction = {0}, target = {0};
  bs_status status = bs_text_lower(outcome->prediction, &prediction, NULL);
  double value = 0;
  for (size_t i = 0; status == BS_OK && value == 0 && i < outcome->n_targets; i++) {
    target.n_bytes = 0;
    status = bs_text_lower(outcome->targets[i], &target, NULL);
    if (status == BS_OK)
      value = bs_texts_match(prediction.data, target.data);
  }
  bs_text_free(&prediction);
  bs_text_free(&target);
  return status == BS_OK ? value : NAN;
}

const bs_metric bs_metric_case_insensitive_str_match = {
    .name = "case_insensitive_str_match",
    .definition = "1 when the text equals one of the targets, both in lower case and without white "
                  "space at the ends",
    .source = "BIG-bench",
    .needs = BS_NEEDS_TEXT,
    .higher_is_better = true,
    .low_score = 0,
    .high_score = 1,
    .example = example,
};
