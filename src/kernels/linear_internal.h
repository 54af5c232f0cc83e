/* The engine's linear layers: Y = X W^T + b for a batch of rows. Weights are packed once, for one
   instruction set and precision; the rest of the engine knows nothing of either.

   Batch invariance: a row of Y is a function of that row of X alone, bit for bit, whatever the
   number of rows, their order and the number of threads. Every kernel sums over K in a fixed order
   with blocks that do not depend on M. Bits are those of one instruction set; AMX takes denormal
   values for 0 (gemm_amx.c says what that amounts to). A non-finite activation makes the results of
   its row non-finite wherever f32 arithmetic does, an infinity possibly to NaN. */
#ifndef BIGSWEEP_KERNELS_LINEAR_INTERNAL_H
#define BIGSWEEP_KERNELS_LINEAR_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bigsweep/checkpoint.h"
#include "bigsweep/engine.h"
#include "bigsweep/error.h"

/* A weight matrix as it lies in the checkpoint (F32, F16 or BF16, possibly unaligned). */
typedef struct bs_weight {
  const void *data;
  bs_dtype dtype;
  size_t n_out, n_in; /* N, K */
  bool transposed; /* false: [n_out][n_in] (torch Linear); true: [n_in][n_out] (GPT-2's Conv1D) */
} bs_weight;

typedef struct bs_linear bs_linear;

/* What the arithmetic of a product amounts to. */
typedef enum bs_tier {
  BS_TIER_F32,    /* error no larger than that of f32 arithmetic */
  BS_TIER_BF16X2, /* "bf16x2": activations and weights carried in two bf16 parts (16 bits) where
                     they have more, terms of order 2^-16 dropped; two products for bf16 weights */
  BS_TIER_BF16,   /* activations and weights rounded to bf16, f32 sums */
  BS_TIERS
} bs_tier;

bs_tier bs_tier_of(bs_precision precision);
const char *bs_tier_name(bs_tier tier);

/* Memory that the packed weights of several layers share: in huge pages, for which one layer may be
   too small. Freed after the layers. */
typedef struct bs_linear_room {
  unsigned char *data;
  size_t n_bytes, n_used;
} bs_linear_room;

bs_status bs_linear_room_new(bs_linear_room *room, size_t n_bytes, bs_error *err);
void bs_linear_room_free(bs_linear_room *room);

/* Packs n_parts matrices of equal n_in, stacked along the outputs (q, k and v in one; gate and up
   in one). `bias` has the sum of n_out elements as f32, or is NULL; it is copied. The weights
   are no longer needed after the call. `isa` NULL: the best of this machine. The packed weights lie
   in `room`, as long as it has some; NULL: in memory of their own. */
bs_status bs_linear_new(bs_linear **out, const bs_weight *parts, size_t n_parts, const float *bias,
                        bs_precision precision, const char *isa, bs_linear_room *room,
                        bs_error *err);
bs_status bs_linear_new_tier(bs_linear **out, const bs_weight *parts, size_t n_parts,
                             const float *bias, bs_tier tier, const char *isa, bs_linear_room *room,
                             bs_error *err);
void bs_linear_free(bs_linear **linear);

size_t bs_linear_n_out(const bs_linear *linear);
size_t bs_linear_n_in(const bs_linear *linear);

/* Memory of a layer once it is packed, beside the mapped checkpoint, and the working memory that
   calls with up to m rows make the threads keep (`packed`: with bs_linear_apply_packed), and a slab
   of m rows; none needs the weights. `dtype` is that of all parts, or F32 when they differ. */
bs_status bs_linear_packed_bytes(size_t n_out, size_t n_in, bs_dtype dtype, bs_tier tier,
                                 const char *isa, uint64_t *bytes, bs_error *err);
bs_status bs_linear_scratch_bytes(size_t n_out, size_t n_in, bs_dtype dtype, bs_tier tier,
                                  const char *isa, size_t m, size_t n_threads, bool packed,
                                  uint64_t *bytes, bs_error *err);
bs_status bs_linear_slab_bytes_of(size_t n_out, size_t n_in, bs_dtype dtype, bs_tier tier,
                                  const char *isa, size_t m, uint64_t *bytes, bs_error *err);

/* What happens to X W^T + b. */
typedef enum bs_epilogue {
  BS_EPILOGUE_STORE, /* Y = result */
  BS_EPILOGUE_ADD,   /* Y += result (residual) */
} bs_epilogue;

