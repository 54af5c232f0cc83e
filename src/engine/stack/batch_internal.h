/* A pass: rows, one per token, that go through the layers together. Rows of one run are consecutive
   tokens of one sequence; runs stand one after the other, without padding. */
#ifndef BIGSWEEP_ENGINE_STACK_BATCH_INTERNAL_H
#define BIGSWEEP_ENGINE_STACK_BATCH_INTERNAL_H

#include <stdint.h>

#include "engine/stack/kv_internal.h"

typedef struct bs_run {
  size_t first_row, n_rows;
  size_t first_piece, n_pieces; /* of the batch: all that the run's tokens see, themselves included
                                   (a token sees no position after its own, unless the stack is
                                   bidirectional) */
  size_t first_context, n_contexts; /* pieces of what an encoder has read */
  size_t length_class;              /* that the rows' angles go by (bs_blueprint_length_class) */
} bs_run;

typedef struct bs_row {
  int32_t id;
  size_t position;
  bs_kv_block *block; /* where its key and value go */
  size_t run;
  const float *angles; /* its own cosines and sines, set by a stack; NULL: those of its tables */
} bs_row;

typedef struct bs_batch {
  bs_row *rows;
  size_t n_rows, cap_rows;
  bs_run *runs;
  size_t n_runs, cap_runs;
  bs_kv_piece *pieces; /* users of their blocks */
  size_t n_pieces, cap_pieces;
  size_t *outputs; /* ascending rows whose final hidden state is wanted */
  size_t n_outputs, cap_outputs;
  size_t n_new_positions; /* room in the blocks that were begun in this batch */
} bs_batch;

/* Appends n tokens of one sequence that go on where `path` ends; the path grows by them. Blocks
   begun here have `room` positions at least (no less than they need). */
bs_status bs_batch_add(bs_batch *batch, bs_kv_path *path, const int32_t *ids, size_t n, size_t room,
                       size_t length_class, bs_error *err);
/* The run that was added last sees all of `context` in cross-attention. */
bs_status bs_batch_see(bs_batch *batch, const bs_kv_path *context, bs_error *err);
bs_status bs_batch_want(bs_batch *batch, size_t row, bs_error *err);
void bs_batch_clear(bs_batch *batch);
void bs_batch_free(bs_batch *batch);

#endif
