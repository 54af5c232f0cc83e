/* Ten rounds of Philox, and a uniform number from them. */
#include "base/philox_internal.h"

#include <stddef.h>
#include <string.h>

void bs_philox(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4]) {
  uint32_t x[4], k0 = key[0], k1 = key[1];
  memcpy(x, counter, sizeof x);
  for (int round = 0; round < 10; round++) {
    uint64_t a = (uint64_t)0xD2511F53U * x[0], b = (uint64_t)0xCD9E8D57U * x[2];
    uint32_t next[4] = {(uint32_t)(b >> 32) ^ x[1] ^ k0, (uint32_t)b,
                        (uint32_t)(a >> 32) ^ x[3] ^ k1, (uint32_t)a};
    memcpy(x, next, sizeof x);
    k0 += 0x9E3779B9U;
    k1 += 0xBB67AE85U;
  }
  memcpy(out, x, sizeof x);
}

void bs_philox_lanes(const uint32_t counter[4], const uint32_t key[2],
                     uint32_t out[BS_PHILOX_LANES][4]) {
  uint32_t x[4][BS_PHILOX_LANES], k0 = key[0], k1 = key[1];
  for (uint32_t i = 0; i < BS_PHILOX_LANES; i++) {
    x[0][i] = counter[0] + i;
    x[1][i] = counter[1];
    x[2][i] = counter[2];
    x[3][i] = counter[3];
  }
  for (int round = 0; round < 10; round++) {
    for (size_t i = 0; i < BS_PHILOX_LANES; i++) {
      uint64_t a = (uint64_t)0xD2511F53U * x[0][i], b = (uint64_t)0xCD9E8D57U * x[2][i];
      x[0][i] = (uint32_t)(b >> 32) ^ x[1][i] ^ k0;
      x[2][i] = (uint32_t)(a >> 32) ^ x[3][i] ^ k1;
      x[1][i] = (uint32_t)b;
      x[3][i] = (uint32_t)a;
    }
    k0 += 0x9E3779B9U;
    k1 += 0xBB67AE85U;
  }
  for (size_t i = 0; i < BS_PHILOX_LANES; i++)
    for (size_t word = 0; word < 4; word++)
      out[i][word] = x[word][i];
}

double bs_philox_uniform(uint64_t seed, uint64_t step) {
  const uint32_t counter[4] = {(uint32_t)step, (uint32_t)(step >> 32), 0, 0};
  const uint32_t key[2] = {(uint32_t)seed, (uint32_t)(seed >> 32)};
  uint32_t words[4];
  bs_philox(counter, key, words);
  uint64_t bits = (uint64_t)words[0] << 32 | words[1];
  return (double)(bits >> 11) * 0x1p-53;
}
