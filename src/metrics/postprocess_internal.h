/* What can be told of bs_postprocess in advance: texts that it takes apart, and texts that it is
   done with. */
#ifndef BIGSWEEP_METRICS_POSTPROCESS_INTERNAL_H
#define BIGSWEEP_METRICS_POSTPROCESS_INTERNAL_H

#include "bigsweep/metric.h"

/* Appends the shortest text that a regular expression describes: what stands before the part that
   bs_postprocess takes out (the group, or the match), a part that it takes out, and what stands
   behind. A guess, which its caller checks. *is_known false: the expression is beyond it. */
bs_status bs_regex_sample(const char *regex, bs_text *before, bs_text *inside, bs_text *behind,
                          bool *is_known, bs_error *err);

/* Whether bs_postprocess gives the same for `text` whatever follows it. False when in doubt. */
bool bs_prediction_settled(const char *text, size_t n_bytes, size_t max_length,
                           const char *stop_string, const char *output_regex);

#endif
