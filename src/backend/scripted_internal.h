/* A backend whose answers are given: for tests of what stands above, without a model. */
#ifndef BIGSWEEP_BACKEND_SCRIPTED_INTERNAL_H
#define BIGSWEEP_BACKEND_SCRIPTED_INTERNAL_H

#include "bigsweep/backend.h"

/* Who gives the answers. Texts are NUL-terminated, as the question has them: with a joint border
   nothing moves, and no token spans it. An error of `score` or `generate` is that question's. */
typedef struct bs_script {
  void *user;
  size_t max_positions;          /* 0: not known */
  const bs_tokenizer *tokenizer; /* that bs_backend_about gives; NULL: none */
  /* NULL: tokens cannot be counted before the answer. */
  size_t (*count)(void *user, const char *text);
  /* Fills in logprob, n_tokens and n_greedy. NULL: it cannot score. */
  bs_status (*score)(void *user, const char *context, const char *continuation, bs_score *score,
                     bs_error *err);
  /* Appends the text, which ends at the request's stops all the same. NULL: it cannot generate. */
  bs_status (*generate)(void *user, const char *prompt, const bs_text_request *request,
                        bs_text *text, bs_error *err);
} bs_script;

#endif
