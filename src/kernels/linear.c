#include "kernels/linear_internal.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory_internal.h"
#include "kernels/convert_internal.h"
#include "kernels/run_internal.h"
#include "kernels/scratch_internal.h"

bs_tier bs_tier_of(bs_precision precision) {
  switch (precision) {
  case BS_PRECISION_BF16X2:
    return BS_TIER_BF16X2;
  case BS_PRECISION_BF16:
    return BS_TIER_BF16;
  case BS_PRECISION_AUTO:
  case BS_PRECISION_F32:
    break;
  }
  return BS_TIER_F32;
}

const char *bs_tier_name(bs_tier tier) {
  static const char *const names[] = {
      [BS_TIER_F32] = "f32", [BS_TIER_BF16X2] = "bf16x2", [BS_TIER_BF16] = "bf16"};
  return names[tier];
}

/* A layer without its weights: kernel and sizes. */
static bs_status shape_layer(bs_linear *linear, size_t n_out, size_t n_in, bs_dtype dtype,
                             bs_tier tier, const char *isa, bs_error *err) {
  bs_isa found;
  bs_status status = bs_isa_find(&found, isa, err);
  if (status != BS_OK)
    return status;
  if (dtype != BS_DTYPE_F32 && dtype != BS_DTYPE_F16 && dtype != BS_DTYPE_BF16)
    return bs_error_set(err, BS_ERR_UNSUPPORTED, "weights of type %s; F32, F16 and BF16 are known",
                        bs_dtype_name(dtype));
  /* Far above any model, and products of the sizes below cannot overflow. */
  if (n_out == 0 || n_in == 0 || n_out > INT32_MAX || n_in > INT32_MAX)
    return bs_error_set(err, BS_ERR_UNSUPPORTED,
                        "a matrix of %zu x %zu; each side has to be 1 to %d", n_out, n_in,
                        (int)INT32_MAX);
  *linear = (bs_linear){.gemm = bs_gemm_find(found, tier), .n_out = n_out, .n_in = n_in};
  linear->storage = bs_gemm_storage(tier, dtype);
  linear->n_panels = bs_ceil_div(n_out, BS_PANEL);
  linear->panel_bytes = linear->gemm->family->panel_bytes(linear->gemm, linear->storage, n_in);
  return BS_OK;
}

/* Adds the columns of a panel that lie in one part to block[depth][BS_PANEL]. */
static void read_part(const bs_weight *w, size_t first_out, size_t first_col, size_t end_col,
                      size_t panel_col, size_t k, size_t depth, float *block) {
  const char *data = w->data;
  size_t bytes = bs_dtype_bytes(w->dtype), n_cols = end_col - first_col;
  float run[BS_PACK_DEPTH];
  size_t col = first_col - first_out; /* in the part */
  float *to = block + (first_col - panel_col);
  if (w->transposed) {
    for (size_t i = 0; i < depth; i++)
      bs_convert_to_f32(w->dtype, data + ((k + i) * w->n_out + col) * bytes, to + i * BS_PANEL,
                        n_cols);
    return;
  }
  for (size_t j = 0; j < n_cols; j++) {
    bs_convert_to_f32(w->dtype, data + ((col + j) * w->n_in + k) * bytes, run, depth);
    for (size_t i = 0; i < depth; i++)
      to[i * BS_PANEL + j] = run[i];
  }
}

/* The short way, for a panel that lies in one part. */
static bool copy_panel(const bs_linear *linear, const bs_weight *parts, size_t n_parts,
                       size_t panel) {
  const bs_gemm_family *family = linear->gemm->family;
  size_t col = panel * BS_PANEL,
         n = linear->n_out - col < BS_PANEL ? linear->n_out - col : BS_PANEL;
  size_t p = 0, first = 0;
  while (p < n_parts && first + parts[p].n_out <= col)
    first += parts[p++].n_out;
  if (family->copy_panel == NULL || p == n_parts || parts[p].transposed ||
      col + n > first + parts[p].n_out)
    return false;
  const char *rows =
      (const char *)parts[p].data + (col - first) * linear->n_in * bs_dtype_bytes(parts[p].dtype);
  return family->copy_panel(linear->gemm, linear->storage, parts[p].dtype, rows, n, linear->n_in,
                            linear->panels + panel * linear->panel_bytes);
}

