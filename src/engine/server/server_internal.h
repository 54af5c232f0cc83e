/* The server: requests go in, log-probabilities and texts come out. It orders them so that common
   prefixes are computed once, cuts them into batches and sends these through a stack. */
#ifndef BIGSWEEP_ENGINE_SERVER_SERVER_INTERNAL_H
#define BIGSWEEP_ENGINE_SERVER_SERVER_INTERNAL_H

#include "engine/stack/stack_internal.h"

struct bs_engine {
  const bs_blueprint *blueprint;         /* borrowed */
  const bs_blueprint *encoder_blueprint; /* borrowed; NULL: there is no encoder */
  const bs_special_ids *special;         /* borrowed */
  bs_stack *stack;
  bs_stack *encoder; /* that the stack sees, or NULL */
  bs_arithmetic arithmetic;
  int n_threads; /* 0: OpenMP's default */
  size_t max_rows;
  bs_engine_work done;
};

enum { BS_DEFAULT_BATCH_TOKENS = 1024 };

/* What the options ask for, settled. */
bs_status bs_engine_arithmetic(bs_arithmetic *arithmetic, const bs_engine_options *options,
                               bs_error *err);

/* Sends a batch through the stack and counts the work. */
bs_status bs_engine_run(bs_engine *engine, bs_batch *batch, bs_error *err);

/* Runs of OpenMP threads inside the engine: returns the number to restore with
   omp_set_num_threads. */
int bs_engine_enter(const bs_engine *engine);
void bs_engine_leave(int before);

/* Tokens whose keys and values may be held at a time, by generation and, behind an encoder, by
   scoring as well. A longest text, and the longest one that an encoder reads for it, always fit. */
size_t bs_kept_tokens(const bs_kv_shape *shape, const bs_blueprint *blueprint,
                      const bs_blueprint *encoder, size_t max_rows);

/* BS_ERR_INPUT names the first id of `what` that is outside the vocabulary. */
bs_status bs_check_ids(const bs_engine *engine, bs_token_span span, const char *what,
                       bs_error *err);
/* What an empty context stands for. */
bs_status bs_default_context(const bs_engine *engine, bs_token_span *span, bs_error *err);

#endif
