/* From the checkpoint's tensors to packed linear layers and norms in f32. */
#include "engine/stack/weights_internal.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory_internal.h"
#include "kernels/convert_internal.h"

void bs_tensor_row(const bs_tensor *tensor, size_t row, size_t n_columns, float *out) {
  const char *data = tensor->data;
  bs_convert_to_f32(tensor->dtype, data + row * bs_dtype_size(tensor->dtype, n_columns), out,
                    n_columns);
}

/* A vector as f32, or NULL for none. */
static bs_status load_vector(float **out, const bs_tensor *tensor, size_t n, bs_error *err) {
  if (tensor == NULL)
    return BS_OK;
  *out = bs_array_new(n, sizeof **out, err);
  if (*out == NULL)
    return BS_ERR_MEMORY;
  bs_tensor_row(tensor, 0, n, *out);
  return BS_OK;
}

static bs_status load_bare_norm(bs_slot_weights *out, size_t n, bs_error *err) {
  out->norm = bs_array_new(n, sizeof *out->norm, err);
  for (size_t i = 0; out->norm != NULL && i < n; i++)
    out->norm[i] = 1;
  return out->norm != NULL ? BS_OK : BS_ERR_MEMORY;
}

static bs_status load_norm(bs_slot_weights *out, const bs_slot_tensors *tensors, double offset,
                           bs_error *err) {
  if (tensors->bare)
    return load_bare_norm(out, tensors->n_out[0], err);
  bs_status status = load_vector(&out->norm, tensors->weights[0], tensors->n_out[0], err);
  for (size_t i = 0; offset != 0 && status == BS_OK && i < tensors->n_out[0]; i++)
    out->norm[i] = (float)(offset + (double)out->norm[i]);
  return status == BS_OK ? load_vector(&out->bias, tensors->biases[0], tensors->n_out[0], err)
                         : status;
}

static bs_status load_biases(float **out, const bs_slot_tensors *tensors, bs_error *err) {
  if (tensors->biases[0] == NULL)
    return BS_OK;
  *out = bs_array_new(bs_slot_outputs(tensors), sizeof **out, err);
  if (*out == NULL)
    return BS_ERR_MEMORY;
  for (size_t i = 0, at = 0; i < tensors->n_parts; at += tensors->n_out[i], i++)
    bs_tensor_row(tensors->biases[i], 0, tensors->n_out[i], *out + at);
  return BS_OK;
}

/* Members' weights one after the other. */
static bs_status load_member_norms(bs_slot_weights *out, const bs_slot_tensors *tensors,
                                   double offset, bs_error *err) {
  size_t n = tensors->n_members, n_each = tensors->members[0].n_out[0], n_all;
  if (!bs_size_mul(n, n_each, &n_all))
    return bs_error_set(err, BS_ERR_MEMORY, "%zu norms of %zu numbers", n, n_each);
  out->norm = bs_array_new(n_all, sizeof *out->norm, err);
  bs_status status = out->norm != NULL ? BS_OK : BS_ERR_MEMORY;
  for (size_t i = 0; status == BS_OK && i < n; i++) {
    bs_slot_weights one = {0};
    status = load_norm(&one, &tensors->members[i], offset, err);
    if (status == BS_OK)
      memcpy(out->norm + i * n_each, one.norm, n_each * sizeof *one.norm);
    free(one.norm);
    free(one.bias);
  }
  return status;
}

bs_linear_plan bs_slot_plan(const bs_blueprint *blueprint, bs_slot slot,
                            const bs_slot_tensors *tensors, bs_arithmetic arithmetic,
                            bs_weight parts[BS_SLOT_PARTS]) {
  for (size_t i = 0; i < tensors->n_parts; i++)
    parts[i] = (bs_weight){.data = tensors->weights[i]->data,
                           .dtype = tensors->weights[i]->dtype,
                           .n_out = tensors->n_out[i],
                           .n_in = tensors->n_in,
                           .transposed = tensors->transposed};
  bool is_hidden = slot == BS_SLOT_MLP_IN || slot == BS_SLOT_SHARED_IN || slot == BS_SLOT_EXPERT_IN;
  bool paired = is_hidden && blueprint->gated;
  if (slot == BS_SLOT_ROUTER || slot == BS_SLOT_SHARED_GATE) /* few, and much hangs on them */
    arithmetic.precision = BS_PRECISION_F32;
  size_t n_parts = tensors->n_parts;
  if (paired && n_parts == 1) { /* both halves in one matrix */
    n_parts = 2;
    parts[0].n_out /= 2;
    parts[1] = parts[0];
    parts[1].data = (const unsigned char *)parts[0].data +
                    parts[0].n_out * bs_dtype_size(parts[0].dtype, parts[0].n_in);
  }
  return (bs_linear_plan){
      .parts = parts, .n_parts = n_parts, .paired = paired, .arithmetic = arithmetic};
}

