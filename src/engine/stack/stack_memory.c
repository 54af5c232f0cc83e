/* What a stack will need at most, from the description alone. Every term is the size of a buffer
   that weights.c, forward.c or attention.c allocates. */
#include <math.h>

#include "engine/stack/attention_internal.h"
#include "engine/stack/experts_internal.h"

typedef struct estimate {
  bs_arithmetic arithmetic;
  size_t max_rows, n_threads;
  double packed;  /* weights */
  uint64_t lying; /* weights that stay in the checkpoint's files */
  double scratch; /* the largest that one layer asks of the threads */
  double apart;   /* ... and what threads that take experts apart ask */
  double hidden;  /* the largest slab of activations */
  bs_status status;
  bs_error *err;
} estimate;

/* `slab`: its rows come packed. Returns the bytes of weights that stay where they lie. */
static uint64_t add_layer(estimate *e, const bs_linear_plan *plan, bool biased, bool slab) {
  const bs_linear_use use = {.n_rows = e->max_rows, .n_threads = e->n_threads, .packed = slab};
  bs_linear_sizes sizes = {0};
  if (e->status == BS_OK)
    e->status = bs_linear_measure(plan, &use, &sizes, e->err);
  e->packed += (double)sizes.weight_bytes;
  if (biased)
    e->packed += sizeof(float) * (double)sizes.n_out;
  e->scratch = fmax(e->scratch, (double)sizes.scratch_bytes);
  e->hidden = fmax(e->hidden, (double)sizes.slab_bytes);
  return sizes.mapped_bytes;
}

static double norm_numbers(const bs_slot_tensors *tensors) {
  return tensors->n_members > 0 ? (double)tensors->n_members * (double)tensors->members[0].n_out[0]
                                : (double)tensors->n_out[0];
}

/* An expert's matrix: all rows may go to one, or a few to each thread. */
static void add_expert(estimate *e, const bs_linear_plan *plan, bool biased, bool slab) {
  const bs_linear_use few = {
      .n_rows = bs_size_min(e->max_rows, BS_EXPERT_FEW_ROWS), .n_threads = 1, .packed = slab};
  bs_linear_sizes sizes = {0};
  e->lying += add_layer(e, plan, biased, slab);
  if (e->status == BS_OK)
    e->status = bs_linear_measure(plan, &few, &sizes, e->err);
  double n_threads = (double)e->n_threads;
  e->apart = fmax(e->apart, n_threads * (double)sizes.scratch_bytes);
  e->hidden = fmax(e->hidden, n_threads * (double)sizes.slab_bytes);
}

static void add_members(estimate *e, const bs_blueprint *blueprint, bs_slot slot,
                        const bs_slot_tensors *tensors) {
  bs_weight parts[BS_SLOT_PARTS];
  for (size_t i = 0; i < tensors->n_members; i++) {
    const bs_slot_tensors *member = &tensors->members[i];
    const bs_linear_plan plan = bs_slot_plan(blueprint, slot, member, e->arithmetic, parts);
    add_expert(e, &plan, member->biases[0] != NULL, slot == BS_SLOT_EXPERT_OUT);
  }
}

/* Slots first .. end of a layer or of the stack. */
static void add_slots(estimate *e, const bs_blueprint *blueprint, const bs_slot_tensors *slots,
                      bs_slot first, bs_slot end) {
  bs_weight parts[BS_SLOT_PARTS];
  for (bs_slot slot = first; slot < end; slot++) {
    const bs_slot_tensors *tensors = &slots[slot];
    bool biased = tensors->biases[0] != NULL;
    if (!bs_slot_is_there(tensors))
      continue;
    if (bs_slot_rules[slot].kind == BS_KIND_LINEAR && tensors->n_members > 0) {
      add_members(e, blueprint, slot, tensors);
    } else if (bs_slot_rules[slot].kind == BS_KIND_LINEAR) {
      const bs_linear_plan plan = bs_slot_plan(blueprint, slot, tensors, e->arithmetic, parts);
      uint64_t lying =
          add_layer(e, &plan, biased, slot == BS_SLOT_MLP_OUT || slot == BS_SLOT_SHARED_OUT);
      if (slot != BS_SLOT_HEAD || /* a tied head is the table */
          tensors->weights[0] != blueprint->slots[BS_SLOT_EMBEDDING].weights[0])
        e->lying += lying;
    } else if (bs_slot_rules[slot].kind == BS_KIND_NORM) {
      e->packed += sizeof(float) * norm_numbers(tensors) * (biased ? 2 : 1);
    }
  }
}

