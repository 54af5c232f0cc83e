/* Inference: a batch of requests goes in, log-probabilities or generated tokens come out. The batch
   is the unit. The result of a request does not depend on what else is in the batch, on prefix
   sharing or on the number of threads: it is bit-identical on one instruction set and precision.
   The engine works on token ids alone; text is the tokenizer's business. One engine may be used by
   one thread at a time (it runs its own OpenMP threads). */
#ifndef BIGSWEEP_ENGINE_H
#define BIGSWEEP_ENGINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bigsweep/arithmetic.h"
#include "bigsweep/checkpoint.h"
#include "bigsweep/error.h"
#include "bigsweep/visibility.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct bs_engine_options {
  bs_precision precision;
  int n_threads;           /* 0: OpenMP's default */
  bs_isa isa;              /* AUTO: the best that this machine has */
  size_t max_batch_tokens; /* tokens computed in one pass; 0: the default. Never changes results. */
} bs_engine_options;

typedef struct bs_engine bs_engine;

/* Builds an engine over `checkpoint`, which is borrowed until bs_engine_free. `options` may be
   NULL. BS_ERR_LIMIT when weights, pass and tables (bs_engine_memory_parts) need more memory than
   this process can have; the message tells both. */
BS_API bs_status bs_engine_open(bs_engine **out, const bs_checkpoint *checkpoint,
                                const bs_engine_options *options, bs_error *err);
BS_API void bs_engine_free(bs_engine **engine);

/* The precision that runs and the instruction set (never AUTO), for provenance. */
BS_API bs_precision bs_engine_precision(const bs_engine *engine);
BS_API bs_isa bs_engine_isa(const bs_engine *engine);

/* The instruction sets that this machine and this build have, best first; the last is PORTABLE.
   Static storage. */
BS_API const bs_isa *bs_engine_isas(size_t *n);
/* Whether this machine has it; true for AUTO. */
BS_API bool bs_engine_has_isa(bs_isa isa);

typedef struct bs_token_span {
  const int32_t *ids;
  size_t n;
} bs_token_span;

/* Tokens of a text that stay where it is too long: what is taken, is taken from behind the first
   ones. A text with too little in between is the request's error (BS_ERR_LIMIT). */
typedef struct bs_kept {
  size_t n_first, n_last;
} bs_kept;

/* Score each continuation after the one context. An empty context stands for the single token BOS
   (else EOS) of config.json; with neither it is that request's error. A model with an encoder
   (bs_model_info.has_encoder) reads `source` with it, which must not be empty; there the context is
   what the decoder begins with, and an empty one stands for decoder_start_token_id. Without an
   encoder `source` is empty. When context and continuation
   together are longer than the model's positions + 1 the context loses tokens on its left, for each
   continuation as if it stood alone; a continuation longer than the positions is the request's
   error (BS_ERR_LIMIT), as is an id outside the vocabulary (BS_ERR_INPUT) or a log-probability that
   is not finite because the weights overflow (BS_ERR_INPUT). A continuation of 0 tokens has
   log-probability 0. */
typedef struct bs_score_request {
  bs_token_span context;
  const bs_token_span *continuations; /* [n_continuations] */
  size_t n_continuations;
  bs_token_span source; /* longer than the encoder's positions: loses tokens on its left */
  bs_kept kept;         /* of the context */
} bs_score_request;

typedef struct bs_score {
  double logprob;         /* natural log, sum over the tokens in order */
  double *token_logprobs; /* [n_tokens] */
  size_t n_tokens;
  size_t n_greedy; /* tokens that are the most likely one, each after the right ones before it (the
                      lowest id wins a tie) */
  size_t truncated_tokens; /* taken from the left of context and source */
} bs_score;

/* What became of one request; a bad request does not touch its neighbours. */
typedef struct bs_score_result {
  bs_error error;   /* status BS_OK: scores are valid */
  bs_score *scores; /* [n_continuations] */
  size_t n_scores;
} bs_score_result;

/* Work done by an engine since it was opened. */
typedef struct bs_engine_work {
  uint64_t tokens_asked;    /* source + context + continuation tokens, summed over all
                               continuations; source, prompt and new tokens of generation; after
                               truncation */
  uint64_t tokens_computed; /* that went through the layers */
  uint64_t logits_computed; /* positions that went through the output head */
} bs_engine_work;

/* Fills results[n] (allocated here, owned by the caller, freed by bs_score_results_free). Returns
   an error only when the whole batch failed (memory); ids out of range and the like are per
   request. Where a model's scores go by the length of the whole text (rope_type dynamic, longrope),
   that is the context and all of the continuation but its last token, after truncation. */
BS_API bs_status bs_engine_score(bs_engine *engine, const bs_score_request *requests, size_t n,
                                 bs_score_result **results, bs_error *err);
BS_API void bs_score_results_free(bs_score_result **results, size_t n);

/* Called after each new token of request `index`; ids[0..n) are its new tokens so far. Returning
   true ends that request with finish STOP. */
typedef bool (*bs_stop_function)(void *user, size_t index, const int32_t *ids, size_t n);

typedef struct bs_generate_request {
  bs_token_span prompt; /* as a context above; loses tokens on its left so that max_tokens fit */
  size_t max_tokens;    /* more than the model's positions: the request's error (BS_ERR_LIMIT) */
  double temperature;   /* 0: greedy, the lowest id wins a tie */
  double top_p;         /* 0 or 1: no cut */
  uint64_t seed;        /* of this request's counter-based generator */
  bs_token_span source; /* as of bs_score_request */
  bs_kept kept;         /* of the prompt */
} bs_generate_request;

/* The end of a text is any id of eos_token_id in config.json, or in generation_config.json where
   that file names some. */
typedef enum bs_finish { BS_FINISH_LENGTH, BS_FINISH_STOP, BS_FINISH_EOS } bs_finish;

typedef struct bs_generate_result {
  bs_error error;
  int32_t *ids; /* [n_tokens] new tokens; a final EOS token is not among them */
  size_t n_tokens;
  bs_finish finish;
  size_t truncated_tokens;
} bs_generate_result;

/* `stop` may be NULL. Results as for bs_engine_score. */
BS_API bs_status bs_engine_generate(bs_engine *engine, const bs_generate_request *requests,
                                    size_t n, bs_stop_function stop, void *user,
                                    bs_generate_result **results, bs_error *err);
BS_API void bs_generate_results_free(bs_generate_result **results, size_t n);

BS_API void bs_engine_work_done(const bs_engine *engine, bs_engine_work *work);

/* What an engine takes at most, in bytes. */
typedef struct bs_engine_parts {
  uint64_t weights;    /* packed: from bs_engine_open on */
  uint64_t pass;       /* buffers of a pass of max_batch_tokens, keys and values of scoring */
  uint64_t generation; /* keys and values beyond those, of a generation that fills its room */
  uint64_t mapped;     /* of the checkpoint's files: token and position tables, read in place */
} bs_engine_parts;

/* The need with these options, from the checkpoint's description, without loading anything. */
BS_API bs_status bs_engine_memory_parts(const bs_checkpoint *checkpoint,
                                        const bs_engine_options *options, bs_engine_parts *parts,
                                        bs_error *err);
/* Bytes beside the mapped checkpoint: all of them but `mapped`, which processes of one machine
   share. */
BS_API bs_status bs_engine_memory(const bs_checkpoint *checkpoint, const bs_engine_options *options,
                                  uint64_t *bytes, bs_error *err);

#ifdef __cplusplus
}
#endif

#endif
