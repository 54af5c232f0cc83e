/* Layers: what they consist of, how much memory they take, how they come and go. */
#include "kernels/linear_internal.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory_internal.h"
#include "kernels/layer_internal.h"
#include "kernels/run_internal.h"
#include "kernels/scratch_internal.h"

static bs_status check_type(bs_dtype dtype, bs_error *err) {
  if (dtype == BS_DTYPE_F32 || dtype == BS_DTYPE_F16 || dtype == BS_DTYPE_BF16 ||
      bs_dtype_block(dtype) > 1)
    return BS_OK;
  return bs_error_set(err, BS_ERR_UNSUPPORTED,
                      "weights of type %s; F32, F16, BF16 and the types of GGUF files are known",
                      bs_dtype_name(dtype));
}

static bs_status check_pair(const bs_linear_plan *plan, bs_error *err) {
  const bs_weight *halves = plan->parts;
  if (plan->n_parts != 2)
    return bs_error_set(err, BS_ERR_USAGE, "%zu matrices instead of a pair", plan->n_parts);
  if (halves[1].n_out != halves[0].n_out || halves[0].transposed || halves[1].transposed)
    return bs_error_set(err, BS_ERR_USAGE, "halves of %zu and %zu outputs, or transposed ones",
                        halves[0].n_out, halves[1].n_out);
  /* Far above any model; keeps the sizes of the stack from wrapping. */
  if (halves[0].n_out == 0 || halves[0].n_out > INT32_MAX / 4)
    return bs_error_set(err, BS_ERR_UNSUPPORTED, "a half of %zu outputs; expected 1 to %d",
                        halves[0].n_out, (int)(INT32_MAX / 4));
  return BS_OK;
}

/* The outputs of all parts, and their type, or F32 (which holds them all) when they differ. */
static bs_status check_parts(const bs_linear_plan *plan, size_t *n_out, bs_dtype *dtype,
                             bs_error *err) {
  const bs_weight *parts = plan->parts;
  *n_out = 0;
  *dtype = plan->n_parts > 0 ? parts[0].dtype : BS_DTYPE_F32;
  for (size_t p = 0; p < plan->n_parts; p++) {
    if (parts[p].n_in != parts[0].n_in)
      return bs_error_set(err, BS_ERR_USAGE, "stacked matrices have %zu and %zu inputs",
                          parts[0].n_in, parts[p].n_in);
    if (!bs_size_add(*n_out, parts[p].n_out, n_out))
      return bs_error_set(err, BS_ERR_LIMIT, "too many outputs");
    bs_status status = check_type(parts[p].dtype, err);
    if (status != BS_OK)
      return status;
    if (parts[p].dtype != *dtype || bs_dtype_block(parts[p].dtype) > 1)
      *dtype = BS_DTYPE_F32;
  }
  return BS_OK;
}

/* Whether weights in blocks stay where they lie. */
static bool lies(const bs_linear_plan *plan, const bs_gemm_family *family, bs_dtype *dtype) {
  bool in_blocks = false;
  for (size_t p = 0; p < plan->n_parts; p++) {
    if (plan->parts[p].transposed)
      return false;
    if (bs_dtype_block(plan->parts[p].dtype) > 1) {
      *dtype = plan->parts[p].dtype;
      in_blocks = true;
    }
  }
  return in_blocks && family->reads_lying;
}

/* A layer without its weights: kernel and sizes. */
static bs_status shape_layer(bs_linear *linear, const bs_linear_plan *plan, bs_error *err) {
  bs_arithmetic arithmetic = plan->arithmetic;
  size_t n_out = 0, n_in = plan->n_parts > 0 ? plan->parts[0].n_in : 0;
  bs_dtype dtype = BS_DTYPE_F32;
  bs_status status = plan->paired ? check_pair(plan, err) : BS_OK;
  if (status == BS_OK)
    status = check_parts(plan, &n_out, &dtype, err);
  if (status == BS_OK)
    status = bs_arithmetic_settle(&arithmetic, err);
  if (status != BS_OK)
    return status;
  if (plan->paired)
    n_out = bs_paired_outputs(plan->parts[0].n_out);
  /* Far above any model, and products of the sizes below cannot overflow. */
  if (n_out == 0 || n_in == 0 || n_out > INT32_MAX || n_in > INT32_MAX)
    return bs_error_set(err, BS_ERR_UNSUPPORTED,
                        "a matrix of %zu x %zu; each side has to be 1 to %d", n_out, n_in,
                        (int)INT32_MAX);
  *linear = (bs_linear){.gemm = bs_gemm_find(arithmetic),
                        .n_out = n_out,
                        .n_in = n_in,
                        .n_half = plan->paired ? plan->parts[0].n_out : 0};
  linear->storage = bs_gemm_storage(arithmetic.precision, dtype);
  linear->n_panels = bs_ceil_div(n_out, BS_PANEL);
  if (lies(plan, linear->gemm->family, &linear->storage))
    return BS_OK;
  linear->panel_bytes = linear->gemm->family->panel_bytes(linear->gemm, linear->storage, n_in);
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
  size_t n_lines = bs_round_up(n_bytes, 64);
  if (room == NULL || room->n_bytes - room->n_used < n_lines) {
    linear->panels = bs_aligned_new(n_bytes);
    return;
  }
  linear->panels = room->data + room->n_used;
  linear->in_room = true;
  room->n_used += n_lines;
}

