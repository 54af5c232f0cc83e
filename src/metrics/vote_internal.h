/* The most frequent of several answers. */
#ifndef BIGSWEEP_METRICS_VOTE_INTERNAL_H
#define BIGSWEEP_METRICS_VOTE_INTERNAL_H

#include "bigsweep/metric.h"

/* What is voted on. Texts are equal as bs_texts_match tells, and those of white space alone do not
   count unless there are no others. Choices are equal byte by byte, and all count. */
typedef enum bs_ballot_kind { BS_VOTE_OF_TEXTS, BS_VOTE_OF_CHOICES } bs_ballot_kind;
/* The most frequent of answers[n], n > 0; of equally frequent ones the one that comes first.
 *winner: the number of the first that gives it; *share: of all n those that do. */
bs_status bs_vote(const char *const *answers, size_t n, bs_ballot_kind kind, size_t *winner,
                  double *share, bs_error *err);
/* logprobs[n_choices]: the logarithm of the share of choices[n] (each below n_choices) that is this
   one; minus infinity for none. */
void bs_vote_logprobs(const size_t *choices, size_t n, size_t n_choices, double *logprobs);

#endif
