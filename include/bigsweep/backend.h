/* Who answers: a model behind one table of calls, in terms of text. A question (a context, and what
   is to be scored or generated behind it) is first turned into a query; many queries are then
   answered in one call. The backend alone decides how text becomes tokens and where they are
   computed. The answer to a query does not depend on the other queries of the call. One backend may
   be used by one thread at a time. */
#ifndef BIGSWEEP_BACKEND_H
#define BIGSWEEP_BACKEND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bigsweep/buffer.h"
#include "bigsweep/checkpoint.h"
#include "bigsweep/engine.h"
#include "bigsweep/error.h"
#include "bigsweep/tokenizer.h"
#include "bigsweep/visibility.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Where the border between prompt and answer lies in tokens.
   JOINT: white space at the end of the context moves to the continuation. When encode(context +
   continuation) begins with the tokens of encode(context), what is behind them is the continuation;
   when a token spans the border, both are encoded alone.
   SEPARATE: both are encoded alone as they are, as BIG-bench did.
   A model with an encoder reads the context with it, as a whole text with all that the tokenizer
   puts around one; the continuation is encoded alone, without that, after white space has moved
   where the border is joint. */
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
  bs_reading reading;       /* of "local" */
  bool is_to_look; /* only to look at: description, tokenizer and costs. Queries can be made, which
                      counts their tokens, but not answered */
  bool may_lack_tokenizer; /* a missing or unfitting tokenizer is no error: the backend then takes
                              token ids alone */
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

/* Estimates of what work with a model costs, for plans. */
typedef struct bs_backend_cost {
  double per_token; /* floating-point operations for one token of a batch: of a context, where
                       another number is for tokens of answers */
  double per_answer_token; /* 0: as per_token */
  double opening;          /* the operations that could be done in the time that opening takes */
  double smallest; /* the smallest number of operations in one call that still runs at full speed */
  uint64_t memory_bytes; /* it takes here, beside mapped files */
  uint64_t least_bytes;  /* less than it takes on any machine with any options */
} bs_backend_cost;

/* Opens a model. BS_ERR_USAGE names the known kinds. Of `spec` only the script is kept; it is
 * borrowed until bs_backend_close. */
BS_API bs_status bs_backend_open(bs_backend **out, const bs_backend_spec *spec, bs_error *err);
BS_API void bs_backend_close(bs_backend **backend);

/* Borrowed until the backend is closed. */
BS_API const bs_backend_info *bs_backend_about(const bs_backend *backend);
BS_API bs_status bs_backend_cost_of(const bs_backend *backend, bs_backend_cost *cost,
                                    bs_error *err);

/* Reads everything that answers depend on. On output, `sha256` has its hash as 64 hex digits and
   NUL, and lines for bs_backend_check_copy are appended to `fingerprints`. BS_ERR_INPUT where the
   model cannot give meaningful answers (weights that are not finite). */
BS_API bs_status bs_backend_identify(const bs_backend *backend, char sha256[65],
                                     bs_text *fingerprints, bs_error *err);
/* To be called before opening: BS_ERR_INPUT when the model at that place on this node is not the
 * one that the fingerprints were made from. */
BS_API bs_status bs_backend_check_copy(const bs_backend_spec *spec, const char *fingerprints,
                                       bs_error *err);

/* A part of a question: text, which may hold U+0000, or, where `text` is NULL, token ids. */
typedef struct bs_passage {
  const char *text;
  size_t n_bytes;
  const int32_t *ids; /* [n_ids] */
  size_t n_ids;
} bs_passage;

/* What is done with a continuation that has no tokens. White space that moves to it at a joint
 * border counts as its text. */
typedef enum bs_tokenless {
  BS_TOKENLESS_ALLOWED,   /* its log-probability is 0 */
  BS_TOKENLESS_IF_EMPTY,  /* the same if its text is empty, too; else BS_ERR_INPUT */
  BS_TOKENLESS_FORBIDDEN, /* BS_ERR_INPUT */
} bs_tokenless;

/* The wrap that a context of text has around its prompt (its chat format). The context begins with
   n_before_bytes of it, the prompt follows, and what is behind the prompt stands. Where the context
   is too long, tokens are taken from the prompt alone. A token that the tokenizer puts before a
   text (BOS) stands there once where the wrap spells it out. */
typedef struct bs_wrapping {
  bool is_there; /* false: there is no wrap */
  size_t n_before_bytes, n_prompt_bytes;
  bool keeps_end; /* white space at the end of the context stays there: it is of the wrap */
} bs_wrapping;

/* A context and what is asked behind it: all of it text, or all of it token ids. */
typedef struct bs_question {
  bs_border border; /* of text */
  bs_passage context;
  const bs_passage *continuations; /* [n] to score */
  size_t n;
  bs_tokenless tokenless;
  bool is_inside; /* the context stands within a longer text: the tokens that the tokenizer puts
                     before a text (BOS) are left out */
  bool is_prompt; /* text is to be generated behind the context */
  bs_wrapping wrapping;
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

/* `question` is not kept; the backend is borrowed until bs_query_free. BS_ERR_INPUT: text that is
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
  const char *const *stops; /* [n_stops] the text ends before the first of them, and where it is a
                               special token, which has no text, with that; none is empty */
  size_t n_stops;
} bs_text_request;

typedef struct bs_text_result {
  bs_error error;  /* status BS_OK: the rest is valid */
  bs_text text;    /* `data` is not NULL; may hold U+0000 */
  size_t n_tokens; /* new ones, those of a stop and of what follows it included */
  bs_finish finish;
  size_t truncated_tokens; /* taken from the prompt's left */
} bs_text_result;

/* Returns true when request `index` needs no more text. text[0..n_bytes) is the part of its text
 * that later tokens cannot change. */
typedef bool (*bs_enough)(void *user, size_t index, const char *text, size_t n_bytes);

/* Generates, all in one batch. `enough` (optional) saves work: once it has returned true for a
   text, generation may stop at any later token. At a joint border the white space at the prompt's
   end is part of what the model generates, and is removed from the beginning of the text as far as
   it is there. Fills results[n], freed by bs_text_results_free; an error is returned only when the
   whole batch failed. */
BS_API bs_status bs_backend_generate(bs_backend *backend, const bs_text_request *requests, size_t n,
                                     bs_enough enough, void *user, bs_text_result **results,
                                     bs_error *err);
BS_API void bs_text_results_free(bs_text_result **results, size_t n);

/* The work done since the backend was opened; all 0 where it is not known. */
BS_API void bs_backend_work_done(const bs_backend *backend, bs_engine_work *work);

#ifdef __cplusplus
}
#endif

#endif