/* Memory for the panels, or the list of rows, and the bias, which is copied. */
static bs_status place_layer(bs_linear *linear, const float *bias, bs_linear_room *room,
                             bs_error *err) {
  size_t n_bytes;
  if (linear->panel_bytes == 0)
    linear->lying = bs_array_new(linear->n_panels * BS_PANEL, sizeof *linear->lying, err);
  else if (bs_size_mul(linear->n_panels, linear->panel_bytes, &n_bytes))
    place_panels(linear, n_bytes, room);
  linear->bias = bias != NULL ? bs_array_new(linear->n_out, sizeof(float), err) : NULL;
  if ((linear->panels == NULL && linear->lying == NULL) || (bias != NULL && linear->bias == NULL))
    return bs_error_set(err, BS_ERR_MEMORY, "cannot pack a matrix of %zu x %zu", linear->n_out,
                        linear->n_in);
  if (bias != NULL)
    memcpy(linear->bias, bias, linear->n_out * sizeof(float));
  return BS_OK;
}

bs_status bs_linear_new(bs_linear **out, const bs_linear_plan *plan, bs_linear_room *room,
                        bs_error *err) {
  bs_pairs pairs = {0};
  const bs_weight *parts = plan->parts;
  const float *bias = plan->bias;
  size_t n_parts = plan->n_parts;
  *out = NULL;
  bs_linear *linear = bs_array_new(1, sizeof *linear, err);
  if (linear == NULL)
    return BS_ERR_MEMORY;
  bs_status status = shape_layer(linear, plan, err);
  if (status == BS_OK && plan->paired) {
    status = bs_pairs_stack(&pairs, plan, err);
    parts = pairs.parts;
    n_parts = pairs.n_parts;
    bias = bias != NULL ? pairs.bias : NULL;
  }
  if (status == BS_OK)
    status = place_layer(linear, bias, room, err);
  if (status != BS_OK)
    goto cleanup;
  if (linear->lying != NULL)
    bs_linear_list_rows(linear, parts, n_parts, pairs.zeros);
#pragma omp parallel for schedule(dynamic) if (linear->n_panels * linear->panel_bytes > (1U << 20))
  for (size_t panel = 0; panel < (linear->lying == NULL ? linear->n_panels : 0); panel++)
    bs_linear_pack_panel(linear, parts, n_parts, panel);
  *out = linear;
  linear = NULL;
cleanup:
  bs_pairs_free(&pairs);
  bs_linear_free(&linear);
  return status;
}

void bs_linear_free(bs_linear **linear) {
  if (*linear == NULL)
    return;
  free((*linear)->bias);
  free((*linear)->lying);
  if (!(*linear)->in_room)
    free((*linear)->panels);
  free(*linear);
  *linear = NULL;
}

size_t bs_linear_n_out(const bs_linear *linear) { return linear->n_out; }
size_t bs_linear_n_in(const bs_linear *linear) { return linear->n_in; }

bs_status bs_linear_slab_bytes(const bs_linear *linear, size_t n_rows, size_t *bytes,
                               bs_error *err) {
  const bs_gemm_family *family = linear->gemm->family;
  size_t n_groups = bs_run_slab_rows(linear, n_rows) / family->group_rows;
  if (bs_size_mul(family->slab_bytes(linear->gemm, family->group_rows, linear->n_in), n_groups,
                  bytes))
    return BS_OK;
  return bs_error_set(err, BS_ERR_LIMIT, "%zu rows of %zu inputs", n_rows, linear->n_in);
}

bs_status bs_linear_measure(const bs_linear_plan *plan, const bs_linear_use *use,
                            bs_linear_sizes *sizes, bs_error *err) {
  bs_linear linear = {0};
  size_t weights = 0, slab = 0;
  uint64_t run = 0, partials = 0;
  bs_status status = shape_layer(&linear, plan, err);
  if (status == BS_OK && !bs_size_mul(linear.n_panels, linear.panel_bytes, &weights))
    status = bs_error_set(err, BS_ERR_LIMIT, "a matrix of %zu x %zu", linear.n_out, linear.n_in);
  if (status == BS_OK)
    status = bs_run_bytes(&linear, use, &run, err);
  if (status == BS_OK)
    status = bs_logits_partials_bytes(&linear, use->n_rows, &partials, err);
  if (status == BS_OK && use->packed)
    status = bs_linear_slab_bytes(&linear, use->n_rows, &slab, err);
  uint64_t mapped = 0;
  for (size_t p = 0; status == BS_OK && linear.panel_bytes == 0 && p < plan->n_parts; p++)
    mapped +=
        (uint64_t)plan->parts[p].n_out * bs_dtype_size(plan->parts[p].dtype, plan->parts[p].n_in);
  if (status == BS_OK && linear.panel_bytes == 0)
    weights = linear.n_panels * BS_PANEL * sizeof *linear.lying;
  *sizes = (bs_linear_sizes){.n_out = linear.n_out,
                             .weight_bytes = weights,
                             .mapped_bytes = mapped,
                             .scratch_bytes = run + partials, /* far below the largest sum */
                             .slab_bytes = slab};
  return status;
}
