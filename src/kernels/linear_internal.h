/* The engine's linear layers: Y = X W^T + b for a batch of rows. Weights are packed once, for one
   instruction set and precision. The rest of the engine knows nothing of either.

   Batch invariance: a row of Y is a function of that row of X alone, bit for bit. The number of
   rows, their order and the number of threads do not matter. Every kernel sums over the inputs in a
   fixed order, in blocks that do not depend on the number of rows.

   The bits are those of one instruction set. AMX takes denormal values for 0 (gemm_amx.c says what
   that amounts to). An activation that is not finite makes the results of its row non-finite
   wherever f32 arithmetic does; an infinity may become NaN. */
#ifndef BIGSWEEP_KERNELS_LINEAR_INTERNAL_H
#define BIGSWEEP_KERNELS_LINEAR_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bigsweep/checkpoint.h"
#include "bigsweep/error.h"
#include "kernels/arithmetic_internal.h"

/* A weight matrix as it lies in the checkpoint: F32, F16 or BF16, at any address, or of a type in
   blocks, whose rows are whole blocks. */
typedef struct bs_weight {
  const void *data;
  bs_dtype dtype;
  size_t n_out, n_in;
  bool transposed; /* false: [n_out][n_in] (torch Linear); true: [n_in][n_out] (GPT-2's Conv1D) */
} bs_weight;

typedef struct bs_linear bs_linear;

/* What a layer consists of. */
typedef struct bs_linear_plan {
  /* Matrices of equal n_in, stacked along the outputs (q, k and v in one layer, say). */
  const bs_weight *parts;
  size_t n_parts;
  /* Two parts of the same shape, neither transposed, whose outputs i are computed side by side
     (gate and up). The layer then has more outputs than the parts: whole panels of both. */
  bool paired;
  /* One f32 for each output of each part, part by part. NULL: none. */
  const float *bias;
  bs_arithmetic arithmetic;
} bs_linear_plan;

/* Memory that the packed weights of several layers share, in huge pages, for which one layer may be
   too small. Freed after the layers. */
typedef struct bs_linear_room {
  unsigned char *data;
  size_t n_bytes, n_used;
} bs_linear_room;

bs_status bs_linear_room_new(bs_linear_room *room, size_t n_bytes, bs_error *err);
void bs_linear_room_free(bs_linear_room *room);

/* Packs the weights and copies the bias; neither is needed after the call, except weights of a
   layer that has some in blocks: they stay where they lie, borrowed until the layer is freed, and
   every product expands them, with the bits that the same weights in f32 would give. (AMX packs
   them.) The packed weights lie in `room`, as long as it has space left, or in memory of their own
   where `room` is NULL or full. BS_ERR_UNSUPPORTED: a type of weights or a size that kernels do not
   have, or an instruction set that this machine lacks. BS_ERR_USAGE: parts that do not fit
   together. */
bs_status bs_linear_new(bs_linear **out, const bs_linear_plan *plan, bs_linear_room *room,
                        bs_error *err);
void bs_linear_free(bs_linear **linear);

size_t bs_linear_n_out(const bs_linear *linear);
size_t bs_linear_n_in(const bs_linear *linear);

/* How a layer will be used: the most rows of a call, the threads, and whether its rows come packed
   (bs_linear_input.slab). */
typedef struct bs_linear_use {
  size_t n_rows, n_threads;
  bool packed;
} bs_linear_use;

/* Memory of a layer beside the mapped checkpoint. */
typedef struct bs_linear_sizes {
  size_t n_out;           /* outputs of the layer, those of a paired layer included */
  uint64_t weight_bytes;  /* the packed weights, or what tells where they lie */
  uint64_t mapped_bytes;  /* of the checkpoint: weights that stay where they lie */
  uint64_t scratch_bytes; /* working memory that the threads keep; layers share it */
  uint64_t slab_bytes;    /* the rows as a slab; 0 unless they come packed */
} bs_linear_sizes;

/* The sizes of a layer that is made from `plan`, whose data and bias are not looked at. Errors as
   for bs_linear_new, and BS_ERR_LIMIT for sizes out of reach. */
bs_status bs_linear_measure(const bs_linear_plan *plan, const bs_linear_use *use,
                            bs_linear_sizes *sizes, bs_error *err);

/* Bytes of a slab: n_rows rows, packed the way `linear` takes them up. BS_ERR_LIMIT when they are
   out of reach. */
bs_status bs_linear_slab_bytes(const bs_linear *linear, size_t n_rows, size_t *bytes,
                               bs_error *err);

/* Rows that are computed when a product takes them up: writes the n_in elements of `row`. Called
   once for each row, from any thread. */
typedef struct bs_row_source {
  void (*fill)(const void *context, size_t row, float *out);
  const void *context;
} bs_row_source;

/* The rows of a product. One of x, source and slab is given. */
typedef struct bs_linear_input {
  const float *x; /* [n_rows][ld_x], ld_x >= n_in */
  size_t ld_x;
  bs_row_source source; /* what it reads is not written by the same call */
  /* The slab that an earlier call wrote with bs_linear_output.next being this layer and as many
     rows. */
  void *slab;
} bs_linear_input;

/* What results become before they are stored: y[i] = f(a[i]), or f(a[i], b[i]) of a paired layer,
   for i < n. Elementwise, from any thread, a few at a time. b is NULL unless the layer is paired.
 */
typedef struct bs_result_map {
  void (*apply)(const void *context, const float *a, const float *b, float *y, size_t n);
  const void *context;
} bs_result_map;

typedef enum bs_epilogue {
  BS_EPILOGUE_STORE, /* y = result */
  BS_EPILOGUE_ADD,   /* y += result (residual) */
} bs_epilogue;

/* The output head's results, of which no logits are stored. */
typedef struct bs_logits_summary {
  double *log_sum_exp; /* [n_rows], over the row's n_out logits */
  int32_t *argmax;     /* [n_rows], the largest logit; the lowest index on a tie */
  /* Row i wants the logits of the outputs wanted[offsets[i] .. offsets[i + 1]); they go to the same
     places of wanted_logits. */
  const size_t *offsets; /* [n_rows + 1] */
  const int32_t *wanted;
  float *wanted_logits;
} bs_logits_summary;

/* Where the results go: to y, or through `map` to y or to a slab, or into a summary. */
typedef struct bs_linear_output {
  float *y; /* [n_rows][ld_y], ld_y >= the outputs, of a mapped paired layer those of one part */
  size_t ld_y;
  bs_epilogue epilogue; /* of results without a map */
  bs_result_map map;    /* apply NULL: none */
  /* Instead of y, with a map: a slab of n_rows rows for the layer `next`, 64-byte aligned, of
     bs_linear_slab_bytes(next, n_rows). */
  const bs_linear *next;
  void *slab;
  const bs_logits_summary *summary; /* in place of y, without `next`; of the mapped results */
} bs_linear_output;

/* Multiplies n_rows rows. Runs OpenMP threads of its own (call from serial code). BS_ERR_MEMORY is
   the only failure. */
bs_status bs_linear_run(const bs_linear *linear, const bs_linear_input *input, size_t n_rows,
                        const bs_linear_output *output, bs_error *err);

#endif