typedef struct packing {
  const bs_checkpoint *checkpoint;
  bs_arithmetic arithmetic;
  const bs_blueprint *blueprint;
  bs_linear_room *room;
} packing;

static bs_status load_linear(bs_linear **out, bs_slot slot, const bs_slot_tensors *tensors,
                             const packing *how, bs_error *err) {
  bs_weight parts[BS_SLOT_PARTS];
  bs_linear_plan plan = bs_slot_plan(how->blueprint, slot, tensors, how->arithmetic, parts);
  float *biases = NULL;
  bs_status status = load_biases(&biases, tensors, err);
  plan.bias = biases;
  if (status == BS_OK)
    status = bs_linear_new(out, &plan, how->room, err);
  free(biases);
  for (size_t i = 0; i < tensors->n_parts; i++) /* a copy is enough */
    bs_checkpoint_release_pages(how->checkpoint, tensors->weights[i]);
  return status;
}

static bs_status load_members(bs_slot_weights *out, bs_slot slot, const bs_slot_tensors *tensors,
                              const packing *how, bs_error *err) {
  out->members = bs_array_new(tensors->n_members, sizeof *out->members, err);
  if (out->members == NULL)
    return BS_ERR_MEMORY;
  out->n_members = tensors->n_members;
  bs_status status = BS_OK;
  for (size_t i = 0; i < out->n_members && status == BS_OK; i++)
    status = load_linear(&out->members[i], slot, &tensors->members[i], how, err);
  return status;
}

/* Slots first .. end of a layer or of the stack. */
static bs_status load_slots(bs_slot_weights *out, const bs_slot_tensors *tensors, bs_slot first,
                            bs_slot end, const packing *how, bs_error *err) {
  bs_status status = BS_OK;
  for (bs_slot slot = first; slot < end && status == BS_OK; slot++) {
    bs_slot_kind kind = bs_slot_rules[slot].kind;
    if (kind == BS_KIND_NORM && tensors[slot].n_members > 0)
      status = load_member_norms(&out[slot], &tensors[slot], how->blueprint->norm_offset, err);
    else if (kind == BS_KIND_NORM && bs_slot_is_there(&tensors[slot]))
      status = load_norm(&out[slot], &tensors[slot], how->blueprint->norm_offset, err);
    else if (kind == BS_KIND_LINEAR && tensors[slot].n_members > 0)
      status = load_members(&out[slot], slot, &tensors[slot], how, err);
    else if (kind == BS_KIND_LINEAR && bs_slot_is_there(&tensors[slot]))
      status = load_linear(&out[slot].linear, slot, &tensors[slot], how, err);
  }
  return status;
}

bs_status bs_stack_weights_load(bs_stack_weights *weights, const bs_checkpoint *checkpoint,
                                const bs_blueprint *blueprint, bs_arithmetic arithmetic,
                                size_t n_bytes, bs_error *err) {
  const packing how = {.checkpoint = checkpoint,
                       .arithmetic = arithmetic,
                       .blueprint = blueprint,
                       .room = &weights->room};
  weights->layers = bs_array_new(blueprint->n_layers, sizeof *weights->layers, err);
  if (weights->layers == NULL)
    return BS_ERR_MEMORY;
  weights->n_layers = blueprint->n_layers;
  bs_status status = bs_linear_room_new(&weights->room, n_bytes, err);
  for (size_t i = 0; i < blueprint->n_layers && status == BS_OK; i++)
    status = load_slots(weights->layers[i].slots, blueprint->layers[i].slots, 0, BS_LAYER_SLOTS,
                        &how, err);
  if (status == BS_OK)
    status = load_slots(weights->slots, blueprint->slots, BS_LAYER_SLOTS, BS_SLOTS, &how, err);
  return status;
}

static void free_slots(bs_slot_weights *slots, size_t n) {
  for (size_t i = 0; i < n; i++) {
    free(slots[i].norm);
    free(slots[i].bias);
    bs_linear_free(&slots[i].linear);
    for (size_t j = 0; j < slots[i].n_members; j++)
      bs_linear_free(&slots[i].members[j]);
    free(slots[i].members);
  }
}

void bs_stack_weights_free(bs_stack_weights *weights) {
  for (size_t i = 0; i < weights->n_layers; i++)
    free_slots(weights->layers[i].slots, BS_LAYER_SLOTS);
  free_slots(weights->slots, BS_SLOTS);
  bs_linear_room_free(&weights->room);
  free(weights->layers);
  *weights = (bs_stack_weights){0};
}