static void pack_panel(const bs_linear *linear, const bs_weight *parts, size_t n_parts,
                       size_t panel) {
  float block[BS_PACK_DEPTH * BS_PANEL];
  size_t panel_col = panel * BS_PANEL, panel_end = panel_col + BS_PANEL;
  if (copy_panel(linear, parts, n_parts, panel))
    return;
  memset(block, 0, sizeof block);
  for (size_t k = 0; k < linear->n_in; k += BS_PACK_DEPTH) {
    size_t depth = linear->n_in - k < BS_PACK_DEPTH ? linear->n_in - k : BS_PACK_DEPTH;
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

static bs_status check_parts(const bs_weight *parts, size_t n_parts, size_t *n_out, bs_dtype *dtype,
                             bs_error *err) {
  *n_out = 0;
  *dtype = n_parts > 0 ? parts[0].dtype : BS_DTYPE_F32;
  for (size_t p = 0; p < n_parts; p++) {
    if (parts[p].n_in != parts[0].n_in)
      return bs_error_set(err, BS_ERR_USAGE, "stacked matrices have %zu and %zu inputs",
                          parts[0].n_in, parts[p].n_in);
    if (!bs_size_add(*n_out, parts[p].n_out, n_out))
      return bs_error_set(err, BS_ERR_LIMIT, "too many outputs");
    if (parts[p].dtype != BS_DTYPE_F32 && parts[p].dtype != BS_DTYPE_F16 &&
        parts[p].dtype != BS_DTYPE_BF16)
      return bs_error_set(err, BS_ERR_UNSUPPORTED,
                          "weights of type %s; F32, F16 and BF16 are known",
                          bs_dtype_name(parts[p].dtype));
    if (parts[p].dtype != *dtype)
      *dtype = BS_DTYPE_F32; /* holds them all */
  }
  return BS_OK;
}

bs_status bs_linear_room_new(bs_linear_room *room, size_t n_bytes, bs_error *err) {
  *room = (bs_linear_room){.data = bs_region_new(n_bytes), .n_bytes = n_bytes};
  if (room->data == NULL)
    return bs_error_set(err, BS_ERR_MEMORY, "cannot allocate %zu bytes for weights", n_bytes);
  return BS_OK;
}

void bs_linear_room_free(bs_linear_room *room) {
  bs_region_free(room->data, room->n_bytes);
  *room = (bs_linear_room){0};
}

static void place_panels(bs_linear *linear, size_t n_bytes, bs_linear_room *room) {
  size_t n_lines = (n_bytes + 63) / 64 * 64;
  if (room == NULL || room->n_bytes - room->n_used < n_lines) {
    linear->panels = bs_aligned_new(n_bytes);
    return;
  }
  linear->panels = room->data + room->n_used;
  linear->in_room = true;
  room->n_used += n_lines;
}

bs_status bs_linear_new_tier(bs_linear **out, const bs_weight *parts, size_t n_parts,
                             const float *bias, bs_tier tier, const char *isa, bs_linear_room *room,
                             bs_error *err) {
  bs_linear *linear = NULL;
  size_t n_out = 0, n_bytes = 0;
  bs_dtype dtype;
  *out = NULL;
  bs_status status = check_parts(parts, n_parts, &n_out, &dtype, err);
  if (status != BS_OK)
    return status;
  linear = bs_array_new(1, sizeof *linear, err);
  if (linear == NULL)
    return BS_ERR_MEMORY;
  status = shape_layer(linear, n_out, n_parts > 0 ? parts[0].n_in : 0, dtype, tier, isa, err);
  if (status != BS_OK)
    goto cleanup;
  if (bs_size_mul(linear->n_panels, linear->panel_bytes, &n_bytes))
    place_panels(linear, n_bytes, room);
  linear->bias = bias != NULL ? bs_array_new(n_out, sizeof(float), err) : NULL;
  if (linear->panels == NULL || (bias != NULL && linear->bias == NULL)) {
    status =
        bs_error_set(err, BS_ERR_MEMORY, "cannot pack a matrix of %zu x %zu", n_out, linear->n_in);
    goto cleanup;
  }
  if (bias != NULL)
    memcpy(linear->bias, bias, n_out * sizeof(float));
#pragma omp parallel for schedule(dynamic) if (n_bytes > (1U << 20))
  for (size_t panel = 0; panel < linear->n_panels; panel++)
    pack_panel(linear, parts, n_parts, panel);
  *out = linear;
  linear = NULL;
cleanup:
  bs_linear_free(&linear);
  return status;
}

bs_status bs_linear_new(bs_linear **out, const bs_weight *parts, size_t n_parts, const float *bias,
                        bs_precision precision, const char *isa, bs_linear_room *room,
                        bs_error *err) {
  return bs_linear_new_tier(out, parts, n_parts, bias, bs_tier_of(precision), isa, room, err);
}

void bs_linear_free(bs_linear **linear) {
  if (*linear == NULL)
    return;
  free((*linear)->bias);
  if (!(*linear)->in_room)
    free((*linear)->panels);
  free(*linear);
  *linear = NULL;
}

size_t bs_linear_n_out(const bs_linear *linear) { return linear->n_out; }
size_t bs_linear_n_in(const bs_linear *linear) { return linear->n_in; }

bs_status bs_linear_packed_bytes(size_t n_out, size_t n_in, bs_dtype dtype, bs_tier tier,
                                 const char *isa, uint64_t *bytes, bs_error *err) {
  bs_linear linear = {0};
  size_t n_bytes;
  bs_status status = shape_layer(&linear, n_out, n_in, dtype, tier, isa, err);
  if (status != BS_OK)
    return status;
  if (!bs_size_mul(linear.n_panels, linear.panel_bytes, &n_bytes))
    return bs_error_set(err, BS_ERR_LIMIT, "a matrix of %zu x %zu", n_out, n_in);
  *bytes = n_bytes;
  return BS_OK;
}

bs_status bs_linear_scratch_bytes(size_t n_out, size_t n_in, bs_dtype dtype, bs_tier tier,
                                  const char *isa, size_t m, size_t n_threads, bool packed,
                                  uint64_t *bytes, bs_error *err) {
  bs_linear linear = {0};
  bs_status status = shape_layer(&linear, n_out, n_in, dtype, tier, isa, err);
  uint64_t partials;
  if (status == BS_OK)
    status = bs_run_bytes(&linear, m, n_threads, 1, packed, bytes, err);
  if (status == BS_OK)
    status = bs_logits_partials_bytes(&linear, m, &partials, err);
  if (status == BS_OK)
    *bytes += partials; /* far below the largest sum */
  return status;
}

bs_status bs_linear_slab_bytes(const bs_linear *linear, size_t m, size_t *bytes, bs_error *err) {
  const bs_gemm_family *family = linear->gemm->family;
  size_t n_groups = bs_run_slab_rows(linear, m) / family->group_rows;
  if (bs_size_mul(family->slab_bytes(linear->gemm, family->group_rows, linear->n_in), n_groups,
                  bytes))
    return BS_OK;
  return bs_error_set(err, BS_ERR_LIMIT, "%zu rows of %zu inputs", m, linear->n_in);
}

bs_status bs_linear_slab_bytes_of(size_t n_out, size_t n_in, bs_dtype dtype, bs_tier tier,
                                  const char *isa, size_t m, uint64_t *bytes, bs_error *err) {
  bs_linear linear = {0};
  size_t n_bytes = 0;
  bs_status status = shape_layer(&linear, n_out, n_in, dtype, tier, isa, err);
  if (status == BS_OK)
    status = bs_linear_slab_bytes(&linear, m, &n_bytes, err);
  *bytes = n_bytes;
  return status;
}

_Static_assert((int)BS_SLAB_PIECE == (int)BS_PANEL, "what a panel yields is a piece");

void bs_linear_pack_piece(const bs_linear *linear, const float *x, size_t row, size_t first,
                          size_t n, size_t m, void *slab) {
  linear->gemm->family->pack_piece(linear->gemm, x, row, first, n, bs_run_slab_rows(linear, m),
                                   linear->n_in, slab);
}

/* Where a run's results go. */
typedef struct target {
  const bs_output_ops *ops;
  bs_store store;
} target;

static void emit_rows(void *context, const bs_results *results) {
  const target *to = context;
  const bs_store *s = &to->store;
  bs_results c = *results;
  for (size_t p = 0; p < results->n_panels; p++, c.data += c.panel_stride) {
    size_t col = (results->panel + p) * BS_PANEL, left = s->n_out - col;
    to->ops->store(&c, bs_size_min(left, BS_PANEL), s->bias != NULL ? s->bias + col : NULL,
                   s->y + c.row * s->ld_y + col, s->ld_y, s->epilogue);
  }
}

static bs_status apply(const bs_linear *linear, const float *x, size_t ld_x,
                       const bs_row_source *source, size_t m, float *y, size_t ld_y,
                       bs_epilogue epilogue, bs_error *err) {
  size_t most = bs_run_max_rows(linear);
  for (size_t row = 0; row < m; row += most) {
    target to = {linear->gemm->output,
                 {y + row * ld_y, ld_y, linear->n_out, linear->bias, epilogue}};
    bs_run run = {.linear = linear,
                  .x = x != NULL ? x + row * ld_x : NULL,
                  .ld_x = ld_x,
                  .source = source,
                  .first_row = row,
                  .m = m - row < most ? m - row : most,
                  .emit_panels = 1,
                  .emit = emit_rows,
                  .context = &to,
                  .store = &to.store};
    bs_status status = bs_run_product(&run, err);
    if (status != BS_OK)
      return status;
  }
  return BS_OK;
}

bs_status bs_linear_apply(const bs_linear *linear, const float *x, size_t ld_x, size_t m, float *y,
                          size_t ld_y, bs_epilogue epilogue, bs_error *err) {
  return apply(linear, x, ld_x, NULL, m, y, ld_y, epilogue, err);
}

bs_status bs_linear_apply_source(const bs_linear *linear, const bs_row_source *source, size_t m,
                                 float *y, size_t ld_y, bs_epilogue epilogue, bs_error *err) {
  return apply(linear, NULL, 0, source, m, y, ld_y, epilogue, err);
}

bs_status bs_linear_apply_packed(const bs_linear *linear, void *slab, size_t m, float *y,
                                 size_t ld_y, bs_epilogue epilogue, bs_error *err) {
  target to = {linear->gemm->output, {y, ld_y, linear->n_out, linear->bias, epilogue}};
  const bs_run run = {.linear = linear,
                      .m = m,
                      .slab = slab,
                      .emit_panels = 1,
                      .emit = emit_rows,
                      .context = &to,
                      .store = &to.store};
  return bs_run_product(&run, err);
}
