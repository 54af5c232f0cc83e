/* Products by f32 multiply-add. An output is the sum of partial sums over blocks of 128 inputs,
   each one chain in order of the inputs. The precisions below f32 round the operands and then do
   the same: a product of two bf16 is exact in f32. */
#include <string.h>

#include "base/size_internal.h"
#include "kernels/convert_internal.h"
#include "kernels/gemm_internal.h"

static size_t n_blocks(size_t n_in) { return bs_ceil_div(n_in, BS_FMA_DEPTH); }

static size_t element_bytes(bs_dtype storage) { return storage == BS_DTYPE_F32 ? 4 : 2; }

/* Panel: [n_in][32] in the storage type. */
static size_t panel_bytes(const bs_gemm *gemm, bs_dtype storage, size_t n_in) {
  (void)gemm;
  return n_in * BS_PANEL * element_bytes(storage);
}

static void pack_panel(const bs_gemm *gemm, bs_dtype storage, size_t n_in, size_t k, size_t depth,
                       const float *block, void *panel) {
  (void)n_in;
  size_t n = depth * BS_PANEL;
  unsigned char *to = (unsigned char *)panel + k * BS_PANEL * element_bytes(storage);
  for (size_t i = 0; i < n; i++) {
    float value = block[i];
    if (gemm->precision == BS_PRECISION_BF16X2)
      value = bs_rounded_to_parts(value, 2);
    uint16_t half = storage == BS_DTYPE_BF16 ? bs_bf16_of_f32(value) : bs_f16_of_exact_f32(value);
    if (storage == BS_DTYPE_F32)
      memcpy(to + 4 * i, &value, 4);
    else
      memcpy(to + 2 * i, &half, 2);
  }
}

/* Slab: [blocks of inputs][slab_rows][BS_FMA_STRIDE] f32; the odd stride keeps the rows of a block
   out of each other's cache sets. */
static size_t slab_bytes(const bs_gemm *gemm, size_t slab_rows, size_t n_in) {
  (void)gemm;
  return n_blocks(n_in) * slab_rows * BS_FMA_STRIDE * sizeof(float);
}

static void pack_rows(const bs_gemm *gemm, const float *x, size_t ld_x, size_t row, size_t n_rows,
                      size_t slab_rows, size_t n_in, void *slab) {
  for (size_t b = 0; b < n_blocks(n_in); b++) {
    size_t k = b * BS_FMA_DEPTH, depth = n_in - k < BS_FMA_DEPTH ? n_in - k : BS_FMA_DEPTH;
    float *to = (float *)slab + (b * slab_rows + row) * BS_FMA_STRIDE;
    for (size_t i = 0; i < n_rows; i++)
      gemm->fma->round_row(gemm->precision, x + (row + i) * ld_x + k, to + i * BS_FMA_STRIDE,
                           depth);
  }
}

static void pack_piece(const bs_gemm *gemm, const float *x, size_t row, size_t first, size_t n,
                       size_t slab_rows, size_t n_in, void *slab) {
  (void)n_in;
  for (size_t at = first, end = first + n, next; at < end; x += next - at, at = next) {
    size_t b = at / BS_FMA_DEPTH;
    next = (b + 1) * BS_FMA_DEPTH < end ? (b + 1) * BS_FMA_DEPTH : end;
    gemm->fma->round_row(gemm->precision, x,
                         (float *)slab + (b * slab_rows + row) * BS_FMA_STRIDE + at % BS_FMA_DEPTH,
                         next - at);
  }
}

static size_t chunk_panels(const bs_gemm *gemm, bs_dtype storage, size_t n_in, size_t m) {
  (void)gemm;
  (void)storage;
  (void)n_in;
  (void)m;
  return 8;
}

static size_t block_bytes(const bs_gemm *gemm, bs_dtype storage, size_t n_in, size_t n_rows,
                          size_t n_panels) {
  (void)gemm;
  (void)storage;
  (void)n_in;
  return (n_rows * n_panels + BS_FMA_DEPTH) * BS_PANEL * sizeof(float);
}

/* All rows of the work by one block of one panel, in near-equal groups. */
static void block_product(const bs_product *work, size_t b, size_t p, const float *weights,
                          size_t depth, float *c) {
  const bs_fma_ops *ops = work->gemm->fma;
  const float *rows = (const float *)work->rows + (b * work->slab_rows + work->row) * BS_FMA_STRIDE;
  size_t n_groups = bs_ceil_div(work->n_rows, ops->max_rows);
  bool last = b + 1 == n_blocks(work->n_in);
  for (size_t g = 0; g < n_groups; g++) {
    size_t first = g * work->n_rows / n_groups, end = (g + 1) * work->n_rows / n_groups;
    ops->micro(end - first, depth, rows + first * BS_FMA_STRIDE, weights, c + first * BS_PANEL,
               b > 0);
    if (last && work->emit_panels == 1)
      work->emit(work->context, &(bs_block_sums){.data = c + first * BS_PANEL,
                                                 .row_stride = BS_PANEL,
                                                 .row = work->row + first,
                                                 .n_rows = end - first,
                                                 .panel = work->panel + p,
                                                 .n_panels = 1});
  }
}

static void product(const bs_product *work) {
  float *expanded = work->block, *results = expanded + BS_FMA_DEPTH * BS_PANEL;
  size_t stride = work->n_rows * BS_PANEL;
  for (size_t b = 0; b < n_blocks(work->n_in); b++) {
    size_t k = b * BS_FMA_DEPTH;
    size_t depth = work->n_in - k < BS_FMA_DEPTH ? work->n_in - k : BS_FMA_DEPTH;
    for (size_t p = 0; p < work->n_panels; p++) {
      const unsigned char *packed = work->panels + (work->panel + p) * work->panel_bytes +
                                    k * BS_PANEL * element_bytes(work->storage);
      const float *weights = expanded;
      if (work->storage == BS_DTYPE_F32)
        weights = (const float *)(const void *)packed;
      else
        work->gemm->fma->expand(work->storage, packed, expanded, depth * BS_PANEL);
      block_product(work, b, p, weights, depth, results + p * stride);
    }
  }
  for (size_t p = 0; work->emit_panels > 1 && p < work->n_panels; p += work->emit_panels) {
    size_t left = work->n_panels - p;
    work->emit(work->context, &(bs_block_sums){.data = results + p * stride,
                                               .panel_stride = stride,
                                               .row_stride = BS_PANEL,
                                               .row = work->row,
                                               .n_rows = work->n_rows,
                                               .panel = work->panel + p,
                                               .n_panels = bs_size_min(left, work->emit_panels)});
  }
}

const bs_gemm_family bs_fma_family = {
    .panel_bytes = panel_bytes,
    .pack_panel = pack_panel,
    .slab_bytes = slab_bytes,
    .pack_rows = pack_rows,
    .pack_piece = pack_piece,
    .chunk_panels = chunk_panels,
    .block_bytes = block_bytes,
    .product = product,
    .group_rows = 1,
    .chunk_rows = 252,
};
