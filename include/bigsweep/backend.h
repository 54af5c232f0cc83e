/* Who answers: a model behind one table of calls, in terms of text. A question is put first (a
   context, with what is to be scored or generated behind it); many questions are then answered in
   one call. How text becomes tokens, what computes them and where is the backend's own affair.
   The answer to a question does not depend on what it is answered together with. One backend may be
   used by one thread at a time. */
#ifndef BIGSWEEP_BACKEND_H
#define BIGSWEEP_BACKEND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bigsweep/buffer.h"
#include "bigsweep/checkpoint.h"
#include "bigsweep/engine.h"
#include "bigsweep/error.h"
#include "bigsweep/export.h"
#include "bigsweep/tokenizer.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Where the border between prompt and answer lies in tokens.
   JOINT: white space at the end of the context moves to the continuation. When encode(context +
   continuation) begins with the tokens of encode(context), what is behind them is the continuation;
   when a token spans the border, both are encoded alone.
   SEPARATE: both are encoded alone as they are, as BIG-bench did. */
typedef enum bs_border { BS_BORDER_JOINT, BS_BORDER_SEPARATE } bs_border;

/* "joint", "separate" -> border; BS_ERR_USAGE names the known ones. */
BS_API bs_status bs_border_parse(bs_border *out, const char *name, bs_error *err);
BS_API const char *bs_border_name(bs_border border);

typedef struct bs_backend bs_backend;

/* Which model to open, and how. */
typedef struct bs_backend_spec {
  const char *kind;         /* NULL: "local", a checkpoint that this program computes */
  const char *place;        /* of "local": the checkpoint's folder */
  bs_engine_options engine; /* of "local" */
  bool is_to_look;          /* description, tokenizer and costs alone: questions can be put, so that
                               their tokens are counted, but are not answered */
  bool may_lack_tokenizer;  /* without one, or with another model's, it opens and takes token ids
                               alone; else that is an error of opening */
  void (*note)(void *user, const char *note); /* (optional) receives remarks on what was read, one
                                                 line each without a newline, while it opens */
  void *user;
  const struct bs_script *script; /* of "scripted": src/backend/scripted_internal.h */
} bs_backend_spec;

/* What a backend can do. */
typedef enum bs_ability {
  BS_CAN_SCORE = 1,           /* log-probabilities of given continuations */
  BS_CAN_GENERATE = 2,        /* text behind a prompt */
  BS_CAN_COUNT_TOKENS = 4,    /* before it answers; else a score tells its number of tokens */
  BS_CAN_TAKE_IDS = 8,        /* token ids in place of text */
  BS_CAN_SPLIT_LOGPROBS = 16, /* scores have the log-probability of each token */
  BS_CAN_TELL_GREEDY = 32,    /* scores tell how many tokens are the most likely one */
} bs_ability;

/* What a backend is. */
typedef struct bs_backend_info {
  const char *kind;
  unsigned can;                  /* of bs_ability; BS_CAN_SCORE and BS_CAN_GENERATE not to look */
  bool is_to_look;               /* as it was opened */
  bs_model_info model;           /* what is not known is 0 or NULL */
  const bs_tokenizer *tokenizer; /* the model's; NULL: not known here */
} bs_backend_info;

/* What work with a model costs, for plans: estimates. */
typedef struct bs_backend_cost {
  double per_token;      /* floating-point operations for one token of a batch */
  double opening;        /* the operations that could be done while it is opened */
  double smallest;       /* the operations that are still done at full speed together */
  uint64_t memory_bytes; /* it takes here, beside mapped files */
  uint64_t least_bytes;  /* less than it takes anywhere, with whatever options */
} bs_backend_cost;

/* Opens a model. BS_ERR_USAGE names the known kinds. Nothing of `spec` is kept but its script,
   which is borrowed until bs_backend_close. */
BS_API bs_status bs_backend_open(bs_backend **out, const bs_backend_spec *spec, bs_error *err);
BS_API void bs_backend_close(bs_backend **backend);

/* Borrowed until the backend is closed. */
BS_API const bs_backend_info *bs_backend_about(const bs_backend *backend);
BS_API bs_status bs_backend_cost_of(const bs_backend *backend, bs_backend_cost *cost,
                                    bs_error *err);

/* Reads all that answers depend on. `sha256` receives the hash of it as 64 hex digits and NUL;
   `fingerprints` lines for bs_backend_check_copy are appended to. BS_ERR_INPUT where the model
   cannot give meaningful answers (weights that are not finite). */
