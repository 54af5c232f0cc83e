/* The token sequences of a batch, sorted so that their common prefixes form a tree: walked in
   order, each sequence shares its longest prefix with the one before it. */
#ifndef BIGSWEEP_ENGINE_SERVER_SEQUENCE_INTERNAL_H
#define BIGSWEEP_ENGINE_SERVER_SEQUENCE_INTERNAL_H

#include "bigsweep/engine.h"

/* `front`, `head` and `tail`, of which the first n tokens are to be computed. */
typedef struct bs_sequence {
  bs_token_span source; /* what the encoder has read before it; empty: there is no encoder */
  size_t source_index;  /* of bs_sources */
  bs_token_span front;  /* what stays of a text that has lost tokens behind it; else empty */
  bs_token_span head, tail;
  size_t n;
  size_t
      length_class; /* texts of other classes have other keys and values (blueprint_internal.h) */
  size_t owner;     /* the caller's index of what it belongs to */
} bs_sequence;

/* Front and head become a context that loses `cut` tokens. BS_ERR_LIMIT: what is to be kept of it
   leaves too little to take. */
bs_status bs_sequence_cut(bs_sequence *sequence, bs_token_span context, bs_kept kept, size_t cut,
                          bs_error *err);
/* Copies tokens first .. first + n. */
void bs_sequence_copy(const bs_sequence *sequence, size_t first, size_t n, int32_t *out);
/* Less than, equal to or more than 0: an order of token sequences. */
int bs_span_compare(bs_token_span a, bs_token_span b);
/* Length of the common prefix of what is computed, as far as it can be shared: not where sources or
   length classes differ. */
size_t bs_sequence_shared(const bs_sequence *a, const bs_sequence *b);
/* Sorts by source, then by length class, then by the computed tokens, equal ones by owner. */
void bs_sequence_sort(bs_sequence *sequences, size_t n);

#endif
