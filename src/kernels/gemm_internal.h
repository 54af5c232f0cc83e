/* The table of matrix kernels: one row for an instruction set and a precision. A kernel packs
   weights into panels of 32 outputs and activations into rows of its own layout, and multiplies a
   block of rows by a few panels. Whatever block it is given, the arithmetic of one output is the
   same: that is what makes results independent of the batch and of the threads. */
#ifndef BIGSWEEP_KERNELS_GEMM_INTERNAL_H
#define BIGSWEEP_KERNELS_GEMM_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernels/across_internal.h"
#include "kernels/arithmetic_internal.h"
#include "kernels/linear_internal.h"

enum {
  BS_PANEL = 32,       /* outputs of a panel */
  BS_PACK_DEPTH = 256, /* inputs packed at once; a multiple of every kernel's own block */
  BS_HEAD_PANELS = 8,  /* panels of a vocabulary block: fixed, for the order of sums hangs on it */
};

/* Part of the vocabulary, one row: enough to combine blocks in order. */
typedef struct bs_logits_partial {
  float largest;
  int32_t argmax; /* index in the whole vocabulary; the lowest on a tie */
  double sum;     /* of exp(logit - largest) */
} bs_logits_partial;

typedef struct bs_gemm bs_gemm;

/* Results of a product, handed over while they lie in the cache: output j of panel p and row r is
   data[p * panel_stride + r * row_stride + j]. */
typedef struct bs_block_sums {
  const float *data;
  size_t panel_stride, row_stride;
  size_t row, n_rows, panel, n_panels;
} bs_block_sums;

typedef void (*bs_emit)(void *context, const bs_block_sums *results);

/* Where results go when they are stored (bias may be NULL). */
typedef struct bs_block_store {
  float *y;
  size_t ld_y, n_out;
  const float *bias;
  bs_epilogue epilogue;
} bs_block_store;

/* An output's weights where they lie in the file; data NULL: zeros. */
typedef struct bs_lying_row {
  const unsigned char *data;
  bs_dtype dtype;
} bs_lying_row;

/* One thread's piece of work. */
typedef struct bs_product {
  const bs_gemm *gemm;
  bs_dtype storage;
  size_t n_in;
  const unsigned char *panels; /* of the whole matrix */
  size_t panel_bytes;
  const bs_lying_row *lying; /* in place of panels, of the whole matrix; `storage` is in blocks */
  size_t panel, n_panels;
  const void *rows; /* packed, of the whole slab */
  size_t slab_rows;
  size_t row, n_rows; /* row is a multiple of gemm->group_rows */
  void *block;        /* gemm->block_bytes(...) of working memory */
  size_t emit_panels; /* panels handed over at once: 1 or BS_HEAD_PANELS */
  bs_emit emit;
  void *context;
  const bs_block_store *store; /* or NULL; a kernel may store by itself instead of calling emit */
} bs_product;

