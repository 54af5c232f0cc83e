/* Drawing a token from logits. */
#include "engine/server/sample_internal.h"

#include <math.h>
#include <stdbool.h>

/* Whether a comes before b: it is likelier, or as likely with a lower id. */
static bool is_before(const bs_candidate *a, const bs_candidate *b) {
  return a->weight != b->weight ? a->weight > b->weight : a->id < b->id;
}

/* Lets heap[at] sink until none of heap[n] comes before its parent, as the others already do not.
 */
static void sink(bs_candidate *heap, size_t n, size_t at) {
  bs_candidate moved = heap[at];
  for (size_t child = 2 * at + 1; child < n; child = 2 * at + 1) {
    if (child + 1 < n && is_before(&heap[child + 1], &heap[child]))
      child++;
    if (!is_before(&heap[child], &moved))
      break;
    heap[at] = heap[child];
    at = child;
  }
  heap[at] = moved;
}

/* Puts the first candidates, as few as reach `wanted`, behind each other at the array's end, the
   first one last, and returns how many these are. Few of a vocabulary are wanted nearly always,
   which a heap gives without sorting the rest. */
static size_t take_first(bs_candidate *all, size_t n, double wanted, double *reached) {
  size_t left = n;
  *reached = 0;
  for (size_t at = n / 2; at-- > 0;)
    sink(all, n, at);
  while (left > 0 && *reached < wanted) {
    bs_candidate first = all[0];
    *reached += first.weight;
    all[0] = all[--left];
    sink(all, left, 0);
    all[left] = first;
  }
  return n - left;
}

/* The first of n > 0 candidates, `step` apart, that takes the sum of weights past `mark`. */
static int32_t draw(const bs_candidate *first, ptrdiff_t step, size_t n, double mark) {
  double sum = 0;
  const bs_candidate *last = first;
  for (size_t i = 0; i < n; i++) {
    const bs_candidate *at = first + (ptrdiff_t)i * step;
    sum += at->weight;
    if (sum > mark)
      return at->id;
    if (at->weight > 0)
      last = at;
  }
  return last->id; /* rounding left the sum short: the last one that has a chance */
}

int32_t bs_sample(const float *logits, size_t n, double temperature, double top_p, double u,
                  bs_candidate *scratch) {
  double largest = -INFINITY, total = 0;
  for (size_t i = 0; i < n; i++)
    largest = (double)logits[i] > largest ? (double)logits[i] : largest;
  for (size_t i = 0; i < n; i++) {
    double weight = exp(((double)logits[i] - largest) / temperature);
    scratch[i] = (bs_candidate){.weight = weight, .id = (int32_t)i};
    total += weight;
  }
  if (!isfinite(total))
    return -1;
  if (!(top_p > 0 && top_p < 1))
    return draw(scratch, 1, n, u * total);
  size_t n_kept = take_first(scratch, n, top_p * total, &total);
  return draw(scratch + n - 1, -1, n_kept, u * total);
}
