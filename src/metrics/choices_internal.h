/* Choices and their log-probabilities, as metrics of multiple choice take them. */
#ifndef BIGSWEEP_METRICS_CHOICES_INTERNAL_H
#define BIGSWEEP_METRICS_CHOICES_INTERNAL_H

#include "bigsweep/metric.h"

/* The choice that an outcome stands for: the one that won the vote, else the most probable one
   (bs_best_choice). */
size_t bs_outcome_choice(const bs_outcome *outcome);

/* The largest of the choices' log-probabilities and the sum of exp(l - largest), so that a choice's
   probability among them is exp(l - largest) / sum. False when there is no distribution (all
   impossible, or not a number). */
bool bs_choice_normaliser(const bs_outcome *outcome, double *largest, double *sum);

/* The part of `sum` that the right choices have: those of the highest target_score. */
double bs_choice_right(const bs_outcome *outcome, double largest);

#endif
