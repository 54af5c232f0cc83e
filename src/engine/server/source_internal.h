/* The texts that an encoder reads: each is read once, and what the decoder sees of it is kept for
   all sequences that answer it. A model without an encoder has none. */
#ifndef BIGSWEEP_ENGINE_SERVER_SOURCE_INTERNAL_H
#define BIGSWEEP_ENGINE_SERVER_SOURCE_INTERNAL_H

#include "engine/server/sequence_internal.h"
#include "engine/server/server_internal.h"

typedef struct bs_source {
  bs_token_span ids;
  bs_kv_path path; /* keys and values for cross-attention; empty: not read yet, or done with */
  size_t n_users;  /* sequences that still need it */
} bs_source;

typedef struct bs_sources {
  bs_source *items;
  size_t n;
} bs_sources;

/* What a request gives as the encoder's text: BS_ERR_INPUT where the model needs one and there is
   none, where it cannot take one, or for ids outside the vocabulary. A text longer than the
   encoder's positions loses *cut tokens on its left. */
bs_status bs_check_source(const bs_engine *engine, bs_token_span *ids, size_t *cut, bs_error *err);

/* The different texts of sorted sequences, in their order. On output, every sequence knows which
   one is its own. */
bs_status bs_sources_of(bs_sources *sources, bs_sequence *sequences, size_t n, bs_error *err);
/* Reads the texts first .. end. */
bs_status bs_sources_read(bs_engine *engine, bs_sources *sources, size_t first, size_t end,
                          bs_error *err);
/* One user less; the last one lets go of what is kept. True: it was the last. */
bool bs_source_leave(bs_source *source);
void bs_sources_free(bs_sources *sources);

#endif
