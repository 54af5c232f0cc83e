/* The most frequent of several answers (self-consistency: Wang et al. 2022, arXiv:2203.11171). */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory_internal.h"
#include "metrics/text_internal.h"
#include "metrics/vote_internal.h"

typedef struct ballot {
  bs_stripped answer;
  size_t place;
} ballot;

static int compare(const void *a, const void *b) {
  const ballot *left = a, *right = b;
  int order = bs_stripped_compare(left->answer, right->answer);
  return order != 0 ? order : left->place < right->place ? -1 : left->place > right->place;
}

bs_status bs_vote(const char *const *answers, size_t n, bs_ballot_kind kind, size_t *winner,
                  double *share, bs_error *err) {
  ballot *ballots = bs_array_new(n, sizeof *ballots, err);
  if (ballots == NULL)
    return BS_ERR_MEMORY;
  for (size_t i = 0; i < n; i++)
    ballots[i] = (ballot){kind == BS_VOTE_OF_TEXTS ? bs_strip(answers[i])
                                                   : (bs_stripped){answers[i], strlen(answers[i])},
                          i};
  qsort(ballots, n, sizeof *ballots, compare);
  /* Equal answers are neighbours now, the one that came first in front; empty ones are the first.
   */
  size_t most = 0, place = 0;
  for (size_t first = 0, next; first < n; first = next) {
    next = first + 1;
    while (next < n && bs_stripped_compare(ballots[next].answer, ballots[first].answer) == 0)
      next++;
    bool counts = kind == BS_VOTE_OF_CHOICES || ballots[first].answer.n_bytes > 0 || next == n;
    size_t count = counts ? next - first : 0;
    if (count > most || (count == most && count > 0 && ballots[first].place < place)) {
      most = count;
      place = ballots[first].place;
    }
  }
  *winner = place;
  *share = (double)most / (double)n;
  free(ballots);
  return BS_OK;
}

void bs_vote_logprobs(const size_t *choices, size_t n, size_t n_choices, double *logprobs) {
  for (size_t k = 0; k < n_choices; k++) {
    size_t count = 0;
    for (size_t i = 0; i < n; i++)
      count += choices[i] == k;
    logprobs[k] = count > 0 ? log((double)count / (double)n) : -INFINITY;
  }
}
