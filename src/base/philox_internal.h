/* Philox4x32-10, a counter-based random number generator (Salmon, Moraes, Dror, Shaw: "Parallel
   random numbers: as easy as 1, 2, 3", SC11): ten rounds of multiplication and key addition turn a
   counter and a key into four words. */
#ifndef BIGSWEEP_BASE_PHILOX_INTERNAL_H
#define BIGSWEEP_BASE_PHILOX_INTERNAL_H

#include <stdint.h>

void bs_philox(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4]);

/* The same for counters whose first word counts on: out[i] is of counter[0] + i. */
enum { BS_PHILOX_LANES = 8 };
void bs_philox_lanes(const uint32_t counter[4], const uint32_t key[2],
                     uint32_t out[BS_PHILOX_LANES][4]);

/* A number of [0, 1), a multiple of 2^-53: a function of seed and step alone. */
double bs_philox_uniform(uint64_t seed, uint64_t step);

#endif
