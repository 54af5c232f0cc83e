/* Products by f32 multiply-add. An output is the sum of partial sums over blocks of 128 inputs,
   each one chain in order of the inputs. The precisions below f32 round the operands and then do
   the same: a product of two bf16 is exact in f32. */
#include <string.h>

#include "base/size_internal.h"
#include "checkpoint/dtype_internal.h"
#include "kernels/convert_internal.h"
#include "kernels/gemm_internal.h"

/* Inputs that are expanded at once of weights that lie in the file, and what keeps their rows out
   of each other's cache sets. */
enum { LYING_DEPTH = 256, LYING_GAP = 16, CHUNK_ROWS = 252, FEW_ROWS = 16 };

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
  (void)n_in;
  return bs_dtype_block(storage) > 1 && m > CHUNK_ROWS ? 4
                                                       : 8; /* their results stay in the cache */
}

/* Floats of working memory for n_panels: they are expanded together, then met by all rows. */
static size_t lying_floats(size_t n_panels) {
  return n_panels * LYING_DEPTH * BS_PANEL + BS_TRANSPOSED_ROWS * (LYING_DEPTH + LYING_GAP);
}

static size_t block_bytes(const bs_gemm *gemm, bs_dtype storage, size_t n_in, size_t n_rows,
                          size_t n_panels) {
  (void)gemm;
  (void)n_in;
  size_t expanded =
      bs_dtype_block(storage) > 1 ? lying_floats(n_panels) : (size_t)BS_FMA_DEPTH * BS_PANEL;
  return (n_rows * n_panels * BS_PANEL + expanded) * sizeof(float);
}

/* Rows first .. end of the work by one panel. */
static void emit_rows(const bs_product *work, size_t p, size_t first, size_t end, const float *c) {
  work->emit(work->context, &(bs_block_sums){.data = c + first * BS_PANEL,
                                             .row_stride = BS_PANEL,
                                             .row = work->row + first,
                                             .n_rows = end - first,
                                             .panel = work->panel + p,
                                             .n_panels = 1});
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
      emit_rows(work, p, first, end, c);
  }
}

static void packed_product(const bs_product *work, float *expanded, float *results) {
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
}

/* A weight as the precision has it. */
static void round_weights(bs_precision precision, float *weights, size_t n) {
  for (size_t i = 0; precision == BS_PRECISION_BF16 && i < n; i++)
    weights[i] = bs_f32_of_bf16(bs_bf16_of_f32(weights[i]));
  for (size_t i = 0; precision == BS_PRECISION_BF16X2 && i < n; i++)
    weights[i] = bs_rounded_to_parts(weights[i], 2);
}

/* How n rows are taken side by side, if they are of one type that can be, and where they begin;
   NULL: they cannot. A precision that rounds the weights does so row by row. */
static const bs_across *across_of(const bs_product *work, const bs_lying_row *lying, size_t n,
                                  const unsigned char *rows[]) {
  const bs_gemm *gemm = work->gemm;
  const bs_block_type *type = lying[0].data == NULL ? NULL : bs_dtype_blocks(lying[0].dtype);
  if (type == NULL || gemm->fma->across == NULL || gemm->precision != BS_PRECISION_F32)
    return NULL;
  for (size_t j = 0; j < n; j++) {
    if (lying[j].data == NULL || lying[j].dtype != lying[0].dtype)
      return NULL;
    rows[j] = lying[j].data;
  }
  return gemm->fma->across((bs_block_id)(type - bs_block_types));
}

/* Inputs k .. k + depth of a panel from where they lie: to[depth][32], a few rows at a time. */
static void expand_panel(const bs_product *work, size_t panel, size_t k, size_t depth, float *rows,
                         float *to) {
  const bs_lying_row *lying = work->lying + panel * BS_PANEL;
  const size_t ld = LYING_DEPTH + LYING_GAP;
  for (size_t j = 0; j < BS_PANEL; j++) {
    const unsigned char *eight[BS_ACROSS_ROWS];
    const bs_across *across =
        j % BS_ACROSS_ROWS == 0 ? across_of(work, lying + j, BS_ACROSS_ROWS, eight) : NULL;
    if (across != NULL) {
      across->values(eight, k / BS_ACROSS_PART, depth, to + j, BS_PANEL);
      j += BS_ACROSS_ROWS - 1;
      continue;
    }
    float *row = rows + j % BS_TRANSPOSED_ROWS * ld;
    if (lying[j].data == NULL)
      memset(row, 0, depth * sizeof *row);
    else
      bs_convert_to_f32(lying[j].dtype, lying[j].data + bs_dtype_size(lying[j].dtype, k), row,
                        depth);
    round_weights(work->gemm->precision, row, depth);
    if ((j + 1) % BS_TRANSPOSED_ROWS == 0)
      work->gemm->fma->transpose(rows, ld, depth, to + (j + 1 - BS_TRANSPOSED_ROWS));
  }
}