/* What a family of kernels shares. */
typedef struct bs_gemm_family {
  bool reads_lying; /* weights in blocks are expanded by `product`; else they are packed */
  /* Weights. `block` holds depth inputs from k on (k a multiple of BS_PACK_DEPTH) as [depth][32]
     f32; inputs beyond n_in are not given. */
  size_t (*panel_bytes)(const bs_gemm *gemm, bs_dtype storage, size_t n_in);
  void (*pack_panel)(const bs_gemm *gemm, bs_dtype storage, size_t n_in, size_t k, size_t depth,
                     const float *block, void *panel);
  /* A panel whose outputs are n_rows <= 32 rows of a matrix of type `dtype`, one behind the other,
     at any address; false where there is no shorter way than pack_panel. May be NULL. */
  bool (*copy_panel)(const bs_gemm *gemm, bs_dtype storage, bs_dtype dtype, const void *weights,
                     size_t n_rows, size_t n_in, void *panel);
  /* Activations: a slab of rows, packed by groups; row counts are rounded up to whole groups. What
     a kernel reads behind the last row is cleared by pad_rows (may be NULL). */
  size_t (*slab_bytes)(const bs_gemm *gemm, size_t slab_rows, size_t n_in);
  void (*pack_rows)(const bs_gemm *gemm, const float *x, size_t ld_x, size_t row, size_t n_rows,
                    size_t slab_rows, size_t n_in, void *slab);
  /* n inputs of one row from `first` (a multiple of BS_PANEL) on; n is one too but at the end. */
  void (*pack_piece)(const bs_gemm *gemm, const float *x, size_t row, size_t first, size_t n,
                     size_t slab_rows, size_t n_in, void *slab);
  void (*pad_rows)(const bs_gemm *gemm, size_t n_rows, size_t n_in, void *slab);
  /* How much one piece of work should span at most, and the memory it needs. */
  size_t (*chunk_panels)(const bs_gemm *gemm, bs_dtype storage, size_t n_in, size_t m);
  size_t (*block_bytes)(const bs_gemm *gemm, bs_dtype storage, size_t n_in, size_t n_rows,
                        size_t n_panels);
  /* Around a thread's pieces of work; may be NULL. */
  void (*begin)(void);
  void (*end)(void);
  void (*product)(const bs_product *work);
  size_t group_rows, chunk_rows;
  size_t lying_rows; /* chunk_rows of weights that are expanded */
} bs_gemm_family;

/* Inner loops over the output: y = c + bias or y += c + bias for the n_cols <= 32 columns of one
   panel; the summary of one row of a vocabulary block. */
typedef struct bs_output_ops {
  void (*store)(const bs_block_sums *c, size_t n_cols, const float *bias, float *y, size_t ld_y,
                bs_epilogue epilogue);
  void (*summary)(const float *c, size_t panel_stride, size_t n_cols, size_t first_col,
                  const float *bias, bs_logits_partial *partial);
} bs_output_ops;

/* Inner loops of the family that multiplies and adds in f32. */
typedef struct bs_fma_ops {
  size_t max_rows;
  /* c[rows][32] = or += a[rows][BS_FMA_STRIDE] * b[depth][32]: one chain of sums over the depth */
  void (*micro)(size_t n_rows, size_t depth, const float *a, const float *b, float *c, bool add);
  /* Packed weights to f32. */
  void (*expand)(bs_dtype storage, const void *from, float *to, size_t n);
  /* How weights in blocks are taken side by side; NULL, or a NULL result: not. */
  const bs_across *(*across)(bs_block_id id);
  /* to[i][32] takes column i of rows[BS_TRANSPOSED_ROWS][ld], for i < depth, a multiple of 8 */
  void (*transpose)(const float *rows, size_t ld, size_t depth, float *to);
  /* Activations as the precision wants them. */
  void (*round_row)(bs_precision precision, const float *x, float *to, size_t n);
} bs_fma_ops;

enum { BS_FMA_DEPTH = 128, BS_FMA_STRIDE = BS_FMA_DEPTH + 16, BS_TRANSPOSED_ROWS = 8 };

struct bs_gemm {
  bs_isa isa;
  bs_precision precision;
  const bs_gemm_family *family;
  const bs_output_ops *output;
  const bs_fma_ops *fma; /* of that family */
};

/* The row of settled arithmetic (bs_arithmetic_settle). */
const bs_gemm *bs_gemm_find(bs_arithmetic arithmetic);

/* The type that packed weights have: one that keeps all the bits that the precision uses. */
bs_dtype bs_gemm_storage(bs_precision precision, bs_dtype dtype);
/* The bf16 parts that an activation or a weight may have. Part i of one and part j of the other are
   multiplied when i + j < bs_precision_parts(precision). */
size_t bs_precision_parts(bs_precision precision);

extern const bs_gemm_family bs_fma_family;
extern const bs_fma_ops bs_fma_portable;
extern const bs_output_ops bs_output_portable;
#if BS_ISA_X86
extern const bs_fma_ops bs_fma_avx2, bs_fma_avx512;
void bs_fma_transpose_avx2(const float *rows, size_t ld, size_t depth, float *to);
extern const bs_output_ops bs_output_avx2, bs_output_avx512;
extern const bs_gemm_family bs_amx_family;
#endif

#endif
