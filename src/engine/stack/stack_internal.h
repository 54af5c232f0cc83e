/* A stack: the layers of a model with their weights. Batches of tokens go in, hidden states and
   logits of the wanted tokens come out. A model with an encoder has two. This is all that the
   server knows of it. */
#ifndef BIGSWEEP_ENGINE_STACK_STACK_INTERNAL_H
#define BIGSWEEP_ENGINE_STACK_STACK_INTERNAL_H

#include "bigsweep/engine.h"
#include "checkpoint/blueprint_internal.h"
#include "engine/stack/batch_internal.h"

typedef struct bs_stack bs_stack;

/* Packs the weights that `blueprint` describes and gives the pages that were read back to the
   system. Checkpoint and description are borrowed until bs_stack_free. The arithmetic is settled
   (bs_arithmetic_settle). */
bs_status bs_stack_open(bs_stack **out, const bs_checkpoint *checkpoint,
                        const bs_blueprint *blueprint, bs_arithmetic arithmetic, bs_error *err);
void bs_stack_free(bs_stack **stack);

/* How the keys and values of its tokens lie in memory. */
const bs_kv_shape *bs_stack_kv(const bs_stack *stack);

/* Sends a batch through the layers. Afterwards every block of the batch holds its keys and values,
   and the stack the final hidden states of the batch's outputs. Blocks without memory get some for
   this pass alone. */
bs_status bs_stack_run(bs_stack *stack, bs_batch *batch, bs_error *err);

/* Keeps the keys and values of a text for cross-attention, in the blocks of `batch`: that of the
   last run of `encoder`, whose outputs are all its rows. The blocks are the stack's from then on;
   bs_batch_see gives their path to those who see the text. */
bs_status bs_stack_see(bs_stack *stack, const bs_stack *encoder, bs_batch *batch, bs_error *err);

/* The output head on the outputs first .. first + n of the last run. For each output the
   log-sum-exp over its logits, the id of the largest one (the lowest among equals), and the logits
   of the wanted ids: wanted[offsets[i] .. offsets[i + 1]) belong to output first + i, their logits
   go to the same places of wanted_logits. */
bs_status bs_stack_summary(const bs_stack *stack, size_t first, size_t n, const size_t *offsets,
                           const int32_t *wanted, double *log_sum_exp, int32_t *argmax,
                           float *wanted_logits, bs_error *err);
/* All logits of these outputs, (n, vocab_size). */
bs_status bs_stack_logits(const bs_stack *stack, size_t first, size_t n, float *logits,
                          bs_error *err);

/* What a stack will need at most, in bytes, from its description alone. Doubles keep absurd sizes
   from wrapping. */
typedef struct bs_stack_memory {
  double weights; /* packed */
  double pass;    /* buffers of a pass of max_rows tokens, and their keys and values of one layer */
  uint64_t mapped; /* of the checkpoint's files: token and position tables, read in place */
} bs_stack_memory;

bs_status bs_stack_memory_need(const bs_blueprint *blueprint, bs_arithmetic arithmetic,
                               size_t max_rows, size_t n_threads, bs_stack_memory *need,
                               bs_error *err);

#endif
