/* The backend that this program computes itself: tokenizer, border and engine of a checkpoint. */
#ifndef BIGSWEEP_BACKEND_LOCAL_INTERNAL_H
#define BIGSWEEP_BACKEND_LOCAL_INTERNAL_H

#include "backend/backend_internal.h"
#include "backend/border_internal.h"

typedef struct bs_local {
  char *dir;
  bs_checkpoint *checkpoint;
  bs_tokenizer *tokenizer; /* NULL: there is none */
  bs_error no_text;        /* why text cannot be asked about; status BS_OK: it can */
  bs_engine *engine;       /* NULL: open to look */
  bs_engine_parts need;    /* of an engine with the options given */
  bool has_encoder;        /* contexts go to it, continuations to the decoder */
  bs_tokens prefix;        /* what the tokenizer puts before a text */
  bs_tokens suffix;        /* and behind one that an encoder reads */
  bool *is_byte; /* [vocab_size] tokens that a byte fallback decoder joins to characters */
  size_t vocab_size;
  size_t longest_source; /* tokens that an encoder takes */
} bs_local;

/* A question in tokens. */
typedef struct bs_local_query {
  bs_tokens context;
  bs_kept kept;             /* of it, where it is too long */
  size_t truncated;         /* tokens that it has lost already: of what an encoder reads */
  bs_tokens *continuations; /* [n] */
  size_t n;
  bs_generation_prompt *prompt; /* NULL: nothing is generated behind it */
} bs_local_query;

bs_status bs_local_ask(const void *state, const bs_question *question, bs_query *query,
                       bs_error *err);
bs_status bs_local_score(void *state, bs_query *const *queries, size_t n, bs_score_result **results,
                         bs_error *err);
bs_status bs_local_generate(void *state, const bs_text_request *requests, size_t n,
                            bs_enough enough, void *user, bs_text_result *results, bs_error *err);

#endif