BS_API bs_status bs_backend_identify(const bs_backend *backend, char sha256[65],
                                     bs_text *fingerprints, bs_error *err);
/* Before opening: BS_ERR_INPUT where this node has another model at that place than the one that
   the fingerprints are of. */
BS_API bs_status bs_backend_check_copy(const bs_backend_spec *spec, const char *fingerprints,
                                       bs_error *err);

/* A part of a question: text, which may hold U+0000, or, where `text` is NULL, token ids. */
typedef struct bs_passage {
  const char *text;
  size_t n_bytes;
  const int32_t *ids; /* [n_ids] */
  size_t n_ids;
} bs_passage;

/* What becomes of a continuation that has no tokens. What moves to it at a joint border counts as
   its text. */
typedef enum bs_tokenless {
  BS_TOKENLESS_ALLOWED,   /* its log-probability is 0 */
  BS_TOKENLESS_IF_EMPTY,  /* the same, where it has no text either; else BS_ERR_INPUT */
  BS_TOKENLESS_FORBIDDEN, /* BS_ERR_INPUT */
} bs_tokenless;

/* A context and what is asked behind it: all of it text, or all of it token ids. */
typedef struct bs_question {
  bs_border border; /* of text */
  bs_passage context;
  const bs_passage *continuations; /* [n] to score */
  size_t n;
  bs_tokenless tokenless;
  bool is_inside; /* the context stands within a longer text, and is counted alone: what the
                     tokenizer puts before a text (BOS) is left out */
  bool is_prompt; /* text is to be generated behind the context */
} bs_question;

/* A question as a backend has understood it. */
typedef struct bs_query {
  size_t n_context_tokens;
  size_t n;         /* continuations */
  size_t *n_tokens; /* [n] of each continuation; without BS_CAN_COUNT_TOKENS these numbers are 0 */
  size_t n_spanned; /* continuations for which a token would span a joint border */
  void *own;        /* the backend's */
  void (*free_own)(void *own);
} bs_query;

/* `question` need not stay; the backend must stay until bs_query_free. BS_ERR_INPUT: text that is
   not UTF-8, a continuation without tokens, no tokenizer. */
BS_API bs_status bs_backend_ask(bs_query **out, const bs_backend *backend,
                                const bs_question *question, bs_error *err);
BS_API void bs_query_free(bs_query **query);

/* Scores the continuations of queries[n], all in one batch: results as bs_engine_score gives them,
   one for each query, with a score for each of its continuations; freed by bs_score_results_free.
   token_logprobs are NULL without BS_CAN_SPLIT_LOGPROBS. */
BS_API bs_status bs_backend_score(bs_backend *backend, bs_query *const *queries, size_t n,
                                  bs_score_result **results, bs_error *err);

/* A text to be generated. */
typedef struct bs_text_request {
  const bs_query *query; /* that is_prompt */
  size_t max_tokens;     /* see bs_generate_request for these */
  double temperature, top_p;
  uint64_t seed;
  const char *const *stops; /* [n_stops] the text ends before the first of them; none is empty */
  size_t n_stops;
} bs_text_request;

typedef struct bs_text_result {
  bs_error error;  /* status BS_OK: the rest is valid */
  bs_text text;    /* `data` is not NULL; may hold U+0000 */
  size_t n_tokens; /* new ones, those of a stop and of what follows it included */
  bs_finish finish;
  size_t truncated_tokens; /* taken from the prompt's left */
} bs_text_result;

/* Whether the text of request `index` so far is enough: text[0..n_bytes) is what cannot change any
   more by what follows. */
typedef bool (*bs_enough)(void *user, size_t index, const char *text, size_t n_bytes);

/* Generates, all in one batch. `enough` (optional) saves work: a text of which it has once been
   true may end there, and need not. Behind a joint border the white space at the prompt's end is
   taken from the front of the text, as much as it begins with. Fills results[n], freed by
   bs_text_results_free; an error is returned only when the whole batch failed. */
BS_API bs_status bs_backend_generate(bs_backend *backend, const bs_text_request *requests, size_t n,
                                     bs_enough enough, void *user, bs_text_result **results,
                                     bs_error *err);
BS_API void bs_text_results_free(bs_text_result **results, size_t n);

/* Since it was opened; all 0 where it is not known. */
BS_API void bs_backend_work_done(const bs_backend *backend, bs_engine_work *work);

#ifdef __cplusplus
}
#endif

#endif
