/* The most probable choice, and probabilities of choices among themselves. */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/text_internal.h"
#include "metrics/choices_internal.h"

/* The remainder of the big-endian number in `digest` by n. */
static size_t digest_modulo(const unsigned char digest[32], size_t n) {
  uint64_t rest = 0;
  for (size_t i = 0; i < 32; i++)
    rest = (rest << 8 | digest[i]) % n; /* n counts choices in memory: far below 2^56 */
  return (size_t)rest;
}

/* The values as little-endian float64, whatever this machine's order is. */
static bool digest_of(const double *values, size_t n, unsigned char digest[32]) {
  unsigned char *bytes = n <= SIZE_MAX / 8 ? malloc(n * 8) : NULL;
  if (bytes == NULL)
    return false;
  for (size_t i = 0; i < n; i++) {
    uint64_t bits;
    memcpy(&bits, &values[i], sizeof bits);
    for (size_t j = 0; j < 8; j++)
      bytes[8 * i + j] = (unsigned char)(bits >> 8 * j);
  }
  bool done = bs_sha256(bytes, n * 8, digest, NULL) == BS_OK;
  free(bytes);
  return done;
}

size_t bs_best_choice(const double *logprobs, size_t n) {
  size_t best = 0, n_tied = 0;
  for (size_t i = 1; i < n; i++)
    if (logprobs[i] > logprobs[best])
      best = i;
  for (size_t i = 0; i < n; i++)
    n_tied += logprobs[i] == logprobs[best];
  unsigned char digest[32];
  if (n_tied < 2 || !digest_of(logprobs, n, digest))
    return best;
  size_t wanted = digest_modulo(digest, n_tied);
  for (size_t i = best; i < n; i++)
    if (logprobs[i] == logprobs[best] && wanted-- == 0)
      return i;
  return best;
}

size_t bs_outcome_choice(const bs_outcome *outcome) {
  return outcome->is_vote ? outcome->voted
                          : bs_best_choice(outcome->choice_logprobs, outcome->n_choices);
}

bool bs_choice_normaliser(const bs_outcome *outcome, double *largest, double *sum) {
  *largest = -INFINITY;
  *sum = 0;
  for (size_t i = 0; i < outcome->n_choices; i++)
    if (outcome->choice_logprobs[i] > *largest)
      *largest = outcome->choice_logprobs[i];
  for (size_t i = 0; i < outcome->n_choices; i++)
    *sum += exp(outcome->choice_logprobs[i] - *largest);
  return isfinite(*largest) && isfinite(*sum);
}

double bs_choice_right(const bs_outcome *outcome, double largest) {
  double right = 0, best = outcome->target_scores[0];
  for (size_t i = 1; i < outcome->n_choices; i++)
    best = fmax(best, outcome->target_scores[i]);
  for (size_t i = 0; i < outcome->n_choices; i++)
    if (outcome->target_scores[i] == best)
      right += exp(outcome->choice_logprobs[i] - largest);
  return right;
}
