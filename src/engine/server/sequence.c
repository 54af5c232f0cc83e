/* Token sequences as a tree of common prefixes. */
#include "engine/server/sequence_internal.h"

#include <stdlib.h>
#include <string.h>

#include "base/size_internal.h"

/* Token `at`, which may be n: the one after the last that is computed. */
static int32_t token_at(const bs_sequence *sequence, size_t at) {
  if (at < sequence->front.n)
    return sequence->front.ids[at];
  at -= sequence->front.n;
  return at < sequence->head.n ? sequence->head.ids[at] : sequence->tail.ids[at - sequence->head.n];
}

bs_status bs_sequence_cut(bs_sequence *sequence, bs_token_span context, bs_kept kept, size_t cut,
                          bs_error *err) {
  size_t n_first = bs_size_min(cut > 0 ? kept.n_first : 0, context.n);
  size_t n_last = bs_size_min(kept.n_last, context.n - n_first);
  if (cut > context.n - n_first - n_last)
    return bs_error_set(err, BS_ERR_LIMIT,
                        "%zu tokens around the prompt are its wrap's and stay, but with what comes "
                        "behind them only %zu fit the model's positions",
                        n_first + n_last, context.n - cut);
  if (n_first > 0)
    sequence->front = (bs_token_span){context.ids, n_first};
  sequence->head = (bs_token_span){context.ids + n_first + cut, context.n - n_first - cut};
  return BS_OK;
}

void bs_sequence_copy(const bs_sequence *sequence, size_t first, size_t n, int32_t *out) {
  for (size_t i = 0; i < n; i++)
    out[i] = token_at(sequence, first + i);
}

int bs_span_compare(bs_token_span a, bs_token_span b) {
  if (a.n != b.n)
    return a.n < b.n ? -1 : 1;
  if (a.ids == b.ids)
    return 0;
  for (size_t i = 0; i < a.n; i++)
    if (a.ids[i] != b.ids[i])
      return a.ids[i] < b.ids[i] ? -1 : 1;
  return 0;
}

size_t bs_sequence_shared(const bs_sequence *a, const bs_sequence *b) {
  if (bs_span_compare(a->source, b->source) != 0)
    return 0;
  size_t n = bs_size_min(a->n, b->n), at = 0;
  if (a->length_class != b->length_class)
    return 0;
  /* The usual case: choices of one context. */
  if (a->head.ids == b->head.ids && a->front.ids == b->front.ids && a->front.n == b->front.n)
    at = a->front.n + bs_size_min(a->head.n, b->head.n);
  if (at > n)
    at = n;
  while (at < n && token_at(a, at) == token_at(b, at))
    at++;
  return at;
}

static int compare(const void *left, const void *right) {
  const bs_sequence *a = left, *b = right;
  int by_source = bs_span_compare(a->source, b->source);
  if (by_source != 0)
    return by_source;
  if (a->length_class != b->length_class)
    return a->length_class < b->length_class ? -1 : 1;
  size_t shared = bs_sequence_shared(a, b);
  if (shared < a->n && shared < b->n)
    return token_at(a, shared) < token_at(b, shared) ? -1 : 1;
  if (a->n != b->n)
    return a->n < b->n ? -1 : 1;
  return a->owner < b->owner ? -1 : a->owner > b->owner;
}

void bs_sequence_sort(bs_sequence *sequences, size_t n) {
  if (n > 1)
    qsort(sequences, n, sizeof *sequences, compare);
}