/* x: [m][ld_x] f32, y: [m][ld_y] f32, ld_x >= n_in, ld_y >= n_out. Runs OpenMP threads of its own
   (call from serial code). BS_ERR_MEMORY is the only failure. */
bs_status bs_linear_apply(const bs_linear *linear, const float *x, size_t ld_x, size_t m, float *y,
                          size_t ld_y, bs_epilogue epilogue, bs_error *err);

/* Rows that are computed as a product takes them up: writes the n_in elements of `row`. Called once
   a row, from any thread. */
typedef struct bs_row_source {
  void (*fill)(const void *context, size_t row, float *out);
  const void *context;
} bs_row_source;

/* As bs_linear_apply, for rows that are stored nowhere. What they are computed from is not y. */
bs_status bs_linear_apply_source(const bs_linear *linear, const bs_row_source *source, size_t m,
                                 float *y, size_t ld_y, bs_epilogue epilogue, bs_error *err);

/* What becomes of a product's results before they are stored: y[i] = f(a[i]), or f(a[i], b[i]) of a
   paired layer, i < n; elementwise, from any thread, a few at a time. b is NULL where there are no
   pairs. */
typedef struct bs_result_map {
  void (*apply)(const void *context, const float *a, const float *b, float *y, size_t n);
  const void *context;
  bool paired; /* by bs_linear_new_paired */
} bs_result_map;

/* The results of the source's rows, mapped: y [m][ld_y], ld_y >= n_out, of a paired layer >= the
   outputs of one half. The results themselves are stored nowhere. */
bs_status bs_linear_apply_mapped(const bs_linear *linear, const bs_row_source *source, size_t m,
                                 const bs_result_map *map, float *y, size_t ld_y, bs_error *err);

/* A slab: rows packed the way a layer takes them up, by whatever computes them, 64-byte aligned.
   The m rows that belong to it are known beforehand. BS_ERR_LIMIT when its size is out of reach. */
bs_status bs_linear_slab_bytes(const bs_linear *linear, size_t m, size_t *bytes, bs_error *err);
/* n inputs of one row from `first` (a multiple of BS_SLAB_PIECE) on; n is a multiple of it too, but
   at the row's end. From any thread. */
enum { BS_SLAB_PIECE = 32 };
void bs_linear_pack_piece(const bs_linear *linear, const float *x, size_t row, size_t first,
                          size_t n, size_t m, void *slab);
/* As bs_linear_apply, for the m rows of a slab, every piece of which has been packed. */
bs_status bs_linear_apply_packed(const bs_linear *linear, void *slab, size_t m, float *y,
                                 size_t ld_y, bs_epilogue epilogue, bs_error *err);
/* As bs_linear_apply_mapped, for results that go into a slab of m rows for the layer `next`. */
bs_status bs_linear_apply_mapped_packed(const bs_linear *linear, const bs_row_source *source,
                                        size_t m, const bs_result_map *map, const bs_linear *next,
                                        void *slab, bs_error *err);

/* Two matrices of the same shape, neither transposed, whose outputs i are computed side by side.
   `bias` is that of the first and then of the second, or NULL. The layer has n_out =
   bs_paired_outputs(outputs of one). */
bs_status bs_linear_new_paired(bs_linear **out, const bs_weight halves[2], const float *bias,
                               bs_precision precision, const char *isa, bs_linear_room *room,
                               bs_error *err);
size_t bs_paired_outputs(size_t n_half);

/* The output head without storing logits: for each row of x the log-sum-exp over the n_out logits,
   the index of the largest logit (lowest index on a tie), and the logit of each wanted output:
   wanted ids wanted[offsets[i] .. offsets[i + 1]) belong to row i, their logits go to the same
   places of wanted_logits. */
bs_status bs_linear_logits_summary(const bs_linear *linear, const float *x, size_t ld_x, size_t m,
                                   const size_t *offsets, const int32_t *wanted,
                                   double *log_sum_exp, int32_t *argmax, float *wanted_logits,
                                   bs_error *err);

/* Names of the instruction sets this machine has and the library was built with, best first; the
   last is "portable". */
const char *const *bs_isa_names(size_t *n);
/* The one that `name` (NULL: best) stands for, or NULL with an error that lists the known. */
const char *bs_isa_choose(const char *name, bs_error *err);

#endif