static void add_weights(estimate *e, const bs_blueprint *blueprint) {
  for (size_t i = 0; i < blueprint->n_layers; i++)
    add_slots(e, blueprint, blueprint->layers[i].slots, BS_SLOT_NONE, BS_LAYER_SLOTS);
  add_slots(e, blueprint, blueprint->slots, BS_LAYER_SLOTS, BS_SLOTS);
}

static bool has_branches(const bs_blueprint *blueprint) {
  for (size_t i = 0; i < blueprint->n_layers; i++)
    for (size_t j = 0; j < blueprint->layers[i].n_steps; j++)
      if (!bs_step_is_plain(&blueprint->layers[i].steps[j]))
        return true;
  return false;
}

static double n_angle_sets(const bs_blueprint *blueprint) {
  double n = 0;
  for (size_t i = 0; i < BS_ANGLE_SETS; i++)
    n += blueprint->angles[i].frequencies != NULL;
  return n;
}

/* Numbers of a row whose angles depend on the length of its text. */
static double own_angles(const bs_blueprint *blueprint) {
  return bs_blueprint_length_class(blueprint, SIZE_MAX) > 0
             ? 2 * (double)blueprint->n_angles * BS_ANGLE_SETS
             : 0;
}

/* Buffers of layers of experts. */
static double expert_bytes(const estimate *e, const bs_blueprint *blueprint) {
  const bs_experts *experts = &blueprint->experts;
  double d = (double)blueprint->d_model;
  if (experts->n == 0)
    return 0;
  double per_row = d * (1 + (double)experts->per_token) + (double)experts->n +
                   (experts->d_shared > 0 ? d + 1 : 0);
  return sizeof(float) * (double)e->max_rows * per_row + e->apart +
         bs_routes_bytes(experts, e->max_rows);
}

/* Buffers of a pass. */
static double workspace_bytes(const estimate *e, const bs_blueprint *blueprint) {
  double per_row = (double)blueprint->d_model + (double)bs_blueprint_qkv_width(blueprint) +
                   (double)bs_blueprint_attention_width(blueprint) +
                   (blueprint->position == BS_POSITION_LEARNED ? (double)blueprint->d_model : 0) +
                   own_angles(blueprint) + (double)blueprint->d_embedding +
                   (has_branches(blueprint) ? (double)blueprint->d_model : 0);
  double scores = (double)bs_attention_scratch_floats(blueprint, bs_tiles_for(e->arithmetic),
                                                      blueprint->max_positions) *
                  (double)e->n_threads;
  double angles =
      (double)blueprint->max_positions * 2 * (double)blueprint->n_angles * n_angle_sets(blueprint);
  double biases = blueprint->position == BS_POSITION_RELATIVE
                      ? 2 * (double)blueprint->max_positions * (double)blueprint->n_heads
                      : 0;
  return e->hidden + expert_bytes(e, blueprint) +
         sizeof(float) * ((double)e->max_rows * per_row + scores + angles + biases);
}

static uint64_t table_bytes(const bs_blueprint *blueprint) {
  uint64_t n = 0;
  for (bs_slot slot = BS_LAYER_SLOTS; slot < BS_SLOTS; slot++)
    if (bs_slot_rules[slot].kind == BS_KIND_TABLE && blueprint->slots[slot].n_parts > 0)
      n += blueprint->slots[slot].weights[0]->n_bytes;
  return n;
}

bs_status bs_stack_memory_need(const bs_blueprint *blueprint, bs_arithmetic arithmetic,
                               size_t max_rows, size_t n_threads, bs_stack_memory *need,
                               bs_error *err) {
  estimate e = {.arithmetic = arithmetic, .max_rows = max_rows, .n_threads = n_threads, .err = err};
  add_weights(&e, blueprint);
  if (e.status != BS_OK)
    return e.status;
  /* A pass holds its own tokens for one layer, in padded blocks. */
  const bs_kv_shape shape = bs_kv_shape_of(blueprint, arithmetic);
  *need = (bs_stack_memory){.weights = e.packed,
                            .pass = e.scratch + workspace_bytes(&e, blueprint) +
                                    (double)bs_kv_position_bytes(&shape) * (double)max_rows,
                            .mapped = table_bytes(blueprint) + e.lying};
  return BS_OK;
}
