/* Layers whose results go through a function on their way to memory. It runs while they lie in the
   cache, where a kernel can in between the steps of its next product. */
#include <stdlib.h>
#include <string.h>

#include "base/memory_internal.h"
#include "kernels/run_internal.h"

size_t bs_paired_outputs(size_t n_half) { return bs_ceil_div(n_half, BS_PANEL) * (2 * BS_PANEL); }

/* The layer as a stack of panels, alternately of one half and the other; what a half lacks of its
   last panel is zero. */
static void stack_panels(const bs_weight halves[2], const void *zeros, bs_weight *parts) {
  size_t n_half = halves[0].n_out, n_parts = 0;
  for (size_t col = 0; col < n_half; col += BS_PANEL) {
    for (size_t h = 0; h < 2; h++) {
      size_t n = n_half - col < BS_PANEL ? n_half - col : BS_PANEL;
      bs_weight slice = halves[h];
      slice.data = (const char *)slice.data + col * slice.n_in * bs_dtype_bytes(slice.dtype);
      slice.n_out = n;
      parts[n_parts++] = slice;
      if (n < BS_PANEL) {
        slice.data = zeros;
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

bs_status bs_linear_new_paired(bs_linear **out, const bs_weight halves[2], const float *bias,
                               bs_precision precision, const char *isa, bs_linear_room *room,
                               bs_error *err) {
  bs_status status = BS_ERR_MEMORY;
  bs_weight *parts = NULL;
  float *stacked = NULL;
  void *zeros = NULL;
  size_t n_half = halves[0].n_out, n_zeros;
  *out = NULL;
  if (halves[1].n_out != n_half || halves[0].transposed || halves[1].transposed)
    return bs_error_set(err, BS_ERR_USAGE, "halves of %zu and %zu outputs, or transposed ones",
                        n_half, halves[1].n_out);
  /* Far above any model; keeps the sizes below from wrapping. */
  if (n_half == 0 || n_half > INT32_MAX / 4)
    return bs_error_set(err, BS_ERR_UNSUPPORTED, "a half of %zu outputs; expected 1 to %d", n_half,
                        (int)(INT32_MAX / 4));
  size_t n_out = bs_paired_outputs(n_half);
  size_t n_parts = n_out / BS_PANEL + (n_half % BS_PANEL != 0 ? 2 : 0);
  if (!bs_size_mul(halves[0].n_in, BS_PANEL * sizeof(float), &n_zeros)) {
    bs_error_set(err, status, "%zu inputs", halves[0].n_in);
    goto cleanup;
  }
  parts = bs_array_new(n_parts, sizeof *parts, err);
  zeros = bs_array_new(n_zeros, 1, err);
  stacked = bs_array_new(n_out, sizeof *stacked, err);
  if (parts == NULL || zeros == NULL || stacked == NULL)
    goto cleanup;
  stack_panels(halves, zeros, parts);
  if (bias != NULL)
    stack_biases(bias, n_half, stacked);
  status =
      bs_linear_new(out, parts, n_parts, bias != NULL ? stacked : NULL, precision, isa, room, err);
  if (status == BS_OK)
    (*out)->n_half = n_half;
cleanup:
  free(stacked);
  free(zeros);
  free(parts);
  return status;
}

/* y, or a slab of n_slab rows for the layer `next`. */
typedef struct target {
  const bs_linear *linear;
  const bs_result_map *map;
  float *y;
  size_t ld_y;
  const bs_linear *next;
  void *slab;
  size_t n_slab, first_row;
} target;

/* A panel's results of one row with their bias: where they lie, or in `sums`. */
static const float *with_bias(const bs_linear *linear, const float *c, size_t panel, size_t n,
                              float *sums) {
  if (linear->bias == NULL)
    return c;
  for (size_t j = 0; j < n; j++)
    sums[j] = c[j] + linear->bias[panel * BS_PANEL + j];
  return sums;
}

static void emit_mapped(void *context, const bs_results *results) {
  const target *to = context;
  const bs_result_map *map = to->map;
  size_t n_each = map->paired ? 2 : 1;
  size_t width = map->paired ? to->linear->n_half : to->linear->n_out;
  float sums[2][BS_PANEL];
  for (size_t p = 0; p + n_each <= results->n_panels; p += n_each) {
    size_t panel = results->panel + p, col = panel / n_each * BS_PANEL;
    size_t n = width - col < BS_PANEL ? width - col : BS_PANEL;
    for (size_t i = 0; i < results->n_rows; i++) {
      const float *c = results->data + p * results->panel_stride + i * results->row_stride;
      const float *a = with_bias(to->linear, c, panel, n, sums[0]), *b = NULL;
      if (map->paired)
        b = with_bias(to->linear, c + results->panel_stride, panel + 1, n, sums[1]);
      float mapped[BS_PANEL], *y = mapped;
      if (to->next == NULL)
        y = to->y + (results->row + i) * to->ld_y + col;
      map->apply(map->context, a, b, y, n);
      if (to->next != NULL)
        bs_linear_pack_piece(to->next, y, to->first_row + results->row + i, col, n, to->n_slab,
                             to->slab);
    }
  }
}

static bs_status apply_mapped(const bs_row_source *source, size_t m, target to, bs_error *err) {
  size_t most = bs_run_max_rows(to.linear);
  for (size_t row = 0; row < m; row += most) {
    bs_run run = {.linear = to.linear,
                  .source = source,
                  .first_row = row,
                  .m = m - row < most ? m - row : most,
                  .emit_panels = to.map->paired ? 2 : 1,
                  .emit = emit_mapped,
                  .context = &to};
    to.first_row = row;
    bs_status status = bs_run_product(&run, err);
    if (status != BS_OK)
      return status;
    to.y = to.y != NULL ? to.y + run.m * to.ld_y : NULL;
  }
  return BS_OK;
}

bs_status bs_linear_apply_mapped(const bs_linear *linear, const bs_row_source *source, size_t m,
                                 const bs_result_map *map, float *y, size_t ld_y, bs_error *err) {
  return apply_mapped(source, m, (target){.linear = linear, .map = map, .y = y, .ld_y = ld_y}, err);
}

bs_status bs_linear_apply_mapped_packed(const bs_linear *linear, const bs_row_source *source,
                                        size_t m, const bs_result_map *map, const bs_linear *next,
                                        void *slab, bs_error *err) {
  return apply_mapped(
      source, m, (target){.linear = linear, .map = map, .next = next, .slab = slab, .n_slab = m},
      err);
}
