/* From weights as they lie in a checkpoint to packed panels. */
#include <stdlib.h>
#include <string.h>

#include "base/memory_internal.h"
#include "kernels/convert_internal.h"
#include "kernels/layer_internal.h"

size_t bs_paired_outputs(size_t n_half) { return bs_ceil_div(n_half, BS_PANEL) * (2 * BS_PANEL); }

/* Adds the columns of a panel that lie in one part to block[depth][BS_PANEL]. */
static void read_part(const bs_weight *w, size_t first_out, size_t first_col, size_t end_col,
                      size_t panel_col, size_t k, size_t depth, float *block) {
  const char *data = w->data;
  size_t row_bytes = bs_dtype_size(w->dtype, w->n_in), n_cols = end_col - first_col;
  float run[BS_PACK_DEPTH];
  size_t col = first_col - first_out; /* in the part */
  float *to = block + (first_col - panel_col);
  if (w->transposed) {
    for (size_t i = 0; i < depth; i++)
      bs_convert_to_f32(w->dtype, data + ((k + i) * w->n_out + col) * bs_dtype_bytes(w->dtype),
                        to + i * BS_PANEL, n_cols);
    return;
  }
  for (size_t j = 0; j < n_cols; j++) {
    bs_convert_to_f32(w->dtype, data + (col + j) * row_bytes + bs_dtype_size(w->dtype, k), run,
                      depth);
    for (size_t i = 0; i < depth; i++)
      to[i * BS_PANEL + j] = run[i];
  }
}

/* The short way, for a panel that lies in one part. */
static bool copy_panel(const bs_linear *linear, const bs_weight *parts, size_t n_parts,
                       size_t panel) {
  const bs_gemm_family *family = linear->gemm->family;
  size_t col = panel * BS_PANEL, n = bs_size_min(linear->n_out - col, BS_PANEL);
  size_t p = 0, first = 0;
  while (p < n_parts && first + parts[p].n_out <= col)
    first += parts[p++].n_out;
  if (family->copy_panel == NULL || p == n_parts || parts[p].transposed ||
      col + n > first + parts[p].n_out)
    return false;
  const char *rows =
      (const char *)parts[p].data + (col - first) * bs_dtype_size(parts[p].dtype, linear->n_in);
  return family->copy_panel(linear->gemm, linear->storage, parts[p].dtype, rows, n, linear->n_in,
                            linear->panels + panel * linear->panel_bytes);
}

void bs_linear_pack_panel(const bs_linear *linear, const bs_weight *parts, size_t n_parts,
                          size_t panel) {
  float block[BS_PACK_DEPTH * BS_PANEL];
  size_t panel_col = panel * BS_PANEL, panel_end = panel_col + BS_PANEL;
  if (copy_panel(linear, parts, n_parts, panel))
    return;
  memset(block, 0, sizeof block);
  for (size_t k = 0; k < linear->n_in; k += BS_PACK_DEPTH) {
    size_t depth = bs_size_min(linear->n_in - k, BS_PACK_DEPTH);
    size_t first_out = 0;
    for (size_t p = 0; p < n_parts; first_out += parts[p].n_out, p++) {
      size_t end_out = first_out + parts[p].n_out;
      size_t first = bs_size_max(first_out, panel_col);
      size_t end = bs_size_min(end_out, panel_end);
      if (first < end)
        read_part(&parts[p], first_out, first, end, panel_col, k, depth, block);
    }
    linear->gemm->family->pack_panel(linear->gemm, linear->storage, linear->n_in, k, depth, block,
                                     linear->panels + panel * linear->panel_bytes);
  }
}

void bs_linear_list_rows(const bs_linear *linear, const bs_weight *parts, size_t n_parts,
                         const void *zeros) {
  bs_lying_row *to = linear->lying;
  for (size_t p = 0; p < n_parts; p++) {
    const unsigned char *data = parts[p].data;
    size_t row_bytes = bs_dtype_size(parts[p].dtype, parts[p].n_in);
    for (size_t i = 0; i < parts[p].n_out; i++)
      *to++ = (bs_lying_row){.data = parts[p].data == zeros ? NULL : data + i * row_bytes,
                             .dtype = parts[p].dtype};
  }
}

/* The layer as a stack of panels, alternately of one half and the other; what a half lacks of its
   last panel is zero. */
static void stack_panels(const bs_weight halves[2], const void *zeros, bs_weight *parts) {
  size_t n_half = halves[0].n_out, n_parts = 0;
  for (size_t col = 0; col < n_half; col += BS_PANEL) {
    for (size_t h = 0; h < 2; h++) {
      size_t n = bs_size_min(n_half - col, BS_PANEL);
      bs_weight slice = halves[h];
      slice.data = (const char *)slice.data + col * bs_dtype_size(slice.dtype, slice.n_in);
      slice.n_out = n;
      parts[n_parts++] = slice;
      if (n < BS_PANEL) {
        slice.data = zeros;
        slice.dtype = BS_DTYPE_F32;
        slice.n_out = BS_PANEL - n;
        parts[n_parts++] = slice;
      }
    }
  }
}

static void stack_biases(const float *bias, size_t n_half, float *stacked) {
  for (size_t i = 0; i < n_half; i++)
    for (size_t h = 0; h < 2; h++)
      stacked[(2 * (i / BS_PANEL) + h) * BS_PANEL + i % BS_PANEL] = bias[h * n_half + i];
}

bs_status bs_pairs_stack(bs_pairs *pairs, const bs_linear_plan *plan, bs_error *err) {
  const bs_weight *halves = plan->parts;
  size_t n_half = halves[0].n_out, n_out = bs_paired_outputs(n_half), n_zeros;
  *pairs = (bs_pairs){.n_parts = n_out / BS_PANEL + (n_half % BS_PANEL != 0 ? 2 : 0)};
  if (!bs_size_mul(halves[0].n_in, BS_PANEL * sizeof(float), &n_zeros))
    return bs_error_set(err, BS_ERR_MEMORY, "%zu inputs", halves[0].n_in);
  pairs->parts = bs_array_new(pairs->n_parts, sizeof *pairs->parts, err);
  pairs->zeros = bs_array_new(n_zeros, 1, err);
  pairs->bias = bs_array_new(n_out, sizeof *pairs->bias, err);
  if (pairs->parts == NULL || pairs->zeros == NULL || pairs->bias == NULL)
    return BS_ERR_MEMORY;
  stack_panels(halves, pairs->zeros, pairs->parts);
  if (plan->bias != NULL)
    stack_biases(plan->bias, n_half, pairs->bias);
  return BS_OK;
}

void bs_pairs_free(bs_pairs *pairs) {
  free(pairs->bias);
  free(pairs->zeros);
  free(pairs->parts);
  *pairs = (bs_pairs){0};
}
