/* The random numbers of NumPy's RandomState, which BIG-bench draws shots with. */
#include "tasks/random_internal.h"

enum { SHIFTED = 397 };

void bs_random_seed(bs_random *random, uint32_t seed) {
  random->words[0] = seed;
  for (uint32_t i = 1; i < BS_RANDOM_WORDS; i++) {
    uint32_t before = random->words[i - 1];
    random->words[i] = UINT32_C(1812433253) * (before ^ before >> 30) + i;
  }
  random->next = BS_RANDOM_WORDS;
}

static uint32_t twist(uint32_t high, uint32_t low) {
  uint32_t mixed = (high & UINT32_C(0x80000000)) | (low & UINT32_C(0x7FFFFFFF));
  return mixed >> 1 ^ ((0 - (low & 1)) & UINT32_C(0x9908B0DF));
}

static void refill(bs_random *random) {
  uint32_t *w = random->words;
  size_t i = 0;
  for (; i < BS_RANDOM_WORDS - SHIFTED; i++)
    w[i] = w[i + SHIFTED] ^ twist(w[i], w[i + 1]);
  for (; i < BS_RANDOM_WORDS - 1; i++)
    w[i] = w[i + SHIFTED - BS_RANDOM_WORDS] ^ twist(w[i], w[i + 1]);
  w[i] = w[SHIFTED - 1] ^ twist(w[i], w[0]);
  for (i = 0; i < BS_RANDOM_WORDS; i++) {
    uint32_t y = w[i];
    y ^= y >> 11;
    y ^= y << 7 & UINT32_C(0x9D2C5680);
    y ^= y << 15 & UINT32_C(0xEFC60000);
    random->drawn[i] = y ^ y >> 18;
  }
  random->next = 0;
}

/* Permutations draw tens of millions for a task of some thousand examples: kept inline. */
static inline uint32_t next(bs_random *random) {
  if (random->next == BS_RANDOM_WORDS)
    refill(random);
  return random->drawn[random->next++];
}

uint32_t bs_random_next(bs_random *random) { return next(random); }

static inline uint32_t draw(bs_random *random, uint32_t max, uint32_t mask) {
  uint32_t value;
  do
    value = next(random) & mask;
  while (value > max);
  return value;
}

/* The least 2^b - 1 that covers max. */
static uint32_t mask_of(uint32_t max) {
  uint32_t mask = max;
  for (unsigned shift = 1; shift < 32; shift *= 2)
    mask |= mask >> shift;
  return mask;
}

uint32_t bs_random_interval(bs_random *random, uint32_t max) {
  return max == 0 ? 0 : draw(random, max, mask_of(max));
}

void bs_random_permutation(bs_random *random, uint32_t *permutation, uint32_t n) {
  for (uint32_t i = 0; i < n; i++)
    permutation[i] = i;
  if (n < 2)
    return;
  uint32_t mask = mask_of(n - 1);
  for (uint32_t i = n - 1; i > 0; i--) {
    if (i <= mask >> 1)
      mask >>= 1;
    uint32_t j = draw(random, i, mask);
    uint32_t kept = permutation[i];
    permutation[i] = permutation[j];
    permutation[j] = kept;
  }
}