/* Rows from `first` on by what was expanded of one panel. */
static void meet_rows(const bs_product *work, size_t first, size_t p, size_t k, size_t depth,
                      const float *weights, float *results) {
  bs_product some = *work;
  some.row += first;
  some.n_rows = bs_size_min(work->n_rows - first, CHUNK_ROWS);
  for (size_t at = 0; at < depth; at += BS_FMA_DEPTH)
    block_product(&some, (k + at) / BS_FMA_DEPTH, p, weights + at * BS_PANEL,
                  bs_size_min(depth - at, BS_FMA_DEPTH),
                  results + (p * work->n_rows + first) * BS_PANEL);
}

/* One row by a panel whose values need not be written down. False: they need. */
static bool one_row_product(const bs_product *work, size_t p, float *c) {
  const unsigned char *rows[BS_PANEL];
  const bs_across *across =
      work->n_rows != 1
          ? NULL
          : across_of(work, work->lying + (work->panel + p) * BS_PANEL, BS_PANEL, rows);
  if (across == NULL)
    return false;
  for (size_t b = 0; b < n_blocks(work->n_in); b++) {
    const float *x = (const float *)work->rows + (b * work->slab_rows + work->row) * BS_FMA_STRIDE;
    size_t k = b * BS_FMA_DEPTH;
    across->sums(rows, k / BS_ACROSS_PART, bs_size_min(work->n_in - k, BS_FMA_DEPTH), x, c, b > 0);
  }
  if (work->emit_panels == 1)
    emit_rows(work, p, 0, 1, c);
  return true;
}

/* All rows meet a piece of a panel as soon as it is expanded, while it is in the nearest cache. A
   few rows are at hand throughout, so that the weights can be read from end to end. */
static void lying_product_of_few(const bs_product *work, float *expanded, float *rows,
                                 float *results) {
  size_t step = work->n_rows <= FEW_ROWS ? work->n_in : LYING_DEPTH;
  for (size_t begin = 0; begin < work->n_in; begin += step)
    for (size_t p = 0; p < work->n_panels; p++) {
      if (one_row_product(work, p, results + p * BS_PANEL))
        continue;
      for (size_t k = begin; k < bs_size_min(begin + step, work->n_in); k += LYING_DEPTH) {
        size_t depth = bs_size_min(work->n_in - k, LYING_DEPTH);
        expand_panel(work, work->panel + p, k, depth, rows, expanded);
        meet_rows(work, 0, p, k, depth, expanded, results);
      }
    }
}

/* The same sums in the same order as of packed weights. Rows are taken so many at a time that they
   stay in the cache from panel to panel. */
static void lying_product(const bs_product *work, float *expanded, float *results) {
  float *rows = expanded + work->n_panels * LYING_DEPTH * BS_PANEL;
  if (work->n_rows <= CHUNK_ROWS) {
    lying_product_of_few(work, expanded, rows, results);
    return;
  }
  for (size_t k = 0; k < work->n_in; k += LYING_DEPTH) {
    size_t depth = bs_size_min(work->n_in - k, LYING_DEPTH);
    for (size_t p = 0; p < work->n_panels; p++)
      expand_panel(work, work->panel + p, k, depth, rows, expanded + p * LYING_DEPTH * BS_PANEL);
    for (size_t first = 0; first < work->n_rows; first += CHUNK_ROWS)
      for (size_t p = 0; p < work->n_panels; p++)
        meet_rows(work, first, p, k, depth, expanded + p * LYING_DEPTH * BS_PANEL, results);
  }
}

static void product(const bs_product *work) {
  float *expanded = work->block;
  float *results = expanded + (work->lying != NULL ? lying_floats(work->n_panels)
                                                   : (size_t)BS_FMA_DEPTH * BS_PANEL);
  size_t stride = work->n_rows * BS_PANEL;
  if (work->lying != NULL)
    lying_product(work, expanded, results);
  else
    packed_product(work, expanded, results);
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
    .reads_lying = true,
    .panel_bytes = panel_bytes,
    .pack_panel = pack_panel,
    .slab_bytes = slab_bytes,
    .pack_rows = pack_rows,
    .pack_piece = pack_piece,
    .chunk_panels = chunk_panels,
    .block_bytes = block_bytes,
    .product = product,
    .group_rows = 1,
    .chunk_rows = CHUNK_ROWS,
    .lying_rows = 2 * CHUNK_ROWS,
};
