/* The table of backends: what each kind must supply. */
#ifndef BIGSWEEP_BACKEND_BACKEND_INTERNAL_H
#define BIGSWEEP_BACKEND_BACKEND_INTERNAL_H

#include "bigsweep/backend.h"

/* Each call does what the public one of its name does; `state` is what `open` has made. */
typedef struct bs_backend_kind {
  const char *name;
  bs_status (*open)(void **state, const bs_backend_spec *spec, bs_error *err);
  void (*info)(const void *state, bs_backend_info *info); /* all but kind and is_to_look */
  bs_status (*cost)(const void *state, bs_backend_cost *cost, bs_error *err);
  bs_status (*identify)(const void *state, char sha256[65], bs_text *fingerprints, bs_error *err);
  bs_status (*check_copy)(const bs_backend_spec *spec, const char *fingerprints, bs_error *err);
  /* Fills in a query whose n and n_tokens are there. */
  bs_status (*ask)(const void *state, const bs_question *question, bs_query *query, bs_error *err);
  bs_status (*score)(void *state, bs_query *const *queries, size_t n, bs_score_result **results,
                     bs_error *err);
  bs_status (*generate)(void *state, const bs_text_request *requests, size_t n, bs_enough enough,
                        void *user, bs_text_result *results, bs_error *err);
  void (*work_done)(const void *state, bs_engine_work *work);
  void (*close)(void *state); /* also of a state that was opened in part */
} bs_backend_kind;

extern const bs_backend_kind bs_backend_local;
extern const bs_backend_kind bs_backend_scripted;

/* Ends a text before the first of the stops that it holds; true: there was one. */
bool bs_text_end_at_stop(bs_text *text, const char *const *stops, size_t n_stops);

#endif
