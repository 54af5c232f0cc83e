/* A stack as plain as it can be: one sequence, everything in double, all scores of a head in one
   array. It shares the description (bs_blueprint) with the engine and nothing else. */
#ifndef BIGSWEEP_TESTS_REFERENCE_H
#define BIGSWEEP_TESTS_REFERENCE_H

#include "checkpoint/blueprint_internal.h"

typedef struct reference reference;

/* Expands the weights; `blueprint` is borrowed. May be used from several threads at once. */
reference *reference_new(const bs_blueprint *blueprint);
void reference_free(reference *r);
/* logprobs[k] = log p(ids[first + k + 1] | ids[..first + k]) for first + k + 1 < n. */
void reference_logprobs_from(const reference *r, const int32_t *ids, size_t n, size_t first,
                             double *logprobs);

/* The same for one sequence: logprobs[k] = log p(ids[k + 1] | ids[..k]) for k + 1 < n. */
void reference_logprobs(const bs_blueprint *blueprint, const int32_t *ids, size_t n,
                        double *logprobs);

#endif
