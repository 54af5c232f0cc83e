/* The list of all metrics. */
#ifndef BIGSWEEP_METRICS_TABLE_INTERNAL_H
#define BIGSWEEP_METRICS_TABLE_INTERNAL_H

#include "bigsweep/metric.h"

/* The table, in the order that metrics have everywhere. The row of ROW(x) is `bs_metric_x`, in the
   source file with its arithmetic: a new metric is that file and a line here. */
#define BS_METRIC_TABLE(ROW)                                                                       \
  ROW(exact_str_match)                                                                             \
  ROW(case_insensitive_str_match)                                                                  \
  ROW(numeric_match)                                                                               \
  ROW(multiple_choice_grade)                                                                       \
  ROW(grade_by_bytes)                                                                              \
  ROW(grade_by_characters)                                                                         \
  ROW(grade_by_tokens)                                                                             \
  ROW(weighted_probabilities)                                                                      \
  ROW(choice_probability)                                                                          \
  ROW(weighted_log_probabilities)                                                                  \
  ROW(brier_score)                                                                                 \
  ROW(calibration_error)                                                                           \
  ROW(classification_loss)                                                                         \
  ROW(logodds)                                                                                     \
  ROW(logodds_difference)                                                                          \
  ROW(absolute_logodds_difference)                                                                 \
  ROW(accuracy_amb)                                                                                \
  ROW(accuracy_disamb)                                                                             \
  ROW(amb_bias_score)                                                                              \
  ROW(disamb_bias_score)                                                                           \
  ROW(log_likelihood)                                                                              \
  ROW(answer_probability)                                                                          \
  ROW(likelihood_per_byte)                                                                         \
  ROW(likelihood_per_character)                                                                    \
  ROW(likelihood_per_word)                                                                         \
  ROW(likelihood_per_token)                                                                        \
  ROW(token_accuracy)                                                                              \
  ROW(edit_distance)                                                                               \
  ROW(token_edit_distance)                                                                         \
  ROW(sequence_f1)                                                                                 \
  ROW(macro_f1)                                                                                    \
  ROW(bleu)                                                                                        \
  ROW(rouge1)                                                                                      \
  ROW(rouge2)                                                                                      \
  ROW(rouge_lsum)

#define BS_METRIC_DECLARE(name) extern const bs_metric bs_metric_##name;
BS_METRIC_TABLE(BS_METRIC_DECLARE)
#undef BS_METRIC_DECLARE

/* Keeps of metrics[n] those that take votes (bs_metric_takes_votes) and returns how many these are.
 */
size_t bs_metrics_of_votes(const bs_metric **metrics, size_t n);

#endif
